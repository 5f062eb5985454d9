//! `leadbox fields`: custom fields, and another type for one that holds data.

use leadbox_core::service::{BulkProgress, FieldPlan, Leftover, Refusal, Retype};
use leadbox_core::worker::BulkHandler;
use leadbox_core::{FieldDefinition, FieldKey, FieldStatus, FieldType, Revision, Workers};
use serde::Serialize;

use super::office::Office;
use crate::cli::{FieldOptions, FieldsVerb, RetypeOptions};
use crate::exit::{Exit, Failure};
use crate::output::{Outcome, Output};
use crate::storage::Location;
use crate::table::Table;

#[derive(Debug, Serialize)]
struct Listed {
    fields: Vec<FieldDefinition>,
}

impl Outcome for Listed {
    fn text(&self) -> String {
        if self.fields.is_empty() {
            return "no custom fields yet: `leadbox fields define KEY` declares one".to_owned();
        }
        let rows = self.fields.iter().map(|field| {
            let archived = if field.status == FieldStatus::Archived { "archived" } else { "" };
            let kind = match field.kind.choices() {
                [] => field.kind.name().to_owned(),
                choices => format!("{}: {}", field.kind.name(), choices.join(", ")),
            };
            [format!("cf.{}", field.key), field.label.clone(), kind, archived.to_owned()]
        });
        Table::new(["field", "label", "holds", ""]).rows(rows).text()
    }
}

#[derive(Debug, Serialize)]
struct Put {
    field: FieldDefinition,
    #[serde(skip)]
    done: &'static str,
}

impl Outcome for Put {
    fn text(&self) -> String {
        format!("{} (cf.{}) {}", self.field.label, self.field.key, self.done)
    }
}

#[derive(Debug, Serialize)]
struct Planned {
    plan: FieldPlan,
}

impl Outcome for Planned {
    fn text(&self) -> String {
        let FieldPlan { holding, tried, converting, leftover, .. } = &self.plan;
        let about = if tried < holding { "about " } else { "" };
        let estimate = |count| format!("{about}{}", self.plan.estimate(count));
        let unfit = estimate(tried - converting);
        let mut lines = vec![format!(
            "{holding} leads hold a value: {} would convert, {unfit} would not",
            estimate(*converting)
        )];
        if tried < holding {
            lines.push(format!("(tried with {tried} of them, spread over all)"));
        }
        let rows = leftover.iter().map(|group| [estimate(group.count), group.reason.clone()]);
        if !leftover.is_empty() {
            lines.push(Table::new(["leads", "why"]).rows(rows).text());
        }
        lines.push("nothing was written".to_owned());
        lines.join("\n")
    }
}

#[derive(Debug, Serialize)]
struct Retyped {
    progress: BulkProgress,
    refusals: Vec<Refusal>,
}

impl Outcome for Retyped {
    fn text(&self) -> String {
        let BulkProgress { id, counts, refusals, state, .. } = &self.progress;
        if !state.is_over() {
            return format!("under way in another process, as bulk action {id}");
        }
        let mut lines = vec![format!(
            "{} leads were converted, {refusals} values did not convert",
            counts.changed
        )];
        let first = self.refusals.iter().take(10);
        lines.extend(first.map(|refusal| format!("{}: {}", refusal.lead, refusal.reason)));
        if *refusals > 10 {
            lines.push(format!("and {} more", refusals - 10));
        }
        lines.join("\n")
    }
}

/// Runs the command.
///
/// # Errors
/// `Failed` when there is no such field, or it is refused; `Unavailable`; `SchemaTooNew`.
pub(super) async fn fields(
    verb: &FieldsVerb,
    location: &Location,
    output: Output,
) -> Result<Exit, Failure> {
    let office = Office::open(location, output).await?;
    let definitions = office.leadbox.definitions();
    match verb {
        FieldsVerb::List => Ok(office.say(&Listed { fields: definitions.fields().await? })),
        FieldsVerb::Define(options) => define(&office, options).await,
        FieldsVerb::Retype(options) => retype(&office, options).await,
        FieldsVerb::Archive { field } => {
            set_status(&office, field, FieldStatus::Archived, "is archived").await
        }
        FieldsVerb::Restore { field } => {
            set_status(&office, field, FieldStatus::Active, "is in use").await
        }
    }
}

