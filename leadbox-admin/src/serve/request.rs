//! One request. Owns its id, by which people find it in the log, its span, and the address that it came from.

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use uuid::Uuid;

use crate::admin::Shared;
use crate::who::Client;

/// The id of a request: the one that came along in `X-Request-Id`, else a new one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct RequestId(pub(crate) String);

const HEADER: &str = "x-request-id";

/// The longest id of somebody else's that is taken over.
const MOST: usize = 100;

/// Gives every request its id, and tells what became of it.
pub(crate) async fn begin(
    State(shared): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let given = request.headers().get(HEADER).and_then(|value| value.to_str().ok());
    let given = given.filter(|id| {
        !id.is_empty()
            && id.len() <= MOST
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
    });
    let id = given.map_or_else(|| shared.leadbox.new_id::<Uuid>().to_string(), str::to_owned);
    let span = tracing::info_span!(
        "request",
        id,
        method = %request.method(),
        path = request.uri().path(),
    );
    request.extensions_mut().insert(RequestId(id.clone()));
    let (parts, body) = request.into_parts();
    let address = (shared.addresses.0)(&parts);
    let mut request = Request::from_parts(parts, body);
    request.extensions_mut().insert(Client(address));
    let mut response = next.run(request).instrument(span.clone()).await;
    span.in_scope(|| tracing::debug!(status = response.status().as_u16(), "answered"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, id);
    }
    response
}
