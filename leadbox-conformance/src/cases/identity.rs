//! By what leads are recognised: who is found by a key, and who may hold it.

use std::sync::Arc;

use leadbox_core::storage::Storage;
use leadbox_core::{IdentityKey, IdentityKind, Lead, LeadId, LeadKeys, LeadRow, Tenant};

use crate::fixtures::{ParseEmail, Refusal, World, at};
use crate::full::phone;

fn key(kind: IdentityKind, lead: &Lead) -> IdentityKey {
    let keys = LeadKeys::of(lead, &[]);
    let key = match kind {
        IdentityKind::Email => keys.email,
        IdentityKind::Phone => keys.phone,
        IdentityKind::ExternalId => lead.external_id.clone(),
    };
    IdentityKey { kind, key: key.expect("the lead has such a key") }
}

async fn holders(world: &World, key: &IdentityKey) -> Vec<LeadId> {
    let found = world.storage.leads_by_identity(world.tenant, std::slice::from_ref(key)).await;
    let found = found.unwrap();
    assert!(found.iter().all(|(of, _)| of == key));
    found.into_iter().map(|(_, stored)| stored.lead.id).collect()
}

fn twin(world: &World, of: &Lead) -> Lead {
    let mut lead = world.lead();
    lead.person.email.clone_from(&of.person.email);
    lead
}

pub async fn a_lead_is_found_by_each_of_its_keys(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut lead = world.lead();
    lead.person.phone = Some(phone(1));
    lead.external_id = Some("Crm-Ä".to_owned());
    let lead = world.stored(lead).await;
    world.stored_leads(3).await;
    for kind in [IdentityKind::Email, IdentityKind::Phone, IdentityKind::ExternalId] {
        assert_eq!(holders(&world, &key(kind, &lead)).await, [lead.id]);
        let unknown = IdentityKey { kind, key: "nobody".to_owned() };
        assert!(holders(&world, &unknown).await.is_empty());
    }
    // A key of one kind is none of another.
    let mixed = IdentityKey { kind: IdentityKind::Phone, key: "Crm-Ä".to_owned() };
    assert!(holders(&world, &mixed).await.is_empty());
    // External ids are compared as they are.
    let other_case = IdentityKey { kind: IdentityKind::ExternalId, key: "crm-ä".to_owned() };
    assert!(holders(&world, &other_case).await.is_empty());
    assert!(world.storage.leads_by_identity(world.tenant, &[]).await.unwrap().is_empty());
}

pub async fn pairs_come_by_key_then_exclusive_holder_then_age(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let first = world.stored(world.lead()).await;
    let second = world.stored(twin(&world, &first)).await;
    let exclusive = twin(&world, &first);
    world.commit(vec![world.insert_captured_by(&exclusive, &[IdentityKind::Email])]).await;
    let mut other = twin(&world, &first);
    other.person.phone = Some(phone(9));
    let other = world.stored(other).await;

    let keys = [key(IdentityKind::Phone, &other), key(IdentityKind::Email, &first)];
    let found = world.storage.leads_by_identity(world.tenant, &keys).await.unwrap();
    let found: Vec<_> = found.into_iter().map(|(key, stored)| (key, stored.lead.id)).collect();
    let (phone_key, email_key) = (&keys[0], &keys[1]);
    assert_eq!(
        found,
        [
            (email_key.clone(), exclusive.id),
            (email_key.clone(), first.id),
            (email_key.clone(), second.id),
            (email_key.clone(), other.id),
            (phone_key.clone(), other.id),
        ]
    );
}

pub async fn identity_is_the_tenants_whoever_owns_the_lead(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut lead = world.lead();
    lead.owner = Some(world.id());
    let lead = world.stored(lead).await;
    let key = key(IdentityKind::Email, &lead);
    assert_eq!(holders(&world, &key).await, [lead.id]);
    let elsewhere = world.storage.leads_by_identity(Tenant(2), &[key]).await.unwrap();
    assert!(elsewhere.is_empty());
}

pub async fn one_live_lead_holds_the_exclusive_slot(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut first = world.lead();
    first.person.phone = Some(phone(3));
    let both = [IdentityKind::Email, IdentityKind::Phone];
    world.commit(vec![world.insert_captured_by(&first, &both)]).await;
    let second = twin(&world, &first);
    let by_email = world.insert_captured_by(&second, &[IdentityKind::Email]);
    assert_eq!(world.refused(vec![by_email]).await, Refusal::AlreadyExists);
    let mut third = world.lead();
    third.person.phone.clone_from(&first.person.phone);
    let by_phone = world.insert_captured_by(&third, &[IdentityKind::Phone]);
    assert_eq!(world.refused(vec![by_phone]).await, Refusal::AlreadyExists);
    // Beside it, duplicates are possible.
    world.commit(vec![world.insert(&second), world.insert(&third)]).await;
}

