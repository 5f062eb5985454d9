//! Killing writers. Owns the role of a process that writes through the services as fast as it can and says what was
//! acknowledged to it, and the case that kills it over and over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use leadbox_core::storage::Storage;
use leadbox_core::{
    Error, IdentityKind, InteractionId, Lead, LeadBox, LeadId, LeadPatch, LeadQuery,
    NewInteraction, NewLead, PageRequest, Pipeline,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use super::audit::Audit;
use super::process::{Process, say, say_ready};
use super::suite::Stand;

/// The role's name.
pub(super) const ROLE: &str = "capture";
/// Callers at once in one process.
const CALLERS: u64 = 6;

/// The leads that the callers of one process know.
type Known = Arc<Mutex<Vec<LeadId>>>;

/// Plays the role until the parent is gone or kills it.
pub(super) async fn act(storage: Arc<dyn Storage>, seed: u64, parent_gone: oneshot::Receiver<()>) {
    let leadbox = LeadBox::builder(storage).build().unwrap();
    // Leads of earlier processes as well: this one goes on where those were killed.
    let page = PageRequest::first(100);
    let storage = leadbox.storage();
    let old = storage.leads(leadbox.scope(), &LeadQuery::default(), &page).await.unwrap();
    let known: Known = Arc::new(Mutex::new(old.items.iter().map(|old| old.lead.id).collect()));
    say_ready();
    let callers = LocalSet::new();
    for caller in 0..CALLERS {
        let mut caller = Caller {
            leadbox: leadbox.clone(),
            known: Arc::clone(&known),
            rng: StdRng::seed_from_u64(seed ^ (caller << 56)),
        };
        callers.spawn_local(async move {
            loop {
                match caller.step().await {
                    Ok(()) | Err(Error::Contended { .. } | Error::NotFound { .. }) => {}
                    // Many processes on one database make each other wait, at times for too long.
                    Err(error) if error.is_retryable() => {}
                    Err(error) => say(&format!("error\t{error}: {error:?}")),
                }
            }
        });
    }
    // Closed without a word means the same.
    let _ = callers.run_until(parent_gone).await;
}

struct Caller {
    leadbox: LeadBox,
    known: Known,
    rng: StdRng,
}

impl Caller {
    /// Writes once, and says what was acknowledged.
    async fn step(&mut self) -> Result<(), Error> {
        let choice = self.rng.random_range(0..100);
        let new = self.person();
        let title = format!("Title {}", self.rng.random_range(0..1_000_000));
        let stage = Pipeline::DEFAULT_STAGES[self.rng.random_range(0..6)].0;
        let Some(lead) = self.some_known_lead().filter(|_| choice >= 40) else {
            return self.acknowledged(&self.leadbox.leads().capture(&new).await?.lead);
        };
        match choice {
            40..55 => self.capture_again(lead, title).await,
            55..60 => {
                let patch = LeadPatch::new().set("title", title).add_tag("moved");
                self.acknowledged(&self.leadbox.leads().update(lead, &patch, None).await?)
            }
            60..80 => self.interact(lead).await,
            80..92 => self.acknowledged(&self.leadbox.leads().advance(lead, stage).await?),
            92..95 => self.acknowledged(&self.leadbox.leads().delete(lead).await?),
            _ => self.capture_many().await,
        }
    }

    fn person(&mut self) -> NewLead {
        let (who, firm) = (self.rng.random::<u64>(), self.rng.random_range(0..200));
        NewLead::new()
            .name(format!("Person {who:x}"))
            .email(format!("p{who:016x}@c{firm}.example"))
            .company(format!("Company {firm}"))
            .source(["website", "webinar", "referral"][self.rng.random_range(0..3)])
            .tag(["hot", "cold"][self.rng.random_range(0..2)])
            .upsert_by(IdentityKind::Email)
    }

    async fn capture_again(&self, lead: LeadId, title: String) -> Result<(), Error> {
        let stored = self.leadbox.leads().lead(lead).await?;
        let Some(email) = stored.and_then(|stored| stored.lead.person.email) else { return Ok(()) };
        let new = NewLead::new().email(email.as_str()).title(title).upsert_by(IdentityKind::Email);
        self.acknowledged(&self.leadbox.leads().capture(&new).await?.lead)
    }

    async fn interact(&mut self, lead: LeadId) -> Result<(), Error> {
        let key = format!("visit-{:x}", self.rng.random::<u64>());
        let visit = NewInteraction::new("page_view").prop("path", "/pricing").key(key);
        let recorded = self.leadbox.leads().record_interaction(lead, &visit).await?;
        say(&format!("interaction\t{lead}\t{}", recorded.interaction.id));
        Ok(())
    }

    async fn capture_many(&mut self) -> Result<(), Error> {
        let many = self.rng.random_range(2..30);
        let many: Vec<NewLead> = (0..many).map(|_| self.person()).collect();
        for captured in self.leadbox.leads().capture_many(&many, Vec::new()).await? {
            self.acknowledged(&captured?.lead)?;
        }
        Ok(())
    }

    #[expect(clippy::unnecessary_wraps, reason = "every step ends with it")]
    fn acknowledged(&self, lead: &Lead) -> Result<(), Error> {
        say(&format!("lead\t{}\t{}", lead.id, lead.version));
        self.known.lock().unwrap_or_else(PoisonError::into_inner).push(lead.id);
        Ok(())
    }

    fn some_known_lead(&mut self) -> Option<LeadId> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        (!known.is_empty()).then(|| known[self.rng.random_range(0..known.len())])
    }
}

