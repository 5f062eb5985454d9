//! Putting a change set together. Owns the making of events with their commitments, the one place where every change is held
//! against what the asker may do, and the bounded repetition that follows a conflict.

use std::pin::Pin;

use serde_json::{Map, Value};

use super::LeadBox;
use crate::error::{Error, Result};
use crate::event::{Commitment, EventType, NewEvent, Payload, Subject};
use crate::id::{ChangeSetId, EventId, Tenant};
use crate::lead::Lead;
use crate::proof::Secret;
use crate::revision::{Revision, Version};
use crate::storage::{Change, ChangeSet, Committed, OnConflict, StorageError};
use crate::time::Timestamp;

/// A decision that is not committed yet: for a host that commits it inside its own transaction, by its adapter's
/// `commit_in`, and then calls [`LeadBox::wake`]. At most one per lead and transaction.
#[derive(Clone, PartialEq, Debug)]
pub struct Prepared<T> {
    /// What is to be committed; empty when nothing changes.
    pub changes: ChangeSet,
    /// What is the case once it is.
    pub outcome: T,
}

impl<T> Prepared<T> {
    /// The same with another way to say what is the case then.
    pub(crate) fn map<U>(self, told: impl FnOnce(T) -> U) -> Prepared<U> {
        let Self { changes, outcome } = self;
        Prepared { changes, outcome: told(outcome) }
    }
}

/// A decision in the making. Boxed, because a future made by an async closure is not known to be `Send`, and then a host
/// could not await a verb in a task or a handler of its server.
pub(crate) type Preparing<'a, T> = Pin<Box<dyn Future<Output = Result<Prepared<T>>> + Send + 'a>>;

/// How often a decision is made again after a conflict.
pub(crate) const TRIES: u32 = 5;

/// After so many conflicts a decision leaves scores to jobs behind it: they are what others keep changing.
pub(crate) const TRIES_WITH_SCORES: u32 = 3;

/// Whether events are announced one by one, or marked as some of very many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Announce {
    Each,
    Bulk,
}

/// A change set in the making.
#[derive(Debug)]
pub(crate) struct Decision<'a> {
    leadbox: &'a LeadBox,
    id: ChangeSetId,
    at: Timestamp,
    announce: Announce,
    ordinal: i32,
    changes: Vec<Change>,
    /// What the decision makes, for whoever asks for it to be done once; else what its first event is about.
    made: Option<uuid::Uuid>,
}

impl<'a> Decision<'a> {
    pub(crate) fn new(leadbox: &'a LeadBox, announce: Announce) -> Self {
        let at = leadbox.now();
        let id = leadbox.ids().uuid(at).into();
        Self { leadbox, id, at, announce, ordinal: 0, changes: Vec::new(), made: None }
    }

