//! Tasks: adding, changing, completing, listing, and what happens at the moment of a reminder. Owns the verbs and their
//! `prepare_*` twins; who wakes up for a reminder is the workers' to say.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::decision::{Announce, Decision, data};
use super::{LeadBox, Prepared};
use crate::access::Permission;
use crate::error::{Error, Result};
use crate::event::{EventType, Payload, Subject};
use crate::id::{LeadId, TaskId};
use crate::job::{LaneKey, NewJob};
use crate::lead::Lead;
use crate::page::{Page, PageRequest};
use crate::revision::Revision;
use crate::storage::{Change, TaskDrop};
use crate::task::{NewTask, Task, TaskFilter, TaskPatch, TaskState};
use crate::time::Timestamp;

/// The queue of reminders.
pub(crate) const REMINDERS: &str = "reminders";

/// What a job of that queue says: remind of this task, if it is still to be reminded of then.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Reminder {
    pub(crate) task: TaskId,
    pub(crate) at: Timestamp,
}

/// Tasks, as one asker sees them. Made by [`LeadBox::tasks`]. Everything that happens to a task stands on the timeline of
/// its lead.
///
/// ```
/// # use std::sync::Arc;
/// use leadbox_core::{LeadBox, MemoryStorage, NewLead, NewTask, TaskFilter};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let leadbox = LeadBox::builder(Arc::new(MemoryStorage::new())).build()?;
/// let ada = leadbox.leads().capture(&NewLead::new().name("Ada")).await?.lead;
/// let tomorrow = leadbox.now() + chrono::TimeDelta::days(1);
/// let call = NewTask::new("Call about the offer").due_at(tomorrow);
/// let call = leadbox.tasks().add(ada.id, &call).await?;
///
/// let open = leadbox.tasks().list(&TaskFilter::default(), &Default::default()).await?;
/// assert_eq!(open.items, [call.clone()]);
/// leadbox.tasks().complete(call.id).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Tasks<'a> {
    pub(super) leadbox: &'a LeadBox,
}

