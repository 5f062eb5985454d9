//! Tasks: of a lead, over all leads, guarded by revisions, seen by whoever sees the lead.

use std::sync::Arc;

use leadbox_core::storage::{Storage, TaskStore};
use leadbox_core::{
    Actor, Assignees, LeadId, MemoryStorage, PageRequest, Revision, Scope, Task, TaskFilter,
    TaskState, Tenant, UserId,
};

use crate::fixtures::{Refusal, World, at, at_micros};
use crate::random::{Dice, owner, scope};
use crate::samples::{drop_task, put_task, task};

/// All tasks of a lead, in pages of three.
async fn of_lead(world: &World, scope: &Scope, lead: LeadId) -> Vec<Task> {
    let (mut seen, mut request) = (Vec::new(), PageRequest::first(3));
    loop {
        let page = world.storage.lead_tasks(scope, lead, &request).await.unwrap();
        seen.extend(page.items);
        let Some(cursor) = page.next else { return seen };
        request = PageRequest::after(3, cursor);
    }
}

/// All tasks that pass, in pages of two.
async fn passing(storage: &dyn TaskStore, scope: &Scope, filter: &TaskFilter) -> Vec<Task> {
    let (mut seen, mut request) = (Vec::new(), PageRequest::first(2));
    loop {
        let page = storage.tasks(scope, filter, &request).await.unwrap();
        seen.extend(page.items);
        let Some(cursor) = page.next else { return seen };
        request = PageRequest::after(2, cursor);
    }
}

pub async fn a_task_reads_back_new_and_changed(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let first = task(&world, &lead);
    let second = Task {
        revision: Revision(2),
        title: "Other".to_owned(),
        details: String::new(),
        due_at: None,
        remind_at: None,
        assignee: None,
        made_at: at_micros(-1),
        made_by: Actor::host(),
        done_at: Some(at_micros(2)),
        done_by: Some(Actor::user(world.id())),
        ..first.clone()
    };
    let third = Task { revision: Revision(3), done_at: None, done_by: None, ..second.clone() };
    for expected in [first, second, third] {
        world.commit(vec![put_task(&expected)]).await;
        let read = world.storage.task(&world.scope(), expected.id).await.unwrap();
        assert_eq!(read.as_ref(), Some(&expected));
        assert_eq!(of_lead(&world, &world.scope(), lead.id).await, [expected]);
    }
    assert_eq!(world.storage.task(&world.scope(), world.id()).await.unwrap(), None);
    assert_eq!(of_lead(&world, &world.scope(), world.id()).await, []);
}

pub async fn a_leads_tasks_come_by_date_in_pages(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(2).await;
    let mut expected = Vec::new();
    // Dates go up and down, several are equal or missing, so that ids decide.
    for due in [Some(5), None, Some(3), Some(5), None, Some(-9), Some(3), None, Some(12)] {
        let due_at = due.map(at);
        let done_at = (due == Some(5)).then(|| at(20));
        expected.push(Task { due_at, done_at, ..task(&world, &leads[0]) });
    }
    world.commit(expected.iter().map(put_task).collect()).await;
    world.commit(vec![put_task(&task(&world, &leads[1]))]).await;
    expected.sort_by_key(|task| (task.due_at.is_none(), task.due_at, task.id));
    assert_eq!(of_lead(&world, &world.scope(), leads[0].id).await, expected);
    let (scope, filter) = (world.scope(), TaskFilter::default());
    let page = world.storage.tasks(&scope, &filter, &PageRequest::first(1)).await.unwrap();
    let foreign = PageRequest::after(1, page.next.unwrap());
    let refused = world.storage.lead_tasks(&scope, leads[0].id, &foreign).await;
    assert_eq!(refused.map_err(|error| Refusal::of(&error)), Err(Refusal::BadCursor));
}

fn some_filter(dice: &mut Dice) -> TaskFilter {
    TaskFilter {
        state: if dice.percent(70) { TaskState::Open } else { TaskState::Done },
        assignees: match dice.below(4) {
            0 | 1 => Assignees::All,
            2 => Assignees::Nobody,
            _ => {
                Assignees::Only((0..dice.below(4)).map(|_| owner(dice.below(5) as u128)).collect())
            }
        },
        due_from: dice.percent(30).then(|| at(i64::try_from(dice.below(8)).unwrap())),
        due_before: dice.percent(40).then(|| at(i64::try_from(dice.below(12)).unwrap())),
    }
}

pub async fn a_work_list_is_the_oracles(storage: Arc<dyn Storage>) {
    let (world, memory, mut dice) = (World::new(storage), MemoryStorage::new(), Dice::new());
    let mut changes = Vec::new();
    for world in [&world, &world.of_tenant(2)] {
        for _ in 0..30 {
            let mut lead = world.lead();
            lead.owner = dice.percent(70).then(|| owner(dice.below(4) as u128));
            lead.deleted_at = dice.percent(10).then(|| at(1));
            changes.push(world.insert(&lead));
            if lead.deleted_at.is_some() {
                continue;
            }
            for _ in 0..dice.below(5) {
                let second = |dice: &mut Dice| at(i64::try_from(dice.below(10)).unwrap());
                changes.push(put_task(&Task {
                    due_at: dice.percent(70).then(|| second(&mut dice)),
                    assignee: dice.percent(60).then(|| owner(dice.below(4) as u128)),
                    done_at: dice.percent(40).then(|| second(&mut dice)),
                    ..task(world, &lead)
                }));
            }
        }
    }
    let set = world.set(changes);
    world.storage.commit(&set).await.unwrap();
    memory.commit(&set).await.unwrap();
    let mut found = 0;
    for _ in 0..150 {
        let (scope, filter) = (scope(&world, &mut dice), some_filter(&mut dice));
        let expected = passing(&memory, &scope, &filter).await;
        assert_eq!(passing(&*world.storage, &scope, &filter).await, expected, "{filter:?}");
        let cap = dice.below(12) as u64;
        let count = world.storage.count_tasks(&scope, &filter, cap).await.unwrap();
        assert_eq!(count, (expected.len() as u64).min(cap + 1), "{filter:?} up to {cap}");
        found += expected.len();
    }
    assert!(found > 150, "the questions have answers");
}

