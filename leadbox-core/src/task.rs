//! Work to be done about a lead. Owns what a task is, what comes in, what changes and what is refused; who may do it, and
//! how it is stored, is decided elsewhere.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize};

use crate::error::Invalid;
use crate::event::Actor;
use crate::id::{LeadId, TaskId, Tenant, UserId};
use crate::lead::{Input, NAME, line, lines};
use crate::period::first_moment;
use crate::revision::Revision;
use crate::time::{Timestamp, to_micros};

/// Something that somebody has to do about a lead.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Whose it is.
    pub tenant: Tenant,
    /// The lead that it is about.
    pub lead: LeadId,
    /// Raised by one at every change; 1 when new.
    pub revision: Revision,
    /// What to do, one line of 1 to 200 characters.
    pub title: String,
    /// More about it, at most [`Task::MAX_DETAILS`] characters, with its lines; empty when there is no more to say.
    pub details: String,
    /// Until when, if there is a date.
    pub due_at: Option<Timestamp>,
    /// When to remind of it, if at all.
    pub remind_at: Option<Timestamp>,
    /// Who has to do it; nobody in particular when none.
    pub assignee: Option<UserId>,
    /// When it was added.
    pub made_at: Timestamp,
    /// By whom.
    pub made_by: Actor,
    /// When it was done; none while it is open.
    pub done_at: Option<Timestamp>,
    /// By whom.
    pub done_by: Option<Actor>,
}

impl Task {
    /// The most characters of `details`.
    pub const MAX_DETAILS: usize = 4_000;

    /// Whether it is still to be done.
    pub fn state(&self) -> TaskState {
        if self.done_at.is_none() { TaskState::Open } else { TaskState::Done }
    }
}

/// Whether a task is still to be done.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TaskState {
    /// Still to be done.
    #[default]
    Open,
    /// Done.
    Done,
}

/// A task to be added.
///
/// ```
/// # use leadbox_core::NewTask;
/// let call = NewTask::new("Call about the offer").details("Ask for the number of seats.");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewTask {
    /// What to do, 1 to 200 characters.
    pub title: String,
    /// More about it, at most 4,000 characters.
    pub details: String,
    /// Until when.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub due_at: Option<Timestamp>,
    /// When to remind of it.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub remind_at: Option<Timestamp>,
    /// Who has to do it.
    pub assignee: Option<UserId>,
}

impl NewTask {
    /// A task with nothing but a title.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Says more about it.
    #[must_use]
    pub fn details(mut self, details: impl Into<String>) -> Self {
        self.details = details.into();
        self
    }

    /// Sets until when.
    #[must_use]
    pub fn due_at(mut self, at: Timestamp) -> Self {
        self.due_at = Some(at);
        self
    }

    /// Sets when to remind of it.
    #[must_use]
    pub fn remind_at(mut self, at: Timestamp) -> Self {
        self.remind_at = Some(at);
        self
    }

    /// Gives it to somebody.
    #[must_use]
    pub fn assignee(mut self, user: UserId) -> Self {
        self.assignee = Some(user);
        self
    }

    /// Writes it into a task.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub(crate) fn apply(&self, task: &mut Task) -> Result<(), Invalid> {
        let patch = TaskPatch {
            title: Some(self.title.clone()),
            details: Some(self.details.clone()),
            due_at: Some(self.due_at),
            remind_at: Some(self.remind_at),
            assignee: Some(self.assignee),
        };
        patch.apply(task)
    }
}

/// A change to some fields of a task: those that are given. Null clears, where there may be nothing.
///
/// ```
/// # use leadbox_core::TaskPatch;
/// let someday = TaskPatch::new().title("Call again").due_at(None);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TaskPatch {
    /// Another title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Other details; empty ones clear them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// Another date.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub due_at: Option<Option<Timestamp>>,
    /// Another moment to remind of it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub remind_at: Option<Option<Timestamp>>,
    /// Somebody else, or nobody.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<UserId>))]
    pub assignee: Option<Option<UserId>>,
}

/// What is written is given, null too.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl TaskPatch {
    /// A patch that changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the title.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Sets the details.
    #[must_use]
    pub fn details(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }

    /// Sets the date, or takes it away.
    #[must_use]
    pub fn due_at(mut self, at: Option<Timestamp>) -> Self {
        self.due_at = Some(at);
        self
    }

    /// Sets when to remind, or that nobody be reminded.
    #[must_use]
    pub fn remind_at(mut self, at: Option<Timestamp>) -> Self {
        self.remind_at = Some(at);
        self
    }

    /// Gives the task to somebody, or to nobody.
    #[must_use]
    pub fn assignee(mut self, user: Option<UserId>) -> Self {
        self.assignee = Some(user);
        self
    }

    /// Writes the patch into `task`.
    ///
    /// # Errors
    /// Everything that is wrong; `task` is then half-written and must be dropped.
    pub(crate) fn apply(&self, task: &mut Task) -> Result<(), Invalid> {
        let mut invalid = Invalid::default();
        if let Some(title) = &self.title {
            match line(Input::Text(title), NAME) {
                Ok(Some(title)) => task.title = title,
                Ok(None) => invalid.push("title", "is missing"),
                Err(message) => invalid.push("title", message),
            }
        }
        if let Some(details) = &self.details {
            match lines(&unix_lines(details), Task::MAX_DETAILS) {
                Ok(details) => task.details = details,
                Err(message) => invalid.push("details", message),
            }
        }
        task.due_at = self.due_at.map_or(task.due_at, |at| at.map(to_micros));
        task.remind_at = self.remind_at.map_or(task.remind_at, |at| at.map(to_micros));
        task.assignee = self.assignee.unwrap_or(task.assignee);
        invalid.or(())
    }
}

/// A text as forms send it, trimmed and with line ends of one kind.
pub(crate) fn unix_lines(text: &str) -> String {
    text.trim().replace("\r\n", "\n")
}

/// Whose tasks to show.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Assignees {
    /// Everybody's, and those that are nobody's.
    #[default]
    All,
    /// Those that are nobody's.
    Nobody,
    /// Only those of these users.
    Only(BTreeSet<UserId>),
}

/// Which tasks to show. The default is all that are open.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TaskFilter {
    /// Open ones, or those that are done.
    pub state: TaskState,
    /// Whose.
    pub assignees: Assignees,
    /// Only those that are due at this moment or later; those without a date are then left out.
    pub due_from: Option<Timestamp>,
    /// Only those that are due before this moment; those without a date are then left out.
    pub due_before: Option<Timestamp>,
}

impl TaskFilter {
    /// Open tasks whose date has passed.
    pub fn overdue(now: Timestamp) -> Self {
        Self { due_before: Some(now), ..Self::default() }
    }

    /// Open tasks that are due later today, as days end in a zone.
    pub fn due_today(now: Timestamp, zone: Tz) -> Self {
        let tomorrow = now.with_timezone(&zone).date_naive().succ_opt();
        let due_before = tomorrow.map(|day| first_moment(day, zone));
        Self { due_from: Some(now), due_before, ..Self::default() }
    }

    /// Whether a task passes.
    pub fn passes(&self, task: &Task) -> bool {
        task.state() == self.state
            && match &self.assignees {
                Assignees::All => true,
                Assignees::Nobody => task.assignee.is_none(),
                Assignees::Only(users) => task.assignee.is_some_and(|user| users.contains(&user)),
            }
            && self.due_from.is_none_or(|from| task.due_at.is_some_and(|due| due >= from))
            && self.due_before.is_none_or(|before| task.due_at.is_some_and(|due| due < before))
    }
}
