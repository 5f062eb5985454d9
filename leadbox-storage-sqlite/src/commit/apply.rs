//! One pass over change sets. Owns the order of kinds, replay, and what a set does when leads of it conflict; what each
//! kind does stands in a file of its own.

use std::collections::{BTreeMap, HashSet};

use leadbox_core::event::ChainHead;
use leadbox_core::storage::{
    Change, ChangeSet, Committed, OnConflict, SkipReason, Skipped, StorageError,
};
use leadbox_core::{LeadId, Position};
use sqlx::{Connection, SqliteConnection};

use super::blame::{Clash, Outcome, Stop};
use super::held::Held;
use super::runs::Runs;
use super::{
    definitions, interactions, jobs, leads, log, moves, queue, rollup, scores, setup, stays, tasks,
    tokens, update, views,
};
use crate::error::{During, Result};
use crate::rows::Columns;
use crate::statement::{Binds, Rows};

/// How far numbering has come. Read once per transaction, in which nobody else writes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks {
    /// The last `lead.no`.
    pub(super) lead_no: i64,
    /// The end of the log.
    pub(super) head: ChainHead,
}

macro_rules! read_marks {
    () => {
        r"
        select
            position,
            chain,
            (select coalesce(max(no), 0) from lead)
        from log_head"
    };
}

impl Marks {
    /// Reads them, inside the transaction that goes on from them.
    pub(crate) async fn read(connection: &mut SqliteConnection) -> Result<Self> {
        Self::by(connection, read_marks!()).await
    }

    /// Begins a transaction and reads them, in one round trip. Whoever calls this ends the transaction, whatever comes of
    /// it.
    pub(super) async fn begin(connection: &mut SqliteConnection) -> Result<Self> {
        Self::by(connection, concat!("begin immediate;", read_marks!())).await
    }

    async fn by(connection: &mut SqliteConnection, statement: &'static str) -> Result<Self> {
        let row =
            sqlx::query(statement).fetch_one(connection).await.during("read the end of the log")?;
        let mut columns = Columns::of(&row, "log_head");
        let position = Position(columns.value("position")?);
        let head = ChainHead { position, chain: columns.chain()? };
        Ok(Self { lead_no: columns.value("no")?, head })
    }
}

pub(super) const NOTE: Rows<'_> = Rows {
    before: "insert into change_set (id, at) values",
    columns: 2,
    after: "on conflict do nothing",
};

/// Notes the sets' ids; returns how many of them are new.
async fn note(connection: &mut SqliteConnection, sets: &[&ChangeSet]) -> Result<usize> {
    let noted = NOTE.execute(connection, sets, bind_note).await.during("note a change set")?;
    Ok(usize::try_from(noted).unwrap_or(usize::MAX))
}

pub(super) fn bind_note(binds: &mut Binds, set: &&ChangeSet) {
    binds.add(set.id().uuid()).add(set.at().timestamp_micros());
}

/// Applies sets that touch no row in common, as if one after the other. `false` when one of them was committed before or
/// met a conflict: then the transaction has to be taken back and each set to be applied alone.
pub(crate) async fn together(
    connection: &mut SqliteConnection,
    sets: &[&ChangeSet],
    marks: &mut Marks,
) -> Result<bool> {
    let mut runs = Runs::default();
    for set in sets {
        runs.add_set(set.changes().iter());
    }
    if note(connection, sets).await? != sets.len() {
        return Ok(false);
    }
    match pass(connection, runs, *marks).await {
        Ok(after) => *marks = after,
        Err(Stop::Clashes(_)) => return Ok(false),
        Err(Stop::Failed(error)) => return Err(error),
    }
    Ok(true)
}

/// Applies a set in a savepoint of its own, so that nothing of it stays when it fails.
pub(crate) async fn alone(
    connection: &mut SqliteConnection,
    set: &ChangeSet,
    marks: &mut Marks,
) -> Result<Committed> {
    let mut left_out = BTreeMap::new();
    // A lead may turn out to conflict after others were written that build on it: then all is taken back and done again
    // without it. The list of leads left out only grows, so this ends.
    loop {
        let mut savepoint = connection.begin().await.during("begin a savepoint")?;
        if note(&mut savepoint, &[set]).await? == 0 {
            savepoint.rollback().await.during("end a savepoint")?;
            return Ok(Committed { skipped: Vec::new(), replayed: true });
        }
        let mut runs = Runs::default();
        let stays =
            |change: &&Change| change.lead().is_none_or(|lead| !left_out.contains_key(&lead));
        runs.add_set(set.changes().iter().filter(stays));
        match pass(&mut savepoint, runs, *marks).await {
            Ok(after) => {
                savepoint.commit().await.during("end a savepoint")?;
                *marks = after;
                return Ok(Committed { skipped: skipped(set, &left_out), replayed: false });
            }
            Err(stop) => {
                savepoint.rollback().await.during("end a savepoint")?;
                leave_out(set, stop, &mut left_out)?;
            }
        }
    }
}

