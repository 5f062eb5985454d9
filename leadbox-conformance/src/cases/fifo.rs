//! Jobs of one key run one after another, in the order in which they were queued, whatever happens to the first.

use std::sync::Arc;

use leadbox_core::job::{JobState, Settlement};
use leadbox_core::storage::{JobReplay, Storage};
use leadbox_core::{Change, Job, JobId, NewJob};

use crate::fixtures::{World, at};

fn keyed(world: &World, lane: &str, key: &str, due: i64) -> NewJob {
    let mut work = world.work(lane, due);
    work.fifo_key = Some(key.to_owned());
    work
}

/// Queues jobs of one key, each due earlier than the one before: the order of queueing decides, not the due time.
async fn queue(world: &World, count: i64) -> Vec<NewJob> {
    let mut works = Vec::new();
    for n in 0..count {
        works.push(world.queued(keyed(world, "a", "k", 100 - n)).await);
    }
    works
}

async fn only(world: &World, second: i64) -> Job {
    let mut claimed = world.claim(10, second).await;
    assert_eq!(claimed.len(), 1, "one job of a key at a time");
    claimed.remove(0)
}

async fn state(world: &World, id: JobId) -> JobState {
    world.storage.job(world.tenant, id).await.unwrap().unwrap().state
}

fn replay(world: &World, id: JobId, due: i64) -> Change {
    Change::ReplayJob(JobReplay { tenant: world.tenant, id, due_at: at(due) })
}

pub async fn jobs_of_a_key_run_in_the_order_of_queueing(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let works = queue(&world, 4).await;
    assert_eq!(state(&world, works[0].id).await, JobState::Ready);
    assert_eq!(state(&world, works[1].id).await, JobState::Waiting);
    for (n, work) in works.iter().enumerate() {
        let job = only(&world, 200).await;
        assert_eq!(job.work.id, work.id, "job {n}");
        assert!(world.claim(10, 200).await.is_empty());
        world.settle(&job, Settlement::Done, 200).await;
    }
    assert!(world.claim(10, 200).await.is_empty());
}

pub async fn jobs_of_one_set_keep_their_order(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let works: Vec<NewJob> = (0..5).map(|n| keyed(&world, "a", "k", 50 - n)).collect();
    // Ids say nothing about the order.
    let shuffled = [3, 0, 4, 1, 2];
    world.commit(shuffled.iter().map(|n| world.enqueue(&works[*n])).collect()).await;
    for n in shuffled {
        let job = only(&world, 200).await;
        assert_eq!(job.work.id, works[n].id);
        world.settle(&job, Settlement::Done, 200).await;
    }
}

pub async fn a_retried_job_stays_the_head(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let works = queue(&world, 2).await;
    let job = only(&world, 200).await;
    let retry = Settlement::Retry { due_at: at(300), reason: String::new() };
    world.settle(&job, retry, 201).await;
    assert!(world.claim(10, 299).await.is_empty(), "nobody overtakes");
    assert_eq!(only(&world, 300).await.work.id, works[0].id);
}

pub async fn a_released_and_an_expired_job_stay_the_head(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let works = queue(&world, 2).await;
    let job = only(&world, 200).await;
    world.settle(&job, Settlement::Release, 201).await;
    let job = only(&world, 202).await;
    assert_eq!(job.work.id, works[0].id);
    let job = only(&world, 500).await;
    assert_eq!(job.work.id, works[0].id, "its lease ran out");
    world.settle(&job, Settlement::Done, 501).await;
    assert_eq!(only(&world, 502).await.work.id, works[1].id);
}

pub async fn a_parked_job_lets_the_next_move_up(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let works = queue(&world, 3).await;
    let job = only(&world, 200).await;
    world.settle(&job, Settlement::Park { reason: String::new() }, 201).await;
    assert_eq!(state(&world, works[1].id).await, JobState::Ready);
    assert_eq!(state(&world, works[2].id).await, JobState::Waiting);
    assert_eq!(only(&world, 202).await.work.id, works[1].id);
}

pub async fn a_replayed_job_goes_behind_the_others_of_its_key(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let works = queue(&world, 3).await;
    let job = only(&world, 200).await;
    world.settle(&job, Settlement::Park { reason: String::new() }, 201).await;
    world.commit(vec![replay(&world, works[0].id, 0)]).await;
    assert_eq!(state(&world, works[0].id).await, JobState::Waiting);
    let late = world.queued(keyed(&world, "a", "k", 0)).await;
    for expected in [works[1].id, works[2].id, works[0].id, late.id] {
        let job = only(&world, 300).await;
        assert_eq!(job.work.id, expected);
        world.settle(&job, Settlement::Done, 300).await;
    }
}

