//! What two tenants have in common by chance: ids, keys and names. Each of them reads and changes its own, as if the other
//! were not there. That a stranger's row counts as absent stands in `changes`, lanes and FIFO keys of one name stand in
//! `lanes` and `fifo`.

use std::sync::Arc;

use leadbox_core::filter::{Check, LeadField, LeadSort, Leaf, Operand, Sense, Test};
use leadbox_core::job::Settlement;
use leadbox_core::storage::{
    EventFilter, InteractionMark, JobReplay, SkipReason, Skipped, Storage,
};
use leadbox_core::{
    Change, IdentityKey, IdentityKind, Interaction, Judge, Lead, LeadActivity, LeadKeys, LeadQuery,
    LeadScore, NewJob, PageRequest, Revision, Scope, SortKey, Stay, StoredLead, Suspicion,
    TaskFilter,
};

use crate::fixtures::{Refusal, World, at};
use crate::full::full_lead;
use crate::samples::{
    checkpoint, drop_note, drop_task, field, note, put_note, put_task, reply, task,
};

/// Two tenants in one storage.
fn tenants(storage: Arc<dyn Storage>) -> [World; 2] {
    let one = World::new(storage);
    let other = one.of_tenant(2);
    [one, other]
}

/// A tenant with a lead as readers shall get it.
struct Half {
    world: World,
    stored: StoredLead,
}

impl Half {
    /// Stores a lead with a score and with interactions at these seconds.
    async fn with(world: World, lead: Lead, points: i64, seconds: &[i64]) -> Self {
        let score = world.score(&lead, points);
        let mut changes = vec![world.insert(&lead), world.set_score(&score)];
        changes
            .extend(seconds.iter().map(|second| world.record(&world.interaction(&lead, *second))));
        world.commit(changes).await;
        let (count, last) = (seconds.len() as u64, seconds.iter().max());
        let activity = LeadActivity {
            count: i64::try_from(count).unwrap(),
            last_at: last.map(|second| at(*second)),
        };
        Self { world, stored: StoredLead { lead, score, activity } }
    }

    fn lead(&self) -> &Lead {
        &self.stored.lead
    }

    async fn listed(&self, check: Check, by: SortKey) -> Vec<StoredLead> {
        self.seen(&self.world.scope(), check, by).await
    }

    async fn seen(&self, scope: &Scope, check: Check, by: SortKey) -> Vec<StoredLead> {
        let query = LeadQuery { check, sort: LeadSort::ascending(by), ..LeadQuery::default() };
        let storage = &self.world.storage;
        let page = storage.leads(scope, &query, &PageRequest::first(10)).await.unwrap();
        let ids = storage.lead_ids(scope, &query, 10).await.unwrap();
        let sample = storage.lead_sample(scope, &query, 10).await.unwrap();
        assert_eq!((sample.count, &sample.some), (ids.len() as u64, &ids));
        assert_eq!(ids.len() as u64, storage.count_leads(scope, &query, 10).await.unwrap());
        let count = storage.count_leads(scope, &query, 10).await.unwrap();
        assert_eq!(count, page.items.len() as u64, "{query:?}");
        page.items
    }

    /// Fails unless the lead is there as it shall be, by whatever way it is read.
    async fn is_as_it_shall_be(&self, when: &str) {
        let (storage, scope) = (&self.world.storage, self.world.scope());
        let expected = std::slice::from_ref(&self.stored);
        let id = self.lead().id;
        assert_eq!(storage.lead(&scope, id).await.unwrap().as_ref(), expected.first(), "{when}");
        assert_eq!(storage.leads_by_id(&scope, &[id]).await.unwrap(), expected, "{when}");
        for by in SortKey::ALL {
            assert_eq!(self.listed(Check::default(), by).await, expected, "{when}, by {by:?}");
        }
        for key in keys(self.lead()) {
            let found = storage
                .leads_by_identity(self.world.tenant, std::slice::from_ref(&key))
                .await
                .unwrap();
            assert_eq!(found, [(key, self.stored.clone())], "{when}");
        }
        for check in checks(&self.stored) {
            for by in [SortKey::Created, SortKey::Score] {
                for scope in [&scope, &Scope::owned_by(self.world.tenant, self.lead().owner)] {
                    let found = self.seen(scope, check.clone(), by).await;
                    assert_eq!(found, expected, "{when}, by {by:?} in {scope:?}: {check:?}");
                }
            }
        }
    }
}

