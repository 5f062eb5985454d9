//! Facts and fields in words. Owns what a timeline says of each type of event (one that it does not know is shown by its
//! name), and how a field and its value read.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use leadbox_core::{
    Actor, ActorKind, Catalog, Event, EventType, FieldKey, LeadBox, LeadId, Payload, Position,
    StoredLead, SubjectKind, TeamId, Timestamp, UserId,
};
use serde_json::{Map, Value};

use super::format;
use super::granting::in_words;
use super::view::SHARING;
use crate::serve::Problem;

/// The names of users, by id.
pub(super) type Names = BTreeMap<UserId, String>;

/// What is needed to put things into words.
pub(super) struct Words<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) names: &'a Names,
    /// The names of the leads that facts are about; empty on a lead's own page.
    pub(super) leads: BTreeMap<LeadId, String>,
    /// The names of teams; empty where none is spoken of.
    pub(super) teams: BTreeMap<TeamId, String>,
    /// The zone in which moments are read.
    pub(super) zone: Tz,
}

impl<'a> Words<'a> {
    /// For whoever speaks of neither leads nor teams by name.
    pub(super) fn new(catalog: &'a Catalog, names: &'a Names, zone: Tz) -> Self {
        Self { catalog, names, leads: BTreeMap::new(), teams: BTreeMap::new(), zone }
    }
}

/// The names of the leads that these facts are about, as far as the asker may see them.
pub(super) async fn lead_names(
    leadbox: &LeadBox,
    events: &[Event],
) -> Result<BTreeMap<LeadId, String>, Problem> {
    let mut ids: Vec<LeadId> = events.iter().filter_map(|event| event.lead()).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = leadbox.leads().leads(&ids).await?;
    let named = |stored: StoredLead| (stored.lead.id, stored.lead.display_name().to_owned());
    Ok(found.into_iter().map(named).collect())
}

/// Where facts are told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// On the page of the lead that they are about.
    Lead,
    /// Among facts about all kinds of things.
    Log,
}

/// One line of a timeline.
pub(super) struct Entry {
    /// By which it is known again.
    pub(super) position: Position,
    pub(super) at: String,
    pub(super) time: String,
    pub(super) icon: &'static str,
    pub(super) tone: &'static str,
    pub(super) says: String,
    /// The lead that it is about, for a log of many; empty on the lead's own page.
    pub(super) lead: String,
    /// What else is known of it.
    pub(super) details: Vec<String>,
    pub(super) changes: Vec<Change>,
    /// What somebody wrote.
    pub(super) quote: String,
    /// What is to be known of it at a glance.
    pub(super) tag: &'static str,
    /// What may be done with it.
    pub(super) acts: Vec<Act>,
    pub(super) by: String,
}

/// Something that may be done with an entry.
pub(super) struct Act {
    pub(super) says: &'static str,
    pub(super) address: String,
    /// What is sent by it: a field and its value; a link sends nothing.
    pub(super) sends: Option<(&'static str, &'static str)>,
}

/// A field before and after.
pub(super) struct Change {
    pub(super) field: String,
    pub(super) then: String,
    pub(super) now: String,
}

/// The lines of one day.
pub(super) struct Day {
    pub(super) label: String,
    pub(super) entries: Vec<Entry>,
}

