//! Saved views. Owns writing them and taking them away under their revision.

use leadbox_core::SavedView;
use leadbox_core::storage::{StorageError, ViewDrop};
use sqlx::SqliteConnection;

use super::blame::{Clash, Outcome, none_of};
use super::setup::before;
use crate::error::During;

const INSERT: &str = r"
    insert into saved_view (
        revision,
        name,
        owner,
        sharing,
        filter,
        search,
        sort,
        columns,
        tenant,
        id
    ) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (tenant, id) do nothing";

const UPDATE: &str = r"
    update saved_view
    set
        revision = ?,
        name = ?,
        owner = ?,
        sharing = ?,
        filter = ?,
        search = ?,
        sort = ?,
        columns = ?
    where tenant = ?
        and id = ?
        and revision = ?";

/// Makes or replaces views.
pub(super) async fn put(connection: &mut SqliteConnection, views: &[&SavedView]) -> Outcome {
    let mut clashes = Vec::new();
    for view in views {
        let stored = before(view.revision);
        let mut query = sqlx::query(if stored == 0 { INSERT } else { UPDATE })
            .bind(view.revision.0)
            .bind(&view.name)
            .bind(view.owner.map(|owner| owner.uuid()))
            .bind(view.sharing.code())
            .bind(serde_json::to_string(&view.filter).during("write a view's filter")?)
            .bind(&view.search)
            .bind(view.sort.to_string())
            .bind(serde_json::to_string(&view.columns).during("write a view's columns")?)
            .bind(view.tenant.0)
            .bind(view.id.uuid());
        if stored != 0 {
            query = query.bind(stored);
        }
        let written = query.execute(&mut *connection).await.during("put a view")?;
        if written.rows_affected() == 0 {
            clashes.push(Clash::alone(StorageError::conflict("saved view", view.id)));
        }
    }
    none_of(clashes)
}

const DELETE: &str = r"
    delete from saved_view
    where tenant = ?
        and id = ?
        and revision = ?";

/// Takes views away.
pub(super) async fn drop(connection: &mut SqliteConnection, gone: &[&ViewDrop]) -> Outcome {
    let mut clashes = Vec::new();
    for one in gone {
        let written = sqlx::query(DELETE)
            .bind(one.tenant.0)
            .bind(one.view.uuid())
            .bind(one.before.0)
            .execute(&mut *connection)
            .await
            .during("drop a view")?;
        if written.rows_affected() == 0 {
            clashes.push(Clash::alone(StorageError::conflict("saved view", one.view)));
        }
    }
    none_of(clashes)
}
