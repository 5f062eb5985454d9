//! Scoring: which rule sets there are, which of them are in force, and how far all leads are scored by them. Owns the list and
//! beginning a rule set; writing one is `rule_set`'s.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use leadbox_core::scoring::{Example, RuleBook, RuleSheet};
use leadbox_core::service::{RescoreProgress, RescoreState};
use leadbox_core::{Error, Invalid, KeyError, Revision, RuleSetKey};

use super::bulk_plan::number;
use super::fields::{Fields, value};
use super::issues::Issues;
use super::lexicon::Lexicon;
use super::shell::{Shell, Visit};
use super::{Doc, format};
use crate::serve::Problem;

/// A rule set of the list.
struct Row {
    key: String,
    name: String,
    /// The version in force; empty when none is.
    version: String,
    /// When the newest version was published; empty when none was.
    published: String,
    has_draft: bool,
}

/// How far all leads are scored.
struct Progress {
    says: String,
    done: u64,
    all: u64,
    is_running: bool,
    is_paused: bool,
}

#[derive(Template)]
#[template(path = "scoring.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    in_force: Vec<Row>,
    others: Vec<Row>,
    progress: Option<Progress>,
    examples: [Example; 4],
    /// As they were typed.
    key: String,
    example: String,
    issues: Issues,
}

/// `GET /scoring`.
pub(crate) async fn scoring(visit: Visit) -> Result<Html<String>, Problem> {
    Ok(Html(page(visit, &[], Issues::default()).await?.render()?))
}

/// `POST /scoring`.
pub(crate) async fn begin(visit: Visit, axum::Form(fields): Fields) -> Result<Response, Problem> {
    let key: Result<RuleSetKey, KeyError> = value(&fields, "key").parse();
    let script = match value(&fields, "example") {
        "" => Some(
            "ruleset(\"New rules\");\n\npriority(\"hot\", 20);\n\nrule(\"Reachable by phone\", 5, |lead| is_known(lead.phone));\n",
        ),
        name => Example::named(name).map(|example| example.script),
    };
    let done = match (key, script) {
        (Err(error), _) => Err(Invalid::one("key", error).into()),
        (_, None) => Err(Invalid::one("example", "is none of the list").into()),
        (Ok(key), Some(script)) => {
            let begun = visit.leadbox.rules().save_draft(&key, script, Some(Revision(0))).await;
            begun.map(|_| key)
        }
    };
    let issues = match done {
        Ok(key) => return Ok(to_set(&visit.doc, &key).into_response()),
        Err(Error::Invalid(invalid)) => Issues::from(invalid),
        Err(Error::Stale { .. }) => Invalid::one("key", "is another rule set’s").into(),
        Err(error) => return Err(error.into()),
    };
    let page = page(visit, &fields, issues).await?.render()?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
}

/// `POST /scoring-pause`.
pub(crate) async fn pause(visit: Visit) -> Result<Redirect, Problem> {
    visit.leadbox.rules().pause_rescore().await?;
    Ok(Redirect::to(&visit.doc.page("scoring")))
}

/// `POST /scoring-resume`.
pub(crate) async fn resume(visit: Visit) -> Result<Redirect, Problem> {
    visit.leadbox.rules().resume_rescore().await?;
    Ok(Redirect::to(&visit.doc.page("scoring")))
}

/// To a rule set's page.
pub(super) fn to_set(doc: &Doc, key: &RuleSetKey) -> Redirect {
    Redirect::to(&doc.page(&format!("scoring/{key}")))
}

async fn page(visit: Visit, typed: &[(String, String)], issues: Issues) -> Result<Page, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("scoring");
    let rules = leadbox.rules();
    let (book, sheets) = (rules.book().await?, rules.sheets().await?);
    let zone = Lexicon::of(&leadbox).await?.zone;
    let row = |sheet: &RuleSheet, book: &RuleBook| Row {
        key: sheet.key.to_string(),
        name: sheet.name.clone(),
        version: book.version_of(&sheet.key).map(|one| one.to_string()).unwrap_or_default(),
        published: sheet.versions.last().map_or(String::new(), |one| format::moment(one.at, zone)),
        has_draft: sheet.draft.is_some(),
    };
    let place = |sheet: &RuleSheet| book.in_force.iter().position(|one| one.set == sheet.key);
    let mut sheets: Vec<RuleSheet> = sheets.into_iter().map(|(_, sheet)| sheet).collect();
    sheets.sort_by_key(|sheet| (place(sheet).is_none(), place(sheet), sheet.name.clone()));
    let (in_force, others): (Vec<RuleSheet>, Vec<RuleSheet>) =
        sheets.into_iter().partition(|sheet| place(sheet).is_some());
    Ok(Page {
        in_force: in_force.iter().map(|sheet| row(sheet, &book)).collect(),
        others: others.iter().map(|sheet| row(sheet, &book)).collect(),
        progress: rules.rescore_progress().await?.map(progress),
        examples: Example::ALL,
        key: value(typed, "key").to_owned(),
        example: value(typed, "example").to_owned(),
        issues,
        doc,
        shell,
    })
}

fn progress(progress: RescoreProgress) -> Progress {
    let RescoreProgress { state, scored, moved, priorities, .. } = progress;
    let all = progress.leads.unwrap_or(scored).max(scored);
    let so_far = format!("{} of {} leads are scored by them", number(scored), number(all));
    let came_of_it = format!(
        "{} moved by a point or more, {} have another priority",
        number(moved),
        number(priorities)
    );
    let says = match state {
        RescoreState::Finished => format!("All leads are scored by them: {came_of_it}."),
        RescoreState::Running if progress.leads.is_none() => {
            "All leads are about to be scored by them.".to_owned()
        }
        RescoreState::Running => format!("{so_far}: {came_of_it} so far."),
        RescoreState::Paused => format!("{so_far}; the others wait."),
    };
    let (is_running, is_paused) = (state == RescoreState::Running, state == RescoreState::Paused);
    Progress { says, done: scored, all, is_running, is_paused }
}
