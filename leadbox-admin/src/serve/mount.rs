//! Mounting into a host's router. Owns that the dashboard answers with and without a slash at its end.

use axum::Router;
use axum::extract::OriginalUri;
use axum::response::Redirect;
use axum::routing::get;

/// `inner` at `path` of `router`.
pub(crate) fn mount<S>(router: Router<S>, path: &str, inner: Router<S>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let path = path.trim_end_matches('/');
    if path.is_empty() {
        return router.merge(inner);
    }
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    // A nest answers `/leads`, and not `/leads/`, which is what people type.
    router.route(&format!("{path}/"), get(without_slash)).nest(&path, inner)
}

/// The same address without the slash at its end.
pub(crate) async fn without_slash(OriginalUri(uri): OriginalUri) -> Redirect {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    // With two slashes in front it would be another host's address.
    let path = uri.path().trim_start_matches(['/', '\\']).trim_end_matches('/');
    Redirect::permanent(&format!("/{path}{query}"))
}
