//! What scoring asks for: what scores are made from, their history, and which of them have to be made again.

use std::sync::Arc;

use leadbox_core::scoring::{
    CategoryPoints, RecordLine, RuleSetVersion, ScoreCause, ScoreChange, ScoreRecord,
};
use leadbox_core::storage::{DueScore, ScoreSpoil, ScoreUpdate, Storage};
use leadbox_core::{
    Change, Freshness, Interaction, Lead, LeadId, LeadScore, PageRequest, Points, Revision, Scope,
    Suspicion, Tenant,
};

use crate::fixtures::{Refusal, World, at, at_micros};

/// A record of a score.
fn record(world: &World, score: &LeadScore) -> ScoreRecord {
    let line = |rule: &str, category: &str, points| RecordLine {
        rule: rule.to_owned(),
        category: category.to_owned(),
        points: Points(points),
    };
    ScoreRecord {
        tenant: score.tenant,
        lead: score.lead,
        revision: score.revision,
        at: at_micros(500_000_001),
        change: ScoreChange {
            cause: ScoreCause::Happened,
            change_set: world.id(),
            from: Points(-1250),
            from_priority: None,
            to: score.total,
            to_priority: Some("heiß \"'".to_owned()),
            edition: score.rule_set,
            set: Some(RuleSetVersion { set: "b2b_saas".parse().unwrap(), version: 7 }),
            categories: vec![CategoryPoints {
                name: "fit".to_owned(),
                cap: Some(Points(6000)),
                sum: Points(7050),
                counted: Points(6000),
            }],
            lines: vec![line("Größe & \"Rang\"", "fit", 7050), line("ohne", "", i64::MIN)],
        },
    }
}

fn kept(score: &LeadScore, record: ScoreRecord) -> Change {
    let before = Revision(score.revision.0 - 1);
    Change::SetScore(Box::new(ScoreUpdate { before, score: score.clone(), record: Some(record) }))
}

async fn records(world: &World, lead: LeadId) -> Vec<ScoreRecord> {
    let page = PageRequest::first(PageRequest::MAX);
    world.storage.score_records(&world.scope(), lead, &page).await.unwrap().items
}

pub async fn a_record_of_a_score_reads_back_as_it_was_written(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    // In the set that stores the lead, and behind it.
    let (new, known) = (world.lead(), world.stored(world.lead()).await);
    let (first, second) = (world.score(&new, 12), world.score(&known, 13));
    let (one, other) = (record(&world, &first), record(&world, &second));
    world.commit(vec![world.insert(&new), kept(&first, one.clone())]).await;
    world.commit(vec![kept(&second, other.clone())]).await;
    assert_eq!(records(&world, new.id).await, [one]);
    assert_eq!(records(&world, known.id).await, [other]);
    let bare = LeadScore { revision: Revision(2), ..second };
    world.commit(vec![world.set_score(&bare)]).await;
    assert_eq!(records(&world, known.id).await.len(), 1, "a score without one adds none");
}