pub async fn leads_without_keys_never_collide(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let (mut first, mut second) = (world.lead(), world.lead());
    (first.person.email, second.person.email) = (None, None);
    let both = [IdentityKind::Email, IdentityKind::Phone, IdentityKind::ExternalId];
    let changes =
        vec![world.insert_captured_by(&first, &both), world.insert_captured_by(&second, &both)];
    world.commit(changes).await;
}

pub async fn an_external_id_is_held_once(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut first = world.lead();
    first.external_id = Some("crm-7".to_owned());
    let first = world.stored(first).await;
    let mut second = world.lead();
    second.external_id.clone_from(&first.external_id);
    assert_eq!(world.refused(vec![world.insert(&second)]).await, Refusal::AlreadyExists);
    second.external_id = None;
    let second = world.stored(second).await;
    let stolen = world.edited(&second, |lead| lead.external_id.clone_from(&first.external_id));
    assert_eq!(world.refused(vec![world.update(&second, &stolen)]).await, Refusal::AlreadyExists);
}

pub async fn two_leads_of_one_set_collide_too(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let first = world.lead();
    let second = twin(&world, &first);
    let changes = vec![
        world.insert_captured_by(&first, &[IdentityKind::Email]),
        world.insert_captured_by(&second, &[IdentityKind::Email]),
    ];
    assert_eq!(world.refused(changes).await, Refusal::AlreadyExists);
    assert_eq!(world.storage.lead(&world.scope(), first.id).await.unwrap(), None);
}

pub async fn a_deleted_lead_frees_its_keys(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut first = world.lead();
    first.external_id = Some("crm-8".to_owned());
    world.commit(vec![world.insert_captured_by(&first, &[IdentityKind::Email])]).await;
    let deleted = world.edited(&first, |lead| lead.deleted_at = Some(at(9)));
    world.commit(vec![world.update(&first, &deleted)]).await;
    assert!(holders(&world, &key(IdentityKind::Email, &first)).await.is_empty());
    assert!(holders(&world, &key(IdentityKind::ExternalId, &first)).await.is_empty());

    let mut second = twin(&world, &first);
    second.external_id.clone_from(&first.external_id);
    world.commit(vec![world.insert_captured_by(&second, &[IdentityKind::Email])]).await;
    // Now the first cannot come back as it was.
    let back = world.edited(&deleted, |lead| lead.deleted_at = None);
    assert_eq!(world.refused(vec![world.update(&deleted, &back)]).await, Refusal::AlreadyExists);
    assert_eq!(holders(&world, &key(IdentityKind::Email, &first)).await, [second.id]);
}

pub async fn an_update_keeps_the_slot_while_the_key_stays(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let first = world.lead();
    world.commit(vec![world.insert_captured_by(&first, &[IdentityKind::Email])]).await;
    // The row of the update claims a slot of its own, but the address stays, so the stored slot does.
    let after = world.edited(&first, |lead| lead.completeness = 11);
    world.commit(vec![world.update(&first, &after)]).await;
    let second = twin(&world, &first);
    let change = world.insert_captured_by(&second, &[IdentityKind::Email]);
    assert_eq!(world.refused(vec![change]).await, Refusal::AlreadyExists);
}

pub async fn an_update_takes_the_new_slot_with_a_new_key(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let first = world.lead();
    world.commit(vec![world.insert_captured_by(&first, &[IdentityKind::Email])]).await;
    let after =
        world.edited(&first, |lead| lead.person.email = Some("new@example.net".parse_email()));
    // The new address is taken in a slot of its own, so another may capture it.
    world.commit(vec![world.update(&first, &after)]).await;
    let second = twin(&world, &after);
    world.commit(vec![world.insert_captured_by(&second, &[IdentityKind::Email])]).await;
    // And the old address is free.
    let third = twin(&world, &first);
    world.commit(vec![world.insert_captured_by(&third, &[IdentityKind::Email])]).await;
    assert_eq!(holders(&world, &key(IdentityKind::Email, &first)).await, [third.id]);
    let of_new = holders(&world, &key(IdentityKind::Email, &after)).await;
    assert_eq!(of_new, [second.id, first.id]);

    // An update may also take the exclusive slot of a new key.
    let captured = world.edited(&after, |lead| lead.person.phone = Some(phone(4)));
    let change = leadbox_core::Change::UpdateLead(Box::new(leadbox_core::storage::LeadUpdate {
        before: LeadRow::of(after, &[]),
        after: LeadRow::of(captured.clone(), &[IdentityKind::Phone]),
    }));
    world.commit(vec![change]).await;
    let mut rival = world.lead();
    rival.person.phone = captured.person.phone;
    let change = world.insert_captured_by(&rival, &[IdentityKind::Phone]);
    assert_eq!(world.refused(vec![change]).await, Refusal::AlreadyExists);
}
