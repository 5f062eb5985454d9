//! The queue: who gets which job, how it ends, and what is known of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use leadbox_core::job::{JobFilter, JobState, LaneCount, Settlement};
use leadbox_core::storage::{Claim, Storage};
use leadbox_core::{Job, JobId, LaneKey, NewJob, PageRequest, Tenant};

use crate::fixtures::{Refusal, World, at, at_micros};

async fn job(world: &World, id: JobId) -> Option<Job> {
    world.storage.job(world.tenant, id).await.unwrap()
}

fn ids(jobs: &[Job]) -> Vec<JobId> {
    jobs.iter().map(|job| job.work.id).collect()
}

pub async fn queued_work_reads_back_as_it_was_written(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut work = world.work("ä/'x", 5);
    work.fifo_key = Some("key ü".to_owned());
    work.unique_key = Some("unique ü".to_owned());
    work.due_at = at_micros(5_000_001);
    let work = world.queued(work).await;
    let stored = job(&world, work.id).await.unwrap();
    let expected = Job {
        work,
        state: JobState::Ready,
        attempt: 0,
        token: stored.token,
        lease_until: None,
        reason: None,
    };
    assert_eq!(stored, expected);
    assert_eq!(job(&world, world.id()).await, None);
    assert_eq!(world.storage.job(Tenant(2), expected.work.id).await.unwrap(), None);
}

pub async fn due_jobs_are_claimed_those_first_that_have_been_due_longest(
    storage: Arc<dyn Storage>,
) {
    let world = World::new(storage);
    let mut works = Vec::new();
    for due in [30, 10, 20, 100] {
        works.push(world.queued(world.work("a", due)).await);
    }
    let first = world.claim(2, 50).await;
    assert_eq!(ids(&first), [works[1].id, works[2].id]);
    for job in &first {
        assert_eq!((job.state, job.attempt), (JobState::Leased, 1));
        assert_eq!(job.lease_until, Some(at(110)));
        assert_eq!(world.storage.job(world.tenant, job.work.id).await.unwrap().as_ref(), Some(job));
    }
    assert_eq!(ids(&world.claim(10, 50).await), [works[0].id]);
    assert!(world.claim(10, 50).await.is_empty(), "the last one is not due");
    assert_eq!(ids(&world.claim(10, 100).await), [works[3].id]);
}

pub async fn a_claim_takes_only_from_its_queues_and_from_every_tenant(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let other = world.of_tenant(2);
    let mine = world.queued(world.work("a", 1)).await;
    let theirs = other.queued(other.work("a", 2)).await;
    let mut elsewhere = world.work("a", 0);
    elsewhere.lane = LaneKey::of_queue(world.tenant, "enrich");
    let elsewhere = world.queued(elsewhere).await;

    assert_eq!(ids(&world.claim(10, 5).await), [mine.id, theirs.id]);
    let claim = |queues: &[&str]| Claim {
        worker: world.id(),
        queues: queues.iter().map(|queue| (*queue).to_owned()).collect(),
        limit: 10,
        lease: Duration::from_secs(60),
        now: at(5),
    };
    assert!(world.storage.claim(&claim(&[])).await.unwrap().is_empty());
    assert!(world.storage.claim(&claim(&["nothing"])).await.unwrap().is_empty());
    let claimed = world.storage.claim(&claim(&["deliver", "enrich"])).await.unwrap();
    assert_eq!(ids(&claimed), [elsewhere.id]);
}

pub async fn a_claim_takes_up_to_256_at_once(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    world.commit((0..300).map(|n| world.enqueue(&world.work("a", n % 7))).collect()).await;
    let first = world.claim(256, 10).await;
    let second = world.claim(256, 10).await;
    assert_eq!((first.len(), second.len()), (256, 44));
    let all: BTreeSet<JobId> = ids(&first).into_iter().chain(ids(&second)).collect();
    assert_eq!(all.len(), 300);
}

