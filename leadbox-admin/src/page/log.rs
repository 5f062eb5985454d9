//! The activity log: all facts of the tenant, the latest first. Owns its groups; checking the
//! chain is `verification`'s.

use askama::Template;
use axum::extract::Query;
use axum::response::Html;
use leadbox_core::EventType;
use leadbox_core::storage::EventFilter;
use serde::Deserialize;

use super::lexicon::Lexicon;
use super::shell::{Shell, Visit};
use super::words::{Day, Place, Words, lead_names};
use super::{Doc, escaped};
use crate::serve::{Problem, page_after};

/// How many facts a page shows.
const EVENTS: u32 = 50;

/// What can be shown alone: name in the address, in words, and the types.
const GROUPS: [(&str, &str, &[EventType]); 7] = [
    (
        "leads",
        "Leads",
        &[
            EventType::LEAD_CAPTURED,
            EventType::LEAD_UPDATED,
            EventType::LEAD_STAGE_CHANGED,
            EventType::LEAD_ASSIGNED,
            EventType::LEAD_SCORED,
            EventType::LEAD_DELETED,
            EventType::LEAD_RESTORED,
            EventType::LEAD_MERGED,
            EventType::LEAD_UNMERGED,
            EventType::LEAD_DISTINGUISHED,
        ],
    ),
    (
        "work",
        "Tasks, notes and interactions",
        &[
            EventType::TASK_ADDED,
            EventType::TASK_CHANGED,
            EventType::TASK_COMPLETED,
            EventType::TASK_REOPENED,
            EventType::TASK_DELETED,
            EventType::TASK_REMINDED,
            EventType::NOTE_ADDED,
            EventType::NOTE_CHANGED,
            EventType::NOTE_DELETED,
            EventType::INTERACTION_RECORDED,
            EventType::INTERACTION_MARKED,
        ],
    ),
    (
        "many",
        "Imports, exports and bulk actions",
        &[EventType::IMPORT_FINISHED, EventType::LEADS_EXPORTED, EventType::BULK_FINISHED],
    ),
    (
        "views",
        "Saved views",
        &[EventType::VIEW_SAVED, EventType::VIEW_CHANGED, EventType::VIEW_DELETED],
    ),
    (
        "sign-in",
        "Signing in",
        &[
            EventType::SESSION_STARTED,
            EventType::SESSION_ENDED,
            EventType::SIGN_IN_FAILED,
            EventType::PASSWORD_SET,
            EventType::PASSWORD_RESET_ASKED,
        ],
    ),
    (
        "access",
        "Users, roles and keys",
        &[
            EventType::USER_CHANGED,
            EventType::USER_INVITED,
            EventType::TEAM_CHANGED,
            EventType::ROLE_CHANGED,
            EventType::ROLE_REMOVED,
            EventType::KEY_MADE,
            EventType::KEY_ROTATED,
            EventType::KEY_CHANGED,
            EventType::KEY_REVOKED,
        ],
    ),
    (
        "setup",
        "Fields, stages, scoring and settings",
        &[
            EventType::FIELD_DEFINED,
            EventType::PIPELINE_CHANGED,
            EventType::RULES_DRAFTED,
            EventType::RULES_PUBLISHED,
            EventType::RULES_APPLIED,
            EventType::SETTINGS_CHANGED,
        ],
    ),
];

/// What the address asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    kind: String,
    after: String,
}

#[derive(Template)]
#[template(path = "log.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    groups: Vec<(&'static str, &'static str)>,
    kind: String,
    days: Vec<Day>,
    older: String,
}

/// `GET /log`.
pub(crate) async fn log(visit: Visit, Query(asked): Query<Asked>) -> Result<Html<String>, Problem> {
    Ok(Html(page(visit, asked).await?.render()?))
}

async fn page(visit: Visit, asked: Asked) -> Result<Page, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("log");
    let group = GROUPS.iter().find(|(name, ..)| *name == asked.kind);
    let kinds = group.map(|(.., kinds)| kinds.to_vec()).unwrap_or_default();
    let request = page_after(EVENTS, &asked.after)?;
    let filter = EventFilter { kinds, ..EventFilter::default() };
    let events = leadbox.log().events(&filter, &request).await?;
    let lexicon = Lexicon::of(&leadbox).await?;
    let leads = lead_names(&leadbox, &events.items).await?;
    let teams = leadbox.directory().team_names().await?;
    let words = Words { leads, teams, ..lexicon.words() };
    let kind = group.map_or("", |(name, ..)| name);
    let older = events.next.map(|next| {
        let mut address = format!("{}/log?kind={kind}&after=", doc.prefix);
        address.extend(escaped(&next.to_string()));
        address
    });
    Ok(Page {
        groups: GROUPS.iter().map(|(name, label, _)| (*name, *label)).collect(),
        kind: group.map(|(name, ..)| (*name).to_owned()).unwrap_or_default(),
        days: words.days(&events.items, Place::Log),
        older: older.unwrap_or_default(),
        doc,
        shell,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_stands_in_one_group() {
        let mut grouped: Vec<&EventType> = GROUPS.iter().flat_map(|(.., kinds)| *kinds).collect();
        grouped.sort_unstable();
        let mut all: Vec<&EventType> = EventType::CORE.iter().collect();
        all.sort_unstable();
        assert_eq!(grouped, all);
    }
}
