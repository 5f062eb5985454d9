//! Bulk actions from end to end, over the storage in memory.

use std::sync::Arc;

use futures_util::FutureExt;
use proptest::prelude::*;

use super::asker::acting;
use super::course::Course;
use super::*;
use crate::access::{Denied, Grants, Level, Permission, Rights};
use crate::error::Error;
use crate::event::{Actor, ActorKind, EventType};
use crate::filter::{LeadFilter, LeadSort, Op, SortKey};
use crate::id::{LeadId, UserId};
use crate::job::JobFilter;
use crate::lead::{Lead, LeadPatch, MergeChoice, NewLead};
use crate::page::PageRequest;
use crate::service::{LeadBox, LeadList};
use crate::storage::MemoryStorage;
use crate::testing::{Announced, ManualClock, MeddlingIds, Sandbox, some_lead};
use crate::worker::{BulkHandler, Workers};

async fn office(leads: usize) -> (Sandbox, Vec<LeadId>) {
    let sandbox = Sandbox::new().unwrap();
    let ids = captured(&sandbox.leadbox, leads).await;
    (sandbox, ids)
}

async fn captured(leadbox: &LeadBox, leads: usize) -> Vec<LeadId> {
    let new: Vec<NewLead> = (0..leads).map(some_lead).collect();
    let captured = leadbox.leads().capture_many(&new, Vec::new()).await.unwrap();
    captured.into_iter().map(|one| one.unwrap().lead.id).collect()
}

async fn lead(leadbox: &LeadBox, id: LeadId) -> Lead {
    leadbox.leads().lead(id).await.unwrap().unwrap().lead
}

fn tagged(tag: &str) -> BulkAction {
    BulkAction::Change(LeadPatch::new().add_tag(tag))
}

async fn count_tagged(leadbox: &LeadBox, tag: &str) -> u64 {
    let list = LeadList::filtered(LeadFilter::is("tag", Op::Eq, tag));
    leadbox.leads().count(&list, 10_000).await.unwrap()
}

/// A user who may read all, and change and delete its own.
fn agent(leadbox: &LeadBox, user: UserId) -> LeadBox {
    let grants = Grants::default()
        .allow(Permission::LeadRead, Level::All)
        .allow(Permission::LeadEdit, Level::Own)
        .allow(Permission::LeadDelete, Level::Own);
    leadbox.with_rights(Actor::user(user), Rights::granted(Some(user), [], grants))
}

#[tokio::test]
async fn a_plan_tells_what_the_run_then_does() {
    let (sandbox, ids) = office(40).await;
    let host = &sandbox.leadbox;
    let user: UserId = host.new_id();
    for id in &ids[..30] {
        host.leads().assign(*id, Some(user)).await.unwrap();
    }
    host.leads().update(ids[0], &LeadPatch::new().add_tag("vip"), None).await.unwrap();
    host.leads().delete(ids[1]).await.unwrap();
    let full = (0..50).fold(LeadPatch::new(), |patch, n| patch.add_tag(format!("t{n}")));
    host.leads().update(ids[2], &full, None).await.unwrap();
    let agent = agent(host, user);
    let selection = Selection::Ids([ids.clone(), vec![ids[0], host.new_id()]].concat());
    let head = host.log().head().await.unwrap();
    let plan = agent.bulk().plan(&tagged("vip"), &selection).await.unwrap();
    assert_eq!(host.log().head().await.unwrap(), head, "a plan writes nothing");
    let BulkCounts { selected, changed, unchanged, refused, denied, missing } = plan.counts;
    assert_eq!((selected, changed, unchanged), (41, 27, 1));
    assert_eq!((refused, denied, missing), (1, 10, 2));
    let told: Vec<_> =
        plan.refusals.iter().map(|group| (group.field.as_str(), group.count)).collect();
    assert_eq!(told, [("lead", 10), ("lead", 2), ("tags", 1)]);
    assert_eq!(plan.refusals[0].samples, ids[30..35]);

    let done = agent.bulk().run(&tagged("vip"), &selection).await.unwrap();
    assert_eq!((&done.state, done.counts), (&BulkState::Finished, plan.counts));
    assert_eq!(done.refusals, 13);
    assert_eq!(agent.bulk().refusals(done.id).await.unwrap().len(), 13);
    assert_eq!(count_tagged(host, "vip").await, 28);
    let again = agent.bulk().run(&tagged("vip"), &selection).await.unwrap();
    assert_eq!((again.counts.changed, again.counts.unchanged), (0, 28));
}

