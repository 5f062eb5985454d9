//! All leads. Owns the page; what its address asks for is read by `filters`.

use askama::Template;
use axum::extract::Query;
use axum::response::{Html, Response};
use leadbox_core::access::Permission;
use leadbox_core::{Invalid, LeadBox, LeadList, Page as Leads, StoredLead};

use super::bulk_plan::deeds;
use super::filters::{Asked, Bar, owners};
use super::rows::{Head, Row, row};
use super::shell::{Shell, Visit};
use super::{Doc, format};
use crate::api::{FileFormat, file};
use crate::serve::{Problem, page_after};

/// How many leads a page shows.
const ROWS: u32 = 50;
/// Up to here, matches are counted.
const COUNTED: u64 = 10_000;

#[derive(Template)]
#[template(path = "leads.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    bar: Bar,
    count: String,
    may_add: bool,
    /// What can be done with leads that are ticked.
    deeds: Vec<(&'static str, &'static str)>,
    /// Whether rows can be ticked.
    selects: bool,
    /// What is asked for, for what is done with all that pass.
    list: String,
    may_export: bool,
    /// The same, for the export.
    exported: Vec<(String, String)>,
    heads: Vec<Head>,
    rows: Vec<Row>,
    first: String,
    next: String,
}

/// A page of a list, and how many it has in all, in words.
pub(super) async fn found(
    leadbox: &LeadBox,
    list: &LeadList,
    asked: &Asked,
) -> Result<(Leads<StoredLead>, String), Problem> {
    let found = leadbox.leads().list(list, &page_after(ROWS, asked.after())?).await?;
    Ok((found, counted(leadbox.leads().count(list, COUNTED).await?)))
}

/// Where the first page is, unless this is it, and the next one, if there is one.
pub(super) fn neighbours(asked: &Asked, page: &str, found: &Leads<StoredLead>) -> (String, String) {
    let first = match asked.after() {
        "" => String::new(),
        _ => asked.address(page, &[("after", "")]),
    };
    let next = found.next.as_ref().map(|next| asked.address(page, &[("after", &next.to_string())]));
    (first, next.unwrap_or_default())
}

/// `GET /leads`.
pub(crate) async fn leads(
    visit: Visit,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Html<String>, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("leads");
    let (asked, address) = (Asked(asked), doc.page("leads"));
    let (found, count) = found(&leadbox, &asked.list(), &asked).await?;
    let (catalog, names, now) =
        (leadbox.catalog().await?, leadbox.directory().names().await?, leadbox.now());
    let (first, next) = neighbours(&asked, &address, &found);
    let deeds = deeds(&leadbox);
    let page = Page {
        bar: Bar::new(&leadbox, &address, &asked, &catalog, owners(&leadbox, &names)),
        may_add: leadbox.rights().level(Permission::LeadCreate).is_some(),
        count,
        selects: !deeds.is_empty() && !found.items.is_empty(),
        deeds,
        list: asked.query(&[("after", ""), ("sort", ""), ("col", ""), ("format", "")]),
        exported: asked.kept(&["after", "col", "format"]),
        may_export: leadbox.rights().level(Permission::LeadExport).is_some(),
        heads: asked.heads(&leadbox, &address),
        rows: found.items.iter().map(|stored| row(stored, &catalog, &names, now)).collect(),
        first,
        next,
        doc,
        shell,
    };
    Ok(Html(page.render()?))
}

/// `GET /leads/export`: those that pass, as a file.
pub(crate) async fn export(
    visit: Visit,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let asked = Asked(asked);
    let format = match asked.text("format") {
        "csv" => FileFormat::Csv,
        "jsonl" => FileFormat::Jsonl,
        _ => return Err(Invalid::one("format", "is csv or jsonl").into()),
    };
    file(visit.leadbox, asked.list(), format).await
}

fn counted(count: u64) -> String {
    match count {
        1 => "1 lead".to_owned(),
        count if count > COUNTED => "More than 10,000 leads".to_owned(),
        count => format!("{} leads", format::whole(i64::try_from(count).unwrap_or(i64::MAX))),
    }
}
