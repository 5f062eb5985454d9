//! The handle that a host holds. Owns who asks (tenant, actor, rights, scope) and what everything runs on (storage, clock,
//! ids); knows nothing of what is asked.

use std::sync::Arc;

use super::once::Once;
use super::people::People;
use super::remembered::Remembered;
use super::scoring::{InForce, Resident};
use super::{
    Access, Analytics, Bulk, Definitions, Directory, Jobs, Keys, Leads, Log, Notes, Passwords,
    Rules, Sessions, Tasks, Views,
};
use crate::access::{Grants, Rights};
use crate::catalog::Catalog;
use crate::error::Result;
use crate::event::{Actor, Cause};
use crate::id::Tenant;
use crate::id_source::{IdSource, RandomIds};
use crate::interaction::{BotDetector, MailBots};
use crate::lead::Lead;
use crate::proof::Secret;
use crate::scope::Scope;
use crate::scoring::{Scorer, Vocabulary};
use crate::storage::{Definition, DefinitionKind, Storage};
use crate::time::{Clock, SystemClock, Timestamp};

/// LeadBox, as one asker sees it. Cheap to clone; [`for_tenant`](Self::for_tenant), [`by`](Self::by) and
/// [`seeing`](Self::seeing) give a handle for another asker.
///
/// ```
/// # use std::sync::Arc;
/// use leadbox_core::{LeadBox, MemoryStorage, NewLead};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let leadbox = LeadBox::builder(Arc::new(MemoryStorage::new())).build()?;
/// let captured = leadbox.leads().capture(&NewLead::new().email("ada@analytical.example")).await?;
/// assert_eq!(captured.lead.company.domain.as_ref().map(|domain| domain.as_str()), Some("analytical.example"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct LeadBox {
    shared: Arc<Shared>,
    actor: Actor,
    cause: Cause,
    rights: Rights,
    scope: Scope,
    once: Option<Arc<Once>>,
}

#[derive(Debug)]
struct Shared {
    storage: Arc<dyn Storage>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    catalogs: Remembered<Catalog>,
    people: Remembered<People>,
    in_force: InForce,
    resident: Resident,
    bot_detector: Option<Arc<dyn BotDetector>>,
}

/// Puts a [`LeadBox`] together.
#[derive(Debug)]
pub struct LeadBoxBuilder {
    storage: Arc<dyn Storage>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    scorer: Option<Arc<dyn Scorer>>,
    preview_memory: usize,
    vocabulary: Vocabulary,
    bot_detector: Option<Arc<dyn BotDetector>>,
}

impl LeadBoxBuilder {
    /// Takes the time from somewhere else than the machine.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Takes ids and salts from somewhere else than the system's randomness.
    #[must_use]
    pub fn ids(mut self, ids: Arc<dyn IdSource>) -> Self {
        self.ids = ids;
        self
    }

    /// Scores leads of all tenants by this instead of by the scripts that they publish.
    #[must_use]
    pub fn scorer(mut self, scorer: Arc<dyn Scorer>) -> Self {
        self.scorer = Some(scorer);
        self
    }

    /// The most memory, in bytes, for the leads that a preview of rules keeps at hand while somebody writes them: 256 MiB, unless a
    /// host says otherwise; at most 4 GiB. Twice as much for the moments in which they are read again, and nothing a quarter of an
    /// hour after the last preview. Where there is no room for all leads, the youngest are scored.
    #[must_use]
    pub fn preview_memory(mut self, bytes: usize) -> Self {
        self.preview_memory = bytes;
        self
    }

    /// Lets the scripts of all tenants use functions of the host's own. Every process that scores needs the same ones: where one is
    /// missing, rules that use it cannot be read, and scores stay as they are.
    #[must_use]
    pub fn vocabulary(mut self, vocabulary: Vocabulary) -> Self {
        self.vocabulary = vocabulary;
        self
    }

    /// Has this find out which interactions a machine caused, instead of [`MailBots`]; none leaves it to senders and to people.
    #[must_use]
    pub fn bot_detector(mut self, detector: Option<Arc<dyn BotDetector>>) -> Self {
        self.bot_detector = detector;
        self
    }

