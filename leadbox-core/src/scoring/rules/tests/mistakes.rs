//! What people write who do not program, and what they are told.

use super::*;

fn told(script: &str) -> String {
    RuleSet::load(script).map_or_else(|error| error.to_string(), |rules| format!("fine: {rules:?}"))
}

#[test]
fn mistakes_are_told_with_their_place_and_what_to_write() {
    for (script, expected) in [
        (
            "",
            "the script has no rule: begin with rule(\"Has an e-mail\", 5, |lead| is_known(lead.email))",
        ),
        (
            "rul(\"a\", 5, |lead| true);",
            "line 1, character 1: there is no 'rul': did you mean 'rule'?",
        ),
        (
            "rule(\"a\", |lead| true);",
            "line 1, character 1: `rule` is written like this: rule(\"Has a phone number\", 5, |lead| is_known(lead.phone))",
        ),
        (
            "rule(“a”, 5, |lead| true);",
            "line 1, character 6: write straight quotes (\") instead of “",
        ),
        ("rule(\"a, 5, |lead| true);", "line 1, character 6: this text has no closing quote"),
        (
            "rule('abc', 5, |lead| true);",
            "line 1, character 6: a text stands in double quotes (\")",
        ),
        (
            "rule(\"a\", 5, |lead| lead.country = \"DE\"",
            "line 1, character 40: something is missing before this: a comma, a closing bracket, or && or || between two conditions",
        ),
        (
            "rule(\"a\", 5, |lead| lead.employees > 5 AND lead.employees < 9);",
            "line 1, character 40: write && instead of AND",
        ),
        (
            "rule(\"a\", 5, |lead| employees > 5);",
            "line 1, character 21: write lead.employees: a field is read from the lead",
        ),
        (
            "rule(\"a\", 5, |lead| lead.employees => 5);",
            "line 1, character 36: write >= instead of =>",
        ),
        (
            "rule(\"a\", 5, |lead| lead.country === \"DE\");",
            "line 1, character 34: write == instead of ===",
        ),
        (
            "rule(\"a\", 5, |lead| lead.country <> \"DE\");",
            "line 1, character 35: write != instead of <>",
        ),
        (
            "rule(\"a\", \"five\", |lead| true);",
            "line 1, character 1: points are a number, at most a million either way",
        ),
        (
            "rule(\"\", 5, |lead| true);",
            "line 1, character 1: the name of a rule has 1 to 120 characters",
        ),
        (
            "rule(\"a\", \"fit\", 5, |lead| true);",
            "line 1, character 1: there is no category 'fit'. Declare it with category(\"fit\", 50)",
        ),
        (
            "category(\"fit\", 60);\nrule(\"a\", \"fti\", 5, |lead| true);",
            "line 2, character 1: there is no category 'fti': did you mean 'fit'?. Declare it with category(\"fti\", 50)",
        ),
        (
            "rule(\"a\", 5, |lead| true);\nrule(\"a\", 5, |lead| true);",
            "line 2, character 1: 'a' has that name in line 1 already",
        ),
        (
            "rule(\"a\", 5, |lead| true).for_industry(\"edukation\", 3);",
            "line 1, character 27: there is no industry 'edukation': did you mean 'education'?",
        ),
        (
            "rule(\"a\", 5, |lead| true).half_life(days(3));",
            "line 1, character 27: only a signal fades: it has a moment at which it happened",
        ),
        (
            "signal(\"a\", \"Page View\", 5);",
            "line 1, character 1: 'Page View' is no kind of interaction: small letters, digits and _, such as \"page_view\"",
        ),
        (
            "signal(\"a\", \"page_view\", 5).cap(-3);",
            "line 1, character 29: a cap is a number of points above zero, for points of either sign",
        ),
        (
            "priority(\"hot\", 75);\npriority(\"hot\", 80);\nrule(\"a\", 5, |lead| true);",
            "line 2, character 1: there is a priority 'hot' from 75 points already",
        ),
        (
            "category(\"fit\", -1);\nrule(\"a\", \"fit\", 5, |lead| true);\nruleset(\"\");",
            "line 1, character 1: the most that a category adds is more than zero; line 2, character 1: there is no category 'fit'. Declare it with category(\"fit\", 50); line 3, character 1: the name of a rule set has 1 to 120 characters",
        ),
        (
            "rule(\"a\", 5, |lead| lead.country = \"DE\");",
            "line 1, character 34: nothing can be changed here: to compare, write == instead of =",
        ),
        (
            "rule(\"a\", 5, |lead| lead.emial == \"x\");",
            "line 1, character 26: a lead has no field 'emial': did you mean 'email'?",
        ),
        (
            "rule(\"a\", 1,000, |lead| true);",
            "line 1, character 1: write numbers without a comma, such as 1000",
        ),
        (
            "rule(\"a\", 5, |lead| lead.employees ≥ 5);",
            "line 1, character 36: write >= instead of ≥",
        ),
        (
            "rule(\"a\", 5, |lead| lead.value > €50);",
            "line 1, character 34: write an amount as a number alone, such as 1250.50",
        ),
        ("# B2B\nrule(\"a\", 5, |lead| true);", "line 1, character 1: a remark begins with //"),
        (
            "rule(\"a\", 5, |lead| lead.email == null);",
            "line 1, character 35: ask is_known(lead.email) for a field that is known, and !is_known(lead.email) for one that is not",
        ),
        (
            "rule(\"a\", 5, |lead| lead.title is \"CTO\");",
            "line 1, character 32: write == instead of is",
        ),
        (
            "rule(\"a\", 5, |lead| not lead.is_role_address);",
            "line 1, character 21: write ! in front instead of 'not'",
        ),
        (
            "rule(\"a\", 5, |lead| lead.tags.has(\"vip\"));",
            "line 1, character 31: there is no 'has': did you mean 'has_any'?",
        ),
        (
            "signal(\"a\", \"call\", 5).when(|i| i.seats = 3);",
            "line 1, character 41: nothing can be changed here: to compare, write == instead of =",
        ),
        (
            "rule(\"a\", 5, |lead| lead.title.has_any(cto));",
            "line 1, character 40: 'cto' is neither in quotes nor known here",
        ),
    ] {
        assert_eq!(told(script), expected, "{script}");
    }
}

