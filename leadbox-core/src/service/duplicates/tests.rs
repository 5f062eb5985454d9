use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::access::{Grants, Level, Rights};
use crate::event::{Actor, EventType};
use crate::id::UserId;
use crate::lead::{Match, MergeChoice, NewLead};
use crate::service::LeadBox;
use crate::testing::{Announced, Sandbox, some_lead};

async fn capture(leadbox: &LeadBox, name: &str, email: &str, phone: &str) -> LeadId {
    let new = NewLead::new()
        .name(name)
        .email(email)
        .phone(phone)
        .external_id(leadbox.new_id::<Uuid>().to_string());
    leadbox.leads().capture(&new).await.unwrap().lead.id
}

/// All pairs, however small the pages.
async fn pairs(leadbox: &LeadBox, size: u32) -> Vec<DuplicatePair> {
    let (mut found, mut request) = (Vec::new(), PageRequest::first(size));
    loop {
        let page = leadbox.leads().duplicate_pairs(&request).await.unwrap();
        found.extend(page.items);
        match page.next {
            Some(next) => request = PageRequest::after(size, next.to_string().parse().unwrap()),
            None => return found,
        }
    }
}

fn ids(pairs: &[DuplicatePair]) -> Vec<(LeadId, LeadId)> {
    pairs.iter().map(|pair| (pair.first.lead.id, pair.second.lead.id)).collect()
}