pub async fn a_replayed_job_alone_is_ready(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let works = queue(&world, 1).await;
    let job = only(&world, 200).await;
    world.settle(&job, Settlement::Park { reason: String::new() }, 201).await;
    world.commit(vec![replay(&world, works[0].id, 250)]).await;
    assert_eq!(state(&world, works[0].id).await, JobState::Ready);
    // What comes now waits behind it, though it is due sooner.
    world.queued(keyed(&world, "a", "k", 0)).await;
    assert!(world.claim(10, 249).await.is_empty());
    assert_eq!(only(&world, 250).await.work.id, works[0].id);
}

pub async fn keys_of_other_lanes_and_tenants_run_beside(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let other = world.of_tenant(2);
    world.queued(keyed(&world, "a", "k", 1)).await;
    world.queued(keyed(&world, "b", "k", 1)).await;
    world.queued(keyed(&world, "a", "l", 1)).await;
    world.queued(world.work("a", 1)).await;
    other.queued(keyed(&other, "a", "k", 1)).await;
    assert_eq!(world.claim(10, 5).await.len(), 5);
}

pub async fn keys_of_two_tenants_move_on_apart(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let other = world.of_tenant(2);
    // The other tenant's jobs stand in front of and between one's own.
    let theirs = other.queued(keyed(&other, "a", "k", 1)).await;
    let first = world.queued(keyed(&world, "a", "k", 1)).await;
    let their_second = other.queued(keyed(&other, "a", "k", 1)).await;
    let second = world.queued(keyed(&world, "a", "k", 1)).await;
    let third = world.queued(keyed(&world, "a", "k", 1)).await;
    let claimed = world.claim(10, 5).await;
    let of = |work: &NewJob| claimed.iter().find(|job| job.work.id == work.id).unwrap();
    assert_eq!((claimed.len(), of(&theirs).work.lane.tenant), (2, other.tenant));
    world.settle(of(&first), Settlement::Done, 6).await;
    assert_eq!(state(&world, second.id).await, JobState::Ready);
    assert_eq!(state(&world, third.id).await, JobState::Waiting);
    assert_eq!(state(&other, their_second.id).await, JobState::Waiting);

    // Behind nobody of its own tenant, a job that comes back is ready.
    for expected in [second.id, third.id] {
        let job = only(&world, 7).await;
        assert_eq!(job.work.id, expected);
        let end = if expected == third.id {
            Settlement::Park { reason: String::new() }
        } else {
            Settlement::Done
        };
        world.settle(&job, end, 8).await;
    }
    world.commit(vec![replay(&world, third.id, 9)]).await;
    assert_eq!(state(&world, third.id).await, JobState::Ready);
    other.settle(of(&theirs), Settlement::Done, 10).await;
    assert_eq!(state(&other, their_second.id).await, JobState::Ready);
}

pub async fn settling_and_queueing_in_one_set_promotes_in_order(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let works = queue(&world, 2).await;
    let job = only(&world, 200).await;
    let third = keyed(&world, "a", "k", 1);
    let changes = vec![world.enqueue(&third), world.finish(&job, Settlement::Done, 201)];
    world.commit(changes).await;
    assert_eq!(state(&world, works[1].id).await, JobState::Ready);
    assert_eq!(state(&world, third.id).await, JobState::Waiting);
    let job = only(&world, 202).await;
    assert_eq!(job.work.id, works[1].id);
    // The last of the key ends and the next is queued in the same set.
    world.settle(&job, Settlement::Done, 203).await;
    let job = only(&world, 204).await;
    let fourth = keyed(&world, "a", "k", 1);
    let changes = vec![world.finish(&job, Settlement::Done, 205), world.enqueue(&fourth)];
    world.commit(changes).await;
    assert_eq!(state(&world, fourth.id).await, JobState::Ready);
}

pub async fn many_keys_settle_in_one_set(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut changes = Vec::new();
    for key in 0..20 {
        for _ in 0..3 {
            changes.push(world.enqueue(&keyed(&world, "a", &format!("k{key}"), 1)));
        }
    }
    world.commit(changes).await;
    for _ in 0..3 {
        let claimed = world.claim(100, 5).await;
        assert_eq!(claimed.len(), 20, "one of each key");
        let done = claimed.iter().map(|job| world.finish(job, Settlement::Done, 6)).collect();
        world.commit(done).await;
    }
    assert!(world.claim(100, 7).await.is_empty());
}
