//! One lead: what is known of it, the stages it was in, and what happened.

use std::collections::HashMap;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use leadbox_core::{
    Catalog, Cursor, FieldKey, Lead, LeadBox, LeadId, PageRequest, Stay, StoredLead, Timestamp,
    User, UserId,
};
use serde::Deserialize;
use serde_json::Value;

use super::error::Problem;
use super::format::{self, Moment};
use super::layout::html;
use super::timeline::{Entry, Reader};

/// What the address asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Ask {
    after: String,
}

/// How many events a page shows.
const EVENTS: u32 = 40;

struct Fact {
    label: String,
    value: String,
}

struct Visit {
    stage: String,
    kind: &'static str,
    since: Moment,
    lasted: String,
}

#[derive(Template)]
#[template(path = "lead.html")]
struct LeadPage {
    name: String,
    subtitle: String,
    stage: String,
    kind: &'static str,
    is_deleted: bool,
    facts: Vec<Fact>,
    visits: Vec<Visit>,
    entries: Vec<Entry>,
    is_first: bool,
    first: String,
    next: Option<String>,
}

/// `/leads/{id}`.
pub(super) async fn lead(
    State(leadbox): State<LeadBox>,
    Path(id): Path<String>,
    ask: Result<Query<Ask>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(ask) = ask.map_err(|error| Problem::bad_request(error.body_text()))?;
    let absent = || Problem::not_found(format!("There is no lead {id}."));
    let id: LeadId = id.parse().map_err(|_| absent())?;
    let stored = leadbox.leads().lead(id).await?.ok_or_else(absent)?;
    let catalog = leadbox.catalog().await?;
    let users = users(&leadbox).await?;
    let stays = leadbox.leads().stays(id).await?;
    let request = if ask.after.is_empty() {
        PageRequest::first(EVENTS)
    } else {
        let cursor: Cursor =
            ask.after.parse().map_err(|_| leadbox_core::StorageError::BadCursor)?;
        PageRequest::after(EVENTS, cursor)
    };
    let events = leadbox.log().timeline(id, &request).await?;
    let reader = Reader { catalog: &catalog, users: &users };
    let here = format!("/leads/{id}");
    let lead = &stored.lead;
    let stage = catalog.stage(lead.stage).map(|(_, stage)| stage);
    let page = LeadPage {
        name: lead.display_name().to_owned(),
        subtitle: subtitle(lead),
        stage: stage.map_or_else(|| "(unknown)".to_owned(), |stage| stage.name.clone()),
        kind: stage.map_or("open", |stage| stage.kind.as_str()),
        is_deleted: lead.deleted_at.is_some(),
        facts: facts(&stored, &reader),
        visits: stays.iter().map(|stay| visit(stay, &catalog, leadbox.now())).collect(),
        entries: events.items.iter().map(|event| reader.entry(event)).collect(),
        is_first: ask.after.is_empty(),
        first: here.clone(),
        next: events.next.map(|next| format::link(&here, &[("after", Some(&next.to_string()))])),
    };
    Ok(html(StatusCode::OK, &page))
}

/// The users by id, for their names; the first thousand will do for a page.
async fn users(leadbox: &LeadBox) -> Result<HashMap<UserId, User>, Problem> {
    let page = leadbox.directory().users(&PageRequest::first(PageRequest::MAX)).await?;
    Ok(page.items.into_iter().map(|user| (user.id, user)).collect())
}

