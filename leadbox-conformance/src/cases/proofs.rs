//! Passwords and tokens: by user, by id, by digest, guarded by revisions.

use std::sync::Arc;

use leadbox_core::proof::{Credential, Token, TokenDetails, TokenFilter, TokenKind};
use leadbox_core::storage::Storage;
use leadbox_core::{Change, PageRequest, Revision, Tenant};

use crate::fixtures::{Refusal, World, at};
use crate::samples::{credential, token};

fn put(token: &Token) -> Change {
    Change::PutToken(Box::new(token.clone()))
}

pub async fn a_credential_reads_back_new_and_changed(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let first = credential(&world);
    world.commit(vec![Change::PutCredential(Box::new(first.clone()))]).await;
    let read = world.storage.credential(world.tenant, first.user).await.unwrap();
    assert_eq!(read.as_ref(), Some(&first));
    let met = Credential { set_at: at(7), hash: "other".to_owned(), ..first.met() };
    world.commit(vec![Change::PutCredential(Box::new(met.clone()))]).await;
    let read = world.storage.credential(world.tenant, first.user).await.unwrap();
    assert_eq!(read, Some(met));
    assert_eq!(world.storage.credential(world.tenant, world.id()).await.unwrap(), None);
    assert_eq!(world.storage.credential(Tenant(2), first.user).await.unwrap(), None);
}

pub async fn a_token_reads_back_new_and_changed(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    for kind in TokenKind::ALL {
        let first = token(&world, kind);
        world.commit(vec![put(&first)]).await;
        let read = world.storage.token(world.tenant, first.id).await.unwrap();
        assert_eq!(read.as_ref(), Some(&first));
        let second = Token {
            revision: Revision(2),
            digest: token(&world, kind).digest,
            user: None,
            details: TokenDetails::default(),
            created_at: at(1),
            used_at: None,
            expires_at: None,
            ended_at: Some(at(2)),
            ..first
        };
        world.commit(vec![put(&second)]).await;
        assert_eq!(world.storage.token(world.tenant, first.id).await.unwrap(), Some(second));
    }
    assert_eq!(world.storage.token(world.tenant, world.id()).await.unwrap(), None);
}

pub async fn a_token_is_found_by_its_digest_in_its_tenant(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let other = world.of_tenant(2);
    let mine = token(&world, TokenKind::ApiKey);
    // Two tenants never share a secret, but nothing must break if they did.
    let theirs = Token { tenant: other.tenant, id: world.id(), ..mine.clone() };
    world.commit(vec![put(&mine)]).await;
    other.commit(vec![put(&theirs)]).await;
    let by_digest = async |tenant| {
        world.storage.token_by_digest(tenant, &mine.digest).await.unwrap().map(|token| token.id)
    };
    assert_eq!(by_digest(world.tenant).await, Some(mine.id));
    assert_eq!(by_digest(other.tenant).await, Some(theirs.id));
    assert_eq!(by_digest(Tenant(3)).await, None);
    assert_eq!(world.storage.token(Tenant(3), mine.id).await.unwrap(), None);
    let unknown = token(&world, TokenKind::ApiKey).digest;
    assert_eq!(world.storage.token_by_digest(world.tenant, &unknown).await.unwrap(), None);
}

pub async fn a_digest_belongs_to_one_token(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let (first, second) = (token(&world, TokenKind::Session), token(&world, TokenKind::Session));
    world.commit(vec![put(&first), put(&second)]).await;
    let greedy = Token { revision: Revision(2), digest: first.digest, ..second.clone() };
    assert_eq!(world.refused(vec![put(&greedy)]).await, Refusal::AlreadyExists);
    for revision in [1, 3] {
        let stale = Token { revision: Revision(revision), ended_at: Some(at(1)), ..first.clone() };
        assert_eq!(world.refused(vec![put(&stale)]).await, Refusal::Conflict);
    }
    assert_eq!(world.storage.token(world.tenant, second.id).await.unwrap(), Some(second));
}

pub async fn tokens_come_latest_first_in_pages(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let other = world.of_tenant(2);
    let user = world.id();
    let mut tokens: Vec<Token> = (0..9)
        .map(|n| {
            let token = token(&world, TokenKind::Session);
            if n % 3 == 0 { Token { user: Some(user), ..token } } else { token }
        })
        .collect();
    world.commit(tokens.iter().map(put).collect()).await;
    world.commit(vec![put(&token(&world, TokenKind::ApiKey))]).await;
    other.commit(vec![put(&token(&other, TokenKind::Session))]).await;
    tokens.reverse();
    for user in [None, Some(user)] {
        let filter = TokenFilter { kind: TokenKind::Session, user };
        let (mut seen, mut request) = (Vec::new(), PageRequest::first(2));
        for _ in 0..6 {
            let page = world.storage.tokens(world.tenant, &filter, &request).await.unwrap();
            seen.extend(page.items);
            let Some(cursor) = page.next else { break };
            request = PageRequest::after(2, cursor);
        }
        let expected = tokens.iter().filter(|token| user.is_none() || token.user == user);
        assert_eq!(seen, expected.cloned().collect::<Vec<_>>());
    }
}
