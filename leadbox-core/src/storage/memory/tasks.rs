//! Tasks and notes as readers see them, and their changes. Owns their preconditions: the lead is live, and the row is at
//! the revision before.

use async_trait::async_trait;

use super::MemoryStorage;
use super::change_setup::follows;
use super::paging::{Ordered, number_key, page};
use super::state::{LeadRecord, State};
use crate::filter::Direction;
use crate::id::{LeadId, NoteId, TaskId, Tenant};
use crate::note::Note;
use crate::page::{Page, PageRequest};
use crate::scope::Scope;
use crate::storage::{NoteDrop, StorageError, TaskDrop, TaskStore};
use crate::task::{Task, TaskFilter};

type Result<T> = std::result::Result<T, StorageError>;

/// Sorts tasks by when they are due, and takes a page.
fn by_due<'a>(
    tasks: impl Iterator<Item = &'a Task>,
    list: &str,
    request: &PageRequest,
) -> Result<Page<Task>> {
    let rows = tasks.map(|task| Ordered {
        key: number_key(task.due_at.map_or(i64::MAX, |due| due.timestamp_micros())),
        id: task.id.uuid().into_bytes(),
        row: task.clone(),
    });
    page(rows.collect(), list, Direction::Ascending, request)
}

#[async_trait]
impl TaskStore for MemoryStorage {
    async fn task(&self, scope: &Scope, id: TaskId) -> Result<Option<Task>> {
        let state = self.state();
        let found = state.tasks.get(&(scope.tenant, id));
        Ok(found.filter(|task| state.seen_lead(scope, task.lead).is_some()).cloned())
    }

    async fn lead_tasks(
        &self,
        scope: &Scope,
        lead: LeadId,
        request: &PageRequest,
    ) -> Result<Page<Task>> {
        let state = self.state();
        let is_seen = state.seen_lead(scope, lead).is_some();
        let of_lead = |task: &&Task| is_seen && (task.tenant, task.lead) == (scope.tenant, lead);
        by_due(state.tasks.values().filter(of_lead), "lead_tasks", request)
    }

    async fn tasks(
        &self,
        scope: &Scope,
        filter: &TaskFilter,
        request: &PageRequest,
    ) -> Result<Page<Task>> {
        by_due(self.state().work_list(scope, filter), "tasks", request)
    }

    async fn count_tasks(&self, scope: &Scope, filter: &TaskFilter, cap: u64) -> Result<u64> {
        let count = self.state().work_list(scope, filter).count();
        Ok(u64::try_from(count).unwrap_or(u64::MAX).min(cap.saturating_add(1)))
    }

    async fn note(&self, scope: &Scope, id: NoteId) -> Result<Option<Note>> {
        let state = self.state();
        let found = state.notes.get(&(scope.tenant, id));
        Ok(found.filter(|note| state.seen_lead(scope, note.lead).is_some()).cloned())
    }

    async fn notes(
        &self,
        scope: &Scope,
        lead: LeadId,
        request: &PageRequest,
    ) -> Result<Page<Note>> {
        let state = self.state();
        let is_seen = state.seen_lead(scope, lead).is_some();
        let rows = state
            .notes
            .values()
            .filter(|note| is_seen && (note.tenant, note.lead) == (scope.tenant, lead))
            .map(|note| Ordered {
                key: number_key(note.made_at.timestamp_micros()),
                id: note.id.uuid().into_bytes(),
                row: note.clone(),
            })
            .collect();
        page(rows, "notes", Direction::Descending, request)
    }
}

impl State {
    /// The tasks of live leads that pass.
    fn work_list<'a>(
        &'a self,
        scope: &'a Scope,
        filter: &'a TaskFilter,
    ) -> impl Iterator<Item = &'a Task> {
        self.tasks.values().filter(move |task| {
            task.tenant == scope.tenant
                && filter.passes(task)
                && self.seen_lead(scope, task.lead).is_some_and(LeadRecord::is_live)
        })
    }

    fn expect_live(&self, tenant: Tenant, lead: LeadId) -> Result<()> {
        match self.leads.get(&(tenant, lead)).is_some_and(LeadRecord::is_live) {
            true => Ok(()),
            false => Err(StorageError::conflict("lead", lead)),
        }
    }

    pub(super) fn put_task(&mut self, task: &Task) -> Result<()> {
        self.expect_live(task.tenant, task.lead)?;
        let key = (task.tenant, task.id);
        let stored = self.tasks.get(&key);
        if !follows(stored.map(|stored| stored.revision), task.revision)
            || stored.is_some_and(|stored| stored.lead != task.lead)
        {
            return Err(StorageError::conflict("task", task.id));
        }
        self.tasks.put(key, task.clone());
        Ok(())
    }

    pub(super) fn drop_task(&mut self, gone: &TaskDrop) -> Result<()> {
        self.expect_live(gone.tenant, gone.lead)?;
        let key = (gone.tenant, gone.task);
        let expected = |task: &Task| (task.lead, task.revision) == (gone.lead, gone.before);
        if !self.tasks.get(&key).is_some_and(expected) {
            return Err(StorageError::conflict("task", gone.task));
        }
        self.tasks.delete(&key);
        self.origins.delete(&(gone.tenant, gone.task.uuid()));
        Ok(())
    }

    pub(super) fn put_note(&mut self, note: &Note) -> Result<()> {
        self.expect_live(note.tenant, note.lead)?;
        let key = (note.tenant, note.id);
        let stored = self.notes.get(&key);
        if !follows(stored.map(|stored| stored.revision), note.revision)
            || stored.is_some_and(|stored| stored.lead != note.lead)
        {
            return Err(StorageError::conflict("note", note.id));
        }
        self.notes.put(key, note.clone());
        Ok(())
    }

    pub(super) fn drop_note(&mut self, gone: &NoteDrop) -> Result<()> {
        self.expect_live(gone.tenant, gone.lead)?;
        let key = (gone.tenant, gone.note);
        let expected = |note: &Note| (note.lead, note.revision) == (gone.lead, gone.before);
        if !self.notes.get(&key).is_some_and(expected) {
            return Err(StorageError::conflict("note", gone.note));
        }
        self.notes.delete(&key);
        self.origins.delete(&(gone.tenant, gone.note.uuid()));
        Ok(())
    }
}
