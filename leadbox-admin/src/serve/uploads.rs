//! Files that wait between the steps of an import. Owns where they lie and for how long: in the system's temporary
//! directory, for an hour, and no longer than the process; knows nothing of what is in them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use leadbox_core::transfer::{Counts, ImportReport};
use leadbox_core::{Actor, ImportId, LeadBox, Tenant};
use tempfile::NamedTempFile;

use super::aside;

/// How long a file waits.
const WAITS: Duration = Duration::from_secs(3600);

/// How many files wait at most; the oldest makes room.
const MOST: usize = 20;

/// What a file's columns are to fill, by their names; a column that is passed over fills none.
pub(crate) type Chosen = Vec<(String, Option<String>)>;

/// Where the work with a file stands.
#[derive(Clone, Debug)]
pub(crate) enum Run {
    /// Nothing was done yet.
    Waiting,
    /// It is being tried or imported.
    Going { tries: bool, counts: Counts, bytes: u64 },
    /// It was tried or imported.
    Ended(Box<ImportReport>),
    /// It could not be.
    Failed(String),
}

/// What changes while a file waits.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) run: Run,
    /// What was chosen last; none before.
    pub(crate) chosen: Option<Chosen>,
    /// By what known leads are recognised, as the form names it.
    pub(crate) by: String,
}

/// A file that waits.
#[derive(Debug)]
pub(crate) struct Upload {
    /// What it was called where it came from.
    pub(crate) name: String,
    pub(crate) size: u64,
    /// Whose data it is for, and who sent it.
    tenant: Tenant,
    by: Actor,
    file: NamedTempFile,
    refused: NamedTempFile,
    state: Mutex<State>,
}

impl Upload {
    pub(crate) async fn new(
        name: String,
        asker: &LeadBox,
        file: NamedTempFile,
    ) -> io::Result<Self> {
        let (file, size, refused) = aside(move || {
            let size = file.as_file().metadata()?.len();
            Ok((file, size, NamedTempFile::new()?))
        })
        .await?;
        let state = State { run: Run::Waiting, chosen: None, by: String::new() };
        let state = Mutex::new(state);
        let (tenant, by) = (asker.tenant(), asker.actor().clone());
        Ok(Self { name, size, tenant, by, file, refused, state })
    }

    /// The file, at its beginning.
    pub(crate) async fn open(self: &Arc<Self>) -> io::Result<File> {
        let upload = Arc::clone(self);
        aside(move || upload.file.reopen()).await
    }

    /// The rows that were refused, at their beginning, to be read or written.
    pub(crate) async fn refused(self: &Arc<Self>) -> io::Result<File> {
        let upload = Arc::clone(self);
        aside(move || upload.refused.reopen()).await
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The files that wait, each for whoever sent it alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Uploads(Arc<Mutex<BTreeMap<ImportId, Arc<Upload>>>>);

impl Uploads {
    fn all(&self) -> MutexGuard<'_, BTreeMap<ImportId, Arc<Upload>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a file for an hour. What works with it has it for longer.
    pub(crate) fn keep(&self, id: ImportId, upload: Upload) {
        let mut all = self.all();
        // Ids follow time: the first is the oldest.
        while all.len() >= MOST {
            all.pop_first();
        }
        all.insert(id, Arc::new(upload));
        drop(all);
        let all = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            tokio::time::sleep(WAITS).await;
            if let Some(all) = all.upgrade() {
                all.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
            }
        });
    }

    /// The file of that name, for whoever sent it.
    pub(crate) fn of(&self, id: ImportId, asker: &LeadBox) -> Option<Arc<Upload>> {
        let found = self.all().get(&id).cloned();
        let actor = asker.actor();
        found.filter(|one| {
            (one.tenant, one.by.kind, one.by.id) == (asker.tenant(), actor.kind, actor.id)
        })
    }
}