    /// The handle of the host itself: it sees all of the default tenant.
    ///
    /// # Errors
    /// None today; what is configured here will be checked here.
    pub fn build(self) -> Result<LeadBox> {
        let shared = Shared {
            storage: self.storage,
            clock: self.clock,
            ids: self.ids,
            catalogs: Remembered::default(),
            people: Remembered::default(),
            in_force: InForce::of(self.scorer, self.vocabulary),
            resident: Resident::with_limit(self.preview_memory),
            bot_detector: self.bot_detector,
        };
        Ok(LeadBox {
            shared: Arc::new(shared),
            actor: Actor::host(),
            cause: Cause::default(),
            rights: Rights::host(),
            scope: Scope::all(Tenant::DEFAULT),
            once: None,
        })
    }
}

impl LeadBox {
    /// Begins with the one thing that cannot be left out. The storage has to be migrated.
    pub fn builder(storage: Arc<dyn Storage>) -> LeadBoxBuilder {
        let (clock, ids) = (Arc::new(SystemClock), Arc::new(RandomIds::new()));
        let (scorer, vocabulary) = (None, Vocabulary::default());
        let preview_memory = 256 * 1024 * 1024;
        let bot_detector: Option<Arc<dyn BotDetector>> = Some(Arc::new(MailBots));
        LeadBoxBuilder { storage, clock, ids, scorer, vocabulary, preview_memory, bot_detector }
    }

    /// The same, for all of another tenant. For the host: what anybody else may do holds for one tenant, and in another
    /// it may do nothing.
    #[must_use]
    pub fn for_tenant(&self, tenant: Tenant) -> Self {
        let rights = match self.rights.grants() {
            None => Rights::host(),
            Some(_) => Rights::granted(None, [], Grants::default()),
        };
        Self { scope: rights.scope(tenant), rights, ..self.clone() }
    }

    /// The same, with an actor's rights and what follows from them: it sees what they let it read. For a host that has
    /// users of its own; [`as_user`](Self::as_user) does it for LeadBox's.
    #[must_use]
    pub fn with_rights(&self, actor: Actor, rights: Rights) -> Self {
        let scope = rights.scope(self.tenant());
        Self { actor, rights, scope, ..self.clone() }
    }

    /// The same, in another's name; its rights stay.
    #[must_use]
    pub fn by(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }

    /// The same, because of an event.
    #[must_use]
    pub fn because_of(&self, cause: Cause) -> Self {
        Self { cause, ..self.clone() }
    }

    /// The same, seeing only this much; never more than its rights let it see.
    #[must_use]
    pub fn seeing(&self, scope: Scope) -> Self {
        let scope = match self.rights.grants() {
            None => scope,
            Some(_) => scope.within(&self.scope),
        };
        Self { scope, ..self.clone() }
    }

