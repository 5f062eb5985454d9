//! Cards of the same lead as time goes by.

use proptest::prelude::*;

use super::*;

const SCRIPT: &str = r#"
category("fit", 50);
priority("hot", 40);  priority("warm", 15);
rule("Fresh", "fit", 10, |lead| lead.created_at.within(days(3)));
rule("Old", "fit", -4, |lead| days_since(lead.created_at) >= 20);
rule("Busy", 6, |lead| lead.count("page_view", days(7)) >= 2);
rule("Quiet", -3, |lead| hours_since(lead.last_interaction) > 100);
signal("Views", "page_view", 9).half_life(days(5)).cap(24);
signal("Opens", "email_open", 4).linear(days(10));
signal("Calls", "call", 7).within(days(12));
"#;

/// What anybody sees of a card without looking closely.
fn seen(card: &ScoreCard) -> (i64, Option<String>) {
    (card.total.0, card.priority.clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn nothing_visible_changes_before_the_moment_on_the_card(
        happened_at in prop::collection::vec((0..3_usize, -400..600_i64), 0..8),
        start in 0..40_i64,
    ) {
        let mut ada = lead(NewLead::new().name("Ada"));
        ada.created_at = now() - TimeDelta::days(2);
        let kinds = ["page_view", "email_open", "call"];
        let all: Vec<Interaction> = happened_at
            .iter()
            .map(|(kind, hours)| happened(&ada, kinds[*kind], *hours, serde_json::json!({})))
            .collect();
        let rules = RuleSet::load(SCRIPT).unwrap();
        let at = |as_of| rules.score(&Subject { lead: &ada, stage: None, interactions: &all, as_of });
        let begin = now() + TimeDelta::hours(start);
        let first = at(begin);
        let end = first.next_change_at.unwrap_or(begin + TimeDelta::days(400));
        for part in 0..60_i32 {
            let then = begin + (end - begin) * part / 60;
            if then + TimeDelta::minutes(1) >= end {
                break;
            }
            let later = at(then);
            let (total, priority) = seen(&first);
            prop_assert!((later.total.0 - total).abs() < 100, "{then} before {end}: {first:#?} {later:#?}");
            prop_assert_eq!(&later.priority, &priority);
        }
    }

    #[test]
    fn a_card_does_not_depend_on_the_order_of_what_happened(
        happened_at in prop::collection::vec((0..3_usize, 0..600_i64), 0..8),
        turn in any::<prop::sample::Index>(),
    ) {
        let ada = lead(NewLead::new().name("Ada"));
        let kinds = ["page_view", "email_open", "call"];
        let mut all: Vec<Interaction> = happened_at
            .iter()
            .map(|(kind, hours)| happened(&ada, kinds[*kind], *hours, serde_json::json!({})))
            .collect();
        let one = card(SCRIPT, &ada, &all);
        if !all.is_empty() {
            let at = turn.index(all.len());
            all.rotate_left(at);
        }
        prop_assert_eq!(card(SCRIPT, &ada, &all), one);
    }
}
