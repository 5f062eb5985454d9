//! Something that shall be done to many leads, before it is done. Owns the question (what, to which, and with which value),
//! which stands in the address, and the plan that answers it; nothing is written before somebody says so.

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use leadbox_core::access::Permission;
use leadbox_core::service::{BulkAction, BulkPlan, Selection};
use leadbox_core::{Error, FieldIssue, Invalid, LeadBox, LeadId, LeadPatch, Timestamp};
use serde_json::Value;

use super::asked::Asked;
use super::bulk::to_bulk;
use super::fields::{Fields, value, values};
use super::input::{Input, people};
use super::issues::Issues;
use super::lexicon::Lexicon;
use super::shell::{Shell, Visit};
use super::words::Words;
use super::{Doc, format};
use crate::serve::Problem;

/// What can be done: name in the address, in words, and the permission that it needs.
const DEEDS: [(&str, &str, Permission); 6] = [
    ("stage", "Move to a stage", Permission::LeadEdit),
    ("owner", "Give to somebody", Permission::LeadAssign),
    ("tag", "Add a tag", Permission::LeadEdit),
    ("untag", "Take a tag away", Permission::LeadEdit),
    ("field", "Set a field", Permission::LeadEdit),
    ("delete", "Delete", Permission::LeadDelete),
];

/// The fields that many leads may share a value of.
const FIELDS: [&str; 8] =
    ["title", "company", "industry", "employees", "city", "country", "source", "value"];

/// What somebody may do with many leads: name and words.
pub(super) fn deeds(leadbox: &LeadBox) -> Vec<(&'static str, &'static str)> {
    let may = |permission: &Permission| leadbox.rights().level(*permission).is_some();
    let deeds = DEEDS.iter().filter(|(.., permission)| may(permission));
    deeds.map(|(name, says, _)| (*name, *says)).collect()
}

/// What a plan says of a number of leads.
pub(super) struct Count {
    pub(super) label: &'static str,
    pub(super) leads: String,
}

/// Leads, or fields of them, that stay as they are for the same reason.
pub(super) struct Stays {
    pub(super) field: String,
    pub(super) reason: String,
    pub(super) leads: String,
}

/// A plan as it is shown.
pub(super) struct Shown {
    pub(super) counts: Vec<Count>,
    pub(super) stays: Vec<Stays>,
    /// How many leads would change.
    pub(super) changes: u64,
    /// The same for people.
    pub(super) changed: String,
    /// Of how many leads it is known what would happen; empty when of all.
    pub(super) looked_at: String,
    pub(super) as_of: String,
}

pub(super) fn number(count: u64) -> String {
    format::whole(i64::try_from(count).unwrap_or(i64::MAX))
}

impl Shown {
    pub(super) fn of(plan: &BulkPlan, words: &Words<'_>) -> Self {
        let counts = plan.counts;
        let all = [
            ("Selected", counts.selected),
            ("Would change", counts.changed),
            ("Already so", counts.unchanged),
            ("Refused", counts.refused),
            ("Not yours to change", counts.denied),
            ("Gone", counts.missing),
        ];
        let told = all.into_iter().enumerate().filter(|(place, (_, n))| *place < 2 || *n > 0);
        let is_estimate = plan.tried < counts.selected;
        let about = |n| match is_estimate {
            true => format!("about {}", number(plan.estimate(n))),
            false => number(n),
        };
        let count = |(place, (label, n))| match place {
            0 => Count { label, leads: number(n) },
            _ => Count { label, leads: about(n) },
        };
        Self {
            counts: told.map(count).collect(),
            stays: plan
                .refusals
                .iter()
                .map(|group| Stays {
                    field: words.label(&group.field),
                    reason: group.reason.clone(),
                    leads: about(group.count),
                })
                .collect(),
            changes: counts.changed,
            changed: about(counts.changed),
            looked_at: if is_estimate { number(plan.tried) } else { String::new() },
            as_of: plan.as_of.to_rfc3339(),
        }
    }
}