#[tokio::test]
async fn a_job_does_it_in_its_own_name_and_tells_of_it_once() {
    let (sandbox, ids) = office(600).await;
    let host = &sandbox.leadbox;
    let user: UserId = host.new_id();
    let asker = host.by(Actor::user(user));
    let started =
        asker.bulk().start(&BulkAction::Delete, &Selection::listed(LeadList::default())).await;
    let started = started.unwrap();
    assert_eq!((started.state, started.counts.selected), (BulkState::Waiting, 600));
    // What comes in afterwards is not meant.
    let later = host.leads().capture(&some_lead(1000)).await.unwrap().lead;
    let workers = Workers::new(host).handler(BulkHandler);
    workers.run_until_idle().await.unwrap();
    let done = asker.bulk().progress(started.id).await.unwrap();
    assert_eq!((done.state, done.counts.changed), (BulkState::Finished, 600));
    assert!(lead(host, later.id).await.deleted_at.is_none());
    assert!(
        host.jobs()
            .list(&JobFilter::default(), &PageRequest::default())
            .await
            .unwrap()
            .items
            .is_empty()
    );
    let announced = Announced::all(host).await.unwrap();
    let deleted: Vec<_> =
        announced.0.iter().filter(|event| event.kind == EventType::LEAD_DELETED).collect();
    assert_eq!(deleted.len(), 600);
    for event in deleted {
        let own = (event.actor.kind, event.actor.id, event.actor.on_behalf_of, event.bulk);
        assert_eq!(own, (ActorKind::Bulk, Some(started.id.uuid()), Some(user), true));
    }
    let finished = announced.0.iter().filter(|event| event.kind == EventType::BULK_FINISHED);
    let finished: Vec<_> = finished.collect();
    assert_eq!(finished.len(), 1);
    assert!(!finished[0].bulk);
    assert_eq!(finished[0].payload().unwrap().data["changed"], 600);
    // The stays of deleted leads have ended.
    assert!(host.storage().open_stays(host.scope(), &ids).await.unwrap().is_empty());
    let twice = host.bulk().go_on(started.id).await.unwrap();
    assert_eq!(twice.counts, done.counts);
}

#[tokio::test]
async fn work_that_ended_at_any_batch_goes_on_exactly_once() {
    for killed_after in 0..4 {
        let (sandbox, ids) = office(700).await;
        let host = &sandbox.leadbox;
        let action = BulkAction::Advance("qualified".to_owned());
        let started = host.bulk().start(&action, &Selection::Ids(ids.clone())).await.unwrap();
        let mut course = Course::take_up(acting(host, started.id), started.id).await.unwrap();
        for _ in 0..killed_after {
            course.step().await.unwrap();
        }
        drop(course);
        let done = host.bulk().go_on(started.id).await.unwrap();
        assert_eq!((done.state, done.counts.changed), (BulkState::Finished, 700));
        for id in ids {
            assert_eq!(lead(host, id).await.version.0, 2, "changed once");
            assert_eq!(host.leads().stays(id).await.unwrap().len(), 2);
        }
    }
}

