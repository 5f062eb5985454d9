//! Work on many leads, once it is under way: how far it is, what was refused, and stopping it. Owns that its page looks again
//! by itself, and only while something may still happen.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Path;
use axum::response::{Html, Redirect};
use leadbox_core::service::{BulkKind, BulkProgress, BulkState};
use leadbox_core::{BulkId, Error, LeadBox, LeadId};

use super::Doc;
use super::bulk_plan::{Count, deeds, number};
use super::format;
use super::lexicon::Lexicon;
use super::shell::{Shell, Visit};
use crate::serve::Problem;

/// How many refusals a page shows.
const REFUSALS: usize = 200;

struct Refused {
    lead: String,
    name: String,
    field: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "bulk.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    id: String,
    heading: &'static str,
    /// Who asked for it and when.
    asked: String,
    state: String,
    tone: &'static str,
    done: u64,
    selected: u64,
    progress: String,
    running: bool,
    may_cancel: bool,
    may_undo: bool,
    counts: Vec<Count>,
    refused: Vec<Refused>,
    /// How many refusals there are beyond those that are shown.
    more: String,
}

pub(super) fn read_id(id: &str) -> Result<BulkId, Error> {
    id.parse().map_err(|_| Error::not_found("bulk action", id))
}

pub(super) fn heading(kind: BulkKind) -> &'static str {
    match kind {
        BulkKind::Change => "Changing leads",
        BulkKind::Assign => "Giving leads to somebody",
        BulkKind::Advance => "Moving leads to a stage",
        BulkKind::Delete => "Deleting leads",
        BulkKind::Undo => "Taking changes back",
        BulkKind::Convert => "Changing a field's type",
        _ => "Work on leads",
    }
}

/// `GET /bulk/{id}`.
pub(crate) async fn bulk(visit: Visit, Path(id): Path<String>) -> Result<Html<String>, Problem> {
    let id = read_id(&id)?;
    let Visit { doc, shell, leadbox, .. } = visit.on("leads");
    let progress = leadbox.bulk().progress(id).await?;
    let mut refusals = leadbox.bulk().refusals(id).await?;
    refusals.truncate(REFUSALS);
    let leads: Vec<LeadId> = refusals.iter().map(|one| one.lead).collect();
    let names = names_of(&leadbox, &leads).await?;
    let lexicon = Lexicon::of(&leadbox).await?;
    let words = lexicon.words();
    let counts = progress.counts;
    let all = [
        ("Changed", counts.changed),
        ("Already so", counts.unchanged),
        ("Refused", counts.refused),
        ("Not yours to change", counts.denied),
        ("Gone", counts.missing),
    ];
    let told = all.into_iter().enumerate().filter(|(place, (_, n))| *place == 0 || *n > 0);
    let (state, tone) = state(&progress.state);
    let running = !progress.state.is_over();
    // It goes on to its end, and the way back is the old type.
    let converts = progress.kind == BulkKind::Convert;
    let asker = progress.asked_by.person().and_then(|user| lexicon.names.get(&user)).cloned();
    let shown = refusals.len() as u64;
    let page = Page {
        id: id.to_string(),
        heading: heading(progress.kind),
        asked: format!(
            "{}, {}",
            asker.unwrap_or_else(|| "The app".to_owned()),
            format::moment(progress.asked_at, lexicon.zone)
        ),
        state,
        tone,
        done: counts.done(),
        selected: counts.selected,
        progress: format!("{} of {}", number(counts.done()), number(counts.selected)),
        running,
        may_cancel: running && progress.state != BulkState::Cancelling && !converts,
        may_undo: !running && counts.changed > 0 && !converts && !deeds(&leadbox).is_empty(),
        counts: told.map(|(_, (label, n))| Count { label, leads: number(n) }).collect(),
        refused: refusals
            .into_iter()
            .map(|one| Refused {
                lead: one.lead.to_string(),
                name: names.get(&one.lead).cloned().unwrap_or_else(|| "(gone)".to_owned()),
                field: words.label(&one.field),
                reason: one.reason,
            })
            .collect(),
        more: match progress.refusals.saturating_sub(shown) {
            0 => String::new(),
            more => number(more),
        },
        doc,
        shell,
    };
    Ok(Html(page.render()?))
}

pub(super) async fn names_of(
    leadbox: &LeadBox,
    leads: &[LeadId],
) -> Result<BTreeMap<LeadId, String>, Problem> {
    let found = leadbox.leads().leads(leads).await?;
    let named = found.into_iter().map(|one| (one.lead.id, one.lead.display_name().to_owned()));
    Ok(named.collect())
}

/// Where it stands, in words, and the colour of that.
fn state(state: &BulkState) -> (String, &'static str) {
    match state {
        BulkState::Waiting => ("Waiting for its turn".to_owned(), ""),
        BulkState::Running => ("Under way".to_owned(), "accent"),
        BulkState::Cancelling => ("Stopping".to_owned(), "warn"),
        BulkState::Finished => ("Done".to_owned(), "ok"),
        BulkState::Cancelled => ("Stopped".to_owned(), "warn"),
        BulkState::Failed { reason } => (format!("Failed: {reason}"), "bad"),
    }
}

/// `POST /bulk/{id}/cancel`.
pub(crate) async fn cancel(visit: Visit, Path(id): Path<String>) -> Result<Redirect, Problem> {
    let progress = visit.leadbox.bulk().cancel(read_id(&id)?).await?;
    Ok(to_bulk(&visit.doc, &progress))
}

pub(super) fn to_bulk(doc: &Doc, progress: &BulkProgress) -> Redirect {
    Redirect::to(&doc.page(&format!("bulk/{}", progress.id)))
}
