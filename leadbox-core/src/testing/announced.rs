//! What was announced, for assertions.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::event::{Event, EventType, Position, Subject};
use crate::id::LeadId;
use crate::service::LeadBox;

/// Events from the log, the earliest first.
#[derive(Clone, PartialEq, Debug)]
pub struct Announced(pub Vec<Event>);

impl Announced {
    /// Everything there is.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn all(leadbox: &LeadBox) -> Result<Self> {
        let mut events: Vec<Event> = Vec::new();
        loop {
            let after = events.last().map_or(Position(0), |event| event.position);
            let more = leadbox.log().after(after, 1000).await?;
            if more.is_empty() {
                return Ok(Self(events));
            }
            events.extend(more);
        }
    }

    /// Everything about one lead.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn about(leadbox: &LeadBox, lead: LeadId) -> Result<Self> {
        let mut all = Self::all(leadbox).await?;
        all.0.retain(|event| event.subject == Subject::lead(lead));
        Ok(all)
    }

    /// Fails the test unless exactly these types were announced, in this order.
    ///
    /// # Panics
    /// When they were not.
    #[track_caller]
    pub fn assert_types(&self, expected: &[EventType]) {
        let types: Vec<&EventType> = self.0.iter().map(|event| &event.kind).collect();
        assert_eq!(types, expected.iter().collect::<Vec<_>>());
    }

    /// The last event of a type.
    pub fn last(&self, kind: &EventType) -> Option<&Event> {
        self.0.iter().rev().find(|event| event.kind == *kind)
    }

    /// What a field became in the last event of a type.
    pub fn changed(&self, kind: &EventType, field: &str) -> Option<Value> {
        self.last(kind)?.payload().ok()?.changed.get(field).cloned()
    }

    /// What a field was before the last event of a type.
    pub fn previous(&self, kind: &EventType, field: &str) -> Option<Value> {
        self.last(kind)?.payload().ok()?.previous.get(field).cloned()
    }

    /// The lead that the only event of a type is about.
    ///
    /// # Errors
    /// `NotFound` when there is none or more than one.
    pub fn only_lead(&self, kind: &EventType) -> Result<LeadId> {
        let mut found =
            self.0.iter().filter(|event| event.kind == *kind).filter_map(|event| event.lead());
        match (found.next(), found.next()) {
            (Some(lead), None) => Ok(lead),
            _ => Err(Error::not_found("single event", kind)),
        }
    }
}
