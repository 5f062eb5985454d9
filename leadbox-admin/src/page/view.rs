//! Saved views: saving one, renaming it, for whom it is, taking it over, deleting it. The list of leads opens them, and
//! saves how it was changed.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use leadbox_core::access::{Capability, Denied, Permission};
use leadbox_core::{Error, FieldIssue, Invalid, LeadBox, NewView, SavedView, Sharing, ViewPatch};

use super::Doc;
use super::asked::{Asked, Given, SORTS};
use super::fields::{Fields, revision, value};
use super::input::Input;
use super::issues::Issues;
use super::shell::{Shell, Visit};
use super::words::{Words, sentence};
use crate::serve::Problem;

/// For whom a view can be: what is sent, and in words.
pub(super) const SHARING: [(Sharing, &str, &str); 3] = [
    (Sharing::Private, "private", "Only its owner"),
    (Sharing::Team, "team", "Its owner's team, and the teams below"),
    (Sharing::Everyone, "everyone", "Everybody who sees leads"),
];

#[derive(Template)]
#[template(path = "view.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    title: String,
    /// None while it is not saved.
    view: Option<SavedView>,
    /// Whose it is, if it is somebody else's.
    owner: String,
    may_take_over: bool,
    /// The list that is to be saved, as an address says it.
    list: String,
    revision: String,
    inputs: Vec<Input>,
    issues: Issues,
    /// What it shows, in words.
    shows: Vec<(&'static str, String)>,
    back: String,
}

fn sharing(text: &str) -> Result<Sharing, Invalid> {
    let named = SHARING.iter().find(|(_, name, _)| *name == text);
    let unknown = || Invalid::one("sharing", "is none of those that there are");
    named.map(|(sharing, ..)| *sharing).ok_or_else(unknown)
}

fn inputs(leadbox: &LeadBox, given: &[(String, String)], issues: &[FieldIssue]) -> Vec<Input> {
    let mut inputs = vec![Input::new("name", "Name", "text").wide()];
    if leadbox.rights().can(Capability::ViewsShare) {
        let choices = SHARING.map(|(_, name, says)| (name.to_owned(), says.to_owned()));
        inputs.push(Input::new("sharing", "Who sees it", "text").choices(choices.into()).wide());
    }
    inputs.into_iter().map(|input| input.with(given, issues)).collect()
}

/// What a list shows, in words.
async fn shows(leadbox: &LeadBox, asked: &Asked) -> Result<Vec<(&'static str, String)>, Problem> {
    let (catalog, names) = (leadbox.catalog().await?, leadbox.directory().names().await?);
    let zone = catalog.settings.zone;
    let words = Words::new(&catalog, &names, zone);
    let list = asked.lasting();
    let order = SORTS.iter().find(|(.., sort)| *sort == list.sort).map(|(_, says, _)| *says);
    let columns: Vec<&str> = asked.columns().iter().map(|column| column.label).collect();
    let mut shows = vec![("Leads", sentence(&words.condition(&list.filter)))];
    if !list.search.is_empty() {
        shows.push(("Text", list.search));
    }
    shows.push(("Order", order.map_or_else(|| list.sort.to_string(), str::to_owned)));
    shows.push(("Columns", columns.join(", ")));
    Ok(shows)
}

fn to_view(doc: &Doc, view: &SavedView) -> Redirect {
    Redirect::to(&format!("{}?view={}", doc.page("leads"), view.id))
}

/// What is wrong with what was sent; anything else is a problem.
fn refused(error: Error) -> Result<Vec<FieldIssue>, Problem> {
    match error {
        Error::Invalid(Invalid { issues }) => Ok(issues),
        Error::Filter(fault) => Ok(Invalid::one("filter", fault).issues),
        other => Err(other.into()),
    }
}

async fn blank_page(
    visit: Visit,
    list: String,
    given: &[(String, String)],
    issues: Vec<FieldIssue>,
) -> Result<Page, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("leads");
    let asked = Asked::parse(&list)?;
    let inputs = inputs(&leadbox, given, &issues);
    Ok(Page {
        title: "Save view".to_owned(),
        view: None,
        owner: String::new(),
        may_take_over: false,
        revision: String::new(),
        issues: Issues::from(issues).above(&inputs),
        inputs,
        shows: shows(&leadbox, &asked).await?,
        back: asked.address(&doc.page("leads"), &[]),
        list,
        doc,
        shell,
    })
}

/// `GET /views/new`: the list to be saved stands in the address.
pub(crate) async fn blank(
    visit: Visit,
    Query(given): Query<Given>,
) -> Result<Html<String>, Problem> {
    let permission = Permission::LeadRead;
    if visit.leadbox.rights().level(permission).is_none() {
        return Err(Denied::Permission { permission }.into());
    }
    let list = Asked::of(given).query(&[("after", ""), ("view", ""), ("format", "")]);
    Ok(Html(blank_page(visit, list, &[], Vec::new()).await?.render()?))
}

