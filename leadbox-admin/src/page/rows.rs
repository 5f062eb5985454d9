//! Leads as rows of a table. Owns the columns and what stands in them.

use leadbox_core::{Catalog, StageKind, StoredLead, Timestamp};

use super::format;
use super::words::Names;

/// One lead.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) initials: String,
    /// Empty where it is the name already.
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
    title: String,
    phone: String,
    country: String,
    source: String,
    priority: String,
}

impl Row {
    /// What stands in a column that holds plain text.
    pub(super) fn text(&self, key: &str) -> &str {
        match key {
            "company" => &self.company,
            "title" => &self.title,
            "phone" => &self.phone,
            "country" => &self.country,
            "source" => &self.source,
            "priority" => &self.priority,
            "value" => &self.value,
            "received" => &self.received,
            _ => "",
        }
    }
}

/// One column of a table, as it is shown.
pub(super) struct Head {
    pub(super) key: &'static str,
    pub(super) label: &'static str,
    pub(super) class: &'static str,
    /// Where a click on it leads; nowhere when empty.
    pub(super) link: String,
    /// `ascending` or `descending` when the rows are in its order.
    pub(super) sorted: Option<&'static str>,
}

/// A column that there is.
#[derive(Debug)]
pub(super) struct Column {
    /// Its name in addresses.
    pub(super) key: &'static str,
    pub(super) label: &'static str,
    pub(super) class: &'static str,
    /// The order that a click asks for; none when empty.
    pub(super) sort: &'static str,
    /// Whether it is shown when nobody chose.
    pub(super) usual: bool,
}

/// The columns, in their order; the first is always shown.
pub(super) const COLUMNS: [Column; 13] = {
    const fn column(
        key: &'static str,
        label: &'static str,
        class: &'static str,
        sort: &'static str,
    ) -> Column {
        Column { key, label, class, sort, usual: true }
    }
    const fn more(key: &'static str, label: &'static str, class: &'static str) -> Column {
        Column { key, label, class, sort: "", usual: false }
    }
    [
        column("lead", "Lead", "", "name"),
        column("company", "Company", "p4", ""),
        more("title", "Job title", "p4"),
        more("phone", "Phone", "p3 nowrap"),
        more("country", "Country", "p3"),
        more("source", "Source", "p3"),
        column("stage", "Stage", "", ""),
        column("score", "Score", "n", "score"),
        more("priority", "Priority", "p3"),
        column("owner", "Owner", "p2 nowrap", ""),
        column("tags", "Tags", "p4", ""),
        column("value", "Value", "n p3", "value"),
        column("received", "Received", "n muted p3", "created"),
    ]
};

/// The usual columns of a table that cannot be sorted.
pub(super) fn plain_heads() -> Vec<Head> {
    let usual = COLUMNS.iter().filter(|column| column.usual);
    usual
        .map(|&Column { key, label, class, .. }| Head {
            key,
            label,
            class,
            link: String::new(),
            sorted: None,
        })
        .collect()
}

/// A lead as a row.
pub(super) fn row(stored: &StoredLead, catalog: &Catalog, names: &Names, now: Timestamp) -> Row {
    let lead = &stored.lead;
    let stage = catalog.stage(lead.stage).map(|(_, stage)| stage);
    let scored = stored.score.revision.0 > 0;
    let points = stored.score.total.floor();
    Row {
        id: lead.id.to_string(),
        name: lead.display_name().to_owned(),
        initials: format::initials(lead.display_name()),
        email: lead
            .person
            .email
            .as_ref()
            .map(|email| email.as_str().to_owned())
            .filter(|email| email != lead.display_name())
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
        title: lead.person.title.clone().unwrap_or_default(),
        phone: lead.person.phone.as_ref().map(ToString::to_string).unwrap_or_default(),
        country: lead.company.country.as_ref().map(ToString::to_string).unwrap_or_default(),
        source: lead.source.name.clone().unwrap_or_default(),
        priority: stored.score.priority.clone().unwrap_or_default(),
    }
}

fn tone(kind: Option<StageKind>) -> &'static str {
    match kind {
        Some(StageKind::Won) => "ok",
        Some(StageKind::Lost) => "",
        _ => "accent",
    }
}
