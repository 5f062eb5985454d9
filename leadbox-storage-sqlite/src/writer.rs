//! The one task that writes. Owns grouping: what waits is committed together, and nobody suffers for a neighbour. Knows
//! nothing of what is written.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use leadbox_core::storage::{BoxError, Change, ChangeSet, Committed, StorageError, Wake};
use sqlx::{Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use crate::cache::Cache;
use crate::commit::{self, Captures, Marks};
use crate::config::Synchronous;
use crate::error::{During, Result, Shared, is_locked};

/// The most calls of one group.
const MOST_CALLS: usize = 256;
/// The most changes of one group, so that others do not wait too long for theirs.
const MOST_CHANGES: usize = 5_000;
/// How many calls may wait; those beyond wait to be let in.
const QUEUE: usize = 1_024;
/// How long SQLite itself waits for another process that writes. Left to itself it looks ever more rarely, up to every
/// 100 ms, and a process beside one that writes all the time starves for seconds.
const NATIVE_WAIT: &str = "pragma busy_timeout = 2";
/// The pause before the next look.
const PAUSE: Duration = Duration::from_millis(1);

/// Something other than a change set to be written, beside the role that asks for it.
#[async_trait]
pub(crate) trait Request: Send + Sync + 'static {
    /// What is answered.
    type Answer: Send;
    /// Whether it may be lost by a power cut: leases end by themselves.
    const VOLATILE: bool;

    /// Writes, inside a transaction. May be called again when a neighbour failed and the group was taken back.
    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer>;
}

/// A request and who waits for it.
struct Asked<R: Request> {
    request: R,
    answer: Option<Result<R::Answer>>,
    reply: oneshot::Sender<Result<R::Answer>>,
}

/// Any [`Asked`].
#[async_trait]
trait Errand: Send {
    fn is_volatile(&self) -> bool;
    async fn run(&mut self, connection: &mut SqliteConnection) -> Result<()>;
    /// Hands the answer over, or what kept the group from being committed.
    fn reply(self: Box<Self>, failed: Option<&Shared>);
}

#[async_trait]
impl<R: Request> Errand for Asked<R> {
    fn is_volatile(&self) -> bool {
        R::VOLATILE
    }

    async fn run(&mut self, connection: &mut SqliteConnection) -> Result<()> {
        self.answer = Some(Ok(self.request.run(connection).await?));
        Ok(())
    }

    fn reply(self: Box<Self>, failed: Option<&Shared>) {
        answer(self.reply, self.answer, failed);
    }
}

/// One call.
enum Call {
    Commit {
        set: ChangeSet,
        answer: Option<Result<Committed>>,
        reply: oneshot::Sender<Result<Committed>>,
    },
    Errand(Box<dyn Errand>),
}

impl Call {
    fn weight(&self) -> usize {
        match self {
            Self::Commit { set, .. } => set.changes().len(),
            Self::Errand(_) => 1,
        }
    }

    fn is_volatile(&self) -> bool {
        match self {
            Self::Commit { .. } => false,
            Self::Errand(errand) => errand.is_volatile(),
        }
    }

    /// Notes that the set is committed whole.
    fn done(&mut self) {
        if let Self::Commit { answer, .. } = self {
            *answer = Some(Ok(Committed::default()));
        }
    }

    fn wrote(&self) -> bool {
        match self {
            Self::Commit { answer, .. } => {
                matches!(answer, Some(Ok(Committed { replayed: false, .. })))
            }
            Self::Errand(_) => false,
        }
    }

    fn reply(self, failed: Option<&Shared>) {
        match self {
            Self::Commit { answer: kept, reply, .. } => answer(reply, kept, failed),
            Self::Errand(errand) => errand.reply(failed),
        }
    }
}

fn answer<T>(reply: oneshot::Sender<Result<T>>, kept: Option<Result<T>>, failed: Option<&Shared>) {
    let answer = match (failed, kept) {
        (Some(failed), _) => Err(failed.for_one()),
        (None, Some(answer)) => answer,
        (None, None) => Err(ended()),
    };
    // Whoever went away does not want to know; the commit stands all the same.
    let _ = reply.send(answer);
}

fn ended() -> StorageError {
    let source: BoxError = "the task that writes has ended".into();
    StorageError::Unavailable { operation: "write", source }
}

/// The way to the task. The task ends when the last of these is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Writer(mpsc::Sender<Call>);

