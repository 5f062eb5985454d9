//! Interactions and stays. Owns how marking an interaction is summed up again; the activity that new ones add goes with
//! the lead's pulse.

use std::collections::{BTreeMap, HashSet};

use leadbox_core::{Actor, Judge, LeadId, Stay, StorageError, Suspicion, Tenant};
use sqlx::postgres::PgConnection;

use super::batch::Batch;
use super::statement::{Missing, Statement};
use crate::error::Failure;
use crate::rows::never;

/// Adds new interactions; that their leads are live is checked with the pulses.
pub(super) fn insert(statement: &mut Statement, batch: &Batch<'_>) -> Result<(), Failure> {
    let rows = &batch.interactions;
    if rows.is_empty() {
        return Ok(());
    }
    let props =
        rows.iter().map(|row| serde_json::to_string(&row.props)).collect::<Result<Vec<_>, _>>()?;
    statement
        .bind(rows.iter().map(|row| row.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.id.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lead.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.kind.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.received_at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.key.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.suspicion == Suspicion::Suspect).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.judge == Judge::Somebody).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.reason.as_deref()).collect::<Vec<_>>())
        .bind(props)
        .part(
            "interactions_in",
            r"
            insert into interaction (
                tenant,
                id,
                lead,
                kind,
                at,
                received_at,
                key,
                suspect,
                decided,
                reason,
                props
            )
            select tenant, id, lead, kind, at, received_at, key, suspect, decided, reason, props::json
            from unnest(
                $1::bigint[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[],
                $8::boolean[], $9::boolean[], $10::text[], $11::text[]
            ) as w (tenant, id, lead, kind, at, received_at, key, suspect, decided, reason, props)",
        );
    Ok(())
}

/// Marks and clears interactions, with their leads' pulses locked: whoever sums up next has to see this.
pub(super) async fn mark(connection: &mut PgConnection, batch: &Batch<'_>) -> Result<(), Failure> {
    let marks = &batch.marks;
    if marks.is_empty() {
        return Ok(());
    }
    let leads = marked_leads(batch);
    sqlx::query(
        r"
        select p.lead
        from unnest($1::bigint[], $2::uuid[]) as w (tenant, lead)
        join lead_pulse as p on p.tenant = w.tenant and p.lead = w.lead
        order by p.tenant, p.lead
        for update of p",
    )
    .bind(leads.keys().map(|(tenant, _)| tenant.0).collect::<Vec<_>>())
    .bind(leads.keys().map(|(_, lead)| lead.uuid()).collect::<Vec<_>>())
    .execute(&mut *connection)
    .await?;
    let marked: Vec<uuid::Uuid> = sqlx::query_scalar(
        r"
        update interaction as i
        set suspect = w.after,
            decided = w.decided_after,
            reason = w.reason
        from unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::boolean[], $5::boolean[], $6::boolean[], $7::boolean[], $8::text[])
            as w (tenant, id, lead, before, decided_before, after, decided_after, reason)
        where i.tenant = w.tenant
          and i.id = w.id
          and i.lead = w.lead
          and i.suspect = w.before
          and i.decided = w.decided_before
        returning i.id",
    )
    .bind(marks.iter().map(|mark| mark.tenant.0).collect::<Vec<_>>())
    .bind(marks.iter().map(|mark| mark.interaction.uuid()).collect::<Vec<_>>())
    .bind(marks.iter().map(|mark| mark.lead.uuid()).collect::<Vec<_>>())
    .bind(marks.iter().map(|mark| mark.before == Suspicion::Suspect).collect::<Vec<_>>())
    .bind(marks.iter().map(|mark| mark.judge_before == Judge::Somebody).collect::<Vec<_>>())
    .bind(marks.iter().map(|mark| mark.after == Suspicion::Suspect).collect::<Vec<_>>())
    .bind(marks.iter().map(|mark| mark.judge == Judge::Somebody).collect::<Vec<_>>())
    .bind(marks.iter().map(|mark| mark.reason.as_deref()).collect::<Vec<_>>())
    .fetch_all(connection)
    .await?;
    match marks.iter().find(|mark| !marked.contains(&mark.interaction.uuid())) {
        Some(mark) => Err(StorageError::conflict("interaction", mark.interaction).into()),
        None => Ok(()),
    }
}

/// Sums the marked leads' activity up again, once everything else of the set is written.
pub(super) async fn sum_up_marked(
    connection: &mut PgConnection,
    batch: &Batch<'_>,
) -> Result<(), Failure> {
    if batch.marks.is_empty() {
        return Ok(());
    }
    let leads = marked_leads(batch);
    sqlx::query(
        r"
        update lead_pulse as p
        set interactions = p.interactions + w.more,
            last_at = coalesce(
                (
                    select i.at
                    from interaction as i
                    where i.tenant = w.tenant and i.lead = w.lead and not i.suspect
                    order by i.at desc, i.id desc
                    limit 1
                ),
                $4
            )
        from unnest($1::bigint[], $2::uuid[], $3::bigint[]) as w (tenant, lead, more)
        where p.tenant = w.tenant
          and p.lead = w.lead",
    )
    .bind(leads.keys().map(|(tenant, _)| tenant.0).collect::<Vec<_>>())
    .bind(leads.keys().map(|(_, lead)| lead.uuid()).collect::<Vec<_>>())
    .bind(leads.values().copied().collect::<Vec<i64>>())
    .bind(never())
    .execute(connection)
    .await?;
    Ok(())
}

