//! Where the dashboard is mounted. Owns finding it out per request, so that it works at any prefix, below a host's own
//! nesting, and twice in one app.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::request::Parts;

/// The path in front of every address of ours: empty, or `/` and more without a `/` at its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Prefix(pub(crate) String);

/// What of the address was taken off on the way here.
pub(crate) fn prefix_of(parts: &Parts) -> String {
    let inner = parts.uri.path();
    let Some(OriginalUri(original)) = parts.extensions.get::<OriginalUri>() else {
        return String::new();
    };
    let original = original.path();
    let prefix = match original.strip_suffix(inner) {
        Some(prefix) => prefix,
        // The mount itself: `/ops/leads` comes in as `/`.
        None => original,
    };
    addressed(prefix.trim_end_matches('/'))
}

/// The same with what may not stand in an address (RFC 3986, appendix A), or would end an attribute of ours: a prefix with
/// a part that the host leaves open is somebody's input.
fn addressed(prefix: &str) -> String {
    let mut text = String::with_capacity(prefix.len());
    for letter in prefix.chars() {
        match letter {
            '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' | ';' => {
                text.push_str(&format!("%{:02X}", u32::from(letter)));
            }
            _ => text.push(letter),
        }
    }
    text
}

impl<S: Send + Sync> FromRequestParts<S> for Prefix {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(prefix_of(parts)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_no_attribute() {
        assert_eq!(addressed("/acme/ops"), "/acme/ops");
        assert_eq!(addressed("/a\"><b;c%20"), "/a%22%3E%3Cb%3Bc%20");
    }
}