impl Writer {
    /// Starts the task. It waits for other processes that write as long as `patience`.
    pub(crate) async fn start(
        mut connection: SqliteConnection,
        synchronous: Synchronous,
        patience: Duration,
        cache: Cache,
        wake: Arc<Wake>,
    ) -> Result<Self> {
        sqlx::query(NATIVE_WAIT).execute(&mut connection).await.during("open the database")?;
        let (sender, inbox) = mpsc::channel(QUEUE);
        let task = Task {
            connection,
            cache,
            wake,
            configured: synchronous,
            current: synchronous,
            patience,
        };
        tokio::spawn(task.run(inbox));
        Ok(Self(sender))
    }

    /// Commits a change set. Once this has been polled, the commit takes effect whole or not at all, whether or not
    /// anybody waits for it.
    pub(crate) async fn commit(&self, set: &ChangeSet) -> Result<Committed> {
        let (reply, answer) = oneshot::channel();
        let call = Call::Commit { set: set.clone(), answer: None, reply };
        self.0.send(call).await.map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }

    /// Runs a request.
    pub(crate) async fn ask<R: Request>(&self, request: R) -> Result<R::Answer> {
        let (reply, answer) = oneshot::channel();
        let asked = Asked { request, answer: None, reply };
        self.0.send(Call::Errand(Box::new(asked))).await.map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }
}

struct Task {
    connection: SqliteConnection,
    cache: Cache,
    wake: Arc<Wake>,
    configured: Synchronous,
    current: Synchronous,
    patience: Duration,
}

