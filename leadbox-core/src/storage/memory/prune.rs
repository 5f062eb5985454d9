//! Upkeep: what has expired goes. Owns nothing but their ages.

use chrono::TimeDelta;

use super::state::State;
use crate::proof::Token;
use crate::time::Timestamp;

/// How long a change set is known by its id.
const REMEMBERED: TimeDelta = TimeDelta::days(1);

impl State {
    /// Deletes what has expired, at most `limit` rows of each kind; returns how many.
    pub(super) fn prune(&mut self, now: Timestamp, attempts_before: Timestamp, limit: u32) -> u64 {
        let limit = limit as usize;
        let replies: Vec<_> = self
            .replies
            .iter()
            .filter(|(_, reply)| reply.expires_at <= now)
            .map(|(key, _)| key.clone())
            .take(limit)
            .collect();
        let sets: Vec<_> = self
            .change_sets
            .iter()
            .filter(|(_, at)| now.signed_duration_since(**at) >= REMEMBERED)
            .map(|(id, _)| *id)
            .take(limit)
            .collect();
        let attempts: Vec<_> = self
            .attempts
            .iter()
            .filter(|(_, attempt)| attempt.at < attempts_before)
            .map(|(id, _)| *id)
            .take(limit)
            .collect();
        let tokens: Vec<_> = self
            .tokens
            .iter()
            .filter(|(_, token)| {
                token.gone_at().is_some_and(|at| now.signed_duration_since(at) >= Token::KEPT)
            })
            .map(|(key, _)| *key)
            .take(limit)
            .collect();
        let pruned = replies.len() + sets.len() + attempts.len() + tokens.len();
        replies.iter().for_each(|key| self.replies.delete(key));
        sets.iter().for_each(|id| self.change_sets.delete(id));
        attempts.iter().for_each(|id| self.attempts.delete(id));
        tokens.iter().for_each(|key| self.tokens.delete(key));
        self.keep();
        pruned as u64
    }
}