/// `POST /views`.
pub(crate) async fn make(visit: Visit, axum::Form(fields): Fields) -> Result<Response, Problem> {
    let list = value(&fields, "list").to_owned();
    let asked = Asked::parse(&list)?;
    let done = match value(&fields, "sharing") {
        "" => Ok(Sharing::Private),
        text => sharing(text),
    };
    let done = match done {
        Ok(sharing) => {
            let new = NewView { name: value(&fields, "name").to_owned(), sharing, ..new(&asked) };
            visit.leadbox.views().save(&new).await
        }
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(view) => Ok(to_view(&visit.doc, &view).into_response()),
        Err(error) => {
            let page = blank_page(visit, list, &fields, refused(error)?).await?.render()?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
        }
    }
}

/// What an address asks for, to be saved.
fn new(asked: &Asked) -> NewView {
    let list = asked.lasting();
    NewView {
        filter: list.filter,
        search: list.search,
        sort: list.sort,
        columns: asked.chosen_columns(),
        ..NewView::default()
    }
}

async fn changeable(leadbox: &LeadBox, id: &str) -> Result<SavedView, Problem> {
    let found = match id.parse() {
        Ok(id) => leadbox.views().view(id).await?,
        Err(_) => None,
    };
    let view = found.ok_or_else(|| Problem::not_found("There is no such view."))?;
    match leadbox.views().may_change(&view) {
        true => Ok(view),
        false => Err(Denied::Capability { capability: Capability::ViewsShare }.into()),
    }
}

async fn page(
    visit: Visit,
    view: SavedView,
    given: &[(String, String)],
    issues: Vec<FieldIssue>,
) -> Result<Page, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("leads");
    let user = leadbox.rights().user();
    let names = leadbox.directory().names().await?;
    let asked = Asked::beginning_with(&view, Given::new());
    let inputs = inputs(&leadbox, given, &issues);
    Ok(Page {
        title: view.name.clone(),
        owner: match view.owner {
            Some(owner) if user == Some(owner) => String::new(),
            Some(owner) => names.get(&owner).cloned().unwrap_or_default(),
            None => "nobody".to_owned(),
        },
        may_take_over: user.is_some() && view.owner != user,
        list: String::new(),
        revision: value(given, "revision").to_owned(),
        issues: Issues::from(issues).above(&inputs),
        inputs,
        shows: shows(&leadbox, &asked).await?,
        back: asked.address(&doc.page("leads"), &[]),
        view: Some(view),
        doc,
        shell,
    })
}

/// `GET /views/{id}`.
pub(crate) async fn edit(visit: Visit, Path(id): Path<String>) -> Result<Html<String>, Problem> {
    let view = changeable(&visit.leadbox, &id).await?;
    let shared = SHARING.iter().find(|(sharing, ..)| *sharing == view.sharing);
    let given = [
        ("name".to_owned(), view.name.clone()),
        ("sharing".to_owned(), shared.map(|(_, name, _)| (*name).to_owned()).unwrap_or_default()),
        ("revision".to_owned(), view.revision.to_string()),
    ];
    Ok(Html(page(visit, view, &given, Vec::new()).await?.render()?))
}

/// `POST /views/{id}`: its name, and for whom it is.
pub(crate) async fn save(
    visit: Visit,
    Path(id): Path<String>,
    axum::Form(fields): Fields,
) -> Result<Response, Problem> {
    let before = changeable(&visit.leadbox, &id).await?;
    let revision = revision(&fields)?;
    let sharing = Some(value(&fields, "sharing")).filter(|text| !text.is_empty()).map(sharing);
    let done = match sharing.transpose() {
        Ok(sharing) => {
            let name = Some(value(&fields, "name").to_owned());
            let patch = ViewPatch { name, sharing, ..ViewPatch::default() };
            visit.leadbox.views().change(before.id, &patch, Some(revision)).await
        }
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(view) => Ok(to_view(&visit.doc, &view).into_response()),
        Err(error) => {
            let page = page(visit, before, &fields, refused(error)?).await?.render()?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
        }
    }
}

/// `POST /views/{id}/list`: what it shows, as the list was changed.
pub(crate) async fn keep(
    visit: Visit,
    Path(id): Path<String>,
    axum::Form(fields): Fields,
) -> Result<Redirect, Problem> {
    let view = changeable(&visit.leadbox, &id).await?;
    let NewView { filter, search, sort, columns, .. } = new(&Asked::parse(value(&fields, "list"))?);
    let patch = ViewPatch {
        filter: Some(filter),
        search: Some(search),
        sort: Some(sort),
        columns: Some(columns),
        ..ViewPatch::default()
    };
    let view = visit.leadbox.views().change(view.id, &patch, Some(revision(&fields)?)).await?;
    Ok(to_view(&visit.doc, &view))
}

/// `POST /views/{id}/take-over`.
pub(crate) async fn take_over(visit: Visit, Path(id): Path<String>) -> Result<Redirect, Problem> {
    let view = changeable(&visit.leadbox, &id).await?;
    let view = visit.leadbox.views().take_over(view.id).await?;
    Ok(to_view(&visit.doc, &view))
}

/// `POST /views/{id}/delete`.
pub(crate) async fn delete(visit: Visit, Path(id): Path<String>) -> Result<Redirect, Problem> {
    let view = changeable(&visit.leadbox, &id).await?;
    visit.leadbox.views().delete(view.id).await?;
    Ok(Redirect::to(&visit.doc.page("leads")))
}