fn keys(lead: &Lead) -> Vec<IdentityKey> {
    let keys = LeadKeys::of(lead, &[]);
    [
        (IdentityKind::Email, keys.email),
        (IdentityKind::Phone, keys.phone),
        (IdentityKind::ExternalId, lead.external_id.clone()),
    ]
    .into_iter()
    .filter_map(|(kind, key)| Some(IdentityKey { kind, key: key? }))
    .collect()
}

/// Questions that this lead passes, one for each place in which values of a lead are kept.
fn checks(stored: &StoredLead) -> Vec<Check> {
    let lead = &stored.lead;
    let leaf =
        |field: LeadField, test: Test| Check::Leaf(Leaf { field, test, sense: Sense::Holds });
    let keys = LeadKeys::of(lead, &[]);
    let is = |operand: Operand| Test::OneOf(vec![operand]);
    let total = Operand::Integer(stored.score.total.0);
    let tags = keys.facets.iter().filter(|facet| facet.name == LeadField::Tag.to_string());
    let tags = tags.map(|tag| leaf(LeadField::Tag, is(Operand::Bytes(tag.key.clone()))));
    let mut checks: Vec<Check> = tags.collect();
    // The same where no index can begin with it.
    checks.extend(checks.clone().into_iter().map(|tag| Check::Any(vec![tag])));
    checks.extend(keys.city.map(|city| leaf(LeadField::City, is(Operand::Text(city)))));
    checks.push(leaf(LeadField::Name, is(Operand::Text(keys.name))));
    checks.push(leaf(LeadField::Score, Test::Between(Some(total.clone()), Some(total))));
    checks
}

/// Two leads of one id with the same addresses, numbers and external ids; all else of them differs, but a tag.
async fn leads_of_one_id(storage: Arc<dyn Storage>) -> [Half; 2] {
    let [one, other] = tenants(storage);
    let mut mine = full_lead(&one);
    mine.tags = ["both", "mine"].map(str::to_owned).into();
    let mut theirs = other.lead();
    (theirs.id, theirs.owner) = (mine.id, Some(other.id()));
    theirs.person.email.clone_from(&mine.person.email);
    theirs.person.phone.clone_from(&mine.person.phone);
    theirs.external_id.clone_from(&mine.external_id);
    theirs.company.city = Some("Bonn".to_owned());
    theirs.tags = ["both", "theirs"].map(str::to_owned).into();
    let theirs = Half::with(other, theirs, 12, &[10, 20]).await;
    [Half::with(one, mine, 61, &[60]).await, theirs]
}

pub async fn leads_of_one_id_are_read_apart(storage: Arc<dyn Storage>) {
    let halves = leads_of_one_id(storage).await;
    for half in &halves {
        half.is_as_it_shall_be("read").await;
    }
    for (half, stranger) in [(&halves[0], &halves[1]), (&halves[1], &halves[0])] {
        let shared = checks(&half.stored);
        for check in checks(&stranger.stored).into_iter().filter(|check| !shared.contains(check)) {
            for by in [SortKey::Created, SortKey::Score] {
                assert_eq!(half.listed(check.clone(), by).await, [], "by {by:?}: {check:?}");
            }
        }
    }
}

pub async fn leads_of_one_id_are_changed_apart(storage: Arc<dyn Storage>) {
    let mut halves = leads_of_one_id(storage).await;
    // Both are at the same version and revision, so only the tenant tells them apart.
    for (turn, city) in ["Rom", "Oslo"].into_iter().enumerate() {
        let Half { world, stored } = &mut halves[turn];
        let before = stored.lead.clone();
        let after = world.edited(&before, |lead| {
            lead.company.city = Some(city.to_owned());
            lead.person.name = Some(format!("Renamed {city}"));
            // One that both keep, under an owner that changes.
            lead.tags = ["both", city].map(str::to_owned).into();
            lead.owner = Some(world.id());
            lead.stage = world.stage(3);
        });
        let interaction = world.interaction(&after, 90);
        let score = LeadScore { revision: Revision(2), ..world.score(&after, 77) };
        world
            .commit(vec![
                world.update(&before, &after),
                world.set_score(&score),
                world.record(&interaction),
            ])
            .await;
        let activity =
            LeadActivity { count: stored.activity.count + 1, last_at: Some(interaction.at) };
        *stored = StoredLead { lead: after, score, activity };
        for half in &halves {
            half.is_as_it_shall_be(&format!("after turn {turn}")).await;
        }
    }
    let deleted = halves[0].world.edited(halves[0].lead(), |lead| lead.deleted_at = Some(at(99)));
    let change = halves[0].world.update(halves[0].lead(), &deleted);
    halves[0].world.commit(vec![change]).await;
    halves[1].is_as_it_shall_be("after the other was deleted").await;
    assert_eq!(halves[0].listed(Check::default(), SortKey::Created).await, []);
}