#[tokio::test]
async fn each_way_of_being_alike_is_found_and_explained() {
    let sandbox = Sandbox::new().unwrap();
    let host = &sandbox.leadbox;
    for n in 0..30 {
        host.leads().capture(&some_lead(n)).await.unwrap();
    }
    let one = capture(host, "Ada Lovelace", "ada@acme.example", "+49 30 901820").await;
    let email = capture(host, "A. L.", "ADA@acme.example", "").await;
    let phone = capture(host, "", "", "+49 30 901820").await;
    let name = capture(host, "Lovelace, Ada", "al@acme.example", "").await;
    let nearly = capture(host, "Ada Lovelase", "x@acme.example", "").await;
    let gmail = capture(host, "", "jonathan.smith@gmail.com", "").await;
    let typo = capture(host, "", "jonahtan.smith@gmail.com", "").await;
    let found = host.leads().duplicates(one, 10).await.unwrap();
    let told: Vec<_> = found.iter().map(|one| (one.lead.lead.id, one.likeness.score)).collect();
    assert_eq!(told[0], (email, 100));
    let others: BTreeSet<LeadId> = told[1..].iter().map(|(id, _)| *id).collect();
    assert_eq!(others, BTreeSet::from([phone, name, nearly]));
    let reasons = |id: LeadId| {
        let one = found.iter().find(|one| one.lead.lead.id == id).unwrap();
        one.likeness.reasons.iter().map(Match::to_string).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(reasons(phone), "same phone");
    assert_eq!(reasons(name), "same name, same company");
    assert!(reasons(nearly).starts_with("similar name 0.9"), "{}", reasons(nearly));
    assert_eq!(host.leads().duplicates(one, 2).await.unwrap().len(), 2);

    let all = pairs(host, 2).await;
    let told = ids(&all);
    let unique: BTreeSet<_> = told.iter().copied().collect();
    assert_eq!(unique.len(), told.len(), "each once");
    for pair in [(one, email), (one, phone), (one, name), (one, nearly), (gmail, typo)] {
        assert!(unique.contains(&pair), "{pair:?}");
    }
    assert_eq!(ids(&pairs(host, 100).await), told);
    let absent = host.leads().duplicates(host.new_id(), 5).await;
    assert!(matches!(absent, Err(Error::NotFound { .. })));
    let foreign = PageRequest::after(5, Cursor::new("leads:name:asc", None, [0; 16]));
    assert!(host.leads().duplicate_pairs(&foreign).await.is_err());
}

#[tokio::test]
async fn who_was_told_apart_is_not_shown_until_that_is_taken_back() {
    let sandbox = Sandbox::new().unwrap();
    let host = &sandbox.leadbox;
    let a = capture(host, "Ada Lovelace", "info@acme.example", "").await;
    let b = capture(host, "Ada Lovelace", "info@acme.example", "").await;
    let leads = host.leads();
    assert_eq!(pairs(host, 5).await.len(), 1);
    for _ in 0..2 {
        leads.tell_apart(b, a, Distinction::Distinct).await.unwrap();
    }
    assert!(pairs(host, 5).await.is_empty());
    assert!(leads.duplicates(a, 5).await.unwrap().is_empty());
    for (lead, other) in [(a, b), (b, a)] {
        let told = Announced::about(host, lead).await.unwrap();
        told.assert_types(&[EventType::LEAD_CAPTURED, EventType::LEAD_DISTINGUISHED]);
        let page = host.log().timeline(lead, &PageRequest::default()).await.unwrap();
        let payload = page.items[0].payload().unwrap();
        assert_eq!(payload.data["other"], other.to_string());
        assert_eq!(payload.data["is"], "distinct");
    }
    leads.tell_apart(a, b, Distinction::Unknown).await.unwrap();
    assert_eq!(pairs(host, 5).await.len(), 1);
    assert!(matches!(leads.tell_apart(a, a, Distinction::Distinct).await, Err(Error::Invalid(_))));
    leads.delete(b).await.unwrap();
    assert!(pairs(host, 5).await.is_empty());
    let gone = leads.tell_apart(a, b, Distinction::Distinct).await;
    assert!(matches!(gone, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn a_pair_that_is_merged_is_gone_and_comes_back_when_that_is_undone() {
    let sandbox = Sandbox::new().unwrap();
    let host = &sandbox.leadbox;
    let mut three = Vec::new();
    for name in ["Ada Lovelace", "Ada Lovelace", "A. Lovelace"] {
        three.push(capture(host, name, "ada@acme.example", "").await);
    }
    let [a, b, c] = three[..] else { unreachable!("three were captured") };
    let leads = host.leads();
    assert_eq!(pairs(host, 5).await.len(), 3);
    // Merging is the later word.
    leads.tell_apart(a, b, Distinction::Distinct).await.unwrap();
    let merged = leads.merge(a, &[b], &MergeChoice::default()).await.unwrap();
    assert_eq!(ids(&pairs(host, 5).await), [(a, c)]);
    // By the id that is gone, the lead that is left is meant.
    let of_heir = leads.duplicates(b, 5).await.unwrap();
    assert_eq!(of_heir.iter().map(|one| one.lead.lead.id).collect::<Vec<_>>(), [c]);
    let same = leads.tell_apart(a, b, Distinction::Distinct).await;
    assert!(matches!(same, Err(Error::Invalid(_))));
    leads.tell_apart(b, c, Distinction::Distinct).await.unwrap();
    assert!(pairs(host, 5).await.is_empty());
    assert!(leads.duplicates(a, 5).await.unwrap().is_empty());
    leads.unmerge(a, merged.event).await.unwrap();
    assert_eq!(ids(&pairs(host, 5).await), [(a, b), (b, c)]);
}

#[tokio::test]
async fn an_asker_finds_only_what_it_sees() {
    let sandbox = Sandbox::new().unwrap();
    let host = &sandbox.leadbox;
    let a = capture(host, "Ada Lovelace", "info@acme.example", "+49 30 901820").await;
    let b = capture(host, "Bob Miller", "bob@acme.example", "+49 30 901820").await;
    let c = capture(host, "Ada Lovelace", "info@acme.example", "").await;
    let user: UserId = host.new_id();
    for id in [a, b] {
        host.leads().assign(id, Some(user)).await.unwrap();
    }
    let grants = Grants::default().allow(Permission::LeadRead, Level::Own);
    let own = |grants: Grants| {
        host.with_rights(Actor::user(user), Rights::granted(Some(user), [], grants))
    };
    assert_eq!(ids(&pairs(&own(grants.clone()), 5).await), [(a, b)]);
    assert!(own(grants.clone()).leads().duplicates(c, 5).await.is_err());
    let blind = own(grants.clone().hide("phone"));
    assert!(pairs(&blind, 5).await.is_empty());
    assert!(blind.leads().duplicates(a, 5).await.unwrap().is_empty());
    let reader = own(grants).leads().tell_apart(a, b, Distinction::Distinct).await;
    assert!(matches!(reader, Err(Error::Denied(_))));
}

#[tokio::test]
async fn a_page_ends_after_so_much_reading_and_the_next_goes_on() {
    let sandbox = Sandbox::new().unwrap();
    let host = &sandbox.leadbox;
    let new: Vec<NewLead> = (0..5200)
        .map(|n| NewLead::new().name(format!("Person {n}")).email(format!("p{n}@mail{n}.example")))
        .collect();
    host.leads().capture_many(&new, Vec::new()).await.unwrap();
    let twins = [
        capture(host, "Zoe Zet", "z@z.example", "").await,
        capture(host, "Zoe Zet", "z@z.example", "").await,
    ];
    let first = host.leads().duplicate_pairs(&PageRequest::first(1)).await.unwrap();
    assert_eq!(ids(&first.items), [(twins[0], twins[1])]);
    assert_eq!(pairs(host, 1).await.len(), 1);
}

#[tokio::test]
async fn many_leads_under_one_key_fill_pages_that_stay_small() {
    let sandbox = Sandbox::new().unwrap();
    let host = &sandbox.leadbox;
    for _ in 0..45 {
        capture(host, "Ada Lovelace", "ada@acme.example", "").await;
    }
    let (mut request, mut told) = (PageRequest::first(3), Vec::new());
    loop {
        let page = host.leads().duplicate_pairs(&request).await.unwrap();
        assert!(page.items.len() < 3 + 39, "{}", page.items.len());
        told.extend(ids(&page.items));
        let Some(next) = page.next else { break };
        request = PageRequest::after(3, next);
    }
    let unique: BTreeSet<_> = told.iter().copied().collect();
    assert_eq!((told.len(), unique.len()), (40 * 39 / 2, 40 * 39 / 2), "of the oldest forty");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn pairs_are_those_of_the_leads_one_by_one(
        given in proptest::collection::vec((0..6_usize, 0..5_usize, 0..3_usize), 2..14), size in 1..5_u32,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let names = ["Ada Byron", "Byron, Ada", "Ada Byran", "Bob Miller", "", "Zoe"];
            let emails = ["ada@x.example", "ADA@x.example", "adam@x.example", "zoe.zet@gmail.com", ""];
            let phones = ["+4930901820", "+493012345678", ""];
            let sandbox = Sandbox::new().unwrap();
            let host = &sandbox.leadbox;
            let mut leads = Vec::new();
            for (name, email, phone) in given {
                leads.push(capture(host, names[name], emails[email], phones[phone]).await);
            }
            let mut expected = BTreeSet::new();
            for lead in leads {
                for other in host.leads().duplicates(lead, 100).await.unwrap() {
                    let other = other.lead.lead.id;
                    expected.insert((lead.min(other), lead.max(other)));
                }
            }
            let found = ids(&pairs(host, size).await);
            assert_eq!(found.len(), expected.len());
            assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
        });
    }
}
