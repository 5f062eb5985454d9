//! A pace kept by two processes together. Owns the lanes with a rate, and counting what arrives in any second.

use std::collections::BTreeSet;
use std::time::Duration;

use leadbox_core::job::{Lane, RateLimit};

use super::receiver::{Answer, Receiver, Run};
use super::suite::Stand;
use super::worker::{Look, job, lane, start_looking, until_empty};

const PER_SECOND: f64 = 10.0;
/// What any second may hold: the rate, and the burst.
const MOST: usize = 11;
/// Below this the limit would be kept by not working.
const LEAST_PER_SECOND: f64 = 8.0;

fn policy(_run: &Run) -> (Duration, Answer) {
    (Duration::ZERO, Answer::Done)
}

/// The case: with processes as hosts run them, and with processes that look so often that both want every start.
pub(super) async fn prove(stand: Stand) {
    for look in [Look::Usual, Look::Eager] {
        keep_pace(&stand, look).await;
    }
}

async fn keep_pace(stand: &Stand, look: Look) {
    let leadbox = &stand.leadbox;
    let jobs: u64 = stand.budget.choose(40, 600);
    let key = lane(leadbox, format!("{look:?}"));
    let rate = Some(RateLimit { per_second: PER_SECOND, burst: 1 });
    leadbox.jobs().set_lane(&Lane { rate, ..Lane::unlimited(key.clone()) }).await.unwrap();

    let receiver = Receiver::listen(policy).await;
    let processes = [(); 2].map(|()| start_looking(stand, &receiver.address, look));
    leadbox.jobs().enqueue((0..jobs).map(|number| job(leadbox, &key, number))).await.unwrap();
    until_empty(leadbox).await;
    for process in processes {
        process.stop();
    }

    let runs = receiver.runs();
    assert_eq!(runs.len() as u64, jobs, "every job ran once");
    let most = most_within_a_second(&runs);
    let took = (runs[runs.len() - 1].at - runs[0].at).as_secs_f64();
    let pace = f64::from(u32::try_from(runs.len() - 1).unwrap()) / took;
    let processes: BTreeSet<u32> = runs.iter().map(|run| run.process).collect();
    let shares = processes.iter().map(|id| runs.iter().filter(|run| run.process == *id).count());
    stand.budget.tell(format_args!(
        "rate ({}, {look:?} looks): {jobs} jobs at 10/s over 2 processes, at most {most} in any second, \
         {pace:.1}/s on the whole, shares {:?}",
        stand.kind(),
        shares.collect::<Vec<_>>(),
    ));
    assert!(most <= MOST, "{most} runs within a second, at most {MOST} are allowed");
    assert!(pace >= LEAST_PER_SECOND, "{pace:.1}/s, at least {LEAST_PER_SECOND}/s were expected");
}

fn most_within_a_second(runs: &[Run]) -> usize {
    let second = Duration::from_secs(1);
    let within = |(index, first): (usize, &Run)| {
        runs[index..].iter().take_while(|run| run.at - first.at < second).count()
    };
    runs.iter().enumerate().map(within).max().unwrap_or(0)
}