#[tokio::test]
async fn a_lead_that_others_change_meanwhile_is_left_out_and_comes_again() {
    for (times, killed) in [(1, false), (1, true), (1000, false)] {
        let ids = Arc::new(MeddlingIds::seeded(3));
        let leadbox = LeadBox::builder(Arc::new(MemoryStorage::new()))
            .clock(Arc::new(ManualClock::default()))
            .ids(ids.clone())
            .build()
            .unwrap();
        let known = captured(&leadbox, 5).await;
        let started =
            leadbox.bulk().start(&tagged("vip"), &Selection::Ids(known.clone())).await.unwrap();
        let mut course = Course::take_up(acting(&leadbox, started.id), started.id).await.unwrap();
        let (others, contested, mut count) = (leadbox.clone(), known[2], 0);
        ids.meddle(move || {
            count += 1;
            let patch = LeadPatch::new().set("city", format!("City {count}"));
            let leads = others.leads();
            leads.update(contested, &patch, None).now_or_never().unwrap().unwrap();
            count < times
        });
        course.step().await.unwrap();
        if killed {
            // Nobody has heard which lead was left out.
            course = Course::take_up(acting(&leadbox, started.id), started.id).await.unwrap();
        }
        let done = course.go().await.unwrap();
        let refused = u64::from(times > 10);
        assert_eq!((done.counts.changed, done.counts.refused), (5 - refused, refused));
        assert_eq!(count_tagged(&leadbox, "vip").await, 5 - refused);
        assert_eq!(done.refusals, refused);
    }
}

#[tokio::test]
async fn a_key_that_another_lead_has_is_refused_alone() {
    let (sandbox, ids) = office(3).await;
    let leads = sandbox.leadbox.leads();
    leads.update(ids[0], &LeadPatch::new().set("external_id", "x"), None).await.unwrap();
    let action = BulkAction::Change(LeadPatch::new().set("external_id", "x").set("title", "CTO"));
    let done = sandbox.leadbox.bulk().run(&action, &Selection::Ids(ids)).await.unwrap();
    assert_eq!((done.counts.changed, done.counts.refused), (1, 2));
    let refusals = sandbox.leadbox.bulk().refusals(done.id).await.unwrap();
    assert!(refusals.iter().all(|refusal| refusal.field == "external_id"));
}

#[tokio::test]
async fn what_is_told_to_stop_stops_behind_its_batch() {
    let (sandbox, ids) = office(600).await;
    let host = &sandbox.leadbox;
    let started = host.bulk().start(&tagged("vip"), &Selection::Ids(ids)).await.unwrap();
    let mut course = Course::take_up(acting(host, started.id), started.id).await.unwrap();
    course.step().await.unwrap();
    assert_eq!(host.bulk().cancel(started.id).await.unwrap().state, BulkState::Cancelling);
    let done = course.go().await.unwrap();
    assert_eq!((&done.state, done.counts.changed), (&BulkState::Cancelled, 250));
    assert_eq!(count_tagged(host, "vip").await, 250);
    assert_eq!(host.bulk().cancel(started.id).await.unwrap().state, BulkState::Cancelled);
    assert_eq!(host.bulk().go_on(started.id).await.unwrap().counts, done.counts);
}

