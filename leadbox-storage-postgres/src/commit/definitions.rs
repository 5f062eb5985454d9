//! Definitions, users, teams, lanes, checkpoints and replies. Owns their conditions: all but replies follow the revision
//! before.

use leadbox_core::identity::fold;
use leadbox_core::job::Lane;
use leadbox_core::storage::Definition;
use leadbox_core::{TeamId, UserStatus};

use super::batch::Batch;
use super::statement::{Missing, Statement};
use crate::error::Failure;

/// Adds all of them.
pub(super) fn put(statement: &mut Statement, batch: &Batch<'_>) -> Result<(), Failure> {
    put_definitions(statement, batch)?;
    drop_definitions(statement, batch);
    put_users(statement, batch)?;
    put_teams(statement, batch);
    super::views::put(statement, batch)?;
    super::tokens::put(statement, batch)?;
    if batch.finishes.is_empty() {
        // Else a statement of its own has put them: the jobs' ends change the lanes' states, and a row is touched once.
        put_lanes(statement, &batch.lanes)?;
    }
    put_checkpoints(statement, batch)?;
    remember_replies(statement, batch)
}

fn put_definitions(statement: &mut Statement, batch: &Batch<'_>) -> Result<(), Failure> {
    let rows = &batch.definitions;
    if rows.is_empty() {
        return Ok(());
    }
    let bodies = rows
        .iter()
        .map(|row| serde_json::to_string::<Definition>(&row.definition))
        .collect::<Result<Vec<_>, _>>()?;
    statement
        .bind(rows.iter().map(|row| row.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.definition.kind().as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.definition.key()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.before.next().0).collect::<Vec<_>>())
        .bind(bodies)
        .part(
            "definitions",
            r"
            insert into definition as d (tenant, kind, key, revision, body)
            select tenant, kind, key, revision, body::json
            from unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::text[])
                as w (tenant, kind, key, revision, body)
            where revision = 1
               or exists (
                    select from definition as o where o.tenant = w.tenant and o.kind = w.kind and o.key = w.key
               )
            on conflict (tenant, kind, key) do update
            set revision = excluded.revision,
                body = excluded.body
            where d.revision = excluded.revision - 1
            returning tenant, kind, key",
        )
        .all_of(&["tenant", "kind", "key"], Missing::Conflict("definition"));
    Ok(())
}

fn drop_definitions(statement: &mut Statement, batch: &Batch<'_>) {
    let rows = &batch.dropped_definitions;
    if rows.is_empty() {
        return;
    }
    statement
        .bind(rows.iter().map(|row| row.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.kind.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.key.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.before.0).collect::<Vec<_>>())
        .part(
            "dropped_definitions",
            r"
            delete from definition as d
            using unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[])
                as w (tenant, kind, key, revision)
            where d.tenant = w.tenant
              and d.kind = w.kind
              and d.key = w.key
              and d.revision = w.revision
            returning d.tenant, d.kind, d.key",
        )
        .all_of(&["tenant", "kind", "key"], Missing::Conflict("definition"));
}

fn put_users(statement: &mut Statement, batch: &Batch<'_>) -> Result<(), Failure> {
    let rows = &batch.users;
    if rows.is_empty() {
        return Ok(());
    }
    let roles =
        rows.iter().map(|row| serde_json::to_string(&row.roles)).collect::<Result<Vec<_>, _>>()?;
    statement
        .bind(rows.iter().map(|row| row.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.id.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.revision.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.email.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| fold(&row.email)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.team.map(TeamId::uuid)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.status == UserStatus::Disabled).collect::<Vec<_>>())
        .bind(roles)
        .bind(rows.iter().map(|row| row.zone.map(|zone| zone.name())).collect::<Vec<_>>())
        .part(
            "users",
            r"
            insert into app_user as u (
                tenant, id, revision, name, email, email_key, team, disabled, roles, zone
            )
            select tenant, id, revision, name, email, email_key, team, disabled, roles::json, zone
            from unnest(
                $1::bigint[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::boolean[],
                $9::text[], $10::text[]
            ) as w (tenant, id, revision, name, email, email_key, team, disabled, roles, zone)
            where revision = 1
               or exists (select from app_user as o where o.tenant = w.tenant and o.id = w.id)
            on conflict (tenant, id) do update
            set revision = excluded.revision,
                name = excluded.name,
                email = excluded.email,
                email_key = excluded.email_key,
                team = excluded.team,
                disabled = excluded.disabled,
                roles = excluded.roles,
                zone = excluded.zone
            where u.revision = excluded.revision - 1
            returning tenant, id",
        )
        .all_of(&["tenant", "id"], Missing::Conflict("user"));
    Ok(())
}

fn put_teams(statement: &mut Statement, batch: &Batch<'_>) {
    let rows = &batch.teams;
    if rows.is_empty() {
        return;
    }
    statement
        .bind(rows.iter().map(|row| row.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.id.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.revision.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.parent.map(TeamId::uuid)).collect::<Vec<_>>())
        .part(
            "teams",
            r"
            insert into team as t (tenant, id, revision, name, parent)
            select *
            from unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::text[], $5::uuid[])
                as w (tenant, id, revision, name, parent)
            where revision = 1
               or exists (select from team as o where o.tenant = w.tenant and o.id = w.id)
            on conflict (tenant, id) do update
            set revision = excluded.revision,
                name = excluded.name,
                parent = excluded.parent
            where t.revision = excluded.revision - 1
            returning tenant, id",
        )
        .all_of(&["tenant", "id"], Missing::Conflict("team"));
}

