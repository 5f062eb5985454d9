//! The hash chain over the log. Owns what is hashed and how (DESIGN 11: `commitment = SHA-256(salt, all columns)`,
//! `chain = SHA-256(previous chain, position, commitment)`), so that a changed, missing or reordered row is found and
//! an erased one is still accounted for.

use std::fmt;

use sha2::{Digest, Sha256};

use super::{Event, NewEvent, Position};
use crate::hex;

/// Digest over one event's columns and its salt.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Commitment(pub [u8; 32]);

/// Digest over the log up to one event.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ChainHash(pub [u8; 32]);

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

/// Where the log ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ChainHead {
    /// The last position given; 0 for an empty log.
    pub position: Position,
    /// The chain there; zeros for an empty log.
    pub chain: ChainHash,
}

impl ChainHead {
    /// The head after one more event.
    #[must_use]
    pub fn extend(self, commitment: &Commitment) -> Self {
        let position = Position(self.position.0 + 1);
        let mut hash = Sha256::new();
        hash.update(self.chain.0);
        hash.update(position.0.to_be_bytes());
        hash.update(commitment.0);
        Self { position, chain: ChainHash(hash.finalize().into()) }
    }
}

/// Feeds columns so that no two different rows give the same bytes: every variable part goes behind its length.
struct Columns(Sha256);

impl Columns {
    fn fixed(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn text(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text);
    }

    fn option(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            None => self.0.update([0]),
            Some(bytes) => {
                self.0.update([1]);
                self.0.update((bytes.len() as u64).to_be_bytes());
                self.0.update(bytes);
            }
        }
    }
}

impl Commitment {
    /// The commitment that the event's columns ask for; `None` for an erased one, which has only what it kept.
    pub fn of(event: &NewEvent) -> Option<Self> {
        let salt = event.salt?;
        let mut columns = Columns(Sha256::new());
        columns.fixed(&salt);
        columns.fixed(event.id.uuid().as_bytes());
        columns.fixed(&event.tenant.0.to_be_bytes());
        columns.fixed(&event.subject.kind.code().to_be_bytes());
        columns.fixed(event.subject.id.as_bytes());
        columns.text(event.kind.as_str());
        columns.fixed(&event.at.timestamp_micros().to_be_bytes());
        columns.fixed(&event.version.0.to_be_bytes());
        columns.fixed(&event.revision.0.to_be_bytes());
        columns.fixed(event.change_set.uuid().as_bytes());
        columns.fixed(&event.ordinal.to_be_bytes());
        columns.fixed(&event.actor.kind.code().to_be_bytes());
        columns.option(event.actor.id.as_ref().map(|id| id.as_bytes().as_slice()));
        columns.option(
            event
                .actor
                .on_behalf_of
                .map(crate::id::UserId::uuid)
                .as_ref()
                .map(|id| id.as_bytes().as_slice()),
        );
        columns.option(event.actor.origin.as_deref().map(str::as_bytes));
        columns.option(
            event
                .cause
                .event
                .map(crate::id::EventId::uuid)
                .as_ref()
                .map(|id| id.as_bytes().as_slice()),
        );
        columns.fixed(&[event.cause.depth, u8::from(event.bulk)]);
        columns.option(event.payload.as_deref().map(str::as_bytes));
        Some(Self(columns.0.finalize().into()))
    }
}

/// What a look at a stretch of the log found.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// Everything is as it was written; so many events were erased, so many are whole.
    Intact {
        /// Whole events.
        whole: u64,
        /// Events whose payload and salt were erased.
        erased: u64,
    },
    /// A column of this event is not what it was.
    Changed(Position),
    /// This position is missing or stands out of order.
    Missing(Position),
    /// The chain does not lead to this event: it, or one before it, was replaced.
    Broken(Position),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Intact { whole, erased: 0 } => write!(f, "{whole} events, the chain is whole"),
            Self::Intact { whole, erased } => {
                write!(f, "{whole} events, {erased} erased ones, the chain is whole")
            }
            Self::Changed(position) => write!(f, "event {position} is not what was written"),
            Self::Missing(position) => write!(f, "event {position} is missing"),
            Self::Broken(position) => write!(f, "the chain breaks at event {position}"),
        }
    }
}

/// Checks the events that follow `head`, in order, and moves `head` along.
pub fn verify_chain<'a>(
    head: &mut ChainHead,
    events: impl IntoIterator<Item = &'a Event>,
) -> Verdict {
    let (mut whole, mut erased) = (0, 0);
    for event in events {
        let next = Position(head.position.0 + 1);
        if event.position != next {
            return Verdict::Missing(next);
        }
        match Commitment::of(&event.fact) {
            Some(expected) if expected == event.commitment => whole += 1,
            None if event.payload.is_none() => erased += 1,
            _ => return Verdict::Changed(next),
        }
        *head = head.extend(&event.commitment);
        if head.chain != event.chain {
            return Verdict::Broken(next);
        }
    }
    Verdict::Intact { whole, erased }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Actor, Cause, EventType, Subject, SubjectKind};
    use crate::id::{ChangeSetId, EventId, Tenant};
    use crate::revision::{Revision, Version};
    use crate::time::from_unix_micros;
    use uuid::Uuid;

    fn log(length: u128) -> Vec<Event> {
        let mut head = ChainHead::default();
        (1..=length)
            .map(|n| {
                let mut fact = NewEvent {
                    id: EventId::from_uuid(Uuid::from_u128(n)),
                    tenant: Tenant::DEFAULT,
                    subject: Subject { kind: SubjectKind::Lead, id: Uuid::from_u128(9) },
                    kind: EventType::LEAD_UPDATED,
                    at: from_unix_micros(1_700_000_000_000_000).unwrap(),
                    version: Version(1),
                    revision: Revision(0),
                    change_set: ChangeSetId::from_uuid(Uuid::from_u128(n)),
                    ordinal: 0,
                    actor: Actor::host(),
                    cause: Cause::default(),
                    bulk: false,
                    payload: Some(format!("{{\"data\":{{\"n\":{n}}}}}")),
                    salt: Some([3; 16]),
                    commitment: Commitment::default(),
                };
                fact.commitment = Commitment::of(&fact).unwrap();
                head = head.extend(&fact.commitment);
                Event { position: head.position, fact, chain: head.chain }
            })
            .collect()
    }

    fn verdict(events: &[Event]) -> Verdict {
        verify_chain(&mut ChainHead::default(), events)
    }

    #[test]
    fn an_untouched_log_is_intact_and_an_erased_event_is_counted() {
        let mut events = log(5);
        assert_eq!(verdict(&events), Verdict::Intact { whole: 5, erased: 0 });
        events[2].fact.payload = None;
        events[2].fact.salt = None;
        assert_eq!(verdict(&events), Verdict::Intact { whole: 4, erased: 1 });
    }

    #[test]
    fn a_changed_a_missing_and_a_swapped_event_are_found() {
        let mut changed = log(5);
        changed[2].fact.payload = Some("{}".into());
        assert_eq!(verdict(&changed), Verdict::Changed(Position(3)));

        let mut missing = log(5);
        missing.remove(2);
        assert_eq!(verdict(&missing), Verdict::Missing(Position(3)));

        let mut swapped = log(5);
        swapped.swap(2, 3);
        (swapped[2].position, swapped[3].position) = (Position(3), Position(4));
        assert_eq!(verdict(&swapped), Verdict::Broken(Position(3)));
    }
}