#[test]
fn the_place_is_shown_under_its_line() {
    let script = "ruleset(\"x\");\n  rul(\"a\", 5, |lead| true);";
    let wrong = RuleSet::load(script).unwrap_err();
    assert_eq!(wrong.mistakes[0].shown(script), "  rul(\"a\", 5, |lead| true);\n  ^");
}

#[test]
fn no_word_of_the_language_itself_gets_out() {
    for script in [
        "rule(\"a\", 5, |lead| lead.x.y.z > 3);",
        "let x = 5; x(3);",
        "fn a() { a() } a();",
        "rule(\"a\", 5, |lead| { throw 5; });",
        "rule(5, 5, 5);",
        "rule(\"a\", 5, |lead| true).wenn(|i| true);",
        "}{",
        "import \"x\" as y;",
        "1,000",
        "rule(\"a\", 1,000, |lead| true);",
    ] {
        let told = told(script);
        for word in
            ["Fn", "i64", "ImmutableString", "anon$", "rhai", "Syntax", "Dynamic", "closure"]
        {
            assert!(!told.contains(word), "{script}: {told}");
        }
        assert!(told.starts_with("line ") || told.starts_with("fine"), "{script}: {told}");
    }
}

#[cfg(feature = "compiled")]
#[test]
fn questions_are_read_also_where_no_lead_leads() {
    for (question, expected) in [
        (
            "lead.employees > 5 && lead.emial == \"x\"",
            "48: a lead has no field 'emial': did you mean 'email'?",
        ),
        ("lead.title > 5", "32: this compares a text with a number, which is never so"),
        (
            "lead.created_at > days(3)",
            "37: this compares a moment with a stretch of time, which is never so",
        ),
        ("lead.employees && true", "26: this has to be yes or no, and it is a number"),
        ("!lead.title", "27: this has to be yes or no, and it is a text"),
        ("lead.title", "26: this has to be yes or no, and it is a text"),
        (
            "lead.industry == \"sofware\"",
            "38: there is no industry 'sofware': did you mean 'software'?",
        ),
        (
            "lead.industry in [\"software\", \"Real Estate\"]",
            "38: there is no industry 'Real Estate': did you mean 'real_estate'?",
        ),
        ("\"GERMANY\" == lead.country", "21: write \"DE\" instead of \"GERMANY\""),
        ("lead.country in near", "37: write \"AT\" instead of \"Austria\""),
        (
            "lead.email_kind != \"bussiness\"",
            "40: there is no kind of address 'bussiness': did you mean 'business'?",
        ),
        (
            "lead.consent.news == \"yes\"",
            "42: there is no answer 'yes': granted, denied, withdrawn",
        ),
        ("lead.source == \"Google Ads\"", "36: sources are in small letters: \"google ads\""),
        (
            "if lead.employees > 5 { lead.titel == \"x\" } else { false }",
            "50: a lead has no field 'titel': did you mean 'title'?",
        ),
        ("lead.title.hasany(\"x\")", "32: there is no 'hasany': did you mean 'has_any'?"),
        ("lead.phone.country == \"DE\"", "32: a text has nothing behind a dot called 'country'"),
    ] {
        let script =
            format!("let near = [\"DE\", \"Austria\"];\nrule(\"a\", 5, |lead| {question});");
        let expected = format!("line 2, character {expected}");
        assert_eq!(told(&script), expected, "{question}");
    }
    let elsewhere = "rule(\"a\", |lead| lead.title, |lead| true);\n\
                     signal(\"b\", \"call\", 5).when(|it| it.minutes > 3 && it.at > 3);\n\
                     test(\"c\", #{}, |it| it.score);";
    let expected = "line 1, character 23: the points have to be a number, and this is a text; \
                    line 2, character 58: this compares a moment with a number, which is never so; \
                    line 3, character 24: this has to be yes or no, and it is a number";
    assert_eq!(told(elsewhere), expected);
}
