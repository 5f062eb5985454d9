//! Which facts of the log are listed. Owns the filter, and the two questions for which a storage has a faster way than
//! walking; it knows no storage.

use uuid::Uuid;

use crate::event::{EventType, Subject};
use crate::scope::{Owners, Scope};

/// Which events to show.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EventFilter {
    /// Only about this; of a lead, also what is told of leads that were merged into it.
    pub subject: Option<Subject>,
    /// Only of these types; all when empty.
    pub kinds: Vec<EventType>,
    /// Only by this one: the id of a user, a key, an import, a bulk action.
    pub actor: Option<Uuid>,
}

impl EventFilter {
    /// A reader of at most so many leads is shown the facts of each of them; of one who sees more, the log is walked, since
    /// every so many facts one is about a lead that it sees.
    pub const FEW_LEADS: u32 = 2_000;

    /// What this one did.
    pub fn by(actor: Uuid) -> Self {
        Self { actor: Some(actor), ..Self::default() }
    }

    /// Whether it asks by kinds alone, and for none that every capture writes: of such kinds a storage has an index, so that
    /// they are found however rare they are. A timeline is short, and `lead.captured` is about as frequent as leads are; both
    /// are better walked.
    pub fn is_by_rare_kinds(&self, scope: &Scope) -> bool {
        scope.owners == Owners::All
            && self.subject.is_none()
            && self.actor.is_none()
            && (1..=EventType::CORE.len()).contains(&self.kinds.len())
            && !self.kinds.contains(&EventType::LEAD_CAPTURED)
    }

    /// Whether it is asked by somebody who sees the leads of some owners only, and about no subject: then the facts of the
    /// leads seen are looked up lead by lead, while there are no more than [`FEW_LEADS`](Self::FEW_LEADS) of them.
    pub fn is_by_owners(&self, scope: &Scope) -> bool {
        scope.owners != Owners::All && self.subject.is_none()
    }
}
