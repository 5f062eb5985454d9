//! Requests that may be sent twice. Owns the header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): core
//! keeps which thing was made under it, and the answer is made anew for whoever asks again.

use axum::extract::{FromRequest, OriginalUri, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use leadbox_core::{Error, ImportId, Invalid, LeadBox};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;
use uuid::{Builder, Uuid};

use super::body::{read, received};
use crate::serve::Problem;

const KEY: &str = "idempotency-key";
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The header, as the document describes it.
#[expect(dead_code, reason = "it is read where the body is")]
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct OnceKey {
    /// Sent again with the same key and body, nothing is done again.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255, pattern = "^[ -~]+$")]
    key: Option<String>,
}

/// A body that may be sent twice.
pub(super) struct Posted<T> {
    pub(super) value: T,
    key: Option<String>,
    /// Everything that was asked, to know another request under the same key.
    request: Vec<u8>,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Posted<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let headers = request.headers().clone();
        let key = key(&headers)?.map(str::to_owned);
        let uri = request.extensions().get::<OriginalUri>();
        let path = uri.map_or(request.uri().path(), |OriginalUri(uri)| uri.path());
        let mut asked = format!("{} {path}\n", request.method()).into_bytes();
        let bytes = received(request, state).await?;
        asked.extend_from_slice(&bytes);
        Ok(Self { value: read(&headers, &bytes)?, key, request: asked })
    }
}

impl<T> Posted<T> {
    /// The handle to do it with, and the id of what was made when it was sent before.
    pub(super) async fn begin(
        &self,
        leadbox: &LeadBox,
    ) -> Result<(LeadBox, Option<Uuid>), Problem> {
        let Some(key) = &self.key else { return Ok((leadbox.clone(), None)) };
        let once = leadbox.once(key, &self.request).map_err(unfit_key)?;
        match once.made().await {
            Ok(made) => Ok((once, made)),
            Err(Error::Invalid(_)) => Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "Idempotency key used before",
                "This Idempotency-Key was sent with another request.",
            )),
            Err(error) => Err(error.into()),
        }
    }
}

fn key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(key) = headers.get(KEY) else { return Ok(None) };
    key.to_str().map(Some).map_err(|_| unfit("has to be ASCII"))
}

/// The id of the import that is sent under a key: the same one for the same key and asker.
pub(super) fn import_id(
    leadbox: &LeadBox,
    headers: &HeaderMap,
) -> Result<Option<ImportId>, Problem> {
    let Some(key) = key(headers)? else { return Ok(None) };
    // A key that is good for no other request is good for no import.
    leadbox.once(key, &[]).map_err(unfit_key)?;
    let actor = leadbox.actor();
    let mut whose = Sha256::new();
    whose.update(leadbox.tenant().0.to_be_bytes());
    whose.update(actor.id.unwrap_or_default());
    whose.update(key);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&whose.finalize()[..16]);
    Ok(Some(Builder::from_custom_bytes(bytes).into_uuid().into()))
}

fn unfit_key(invalid: Invalid) -> Problem {
    unfit(invalid.issues.first().map_or("is none", |issue| issue.message.as_str()))
}

fn unfit(why: &str) -> Problem {
    let detail = format!("Idempotency-Key {why}.");
    Problem::new(StatusCode::BAD_REQUEST, "Bad header", detail)
}

/// Says that nothing was done again.
pub(super) fn replayed(mut response: Response) -> Response {
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
