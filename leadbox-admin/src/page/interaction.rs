//! Interactions by hand: recording a call or a meeting, and saying which were a machine's. A lead's page shows them on its
//! timeline.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use leadbox_core::{
    Error, FieldIssue, InteractionId, InteractionKind, Invalid, NewInteraction, Suspicion,
};

use super::fields::{Fields, value};
use super::input::Input;
use super::lead::{Draft, Part, read_id, refused, to_lead};
use super::moment;
use super::shell::Visit;
use super::words::zone;
use crate::serve::Problem;

/// The detail of an interaction that people wrote.
pub(super) const SUMMARY: &str = "summary";

/// What people record by hand: the kind, and in words.
const KINDS: [(&str, &str); 2] = [(InteractionKind::CALL, "Call"), ("meeting", "Meeting")];

/// The inputs of an interaction, with what was typed.
pub(super) fn inputs(given: &[(String, String)], issues: &[FieldIssue]) -> Vec<Input> {
    let kinds = KINDS.map(|(kind, says)| (kind.to_owned(), says.to_owned()));
    let inputs = [
        Input::new("kind", "What", "text").choices(kinds.to_vec()),
        Input::new("at", "When", "datetime-local").hint("Now, when empty."),
        Input::new(SUMMARY, "What was said", "textarea").wide(),
    ];
    inputs.into_iter().map(|input| input.with(given, issues)).collect()
}

/// `POST /leads/{id}/interactions`.
pub(crate) async fn record(
    visit: Visit,
    Path(id): Path<String>,
    axum::Form(fields): Fields,
) -> Result<Response, Problem> {
    let id = read_id(&id)?;
    let zone = zone(&visit.leadbox, &*visit.leadbox.catalog().await?).await?;
    let mut invalid = Invalid::default();
    let mut new = NewInteraction::new(value(&fields, "kind"));
    new.at = moment::read(&fields, "at", zone, &mut invalid);
    let summary = value(&fields, SUMMARY).replace("\r\n", "\n");
    if !summary.is_empty() {
        new = new.prop(SUMMARY, summary);
    }
    let done = match invalid.or(()) {
        Ok(()) => visit.leadbox.leads().record_interaction(id, &new).await,
        Err(invalid) => Err(invalid.into()),
    };
    match done {
        Ok(_) => Ok(to_lead(&visit.doc, id, "#timeline").into_response()),
        Err(Error::Invalid(Invalid { mut issues })) => {
            // All that is said is in one input.
            for issue in issues.iter_mut().filter(|issue| issue.field == "props") {
                issue.field = SUMMARY.to_owned();
            }
            refused(visit, id, Draft { part: Part::Interaction, given: fields, issues }).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /interactions/{id}/mark`.
pub(crate) async fn mark(
    visit: Visit,
    Path(id): Path<String>,
    axum::Form(fields): Fields,
) -> Result<Redirect, Problem> {
    let id: InteractionId = id.parse().map_err(|_| Error::not_found("interaction", id))?;
    let suspicion = match value(&fields, "suspicion") {
        "suspect" => Suspicion::Suspect,
        "clear" => Suspicion::Clear,
        _ => return Err(Invalid::one("suspicion", "is suspect or clear").into()),
    };
    let marked = visit.leadbox.leads().mark_interaction(id, suspicion).await?;
    Ok(to_lead(&visit.doc, marked.lead, "#timeline"))
}
