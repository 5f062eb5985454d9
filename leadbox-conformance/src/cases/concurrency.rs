//! Several at once: one wins, nothing is lost, readers see whole commits. Every task is a client of the same storage.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use leadbox_core::event::{ChainHead, Verdict, verify_chain};
use leadbox_core::rollup::compare;
use leadbox_core::storage::{ConsumerStart, Storage};
use leadbox_core::{Change, IdentityKind, LeadId, LeadQuery, Position};

use super::analytics::counts_hold;
use super::log::intact;
use crate::fixtures::{World, at};
use crate::samples::field;

/// Runs so many tasks at once and gives their results.
pub(super) async fn at_once<T, F>(count: usize, task: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = (0..count).map(|n| tokio::spawn(task(n))).collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

/// Commits a single change; true when it took effect, false when it met a conflict.
async fn attempted(world: &World, changes: Vec<Change>) -> bool {
    match world.storage.commit(&world.set(changes)).await {
        Ok(committed) => {
            assert!(committed.skipped.is_empty() && !committed.replayed);
            true
        }
        Err(error) if error.is_conflict() => false,
        Err(error) => panic!("a commit failed for another reason: {error} ({error:?})"),
    }
}

pub async fn of_many_committers_on_one_version_exactly_one_wins(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut lead = world.stored(world.lead()).await;
    for round in 0..20 {
        let won = at_once(6, |n| {
            let (world, lead) = (world.clone(), lead.clone());
            async move {
                let after =
                    world.edited(&lead, |lead| lead.person.title = Some(format!("task {n}")));
                attempted(&world, vec![world.update(&lead, &after), world.append(&after)])
                    .await
                    .then_some(after)
            }
        })
        .await;
        let winners: Vec<_> = won.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1, "round {round}");
        let stored = world.storage.lead(&world.scope(), lead.id).await.unwrap().unwrap();
        assert_eq!(stored.lead, winners[0]);
        lead = stored.lead;
    }
    assert_eq!(intact(&world).await.len(), 20);
}

pub async fn of_many_captures_of_one_key_exactly_one_wins(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    for round in 0..10 {
        let email = world.lead().person.email;
        let won = at_once(6, |_| {
            let (world, email) = (world.clone(), email.clone());
            async move {
                let mut lead = world.lead();
                lead.person.email = email;
                attempted(&world, vec![world.insert_captured_by(&lead, &[IdentityKind::Email])])
                    .await
            }
        })
        .await;
        assert_eq!(won.iter().filter(|won| **won).count(), 1, "round {round}");
    }
    assert_eq!(counts_hold(&world).await.values().sum::<i64>(), 10);
}

pub async fn of_many_definitions_at_one_revision_exactly_one_wins(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    for before in 0..6 {
        let won = at_once(5, |_| {
            let world = world.clone();
            async move {
                let update = field(&world, "budget", before);
                attempted(&world, vec![Change::PutDefinition(Box::new(update))]).await
            }
        })
        .await;
        assert_eq!(won.iter().filter(|won| **won).count(), 1, "from revision {before}");
    }
}

pub async fn one_set_committed_many_times_at_once_takes_effect_once(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    for round in 0..10 {
        let lead = world.lead();
        let set = world.set(vec![world.insert(&lead), world.append(&lead)]);
        let replayed = at_once(5, |_| {
            let (world, set) = (world.clone(), set.clone());
            async move { world.storage.commit(&set).await.unwrap().replayed }
        })
        .await;
        assert_eq!(replayed.iter().filter(|replayed| !**replayed).count(), 1, "round {round}");
    }
    assert_eq!(intact(&world).await.len(), 10);
}

