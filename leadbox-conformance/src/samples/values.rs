//! Rows that are not stored yet: people, definitions, tokens, notes of work. Owns values that are easily mangled on the way.

use std::collections::BTreeSet;

use leadbox_core::access::{Grants, Level, Permission};
use leadbox_core::filter::Op;
use leadbox_core::job::{Attempt, AttemptResult};
use leadbox_core::proof::{Credential, SecretDigest, Token, TokenDetails, TokenKind};
use leadbox_core::storage::{
    Checkpoint, Definition, DefinitionDrop, DefinitionKind, DefinitionUpdate, NoteDrop, RecordMove,
    Reply, TaskDrop, ViewDrop,
};
use leadbox_core::{
    Actor, Change, EventType, FieldDefinition, FieldType, Lead, LeadFilter, LeadSort, NewEvent,
    Note, Revision, SavedView, Sharing, SortKey, Subject, Task, Team, User, UserStatus, Version,
};
use uuid::Uuid;

use crate::fixtures::{World, at, at_micros};

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

/// A password that is not stored yet.
pub fn credential(world: &World) -> Credential {
    Credential {
        tenant: world.tenant,
        user: world.id(),
        revision: Revision::FIRST,
        hash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".to_owned(),
        misses: 3,
        locked_until: Some(at_micros(5_000_001)),
        set_at: at_micros(-1),
    }
}

/// A token that is not stored yet, of a user of its own.
pub fn token(world: &World, kind: TokenKind) -> Token {
    let number = world.number();
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&number.to_be_bytes());
    digest[31] = 255;
    Token {
        id: world.id(),
        tenant: world.tenant,
        revision: Revision::FIRST,
        kind,
        digest: SecretDigest(digest),
        user: Some(world.id()),
        details: TokenDetails {
            name: format!("Schlüssel „{number}“"),
            hint: "lbk_0123".to_owned(),
            origin: Some("2001:db8::1".to_owned()),
            grants: Some(Grants::default().allow(Permission::LeadRead, Level::Team).hide("phone")),
            per_minute: std::num::NonZeroU32::new(600),
        },
        created_at: at_micros(1),
        used_at: Some(at_micros(2)),
        expires_at: Some(at(86_400)),
        ended_at: None,
    }
}

/// A task of a lead that is not stored yet, with everything that it can have but an end.
pub fn task(world: &World, lead: &Lead) -> Task {
    let number = world.number();
    Task {
        id: world.id(),
        tenant: lead.tenant,
        lead: lead.id,
        revision: Revision::FIRST,
        title: format!("Zoë „anrufen“ {number} 100% \\"),
        details: "Line 1\nLine 2\t\u{1F600}".to_owned(),
        due_at: Some(at_micros(86_400_000_001)),
        remind_at: Some(at_micros(86_000_000_001)),
        assignee: Some(world.id()),
        made_at: at_micros(1),
        made_by: Actor::user(world.id()).from_origin("2001:db8::1"),
        done_at: None,
        done_by: None,
    }
}

/// The change that stores a task.
pub fn put_task(task: &Task) -> Change {
    Change::PutTask(Box::new(task.clone()))
}

/// The change that takes a task away which is stored like this.
pub fn drop_task(task: &Task) -> Change {
    let Task { tenant, lead, id: task, revision: before, .. } = *task;
    Change::DropTask(TaskDrop { tenant, lead, task, before })
}

/// A note about a lead that is not stored yet.
pub fn note(world: &World, lead: &Lead, second: i64) -> Note {
    Note {
        id: world.id(),
        tenant: lead.tenant,
        lead: lead.id,
        revision: Revision::FIRST,
        text: format!("Note {}\n\tsays 'ä' \u{1F600}", world.number()),
        made_at: at(second),
        made_by: Actor::user(world.id()),
        edited_at: None,
    }
}

/// The change that stores a note.
pub fn put_note(note: &Note) -> Change {
    Change::PutNote(Box::new(note.clone()))
}

/// The change that takes a note away which is stored like this.
pub fn drop_note(note: &Note) -> Change {
    let Note { tenant, lead, id: note, revision: before, .. } = *note;
    Change::DropNote(NoteDrop { tenant, lead, note, before })
}

/// A view of a user of its own that is not stored yet.
pub fn view(world: &World) -> SavedView {
    let deep = LeadFilter::Not(Box::new(LeadFilter::Or(vec![
        LeadFilter::is("title", Op::Contains, "\"ü\" \\ 'x' \u{1F600}"),
        LeadFilter::is("cf.budget", Op::Between, serde_json::json!([0.1, 1e21])),
        LeadFilter::is("owner", Op::IsNull, serde_json::Value::Null),
    ])));
    SavedView {
        id: world.id(),
        tenant: world.tenant,
        revision: Revision::FIRST,
        name: format!("Heiß „{}“ \u{1F525}", world.number()),
        owner: Some(world.id()),
        sharing: Sharing::Everyone,
        filter: deep,
        search: "müller 100%".to_owned(),
        sort: LeadSort::ascending(SortKey::LastInteraction),
        columns: vec!["company".to_owned(), "cf.budget".to_owned()],
    }
}

/// The change that stores a view.
pub fn put_view(view: &SavedView) -> Change {
    Change::PutView(Box::new(view.clone()))
}

/// The change that takes a view away which is stored like this.
pub fn drop_view(view: &SavedView) -> Change {
    let SavedView { tenant, id: view, revision: before, .. } = *view;
    Change::DropView(ViewDrop { tenant, view, before })
}

/// The change that moves what was made for some leads, or everything, from one lead to another.
pub fn moved(from: &Lead, to: &Lead, made_for: &[&Lead]) -> Change {
    Change::MoveRecords(Box::new(RecordMove {
        tenant: from.tenant,
        from: from.id,
        to: to.id,
        made_for: made_for.iter().map(|lead| lead.id).collect(),
    }))
}
