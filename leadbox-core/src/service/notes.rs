//! Notes: writing, changing, reading. Owns the verbs and their `prepare_*` twins, and that everybody may change what is
//! their own.

use serde_json::Value;

use super::decision::{Announce, Decision, data};
use super::{LeadBox, Prepared};
use crate::access::Permission;
use crate::error::{Error, Result};
use crate::event::{EventType, Subject};
use crate::id::{LeadId, NoteId};
use crate::lead::Lead;
use crate::note::Note;
use crate::page::{Page, PageRequest};
use crate::revision::Revision;
use crate::storage::{Change, NoteDrop};

/// The field under which an event holds a note's text.
const TEXT: &str = "note.text";

/// Notes, as one asker sees them. Made by [`LeadBox::notes`].
///
/// ```
/// # use std::sync::Arc;
/// use leadbox_core::{LeadBox, MemoryStorage, NewLead};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let leadbox = LeadBox::builder(Arc::new(MemoryStorage::new())).build()?;
/// let ada = leadbox.leads().capture(&NewLead::new().name("Ada")).await?.lead;
/// leadbox.notes().add(ada.id, "Decides in March.\nAsked for a pilot.").await?;
/// let notes = leadbox.notes().of_lead(ada.id, &Default::default()).await?;
/// assert_eq!(notes.items[0].text, "Decides in March.\nAsked for a pilot.");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Notes<'a> {
    pub(super) leadbox: &'a LeadBox,
}

impl Notes<'_> {
    /// A note; none when there is none or the asker may not see its lead.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn note(&self, id: NoteId) -> Result<Option<Note>> {
        Ok(self.leadbox.storage().note(self.leadbox.scope(), id).await?)
    }

    /// A lead's notes, the latest first.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn of_lead(&self, lead: LeadId, page: &PageRequest) -> Result<Page<Note>> {
        Ok(self.leadbox.storage().notes(self.leadbox.scope(), lead, page).await?)
    }

    /// Writes a note about a lead, 1 to 20,000 characters.
    ///
    /// # Errors
    /// `Invalid`; `Denied`; `NotFound` when there is no such lead; `Contended`; `Storage`.
    pub async fn add(&self, lead: LeadId, text: &str) -> Result<Note> {
        self.leadbox.decide("lead", lead, || Box::pin(self.prepare_add(lead, text))).await
    }

    /// What [`add`](Self::add) would commit.
    ///
    /// # Errors
    /// As `add`.
    pub async fn prepare_add(&self, lead: LeadId, text: &str) -> Result<Prepared<Note>> {
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let lead = self.leadbox.leads().load(lead, None).await?;
        self.leadbox.rights().require(Permission::NoteCreate, lead.owner)?;
        let note = Note {
            id: decision.id(),
            tenant: lead.tenant,
            lead: lead.id,
            revision: Revision::FIRST,
            text: Note::read(text)?,
            made_at: decision.at(),
            made_by: decision.actor().clone(),
            edited_at: None,
        };
        decision.makes(note.id.uuid());
        decision.push(Change::PutNote(Box::new(note.clone())))?;
        decision.note_event(&lead, &note, EventType::NOTE_ADDED, (None, Some(&note.text)))?;
        decision.finish(note).await
    }

    /// Writes a note anew: everybody their own, others' with the permission. With `expected`, only a note at that revision.
    ///
    /// # Errors
    /// `Invalid`, `Denied`, `NotFound`, `Stale`, `Contended`, `Storage`.
    pub async fn change(&self, id: NoteId, text: &str, expected: Option<Revision>) -> Result<Note> {
        self.leadbox.decide("note", id, || Box::pin(self.prepare_change(id, text, expected))).await
    }

    /// What [`change`](Self::change) would commit.
    ///
    /// # Errors
    /// As `change`.
    pub async fn prepare_change(
        &self,
        id: NoteId,
        text: &str,
        expected: Option<Revision>,
    ) -> Result<Prepared<Note>> {
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let (before, lead) = self.own_or_editable(id).await?;
        let expected = expected.map(|expected| expected.0);
        Error::unless_at("note", id, expected, before.revision.0)?;
        let text = Note::read(text)?;
        if text == before.text {
            return decision.finish(before).await;
        }
        let edited_at = Some(decision.at());
        let after = Note { text, edited_at, revision: before.revision.next(), ..before.clone() };
        decision.push(Change::PutNote(Box::new(after.clone())))?;
        let texts = (Some(&before.text), Some(&after.text));
        decision.note_event(&lead, &after, EventType::NOTE_CHANGED, texts)?;
        decision.finish(after).await
    }

    /// Deletes a note: everybody their own, others' with the permission. Nothing of it is kept but what the log says.
    ///
    /// # Errors
    /// `Denied`, `NotFound`, `Contended`, `Storage`.
    pub async fn delete(&self, id: NoteId) -> Result<()> {
        self.leadbox.decide("note", id, || Box::pin(self.prepare_delete(id))).await
    }

    /// What [`delete`](Self::delete) would commit.
    ///
    /// # Errors
    /// As `delete`.
    pub async fn prepare_delete(&self, id: NoteId) -> Result<Prepared<()>> {
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let (note, lead) = self.own_or_editable(id).await?;
        let drop = NoteDrop { tenant: note.tenant, lead: lead.id, note: id, before: note.revision };
        decision.push(Change::DropNote(drop))?;
        decision.note_event(&lead, &note, EventType::NOTE_DELETED, (None, None))?;
        decision.finish(()).await
    }

    /// A note of a live lead that the asker may change, and the lead.
    async fn own_or_editable(&self, id: NoteId) -> Result<(Note, Lead)> {
        let note = self.note(id).await?.ok_or_else(|| Error::not_found("note", id))?;
        let lead = self.leadbox.leads().load(note.lead, None).await?;
        let rights = self.leadbox.rights();
        let is_own = note.made_by.person().is_some() && note.made_by.person() == rights.user();
        if !(is_own && rights.may(Permission::NoteCreate, lead.owner)) {
            rights.require(Permission::NoteEdit, lead.owner)?;
        }
        Ok((note, lead))
    }
}

