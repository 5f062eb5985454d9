//! Cookies. Owns reading one and the attributes of ours.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// The session's cookie. Its path is the mount's, so that two mounts in one app keep apart.
pub(crate) const SESSION: &str = "lb_session";

/// The value of a cookie.
pub(crate) fn named<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// Whether the browser came by https, as far as the request tells.
pub(crate) fn is_secure(headers: &HeaderMap) -> bool {
    let forwarded = headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok());
    let origin = headers.get("origin").and_then(|value| value.to_str().ok());
    forwarded == Some("https") || origin.is_some_and(|origin| origin.starts_with("https://"))
}

/// The cookie that carries a session: unseen by scripts, not sent along from other sites.
pub(crate) fn session_cookie(
    secret: &str,
    prefix: &str,
    headers: &HeaderMap,
) -> Option<HeaderValue> {
    let secure = if is_secure(headers) { "; Secure" } else { "" };
    let path = path(prefix);
    // Fourteen days, the longest that a session lasts; the server ends it earlier.
    HeaderValue::from_str(&format!(
        "{SESSION}={secret}; Path={path}; Max-Age=1209600; HttpOnly; SameSite=Lax{secure}"
    ))
    .ok()
}

/// The cookie that ends it.
pub(crate) fn cleared(prefix: &str) -> Option<HeaderValue> {
    let path = path(prefix);
    HeaderValue::from_str(&format!("{SESSION}=; Path={path}; Max-Age=0; HttpOnly; SameSite=Lax"))
        .ok()
}

fn path(prefix: &str) -> &str {
    if prefix.is_empty() { "/" } else { prefix }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; lb_session=abc ; b=2"));
        headers.append(COOKIE, HeaderValue::from_static("lb_theme=dark"));
        assert_eq!(named(&headers, SESSION), Some("abc"));
        assert_eq!(named(&headers, "lb_theme"), Some("dark"));
        assert_eq!(named(&headers, "session"), None);
    }

    #[test]
    fn the_session_is_for_the_mount_alone_and_secure_behind_https() {
        let mut headers = HeaderMap::new();
        let plain = session_cookie("x", "/ops/leads", &headers).unwrap();
        assert_eq!(plain, "lb_session=x; Path=/ops/leads; Max-Age=1209600; HttpOnly; SameSite=Lax");
        headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
        let secure = session_cookie("x", "", &headers).unwrap();
        assert!(
            secure.to_str().unwrap().contains("Path=/;")
                && secure.to_str().unwrap().ends_with("; Secure")
        );
        assert_eq!(session_cookie("x\n", "", &headers), None);
    }
}
