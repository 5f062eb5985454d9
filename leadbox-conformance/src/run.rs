//! Running one case. Owns the runtime of each test and the time after which a case counts as hung.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use leadbox_core::storage::Storage;

/// A case on its way.
pub type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One case of the suite.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// What it is about, such as `leads`.
    pub topic: &'static str,
    /// What it proves, as a sentence.
    pub name: &'static str,
    /// The proof: panics if the storage, which has to be empty and migrated, does not keep the contract.
    pub prove: fn(Arc<dyn Storage>) -> Running,
}

/// No case takes this long unless something waits for ever.
const HUNG: Duration = Duration::from_secs(300);

impl Case {
    /// Proves the case on a storage of its own, on a runtime of its own.
    ///
    /// # Panics
    /// When the storage does not keep the contract.
    pub fn run<F>(&self, fresh: impl FnOnce() -> F)
    where
        F: Future<Output = Arc<dyn Storage>>,
    {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(4)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let storage = fresh().await;
            let proof = (self.prove)(storage);
            if tokio::time::timeout(HUNG, proof).await.is_err() {
                panic!("{}::{} hangs", self.topic, self.name);
            }
        });
    }
}
