//! Roles: which there are, and who has them. Owns the list; one role's page is `role`'s.

use askama::Template;
use axum::response::Html;
use leadbox_core::access::Capability;

use super::Doc;
use super::granting::in_words;
use super::shell::{Shell, Visit};
use crate::serve::Problem;

struct Row {
    key: String,
    name: String,
    built_in: bool,
    holders: Vec<String>,
    words: Vec<String>,
}

#[derive(Template)]
#[template(path = "roles.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    rows: Vec<Row>,
}

/// `GET /roles`.
pub(crate) async fn roles(visit: Visit) -> Result<Html<String>, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("roles");
    leadbox.rights().require_capability(Capability::RolesManage)?;
    let (catalog, mut holders) = (leadbox.catalog().await?, leadbox.access().holders().await?);
    let rows = catalog.roles.values().map(|role| Row {
        key: role.key.to_string(),
        name: role.name.clone(),
        built_in: role.is_built_in(),
        holders: holders.remove(&role.key).unwrap_or_default().into_values().collect(),
        words: in_words(&role.grants, &catalog),
    });
    let mut rows: Vec<Row> = rows.collect();
    rows.sort_by_key(|row| row.built_in);
    Ok(Html(Page { doc, shell, rows }.render()?))
}
