//! Users, teams, lanes, checkpoints and replies: rows that are few, each under its own revision or expiry.

use leadbox_core::identity::fold;
use leadbox_core::job::{Lane, LaneState};
use leadbox_core::storage::{Checkpoint, Reply, StorageError};
use leadbox_core::{Revision, Team, User, UserStatus};
use sqlx::SqliteConnection;

use super::blame::{Clash, Outcome, none_of};
use super::leads::micros;
use crate::error::{During, failed, is_taken};

/// What a row has to be stored at, to be followed by this revision.
pub(super) fn before(next: Revision) -> i64 {
    next.0.saturating_sub(1)
}

const INSERT_USER: &str = r"
    insert into app_user (
        revision,
        name,
        email,
        email_key,
        team,
        disabled,
        roles,
        zone,
        tenant,
        id
    ) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (tenant, id) do nothing";

const UPDATE_USER: &str = r"
    update app_user
    set
        revision = ?,
        name = ?,
        email = ?,
        email_key = ?,
        team = ?,
        disabled = ?,
        roles = ?,
        zone = ?
    where tenant = ?
        and id = ?
        and revision = ?";

/// Makes or replaces users.
pub(super) async fn put_users(connection: &mut SqliteConnection, users: &[&User]) -> Outcome {
    let mut clashes = Vec::new();
    for user in users {
        let stored = before(user.revision);
        let email_key = fold(&user.email);
        let mut query = sqlx::query(if stored == 0 { INSERT_USER } else { UPDATE_USER })
            .bind(user.revision.0)
            .bind(&user.name)
            .bind(&user.email)
            .bind(&email_key)
            .bind(user.team.map(|team| team.uuid()))
            .bind(user.status == UserStatus::Disabled)
            .bind(serde_json::to_string(&user.roles).during("write a user's roles")?)
            .bind(user.zone.map(|zone| zone.name()))
            .bind(user.tenant.0)
            .bind(user.id.uuid());
        if stored != 0 {
            query = query.bind(stored);
        }
        match query.execute(&mut *connection).await {
            Ok(written) if written.rows_affected() == 0 => {
                clashes.push(Clash::alone(StorageError::conflict("user", user.id)));
            }
            Ok(_) => {}
            Err(error) if is_taken(&error) => {
                clashes
                    .push(Clash::alone(StorageError::already_exists("user by email", email_key)));
            }
            Err(error) => return Err(failed("put a user", error).into()),
        }
    }
    none_of(clashes)
}

const INSERT_TEAM: &str = r"
    insert into team (
        revision,
        name,
        parent,
        tenant,
        id
    ) values (?, ?, ?, ?, ?)
    on conflict (tenant, id) do nothing";

const UPDATE_TEAM: &str = r"
    update team
    set
        revision = ?,
        name = ?,
        parent = ?
    where tenant = ?
        and id = ?
        and revision = ?";

/// Makes or replaces teams.
pub(super) async fn put_teams(connection: &mut SqliteConnection, teams: &[&Team]) -> Outcome {
    let mut clashes = Vec::new();
    for team in teams {
        let stored = before(team.revision);
        let mut query = sqlx::query(if stored == 0 { INSERT_TEAM } else { UPDATE_TEAM })
            .bind(team.revision.0)
            .bind(&team.name)
            .bind(team.parent.map(|parent| parent.uuid()))
            .bind(team.tenant.0)
            .bind(team.id.uuid());
        if stored != 0 {
            query = query.bind(stored);
        }
        let written = query.execute(&mut *connection).await.during("put a team")?;
        if written.rows_affected() == 0 {
            clashes.push(Clash::alone(StorageError::conflict("team", team.id)));
        }
    }
    none_of(clashes)
}

