//! `leadbox duplicates`: leads that may be the same person, told apart, merged, and merges undone.

use leadbox_core::service::Distinction;
use leadbox_core::{
    Belongings, EventId, Lead, LeadId, Likeness, MergeChoice, MergeField, MergeState, PageRequest,
    PastMerge, Timestamp, Unmerged,
};
use serde::Serialize;

use super::leads::plain;
use super::named::Named;
use super::office::Office;
use crate::cli::{DuplicatesVerb, MergeOptions};
use crate::exit::{Exit, Failure};
use crate::output::{Outcome, Output};
use crate::storage::Location;
use crate::table::Table;

fn names(leads: &[Named<LeadId>]) -> String {
    leads.iter().map(|lead| lead.name.as_str()).collect::<Vec<_>>().join(", ")
}

#[derive(Debug, Serialize)]
struct Pair {
    score: u8,
    reasons: Vec<String>,
    first: Named<LeadId>,
    second: Named<LeadId>,
}

impl Pair {
    fn of(first: &Lead, second: &Lead, likeness: &Likeness) -> Self {
        Self {
            score: likeness.score,
            reasons: likeness.reasons.iter().map(ToString::to_string).collect(),
            first: Named::lead(first),
            second: Named::lead(second),
        }
    }
}

#[derive(Debug, Serialize)]
struct Listed {
    pairs: Vec<Pair>,
    next: Option<String>,
}

impl Outcome for Listed {
    fn text(&self) -> String {
        let more = match &self.next {
            Some(next) => format!("\nthere may be more: --after {next}"),
            None => String::new(),
        };
        if self.pairs.is_empty() {
            return format!("no two leads here look like the same person{more}");
        }
        let rows = self.pairs.iter().map(|pair| {
            let (first, second) = (&pair.first, &pair.second);
            [
                pair.score.to_string(),
                first.name.clone(),
                second.name.clone(),
                pair.reasons.join(", "),
                first.id.to_string(),
                second.id.to_string(),
            ]
        });
        let table = Table::new(["sure", "lead", "other", "why", "id", "other id"]).rows(rows);
        let hint = "`leadbox duplicates merge ID OTHER-ID` merges the other into the first";
        format!("{}{more}\n{hint}", table.text())
    }
}

#[derive(Debug, Serialize)]
struct Told {
    leads: [LeadId; 2],
    is: Distinction,
}

impl Outcome for Told {
    fn text(&self) -> String {
        match self.is {
            Distinction::Distinct => "they are two people, and no longer shown".to_owned(),
            Distinction::Unknown => "nobody knows whether they are one person".to_owned(),
        }
    }
}

#[derive(Debug, Serialize)]
struct Planned {
    keep: LeadId,
    fields: Vec<MergeField>,
    moves: Vec<Belongings>,
}

impl Outcome for Planned {
    fn text(&self) -> String {
        let rows = self.fields.iter().map(|field| {
            let beaten = field.beats.iter().map(|(_, value)| value);
            let beaten = beaten.filter(|value| **value != field.value).map(plain);
            let from = if field.from == self.keep { String::new() } else { field.from.to_string() };
            let beaten = beaten.collect::<Vec<_>>().join(", ");
            [field.field.clone(), plain(&field.value), beaten, from]
        });
        let table = Table::new(["field", "stays", "instead of", "from"]).rows(rows).text();
        let moved = self.moves.iter().map(|moved| {
            let Belongings { lead, interactions, tasks, notes } = moved;
            format!("{lead} brings {interactions} interactions, {tasks} tasks, {notes} notes")
        });
        let moved = moved.collect::<Vec<_>>().join("\n");
        format!("{table}\n{moved}\nnothing was written")
    }
}

#[derive(Debug, Serialize)]
struct MergedInto {
    lead: Named<LeadId>,
    merge: EventId,
}

impl Outcome for MergedInto {
    fn text(&self) -> String {
        let Named { id, name } = &self.lead;
        format!("all of them are {name} ({id}) now\n`leadbox duplicates unmerge {id}` undoes it")
    }
}

#[derive(Debug, Serialize)]
struct Past {
    merge: EventId,
    at: Timestamp,
    leads: Vec<Named<LeadId>>,
    state: MergeState,
}

impl Past {
    fn of(merge: &PastMerge) -> Self {
        let leads = merge.leads.iter().map(Named::lead).collect();
        Self { merge: merge.event, at: merge.at, leads, state: merge.state }
    }
}

#[derive(Debug, Serialize)]
struct History {
    merges: Vec<Past>,
}

impl Outcome for History {
    fn text(&self) -> String {
        if self.merges.is_empty() {
            return "nothing was merged into it".to_owned();
        }
        let rows = self.merges.iter().map(|past| {
            let state = match past.state {
                MergeState::Standing => "",
                MergeState::Undone => "undone",
            };
            let at = past.at.format("%Y-%m-%d %H:%M").to_string();
            [at, names(&past.leads), past.merge.to_string(), state.to_owned()]
        });
        Table::new(["when", "what went into it", "merge", ""]).rows(rows).text()
    }
}

#[derive(Debug, Serialize)]
struct Undone {
    lead: Named<LeadId>,
    restored: Vec<Named<LeadId>>,
    left: Vec<Left>,
    #[serde(skip)]
    planned: bool,
}

#[derive(Debug, Serialize)]
struct Left {
    field: String,
    reason: String,
}

