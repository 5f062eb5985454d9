//! Lanes: limits hold over all who claim, and no lane starves another.

use std::collections::BTreeMap;
use std::sync::Arc;

use leadbox_core::job::{BreakerPolicy, RateLimit, RetrySchedule, RunState, Settlement};
use leadbox_core::storage::Storage;
use leadbox_core::{Change, Job, Lane, Revision, Tenant};

use crate::fixtures::{World, at};

async fn set_up(world: &World, lane: Lane) -> Lane {
    world.commit(vec![Change::PutLane(Box::new(lane.clone()))]).await;
    lane
}

async fn fill(world: &World, name: &str, count: i64) {
    world.commit((0..count).map(|n| world.enqueue(&world.work(name, n % 10))).collect()).await;
}

fn of_lane(jobs: &[Job], name: &str) -> usize {
    jobs.iter().filter(|job| job.work.lane.name == name).count()
}

pub async fn a_lane_reads_back_as_it_was_written(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut lane = world.settings("ü");
    lane.concurrency = Some(3);
    lane.rate = Some(RateLimit { per_second: 0.1, burst: 2 });
    lane.breaker = Some(BreakerPolicy { percent: 50, least: 4, window_secs: 60, open_secs: 15 });
    lane.retry = RetrySchedule { delays: vec![1, 2, 4_000_000_000] };
    lane.run = RunState::Paused;
    let lane = set_up(&world, lane).await;
    let (stored, state) = world.storage.lane(&lane.key).await.unwrap().unwrap();
    assert_eq!(stored, lane);
    assert_eq!(state, leadbox_core::job::LaneState::default());
    assert_eq!(world.storage.lane(&world.lane("other")).await.unwrap(), None);
    let foreign = leadbox_core::LaneKey { tenant: Tenant(2), ..lane.key };
    assert_eq!(world.storage.lane(&foreign).await.unwrap(), None);
}

pub async fn a_lane_that_nobody_set_up_has_no_row_and_no_limits(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    fill(&world, "wild", 40).await;
    assert_eq!(world.claim(100, 20).await.len(), 40);
    assert_eq!(world.storage.lane(&world.lane("wild")).await.unwrap(), None);
}

pub async fn concurrency_holds_over_all_claims(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    set_up(&world, Lane { concurrency: Some(3), ..world.settings("slow") }).await;
    fill(&world, "slow", 10).await;
    let first = world.claim(2, 20).await;
    let second = world.claim(5, 20).await;
    assert_eq!((first.len(), second.len()), (2, 1));
    assert!(world.claim(5, 20).await.is_empty());
    world.settle(&first[0], Settlement::Done, 21).await;
    world.settle(&second[0], Settlement::Release, 21).await;
    assert_eq!(world.claim(5, 21).await.len(), 2);
    // Leases that have run out leave their place to those who take over.
    assert_eq!(world.claim(50, 200).await.len(), 3);
}

