//! Possible duplicates. Owns where they are looked for: side by side under the keys that leads share, so that no lead is
//! compared with all others; and remembering who is somebody else. What speaks for and against is
//! [`Likeness`]'s to say.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Leads;
use super::decision::{Announce, Decision, data};
use crate::access::Permission;
use crate::error::{Error, Invalid, Result};
use crate::event::{EventType, Subject};
use crate::id::LeadId;
use crate::lead::{KeyedLead, Lead, LeadKeys, Likeness, SharedKey};
use crate::page::{Cursor, Page, PageRequest};
use crate::revision::Revision;
use crate::storage::{Change, Checkpoint, StorageError, StoredLead};

/// A lead that may be the same person as another.
#[derive(Clone, PartialEq, Debug)]
pub struct DuplicateCandidate {
    /// The lead.
    pub lead: StoredLead,
    /// Why, and how sure that is.
    pub likeness: Likeness,
}

/// Two leads that may be the same person; the older one first.
#[derive(Clone, PartialEq, Debug)]
pub struct DuplicatePair {
    /// The one that came in first.
    pub first: StoredLead,
    /// The other.
    pub second: StoredLead,
    /// Why, and how sure that is.
    pub likeness: Likeness,
}

/// Whether two leads that look alike are one person.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Distinction {
    /// They are two: they are not shown as possible duplicates.
    Distinct,
    /// Nobody knows; as it is before anybody said anything.
    Unknown,
}

/// How many leads of one key are compared with each other; the oldest.
const GROUP: usize = 40;
/// Keys that are read at once.
const CHUNK: u32 = 2000;
/// Keys that are read for one page. What is rare is not found by reading everything at once.
const READ: usize = 20_000;

