//! One role: what it allows and who has it. Owns making, copying, changing and removing it from its page.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use leadbox_core::access::{Capability, Grants};
use leadbox_core::{Error, Invalid, KeyError, Revision, Role, RoleKey, UserId};
use serde::Deserialize;

use super::Doc;
use super::fields::{Fields, value};
use super::granting::{
    CapabilityGroup, FieldRow, PermissionRow, capability_groups, field_rows, in_words,
    permission_rows, read, read_kept_back,
};
use super::issues::Issues;
use super::shell::{Shell, Visit};
use crate::serve::Problem;

/// The last part of the address of the form for a new role, which no role can have for a key here.
const NEW: &str = "new";

#[derive(Template)]
#[template(path = "role.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    heading: String,
    form: Form,
    is_new: bool,
    /// Why it cannot be changed; empty when it can.
    locked: &'static str,
    permissions: Vec<PermissionRow>,
    capabilities: Vec<CapabilityGroup>,
    /// The fields with a rule, and those without.
    kept_back: Vec<FieldRow>,
    shown: Vec<FieldRow>,
    /// Whether those without have something wrong with them.
    open: bool,
    words: Vec<String>,
    holders: Vec<(UserId, String)>,
    /// Whether the asker may go to users' pages.
    sees_users: bool,
    issues: Issues,
}

