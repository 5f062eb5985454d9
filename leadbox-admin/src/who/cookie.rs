//! Cookies. Owns reading one and the attributes of ours.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use leadbox_core::service::SessionPolicy;

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
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    // Each proxy adds what it saw; the first stands next to the browser.
    let forwarded = text("x-forwarded-proto").and_then(|list| list.split(',').next());
    // A form says from which page it comes, a link too: our policy lets them.
    let from = |name| text(name).is_some_and(|address| address.starts_with("https://"));
    forwarded.is_some_and(|scheme| scheme.trim() == "https") || from("origin") || from("referer")
}

/// The cookie that carries a session: unseen by scripts, not sent along from other sites.
pub(crate) fn session_cookie(
    secret: &str,
    prefix: &str,
    headers: &HeaderMap,
    policy: &SessionPolicy,
) -> Option<HeaderValue> {
    let seconds = policy.absolute.num_seconds();
    let secure = if is_secure(headers) { "; Secure" } else { "" };
    let path = path(prefix);
    HeaderValue::from_str(&format!(
        "{SESSION}={secret}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
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
        let (mut headers, policy) = (HeaderMap::new(), SessionPolicy::default());
        let plain = session_cookie("x", "/ops/leads", &headers, &policy).unwrap();
        assert_eq!(plain, "lb_session=x; Path=/ops/leads; Max-Age=1209600; HttpOnly; SameSite=Lax");
        headers.insert("x-forwarded-proto", HeaderValue::from_static("https, http"));
        let secure = session_cookie("x", "", &headers, &policy).unwrap();
        assert!(
            secure.to_str().unwrap().contains("Path=/;")
                && secure.to_str().unwrap().ends_with("; Secure")
        );
        headers.remove("x-forwarded-proto");
        headers.insert("referer", HeaderValue::from_static("https://a.example/leads"));
        assert!(is_secure(&headers), "a link is followed");
        assert_eq!(session_cookie("x\n", "", &headers, &policy), None);
    }
}