/// Leaves the leads out that clashed, where the set allows it.
fn leave_out(
    set: &ChangeSet,
    stop: Stop,
    left_out: &mut BTreeMap<LeadId, SkipReason>,
) -> Result<()> {
    let clashes = match stop {
        Stop::Clashes(clashes) => clashes,
        Stop::Failed(error) => return Err(error),
    };
    for Clash { lead, error } in clashes {
        match (lead, set.on_conflict(), &error) {
            (Some(lead), OnConflict::Skip, StorageError::Conflict { .. }) => {
                left_out.entry(lead).or_insert(SkipReason::Conflict);
            }
            (Some(lead), OnConflict::Skip, StorageError::AlreadyExists { .. }) => {
                left_out.entry(lead).or_insert(SkipReason::AlreadyExists);
            }
            _ => return Err(error),
        }
    }
    Ok(())
}

/// The leads left out, in the order of their first change.
fn skipped(set: &ChangeSet, left_out: &BTreeMap<LeadId, SkipReason>) -> Vec<Skipped> {
    if left_out.is_empty() {
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let leads = set.changes().iter().filter_map(Change::lead).filter(|lead| seen.insert(*lead));
    leads
        .filter_map(|lead| left_out.get(&lead).map(|reason| Skipped { lead, reason: *reason }))
        .collect()
}

/// Applies changes kind by kind; returns how far numbering has come then.
async fn pass(
    connection: &mut SqliteConnection,
    runs: Runs<'_>,
    mut marks: Marks,
) -> Outcome<Marks> {
    let mut held = Held::read(connection, &runs).await?;
    let Runs {
        new_leads,
        lead_updates,
        scores,
        spoils,
        interactions,
        marks: suspicions,
        ended_stays,
        begun_stays,
        tasks: new_tasks,
        dropped_tasks,
        notes,
        dropped_notes,
        moves: record_moves,
        definitions,
        dropped_definitions,
        users,
        teams,
        views: saved_views,
        dropped_views,
        credentials,
        tokens,
        lanes,
        finishes,
        replays,
        new_jobs,
        attempts,
        cursors,
        checkpoints,
        replies,
        events,
    } = runs;
    let records = scores::records(&scores);
    let scores = leads::insert(connection, &new_leads, scores, &mut held, &mut marks).await?;
    update::update(connection, &lead_updates, &mut held).await?;
    rollup::count(connection, &new_leads, &lead_updates).await?;
    scores::set(connection, &scores, &mut held).await?;
    scores::keep(connection, &records, &held).await?;
    scores::spoil(connection, &spoils, &mut held).await?;
    interactions::insert(connection, &interactions, &held).await?;
    interactions::mark(connection, &suspicions, &held).await?;
    stays::close(connection, &ended_stays, &held).await?;
    stays::open(connection, &begun_stays, &held).await?;
    tasks::put_tasks(connection, &new_tasks, &held).await?;
    tasks::drop_tasks(connection, &dropped_tasks, &held).await?;
    tasks::put_notes(connection, &notes, &held).await?;
    tasks::drop_notes(connection, &dropped_notes, &held).await?;
    moves::run(connection, &record_moves, &held).await?;
    definitions::put(connection, &definitions).await?;
    definitions::drop(connection, &dropped_definitions).await?;
    setup::put_users(connection, &users).await?;
    setup::put_teams(connection, &teams).await?;
    views::put(connection, &saved_views).await?;
    views::drop(connection, &dropped_views).await?;
    tokens::put_credentials(connection, &credentials).await?;
    tokens::put_tokens(connection, &tokens).await?;
    setup::put_lanes(connection, &lanes).await?;
    jobs::finish(connection, &finishes).await?;
    queue::replay(connection, &replays).await?;
    queue::enqueue(connection, &new_jobs).await?;
    jobs::record_attempts(connection, &attempts).await?;
    log::advance_cursors(connection, &cursors).await?;
    setup::put_checkpoints(connection, &checkpoints).await?;
    setup::remember_replies(connection, &replies).await?;
    log::append(connection, &events, &mut marks).await?;
    Ok(marks)
}
