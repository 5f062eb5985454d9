//! Captures from many callers at once, durable, beside what bounds them: one caller, one caller by hand, and the same leads
//! handed over at once, which is as fast as this machine writes leads, whoever waits for them.

use std::error::Error;
use std::io::Write;
use std::time::Instant;

use futures_util::future::try_join_all;
use leadbox_core::{LeadBox, NewLead};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::capture::{by_hand, measured, new_lead};
use crate::data;
use crate::measure::{Cost, percentile};
use crate::report::Report;
use crate::target::Kind;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How many leads are handed over at once: what an import takes.
const BATCH: usize = 1_000;

/// `callers` captures at once, again and again, beside one caller; durable.
pub async fn run(
    kind: Kind,
    callers: u64,
    count: u64,
    seed: u64,
    report: &mut Report,
) -> Result<()> {
    report.line(&format!("the disk acknowledges 4 KiB in {:.2} ms", sync_millis()?));
    // Enough of one caller's that its syncs average out.
    let few = count / 16;
    let together = spread(kind, callers, count, seed).await?;
    report.rates(
        &format!("{callers} callers at once, {kind:?}, durable"),
        (count, together),
        &[
            ("one caller", few, spread(kind, 1, few, seed).await?),
            ("one caller, by hand", few, by_hand(kind, few, seed).await?.1),
            ("all handed over at once", count, at_once(kind, count, seed).await?),
        ],
    );
    Ok(())
}

/// `count` captures by so many callers, each a task as each request of a server is.
async fn spread(kind: Kind, callers: u64, count: u64, seed: u64) -> Result<Cost> {
    let mut rows: Vec<Vec<NewLead>> = vec![Vec::new(); usize::try_from(callers)?];
    for (number, lead) in (0..).zip(leads(count, seed)) {
        rows[usize::try_from(number % callers)?].push(lead);
    }
    let one = async |leadbox: LeadBox, rows: Vec<NewLead>| -> leadbox_core::Result<()> {
        for row in rows {
            leadbox.leads().capture(&row).await?;
        }
        Ok(())
    };
    measured(kind, async |leadbox| {
        let calling = rows.into_iter().map(|rows| tokio::spawn(one(leadbox.clone(), rows)));
        try_join_all(calling).await?.into_iter().collect::<leadbox_core::Result<()>>()?;
        Ok(())
    })
    .await
}

/// The same captures in large batches.
async fn at_once(kind: Kind, count: u64, seed: u64) -> Result<Cost> {
    let leads: Vec<NewLead> = leads(count, seed).collect();
    measured(kind, async |leadbox| {
        for batch in leads.chunks(BATCH) {
            for captured in leadbox.leads().capture_many(batch, Vec::new()).await? {
                captured?;
            }
        }
        Ok(())
    })
    .await
}

fn leads(count: u64, seed: u64) -> impl Iterator<Item = NewLead> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..count).map(move |number| new_lead(&data::row(&mut rng, number)))
}

/// How long the disk takes to keep a page, half of the times less: what a durable commit costs at least, and what many
/// callers share.
fn sync_millis() -> Result<f64> {
    let mut file = tempfile::tempfile()?;
    let mut took = Vec::new();
    for _ in 0..200 {
        let began = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        took.push(began.elapsed());
    }
    Ok(percentile(&mut took, 50).as_secs_f64() * 1e3)
}
