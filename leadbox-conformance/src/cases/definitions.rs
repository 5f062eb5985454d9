//! What tenants define, progress of long work, kept replies: whole values under keys, guarded by revisions or expiry.

use std::collections::BTreeMap;
use std::sync::Arc;

use leadbox_core::access::{Capability, Grants, Level, Permission, Role};
use leadbox_core::scoring::{
    Draft, Publication, PublishedRules, RuleBook, RuleSetVersion, RuleSheet,
};
use leadbox_core::storage::{
    Checkpoint, Definition, DefinitionKind, DefinitionUpdate, Reply, Storage,
};
use leadbox_core::{
    Actor, Change, FieldDefinition, FieldType, Industry, Pipeline, Revision, Sensitivity, Settings,
    Stage, StageKind, Tenant,
};

use crate::fixtures::{Refusal, World, at, at_micros};
use crate::samples::{checkpoint, field, reply};

fn put(world: &World, before: i64, definition: Definition) -> Change {
    let (tenant, before) = (world.tenant, Revision(before));
    Change::PutDefinition(Box::new(DefinitionUpdate { tenant, before, definition }))
}

fn pipeline(world: &World, key: &str) -> Definition {
    let stages = [("new", StageKind::Open), ("won", StageKind::Won), ("lost", StageKind::Lost)];
    let stages = stages.map(|(key, kind)| Stage {
        id: world.id(),
        key: key.to_owned(),
        name: format!("Stufe „{key}“"),
        kind,
    });
    let pipeline =
        Pipeline { id: world.id(), name: "Vertrieb ü".to_owned(), stages: stages.to_vec() };
    Definition::Pipeline { key: key.to_owned(), pipeline }
}

fn settings() -> Settings {
    Settings {
        zone: "America/St_Johns".parse().unwrap(),
        currency: "JPY".parse().unwrap(),
        region: leadbox_core::Country::from_code("BR"),
        brand: Some("Señor ü".to_owned()),
        accent: Some(leadbox_core::Colour::rgb(11, 110, 79)),
        completeness: [("cf.budget".to_owned(), 1000), ("email".to_owned(), 0)].into(),
        industry_aliases: [("Bäckerei".to_owned(), Industry::from_id("software").unwrap())].into(),
    }
}

fn role() -> Role {
    let grants = Grants::default()
        .allow(Permission::LeadRead, Level::Team)
        .allow(Permission::LeadExport, Level::All)
        .enable(Capability::AuditRead)
        .hide("cf.budget")
        .protect("phone");
    Role { key: "own_role".parse().unwrap(), name: "Händler".to_owned(), grants }
}

fn published() -> PublishedRules {
    let id = RuleSetVersion { set: "b2b".parse().unwrap(), version: 3 };
    let files = [("lists".to_owned(), "const sizes = [\"ü\"];\n".to_owned())].into();
    PublishedRules { id, script: "ruleset(\"Größe\");\n\t// 100 % \\ ü\n".to_owned(), files }
}

fn book() -> RuleBook {
    RuleBook { edition: 12, in_force: vec![published().id], since: Some(at_micros(1_000_001)) }
}

fn sheet() -> RuleSheet {
    let script = "rule(\"unfinished".to_owned();
    let (by, note) = (Actor::host(), "première".to_owned());
    RuleSheet {
        key: "b2b".parse().unwrap(),
        name: "B2B ü".to_owned(),
        draft: Some(Draft {
            script,
            files: published().files,
            by: by.clone(),
            at: at(3),
            since_version: Some(3),
        }),
        versions: vec![Publication { version: 3, by, at: at(2), note }],
    }
}

pub async fn every_kind_of_definition_reads_back_as_it_was_written(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let choices = vec!["Größe M".to_owned(), "b;c".to_owned()];
    let mut secret = FieldDefinition::new("iban", FieldType::MultiChoice(choices)).unwrap();
    secret.sensitivity = Sensitivity::Sensitive;
    secret.label = "IBAN ü".to_owned();
    let all = [
        Definition::Field(secret),
        pipeline(&world, Definition::DEFAULT_PIPELINE),
        Definition::Settings(settings()),
        Definition::Role(role()),
        Definition::RuleBook(book()),
        Definition::RuleSheet(sheet()),
        Definition::Rules { key: "b2b@3".to_owned(), rules: published() },
    ];
    let changes = all.iter().map(|definition| put(&world, 0, definition.clone())).collect();
    world.commit(changes).await;
    for definition in all {
        let (kind, key) = (definition.kind(), definition.key().to_owned());
        let found = world.storage.definition(world.tenant, kind, &key).await.unwrap();
        let expected = (Revision(1), definition);
        assert_eq!(found.as_ref(), Some(&expected));
        assert_eq!(world.storage.definitions(world.tenant, kind).await.unwrap(), [expected]);
    }
}

pub async fn an_absent_definition_is_none(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    world.commit(vec![Change::PutDefinition(Box::new(field(&world, "budget", 0)))]).await;
    let (storage, kind) = (&world.storage, DefinitionKind::Field);
    assert_eq!(storage.definition(world.tenant, kind, "other").await.unwrap(), None);
    assert_eq!(storage.definition(Tenant(2), kind, "budget").await.unwrap(), None);
    let kind = DefinitionKind::Pipeline;
    assert_eq!(storage.definition(world.tenant, kind, "budget").await.unwrap(), None);
    assert!(storage.definitions(world.tenant, kind).await.unwrap().is_empty());
    assert!(storage.definitions(Tenant(2), DefinitionKind::Field).await.unwrap().is_empty());
}