pub async fn an_owner_sees_only_the_lead_of_its_tenant(storage: Arc<dyn Storage>) {
    let halves = leads_of_one_id(storage).await;
    for Half { world, stored } in &halves {
        let mut interaction = world.interaction(&stored.lead, 30);
        interaction.key = Some("click".to_owned());
        world
            .commit(vec![
                world.record(&interaction),
                Change::OpenStay(Box::new(world.stay(&stored.lead, 0, 5))),
                world.append(&stored.lead),
            ])
            .await;
        world.caught_up().await;
    }
    let id = halves[0].lead().id;
    for (seen, half) in halves.iter().enumerate() {
        for (owner, other) in halves.iter().enumerate() {
            let (storage, page) = (&half.world.storage, PageRequest::default());
            let scope = Scope::owned_by(half.world.tenant, other.lead().owner);
            let expected = usize::from(seen == owner);
            let interactions = storage.interactions(&scope, id, &page).await.unwrap().items;
            assert_eq!(interactions.len(), expected * if seen == 0 { 2 } else { 3 });
            let latest = storage.interactions(&half.world.scope(), id, &page).await.unwrap().items;
            let found = storage.interaction(&scope, latest[0].id).await.unwrap();
            assert_eq!(found.iter().count(), expected);
            let found = storage.interaction_by_key(&scope, id, "click").await.unwrap();
            assert_eq!(found.iter().count(), expected);
            assert_eq!(storage.stays(&scope, &[id]).await.unwrap().len(), expected);
            assert_eq!(storage.lead(&scope, id).await.unwrap().iter().count(), expected);
            let events = storage.events(&scope, &EventFilter::default(), &page).await.unwrap();
            assert_eq!(events.items.len(), expected);
        }
    }
}

pub async fn interactions_of_one_id_and_key_are_kept_apart(storage: Arc<dyn Storage>) {
    let [one, other] = tenants(storage);
    let lead = one.stored(one.lead()).await;
    other.stored(Lead { tenant: other.tenant, ..lead.clone() }).await;
    let mut mine = one.interaction(&lead, 10);
    mine.key = Some("click".to_owned());
    let theirs = Interaction { tenant: other.tenant, at: at(30), ..mine.clone() };
    let both = [(&one, mine), (&other, theirs)];
    for (world, interaction) in &both {
        world.commit(vec![world.record(interaction)]).await;
    }
    let look = |world: &World, suspicion: Suspicion| {
        let (world, id) = (world.clone(), lead.id);
        let expected = both.iter().find(|(of, _)| of.tenant == world.tenant).unwrap().1.clone();
        let expected = Interaction { suspicion, ..expected };
        async move {
            let (storage, scope) = (&world.storage, world.scope());
            let found = storage.interaction(&scope, expected.id).await.unwrap();
            assert_eq!(found.as_ref(), Some(&expected));
            let found = storage.interaction_by_key(&scope, id, "click").await.unwrap();
            assert_eq!(found.as_ref(), Some(&expected));
            let page = storage.interactions(&scope, id, &PageRequest::default()).await.unwrap();
            assert_eq!(page.items, std::slice::from_ref(&expected));
            let activity = storage.lead(&scope, id).await.unwrap().unwrap().activity;
            let clear = (suspicion == Suspicion::Clear)
                .then_some(LeadActivity { count: 1, last_at: Some(expected.at) });
            assert_eq!(activity, clear.unwrap_or_default());
        }
    };
    for (world, interaction) in &both {
        look(&one, Suspicion::Clear).await;
        look(&other, Suspicion::Clear).await;
        for (before, after) in
            [(Suspicion::Clear, Suspicion::Suspect), (Suspicion::Suspect, Suspicion::Clear)]
        {
            let mark = InteractionMark {
                tenant: world.tenant,
                lead: lead.id,
                interaction: interaction.id,
                before,
                judge_before: Judge::Detector,
                after,
                judge: Judge::Detector,
                reason: None,
            };
            world.commit(vec![Change::MarkInteraction(mark)]).await;
            look(world, after).await;
            let stranger = if world.tenant == one.tenant { &other } else { &one };
            look(stranger, Suspicion::Clear).await;
        }
    }
}

