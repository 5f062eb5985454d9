//! The record of tries: kept after their job is gone, read by job and by lane.

use std::sync::Arc;

use leadbox_core::job::{Attempt, AttemptResult};
use leadbox_core::storage::Storage;
use leadbox_core::{Change, LaneKey, PageRequest, Tenant};

use crate::fixtures::{World, at, at_micros};
use crate::samples::attempt;

fn record(attempt: &Attempt) -> Change {
    Change::RecordAttempt(Box::new(attempt.clone()))
}

pub async fn a_try_reads_back_as_it_was_written(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let job = world.id();
    let mut expected = Vec::new();
    for (number, result) in (1..).zip(AttemptResult::ALL) {
        let mut one = Attempt { job, result, ..attempt(&world, "lane ü", number, 10) };
        one.at = at_micros(10_000_000 + i64::from(number));
        if result == AttemptResult::Succeeded {
            (one.message, one.detail) = (None, None);
        }
        expected.push(one);
    }
    world.commit(expected.iter().rev().map(record).collect()).await;
    let found = world.storage.attempts(world.tenant, job).await.unwrap();
    assert_eq!(found, expected, "the first first");
    assert!(world.storage.attempts(world.tenant, world.id()).await.unwrap().is_empty());
    assert!(world.storage.attempts(Tenant(2), job).await.unwrap().is_empty());
}

pub async fn the_tries_of_a_lane_come_latest_first_in_pages(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let (mut expected, mut changes) = (Vec::new(), Vec::new());
    for second in [5, 1, 5, 9, 5, 2] {
        let one = attempt(&world, "a", 1, second);
        changes.push(record(&one));
        expected.push(one);
    }
    changes.push(record(&attempt(&world, "b", 1, 4)));
    let mut foreign = attempt(&world, "a", 1, 4);
    foreign.lane.tenant = Tenant(2);
    changes.push(record(&foreign));
    let mut elsewhere = attempt(&world, "a", 1, 4);
    elsewhere.lane = LaneKey::named(world.tenant, "other", "a");
    changes.push(record(&elsewhere));
    world.commit(changes).await;
    expected.sort_by_key(|one| std::cmp::Reverse((one.at, one.id)));

    let (mut seen, mut request) = (Vec::new(), PageRequest::first(4));
    for _ in 0..3 {
        let page = world.storage.lane_attempts(&world.lane("a"), &request).await.unwrap();
        seen.extend(page.items);
        let Some(cursor) = page.next else { break };
        request = PageRequest::after(4, cursor);
    }
    assert_eq!(seen, expected);
    let nothing = world.storage.lane_attempts(&world.lane("none"), &PageRequest::default()).await;
    assert!(nothing.unwrap().items.is_empty());
}

pub async fn tries_outlive_their_job(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let work = world.queued(world.work("a", 1)).await;
    let claimed = world.claim(1, 2).await;
    let tried = Attempt { job: work.id, at: at(3), ..attempt(&world, "a", 1, 3) };
    let done = world.finish(&claimed[0], leadbox_core::Settlement::Done, 3);
    world.commit(vec![done, record(&tried)]).await;
    assert_eq!(world.storage.attempts(world.tenant, work.id).await.unwrap(), [tried]);
}
