//! Tasks and notes as readers see them. Owns look-ups by id and lead, and the work lists over all leads; whoever does not
//! see the lead sees none of them.

use async_trait::async_trait;
use leadbox_core::storage::TaskStore;
use leadbox_core::{
    Assignees, Cursor, LeadId, Note, NoteId, Page, PageRequest, Scope, StorageError, Task,
    TaskFilter, TaskId, TaskState, Timestamp,
};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use crate::error::storage_error;
use crate::leads::owners;
use crate::paging::{after, moment_after, moment_key};
use crate::rows::{self, storable};
use crate::storage::PostgresStorage;

type Result<T> = std::result::Result<T, StorageError>;

macro_rules! select_tasks {
    ($where:literal) => {
        concat!(
            r"
            select
                t.tenant,
                t.id,
                t.lead,
                t.revision,
                t.title,
                t.details,
                t.due_at,
                t.remind_at,
                t.assignee,
                t.made_at,
                t.made_by,
                t.done_at,
                t.done_by
            from task as t
            join lead as l on l.tenant = t.tenant and l.id = t.lead
            where t.tenant = ",
            $where
        )
    };
}

macro_rules! select_notes {
    ($where:literal) => {
        concat!(
            r"
            select n.tenant, n.id, n.lead, n.revision, n.text, n.made_at, n.made_by, n.edited_at
            from note as n
            join lead as l on l.tenant = n.tenant and l.id = n.lead
            where n.tenant = ",
            $where
        )
    };
}

/// Behind which date, or none, and id a page of tasks begins.
fn place(page: &PageRequest, list: &str) -> Result<Option<(Option<Timestamp>, Uuid)>> {
    match after(page, list)? {
        Some(([], id)) => Ok(Some((None, id))),
        Some(_) => Ok(moment_after(page, list)?.map(|(due, id)| (Some(due), id))),
        None => Ok(None),
    }
}

impl PostgresStorage {
    /// Ends a statement over tasks, and reads the page.
    async fn page_of_tasks(
        &self,
        mut sql: QueryBuilder<Postgres>,
        list: &'static str,
        place: Option<(Option<Timestamp>, Uuid)>,
        limit: u32,
    ) -> Result<Page<Task>> {
        if let Some((due, id)) = place {
            sql.push(" and (coalesce(t.due_at, 'infinity'), t.id) > (coalesce(")
                .push_bind(due)
                .push("::timestamptz, 'infinity'), ")
                .push_bind(id)
                .push(")");
        }
        sql.push(" order by coalesce(t.due_at, 'infinity'), t.id limit ")
            .push_bind(i64::from(limit) + 1);
        let rows = sql.build().fetch_all(&self.readers).await;
        let rows = rows.map_err(|error| storage_error("list tasks", error))?;
        let tasks = rows.iter().map(rows::task).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(tasks, limit, |last| {
            let key = last.due_at.map(moment_key).unwrap_or_default();
            Cursor::new(list, Some(key), last.id.uuid().into_bytes())
        }))
    }
}

/// Appends the tenant, and which tasks a work list has.
fn push_work(sql: &mut QueryBuilder<Postgres>, scope: &Scope, filter: &TaskFilter) {
    sql.push_bind(scope.tenant.0).push(match filter.state {
        TaskState::Open => " and t.done_at is null",
        TaskState::Done => " and t.done_at is not null",
    });
    match &filter.assignees {
        Assignees::All => {}
        Assignees::Nobody => {
            sql.push(" and t.assignee is null");
        }
        // Of one user, the index has the order; of several, it would have to be made.
        Assignees::Only(users) if users.len() == 1 => {
            sql.push(" and t.assignee = ").push_bind(users.first().map(|user| user.uuid()));
        }
        Assignees::Only(users) => {
            let users: Vec<Uuid> = users.iter().map(|user| user.uuid()).collect();
            sql.push(" and t.assignee = any (").push_bind(users).push(")");
        }
    }
    if let Some(from) = filter.due_from {
        sql.push(" and t.due_at is not null and coalesce(t.due_at, 'infinity') >= ");
        sql.push_bind(storable(from));
    }
    if let Some(before) = filter.due_before {
        sql.push(" and coalesce(t.due_at, 'infinity') < ").push_bind(storable(before));
    }
    sql.push(" and l.deleted_at is null");
    if let Some(owners) = owners(scope) {
        sql.push(" and l.owner = any (").push_bind(owners).push(")");
    }
}

