//! Being told that something changed, over a WebSocket. Who is told what is `live`'s to say.

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Query, State};
use axum::http::request::Parts;
use axum::response::Response;

use crate::admin::Shared;
use crate::live::{self, Asked};
use crate::serve::Problem;

/// Be told of changes
///
/// A WebSocket (RFC 6455). Every message is a text `{"topic": "leads", "seq": 4711}`: what the topic is about changed, the
/// last time by the event at that position of the log. What changed is read by the other operations. A topic is told only to
/// whoever may read what it is about, by the rights of that moment: leads that the asker sees (or saw until now), users,
/// roles, keys and the log with their capabilities, work that the asker began. The topic `*` says that something was missed:
/// look at everything again.
///
/// Nothing is lost over a gap: connect again with the greatest `seq` as `after`. The connection is closed with 4401 when the
/// session or key ends, with 1001 when the server stops, with 1008 after too many messages from the other end, and with 1011
/// when something broke. Pings come every 20 seconds.
#[utoipa::path(get, path = "/live", tag = "log", params(Asked), responses(
    (status = 101, description = "It is a WebSocket now"),
    (status = 426, description = "It was not asked for a WebSocket"),
))]
pub(super) async fn connect(
    shared: State<Shared>,
    asked: Query<Asked>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    parts: Parts,
) -> Result<Response, Problem> {
    live::live(shared, asked, upgrade, parts).await
}