pub async fn stays_of_one_id_are_kept_apart(storage: Arc<dyn Storage>) {
    let [one, other] = tenants(storage);
    let lead = one.stored(one.lead()).await;
    other.stored(Lead { tenant: other.tenant, ..lead.clone() }).await;
    let mine = one.stay(&lead, 0, 10);
    let theirs = Stay { tenant: other.tenant, entered_at: at(20), ..mine.clone() };
    one.commit(vec![Change::OpenStay(Box::new(mine.clone()))]).await;
    other.commit(vec![Change::OpenStay(Box::new(theirs.clone()))]).await;
    let stays = |world: &World| {
        let (world, id) = (world.clone(), lead.id);
        async move { world.storage.stays(&world.scope(), &[id]).await.unwrap() }
    };
    assert_eq!(stays(&one).await, std::slice::from_ref(&mine));
    assert_eq!(stays(&other).await, std::slice::from_ref(&theirs));
    let (my_end, their_end) = (one.ended(&mine, 30), other.ended(&theirs, 40));
    one.commit(vec![Change::CloseStay(Box::new(my_end.clone()))]).await;
    assert_eq!(stays(&one).await, std::slice::from_ref(&my_end));
    assert_eq!(stays(&other).await, [theirs]);
    other.commit(vec![Change::CloseStay(Box::new(their_end.clone()))]).await;
    assert_eq!(stays(&one).await, [my_end]);
    assert_eq!(stays(&other).await, [their_end]);
}

pub async fn tasks_and_notes_of_one_id_are_kept_apart(storage: Arc<dyn Storage>) {
    let [one, other] = tenants(storage);
    let lead = one.stored(one.lead()).await;
    other.stored(Lead { tenant: other.tenant, ..lead.clone() }).await;
    let (task, note) = (task(&one, &lead), note(&one, &lead, 1));
    let mut both = [(&one, task.clone(), note.clone()), (&other, task, note)];
    (both[1].1.tenant, both[1].2.tenant) = (other.tenant, other.tenant);
    for (world, task, note) in &both {
        world.commit(vec![put_task(task), put_note(note)]).await;
    }
    // In one tenant they change, in the other they go.
    (both[0].1.revision, both[0].1.title) = (Revision(2), "Mine".to_owned());
    (both[0].2.revision, both[0].2.text) = (Revision(2), "Mine".to_owned());
    one.commit(vec![put_task(&both[0].1), put_note(&both[0].2)]).await;
    let all = PageRequest::default();
    for (world, task, note) in &both {
        let (storage, scope) = (&world.storage, world.scope());
        assert_eq!(storage.task(&scope, task.id).await.unwrap().as_ref(), Some(task));
        assert_eq!(storage.note(&scope, note.id).await.unwrap().as_ref(), Some(note));
        let open = storage.tasks(&scope, &TaskFilter::default(), &all).await.unwrap().items;
        assert_eq!(open, std::slice::from_ref(task));
        let notes = storage.notes(&scope, lead.id, &all).await.unwrap().items;
        assert_eq!(notes, std::slice::from_ref(note));
    }
    other.commit(vec![drop_task(&both[1].1), drop_note(&both[1].2)]).await;
    let (mine, theirs) = (one.scope(), other.scope());
    let (task, note) = (both[0].1.id, both[0].2.id);
    assert!(one.storage.task(&mine, task).await.unwrap().is_some());
    assert!(one.storage.note(&mine, note).await.unwrap().is_some());
    assert_eq!(one.storage.task(&theirs, task).await.unwrap(), None);
    assert_eq!(one.storage.note(&theirs, note).await.unwrap(), None);
}

pub async fn a_lead_is_not_left_out_for_what_another_of_its_id_is_like(storage: Arc<dyn Storage>) {
    let [one, other] = tenants(storage);
    let scored = one.stored(one.lead()).await;
    let twin = other.stored(Lead { tenant: other.tenant, ..scored.clone() }).await;
    let first = other.score(&twin, 1);
    other.commit(vec![other.set_score(&first)]).await;
    // One is at revision 0, the other at 1; a lead that conflicts beside them makes the storage look closer.
    let leave_out = |world: &World, mut changes: Vec<Change>| {
        let world = world.clone();
        async move {
            let stale = world.stored(world.lead()).await;
            let ahead = world.edited(&stale, |_| {});
            changes.push(world.update(&ahead, &world.edited(&ahead, |_| {})));
            let committed = world.commit_skipping(changes).await;
            let skipped = Skipped { lead: stale.id, reason: SkipReason::Conflict };
            assert_eq!(committed.skipped, [skipped]);
        }
    };
    let mine = one.score(&scored, 5);
    let next =
        |score: &LeadScore| LeadScore { revision: Revision(score.revision.0 + 1), ..score.clone() };
    leave_out(&one, vec![one.set_score(&mine)]).await;
    let theirs = next(&first);
    leave_out(&other, vec![other.set_score(&theirs)]).await;

    // The same where one set is about both.
    let moved = one.edited(&scored, |lead| lead.stage = one.stage(1));
    let theirs = next(&theirs);
    leave_out(&one, vec![one.update(&scored, &moved), other.set_score(&theirs)]).await;
    let their_move = other.edited(&twin, |lead| lead.stage = other.stage(2));
    let mine = LeadScore { lead_version: moved.version, ..next(&mine) };
    leave_out(&other, vec![other.update(&twin, &their_move), one.set_score(&mine)]).await;
    for (world, lead, score) in [(&one, moved, mine), (&other, their_move, theirs)] {
        let stored = world.storage.lead(&world.scope(), lead.id).await.unwrap().unwrap();
        assert_eq!((stored.lead, stored.score), (lead, score));
    }
}