impl Leads<'_> {
    /// Other leads that may be the same person as this one, the likeliest first, at most `limit`: by the same e-mail
    /// address, number or name, and by what is alike in name and company or in the address. Only those that the asker
    /// sees; fields that are hidden from the asker say nothing. Of the leads that share a key, the oldest forty are looked at.
    ///
    /// # Errors
    /// `NotFound`, `Storage`.
    pub async fn duplicates(&self, id: LeadId, limit: usize) -> Result<Vec<DuplicateCandidate>> {
        let lead = self.load(id, None).await?;
        let id = lead.id;
        let keys = LeadKeys::of(&lead, &[]);
        let mut ids = Vec::new();
        for by in self.open_keys() {
            let Some(key) = keys.shared(by) else { continue };
            ids.extend(self.sharing(by, key).await?.into_iter().filter(|other| *other != id));
        }
        let lead = self.leadbox.shown(lead);
        let mut found = Vec::new();
        for stored in self.leads(&ids).await? {
            let Some(likeness) = Likeness::of(&lead, &stored.lead) else { continue };
            if self.distinction(id, stored.lead.id).await? == Distinction::Unknown {
                found.push(DuplicateCandidate { lead: stored, likeness });
            }
        }
        found.sort_by_key(|one| (std::cmp::Reverse(one.likeness.score), one.lead.lead.id));
        found.truncate(limit);
        Ok(found)
    }

    /// Pairs of leads that may be the same person, each once: first those that share an address, then a number, a name, and
    /// what is alike. A page ends with all pairs of a lead under a key, so it may be up to 38 longer than asked; and it ends
    /// after so much reading, so it may be short, or empty, and still have a next one.
    ///
    /// # Errors
    /// `Storage`, with `BadCursor` for a cursor of another list.
    pub async fn duplicate_pairs(&self, page: &PageRequest) -> Result<Page<DuplicatePair>> {
        let limit = page.limit() as usize;
        let (mut at, done) = match &page.after {
            None => (0, None),
            Some(cursor) => place(cursor)?,
        };
        let mut after = done.clone().map(whole);
        let (mut items, mut read) = (Vec::new(), 0);
        while let Some(by) = SharedKey::ALL.get(at).copied() {
            if !self.open_keys().any(|open| open == by) {
                (at, after) = (at + 1, None);
                continue;
            }
            let Walked { groups, last, rows } = self.walk(by, after.as_ref()).await?;
            read += rows;
            let known = self.known(&groups).await?;
            for (group, place) in groups.iter().flat_map(Group::places) {
                let first = group.leads[place];
                if done.as_ref().is_some_and(|done| done.key == group.key && first <= done.lead) {
                    continue;
                }
                for second in &group.leads[place + 1..] {
                    if let (Some(one), Some(other)) = (known.get(&first), known.get(second)) {
                        items.extend(self.pair(by, one, other).await?);
                    }
                }
                if items.len() >= limit {
                    let end = KeyedLead { key: group.key.clone(), lead: first };
                    return Ok(Page { items, next: Some(cursor(by, &end)) });
                }
            }
            match last {
                Some(last) if read >= READ => {
                    return Ok(Page { items, next: Some(cursor(by, &last)) });
                }
                Some(last) => after = Some(last),
                None => (at, after) = (at + 1, None),
            }
        }
        Ok(Page { items, next: None })
    }

    /// Remembers that two leads are two people, or forgets it, as merging them does. Whoever may change both may say so; the
    /// timelines of both tell of it.
    ///
    /// # Errors
    /// `Invalid` for a lead and itself; `NotFound`; `Denied`; `Contended`; `Storage`.
    pub async fn tell_apart(&self, a: LeadId, b: LeadId, is: Distinction) -> Result<()> {
        // One that was merged away stands for the one that is left.
        let (a, b) = (&self.load(a, None).await?, &self.load(b, None).await?);
        for lead in [a, b] {
            self.leadbox.rights().require(Permission::LeadEdit, lead.owner)?;
        }
        if a.id == b.id {
            return Err(Invalid::one("lead", "is the same lead").into());
        }
        self.leadbox
            .decide("pair of leads", pair_name(a.id, b.id), || {
                Box::pin(async move {
                    let mut decision = Decision::new(self.leadbox, Announce::Each);
                    self.distinguish(&mut decision, (a.id, b.id), is).await?;
                    if !decision.is_empty() {
                        for (lead, other) in [(a, b), (b, a)] {
                            let told = data([
                                ("other", Value::from(other.id.to_string())),
                                ("is", serde_json::to_value(is)?),
                            ]);
                            let kind = EventType::LEAD_DISTINGUISHED;
                            decision.event(Subject::lead(lead.id), kind, lead.version, &told)?;
                        }
                    }
                    decision.finish(()).await
                })
            })
            .await
    }

    /// Adds what is remembered of two leads from now on, unless it is so already.
    pub(super) async fn distinguish(
        &self,
        decision: &mut Decision<'_>,
        (a, b): (LeadId, LeadId),
        is: Distinction,
    ) -> Result<()> {
        let (name, tenant) = (pair_name(a, b), decision.tenant());
        let stored = self.leadbox.storage().checkpoint(tenant, &name).await?;
        if distinction(stored.as_ref()) == is {
            return Ok(());
        }
        let revision = stored.map_or(Revision(0), |stored| stored.revision).next();
        let body = json!({ "distinct": is == Distinction::Distinct });
        let note = Checkpoint { tenant, name, revision, body, at: decision.at() };
        decision.push(Change::PutCheckpoint(Box::new(note)))
    }

    /// The keys that tell nothing which is hidden from the asker.
    fn open_keys(&self) -> impl Iterator<Item = SharedKey> {
        let hidden = &self.leadbox.scope().hidden_fields;
        SharedKey::ALL.into_iter().filter(|by| !hidden.contains(by.as_str()))
    }

    /// The oldest leads with a key.
    async fn sharing(&self, by: SharedKey, key: &str) -> Result<Vec<LeadId>> {
        let before = KeyedLead { key: key.to_owned(), lead: LeadId::from_uuid(Uuid::nil()) };
        let (storage, scope) = (self.leadbox.storage(), self.leadbox.scope());
        let limit = u32::try_from(GROUP).unwrap_or(u32::MAX);
        let found = storage.leads_by_key(scope, by, Some(&before), limit).await?;
        Ok(found.into_iter().take_while(|one| one.key == key).map(|one| one.lead).collect())
    }

    /// Reads on in the order of a key.
    async fn walk(&self, by: SharedKey, after: Option<&KeyedLead>) -> Result<Walked> {
        let (storage, scope) = (self.leadbox.storage(), self.leadbox.scope());
        let found = storage.leads_by_key(scope, by, after, CHUNK).await?;
        let rows = found.len();
        let is_end = rows < CHUNK as usize;
        let mut groups: Vec<Group> = Vec::new();
        for KeyedLead { key, lead } in found {
            match groups.last_mut().filter(|group| group.key == key) {
                Some(group) => group.leads.push(lead),
                None => groups.push(Group { key, leads: vec![lead] }),
            }
        }
        let mut last = None;
        if !is_end && let Some(cut) = groups.pop() {
            // The key that was cut off is read again from its first lead, unless nothing else was read.
            last = match groups.last() {
                Some(whole) => Some(behind(whole.key.clone())),
                None => {
                    let end = behind(cut.key.clone());
                    groups.push(cut);
                    Some(end)
                }
            };
        }
        groups.retain(|group| group.leads.len() > 1);
        for group in &mut groups {
            group.leads.truncate(GROUP);
        }
        Ok(Walked { groups, last, rows })
    }

    /// The leads of these groups, with their keys and as the asker sees them.
    async fn known(&self, groups: &[Group]) -> Result<HashMap<LeadId, Known>> {
        let ids: Vec<LeadId> =
            groups.iter().flat_map(|group| group.leads.iter().copied()).collect();
        let mut leads = HashMap::with_capacity(ids.len());
        for ids in ids.chunks(PageRequest::MAX as usize) {
            let found = self.leadbox.storage().leads_by_id(self.leadbox.scope(), ids).await?;
            leads.extend(found.into_iter().map(|stored| {
                let keys = LeadKeys::of(&stored.lead, &[]);
                let shown = StoredLead { lead: self.leadbox.shown(stored.lead), ..stored };
                (shown.lead.id, Known { keys, shown })
            }));
        }
        Ok(leads)
    }

    /// Two leads that share a key, if they look alike and share no surer one.
    async fn pair(
        &self,
        by: SharedKey,
        one: &Known,
        other: &Known,
    ) -> Result<Option<DuplicatePair>> {
        let is_told = self.open_keys().take_while(|surer| *surer != by).any(|surer| {
            one.keys.shared(surer).is_some() && one.keys.shared(surer) == other.keys.shared(surer)
        });
        let (a, b) = (&one.shown, &other.shown);
        let is_live = |lead: &Lead| lead.deleted_at.is_none();
        if is_told || !is_live(&a.lead) || !is_live(&b.lead) {
            return Ok(None);
        }
        let Some(likeness) = Likeness::of(&a.lead, &b.lead) else { return Ok(None) };
        if self.distinction(a.lead.id, b.lead.id).await? == Distinction::Distinct {
            return Ok(None);
        }
        let (first, second) = if a.lead.id < b.lead.id { (a, b) } else { (b, a) };
        Ok(Some(DuplicatePair { first: first.clone(), second: second.clone(), likeness }))
    }

    async fn distinction(&self, a: LeadId, b: LeadId) -> Result<Distinction> {
        let (tenant, name) = (self.leadbox.tenant(), pair_name(a, b));
        Ok(distinction(self.leadbox.storage().checkpoint(tenant, &name).await?.as_ref()))
    }
}

