//! Questions of several steps: names for values, answers at once, loops. What can runs without the interpreter, and is held against what
//! there is like any other.

use super::*;

#[test]
fn steps_give_names_answer_early_and_repeat() {
    let lead = lead(NewLead::new().name("Kim").title("CTO").employees(250).tag("vip").tag("press"));
    for (question, is_so) in [
        (
            "{ let size = lead.employees; let title = lead.title.or(\"\"); size > 100 && title == \"CTO\" }",
            true,
        ),
        ("{ let size = lead.employees; let size = size - 200; size > 100 }", false),
        ("{ if lead.employees < 100 { return false; } lead.title == \"CTO\" }", true),
        (
            "{ let large = 100; if lead.employees > large { let title = lead.title; title == \"CTO\" } else { false } }",
            true,
        ),
        ("lead.title == \"Chief\" || { let size = lead.employees; size == 250 }", true),
        (
            "{ let found = 0; for tag in lead.tags { if tag.starts_with(\"v\") { found += 1; } } found == 1 }",
            true,
        ),
        ("{ lead.title == \"Chief\" || { return true; } }", true),
    ] {
        let script = format!("rule(\"it\", 5, |lead| {question});");
        let card = card(&script, &lead, &[]);
        assert!(card.faults.is_empty(), "{question} {:?}", card.faults);
        assert_eq!(card.fired("it"), is_so, "{question}");
        let is_compiled = RuleSet::load(&script).unwrap().runs()[0].interpreted.is_none();
        let repeats = question.contains("for ") || question.contains("|| { return");
        assert_eq!(is_compiled, cfg!(feature = "compiled") && !repeats, "{question}");
    }
}

#[test]
fn what_is_thrown_is_no_answer() {
    let lead = lead(NewLead::new().name("Kim").employees(250));
    // Trying it without knowing anything throws nothing.
    let script =
        "rule(\"it\", 5, |lead| { if is_known(lead.employees) { throw true; } else { false } });";
    let card = card(script, &lead, &[]);
    assert!(!card.fired("it"));
    assert_eq!(card.faults.len(), 1, "{card:?}");
}

#[test]
#[cfg(feature = "compiled")]
fn what_a_name_stands_for_is_held_against_what_there_is() {
    for (question, says) in [
        (
            "{ let size = lead.emplyees; size > 5 }",
            "a lead has no field 'emplyees': did you mean 'employees'?",
        ),
        (
            "{ let size = lead.employees; size == \"large\" }",
            "this compares a number with a text, which is never so",
        ),
        (
            "{ let found = 0; for tag in lead.tags { if lead.titel == tag { found += 1; } } found > 1 }",
            "line 1, character 70: a lead has no field 'titel': did you mean 'title'?",
        ),
        (
            "{ let found = 0; while found < 3 { found += lead.value.uper(); } found > 1 }",
            "there is no 'uper': did you mean 'upper'?",
        ),
        ("has_tag_like(lead, 5)", "a lead has no field 'titel': did you mean 'title'?"),
        (
            "{ switch lead.country { \"DE\" => lead.employes > 5, _ => false } }",
            "a lead has no field 'employes': did you mean 'employees'?",
        ),
        (
            "lead.employees > 5 || { let n = 1; if lead.country == 5 { n = 2; } n > 1 }",
            "this compares a text with a number, which is never so",
        ),
        ("{ let size = lead.employees; size }", "this has to be yes or no, and it is a number"),
    ] {
        let script = format!(
            "rule(\"it\", 5, |lead| {question});\n\
             fn has_tag_like(it, n) {{ for tag in it.tags {{ if it.titel == tag {{ return true; }} }} n > \"a\" }}"
        );
        let wrong = RuleSet::load(&script).unwrap_err();
        assert!(wrong.to_string().contains(says), "{question}: {wrong}");
    }
}

#[test]
#[cfg(feature = "compiled")]
fn what_a_name_that_changes_stands_for_is_nobodys_business() {
    for question in [
        "{ let size = \"none\"; for tag in lead.tags { size = 5; } size == \"none\" || size > 3 }",
        "{ let at = \"nowhere\"; if lead.employees > 5 { at = \"DE\"; } lead.country == at }",
    ] {
        let wrong = RuleSet::load(&format!("rule(\"it\", 5, |lead| {question});")).err();
        assert_eq!(wrong.map(|wrong| wrong.to_string()), None, "{question}");
    }
    let taken = "let at = \"nowhere\";\nrule(\"it\", 5, |lead| { for tag in lead.tags { if lead.country == at { return true; } } false });";
    assert!(RuleSet::load(taken).is_ok());
}
