//! What was merged into a lead, and undoing it. Owns the history on a lead's page, and the plan of an undo: what comes back,
//! and what does not.

use askama::Template;
use axum::extract::Path;
use axum::response::{Html, Redirect};
use leadbox_core::access::Permission;
use leadbox_core::{Error, Event, EventId, Lead, LeadBox, MergeState, PastMerge};

use super::comparison::Side;
use super::lead::{rank, read_id, to_lead};
use super::lexicon::Lexicon;
use super::shell::{Shell, Visit};
use super::words::{Change, Day, Words};
use super::{Doc, format};
use crate::serve::Problem;

/// A merge, on the page of the lead that was kept.
pub(super) struct Past {
    event: EventId,
    /// Who was merged away, in words.
    pub(super) who: String,
    /// By whom and when.
    pub(super) by: String,
    /// Where it is undone; empty for whoever may not, and for what is undone.
    pub(super) undo: String,
    pub(super) undone: bool,
}

/// The names of the leads that were merged away; of those that are not seen, how many.
fn names(merge: &PastMerge) -> String {
    let mut names: Vec<String> =
        merge.leads.iter().map(|lead| lead.display_name().to_owned()).collect();
    match merge.count.saturating_sub(names.len()) {
        0 => {}
        1 => names.push("a lead of somebody else".to_owned()),
        many => names.push(format!("{many} leads of somebody else")),
    }
    names.join(", ")
}

/// What was merged into a lead, the latest first.
pub(super) async fn past(
    leadbox: &LeadBox,
    prefix: &str,
    lead: &Lead,
    words: &Words<'_>,
) -> Result<Vec<Past>, Problem> {
    let rights = leadbox.rights();
    let edits = lead.deleted_at.is_none() && rights.may(Permission::LeadEdit, lead.owner);
    let past = |merge: &PastMerge| {
        let deletes = |gone: &Lead| rights.may(Permission::LeadDelete, gone.owner);
        let may = edits
            && merge.state == MergeState::Standing
            && merge.leads.len() == merge.count
            && merge.leads.iter().all(deletes);
        let undo = format!("{prefix}/leads/{}/merges/{}/undo", lead.id, merge.event);
        Past {
            event: merge.event,
            who: names(merge),
            by: format!("{}, {}", words.actor(&merge.by), format::moment(merge.at, words.zone)),
            undo: if may { undo } else { String::new() },
            undone: merge.state == MergeState::Undone,
        }
    };
    Ok(leadbox.leads().merges(lead.id).await?.iter().map(past).collect())
}

/// Says on the entries of a timeline, which are those of the events in their order, who was merged in.
pub(super) fn name_merged(days: &mut [Day], events: &[Event], merges: &[Past]) {
    let entries = days.iter_mut().flat_map(|day| &mut day.entries);
    for (entry, event) in entries.zip(events) {
        let merge = merges.iter().find(|merge| merge.event == event.id);
        entry.details.extend(merge.map(|merge| merge.who.clone()));
    }
}

/// Something that stays as it is.
struct Left {
    field: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "unmerge.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    id: String,
    event: String,
    name: String,
    restored: Vec<Side>,
    changes: Vec<Change>,
    left: Vec<Left>,
}

fn read_event(event: &str) -> Result<EventId, Error> {
    event.parse().map_err(|_| Error::not_found("merge", event))
}

/// `GET /leads/{id}/merges/{event}/undo`.
pub(crate) async fn plan(
    visit: Visit,
    Path((id, event)): Path<(String, String)>,
) -> Result<Html<String>, Problem> {
    let (id, event) = (read_id(&id)?, read_event(&event)?);
    let Visit { doc, shell, leadbox, .. } = visit.on("leads");
    let before = leadbox.leads().lead(id).await?.ok_or_else(|| Error::not_found("lead", id))?.lead;
    let plan = leadbox.leads().unmerge_plan(id, event).await?;
    let lexicon = Lexicon::of(&leadbox).await?;
    let words = lexicon.words();
    let left = plan.left.issues.iter();
    let left =
        left.map(|issue| Left { field: words.label(&issue.field), reason: issue.message.clone() });
    let page = Page {
        id: id.to_string(),
        event: event.to_string(),
        name: before.display_name().to_owned(),
        restored: plan.restored.iter().map(Side::of).collect(),
        changes: changes(&before, &plan.lead, &words),
        left: left.collect(),
        doc,
        shell,
    };
    Ok(Html(page.render()?))
}

/// What of the kept lead is as it was before the merge again.
fn changes(now: &Lead, then: &Lead, words: &Words<'_>) -> Vec<Change> {
    let (now, then) = (now.to_fields(), then.to_fields());
    let mut fields: Vec<&String> = now.keys().chain(then.keys()).collect();
    fields.sort_unstable_by_key(|field| (rank(field), *field));
    fields.dedup();
    let differing = fields.into_iter().filter(|field| now.get(*field) != then.get(*field));
    let text = |of: &serde_json::Map<String, serde_json::Value>, field: &str| {
        of.get(field).map(|value| words.value(field, value)).unwrap_or_default()
    };
    differing
        .map(|field| Change {
            field: words.label(field),
            then: text(&now, field),
            now: text(&then, field),
        })
        .collect()
}

/// `POST /leads/{id}/merges/{event}/undo`.
pub(crate) async fn undo(
    visit: Visit,
    Path((id, event)): Path<(String, String)>,
) -> Result<Redirect, Problem> {
    let (id, event) = (read_id(&id)?, read_event(&event)?);
    visit.leadbox.leads().unmerge(id, event).await?;
    Ok(to_lead(&visit.doc, id, "#merges"))
}
