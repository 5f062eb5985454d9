//! Many workers at once: no job is given twice, none is lost, limits and orders hold over all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use leadbox_core::job::{RateLimit, Settlement};
use leadbox_core::storage::Storage;
use leadbox_core::{Change, Job, JobId, Lane, NewJob};

use super::concurrency::at_once;
use crate::fixtures::{World, at};

/// Claims until nothing is due any more.
async fn drain(world: &World, limit: u32, second: i64) -> Vec<Job> {
    let mut jobs = Vec::new();
    loop {
        let claimed = world.claim(limit, second).await;
        if claimed.is_empty() {
            return jobs;
        }
        assert!(claimed.len() <= limit as usize);
        jobs.extend(claimed);
        assert!(jobs.len() < 100_000, "the queue never ends");
        tokio::task::yield_now().await;
    }
}

fn ids(jobs: &[Job]) -> BTreeSet<JobId> {
    jobs.iter().map(|job| job.work.id).collect()
}

pub async fn many_claimers_never_share_a_job(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    for lane in 0..5 {
        let name = format!("lane{lane}");
        world.commit((0..80).map(|n| world.enqueue(&world.work(&name, n % 9))).collect()).await;
    }
    let claimed = at_once(6, |n| {
        let world = world.clone();
        async move { drain(&world, 1 + u32::try_from(n).unwrap() * 5, 20).await }
    })
    .await;
    let mut all: Vec<Job> = claimed.into_iter().flatten().collect();
    // A claimer that found all lanes locked may have left something; whoever comes next gets it.
    all.extend(drain(&world, 100, 20).await);
    assert_eq!(ids(&all).len(), all.len(), "a job was given to two");
    assert_eq!(all.len(), 400);
}

pub async fn an_expired_job_goes_to_one_of_many(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    world.commit((0..40).map(|_| world.enqueue(&world.work("a", 0))).collect()).await;
    assert_eq!(world.claim(100, 10).await.len(), 40);
    let claimed = at_once(5, |_| {
        let world = world.clone();
        async move { drain(&world, 9, 100).await }
    })
    .await;
    let mut all: Vec<Job> = claimed.into_iter().flatten().collect();
    all.extend(drain(&world, 9, 100).await);
    assert_eq!((ids(&all).len(), all.len()), (40, 40));
    assert!(all.iter().all(|job| job.attempt == 2));
}

pub async fn concurrency_and_rate_hold_over_many_claimers(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let rate = RateLimit { per_second: 0.001, burst: 7 };
    let narrow = Lane { concurrency: Some(5), ..world.settings("narrow") };
    let paced = Lane { rate: Some(rate), ..world.settings("paced") };
    world.commit(vec![Change::PutLane(Box::new(narrow)), Change::PutLane(Box::new(paced))]).await;
    for name in ["narrow", "paced", "free"] {
        world.commit((0..60).map(|_| world.enqueue(&world.work(name, 0))).collect()).await;
    }
    let claimed = at_once(6, |_| {
        let world = world.clone();
        async move { drain(&world, 4, 20).await }
    })
    .await;
    let mut all: Vec<Job> = claimed.into_iter().flatten().collect();
    all.extend(drain(&world, 100, 20).await);
    let mut started: BTreeMap<&str, usize> = BTreeMap::new();
    for job in &all {
        *started.entry(job.work.lane.name.as_str()).or_default() += 1;
    }
    assert_eq!(started, [("free", 60), ("narrow", 5), ("paced", 7)].into());
}

pub async fn a_unique_key_is_queued_once_by_many_at_once(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    for round in 0..8 {
        at_once(6, |_| {
            let world = world.clone();
            async move {
                let mut work = world.work("a", 0);
                work.unique_key = Some(format!("rescore:{round}"));
                world.commit(vec![world.enqueue(&work)]).await;
            }
        })
        .await;
        let claimed = drain(&world, 100, 20).await;
        assert_eq!(claimed.len(), 1, "round {round}");
        world.settle(&claimed[0], Settlement::Done, 21).await;
    }
}

pub async fn a_key_is_neither_overtaken_nor_stranded_under_load(storage: Arc<dyn Storage>) {
    const SENDERS: usize = 4;
    const EACH: usize = 20;
    let world = World::new(storage);
    let (done, order) =
        (Arc::new(AtomicUsize::new(0)), Arc::new(tokio::sync::Mutex::new(Vec::new())));
    at_once(SENDERS + 3, |task| {
        let (world, done, order) = (world.clone(), Arc::clone(&done), Arc::clone(&order));
        async move {
            if task < SENDERS {
                for n in 0..EACH {
                    let mut work: NewJob = world.work("a", 0);
                    work.fifo_key = Some(format!("key{}", n % 2));
                    work.payload = serde_json::json!([task, n]);
                    world.commit(vec![world.enqueue(&work)]).await;
                }
                return;
            }
            let mut idle = 0;
            while done.load(Ordering::SeqCst) < SENDERS * EACH {
                let claimed = world.claim(4, 20).await;
                idle = if claimed.is_empty() { idle + 1 } else { 0 };
                assert!(idle < 20_000, "jobs are stranded: {}", done.load(Ordering::SeqCst));
                if claimed.is_empty() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                for job in claimed {
                    let retried = job.attempt == 1 && job.token % 3 == 0;
                    if !retried {
                        order.lock().await.push(job.work.payload.clone());
                    }
                    let settlement = if retried {
                        Settlement::Retry { due_at: at(5), reason: "once more".to_owned() }
                    } else {
                        Settlement::Done
                    };
                    world.settle(&job, settlement, 20).await;
                    if !retried {
                        done.fetch_add(1, Ordering::SeqCst);
                    }
                }
            }
        }
    })
    .await;
    let order = order.lock().await;
    for sender in 0..SENDERS {
        for key in 0..2 {
            let numbers: Vec<u64> = order
                .iter()
                .filter(|payload| payload[0] == sender && payload[1].as_u64().unwrap() % 2 == key)
                .map(|payload| payload[1].as_u64().unwrap())
                .collect();
            let mut sorted = numbers.clone();
            sorted.sort_unstable();
            assert_eq!(numbers.len(), EACH / 2);
            assert_eq!(numbers, sorted, "sender {sender}, key {key}");
        }
    }
}

pub async fn claims_and_settlements_of_many_lose_no_job(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    world.commit((0..120).map(|n| world.enqueue(&world.work("a", n % 5))).collect()).await;
    let done = at_once(5, |_| {
        let world = world.clone();
        async move {
            let mut done = Vec::new();
            for _ in 0..10_000 {
                let claimed = world.claim(7, 20).await;
                if claimed.is_empty() {
                    break;
                }
                let changes =
                    claimed.iter().map(|job| world.finish(job, Settlement::Done, 21)).collect();
                world.commit(changes).await;
                done.extend(claimed.into_iter().map(|job| job.work.id));
            }
            done
        }
    })
    .await;
    let mut done: Vec<JobId> = done.into_iter().flatten().collect();
    for job in drain(&world, 50, 20).await {
        world.settle(&job, Settlement::Done, 21).await;
        done.push(job.work.id);
    }
    let distinct: BTreeSet<JobId> = done.iter().copied().collect();
    assert_eq!((distinct.len(), done.len()), (120, 120));
    assert!(world.storage.lane_counts(world.tenant).await.unwrap().is_empty());
}