/// Leads with the same key, the oldest first.
struct Group {
    key: String,
    leads: Vec<LeadId>,
}

impl Group {
    /// The group with the place of each of its leads.
    fn places(&self) -> impl Iterator<Item = (&Self, usize)> {
        (0..self.leads.len()).map(move |place| (self, place))
    }
}

/// A lead as the asker sees it, with the keys under which it lies.
struct Known {
    keys: LeadKeys,
    shown: StoredLead,
}

/// A part of the leads in the order of a key.
struct Walked {
    groups: Vec<Group>,
    /// Where to go on; none at the end.
    last: Option<KeyedLead>,
    rows: usize,
}

/// What is remembered of a pair stands under one name, whichever is named first.
fn pair_name(a: LeadId, b: LeadId) -> String {
    format!("distinct:{}:{}", a.min(b), a.max(b))
}

fn distinction(stored: Option<&Checkpoint>) -> Distinction {
    match stored.and_then(|stored| stored.body.get("distinct")?.as_bool()) {
        Some(true) => Distinction::Distinct,
        _ => Distinction::Unknown,
    }
}

/// Behind all leads with a key.
fn behind(key: String) -> KeyedLead {
    KeyedLead { key, lead: LeadId::from_uuid(Uuid::max()) }
}

/// Before all leads with the key at which somebody stopped: a lead is compared with those that come later, and the oldest
/// forty are counted from the first.
fn whole(stopped: KeyedLead) -> KeyedLead {
    let is_behind = stopped.lead.uuid().is_max();
    let lead = if is_behind { stopped.lead } else { LeadId::from_uuid(Uuid::nil()) };
    KeyedLead { lead, ..stopped }
}

fn list_name(by: SharedKey) -> String {
    format!("duplicates:{}", by.as_str())
}

fn cursor(by: SharedKey, last: &KeyedLead) -> Cursor {
    Cursor::new(list_name(by), Some(last.key.clone().into_bytes()), last.lead.uuid().into_bytes())
}

/// Which key is walked, and behind which lead.
fn place(cursor: &Cursor) -> Result<(usize, Option<KeyedLead>)> {
    let bad = || Error::Storage(StorageError::BadCursor);
    let found = SharedKey::ALL.iter().enumerate().find_map(|(at, by)| {
        let (key, id) = cursor.of(&list_name(*by)).ok()?;
        Some((at, key?.to_vec(), id))
    });
    let (at, key, id) = found.ok_or_else(bad)?;
    let key = String::from_utf8(key).map_err(|_| bad())?;
    Ok((at, Some(KeyedLead { key, lead: LeadId::from_uuid(Uuid::from_bytes(id)) })))
}

#[cfg(test)]
mod tests;