pub async fn records_of_scores_come_latest_first_in_pages(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let mut expected = Vec::new();
    for revision in 1..=7 {
        let score = LeadScore { revision: Revision(revision), ..world.score(&lead, revision) };
        let one = record(&world, &score);
        world.commit(vec![kept(&score, one.clone())]).await;
        expected.insert(0, one);
    }
    let (mut page, mut found) = (PageRequest::first(3), Vec::new());
    loop {
        let part = world.storage.score_records(&world.scope(), lead.id, &page).await.unwrap();
        found.extend(part.items);
        match part.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    assert_eq!(found, expected);
}

pub async fn the_latest_records_of_many_leads_come_together(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(4).await;
    let mut expected = Vec::new();
    for (n, lead) in leads.iter().enumerate() {
        let mut of_lead = Vec::new();
        for revision in 1..=i64::try_from(2 * n).unwrap() {
            let score = LeadScore { revision: Revision(revision), ..world.score(lead, revision) };
            let one = record(&world, &score);
            world.commit(vec![kept(&score, one.clone())]).await;
            of_lead.insert(0, one);
        }
        of_lead.truncate(3);
        expected.push(of_lead);
    }
    let mut ids: Vec<LeadId> = leads.iter().map(|lead| lead.id).collect();
    ids.extend([world.id(), leads[3].id]);
    let found = world.storage.latest_score_records(world.tenant, &ids, 3).await.unwrap();
    for (lead, expected) in leads.iter().zip(&expected) {
        let of: Vec<_> = found.iter().filter(|one| one.lead == lead.id).cloned().collect();
        assert_eq!(of, *expected);
    }
    assert_eq!(found.len(), expected.iter().map(Vec::len).sum::<usize>());
    let changes = found.windows(2).filter(|pair| pair[0].lead != pair[1].lead).count();
    assert_eq!(changes, 2, "those of one lead together");
    assert_eq!(world.storage.latest_score_records(Tenant(99), &ids, 3).await.unwrap(), []);
    assert_eq!(world.storage.latest_score_records(world.tenant, &[], 3).await.unwrap(), []);
}

pub async fn records_of_scores_are_seen_by_who_sees_the_lead(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let (owner, other) = (world.id(), world.id());
    let mut lead = world.lead();
    lead.owner = Some(owner);
    let lead = world.stored(lead).await;
    let score = world.score(&lead, 5);
    world.commit(vec![kept(&score, record(&world, &score))]).await;
    let all = PageRequest::default();
    for (scope, count) in [
        (Scope::owned_by(world.tenant, [owner]), 1),
        (Scope::owned_by(world.tenant, [other]), 0),
        (Scope::all(Tenant(99)), 0),
    ] {
        let seen = world.storage.score_records(&scope, lead.id, &all).await.unwrap().items;
        assert_eq!(seen.len(), count);
    }
}

pub async fn a_refused_score_leaves_no_record(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let ahead = LeadScore { revision: Revision(7), ..world.score(&lead, 5) };
    let refused = world.refused(vec![kept(&ahead, record(&world, &ahead))]).await;
    assert_eq!(refused, Refusal::Conflict);
    assert_eq!(records(&world, lead.id).await, []);
}

pub async fn a_spoilt_score_is_dirty_and_whoever_did_not_know_is_refused(
    storage: Arc<dyn Storage>,
) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let first = world.score(&lead, 5);
    world.commit(vec![world.set_score(&first)]).await;
    let spoil = Change::SpoilScore(ScoreSpoil { tenant: world.tenant, lead: lead.id });
    let interaction = world.interaction(&lead, 9);
    world.commit(vec![spoil, world.record(&interaction)]).await;
    let stored = world.storage.lead(&world.scope(), lead.id).await.unwrap().unwrap();
    let (revision, freshness) = (Revision(2), Freshness::Dirty);
    assert_eq!(stored.score, LeadScore { revision, freshness, ..first.clone() });
    assert_eq!((stored.lead.version, stored.activity.count), (lead.version, 1));
    let unaware = LeadScore { revision: Revision(2), ..first.clone() };
    assert_eq!(world.refused(vec![world.set_score(&unaware)]).await, Refusal::Conflict);
    let aware = LeadScore { revision: Revision(3), ..first };
    world.commit(vec![world.set_score(&aware)]).await;
    // With the lead itself.
    let after = world.edited(&lead, |lead| lead.completeness = 99);
    let spoil = Change::SpoilScore(ScoreSpoil { tenant: world.tenant, lead: lead.id });
    world.commit(vec![world.update(&lead, &after), spoil]).await;
    let stored = world.storage.lead(&world.scope(), lead.id).await.unwrap().unwrap();
    assert_eq!((stored.score.revision, stored.score.freshness), (Revision(4), freshness));
}

