//! All leads, and those of saved views. Owns the page; what its address asks for is read by `asked`.

use askama::Template;
use axum::extract::Query;
use axum::response::{Html, Response};
use leadbox_core::access::Permission;
use leadbox_core::{
    Invalid, LeadBox, LeadList, Page as Leads, SavedView, Sharing, StoredLead, UserId, ViewId,
};

use super::asked::{Asked, Given};
use super::bulk_plan::deeds;
use super::filters::{Bar, owners};
use super::opened::opened;
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
    title: String,
    views: Vec<Tab>,
    opened: Option<SavedView>,
    /// Whose the opened view is, if it is somebody else's.
    shared_by: String,
    /// Where the opened view is edited; empty for those who may not.
    edit: String,
    /// Why the view cannot be shown; empty when it can.
    fault: String,
    /// Whether there is something to be saved.
    differs: bool,
    may_keep: bool,
    /// What is to be saved, as an address says it.
    saved: String,
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

/// A view that can be opened.
struct Tab {
    address: String,
    name: String,
    shared: bool,
    current: bool,
}

impl Tab {
    fn of(view: SavedView, address: &str, opened: Option<ViewId>) -> Self {
        Self {
            address: format!("{address}?view={}", view.id),
            shared: view.sharing != Sharing::Private,
            current: opened == Some(view.id),
            name: view.name,
        }
    }
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
    Query(asked): Query<Given>,
) -> Result<Html<String>, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("leads");
    let address = doc.page("leads");
    let (asked, opened) = opened(&leadbox, asked).await?;
    let list = asked.list(leadbox.now());
    // What somebody typed is refused as everywhere; a view is still there to be mended.
    let fault = match &opened {
        Some(_) => leadbox.views().fault(&list).await?,
        None => None,
    };
    let (found, count) = match &fault {
        Some(_) => (Leads { items: Vec::new(), next: None }, String::new()),
        None => found(&leadbox, &list, &asked).await?,
    };
    let (catalog, names, now) =
        (leadbox.catalog().await?, leadbox.directory().names().await?, leadbox.now());
    let (first, next) = neighbours(&asked, &address, &found);
    let deeds = deeds(&leadbox);
    let may_change = opened.as_ref().is_some_and(|view| leadbox.views().may_change(view));
    let others = |view: &&SavedView| view.owner != leadbox.rights().user();
    let owner = |view: &SavedView| view.owner.and_then(|owner: UserId| names.get(&owner).cloned());
    let views = leadbox.views().list().await?.into_iter();
    let page = Page {
        title: opened.as_ref().map_or_else(|| "All leads".to_owned(), |view| view.name.clone()),
        views: views.map(|view| Tab::of(view, &address, asked.view())).collect(),
        shared_by: opened.as_ref().filter(others).and_then(owner).unwrap_or_default(),
        edit: match opened.as_ref().filter(|_| may_change) {
            Some(view) => doc.page(&format!("views/{}", view.id)),
            None => String::new(),
        },
        differs: asked.differs() && leadbox.rights().level(Permission::LeadRead).is_some(),
        // What cannot be shown cannot be saved either.
        may_keep: may_change && fault.is_none(),
        saved: asked.query(&[("after", ""), ("format", "")]),
        fault: fault.map(|fault| fault.to_string()).unwrap_or_default(),
        opened,
        bar: Bar::new(&leadbox, &address, &asked, &catalog, &names, owners(&leadbox, &names)),
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
pub(crate) async fn export(visit: Visit, Query(asked): Query<Given>) -> Result<Response, Problem> {
    let (asked, _) = opened(&visit.leadbox, asked).await?;
    let format = match asked.text("format") {
        "csv" => FileFormat::Csv,
        "jsonl" => FileFormat::Jsonl,
        _ => return Err(Invalid::one("format", "is csv or jsonl").into()),
    };
    let list = asked.list(visit.leadbox.now());
    file(visit.leadbox, list, format).await
}

fn counted(count: u64) -> String {
    match count {
        1 => "1 lead".to_owned(),
        count if count > COUNTED => "More than 10,000 leads".to_owned(),
        count => format!("{} leads", format::whole(i64::try_from(count).unwrap_or(i64::MAX))),
    }
}
