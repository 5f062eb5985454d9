//! Work lists: somebody's leads in the order in which to look at them. Owns how they are found, page by page, without reading more
//! than a page shows; what speaks for a lead, and in which words, is `worklist`'s.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use serde_json::Value;

use super::{LeadList, Leads};
use crate::catalog::Catalog;
use crate::error::Result;
use crate::event::{ActorKind, Event, EventType};
use crate::filter::{LeadFilter, LeadSort, Op, SortKey};
use crate::id::{LeadId, StageId, UserId};
use crate::interaction::InteractionKind;
use crate::page::{Cursor, Page, PageRequest};
use crate::period::first_moment;
use crate::scoring::ScoreRecord;
use crate::service::Attention;
use crate::storage::{StorageError, StoredLead};
use crate::task::{Assignees, Task, TaskFilter};
use crate::time::{Timestamp, from_unix_micros};
use crate::worklist::{Part, WorkItem, WorkReason, first_of_each, tomorrow};

/// How many tasks of somebody are looked at: those that have been due longest.
const TASKS: u32 = PageRequest::MAX;

/// How many of a lead's latest events tell whether somebody answered it. With more, somebody did.
const EVENTS: u32 = 50;

/// How many changes of a score are looked through for the one that gave the lead its priority.
const RECORDS: u32 = 10;

/// How many parts of a list are read for one page, when most of what they hold stands elsewhere.
const READS: usize = 20;

/// Where a page begins. The whole list is as of the moment of its first page, so that nothing changes places between pages.
struct Place {
    now: Timestamp,
    part: Part,
    /// Behind what, within the part.
    after: Option<Cursor>,
}

/// What is known while a page is made.
struct Making<'a> {
    of: UserId,
    now: Timestamp,
    catalog: &'a Catalog,
    due: Vec<Task>,
    /// The leads of those tasks.
    is_due: BTreeSet<LeadId>,
    found: Vec<(StoredLead, Option<WorkReason>)>,
    size: usize,
}

