//! Adding a lead, and changing one. Owns the form: which inputs a field gets, and that what somebody may not see is not
//! there, and what somebody may not write is not sent.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use leadbox_core::access::Permission;
use leadbox_core::{
    Catalog, Denied, Error, FieldDefinition, FieldIssue, FieldType, IdentityKind, Invalid, Lead,
    LeadBox, LeadPatch, NewLead, Version,
};
use serde_json::{Map, Value};

use super::Doc;
use super::fields::{Fields, value};
use super::input::Input;
use super::issues::Issues;
use super::lead::{read_id, to_lead};
use super::shell::{Shell, Visit};
use super::words::{Names, label};
use crate::serve::Problem;

struct Group {
    title: &'static str,
    inputs: Vec<Input>,
}

#[derive(Template)]
#[template(path = "edit.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    heading: &'static str,
    /// Empty for a new lead.
    id: String,
    name: String,
    version: String,
    groups: Vec<Group>,
    issues: Issues,
}

/// The fields of a person and its company: name, label, kind of input, hint.
const PERSON: [(&str, &str, &str, &str); 5] = [
    ("name", "Name", "text", ""),
    ("first_name", "First name", "text", ""),
    ("title", "Job title", "text", ""),
    ("email", "E-mail", "email", ""),
    ("phone", "Phone", "tel", "With + and the country, such as +49 30 901820."),
];
const COMPANY: [(&str, &str, &str, &str); 6] = [
    ("company", "Company", "text", ""),
    ("domain", "Website", "text", ""),
    ("industry", "Industry", "text", ""),
    ("employees", "Employees", "number", ""),
    ("city", "City", "text", ""),
    ("country", "Country", "text", "A code such as DE, or the English name."),
];
const WORK: [(&str, &str, &str, &str); 3] = [
    ("value", "Value", "text", "Such as 1250.50, or 1250.50 USD."),
    ("tags", "Tags", "text", "With commas between."),
    ("external_id", "Your own id", "text", ""),
];

/// What stands in the form: by field, as text.
type Given = BTreeMap<String, String>;

fn texts(fields: &Map<String, Value>) -> Given {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    };
    fields.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

/// `GET /leads/{id}/edit`.
pub(crate) async fn edit(visit: Visit, Path(id): Path<String>) -> Result<Html<String>, Problem> {
    let lead = known(&visit.leadbox, &id).await?;
    let given = texts(&lead.to_fields());
    Ok(Html(page(visit, Some(&lead), given, Vec::new()).await?.render()?))
}

async fn known(leadbox: &LeadBox, id: &str) -> Result<Lead, Problem> {
    let id = read_id(id)?;
    let stored = leadbox.leads().lead(id).await?.filter(|one| one.lead.deleted_at.is_none());
    let lead = stored.ok_or_else(|| Error::not_found("lead", id))?.lead;
    leadbox.rights().require(Permission::LeadEdit, lead.owner)?;
    Ok(lead)
}

