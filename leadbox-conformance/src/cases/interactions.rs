//! What happens with leads: interactions, their suspicion, and the activity they sum up to.

use std::sync::Arc;

use leadbox_core::storage::{InteractionMark, Storage};
use leadbox_core::{
    Change, Interaction, Judge, Lead, LeadActivity, PageRequest, Scope, Suspicion, Tenant,
};

use crate::fixtures::{Refusal, World, at, at_micros};

async fn activity(world: &World, lead: &Lead) -> LeadActivity {
    world.storage.lead(&world.scope(), lead.id).await.unwrap().unwrap().activity
}

fn mark(interaction: &Interaction, after: Suspicion) -> Change {
    Change::MarkInteraction(InteractionMark {
        tenant: interaction.tenant,
        lead: interaction.lead,
        interaction: interaction.id,
        before: interaction.suspicion,
        judge_before: interaction.judge,
        after,
        judge: Judge::Detector,
        reason: None,
    })
}

pub async fn an_interaction_reads_back_as_it_was_written(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let mut interaction = world.interaction(&lead, 10);
    interaction.at = at_micros(10_000_001);
    interaction.key = Some("click/ä'1".to_owned());
    interaction.suspicion = Suspicion::Suspect;
    interaction.judge = Judge::Somebody;
    interaction.reason = Some("Nobody is that fast, ä".to_owned());
    let bare = Interaction { props: serde_json::Map::new(), ..world.interaction(&lead, 11) };
    world.commit(vec![world.record(&interaction), world.record(&bare)]).await;
    for expected in [&interaction, &bare] {
        let found = world.storage.interaction(&world.scope(), expected.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(expected));
    }
    let by_key = world.storage.interaction_by_key(&world.scope(), lead.id, "click/ä'1").await;
    assert_eq!(by_key.unwrap(), Some(interaction));
}

pub async fn an_absent_interaction_is_none(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(2).await;
    let mut interaction = world.interaction(&leads[0], 1);
    interaction.key = Some("here".to_owned());
    world.commit(vec![world.record(&interaction)]).await;
    let (storage, scope) = (&world.storage, world.scope());
    assert_eq!(storage.interaction(&scope, world.id()).await.unwrap(), None);
    assert_eq!(storage.interaction_by_key(&scope, leads[0].id, "there").await.unwrap(), None);
    assert_eq!(storage.interaction_by_key(&scope, leads[1].id, "here").await.unwrap(), None);
    let page = storage.interactions(&scope, leads[1].id, &PageRequest::default()).await.unwrap();
    assert!(page.items.is_empty() && page.next.is_none());
    let page = storage.interactions(&scope, world.id(), &PageRequest::default()).await.unwrap();
    assert!(page.items.is_empty());
}

pub async fn interactions_come_latest_first_in_pages(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(2).await;
    let (mut expected, mut changes) = (Vec::new(), Vec::new());
    // Times go up and down, and several are equal, so that ids decide.
    for second in [5, 3, 5, 9, 1, 3, 3, 12] {
        let interaction = world.interaction(&leads[0], second);
        changes.push(world.record(&interaction));
        expected.push(interaction);
    }
    changes.push(world.record(&world.interaction(&leads[1], 6)));
    world.commit(changes).await;
    expected.sort_by_key(|interaction| std::cmp::Reverse((interaction.at, interaction.id)));

    let (mut seen, mut request) = (Vec::new(), PageRequest::first(3));
    for _ in 0..4 {
        let page = world.storage.interactions(&world.scope(), leads[0].id, &request).await.unwrap();
        seen.extend(page.items);
        let Some(cursor) = page.next else { break };
        request = PageRequest::after(3, cursor);
    }
    assert_eq!(seen, expected);
}

pub async fn interactions_are_seen_by_who_sees_the_lead(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut lead = world.lead();
    lead.owner = Some(world.id());
    let lead = world.stored(lead).await;
    let mut interaction = world.interaction(&lead, 1);
    interaction.key = Some("k".to_owned());
    world.commit(vec![world.record(&interaction)]).await;
    let page = PageRequest::default();
    let own = Scope::owned_by(world.tenant, lead.owner);
    assert_eq!(
        world.storage.interactions(&own, lead.id, &page).await.unwrap().items,
        [interaction.clone()]
    );
    assert!(world.storage.interaction(&own, interaction.id).await.unwrap().is_some());
    assert!(world.storage.interaction_by_key(&own, lead.id, "k").await.unwrap().is_some());
    for blind in [
        Scope::owned_by(world.tenant, [world.id()]),
        Scope::owned_by(world.tenant, []),
        Scope::all(Tenant(2)),
    ] {
        assert!(world.storage.interactions(&blind, lead.id, &page).await.unwrap().items.is_empty());
        assert_eq!(world.storage.interaction(&blind, interaction.id).await.unwrap(), None);
        assert_eq!(world.storage.interaction_by_key(&blind, lead.id, "k").await.unwrap(), None);
    }
}

pub async fn clear_interactions_count_and_the_latest_time_stays(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    for (second, count, last) in [(20, 1, 20), (10, 2, 20), (30, 3, 30)] {
        world.commit(vec![world.record(&world.interaction(&lead, second))]).await;
        let expected = LeadActivity { count, last_at: Some(at(last)) };
        assert_eq!(activity(&world, &lead).await, expected);
    }
    let mut suspect = world.interaction(&lead, 99);
    suspect.suspicion = Suspicion::Suspect;
    world.commit(vec![world.record(&suspect)]).await;
    let expected = LeadActivity { count: 3, last_at: Some(at(30)) };
    assert_eq!(activity(&world, &lead).await, expected);
}