/// The leads of marked interactions, each with how many more of its interactions count afterwards.
fn marked_leads(batch: &Batch<'_>) -> BTreeMap<(Tenant, LeadId), i64> {
    let mut leads = BTreeMap::new();
    for mark in &batch.marks {
        *leads.entry((mark.tenant, mark.lead)).or_default() += match (mark.before, mark.after) {
            (Suspicion::Suspect, Suspicion::Clear) => 1,
            (Suspicion::Clear, Suspicion::Suspect) => -1,
            _ => 0,
        };
    }
    leads
}

/// Adds the ends of stays, and behind them the beginnings: a lead has one open stay.
pub(super) fn move_stays(statement: &mut Statement, batch: &Batch<'_>) -> Result<(), Failure> {
    close_stays(statement, &batch.closed_stays)?;
    if batch.open_stays.is_empty() {
        return Ok(());
    }
    // The rest is known to be there, because the set inserts or changes it.
    let known: HashSet<(Tenant, LeadId)> = batch
        .new_leads
        .iter()
        .map(|row| (row.lead.tenant, row.lead.id))
        .chain(batch.leads.iter().map(|update| (update.after.lead.tenant, update.after.lead.id)))
        .collect();
    let rows = &batch.open_stays;
    let unknown: Vec<&Stay> =
        rows.iter().copied().filter(|stay| !known.contains(&(stay.tenant, stay.lead))).collect();
    let actors = |actor: fn(&Stay) -> Option<&Actor>| {
        rows.iter()
            .map(|row| actor(row).map(serde_json::to_string).transpose())
            .collect::<Result<Vec<_>, _>>()
    };
    statement
        .bind(rows.iter().map(|row| row.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.id.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lead.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.pipeline.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.stage.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.entered_at).collect::<Vec<_>>())
        .bind(actors(|row| Some(&row.entered_by))?)
        .bind(rows.iter().map(|row| row.left_at).collect::<Vec<_>>())
        .bind(actors(|row| row.left_by.as_ref())?)
        .bind(unknown.iter().map(|row| row.tenant.0).collect::<Vec<_>>())
        .bind(unknown.iter().map(|row| row.lead.uuid()).collect::<Vec<_>>());
    let insert = if batch.closed_stays.is_empty() {
        r"
        insert into stay (
            tenant,
            id,
            lead,
            pipeline,
            stage,
            entered_at,
            entered_by,
            left_at,
            left_by
        )
        select tenant, id, lead, pipeline, stage, entered_at, entered_by::json, left_at, left_by::json
        from unnest(
            $1::bigint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::timestamptz[], $7::text[],
            $8::timestamptz[], $9::text[]
        ) as w (tenant, id, lead, pipeline, stage, entered_at, entered_by, left_at, left_by)"
    } else {
        r"
        insert into stay (
            tenant,
            id,
            lead,
            pipeline,
            stage,
            entered_at,
            entered_by,
            left_at,
            left_by
        )
        select tenant, id, lead, pipeline, stage, entered_at, entered_by::json, left_at, left_by::json
        from unnest(
            $1::bigint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::timestamptz[], $7::text[],
            $8::timestamptz[], $9::text[]
        ) as w (tenant, id, lead, pipeline, stage, entered_at, entered_by, left_at, left_by)
        where (select count(*) from stays_out) >= 0"
    };
    statement.part("stays_in", insert).check(
        r"coalesce(
            (
                select leadbox_conflict('lead', w.lead::text)
                from (
                    select lead
                    from unnest($10::bigint[], $11::uuid[]) as w (tenant, lead)
                    where not exists (select from lead where lead.tenant = w.tenant and lead.id = w.lead)
                    limit 1
                ) as w
            ),
            0
        )",
    );
    Ok(())
}

fn close_stays(statement: &mut Statement, rows: &[&Stay]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let left_by = rows
        .iter()
        .map(|row| row.left_by.as_ref().map(serde_json::to_string).transpose())
        .collect::<Result<Vec<_>, _>>()?;
    statement
        .bind(rows.iter().map(|row| row.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.id.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lead.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.left_at).collect::<Vec<_>>())
        .bind(left_by)
        .part(
            "stays_out",
            r"
            update stay
            set left_at = w.left_at,
                left_by = w.left_by::json
            from unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[])
                as w (tenant, id, lead, left_at, left_by)
            where stay.tenant = w.tenant
              and stay.id = w.id
              and stay.lead = w.lead
              and coalesce(stay.left_at, 'infinity') = 'infinity'
            returning stay.tenant, stay.id",
        )
        .all_of(&["tenant", "id"], Missing::Conflict("stay"));
    Ok(())
}
