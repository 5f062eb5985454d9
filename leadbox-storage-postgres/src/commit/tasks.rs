//! Tasks and notes. Owns their conditions: they follow the revision before, with the same lead. That the lead is live is
//! checked with the pulses.

use leadbox_core::UserId;

use super::batch::Batch;
use super::statement::{Missing, Statement};
use crate::error::Failure;
use crate::rows::storable;

/// Adds all of them.
pub(super) fn write(statement: &mut Statement, batch: &Batch<'_>) -> Result<(), Failure> {
    put_tasks(statement, batch)?;
    drop_tasks(statement, batch);
    put_notes(statement, batch)?;
    drop_notes(statement, batch);
    Ok(())
}

fn put_tasks(statement: &mut Statement, batch: &Batch<'_>) -> Result<(), Failure> {
    let rows = &batch.tasks;
    if rows.is_empty() {
        return Ok(());
    }
    let made_by = rows.iter().map(|row| serde_json::to_string(&row.made_by));
    let done_by =
        rows.iter().map(|row| row.done_by.as_ref().map(serde_json::to_string).transpose());
    statement
        .bind(rows.iter().map(|row| row.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.id.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lead.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.revision.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.title.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.details.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.due_at.map(storable)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.remind_at.map(storable)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.assignee.map(UserId::uuid)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| storable(row.made_at)).collect::<Vec<_>>())
        .bind(made_by.collect::<Result<Vec<_>, _>>()?)
        .bind(rows.iter().map(|row| row.done_at.map(storable)).collect::<Vec<_>>())
        .bind(done_by.collect::<Result<Vec<_>, _>>()?)
        .part(
            "tasks",
            r"
            insert into task as t (
                tenant, id, lead, revision, title, details, due_at, remind_at, assignee, made_at, made_by, done_at, done_by
            )
            select
                tenant, id, lead, revision, title, details, due_at, remind_at, assignee, made_at, made_by::json, done_at,
                done_by::json
            from unnest(
                $1::bigint[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::timestamptz[],
                $8::timestamptz[], $9::uuid[], $10::timestamptz[], $11::text[], $12::timestamptz[], $13::text[]
            ) as w (
                tenant, id, lead, revision, title, details, due_at, remind_at, assignee, made_at, made_by, done_at, done_by
            )
            where revision = 1
               or exists (select from task as o where o.tenant = w.tenant and o.id = w.id)
            on conflict (tenant, id) do update
            set revision = excluded.revision,
                title = excluded.title,
                details = excluded.details,
                due_at = excluded.due_at,
                remind_at = excluded.remind_at,
                assignee = excluded.assignee,
                made_at = excluded.made_at,
                made_by = excluded.made_by,
                done_at = excluded.done_at,
                done_by = excluded.done_by
            where t.revision = excluded.revision - 1
              and t.lead = excluded.lead
            returning tenant, id",
        )
        .all_of(&["tenant", "id"], Missing::Conflict("task"));
    Ok(())
}

fn drop_tasks(statement: &mut Statement, batch: &Batch<'_>) {
    let rows = &batch.dropped_tasks;
    if rows.is_empty() {
        return;
    }
    statement
        .bind(rows.iter().map(|row| row.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.task.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lead.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.before.0).collect::<Vec<_>>())
        .part(
            "dropped_tasks",
            r"
            delete from task as t
            using unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::bigint[]) as w (tenant, id, lead, revision)
            where t.tenant = w.tenant
              and t.id = w.id
              and t.lead = w.lead
              and t.revision = w.revision
            returning t.tenant, t.id",
        )
        .all_of(&["tenant", "id"], Missing::Conflict("task"));
}

fn put_notes(statement: &mut Statement, batch: &Batch<'_>) -> Result<(), Failure> {
    let rows = &batch.notes;
    if rows.is_empty() {
        return Ok(());
    }
    let made_by = rows.iter().map(|row| serde_json::to_string(&row.made_by));
    statement
        .bind(rows.iter().map(|row| row.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.id.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lead.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.revision.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.text.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| storable(row.made_at)).collect::<Vec<_>>())
        .bind(made_by.collect::<Result<Vec<_>, _>>()?)
        .bind(rows.iter().map(|row| row.edited_at.map(storable)).collect::<Vec<_>>())
        .part(
            "notes",
            r"
            insert into note as n (tenant, id, lead, revision, text, made_at, made_by, edited_at)
            select tenant, id, lead, revision, text, made_at, made_by::json, edited_at
            from unnest(
                $1::bigint[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::timestamptz[], $7::text[],
                $8::timestamptz[]
            ) as w (tenant, id, lead, revision, text, made_at, made_by, edited_at)
            where revision = 1
               or exists (select from note as o where o.tenant = w.tenant and o.id = w.id)
            on conflict (tenant, id) do update
            set revision = excluded.revision,
                text = excluded.text,
                made_at = excluded.made_at,
                made_by = excluded.made_by,
                edited_at = excluded.edited_at
            where n.revision = excluded.revision - 1
              and n.lead = excluded.lead
            returning tenant, id",
        )
        .all_of(&["tenant", "id"], Missing::Conflict("note"));
    Ok(())
}

fn drop_notes(statement: &mut Statement, batch: &Batch<'_>) {
    let rows = &batch.dropped_notes;
    if rows.is_empty() {
        return;
    }
    statement
        .bind(rows.iter().map(|row| row.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.note.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lead.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.before.0).collect::<Vec<_>>())
        .part(
            "dropped_notes",
            r"
            delete from note as n
            using unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::bigint[]) as w (tenant, id, lead, revision)
            where n.tenant = w.tenant
              and n.id = w.id
              and n.lead = w.lead
              and n.revision = w.revision
            returning n.tenant, n.id",
        )
        .all_of(&["tenant", "id"], Missing::Conflict("note"));
}
