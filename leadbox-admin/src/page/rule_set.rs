//! One rule set: its script, what is to be said of it, and its versions. Owns writing, publishing and putting back on its page; what a
//! script says is core's.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use leadbox_core::scoring::{Mistake, RuleSetVersion, RuleSheet};
use leadbox_core::service::RuleCheck;
use leadbox_core::{Error, Invalid, KeyError, Revision, RuleSetKey};
use serde::Deserialize;

use super::fields::{Fields, revision, value};
use super::issues::Issues;
use super::lexicon::Lexicon;
use super::scoring::to_set;
use super::shell::{Shell, Visit};
use super::{Doc, format};
use crate::serve::Problem;

/// Something wrong with the script, or with a test that it has of itself.
struct Fault {
    says: String,
    /// The line and a mark under the place; empty where nobody knows.
    place: String,
}

/// What there is to say of the script.
#[derive(Default)]
struct Check {
    faults: Vec<Fault>,
    /// How many rules there are, and tests that passed.
    says: String,
    /// Rules that are interpreted, and why.
    slow: Vec<String>,
}

/// A version that was published.
struct Version {
    number: i64,
    at: String,
    by: String,
    note: String,
    in_force: bool,
    /// Whether it is the one that is shown.
    shown: bool,
}

#[derive(Template)]
#[template(path = "rule-set.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    key: String,
    name: String,
    revision: String,
    /// The version in force; empty when none is.
    in_force: String,
    has_draft: bool,
    /// The version that is only looked at; empty for what is worked on.
    version: String,
    script: String,
    lines: usize,
    note: String,
    check: Check,
    versions: Vec<Version>,
    issues: Issues,
}

/// What the address asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// A version to be looked at.
    version: Option<i64>,
}

/// The rule set of an address, for whoever manages rules.
async fn known(visit: &Visit, key: &str) -> Result<(Revision, RuleSheet), Problem> {
    let absent = || Error::not_found("rule set", key);
    let read: Result<RuleSetKey, KeyError> = key.parse();
    let found = visit.leadbox.rules().sheet(&read.map_err(|_| absent())?).await?;
    Ok(found.ok_or_else(absent)?)
}

async fn script_of(
    visit: &Visit,
    sheet: &RuleSheet,
    version: Option<i64>,
) -> Result<String, Problem> {
    if let (None, Some(draft)) = (version, &sheet.draft) {
        return Ok(draft.script.clone());
    }
    let rules = visit.leadbox.rules();
    let in_force = rules.book().await?.version_of(&sheet.key);
    let version = version.or(in_force).unwrap_or_else(|| sheet.newest());
    let id = RuleSetVersion { set: sheet.key.clone(), version };
    let found = rules.version(&id).await?;
    Ok(found.ok_or_else(|| Error::not_found("version", version))?.script)
}

/// `GET /scoring/{set}`.
pub(crate) async fn rule_set(
    visit: Visit,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let (revision, sheet) = known(&visit, &key).await?;
    let script = script_of(&visit, &sheet, asked.version).await?;
    let typed = Typed { script, note: String::new(), version: asked.version };
    Ok(Html(page(visit, sheet, revision, typed, Issues::default()).await?.render()?))
}

/// What stands in the form.
struct Typed {
    script: String,
    note: String,
    /// The version that it is, when it is only looked at.
    version: Option<i64>,
}

