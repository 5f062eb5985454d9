//! Two leads side by side. Owns which of their fields are shown, in which order, and which of them differ; what becomes of
//! them is `merge`'s.

use leadbox_core::access::Permission;
use leadbox_core::{Lead, LeadBox, LeadId, MergePlan, StoredLead};
use serde_json::{Map, Value};

use super::format;
use super::lead::rank;
use super::words::Words;

/// One of the two.
pub(super) struct Side {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) initials: String,
    /// What else tells who it is: the address, or the company.
    pub(super) sub: String,
}

impl Side {
    pub(super) fn of(lead: &Lead) -> Self {
        let name = lead.display_name().to_owned();
        let email = lead.person.email.as_ref().map(|email| email.as_str().to_owned());
        let email = email.filter(|email| *email != name);
        Self {
            id: lead.id.to_string(),
            initials: format::initials(&name),
            sub: email.or_else(|| lead.company.name.clone()).unwrap_or_default(),
            name,
        }
    }
}

/// Whether somebody may merge the second into the first.
pub(super) fn may_merge(leadbox: &LeadBox, kept: &Lead, gone: &Lead) -> bool {
    may_tell_apart(leadbox, kept, gone)
        && leadbox.rights().may(Permission::LeadDelete, gone.owner)
        // One without an owner takes the other's.
        && (kept.owner.is_some()
            || gone.owner.is_none()
            || leadbox.rights().may(Permission::LeadAssign, gone.owner))
}

/// Whether somebody may say that they are two people.
pub(super) fn may_tell_apart(leadbox: &LeadBox, a: &Lead, b: &Lead) -> bool {
    [a, b].iter().all(|lead| leadbox.rights().may(Permission::LeadEdit, lead.owner))
}

/// Where two leads are compared, the one that would stay first; nowhere for whoever may merge neither into the other.
pub(super) fn compared_at(leadbox: &LeadBox, prefix: &str, a: &Lead, b: &Lead) -> String {
    let at = |kept: LeadId, gone: LeadId| format!("{prefix}/leads/{kept}/merge?with={gone}");
    match (may_merge(leadbox, a, b), may_merge(leadbox, b, a)) {
        (true, _) => at(a.id, b.id),
        (_, true) => at(b.id, a.id),
        _ => String::new(),
    }
}

/// A field of both, in short.
pub(super) struct Short {
    pub(super) label: String,
    pub(super) texts: [String; 2],
    pub(super) same: bool,
}

/// By what people tell at a glance whether two are one.
const SHORT: [&str; 6] = ["title", "email", "phone", "company", "city", "owner"];

/// Both in short: what neither has is left out.
pub(super) fn short(pair: [&StoredLead; 2], words: &Words<'_>) -> Vec<Short> {
    let fields = pair.map(|one| one.lead.to_fields());
    let has = |field: &&str| fields.iter().any(|one| one.contains_key(*field));
    let row = |field: &str| {
        let values = [&fields[0], &fields[1]].map(|one| one.get(field));
        Short {
            label: words.label(field),
            texts: values.map(|value| value.map(|it| words.value(field, it)).unwrap_or_default()),
            same: values[0] == values[1],
        }
    };
    let mut rows: Vec<Short> = SHORT.into_iter().filter(has).map(row).collect();
    let stages = pair.map(|one| stage(&one.lead, words));
    rows.push(Short { label: words.label("stage"), same: stages[0] == stages[1], texts: stages });
    let came = pair.map(|one| format::moment(one.lead.created_at, words.zone));
    rows.push(Short { label: "Came in".to_owned(), same: came[0] == came[1], texts: came });
    rows
}

pub(super) fn stage(lead: &Lead, words: &Words<'_>) -> String {
    let stage = words.catalog.stage(lead.stage);
    stage.map_or_else(|| "(unknown)".to_owned(), |(_, stage)| stage.name.clone())
}

/// The value of one lead.
pub(super) struct Cell {
    pub(super) lead: LeadId,
    /// Empty where it has none.
    pub(super) text: String,
    /// Whether it stays.
    pub(super) wins: bool,
}

/// A field of both, and which value stays.
pub(super) struct Row {
    pub(super) field: String,
    pub(super) label: String,
    pub(super) cells: [Cell; 2],
    /// Whether both have a value, and not the same.
    pub(super) differs: bool,
    /// Whether both have the same.
    pub(super) alike: bool,
    /// Whether the asker may say which.
    pub(super) chooses: bool,
}

/// All fields of both, those that differ first. `chosen` is what was chosen before, which counts more than the rules.
pub(super) fn rows(
    leadbox: &LeadBox,
    pair: [&Lead; 2],
    plan: &MergePlan,
    chosen: &[(String, String)],
    words: &Words<'_>,
) -> Vec<Row> {
    let fields = pair.map(Lead::to_fields);
    let grants = leadbox.rights().grants();
    let mut rows: Vec<Row> = plan
        .fields
        .iter()
        .map(|planned| {
            let field = &planned.field;
            let before = chosen.iter().find(|(name, _)| name == field);
            let winner = before.and_then(|(_, lead)| lead.parse().ok()).unwrap_or(planned.from);
            let value = |of: &Map<String, Value>| of.get(field).map(|it| words.value(field, it));
            let cell = |place: usize| Cell {
                lead: pair[place].id,
                text: value(&fields[place]).unwrap_or_default(),
                wins: pair[place].id == winner,
            };
            let values = [&fields[0], &fields[1]].map(|of| of.get(field));
            let alike = values[0] == values[1];
            let differs = !alike && values.iter().all(Option::is_some);
            Row {
                label: words.label(field),
                cells: [cell(0), cell(1)],
                differs,
                alike,
                chooses: differs && grants.is_none_or(|grants| grants.writes(field)),
                field: field.clone(),
            }
        })
        .collect();
    rows.sort_by_key(|row| (!row.differs, row.alike, rank(&row.field)));
    rows
}
