//! Passwords. Owns hashing them (argon2id with the parameters that OWASP recommends: 19 MiB, two passes, one lane), which
//! ones are accepted, and that hashing never starves the server.

use std::sync::{Arc, LazyLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// The fewest and most characters of a password. No rule asks for digits or signs: length is what counts
/// (NIST SP 800-63B-4, section 3.1.1).
const LENGTHS: std::ops::RangeInclusive<usize> = 12..=200;

/// Hashes at once: each takes 19 MiB and a processor for some 20 ms.
const AT_ONCE: usize = 2;

/// Why a password is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// Too short or too long.
    #[error("needs 12 to 200 characters")]
    Length,
    /// The same few characters again and again, or the user's own address.
    #[error("is too easy to guess")]
    Guessable,
    /// It could not be hashed.
    #[error("could not be kept: try again")]
    Failed,
}

/// Hashes passwords.
#[derive(Clone, Debug)]
pub(crate) struct Passwords(Arc<Semaphore>);

impl Default for Passwords {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

/// A hash that no password has, so that an unknown address takes as long as a wrong password.
static NOBODY: LazyLock<Option<String>> =
    LazyLock::new(|| hash_now("the password of nobody at all").ok());

impl Passwords {
    /// The hash of a password that is acceptable for a user with this address.
    ///
    /// # Errors
    /// Why it is not.
    pub(crate) async fn hash(&self, password: &str, email: &str) -> Result<String, PasswordError> {
        check(password, email)?;
        let password = password.to_owned();
        self.run(move || hash_now(&password)).await.unwrap_or(Err(PasswordError::Failed))
    }

    /// Whether it is the password. Without a hash it takes as long, and it is not.
    pub(crate) async fn is(&self, password: &str, hash: Option<&str>) -> bool {
        let (password, known) = (password.to_owned(), hash.map(str::to_owned));
        let met = self.run(move || {
            let nobody = NOBODY.clone();
            let Some(hash) = known.as_ref().or(nobody.as_ref()) else { return false };
            let Ok(hash) = PasswordHash::new(hash) else { return false };
            let met = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
            met && known.is_some()
        });
        met.await.unwrap_or(false)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let turn = Arc::clone(&self.0).acquire_owned().await.ok()?;
        // The turn goes along: who hangs up does not stop the hashing.
        let work = move || {
            let _turn = turn;
            work()
        };
        tokio::task::spawn_blocking(work).await.ok()
    }
}

fn hash_now(password: &str) -> Result<String, PasswordError> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|_| PasswordError::Failed)
}

fn check(password: &str, email: &str) -> Result<(), PasswordError> {
    if !LENGTHS.contains(&password.chars().count()) {
        return Err(PasswordError::Length);
    }
    let folded = password.to_lowercase();
    let mut letters: Vec<char> = folded.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    let address = email.to_lowercase();
    if letters.len() < 5
        || address.contains(&folded)
        || (!address.is_empty() && folded.contains(&address))
    {
        return Err(PasswordError::Guessable);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_met_by_itself_alone() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse battery", "ann@x.example").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.is("correct horse battery", Some(&hash)).await);
        assert!(!passwords.is("correct horse batterz", Some(&hash)).await);
        assert!(!passwords.is("the password of nobody at all", None).await);
        assert!(!passwords.is("x", Some("no hash")).await);
    }

    #[test]
    fn easy_passwords_are_refused() {
        for (password, error) in [
            ("short", PasswordError::Length),
            ("elevenchars", PasswordError::Length),
            ("aaaaaaaaaaaa", PasswordError::Guessable),
            ("abababababab", PasswordError::Guessable),
            ("ANN.LEE@X.EXAMPLE", PasswordError::Guessable),
            ("ann.lee@x.ex", PasswordError::Guessable),
        ] {
            assert_eq!(check(password, "ann.lee@x.example"), Err(error), "{password}");
        }
        assert_eq!(check(&"x".repeat(201), ""), Err(PasswordError::Length));
        assert_eq!(check("größere pässe", "ann@x.example"), Ok(()));
    }
}
