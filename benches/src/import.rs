//! Import of a CSV file, beside the same file imported by hand. Putting the events into the log and folding the counts, which
//! Postgres does after the commits, is part of our cost.

use std::error::Error;
use std::fs::File;
use std::io::BufReader;

use leadbox_core::transfer::Importer;
use leadbox_core::{FieldDefinition, FieldType, IdentityKind};
use leadbox_storage_sqlite::Synchronous;

use crate::data;
use crate::plain::{postgres, sqlite};
use crate::report::Report;
use crate::target::{Kind, Plain, Target};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Imports `rows` leads on both sides, ours first, so that its peak memory is its own.
pub async fn run(kind: Kind, rows: u64, seed: u64, report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("leads.csv");
    data::write_csv(File::create(&path)?, rows, seed)?;
    report.memory("before the import");

    let target = Target::fresh(kind, Synchronous::Normal).await?;
    let leadbox = target.leadbox().await?;
    leadbox.definitions().define_field(&FieldDefinition::new("budget", FieldType::Number)?).await?;
    let work = async {
        let importer = Importer::new(&leadbox).upsert_by([IdentityKind::Email]);
        let done = importer.run(BufReader::new(File::open(&path)?)).await?;
        while leadbox.storage().sequence(5_000).await?.more {}
        while leadbox.storage().fold_counts(5_000).await? > 0 {}
        Ok::<_, Box<dyn Error>>(done)
    };
    let (done, ours) = target.meter().await?.cost(work).await;
    let done = done?;
    if done.created != rows {
        return Err(format!("imported {} of {rows} rows", done.created).into());
    }
    report.memory(&format!("import of {rows} rows"));
    if !leadbox.analytics().verify().await?.is_empty() {
        return Err("the counts do not equal a scan".into());
    }
    drop(leadbox);
    target.end().await?;

    let target = Target::fresh(kind, Synchronous::Normal).await?;
    let mut plain = target.plain().await?;
    let file = BufReader::new(File::open(&path)?);
    let meter = target.meter().await?;
    let work = async {
        match &mut plain {
            Plain::Sqlite(connection) => sqlite::import(connection, file).await,
            Plain::Postgres(connection) => postgres::import(connection, file).await,
        }
    };
    let (count, by_hand) = meter.cost(work).await;
    if count? != rows {
        return Err("the hand-written import lost rows".into());
    }
    report.comparisons(meter);
    report.compare(&format!("import, {kind:?}"), rows, ours, by_hand);
    Ok(())
}
