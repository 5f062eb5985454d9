//! Passwords as far as they are stored. Owns the hash, the count of misses and what follows from it.

use std::fmt;

use chrono::TimeDelta;

use crate::id::{Tenant, UserId};
use crate::revision::Revision;
use crate::time::Timestamp;

/// A user's password, hashed, and how often it was missed.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// Whose data it is.
    pub tenant: Tenant,
    /// Whose password.
    pub user: UserId,
    /// Raised by one at every change; 1 when new.
    pub revision: Revision,
    /// The hash in PHC string form, with its parameters and salt; never the password.
    pub hash: String,
    /// How often in a row it was missed.
    pub misses: u32,
    /// Until when it is not looked at.
    pub locked_until: Option<Timestamp>,
    /// When the password was set.
    pub set_at: Timestamp,
}

/// When misses lock an account. The lock is short: whoever guesses at another's
/// password keeps that person out for no longer than the longest lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lockout {
    /// So many misses are free; 5 by default.
    pub free: u32,
    /// How long the first lock is; each miss behind it doubles it. 30 seconds by default.
    pub first: TimeDelta,
    /// How long a lock is at most; 15 minutes by default.
    pub most: TimeDelta,
}

impl Default for Lockout {
    fn default() -> Self {
        Self { free: 5, first: TimeDelta::seconds(30), most: TimeDelta::minutes(15) }
    }
}

impl Credential {
    /// Whether it is looked at.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.locked_until.is_none_or(|until| until <= now)
    }

    /// The credential after it was missed.
    #[must_use]
    pub fn missed(&self, now: Timestamp, lockout: &Lockout) -> Self {
        let misses = self.misses.saturating_add(1);
        let locked_until = misses.checked_sub(lockout.free.saturating_add(1)).map(|over| {
            // Beyond twenty doublings every lock is the longest.
            let doubled = lockout.first.checked_mul(1 << over.min(20)).unwrap_or(lockout.most);
            now + doubled.min(lockout.most)
        });
        Self { revision: self.revision.next(), misses, locked_until, ..self.clone() }
    }

    /// The credential after it was met.
    #[must_use]
    pub fn met(&self) -> Self {
        Self { revision: self.revision.next(), misses: 0, locked_until: None, ..self.clone() }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("tenant", &self.tenant)
            .field("user", &self.user)
            .field("revision", &self.revision)
            .field("misses", &self.misses)
            .field("locked_until", &self.locked_until)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misses_lock_for_longer_and_longer_and_a_hit_forgives_all() {
        let now = Timestamp::UNIX_EPOCH;
        let mut credential = Credential {
            tenant: Tenant::DEFAULT,
            user: UserId::from_uuid(uuid::Uuid::nil()),
            revision: Revision::FIRST,
            hash: "$argon2id$...".to_owned(),
            misses: 0,
            locked_until: None,
            set_at: now,
        };
        let lockout = Lockout::default();
        let mut locks = Vec::new();
        for _ in 0..40 {
            credential = credential.missed(now, &lockout);
            locks.push(credential.locked_until.map_or(0, |until| (until - now).num_seconds()));
        }
        assert_eq!(locks[..11], [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 900]);
        assert!(locks[11..].iter().all(|lock| *lock == 900));
        assert!(!credential.is_open(now) && credential.is_open(now + TimeDelta::seconds(900)));
        let met = credential.met();
        assert!(met.is_open(now) && met.misses == 0);
        assert!(!format!("{met:?}").contains("argon2"));
    }
}
