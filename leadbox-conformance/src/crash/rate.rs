//! A pace kept by two processes together. Owns the one lane with a rate, and counting what arrives in any second.

use std::time::Duration;

use leadbox_core::job::{Lane, RateLimit};

use super::receiver::{Answer, Receiver, Run};
use super::suite::Stand;
use super::worker::{job, lane, start, until_empty};

const PER_SECOND: f64 = 10.0;
/// What any second may hold: the rate, and the burst.
const MOST: usize = 11;
/// Below this the limit would be kept by not working.
const LEAST_PER_SECOND: f64 = 8.0;

fn policy(_run: &Run) -> (Duration, Answer) {
    (Duration::ZERO, Answer::Done)
}

/// The case.
pub(super) async fn prove(stand: Stand) {
    let leadbox = &stand.leadbox;
    let jobs: u64 = stand.budget.choose(50, 600);
    let key = lane(leadbox, "slow");
    let rate = Some(RateLimit { per_second: PER_SECOND, burst: 1 });
    leadbox.jobs().set_lane(&Lane { rate, ..Lane::unlimited(key.clone()) }).await.unwrap();

    let receiver = Receiver::listen(policy).await;
    let processes = [start(&stand, &receiver.address), start(&stand, &receiver.address)];
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
    let shares = runs.iter().filter(|run| run.process == runs[0].process).count();
    stand.budget.tell(format_args!(
        "rate ({}): {jobs} jobs at 10/s over 2 processes, at most {most} in any second, {pace:.1}/s \
         on the whole, one process did {shares}",
        stand.kind(),
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
