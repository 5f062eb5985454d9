//! Tasks and notes. Owns writing them under their revision, for live leads only, and taking them away.

use leadbox_core::storage::{NoteDrop, StorageError, TaskDrop};
use leadbox_core::{Actor, LeadId, Note, Revision, Task, Tenant};
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Sqlite, SqliteConnection};
use uuid::Uuid;

use super::blame::{Clash, Outcome, none_of};
use super::held::Held;
use super::leads::micros;
use super::setup::before;
use crate::error::{During, Result};
use crate::rows::NO_DATE;

/// The number of a live lead; where it is not, that is noted.
fn live(held: &Held, tenant: Tenant, lead: LeadId, clashes: &mut Vec<Clash>) -> Option<i64> {
    let found = held.get(tenant, lead).filter(|lead| !lead.deleted);
    if found.is_none() {
        clashes.push(Clash::of(lead, StorageError::conflict("lead", lead)));
    }
    found.map(|lead| lead.no)
}

fn actor(actor: &Actor) -> Result<String> {
    serde_json::to_string(actor).during("write an actor")
}

const INSERT_TASK: &str = r"
    insert into task (
        revision,
        title,
        details,
        due_at,
        remind_at,
        assignee,
        made_at,
        made_by,
        done_at,
        done_by,
        tenant,
        id,
        lead_no
    ) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (tenant, id) do nothing";

const UPDATE_TASK: &str = r"
    update task
    set
        revision = ?,
        title = ?,
        details = ?,
        due_at = ?,
        remind_at = ?,
        assignee = ?,
        made_at = ?,
        made_by = ?,
        done_at = ?,
        done_by = ?
    where tenant = ?
        and id = ?
        and lead_no = ?
        and revision = ?";

/// Makes or replaces tasks.
pub(super) async fn put_tasks(
    connection: &mut SqliteConnection,
    tasks: &[&Task],
    held: &Held,
) -> Outcome {
    let mut clashes = Vec::new();
    for task in tasks {
        let Some(no) = live(held, task.tenant, task.lead, &mut clashes) else { continue };
        let stored = before(task.revision);
        let mut query = sqlx::query(if stored == 0 { INSERT_TASK } else { UPDATE_TASK })
            .bind(task.revision.0)
            .bind(&task.title)
            .bind(&task.details)
            .bind(task.due_at.map_or(NO_DATE, micros))
            .bind(task.remind_at.map(micros))
            .bind(task.assignee.map(|user| user.uuid()))
            .bind(micros(task.made_at))
            .bind(actor(&task.made_by)?)
            .bind(task.done_at.map(micros))
            .bind(task.done_by.as_ref().map(actor).transpose()?)
            .bind(task.tenant.0)
            .bind(task.id.uuid())
            .bind(no);
        if stored != 0 {
            query = query.bind(stored);
        }
        let written = query.execute(&mut *connection).await.during("put a task")?;
        if written.rows_affected() == 0 {
            clashes.push(Clash::of(task.lead, StorageError::conflict("task", task.id)));
        }
    }
    none_of(clashes)
}

/// Takes tasks away.
pub(super) async fn drop_tasks(
    connection: &mut SqliteConnection,
    gone: &[&TaskDrop],
    held: &Held,
) -> Outcome {
    let mut clashes = Vec::new();
    for TaskDrop { tenant, lead, task, before } in gone {
        let Some(no) = live(held, *tenant, *lead, &mut clashes) else { continue };
        let dropped = sqlx::query(
            "delete from task where tenant = ? and id = ? and lead_no = ? and revision = ?",
        );
        if !drop_row(connection, dropped, (*tenant, task.uuid(), no, *before)).await? {
            clashes.push(Clash::of(*lead, StorageError::conflict("task", task)));
        }
    }
    none_of(clashes)
}

/// Runs a deletion; whether the row was there as expected.
async fn drop_row(
    connection: &mut SqliteConnection,
    statement: Query<'_, Sqlite, SqliteArguments>,
    (tenant, id, lead_no, before): (Tenant, Uuid, i64, Revision),
) -> Result<bool> {
    let statement = statement.bind(tenant.0).bind(id).bind(lead_no).bind(before.0);
    let dropped = statement.execute(connection).await.during("drop a task or note")?;
    Ok(dropped.rows_affected() == 1)
}

const INSERT_NOTE: &str = r"
    insert into note (
        revision,
        text,
        made_at,
        made_by,
        edited_at,
        tenant,
        id,
        lead_no
    ) values (?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (tenant, id) do nothing";

const UPDATE_NOTE: &str = r"
    update note
    set
        revision = ?,
        text = ?,
        made_at = ?,
        made_by = ?,
        edited_at = ?
    where tenant = ?
        and id = ?
        and lead_no = ?
        and revision = ?";

/// Makes or replaces notes.
pub(super) async fn put_notes(
    connection: &mut SqliteConnection,
    notes: &[&Note],
    held: &Held,
) -> Outcome {
    let mut clashes = Vec::new();
    for note in notes {
        let Some(no) = live(held, note.tenant, note.lead, &mut clashes) else { continue };
        let stored = before(note.revision);
        let mut query = sqlx::query(if stored == 0 { INSERT_NOTE } else { UPDATE_NOTE })
            .bind(note.revision.0)
            .bind(&note.text)
            .bind(micros(note.made_at))
            .bind(actor(&note.made_by)?)
            .bind(note.edited_at.map(micros))
            .bind(note.tenant.0)
            .bind(note.id.uuid())
            .bind(no);
        if stored != 0 {
            query = query.bind(stored);
        }
        let written = query.execute(&mut *connection).await.during("put a note")?;
        if written.rows_affected() == 0 {
            clashes.push(Clash::of(note.lead, StorageError::conflict("note", note.id)));
        }
    }
    none_of(clashes)
}

/// Takes notes away.
pub(super) async fn drop_notes(
    connection: &mut SqliteConnection,
    gone: &[&NoteDrop],
    held: &Held,
) -> Outcome {
    let mut clashes = Vec::new();
    for NoteDrop { tenant, lead, note, before } in gone {
        let Some(no) = live(held, *tenant, *lead, &mut clashes) else { continue };
        let dropped = sqlx::query(
            "delete from note where tenant = ? and id = ? and lead_no = ? and revision = ?",
        );
        if !drop_row(connection, dropped, (*tenant, note.uuid(), no, *before)).await? {
            clashes.push(Clash::of(*lead, StorageError::conflict("note", note)));
        }
    }
    none_of(clashes)
}