/// What stands in the form.
struct Form {
    /// As typed: it need not be one.
    key: String,
    name: String,
    revision: String,
    grants: Grants,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Copied {
    /// The role that is copied.
    from: String,
}

fn read_key(key: &str) -> Result<RoleKey, Error> {
    key.parse().map_err(|_: KeyError| Error::not_found("role", key))
}

async fn known(visit: &Visit, key: &str) -> Result<(Revision, Role), Problem> {
    visit.leadbox.rights().require_capability(Capability::RolesManage)?;
    let key = read_key(key)?;
    let found = visit.leadbox.access().role(&key).await?;
    Ok(found.ok_or_else(|| Error::not_found("role", &key))?)
}

/// `GET /roles/{key}`.
pub(crate) async fn role(visit: Visit, Path(key): Path<String>) -> Result<Html<String>, Problem> {
    let (revision, role) = known(&visit, &key).await?;
    let form = Form {
        key: role.key.to_string(),
        name: role.name.clone(),
        revision: revision.to_string(),
        grants: role.grants.clone(),
    };
    Ok(Html(page(visit, Some(&role), form, Issues::default()).await?.render()?))
}

/// `GET /roles/new`: empty, or a copy as far as the asker may hand it out.
pub(crate) async fn blank(
    visit: Visit,
    Query(copied): Query<Copied>,
) -> Result<Html<String>, Problem> {
    visit.leadbox.rights().require_capability(Capability::RolesManage)?;
    let mut form = Form {
        key: String::new(),
        name: String::new(),
        revision: String::new(),
        grants: Grants::default(),
    };
    if !copied.from.is_empty() {
        let (_, role) = known(&visit, &copied.from).await?;
        form.name = format!("Copy of {}", role.name);
        form.grants = match visit.leadbox.rights().grants() {
            Some(own) => role.grants.and(own),
            None => role.grants,
        };
    }
    Ok(Html(page(visit, None, form, Issues::default()).await?.render()?))
}

/// `POST /roles/new`.
pub(crate) async fn make(visit: Visit, axum::Form(fields): Fields) -> Result<Response, Problem> {
    visit.leadbox.rights().require_capability(Capability::RolesManage)?;
    let mut invalid = Invalid::default();
    let form = form(&visit, &fields, value(&fields, "key"), &mut invalid).await?;
    let key = match form.key.parse::<RoleKey>() {
        Ok(key) if key.as_str() != NEW => Some(key),
        Ok(_) => {
            invalid.push("key", "is the address of this page: use another");
            None
        }
        Err(error) => {
            invalid.push("key", error);
            None
        }
    };
    let done = match (key, invalid.or(())) {
        (Some(key), Ok(())) => put(&visit, key, &form, Revision(0)).await,
        (_, Err(invalid)) => Err(invalid.into()),
        // A key that is none was noted.
        (None, Ok(())) => Err(Invalid::one("key", "is missing").into()),
    };
    let done = match done {
        Err(Error::Stale { .. }) => Err(Invalid::one("key", "belongs to a role already").into()),
        other => other,
    };
    answer(visit, None, form, done).await
}

/// `POST /roles/{key}`.
pub(crate) async fn save(
    visit: Visit,
    Path(key): Path<String>,
    axum::Form(fields): Fields,
) -> Result<Response, Problem> {
    let (_, role) = known(&visit, &key).await?;
    let mut invalid = Invalid::default();
    let form = form(&visit, &fields, role.key.as_str(), &mut invalid).await?;
    let done = match (form.revision.parse(), invalid.or(())) {
        (Ok(revision), Ok(())) => put(&visit, role.key.clone(), &form, Revision(revision)).await,
        (Err(_), Ok(())) => Err(Invalid::one("revision", "is missing: open the page again").into()),
        (_, Err(invalid)) => Err(invalid.into()),
    };
    answer(visit, Some(role), form, done).await
}

/// What was typed, as far as it can be read.
async fn form(
    visit: &Visit,
    fields: &[(String, String)],
    key: &str,
    invalid: &mut Invalid,
) -> Result<Form, Problem> {
    let catalog = visit.leadbox.catalog().await?;
    let grants = read(fields, invalid);
    Ok(Form {
        key: key.to_owned(),
        name: value(fields, "name").to_owned(),
        revision: value(fields, "revision").to_owned(),
        grants: read_kept_back(fields, &catalog, grants, invalid),
    })
}

async fn put(visit: &Visit, key: RoleKey, form: &Form, before: Revision) -> Result<(), Error> {
    let role = Role { key, name: form.name.clone(), grants: form.grants.clone() };
    visit.leadbox.access().put_role(&role, before).await
}

async fn answer(
    visit: Visit,
    role: Option<Role>,
    form: Form,
    done: Result<(), Error>,
) -> Result<Response, Problem> {
    match done {
        Ok(()) => Ok(Redirect::to(&visit.doc.page(&format!("roles/{}", form.key))).into_response()),
        Err(Error::Invalid(invalid)) => {
            let page = page(visit, role.as_ref(), form, invalid.into()).await?.render()?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(
    visit: Visit,
    role: Option<&Role>,
    form: Form,
    issues: Issues,
) -> Result<Page, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("roles");
    let (catalog, rights) = (leadbox.catalog().await?, leadbox.rights());
    let locked = match role {
        Some(role) if role.is_built_in() => {
            "This role is built in and nobody can change it: copy it into a new one."
        }
        Some(role) if rights.require_within(&role.grants).is_err() => {
            "It allows more than you may yourself, so you cannot change it: copy what you may into a new one."
        }
        _ => "",
    };
    // What it means is told of the role as it is kept, and not of what is being typed.
    let meant = role.map_or(&form.grants, |role| &role.grants);
    let holders = match role {
        Some(role) => leadbox.access().holders().await?.remove(&role.key).unwrap_or_default(),
        None => Default::default(),
    };
    let rows = field_rows(rights, &form.grants, &catalog).into_iter();
    let (kept_back, shown): (Vec<FieldRow>, Vec<FieldRow>) = rows.partition(FieldRow::is_kept_back);
    Ok(Page {
        heading: role.map_or_else(|| "New role".to_owned(), |role| role.name.clone()),
        is_new: role.is_none(),
        locked,
        permissions: permission_rows(rights, &form.grants),
        capabilities: capability_groups(rights, &form.grants),
        open: shown.iter().any(|row| issues.has(&row.input)),
        kept_back,
        shown,
        words: in_words(meant, &catalog),
        holders: holders.into_iter().collect(),
        sees_users: rights.can(Capability::UsersManage),
        form,
        issues,
        doc,
        shell,
    })
}

#[derive(Template)]
#[template(path = "role-remove.html")]
struct RemovalPage {
    doc: Doc,
    shell: Shell,
    role: Role,
    holders: Vec<(UserId, String)>,
    sees_users: bool,
    issues: Issues,
}

/// `GET /roles/{key}/remove`.
pub(crate) async fn confirm(
    visit: Visit,
    Path(key): Path<String>,
) -> Result<Html<String>, Problem> {
    let (_, role) = known(&visit, &key).await?;
    Ok(Html(removal(visit, role, Issues::default()).await?.render()?))
}

/// `POST /roles/{key}/remove`.
pub(crate) async fn remove(visit: Visit, Path(key): Path<String>) -> Result<Response, Problem> {
    let (_, role) = known(&visit, &key).await?;
    match visit.leadbox.access().remove_role(&role.key).await {
        Ok(()) => Ok(Redirect::to(&visit.doc.page("roles")).into_response()),
        Err(Error::Invalid(invalid)) => {
            let page = removal(visit, role, invalid.into()).await?.render()?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn removal(visit: Visit, role: Role, issues: Issues) -> Result<RemovalPage, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("roles");
    leadbox.rights().require_within(&role.grants)?;
    let holders = leadbox.access().holders().await?.remove(&role.key).unwrap_or_default();
    let sees_users = leadbox.rights().can(Capability::UsersManage);
    Ok(RemovalPage { doc, shell, role, holders: holders.into_iter().collect(), sees_users, issues })
}
