//! Which lead is the same person as another. Owns finding it: among those that look like it, or by text.

use askama::Template;
use axum::response::Html;
use leadbox_core::{LeadId, LeadList, PageRequest};

use super::Doc;
use super::duplicates::{Alike, alike};
use super::merge::editable;
use super::shell::{Shell, Visit};
use crate::serve::Problem;

/// How many leads it shows.
const FOUND: u32 = 20;

#[derive(Template)]
#[template(path = "merge-search.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    id: String,
    name: String,
    q: String,
    found: Vec<Alike>,
    /// Whether there are more than are shown.
    more: bool,
}

/// `GET /leads/{id}/merge`, without another lead.
pub(super) async fn page(visit: Visit, id: LeadId, q: String) -> Result<Html<String>, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("duplicates");
    let lead = editable(&leadbox, id).await?.lead;
    let (found, more) = match q.trim() {
        "" => (alike(&leadbox, &doc.prefix, &lead).await?, false),
        text => {
            let list = LeadList::default().search(text);
            let page = leadbox.leads().list(&list, &PageRequest::first(FOUND)).await?;
            let others = page.items.iter().filter(|one| one.lead.id != lead.id);
            let others = others.map(|one| Alike::of(&leadbox, &doc.prefix, &lead, &one.lead));
            (others.collect(), page.next.is_some())
        }
    };
    let name = lead.display_name().to_owned();
    let page = Page { id: lead.id.to_string(), name, q, found, more, doc, shell };
    Ok(Html(page.render()?))
}