impl Task {
    async fn run(mut self, mut inbox: mpsc::Receiver<Call>) {
        while let Some(first) = inbox.recv().await {
            let mut weight = first.weight();
            let mut group = vec![first];
            while group.len() < MOST_CALLS && weight < MOST_CHANGES {
                let Ok(next) = inbox.try_recv() else { break };
                weight += next.weight();
                group.push(next);
            }
            self.serve(group).await;
        }
        if let Err(error) = self.connection.close().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the database was not closed properly"
            );
        }
    }

    async fn serve(&mut self, mut group: Vec<Call>) {
        let many = group.len() > 1;
        let outcome = self.write(&mut group).await.map_err(Shared::new);
        if outcome.is_ok() && group.iter().any(Call::wrote) {
            self.wake.notify();
        }
        let failed = outcome.err();
        let reply = move || {
            for call in group {
                call.reply(failed.as_ref());
            }
        };
        // Waking many takes as long as writing a few: the next group need not wait for it.
        if many { drop(tokio::spawn(async move { reply() })) } else { reply() }
    }

    /// Writes the group as soon as no other process writes.
    async fn write(&mut self, group: &mut [Call]) -> Result<()> {
        let began = Instant::now();
        loop {
            match self.try_write(group).await {
                Err(error) if is_locked(&error) && began.elapsed() < self.patience => {
                    tokio::time::sleep(PAUSE).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn try_write(&mut self, group: &mut [Call]) -> Result<()> {
        self.wait_for_disk(if group.iter().all(Call::is_volatile) {
            Synchronous::Normal
        } else {
            self.configured
        })
        .await?;
        self.cache.make_room(&mut self.connection).await.during("make room in the cache")?;
        match self.together(group).await {
            Ok(true) => Ok(()),
            Ok(false) => self.one_by_one(group).await,
            // Whose fault it is shows when each is repeated; a database that is locked stays so for all.
            Err(error) if error.is_retryable() || group.len() == 1 => Err(error),
            Err(_) => self.one_by_one(group).await,
        }
    }

    /// Chooses whether the next commit waits for the disk. What may be lost by a power cut need not.
    async fn wait_for_disk(&mut self, wanted: Synchronous) -> Result<()> {
        let wanted =
            if self.configured == Synchronous::Normal { Synchronous::Normal } else { wanted };
        if wanted != self.current {
            let pragma = match wanted {
                Synchronous::Normal => "pragma synchronous = normal",
                Synchronous::Full => "pragma synchronous = full",
            };
            sqlx::query(pragma).execute(&mut self.connection).await.during("choose durability")?;
            self.current = wanted;
        }
        Ok(())
    }

    /// Writes the whole group as one. `false` when one of it has to be looked at alone; then nothing was written.
    async fn together(&mut self, group: &mut [Call]) -> Result<bool> {
        if let Some(written) = self.captures(group).await? {
            return Ok(written);
        }
        let mut transaction =
            self.connection.begin_with("begin immediate").await.during("begin a transaction")?;
        let mut marks = None;
        let mut rest = &mut *group;
        while let Some(call) = rest.first_mut() {
            let taken = match call {
                Call::Errand(errand) => {
                    errand.run(&mut transaction).await?;
                    1
                }
                Call::Commit { .. } => {
                    let sets = disjoint(rest);
                    let marks = match &mut marks {
                        Some(marks) => marks,
                        none => none.insert(Marks::read(&mut transaction).await?),
                    };
                    if !commit::together(&mut transaction, &sets, marks).await? {
                        transaction.rollback().await.during("take a group back")?;
                        return Ok(false);
                    }
                    sets.len()
                }
            };
            rest[..taken].iter_mut().for_each(Call::done);
            rest = &mut rest[taken..];
        }
        transaction.commit().await.during("commit")?;
        Ok(true)
    }

    /// Writes the whole group if it consists of captures.
    async fn captures(&mut self, group: &mut [Call]) -> Result<Option<bool>> {
        let sets = disjoint(group);
        let captures = Captures::of(&sets).filter(|_| sets.len() == group.len());
        let Some(captures) = captures else { return Ok(None) };
        let written = captures.write(&mut self.connection).await?;
        if written {
            group.iter_mut().for_each(Call::done);
        }
        Ok(Some(written))
    }

    /// Writes each of the group in a savepoint of its own, all in one transaction.
    async fn one_by_one(&mut self, group: &mut [Call]) -> Result<()> {
        let mut transaction =
            self.connection.begin_with("begin immediate").await.during("begin a transaction")?;
        let mut marks = Marks::read(&mut transaction).await?;
        for call in group {
            match call {
                Call::Commit { set, answer, .. } => {
                    *answer = Some(commit::alone(&mut transaction, set, &mut marks).await);
                }
                Call::Errand(errand) => errand.run(&mut transaction).await?,
            }
        }
        transaction.commit().await.during("commit")
    }
}

/// The sets at the beginning of the group that have no row in common, so that they can be applied kind by kind.
fn disjoint(group: &[Call]) -> Vec<&ChangeSet> {
    let mut rows = HashSet::new();
    let mut sets = Vec::new();
    for call in group {
        let Call::Commit { set, .. } = call else { break };
        if group.len() > 1 {
            let own: HashSet<u64> = rows_of(set).collect();
            if !rows.is_disjoint(&own) {
                break;
            }
            rows.extend(own);
        }
        sets.push(set);
    }
    sets
}

/// Numbers that stand for the rows of a set. Different rows with one number only cost a little time.
fn rows_of(set: &ChangeSet) -> impl Iterator<Item = u64> {
    // The lead to which records move; the one from which they move is the change's.
    let heirs = set.changes().iter().filter_map(|change| match change {
        Change::MoveRecords(moved) => Some(number(moved.to)),
        _ => None,
    });
    let changes = set.changes().iter().map(|change| {
        if let Some(lead) = change.lead() {
            return number(lead);
        }
        match change {
            Change::PutDefinition(update) => number((1, update.tenant, update.definition.key())),
            Change::DropDefinition(gone) => number((1, gone.tenant, gone.key.as_str())),
            Change::PutUser(user) => number((2, user.id)),
            Change::PutTeam(team) => number((3, team.id)),
            Change::PutView(view) => number((13, view.id)),
            Change::DropView(gone) => number((13, gone.view)),
            Change::PutCredential(credential) => number((11, credential.user)),
            Change::PutToken(token) => number((12, token.id)),
            Change::PutLane(lane) => number((4, &lane.key)),
            Change::FinishJob(finish) => number((5, finish.id)),
            Change::ReplayJob(replay) => number((5, replay.id)),
            Change::EnqueueJob(job) => number((5, job.id)),
            Change::RecordAttempt(attempt) => number((6, attempt.id)),
            Change::AdvanceCursor(advance) => number((7, &advance.consumer)),
            Change::PutCheckpoint(checkpoint) => number((8, checkpoint.tenant, &checkpoint.name)),
            Change::RememberReply(reply) => number((9, reply.tenant, &reply.key)),
            // What belongs to a lead went first; what is left are events about other things.
            Change::AppendEvent(_)
            | Change::InsertLead(_)
            | Change::UpdateLead(_)
            | Change::SetScore(_)
            | Change::SpoilScore(_)
            | Change::InsertInteraction(_)
            | Change::MarkInteraction(_)
            | Change::OpenStay(_)
            | Change::CloseStay(_)
            | Change::PutTask(_)
            | Change::DropTask(_)
            | Change::PutNote(_)
            | Change::DropNote(_)
            | Change::MoveRecords(_) => number((10, set.id())),
        }
    });
    changes.chain(heirs).chain(std::iter::once(number((10, set.id()))))
}

fn number(row: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    row.hash(&mut hasher);
    hasher.finish()
}