pub async fn a_done_job_is_gone(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let work = world.queued(world.work("a", 1)).await;
    let claimed = world.claim(1, 5).await;
    world.settle(&claimed[0], Settlement::Done, 6).await;
    assert_eq!(job(&world, work.id).await, None);
    assert!(world.claim(1, 100_000).await.is_empty());
    let again = world.finish(&claimed[0], Settlement::Done, 7);
    assert_eq!(world.refused(vec![again]).await, Refusal::Conflict);
}

pub async fn a_retried_job_comes_back_at_its_moment(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let work = world.queued(world.work("a", 1)).await;
    let claimed = world.claim(1, 5).await;
    let retry = Settlement::Retry { due_at: at(50), reason: "503 ü".to_owned() };
    world.settle(&claimed[0], retry, 6).await;
    let stored = job(&world, work.id).await.unwrap();
    assert_eq!((stored.state, stored.attempt, stored.lease_until), (JobState::Ready, 1, None));
    assert_eq!(stored.reason.as_deref(), Some("503 ü"));
    assert_eq!(stored.work, NewJob { due_at: at(50), ..work });
    assert!(world.claim(1, 49).await.is_empty());
    let second = world.claim(1, 50).await;
    assert_eq!(second[0].attempt, 2);
    assert!(second[0].token > claimed[0].token);
}

pub async fn a_parked_job_waits_until_it_is_replayed(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let work = world.queued(world.work("a", 1)).await;
    let claimed = world.claim(1, 5).await;
    world.settle(&claimed[0], Settlement::Park { reason: "410".to_owned() }, 6).await;
    let stored = job(&world, work.id).await.unwrap();
    assert_eq!((stored.state, stored.lease_until), (JobState::Parked, None));
    assert_eq!(stored.reason.as_deref(), Some("410"));
    assert!(world.claim(1, 100_000).await.is_empty());

    let replay =
        leadbox_core::storage::JobReplay { tenant: world.tenant, id: work.id, due_at: at(70) };
    world.commit(vec![leadbox_core::Change::ReplayJob(replay)]).await;
    let stored = job(&world, work.id).await.unwrap();
    assert_eq!((stored.state, stored.work.due_at), (JobState::Ready, at(70)));
    assert!(world.claim(1, 69).await.is_empty());
    assert_eq!(ids(&world.claim(1, 70).await), [work.id]);
}

pub async fn a_released_job_is_ready_at_once_and_its_attempt_uncounted(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let work = world.queued(world.work("a", 1)).await;
    let first = world.claim(1, 5).await;
    world.settle(&first[0], Settlement::Release, 6).await;
    let stored = job(&world, work.id).await.unwrap();
    assert_eq!((stored.state, stored.attempt, stored.lease_until), (JobState::Ready, 0, None));
    let second = world.claim(1, 6).await;
    assert_eq!(second[0].attempt, 1);
    assert!(second[0].token > first[0].token);
    let late = world.finish(&first[0], Settlement::Done, 7);
    assert_eq!(world.refused(vec![late]).await, Refusal::Conflict);
}

pub async fn an_expired_lease_is_taken_over_and_the_old_token_is_worthless(
    storage: Arc<dyn Storage>,
) {
    let world = World::new(storage);
    world.queued(world.work("a", 1)).await;
    let first = world.claim(1, 5).await;
    assert!(world.claim(1, 64).await.is_empty(), "the lease of a minute still holds");
    let second = world.claim(1, 66).await;
    assert_eq!(ids(&second), ids(&first));
    assert_eq!(second[0].attempt, 2);
    assert!(second[0].token > first[0].token);
    for settlement in [
        Settlement::Done,
        Settlement::Release,
        Settlement::Park { reason: String::new() },
        Settlement::Retry { due_at: at(0), reason: String::new() },
    ] {
        let late = world.finish(&first[0], settlement, 67);
        assert_eq!(world.refused(vec![late]).await, Refusal::Conflict);
    }
    world.settle(&second[0], Settlement::Done, 68).await;
}

