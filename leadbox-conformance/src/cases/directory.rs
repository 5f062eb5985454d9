//! Users and teams: by id, by folded address, guarded by revisions.

use std::sync::Arc;

use leadbox_core::storage::Storage;
use leadbox_core::{Change, PageRequest, Revision, Team, Tenant, User, UserStatus};

use crate::fixtures::{Refusal, World};
use crate::samples::{team, user};

fn put(user: &User) -> Change {
    Change::PutUser(Box::new(user.clone()))
}

fn put_team(team: &Team) -> Change {
    Change::PutTeam(Box::new(team.clone()))
}

pub async fn a_user_reads_back_new_and_changed(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let first = User { team: Some(world.id()), ..user(&world, "Änne O'Neill") };
    world.commit(vec![put(&first)]).await;
    let found = world.storage.user(world.tenant, first.id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&first));
    let second = User {
        revision: Revision(2),
        name: "Änne".to_owned(),
        email: "other@example.com".to_owned(),
        team: None,
        status: UserStatus::Disabled,
        roles: std::collections::BTreeSet::new(),
        zone: None,
        ..first
    };
    world.commit(vec![put(&second)]).await;
    assert_eq!(world.storage.user(world.tenant, first.id).await.unwrap(), Some(second));
    assert_eq!(world.storage.user(world.tenant, world.id()).await.unwrap(), None);
    assert_eq!(world.storage.user(Tenant(2), first.id).await.unwrap(), None);
}

pub async fn a_user_is_found_by_address_whatever_its_case(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let other = world.of_tenant(2);
    let anna = User { email: "Änna.Müller@Example.com".to_owned(), ..user(&world, "anna") };
    let twin = User { tenant: other.tenant, id: world.id(), ..anna.clone() };
    world.commit(vec![put(&anna)]).await;
    other.commit(vec![put(&twin)]).await;
    for address in
        ["Änna.Müller@Example.com", "änna.müller@EXAMPLE.COM", " anna.muller@example.com "]
    {
        let found = world.storage.user_by_email(world.tenant, address).await.unwrap();
        assert_eq!(found.as_ref(), Some(&anna), "{address}");
    }
    assert_eq!(world.storage.user_by_email(other.tenant, &anna.email).await.unwrap(), Some(twin));
    assert_eq!(world.storage.user_by_email(world.tenant, "nobody@x.org").await.unwrap(), None);
    assert_eq!(world.storage.user_by_email(Tenant(3), &anna.email).await.unwrap(), None);
}

pub async fn an_address_belongs_to_one_user(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let (anna, bert) = (user(&world, "anna"), user(&world, "bert"));
    world.commit(vec![put(&anna), put(&bert)]).await;
    let greedy =
        User { revision: Revision(2), email: "ANNA@example.COM".to_owned(), ..bert.clone() };
    assert_eq!(world.refused(vec![put(&greedy)]).await, Refusal::AlreadyExists);
    // A change of case of one's own is no collision, and an address given up is free.
    let shouting =
        User { revision: Revision(2), email: "ANNA@EXAMPLE.COM".to_owned(), ..anna.clone() };
    world.commit(vec![put(&shouting)]).await;
    let moved = User { revision: Revision(3), email: "a@example.com".to_owned(), ..anna };
    world.commit(vec![put(&moved)]).await;
    world.commit(vec![put(&greedy)]).await;
    let found = world.storage.user_by_email(world.tenant, "anna@example.com").await.unwrap();
    assert_eq!(found.unwrap().id, bert.id);
}

pub async fn a_user_is_replaced_at_its_revision(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let anna = user(&world, "anna");
    world.commit(vec![put(&anna)]).await;
    for revision in [1, 3] {
        let stale = User { revision: Revision(revision), name: "x".to_owned(), ..anna.clone() };
        assert_eq!(world.refused(vec![put(&stale)]).await, Refusal::Conflict);
    }
    assert_eq!(world.storage.user(world.tenant, anna.id).await.unwrap(), Some(anna));
}

pub async fn users_come_by_id_in_pages(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let other = world.of_tenant(2);
    let users: Vec<User> = (0..7).map(|n| user(&world, &format!("user{n}"))).collect();
    world.commit(users.iter().rev().map(put).collect()).await;
    other.commit(vec![put(&user(&other, "foreign"))]).await;
    let (mut seen, mut request) = (Vec::new(), PageRequest::first(3));
    for _ in 0..4 {
        let page = world.storage.users(world.tenant, &request).await.unwrap();
        seen.extend(page.items);
        let Some(cursor) = page.next else { break };
        request = PageRequest::after(3, cursor);
    }
    assert_eq!(seen, users);
    let nobody = world.storage.users(Tenant(3), &PageRequest::default()).await.unwrap();
    assert!(nobody.items.is_empty() && nobody.next.is_none());
}

pub async fn a_team_reads_back_new_and_changed(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let (parent, mut child) = (team(&world, "Vertrieb ü"), team(&world, "Nord"));
    child.parent = Some(parent.id);
    world.commit(vec![put_team(&child), put_team(&parent)]).await;
    for expected in [&parent, &child] {
        let found = world.storage.team(world.tenant, expected.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(expected));
        assert_eq!(world.storage.team(Tenant(2), expected.id).await.unwrap(), None);
    }
    assert_eq!(world.storage.team(world.tenant, world.id()).await.unwrap(), None);
    let all = world.storage.teams(world.tenant).await.unwrap();
    assert_eq!(all, [parent, child.clone()], "by id");
    assert!(world.storage.teams(Tenant(2)).await.unwrap().is_empty());
    let moved = Team { revision: Revision(2), parent: None, name: "Süd".to_owned(), ..child };
    world.commit(vec![put_team(&moved)]).await;
    assert_eq!(world.refused(vec![put_team(&moved)]).await, Refusal::Conflict);
    assert_eq!(world.storage.team(world.tenant, moved.id).await.unwrap(), Some(moved));
}
