//! Changes of the log and its consumers. Owns the fence around a cursor.

use super::commit::Draft;
use super::state::State;
use crate::event::NewEvent;
use crate::storage::{CursorAdvance, StorageError};

type Result = std::result::Result<(), StorageError>;

impl State {
    pub(super) fn advance_cursor(&mut self, advance: &CursorAdvance) -> Result {
        let as_expected = self.consumers.get(&advance.consumer).is_some_and(|consumer| {
            consumer.held.is_some()
                && consumer.token == advance.token
                && consumer.cursor == advance.from
                && advance.from <= advance.to
        });
        if !as_expected {
            return Err(StorageError::conflict("consumer", &advance.consumer));
        }
        self.consumers.change(&advance.consumer, |consumer| consumer.cursor = advance.to);
        Ok(())
    }

    pub(super) fn append_event(&mut self, event: &NewEvent, draft: &mut Draft) -> Result {
        if self.event_ids.contains_key(&event.id) {
            return Err(StorageError::already_exists("event", event.id));
        }
        self.event_ids.put(event.id, ());
        draft.events.push(event.clone());
        Ok(())
    }
}