#[async_trait]
impl TaskStore for PostgresStorage {
    async fn task(&self, scope: &Scope, id: TaskId) -> Result<Option<Task>> {
        let row = sqlx::query(select_tasks!(
            "$1 and t.id = $2 and ($3::uuid[] is null or l.owner = any ($3))"
        ))
        .bind(scope.tenant.0)
        .bind(id.uuid())
        .bind(owners(scope))
        .fetch_optional(&self.writers)
        .await
        .map_err(|error| storage_error("read a task", error))?;
        row.as_ref().map(rows::task).transpose()
    }

    async fn lead_tasks(
        &self,
        scope: &Scope,
        lead: LeadId,
        page: &PageRequest,
    ) -> Result<Page<Task>> {
        let place = place(page, "lead_tasks")?;
        let mut sql = QueryBuilder::new(select_tasks!(""));
        sql.push_bind(scope.tenant.0).push(" and t.lead = ").push_bind(lead.uuid());
        if let Some(owners) = owners(scope) {
            sql.push(" and l.owner = any (").push_bind(owners).push(")");
        }
        self.page_of_tasks(sql, "lead_tasks", place, page.limit()).await
    }

    async fn tasks(
        &self,
        scope: &Scope,
        filter: &TaskFilter,
        page: &PageRequest,
    ) -> Result<Page<Task>> {
        let place = place(page, "tasks")?;
        let mut sql = QueryBuilder::new(select_tasks!(""));
        push_work(&mut sql, scope, filter);
        self.page_of_tasks(sql, "tasks", place, page.limit()).await
    }

    async fn count_tasks(&self, scope: &Scope, filter: &TaskFilter, cap: u64) -> Result<u64> {
        let mut sql = QueryBuilder::new(
            r"
            select count(*)
            from (
                select
                from task as t
                join lead as l on l.tenant = t.tenant and l.id = t.lead
                where t.tenant = ",
        );
        push_work(&mut sql, scope, filter);
        let limit = i64::try_from(cap).unwrap_or(i64::MAX).saturating_add(1);
        sql.push(" limit ").push_bind(limit).push(") as found");
        let count: i64 = sql
            .build_query_scalar()
            .fetch_one(&self.readers)
            .await
            .map_err(|error| storage_error("count tasks", error))?;
        Ok(count.unsigned_abs())
    }

    async fn note(&self, scope: &Scope, id: NoteId) -> Result<Option<Note>> {
        let row = sqlx::query(select_notes!(
            "$1 and n.id = $2 and ($3::uuid[] is null or l.owner = any ($3))"
        ))
        .bind(scope.tenant.0)
        .bind(id.uuid())
        .bind(owners(scope))
        .fetch_optional(&self.writers)
        .await
        .map_err(|error| storage_error("read a note", error))?;
        row.as_ref().map(rows::note).transpose()
    }

    async fn notes(&self, scope: &Scope, lead: LeadId, page: &PageRequest) -> Result<Page<Note>> {
        let place = moment_after(page, "notes")?;
        let rows = sqlx::query(select_notes!(
            r"$1
              and n.lead = $2
              and ($3::uuid[] is null or l.owner = any ($3))
              and ($4::timestamptz is null or (n.made_at, n.id) < ($4, $5))
            order by n.made_at desc, n.id desc
            limit $6"
        ))
        .bind(scope.tenant.0)
        .bind(lead.uuid())
        .bind(owners(scope))
        .bind(place.map(|(at, _)| storable(at)))
        .bind(place.map(|(_, id)| id))
        .bind(i64::from(page.limit()) + 1)
        .fetch_all(&self.readers)
        .await
        .map_err(|error| storage_error("list notes", error))?;
        let found = rows.iter().map(rows::note).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(found, page.limit(), |last| {
            Cursor::new("notes", Some(moment_key(last.made_at)), last.id.uuid().into_bytes())
        }))
    }
}