    /// Leads: capture, read, change, move, follow.
    pub fn leads(&self) -> Leads<'_> {
        Leads { leadbox: self }
    }

    /// Tasks: add, change, complete, list.
    pub fn tasks(&self) -> Tasks<'_> {
        Tasks { leadbox: self }
    }

    /// Notes: write, change, read.
    pub fn notes(&self) -> Notes<'_> {
        Notes { leadbox: self }
    }

    /// Saved views of the list of leads.
    pub fn views(&self) -> Views<'_> {
        Views { leadbox: self }
    }

    /// Many leads at once.
    pub fn bulk(&self) -> Bulk<'_> {
        Bulk { leadbox: self }
    }

    /// Custom fields, pipelines and settings.
    pub fn definitions(&self) -> Definitions<'_> {
        Definitions { leadbox: self }
    }

    /// Users and teams.
    pub fn directory(&self) -> Directory<'_> {
        Directory { leadbox: self }
    }

    /// Roles, and who may do what.
    pub fn access(&self) -> Access<'_> {
        Access { leadbox: self }
    }

    /// API keys.
    pub fn keys(&self) -> Keys<'_> {
        Keys { leadbox: self }
    }

    /// Who is signed in.
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions { leadbox: self }
    }

    /// Passwords, invitations and reset links.
    pub fn passwords(&self) -> Passwords<'_> {
        Passwords { leadbox: self }
    }

    /// The log of everything that was committed.
    pub fn log(&self) -> Log<'_> {
        Log { leadbox: self }
    }

    /// The queue.
    pub fn jobs(&self) -> Jobs<'_> {
        Jobs { leadbox: self }
    }

    /// Counts, their check and their repair.
    pub fn analytics(&self) -> Analytics<'_> {
        Analytics { leadbox: self }
    }

    /// Scoring rules, and why a lead has the score that it has.
    pub fn rules(&self) -> Rules<'_> {
        Rules { leadbox: self }
    }

    /// Who asks.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// What the asker may do.
    pub fn rights(&self) -> &Rights {
        &self.rights
    }

    /// Because of what.
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// What the asker sees.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Whose data.
    pub fn tenant(&self) -> Tenant {
        self.scope.tenant
    }

    /// What everything is kept in.
    pub fn storage(&self) -> &Arc<dyn Storage> {
        &self.shared.storage
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Where ids come from.
    pub fn ids(&self) -> &dyn IdSource {
        &*self.shared.ids
    }

    /// A new id, of any kind.
    pub fn new_id<T: From<uuid::Uuid>>(&self) -> T {
        self.shared.ids.uuid(self.now()).into()
    }

    /// A new secret: 256 random bits.
    pub fn new_secret(&self) -> Secret {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&self.ids().salt());
        bytes[16..].copy_from_slice(&self.ids().salt());
        Secret::from_bytes(bytes)
    }

    /// Tells waiting workers of this process that a host's own transaction committed our changes.
    pub fn wake(&self) {
        self.shared.storage.wake().notify();
    }

    /// The tenant's settings, fields, pipelines and roles; at most a second old.
    ///
    /// # Errors
    /// From the storage.
    pub async fn catalog(&self) -> Result<Arc<Catalog>> {
        let (tenant, now) = (self.tenant(), self.now());
        match self.shared.catalogs.value(tenant, now) {
            Some(catalog) => Ok(catalog),
            None => Ok(self.shared.catalogs.keep(tenant, now, self.load_catalog().await?)),
        }
    }

    /// Forgets what is remembered of the tenant's definitions, because this process just changed them.
    pub(crate) fn forget_catalog(&self) {
        self.shared.catalogs.forget(self.tenant());
    }

    /// Which rules are in force, as far as this process knows.
    pub(super) fn in_force(&self) -> &InForce {
        &self.shared.in_force
    }

    /// The leads that are kept at hand for previews.
    pub(super) fn resident(&self) -> &Resident {
        &self.shared.resident
    }

    /// Asks the storage again which rules are in force: what was refused may have been scored by older ones.
    pub(crate) fn look_again_at_rules(&self) {
        self.shared.in_force.forget(self.tenant());
    }

    /// What finds out which interactions a machine caused.
    pub(super) fn bots(&self) -> Option<&dyn BotDetector> {
        self.shared.bot_detector.as_deref()
    }

    /// The same, for what is done besides what is to be done once.
    pub(super) fn besides(&self) -> Self {
        Self { once: None, ..self.clone() }
    }

    /// The same, to do that once.
    pub(super) fn to_be_done(&self, once: Arc<Once>) -> Self {
        Self { once: Some(once), ..self.clone() }
    }

    /// What is to be done once.
    pub(super) fn to_do(&self) -> Option<&Once> {
        self.once.as_deref()
    }

    /// What the asker may see of a lead.
    pub(super) fn shown(&self, mut lead: Lead) -> Lead {
        lead.redact(&self.scope.hidden_fields);
        lead
    }

    pub(super) fn remembered_people(&self) -> &Remembered<People> {
        &self.shared.people
    }

    /// Forgets what is remembered of the tenant's users and teams.
    pub(super) fn forget_people(&self) {
        self.shared.people.forget(self.tenant());
    }

    async fn load_catalog(&self) -> Result<Catalog> {
        let (storage, tenant) = (self.storage(), self.tenant());
        let mut settings = crate::settings::Settings::default();
        for (_, definition) in storage.definitions(tenant, DefinitionKind::Settings).await? {
            if let Definition::Settings(own) = definition {
                settings = own;
            }
        }
        let mut fields = std::collections::BTreeMap::new();
        for (_, definition) in storage.definitions(tenant, DefinitionKind::Field).await? {
            if let Definition::Field(field) = definition {
                fields.insert(field.key.clone(), field);
            }
        }
        let mut pipelines = Vec::new();
        for (_, definition) in storage.definitions(tenant, DefinitionKind::Pipeline).await? {
            match definition {
                Definition::Pipeline { key, pipeline } if key == Definition::DEFAULT_PIPELINE => {
                    pipelines.insert(0, pipeline);
                }
                Definition::Pipeline { pipeline, .. } => pipelines.push(pipeline),
                _ => {}
            }
        }
        let mut roles = Vec::new();
        for (_, definition) in storage.definitions(tenant, DefinitionKind::Role).await? {
            if let Definition::Role(role) = definition {
                roles.push(role);
            }
        }
        Ok(Catalog::of(tenant, settings, fields, pipelines, roles))
    }
}