pub async fn several_interactions_of_one_set_all_count(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(2).await;
    let mut changes: Vec<Change> = [4, 9, 2]
        .into_iter()
        .map(|second| world.record(&world.interaction(&leads[0], second)))
        .collect();
    changes.push(world.record(&world.interaction(&leads[1], 7)));
    world.commit(changes).await;
    let expected = LeadActivity { count: 3, last_at: Some(at(9)) };
    assert_eq!(activity(&world, &leads[0]).await, expected);
    let expected = LeadActivity { count: 1, last_at: Some(at(7)) };
    assert_eq!(activity(&world, &leads[1]).await, expected);
}

pub async fn marking_takes_out_and_clearing_puts_back(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let (early, late) = (world.interaction(&lead, 10), world.interaction(&lead, 20));
    world.commit(vec![world.record(&early), world.record(&late)]).await;

    world.commit(vec![mark(&late, Suspicion::Suspect)]).await;
    let expected = LeadActivity { count: 1, last_at: Some(at(10)) };
    assert_eq!(activity(&world, &lead).await, expected);
    let stored = world.storage.interaction(&world.scope(), late.id).await.unwrap().unwrap();
    let suspect = Interaction { suspicion: Suspicion::Suspect, ..late.clone() };
    assert_eq!(stored, suspect);

    world.commit(vec![mark(&early, Suspicion::Suspect)]).await;
    assert_eq!(activity(&world, &lead).await, LeadActivity::default());

    world.commit(vec![mark(&suspect, Suspicion::Clear)]).await;
    let expected = LeadActivity { count: 1, last_at: Some(at(20)) };
    assert_eq!(activity(&world, &lead).await, expected);
}

pub async fn marking_twice_is_a_conflict(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let interaction = world.interaction(&lead, 10);
    world.commit(vec![world.record(&interaction)]).await;
    world.commit(vec![mark(&interaction, Suspicion::Suspect)]).await;
    let again = vec![mark(&interaction, Suspicion::Suspect)];
    assert_eq!(world.refused(again).await, Refusal::Conflict);
    assert_eq!(activity(&world, &lead).await, LeadActivity::default());
}

pub async fn what_somebody_decided_is_not_marked_by_who_did_not_see_it(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let interaction = world.interaction(&lead, 10);
    world.commit(vec![world.record(&interaction)]).await;
    let found = InteractionMark {
        tenant: world.tenant,
        lead: lead.id,
        interaction: interaction.id,
        before: Suspicion::Clear,
        judge_before: Judge::Detector,
        after: Suspicion::Suspect,
        judge: Judge::Detector,
        reason: Some("Followed 1 s after it came".to_owned()),
    };
    let decided = InteractionMark {
        after: Suspicion::Clear,
        judge: Judge::Somebody,
        reason: None,
        ..found.clone()
    };
    world.commit(vec![Change::MarkInteraction(decided.clone())]).await;
    let stored = || async {
        world.storage.interaction(&world.scope(), interaction.id).await.unwrap().unwrap()
    };
    let cleared = Interaction { judge: Judge::Somebody, ..interaction.clone() };
    assert_eq!(stored().await, cleared);
    let unseen = vec![Change::MarkInteraction(found.clone())];
    assert_eq!(world.refused(unseen).await, Refusal::Conflict);
    assert_eq!(stored().await, cleared);
    assert_eq!(activity(&world, &lead).await.count, 1);

    let seen = InteractionMark { judge_before: Judge::Somebody, ..found };
    world.commit(vec![Change::MarkInteraction(seen.clone())]).await;
    let suspect =
        Interaction { suspicion: Suspicion::Suspect, reason: seen.reason, ..interaction.clone() };
    assert_eq!(stored().await, suspect);
    assert_eq!(activity(&world, &lead).await, LeadActivity::default());
}

pub async fn a_key_is_unique_per_lead(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(2).await;
    let keyed = |lead: &Lead| {
        let mut interaction = world.interaction(lead, 1);
        interaction.key = Some("same".to_owned());
        world.record(&interaction)
    };
    world.commit(vec![keyed(&leads[0]), keyed(&leads[1])]).await;
    assert_eq!(world.refused(vec![keyed(&leads[0])]).await, Refusal::AlreadyExists);
    let pair = world.stored(world.lead()).await;
    let twins = vec![keyed(&pair), keyed(&pair)];
    assert_eq!(world.refused(twins).await, Refusal::AlreadyExists);
    // Those without a key are never alike.
    let free = vec![
        world.record(&world.interaction(&pair, 1)),
        world.record(&world.interaction(&pair, 1)),
    ];
    world.commit(free).await;
}

pub async fn an_id_is_taken_whatever_the_lead(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(2).await;
    let first = world.interaction(&leads[0], 1);
    world.commit(vec![world.record(&first)]).await;
    let twin = Interaction { id: first.id, ..world.interaction(&leads[1], 2) };
    assert_eq!(world.refused(vec![world.record(&twin)]).await, Refusal::AlreadyExists);
}

pub async fn a_deleted_lead_takes_no_interactions_and_keeps_its_own(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let first = world.interaction(&lead, 1);
    world.commit(vec![world.record(&first)]).await;
    let deleted = world.edited(&lead, |lead| lead.deleted_at = Some(at(2)));
    world.commit(vec![world.update(&lead, &deleted)]).await;
    let late = world.record(&world.interaction(&lead, 3));
    assert_eq!(world.refused(vec![late]).await, Refusal::Conflict);
    let page = world.storage.interactions(&world.scope(), lead.id, &PageRequest::default()).await;
    assert_eq!(page.unwrap().items, [first]);
}
