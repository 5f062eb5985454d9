//! Credentials and tokens. Owns their conditions: they follow the revision before.

use leadbox_core::{Timestamp, UserId};

use super::batch::Batch;
use super::statement::{Missing, Statement};
use crate::error::Failure;
use crate::rows::storable;

/// Adds all of them.
pub(super) fn put(statement: &mut Statement, batch: &Batch<'_>) -> Result<(), Failure> {
    put_credentials(statement, batch);
    put_tokens(statement, batch)
}

fn moment(at: Option<Timestamp>) -> Option<Timestamp> {
    at.map(storable)
}

fn put_credentials(statement: &mut Statement, batch: &Batch<'_>) {
    let rows = &batch.credentials;
    if rows.is_empty() {
        return;
    }
    statement
        .bind(rows.iter().map(|row| row.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.user.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.revision.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.hash.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| i32::try_from(row.misses).unwrap_or(i32::MAX)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| moment(row.locked_until)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| storable(row.set_at)).collect::<Vec<_>>())
        .part(
            "credentials",
            r"
            insert into credential as c (tenant, user_id, revision, hash, misses, locked_until, set_at)
            select *
            from unnest(
                $1::bigint[], $2::uuid[], $3::bigint[], $4::text[], $5::integer[], $6::timestamptz[], $7::timestamptz[]
            ) as w (tenant, user_id, revision, hash, misses, locked_until, set_at)
            where revision = 1
               or exists (select from credential as o where o.tenant = w.tenant and o.user_id = w.user_id)
            on conflict (tenant, user_id) do update
            set revision = excluded.revision,
                hash = excluded.hash,
                misses = excluded.misses,
                locked_until = excluded.locked_until,
                set_at = excluded.set_at
            where c.revision = excluded.revision - 1
            returning tenant, user_id as id",
        )
        .all_of(&["tenant", "id"], Missing::Conflict("credential"));
}

fn put_tokens(statement: &mut Statement, batch: &Batch<'_>) -> Result<(), Failure> {
    let rows = &batch.tokens;
    if rows.is_empty() {
        return Ok(());
    }
    let details = rows
        .iter()
        .map(|row| serde_json::to_string(&row.details))
        .collect::<Result<Vec<_>, _>>()?;
    statement
        .bind(rows.iter().map(|row| row.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.id.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.revision.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.kind.code()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.digest.0.to_vec()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.user.map(UserId::uuid)).collect::<Vec<_>>())
        .bind(details)
        .bind(rows.iter().map(|row| storable(row.created_at)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| moment(row.used_at)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| moment(row.expires_at)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| moment(row.ended_at)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| moment(row.gone_at())).collect::<Vec<_>>())
        .part(
            "tokens",
            r"
            insert into token as t (
                tenant, id, revision, kind, digest, user_id, details, created_at, used_at, expires_at, ended_at, gone_at
            )
            select
                tenant, id, revision, kind, digest, user_id, details::json, created_at, used_at, expires_at, ended_at,
                gone_at
            from unnest(
                $1::bigint[], $2::uuid[], $3::bigint[], $4::smallint[], $5::bytea[], $6::uuid[], $7::text[],
                $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[]
            ) as w (
                tenant, id, revision, kind, digest, user_id, details, created_at, used_at, expires_at, ended_at, gone_at
            )
            where revision = 1
               or exists (select from token as o where o.tenant = w.tenant and o.id = w.id)
            on conflict (tenant, id) do update
            set revision = excluded.revision,
                kind = excluded.kind,
                digest = excluded.digest,
                user_id = excluded.user_id,
                details = excluded.details,
                created_at = excluded.created_at,
                used_at = excluded.used_at,
                expires_at = excluded.expires_at,
                ended_at = excluded.ended_at,
                gone_at = excluded.gone_at
            where t.revision = excluded.revision - 1
            returning tenant, id",
        )
        .all_of(&["tenant", "id"], Missing::Conflict("token"));
    Ok(())
}
