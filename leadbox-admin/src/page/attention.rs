//! What needs attention, as lines that lead to it. Owns their words, and that what is in order has no line.

use leadbox_core::service::{Attention, Counted};

use super::asked::Asked;
use super::{Doc, format};

/// Something to look at.
pub(super) struct Matter {
    pub(super) says: String,
    pub(super) icon: &'static str,
    /// Where it is.
    pub(super) link: String,
    pub(super) count: String,
}

/// What there is to look at, the most urgent first.
pub(super) fn matters(doc: &Doc, attention: &Attention) -> Vec<Matter> {
    let tasks = |due| Asked::default().address(&doc.page("tasks"), &[("due", due)]);
    let leads = |name, value| {
        Asked::default().address(&doc.page("leads"), &[("kind", "open"), (name, value)])
    };
    let idle = Attention::IDLE_DAYS.to_string();
    let all = [
        ("Overdue tasks".to_owned(), "warning", tasks("overdue"), Some(attention.overdue)),
        ("Tasks due later today".to_owned(), "clock", tasks("today"), Some(attention.due_today)),
        (
            "Open leads without an owner".to_owned(),
            "user",
            leads("owner", "nobody"),
            attention.unowned,
        ),
        (
            format!("Open leads without contact for {idle} days"),
            "phone",
            leads("idle", &idle),
            Some(attention.idle),
        ),
        ("Jobs that were given up".to_owned(), "system", doc.page("system"), attention.parked_jobs),
    ];
    let matter = |(says, icon, link, counted): (String, _, _, Option<Counted>)| {
        let counted = counted.filter(|counted| counted.count > 0)?;
        let count = format::whole(counted.count.cast_signed());
        let count = if counted.more { format!("more than {count}") } else { count };
        Some(Matter { says, icon, link, count })
    };
    all.into_iter().filter_map(matter).collect()
}
