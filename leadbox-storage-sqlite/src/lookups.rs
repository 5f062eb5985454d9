//! Looking leads up by their keys. Owns that small look-ups which wait at the same moment are made as one: whoever gets a
//! turn asks for all that wait. One statement costs as much as the look-up itself, and every capture begins with one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use leadbox_core::{IdentityKey, IdentityKind, StoredLead, Tenant};
use sqlx::{Row, SqliteConnection};
use tokio::sync::{Semaphore, oneshot};

use crate::error::{During, Result, Shared};
use crate::leads::BEHIND;
use crate::readers::Readers;
use crate::rows::{self, lead_columns};
use crate::statement::Rows;

/// How many statements look up at the same time: while one is at work, the next gathers.
const TURNS: usize = 2;
/// Look-ups of more keys go alone: others would wait for them.
const FEW: usize = 8;

/// The look-up of live leads by one kind of key, and of those into which a lead was merged that had it: their rank is 2.
macro_rules! by_key {
    ($column:literal, $rank:literal, $index:literal, $merged:literal) => {
        Rows {
            // Used twice, it would be copied into a table of its own first, which costs a third of a look-up.
            before: "with v (tenant, key) as not materialized (values",
            columns: 2,
            after: concat!(
                ") select ",
                lead_columns!(),
                ", v.key, ",
                $rank,
                " from v cross join lead l indexed by ",
                $index,
                " on l.tenant = v.tenant and l.",
                $column,
                " = v.key
                 cross join lead_profile p on p.no = l.no
                 cross join lead_pulse s on s.no = l.no
                 where l.deleted_at is null and l.",
                $column,
                " is not null
                 union all select ",
                lead_columns!(),
                ", v.key, 2 from v cross join lead m indexed by ",
                $merged,
                " on m.tenant = v.tenant and m.",
                $column,
                " = v.key
                 cross join lead l on l.tenant = m.tenant and l.id = m.merged_into
                 cross join lead_profile p on p.no = l.no
                 cross join lead_pulse s on s.no = l.no
                 where l.deleted_at is null and m.merged_into is not null and m.",
                $column,
                " is not null"
            ),
        }
    };
}

const BY_EMAIL: Rows<'_> =
    by_key!("email_key", "l.email_slot <> 0", "lead_email", "lead_merged_email");
const BY_PHONE: Rows<'_> =
    by_key!("phone_key", "l.phone_slot <> 0", "lead_phone", "lead_merged_phone");
const BY_EXTERNAL_ID: Rows<'_> =
    by_key!("external_id", "0", "lead_external_id", "lead_merged_external_id");

/// Who has which key: the one that holds it alone first, then the oldest, then heirs.
type Holders = Vec<(IdentityKey, StoredLead)>;

/// A look-up that waits.
struct Asked {
    tenant: Tenant,
    keys: Vec<IdentityKey>,
    reply: oneshot::Sender<Result<Holders>>,
}

/// The look-ups that wait.
pub(crate) struct Lookups {
    waiting: Mutex<Vec<Asked>>,
    turns: Semaphore,
    /// Whether several waited the last time.
    crowded: AtomicBool,
}

impl Default for Lookups {
    fn default() -> Self {
        Self {
            waiting: Mutex::default(),
            turns: Semaphore::new(TURNS),
            crowded: AtomicBool::new(false),
        }
    }
}

