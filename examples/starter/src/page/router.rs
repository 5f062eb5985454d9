//! The routes, and the headers of every answer.

use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use leadbox_core::LeadBox;

use super::error::Problem;
use super::{health, lead, list};

/// Nothing but our own stylesheet is loaded, forms stay here, and nobody frames us.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";
const STYLE: &str = include_str!("../../assets/style.css");
const ICON: &str = include_str!("../../assets/icon.svg");

/// All pages over this LeadBox.
pub(crate) fn router(leadbox: LeadBox) -> Router {
    Router::new()
        .route("/", get(list::list))
        .route("/leads/{id}", get(lead::lead))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/style.css", get(|| async { asset("text/css; charset=utf-8", STYLE) }))
        .route("/icon.svg", get(|| async { asset("image/svg+xml", ICON) }))
        .fallback(|| async { Problem::not_found("There is no such page.") })
        .method_not_allowed_fallback(|| async { Problem::not_allowed() })
        .with_state(leadbox)
        .layer(map_response(guard))
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "max-age=300")], text).into_response()
}

async fn guard(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    // Leads are personal data: they stay out of caches.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
