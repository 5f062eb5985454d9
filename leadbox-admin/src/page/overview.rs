//! The first page: how things stand. Owns which figures it shows; they are sums of the counts that are kept, so that they
//! cost the same however many leads there are.

use std::collections::BTreeMap;

use askama::Template;
use axum::response::Html;
use leadbox_core::{Catalog, LeadBox, LeadList, PageRequest, StageKind};

use super::rows::{Head, Row, plain_heads, row};
use super::shell::{Shell, Visit};
use super::words::zone;
use super::{Doc, format};
use crate::serve::Problem;

/// How many of the latest leads it shows.
const LATEST: u32 = 8;
/// How many sources.
const SOURCES: usize = 8;
/// How many days count as recent.
const RECENT: i64 = 30;

struct Figure {
    label: &'static str,
    value: String,
    note: String,
}

struct SourceRow {
    name: String,
    /// In percent of the largest.
    bar: i64,
    leads: String,
    won: String,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    span: String,
    figures: Vec<Figure>,
    heads: Vec<Head>,
    rows: Vec<Row>,
    /// Whether rows can be ticked.
    selects: bool,
    sources: Vec<SourceRow>,
}

/// What the counts sum up to.
#[derive(Default)]
struct Sums {
    all: i64,
    open: i64,
    won: i64,
    lost: i64,
    recent: i64,
    before: i64,
    sources: BTreeMap<String, (i64, i64)>,
}

/// `GET /`.
pub(crate) async fn overview(visit: Visit) -> Result<Html<String>, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("");
    let catalog = leadbox.catalog().await?;
    let zone = zone(&leadbox, &catalog).await?;
    let sums = sums(&leadbox, &catalog).await?;
    let latest = leadbox.leads().list(&LeadList::default(), &PageRequest::first(LATEST)).await?;
    let (names, now) = (leadbox.directory().names().await?, leadbox.now());
    let page = Page {
        span: format!("As of {} · {zone}", format::moment(now, zone)),
        figures: figures(&sums),
        heads: plain_heads(),
        selects: false,
        rows: latest.items.iter().map(|stored| row(stored, &catalog, &names, now)).collect(),
        sources: sources(&sums),
        doc,
        shell,
    };
    Ok(Html(page.render()?))
}

async fn sums(leadbox: &LeadBox, catalog: &Catalog) -> Result<Sums, Problem> {
    let today = leadbox.now().with_timezone(&catalog.settings.zone).date_naive();
    let mut sums = Sums::default();
    for (cell, n) in leadbox.analytics().lead_counts().await? {
        let kind = catalog.stage(cell.stage).map(|(_, stage)| stage.kind);
        let won = if kind == Some(StageKind::Won) { n } else { 0 };
        sums.all += n;
        match kind {
            Some(StageKind::Open) => sums.open += n,
            Some(StageKind::Won) => sums.won += n,
            Some(StageKind::Lost) => sums.lost += n,
            None => {}
        }
        match (today - cell.day).num_days() {
            0..RECENT => sums.recent += n,
            days if (RECENT..2 * RECENT).contains(&days) => sums.before += n,
            _ => {}
        }
        let of_source = sums.sources.entry(cell.source).or_default();
        *of_source = (of_source.0 + n, of_source.1 + won);
    }
    Ok(sums)
}

fn figures(sums: &Sums) -> Vec<Figure> {
    let closed = sums.won + sums.lost;
    vec![
        Figure {
            label: "New leads, 30 days",
            value: format::whole(sums.recent),
            note: format!("{} in the 30 days before", format::whole(sums.before)),
        },
        Figure {
            label: "Open",
            value: format::whole(sums.open),
            note: format!("of {} leads", format::whole(sums.all)),
        },
        Figure {
            label: "Won",
            value: format::whole(sums.won),
            note: format!("{} lost", format::whole(sums.lost)),
        },
        Figure {
            label: "Won of closed",
            value: percent(sums.won, closed),
            note: format!("of {} closed", format::whole(closed)),
        },
    ]
}

fn sources(sums: &Sums) -> Vec<SourceRow> {
    let mut all: Vec<_> = sums.sources.iter().collect();
    all.sort_by_key(|(name, (leads, _))| (std::cmp::Reverse(*leads), (*name).clone()));
    let most = all.first().map_or(1, |(_, (leads, _))| (*leads).max(1));
    let shown = all.into_iter().take(SOURCES);
    shown
        .map(|(name, (leads, won))| SourceRow {
            name: if name.is_empty() { "Not set".to_owned() } else { name.clone() },
            bar: leads * 100 / most,
            leads: format::whole(*leads),
            won: percent(*won, *leads),
        })
        .collect()
}

fn percent(part: i64, whole: i64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let tenths = (part * 1000 + whole / 2) / whole;
    format!("{}.{}%", tenths / 10, tenths % 10)
}
