//! Definitions. Owns writing them and taking them away under their revision.

use leadbox_core::Revision;
use leadbox_core::storage::{DefinitionDrop, DefinitionUpdate, StorageError};
use sqlx::SqliteConnection;

use super::blame::{Clash, Outcome, none_of};
use crate::error::During;

const INSERT: &str = r"
    insert into definition (
        revision,
        body,
        tenant,
        kind,
        key
    ) values (?, ?, ?, ?, ?)
    on conflict (tenant, kind, key) do nothing";

const UPDATE: &str = r"
    update definition
    set
        revision = ?,
        body = ?
    where tenant = ?
        and kind = ?
        and key = ?
        and revision = ?";

/// Makes or replaces definitions.
pub(super) async fn put(
    connection: &mut SqliteConnection,
    updates: &[&DefinitionUpdate],
) -> Outcome {
    let mut clashes = Vec::new();
    for update in updates {
        let definition = &update.definition;
        let is_new = update.before == Revision(0);
        let mut query = sqlx::query(if is_new { INSERT } else { UPDATE })
            .bind(update.before.next().0)
            .bind(serde_json::to_string(definition).during("write a definition")?)
            .bind(update.tenant.0)
            .bind(definition.kind().as_str())
            .bind(definition.key());
        if !is_new {
            query = query.bind(update.before.0);
        }
        let written = query.execute(&mut *connection).await.during("put a definition")?;
        if written.rows_affected() == 0 {
            clashes.push(Clash::alone(StorageError::conflict("definition", definition.key())));
        }
    }
    none_of(clashes)
}

const DELETE: &str = r"
    delete from definition
    where tenant = ?
        and kind = ?
        and key = ?
        and revision = ?";

/// Takes definitions away.
pub(super) async fn drop(connection: &mut SqliteConnection, gone: &[&DefinitionDrop]) -> Outcome {
    let mut clashes = Vec::new();
    for one in gone {
        let written = sqlx::query(DELETE)
            .bind(one.tenant.0)
            .bind(one.kind.as_str())
            .bind(&one.key)
            .bind(one.before.0)
            .execute(&mut *connection)
            .await
            .during("drop a definition")?;
        if written.rows_affected() == 0 {
            clashes.push(Clash::alone(StorageError::conflict("definition", &one.key)));
        }
    }
    none_of(clashes)
}
