//! What goes into a snapshot and how much of it.

use std::sync::Arc;

use super::{Full, Snapshot};
use crate::scoring::RuleSet;
use crate::testing::{Sandbox, full_lead, some_lead};
use crate::{Lead, NewLead, Points, Timestamp};

fn leads(all: impl IntoIterator<Item = NewLead>) -> Vec<Lead> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let leadbox = Sandbox::new().unwrap().leadbox;
        let mut leads = Vec::new();
        for new in all {
            leads.push(leadbox.leads().capture(&new).await.unwrap().lead);
        }
        leads
    })
}

#[test]
fn rows_come_in_order_and_know_their_leads() {
    let all = leads([full_lead(), some_lead(1), some_lead(2)]);
    let mut snapshot = Snapshot::with_limit(1024 * 1024);
    let rows: Vec<_> = all.iter().map(|lead| snapshot.push(lead, None, &[])).collect();
    assert_eq!(rows, [Ok(0), Ok(1), Ok(2)]);
    assert_eq!((snapshot.len(), snapshot.is_empty()), (3, false));
    assert_eq!(snapshot.id(1), Some(all[1].id));
    assert_eq!(snapshot.id(3), None);
}

#[test]
fn a_full_snapshot_says_so_and_keeps_what_it_has() {
    let all = leads((0..50).map(some_lead));
    let limit = 24 * 1024;
    let mut snapshot = Snapshot::with_limit(limit);
    let mut pushed = 0;
    let full = loop {
        match snapshot.push(&all[pushed % all.len()], None, &[]) {
            Ok(row) => {
                assert_eq!(row, pushed);
                pushed += 1;
            }
            Err(full) => break full,
        }
    };
    assert_eq!(full, Full { limit });
    assert!(pushed > 10 && snapshot.len() == pushed, "{pushed}");
    assert!(snapshot.bytes() < limit * 5 / 4, "{}", snapshot.bytes());
    let rules = RuleSet::load("rule(\"Anybody\", 5, |lead| is_known(lead.email));").unwrap();
    let snapshot = Arc::new(snapshot);
    let over = rules.over(&snapshot);
    for row in 0..snapshot.len() {
        assert_eq!(over.score(row, Timestamp::default()).total, Points::whole(5));
    }
    assert_eq!(over.score(snapshot.len(), Timestamp::default()).total, Points(0));
}

#[test]
fn many_names_that_hardly_anybody_has_take_no_more_than_there_is_room_for() {
    let [mut lead] = <[Lead; 1]>::try_from(leads([some_lead(1)])).unwrap();
    let mut snapshot = Snapshot::with_limit(256 * 1024);
    while snapshot.push(&lead, None, &[]).is_ok() && snapshot.len() < 1000 {}
    lead.consents = (0..2000)
        .map(|at| crate::Consent {
            purpose: format!("purpose {at}"),
            status: crate::ConsentStatus::Granted,
            at: lead.created_at,
            evidence: None,
        })
        .collect();
    let before = snapshot.len();
    assert!(snapshot.push(&lead, None, &[]).is_err());
    assert_eq!(snapshot.len(), before);
}