pub async fn a_lease_that_ran_out_unnoticed_can_still_finish(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    world.queued(world.work("a", 1)).await;
    let claimed = world.claim(1, 5).await;
    world.settle(&claimed[0], Settlement::Done, 500).await;
    assert!(world.claim(1, 501).await.is_empty());
}

pub async fn leases_are_prolonged_for_those_who_hold_them(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    for due in [1, 2, 3] {
        world.queued(world.work("a", due)).await;
    }
    let claimed = world.claim(3, 5).await;
    world.settle(&claimed[2], Settlement::Done, 6).await;
    let (held, stale) = (&claimed[0], &claimed[1]);
    let asked = [
        (held.work.id, held.token),
        (stale.work.id, stale.token + 1),
        (claimed[2].work.id, claimed[2].token),
        (world.id(), 1),
    ];
    assert_eq!(world.storage.extend(&asked, at(200)).await.unwrap(), [held.work.id]);
    assert_eq!(job(&world, held.work.id).await.unwrap().lease_until, Some(at(200)));
    assert_eq!(job(&world, stale.work.id).await.unwrap().lease_until, Some(at(65)));
    assert_eq!(ids(&world.claim(3, 100).await), [stale.work.id]);
    assert_eq!(ids(&world.claim(3, 201).await), [held.work.id, stale.work.id]);
    assert!(world.storage.extend(&[], at(300)).await.unwrap().is_empty());
}

pub async fn the_next_moment_is_that_of_ready_jobs_and_leases(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let queues = ["deliver".to_owned(), "enrich".to_owned()];
    let next = || async { world.storage.next_due(&queues).await.unwrap() };
    assert_eq!(next().await, None);
    world.queued(world.work("a", 40)).await;
    let mut elsewhere = world.work("a", 7);
    elsewhere.lane = LaneKey::of_queue(Tenant(3), "other");
    world.queued(elsewhere).await;
    assert_eq!(next().await, Some(at(40)));
    assert_eq!(world.storage.next_due(&[]).await.unwrap(), None);
    let early = world.queued(world.work("b", 20)).await;
    assert_eq!(next().await, Some(at(20)));
    let claimed = world.claim(1, 25).await;
    assert_eq!(ids(&claimed), [early.id]);
    assert_eq!(next().await, Some(at(40)));
    assert_eq!(ids(&world.claim(1, 45).await).len(), 1);
    assert_eq!(next().await, Some(at(85)), "the first lease runs out");
    world.settle(&claimed[0], Settlement::Park { reason: String::new() }, 46).await;
    assert_eq!(next().await, Some(at(105)), "the other lease, as parked jobs wait for nothing");
}

pub async fn jobs_are_listed_by_id_and_filtered(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let other = world.of_tenant(2);
    let mut works = Vec::new();
    for (name, due) in [("a", 1), ("b", 900), ("a", 900), ("b", 2)] {
        works.push(world.queued(world.work(name, due)).await);
    }
    let mut enrich = world.work("a", 900);
    enrich.lane = LaneKey::named(world.tenant, "enrich", "a");
    works.push(world.queued(enrich).await);
    other.queued(other.work("a", 900)).await;
    world.claim(1, 1).await;

    let list = |filter: JobFilter, size: u32| {
        let world = world.clone();
        async move {
            let (mut seen, mut request) = (Vec::new(), PageRequest::first(size));
            for _ in 0..10 {
                let page = world.storage.jobs(world.tenant, &filter, &request).await.unwrap();
                seen.extend(ids(&page.items));
                let Some(cursor) = page.next else { break };
                request = PageRequest::after(size, cursor);
            }
            seen
        }
    };
    let of = |indexes: &[usize]| -> Vec<JobId> {
        indexes.iter().map(|index| works[*index].id).collect()
    };
    let queue = |queue: &str| JobFilter { queue: Some(queue.to_owned()), ..JobFilter::default() };
    let lane = |lane: &str| JobFilter { lane: Some(lane.to_owned()), ..JobFilter::default() };
    let state = |state| JobFilter { state: Some(state), ..JobFilter::default() };
    assert_eq!(list(JobFilter::default(), 2).await, of(&[0, 1, 2, 3, 4]));
    assert_eq!(list(queue("deliver"), 3).await, of(&[0, 1, 2, 3]));
    assert_eq!(list(lane("a"), 1).await, of(&[0, 2, 4]));
    assert_eq!(list(state(JobState::Leased), 9).await, of(&[0]));
    assert_eq!(list(state(JobState::Ready), 9).await, of(&[1, 2, 3, 4]));
    let all = JobFilter { state: Some(JobState::Ready), ..lane("a") };
    assert_eq!(list(JobFilter { queue: Some("deliver".to_owned()), ..all }, 9).await, of(&[2]));
    assert!(list(state(JobState::Parked), 9).await.is_empty());
}

