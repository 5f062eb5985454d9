//! A lead as it was. Owns the way back from what it is to an earlier moment, along the events that tell how it changed since.

use serde_json::Value;

use super::{Lead, LeadPatch};
use crate::catalog::Catalog;
use crate::event::{Event, EventType};

impl Lead {
    /// Goes back before an event about this lead, to `previous`. What cannot be put back as fields are now stays as it is.
    pub(crate) fn go_back(&mut self, event: &Event, catalog: &Catalog) {
        let Ok(payload) = event.payload() else { return };
        if event.kind == EventType::LEAD_STAGE_CHANGED {
            let before = payload.previous.get("stage").and_then(Value::as_str);
            if let Some(stage) = before.and_then(|key| catalog.stage_named(self.pipeline, key)) {
                self.stage = stage.id;
            }
        }
        let is_of_fields =
            [EventType::LEAD_UPDATED, EventType::LEAD_ASSIGNED, EventType::LEAD_MERGED]
                .contains(&event.kind);
        for (field, then) in payload.previous.iter().filter(|_| is_of_fields) {
            if field == "tags" {
                self.put_tags(then);
                continue;
            }
            // One at a time: what cannot be put back must not keep the others.
            let patch = LeadPatch::new().set(field.as_str(), then.clone());
            let mut before = self.clone();
            if patch.apply(&mut before, catalog, event.at).is_ok() {
                *self = before;
            }
        }
    }

    fn put_tags(&mut self, tags: &Value) {
        let tags = tags.as_array().into_iter().flatten();
        self.tags = tags.filter_map(|tag| tag.as_str().map(str::to_owned)).collect();
    }
}
