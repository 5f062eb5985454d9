//! What proves who somebody is. Owns passwords as far as they are stored, and tokens: sessions, API keys, invitations and
//! reset links. Knows nothing of cookies, headers or how a password is hashed; what somebody may do then is `access`.

mod credential;
mod secret;
mod token;

pub use credential::{Credential, Lockout};
pub use secret::{Secret, SecretDigest};
pub use token::{Token, TokenDetails, TokenFilter, TokenKind};
