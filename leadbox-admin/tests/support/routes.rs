//! The requests that the pages answer to, as their table in the program has them.

use std::collections::BTreeSet;

const ROUTES: &str = include_str!("../../src/page/routes.rs");

/// What is no page of anybody's.
const UNLISTED: &str = "GET /assets/{}/{}";

/// A request with what varies left out: names differ, and a query is no part of an address.
pub fn plain(request: &str) -> String {
    let request = request.split('?').next().unwrap();
    let mut plain = String::new();
    for part in request.split('{') {
        match part.split_once('}') {
            Some((_, rest)) => plain.push_str(&format!("{{}}{rest}")),
            None => plain.push_str(part),
        }
    }
    plain
}

/// Every method and address that the program answers to.
pub fn routes() -> BTreeSet<String> {
    let mut routes = BTreeSet::new();
    for route in ROUTES.split(".route(").skip(1) {
        let path = route.split('"').nth(1).unwrap();
        for method in ["get", "post", "put", "patch", "delete"] {
            let call = format!("{method}(");
            let after = |before: char| !before.is_alphanumeric() && before != '_' && before != ':';
            if route.match_indices(&call).any(|(at, _)| route[..at].ends_with(after)) {
                routes.insert(plain(&format!("{} {path}", method.to_uppercase())));
            }
        }
    }
    routes.remove(UNLISTED);
    routes
}