impl Tasks<'_> {
    /// A task; none when there is none or the asker may not see its lead.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn task(&self, id: TaskId) -> Result<Option<Task>> {
        Ok(self.leadbox.storage().task(self.leadbox.scope(), id).await?)
    }

    /// A lead's tasks, open and done, those first that are due first.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn of_lead(&self, lead: LeadId, page: &PageRequest) -> Result<Page<Task>> {
        Ok(self.leadbox.storage().lead_tasks(self.leadbox.scope(), lead, page).await?)
    }

    /// Tasks over all leads that the asker sees, those first that are due first, those without a date last.
    ///
    /// # Errors
    /// `Storage`, with `BadCursor` for a cursor of another list.
    pub async fn list(&self, filter: &TaskFilter, page: &PageRequest) -> Result<Page<Task>> {
        Ok(self.leadbox.storage().tasks(self.leadbox.scope(), filter, page).await?)
    }

    /// Adds a task to a lead.
    ///
    /// # Errors
    /// `Invalid` with every problem; `Denied`; `NotFound` when there is no such lead; `Contended`; `Storage`.
    pub async fn add(&self, lead: LeadId, new: &NewTask) -> Result<Task> {
        self.leadbox.decide("lead", lead, || Box::pin(self.prepare_add(lead, new))).await
    }

    /// What [`add`](Self::add) would commit.
    ///
    /// # Errors
    /// As `add`.
    pub async fn prepare_add(&self, lead: LeadId, new: &NewTask) -> Result<Prepared<Task>> {
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let lead = self.leadbox.leads().load(lead, None).await?;
        self.leadbox.rights().require(Permission::TaskCreate, lead.owner)?;
        let mut task = Task {
            id: decision.id(),
            tenant: lead.tenant,
            lead: lead.id,
            revision: Revision::FIRST,
            title: String::new(),
            details: String::new(),
            due_at: None,
            remind_at: None,
            assignee: None,
            made_at: decision.at(),
            made_by: decision.actor().clone(),
            done_at: None,
            done_by: None,
        };
        new.apply(&mut task)?;
        decision.makes(task.id.uuid());
        let mut payload = about(&task);
        payload.changed = fields(&task)?;
        payload.changed.retain(|_, value| !value.is_null());
        decision.put_task(&lead, &task, EventType::TASK_ADDED, &payload)?;
        decision.remind(&task)?;
        decision.finish(task).await
    }

    /// Changes what is given of a task. With `expected`, only a task at that revision.
    ///
    /// # Errors
    /// `Invalid` with every problem; `Denied`; `NotFound`; `Stale`; `Contended`; `Storage`.
    pub async fn change(
        &self,
        id: TaskId,
        patch: &TaskPatch,
        expected: Option<Revision>,
    ) -> Result<Task> {
        self.leadbox.decide("task", id, || Box::pin(self.prepare_change(id, patch, expected))).await
    }

    /// What [`change`](Self::change) would commit.
    ///
    /// # Errors
    /// As `change`.
    pub async fn prepare_change(
        &self,
        id: TaskId,
        patch: &TaskPatch,
        expected: Option<Revision>,
    ) -> Result<Prepared<Task>> {
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let (before, lead) = self.load(id).await?;
        self.leadbox.rights().require(Permission::TaskEdit, lead.owner)?;
        let expected = expected.map(|expected| expected.0);
        Error::unless_at("task", id, expected, before.revision.0)?;
        let mut after = before.clone();
        patch.apply(&mut after)?;
        if after == before {
            return decision.finish(before).await;
        }
        after.revision = before.revision.next();
        let mut payload = about(&after);
        let (now, mut then) = (fields(&after)?, fields(&before)?);
        payload.changed = now.into_iter().filter(|(name, value)| then[name] != *value).collect();
        then.retain(|name, _| payload.changed.contains_key(name));
        payload.previous = then;
        decision.put_task(&lead, &after, EventType::TASK_CHANGED, &payload)?;
        if after.remind_at != before.remind_at {
            decision.remind(&after)?;
        }
        decision.finish(after).await
    }

    /// Says that a task is done. Whom it is assigned to may, whenever it sees the lead. Saying so again does nothing.
    ///
    /// # Errors
    /// `Denied`, `NotFound`, `Contended`, `Storage`.
    pub async fn complete(&self, id: TaskId) -> Result<Task> {
        self.leadbox.decide("task", id, || Box::pin(self.prepare_complete(id))).await
    }

    /// What [`complete`](Self::complete) would commit.
    ///
    /// # Errors
    /// As `complete`.
    pub async fn prepare_complete(&self, id: TaskId) -> Result<Prepared<Task>> {
        self.prepare_state(id, TaskState::Done).await
    }

    /// Says that a task is to be done after all. As with [`complete`](Self::complete), also by whom it is assigned to.
    ///
    /// # Errors
    /// As `complete`.
    pub async fn reopen(&self, id: TaskId) -> Result<Task> {
        self.leadbox.decide("task", id, || Box::pin(self.prepare_reopen(id))).await
    }

    /// What [`reopen`](Self::reopen) would commit.
    ///
    /// # Errors
    /// As `reopen`.
    pub async fn prepare_reopen(&self, id: TaskId) -> Result<Prepared<Task>> {
        self.prepare_state(id, TaskState::Open).await
    }

    async fn prepare_state(&self, id: TaskId, state: TaskState) -> Result<Prepared<Task>> {
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let (before, lead) = self.load(id).await?;
        let rights = self.leadbox.rights();
        if before.assignee.is_none() || before.assignee != rights.user() {
            rights.require(Permission::TaskEdit, lead.owner)?;
        }
        if before.state() == state {
            return decision.finish(before).await;
        }
        let done = state == TaskState::Done;
        let after = Task {
            revision: before.revision.next(),
            done_at: done.then(|| decision.at()),
            done_by: done.then(|| decision.actor().clone()),
            ..before
        };
        let kind = if done { EventType::TASK_COMPLETED } else { EventType::TASK_REOPENED };
        decision.put_task(&lead, &after, kind, &about(&after))?;
        if !done && after.remind_at.is_some_and(|at| at > decision.at()) {
            decision.remind(&after)?;
        }
        decision.finish(after).await
    }

    /// Deletes a task. Nothing of it is kept but what the log says.
    ///
    /// # Errors
    /// `Denied`, `NotFound`, `Contended`, `Storage`.
    pub async fn delete(&self, id: TaskId) -> Result<()> {
        self.leadbox.decide("task", id, || Box::pin(self.prepare_delete(id))).await
    }

    /// What [`delete`](Self::delete) would commit.
    ///
    /// # Errors
    /// As `delete`.
    pub async fn prepare_delete(&self, id: TaskId) -> Result<Prepared<()>> {
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let (task, lead) = self.load(id).await?;
        self.leadbox.rights().require(Permission::TaskEdit, lead.owner)?;
        let drop = TaskDrop { tenant: task.tenant, lead: lead.id, task: id, before: task.revision };
        decision.push(Change::DropTask(drop))?;
        decision.task_event(&lead, EventType::TASK_DELETED, &about(&task))?;
        decision.finish(()).await
    }

    /// What a reminder does when its moment has come; nothing when the task is done, gone, or to be reminded of at another
    /// moment.
    pub(crate) async fn prepare_reminder(&self, reminder: Reminder) -> Result<Prepared<()>> {
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let (task, lead) = match self.load(reminder.task).await {
            Ok(found) => found,
            Err(Error::NotFound { .. }) => return decision.finish(()).await,
            Err(error) => return Err(error),
        };
        if task.state() == TaskState::Open && task.remind_at == Some(reminder.at) {
            let mut payload = about(&task);
            let reminded = fields(&task)?.into_iter().filter(|(_, value)| !value.is_null());
            payload.data.extend(reminded);
            decision.task_event(&lead, EventType::TASK_REMINDED, &payload)?;
        }
        decision.finish(()).await
    }

    /// A task of a live lead, and the lead.
    async fn load(&self, id: TaskId) -> Result<(Task, Lead)> {
        let task = self.task(id).await?.ok_or_else(|| Error::not_found("task", id))?;
        let lead = self.leadbox.leads().load(task.lead, None).await?;
        Ok((task, lead))
    }
}

