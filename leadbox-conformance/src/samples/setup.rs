//! The samples of what is set up: definitions, people, views, what proves who they are, lanes, notes of work.

use leadbox_core::proof::{Credential, Token, TokenKind};
use leadbox_core::storage::Checkpoint;
use leadbox_core::{Change, Revision, SavedView, Sharing, Team, Tenant, User, UserStatus};

use super::{
    Sample, checkpoint, credential, drop_field, drop_view, field, put_view, reply, team, token,
    user, view,
};
use crate::fixtures::{Refusal, World, at};

pub(super) async fn setup(world: &World) -> Vec<Sample> {
    let (anna, bert) = (user(world, "anna"), user(world, "bert"));
    let (sales, lane, import) =
        (team(world, "Sales"), world.settings("set-up"), checkpoint(world, "import:1"));
    let (hot, cold) = (view(world), view(world));
    let (password, session) = (credential(world), token(world, TokenKind::Session));
    world
        .commit(vec![
            Change::PutDefinition(Box::new(field(world, "budget", 0))),
            Change::PutDefinition(Box::new(field(world, "obsolete", 0))),
            Change::PutUser(Box::new(anna.clone())),
            Change::PutUser(Box::new(bert)),
            Change::PutTeam(Box::new(sales.clone())),
            put_view(&hot),
            put_view(&cold),
            Change::PutCredential(Box::new(password.clone())),
            Change::PutToken(Box::new(session.clone())),
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
    let narrowed = SavedView { revision: Revision(2), sharing: Sharing::Team, ..hot };
    let missed = Credential { revision: Revision(2), misses: 4, locked_until: None, ..password };
    let ended = Token { revision: Revision(2), ended_at: Some(at(9)), ..session.clone() };
    let twin = Token { digest: session.digest, ..token(world, TokenKind::Session) };
    let mut slower = lane;
    (slower.revision, slower.concurrency) = (Revision(2), Some(4));
    let mut further = import;
    (further.revision, further.body) = (Revision(2), serde_json::json!({ "row": 18 }));

    let put_user = |user: User| Change::PutUser(Box::new(user));
    let put_team = |team: Team| Change::PutTeam(Box::new(team));
    let put_credential = |one: Credential| Change::PutCredential(Box::new(one));
    let put_token = |one: Token| Change::PutToken(Box::new(one));
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
            good: put_view(&narrowed),
            conflicting: (
                put_view(&SavedView { revision: Revision(3), ..narrowed.clone() }),
                Refusal::Conflict,
            ),
            absent: Some(put_view(&SavedView { id: world.id(), ..narrowed.clone() })),
            foreign: Some(put_view(&SavedView { tenant: Tenant(99), ..narrowed })),
        },
        Sample {
            good: drop_view(&cold),
            conflicting: (
                drop_view(&SavedView { revision: Revision(2), ..cold.clone() }),
                Refusal::Conflict,
            ),
            absent: Some(drop_view(&SavedView { id: world.id(), ..cold.clone() })),
            foreign: Some(drop_view(&SavedView { tenant: Tenant(99), ..cold })),
        },
        Sample {
            good: put_credential(missed.clone()),
            conflicting: (
                put_credential(Credential { revision: Revision(1), ..missed.clone() }),
                Refusal::Conflict,
            ),
            absent: Some(put_credential(Credential { user: world.id(), ..missed.clone() })),
            foreign: Some(put_credential(Credential { tenant: Tenant(99), ..missed })),
        },
        Sample {
            good: put_token(ended.clone()),
            conflicting: (put_token(twin), Refusal::AlreadyExists),
            absent: Some(put_token(Token { id: world.id(), ..ended.clone() })),
            foreign: Some(put_token(Token { tenant: Tenant(99), ..ended })),
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
