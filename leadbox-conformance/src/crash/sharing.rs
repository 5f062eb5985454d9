//! Two processes on one queue, of which one is killed. Owns the lanes with their limits, and what has to hold at the end:
//! each job done, its effect inside the storage there once, and no more repeated than was in hand.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use leadbox_core::job::{AttemptResult, BreakerPolicy, Lane, RateLimit};
use leadbox_core::{JobId, LeadId, NewLead, PageRequest};
use rand::RngExt;
use serde_json::Value;

use super::receiver::{Answer, Receiver, Run};
use super::suite::Stand;
use super::worker::{CONCURRENCY, job, lane, start, until, until_empty};

const LANES: u64 = 50;

/// Long enough that a killed process has jobs in hand.
fn policy(run: &Run) -> (Duration, Answer) {
    (Duration::from_millis(5 + run.number % 17), Answer::Done)
}

/// Every fifth lane is without limits.
fn with_limits(lane: Lane, number: u64) -> Lane {
    match number % 5 {
        1 => Lane { concurrency: Some(1), ..lane },
        2 => Lane { concurrency: Some(3), ..lane },
        3 => Lane { rate: Some(RateLimit { per_second: 200.0, burst: 20 }), ..lane },
        4 => Lane { concurrency: Some(8), breaker: Some(BreakerPolicy::default()), ..lane },
        _ => lane,
    }
}

/// The case.
pub(super) async fn prove(stand: Stand) {
    stand.budget.tell_seed();
    let leadbox = &stand.leadbox;
    let kills = stand.budget.choose(1, 10);
    let jobs: u64 = stand.budget.choose(2_000, 20_000);
    let mut rng = stand.budget.rng();
    let (mut lanes, mut leads) = (Vec::new(), Vec::new());
    for number in 0..LANES {
        let own = Lane::unlimited(lane(leadbox, format!("lane-{number}")));
        let own = with_limits(own, number);
        leadbox.jobs().set_lane(&own).await.unwrap();
        lanes.push(own);
        let new = NewLead::new().name(format!("Lane {number}"));
        leads.push(leadbox.leads().capture(&new).await.unwrap().lead.id);
    }
    let mut queued: HashSet<JobId> = HashSet::new();
    for round in 0..jobs / LANES {
        let mut one_per_lane = Vec::new();
        for (number, (lane, lead)) in (round * LANES..).zip(lanes.iter().zip(&leads)) {
            let mut job = job(leadbox, &lane.key, number);
            job.payload["lead"] = Value::from(lead.to_string());
            queued.insert(job.id);
            one_per_lane.push(job);
        }
        leadbox.jobs().enqueue(one_per_lane).await.unwrap();
    }

    let receiver = Receiver::listen(policy).await;
    let mut processes = vec![start(&stand, &receiver.address), start(&stand, &receiver.address)];
    for kill in 0..kills {
        // Somewhere in the middle half of its share of the work.
        let share = jobs / kills;
        let moment = kill * share + rng.random_range(share / 4..share * 3 / 4);
        let moment = usize::try_from(moment).unwrap();
        until(leadbox, "runs arrive", || async { receiver.count() >= moment }).await;
        let victim = processes.remove(rng.random_range(0..processes.len()));
        victim.kill();
        processes.push(start(&stand, &receiver.address));
    }
    until_empty(leadbox).await;
    for process in processes {
        process.stop();
    }

    let runs = receiver.runs();
    let distinct: HashSet<JobId> = runs.iter().map(|run| run.job).collect();
    assert_eq!(distinct, queued, "every job ran");
    let repeated = runs.len() - distinct.len();
    let in_hand = usize::try_from(kills * u64::from(CONCURRENCY)).unwrap();
    assert!(repeated <= in_hand, "{repeated} runs repeated, at most {in_hand} were in hand");
    for own in &lanes {
        let most = receiver.most_at_once(&own.key.name);
        let limit = own.concurrency.unwrap_or(u32::MAX);
        assert!(most <= limit, "{} had {most} runs at once, at most {limit}", own.key.name);
    }
    let successes = successes(&stand, &lanes).await;
    assert!(queued.iter().all(|job| successes.get(job) == Some(&1)), "each job succeeded once");
    let effects = effects(&stand, &leads).await;
    assert_eq!(effects, jobs, "each job's effect is there once");
    stand.budget.tell(format_args!(
        "sharing ({}): {jobs} jobs in {LANES} lanes over 2 processes, {kills} killed, 0 lost, \
         {repeated} runs repeated (at most {in_hand} in hand), {effects} effects",
        stand.kind(),
    ));
}

/// How often each job is recorded to have succeeded.
async fn successes(stand: &Stand, lanes: &[Lane]) -> HashMap<JobId, u32> {
    let mut successes = HashMap::new();
    for own in lanes {
        let mut page = PageRequest::first(PageRequest::MAX);
        loop {
            let storage = stand.leadbox.storage();
            let attempts = storage.lane_attempts(&own.key, &page).await.unwrap();
            for attempt in attempts.items {
                if attempt.result == AttemptResult::Succeeded {
                    *successes.entry(attempt.job).or_default() += 1;
                }
            }
            match attempts.next {
                Some(next) => page = PageRequest::after(PageRequest::MAX, next),
                None => break,
            }
        }
    }
    successes
}

/// How many interactions the jobs left behind.
async fn effects(stand: &Stand, leads: &[LeadId]) -> u64 {
    let mut effects = 0;
    for lead in leads {
        let stored = stand.leadbox.leads().lead(*lead).await.unwrap().unwrap();
        effects += u64::try_from(stored.activity.count).unwrap();
    }
    effects
}
