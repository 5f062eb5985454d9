//! Lists and counts against the oracle: random leads, random questions, every order, pages of any size.

use std::sync::Arc;

use leadbox_core::filter::{Check, Direction, LeadSort, Leaf, Sense, Test};
use leadbox_core::storage::Storage;
use leadbox_core::{
    Change, Lead, LeadQuery, MemoryStorage, PageRequest, Scope, SortKey, StoredLead,
};

use crate::fixtures::{World, at};
use crate::random::{self, Dice};

/// The same leads in the storage under test and in memory.
struct Pair {
    tested: World,
    oracle: Arc<dyn Storage>,
    leads: Vec<Lead>,
}

impl Pair {
    async fn with_leads(storage: Arc<dyn Storage>, dice: &mut Dice, count: usize) -> Self {
        let tested = World::new(storage);
        let oracle: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
        let leads: Vec<Lead> = (0..count).map(|_| random::lead(&tested, dice)).collect();
        let mut pair = Self { tested, oracle, leads };
        for part in pair.leads.clone().chunks(50) {
            let mut changes: Vec<Change> = Vec::new();
            for lead in part {
                changes.push(pair.tested.insert(lead));
                changes.extend(random::beside(&pair.tested, lead, dice));
            }
            pair.commit(changes).await;
        }
        // Some are edited and some deleted, so that what is indexed has been moved and taken away.
        let mut changes = Vec::new();
        for index in 0..pair.leads.len() {
            let before = pair.leads[index].clone();
            let after = match dice.below(8) {
                0 => pair.tested.edited(&before, |lead| lead.deleted_at = Some(at(60))),
                1 | 2 => {
                    let other = random::lead(&pair.tested, dice);
                    pair.tested.edited(&before, |lead| {
                        *lead = Lead { id: lead.id, version: lead.version, ..other };
                    })
                }
                _ => continue,
            };
            changes.push(pair.tested.update(&before, &after));
            pair.leads[index] = after;
        }
        pair.commit(changes).await;
        // Another tenant's leads must not show.
        let other = pair.tested.of_tenant(2);
        let foreign = (0..20).map(|_| other.insert(&random::lead(&other, dice))).collect();
        pair.commit(foreign).await;
        pair
    }

    async fn commit(&self, changes: Vec<Change>) {
        let set = self.tested.set(changes);
        self.tested.storage.commit(&set).await.unwrap();
        self.oracle.commit(&set).await.unwrap();
    }

    async fn expected(&self, scope: &Scope, query: &LeadQuery) -> Vec<StoredLead> {
        let page = PageRequest::first(PageRequest::MAX);
        self.oracle.leads(scope, query, &page).await.unwrap().items
    }

    /// Compares the whole list, read in pages of random size, and the count.
    async fn compare(&self, dice: &mut Dice, scope: &Scope, query: &LeadQuery) {
        let expected = self.expected(scope, query).await;
        let (mut listed, mut request) = (Vec::new(), PageRequest::first(size(dice)));
        let mut pages = 0;
        loop {
            let page = self.tested.storage.leads(scope, query, &request).await.unwrap();
            assert!(page.items.len() <= request.limit() as usize, "a page is too long");
            listed.extend(page.items);
            pages += 1;
            assert!(pages <= expected.len() + 1, "the pages never end: {query:?}");
            match page.next {
                Some(cursor) => request = PageRequest::after(size(dice), cursor),
                None => break,
            }
        }
        let ids = |leads: &[StoredLead]| -> Vec<_> {
            leads.iter().map(|stored| stored.lead.id).collect()
        };
        assert_eq!(ids(&listed), ids(&expected), "{scope:?}\n{query:?}");
        assert_eq!(listed, expected, "{scope:?}\n{query:?}");

        let cap = dice.below(expected.len() + 3) as u64;
        let counted = self.tested.storage.count_leads(scope, query, cap).await.unwrap();
        assert_eq!(counted, (expected.len() as u64).min(cap + 1), "{cap} {scope:?}\n{query:?}");

        let mut all = self.tested.storage.lead_ids(scope, query, 10_000).await.unwrap();
        let mut expected = ids(&expected);
        all.sort_unstable();
        expected.sort_unstable();
        assert_eq!(all, expected, "{scope:?}\n{query:?}");
        let some = self.tested.storage.lead_ids(scope, query, cap).await.unwrap();
        assert_eq!(some.len() as u64, (expected.len() as u64).min(cap), "{cap} of {query:?}");
        assert!(some.iter().all(|id| expected.contains(id)), "{scope:?}\n{query:?}");

        let most = dice.below(expected.len() + 3);
        let sample = self.tested.storage.lead_sample(scope, query, most).await.unwrap();
        assert_eq!(sample.count, expected.len() as u64, "{scope:?}\n{query:?}");
        assert_eq!(sample.some.len(), expected.len().min(most), "{most} of {query:?}");
        expected.reverse();
        let mut drawn = expected.iter();
        assert!(sample.some.iter().all(|id| drawn.any(|one| one == id)), "in order, each once");
    }
}

fn size(dice: &mut Dice) -> u32 {
    u32::try_from(*dice.pick(&[1, 2, 3, 7, 50, 400])).unwrap()
}

pub async fn random_questions_get_the_oracles_answers(storage: Arc<dyn Storage>) {
    let mut dice = Dice::new();
    let pair = Pair::with_leads(storage, &mut dice, 300).await;
    for _ in 0..400 {
        let scope = random::scope(&pair.tested, &mut dice);
        let query = random::query(&mut dice, &pair.leads);
        pair.compare(&mut dice, &scope, &query).await;
    }
}

pub async fn every_order_is_the_oracles_in_both_directions(storage: Arc<dyn Storage>) {
    let mut dice = Dice::new();
    let pair = Pair::with_leads(storage, &mut dice, 120).await;
    let scopes = [
        pair.tested.scope(),
        Scope::owned_by(pair.tested.tenant, [random::owner(0)]),
        Scope::owned_by(pair.tested.tenant, [random::owner(1), random::owner(2)]),
        Scope::owned_by(pair.tested.tenant, []),
    ];
    for by in SortKey::ALL {
        for direction in [Direction::Ascending, Direction::Descending] {
            for scope in &scopes {
                let query = LeadQuery { sort: LeadSort { by, direction }, ..LeadQuery::default() };
                pair.compare(&mut dice, scope, &query).await;
                let stage = leadbox_core::filter::Operand::Id(pair.tested.stage(1).uuid());
                let check = Check::Leaf(Leaf {
                    field: leadbox_core::filter::LeadField::Stage,
                    test: Test::OneOf(vec![stage]),
                    sense: Sense::Holds,
                });
                pair.compare(&mut dice, scope, &LeadQuery { check, ..query }).await;
            }
        }
    }
}

pub async fn every_field_is_known_or_unknown_as_the_oracle_says(storage: Arc<dyn Storage>) {
    let mut dice = Dice::new();
    let pair = Pair::with_leads(storage, &mut dice, 60).await;
    for field in random::fields() {
        for sense in [Sense::Holds, Sense::Fails] {
            let leaf = Leaf { field: field.clone(), test: Test::Known, sense };
            let query = LeadQuery { check: Check::Leaf(leaf), ..LeadQuery::default() };
            pair.compare(&mut dice, &pair.tested.scope(), &query).await;
        }
    }
}