pub async fn of_two_rows_of_one_name_the_one_that_conflicts_fails_the_set(
    storage: Arc<dyn Storage>,
) {
    let [one, other] = tenants(storage);
    let lead = one.stored(one.lead()).await;
    let twin = other.stored(Lead { tenant: other.tenant, ..lead.clone() }).await;
    other.commit(vec![Change::RememberReply(Box::new(reply(&other, "name")))]).await;
    let ahead = LeadScore { revision: Revision(7), ..other.score(&twin, 3) };
    let mut lane = other.settings("name");
    lane.revision = Revision(4);
    let progress =
        leadbox_core::storage::Checkpoint { revision: Revision(4), ..checkpoint(&other, "name") };
    let after = one.edited(&lead, |lead| lead.completeness = 99);
    let pairs = [
        [one.update(&lead, &after), other.set_score(&ahead)],
        [field(&one, "name", 0), field(&other, "name", 3)]
            .map(|update| Change::PutDefinition(Box::new(update))),
        [one.settings("name"), lane].map(|lane| Change::PutLane(Box::new(lane))),
        [checkpoint(&one, "name"), progress]
            .map(|checkpoint| Change::PutCheckpoint(Box::new(checkpoint))),
        [reply(&one, "name"), reply(&other, "name")]
            .map(|reply| Change::RememberReply(Box::new(reply))),
    ];
    for (good, conflicting) in pairs.map(|[good, conflicting]| (good, conflicting)) {
        let name = good.name();
        let expected = match &good {
            Change::RememberReply(_) => Refusal::AlreadyExists,
            _ => Refusal::Conflict,
        };
        for changes in [vec![good.clone(), conflicting.clone()], vec![conflicting, good.clone()]] {
            let set = one.set(changes);
            let refusal = one.storage.commit(&set).await.map_err(|error| Refusal::of(&error));
            assert_eq!(refusal.map(|_| ()), Err(expected), "{name}");
        }
        one.commit(vec![good]).await;
    }
}

pub async fn a_job_that_comes_back_holds_the_unique_key_of_its_tenant(storage: Arc<dyn Storage>) {
    let [one, other] = tenants(storage);
    let unique = |world: &World, due: i64| {
        let mut work: NewJob = world.work("a", due);
        work.unique_key = Some("rescore".to_owned());
        work
    };
    other.queued(unique(&other, 900)).await;
    let first = one.queued(unique(&one, 1)).await;
    let there = |work: &NewJob| {
        let (world, id) = (one.clone(), work.id);
        async move { world.storage.job(world.tenant, id).await.unwrap().is_some() }
    };
    let back = [
        Settlement::Retry { due_at: at(1), reason: String::new() },
        Settlement::Release,
        Settlement::Park { reason: String::new() },
    ];
    for settlement in back {
        let parks = matches!(settlement, Settlement::Park { .. });
        let claimed = one.claim(10, 5).await;
        assert_eq!(claimed.len(), 1);
        let second = unique(&one, 900);
        let mut changes = vec![one.finish(&claimed[0], settlement, 6)];
        if parks {
            one.commit(changes).await;
            let replay = JobReplay { tenant: one.tenant, id: first.id, due_at: at(1) };
            changes = vec![Change::ReplayJob(replay)];
        }
        changes.push(one.enqueue(&second));
        one.commit(changes).await;
        assert!(there(&first).await && !there(&second).await, "it is queued again in the same set");
        let third = one.queued(unique(&one, 900)).await;
        assert!(!there(&third).await, "it is queued still");
    }
}
