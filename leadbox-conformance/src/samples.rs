//! One change of every kind, with what makes it succeed and what makes it fail. Owns the world in which they are valid; a
//! new kind of change breaks [`name_of`] here until it has its sample.

use std::collections::BTreeSet;
use std::time::Duration;

use leadbox_core::job::{Attempt, AttemptResult, Settlement};
use leadbox_core::storage::{
    Checkpoint, ConsumerStart, CursorAdvance, Definition, DefinitionDrop, DefinitionKind,
    DefinitionUpdate, InteractionMark, JobReplay, Reply,
};
use leadbox_core::{
    Change, EventType, FieldDefinition, FieldType, IdentityKind, LeadRow, NewEvent, Position,
    Revision, Subject, Suspicion, Team, Tenant, User, UserStatus, Version,
};
use uuid::Uuid;

use crate::fixtures::{Refusal, World, at};

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
pub const KINDS: usize = 20;

/// A user that is not stored yet.
pub fn user(world: &World, name: &str) -> User {
    User {
        id: world.id(),
        tenant: world.tenant,
        revision: Revision::FIRST,
        name: name.to_owned(),
        email: format!("{name}@Example.com"),
        team: None,
        status: UserStatus::Active,
        roles: BTreeSet::from(["agent".parse().unwrap(), "own_role".parse().unwrap()]),
        zone: "America/St_Johns".parse().ok(),
    }
}

/// A team that is not stored yet.
pub fn team(world: &World, name: &str) -> Team {
    Team {
        id: world.id(),
        tenant: world.tenant,
        revision: Revision::FIRST,
        name: name.to_owned(),
        parent: None,
    }
}

/// A custom field in text form, to be stored behind revision `before`.
pub fn field(world: &World, key: &str, before: i64) -> DefinitionUpdate {
    let mut field = FieldDefinition::new(key, FieldType::Text).unwrap();
    field.label = format!("label {}", before + 1);
    DefinitionUpdate {
        tenant: world.tenant,
        before: Revision(before),
        definition: Definition::Field(field),
    }
}

/// The end of a custom field that is stored at revision `before`.
pub fn drop_field(world: &World, key: &str, before: i64) -> Change {
    Change::DropDefinition(Box::new(DefinitionDrop {
        tenant: world.tenant,
        kind: DefinitionKind::Field,
        key: key.to_owned(),
        before: Revision(before),
    }))
}

/// A checkpoint at its first revision.
pub fn checkpoint(world: &World, name: &str) -> Checkpoint {
    Checkpoint {
        tenant: world.tenant,
        name: name.to_owned(),
        revision: Revision::FIRST,
        body: serde_json::json!({ "row": 17, "note": "zwölf" }),
        at: at(3),
    }
}

/// A reply that is kept for a day.
pub fn reply(world: &World, key: &str) -> Reply {
    Reply {
        tenant: world.tenant,
        key: key.to_owned(),
        request: vec![0, 1, 255],
        body: serde_json::json!({ "id": 1, "list": [null, true] }),
        at: at(4),
        expires_at: at(4 + 86_400),
    }
}

/// The record of a try at a job.
pub fn attempt(world: &World, lane: &str, number: i32, second: i64) -> Attempt {
    Attempt {
        id: world.id(),
        job: world.id(),
        lane: world.lane(lane),
        number,
        at: at(second),
        millis: 1234,
        result: AttemptResult::Failed,
        message: Some("503 from the far end".to_owned()),
        detail: Some(serde_json::json!({ "status": 503 })),
    }
}

/// A fact about a team, so about no lead.
pub fn fact(world: &World) -> NewEvent {
    let subject = Subject { kind: leadbox_core::SubjectKind::Team, id: world.id::<Uuid>() };
    world.fact(subject, EventType::TEAM_CHANGED, Version(1))
}

