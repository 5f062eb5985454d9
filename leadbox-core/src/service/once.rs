//! Doing something once, however often it is asked for. Owns what is kept under a caller's idempotency key: which thing was
//! made, and a digest of what was asked, never what was answered. So a kept reply holds no personal data, and whoever asks
//! again sees what it may see then.

use std::sync::Arc;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::LeadBox;
use crate::error::{Invalid, Result};
use crate::hex;
use crate::id::Tenant;
use crate::storage::{Change, Reply};
use crate::time::Timestamp;

/// What a caller asks to be done once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Once {
    /// The key under which it is kept: the caller's, for this asker alone.
    key: String,
    request: [u8; 32],
}

/// What stands in the kept reply.
#[derive(Serialize, Deserialize)]
struct Made {
    id: Uuid,
}

impl Once {
    /// The longest key, in bytes.
    const LONGEST: usize = 255;
    /// For how long a key is remembered.
    const KEPT: TimeDelta = TimeDelta::hours(24);

    /// The change that keeps `id` under the key.
    pub(super) fn remember(&self, tenant: Tenant, at: Timestamp, id: Uuid) -> Result<Change> {
        Ok(Change::RememberReply(Box::new(Reply {
            tenant,
            key: self.key.clone(),
            request: self.request.to_vec(),
            body: serde_json::to_value(Made { id })?,
            at,
            expires_at: at + Self::KEPT,
        })))
    }
}

impl LeadBox {
    /// The same, for one verb that makes something, such as [`capture`](super::Leads::capture): in the commit of what it
    /// makes, the id of that is kept under `key` for a day, and [`made`](Self::made) finds it. `request` is everything that
    /// was asked: with the same key and another request, [`made`](Self::made) refuses.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use leadbox_core::{LeadBox, MemoryStorage, NewLead};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let leadbox = LeadBox::builder(Arc::new(MemoryStorage::new())).build()?;
    /// for _ in 0..2 {
    ///     let once = leadbox.once("order-4711", b"ada@analytical.example")?;
    ///     if once.made().await?.is_none() {
    ///         once.leads().capture(&NewLead::new().email("ada@analytical.example")).await?;
    ///     }
    /// }
    /// assert_eq!(leadbox.leads().count(&Default::default(), 10).await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When `key` has not 1 to 255 visible ASCII characters.
    pub fn once(&self, key: &str, request: &[u8]) -> std::result::Result<Self, Invalid> {
        if key.is_empty()
            || key.len() > Once::LONGEST
            || !key.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
        {
            let message = format!("has to have 1 to {} visible characters", Once::LONGEST);
            return Err(Invalid::one(KEY, message));
        }
        let actor = self.actor();
        let mut whose = Sha256::new();
        whose.update(actor.kind.code().to_be_bytes());
        whose.update(actor.id.unwrap_or_default());
        whose.update(key);
        let key = format!("once:{}", hex::text(&whose.finalize()));
        let once = Once { key, request: Sha256::digest(request).into() };
        Ok(self.to_be_done(Arc::new(once)))
    }

    /// The id of what was made under the key of [`once`](Self::once), if something was.
    ///
    /// # Errors
    /// `Invalid` when the key was used for another request; `Storage`.
    pub async fn made(&self) -> Result<Option<Uuid>> {
        let Some(once) = self.to_do() else { return Ok(None) };
        let kept = self.storage().reply(self.tenant(), &once.key, self.now()).await?;
        let Some(kept) = kept else { return Ok(None) };
        if kept.request != once.request {
            return Err(Invalid::one(KEY, "was used for another request").into());
        }
        let made: Made = serde_json::from_value(kept.body)?;
        Ok(Some(made.id))
    }
}

/// What the key is called in messages.
const KEY: &str = "idempotency_key";

#[cfg(test)]
mod tests {
    use crate::error::Error;
    use crate::event::{Actor, ActorKind};
    use crate::id::UserId;
    use crate::lead::NewLead;
    use crate::service::LeadList;
    use crate::testing::{Sandbox, some_interaction, some_lead};

    #[tokio::test]
    async fn what_is_done_once_is_found_by_its_key_and_by_nobody_else() {
        let sandbox = Sandbox::new().unwrap();
        let first = sandbox.leadbox.once("k1", b"lead 1").unwrap();
        assert_eq!(first.made().await.unwrap(), None);
        let lead = first.leads().capture(&some_lead(1)).await.unwrap().lead;
        let again = sandbox.leadbox.once("k1", b"lead 1").unwrap();
        assert_eq!(again.made().await.unwrap(), Some(lead.id.uuid()));

        let other = sandbox.leadbox.once("k1", b"lead 2").unwrap().made().await;
        assert!(
            matches!(other, Err(Error::Invalid(invalid)) if invalid.issues[0].field == "idempotency_key")
        );
        let id: UserId = sandbox.leadbox.new_id();
        let somebody = sandbox.leadbox.by(Actor {
            kind: ActorKind::User,
            id: Some(id.uuid()),
            ..Actor::host()
        });
        assert_eq!(somebody.once("k1", b"lead 1").unwrap().made().await.unwrap(), None);

        sandbox.clock.advance(chrono::TimeDelta::hours(25));
        assert_eq!(again.made().await.unwrap(), None, "a key is remembered for a day");
    }

    #[tokio::test]
    async fn two_who_do_the_same_at_once_make_one() {
        let sandbox = Sandbox::new().unwrap();
        let new = NewLead::new().name("Ada Lovelace");
        let once = || sandbox.leadbox.once("k1", b"lead 1").unwrap();
        let (one, other) = (once(), once());
        let first = one.leads().capture(&new).await.unwrap().lead;
        assert!(matches!(other.leads().capture(&new).await, Err(Error::Contended { .. })));
        assert_eq!(other.made().await.unwrap(), Some(first.id.uuid()));
        assert_eq!(sandbox.leadbox.leads().count(&LeadList::default(), 9).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn what_is_made_below_a_lead_is_found_as_itself() {
        let sandbox = Sandbox::new().unwrap();
        let lead = sandbox.leadbox.leads().capture(&some_lead(1)).await.unwrap().lead;
        let once = sandbox.leadbox.once("k1", b"").unwrap();
        let made = once.leads().record_interaction(lead.id, &some_interaction(1)).await.unwrap();
        assert_eq!(once.made().await.unwrap(), Some(made.interaction.id.uuid()));
        assert!(
            sandbox.leadbox.once("", b"").is_err() && sandbox.leadbox.once("a\n", b"").is_err()
        );
    }
}