pub async fn lanes_are_counted_by_state(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut works = Vec::new();
    for (name, due, key) in [
        ("a", 1, None),
        ("a", 2, None),
        ("a", 300, None),
        ("a", 200, None),
        ("b", 3, Some("k")),
        ("b", 4, Some("k")),
    ] {
        let mut work = world.work(name, due);
        work.fifo_key = key.map(str::to_owned);
        works.push(world.queued(work).await);
    }
    world.of_tenant(2).queued(world.of_tenant(2).work("z", 999)).await;
    let claimed = world.claim(3, 10).await;
    assert_eq!(ids(&claimed), [works[0].id, works[1].id, works[4].id]);
    world.settle(&claimed[0], Settlement::Park { reason: String::new() }, 11).await;

    let counts = world.storage.lane_counts(world.tenant).await.unwrap();
    let a = LaneCount {
        lane: world.lane("a"),
        ready: 2,
        leased: 1,
        waiting: 0,
        parked: 1,
        oldest_due: Some(at(200)),
    };
    let b = LaneCount {
        lane: world.lane("b"),
        ready: 0,
        leased: 1,
        waiting: 1,
        parked: 0,
        oldest_due: None,
    };
    assert_eq!(counts, [a, b]);
}

pub async fn a_unique_key_is_queued_once(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let unique = |name: &str| {
        let mut work = world.work(name, 5);
        work.unique_key = Some("rescore:1".to_owned());
        work
    };
    let first = world.queued(unique("a")).await;
    // Another lane of the queue is no excuse; another queue or tenant is.
    let dropped = world.queued(unique("b")).await;
    assert_eq!(job(&world, dropped.id).await, None);
    let mut elsewhere = unique("a");
    elsewhere.lane.queue = "other".to_owned();
    let elsewhere = world.queued(elsewhere).await;
    assert!(job(&world, elsewhere.id).await.is_some());
    let mut foreign = unique("a");
    foreign.lane.tenant = Tenant(2);
    let foreign = world.queued(foreign).await;
    assert!(world.storage.job(Tenant(2), foreign.id).await.unwrap().is_some());

    // While the first runs, what comes in must not be lost.
    let claimed = world.claim(10, 6).await;
    assert!(ids(&claimed).contains(&first.id));
    let second = world.queued(unique("a")).await;
    assert!(job(&world, second.id).await.is_some());
    let third = world.queued(unique("a")).await;
    assert_eq!(job(&world, third.id).await, None);
    let running = claimed.iter().find(|job| job.work.id == first.id).unwrap();
    world.settle(running, Settlement::Done, 7).await;
    let fourth = world.queued(unique("a")).await;
    assert_eq!(job(&world, fourth.id).await, None, "the second is still queued");
}

