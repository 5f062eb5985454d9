//! What rules rely on in the interpreter. Features of a crate are those of all crates in a program: another that depends on `rhai` may
//! switch on one under which scripts mean something else. Owns noticing that before the first script is loaded.

use std::sync::OnceLock;

use super::engine::engine;
use super::rehearsal::nobody;
use super::rule_set::RuleSet;
use crate::score::Points;
use crate::scoring::{Scorer, Subject};

/// Rules of which it is known what they add to the lead of [`found`].
const SAMPLE: &str = r#"
rule("joined",   1, |lead| lead.employees > 3 && (lead.title == "VP" || lead.title.has_any("cto")));
rule("in order", 2, |lead| lead.employees - 2 * 3 == 1 && lead.employees / 2 == 3);
rule("unknown",  4, |lead| !is_known(lead.phone) && !(lead.phone != "x") && !(lead.phone == "x"));
rule("steps",    8, |lead| { let size = lead.employees; if size > 100 { return false; } size in [1, 7] });
rule("counted", 16, |lead| { let found = 0; for one in [1, 2, 3] { found += one; } found == 6 });
rule("split",   32, |lead| 7.0 / 2.0 == 3.5 && "a" < "b");
"#;
const TOTAL: i64 = 63;

/// What does not hold in this program, if anything does not; found out once.
pub(super) fn broken(load: impl FnOnce(&str) -> Option<RuleSet>) -> Option<&'static str> {
    static BROKEN: OnceLock<Option<&'static str>> = OnceLock::new();
    *BROKEN.get_or_init(|| found(load(SAMPLE)))
}

fn found(sample: Option<RuleSet>) -> Option<&'static str> {
    let engine = engine();
    let place = engine.compile("\n )").err().and_then(|error| error.position().line());
    if place != Some(2) {
        return Some("it does not say where something is wrong (`no_position`)");
    }
    if engine.eval_expression::<i64>("9223372036854775807 + 1").is_ok() {
        return Some("it does not notice numbers that are too large (`unchecked`)");
    }
    let Some(sample) = sample else { return Some("it does not read rules that are sound") };
    let mut lead = nobody();
    lead.company.employees = Some(7);
    lead.person.title = Some("CTO".to_owned());
    let subject = Subject { lead: &lead, stage: None, interactions: &[], as_of: lead.created_at };
    let is_right = |rules: &RuleSet| rules.score(&subject).total == Points::whole(TOTAL);
    if !is_right(&sample) {
        return Some("rules are not read as they are written");
    }
    (!is_right(&sample.uncompiled())).then_some("rules do not come to what they should")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_whose_interpreter_is_another_is_told_so() {
        let with = |script: &str| found(RuleSet::load(script).ok());
        assert_eq!(with(SAMPLE), None);
        for (written, read) in [("2 * 3", "2 + 3"), ("found += one", "found = one"), ("3.5", "3")] {
            assert!(with(&SAMPLE.replacen(written, read, 1)).is_some(), "{read}");
        }
        assert!(with("no rules").is_some());
    }
}
