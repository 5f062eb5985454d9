//! Scripts that mean harm. Each comes to an end, says why, and is worth nothing.

use super::*;

#[test]
fn what_never_ends_or_grows_is_stopped() {
    for script in [
        "loop { }",
        "let x = \"a\"; loop { x += x; }",
        "let x = [1]; loop { x += x; }",
        "fn again() { again() } again();",
        "let m = #{}; let k = \"k\"; loop { k += \"k\"; m[k] = k; }",
        "loop { rule(\"a\", 1, |lead| true); }",
        "let n = 0; loop { n += 1; category(`c${n}`, 5); }",
        "eval(\"1\")",
        "import \"/etc/passwd\" as x;",
        "sleep(5)",
        "timestamp()",
        "print(\"x\")",
        "\"aaaa\".replace(\"a\", \"aaaa\")",
    ] {
        let wrong = RuleSet::load(script);
        assert!(wrong.is_err(), "{script}: {wrong:?}");
    }
    let long = format!("// {}", "x".repeat(300 * 1024));
    assert_eq!(RuleSet::load(&long).unwrap_err().to_string(), "a script has at most 256 KiB");
}

#[test]
fn a_rule_that_never_ends_is_a_fault_of_that_rule() {
    let kim = lead(NewLead::new().name("Kim"));
    let script = "rule(\"Endless\", 5, |lead| { while is_known(lead.name) { } true });\nrule(\"Fine\", 5, |lead| true);";
    let card = card(script, &kim, &[]);
    assert_eq!((card.total, card.faults.len()), (Points::whole(5), 1));
    assert_eq!(card.faults[0].line, Some(1));
}

#[test]
fn loops_within_loops_are_read_to_an_end() {
    let nested = (0..6).fold("1".to_owned(), |inner, _| {
        format!("{{ let n = {inner}; for tag in [1] {{ n += 1; }} n }}")
    });
    let kim = lead(NewLead::new().name("Kim"));
    let card = card(&format!("rule(\"a\", 5, |lead| {{ let n = {nested}; n == 7 }});"), &kim, &[]);
    assert_eq!((card.total, card.faults), (Points::whole(5), Vec::new()));
}

#[test]
fn what_is_declared_later_changes_nothing() {
    let kim = lead(NewLead::new().name("Kim"));
    let script = "rule(\"Grows\", 5, |lead| { rule(\"b\", 5, |lead| true); true });";
    let rules = RuleSet::load(script).unwrap();
    let subject = Subject { lead: &kim, stage: None, interactions: &[], as_of: now() };
    let first = rules.score(&subject);
    assert_eq!((rules.score(&subject), first.total), (first.clone(), Points::whole(5)));
}

#[test]
fn an_import_reaches_no_file_outside() {
    for file in
        ["/etc/passwd", "../secrets", "..", "a/../../b", "C:\\\\x", "file:///etc/passwd", "~/x"]
    {
        for script in [format!("import \"{file}\" as x;"), format!("import \"{file}\";")] {
            let wrong = RuleSet::load(&script).unwrap_err().to_string();
            assert!(wrong.contains("only files beside the script can"), "{script}: {wrong}");
        }
    }
    for script in [
        "import \"x\" + \"y\" as z;",
        "let p = \"/etc/passwd\"; import p as x;",
        "import `/etc/passwd` as x;",
    ] {
        let wrong = RuleSet::load(script).unwrap_err().to_string();
        assert!(wrong.contains("an import is written like this"), "{script}: {wrong}");
    }
}
