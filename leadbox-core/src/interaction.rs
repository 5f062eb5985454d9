//! Things that happen with a lead. Owns interactions, what tells those of machines, and the summary kept per lead; what they are
//! worth belongs to scoring.

mod agents;
mod detector;
mod mail_bots;

use std::fmt;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::id::{InteractionId, LeadId, Tenant};
use crate::time::Timestamp;

pub use detector::{BotDetector, Finding, Needs};
pub use mail_bots::MailBots;

/// What happened, such as `page_view`: the same shape as a field key. Well-known kinds are constants; a host adds its
/// own.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InteractionKind(String);

impl InteractionKind {
    /// An e-mail was opened.
    pub const EMAIL_OPEN: &'static str = "email_open";
    /// A link in an e-mail was followed.
    pub const EMAIL_CLICK: &'static str = "email_click";
    /// A page was seen; `props.path` says which.
    pub const PAGE_VIEW: &'static str = "page_view";
    /// A form was sent; `props.form` says which.
    pub const FORM_SUBMIT: &'static str = "form_submit";
    /// A call took place.
    pub const CALL: &'static str = "call";
    /// A demo was asked for.
    pub const DEMO_REQUEST: &'static str = "demo_request";

    /// The kind as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A kind, if `text` matches `[a-z][a-z0-9_]{0,62}`.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<crate::key::FieldKey>().ok().map(|key| Self(key.into()))
    }
}

impl fmt::Display for InteractionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a machine seems to have caused an interaction. A suspect one is kept, without weight.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Suspicion {
    /// A person did it.
    #[default]
    Clear,
    /// Probably a bot or a mail gateway.
    Suspect,
}

/// On whose word an interaction is suspect or clear.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Judge {
    /// A [`BotDetector`]'s, or nobody's: it is clear until somebody or something says otherwise.
    #[default]
    Detector,
    /// Somebody's, by hand or through a program. No detector overrides it.
    Somebody,
}

/// Something that happened with a lead.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Interaction {
    /// Its id.
    pub id: InteractionId,
    /// Whose it is.
    pub tenant: Tenant,
    /// The lead.
    pub lead: LeadId,
    /// What happened.
    pub kind: InteractionKind,
    /// When it happened.
    pub at: Timestamp,
    /// When LeadBox heard of it.
    pub received_at: Timestamp,
    /// The sender's own key, unique per lead: a repetition is recognised by it.
    pub key: Option<String>,
    /// Whether a machine seems to have caused it.
    pub suspicion: Suspicion,
    /// On whose word.
    pub judge: Judge,
    /// Why it is suspect, in words for people, where a detector found it.
    pub reason: Option<String>,
    /// Details, such as `path` or `form`; at most [`Interaction::MAX_PROPS`] bytes as JSON.
    pub props: serde_json::Map<String, serde_json::Value>,
}

impl Interaction {
    /// The most bytes of `props` as JSON.
    pub const MAX_PROPS: usize = 16 * 1024;
    /// The most bytes of `key`.
    pub const MAX_KEY: usize = 200;
    /// The most bytes of `reason`.
    pub const MAX_REASON: usize = 500;
    /// How much later something may have happened and still tell what to think of an interaction.
    pub const NEARBY: TimeDelta = TimeDelta::seconds(2);
}

/// What storages keep up to date per lead about its interactions that are not suspect.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct LeadActivity {
    /// How many there are.
    pub count: i64,
    /// When the last one happened.
    pub last_at: Option<Timestamp>,
}
