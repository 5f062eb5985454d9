//! One change of every kind, with what makes it succeed and what makes it fail. Owns the world in which they are valid; a
//! new kind of change breaks [`name_of`] here until it has its sample.

mod setup;
mod tasks;
mod values;

use std::time::Duration;

use leadbox_core::job::Settlement;
use leadbox_core::storage::{ConsumerStart, CursorAdvance, InteractionMark, JobReplay, ScoreSpoil};
use leadbox_core::{Change, IdentityKind, Judge, LeadRow, Position, Suspicion, Tenant, Version};

use crate::fixtures::{Refusal, World, at};
use setup::setup;
use tasks::{moves, tasks};
pub use values::{
    attempt, checkpoint, credential, drop_field, drop_note, drop_task, drop_view, fact, field,
    moved, note, put_note, put_task, put_view, reply, task, team, token, user, view,
};

/// A change of one kind and its failing twins, all for the world that [`samples`] has prepared.
#[derive(Clone, Debug)]
pub struct Sample {
    /// A change that succeeds.
    pub good: Change,
    /// The same on a row that is not as it expects, and how it is refused.
    pub conflicting: (Change, Refusal),
    /// The same on a row that is not there; none for changes that make one.
    pub absent: Option<Change>,
    /// The same as another tenant; none for changes that are then good.
    pub foreign: Option<Change>,
}

/// How many kinds of change there are.
pub const KINDS: usize = 30;

/// Prepares a world and gives one sample of every kind of change, in the order of a commit. All good ones can be
/// committed together or one by one.
pub async fn samples(world: &World) -> Vec<Sample> {
    let mut all = leads(world).await;
    all.extend(interactions(world).await);
    all.extend(stays(world).await);
    all.extend(tasks(world).await);
    all.extend(moves(world).await);
    all.extend(setup(world).await);
    all.extend(jobs(world).await);
    all.extend(log(world).await);
    let mut kinds: Vec<_> = all.iter().map(|sample| name_of(&sample.good)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), KINDS, "every kind of change has one sample");
    all
}

async fn leads(world: &World) -> Vec<Sample> {
    let (mut held, mut edited, scored) = (world.lead(), world.lead(), world.lead());
    let spoilt = world.stored(world.lead()).await;
    let spoil = |tenant, lead| Change::SpoilScore(ScoreSpoil { tenant, lead });
    held.external_id = Some("crm-1".to_owned());
    edited.external_id = Some("crm-2".to_owned());
    world
        .commit(vec![
            world.insert_captured_by(&held, &[IdentityKind::Email]),
            world.insert(&edited),
            world.insert(&scored),
        ])
        .await;

    let new = world.lead();
    let mut taken = world.lead();
    taken.external_id.clone_from(&held.external_id);
    let after = world.edited(&edited, |lead| lead.person.name = Some("Edited Name".to_owned()));
    let stale = world.edited(&after, |lead| lead.person.name = Some("Stale".to_owned()));
    let (absent, mut foreign) = (world.lead(), after.clone());
    foreign.tenant = Tenant(99);
    let score = world.score(&scored, 55);
    let mut dated = score.clone();
    dated.lead_version = Version(7);
    let (mut unknown, mut others) = (score.clone(), score.clone());
    unknown.lead = world.id();
    others.tenant = Tenant(99);
    vec![
        Sample {
            good: world.insert(&new),
            conflicting: (world.insert(&taken), Refusal::AlreadyExists),
            absent: None,
            foreign: None,
        },
        Sample {
            good: world.update(&edited, &after),
            conflicting: (world.update(&after, &stale), Refusal::Conflict),
            absent: Some(world.update(&absent, &world.edited(&absent, |_| {}))),
            foreign: Some(Change::UpdateLead(Box::new(leadbox_core::storage::LeadUpdate {
                before: LeadRow::of(edited.clone(), &[]),
                after: LeadRow::of(foreign, &[]),
            }))),
        },
        Sample {
            good: world.set_score(&score),
            conflicting: (world.set_score(&dated), Refusal::Conflict),
            absent: Some(world.set_score(&unknown)),
            foreign: Some(world.set_score(&others)),
        },
        Sample {
            good: spoil(world.tenant, spoilt.id),
            conflicting: (spoil(world.tenant, world.id()), Refusal::Conflict),
            absent: Some(spoil(world.tenant, world.id())),
            foreign: Some(spoil(Tenant(99), spoilt.id)),
        },
    ]
}