pub async fn a_rate_allows_a_burst_and_then_its_pace(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let rate = RateLimit { per_second: 1.0, burst: 3 };
    set_up(&world, Lane { rate: Some(rate), ..world.settings("paced") }).await;
    fill(&world, "paced", 20).await;
    let mut started = Vec::new();
    for second in 20..30 {
        // Two ask at the same moment: together they get what one would have got.
        let one = world.claim(2, second).await.len();
        let other = world.claim(50, second).await.len();
        started.push(one + other);
    }
    assert_eq!(started, [3, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    let (_, state) = world.storage.lane(&world.lane("paced")).await.unwrap().unwrap();
    assert_eq!(state.arrival, at(32).timestamp_micros());
}

pub async fn a_paused_lane_starts_nothing_until_it_runs_again(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lane = set_up(&world, Lane { run: RunState::Paused, ..world.settings("p") }).await;
    fill(&world, "p", 3).await;
    fill(&world, "free", 1).await;
    let claimed = world.claim(10, 20).await;
    assert_eq!((claimed.len(), of_lane(&claimed, "free")), (1, 1));
    // It still says when its jobs are due, whatever the lane says.
    let next = world.storage.next_due(&["deliver".to_owned()]).await.unwrap();
    assert_eq!(next, Some(at(0)));
    set_up(&world, Lane { run: RunState::Running, revision: Revision(2), ..lane }).await;
    assert_eq!(world.claim(10, 20).await.len(), 3);
}

pub async fn a_breaker_opens_after_failures_and_lets_one_job_probe(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let breaker = BreakerPolicy { percent: 50, least: 4, window_secs: 300, open_secs: 30 };
    set_up(&world, Lane { breaker: Some(breaker), ..world.settings("b") }).await;
    fill(&world, "b", 20).await;
    let claimed = world.claim(5, 20).await;
    let failed = || Settlement::Retry { due_at: at(20), reason: "500".to_owned() };
    for (job, settlement) in claimed.iter().zip([
        Settlement::Done,
        failed(),
        Settlement::Release,
        Settlement::Park { reason: "410".to_owned() },
        failed(),
    ]) {
        world.settle(job, settlement, 21).await;
    }
    // Three of four outcomes failed; the release says nothing.
    assert!(world.claim(5, 22).await.is_empty(), "open");
    assert!(world.claim(5, 50).await.is_empty(), "still open");
    let probe = world.claim(5, 52).await;
    assert_eq!(probe.len(), 1, "one probes");
    assert!(world.claim(5, 52).await.is_empty(), "and only one");
    world.settle(&probe[0], failed(), 53).await;
    assert!(world.claim(5, 82).await.is_empty(), "open again");
    let probe = world.claim(5, 84).await;
    world.settle(&probe[0], Settlement::Done, 85).await;
    assert!(world.claim(256, 86).await.len() > 5, "closed");
}

pub async fn changing_a_lane_keeps_its_state(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let rate = RateLimit { per_second: 1.0, burst: 5 };
    let lane = set_up(&world, Lane { rate: Some(rate), ..world.settings("r") }).await;
    fill(&world, "r", 20).await;
    assert_eq!(world.claim(50, 20).await.len(), 5);
    let before = world.storage.lane(&lane.key).await.unwrap().unwrap().1;
    let changed =
        set_up(&world, Lane { revision: Revision(2), concurrency: Some(50), ..lane }).await;
    let (stored, state) = world.storage.lane(&changed.key).await.unwrap().unwrap();
    assert_eq!((stored, state), (changed, before));
    assert_eq!(world.claim(50, 20).await.len(), 0, "the burst is spent");
}

pub async fn limits_of_one_tenant_do_not_bind_another(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let other = world.of_tenant(2);
    set_up(&world, Lane { concurrency: Some(1), ..world.settings("same") }).await;
    fill(&world, "same", 5).await;
    fill(&other, "same", 5).await;
    let claimed = world.claim(50, 20).await;
    let mine = claimed.iter().filter(|job| job.work.lane.tenant == world.tenant).count();
    assert_eq!((mine, claimed.len()), (1, 6));
}

pub async fn lanes_of_one_name_are_limited_apart(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let other = world.of_tenant(2);
    let rate = Some(RateLimit { per_second: 0.001, burst: 3 });
    let breaker = Some(BreakerPolicy { percent: 50, least: 2, window_secs: 300, open_secs: 30 });
    for world in [&world, &other] {
        set_up(world, Lane { rate, ..world.settings("paced") }).await;
        set_up(world, Lane { breaker, ..world.settings("breaks") }).await;
        set_up(world, Lane { concurrency: Some(2), ..world.settings("narrow") }).await;
    }
    // All that one tenant does to its lanes is done before the other's have anything to do.
    for world in [&world, &other] {
        for (lane, starts) in [("paced", 3), ("breaks", 4), ("narrow", 2)] {
            fill(world, lane, 4).await;
            let claimed = world.claim(50, 20).await;
            assert_eq!((of_lane(&claimed, lane), claimed.len()), (starts, starts), "{lane}");
            assert!(world.claim(50, 20).await.is_empty(), "{lane}");
            if lane == "breaks" {
                let failed = || Settlement::Retry { due_at: at(20), reason: String::new() };
                let ends = claimed.iter().map(|job| world.finish(job, failed(), 21)).collect();
                world.commit(ends).await;
                assert!(world.claim(50, 21).await.is_empty(), "open");
            }
        }
    }
}

pub async fn every_lane_gets_its_share(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    // One lane has far more jobs, and all of them are older.
    world.commit((0..500).map(|_| world.enqueue(&world.work("flood", 0))).collect()).await;
    for lane in 0..9 {
        let name = format!("lane{lane}");
        world.commit((0..20).map(|_| world.enqueue(&world.work(&name, 10))).collect()).await;
    }
    let claimed = world.claim(50, 20).await;
    let mut shares: BTreeMap<String, usize> = BTreeMap::new();
    for job in &claimed {
        *shares.entry(job.work.lane.name.clone()).or_default() += 1;
    }
    assert_eq!(claimed.len(), 50);
    assert_eq!(shares.len(), 10, "every lane has its share: {shares:?}");
    assert!(shares.values().all(|share| *share >= 5), "{shares:?}");
}

pub async fn lanes_of_one_name_have_shares_of_their_own(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let other = world.of_tenant(2);
    // One of them has a limit, which says nothing of the other.
    set_up(&other, Lane { concurrency: Some(50), ..other.settings("same") }).await;
    for (world, name, count, due) in
        [(&world, "same", 300, 5), (&other, "same", 300, 1), (&world, "single", 20, 3)]
    {
        world.commit((0..count).map(|_| world.enqueue(&world.work(name, due))).collect()).await;
    }
    let shares = |jobs: Vec<Job>| {
        let of = |tenant, name: &str| {
            let lane = |job: &&Job| job.work.lane.tenant == tenant && job.work.lane.name == name;
            jobs.iter().filter(lane).count()
        };
        [of(world.tenant, "same"), of(other.tenant, "same"), of(world.tenant, "single")]
    };
    assert_eq!(shares(world.claim(2, 20).await), [0, 1, 1], "whose first have been due longest");
    assert_eq!(shares(world.claim(6, 20).await), [2, 2, 2]);
}

pub async fn a_full_lane_leaves_its_share_to_others(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    set_up(&world, Lane { concurrency: Some(1), ..world.settings("full") }).await;
    set_up(&world, Lane { run: RunState::Paused, ..world.settings("stopped") }).await;
    fill(&world, "full", 100).await;
    fill(&world, "stopped", 100).await;
    fill(&world, "free", 100).await;
    let claimed = world.claim(40, 20).await;
    assert_eq!((of_lane(&claimed, "full"), of_lane(&claimed, "free")), (1, 39));
}