impl Undone {
    fn of(undone: &Unmerged, planned: bool) -> Self {
        let left = undone.left.issues.iter();
        let left =
            left.map(|issue| Left { field: issue.field.clone(), reason: issue.message.clone() });
        Self {
            lead: Named::lead(&undone.lead),
            restored: undone.restored.iter().map(Named::lead).collect(),
            left: left.collect(),
            planned,
        }
    }
}

impl Outcome for Undone {
    fn text(&self) -> String {
        let be = match (self.planned, self.restored.len()) {
            (true, _) => "would be",
            (false, 1) => "is",
            (false, _) => "are",
        };
        let mut lines = vec![format!("{} {be} back", names(&self.restored))];
        let left = self.left.iter();
        lines.extend(left.map(|left| format!("{} stays: {}", left.field, left.reason)));
        if self.planned {
            lines.push("nothing was written".to_owned());
        }
        lines.join("\n")
    }
}

/// Runs the command.
///
/// # Errors
/// `Failed` when no lead is named so, or it is refused; `Unavailable`; `SchemaTooNew`.
pub(super) async fn duplicates(
    verb: &DuplicatesVerb,
    location: &Location,
    output: Output,
) -> Result<Exit, Failure> {
    let office = Office::open(location, output).await?;
    let leads = office.leadbox.leads();
    match verb {
        DuplicatesVerb::List { of: Some(lead), limit, .. } => {
            Ok(office.say(&alike(&office, lead, *limit).await?))
        }
        DuplicatesVerb::List { limit, after, .. } => {
            Ok(office.say(&listed(&office, *limit, after.as_deref()).await?))
        }
        DuplicatesVerb::Apart { lead, other, take_back } => {
            let pair = [office.lead(lead).await?, office.lead(other).await?];
            let is = if *take_back { Distinction::Unknown } else { Distinction::Distinct };
            leads.tell_apart(pair[0], pair[1], is).await?;
            office.say_written(&Told { leads: pair, is }).await
        }
        DuplicatesVerb::Merge(options) => merge(&office, options).await,
        DuplicatesVerb::Merges { lead } => {
            let merges = leads.merges(office.lead(lead).await?).await?;
            Ok(office.say(&History { merges: merges.iter().map(Past::of).collect() }))
        }
        DuplicatesVerb::Unmerge { lead, merge, dry_run } => {
            let lead = office.lead(lead).await?;
            let merge = match merge {
                Some(merge) => *merge,
                None => latest(&leads.merges(lead).await?)?,
            };
            if *dry_run {
                return Ok(office.say(&Undone::of(&leads.unmerge_plan(lead, merge).await?, true)));
            }
            let undone = leads.unmerge(lead, merge).await?;
            office.say_written(&Undone::of(&undone, false)).await
        }
    }
}

async fn listed(office: &Office, limit: u32, after: Option<&str>) -> Result<Listed, Failure> {
    let page = match after {
        None => PageRequest::first(limit),
        Some(after) => {
            let cursor = after.parse();
            let cursor = cursor.map_err(|_| {
                Failure::new(Exit::Failed, format!("'{after}' is no place in this list"))
            })?;
            PageRequest::after(limit, cursor)
        }
    };
    let found = office.leadbox.leads().duplicate_pairs(&page).await?;
    let pairs = found.items.iter();
    let pairs = pairs.map(|one| Pair::of(&one.first.lead, &one.second.lead, &one.likeness));
    Ok(Listed { pairs: pairs.collect(), next: found.next.map(|next| next.to_string()) })
}

async fn alike(office: &Office, lead: &str, limit: u32) -> Result<Listed, Failure> {
    let (leads, id) = (office.leadbox.leads(), office.lead(lead).await?);
    let found = leads.duplicates(id, limit as usize).await?;
    let lead = leads.lead(id).await?;
    let pairs = lead.iter().flat_map(|lead| {
        found.iter().map(|one| Pair::of(&lead.lead, &one.lead.lead, &one.likeness))
    });
    Ok(Listed { pairs: pairs.collect(), next: None })
}

async fn merge(office: &Office, options: &MergeOptions) -> Result<Exit, Failure> {
    let leads = office.leadbox.leads();
    let keep = office.lead(&options.keep).await?;
    let mut others = Vec::with_capacity(options.others.len());
    for other in &options.others {
        others.push(office.lead(other).await?);
    }
    let mut choice = MergeChoice::default();
    for one in &options.choose {
        choice = choice.take(&one.field, office.lead(&one.lead).await?);
    }
    if options.dry_run {
        let plan = leads.merge_plan(keep, &others, &choice).await?;
        let keep = plan.lead.id;
        return Ok(office.say(&Planned { keep, fields: plan.fields, moves: plan.moves }));
    }
    let merged = leads.merge(keep, &others, &choice).await?;
    office.say_written(&MergedInto { lead: Named::lead(&merged.lead), merge: merged.event }).await
}

/// The latest merge that stands.
fn latest(merges: &[PastMerge]) -> Result<EventId, Failure> {
    let standing = merges.iter().find(|merge| merge.state == MergeState::Standing);
    standing.map(|merge| merge.event).ok_or_else(|| {
        Failure::new(Exit::Failed, "nothing is merged into it")
            .hint("`leadbox duplicates merges LEAD` shows what was")
    })
}