impl Decision<'_> {
    fn note_event(
        &mut self,
        lead: &Lead,
        note: &Note,
        kind: EventType,
        (then, now): (Option<&String>, Option<&String>),
    ) -> Result<()> {
        let mut payload = data([("note", Value::from(note.id.to_string()))]);
        let field = |text: &String| (TEXT.to_owned(), Value::from(text.as_str()));
        payload.changed.extend(now.map(field));
        payload.previous.extend(then.map(field));
        self.event(Subject::lead(lead.id), kind, lead.version, &payload)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Grants, Level, Rights};
    use crate::event::Actor;
    use crate::id::UserId;
    use crate::testing::{Announced, Sandbox, some_lead};

    #[tokio::test]
    async fn a_note_keeps_its_lines_and_stands_on_the_timeline() {
        let sandbox = Sandbox::new().unwrap();
        let notes = sandbox.leadbox.notes();
        let lead = sandbox.leadbox.leads().capture(&some_lead(1)).await.unwrap().lead;
        let note = notes.add(lead.id, "  One\r\n\r\nTwo \n").await.unwrap();
        assert_eq!(note.text, "One\n\nTwo");
        sandbox.clock.advance(chrono::TimeDelta::hours(1));
        let edited = notes.change(note.id, "Two", Some(note.revision)).await.unwrap();
        assert_eq!(edited.edited_at, Some(sandbox.leadbox.now()));
        let stale = notes.change(note.id, "Three", Some(note.revision)).await;
        assert!(matches!(stale, Err(Error::Stale { expected: 1, actual: 2, .. })));
        notes.change(note.id, "Two", None).await.unwrap();
        notes.delete(note.id).await.unwrap();
        assert_eq!(notes.note(note.id).await.unwrap(), None);
        let announced = Announced::about(&sandbox.leadbox, lead.id).await.unwrap();
        announced.assert_types(&[
            EventType::LEAD_CAPTURED,
            EventType::NOTE_ADDED,
            EventType::NOTE_CHANGED,
            EventType::NOTE_DELETED,
        ]);
        assert_eq!(announced.previous(&EventType::NOTE_CHANGED, TEXT), Some("One\n\nTwo".into()));
        for (text, says) in [(" \n ", "missing"), ("a\0b", "NUL"), (&"ä".repeat(20_001), "longer")]
        {
            let refused = notes.add(lead.id, text).await.unwrap_err().to_string();
            assert!(refused.contains("text: ") && refused.contains(says), "{refused}");
        }
    }

    #[tokio::test]
    async fn everybody_changes_their_own_notes_and_only_with_the_permission_others() {
        let sandbox = Sandbox::new().unwrap();
        let lead = sandbox.leadbox.leads().capture(&some_lead(1)).await.unwrap().lead;
        let (kim, lee): (UserId, UserId) = (sandbox.leadbox.new_id(), sandbox.leadbox.new_id());
        let reader = Grants::default().allow(Permission::LeadRead, Level::All);
        let writer = reader.clone().allow(Permission::NoteCreate, Level::All);
        let editor = reader.clone().allow(Permission::NoteEdit, Level::All);
        let by = |user: UserId, grants: &Grants| {
            let rights = Rights::granted(Some(user), [], grants.clone());
            sandbox.leadbox.with_rights(Actor::user(user), rights)
        };
        let refused = by(kim, &reader).notes().add(lead.id, "Hello").await;
        assert!(matches!(refused, Err(Error::Denied(_))));
        let note = by(kim, &writer).notes().add(lead.id, "Hello").await.unwrap();
        by(kim, &writer).notes().change(note.id, "Hello!", None).await.unwrap();
        for other in [by(lee, &writer), by(kim, &reader)] {
            let refused = other.notes().change(note.id, "Bye", None).await;
            assert!(matches!(refused, Err(Error::Denied(_))));
            assert!(matches!(other.notes().delete(note.id).await, Err(Error::Denied(_))));
        }
        by(lee, &editor).notes().change(note.id, "Bye", None).await.unwrap();
        by(kim, &writer).notes().delete(note.id).await.unwrap();
    }
}