/// `POST /leads/{id}/edit`.
pub(crate) async fn save(
    visit: Visit,
    Path(id): Path<String>,
    axum::Form(fields): Fields,
) -> Result<Response, Problem> {
    let lead = known(&visit.leadbox, &id).await?;
    let before = texts(&lead.to_fields());
    let mut patch = LeadPatch::new();
    // Only what was changed: so that what stands there is neither refused again, nor respelled.
    for (name, text) in fields.iter().filter(|(name, _)| name != "version") {
        // Browsers end lines in their own way.
        let text = text.trim().replace("\r\n", "\n");
        if before.get(name).map_or("", String::as_str) == text {
            continue;
        }
        let value = if text.is_empty() { Value::Null } else { Value::from(text) };
        patch.set.insert(name.clone(), value);
    }
    let done = match value(&fields, "version").parse() {
        Ok(version) => visit.leadbox.leads().update(lead.id, &patch, Some(Version(version))).await,
        Err(_) => Err(Invalid::one("version", "is missing: open the page again").into()),
    };
    match done {
        Ok(_) => Ok(to_lead(&visit.doc, lead.id, "").into_response()),
        Err(Error::Invalid(invalid)) => {
            let given = fields.into_iter().collect();
            refused(visit, Some(&lead), given, invalid.issues).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /leads/new`.
pub(crate) async fn blank(visit: Visit) -> Result<Html<String>, Problem> {
    Ok(Html(page(visit, None, Given::new(), Vec::new()).await?.render()?))
}

/// `POST /leads/new`.
pub(crate) async fn add(visit: Visit, axum::Form(fields): Fields) -> Result<Response, Problem> {
    may_add(&visit.leadbox)?;
    let given: Given = fields.into_iter().filter(|(_, text)| !text.trim().is_empty()).collect();
    let (new, issues) = new_lead(&given);
    let done = if issues.is_empty() {
        visit.leadbox.leads().capture(&new).await
    } else {
        Err(Invalid { issues }.into())
    };
    match done {
        Ok(captured) => Ok(to_lead(&visit.doc, captured.lead.id, "").into_response()),
        Err(Error::Invalid(invalid)) => refused(visit, None, given, invalid.issues).await,
        Err(error) => Err(error.into()),
    }
}

fn new_lead(given: &Given) -> (NewLead, Vec<FieldIssue>) {
    let text = |name: &str| given.get(name).cloned();
    let mut issues = Vec::new();
    let mut issue = |field: &str, message: &str| {
        issues.push(FieldIssue { field: field.to_owned(), message: message.to_owned() });
    };
    let employees = text("employees").map(|text| text.trim().parse());
    if employees.as_ref().is_some_and(Result::is_err) {
        issue("employees", "has to be a whole number");
    }
    let owner = text("owner").map(|text| text.parse());
    if owner.as_ref().is_some_and(Result::is_err) {
        issue("owner", "is not a user");
    }
    let tags = text("tags").unwrap_or_default();
    let custom = given.iter().filter_map(|(name, text)| {
        name.strip_prefix("cf.").map(|key| (key.to_owned(), Value::from(text.as_str())))
    });
    let new = NewLead {
        name: text("name"),
        first_name: text("first_name"),
        title: text("title"),
        email: text("email"),
        phone: text("phone"),
        company: text("company"),
        domain: text("domain"),
        industry: text("industry"),
        employees: employees.and_then(Result::ok),
        country: text("country"),
        city: text("city"),
        value: text("value"),
        external_id: text("external_id"),
        owner: owner.and_then(Result::ok),
        tags: tags.split([',', ';']).map(str::to_owned).collect(),
        custom: custom.collect(),
        source: Some("dashboard".to_owned()),
        // The same person twice is one lead.
        upsert_by: vec![IdentityKind::Email],
        ..NewLead::default()
    };
    (new, issues)
}

fn may_add(leadbox: &LeadBox) -> Result<(), Denied> {
    let permission = Permission::LeadCreate;
    match leadbox.rights().level(permission) {
        Some(_) => Ok(()),
        None => Err(Denied::Permission { permission }),
    }
}

async fn refused(
    visit: Visit,
    lead: Option<&Lead>,
    given: Given,
    issues: Vec<FieldIssue>,
) -> Result<Response, Problem> {
    let page = page(visit, lead, given, issues).await?.render()?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
}

async fn page(
    visit: Visit,
    lead: Option<&Lead>,
    given: Given,
    issues: Vec<FieldIssue>,
) -> Result<Page, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("leads");
    if lead.is_none() {
        may_add(&leadbox)?;
    }
    let (catalog, names) = (leadbox.catalog().await?, leadbox.directory().names().await?);
    let form = Form { leadbox: &leadbox, given: &given, issues: &issues };
    let groups = vec![
        Group { title: "Person", inputs: form.plain(&PERSON) },
        Group { title: "Company", inputs: form.plain(&COMPANY) },
        Group { title: "Work", inputs: form.work(&names) },
        Group { title: "Custom fields", inputs: form.custom(&catalog) },
    ];
    Ok(Page {
        heading: if lead.is_some() { "Edit" } else { "Add a lead" },
        id: lead.map(|lead| lead.id.to_string()).unwrap_or_default(),
        name: lead.map(|lead| lead.display_name().to_owned()).unwrap_or_default(),
        version: lead.map(|lead| lead.version.0.to_string()).unwrap_or_default(),
        issues: told(issues, &groups, &catalog),
        groups: groups.into_iter().filter(|group| !group.inputs.is_empty()).collect(),
        doc,
        shell,
    })
}

/// Each issue under the label of its input, or of its field where it has none.
fn told(issues: Vec<FieldIssue>, groups: &[Group], catalog: &Catalog) -> Issues {
    let fields: Vec<String> = issues.iter().map(|issue| issue.field.clone()).collect();
    let told = Issues::from(issues).above(groups.iter().flat_map(|group| &group.inputs));
    fields.iter().fold(told, |told, field| told.calling(field, &label(catalog, field)))
}

/// What the inputs are made from.
struct Form<'f> {
    leadbox: &'f LeadBox,
    given: &'f Given,
    issues: &'f [FieldIssue],
}

impl Form<'_> {
    /// An input, unless the field is hidden.
    fn input(
        &self,
        name: &str,
        label: &str,
        kind: &'static str,
        hint: &'static str,
    ) -> Option<Input> {
        let grants = self.leadbox.rights().grants();
        if grants.is_some_and(|grants| grants.hidden.contains(name)) {
            return None;
        }
        let issue = self.issues.iter().find(|issue| issue.field == name);
        Some(Input {
            value: self.given.get(name).cloned().unwrap_or_default(),
            read_only: grants.is_some_and(|grants| !grants.writes(name)),
            error: issue.map(|issue| issue.message.clone()).unwrap_or_default(),
            hint,
            ..Input::new(name, label, kind)
        })
    }

    fn plain(&self, fields: &[(&str, &str, &'static str, &'static str)]) -> Vec<Input> {
        let input = |(name, label, kind, hint): &(&str, &str, &'static str, &'static str)| {
            self.input(name, label, kind, hint)
        };
        fields.iter().filter_map(input).collect()
    }

    fn work(&self, names: &Names) -> Vec<Input> {
        let mut inputs = self.plain(&WORK);
        let rights = self.leadbox.rights();
        let may = |id: &leadbox_core::UserId| rights.may(Permission::LeadAssign, Some(*id));
        let mut owners: Vec<_> = names
            .iter()
            .filter(|(id, _)| may(id))
            .map(|(id, name)| (id.to_string(), name.clone()))
            .collect();
        owners.sort_by(|a, b| a.1.cmp(&b.1));
        if let Some(owner) = self.input("owner", "Owner", "text", "") {
            let known = owners.iter().any(|(id, _)| *id == owner.value);
            if !known && !owner.value.is_empty() {
                let id = owner.value.parse().ok();
                let name = id.and_then(|id: leadbox_core::UserId| names.get(&id).cloned());
                owners.insert(0, (owner.value.clone(), name.unwrap_or_default()));
            }
            owners.insert(0, (String::new(), "Nobody".to_owned()));
            inputs.insert(0, Input { choices: owners, ..owner });
        }
        inputs
    }

    fn custom(&self, catalog: &Catalog) -> Vec<Input> {
        catalog.active_fields().filter_map(|field| self.custom_input(field)).collect()
    }

    fn custom_input(&self, field: &FieldDefinition) -> Option<Input> {
        let (kind, hint) = match &field.kind {
            FieldType::Text => ("textarea", ""),
            FieldType::Date => ("date", ""),
            FieldType::Url => ("url", ""),
            FieldType::Email => ("email", ""),
            FieldType::Phone => ("tel", ""),
            FieldType::MultiChoice(_) => ("text", "With ; between."),
            _ => ("text", ""),
        };
        let input = self.input(&format!("cf.{}", field.key), &field.label, kind, hint)?;
        // A browser shows no date that is none, and would send it away: while a field gets another type, that happens.
        let shows = kind != "date" || input.value.parse::<chrono::NaiveDate>().is_ok();
        let input = Input { kind: if shows { input.kind } else { "text" }, ..input };
        let choices = match &field.kind {
            FieldType::Bool => {
                vec![("true".to_owned(), "Yes".to_owned()), ("false".to_owned(), "No".to_owned())]
            }
            FieldType::Choice(choices) => {
                choices.iter().map(|one| (one.clone(), one.clone())).collect()
            }
            _ => Vec::new(),
        };
        let none = (String::new(), "Not set".to_owned());
        // What stands there stays there, though it is not among the choices any more.
        let other = Some(input.value.clone()).filter(|value| !value.is_empty());
        let other = other.filter(|value| choices.iter().all(|(known, _)| known != value));
        let other = other.map(|value| (value.clone(), value));
        let choices = if choices.is_empty() {
            choices
        } else {
            std::iter::once(none).chain(other).chain(choices).collect()
        };
        Some(Input { choices, ..input })
    }
}