/// What processes said was acknowledged to them.
#[derive(Clone, Debug, Default)]
pub(super) struct Acknowledged {
    /// Versions of leads.
    pub(super) leads: HashMap<LeadId, i64>,
    /// Interactions, and the lead of each.
    pub(super) interactions: HashMap<InteractionId, LeadId>,
    /// How many commits were acknowledged.
    pub(super) count: u64,
}

impl Acknowledged {
    fn hear(&mut self, lines: &[String]) {
        for line in lines {
            let parts: Vec<&str> = line.split('\t').collect();
            match parts[..] {
                ["lead", id, version] => {
                    let newest = self.leads.entry(id.parse().unwrap()).or_default();
                    *newest = version.parse::<i64>().unwrap().max(*newest);
                }
                ["interaction", lead, id] => {
                    self.interactions.insert(id.parse().unwrap(), lead.parse().unwrap());
                }
                _ => panic!("a writing process met an error: {line}"),
            }
            self.count += 1;
        }
    }

    fn add(&mut self, other: Self) {
        for (lead, version) in other.leads {
            let newest = self.leads.entry(lead).or_default();
            *newest = version.max(*newest);
        }
        self.interactions.extend(other.interactions);
        self.count += other.count;
    }
}

/// After how many rounds the database is asked for its own opinion.
const ROUNDS_PER_CHECK: u32 = 10;

/// The case.
pub(super) async fn prove(stand: Stand) {
    stand.budget.tell_seed();
    let kills = stand.budget.choose(12, 200);
    let mut rng = stand.budget.rng();
    let (mut killed, mut rounds) = (0, 0);
    let mut all = Acknowledged::default();
    let mut audit = Audit::default();
    while killed < kills {
        let mut processes = vec![start(&stand, &mut rng)];
        // Every second round two processes write, and one goes on while the other is killed.
        if rng.random_bool(0.5) && killed + 1 < kills {
            processes.push(start(&stand, &mut rng));
        }
        let mut round = Acknowledged::default();
        for mut process in processes {
            // Most are killed in full flight, some while they start and the database recovers.
            if rng.random_bool(0.8) {
                process.await_ready();
            }
            tokio::time::sleep(Duration::from_millis(rng.random_range(20..400))).await;
            round.hear(&process.kill());
            killed += 1;
        }
        rounds += 1;
        audit.follow(&stand.leadbox, &round).await;
        all.add(round);
        if rounds % ROUNDS_PER_CHECK == 0 {
            stand.check_integrity().await;
        }
    }
    assert!(all.count > 0, "no process was acknowledged anything: nothing was proved");
    stand.check_integrity().await;
    // Once more, without believing what was seen before.
    let mut afresh = Audit::default();
    afresh.follow(&stand.leadbox, &all).await;
    let live = afresh.check_lists(&stand.leadbox).await;
    stand.budget.tell(format_args!(
        "crash ({}): {killed} kills, {} commits acknowledged ({} leads, {} interactions), 0 lost, \
         {live} live leads, {} events in an intact chain",
        stand.kind(),
        all.count,
        all.leads.len(),
        all.interactions.len(),
        afresh.length(),
    ));
}

fn start(stand: &Stand, rng: &mut StdRng) -> Process {
    Process::start(stand, ROLE, rng.random(), "")
}