fn unknown(field: &FieldKey) -> Failure {
    Failure::new(Exit::Failed, format!("there is no custom field '{field}'"))
        .hint("`leadbox fields list` shows them")
}

async fn set_status(
    office: &Office,
    field: &FieldKey,
    status: FieldStatus,
    done: &'static str,
) -> Result<Exit, Failure> {
    let definitions = office.leadbox.definitions();
    if definitions.field(field).await?.is_none() {
        return Err(unknown(field));
    }
    let field = definitions.set_field_status(field, status).await?;
    office.say_written(&Put { field, done }).await
}

async fn define(office: &Office, options: &FieldOptions) -> Result<Exit, Failure> {
    let definitions = office.leadbox.definitions();
    let known = definitions.field(&options.field).await?;
    let (before, field) = match known {
        Some((revision, field)) => (revision, changed(field, options)?),
        None => (Revision(0), new(options)?),
    };
    let after = definitions.put_field(&field, before).await?;
    let done = match (before, after) {
        (Revision(0), _) => "was declared",
        (before, after) if before == after => "is like that already",
        _ => "was changed",
    };
    office.say_written(&Put { field, done }).await
}

fn kind(name: &str, choices: Vec<String>) -> Result<FieldType, Failure> {
    let kind = FieldType::named(name, choices);
    kind.ok_or_else(|| Failure::new(Exit::Failed, format!("'{name}' is not a type")))
}

fn new(options: &FieldOptions) -> Result<FieldDefinition, Failure> {
    let Some(name) = &options.kind else {
        let message = format!("the field '{}' is new and has no type", options.field);
        return Err(Failure::new(Exit::Failed, message).hint("give it one with --type"));
    };
    let label = options.label.clone().unwrap_or_else(|| options.field.to_string());
    let kind = kind(name, options.choices.clone())?;
    Ok(FieldDefinition { label, ..FieldDefinition::of(options.field.clone(), kind) })
}

/// The same field with what is named, and with more choices.
fn changed(field: FieldDefinition, options: &FieldOptions) -> Result<FieldDefinition, Failure> {
    let mut choices = field.kind.choices().to_vec();
    let more = options.choices.iter().filter(|choice| !choices.contains(choice)).cloned();
    let more: Vec<String> = more.collect();
    choices.extend(more);
    let name = options.kind.as_deref().unwrap_or_else(|| field.kind.name());
    let kind = kind(name, choices)?;
    Ok(FieldDefinition { label: options.label.clone().unwrap_or(field.label), kind, ..field })
}

async fn retype(office: &Office, options: &RetypeOptions) -> Result<Exit, Failure> {
    let (leadbox, key) = (&office.leadbox, options.field.clone());
    let definitions = leadbox.definitions();
    if definitions.field(&key).await?.is_none() {
        return Err(unknown(&key));
    }
    let retype = Retype {
        key,
        kind: kind(&options.kind, options.choices.clone())?,
        leftover: options.keep_in.clone().map_or(Leftover::Clear, Leftover::KeepIn),
    };
    if options.plan {
        let plan = definitions.plan_retype(&retype).await?;
        return Ok(office.say(&Planned { plan }));
    }
    let started = definitions.retype(&retype).await?;
    // Here and now, unless a server that runs beside this takes it first.
    Workers::new(leadbox).handler(BulkHandler).run_until_idle().await?;
    let progress = leadbox.bulk().progress(started.id).await?;
    let refusals = leadbox.bulk().refusals(started.id).await?;
    office.say_written(&Retyped { progress, refusals }).await
}
