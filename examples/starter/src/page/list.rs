//! The list: key figures, search, stage filter, and a page of leads with a way on.

use std::collections::HashMap;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use leadbox_core::filter::Op;
use leadbox_core::rollup::Cell;
use leadbox_core::service::LeadList;
use leadbox_core::{
    Catalog, Cursor, LeadBox, LeadFilter, Page, PageRequest, StageKind, StoredLead,
};
use serde::Deserialize;

use super::error::Problem;
use super::format::{self, Moment};
use super::layout::html;

/// What the address asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Ask {
    q: String,
    stage: String,
    after: String,
}

/// How many leads a page shows.
const ROWS: u32 = 50;
/// Up to here, matches are counted.
const COUNTED: u64 = 1000;

struct Choice<'a> {
    key: &'a str,
    name: &'a str,
    chosen: bool,
}

struct Row {
    href: String,
    name: String,
    company: String,
    title: String,
    stage: String,
    kind: &'static str,
    source: String,
    value: String,
    score: String,
    created: Moment,
}

#[derive(Default)]
struct Figures {
    leads: i64,
    open: i64,
    won: i64,
    lost: i64,
}

impl Figures {
    /// Shares of what is closed; none before anything is.
    fn win_rate(&self) -> Option<i64> {
        let closed = self.won + self.lost;
        (closed > 0).then(|| (self.won * 100 + closed / 2) / closed)
    }
}

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage<'a> {
    ask: &'a Ask,
    leads: String,
    open: String,
    won: String,
    win_rate: Option<i64>,
    stages: Vec<Choice<'a>>,
    rows: Vec<Row>,
    /// How many match, when something is looked for.
    matching: Option<String>,
    is_first: bool,
    first: String,
    next: Option<String>,
}

/// `/`.
pub(super) async fn list(
    State(leadbox): State<LeadBox>,
    ask: Result<Query<Ask>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(ask) = ask.map_err(|error| Problem::bad_request(error.body_text()))?;
    let catalog = leadbox.catalog().await?;
    let mut list = LeadList::default().search(&*ask.q);
    if !ask.stage.is_empty() {
        list.filter = LeadFilter::is("stage", Op::Eq, ask.stage.as_str());
    }
    let page = page(&leadbox, &list, &ask).await?;
    let is_narrowed = !ask.stage.is_empty() || !ask.q.trim().is_empty();
    let matching = if is_narrowed { Some(matching(&leadbox, &list).await?) } else { None };
    let figures = figures(&leadbox, &catalog).await?;
    let here = |after: Option<&str>| {
        format::link("/", &[("q", Some(&ask.q)), ("stage", Some(&ask.stage)), ("after", after)])
    };
    let stages = catalog.pipelines.iter().flat_map(|pipeline| &pipeline.stages);
    let page = ListPage {
        leads: format::count(figures.leads),
        open: format::count(figures.open),
        won: format::count(figures.won),
        win_rate: figures.win_rate(),
        stages: stages
            .map(|stage| Choice {
                key: &stage.key,
                name: &stage.name,
                chosen: stage.key == ask.stage,
            })
            .collect(),
        rows: page.items.iter().map(|stored| row(stored, &catalog, &leadbox)).collect(),
        matching,
        is_first: ask.after.is_empty(),
        first: here(None),
        next: page.next.map(|next| here(Some(&next.to_string()))),
        ask: &ask,
    };
    Ok(html(StatusCode::OK, &page))
}

async fn page(leadbox: &LeadBox, list: &LeadList, ask: &Ask) -> Result<Page<StoredLead>, Problem> {
    let request = if ask.after.is_empty() {
        PageRequest::first(ROWS)
    } else {
        let cursor: Cursor =
            ask.after.parse().map_err(|_| leadbox_core::StorageError::BadCursor)?;
        PageRequest::after(ROWS, cursor)
    };
    Ok(leadbox.leads().list(list, &request).await?)
}

async fn matching(leadbox: &LeadBox, list: &LeadList) -> Result<String, Problem> {
    let count = leadbox.leads().count(list, COUNTED).await?;
    Ok(match count {
        0 => "No leads match".to_owned(),
        1 => "1 lead matches".to_owned(),
        count if count > COUNTED => {
            format!("More than {} leads match", format::thousands(&COUNTED.to_string()))
        }
        count => format!("{} leads match", format::thousands(&count.to_string())),
    })
}

async fn figures(leadbox: &LeadBox, catalog: &Catalog) -> Result<Figures, Problem> {
    let kinds: HashMap<_, _> = catalog
        .pipelines
        .iter()
        .flat_map(|pipeline| &pipeline.stages)
        .map(|stage| (stage.id, stage.kind))
        .collect();
    let mut figures = Figures::default();
    let counts = leadbox.analytics().lead_counts().await?;
    let mut add = |(cell, n): (&Cell, &i64)| {
        figures.leads += n;
        match kinds.get(&cell.stage) {
            Some(StageKind::Open) => figures.open += n,
            Some(StageKind::Won) => figures.won += n,
            Some(StageKind::Lost) => figures.lost += n,
            None => {}
        }
    };
    counts.iter().for_each(&mut add);
    Ok(figures)
}

fn row(stored: &StoredLead, catalog: &Catalog, leadbox: &LeadBox) -> Row {
    let lead = &stored.lead;
    let stage = catalog.stage(lead.stage).map(|(_, stage)| stage);
    Row {
        href: format!("/leads/{}", lead.id),
        name: lead.display_name().to_owned(),
        company: lead.company.name.clone().unwrap_or_default(),
        title: lead.person.title.clone().unwrap_or_default(),
        stage: stage.map_or_else(|| "(unknown)".to_owned(), |stage| stage.name.clone()),
        kind: stage.map_or("open", |stage| stage.kind.as_str()),
        source: lead.source.name.clone().unwrap_or_default(),
        value: lead.value.map(format::money).unwrap_or_default(),
        score: format::score(&stored.score).unwrap_or_default(),
        created: format::day(lead.created_at, leadbox.now(), catalog.settings.zone),
    }
}