/// A payload that says which task.
fn about(task: &Task) -> Payload {
    data([("task", Value::from(task.id.to_string())), ("name", Value::from(task.title.as_str()))])
}

/// What can change of a task. The names begin with `task.`, so that none of them is that of a lead's field.
fn fields(task: &Task) -> Result<Map<String, Value>> {
    let details = Some(&task.details).filter(|details| !details.is_empty());
    Ok([
        ("task.title", Value::from(task.title.as_str())),
        ("task.details", serde_json::to_value(details)?),
        ("task.due_at", serde_json::to_value(task.due_at)?),
        ("task.remind_at", serde_json::to_value(task.remind_at)?),
        ("task.assignee", serde_json::to_value(task.assignee)?),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect())
}

impl Decision<'_> {
    /// Adds a task as it shall be, and the event that tells of it.
    fn put_task(
        &mut self,
        lead: &Lead,
        task: &Task,
        kind: EventType,
        payload: &Payload,
    ) -> Result<()> {
        self.push(Change::PutTask(Box::new(task.clone())))?;
        self.task_event(lead, kind, payload)
    }

    fn task_event(&mut self, lead: &Lead, kind: EventType, payload: &Payload) -> Result<()> {
        self.event(Subject::lead(lead.id), kind, lead.version, payload)?;
        Ok(())
    }

    /// Queues the reminder of an open task, if it is to be reminded of.
    fn remind(&mut self, task: &Task) -> Result<()> {
        let Some(at) = task.remind_at.filter(|_| task.state() == TaskState::Open) else {
            return Ok(());
        };
        let job = NewJob {
            id: self.id(),
            lane: LaneKey::of_queue(task.tenant, REMINDERS),
            fifo_key: None,
            unique_key: Some(format!("{}:{}", task.id, at.timestamp_micros())),
            payload: serde_json::to_value(Reminder { task: task.id, at })?,
            due_at: at,
            created_at: self.at(),
            cause: self.leadbox().cause(),
        };
        self.push(Change::EnqueueJob(Box::new(job)))
    }
}

#[cfg(test)]
mod tests;
