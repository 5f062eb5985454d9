//! Consumers of the log: one holder at a time, fenced by a token, moved on only from where they stand.

use std::sync::Arc;
use std::time::Duration;

use leadbox_core::storage::{ConsumerLease, ConsumerStart, CursorAdvance, Storage};
use leadbox_core::{Change, Position, WorkerId};

use crate::fixtures::{Refusal, World, at};
use crate::samples::fact;

async fn lease_from(
    world: &World,
    start: ConsumerStart,
    worker: WorkerId,
    second: i64,
) -> Option<ConsumerLease> {
    let ttl = Duration::from_secs(30);
    world.storage.lease_consumer("fan-out", worker, start, at(second), ttl).await.unwrap()
}

async fn lease(world: &World, worker: WorkerId, second: i64) -> Option<ConsumerLease> {
    lease_from(world, ConsumerStart::Beginning, worker, second).await
}

fn advance(token: i64, from: i64, to: i64) -> Change {
    Change::AdvanceCursor(CursorAdvance {
        consumer: "fan-out".to_owned(),
        token,
        from: Position(from),
        to: Position(to),
    })
}

async fn with_events(storage: Arc<dyn Storage>, count: usize) -> World {
    let world = World::new(storage);
    let facts = (0..count).map(|_| Change::AppendEvent(Box::new(fact(&world)))).collect();
    world.commit(facts).await;
    world.caught_up().await;
    world
}

pub async fn a_new_consumer_begins_where_it_is_told(storage: Arc<dyn Storage>) {
    let world = with_events(storage, 5).await;
    assert!(world.storage.consumers().await.unwrap().is_empty());
    let ttl = Duration::from_secs(30);
    for (name, start, position) in
        [("old", ConsumerStart::Beginning, 0), ("new", ConsumerStart::Now, 5)]
    {
        let lease = world.storage.lease_consumer(name, world.id(), start, at(0), ttl).await;
        let lease = lease.unwrap().unwrap();
        assert_eq!((lease.consumer.as_str(), lease.cursor), (name, Position(position)));
        assert_eq!(lease.until, at(30));
    }
    let states = world.storage.consumers().await.unwrap();
    let names: Vec<_> = states.iter().map(|state| state.consumer.as_str()).collect();
    assert_eq!(names, ["new", "old"], "by name");
    assert!(states.iter().all(|state| state.leased_until == Some(at(30))));
}

pub async fn a_known_consumer_goes_on_where_it_stood(storage: Arc<dyn Storage>) {
    let world = with_events(storage, 5).await;
    let worker = world.id();
    let first = lease(&world, worker, 0).await.unwrap();
    world.commit(vec![advance(first.token, 0, 3)]).await;
    world.storage.release_consumer(&first).await.unwrap();
    let second = lease_from(&world, ConsumerStart::Now, world.id(), 1).await.unwrap();
    assert_eq!(second.cursor, Position(3));
    assert_eq!(world.storage.consumers().await.unwrap()[0].cursor, Position(3));
}

pub async fn one_worker_holds_a_consumer_until_its_lease_ends(storage: Arc<dyn Storage>) {
    let world = with_events(storage, 5).await;
    let (one, other) = (world.id(), world.id());
    let first = lease(&world, one, 0).await.unwrap();
    assert_eq!(lease(&world, other, 29).await, None);
    let second = lease(&world, other, 31).await.unwrap();
    assert!(second.token > first.token);
    assert_eq!(lease(&world, one, 32).await, None);
    // Whoever lost the lease moves nothing, and gives nothing back.
    assert_eq!(world.refused(vec![advance(first.token, 0, 1)]).await, Refusal::Conflict);
    world.storage.release_consumer(&first).await.unwrap();
    assert_eq!(lease(&world, one, 33).await, None);
    world.commit(vec![advance(second.token, 0, 1)]).await;
}

pub async fn a_renewed_lease_keeps_its_token(storage: Arc<dyn Storage>) {
    let world = with_events(storage, 5).await;
    let (one, other) = (world.id(), world.id());
    let first = lease(&world, one, 0).await.unwrap();
    world.commit(vec![advance(first.token, 0, 2)]).await;
    let renewed = lease(&world, one, 20).await.unwrap();
    assert_eq!(renewed.token, first.token);
    assert_eq!((renewed.cursor, renewed.until), (Position(2), at(50)));
    assert_eq!(lease(&world, other, 45).await, None);
    world.commit(vec![advance(first.token, 2, 3)]).await;
}

pub async fn a_released_consumer_is_free_at_once(storage: Arc<dyn Storage>) {
    let world = with_events(storage, 5).await;
    let first = lease(&world, world.id(), 0).await.unwrap();
    world.storage.release_consumer(&first).await.unwrap();
    assert_eq!(world.storage.consumers().await.unwrap()[0].leased_until, None);
    // Released is released, also for whoever did it.
    assert_eq!(world.refused(vec![advance(first.token, 0, 1)]).await, Refusal::Conflict);
    let second = lease(&world, world.id(), 1).await.unwrap();
    assert!(second.token > first.token);
    world.storage.release_consumer(&first).await.unwrap();
    world.commit(vec![advance(second.token, 0, 1)]).await;
}

pub async fn a_consumer_moves_on_from_where_it_stands(storage: Arc<dyn Storage>) {
    let world = with_events(storage, 5).await;
    let lease_of = lease(&world, world.id(), 0).await.unwrap();
    let token = lease_of.token;
    world.commit(vec![advance(token, 0, 2)]).await;
    for (from, to) in [(0, 3), (1, 3), (3, 4), (2, 1)] {
        let refusal = world.refused(vec![advance(token, from, to)]).await;
        assert_eq!(refusal, Refusal::Conflict, "from {from} to {to}");
    }
    world.commit(vec![advance(token, 2, 2)]).await;
    world.commit(vec![advance(token, 2, 5)]).await;
    assert_eq!(world.storage.consumers().await.unwrap()[0].cursor, Position(5));
}

pub async fn a_cursor_moves_with_what_is_committed_beside_it(storage: Arc<dyn Storage>) {
    let world = with_events(storage, 5).await;
    let token = lease(&world, world.id(), 0).await.unwrap().token;
    let work = world.work("a", 1);
    let stale = vec![advance(token, 1, 2), world.enqueue(&work)];
    assert_eq!(world.refused(stale).await, Refusal::Conflict);
    assert_eq!(world.storage.job(world.tenant, work.id).await.unwrap(), None);
    world.commit(vec![advance(token, 0, 2), world.enqueue(&work)]).await;
    let taken = vec![advance(token, 2, 3), world.enqueue(&work)];
    assert_eq!(world.refused(taken).await, Refusal::AlreadyExists);
    assert_eq!(world.storage.consumers().await.unwrap()[0].cursor, Position(2));
}
