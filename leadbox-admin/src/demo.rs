//! Made-up data for whoever looks around first. Owns the contract with a host that has some, how far it is, and that it goes
//! into an empty box alone, once; knows nothing of what is made up.

use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use leadbox_core::service::LeadList;
use leadbox_core::{Invalid, LeadBox};

use crate::serve::Problem;

/// Made-up data that a host offers at the first run. See [`Admin::demo`](crate::Admin::demo).
#[async_trait]
pub trait Demo: Debug + Send + Sync + 'static {
    /// What it is, in one sentence: "600 leads of an invented company, and nine months of their history."
    fn says(&self) -> String;

    /// Writes it into a box that has no leads yet, as whoever asked for it may; `progress` hears how far it is.
    ///
    /// # Errors
    /// Whatever went wrong; it is shown to whoever asked for the data.
    async fn fill(
        &self,
        leadbox: &LeadBox,
        progress: &DemoProgress,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;
}

/// How far it is.
#[derive(Debug, Default)]
pub struct DemoProgress {
    done: AtomicU64,
    of: AtomicU64,
}

impl DemoProgress {
    /// So many of so many.
    pub fn set(&self, done: u64, of: u64) {
        self.done.store(done, Ordering::Relaxed);
        self.of.store(of, Ordering::Relaxed);
    }

    pub(crate) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// At least 1.
    pub(crate) fn of(&self) -> u64 {
        self.of.load(Ordering::Relaxed).max(1)
    }
}

/// Where the work is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) enum Stage {
    /// Nobody has asked for it.
    #[default]
    Offered,
    /// It goes on.
    Running,
    /// It is there.
    Done,
    /// It did not work, and why.
    Failed(String),
}

/// A host's made-up data, and where the work is, in this process.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    demo: Arc<dyn Demo>,
    pub(crate) progress: Arc<DemoProgress>,
    stage: Arc<Mutex<Stage>>,
}

impl Offer {
    pub(crate) fn new(demo: impl Demo) -> Self {
        Self { demo: Arc::new(demo), progress: Arc::default(), stage: Arc::default() }
    }

    pub(crate) fn says(&self) -> String {
        self.demo.says()
    }

    pub(crate) fn stage(&self) -> Stage {
        self.locked().clone()
    }

    fn locked(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the data for whoever asks, in a task of its own that goes on when nobody waits for it; what is running already goes
    /// on. That the box is empty is the host's to know.
    pub(crate) async fn begin(
        &self,
        host: &LeadBox,
        asker: &LeadBox,
    ) -> Result<tokio::task::JoinHandle<()>, Problem> {
        if !is_empty(host).await? {
            let message = "are there already: made-up ones go only into an empty box";
            return Err(Invalid::one("leads", message).into());
        }
        {
            let mut stage = self.locked();
            if *stage == Stage::Running {
                return Ok(tokio::spawn(async {}));
            }
            *stage = Stage::Running;
        }
        let (offer, asker) = (self.clone(), asker.clone());
        let work = tokio::spawn(async move { offer.demo.fill(&asker, &offer.progress).await });
        let offer = self.clone();
        Ok(tokio::spawn(async move {
            let failed = match work.await {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error),
                // The host's code ended half-way; what it says is in the host's own log.
                Err(broken) => Some(broken.into()),
            };
            *offer.locked() = match failed {
                None => Stage::Done,
                Some(error) => {
                    tracing::error!(error = &*error, "made-up data could not be written");
                    Stage::Failed(error.to_string())
                }
            };
        }))
    }
}

/// Whether a box has no leads at all.
pub(crate) async fn is_empty(host: &LeadBox) -> Result<bool, Problem> {
    Ok(host.leads().count(&LeadList::default(), 0).await? == 0)
}
