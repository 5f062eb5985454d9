//! Who asks, for a handler. Owns nothing but taking it from where the layer in front put it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use leadbox_core::LeadBox;

use crate::serve::Problem;
use crate::who::Principal;

/// LeadBox, as whoever asks sees it.
pub(super) struct Asker(pub(super) LeadBox);

impl<S: Send + Sync> FromRequestParts<S> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let principal = parts.extensions.get::<Principal>();
        let leadbox = principal.map(|principal| principal.leadbox.clone());
        Ok(Self(leadbox.ok_or_else(|| Problem::forbidden("Nobody was let in."))?))
    }
}