impl Lookups {
    /// The live leads that have one of these keys.
    pub(crate) async fn find(
        &self,
        readers: &Readers,
        tenant: Tenant,
        keys: &[IdentityKey],
    ) -> Result<Holders> {
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        keys.dedup();
        if keys.len() > FEW {
            let wanted = keys.iter().map(|key| (key, tenant)).collect();
            return Ok(look(readers, &wanted).await?.of(tenant, &keys));
        }
        loop {
            let (reply, mut answer) = oneshot::channel();
            self.waiting().push(Asked { tenant, keys: keys.clone(), reply });
            tokio::select! {
                biased;
                answered = &mut answer => if let Ok(answered) = answered {
                    return answered;
                },
                turn = self.turns.acquire() => {
                    if self.crowded.load(Ordering::Relaxed) {
                        // Whoever else is about to ask does so now.
                        tokio::task::yield_now().await;
                    }
                    let asked = self.next();
                    self.crowded.store(asked.len() > 1, Ordering::Relaxed);
                    serve(readers, asked).await;
                    drop(turn);
                    if let Ok(answered) = answer.await {
                        return answered;
                    }
                }
            }
            // Whoever had taken the look-up over went away before it was answered.
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Asked>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that wait: also the one whose turn it is, unless somebody else has it in hand.
    fn next(&self) -> Vec<Asked> {
        let mut asked = std::mem::take(&mut *self.waiting());
        asked.retain(|asked| !asked.reply.is_closed());
        asked
    }
}

/// Answers look-ups with one.
async fn serve(readers: &Readers, asked: Vec<Asked>) {
    if asked.is_empty() {
        return;
    }
    let wanted =
        asked.iter().flat_map(|one| one.keys.iter().map(|key| (key, one.tenant))).collect();
    let found = look(readers, &wanted).await.map_err(Shared::new);
    for one in asked {
        let answer = match &found {
            Ok(found) => Ok(found.of(one.tenant, &one.keys)),
            Err(error) => Err(error.for_one()),
        };
        // Whoever went away does not want to know.
        let _ = one.reply.send(answer);
    }
}

/// Leads by key and tenant, each with its rank: 0 holds the key alone, 1 shares it, 2 is the heir of one that had it.
struct Found(BTreeMap<(IdentityKey, Tenant), Vec<(i64, StoredLead)>>);

impl Found {
    fn of(&self, tenant: Tenant, keys: &[IdentityKey]) -> Holders {
        let mut holders = Holders::new();
        for key in keys {
            let found = self.0.get(&(key.clone(), tenant)).into_iter().flatten();
            holders.extend(found.map(|(_, stored)| (key.clone(), stored.clone())));
        }
        holders
    }
}

/// Looks up, one statement for each kind of key.
async fn look(readers: &Readers, wanted: &BTreeSet<(&IdentityKey, Tenant)>) -> Result<Found> {
    let wanted: Vec<_> = wanted.iter().copied().collect();
    let mut connection = readers.acquire().await?;
    let mut found = Found(BTreeMap::new());
    for wanted in wanted.chunk_by(|(a, _), (b, _)| a.kind == b.kind) {
        find_kind(&mut connection, wanted, &mut found).await?;
    }
    for holders in found.0.values_mut() {
        holders.sort_by_key(|(rank, stored)| (*rank, stored.lead.id));
        let mut seen = BTreeSet::new();
        holders.retain(|(_, stored)| seen.insert(stored.lead.id));
    }
    Ok(found)
}

async fn find_kind(
    connection: &mut SqliteConnection,
    wanted: &[(&IdentityKey, Tenant)],
    found: &mut Found,
) -> Result<()> {
    let Some(kind) = wanted.first().map(|(key, _)| key.kind) else { return Ok(()) };
    let statement = match kind {
        IdentityKind::Email => BY_EMAIL,
        IdentityKind::Phone => BY_PHONE,
        IdentityKind::ExternalId => BY_EXTERNAL_ID,
    };
    let rows = statement
        .fetch(connection, wanted, |binds, (key, tenant)| {
            binds.add(tenant.0).add(key.key.as_str());
        })
        .await
        .during("look leads up")?;
    for row in &rows {
        let key = IdentityKey { kind, key: row.try_get(BEHIND).during("look leads up")? };
        let rank: i64 = row.try_get(BEHIND + 1).during("look leads up")?;
        let stored = rows::stored_lead(row)?;
        let holders = found.0.entry((key, stored.lead.tenant)).or_default();
        holders.push((rank, stored));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use leadbox_core::storage::Storage;
    use leadbox_core::{LeadBox, NewLead};

    use super::*;
    use crate::{SqliteConfig, SqliteStorage};

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn each_of_many_at_once_gets_its_own_answer() {
        let folder = tempfile::tempdir().unwrap();
        let storage = SqliteStorage::open(SqliteConfig::at(folder.path().join("a.db"))).await;
        let storage = storage.unwrap();
        storage.migrate().await.unwrap();
        let email = |number: u32| format!("person{number}@a.example");
        for tenant in [1, 2] {
            let leadbox = LeadBox::builder(std::sync::Arc::new(storage.clone())).build().unwrap();
            let leads = leadbox.for_tenant(Tenant(tenant));
            for number in 0..20 {
                leads.leads().capture(&NewLead::new().email(email(number))).await.unwrap();
            }
        }
        let lookups = std::sync::Arc::new(Lookups::default());
        let mut asking = Vec::new();
        for number in 0..200_u32 {
            let (lookups, readers) = (lookups.clone(), storage.readers.clone());
            asking.push(tokio::spawn(async move {
                let (tenant, kind) = (Tenant(i64::from(1 + number % 2)), IdentityKind::Email);
                let key = IdentityKey { kind, key: email(number % 25) };
                let asked = lookups.find(&readers, tenant, std::slice::from_ref(&key));
                // Some go away, with what they have taken over.
                let patience = std::time::Duration::from_micros(u64::from(number % 5) * 400);
                let answered = tokio::time::timeout(patience, asked).await;
                if number % 5 > 0 && answered.is_err() {
                    return;
                }
                let found = match answered {
                    Ok(found) => found.unwrap(),
                    Err(_) => {
                        lookups.find(&readers, tenant, std::slice::from_ref(&key)).await.unwrap()
                    }
                };
                assert_eq!(found.len(), usize::from(number % 25 < 20), "{number}");
                for (held, stored) in found {
                    assert_eq!((held, stored.lead.tenant), (key.clone(), tenant));
                    assert_eq!(stored.lead.person.email.unwrap().key(), key.key);
                }
            }));
        }
        for one in asking {
            one.await.unwrap();
        }
        assert!(lookups.waiting().iter().all(|left| left.reply.is_closed()));
    }
}
