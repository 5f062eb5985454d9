//! Tasks, notes and interactions on a timeline. Owns what is said of them, and on a lead's page how they are by now: a note
//! that was written anew shows its new text, one that is deleted none, and beside each stands what may be done with it.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use leadbox_core::access::Permission;
use leadbox_core::{
    Event, EventType, Interaction, InteractionId, InteractionKind, Lead, LeadBox, Note, NoteId,
    Payload, Suspicion,
};
use serde_json::{Map, Value};

use super::interaction::SUMMARY;
use super::note::may_change;
use super::words::{Act, Day, Said, Words, said};
use crate::serve::Problem;

/// What is said beside an interaction that is suspect.
const MACHINE: &str = "Probably a machine";

impl Words<'_> {
    /// What is said of what people do with a lead, and of what happens with it; nothing of other facts.
    pub(super) fn activity(&self, kind: &EventType, payload: &Payload) -> Option<Said> {
        let name = payload.data.get("name").and_then(Value::as_str).unwrap_or_default();
        let task = |icon, tone, did: &str| Said {
            changes: self.changes(payload),
            ..said(icon, tone, format!("{did}: {name}"))
        };
        let note = |says: &str| {
            let text = payload.changed.get("note.text").and_then(Value::as_str);
            let quote = text.unwrap_or_default().to_owned();
            Said { quote, ..said("note", "", says) }
        };
        Some(match kind {
            kind if *kind == EventType::TASK_ADDED => {
                let mut said = task("task", "", "Task added");
                said.changes.retain(|change| change.field != self.label("task.title"));
                said
            }
            kind if *kind == EventType::TASK_CHANGED => task("task", "", "Task changed"),
            kind if *kind == EventType::TASK_COMPLETED => task("check", "ok", "Task done"),
            kind if *kind == EventType::TASK_REOPENED => task("undo", "", "Task reopened"),
            kind if *kind == EventType::TASK_DELETED => task("trash", "", "Task deleted"),
            kind if *kind == EventType::TASK_REMINDED => task("clock", "warn", "Reminder"),
            kind if *kind == EventType::NOTE_ADDED => note("Wrote a note"),
            kind if *kind == EventType::NOTE_CHANGED => note("Changed a note"),
            kind if *kind == EventType::NOTE_DELETED => note("Deleted a note"),
            kind if *kind == EventType::INTERACTION_RECORDED => self.interaction(&payload.data),
            kind if *kind == EventType::INTERACTION_MARKED => {
                let suspect = payload.data.get("suspect") == Some(&Value::Bool(true));
                let now = if suspect { "marked as a machine’s" } else { "cleared" };
                let details = reason(&payload.data).into_iter().collect();
                Said { details, ..said("info", "", format!("An interaction was {now}")) }
            }
            _ => return None,
        })
    }

    fn interaction(&self, data: &Map<String, Value>) -> Said {
        let kind = data.get("kind").and_then(Value::as_str).unwrap_or("interaction");
        let (icon, what) = match kind {
            InteractionKind::PAGE_VIEW => ("link", "Saw a page".to_owned()),
            InteractionKind::EMAIL_OPEN => ("mail", "Opened an e-mail".to_owned()),
            InteractionKind::EMAIL_CLICK => ("mail", "Followed a link in an e-mail".to_owned()),
            InteractionKind::FORM_SUBMIT => ("note", "Sent a form".to_owned()),
            InteractionKind::CALL => ("phone", "Call".to_owned()),
            InteractionKind::DEMO_REQUEST => ("task", "Asked for a demo".to_owned()),
            "meeting" => ("users", "Meeting".to_owned()),
            other => ("info", self.label(other)),
        };
        let props = data.get("props").and_then(Value::as_object);
        let summary = props.and_then(|props| props.get(SUMMARY)).and_then(Value::as_str);
        let details = props.into_iter().flatten();
        let details = details.filter(|(name, value)| *name != SUMMARY || !value.is_string());
        let details = details.map(|(name, value)| format!("{name}: {}", self.value("", value)));
        let details = reason(data).into_iter().chain(details).collect();
        let suspect = data.get("suspect") == Some(&Value::Bool(true));
        let (tone, tag) = if suspect { ("warn", MACHINE) } else { ("", "") };
        let quote = summary.unwrap_or_default().to_owned();
        Said { details, quote, tag, ..said(icon, tone, what) }
    }
}

