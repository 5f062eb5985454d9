//! What happened with the leads of `filled`: pages that they saw within half a year. Owns writing it, once.

use std::time::Instant;

use leadbox_core::{
    Change, ChangeSet, Interaction, InteractionId, InteractionKind, Judge, LeadBox, LeadList,
    OnConflict, PageRequest, StoredLead, Suspicion,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Map, Value};

use super::Result;
use crate::report::Report;

/// Interactions per commit.
const BATCH: usize = 5_000;
/// The pages that are seen.
const PATHS: [&str; 4] = ["/pricing", "/pricing/enterprise", "/docs", "/blog"];
/// How long ago the first may have been, in seconds.
const SINCE: i64 = 15_000_000;

/// Writes so many of each lead, unless they are there.
pub async fn write(leadbox: &LeadBox, visits: u64, seed: u64, report: &mut Report) -> Result<()> {
    let (mut rng, began) = (StdRng::seed_from_u64(seed), Instant::now());
    let (mut page, mut changes) = (PageRequest::first(200), Vec::with_capacity(BATCH));
    loop {
        let some = leadbox.leads().list(&LeadList::default(), &page).await?;
        if some.items.first().is_some_and(|stored| stored.activity.count > 0) {
            return Ok(());
        }
        for stored in &some.items {
            for _ in 0..visits {
                changes.push(visit(leadbox, stored, &mut rng)?);
            }
            if changes.len() >= BATCH {
                commit(leadbox, std::mem::take(&mut changes)).await?;
            }
        }
        match some.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    commit(leadbox, changes).await?;
    report.line(&format!("interactions written in {:.0} s", began.elapsed().as_secs_f64()));
    Ok(())
}

fn visit(leadbox: &LeadBox, stored: &StoredLead, rng: &mut StdRng) -> Result<Change> {
    let ago = chrono::TimeDelta::seconds(rng.random_range(0..SINCE));
    let at = leadbox_core::to_micros(leadbox.now() - ago);
    let props = Map::from_iter([
        ("path".to_owned(), Value::from(PATHS[rng.random_range(0..PATHS.len())])),
        ("seconds".to_owned(), Value::from(rng.random_range(5..240))),
    ]);
    Ok(Change::InsertInteraction(Box::new(Interaction {
        id: leadbox.new_id::<InteractionId>(),
        tenant: stored.lead.tenant,
        lead: stored.lead.id,
        kind: InteractionKind::parse(InteractionKind::PAGE_VIEW).ok_or("no kind")?,
        at,
        received_at: at,
        key: None,
        suspicion: Suspicion::Clear,
        judge: Judge::default(),
        reason: None,
        props,
    })))
}

async fn commit(leadbox: &LeadBox, changes: Vec<Change>) -> Result<()> {
    let set = ChangeSet::new(leadbox.new_id(), leadbox.now(), OnConflict::Fail, changes)?;
    leadbox.storage().commit(&set).await?;
    Ok(())
}