fn subtitle(lead: &Lead) -> String {
    let parts = [lead.person.title.as_deref(), lead.company.name.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Every known field in a fixed order, then what LeadBox adds.
fn facts(stored: &StoredLead, reader: &Reader<'_>) -> Vec<Fact> {
    let (lead, zone) = (&stored.lead, reader.catalog.settings.zone);
    let fields = lead.to_fields();
    let known = ORDER.iter().filter_map(|field| fields.get(*field).map(|value| (*field, value)));
    let rest = fields
        .iter()
        .filter(|(field, _)| !ORDER.contains(&field.as_str()))
        .map(|(field, value)| (field.as_str(), value));
    let mut facts: Vec<Fact> = known
        .chain(rest)
        .map(|(field, value)| Fact {
            label: reader.label(field),
            value: reader.value(field, value),
        })
        .collect();
    let mut add = |label: &str, value: String| facts.push(Fact { label: label.to_owned(), value });
    add("Completeness", format!("{} %", lead.completeness));
    if let Some(score) = format::score(&stored.score) {
        add("Score", score);
    }
    let activity = stored.activity;
    let last = activity
        .last_at
        .map(|at| format!(", the last on {}", format::minute(at, zone).text))
        .unwrap_or_default();
    add("Interactions", format!("{}{last}", activity.count));
    add("Created", format::minute(lead.created_at, zone).text);
    add("Changed", format::minute(lead.updated_at, zone).text);
    facts
}

/// Fields in the order in which people look for them.
const ORDER: [&str; 15] = [
    "name",
    "title",
    "email",
    "phone",
    "company",
    "domain",
    "industry",
    "employees",
    "city",
    "country",
    "owner",
    "value",
    "source",
    "source_detail",
    "tags",
];

fn visit(stay: &Stay, catalog: &Catalog, now: Timestamp) -> Visit {
    let stage = catalog.stage(stay.stage).map(|(_, stage)| stage);
    Visit {
        stage: stage.map_or_else(|| "(unknown)".to_owned(), |stage| stage.name.clone()),
        kind: stage.map_or("open", |stage| stage.kind.as_str()),
        since: format::minute(stay.entered_at, catalog.settings.zone),
        lasted: match stay.left_at {
            Some(left) => span(left - stay.entered_at),
            None => format!("for {} now", span(now - stay.entered_at)),
        },
    }
}

/// A span in the unit that people would use.
fn span(span: chrono::TimeDelta) -> String {
    let plural =
        |number: i64, unit: &str| format!("{number} {unit}{}", if number == 1 { "" } else { "s" });
    if span.num_days() >= 2 {
        plural(span.num_days(), "day")
    } else if span.num_hours() >= 2 {
        plural(span.num_hours(), "hour")
    } else {
        plural(span.num_minutes(), "minute")
    }
}

impl Reader<'_> {
    /// A field's name for people.
    pub(super) fn label(&self, field: &str) -> String {
        if let Some(key) = field.strip_prefix("cf.")
            && let Some(definition) =
                key.parse::<FieldKey>().ok().and_then(|key| self.catalog.fields.get(&key))
        {
            return definition.label.clone();
        }
        if let Some(purpose) = field.strip_prefix("consent.") {
            return format!("Consent: {purpose}");
        }
        let plain = field.replace("utm.", "UTM ").replace('_', " ");
        let mut letters = plain.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect())
            .unwrap_or_default()
    }

    /// A field's value for people.
    pub(super) fn value(&self, field: &str, value: &Value) -> String {
        match (field, value) {
            (_, Value::Null) => "(none)".to_owned(),
            ("owner", Value::String(id)) => id
                .parse()
                .ok()
                .and_then(|id: UserId| self.users.get(&id))
                .map_or_else(|| id.clone(), |user| user.name.clone()),
            ("stage", Value::String(key)) => self.stage(key),
            ("industry", Value::String(id)) => leadbox_core::Industry::from_id(id)
                .map_or_else(|| id.clone(), |industry| industry.label().to_owned()),
            (_, Value::Bool(value)) => if *value { "yes" } else { "no" }.to_owned(),
            (_, Value::Array(list)) => {
                list.iter().map(|one| self.value("", one)).collect::<Vec<_>>().join(", ")
            }
            (_, Value::String(text)) => text.clone(),
            (_, other) => other.to_string(),
        }
    }

    /// A stage's name by its key.
    pub(super) fn stage(&self, key: &str) -> String {
        let mut stages = self.catalog.pipelines.iter().flat_map(|pipeline| &pipeline.stages);
        stages
            .find(|stage| stage.key == key)
            .map_or_else(|| key.to_owned(), |stage| stage.name.clone())
    }
}