#[derive(Template)]
#[template(path = "bulk-plan.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    heading: &'static str,
    chosen: String,
    /// What the address says of what is done to which leads, without the value.
    kept: Vec<(String, String)>,
    /// The value too, once there is a plan.
    given: Vec<(String, String)>,
    inputs: Vec<Input>,
    issues: Issues,
    plan: Option<Shown>,
    deletes: bool,
    back: String,
}

/// What shall be done to which leads, as a form or an address says it.
struct Question<'q> {
    given: &'q [(String, String)],
    deed: &'static (&'static str, &'static str, Permission),
}

impl<'q> Question<'q> {
    fn read(given: &'q [(String, String)]) -> Result<Self, Invalid> {
        let deed = DEEDS.iter().find(|(name, ..)| *name == value(given, "do"));
        let deed = deed.ok_or_else(|| Invalid::one("do", "is nothing that can be done"))?;
        Ok(Self { given, deed })
    }

    fn is_about_all(&self) -> bool {
        !value(self.given, "all").is_empty()
    }

    fn selection(&self, now: Timestamp) -> Result<Selection, Invalid> {
        if self.is_about_all() {
            let list = Asked::parse(value(self.given, "list"))?.list(now);
            let as_of = match value(self.given, "as_of") {
                "" => None,
                moment => Some(moment.parse().map_err(|_| Invalid::one("as_of", "is no moment"))?),
            };
            return Ok(Selection::Listed { list, as_of });
        }
        let ids: Result<Vec<LeadId>, _> = values(self.given, "lead").map(|id| id.parse()).collect();
        match ids {
            Ok(ids) if !ids.is_empty() => Ok(Selection::Ids(ids)),
            Ok(_) => Err(Invalid::one("lead", "is missing: tick one at least")),
            Err(_) => Err(Invalid::one("lead", "is none that there is")),
        }
    }

    fn action(&self) -> Result<BulkAction, Invalid> {
        let text = |name: &'static str| match value(self.given, name) {
            "" => Err(Invalid::one(name, "is missing")),
            text => Ok(text.to_owned()),
        };
        Ok(match self.deed.0 {
            "stage" => BulkAction::Advance(text("stage")?),
            "owner" => match value(self.given, "owner") {
                "" => BulkAction::Assign(None),
                user => {
                    let user = user.parse();
                    let user = user.map_err(|_| Invalid::one("owner", "is nobody who is here"))?;
                    BulkAction::Assign(Some(user))
                }
            },
            "tag" => BulkAction::Change(LeadPatch::new().add_tag(text("tag")?)),
            "untag" => BulkAction::Change(LeadPatch::new().remove_tag(text("tag")?)),
            "field" => {
                let value = match value(self.given, "value") {
                    "" => Value::Null,
                    text => text.into(),
                };
                BulkAction::Change(LeadPatch::new().set(text("field")?, value))
            }
            _ => BulkAction::Delete,
        })
    }

    /// Whether the value was chosen, and not only what to do.
    fn is_whole(&self) -> bool {
        self.deed.0 == "delete" || !value(self.given, "plan").is_empty()
    }

    fn inputs(&self, leadbox: &LeadBox, words: &Words<'_>) -> Vec<Input> {
        let Words { catalog, names, .. } = *words;
        match self.deed.0 {
            "stage" => {
                let stages = catalog.pipelines.iter().flat_map(|one| &one.stages);
                let stages = stages.map(|one| (one.key.to_string(), one.name.clone()));
                vec![Input::new("stage", "Stage", "text").choices(stages.collect())]
            }
            "owner" => {
                vec![Input::new("owner", "Who", "text").choices(people(names, "Nobody"))]
            }
            "tag" | "untag" => vec![Input::new("tag", "Tag", "text")],
            "field" => {
                let custom = catalog.fields.keys().map(|key| format!("cf.{key}"));
                let all = FIELDS.iter().map(|field| (*field).to_owned()).chain(custom);
                let grants = leadbox.rights().grants();
                let writes = |field: &String| {
                    grants
                        .is_none_or(|grants| grants.writes(field) && !grants.hidden.contains(field))
                };
                let all = all.filter(writes);
                let all = all.map(|field| {
                    let label = words.label(&field);
                    (field, label)
                });
                vec![
                    Input::new("field", "Field", "text").choices(all.collect()),
                    Input::new("value", "Value", "text").hint("Left empty, the field is cleared."),
                ]
            }
            _ => Vec::new(),
        }
    }
}

