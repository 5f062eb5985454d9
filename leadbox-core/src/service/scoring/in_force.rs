//! Which scorers are in force for a tenant. Owns scripts that are loaded: a version never changes, so it is loaded once. A score by
//! older rules than a lead has is refused by storages, so that what is remembered may be a second old only decides how long a lead
//! that is new waits for the newer ones.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::LeadBox;
use super::super::remembered::Remembered;
use crate::error::Result;
use crate::id::Tenant;
use crate::scoring::{
    LoadError, Loader, PublishedRules, RuleBook, RuleSet, RuleSetVersion, RuleSource, Scorer,
    Scorers, Vocabulary,
};
use crate::storage::{Definition, DefinitionKind};

/// The scorers of every tenant.
#[derive(Debug, Default)]
pub(in super::super) struct InForce {
    /// A host's own scorer, in place of all scripts.
    host: Option<Arc<Scorers>>,
    seen: Remembered<Scorers>,
    loaded: Mutex<HashMap<(Tenant, RuleSetVersion), Arc<RuleSet>>>,
    /// What the host adds to what scripts can use.
    pub(super) vocabulary: Vocabulary,
}

impl InForce {
    pub(in super::super) fn of(scorer: Option<Arc<dyn Scorer>>, vocabulary: Vocabulary) -> Self {
        let host = scorer.map(|scorer| Arc::new(Scorers::host(scorer)));
        Self { host, vocabulary, ..Self::default() }
    }

    fn loaded(&self) -> MutexGuard<'_, HashMap<(Tenant, RuleSetVersion), Arc<RuleSet>>> {
        // It can be read again: whatever state a panic left it in is a valid one.
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a host scores in its own way.
    pub(super) fn is_host(&self) -> bool {
        self.host.is_some()
    }

    /// Forgets which rules are in force, because that may have changed.
    pub(in super::super) fn forget(&self, tenant: Tenant) {
        self.seen.forget(tenant);
    }
}

impl LeadBox {
    /// The scorers in force; at most a second old.
    pub(in super::super) async fn scorers(&self) -> Result<Arc<Scorers>> {
        let (in_force, tenant, now) = (self.in_force(), self.tenant(), self.now());
        if let Some(host) = &in_force.host {
            return Ok(Arc::clone(host));
        }
        match in_force.seen.value(tenant, now) {
            Some(scorers) => Ok(scorers),
            None => Ok(in_force.seen.keep(tenant, now, self.load_scorers().await?)),
        }
    }

    /// What the book says, as it is stored now.
    pub(super) async fn rule_book(&self) -> Result<(crate::revision::Revision, RuleBook)> {
        let (tenant, kind) = (self.tenant(), DefinitionKind::RuleBook);
        match self.storage().definition(tenant, kind, Definition::RULE_BOOK).await? {
            Some((revision, Definition::RuleBook(book))) => Ok((revision, book)),
            _ => Ok(Default::default()),
        }
    }

    async fn load_scorers(&self) -> Result<Scorers> {
        let (_, book) = self.rule_book().await?;
        let mut sets: Vec<(RuleSetVersion, Arc<dyn Scorer>)> = Vec::new();
        for id in &book.in_force {
            match self.loaded_rules(id).await? {
                Some(rules) => sets.push((id.clone(), rules)),
                None => return Ok(Scorers::unreadable(book.edition)),
            }
        }
        let tenant = self.tenant();
        self.in_force()
            .loaded()
            .retain(|(owner, id), _| *owner != tenant || book.in_force.contains(id));
        Ok(Scorers::of_sets(book.edition, sets))
    }

    /// A published version, loaded; none when it cannot be: it was published by another version of this library.
    pub(super) async fn loaded_rules(&self, id: &RuleSetVersion) -> Result<Option<Arc<RuleSet>>> {
        let key = (self.tenant(), id.clone());
        if let Some(rules) = self.in_force().loaded().get(&key) {
            return Ok(Some(Arc::clone(rules)));
        }
        let Some(published) = self.published_rules(id).await? else {
            tracing::error!(set = %id.set, version = id.version, "published rules are missing");
            return Ok(None);
        };
        match self.as_written(&published.source()) {
            Ok(rules) => {
                let rules = Arc::new(rules);
                self.in_force().loaded().insert(key, Arc::clone(&rules));
                Ok(Some(rules))
            }
            Err(error) => {
                let (set, version) = (&id.set, id.version);
                tracing::error!(%set, version, %error, "published rules cannot be read: scores stay as they are");
                Ok(None)
            }
        }
    }

    /// What scripts are loaded with.
    pub(super) fn loader(&self) -> Loader<'_> {
        Loader::default().vocabulary(&self.in_force().vocabulary)
    }

    /// A rule set as it was written. Fields may come and go: what is in force is not held against them.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn as_written(
        &self,
        source: &RuleSource,
    ) -> std::result::Result<RuleSet, LoadError> {
        self.loader().files(&source.files).load(&source.script)
    }

    /// A rule set that somebody writes, held against the fields that there are.
    pub(super) async fn drafted(
        &self,
        source: &RuleSource,
    ) -> Result<std::result::Result<RuleSet, LoadError>> {
        let catalog = self.catalog().await?;
        Ok(self.loader().catalog(&catalog).files(&source.files).load(&source.script))
    }

    /// A published version.
    pub(super) async fn published_rules(
        &self,
        id: &RuleSetVersion,
    ) -> Result<Option<PublishedRules>> {
        let key = PublishedRules::key_of(&id.set, id.version);
        match self.storage().definition(self.tenant(), DefinitionKind::Rules, &key).await? {
            Some((_, Definition::Rules { rules, .. })) => Ok(Some(rules)),
            _ => Ok(None),
        }
    }
}
