//! Scoring scripts from outside: written, checked, tested, and held against a lead.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its part")]
mod program;

use program::Place;

#[test]
fn a_script_is_begun_checked_tested_and_never_overwritten() {
    let place = Place::new();
    for example in ["b2b_saas", "real_estate", "e_commerce", "agency"] {
        let file = format!("{example}.rhai");
        let made = place.run(&["rules", "new", &file, "--example", example]);
        assert_eq!(made.code, 0, "{}", made.stderr);
        let checked = place.run(&["rules", "check", &file]);
        assert!(
            checked.code == 0 && checked.stdout.contains("nothing is wrong"),
            "{}",
            checked.stdout
        );
        let tested = place.run(&["rules", "test", &file]);
        assert!(tested.code == 0 && tested.stdout.contains("passed"), "{}", tested.stdout);
    }
    let again = place.run(&["rules", "new", "agency.rhai"]);
    assert!(again.code == 1 && again.stderr.contains("is there already"), "{}", again.stderr);
    let unknown = place.run(&["rules", "new", "x.rhai", "--example", "bakery"]);
    assert!(unknown.code == 2 && unknown.stderr.contains("b2b_saas"), "{}", unknown.stderr);
    assert!(!place.path("leadbox.sqlite").exists(), "trying scripts out leaves no database");
}

#[test]
fn every_word_is_told_also_a_field_of_ones_own() {
    let place = Place::new();
    let all = place.run(&["rules", "words", "--json"]).json();
    let words = all["words"].as_array().unwrap().len();
    assert!(words > 60, "{words}");
    place.file("ada.csv", "name\nAda Byron\n");
    assert_eq!(place.run(&["import", "ada.csv"]).code, 0);
    let defined =
        place.run(&["fields", "define", "budget", "--type", "number", "--label", "To spend"]);
    assert_eq!(defined.code, 0, "{}", defined.stderr);
    let own = place.run(&["rules", "words", "budget"]);
    assert_eq!(own.stdout, "Fields of a lead\n  lead.cf.budget\n      To spend\n");
    let none = place.run(&["rules", "words", "bakery"]);
    assert!(none.code == 0 && none.stdout.contains("no such word"), "{}", none.stdout);
}

#[test]
fn what_is_wrong_is_shown_at_its_place() {
    let place = Place::new();
    place.file(
        "wrong.rhai",
        "ruleset(\"Ours\");\nrul(\"Phone\", 5, |lead| is_known(lead.phone));\n",
    );
    let wrong = place.run(&["rules", "check", "wrong.rhai"]);
    assert_eq!(wrong.code, 6);
    let expected = "line 2, character 1: there is no 'rul': did you mean 'rule'?\n  rul(\"Phone\", 5, |lead| is_known(lead.phone));\n  ^\n";
    assert_eq!(wrong.stdout, expected);
    let json = place.run(&["rules", "check", "wrong.rhai", "--json"]).json();
    assert_eq!(json["mistakes"][0]["line"], 2);
    for verb in [
        &["rules", "test", "wrong.rhai"][..],
        &["rules", "explain", "a@b.example", "--by", "wrong.rhai"],
    ] {
        let refused = place.run(verb);
        assert!(refused.code == 6 && refused.stderr.contains("did you mean"), "{}", refused.stderr);
    }
    place.file(
        "slow.rhai",
        "ruleset(\"Ours\");\nrule(\"Slow\", 5, |lead| [lead.title].length() == 1);\n",
    );
    let slow = place.run(&["rules", "check", "slow.rhai"]);
    let expected = "nothing is wrong with \"Ours\": 0 of 1 rules and signals are compiled\ninterpreted: Slow, because of line 2, character 24: a list of what is worked out\n";
    assert_eq!((slow.code, slow.stdout.as_str()), (0, expected));
    let absent = place.run(&["rules", "check", "absent.rhai"]);
    assert!(absent.code == 1 && absent.stderr.contains("cannot read absent.rhai"));
    place.file("fails.rhai", "rule(\"Phone\", 5, |lead| is_known(lead.phone));\ntest(\"none\", #{}, |it| it.score == 5);\n");
    let failed = place.run(&["rules", "test", "fails.rhai"]);
    assert_eq!(failed.code, 6);
    assert!(
        failed
            .stdout
            .contains("failed  none\n        line 2, character 1: it came out as 0 points"),
        "{}",
        failed.stdout
    );
    assert!(failed.stdout.ends_with("1 of 1 failed\n"), "{}", failed.stdout);
}

