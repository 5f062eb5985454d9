//! What storages index of a lead. Owns the folded texts, identity keys and facets, all computed here so that every
//! storage compares the same bytes.

use serde::{Deserialize, Serialize};

use super::Lead;
use super::likeness::likeness;
use crate::field::text_key;
use crate::id::LeadId;
use crate::identity::{Domain, Email, Phone, fold};

/// By what a lead is recognised.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum IdentityKind {
    /// The e-mail address, normalised.
    Email,
    /// The phone number in E.164.
    Phone,
    /// The host's own id.
    ExternalId,
}

impl IdentityKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Email, Self::Phone, Self::ExternalId];

    /// The name by which callers choose it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::ExternalId => "external_id",
        }
    }
}

/// A key that a lead is recognised by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct IdentityKey {
    /// What kind of key.
    pub kind: IdentityKind,
    /// The normalised key.
    pub key: String,
}

/// A key that several leads may have, by which possible duplicates lie side by side.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SharedKey {
    /// The e-mail address, normalised.
    Email,
    /// The phone number in E.164.
    Phone,
    /// The folded name.
    Name,
    /// What is alike in name and company, or in the address; see [`LeadKeys::likeness`].
    Likeness,
}

impl SharedKey {
    /// Every key, the surest first.
    pub const ALL: [Self; 4] = [Self::Email, Self::Phone, Self::Name, Self::Likeness];

    /// Its name, such as `email`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Name => "name",
            Self::Likeness => "likeness",
        }
    }
}

/// A lead with one of its keys.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KeyedLead {
    /// The key.
    pub key: String,
    /// The lead.
    pub lead: LeadId,
}

impl LeadKeys {
    /// The key of a kind, if the lead has it.
    pub fn shared(&self, by: SharedKey) -> Option<&str> {
        match by {
            SharedKey::Email => self.email.as_deref(),
            SharedKey::Phone => self.phone.as_deref(),
            SharedKey::Name => Some(self.name.as_str()).filter(|name| !name.is_empty()),
            SharedKey::Likeness => self.likeness.as_deref(),
        }
    }
}

/// The slot of a lead that was captured by this key: no second live lead of the tenant may be captured by it.
///
/// Identity keys are unique per (tenant, key, slot) among live leads. A capture that names the key as its upsert key
/// takes slot 0, so of two at once the second fails, reloads and finds the first. Every other lead takes a slot of its
/// own, [`own_slot`](LeadKeys::own_slot), so deliberate duplicates are possible.
pub const SLOT_EXCLUSIVE: i64 = 0;

/// A value by which leads are found through a side index: a tag or a custom field's value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Facet {
    /// `tag`, or `cf.` and the field's key.
    pub name: String,
    /// The value as bytes that compare as values do.
    pub key: Vec<u8>,
}

impl Facet {
    /// The facet of tags.
    pub const TAG: &'static str = "tag";
}

/// What storages index of a lead, beside its plain columns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeadKeys {
    /// E-mail key.
    pub email: Option<String>,
    /// Slot of the e-mail key. An update keeps the stored slot while the key stays the same.
    pub email_slot: i64,
    /// Phone key.
    pub phone: Option<String>,
    /// Slot of the phone key; as with e-mail.
    pub phone_slot: i64,
    /// Folded name, empty when unknown, cut to 160 bytes: sort key and filter.
    pub name: String,
    /// Folded company name, cut alike.
    pub company: Option<String>,
    /// Folded job title, cut alike.
    pub title: Option<String>,
    /// Folded city, cut alike.
    pub city: Option<String>,
    /// What leads that may be the same person share, where their addresses and numbers differ.
    pub likeness: Option<String>,
    /// All that text search looks through: folded words, each behind one space.
    pub search_text: String,
    /// Tags and custom fields, sorted, without repetition. A deleted lead, which no list shows, has none: so they can be
    /// counted without a look at their leads.
    pub facets: Vec<Facet>,
}

/// A lead with its keys, the form in which it is written.
#[derive(Clone, PartialEq, Debug)]
pub struct LeadRow {
    /// The lead.
    pub lead: Lead,
    /// Its keys.
    pub keys: LeadKeys,
}

const CUT: usize = 160;

pub(super) fn cut(mut folded: String) -> String {
    if folded.len() > CUT {
        let mut end = CUT;
        while !folded.is_char_boundary(end) {
            end -= 1;
        }
        folded.truncate(end);
    }
    folded
}

fn folded(text: Option<&String>) -> Option<String> {
    text.map(|text| cut(fold(text)))
}

impl LeadKeys {
    /// The keys of a lead. `captured_by` lists the identities by which it was captured and which it therefore holds
    /// alone.
    pub fn of(lead: &Lead, captured_by: &[IdentityKind]) -> Self {
        let slot = |kind| {
            if captured_by.contains(&kind) { SLOT_EXCLUSIVE } else { Self::own_slot(lead.id) }
        };
        Self {
            email: lead.person.email.as_ref().map(Email::key),
            email_slot: slot(IdentityKind::Email),
            phone: lead.person.phone.as_ref().map(|phone| phone.key().to_owned()),
            phone_slot: slot(IdentityKind::Phone),
            name: folded(lead.person.name.as_ref()).unwrap_or_default(),
            company: folded(lead.company.name.as_ref()),
            title: folded(lead.person.title.as_ref()),
            city: folded(lead.company.city.as_ref()),
            likeness: likeness(lead),
            search_text: search_text(lead),
            facets: if lead.deleted_at.is_none() { facets(lead) } else { Vec::new() },
        }
    }

    /// The slot of a lead that shares its keys: the random tail of its id, never 0.
    pub fn own_slot(id: LeadId) -> i64 {
        let tail = id.uuid().as_u128() & 0x3fff_ffff_ffff_ffff;
        i64::try_from(tail).unwrap_or(1).max(1)
    }
}

impl LeadRow {
    /// A lead with its keys; see [`LeadKeys::of`].
    pub fn of(lead: Lead, captured_by: &[IdentityKind]) -> Self {
        let keys = LeadKeys::of(&lead, captured_by);
        Self { lead, keys }
    }
}

fn search_text(lead: &Lead) -> String {
    let mut text = String::with_capacity(96);
    let parts = [
        lead.person.name.as_deref(),
        lead.person.email.as_ref().map(Email::as_str),
        lead.company.name.as_deref(),
        lead.person.title.as_deref(),
        lead.person.phone.as_ref().map(Phone::as_str),
        lead.company.domain.as_ref().map(Domain::as_str),
        lead.external_id.as_deref(),
    ];
    for part in parts.into_iter().flatten() {
        text.push(' ');
        text.push_str(&fold(part));
    }
    text
}

fn facets(lead: &Lead) -> Vec<Facet> {
    let tags =
        lead.tags.iter().map(|tag| Facet { name: Facet::TAG.to_owned(), key: text_key(tag) });
    let fields = lead.custom.iter().flat_map(|(key, value)| {
        value
            .sort_keys()
            .into_iter()
            .map(move |bytes| Facet { name: format!("cf.{key}"), key: bytes })
    });
    let mut facets: Vec<Facet> = tags.chain(fields).collect();
    facets.sort_unstable();
    facets.dedup();
    facets
}
