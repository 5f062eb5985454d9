//! Who asked for work that goes on without them. Owns acting for the asker later, with no more than the asker may do by
//! then.

use serde::{Deserialize, Serialize};

use super::super::LeadBox;
use crate::access::{Denied, Rights};
use crate::error::Result;
use crate::event::{Actor, ActorKind};
use crate::id::{BulkId, TokenId};
use crate::scope::Scope;

/// Who asked, and what they could do and see at that moment.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Asker {
    pub(super) actor: Actor,
    rights: Rights,
    scope: Scope,
}

impl Asker {
    pub(super) fn of(leadbox: &LeadBox) -> Self {
        Self {
            actor: leadbox.actor().clone(),
            rights: leadbox.rights().clone(),
            scope: leadbox.scope().clone(),
        }
    }

    /// The host's handle as the work, for its asker: with what was granted when it began, and is still granted.
    ///
    /// # Errors
    /// `Denied` when the account or key is over; `Storage`.
    pub(super) async fn again(&self, host: &LeadBox, id: BulkId) -> Result<LeadBox> {
        let rights = match (self.rights.user(), self.rights.grants()) {
            (Some(user), Some(then)) if host.people().await?.user(user).is_some() => {
                host.as_user(user).await?.rights().limited_to(then)
            }
            // A host with users of its own knows best, and said so when the work began.
            _ => self.rights.clone(),
        };
        if self.actor.kind == ActorKind::ApiKey
            && let Some(key) = self.actor.id
        {
            let key = host.storage().token(host.tenant(), TokenId::from_uuid(key)).await?;
            if key.is_none_or(|key| !key.is_live(host.now())) {
                return Err(Denied::Account.into());
            }
        }
        Ok(acting(&host.with_rights(self.actor.clone(), rights).seeing(self.scope.clone()), id))
    }
}

/// The same handle, acting in the work's own name.
pub(super) fn acting(leadbox: &LeadBox, id: BulkId) -> LeadBox {
    leadbox.by(Actor::working_for(leadbox.actor(), ActorKind::Bulk, id.uuid()))
}
