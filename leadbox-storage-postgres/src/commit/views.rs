//! Saved views. Owns their conditions: they follow the revision before.

use leadbox_core::UserId;

use super::batch::Batch;
use super::statement::{Missing, Statement};
use crate::error::Failure;

/// Adds those that are made or replaced, and takes others away.
pub(super) fn put(statement: &mut Statement, batch: &Batch<'_>) -> Result<(), Failure> {
    put_views(statement, batch)?;
    drop_views(statement, batch);
    Ok(())
}

fn put_views(statement: &mut Statement, batch: &Batch<'_>) -> Result<(), Failure> {
    let rows = &batch.views;
    if rows.is_empty() {
        return Ok(());
    }
    let filters =
        rows.iter().map(|row| serde_json::to_string(&row.filter)).collect::<Result<Vec<_>, _>>()?;
    let columns = rows
        .iter()
        .map(|row| serde_json::to_string(&row.columns))
        .collect::<Result<Vec<_>, _>>()?;
    statement
        .bind(rows.iter().map(|row| row.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.id.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.revision.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.owner.map(UserId::uuid)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.sharing.code()).collect::<Vec<_>>())
        .bind(filters)
        .bind(rows.iter().map(|row| row.search.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.sort.to_string()).collect::<Vec<_>>())
        .bind(columns)
        .part(
            "views",
            r"
            insert into saved_view as v (
                tenant, id, revision, name, owner, sharing, filter, search, sort, columns
            )
            select tenant, id, revision, name, owner, sharing, filter::json, search, sort, columns::json
            from unnest(
                $1::bigint[], $2::uuid[], $3::bigint[], $4::text[], $5::uuid[], $6::smallint[], $7::text[], $8::text[],
                $9::text[], $10::text[]
            ) as w (tenant, id, revision, name, owner, sharing, filter, search, sort, columns)
            where revision = 1
               or exists (select from saved_view as o where o.tenant = w.tenant and o.id = w.id)
            on conflict (tenant, id) do update
            set revision = excluded.revision,
                name = excluded.name,
                owner = excluded.owner,
                sharing = excluded.sharing,
                filter = excluded.filter,
                search = excluded.search,
                sort = excluded.sort,
                columns = excluded.columns
            where v.revision = excluded.revision - 1
            returning tenant, id",
        )
        .all_of(&["tenant", "id"], Missing::Conflict("saved view"));
    Ok(())
}

fn drop_views(statement: &mut Statement, batch: &Batch<'_>) {
    let rows = &batch.dropped_views;
    if rows.is_empty() {
        return;
    }
    statement
        .bind(rows.iter().map(|row| row.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.view.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.before.0).collect::<Vec<_>>())
        .part(
            "dropped_views",
            r"
            delete from saved_view as v
            using unnest($1::bigint[], $2::uuid[], $3::bigint[]) as w (tenant, id, revision)
            where v.tenant = w.tenant
              and v.id = w.id
              and v.revision = w.revision
            returning v.tenant, v.id",
        )
        .all_of(&["tenant", "id"], Missing::Conflict("saved view"));
}
