//! Jobs that must keep their order. Owns the keys, the failures that look random, and reading the order in which each
//! key's jobs arrived.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use leadbox_core::job::{Lane, RetrySchedule};
use leadbox_core::{LaneKey, LeadBox, NewJob};
use rand::RngExt;

use super::receiver::{Answer, Receiver, Run};
use super::suite::Stand;
use super::worker::{CONCURRENCY, job, lane, start, until, until_empty};

const LANES: usize = 3;
/// One in so many runs fails.
const FAILURES: u64 = 5;
/// How many jobs of each key are queued ahead: few, so that keys run dry while new jobs come in.
const AHEAD: usize = 3;

/// Fails by a rule without state: a process that is killed changes nothing in it.
fn policy(run: &Run) -> (Duration, Answer) {
    let mut hasher = DefaultHasher::new();
    (&run.key, run.number, run.attempt).hash(&mut hasher);
    let dice = hasher.finish();
    let answer = if dice.is_multiple_of(FAILURES) { Answer::Again } else { Answer::Done };
    (Duration::from_millis(dice % 11), answer)
}

/// Short delays, and so many that no job is given up.
fn retry() -> RetrySchedule {
    RetrySchedule { delays: [0, 0, 1].repeat(10) }
}

/// The case.
pub(super) async fn prove(stand: Stand) {
    stand.budget.tell_seed();
    let leadbox = &stand.leadbox;
    let keys: usize = stand.budget.choose(24, 60);
    let per_key: usize = stand.budget.choose(15, 100);
    let kills: usize = stand.budget.choose(1, 10);
    let mut rng = stand.budget.rng();
    let lanes = set_up_lanes(leadbox).await;
    let receiver = Receiver::listen(policy).await;
    let mut processes = vec![start(&stand, &receiver.address), start(&stand, &receiver.address)];

    let queueing = tokio::spawn({
        let (leadbox, receiver) = (leadbox.clone(), receiver.clone());
        async move {
            for number in 0..per_key {
                let earlier = number.saturating_sub(AHEAD) * keys;
                until(&leadbox, "runs arrive", || async { receiver.count() >= earlier }).await;
                queue_one_per_key(&leadbox, &lanes, keys, number).await;
            }
        }
    });
    let share = keys * per_key / kills;
    for kill in 0..kills {
        let moment = kill * share + rng.random_range(share / 4..share * 3 / 4);
        until(leadbox, "runs arrive", || async { receiver.count() >= moment }).await;
        let victim = processes.remove(rng.random_range(0..processes.len()));
        victim.kill();
        processes.push(start(&stand, &receiver.address));
    }
    queueing.await.unwrap();
    until_empty(leadbox).await;
    for process in processes {
        process.stop();
    }

    let runs = receiver.runs();
    let repeated = repeats(&runs, keys, per_key);
    let in_hand = kills * CONCURRENCY as usize;
    assert!(repeated <= in_hand, "{repeated} runs repeated, at most {in_hand} were in hand");
    let failed = runs.iter().filter(|run| run.answer == Answer::Again).count();
    stand.budget.tell(format_args!(
        "fifo ({}): {keys} keys with {per_key} jobs each over 2 processes, {failed} runs failed, \
         {kills} killed, {repeated} runs repeated, 0 overtaken",
        stand.kind(),
    ));
}

/// One lane without limits, the others through their locked row.
async fn set_up_lanes(leadbox: &LeadBox) -> Vec<LaneKey> {
    let mut lanes = Vec::new();
    for number in 0..LANES {
        let key = lane(leadbox, format!("lane-{number}"));
        let concurrency = (number > 0).then_some(4);
        let own = Lane { retry: retry(), concurrency, ..Lane::unlimited(key.clone()) };
        leadbox.jobs().set_lane(&own).await.unwrap();
        lanes.push(key);
    }
    lanes
}

async fn queue_one_per_key(leadbox: &LeadBox, lanes: &[LaneKey], keys: usize, number: usize) {
    for (index, lane) in lanes.iter().enumerate() {
        let own = (index..keys).step_by(lanes.len());
        let jobs = own.map(|key| NewJob {
            fifo_key: Some(format!("key-{key}")),
            ..job(leadbox, lane, u64::try_from(number).unwrap())
        });
        leadbox.jobs().enqueue(jobs).await.unwrap();
    }
}

/// Fails when a key's runs, those that failed included, are not in the order of its jobs, or one is missing; returns how
/// many successful ones are repetitions.
fn repeats(runs: &[Run], keys: usize, per_key: usize) -> usize {
    let mut by_key: BTreeMap<&str, Vec<&Run>> = BTreeMap::new();
    for run in runs {
        by_key.entry(&run.key).or_default().push(run);
    }
    assert_eq!(by_key.len(), keys, "every key's jobs ran");
    let mut repeated = 0;
    for (key, order) in by_key {
        assert!(order.is_sorted_by_key(|run| run.number), "{key} was overtaken: {order:#?}");
        let done = order.iter().filter(|run| run.answer == Answer::Done);
        let mut done: Vec<u64> = done.map(|run| run.number).collect();
        let successes = done.len();
        done.dedup();
        let expected: Vec<u64> = (0..u64::try_from(per_key).unwrap()).collect();
        assert_eq!(done, expected, "{key}: each job succeeded, in order");
        repeated += successes - done.len();
    }
    repeated
}