/// `GET /bulk/new`.
pub(crate) async fn plan(
    visit: Visit,
    Query(given): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let question = Question::read(&given)?;
    let selection = question.selection(visit.leadbox.now())?;
    let permission = question.deed.2;
    if visit.leadbox.rights().level(permission).is_none() {
        return Err(leadbox_core::Denied::Permission { permission }.into());
    }
    let (plan, issues) = match question.is_whole() {
        false => (None, Vec::new()),
        true => match planned(&visit.leadbox, &question, &selection).await {
            Ok(plan) => (Some(plan), Vec::new()),
            Err(Error::Invalid(Invalid { issues })) => (None, issues),
            Err(error) => return Err(error.into()),
        },
    };
    let status = match issues.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let page = page(visit, &question, plan, issues).await?.render()?;
    Ok((status, Html(page)).into_response())
}

async fn planned(
    leadbox: &LeadBox,
    question: &Question<'_>,
    selection: &Selection,
) -> Result<BulkPlan, Error> {
    leadbox.bulk().plan(&question.action()?, selection).await
}

async fn page(
    visit: Visit,
    question: &Question<'_>,
    plan: Option<BulkPlan>,
    mut issues: Vec<FieldIssue>,
) -> Result<Page, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("leads");
    let lexicon = Lexicon::of(&leadbox).await?;
    let words = lexicon.words();
    // A field is named by one input, and its value stands in another.
    let field = value(question.given, "field");
    for issue in issues.iter_mut().filter(|issue| !field.is_empty() && issue.field == field) {
        issue.field = "value".to_owned();
    }
    let inputs = question.inputs(&leadbox, &words).into_iter();
    let inputs: Vec<Input> = inputs.map(|input| input.with(question.given, &issues)).collect();
    let is_input = |name: &str| inputs.iter().any(|input| input.name == name);
    let kept = question.given.iter().filter(|(name, text)| {
        !is_input(name) && !["plan", "as_of"].contains(&name.as_str()) && !text.is_empty()
    });
    let given = question.given.iter().filter(|(name, _)| name != "as_of");
    let list = Asked::parse(value(question.given, "list"))?;
    let ticked = values(question.given, "lead").count();
    Ok(Page {
        heading: question.deed.1,
        chosen: match ticked {
            _ if question.is_about_all() && list.is_filtered() => "All leads that pass".to_owned(),
            _ if question.is_about_all() => "All leads".to_owned(),
            1 => "1 lead".to_owned(),
            many => format!("{many} leads"),
        },
        kept: kept.cloned().collect(),
        given: given.cloned().collect(),
        plan: plan.map(|plan| Shown::of(&plan, &words)),
        deletes: question.deed.0 == "delete",
        back: list.address(&doc.page("leads"), &[]),
        issues: Issues::from(issues).above(&inputs),
        inputs,
        doc,
        shell,
    })
}

/// `POST /bulk`: does what was planned, few leads at once and many in the background.
pub(crate) async fn start(visit: Visit, axum::Form(given): Fields) -> Result<Redirect, Problem> {
    let question = Question::read(&given)?;
    let selection = question.selection(visit.leadbox.now())?;
    let action = question.action()?;
    let begun = visit.leadbox.bulk().begin(&action, &selection).await?;
    Ok(to_bulk(&visit.doc, &begun))
}
