//! What keeps a storage from growing for ever. Owns how often expired rows are looked for; how long each kind is kept is
//! the storage's and the host's to say.

use std::convert::Infallible;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::sleep;

use crate::service::LeadBox;
use crate::time::Timestamp;

/// Between two looks.
const INTERVAL: Duration = Duration::from_secs(600);
/// Rows of each kind per transaction: others wait for its end.
const AT_ONCE: u32 = 1_000;
/// Between two transactions.
const PAUSE: Duration = Duration::from_millis(50);

/// Deletes what has expired, for ever.
pub(super) async fn keep_tidy(leadbox: &LeadBox, keep_attempts: Duration) -> Infallible {
    let keep_attempts = TimeDelta::from_std(keep_attempts).unwrap_or(TimeDelta::MAX);
    loop {
        let now = leadbox.now();
        let attempts_before = now.checked_sub_signed(keep_attempts).unwrap_or(Timestamp::MIN_UTC);
        match leadbox.storage().prune(now, attempts_before, AT_ONCE).await {
            Ok(0) => sleep(INTERVAL).await,
            Ok(_) => sleep(PAUSE).await,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "what has expired cannot be deleted now"
                );
                sleep(INTERVAL).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lead::NewLead;
    use crate::testing::Sandbox;

    #[tokio::test]
    async fn old_change_sets_are_forgotten() {
        let sandbox = Sandbox::new().unwrap();
        let new = NewLead::new().name("Ada");
        let set = sandbox.leadbox.leads().prepare_capture(&new).await.unwrap().changes;
        let storage = sandbox.leadbox.storage();
        storage.commit(&set).await.unwrap();
        assert!(storage.commit(&set).await.unwrap().replayed);

        sandbox.clock.advance(TimeDelta::hours(25));
        let tidying = keep_tidy(&sandbox.leadbox, Duration::ZERO);
        assert!(tokio::time::timeout(Duration::from_millis(300), tidying).await.is_err());
        assert!(storage.commit(&set).await.unwrap_err().is_conflict(), "its lead is there");
    }
}