pub async fn the_latest_clear_interactions_of_many_leads_come_together(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(4).await;
    let mut expected: Vec<Interaction> = Vec::new();
    for (n, lead) in leads.iter().enumerate() {
        // Not in the order of time; every fourth one is suspect, and two are of one moment.
        let seconds = [30, 10, 50, 20, 40, 40];
        let of_lead: Vec<Interaction> = seconds[..(2 * n).min(6)]
            .iter()
            .enumerate()
            .map(|(at, second)| {
                let mut one = world.interaction(lead, *second);
                one.key = Some(format!("key-{at}"));
                one.suspicion = if at == 2 { Suspicion::Suspect } else { Suspicion::Clear };
                one
            })
            .collect();
        for one in &of_lead {
            world.commit(vec![world.record(one)]).await;
        }
        let mut clear: Vec<Interaction> =
            of_lead.into_iter().filter(|one| one.suspicion == Suspicion::Clear).collect();
        clear.sort_by_key(|one| std::cmp::Reverse((one.at, one.id)));
        expected.extend(clear.into_iter().take(3));
    }
    let mut ids: Vec<LeadId> = leads.iter().map(|lead| lead.id).collect();
    ids.extend([world.id(), leads[3].id]);
    let found = world.storage.recent_interactions(world.tenant, &ids, 3).await.unwrap();
    for lead in &leads {
        let of = |all: &[Interaction]| -> Vec<Interaction> {
            all.iter().filter(|one| one.lead == lead.id).cloned().collect()
        };
        assert_eq!(of(&found), of(&expected));
    }
    assert_eq!(found.len(), expected.len());
    let changes = found.windows(2).filter(|pair| pair[0].lead != pair[1].lead).count();
    assert_eq!(changes, 2, "those of one lead together");
    for lead in &leads {
        let alone = world.storage.recent_interactions(world.tenant, &[lead.id], 3).await.unwrap();
        let together: Vec<_> = found.iter().filter(|one| one.lead == lead.id).cloned().collect();
        assert_eq!(alone, together);
    }
    let foreign = world.storage.recent_interactions(Tenant(99), &ids, 3).await.unwrap();
    assert_eq!(foreign, []);
    assert_eq!(world.storage.recent_interactions(world.tenant, &[], 3).await.unwrap(), []);
}

pub async fn scores_are_due_when_they_may_move_those_first_that_are_first(
    storage: Arc<dyn Storage>,
) {
    let world = World::new(storage);
    let other = world.of_tenant(77);
    let mut due = Vec::new();
    for (world, second) in [(&world, 30), (&other, 10), (&world, 10), (&world, 99), (&other, 20)] {
        let lead = world.stored(world.lead()).await;
        let score = LeadScore { next_change_at: Some(at(second)), ..world.score(&lead, 1) };
        world.commit(vec![world.set_score(&score)]).await;
        due.push(DueScore { at: at(second), tenant: world.tenant, lead: lead.id });
    }
    // One that never moves, and one that is gone.
    let still = world.stored(world.lead()).await;
    let never = LeadScore { next_change_at: None, ..world.score(&still, 1) };
    world.commit(vec![world.set_score(&never)]).await;
    let gone = world.stored(world.lead()).await;
    let score = LeadScore { next_change_at: Some(at(1)), ..world.score(&gone, 1) };
    world.commit(vec![world.set_score(&score)]).await;
    let deleted = world.edited(&gone, |lead| lead.deleted_at = Some(at(2)));
    world.commit(vec![world.update(&gone, &deleted)]).await;

    due.sort_unstable();
    let storage = &world.storage;
    assert_eq!(storage.due_scores(at(30), None, 10).await.unwrap(), due[..4]);
    assert_eq!(storage.due_scores(at(29), None, 10).await.unwrap(), due[..3]);
    assert_eq!(storage.due_scores(at(0), None, 10).await.unwrap(), []);
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let part = storage.due_scores(at(30), after, 1).await.unwrap();
        after = part.last().copied();
        if part.is_empty() {
            break;
        }
        found.extend(part);
    }
    assert_eq!(found, due[..4]);
}

pub async fn leads_scored_by_older_rules_come_by_id(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut behind = Vec::new();
    for rule_set in [0, 3, 4, 3, 5, 2] {
        let lead: Lead = world.stored(world.lead()).await;
        if rule_set > 0 {
            let score = LeadScore { rule_set, ..world.score(&lead, 1) };
            world.commit(vec![world.set_score(&score)]).await;
        }
        if rule_set < 4 {
            behind.push(lead.id);
        }
    }
    let gone = world.stored(world.lead()).await;
    let deleted = world.edited(&gone, |lead| lead.deleted_at = Some(at(2)));
    world.commit(vec![world.update(&gone, &deleted)]).await;
    behind.sort_unstable();
    let storage = &world.storage;
    let all = storage.leads_scored_before(world.tenant, 4, None, 10).await.unwrap();
    assert_eq!(all, behind);
    let first = storage.leads_scored_before(world.tenant, 4, None, 2).await.unwrap();
    assert_eq!(first, behind[..2]);
    let rest = storage.leads_scored_before(world.tenant, 4, Some(behind[1]), 10).await.unwrap();
    assert_eq!(rest, behind[2..]);
    assert_eq!(storage.leads_scored_before(Tenant(99), 4, None, 10).await.unwrap(), []);
}
