//! The system: queues, consumers, versions. Owns what an administrator looks at when something is slow.

use askama::Template;
use axum::response::Html;

use super::shell::{Shell, Visit};
use super::{Doc, format};
use crate::serve::Problem;

struct LaneRow {
    name: String,
    ready: i64,
    leased: i64,
    waiting: i64,
    parked: i64,
    oldest: String,
}

#[derive(Template)]
#[template(path = "system.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    summary: String,
    lanes: Vec<LaneRow>,
    facts: Vec<(&'static str, String)>,
    consumers: Vec<(String, String, String)>,
}

/// `GET /system`.
pub(crate) async fn system(visit: Visit) -> Result<Html<String>, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("system");
    let lanes = leadbox.jobs().lanes().await?;
    let consumers = leadbox.log().consumers().await?;
    let (head, now) = (leadbox.log().head().await?, leadbox.now());
    let storage = leadbox.storage();
    let schema = storage.schema().await.map_err(leadbox_core::Error::from)?;
    let version = env!("CARGO_PKG_VERSION");
    let page = Page {
        summary: format!("LeadBox {version} · {}", storage.kind()),
        lanes: lanes
            .into_iter()
            .map(|lane| LaneRow {
                name: if lane.lane.name.is_empty() || lane.lane.name == lane.lane.queue {
                    lane.lane.queue
                } else {
                    format!("{}: {}", lane.lane.queue, lane.lane.name)
                },
                ready: lane.ready,
                leased: lane.leased,
                waiting: lane.waiting,
                parked: lane.parked,
                oldest: lane.oldest_due.map_or_else(|| "–".to_owned(), |at| format::ago(at, now)),
            })
            .collect(),
        facts: vec![
            ("LeadBox", version.to_owned()),
            ("Database", storage.kind().to_owned()),
            ("Schema", format!("{} of {}", schema.found, schema.known)),
            ("Log", format!("{} entries", format::whole(head.position.0))),
        ],
        consumers: consumers
            .into_iter()
            .map(|consumer| {
                let behind = head.position.0 - consumer.cursor.0;
                (consumer.consumer, format::whole(consumer.cursor.0), format::whole(behind.max(0)))
            })
            .collect(),
        doc,
        shell,
    };
    Ok(Html(page.render()?))
}
