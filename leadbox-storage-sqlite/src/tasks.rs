//! Tasks and notes as readers see them. Owns look-ups by id and lead, and the work lists over all leads; whoever does not
//! see the lead sees none of them.

use async_trait::async_trait;
use leadbox_core::storage::TaskStore;
use leadbox_core::{
    Assignees, Cursor, LeadId, Note, NoteId, Owners, Page, PageRequest, Scope, Task, TaskFilter,
    TaskId, TaskState, UserId,
};
use sqlx::{QueryBuilder, Sqlite};

use crate::error::{During, Result};
use crate::paging::{after, number_key};
use crate::rows::{self, note_columns, task_columns};
use crate::storage::SqliteStorage;

const LEAD_TASKS: &str = "lead_tasks";
const TASKS: &str = "tasks";
const NOTES: &str = "notes";

/// Narrows a statement to leads `l` that the scope sees.
fn push_scope(sql: &mut QueryBuilder<Sqlite>, scope: &Scope) {
    if let Owners::Only(owners) = &scope.owners {
        push_users(sql, " and l.owner in (", owners.iter());
    }
}

fn push_users<'u>(
    sql: &mut QueryBuilder<Sqlite>,
    before: &'static str,
    users: impl Iterator<Item = &'u UserId>,
) {
    let mut ids = sql.push(before).separated(", ");
    for user in users {
        ids.push_bind(user.uuid());
    }
    sql.push(")");
}

/// Ends a statement over tasks: behind the place, in their order.
fn push_by_due(sql: &mut QueryBuilder<Sqlite>, place: Option<(i64, Vec<u8>)>, limit: u32) {
    if let Some((due, id)) = place {
        sql.push(" and (t.due_at, t.id) > (").push_bind(due).push(", ").push_bind(id).push(")");
    }
    sql.push(" order by t.due_at, t.id limit ").push_bind(limit + 1);
}

/// The statement for a page of a work list. The index that leads it has the order, and the lead is looked up for each row.
pub(crate) fn work_list(
    scope: &Scope,
    filter: &TaskFilter,
    place: Option<(i64, Vec<u8>)>,
    limit: u32,
) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(concat!("select ", task_columns!()));
    push_work(&mut sql, scope, filter);
    push_by_due(&mut sql, place, limit);
    sql
}

/// The statement for how many tasks a work list has, up to a limit.
pub(crate) fn work_count(scope: &Scope, filter: &TaskFilter, limit: i64) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new("select count(*) from (select 1");
    push_work(&mut sql, scope, filter);
    sql.push(" limit ").push_bind(limit).push(")");
    sql
}

/// Appends which tasks a work list has.
fn push_work(sql: &mut QueryBuilder<Sqlite>, scope: &Scope, filter: &TaskFilter) {
    sql.push(
        " from task t cross join lead l on l.no = t.lead_no where l.deleted_at is null and t.tenant = ",
    );
    sql.push_bind(scope.tenant.0).push(match filter.state {
        TaskState::Open => " and t.done_at is null",
        TaskState::Done => " and t.done_at is not null",
    });
    match &filter.assignees {
        Assignees::All => {}
        Assignees::Nobody => {
            sql.push(" and t.assignee is null");
        }
        Assignees::Only(users) => push_users(sql, " and t.assignee in (", users.iter()),
    }
    if let Some(from) = filter.due_from {
        sql.push(" and t.due_at >= ").push_bind(from.timestamp_micros());
        if filter.due_before.is_none() {
            sql.push(" and t.due_at < ").push_bind(rows::NO_DATE);
        }
    }
    if let Some(before) = filter.due_before {
        sql.push(" and t.due_at < ").push_bind(before.timestamp_micros());
    }
    push_scope(sql, scope);
}

impl SqliteStorage {
    async fn page_of_tasks(
        &self,
        mut sql: QueryBuilder<Sqlite>,
        list: &'static str,
        limit: u32,
    ) -> Result<Page<Task>> {
        let found = sql.build().fetch_all(&mut *self.readers.acquire().await?).await;
        let found = found.during("read tasks")?;
        let tasks = found.iter().map(rows::task).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(tasks, limit, |last| {
            let due = last.due_at.map_or(rows::NO_DATE, |due| due.timestamp_micros());
            Cursor::new(list, Some(number_key(due)), last.id.uuid().into_bytes())
        }))
    }
}

