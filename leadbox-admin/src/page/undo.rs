//! Taking back what was done to many leads at once, by a bulk action or an import. Owns the plan that is shown before; how
//! far the undo is, is `bulk`'s.

use askama::Template;
use axum::extract::Path;
use axum::response::{Html, Redirect};
use leadbox_core::service::Operation;

use super::bulk::{self, to_bulk};
use super::bulk_plan::Shown;
use super::lexicon::Lexicon;
use super::shell::{Shell, Visit};
use super::{Doc, import};
use crate::serve::Problem;

/// A page that leads here: its address below the mount, and what it is called.
struct Crumb {
    path: String,
    name: &'static str,
}

#[derive(Template)]
#[template(path = "undo.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    list: Crumb,
    /// What was done.
    done: Crumb,
    plan: Shown,
}

/// `GET /bulk/{id}/undo`.
pub(crate) async fn plan_bulk(
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let id = bulk::read_id(&id)?;
    let kind = visit.leadbox.bulk().progress(id).await?.kind;
    let list = Crumb { path: "leads".to_owned(), name: "All leads" };
    let done = Crumb { path: format!("bulk/{id}"), name: bulk::heading(kind) };
    plan(visit.on("leads"), Operation::Bulk(id), list, done).await
}

/// `GET /import/{id}/undo`.
pub(crate) async fn plan_import(
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let id = import::read_id(&id)?;
    let list = Crumb { path: "import".to_owned(), name: "Import" };
    let done = Crumb { path: format!("import/{id}"), name: "Result" };
    plan(visit.on("import"), Operation::Import(id), list, done).await
}

async fn plan(
    visit: Visit,
    operation: Operation,
    list: Crumb,
    done: Crumb,
) -> Result<Html<String>, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit;
    let plan = leadbox.bulk().plan_undo(operation).await?;
    let lexicon = Lexicon::of(&leadbox).await?;
    let plan = Shown::of(&plan, &lexicon.words());
    Ok(Html(Page { doc, shell, list, done, plan }.render()?))
}

/// `POST /bulk/{id}/undo`.
pub(crate) async fn undo_bulk(visit: Visit, Path(id): Path<String>) -> Result<Redirect, Problem> {
    undo(visit, Operation::Bulk(bulk::read_id(&id)?)).await
}

/// `POST /import/{id}/undo`.
pub(crate) async fn undo_import(visit: Visit, Path(id): Path<String>) -> Result<Redirect, Problem> {
    undo(visit, Operation::Import(import::read_id(&id)?)).await
}

/// Few leads at once and many in the background.
async fn undo(visit: Visit, operation: Operation) -> Result<Redirect, Problem> {
    let begun = visit.leadbox.bulk().begin_undo(operation).await?;
    Ok(to_bulk(&visit.doc, &begun))
}