/// Why it is taken for a machine's.
fn reason(data: &Map<String, Value>) -> Option<String> {
    data.get("reason").and_then(Value::as_str).map(str::to_owned)
}

/// The notes and interactions that a page of a lead's timeline is about, as they are by now.
pub(super) struct Activity<'a> {
    leadbox: &'a LeadBox,
    lead: &'a Lead,
    notes: BTreeMap<NoteId, Note>,
    interactions: BTreeMap<InteractionId, Interaction>,
}

/// The thing of that name that an event is about.
fn subject<T: std::str::FromStr>(event: &Event, kind: &EventType, name: &str) -> Option<T> {
    if event.kind != *kind {
        return None;
    }
    event.payload().ok()?.data.get(name)?.as_str()?.parse().ok()
}

impl<'a> Activity<'a> {
    pub(super) async fn load(
        leadbox: &'a LeadBox,
        lead: &'a Lead,
        events: &[Event],
    ) -> Result<Self, Problem> {
        let (added, recorded) = (EventType::NOTE_ADDED, EventType::INTERACTION_RECORDED);
        let notes = events.iter().filter_map(|event| subject(event, &added, "note"));
        let notes = try_join_all(notes.map(async |id| leadbox.notes().note(id).await)).await?;
        let found = events.iter().filter_map(|event| subject(event, &recorded, "interaction"));
        let found = found.map(async |id| leadbox.leads().interaction(id).await);
        let interactions = try_join_all(found).await?;
        Ok(Self {
            leadbox,
            lead,
            notes: notes.into_iter().flatten().map(|note| (note.id, note)).collect(),
            interactions: interactions.into_iter().flatten().map(|one| (one.id, one)).collect(),
        })
    }

    /// Says of the entries, which are those of the events in their order, how it is by now.
    pub(super) fn bring_up_to_date(&self, days: &mut [Day], events: &[Event], prefix: &str) {
        let entries = days.iter_mut().flat_map(|day| &mut day.entries);
        for (entry, event) in entries.zip(events) {
            if event.kind == EventType::NOTE_ADDED {
                let note = subject(event, &event.kind, "note").and_then(|id| self.notes.get(&id));
                entry.quote = note.map(|note| note.text.clone()).unwrap_or_default();
                entry.tag = match note {
                    None => "Deleted since",
                    Some(note) if note.edited_at.is_some() => "Changed since",
                    Some(_) => "",
                };
                let note = note.filter(|note| may_change(self.leadbox, note, self.lead));
                entry.acts.extend(note.map(|note| Act {
                    says: "Edit",
                    address: format!("{prefix}/notes/{}", note.id),
                    sends: None,
                }));
            } else if event.kind == EventType::NOTE_CHANGED {
                // What it says by now stands where it was written.
                entry.quote.clear();
            } else if let Some(one) =
                subject(event, &EventType::INTERACTION_RECORDED, "interaction")
                    .and_then(|id| self.interactions.get(&id))
            {
                let suspect = one.suspicion == Suspicion::Suspect;
                // Why it was suspect then is not why it is by now.
                let then = event.payload().ok().and_then(|payload| reason(&payload.data));
                entry.details.retain(|detail| Some(detail) != then.as_ref());
                entry.details.splice(0..0, one.reason.clone());
                (entry.tone, entry.tag) = if suspect { ("warn", MACHINE) } else { ("", "") };
                entry.acts.extend(self.marking(one, prefix));
            }
        }
    }

    /// Marking an interaction or clearing it, for whoever may. Nobody takes a call for a machine's.
    fn marking(&self, one: &Interaction, prefix: &str) -> Option<Act> {
        let by_hand = [InteractionKind::CALL, "meeting"].contains(&one.kind.as_str());
        let rights = self.leadbox.rights();
        let may = self.lead.deleted_at.is_none()
            && rights.may(Permission::InteractionEdit, self.lead.owner);
        let (says, value) = match one.suspicion {
            Suspicion::Suspect => ("Mark as a person’s", "clear"),
            Suspicion::Clear if by_hand => return None,
            Suspicion::Clear => ("Mark as a machine’s", "suspect"),
        };
        may.then(|| Act {
            says,
            address: format!("{prefix}/interactions/{}/mark", one.id),
            sends: Some(("suspicion", value)),
        })
    }
}
