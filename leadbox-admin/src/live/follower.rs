//! The one who follows the log for all sockets of a dashboard. Owns when it looks, and that it ends with the last of them.

use std::sync::Arc;
use std::time::Duration;

use leadbox_core::{LeadBox, Position};
use tokio::sync::broadcast::Sender;
use tokio::time::sleep;

use super::hub::Hub;
use super::news::News;

/// What comes within this time is told together.
const WINDOW: Duration = Duration::from_millis(250);

/// How long a commit of another process may go unnoticed.
const POLL: Duration = Duration::from_millis(500);

/// How long to wait after the storage failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Follows the log from behind `at` until nobody listens.
pub(super) async fn follow(
    hub: Arc<Hub>,
    leadbox: LeadBox,
    mut at: Position,
    sender: Sender<Arc<News>>,
) {
    loop {
        let wake = leadbox.storage().wake();
        let seen = wake.seen();
        let wait = async {
            match News::behind(&leadbox, at).await {
                Ok(Some(news)) => {
                    at = news.until();
                    // Whoever left meanwhile needs it no more.
                    let _ = sender.send(Arc::new(news));
                    sleep(WINDOW).await;
                }
                Ok(None) => wake.after(seen, POLL).await,
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the log cannot be followed"
                    );
                    sleep(AFTER_FAILURE).await;
                }
            }
        };
        tokio::select! {
            () = wait => {}
            () = sender.closed() => {
                if hub.ends(&sender) {
                    return;
                }
            }
        }
    }
}