const INSERT_LANE: &str = r"
    insert into lane (
        revision,
        limited,
        settings,
        tenant,
        queue,
        name,
        arrival,
        breaker
    ) values (?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (tenant, queue, name) do nothing";

/// The lane's state stays.
const UPDATE_LANE: &str = r"
    update lane
    set
        revision = ?,
        limited = ?,
        settings = ?
    where tenant = ?
        and queue = ?
        and name = ?
        and revision = ?";

/// Sets lanes up or changes them.
pub(super) async fn put_lanes(connection: &mut SqliteConnection, lanes: &[&Lane]) -> Outcome {
    let mut clashes = Vec::new();
    for lane in lanes {
        let stored = before(lane.revision);
        let mut query = sqlx::query(if stored == 0 { INSERT_LANE } else { UPDATE_LANE })
            .bind(lane.revision.0)
            .bind(lane.is_limited())
            .bind(serde_json::to_string(lane).during("write a lane")?)
            .bind(lane.key.tenant.0)
            .bind(&lane.key.queue)
            .bind(&lane.key.name);
        if stored == 0 {
            let state = LaneState::default();
            let breaker = serde_json::to_string(&state.breaker).during("write a lane")?;
            query = query.bind(state.arrival).bind(breaker);
        } else {
            query = query.bind(stored);
        }
        let written = query.execute(&mut *connection).await.during("put a lane")?;
        if written.rows_affected() == 0 {
            clashes.push(Clash::alone(StorageError::conflict("lane", &lane.key.name)));
        }
    }
    none_of(clashes)
}

const INSERT_CHECKPOINT: &str = r"
    insert into checkpoint (
        revision,
        body,
        at,
        tenant,
        name
    ) values (?, ?, ?, ?, ?)
    on conflict (tenant, name) do nothing";

const UPDATE_CHECKPOINT: &str = r"
    update checkpoint
    set
        revision = ?,
        body = ?,
        at = ?
    where tenant = ?
        and name = ?
        and revision = ?";

/// Notes progress.
pub(super) async fn put_checkpoints(
    connection: &mut SqliteConnection,
    checkpoints: &[&Checkpoint],
) -> Outcome {
    let mut clashes = Vec::new();
    for checkpoint in checkpoints {
        let stored = before(checkpoint.revision);
        let mut query =
            sqlx::query(if stored == 0 { INSERT_CHECKPOINT } else { UPDATE_CHECKPOINT })
                .bind(checkpoint.revision.0)
                .bind(serde_json::to_string(&checkpoint.body).during("write a checkpoint")?)
                .bind(micros(checkpoint.at))
                .bind(checkpoint.tenant.0)
                .bind(&checkpoint.name);
        if stored != 0 {
            query = query.bind(stored);
        }
        let written = query.execute(&mut *connection).await.during("put a checkpoint")?;
        if written.rows_affected() == 0 {
            clashes.push(Clash::alone(StorageError::conflict("checkpoint", &checkpoint.name)));
        }
    }
    none_of(clashes)
}

/// An expired reply makes room for a new one under the same key.
const REMEMBER: &str = r"
    insert into reply (
        tenant,
        key,
        request,
        body,
        at,
        expires_at
    ) values (?, ?, ?, ?, ?, ?)
    on conflict (tenant, key) do update
    set
        request = excluded.request,
        body = excluded.body,
        at = excluded.at,
        expires_at = excluded.expires_at
    where reply.expires_at <= excluded.at";

/// Keeps replies.
pub(super) async fn remember_replies(
    connection: &mut SqliteConnection,
    replies: &[&Reply],
) -> Outcome {
    let mut clashes = Vec::new();
    for reply in replies {
        let written = sqlx::query(REMEMBER)
            .bind(reply.tenant.0)
            .bind(&reply.key)
            .bind(&reply.request)
            .bind(serde_json::to_string(&reply.body).during("write a reply")?)
            .bind(micros(reply.at))
            .bind(micros(reply.expires_at))
            .execute(&mut *connection)
            .await
            .during("remember a reply")?;
        if written.rows_affected() == 0 {
            clashes.push(Clash::alone(StorageError::already_exists("reply", &reply.key)));
        }
    }
    none_of(clashes)
}
