//! Schema, pruning and nudges.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use leadbox_core::job::Attempt;
use leadbox_core::proof::{Token, TokenKind};
use leadbox_core::storage::{Reply, Storage};
use leadbox_core::{Change, PageRequest};

use crate::fixtures::{Refusal, World, at};
use crate::samples::{attempt, reply, token};
use crate::snapshot::Snapshot;

pub async fn a_migrated_storage_has_the_programs_schema(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let schema = world.storage.schema().await.unwrap();
    assert_eq!(schema.found, schema.known);
    assert!(schema.known > 0);
    world.stored(world.lead()).await;
    let before = Snapshot::of(&world).await;
    world.storage.migrate().await.unwrap();
    world.storage.migrate().await.unwrap();
    assert_eq!(world.storage.schema().await.unwrap(), schema);
    before.assert_same(&Snapshot::of(&world).await, "migrating again changed something");
    assert!(!world.storage.kind().is_empty());
}

pub async fn a_commit_nudges_those_who_wait(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let seen = world.storage.wake().seen();
    let waiting = {
        let world = world.clone();
        tokio::spawn(async move {
            world.storage.wake().after(seen, Duration::from_secs(10)).await;
            world.storage.wake().seen()
        })
    };
    world.queued(world.work("a", 1)).await;
    assert_ne!(waiting.await.unwrap(), seen);
}

pub async fn old_sets_are_forgotten_after_a_day_and_not_before(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let set = world.set(vec![world.insert(&world.lead())]);
    world.storage.commit(&set).await.unwrap();
    let young = set.at() + TimeDelta::hours(23);
    assert_eq!(world.storage.prune(young, at(0), 1000).await.unwrap(), 0);
    assert!(world.storage.commit(&set).await.unwrap().replayed);
    let old = set.at() + TimeDelta::hours(25);
    assert_eq!(world.storage.prune(old, at(0), 1000).await.unwrap(), 1);
    // Now it is a set like any other, and its lead is there already.
    let again = world.storage.commit(&set).await.map_err(|error| Refusal::of(&error));
    assert_eq!(again, Err(Refusal::AlreadyExists));
}

pub async fn expired_replies_and_old_tries_go_and_others_stay(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let kept = Reply { expires_at: at(500), ..reply(&world, "kept") };
    let expired = Reply { expires_at: at(300), ..reply(&world, "expired") };
    let (young, old) = (attempt(&world, "a", 1, 200), attempt(&world, "a", 1, 100));
    let remember = |reply: &Reply| Change::RememberReply(Box::new(reply.clone()));
    let record = |attempt: &Attempt| Change::RecordAttempt(Box::new(attempt.clone()));
    world.commit(vec![remember(&kept), remember(&expired), record(&young), record(&old)]).await;
    assert_eq!(world.storage.prune(at(400), at(150), 1000).await.unwrap(), 2);
    let found = world.storage.reply(world.tenant, "kept", at(400)).await.unwrap();
    assert_eq!(found, Some(kept));
    // The other key is gone, not only hidden.
    assert_eq!(world.storage.reply(world.tenant, "expired", at(4)).await.unwrap(), None);
    let page = world.storage.lane_attempts(&world.lane("a"), &PageRequest::default()).await;
    assert_eq!(page.unwrap().items, [young]);
    assert_eq!(world.storage.prune(at(400), at(150), 1000).await.unwrap(), 0);
}

pub async fn a_token_that_is_over_is_shown_for_thirty_days(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let of = |expires: Option<i64>, ended: Option<i64>| Token {
        expires_at: expires.map(at),
        ended_at: ended.map(at),
        ..token(&world, TokenKind::ApiKey)
    };
    let (expired, ended) = (of(Some(100), None), of(Some(900), Some(100)));
    let (younger, endless) = (of(Some(101), Some(200)), of(None, None));
    let all = [&expired, &ended, &younger, &endless];
    world.commit(all.map(|token| Change::PutToken(Box::new(token.clone()))).into()).await;
    let before = at(100) + Token::KEPT;
    // Far back, so that nothing else goes.
    assert_eq!(world.storage.prune(at(99), at(0), 1000).await.unwrap(), 0);
    world.storage.prune(before, at(0), 1000).await.unwrap();
    let mut left = Vec::new();
    for token in all {
        left.extend(world.storage.token(world.tenant, token.id).await.unwrap());
    }
    assert_eq!(left, [younger, endless]);
}

pub async fn pruning_is_bounded(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    for n in 0..7 {
        let expired = Reply { expires_at: at(10), ..reply(&world, &format!("key{n}")) };
        let old = attempt(&world, "a", 1, n);
        let over = Token { ended_at: Some(at(-3_000_000)), ..token(&world, TokenKind::Session) };
        world
            .commit(vec![
                Change::RememberReply(Box::new(expired)),
                Change::RecordAttempt(Box::new(old)),
                Change::PutToken(Box::new(over)),
            ])
            .await;
    }
    let later = at(1000) + TimeDelta::days(2);
    let mut pruned = Vec::new();
    for _ in 0..10 {
        match world.storage.prune(later, later, 3).await.unwrap() {
            0 => break,
            n => pruned.push(n),
        }
    }
    assert_eq!(pruned, [12, 12, 4], "at most three of each kind at once");
}