/// `POST /scoring/{set}`.
pub(crate) async fn save(
    visit: Visit,
    Path(key): Path<String>,
    axum::Form(fields): Fields,
) -> Result<Response, Problem> {
    let (stored, sheet) = known(&visit, &key).await?;
    let rules = visit.leadbox.rules();
    // Forms send the breaks of lines as two characters.
    let script = fields.iter().find(|(name, _)| name == "script");
    let script = script.map(|(_, script)| script.replace("\r\n", "\n")).unwrap_or_default();
    let note = value(&fields, "note").to_owned();
    let done = match revision(&fields) {
        Err(invalid) => Err(invalid.into()),
        Ok(before) => match rules.save_draft(&sheet.key, &script, Some(before)).await {
            Ok(saved) if value(&fields, "do") == "publish" => {
                rules.publish(&sheet.key, &note, Some(saved)).await.map(drop)
            }
            done => done.map(drop),
        },
    };
    match done {
        Ok(()) => Ok(to_set(&visit.doc, &sheet.key).into_response()),
        Err(Error::Invalid(Invalid { mut issues })) => {
            // What is wrong with the script stands beside it, with its place.
            let before = issues.len();
            issues.retain(|issue| issue.field != "script");
            if issues.len() < before {
                issues.extend(Invalid::one("script", "has mistakes: they stand below it").issues);
            }
            let (stored, sheet) =
                known(&visit, sheet.key.as_str()).await.unwrap_or((stored, sheet));
            let typed = Typed { script, note, version: None };
            let page = page(visit, sheet, stored, typed, Invalid { issues }.into()).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page.render()?)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /scoring/{set}/drop`.
pub(crate) async fn drop_draft(visit: Visit, Path(key): Path<String>) -> Result<Redirect, Problem> {
    let (_, sheet) = known(&visit, &key).await?;
    visit.leadbox.rules().drop_draft(&sheet.key).await?;
    match sheet.versions.is_empty() {
        true => Ok(Redirect::to(&visit.doc.page("scoring"))),
        false => Ok(to_set(&visit.doc, &sheet.key)),
    }
}

/// `POST /scoring/{set}/enforce`.
pub(crate) async fn enforce(
    visit: Visit,
    Path(key): Path<String>,
    axum::Form(fields): Fields,
) -> Result<Redirect, Problem> {
    let (_, sheet) = known(&visit, &key).await?;
    let version = value(&fields, "version");
    let version = version.parse().map_err(|_| Error::not_found("version", version))?;
    let id = RuleSetVersion { set: sheet.key, version };
    visit.leadbox.rules().put_in_force(&id).await?;
    Ok(to_set(&visit.doc, &id.set))
}

/// `POST /scoring/{set}/withdraw`.
pub(crate) async fn withdraw(visit: Visit, Path(key): Path<String>) -> Result<Redirect, Problem> {
    let (_, sheet) = known(&visit, &key).await?;
    visit.leadbox.rules().withdraw(&sheet.key).await?;
    Ok(to_set(&visit.doc, &sheet.key))
}

async fn page(
    visit: Visit,
    sheet: RuleSheet,
    revision: Revision,
    typed: Typed,
    issues: Issues,
) -> Result<Page, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("scoring");
    let in_force = leadbox.rules().book().await?.version_of(&sheet.key);
    let lexicon = Lexicon::of(&leadbox).await?;
    let words = lexicon.words();
    let version = |one: &leadbox_core::scoring::Publication| Version {
        number: one.version,
        at: format::moment(one.at, lexicon.zone),
        by: words.actor(&one.by),
        note: one.note.clone(),
        in_force: in_force == Some(one.version),
        shown: typed.version == Some(one.version),
    };
    Ok(Page {
        key: sheet.key.to_string(),
        name: sheet.name.clone(),
        revision: revision.to_string(),
        in_force: in_force.map(|version| version.to_string()).unwrap_or_default(),
        has_draft: sheet.draft.is_some(),
        version: typed.version.map(|version| version.to_string()).unwrap_or_default(),
        check: Check::of(&typed.script, &leadbox.rules().check(&typed.script).await?),
        lines: typed.script.lines().count().clamp(12, 40) + 1,
        script: typed.script,
        note: typed.note,
        versions: sheet.versions.iter().rev().map(version).collect(),
        issues: issues.calling("script", "Script").calling("note", "What is new"),
        doc,
        shell,
    })
}

impl Check {
    /// What a check says, with the places in the script.
    fn of(script: &str, checked: &RuleCheck) -> Self {
        let fault = |says: String, mistake: &Mistake| Fault { says, place: mistake.shown(script) };
        let RuleCheck { mistakes, runs, tests, .. } = checked;
        if !mistakes.is_empty() {
            let faults = mistakes.iter().map(|one| fault(one.to_string(), one)).collect();
            return Self { faults, ..Self::default() };
        }
        let passed = tests.iter().filter(|test| test.failure.is_none()).count();
        let failed = tests.iter().filter_map(|test| Some((&test.name, test.failure.as_ref()?)));
        let faults = failed
            .map(|(name, failure)| fault(format!("The test “{name}” fails: {failure}"), failure));
        let slow = runs.iter().filter_map(|run| {
            let because = run.interpreted.as_ref()?;
            Some(format!("{}: {because}", run.rule))
        });
        Self {
            faults: faults.collect(),
            says: format!(
                "{} rules and signals; {passed} of {} tests pass.",
                runs.len(),
                tests.len()
            ),
            slow: slow.collect(),
        }
    }
}
