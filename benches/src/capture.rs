//! Single durable captures, one after the other, beside the same by hand. Also what `callers` needs of both.

use std::error::Error;

use leadbox_core::{IdentityKind, LeadBox, NewLead};
use leadbox_storage_sqlite::Synchronous;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::data;
use crate::measure::{Cost, Meter};
use crate::plain::row::{Ids, Row};
use crate::plain::{postgres, sqlite};
use crate::report::Report;
use crate::target::{Kind, Plain, Target};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

pub(crate) fn new_lead(cells: &[String; 14]) -> NewLead {
    NewLead::new()
        .external_id(&cells[0])
        .name(&cells[1])
        .email(&cells[2])
        .phone(&cells[3])
        .title(&cells[4])
        .company(&cells[5])
        .industry(&cells[6])
        .employees(cells[7].parse().unwrap_or_default())
        .country(&cells[8])
        .city(&cells[9])
        .source(&cells[10])
        .tag(&cells[12])
        .field("budget", cells[13].as_str())
        .upsert_by(IdentityKind::Email)
}

/// What `work` costs on a durable storage of its own.
pub(crate) async fn measured(
    kind: Kind,
    work: impl AsyncFnOnce(&LeadBox) -> Result<()>,
) -> Result<Cost> {
    let target = Target::fresh(kind, Synchronous::Full).await?;
    let leadbox = target.leadbox().await?;
    let budget = leadbox_core::FieldDefinition::new("budget", leadbox_core::FieldType::Number)?;
    leadbox.definitions().define_field(&budget).await?;
    let (done, cost) = target.meter().await?.cost(work(&leadbox)).await;
    done?;
    drop(leadbox);
    target.end().await?;
    Ok(cost)
}

/// `count` captures one after the other, durable, beside the same by hand.
pub async fn singles(kind: Kind, count: u64, seed: u64, report: &mut Report) -> Result<()> {
    let ours = measured(kind, async |leadbox| {
        let mut rng = StdRng::seed_from_u64(seed);
        for number in 0..count {
            leadbox.leads().capture(&new_lead(&data::row(&mut rng, number))).await?;
        }
        Ok(())
    })
    .await?;
    let (meter, plain) = by_hand(kind, count, seed).await?;
    report.comparisons(meter);
    report.compare(&format!("single durable captures, {kind:?}"), count, ours, plain);
    Ok(())
}

pub(crate) async fn by_hand(kind: Kind, count: u64, seed: u64) -> Result<(Meter, Cost)> {
    let target = Target::fresh(kind, Synchronous::Full).await?;
    let mut plain = target.plain().await?;
    let (mut rng, mut ids) = (StdRng::seed_from_u64(seed), Ids::default());
    let work = async {
        for number in 0..count {
            let record = csv::StringRecord::from(data::row(&mut rng, number).to_vec());
            let row = Row::read(&record, ids.next());
            match &mut plain {
                Plain::Sqlite(connection) => {
                    sqlite::capture(connection, row, i64::try_from(number)?, &mut ids).await?;
                }
                Plain::Postgres(connection) => {
                    postgres::capture(connection, row, &mut ids).await?;
                }
            }
        }
        Ok::<_, Box<dyn Error>>(())
    };
    let meter = target.meter().await?;
    let (done, cost) = meter.cost(work).await;
    done.map(|()| (meter, cost))
}
