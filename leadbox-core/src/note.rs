//! Remarks about a lead. Owns what a note is and which text it may hold.

use serde::{Deserialize, Serialize};

use crate::error::Invalid;
use crate::event::Actor;
use crate::id::{LeadId, NoteId, Tenant};
use crate::lead::lines;
use crate::revision::Revision;
use crate::task::unix_lines;
use crate::time::Timestamp;

/// Something that somebody wrote down about a lead.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Note {
    /// Its id.
    pub id: NoteId,
    /// Whose it is.
    pub tenant: Tenant,
    /// The lead that it is about.
    pub lead: LeadId,
    /// Raised by one at every change; 1 when new.
    pub revision: Revision,
    /// The text with its lines, 1 to [`Note::MAX_TEXT`] characters.
    pub text: String,
    /// When it was written.
    pub made_at: Timestamp,
    /// By whom.
    pub made_by: Actor,
    /// When it was last written anew, if it was.
    pub edited_at: Option<Timestamp>,
}

impl Note {
    /// The most characters of `text`.
    pub const MAX_TEXT: usize = 20_000;

    /// Reads a text that comes in.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(text: &str) -> Result<String, Invalid> {
        let text = unix_lines(text);
        if text.is_empty() {
            return Err(Invalid::one("text", "is missing"));
        }
        lines(&text, Self::MAX_TEXT).map_err(|message| Invalid::one("text", message))
    }
}
