//! Leads in the order of a key that several may have, where possible duplicates lie side by side.

use std::sync::Arc;

use leadbox_core::storage::Storage;
use leadbox_core::{KeyedLead, Lead, LeadKeys, Owners, Scope, SharedKey, Tenant};

use crate::fixtures::World;

/// What a storage has to answer, by the keys themselves.
fn expected(leads: &[Lead], by: SharedKey) -> Vec<KeyedLead> {
    let keyed = leads.iter().filter(|lead| lead.deleted_at.is_none()).filter_map(|lead| {
        let key = LeadKeys::of(lead, &[]).shared(by)?.to_owned();
        Some(KeyedLead { key, lead: lead.id })
    });
    let mut keyed: Vec<KeyedLead> = keyed.collect();
    keyed.sort();
    keyed
}

async fn found(world: &World, scope: &Scope, by: SharedKey, size: u32) -> Vec<KeyedLead> {
    let mut found: Vec<KeyedLead> = Vec::new();
    loop {
        let page = world.storage.leads_by_key(scope, by, found.last(), size).await.unwrap();
        assert!(page.len() <= size as usize, "{} of {size}", page.len());
        if page.is_empty() {
            return found;
        }
        found.extend(page);
        assert!(found.len() < 1000, "it never ends");
    }
}

/// Leads of which several share each kind of key, and some have none.
async fn crowd(world: &World) -> Vec<Lead> {
    let mut leads = Vec::new();
    for n in 0..24_usize {
        let mut lead = world.lead();
        let person = &mut lead.person;
        person.name = ["Ada Byron", "ada  BYRON", "Émile Zola", "émile zolá"]
            .get(n % 5)
            .map(|name| (*name).to_owned());
        person.email = ["A@x.example", "a@X.example", "b@x.example", "é@x.example"]
            .get(n % 6)
            .map(|email| leadbox_core::Email::parse(email).unwrap());
        person.phone = ["+49301234567", "+4930901820"]
            .get(n % 4)
            .and_then(|phone| leadbox_core::Phone::parse(phone, None).ok());
        lead.company.name = ["Acme", "ACME", "Zebra"].get(n % 7).map(|name| (*name).to_owned());
        lead.owner = (n % 3 > 0)
            .then(|| leads.last().and_then(|last: &Lead| last.owner).unwrap_or_else(|| world.id()));
        leads.push(world.stored(lead).await);
    }
    leads
}

pub async fn leads_come_by_a_key_and_then_by_id(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = crowd(&world).await;
    let theirs = world.of_tenant(2);
    crowd(&theirs).await;
    for by in SharedKey::ALL {
        let expected = expected(&leads, by);
        assert!(expected.len() > 8 && expected.windows(2).any(|pair| pair[0].key == pair[1].key));
        for size in [1, 3, 100] {
            assert_eq!(found(&world, &world.scope(), by, size).await, expected, "{by:?} by {size}");
        }
    }
    assert!(found(&world, &Scope::all(Tenant(3)), SharedKey::Email, 10).await.is_empty());
}

pub async fn a_key_follows_what_its_lead_becomes(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let mut leads = crowd(&world).await;
    for (n, lead) in leads.iter_mut().enumerate() {
        let after = world.edited(lead, |lead| match n % 4 {
            0 => lead.deleted_at = Some(lead.updated_at),
            1 => {
                lead.person.name = Some("Bob Miller".to_owned());
                lead.person.email = None;
            }
            2 => lead.company.name = Some("Other".to_owned()),
            _ => lead.person.phone = None,
        });
        world.commit(vec![world.update(lead, &after)]).await;
        *lead = after;
    }
    for by in SharedKey::ALL {
        assert_eq!(found(&world, &world.scope(), by, 5).await, expected(&leads, by), "{by:?}");
    }
}

pub async fn only_leads_that_the_scope_sees_have_keys(storage: Arc<dyn Storage>) {
    let world = World::new(storage);
    let leads = crowd(&world).await;
    let mut owners: Vec<_> = leads.iter().filter_map(|lead| lead.owner).collect();
    owners.dedup();
    for seen in [&owners[..1], &owners[1..3], &[]] {
        let scope = Scope::owned_by(world.tenant, seen.iter().copied());
        assert_ne!(scope.owners, Owners::All);
        let own: Vec<Lead> =
            leads.iter().filter(|lead| scope.sees(lead.tenant, lead.owner)).cloned().collect();
        for by in SharedKey::ALL {
            assert_eq!(found(&world, &scope, by, 2).await, expected(&own, by), "{by:?} {seen:?}");
        }
    }
}