    pub(super) fn leadbox(&self) -> &'a LeadBox {
        self.leadbox
    }

    /// The id of the set that it becomes.
    pub(super) fn change_set(&self) -> ChangeSetId {
        self.id
    }

    pub(crate) fn at(&self) -> Timestamp {
        self.at
    }

    pub(crate) fn actor(&self) -> &crate::event::Actor {
        self.leadbox.actor()
    }

    /// What the asker may see of a lead.
    pub(crate) fn shown(&self, lead: Lead) -> Lead {
        self.leadbox.shown(lead)
    }

    pub(crate) fn tenant(&self) -> Tenant {
        self.leadbox.tenant()
    }

    pub(crate) fn secret(&self) -> Secret {
        self.leadbox.new_secret()
    }

    pub(crate) fn id<T: From<uuid::Uuid>>(&self) -> T {
        self.leadbox.ids().uuid(self.at).into()
    }

    /// Says what the decision makes, where that is not what its first event is about.
    pub(crate) fn makes(&mut self, id: impl Into<uuid::Uuid>) {
        self.made = Some(id.into());
    }

    /// What changes so far.
    pub(super) fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Whether nothing changes so far.
    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Adds a change, if the asker may make it.
    ///
    /// # Errors
    /// `Denied`; the change is then not part of the decision.
    pub(crate) fn push(&mut self, change: Change) -> Result<()> {
        self.leadbox.rights().check(&change)?;
        self.changes.push(change);
        Ok(())
    }

    /// Adds an event; gives its id.
    pub(crate) fn event(
        &mut self,
        subject: Subject,
        kind: EventType,
        version: Version,
        payload: &Payload,
    ) -> Result<EventId> {
        self.score_event(subject, kind, version, Revision(0), payload)
    }

    /// Adds an event about a score at this revision.
    pub(super) fn score_event(
        &mut self,
        subject: Subject,
        kind: EventType,
        version: Version,
        revision: Revision,
        payload: &Payload,
    ) -> Result<EventId> {
        let id = self.id();
        let mut event = NewEvent {
            id,
            tenant: self.leadbox.tenant(),
            subject,
            kind,
            at: self.at,
            version,
            revision,
            change_set: self.id,
            ordinal: self.ordinal,
            actor: self.leadbox.actor().clone(),
            cause: self.leadbox.cause(),
            bulk: self.announce == Announce::Bulk,
            payload: Some(serde_json::to_string(payload)?),
            salt: Some(self.leadbox.ids().salt()),
            commitment: Commitment::default(),
        };
        self.made = self.made.or(Some(subject.id));
        event.commitment = Commitment::of(&event).unwrap_or_default();
        self.ordinal += 1;
        self.changes.push(Change::AppendEvent(Box::new(event)));
        Ok(id)
    }

    pub(crate) async fn finish<T>(self, outcome: T) -> Result<Prepared<T>> {
        self.finish_as(OnConflict::Fail, outcome).await
    }

    /// Scores the leads that it is about, and puts everything into one set.
    pub(crate) async fn finish_as<T>(
        mut self,
        on_conflict: OnConflict,
        outcome: T,
    ) -> Result<Prepared<T>> {
        self.score_leads().await?;
        if let (Some(once), Some(made)) = (self.leadbox.to_do(), self.made) {
            self.changes.push(once.remember(self.tenant(), self.at, made)?);
        }
        let changes = ChangeSet::new(self.id, self.at, on_conflict, self.changes)?;
        Ok(Prepared { changes, outcome })
    }
}

/// A payload of one object.
pub(crate) fn data(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Payload {
    let data: Map<String, Value> =
        fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Payload { data, ..Payload::default() }
}

impl LeadBox {
    /// Commits what `prepare` decides; after a conflict it decides again on fresh data, at most five times.
    pub(crate) async fn decide<'a, T>(
        &self,
        what: &'static str,
        id: impl ToString,
        mut prepare: impl FnMut() -> Preparing<'a, T>,
    ) -> Result<T> {
        for tried in 0..TRIES {
            let Prepared { mut changes, outcome } = prepare().await?;
            if changes.changes().is_empty() {
                return Ok(outcome);
            }
            if tried >= TRIES_WITH_SCORES {
                changes = self.scored_behind(changes, |_| true)?;
            }
            match self.commit(&changes).await {
                Ok(_) => return Ok(outcome),
                Err(error) if error.is_conflict() => {
                    tracing::debug!(%error, what, "deciding again");
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Contended { what, id: id.to_string() })
    }

    /// Commits changes of leads. After a conflict the next decision reads again which rules are in force: what was refused may
    /// have been scored by older ones.
    pub(crate) async fn commit(
        &self,
        changes: &ChangeSet,
    ) -> std::result::Result<Committed, StorageError> {
        let committed = self.storage().commit(changes).await;
        let is_refused = match &committed {
            Ok(committed) => !committed.skipped.is_empty(),
            Err(error) => error.is_conflict(),
        };
        if is_refused {
            self.look_again_at_rules();
        }
        committed
    }
}
