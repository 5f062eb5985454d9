//! The contact form of a brand. Owns the way from what a stranger types to a lead and what happened with it; what is wrong
//! with it comes back field by field, from LeadBox.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use leadbox_core::{Actor, Error, FieldIssue, IdentityKind, LeadBox, NewInteraction, NewLead};
use serde::Deserialize;

use crate::layout::{Failure, Frame};
use crate::{Brand, Employee, Host};

#[derive(Template)]
#[template(path = "contact.html")]
struct Page {
    frame: Frame,
    brand: &'static Brand,
    given: Given,
    issues: Vec<FieldIssue>,
    sent: bool,
}

impl Page {
    /// What is wrong with a field.
    fn issue(&self, field: &str) -> Option<&str> {
        let found = self.issues.iter().find(|issue| issue.field == field);
        found.map(|issue| issue.message.as_str())
    }
}

/// What was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Given {
    /// Which showing of the form it was: sent twice, it is one message.
    form: String,
    name: String,
    email: String,
    company: String,
    message: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    sent: Option<String>,
}

/// `GET /{brand}`.
pub(crate) async fn form(
    State(host): State<Host>,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
    employee: Option<Extension<Employee>>,
) -> Result<Html<String>, Failure> {
    let brand = Brand::by_key(&key).ok_or(Failure::Missing)?;
    let form = host.leadbox().new_id::<leadbox_core::InteractionId>().to_string();
    let page = Page {
        frame: Frame::new(brand.name, employee),
        brand,
        given: Given { form, ..Given::default() },
        issues: Vec::new(),
        sent: asked.sent.is_some(),
    };
    Ok(Html(page.render()?))
}

/// `POST /{brand}`.
pub(crate) async fn send(
    State(host): State<Host>,
    Path(key): Path<String>,
    employee: Option<Extension<Employee>>,
    Form(given): Form<Given>,
) -> Result<Response, Failure> {
    let brand = Brand::by_key(&key).ok_or(Failure::Missing)?;
    let leadbox = host.leads_of(brand).by(Actor::host().from_origin("contact form"));
    match take(&leadbox, &given).await {
        Ok(()) => Ok(Redirect::to(&format!("/{}?sent", brand.key)).into_response()),
        Err(Error::Invalid(invalid)) => {
            let frame = Frame::new(brand.name, employee);
            let page = Page { frame, brand, given, issues: invalid.issues, sent: false };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes a lead of who wrote, or finds the one that it is, and notes that it wrote.
async fn take(leadbox: &LeadBox, given: &Given) -> leadbox_core::Result<()> {
    let lead = NewLead::new()
        .name(&given.name)
        .email(&given.email)
        .company(&given.company)
        .source("contact form")
        .upsert_by(IdentityKind::Email);
    let lead = leadbox.leads().capture(&lead).await?.lead;
    let wrote = NewInteraction::new("form").prop("message", given.message.trim()).key(&given.form);
    leadbox.leads().record_interaction(lead.id, &wrote).await?;
    Ok(())
}
