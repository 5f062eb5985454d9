//! Scores: their own row, guarded by lead version, revision and rule set.

use std::collections::BTreeMap;
use std::sync::Arc;

use leadbox_core::storage::Storage;
use leadbox_core::{Freshness, Lead, LeadScore, Points, Revision};

use crate::fixtures::{Refusal, World, at};

async fn stored(world: &World, lead: &Lead) -> LeadScore {
    world.storage.lead(&world.scope(), lead.id).await.unwrap().unwrap().score
}

pub async fn a_score_reads_back_as_it_was_written(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let score = world.score(&lead, 88);
    world.commit(vec![world.set_score(&score)]).await;
    assert_eq!(stored(&world, &lead).await, score);
    let bare = LeadScore {
        revision: Revision(2),
        total: Points(-1),
        categories: BTreeMap::new(),
        priority: None,
        next_change_at: None,
        freshness: Freshness::Dirty,
        ..score
    };
    world.commit(vec![world.set_score(&bare)]).await;
    assert_eq!(stored(&world, &lead).await, bare);
}

pub async fn a_lead_is_scored_in_the_set_that_stores_it(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.lead();
    let score = world.score(&lead, 12);
    world.commit(vec![world.set_score(&score), world.insert(&lead)]).await;
    assert_eq!(stored(&world, &lead).await, score);
    let after = world.edited(&lead, |lead| lead.completeness = 99);
    let rescored = LeadScore { revision: Revision(2), ..world.score(&after, 13) };
    world.commit(vec![world.set_score(&rescored), world.update(&lead, &after)]).await;
    assert_eq!(stored(&world, &lead).await, rescored);
}

pub async fn a_score_never_raises_the_leads_version(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    world.commit(vec![world.set_score(&world.score(&lead, 1))]).await;
    let found = world.storage.lead(&world.scope(), lead.id).await.unwrap().unwrap();
    assert_eq!(found.lead, lead);
}

pub async fn a_score_of_an_older_lead_is_refused(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let score = world.score(&lead, 5);
    let after = world.edited(&lead, |lead| lead.completeness = 99);
    world.commit(vec![world.update(&lead, &after)]).await;
    assert_eq!(world.refused(vec![world.set_score(&score)]).await, Refusal::Conflict);
    let changes = vec![world.set_score(&world.score(&after, 6))];
    world.commit(changes).await;
}

pub async fn a_score_behind_another_revision_is_refused(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let first = world.score(&lead, 5);
    world.commit(vec![world.set_score(&first)]).await;
    assert_eq!(world.refused(vec![world.set_score(&first)]).await, Refusal::Conflict);
    let third = LeadScore { revision: Revision(3), ..first.clone() };
    assert_eq!(world.refused(vec![world.set_score(&third)]).await, Refusal::Conflict);
    assert_eq!(stored(&world, &lead).await, first);
}

pub async fn a_score_by_an_older_rule_set_is_refused(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let first = world.score(&lead, 5);
    world.commit(vec![world.set_score(&first)]).await;
    let next =
        |rule_set| LeadScore { revision: Revision(2), rule_set, as_of: at(900), ..first.clone() };
    let older = next(first.rule_set - 1);
    assert_eq!(world.refused(vec![world.set_score(&older)]).await, Refusal::Conflict);
    world.commit(vec![world.set_score(&next(first.rule_set))]).await;
    let newer = LeadScore { revision: Revision(3), ..next(first.rule_set + 1) };
    world.commit(vec![world.set_score(&newer)]).await;
    assert_eq!(stored(&world, &lead).await, newer);
}
