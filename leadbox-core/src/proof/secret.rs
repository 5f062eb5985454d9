//! Secrets. Owns their one form (256 random bits) and the digest under which they are stored, so that whoever reads the
//! database cannot use them. 256 bits need no slow hash: nobody can try them all.

use std::fmt::{self, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::hex;

/// A secret, shown once. Never in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 32]);

impl Secret {
    /// A secret from random bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A secret as it was handed over: 64 hexadecimal digits behind `prefix`; none for anything else.
    pub fn parse(prefix: &str, text: &str) -> Option<Self> {
        let bytes = hex::read(text.trim().strip_prefix(prefix)?)?;
        bytes.try_into().ok().map(Self)
    }

    /// The secret as it is handed over, behind `prefix`.
    pub fn reveal(&self, prefix: &str) -> String {
        let mut text = prefix.to_owned();
        // Writing to a `String` cannot fail.
        let _ = hex::write(&self.0, &mut text);
        text
    }

    /// Under what it is stored.
    pub fn digest(&self) -> SecretDigest {
        SecretDigest(Sha256::digest(self.0).into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(...)")
    }
}

/// SHA-256 of a secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SecretDigest(pub [u8; 32]);

impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretDigest(")?;
        hex::write(&self.0[..4], f)?;
        f.write_char(')')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_survives_its_text_form_and_is_never_printed() {
        let secret = Secret::from_bytes([7; 32]);
        let text = secret.reveal("lbk_");
        assert_eq!(Secret::parse("lbk_", &format!(" {text}\n")), Some(secret.clone()));
        assert_eq!(Secret::parse("lbs_", &text), None);
        assert_eq!(Secret::parse("lbk_", &text[..text.len() - 2]), None);
        assert_eq!(Secret::parse("lbk_", &text.replace('0', "x")), None);
        assert_eq!(format!("{secret:?}"), "Secret(...)");
        assert_ne!(secret.digest(), Secret::from_bytes([8; 32]).digest());
    }
}
