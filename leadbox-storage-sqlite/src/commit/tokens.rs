//! Credentials and tokens. Owns writing them under their revision.

use leadbox_core::proof::{Credential, Token};
use leadbox_core::storage::StorageError;
use sqlx::SqliteConnection;

use super::blame::{Clash, Outcome, none_of};
use super::leads::micros;
use super::setup::before;
use crate::error::{During, failed, is_taken};

const INSERT_CREDENTIAL: &str = r"
    insert into credential (
        revision,
        hash,
        misses,
        locked_until,
        set_at,
        tenant,
        user
    ) values (?, ?, ?, ?, ?, ?, ?)
    on conflict (tenant, user) do nothing";

const UPDATE_CREDENTIAL: &str = r"
    update credential
    set
        revision = ?,
        hash = ?,
        misses = ?,
        locked_until = ?,
        set_at = ?
    where tenant = ?
        and user = ?
        and revision = ?";

/// Makes or replaces credentials.
pub(super) async fn put_credentials(
    connection: &mut SqliteConnection,
    credentials: &[&Credential],
) -> Outcome {
    let mut clashes = Vec::new();
    for one in credentials {
        let stored = before(one.revision);
        let mut query =
            sqlx::query(if stored == 0 { INSERT_CREDENTIAL } else { UPDATE_CREDENTIAL })
                .bind(one.revision.0)
                .bind(&one.hash)
                .bind(one.misses)
                .bind(one.locked_until.map(micros))
                .bind(micros(one.set_at))
                .bind(one.tenant.0)
                .bind(one.user.uuid());
        if stored != 0 {
            query = query.bind(stored);
        }
        let written = query.execute(&mut *connection).await.during("put a credential")?;
        if written.rows_affected() == 0 {
            clashes.push(Clash::alone(StorageError::conflict("credential", one.user)));
        }
    }
    none_of(clashes)
}

const INSERT_TOKEN: &str = r"
    insert into token (
        revision,
        kind,
        digest,
        user,
        details,
        created_at,
        used_at,
        expires_at,
        ended_at,
        gone_at,
        tenant,
        id
    ) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (tenant, id) do nothing";

const UPDATE_TOKEN: &str = r"
    update token
    set
        revision = ?,
        kind = ?,
        digest = ?,
        user = ?,
        details = ?,
        created_at = ?,
        used_at = ?,
        expires_at = ?,
        ended_at = ?,
        gone_at = ?
    where tenant = ?
        and id = ?
        and revision = ?";

/// Makes or replaces tokens.
pub(super) async fn put_tokens(connection: &mut SqliteConnection, tokens: &[&Token]) -> Outcome {
    let mut clashes = Vec::new();
    for one in tokens {
        let stored = before(one.revision);
        let mut query = sqlx::query(if stored == 0 { INSERT_TOKEN } else { UPDATE_TOKEN })
            .bind(one.revision.0)
            .bind(one.kind.code())
            .bind(&one.digest.0[..])
            .bind(one.user.map(|user| user.uuid()))
            .bind(serde_json::to_string(&one.details).during("write a token")?)
            .bind(micros(one.created_at))
            .bind(one.used_at.map(micros))
            .bind(one.expires_at.map(micros))
            .bind(one.ended_at.map(micros))
            .bind(one.gone_at().map(micros))
            .bind(one.tenant.0)
            .bind(one.id.uuid());
        if stored != 0 {
            query = query.bind(stored);
        }
        match query.execute(&mut *connection).await {
            Ok(written) if written.rows_affected() == 0 => {
                clashes.push(Clash::alone(StorageError::conflict("token", one.id)));
            }
            Ok(_) => {}
            Err(error) if is_taken(&error) => {
                clashes.push(Clash::alone(StorageError::already_exists("token by digest", one.id)));
            }
            Err(error) => return Err(failed("put a token", error).into()),
        }
    }
    none_of(clashes)
}
