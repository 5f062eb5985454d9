//! An event as a line of an exported log. Owns the format, from which the chain can be checked again without the database:
//! every column that is hashed is there, and the payload byte for byte.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Actor, Cause, ChainHash, Commitment, Event, EventType, NewEvent, Position, Subject};
use crate::error::Invalid;
use crate::hex;
use crate::id::{ChangeSetId, EventId, Tenant};
use crate::revision::{Revision, Version};
use crate::time::Timestamp;

/// An event, as one line of JSON. The fields are those of [`NewEvent`] and [`Event`]; digests and the salt are written in
/// hexadecimal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogRecord {
    /// Where it stands, from 1.
    pub position: Position,
    /// When it was decided.
    pub at: Timestamp,
    /// What kind of fact.
    pub kind: EventType,
    /// What it is about.
    pub subject: Subject,
    /// Who did it.
    pub actor: Actor,
    /// Because of what.
    pub cause: Cause,
    /// What it says; none once erased.
    pub payload: Option<Box<RawValue>>,
    /// Its id.
    pub id: EventId,
    /// Whose it is.
    pub tenant: Tenant,
    /// The subject's version after it.
    pub version: Version,
    /// The revision after it of a row beside the subject; 0 if none.
    pub revision: Revision,
    /// The commit it belongs to.
    pub change_set: ChangeSetId,
    /// Its place in the commit, from 0.
    pub ordinal: i32,
    /// Whether it is one of very many.
    pub bulk: bool,
    /// 32 digits; none once erased.
    pub salt: Option<String>,
    /// 64 digits: SHA-256 over the salt and all columns.
    pub commitment: String,
    /// 64 digits: SHA-256 over the chain before it, its position and its commitment.
    pub chain: String,
}

impl LogRecord {
    /// The line of an event.
    ///
    /// # Errors
    /// When what is stored as its payload is no JSON.
    pub fn of(event: &Event) -> Result<Self, serde_json::Error> {
        let fact = &event.fact;
        Ok(Self {
            position: event.position,
            at: fact.at,
            kind: fact.kind.clone(),
            subject: fact.subject,
            actor: fact.actor.clone(),
            cause: fact.cause,
            payload: fact.payload.clone().map(RawValue::from_string).transpose()?,
            id: fact.id,
            tenant: fact.tenant,
            version: fact.version,
            revision: fact.revision,
            change_set: fact.change_set,
            ordinal: fact.ordinal,
            bulk: fact.bulk,
            salt: fact.salt.map(|salt| hex::text(&salt)),
            commitment: hex::text(&fact.commitment.0),
            chain: hex::text(&event.chain.0),
        })
    }

    /// The event again, to be checked with [`verify_chain`](super::verify_chain).
    ///
    /// # Errors
    /// Which digest is none.
    pub fn event(self) -> Result<Event, Invalid> {
        Ok(Event {
            position: self.position,
            chain: ChainHash(digits("chain", &self.chain)?),
            fact: NewEvent {
                id: self.id,
                tenant: self.tenant,
                subject: self.subject,
                kind: self.kind,
                at: self.at,
                version: self.version,
                revision: self.revision,
                change_set: self.change_set,
                ordinal: self.ordinal,
                actor: self.actor,
                cause: self.cause,
                bulk: self.bulk,
                payload: self.payload.map(|payload| payload.get().to_owned()),
                salt: self.salt.map(|salt| digits("salt", &salt)).transpose()?,
                commitment: Commitment(digits("commitment", &self.commitment)?),
            },
        })
    }
}

fn digits<const N: usize>(field: &str, text: &str) -> Result<[u8; N], Invalid> {
    let bytes = hex::read(text).and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| Invalid::one(field, format!("is not {} hexadecimal digits", 2 * N)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{ChainHead, Verdict, verify_chain};
    use crate::testing::{Sandbox, some_lead};

    async fn lines() -> Vec<String> {
        let sandbox = Sandbox::new().unwrap();
        sandbox.leadbox.leads().capture(&some_lead(1)).await.unwrap();
        let lead = sandbox.leadbox.leads().capture(&some_lead(2)).await.unwrap().lead;
        sandbox.leadbox.leads().delete(lead.id).await.unwrap();
        let events = sandbox.leadbox.log().after(Position(0), 100).await.unwrap();
        let line = |event| serde_json::to_string(&LogRecord::of(event).unwrap()).unwrap();
        events.iter().map(line).collect()
    }

    fn verdict(lines: &[String]) -> Verdict {
        let event =
            |line: &String| serde_json::from_str::<LogRecord>(line).unwrap().event().unwrap();
        let events: Vec<Event> = lines.iter().map(event).collect();
        verify_chain(&mut ChainHead::default(), &events)
    }

    #[tokio::test]
    async fn an_exported_log_can_be_checked_again() {
        let mut lines = lines().await;
        let whole = lines.len() as u64;
        assert!(whole >= 3 && matches!(verdict(&lines), Verdict::Intact { .. }));
        assert!(lines[0].contains(r#""payload":{""#), "readable: {}", lines[0]);
        lines[1] = lines[1].replace("\"bulk\":false", "\"bulk\":true");
        assert_eq!(verdict(&lines), Verdict::Changed(Position(2)));
        lines.remove(1);
        assert_eq!(verdict(&lines), Verdict::Missing(Position(2)));
    }

    #[tokio::test]
    async fn a_line_that_is_none_says_which_field() {
        let line = lines().await.remove(0);
        let mut record: LogRecord = serde_json::from_str(&line).unwrap();
        record.chain.pop();
        let error = record.event().unwrap_err();
        assert_eq!(error.issues[0].field, "chain");
        assert!(serde_json::from_str::<LogRecord>(&line.replace("ordinal", "ordinary")).is_err());
    }
}
