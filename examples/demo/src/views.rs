//! The views that the invented company works with. Owns what they ask for.

use leadbox_core::filter::Op;
use leadbox_core::{LeadBox, LeadFilter, LeadSort, NewView, Result, Sharing, SortKey};
use serde_json::{Value, json};

fn all(parts: impl IntoIterator<Item = LeadFilter>) -> LeadFilter {
    LeadFilter::And(parts.into_iter().collect())
}

fn is(field: &str, op: Op, value: Value) -> LeadFilter {
    LeadFilter::is(field, op, value)
}

/// What the head of sales shares.
fn shared() -> [NewView; 3] {
    let open = || is("stage_kind", Op::Eq, json!("open"));
    let lately = is("last_interaction_at", Op::Within, json!({ "last": 7, "unit": "day" }));
    let moved = is("stage_since", Op::Within, json!({ "last": 30, "unit": "day" }));
    let stalled = all([is("stage", Op::Eq, json!("proposal")), LeadFilter::Not(Box::new(moved))]);
    [
        NewView::new("Hot this week")
            .filter(all([open(), lately]))
            .sorted(LeadSort::descending(SortKey::LastInteraction))
            .sharing(Sharing::Everyone),
        NewView::new("No owner")
            .filter(is("owner", Op::IsNull, Value::Null))
            .columns(["company", "source", "stage", "value", "received"])
            .sharing(Sharing::Everyone),
        NewView::new("Stalled proposals")
            .filter(stalled)
            .sorted(LeadSort::descending(SortKey::Value))
            .columns(["company", "stage", "owner", "value"])
            .sharing(Sharing::Team),
    ]
}

/// What a seller keeps to herself.
fn private() -> NewView {
    NewView::new("My trials")
        .filter(all([
            is("stage_kind", Op::Eq, json!("open")),
            is("cf.trial_ends", Op::NotNull, Value::Null),
        ]))
        .columns(["company", "phone", "stage", "received"])
}

/// Saves them, in the names of the head of sales and of a seller.
pub(super) async fn save_views(head: &LeadBox, seller: &LeadBox) -> Result<()> {
    for view in shared() {
        head.views().save(&view).await?;
    }
    seller.views().save(&private()).await?;
    Ok(())
}