impl Words<'_> {
    /// Events, the latest first, by day.
    pub(super) fn days(&self, events: &[Event], place: Place) -> Vec<Day> {
        let mut days: Vec<Day> = Vec::new();
        for event in events {
            let label = event.at.with_timezone(&self.zone).format("%A, %-d %B %Y").to_string();
            let entry = self.entry(event, place);
            match days.last_mut().filter(|day| day.label == label) {
                Some(day) => day.entries.push(entry),
                None => days.push(Day { label, entries: vec![entry] }),
            }
        }
        days
    }

    fn entry(&self, event: &Event, place: Place) -> Entry {
        // Whatever is stored, a timeline is shown: an unreadable payload is an empty one.
        let payload = event.payload().unwrap_or_default();
        let Said { icon, tone, says, details, changes, quote, tag } =
            if event.fact.payload.is_none() {
                said("info", "", format!("{} (erased)", event.kind))
            } else {
                self.said(&event.kind, &payload)
            };
        Entry {
            position: event.position,
            at: event.at.to_rfc3339(),
            time: event.at.with_timezone(&self.zone).format("%H:%M").to_string(),
            icon,
            tone,
            says: match self.about(event, place) {
                Some(about) => format!("{about}: {says}"),
                None => says,
            },
            lead: match (place, event.lead()) {
                (Place::Log, Some(lead)) => lead.to_string(),
                _ => String::new(),
            },
            details,
            changes,
            quote,
            tag,
            acts: Vec::new(),
            by: match (place, event.actor.origin.as_ref()) {
                (Place::Log, Some(origin)) => {
                    format!("{}, from {origin}", self.actor(&event.actor))
                }
                _ => self.actor(&event.actor),
            },
        }
    }

    /// Whom or what an event is about, in a log of many.
    fn about(&self, event: &Event, place: Place) -> Option<String> {
        match (place, event.subject.kind) {
            (Place::Lead, _) => None,
            (Place::Log, SubjectKind::Lead) => {
                event.lead().and_then(|lead| self.leads.get(&lead).cloned())
            }
            (Place::Log, SubjectKind::Team) => {
                self.teams.get(&TeamId::from_uuid(event.subject.id)).cloned()
            }
            (Place::Log, SubjectKind::User) => {
                self.names.get(&UserId::from_uuid(event.subject.id)).cloned()
            }
            _ => None,
        }
    }

    fn said(&self, kind: &EventType, payload: &Payload) -> Said {
        if *kind == EventType::LEAD_CAPTURED {
            let source = payload.changed.get("source").map(|value| self.value("source", value));
            let from = source.map(|source| format!(" through {source}")).unwrap_or_default();
            said("plus", "ok", format!("Came in{from}"))
        } else if *kind == EventType::LEAD_STAGE_CHANGED {
            let mut changes = self.changes(payload);
            changes.retain(|change| change.field == "Stage");
            Said { changes, ..said("stages", "accent", "Moved to another stage") }
        } else if *kind == EventType::LEAD_ASSIGNED {
            let changes = self.changes(payload);
            let had_one = changes.iter().any(|change| !change.then.is_empty());
            let says = if had_one { "Got another owner" } else { "Got an owner" };
            Said { changes, ..said("user", "", says) }
        } else if *kind == EventType::LEAD_UPDATED {
            Said { changes: self.changes(payload), ..said("pencil", "", "Changed") }
        } else if *kind == EventType::LEAD_SCORED {
            let is = |when: &Map<String, Value>| when.get("priority").is_some_and(Value::is_string);
            let says = match (is(&payload.previous), is(&payload.changed)) {
                (false, _) => "Got a priority",
                (true, true) => "Has another priority",
                (true, false) => "Has no priority any more",
            };
            Said { changes: self.changes(payload), ..said("score", "accent", says) }
        } else if *kind == EventType::LEAD_DELETED {
            said("trash", "bad", "Deleted")
        } else if *kind == EventType::LEAD_RESTORED {
            said("undo", "ok", "Brought back")
        } else if *kind == EventType::LEAD_MERGED {
            let says = "Other leads were merged into it";
            Said { changes: self.changes(payload), ..said("merge", "accent", says) }
        } else if *kind == EventType::LEAD_UNMERGED {
            Said { changes: self.changes(payload), ..said("undo", "", "A merge was undone") }
        } else if *kind == EventType::LEAD_DISTINGUISHED {
            let is_apart = payload.data.get("is").and_then(Value::as_str) == Some("distinct");
            let says = if is_apart { "Told apart from" } else { "No longer told apart from" };
            said("duplicate", "", format!("{says} another lead"))
        } else {
            self.activity(kind, payload).unwrap_or_else(|| self.administered(kind, payload))
        }
    }

    pub(super) fn changes(&self, payload: &Payload) -> Vec<Change> {
        let change = |(field, now): (&String, &Value)| Change {
            field: self.label(field),
            then: payload
                .previous
                .get(field)
                .map(|then| self.value(field, then))
                .unwrap_or_default(),
            now: self.value(field, now),
        };
        let says = |change: &Change| !change.then.is_empty() || !change.now.is_empty();
        payload.changed.iter().map(change).filter(says).collect()
    }

    /// Who did something.
    pub(super) fn actor(&self, actor: &Actor) -> String {
        let name = |id: UserId| self.names.get(&id).cloned();
        let behalf = actor.on_behalf_of.and_then(name);
        let of = |what: &str| {
            behalf.as_ref().map_or(what.to_owned(), |name| format!("{what} of {name}"))
        };
        match actor.kind {
            ActorKind::User => {
                let user = actor.id.map(UserId::from_uuid).and_then(name);
                user.unwrap_or_else(|| "a user".to_owned())
            }
            ActorKind::Host => "the app".to_owned(),
            ActorKind::ApiKey => of("an API key"),
            ActorKind::Import => of("an import"),
            ActorKind::Bulk => of("a bulk action"),
            ActorKind::Automation => "automation".to_owned(),
            ActorKind::System => "LeadBox".to_owned(),
        }
    }

    /// A field's name for people.
    pub(super) fn label(&self, field: &str) -> String {
        label(self.catalog, field)
    }

    /// A field's value for people.
    pub(super) fn value(&self, field: &str, value: &Value) -> String {
        match (field, value) {
            (_, Value::Null) => String::new(),
            ("task.due_at" | "task.remind_at", Value::String(at)) => {
                let at = at.parse::<Timestamp>();
                at.map_or_else(|_| value.to_string(), |at| format::moment(at, self.zone))
            }
            ("owner" | "task.assignee", Value::String(id)) => {
                let owner = id.parse().ok().and_then(|id: UserId| self.names.get(&id));
                owner.cloned().unwrap_or_else(|| id.clone())
            }
            ("team" | "parent", Value::String(id)) => {
                let team = id.parse().ok().and_then(|id: TeamId| self.teams.get(&id));
                team.cloned().unwrap_or_else(|| "a team that is gone".to_owned())
            }
            ("stage", Value::String(key)) => {
                let mut stages = self.catalog.pipelines.iter().flat_map(|one| &one.stages);
                let stage = stages.find(|stage| stage.key == *key);
                stage.map_or_else(|| key.clone(), |stage| stage.name.clone())
            }
            ("industry", Value::String(id)) => leadbox_core::Industry::from_id(id)
                .map_or_else(|| id.clone(), |industry| industry.label().to_owned()),
            ("value", Value::String(text)) => format::printed_amount(text),
            ("employees", Value::Number(number)) => {
                number.as_i64().map_or_else(|| number.to_string(), format::whole)
            }
            ("filter", value) => serde_json::from_value(value.clone())
                .map_or_else(|_| value.to_string(), |filter| self.condition(&filter)),
            ("sharing", Value::String(name)) => SHARING
                .iter()
                .find(|(_, known, _)| known == name)
                .map_or_else(|| name.clone(), |(.., says)| (*says).to_owned()),
            ("browser", Value::String(text)) => format::browser(text),
            ("grants", Value::Object(_)) => serde_json::from_value(value.clone()).map_or_else(
                |_| value.to_string(),
                |grants| in_words(&grants, self.catalog).join(" "),
            ),
            (_, Value::Bool(value)) => if *value { "yes" } else { "no" }.to_owned(),
            (_, Value::Array(list)) => {
                list.iter().map(|one| self.value("", one)).collect::<Vec<_>>().join(", ")
            }
            (_, Value::String(text)) => text.clone(),
            (_, other) => other.to_string(),
        }
    }
}

