//! How saboteurs read tasks and notes.

use async_trait::async_trait;
use leadbox_core::storage::{StorageError, TaskStore};
use leadbox_core::{LeadId, Note, NoteId, Page, PageRequest, Scope, Task, TaskFilter, TaskId};

use super::fault::Promise;
use super::saboteur::Saboteur;

type Result<T> = std::result::Result<T, StorageError>;

#[async_trait]
impl TaskStore for Saboteur {
    async fn task(&self, scope: &Scope, id: TaskId) -> Result<Option<Task>> {
        for scope in self.scopes_read("task", scope) {
            if let Some(found) = self.inner.task(&scope, id).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn lead_tasks(
        &self,
        scope: &Scope,
        lead: LeadId,
        request: &PageRequest,
    ) -> Result<Page<Task>> {
        let scopes = self.scopes_read("lead_tasks", scope);
        let mut page = self.inner.lead_tasks(&scopes[0], lead, request).await?;
        for other in &scopes[1..] {
            page.items.extend(self.inner.lead_tasks(other, lead, request).await?.items);
        }
        Ok(page)
    }

    async fn tasks(
        &self,
        scope: &Scope,
        filter: &TaskFilter,
        request: &PageRequest,
    ) -> Result<Page<Task>> {
        let scopes = self.scopes_read("tasks", scope);
        let mut page = self.inner.tasks(&scopes[0], filter, request).await?;
        for other in &scopes[1..] {
            page.items.extend(self.inner.tasks(other, filter, request).await?.items);
        }
        Ok(page)
    }

    async fn count_tasks(&self, scope: &Scope, filter: &TaskFilter, cap: u64) -> Result<u64> {
        let cap = if self.breaks(Promise::CountCap) { u64::MAX } else { cap };
        let mut count = 0;
        for scope in self.scopes_read("count_tasks", scope) {
            count += self.inner.count_tasks(&scope, filter, cap).await?;
        }
        Ok(count)
    }

    async fn note(&self, scope: &Scope, id: NoteId) -> Result<Option<Note>> {
        for scope in self.scopes_read("note", scope) {
            if let Some(found) = self.inner.note(&scope, id).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn notes(
        &self,
        scope: &Scope,
        lead: LeadId,
        request: &PageRequest,
    ) -> Result<Page<Note>> {
        let scopes = self.scopes_read("notes", scope);
        let mut page = self.inner.notes(&scopes[0], lead, request).await?;
        for other in &scopes[1..] {
            page.items.extend(self.inner.notes(other, lead, request).await?.items);
        }
        Ok(page)
    }
}
