//! The sidebar as a page, for small screens without scripts.

use askama::Template;
use axum::response::Html;

use super::Doc;
use super::shell::{Shell, Visit};
use crate::serve::Problem;

#[derive(Template)]
#[template(path = "menu.html")]
struct Page {
    doc: Doc,
    shell: Shell,
}

/// `GET /menu`.
pub(crate) async fn menu(visit: Visit) -> Result<Html<String>, Problem> {
    let Visit { doc, shell, .. } = visit.on("menu");
    Ok(Html(Page { doc, shell }.render()?))
}
