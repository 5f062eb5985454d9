//! Events as sentences. Owns what a timeline says of each type; a type that it does not know is shown by its name.

use std::collections::HashMap;

use leadbox_core::{Actor, ActorKind, Catalog, Event, EventType, Payload, User, UserId};
use serde_json::{Map, Value};

use super::format::{self, Moment};

/// What is needed to put an event into words.
pub(super) struct Reader<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) users: &'a HashMap<UserId, User>,
}

/// One line of a timeline.
pub(super) struct Entry {
    pub(super) at: Moment,
    pub(super) what: String,
    pub(super) details: Vec<String>,
    pub(super) by: String,
    /// Whether a machine seems to have caused it.
    pub(super) is_suspect: bool,
}

impl Reader<'_> {
    /// An event in words.
    pub(super) fn entry(&self, event: &Event) -> Entry {
        // Whatever is stored, a timeline is shown: an unreadable payload is an empty one.
        let payload = event.payload().unwrap_or_default();
        let is_erased = event.fact.payload.is_none();
        let (what, details) = if is_erased {
            (format!("{} (erased)", event.kind), Vec::new())
        } else {
            self.words(&event.kind, &payload)
        };
        Entry {
            at: format::minute(event.at, self.catalog.settings.zone),
            what,
            details,
            by: self.actor(&event.actor),
            is_suspect: payload.data.get("suspect") == Some(&Value::Bool(true)),
        }
    }

    fn words(&self, kind: &EventType, payload: &Payload) -> (String, Vec<String>) {
        let text = |map: &Map<String, Value>, field: &str| {
            map.get(field).map(|value| self.value(field, value))
        };
        if *kind == EventType::LEAD_CAPTURED {
            let from = text(&payload.changed, "source")
                .map(|source| format!(" from {source}"))
                .unwrap_or_default();
            (format!("Captured{from}"), Vec::new())
        } else if *kind == EventType::LEAD_STAGE_CHANGED {
            let (from, to) = (text(&payload.previous, "stage"), text(&payload.changed, "stage"));
            (
                format!("Moved from {} to {}", from.unwrap_or_default(), to.unwrap_or_default()),
                Vec::new(),
            )
        } else if *kind == EventType::LEAD_ASSIGNED {
            (
                format!("Assigned to {}", text(&payload.changed, "owner").unwrap_or_default()),
                Vec::new(),
            )
        } else if *kind == EventType::LEAD_UPDATED {
            ("Changed".to_owned(), self.changes(payload))
        } else if *kind == EventType::LEAD_DELETED {
            ("Deleted".to_owned(), Vec::new())
        } else if *kind == EventType::INTERACTION_RECORDED {
            self.interaction(&payload.data)
        } else {
            (kind.to_string(), Vec::new())
        }
    }

    fn changes(&self, payload: &Payload) -> Vec<String> {
        let change = |(field, now): (&String, &Value)| {
            let label = self.label(field);
            match payload.previous.get(field) {
                None | Some(Value::Null) => format!("{label}: {}", self.value(field, now)),
                Some(then) => {
                    format!("{label}: {}, was {}", self.value(field, now), self.value(field, then))
                }
            }
        };
        payload.changed.iter().map(change).collect()
    }

    fn interaction(&self, data: &Map<String, Value>) -> (String, Vec<String>) {
        let kind = data.get("kind").and_then(Value::as_str).unwrap_or("interaction");
        let what = match kind {
            "page_view" => "Saw a page".to_owned(),
            "email_open" => "Opened an e-mail".to_owned(),
            "email_click" => "Followed a link in an e-mail".to_owned(),
            "form_submit" => "Sent a form".to_owned(),
            "call" => "Call".to_owned(),
            "demo_request" => "Asked for a demo".to_owned(),
            other => self.label(other),
        };
        let props = data.get("props").and_then(Value::as_object);
        let details = props.map(|props| {
            props
                .iter()
                .map(|(name, value)| format!("{name}: {}", self.value("", value)))
                .collect::<Vec<_>>()
                .join(" · ")
        });
        (what, details.into_iter().filter(|details| !details.is_empty()).collect())
    }

    fn actor(&self, actor: &Actor) -> String {
        let user = actor.id.map(UserId::from_uuid).and_then(|id| self.users.get(&id));
        match (actor.kind, user) {
            (ActorKind::User, Some(user)) => user.name.clone(),
            (ActorKind::User, None) => "a user".to_owned(),
            (ActorKind::Host, _) => "the website".to_owned(),
            (ActorKind::ApiKey, _) => "an API key".to_owned(),
            (ActorKind::Import, _) => "an import".to_owned(),
            (ActorKind::Automation, _) => "automation".to_owned(),
            (ActorKind::System, _) => "LeadBox".to_owned(),
        }
    }
}