pub async fn tasks_are_seen_by_who_sees_the_lead(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut lead = world.lead();
    lead.owner = Some(world.id());
    let lead = world.stored(lead).await;
    let one = task(&world, &lead);
    world.commit(vec![put_task(&one)]).await;
    let filter = TaskFilter::default();
    let assignee: UserId = one.assignee.unwrap();
    for (scope, expected) in [
        (Scope::owned_by(world.tenant, lead.owner), 1),
        (Scope::owned_by(world.tenant, [assignee]), 0),
        (Scope::owned_by(world.tenant, []), 0),
        (Scope::all(Tenant(2)), 0),
    ] {
        let found = world.storage.task(&scope, one.id).await.unwrap();
        assert_eq!(found.iter().count(), expected, "{scope:?}");
        assert_eq!(of_lead(&world, &scope, lead.id).await.len(), expected, "{scope:?}");
        let passing = passing(&*world.storage, &scope, &filter).await;
        assert_eq!(passing.len(), expected, "{scope:?}");
        let count = world.storage.count_tasks(&scope, &filter, 10).await.unwrap();
        assert_eq!(count, expected as u64, "{scope:?}");
    }
}

pub async fn tasks_follow_the_owner_and_the_end_of_their_lead(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let one = task(&world, &lead);
    world.commit(vec![put_task(&one)]).await;
    let filter = TaskFilter::default();
    let owned = world.edited(&lead, |lead| lead.owner = Some(world.id()));
    world.commit(vec![world.update(&lead, &owned)]).await;
    let own = Scope::owned_by(world.tenant, owned.owner);
    assert_eq!(passing(&*world.storage, &own, &filter).await, std::slice::from_ref(&one));
    let gone = world.edited(&owned, |lead| lead.deleted_at = Some(at(60)));
    world.commit(vec![world.update(&owned, &gone)]).await;
    assert_eq!(passing(&*world.storage, &world.scope(), &filter).await, []);
    assert_eq!(of_lead(&world, &own, lead.id).await, std::slice::from_ref(&one));
    let changed = Task { revision: Revision(2), ..one.clone() };
    for change in [put_task(&task(&world, &lead)), put_task(&changed), drop_task(&one)] {
        assert_eq!(world.refused(vec![change]).await, Refusal::Conflict);
    }
    // Nor with the lead's end in one set.
    let other = world.stored(world.lead()).await;
    let ended = world.edited(&other, |lead| lead.deleted_at = Some(at(61)));
    let both = vec![world.update(&other, &ended), put_task(&task(&world, &other))];
    assert_eq!(world.refused(both).await, Refusal::Conflict);
}

pub async fn a_task_is_guarded_by_its_revision_and_its_lead(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = world.stored_leads(2).await;
    let one = task(&world, &leads[0]);
    // With its lead in one set.
    let new = world.lead();
    world.commit(vec![world.insert(&new), put_task(&task(&world, &new)), put_task(&one)]).await;
    let second = Task { revision: Revision(2), ..one.clone() };
    let elsewhere = Task { lead: leads[1].id, ..second.clone() };
    for stale in [&one, &elsewhere, &Task { revision: Revision(3), ..second.clone() }] {
        assert_eq!(world.refused(vec![put_task(stale)]).await, Refusal::Conflict);
    }
    for stale in [&second, &Task { lead: leads[1].id, ..one.clone() }] {
        assert_eq!(world.refused(vec![drop_task(stale)]).await, Refusal::Conflict);
    }
    assert_eq!(of_lead(&world, &world.scope(), leads[0].id).await, [one]);
    world.commit(vec![put_task(&second)]).await;
}

pub async fn a_task_that_is_taken_away_leaves_nothing(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let lead = world.stored(world.lead()).await;
    let (gone, kept) = (task(&world, &lead), task(&world, &lead));
    world.commit(vec![put_task(&gone), put_task(&kept)]).await;
    world.commit(vec![drop_task(&gone)]).await;
    assert_eq!(world.storage.task(&world.scope(), gone.id).await.unwrap(), None);
    assert_eq!(of_lead(&world, &world.scope(), lead.id).await, std::slice::from_ref(&kept));
    let open = passing(&*world.storage, &world.scope(), &TaskFilter::default()).await;
    assert_eq!(open, [kept]);
    assert_eq!(world.refused(vec![drop_task(&gone)]).await, Refusal::Conflict);
    assert_eq!(
        world.refused(vec![put_task(&Task { revision: Revision(2), ..gone })]).await,
        Refusal::Conflict
    );
}
