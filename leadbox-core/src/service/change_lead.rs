//! Writing a lead that changed. Owns what goes with a change of fields, stage or life: one update, its events, and the
//! stays that end and begin. Knows nothing of why the lead changed.

use serde_json::Value;

use super::decision::Decision;
use crate::catalog::Catalog;
use crate::error::Result;
use crate::event::{EventType, Payload, Subject};
use crate::lead::Lead;
use crate::lead::settle;
use crate::pipeline::Stay;
use crate::storage::Change;

impl Decision<'_> {
    /// Adds whatever takes a lead from `before` to `after`, and the events that tell of it; says whether anything changed.
    /// `open` is the lead's open stay; `after` comes out as it is written.
    pub(super) fn change_lead(
        &mut self,
        before: &Lead,
        after: &mut Lead,
        open: Option<Stay>,
        catalog: &Catalog,
    ) -> Result<bool> {
        let moved = before.stage != after.stage;
        let (was_live, is_live) = (before.deleted_at.is_none(), after.deleted_at.is_none());
        if !moved && was_live == is_live {
            return self.update_lead(before, after, catalog);
        }
        if is_live {
            settle(after, catalog);
        }
        if moved {
            after.stage_since = self.at();
        }
        after.version = before.version.next();
        after.updated_at = self.at();
        // First of all: when it is refused, nothing of it stays in a decision about many.
        self.push_update(before, after)?;
        let subject = Subject::lead(after.id);
        match (was_live, is_live) {
            (true, false) => {
                let payload = Payload::default();
                self.event(subject, EventType::LEAD_DELETED, after.version, &payload)?;
            }
            (false, true) => {
                let payload = Payload::default();
                self.event(subject, EventType::LEAD_RESTORED, after.version, &payload)?;
            }
            _ => {}
        }
        self.tell_fields(before, after)?;
        if moved {
            let payload = stage_payload(before, after, catalog);
            self.event(subject, EventType::LEAD_STAGE_CHANGED, after.version, &payload)?;
        }
        self.end_stay(open)?;
        if is_live {
            self.begin_stay(after)?;
        }
        Ok(true)
    }

    /// Adds the end of a stay, if there is one.
    pub(super) fn end_stay(&mut self, open: Option<Stay>) -> Result<()> {
        let Some(open) = open else { return Ok(()) };
        // A clock that went back must not make a stay of negative length.
        let left_at = Some(self.at().max(open.entered_at));
        let left_by = Some(self.actor().clone());
        self.push(Change::CloseStay(Box::new(Stay { left_at, left_by, ..open })))
    }

    /// Adds a stay of the lead in its stage, from now on.
    pub(super) fn begin_stay(&mut self, lead: &Lead) -> Result<()> {
        self.push(Change::OpenStay(Box::new(Stay {
            id: self.id(),
            tenant: lead.tenant,
            lead: lead.id,
            pipeline: lead.pipeline,
            stage: lead.stage,
            entered_at: self.at(),
            entered_by: self.actor().clone(),
            left_at: None,
            left_by: None,
        })))
    }
}

/// From where a lead moved, and to where.
fn stage_payload(before: &Lead, after: &Lead, catalog: &Catalog) -> Payload {
    let mut payload = Payload::default();
    for (lead, told) in [(after, &mut payload.changed), (before, &mut payload.previous)] {
        let stage = catalog.stage(lead.stage).map(|(_, stage)| stage);
        let key = stage.map_or(Value::Null, |stage| Value::from(stage.key.as_str()));
        let kind = stage.map_or(Value::Null, |stage| Value::from(stage.kind.as_str()));
        told.insert("stage".to_owned(), key);
        told.insert("stage_kind".to_owned(), kind);
    }
    payload
}