pub async fn definitions_come_by_key(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    for key in ["ab", "a_b", "zz", "a1", "a", "a_"] {
        world.commit(vec![Change::PutDefinition(Box::new(field(&world, key, 0)))]).await;
    }
    let other = world.of_tenant(2);
    other.commit(vec![Change::PutDefinition(Box::new(field(&other, "foreign", 0)))]).await;
    let found = world.storage.definitions(world.tenant, DefinitionKind::Field).await.unwrap();
    let keys: Vec<_> = found.iter().map(|(_, definition)| definition.key()).collect();
    assert_eq!(keys, ["a", "a1", "a_", "a_b", "ab", "zz"], "compared as bytes");
}

pub async fn a_definition_is_replaced_at_its_revision(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    for before in 0..3 {
        world.commit(vec![Change::PutDefinition(Box::new(field(&world, "budget", before)))]).await;
    }
    for before in [0, 1, 2, 4] {
        let stale = vec![Change::PutDefinition(Box::new(field(&world, "budget", before)))];
        assert_eq!(world.refused(stale).await, Refusal::Conflict);
    }
    let found = world.storage.definition(world.tenant, DefinitionKind::Field, "budget").await;
    assert_eq!(found.unwrap(), Some((Revision(3), field(&world, "budget", 2).definition)));
}

pub async fn tenants_with_definitions_come_in_order(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    assert!(world.storage.tenants().await.unwrap().is_empty());
    for tenant in [7, -3, i64::MAX, 2] {
        let world = world.of_tenant(tenant);
        world.commit(vec![put(&world, 0, Definition::Settings(Settings::default()))]).await;
        world.commit(vec![Change::PutDefinition(Box::new(field(&world, "x", 0)))]).await;
    }
    // Leads alone make no tenant.
    let other = world.of_tenant(5);
    other.stored(other.lead()).await;
    let expected = [-3, 2, 7, i64::MAX].map(Tenant);
    assert_eq!(world.storage.tenants().await.unwrap(), expected);
}

pub async fn progress_reads_back_and_moves_on(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let first = Checkpoint { at: at_micros(1), ..checkpoint(&world, "import:ü") };
    world.commit(vec![Change::PutCheckpoint(Box::new(first.clone()))]).await;
    let found = world.storage.checkpoint(world.tenant, "import:ü").await.unwrap();
    assert_eq!(found.as_ref(), Some(&first));
    assert_eq!(world.storage.checkpoint(world.tenant, "import:u").await.unwrap(), None);
    assert_eq!(world.storage.checkpoint(Tenant(2), "import:ü").await.unwrap(), None);
    let second = Checkpoint {
        revision: Revision(2),
        body: serde_json::json!([1.5, "x", null]),
        ..first.clone()
    };
    world.commit(vec![Change::PutCheckpoint(Box::new(second.clone()))]).await;
    let stale = vec![Change::PutCheckpoint(Box::new(Checkpoint { at: at(9), ..second.clone() }))];
    assert_eq!(world.refused(stale).await, Refusal::Conflict);
    assert_eq!(world.storage.checkpoint(world.tenant, "import:ü").await.unwrap(), Some(second));
}

pub async fn a_reply_is_kept_until_it_expires(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let kept = Reply { at: at(0), expires_at: at(100), ..reply(&world, "key ü") };
    world.commit(vec![Change::RememberReply(Box::new(kept.clone()))]).await;
    let (storage, tenant) = (&world.storage, world.tenant);
    assert_eq!(storage.reply(tenant, "key ü", at(0)).await.unwrap().as_ref(), Some(&kept));
    assert_eq!(storage.reply(tenant, "key ü", at(99)).await.unwrap().as_ref(), Some(&kept));
    assert_eq!(storage.reply(tenant, "key ü", at(101)).await.unwrap(), None);
    assert_eq!(storage.reply(tenant, "key u", at(0)).await.unwrap(), None);
    assert_eq!(storage.reply(Tenant(2), "key ü", at(0)).await.unwrap(), None);
}

pub async fn an_expired_reply_makes_room_for_another(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let first = Reply { at: at(0), expires_at: at(100), ..reply(&world, "key") };
    let remember = |reply: &Reply| vec![Change::RememberReply(Box::new(reply.clone()))];
    world.commit(remember(&first)).await;
    let early = Reply { at: at(99), expires_at: at(200), ..first.clone() };
    assert_eq!(world.refused(remember(&early)).await, Refusal::AlreadyExists);
    let request = vec![9, 9];
    let late = Reply { at: at(101), expires_at: at(200), request, body: true.into(), ..first };
    world.commit(remember(&late)).await;
    let found = world.storage.reply(world.tenant, "key", at(102)).await.unwrap();
    assert_eq!(found, Some(late));
}

pub async fn tenants_keep_their_own_progress_and_replies(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let other = world.of_tenant(2);
    for world in [&world, &other] {
        world
            .commit(vec![
                Change::PutCheckpoint(Box::new(checkpoint(world, "same"))),
                Change::RememberReply(Box::new(reply(world, "same"))),
                Change::PutDefinition(Box::new(field(world, "same", 0))),
            ])
            .await;
    }
    let mut found = BTreeMap::new();
    for world in [&world, &other] {
        let stored = world.storage.checkpoint(world.tenant, "same").await.unwrap().unwrap();
        let reply = world.storage.reply(world.tenant, "same", at(5)).await.unwrap().unwrap();
        found.insert(world.tenant, (stored.tenant, reply.tenant));
    }
    let pair = |tenant| (tenant, (tenant, tenant));
    assert_eq!(found, [pair(Tenant(1)), pair(Tenant(2))].into());
}