pub async fn per_lead_order_is_version_order_under_many_writers(storage: Arc<dyn Storage>) {
    const WRITERS: usize = 8;
    const COMMITS: usize = 25;
    let world = World::new(storage);
    let leads = world.stored_leads(5).await;
    let ids: Arc<Vec<LeadId>> = Arc::new(leads.iter().map(|lead| lead.id).collect());
    let writing = Arc::new(AtomicBool::new(true));

    // A consumer reads along: what it has passed may never be followed by something before it.
    let reading = tokio::spawn({
        let (world, writing) = (world.clone(), Arc::clone(&writing));
        async move {
            let (mut head, mut events) = (ChainHead::default(), Vec::new());
            loop {
                let last_round = !writing.load(Ordering::SeqCst);
                for _ in 0..1000 {
                    let sequenced = world.storage.sequence(50).await.unwrap();
                    let batch = world.storage.events_after(head.position, 20).await.unwrap();
                    let whole = batch.len() as u64;
                    let verdict = verify_chain(&mut head, &batch);
                    assert_eq!(verdict, Verdict::Intact { whole, erased: 0 });
                    events.extend(batch);
                    if whole == 0 && sequenced.count == 0 && !sequenced.more {
                        break;
                    }
                }
                if last_round {
                    return events;
                }
                tokio::task::yield_now().await;
            }
        }
    });
    let retries = Arc::new(AtomicUsize::new(0));
    at_once(WRITERS, |writer| {
        let (world, ids, retries) = (world.clone(), Arc::clone(&ids), Arc::clone(&retries));
        async move {
            for step in 0..COMMITS {
                let id = ids[(writer + step) % ids.len()];
                loop {
                    let found = world.storage.lead(&world.scope(), id).await.unwrap().unwrap();
                    let after = world.edited(&found.lead, |lead| {
                        lead.stage = world.stage(u8::try_from(step % 3).unwrap());
                    });
                    let changes = vec![world.update(&found.lead, &after), world.append(&after)];
                    if attempted(&world, changes).await {
                        break;
                    }
                    let tries = retries.fetch_add(1, Ordering::Relaxed);
                    assert!(tries < 1_000_000, "writers never come through");
                }
            }
        }
    })
    .await;
    writing.store(false, Ordering::SeqCst);
    let seen = reading.await.unwrap();
    assert_eq!(seen, intact(&world).await, "the consumer saw the log as it is");

    let mut versions: BTreeMap<LeadId, Vec<i64>> = BTreeMap::new();
    for event in &seen {
        versions.entry(event.lead().unwrap()).or_default().push(event.version.0);
    }
    assert_eq!(seen.len(), WRITERS * COMMITS);
    for (lead, versions) in versions {
        let expected: Vec<i64> = (2..).take(versions.len()).collect();
        assert_eq!(versions, expected, "{lead}");
        let stored = world.storage.lead(&world.scope(), lead).await.unwrap().unwrap();
        assert_eq!(Some(&stored.lead.version.0), expected.last());
    }
    counts_hold(&world).await;
}

pub async fn many_sequencers_give_every_event_one_position(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    at_once(6, |task| {
        let world = world.clone();
        async move {
            for _ in 0..15 {
                if task < 3 {
                    let lead = world.lead();
                    world.commit(vec![world.insert(&lead), world.append(&lead)]).await;
                } else {
                    world.storage.sequence(3).await.unwrap();
                }
            }
        }
    })
    .await;
    let ids: BTreeSet<_> = intact(&world).await.iter().map(|event| event.id).collect();
    assert_eq!(ids.len(), 45);
}

pub async fn counts_are_read_from_one_moment_while_leads_change(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let writing = Arc::new(AtomicBool::new(true));
    let checking = tokio::spawn({
        let (world, writing) = (world.clone(), Arc::clone(&writing));
        async move {
            let mut checks = 0;
            while writing.load(Ordering::SeqCst) || checks == 0 {
                let counts = world.storage.verify_counts(world.tenant).await.unwrap();
                assert_eq!(compare(&counts.kept, &counts.counted), [], "check {checks}");
                world.storage.fold_counts(7).await.unwrap();
                checks += 1;
            }
        }
    });
    at_once(4, |_| {
        let world = world.clone();
        async move {
            for step in 0..20 {
                let lead = world.stored(world.lead()).await;
                let after = world.edited(&lead, |lead| {
                    lead.stage = world.stage(1);
                    lead.deleted_at = (step % 3 == 0).then(|| at(9));
                });
                world.commit(vec![world.update(&lead, &after)]).await;
                if step == 10 {
                    world.storage.rebuild_counts(world.tenant).await.unwrap();
                }
            }
        }
    })
    .await;
    writing.store(false, Ordering::SeqCst);
    checking.await.unwrap();
    assert_eq!(counts_hold(&world).await.values().sum::<i64>(), 4 * 13);
}

pub async fn a_reader_sees_a_commit_whole_or_not_at_all(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let reading = Arc::new(AtomicBool::new(true));
    let reader = tokio::spawn({
        let (world, reading) = (world.clone(), Arc::clone(&reading));
        async move {
            while reading.load(Ordering::SeqCst) {
                let query = LeadQuery::default();
                let count =
                    world.storage.count_leads(&world.scope(), &query, 10_000).await.unwrap();
                assert_eq!(count % 30, 0, "half a commit shows");
            }
        }
    });
    for _ in 0..15 {
        let leads: Vec<_> = (0..30).map(|_| world.lead()).collect();
        world.commit(leads.iter().map(|lead| world.insert(lead)).collect()).await;
    }
    reading.store(false, Ordering::SeqCst);
    reader.await.unwrap();
}

pub async fn one_of_many_workers_gets_a_consumer(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    for round in 0..8 {
        let leases = at_once(6, |_| {
            let world = world.clone();
            async move {
                let (start, ttl) = (ConsumerStart::Beginning, Duration::from_secs(10));
                let now = at(round * 100);
                world.storage.lease_consumer("one", world.id(), start, now, ttl).await.unwrap()
            }
        })
        .await;
        let won: Vec<_> = leases.into_iter().flatten().collect();
        assert_eq!(won.len(), 1, "round {round}");
        assert_eq!(won[0].cursor, Position(0));
    }
}