async fn interactions(world: &World) -> Vec<Sample> {
    let (lead, other) = (world.stored(world.lead()).await, world.stored(world.lead()).await);
    let mut first = world.interaction(&lead, 20);
    first.key = Some("click-1".to_owned());
    let marked = world.interaction(&other, 21);
    world.commit(vec![world.record(&first), world.record(&marked)]).await;

    let (mut twin, mut foreign) = (world.interaction(&lead, 22), world.interaction(&lead, 23));
    twin.key.clone_from(&first.key);
    foreign.tenant = Tenant(99);
    let mark = InteractionMark {
        tenant: world.tenant,
        lead: other.id,
        interaction: marked.id,
        before: Suspicion::Clear,
        judge_before: Judge::Detector,
        after: Suspicion::Suspect,
        judge: Judge::Somebody,
        reason: Some("Nobody is that fast".to_owned()),
    };
    let wrong =
        InteractionMark { before: Suspicion::Suspect, after: Suspicion::Clear, ..mark.clone() };
    let unknown = InteractionMark { interaction: world.id(), ..mark.clone() };
    let others = InteractionMark { tenant: Tenant(99), ..mark.clone() };
    vec![
        Sample {
            good: world.record(&world.interaction(&lead, 24)),
            conflicting: (world.record(&twin), Refusal::AlreadyExists),
            absent: Some(world.record(&world.interaction(&world.lead(), 25))),
            foreign: Some(world.record(&foreign)),
        },
        Sample {
            good: Change::MarkInteraction(mark),
            conflicting: (Change::MarkInteraction(wrong), Refusal::Conflict),
            absent: Some(Change::MarkInteraction(unknown)),
            foreign: Some(Change::MarkInteraction(others)),
        },
    ]
}

async fn stays(world: &World) -> Vec<Sample> {
    let leads = world.stored_leads(3).await;
    let (open, ended) = (world.stay(&leads[0], 0, 30), world.stay(&leads[1], 0, 31));
    world
        .commit(vec![
            Change::OpenStay(Box::new(open.clone())),
            Change::OpenStay(Box::new(ended.clone())),
        ])
        .await;
    world.commit(vec![Change::CloseStay(Box::new(world.ended(&ended, 32)))]).await;

    let (mut foreign, mut others) = (world.stay(&leads[2], 1, 33), world.ended(&open, 34));
    foreign.tenant = Tenant(99);
    others.tenant = Tenant(99);
    let unknown = world.ended(&world.stay(&leads[2], 1, 35), 36);
    vec![
        Sample {
            good: Change::CloseStay(Box::new(world.ended(&open, 37))),
            conflicting: (Change::CloseStay(Box::new(world.ended(&ended, 38))), Refusal::Conflict),
            absent: Some(Change::CloseStay(Box::new(unknown))),
            foreign: Some(Change::CloseStay(Box::new(others))),
        },
        Sample {
            good: Change::OpenStay(Box::new(world.stay(&leads[2], 1, 39))),
            conflicting: (
                Change::OpenStay(Box::new(another_open_stay(world).await)),
                Refusal::AlreadyExists,
            ),
            absent: Some(Change::OpenStay(Box::new(world.stay(&world.lead(), 1, 41)))),
            foreign: Some(Change::OpenStay(Box::new(foreign))),
        },
    ]
}

/// A second stay of a lead that has an open one.
async fn another_open_stay(world: &World) -> leadbox_core::Stay {
    let lead = world.stored(world.lead()).await;
    world.commit(vec![Change::OpenStay(Box::new(world.stay(&lead, 0, 40)))]).await;
    world.stay(&lead, 1, 41)
}

