//! Where a user is signed in. Owns the list; ending sessions is done by the pages that show it.

use chrono_tz::Tz;
use leadbox_core::proof::Token;
use leadbox_core::service::SessionPolicy;
use leadbox_core::{LeadBox, UserId};

use super::format;
use crate::serve::Problem;

/// A session that is not over.
#[derive(Clone, Debug)]
pub(super) struct SessionRow {
    /// When it was last used.
    pub(super) used: String,
    /// Which browser, and from where.
    pub(super) from: String,
    /// Whether it is the one that asks.
    pub(super) here: bool,
}

/// A user's sessions, the latest first.
pub(super) async fn sessions(
    leadbox: &LeadBox,
    user: UserId,
    zone: Tz,
    policy: &SessionPolicy,
    asking: Option<&Token>,
) -> Result<Vec<SessionRow>, Problem> {
    let tokens = leadbox.sessions().live(user, policy).await?;
    let live = tokens.iter().map(|token| {
        let browser = format::browser(&token.details.name);
        SessionRow {
            used: format::moment(token.used_at.unwrap_or(token.created_at), zone),
            from: match &token.details.origin {
                Some(from) => format!("{browser}, from {from}"),
                None => browser,
            },
            here: asking.is_some_and(|asking| asking.id == token.id),
        }
    });
    Ok(live.collect())
}
