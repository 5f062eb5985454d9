//! Forms from elsewhere. Owns refusing a change that another site had a signed-in browser make.

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::bearer;
use crate::serve::Problem;

/// Lets reads pass, and changes only from our own pages or from programs with a key, which no browser sends by itself.
///
/// Browsers since 2023 say where a request comes from (`Sec-Fetch-Site`, W3C Fetch Metadata); older ones at least name the
/// page's origin.
pub(crate) async fn refuse_cross_site(request: Request, next: Next) -> Result<Response, Problem> {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_own(request.headers()) {
        return Ok(next.run(request).await);
    }
    // Browsers name where a change comes from: nothing at all is a program that forgot its key.
    let headers = request.headers();
    if !headers.contains_key(ORIGIN) && !headers.contains_key(SITE) {
        let says = "Programs send a key along, as `Authorization: Bearer lbk_...`.";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "Sign in first", says));
    }
    Err(Problem::forbidden("This form was sent from another site."))
}

/// Where browsers say that a request comes from.
const SITE: &str = "sec-fetch-site";

/// Whether it comes from our own pages, or from a program with a key.
pub(crate) fn is_own(headers: &HeaderMap) -> bool {
    let text =
        |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    // Other schemes, such as Basic, browsers do send along with what another site makes them send.
    if bearer(headers).is_some() {
        return true;
    }
    match headers.get(SITE) {
        Some(site) => site == "same-origin",
        None => match (text(ORIGIN.as_str()), text(HOST.as_str())) {
            (Some(origin), Some(host)) => {
                origin.split_once("://").is_some_and(|(_, authority)| authority == host)
            }
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_our_own_pages_and_keys_may_change_anything() {
        for (headers, own) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "same-site")], false),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://a.example"),
                    ("host", "a.example"),
                ],
                false,
            ),
            (&[("sec-fetch-site", "none")], false),
            (&[("origin", "https://a.example:8443"), ("host", "a.example:8443")], true),
            (&[("origin", "https://b.example"), ("host", "a.example")], false),
            (&[("origin", "null"), ("host", "a.example")], false),
            (&[("host", "a.example")], false),
            (&[("authorization", "Bearer lbk_"), ("sec-fetch-site", "cross-site")], true),
            (&[("authorization", "Basic YTpi"), ("sec-fetch-site", "cross-site")], false),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.insert(*name, HeaderValue::from_static(value));
            }
            assert_eq!(is_own(&map), own, "{headers:?}");
        }
    }
}
