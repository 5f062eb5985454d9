//! What load balancers and supervisors ask: does the process live, and can it work.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use leadbox_core::LeadBox;

/// Both addresses.
pub(crate) fn router(leadbox: LeadBox) -> Router {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready)).with_state(leadbox)
}

/// `/healthz`: the process answers. Says nothing of the storage, so that a database that is away does not get the
/// process restarted.
async fn alive() -> &'static str {
    "ok\n"
}

/// How long the storage may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// `/readyz`: the storage answers and has the schema that this program needs.
async fn ready(State(leadbox): State<LeadBox>) -> (StatusCode, String) {
    let reason = match tokio::time::timeout(PATIENCE, leadbox.storage().schema()).await {
        Ok(Ok(schema)) if schema.found == schema.known => {
            return (StatusCode::OK, "ready\n".to_owned());
        }
        Ok(Ok(schema)) => {
            format!("the database has schema {}, this program needs {}", schema.found, schema.known)
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("the storage did not answer within {} s", PATIENCE.as_secs()),
    };
    (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n"))
}
