//! A database full of leads: six stages, two hundred owners, a score each, over two years. Owns writing them; what is asked
//! of them is `lists`', `bulk`'s, `rescore`'s and `admin`'s.

use std::error::Error;
use std::time::Instant;

use leadbox_core::storage::ScoreUpdate;
use leadbox_core::{
    Actor, ActorKind, Change, ChangeSet, ImportId, Lead, LeadBox, LeadList, LeadScore, NewLead,
    OnConflict, PageRequest, Points, Revision, UserId,
};
use leadbox_storage_sqlite::Synchronous;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use uuid::Uuid;

use crate::data;
use crate::report::Report;
use crate::target::{Kind, Target};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How many owners there are.
pub const OWNERS: u128 = 200;
/// Rows per commit while the database is filled.
const BATCH: usize = 1000;

/// A database with so many leads, kept at an address or made for this run; found there, they are not written again.
pub async fn filled(
    kind: Kind,
    leads: u64,
    keep: Option<&str>,
    seed: u64,
    report: &mut Report,
) -> Result<(Target, LeadBox)> {
    let target = match keep {
        Some(address) => Target::kept(kind, Synchronous::Normal, address).await?,
        None => Target::fresh(kind, Synchronous::Normal).await?,
    };
    let (leadbox, began) = (target.leadbox().await?, Instant::now());
    if leadbox.leads().list(&LeadList::default(), &PageRequest::first(1)).await?.items.is_empty() {
        fill(&leadbox, leads, seed).await?;
    }
    let took = began.elapsed().as_secs_f64();
    report.line(&format!("{kind:?}: {leads} leads written in {took:.0} s"));
    target.settle().await?;
    Ok((target, leadbox))
}

/// One of the owners.
pub fn owner(number: u128) -> UserId {
    UserId::from_uuid(Uuid::from_u128(0x1000 + number))
}

/// The import by which all of them came in.
pub fn import() -> ImportId {
    ImportId::from_uuid(Uuid::from_u128(0x2000))
}

async fn fill(leadbox: &LeadBox, count: u64, seed: u64) -> Result<()> {
    let budget = leadbox_core::FieldDefinition::new("budget", leadbox_core::FieldType::Number)?;
    leadbox.definitions().define_field(&budget).await?;
    let leadbox =
        &leadbox.by(Actor { kind: ActorKind::Import, id: Some(import().uuid()), ..Actor::host() });
    let mut rng = StdRng::seed_from_u64(seed);
    let stages = ["new", "contacted", "qualified", "proposal", "won", "lost"];
    let mut batch = Vec::with_capacity(BATCH);
    for number in 0..count {
        let cells = data::row(&mut rng, number);
        let mut new = NewLead::new()
            .name(&cells[1])
            .email(&cells[2])
            .title(&cells[4])
            .company(&cells[5])
            .country(&cells[8])
            .source(&cells[10])
            .stage(stages[rng.random_range(0..stages.len())])
            .tag(&cells[12])
            .field("budget", cells[13].as_str())
            .owner(owner(rng.random_range(0..OWNERS)));
        let ago = chrono::TimeDelta::seconds(rng.random_range(0..63_000_000));
        new.created_at = Some(leadbox.now() - ago);
        batch.push(new);
        if batch.len() == BATCH || number + 1 == count {
            write(leadbox, &batch, &mut rng).await?;
            batch.clear();
        }
    }
    while leadbox.storage().sequence(50_000).await?.more {}
    while leadbox.storage().fold_counts(50_000).await? > 0 {}
    Ok(())
}

async fn write(leadbox: &LeadBox, batch: &[NewLead], rng: &mut StdRng) -> Result<()> {
    let captured = leadbox.leads().capture_many(batch, Vec::new()).await?;
    let mut changes = Vec::with_capacity(captured.len());
    for one in captured {
        let Lead { id, tenant, version, created_at, .. } = one?.lead;
        let unscored = LeadScore::unscored(tenant, id, created_at);
        let total = Points::whole(rng.random_range(0..100));
        let score =
            LeadScore { revision: Revision::FIRST, lead_version: version, total, ..unscored };
        changes.push(Change::SetScore(Box::new(ScoreUpdate {
            before: Revision(0),
            score,
            record: None,
        })));
    }
    let set = ChangeSet::new(leadbox.new_id(), leadbox.now(), OnConflict::Fail, changes)?;
    leadbox.storage().commit(&set).await?;
    Ok(())
}