/// Adds lanes; the state of one that is there stays.
pub(super) fn put_lanes(statement: &mut Statement, rows: &[&Lane]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let settings = rows.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
    let state = serde_json::to_string(&leadbox_core::job::LaneState::default())?;
    statement
        .bind(rows.iter().map(|row| row.key.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.key.queue.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.key.name.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.revision.0).collect::<Vec<_>>())
        .bind(settings)
        .bind(rows.iter().map(|row| row.is_limited()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.breaker.is_some()).collect::<Vec<_>>())
        .bind(state)
        .part(
            "lanes",
            r"
            insert into lane as l (tenant, queue, name, revision, settings, limited, breaks, state)
            select tenant, queue, name, revision, settings::json, limited, breaks, $8::json
            from unnest(
                $1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::boolean[], $7::boolean[]
            ) as w (tenant, queue, name, revision, settings, limited, breaks)
            where revision = 1
               or exists (
                    select from lane as o where o.tenant = w.tenant and o.queue = w.queue and o.name = w.name
               )
            on conflict (tenant, queue, name) do update
            set revision = excluded.revision,
                settings = excluded.settings,
                limited = excluded.limited,
                breaks = excluded.breaks
            where l.revision = excluded.revision - 1
            returning tenant, queue, name",
        )
        .all_of(&["tenant", "queue", "name"], Missing::Conflict("lane"));
    Ok(())
}

fn put_checkpoints(statement: &mut Statement, batch: &Batch<'_>) -> Result<(), Failure> {
    let rows = &batch.checkpoints;
    if rows.is_empty() {
        return Ok(());
    }
    let bodies =
        rows.iter().map(|row| serde_json::to_string(&row.body)).collect::<Result<Vec<_>, _>>()?;
    statement
        .bind(rows.iter().map(|row| row.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.revision.0).collect::<Vec<_>>())
        .bind(bodies)
        .bind(rows.iter().map(|row| row.at).collect::<Vec<_>>())
        .part(
            "checkpoints",
            r"
            insert into checkpoint as c (tenant, name, revision, body, at)
            select tenant, name, revision, body::json, at
            from unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::timestamptz[])
                as w (tenant, name, revision, body, at)
            where revision = 1
               or exists (select from checkpoint as o where o.tenant = w.tenant and o.name = w.name)
            on conflict (tenant, name) do update
            set revision = excluded.revision,
                body = excluded.body,
                at = excluded.at
            where c.revision = excluded.revision - 1
            returning tenant, name",
        )
        .all_of(&["tenant", "name"], Missing::Conflict("checkpoint"));
    Ok(())
}

fn remember_replies(statement: &mut Statement, batch: &Batch<'_>) -> Result<(), Failure> {
    let rows = &batch.replies;
    if rows.is_empty() {
        return Ok(());
    }
    let bodies =
        rows.iter().map(|row| serde_json::to_string(&row.body)).collect::<Result<Vec<_>, _>>()?;
    statement
        .bind(rows.iter().map(|row| row.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.key.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.request.as_slice()).collect::<Vec<_>>())
        .bind(bodies)
        .bind(rows.iter().map(|row| row.at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.expires_at).collect::<Vec<_>>())
        .part(
            "replies",
            r"
            insert into reply as r (tenant, key, request, body, at, expires_at)
            select tenant, key, request, body::json, at, expires_at
            from unnest(
                $1::bigint[], $2::text[], $3::bytea[], $4::text[], $5::timestamptz[], $6::timestamptz[]
            ) as w (tenant, key, request, body, at, expires_at)
            on conflict (tenant, key) do update
            set request = excluded.request,
                body = excluded.body,
                at = excluded.at,
                expires_at = excluded.expires_at
            where r.expires_at <= excluded.at
            returning tenant, key",
        )
        .all_of(&["tenant", "key"], Missing::Taken("reply"));
    Ok(())
}