impl Leads<'_> {
    /// What somebody should look at, as far as the asker sees it, in this order: leads with an open task of theirs that is overdue or
    /// due by the end of the day in `zone`, what has been due longest first; their own leads that came in within
    /// [`WorkReason::NEW`] and that nobody has answered yet, the latest first; their other open leads, the highest score first.
    /// Each stands there once, with its reasons. Of somebody's tasks that are due, the first thousand are looked at.
    ///
    /// A page has up to [`Leads::WORKLIST`] rows, now and then less than was asked for though there are more: `next` tells.
    ///
    /// # Errors
    /// `Storage`, with `BadCursor` for a cursor of another list.
    pub async fn worklist(
        &self,
        of: UserId,
        zone: Tz,
        page: &PageRequest,
    ) -> Result<Page<WorkItem>> {
        let mut place = Place::of(page.after.as_ref(), of, self.leadbox.now())?;
        let catalog = self.leadbox.catalog().await?;
        let due = first_of_each(self.due(of, place.now, zone).await?);
        let mut making = Making {
            of,
            now: place.now,
            catalog: &catalog,
            is_due: due.iter().map(|task| task.lead).collect(),
            due,
            found: Vec::new(),
            size: page.limit().min(Self::WORKLIST) as usize,
        };
        let mut reads = 0;
        let mut is_over = false;
        while making.found.len() < making.size && reads < READS && !is_over {
            let next = match place.part {
                Part::Due => self.next_due(&mut making, place.after.as_ref()).await?,
                part => {
                    reads += 1;
                    self.next_leads(&mut making, part, place.after.take()).await?
                }
            };
            (place.part, is_over) = match (next.is_some(), place.part) {
                (false, Part::Due) => (Part::Unanswered, false),
                (false, Part::Unanswered) => (Part::Rest, false),
                (false, Part::Rest) => (Part::Rest, true),
                (true, part) => (part, false),
            };
            place.after = next;
        }
        let next = (!is_over).then(|| place.cursor(of));
        Ok(Page { items: self.with_reasons(making).await?, next })
    }

    /// The most rows of a page of a work list.
    pub const WORKLIST: u32 = 100;

    async fn due(&self, of: UserId, now: Timestamp, zone: Tz) -> Result<Vec<Task>> {
        let filter = TaskFilter {
            assignees: Assignees::Only([of].into()),
            due_before: tomorrow(now, zone).map(|day| first_moment(day, zone)),
            ..TaskFilter::default()
        };
        let (storage, scope) = (self.leadbox.storage(), self.leadbox.scope());
        Ok(storage.tasks(scope, &filter, &PageRequest::first(TASKS)).await?.items)
    }

    /// Adds leads whose tasks are due, and says behind which one it goes on.
    async fn next_due(
        &self,
        making: &mut Making<'_>,
        after: Option<&Cursor>,
    ) -> Result<Option<Cursor>> {
        let key = |task: &Task| {
            let due = task.due_at.map_or(i64::MAX, |due| due.timestamp_micros());
            (due.to_string().into_bytes(), task.id.uuid().into_bytes())
        };
        let behind = after.map(|cursor| cursor.of(DUE)).transpose().map_err(|_| bad_cursor())?;
        let behind = match behind {
            None => None,
            Some((due, id)) => {
                let due = due.and_then(|due| std::str::from_utf8(due).ok()?.parse::<i64>().ok());
                Some((due.ok_or_else(bad_cursor)?, id))
            }
        };
        let is_behind = |task: &&Task| {
            let due = task.due_at.map_or(i64::MAX, |due| due.timestamp_micros());
            behind.is_none_or(|behind| (due, task.id.uuid().into_bytes()) > behind)
        };
        let left: Vec<&Task> = making.due.iter().filter(is_behind).collect();
        let room = making.size - making.found.len();
        let (taken, is_last) = (&left[..room.min(left.len())], left.len() <= room);
        let ids: Vec<LeadId> = taken.iter().map(|task| task.lead).collect();
        let stored = self.leads(&ids).await?;
        let mut stored: BTreeMap<LeadId, StoredLead> =
            stored.into_iter().map(|stored| (stored.lead.id, stored)).collect();
        let next = taken.last().filter(|_| !is_last).map(|last| {
            let (due, id) = key(last);
            Cursor::new(DUE, Some(due), id)
        });
        let mut found = Vec::new();
        for task in taken {
            if let Some(stored) = stored.remove(&task.lead) {
                found.push((stored, WorkReason::of_task(task, making.now)));
            }
        }
        making.found.extend(found);
        Ok(next)
    }

    /// Adds leads of a part, but for those that stand in an earlier one.
    async fn next_leads(
        &self,
        making: &mut Making<'_>,
        part: Part,
        after: Option<Cursor>,
    ) -> Result<Option<Cursor>> {
        let theirs = LeadFilter::is("owner", Op::Eq, making.of.to_string());
        let entries: Vec<Value> =
            making.entries().map(|stage| Value::from(stage.to_string())).collect();
        let (filter, by) = match part {
            Part::Unanswered if entries.is_empty() => return Ok(None),
            Part::Unanswered => {
                let since = (making.now - WorkReason::NEW).to_rfc3339();
                let waiting = LeadFilter::is("stage", Op::In, entries).and(LeadFilter::is(
                    "created_at",
                    Op::Gte,
                    since,
                ));
                (waiting, SortKey::Created)
            }
            _ => (Attention::open(), SortKey::Score),
        };
        let list = LeadList::filtered(theirs.and(filter)).sorted(LeadSort::descending(by));
        let query = self.query_at(&list, making.now).await?;
        let size = u32::try_from(making.size - making.found.len()).unwrap_or(u32::MAX);
        let (storage, scope) = (self.leadbox.storage(), self.leadbox.scope());
        let page = storage.leads(scope, &query, &PageRequest { size, after }).await?;
        let mut leads = page.items;
        leads.retain(|stored| !making.is_due.contains(&stored.lead.id));
        let waiting = self.unanswered(making, &leads).await?;
        for stored in leads {
            let since = stored.lead.created_at;
            let is_waiting = waiting.contains(&stored.lead.id);
            if is_waiting == (part == Part::Unanswered) {
                let reason = is_waiting.then_some(WorkReason::Unanswered { since });
                making.found.push((self.shown(stored), reason));
            }
        }
        Ok(page.next)
    }

    /// Which of these leads came in lately, are where leads begin, and have had no answer.
    async fn unanswered(
        &self,
        making: &Making<'_>,
        leads: &[StoredLead],
    ) -> Result<BTreeSet<LeadId>> {
        let entries: BTreeSet<StageId> = making.entries().collect();
        let is_new = |stored: &&StoredLead| {
            entries.contains(&stored.lead.stage)
                && stored.lead.created_at >= making.now - WorkReason::NEW
        };
        let mut waiting: BTreeSet<LeadId> =
            leads.iter().filter(is_new).map(|stored| stored.lead.id).collect();
        if waiting.is_empty() {
            return Ok(waiting);
        }
        let ids: Vec<LeadId> = waiting.iter().copied().collect();
        let (storage, tenant) = (self.leadbox.storage(), self.leadbox.tenant());
        let mut told: BTreeMap<LeadId, u32> = BTreeMap::new();
        for event in storage.latest_events(tenant, &ids, EVENTS).await? {
            let Some(lead) = event.lead() else { continue };
            let told = told.entry(lead).or_default();
            *told += 1;
            if *told >= EVENTS || is_answer(&event) {
                waiting.remove(&lead);
            }
        }
        Ok(waiting)
    }

    /// Says of each why it is there.
    async fn with_reasons(&self, making: Making<'_>) -> Result<Vec<WorkItem>> {
        let ids: Vec<LeadId> = making.found.iter().map(|(stored, _)| stored.lead.id).collect();
        let (storage, tenant) = (self.leadbox.storage(), self.leadbox.tenant());
        let mut records: BTreeMap<LeadId, Vec<ScoreRecord>> = BTreeMap::new();
        for record in storage.latest_score_records(tenant, &ids, RECORDS).await? {
            records.entry(record.lead).or_default().push(record);
        }
        let item = |(stored, first): (StoredLead, Option<WorkReason>)| {
            let records = records.remove(&stored.lead.id).unwrap_or_default();
            let is_placed = first.is_some();
            let mut reasons: Vec<WorkReason> = first.into_iter().collect();
            let more = WorkReason::of_lead(&stored, &records, making.now).into_iter();
            // That it is open is said of what nothing else is to be said of.
            reasons.extend(more.filter(|it| !(is_placed && matches!(it, WorkReason::Open { .. }))));
            WorkItem { stored, reasons }
        };
        Ok(making.found.into_iter().map(item).collect())
    }
}