pub async fn a_unique_key_is_queued_once_within_a_set(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let (mut first, mut second) = (world.work("a", 5), world.work("a", 5));
    first.unique_key = Some("u".to_owned());
    second.unique_key = Some("u".to_owned());
    world.commit(vec![world.enqueue(&first), world.enqueue(&second)]).await;
    assert!(job(&world, first.id).await.is_some());
    assert_eq!(job(&world, second.id).await, None);
}

pub async fn a_finished_job_frees_its_unique_key_for_its_own_set(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let unique = |due| {
        let mut work = world.work("a", due);
        work.unique_key = Some("idle:1".to_owned());
        work
    };
    world.queued(unique(1)).await;
    let claimed = world.claim(1, 2).await;
    let next = unique(60);
    world.commit(vec![world.enqueue(&next), world.finish(&claimed[0], Settlement::Done, 2)]).await;
    assert!(job(&world, next.id).await.is_some());
}

pub async fn a_unique_job_that_comes_back_neither_fails_nor_loses_the_other(
    storage: Arc<dyn Storage>,
) {
    let world = World::new(storage);
    let unique = |key: &str| {
        let mut work = world.work("a", 1);
        work.unique_key = Some(key.to_owned());
        work
    };
    for (key, settlement) in [
        ("u1", Settlement::Retry { due_at: at(3), reason: String::new() }),
        ("u2", Settlement::Release),
    ] {
        let first = world.queued(unique(key)).await;
        let claimed = world.claim(10, 2).await;
        let claimed = claimed.iter().find(|job| job.work.id == first.id).unwrap();
        let second = world.queued(unique(key)).await;
        world.settle(claimed, settlement, 2).await;
        assert!(job(&world, first.id).await.is_some());
        assert!(job(&world, second.id).await.is_some());
        let third = world.queued(unique(key)).await;
        assert_eq!(job(&world, third.id).await, None);
    }
    // One that was retried alone holds its key again.
    let first = world.queued(unique("u3")).await;
    let claimed = world.claim(10, 2).await;
    let claimed = claimed.iter().find(|job| job.work.id == first.id).unwrap();
    let retry = Settlement::Retry { due_at: at(900), reason: String::new() };
    world.settle(claimed, retry, 2).await;
    let second = world.queued(unique("u3")).await;
    assert_eq!(job(&world, second.id).await, None);
}

pub async fn a_parked_job_does_not_hold_its_unique_key(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let unique = || {
        let mut work = world.work("a", 1);
        work.unique_key = Some("u".to_owned());
        work
    };
    let first = world.queued(unique()).await;
    let claimed = world.claim(1, 2).await;
    world.settle(&claimed[0], Settlement::Park { reason: String::new() }, 3).await;
    let second = world.queued(unique()).await;
    assert!(job(&world, second.id).await.is_some());
    let replay =
        leadbox_core::storage::JobReplay { tenant: world.tenant, id: first.id, due_at: at(4) };
    world.commit(vec![leadbox_core::Change::ReplayJob(replay)]).await;
    assert_eq!(world.claim(10, 5).await.len(), 2);
}

pub async fn a_job_finishes_with_its_effects_or_not_at_all(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    world.queued(world.work("a", 1)).await;
    let claimed = world.claim(1, 2).await;
    let after = world.edited(&lead, |lead| lead.completeness = 77);
    let mut stale = lead.clone();
    stale.version = leadbox_core::Version(8);
    let failing = vec![
        world.finish(&claimed[0], Settlement::Done, 3),
        world.update(&stale, &world.edited(&stale, |_| {})),
    ];
    assert_eq!(world.refused(failing).await, Refusal::Conflict);
    assert_eq!(job(&world, claimed[0].work.id).await.unwrap().state, JobState::Leased);
    let good = vec![world.finish(&claimed[0], Settlement::Done, 3), world.update(&lead, &after)];
    world.commit(good).await;
    assert_eq!(job(&world, claimed[0].work.id).await, None);
}
