//! Leads as rows of a table. Owns the columns and what stands in them.

use leadbox_core::{Catalog, StageKind, StoredLead, Timestamp};

use super::format;
use super::words::Names;

/// One lead.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) initials: String,
    pub(super) email: String,
    pub(super) company: String,
    pub(super) stage: String,
    /// The colour of the stage, which its name says too.
    pub(super) tone: &'static str,
    /// In whole points; empty without a score.
    pub(super) score: String,
    /// How long the score's bar is, of 44.
    pub(super) bar: i64,
    pub(super) owner: String,
    pub(super) tags: Vec<String>,
    pub(super) value: String,
    pub(super) received: String,
}

/// One column.
pub(super) struct Head {
    pub(super) label: &'static str,
    pub(super) class: &'static str,
    /// Where a click on it leads; nowhere when empty.
    pub(super) link: String,
    /// `ascending` or `descending` when the rows are in its order.
    pub(super) sorted: Option<&'static str>,
}

/// The columns: label, class, and the order that a click asks for.
pub(super) const COLUMNS: [(&str, &str, &str); 8] = [
    ("Lead", "", "name"),
    ("Company", "p4", ""),
    ("Stage", "", ""),
    ("Score", "n", "score"),
    ("Owner", "p2", ""),
    ("Tags", "p4", ""),
    ("Value", "n p3", "value"),
    ("Received", "n p3", "created"),
];

/// The heads of a table that cannot be sorted.
pub(super) fn plain_heads() -> Vec<Head> {
    COLUMNS
        .iter()
        .map(|(label, class, _)| Head { label, class, link: String::new(), sorted: None })
        .collect()
}

/// A lead as a row.
pub(super) fn row(stored: &StoredLead, catalog: &Catalog, names: &Names, now: Timestamp) -> Row {
    let lead = &stored.lead;
    let stage = catalog.stage(lead.stage).map(|(_, stage)| stage);
    let scored = stored.score.revision.0 > 0;
    let points = stored.score.total.0 / 100;
    Row {
        id: lead.id.to_string(),
        name: lead.display_name().to_owned(),
        initials: format::initials(lead.display_name()),
        email: lead
            .person
            .email
            .as_ref()
            .map(|email| email.as_str().to_owned())
            .unwrap_or_default(),
        company: lead.company.name.clone().unwrap_or_default(),
        stage: stage.map_or_else(|| "(unknown)".to_owned(), |stage| stage.name.clone()),
        tone: tone(stage.map(|stage| stage.kind)),
        score: if scored { points.to_string() } else { String::new() },
        bar: if scored { (points * 44 / 100).clamp(0, 44) } else { 0 },
        owner: lead.owner.and_then(|owner| names.get(&owner).cloned()).unwrap_or_default(),
        tags: lead.tags.iter().cloned().collect(),
        value: lead.value.map(format::amount).unwrap_or_default(),
        received: format::ago(lead.created_at, now),
    }
}

fn tone(kind: Option<StageKind>) -> &'static str {
    match kind {
        Some(StageKind::Won) => "ok",
        Some(StageKind::Lost) => "",
        _ => "accent",
    }
}