#[tokio::test]
async fn rights_are_those_that_the_asker_still_has() {
    let (sandbox, ids) = office(3).await;
    let host = &sandbox.leadbox;
    let new = |name: &str| crate::service::NewUser {
        name: name.to_owned(),
        email: format!("{name}@office.example"),
        team: None,
        roles: std::iter::once("manager".parse().unwrap()).collect(),
    };
    host.directory().add_user(&new("root")).await.unwrap();
    let user = host.directory().add_user(&new("ann")).await.unwrap();
    let ann = host.as_user(user.id).await.unwrap();
    let selection = Selection::Ids(ids.clone());
    let (first, second) = (
        ann.bulk().start(&tagged("first"), &selection).await.unwrap(),
        ann.bulk().start(&tagged("second"), &selection).await.unwrap(),
    );
    assert_eq!(host.bulk().go_on(first.id).await.unwrap().state, BulkState::Finished);
    let gone = crate::User { status: crate::UserStatus::Disabled, ..user };
    host.directory().change_user(&gone).await.unwrap();
    let failed = host.bulk().go_on(second.id).await.unwrap();
    assert!(matches!(failed.state, BulkState::Failed { .. }), "{failed:?}");
    assert_eq!(count_tagged(host, "second").await, 0);

    let stranger = agent(host, host.new_id());
    let unseen = stranger.bulk().progress(first.id).await;
    assert!(matches!(unseen, Err(Error::Denied(Denied::Capability { .. }))));
    let nobody = stranger.bulk().go_on(first.id).await;
    assert!(matches!(nobody, Err(Error::Denied(Denied::HostOnly))));
    let absent = host.bulk().progress(host.new_id()).await;
    assert!(matches!(absent, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn what_would_be_refused_for_every_lead_does_not_begin() {
    let (sandbox, ids) = office(201).await;
    let host = &sandbox.leadbox;
    let grants = Grants::default()
        .allow(Permission::LeadRead, Level::All)
        .allow(Permission::LeadEdit, Level::All)
        .protect("title");
    let user: UserId = host.new_id();
    let bound = host.with_rights(Actor::user(user), Rights::granted(Some(user), [], grants));
    let title = BulkAction::Change(LeadPatch::new().set("title", "CTO"));
    let selection = Selection::Ids(ids);
    assert!(matches!(bound.bulk().plan(&title, &selection).await, Err(Error::Invalid(_))));
    let delete = bound.bulk().start(&BulkAction::Delete, &selection).await;
    assert!(matches!(delete, Err(Error::Denied(_))));
    assert!(matches!(bound.bulk().run(&tagged("x"), &selection).await, Err(Error::Invalid(_))));
}

#[tokio::test]
async fn a_list_is_meant_as_it_stood_when_it_was_planned() {
    let (sandbox, _) = office(4).await;
    let host = &sandbox.leadbox;
    sandbox.clock.advance(chrono::TimeDelta::hours(1));
    let plan = host.bulk().plan(&tagged("x"), &Selection::listed(LeadList::default())).await;
    let as_of = plan.unwrap().as_of;
    sandbox.clock.advance(chrono::TimeDelta::hours(1));
    host.leads().capture(&some_lead(50)).await.unwrap();
    let list = LeadList::default().sorted(LeadSort::ascending(SortKey::Name));
    let meant = Selection::Listed { list, as_of: Some(as_of) };
    let done = host.bulk().run(&tagged("x"), &meant).await.unwrap();
    assert_eq!(done.counts.changed, 4);
}

fn actions() -> impl Strategy<Value = BulkAction> {
    let texts = || prop_oneof![Just(""), Just("one"), Just("two")];
    prop_oneof![
        texts().prop_map(|text| BulkAction::Change(LeadPatch::new().set("title", text))),
        texts().prop_map(|text| BulkAction::Change(LeadPatch::new().add_tag(text))),
        texts().prop_map(|text| BulkAction::Change(LeadPatch::new().remove_tag(text))),
        Just(BulkAction::Change(LeadPatch::new().set("employees", "many"))),
        prop_oneof![Just("qualified"), Just("won"), Just("nowhere")]
            .prop_map(|stage| BulkAction::Advance(stage.to_owned())),
        Just(BulkAction::Delete),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn many_at_once_equal_one_after_the_other(given in proptest::collection::vec(actions(), 1..5)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (many, ids) = office(12).await;
            let (single, _) = office(12).await;
            for (round, action) in given.iter().enumerate() {
                let chosen: Vec<LeadId> =
                    ids.iter().enumerate().filter(|(n, _)| n % (round + 1) == 0).map(|(_, id)| *id).collect();
                let leads = single.leadbox.leads();
                for id in &chosen {
                    let _ = match action {
                        BulkAction::Change(patch) => leads.update(*id, patch, None).await,
                        BulkAction::Assign(owner) => leads.assign(*id, *owner).await,
                        BulkAction::Advance(stage) => leads.advance(*id, stage).await,
                        BulkAction::Delete => leads.delete(*id).await,
                    };
                }
                many.leadbox.bulk().run(action, &Selection::Ids(chosen)).await.unwrap();
            }
            for id in ids {
                assert_eq!(lead(&many.leadbox, id).await, lead(&single.leadbox, id).await);
                let stages = async |sandbox: &Sandbox| {
                    let stays = sandbox.leadbox.leads().stays(id).await.unwrap();
                    stays.into_iter().map(|stay| (stay.stage, stay.left_at)).collect::<Vec<_>>()
                };
                assert_eq!(stages(&many).await, stages(&single).await);
            }
        });
    }
}

mod convert;
mod undo;
