//! The list of cases, and what they need from an adapter. Owns the macro that turns them into plain tests, and running
//! one of them: alone, on a runtime of its own, with a seed that is told.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use leadbox_core::{LeadBox, Storage};

use super::budget::Budget;
use super::process::{self, Role};
use super::{capture, fifo, rate, rescoring, sharing, worker};

/// Something on its way.
pub type Running<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// How to reach an adapter's databases, and the test that is started as another process.
#[derive(Clone, Copy, Debug)]
pub struct Suite {
    child: &'static str,
    fresh: fn() -> Running<String>,
    open: fn(String) -> Running<Arc<dyn Storage>>,
    integrity: fn(String) -> Running<()>,
}

/// These cases measure pace and load the machine: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

impl Suite {
    /// For [`crash_conformance!`](crate::crash_conformance). `child` is the path of the test that calls
    /// [`child`](Self::child), with its crate.
    pub fn new(
        child: &'static str,
        fresh: fn() -> Running<String>,
        open: fn(String) -> Running<Arc<dyn Storage>>,
        integrity: fn(String) -> Running<()>,
    ) -> Self {
        // The test runner names a test without its crate.
        let child = child.split_once("::").map_or(child, |(_, name)| name);
        Self { child, fresh, open, integrity }
    }

    /// The other process. Returns at once in the process that runs the tests.
    ///
    /// # Panics
    /// When the database cannot be opened.
    pub fn child(&self) {
        let Some(role) = Role::from_environment() else { return };
        runtime().block_on(async {
            let parent_gone = process::parent_gone();
            let storage = (self.open)(role.address.clone()).await;
            match role.name.as_str() {
                capture::ROLE => capture::act(storage, role.seed, parent_gone).await,
                worker::ROLE => worker::act(storage, &role, parent_gone).await,
                other => panic!("there is no role {other}"),
            }
        });
    }

    /// Processes that write are killed over and over: whatever they had acknowledged is there, nothing is there in
    /// part, and the log is whole.
    ///
    /// # Panics
    /// When the storage does not keep the contract.
    pub fn killed_while_capturing(&self) {
        self.run(capture::prove);
    }

    /// Two processes share 50 lanes and one is killed: every job is done, and only those that it had in hand again.
    ///
    /// # Panics
    /// When the storage does not keep the contract.
    pub fn sharing_lanes(&self) {
        self.run(sharing::prove);
    }

    /// A limit of 10 per second holds over two processes, and is used.
    ///
    /// # Panics
    /// When the storage does not keep the contract.
    pub fn pace_over_processes(&self) {
        self.run(rate::prove);
    }

    /// Jobs with one key run one after another in their order, whatever fails or dies.
    ///
    /// # Panics
    /// When the storage does not keep the contract.
    pub fn keys_in_order(&self) {
        self.run(fifo::prove);
    }

    /// Two processes score all leads by new rules and one is killed: every lead has the score that it would have from scratch, and
    /// none was scored twice.
    ///
    /// # Panics
    /// When the storage does not keep the contract.
    pub fn scoring_all_leads(&self) {
        self.run(rescoring::prove);
    }

    fn run<F: Future<Output = ()>>(&self, prove: impl FnOnce(Stand) -> F) {
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let budget = Budget::from_environment();
        runtime().block_on(async {
            let address = (self.fresh)().await;
            let storage = (self.open)(address.clone()).await;
            let leadbox = LeadBox::builder(storage).build().unwrap();
            prove(Stand { suite: *self, address, leadbox, budget }).await;
        });
    }
}

/// What one case stands on.
pub(super) struct Stand {
    suite: Suite,
    /// The database.
    pub(super) address: String,
    /// The database, opened in this process.
    pub(super) leadbox: LeadBox,
    /// How long to go on, and by which seed.
    pub(super) budget: Budget,
}

impl Stand {
    /// The test that is another process.
    pub(super) fn child(&self) -> &'static str {
        self.suite.child
    }

    /// Asks the database itself whether it is whole.
    pub(super) async fn check_integrity(&self) {
        (self.suite.integrity)(self.address.clone()).await;
    }

    /// What it is, for people.
    pub(super) fn kind(&self) -> &'static str {
        self.leadbox.storage().kind()
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap()
}

/// The integrity check of an adapter that has none of its own.
pub async fn trust(_address: String) {}

/// Emits the tests of this suite as plain `#[test]`s: `crash_conformance!(fresh_address, open)` or
/// `crash_conformance!(fresh_address, open, integrity)`, where
///
/// - `async fn fresh_address() -> String` makes an empty, migrated database and says how to reach it,
/// - `async fn open(address: String) -> Arc<dyn Storage>` opens it from any process of this machine,
/// - `async fn integrity(address: String)` panics unless the database finds itself whole.
///
/// Once per test file.
#[macro_export]
macro_rules! crash_conformance {
    ($fresh:path, $open:path $(,)?) => {
        $crate::crash_conformance!($fresh, $open, $crate::crash::trust);
    };
    ($fresh:path, $open:path, $integrity:path $(,)?) => {
        fn crash_suite() -> $crate::crash::Suite {
            $crate::crash::Suite::new(
                concat!(module_path!(), "::a_process_of_its_own"),
                || Box::pin($fresh()),
                |address| Box::pin($open(address)),
                |address| Box::pin($integrity(address)),
            )
        }

        #[test]
        fn a_process_of_its_own() {
            crash_suite().child();
        }

        #[test]
        fn killing_writers_loses_nothing_that_was_acknowledged() {
            crash_suite().killed_while_capturing();
        }

        #[test]
        fn two_processes_share_lanes_and_killing_one_repeats_only_what_it_had_in_hand() {
            crash_suite().sharing_lanes();
        }

        #[test]
        fn two_processes_score_all_leads_though_one_is_killed() {
            crash_suite().scoring_all_leads();
        }

        #[test]
        fn a_rate_limit_holds_over_two_processes_and_is_used() {
            crash_suite().pace_over_processes();
        }

        #[test]
        fn a_fifo_key_is_never_overtaken_by_failures_or_a_killed_process() {
            crash_suite().keys_in_order();
        }
    };
}