/// A field's name for people.
pub(super) fn label(catalog: &Catalog, field: &str) -> String {
    if let Some(key) = field.strip_prefix("cf.")
        && let Some(definition) =
            key.parse::<FieldKey>().ok().and_then(|key| catalog.fields.get(&key))
    {
        return definition.label.clone();
    }
    spelled(field)
}

/// A field's name for people, as far as its key tells it.
pub(super) fn spelled(field: &str) -> String {
    if let Some(purpose) = field.strip_prefix("consent.") {
        return format!("Consent: {purpose}");
    }
    let named = match field {
        "email" => "e-mail",
        "title" => "job title",
        "domain" => "website",
        "external_id" => "your own id",
        "zone" => "time zone",
        "task.due_at" => "due",
        "task.remind_at" => "remind",
        "task.assignee" => "who",
        field => ["task.", "cf."].iter().find_map(|of| field.strip_prefix(of)).unwrap_or(field),
    };
    sentence(&named.replace("utm.", "UTM ").replace('_', " "))
}

/// The same text with a capital in front.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next();
    first.map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What a timeline says of one event.
pub(super) struct Said {
    pub(super) icon: &'static str,
    pub(super) tone: &'static str,
    pub(super) says: String,
    pub(super) details: Vec<String>,
    pub(super) changes: Vec<Change>,
    pub(super) quote: String,
    pub(super) tag: &'static str,
}

pub(super) fn said(icon: &'static str, tone: &'static str, says: impl Into<String>) -> Said {
    Said {
        icon,
        tone,
        says: says.into(),
        details: Vec::new(),
        changes: Vec::new(),
        quote: String::new(),
        tag: "",
    }
}

/// The zone in which somebody reads times: its own, else the tenant's.
pub(crate) async fn zone(leadbox: &LeadBox, catalog: &Catalog) -> Result<Tz, Problem> {
    let own = match leadbox.rights().user() {
        Some(user) => leadbox.directory().user(user).await?.and_then(|user| user.zone),
        None => None,
    };
    Ok(own.unwrap_or(catalog.settings.zone))
}