/// Prepares a world and gives one sample of every kind of change, in the order of a commit. All good ones can be
/// committed together or one by one.
pub async fn samples(world: &World) -> Vec<Sample> {
    let mut all = leads(world).await;
    all.extend(interactions(world).await);
    all.extend(stays(world).await);
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
        after: Suspicion::Suspect,
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

async fn setup(world: &World) -> Vec<Sample> {
    let (anna, bert) = (user(world, "anna"), user(world, "bert"));
    let (sales, lane, import) =
        (team(world, "Sales"), world.settings("set-up"), checkpoint(world, "import:1"));
    world
        .commit(vec![
            Change::PutDefinition(Box::new(field(world, "budget", 0))),
            Change::PutDefinition(Box::new(field(world, "obsolete", 0))),
            Change::PutUser(Box::new(anna.clone())),
            Change::PutUser(Box::new(bert)),
            Change::PutTeam(Box::new(sales.clone())),
            Change::PutLane(Box::new(lane.clone())),
            Change::PutCheckpoint(Box::new(import.clone())),
            Change::RememberReply(Box::new(reply(world, "key-1"))),
        ])
        .await;

    let other = world.of_tenant(99);
    let renamed = User {
        revision: Revision(2),
        name: "Anna B.".to_owned(),
        status: UserStatus::Disabled,
        ..anna
    };
    let moved = Team { revision: Revision(2), parent: Some(world.id()), ..sales };
    let mut slower = lane;
    (slower.revision, slower.concurrency) = (Revision(2), Some(4));
    let mut further = import;
    (further.revision, further.body) = (Revision(2), serde_json::json!({ "row": 18 }));

    let put_user = |user: User| Change::PutUser(Box::new(user));
    let put_team = |team: Team| Change::PutTeam(Box::new(team));
    let put_lane = |lane: leadbox_core::Lane| Change::PutLane(Box::new(lane));
    let put_checkpoint = |checkpoint: Checkpoint| Change::PutCheckpoint(Box::new(checkpoint));
    let put_field = |world: &World, key: &str, before: i64| {
        Change::PutDefinition(Box::new(field(world, key, before)))
    };
    let foreign_lane = leadbox_core::Lane { key: other.lane("set-up"), ..slower.clone() };
    let absent_lane = leadbox_core::Lane { key: world.lane("nowhere"), ..slower.clone() };
    vec![
        Sample {
            good: put_field(world, "budget", 1),
            conflicting: (put_field(world, "budget", 0), Refusal::Conflict),
            absent: Some(put_field(world, "nothing", 1)),
            foreign: Some(put_field(&other, "budget", 1)),
        },
        Sample {
            good: drop_field(world, "obsolete", 1),
            conflicting: (drop_field(world, "obsolete", 2), Refusal::Conflict),
            absent: Some(drop_field(world, "nothing", 1)),
            foreign: Some(drop_field(&other, "obsolete", 1)),
        },
        Sample {
            good: put_user(renamed.clone()),
            conflicting: (put_user(user(world, "BERT")), Refusal::AlreadyExists),
            absent: Some(put_user(User { id: world.id(), ..renamed.clone() })),
            foreign: Some(put_user(User { tenant: Tenant(99), ..renamed })),
        },
        Sample {
            good: put_team(moved.clone()),
            conflicting: (
                put_team(Team { revision: Revision(5), ..moved.clone() }),
                Refusal::Conflict,
            ),
            absent: Some(put_team(Team { id: world.id(), ..moved.clone() })),
            foreign: Some(put_team(Team { tenant: Tenant(99), ..moved })),
        },
        Sample {
            good: put_lane(slower.clone()),
            conflicting: (
                put_lane(leadbox_core::Lane { revision: Revision(1), ..slower }),
                Refusal::Conflict,
            ),
            absent: Some(put_lane(absent_lane)),
            foreign: Some(put_lane(foreign_lane)),
        },
        Sample {
            good: put_checkpoint(further.clone()),
            conflicting: (
                put_checkpoint(Checkpoint { revision: Revision(1), ..further.clone() }),
                Refusal::Conflict,
            ),
            absent: Some(put_checkpoint(Checkpoint {
                name: "import:9".to_owned(),
                ..further.clone()
            })),
            foreign: Some(put_checkpoint(Checkpoint { tenant: Tenant(99), ..further })),
        },
        Sample {
            good: Change::RememberReply(Box::new(reply(world, "key-2"))),
            conflicting: (
                Change::RememberReply(Box::new(reply(world, "key-1"))),
                Refusal::AlreadyExists,
            ),
            absent: None,
            foreign: None,
        },
    ]
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
        | Change::InsertInteraction(_)
        | Change::MarkInteraction(_)
        | Change::OpenStay(_)
        | Change::CloseStay(_)
        | Change::PutDefinition(_)
        | Change::DropDefinition(_)
        | Change::PutUser(_)
        | Change::PutTeam(_)
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