#[test]
fn a_lead_is_explained_with_every_reason() {
    let place = Place::new();
    place.file("ada.csv", "name,email,title,employees\nAda Byron,ada@analytical.example,CTO,250\n");
    assert_eq!(place.run(&["import", "ada.csv"]).code, 0);
    let script = "category(\"fit\", 20);\npriority(\"warm\", 20);\n\
                  rule(\"Decides\", \"fit\", 18.5, |lead| lead.title.has_any(\"cto\"));\n\
                  rule(\"Mid-size\", \"fit\", 15, |lead| lead.employees.between(50, 300));\n\
                  rule(\"Phone\", 5, |lead| lead.phone.starts_with(\"+49\"));\n\
                  rule(\"Ratio\", 1, |lead| lead.employees / 0 > 1);\n\
                  rule(\"New\", 1, |lead| lead.created_at.within(days(1)));\n\
                  signal(\"Calls\", \"call\", 5);\n";
    place.file("ours.rhai", script);
    let told = place.run(&["rules", "explain", "ada@analytical.example", "--by", "ours.rhai"]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    for line in [
        "Ada Byron: 21 points, warm\n",
        "+18.50  Decides",
        "-13.50  fit adds at most 20",
        "Phone           not known: phone",
        "Calls           nothing happened",
        "wrong: Ratio, line 6: this divides by zero",
        "stays so at least until ",
    ] {
        assert!(told.stdout.contains(line), "{line} is missing in {}", told.stdout);
    }
    let later = place.run(&[
        "rules",
        "explain",
        "ada@analytical.example",
        "--by",
        "ours.rhai",
        "--as-of",
        "2200-01-01T00:00:00Z",
        "--json",
    ]);
    let card = &later.json()["card"];
    assert_eq!((&card["total"], &card["next_change_at"]), (&2000.into(), &serde_json::Value::Null));
    let nobody = place.run(&["rules", "explain", "bo@analytical.example", "--by", "ours.rhai"]);
    assert!(nobody.code == 1 && nobody.stderr.contains("there is no lead"), "{}", nobody.stderr);
}

#[test]
fn rules_come_into_force_and_go_back_a_step() {
    let place = Place::new();
    place.file("ada.csv", "name,email,title\nAda Byron,ada@analytical.example,CTO\n");
    assert_eq!(place.run(&["import", "ada.csv"]).code, 0);
    let none = place.run(&["rules", "explain", "ada@analytical.example"]);
    assert!(none.code == 1 && none.stderr.contains("no rules are in force"), "{}", none.stderr);
    let none = place.run(&["rules", "list"]);
    assert!(none.stdout.contains("`leadbox rules new rules.rhai`"), "{}", none.stdout);

    let script = |points: u32| {
        format!(
            "ruleset(\"Ours\");\npriority(\"hot\", 20);\nrule(\"Decides\", {points}, |lead| lead.title.has_any(\"cto\"));\n"
        )
    };
    place.file("Our rules.rhai", &script(15));
    let first = place.run(&["rules", "publish", "Our rules.rhai", "--note", "a beginning"]);
    assert_eq!(first.code, 0, "{}", first.stderr);
    let expected = "our_rules, version 1, is in force (edition 1)\nall leads are scored by it: 1 scored, 1 moved, 0 have another priority\n";
    assert_eq!(first.stdout, expected);
    place.file("Our rules.rhai", &script(25));
    let second = place.run(&["rules", "publish", "Our rules.rhai", "--json"]).json();
    assert_eq!((&second["edition"], &second["rescore"]["priorities"]), (&2.into(), &1.into()));
    let again = place.run(&["rules", "publish", "Our rules.rhai"]);
    let already = "our_rules, version 2, is in force already (edition 2)\n";
    assert!(again.stdout.starts_with(already), "{}", again.stdout);
    let told = place.run(&["rules", "explain", "ada@analytical.example"]);
    for line in ["Ada Byron: 25 points, hot\n", "by our_rules, version 2", "+25     Decides"] {
        assert!(told.stdout.contains(line), "{line} is missing in {}", told.stdout);
    }
    let listed = place.run(&["rules", "list"]);
    for line in ["our_rules  Ours  version 2 is in force", "edition 2, since "] {
        assert!(listed.stdout.contains(line), "{line} is missing in {}", listed.stdout);
    }

    let back = place.run(&["rules", "rollback", "our_rules"]);
    assert!(
        back.stdout.starts_with("our_rules, version 1, is in force (edition 3)\n"),
        "{}",
        back.stdout
    );
    let beyond = place.run(&["rules", "rollback", "our_rules"]);
    assert!(beyond.code == 1 && beyond.stderr.contains("no earlier version"), "{}", beyond.stderr);
    let versions = place.run(&["rules", "history", "our_rules"]);
    let lines: Vec<&str> = versions.stdout.lines().collect();
    assert!(lines[1].starts_with("2 ") && !lines[1].contains("in force"), "{}", versions.stdout);
    assert!(
        lines[2].contains("in force") && lines[2].ends_with("a beginning"),
        "{}",
        versions.stdout
    );
    let said = place.run(&["rules", "history", "our_rules", "--version", "2"]);
    assert_eq!(said.stdout, script(25));
    let changes = place.run(&["rules", "history", "--lead", "ada@analytical.example"]);
    let moved: Vec<&str> = changes.stdout.lines().skip(1).collect();
    assert_eq!(moved.len(), 3, "{}", changes.stdout);
    assert!(moved[0].contains("-10") && moved[0].ends_with("no longer hot"), "{}", moved[0]);

    place.file(
        "failing.rhai",
        &format!("{}test(\"never\", #{{}}, |it| it.score == 9);\n", script(1)),
    );
    let refused = place.run(&["rules", "publish", "failing.rhai", "--set", "our_rules"]);
    assert!(
        refused.code == 1 && refused.stderr.contains("the test 'never' fails"),
        "{}",
        refused.stderr
    );
    let out = place.run(&["rules", "withdraw", "our_rules"]);
    assert!(out.code == 0 && out.stdout.starts_with("our_rules is out of force"), "{}", out.stdout);
    let told = place.run(&["rules", "explain", "ada@analytical.example"]);
    assert!(told.stdout.contains("no rules are for such leads"), "{}", told.stdout);
    let unknown = place.run(&["rules", "history", "nobody"]);
    assert!(
        unknown.code == 1 && unknown.stderr.contains("there is no rule set"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn rules_are_tried_on_the_leads_that_are_there_and_on_those_that_were() {
    let place = Place::new();
    let made = place.run(&["demo", "--size", "150", "--months", "6", "--as-of", "2026-03-02"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    place.file("lists.rhai", "export const deciders = [\"cto\", \"ceo\", \"founder\"];\n");
    let script = "import \"lists\" as lists;\nruleset(\"Others\");\npriority(\"hot\", 40);\n\
        rule(\"Decides\", 40, |lead| lead.title.has_any(lists::deciders));\n\
        rule(\"Reads\", 5, |lead| lead.cf.newsletter == true);\n";
    place.file("others.rhai", script);
    let preview = place.run(&["rules", "preview", "others.rhai", "--set", "b2b_saas"]);
    assert_eq!(preview.code, 0, "{}", preview.stderr);
    for says in ["leads: ", "would have another priority", "Decides", "moves most"] {
        assert!(preview.stdout.contains(says), "{says}: {}", preview.stdout);
    }
    let json =
        place.run(&["rules", "preview", "others.rhai", "--set", "b2b_saas", "--json"]).json();
    let lead = json["most_moved"][0]["lead"].as_str().unwrap().to_owned();
    assert!(json["moved"].as_u64().unwrap() > 20, "{json}");

    let backtest =
        place.run(&["rules", "backtest", "others.rhai", "--set", "b2b_saas", "--after-days", "3"]);
    assert_eq!(backtest.code, 0, "{}", backtest.stderr);
    for says in ["scored as they were known 3 days after", "ranks won over lost", "in force"] {
        assert!(backtest.stdout.contains(says), "{says}: {}", backtest.stdout);
    }
    let what_if = ["--if", "title=CTO", "--happens", "page_view:path=/pricing"];
    let explained = ["rules", "explain", &lead, "--by", "others.rhai"];
    let supposed = place.run(&[&explained[..], &what_if[..]].concat());
    assert_eq!(supposed.code, 0, "{}", supposed.stderr);
    assert!(
        supposed.stdout.contains("+40") && supposed.stdout.contains("now it has"),
        "{}",
        supposed.stdout
    );
    let wrong = place.run(&["rules", "explain", &lead, "--if", "employees=many"]);
    assert!(wrong.code == 1 && wrong.stderr.contains("employees"), "{}", wrong.stderr);
    place.file("wrong.rhai", "rule(\"x\", 1, |lead| lead.cf.bugdet > 5);\n");
    let wrong = place.run(&["rules", "preview", "wrong.rhai", "--set", "b2b_saas"]);
    assert!(wrong.code == 6 && wrong.stderr.contains("budget"), "{}", wrong.stderr);
}