#[async_trait]
impl TaskStore for SqliteStorage {
    async fn task(&self, scope: &Scope, id: TaskId) -> Result<Option<Task>> {
        let mut sql = QueryBuilder::<Sqlite>::new(concat!(
            "select ",
            task_columns!(),
            " from task t cross join lead l on l.no = t.lead_no where t.tenant = "
        ));
        sql.push_bind(scope.tenant.0).push(" and t.id = ").push_bind(id.uuid());
        push_scope(&mut sql, scope);
        let found = sql.build().fetch_optional(&mut *self.readers.acquire().await?).await;
        found.during("read a task")?.as_ref().map(rows::task).transpose()
    }

    async fn lead_tasks(
        &self,
        scope: &Scope,
        lead: LeadId,
        page: &PageRequest,
    ) -> Result<Page<Task>> {
        let place = after(page, LEAD_TASKS)?;
        let mut sql = QueryBuilder::<Sqlite>::new(concat!(
            "select ",
            task_columns!(),
            " from lead l cross join task t on t.lead_no = l.no where l.tenant = "
        ));
        sql.push_bind(scope.tenant.0).push(" and l.id = ").push_bind(lead.uuid());
        push_scope(&mut sql, scope);
        push_by_due(&mut sql, place, page.limit());
        self.page_of_tasks(sql, LEAD_TASKS, page.limit()).await
    }

    async fn tasks(
        &self,
        scope: &Scope,
        filter: &TaskFilter,
        page: &PageRequest,
    ) -> Result<Page<Task>> {
        let sql = work_list(scope, filter, after(page, TASKS)?, page.limit());
        self.page_of_tasks(sql, TASKS, page.limit()).await
    }

    async fn count_tasks(&self, scope: &Scope, filter: &TaskFilter, cap: u64) -> Result<u64> {
        let limit = i64::try_from(cap).unwrap_or(i64::MAX).saturating_add(1);
        let count: i64 = work_count(scope, filter, limit)
            .build_query_scalar()
            .fetch_one(&mut *self.readers.acquire().await?)
            .await
            .during("count tasks")?;
        Ok(count.unsigned_abs())
    }

    async fn note(&self, scope: &Scope, id: NoteId) -> Result<Option<Note>> {
        let mut sql = QueryBuilder::<Sqlite>::new(concat!(
            "select ",
            note_columns!(),
            " from note n cross join lead l on l.no = n.lead_no where n.tenant = "
        ));
        sql.push_bind(scope.tenant.0).push(" and n.id = ").push_bind(id.uuid());
        push_scope(&mut sql, scope);
        let found = sql.build().fetch_optional(&mut *self.readers.acquire().await?).await;
        found.during("read a note")?.as_ref().map(rows::note).transpose()
    }

    async fn notes(&self, scope: &Scope, lead: LeadId, page: &PageRequest) -> Result<Page<Note>> {
        let (place, limit) = (after(page, NOTES)?, page.limit());
        let mut sql = QueryBuilder::<Sqlite>::new(concat!(
            "select ",
            note_columns!(),
            " from lead l cross join note n on n.lead_no = l.no where l.tenant = "
        ));
        sql.push_bind(scope.tenant.0).push(" and l.id = ").push_bind(lead.uuid());
        push_scope(&mut sql, scope);
        if let Some((at, id)) = place {
            sql.push(" and (n.made_at, n.id) < (").push_bind(at).push(", ").push_bind(id).push(")");
        }
        sql.push(" order by n.made_at desc, n.id desc limit ").push_bind(limit + 1);
        let found = sql.build().fetch_all(&mut *self.readers.acquire().await?).await;
        let found = found.during("read notes")?;
        let notes = found.iter().map(rows::note).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(notes, limit, |last| {
            let key = number_key(last.made_at.timestamp_micros());
            Cursor::new(NOTES, Some(key), last.id.uuid().into_bytes())
        }))
    }
}