async fn jobs(world: &World) -> Vec<Sample> {
    let (parked, leased, free) =
        (world.work("parked", 10), world.work("leased", 11), world.work("free", 86_400));
    let tried = attempt(world, "leased", 1, 12);
    world
        .commit(vec![
            world.enqueue(&parked),
            world.enqueue(&leased),
            world.enqueue(&free),
            Change::RecordAttempt(Box::new(tried.clone())),
        ])
        .await;
    let claimed = world.claim(2, 13).await;
    let of = |id| claimed.iter().find(|job| job.work.id == id).expect("due jobs are claimed");
    let (park, held) = (of(parked.id), of(leased.id));
    world.settle(park, Settlement::Park { reason: "given up".to_owned() }, 14).await;

    let done = |tenant: Tenant, id, token| {
        Change::FinishJob(Box::new(leadbox_core::storage::JobFinish {
            tenant,
            id,
            token,
            settlement: Settlement::Done,
            at: at(15),
        }))
    };
    let replay = |tenant: Tenant, id| Change::ReplayJob(JobReplay { tenant, id, due_at: at(16) });
    vec![
        Sample {
            good: done(world.tenant, leased.id, held.token),
            conflicting: (done(world.tenant, leased.id, held.token + 1), Refusal::Conflict),
            absent: Some(done(world.tenant, world.id(), held.token)),
            foreign: Some(done(Tenant(99), leased.id, held.token)),
        },
        Sample {
            good: replay(world.tenant, parked.id),
            conflicting: (replay(world.tenant, free.id), Refusal::Conflict),
            absent: Some(replay(world.tenant, world.id())),
            foreign: Some(replay(Tenant(99), parked.id)),
        },
        Sample {
            good: world.enqueue(&world.work("new", 17)),
            conflicting: (world.enqueue(&free), Refusal::AlreadyExists),
            absent: None,
            foreign: None,
        },
        Sample {
            good: Change::RecordAttempt(Box::new(attempt(world, "leased", 2, 18))),
            conflicting: (Change::RecordAttempt(Box::new(tried)), Refusal::AlreadyExists),
            absent: None,
            foreign: None,
        },
    ]
}

async fn log(world: &World) -> Vec<Sample> {
    let told = fact(world);
    world.commit(vec![Change::AppendEvent(Box::new(told.clone()))]).await;
    let lease = world
        .storage
        .lease_consumer(
            "sample",
            world.id(),
            ConsumerStart::Beginning,
            at(19),
            Duration::from_secs(600),
        )
        .await
        .unwrap()
        .expect("nobody else holds it");
    let advance = |consumer: &str, token| {
        Change::AdvanceCursor(CursorAdvance {
            consumer: consumer.to_owned(),
            token,
            from: Position(0),
            to: Position(1),
        })
    };
    vec![
        Sample {
            good: advance("sample", lease.token),
            conflicting: (advance("sample", lease.token + 1), Refusal::Conflict),
            absent: Some(advance("nobody", lease.token)),
            foreign: None,
        },
        Sample {
            good: Change::AppendEvent(Box::new(fact(world))),
            conflicting: (Change::AppendEvent(Box::new(told)), Refusal::AlreadyExists),
            absent: None,
            foreign: None,
        },
    ]
}

/// The change's name; the match makes a new kind fail to compile here.
pub fn name_of(change: &Change) -> &'static str {
    match change {
        Change::InsertLead(_)
        | Change::UpdateLead(_)
        | Change::SetScore(_)
        | Change::SpoilScore(_)
        | Change::InsertInteraction(_)
        | Change::MarkInteraction(_)
        | Change::OpenStay(_)
        | Change::CloseStay(_)
        | Change::PutTask(_)
        | Change::DropTask(_)
        | Change::PutNote(_)
        | Change::DropNote(_)
        | Change::MoveRecords(_)
        | Change::PutDefinition(_)
        | Change::DropDefinition(_)
        | Change::PutUser(_)
        | Change::PutTeam(_)
        | Change::PutView(_)
        | Change::DropView(_)
        | Change::PutCredential(_)
        | Change::PutToken(_)
        | Change::PutLane(_)
        | Change::FinishJob(_)
        | Change::ReplayJob(_)
        | Change::EnqueueJob(_)
        | Change::RecordAttempt(_)
        | Change::AdvanceCursor(_)
        | Change::PutCheckpoint(_)
        | Change::RememberReply(_)
        | Change::AppendEvent(_) => change.name(),
    }
}
