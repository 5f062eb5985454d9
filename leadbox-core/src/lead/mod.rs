//! Leads. Owns what a lead is, what comes in ([`NewLead`]), what changes ([`LeadPatch`]) and the keys by which storages
//! find it again; knows nothing of how it is stored.

mod assign;
mod completeness;
mod custom;
mod difference;
mod keys;
mod likeness;
mod matching;
mod merge;
mod new_lead;
mod parts;
mod past;
mod patch;
mod record;
mod redact;
mod settle;
mod text;

pub use keys::{
    Facet, IdentityKey, IdentityKind, KeyedLead, LeadKeys, LeadRow, SLOT_EXCLUSIVE, SharedKey,
};
pub use matching::{Likeness, Match};
pub(crate) use merge::{Candidate, merged};
pub use merge::{MergeChoice, MergeField};
pub use new_lead::{ConsentInput, NewLead};
pub use parts::{Company, Consent, ConsentStatus, Lead, Person, Profile, ProfileRef, Source, Utm};
pub use patch::LeadPatch;

pub(crate) use assign::{Input, assign, parse_moment};
pub(crate) use custom::{converted, custom_value, reread};
pub use record::LeadRecord;
pub(crate) use settle::settle;
pub(crate) use text::{NAME, line, lines};