impl Making<'_> {
    /// The stages where leads begin.
    fn entries(&self) -> impl Iterator<Item = StageId> {
        self.catalog.pipelines.iter().filter_map(|pipeline| Some(pipeline.entry()?.id))
    }
}

/// Whether an event says that somebody did something about a lead: a call or a meeting, whoever tells of it; and what people do.
fn is_answer(event: &Event) -> bool {
    const BY_HAND: [EventType; 4] = [
        EventType::INTERACTION_RECORDED,
        EventType::NOTE_ADDED,
        EventType::TASK_COMPLETED,
        EventType::LEAD_STAGE_CHANGED,
    ];
    if event.actor.kind == ActorKind::User {
        return BY_HAND.contains(&event.kind);
    }
    let kind = |event: &Event| event.payload().ok()?.data.get("kind")?.as_str().map(str::to_owned);
    event.kind == EventType::INTERACTION_RECORDED
        && kind(event).is_some_and(|kind| [InteractionKind::CALL, "meeting"].contains(&&*kind))
}

/// The list of tasks that are due, in cursors.
const DUE: &str = "worklist:due";

fn list_name(of: UserId) -> String {
    format!("worklist:{of}")
}

fn bad_cursor() -> StorageError {
    StorageError::BadCursor
}

impl Place {
    fn of(after: Option<&Cursor>, of: UserId, now: Timestamp) -> Result<Self> {
        let Some(cursor) = after else { return Ok(Self { now, part: Part::Due, after: None }) };
        let (key, _) = cursor.of(&list_name(of)).map_err(|_| bad_cursor())?;
        Ok(key.and_then(Self::read).ok_or_else(bad_cursor)?)
    }

    /// The moment, the part and the place within it.
    fn read(key: &[u8]) -> Option<Self> {
        let mut parts = std::str::from_utf8(key).ok()?.splitn(3, ' ');
        let now = from_unix_micros(parts.next()?.parse().ok()?)?;
        let part = match parts.next()? {
            "due" => Part::Due,
            "unanswered" => Part::Unanswered,
            "rest" => Part::Rest,
            _ => return None,
        };
        let after = match parts.next()? {
            "" => None,
            text => Some(text.parse().ok()?),
        };
        Some(Self { now, part, after })
    }

    fn cursor(&self, of: UserId) -> Cursor {
        let part = match self.part {
            Part::Due => "due",
            Part::Unanswered => "unanswered",
            Part::Rest => "rest",
        };
        let after = self.after.as_ref().map(ToString::to_string).unwrap_or_default();
        let key = format!("{} {part} {after}", self.now.timestamp_micros());
        Cursor::new(list_name(of), Some(key.into_bytes()), of.uuid().into_bytes())
    }
}

#[cfg(test)]
mod tests;
