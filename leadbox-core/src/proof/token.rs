//! Tokens: secrets that stand for somebody. Owns the one form that sessions, API keys, invitations and reset links share,
//! and when one is over.

use std::num::NonZeroU32;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::SecretDigest;
use crate::access::Grants;
use crate::id::{Tenant, TokenId, UserId};
use crate::revision::Revision;
use crate::time::Timestamp;

/// What a token is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// Somebody is signed in.
    Session,
    /// A program asks.
    ApiKey,
    /// A new user sets a password.
    Invitation,
    /// A known user sets another password.
    Reset,
}

impl TokenKind {
    /// Every kind, in the order of their stored numbers.
    pub const ALL: [Self; 4] = [Self::Session, Self::ApiKey, Self::Invitation, Self::Reset];

    /// The number under which storages keep it.
    pub fn code(self) -> i16 {
        match self {
            Self::Session => 0,
            Self::ApiKey => 1,
            Self::Invitation => 2,
            Self::Reset => 3,
        }
    }

    /// The kind with this number.
    pub fn from_code(code: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// What stands before the secret, so that people and scanners know a leaked one.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Session => "lbs_",
            Self::ApiKey => "lbk_",
            Self::Invitation => "lbi_",
            Self::Reset => "lbr_",
        }
    }
}

/// A secret that stands for somebody, without the secret.
#[derive(Clone, PartialEq, Debug)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// Whose data it opens.
    pub tenant: Tenant,
    /// Raised by one at every change; 1 when new.
    pub revision: Revision,
    /// What it is for.
    pub kind: TokenKind,
    /// The digest of its secret; unique in a tenant.
    pub digest: SecretDigest,
    /// For whom it stands; none for a key of the host's.
    pub user: Option<UserId>,
    /// What people see of it, and what an API key may do.
    pub details: TokenDetails,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub used_at: Option<Timestamp>,
    /// Until when it is good; for ever when not set.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, used up or replaced.
    pub ended_at: Option<Timestamp>,
}

/// What is kept of a token as a whole.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenDetails {
    /// What people call it, or the browser of a session; at most 200 characters.
    pub name: String,
    /// The first characters of the secret with its prefix, by which people tell keys apart.
    pub hint: String,
    /// The address that it was made from; at most 100 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// What an API key may do; its user's grants limit it further.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<Grants>,
    /// How many requests an API key may make per minute; no limit when not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<NonZeroU32>,
}

impl Token {
    /// For how long a token that is over is still shown.
    pub const KEPT: TimeDelta = TimeDelta::days(30);

    /// Whether it still stands for anybody.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.gone_at().is_none_or(|at| at > now)
    }

    /// The same at its end.
    #[must_use]
    pub fn ended(self, at: Timestamp) -> Self {
        Self { revision: self.revision.next(), ended_at: Some(at), ..self }
    }

    /// The same, good until `at` at the most.
    #[must_use]
    pub fn expiring(self, at: Timestamp) -> Self {
        let expires_at = self.expires_at.into_iter().chain([at]).min();
        Self { revision: self.revision.next(), expires_at, ..self }
    }

    /// When it stops, or stopped, standing for anybody.
    pub fn gone_at(&self) -> Option<Timestamp> {
        self.expires_at.into_iter().chain(self.ended_at).min()
    }
}

/// Which tokens to list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TokenFilter {
    /// Of this kind.
    pub kind: TokenKind,
    /// Only those that stand for this user.
    pub user: Option<UserId>,
}
