//! How a set is committed: in one statement or one transaction, again after a deadlock, without the leads that conflict
//! where the set allows it. Owns replay and retry; what each kind of change does stands in files of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use leadbox_core::storage::{SkipReason, Skipped};
use leadbox_core::{ChangeSet, Committed, LeadId, OnConflict, StorageError};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, PgPool};

use super::batch::Batch;
use super::statement::Statement;
use super::{
    definitions, fifo, interactions, jobs, leads, log, moves, pulses, scores, skip, tasks,
};
use crate::error::{Failure, is_broken, is_race};

const OPERATION: &str = "commit";

/// How often work is done again after a deadlock or a lost connection.
const RETRIES: u32 = 5;

/// How often a set is tried without the leads that conflict, while others keep changing them.
const SKIP_ROUNDS: u32 = 10;

type LeftOut = BTreeMap<LeadId, SkipReason>;

/// Commits a set on a connection of the pool.
pub(crate) async fn commit(pool: &PgPool, set: &ChangeSet) -> Result<Committed, StorageError> {
    let mut tries = 0;
    loop {
        let result = async {
            let mut connection = pool.acquire().await?;
            commit_on(&mut connection, set, Frame::Own).await
        };
        match result.await {
            // A commit whose reply was lost is recognised by the set's id.
            Err(Failure::Driver(error))
                if tries < RETRIES && (is_race(&error) || is_broken(&error)) =>
            {
                tracing::debug!(%error, tries, "committing again");
                tries += 1;
                tokio::time::sleep(Duration::from_millis(u64::from(tries * tries))).await;
            }
            other => return other.map_err(|failure| failure.into_storage(OPERATION)),
        }
    }
}

/// Commits a set inside whatever transaction the connection is in.
pub(crate) async fn commit_in(
    connection: &mut PgConnection,
    set: &ChangeSet,
) -> Result<Committed, StorageError> {
    commit_on(connection, set, Frame::Hosts)
        .await
        .map_err(|failure| failure.into_storage(OPERATION))
}

/// Whose transaction it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Frame {
    /// A statement may stand alone.
    Own,
    /// Everything happens in a savepoint.
    Hosts,
}

async fn commit_on(
    connection: &mut PgConnection,
    set: &ChangeSet,
    frame: Frame,
) -> Result<Committed, Failure> {
    let mut left_out = LeftOut::new();
    let mut rounds = 0;
    loop {
        let error = match attempt(connection, set, &left_out, frame).await {
            Ok(()) => return Ok(Committed { skipped: skipped(set, &left_out), replayed: false }),
            Err(Failure::Driver(error)) if is_race(&error) || is_broken(&error) => {
                return Err(error.into());
            }
            Err(failure) => failure.into_storage(OPERATION),
        };
        // Also a set that was committed before: it meets its own rows.
        if log::is_committed(connection, set.id()).await? {
            return Ok(Committed { skipped: Vec::new(), replayed: true });
        }
        rounds += 1;
        if !error.is_conflict() || set.on_conflict() == OnConflict::Fail || rounds > SKIP_ROUNDS {
            return Err(error.into());
        }
        let known = left_out.len();
        left_out = skip::leads_to_leave_out(connection, set, left_out).await?;
        // A conflict of something that belongs to no lead; or of a lead that another commit has just released.
        if left_out.len() == known && rounds > 1 {
            return Err(error.into());
        }
    }
}

async fn attempt(
    connection: &mut PgConnection,
    set: &ChangeSet,
    left_out: &LeftOut,
    frame: Frame,
) -> Result<(), Failure> {
    let batch = Batch::of(set, left_out);
    if frame == Frame::Own && batch.is_single() {
        return compose(set, &batch, jobs::Settled::default(), frame)?.execute(connection).await;
    }
    // Inside a transaction this is a savepoint.
    let mut transaction = connection.begin().await?;
    match steps(&mut transaction, set, &batch, frame).await {
        Ok(()) => Ok(transaction.commit().await?),
        Err(failure) => {
            transaction.rollback().await?;
            Err(failure)
        }
    }
}

/// Looks at rows where that is needed, then writes everything in one statement, then what follows from it.
async fn steps(
    connection: &mut PgConnection,
    set: &ChangeSet,
    batch: &Batch<'_>,
    frame: Frame,
) -> Result<(), Failure> {
    moves::lock(connection, batch).await?;
    interactions::mark(connection, batch).await?;
    let settled = jobs::settle(connection, batch).await?;
    let keys = fifo::keys(batch, &settled);
    fifo::lock(connection, &keys).await?;
    compose(set, batch, settled, frame)?.execute(connection).await?;
    fifo::promote(connection, &keys).await?;
    interactions::sum_up_marked(connection, batch).await?;
    moves::run(connection, batch).await
}

fn compose(
    set: &ChangeSet,
    batch: &Batch<'_>,
    settled: jobs::Settled,
    frame: Frame,
) -> Result<Statement, Failure> {
    let mut statement = Statement::default();
    // First: whatever follows belongs to a transaction that the sequencer can see the end of.
    log::remember(&mut statement, set);
    if frame == Frame::Own && batch.is_derived() {
        log::relax(&mut statement);
    }
    let (new_pulses, pulses) = pulses::fold(batch)?;
    leads::insert(&mut statement, batch);
    pulses::insert(&mut statement, &new_pulses)?;
    leads::update(&mut statement, batch);
    pulses::update(&mut statement, &pulses)?;
    scores::keep(&mut statement, batch)?;
    interactions::insert(&mut statement, batch)?;
    interactions::move_stays(&mut statement, batch)?;
    tasks::write(&mut statement, batch)?;
    definitions::put(&mut statement, batch)?;
    jobs::write(&mut statement, batch, settled)?;
    log::advance(&mut statement, batch);
    log::count(&mut statement, batch);
    log::append(&mut statement, batch);
    Ok(statement)
}

/// The leads left out, in the order of their first change.
fn skipped(set: &ChangeSet, left_out: &LeftOut) -> Vec<Skipped> {
    if left_out.is_empty() {
        return Vec::new();
    }
    let mut left = left_out.clone();
    set.changes()
        .iter()
        .filter_map(leadbox_core::Change::lead)
        .filter_map(|lead| left.remove(&lead).map(|reason| Skipped { lead, reason }))
        .collect()
}
