//! One rule set: its script, what is to be said of it, and its versions. Owns writing, trying, publishing and putting back on its page;
//! what a script says is core's.

use std::convert::Infallible;

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use chrono::TimeDelta;
use leadbox_core::scoring::{Mistake, RuleSetVersion, RuleSheet, RuleSource, Word};
use leadbox_core::service::{BacktestPlan, Candidate, RuleCheck};
use leadbox_core::{Error, Invalid, KeyError, LeadBox, Revision, RuleSetKey};
use serde::Deserialize;

use super::fields::{Fields, revision, value};
use super::issues::Issues;
use super::lexicon::Lexicon;
use super::rule_difference::{Line, difference};
use super::rule_trial::{self, Leads, OneLead, Past};
use super::scoring::to_set;
use super::shell::{Shell, Visit};
use super::words::sentence;
use super::{Doc, format};
use crate::serve::Problem;

/// Something wrong with the script, or with a test that it has of itself.
struct Fault {
    says: String,
    /// The line, from 1; empty where nobody knows.
    line: String,
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
    /// The files beside it that it imports, by name.
    files: Vec<(String, String)>,
    lines: usize,
    note: String,
    check: Check,
    trial: Trial,
    /// How the script differs from another version.
    difference: Option<Difference>,
    /// What scripts know, by kind.
    words: Vec<(&'static str, Vec<Word>)>,
    versions: Vec<Version>,
    issues: Issues,
}

/// How a script differs from another version of it.
struct Difference {
    says: String,
    parts: Vec<Vec<Line>>,
}

/// What a script would do, as far as that was asked.
#[derive(Default)]
struct Trial {
    /// What all leads would have; none while nobody asked.
    leads: Option<Leads>,
    /// Why that cannot be said.
    wrong: String,
    /// The lead that was asked for, as it was typed.
    lead: String,
    /// What it would have.
    one: Option<OneLead>,
    /// The age in days at which leads are scored, as it was typed.
    days: String,
    past: Option<Past>,
    past_wrong: String,
}

/// What the address asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// A version to be looked at.
    version: Option<i64>,
    /// The version beside which it is looked at.
    beside: Option<i64>,
}

/// The rule set of an address, for whoever manages rules.
async fn known(visit: &Visit, key: &str) -> Result<(Revision, RuleSheet), Problem> {
    let absent = || Error::not_found("rule set", key);
    let read: Result<RuleSetKey, KeyError> = key.parse();
    let found = visit.leadbox.rules().sheet(&read.map_err(|_| absent())?).await?;
    Ok(found.ok_or_else(absent)?)
}

async fn source_of(
    visit: &Visit,
    sheet: &RuleSheet,
    version: Option<i64>,
) -> Result<RuleSource, Problem> {
    if let (None, Some(draft)) = (version, &sheet.draft) {
        return Ok(draft.source());
    }
    let rules = visit.leadbox.rules();
    let in_force = rules.book().await?.version_of(&sheet.key);
    let version = version.or(in_force).unwrap_or_else(|| sheet.newest());
    let id = RuleSetVersion { set: sheet.key.clone(), version };
    let found = rules.version(&id).await?;
    Ok(found.ok_or_else(|| Error::not_found("version", version))?.source())
}

/// `GET /scoring/{set}`.
pub(crate) async fn rule_set(
    visit: Visit,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let (revision, sheet) = known(&visit, &key).await?;
    let source = source_of(&visit, &sheet, asked.version).await?;
    let Asked { version, beside } = asked;
    let typed = Typed { source, version, beside, ..Typed::default() };
    Ok(Html(page(visit, sheet, revision, typed, Issues::default()).await?.render()?))
}

/// What stands in the form.
#[derive(Default)]
struct Typed {
    source: RuleSource,
    note: String,
    /// The version that it is, when it is only looked at.
    version: Option<i64>,
    beside: Option<i64>,
    trial: Trial,
}

impl Typed {
    fn of(fields: &[(String, String)]) -> Self {
        // Forms send the breaks of lines as two characters.
        let text = |name: &str| {
            let found = fields.iter().find(|(field, _)| field == name);
            found.map(|(_, text)| text.replace("\r\n", "\n")).unwrap_or_default()
        };
        // A file that the script imports and that is not there yet is there from now on, for somebody to write.
        let beside = |name: &str| Ok::<_, Infallible>(Some(text(&format!("file-{name}"))));
        let Ok(source) = RuleSource::gathered(text("script"), beside);
        let [note, lead, days] =
            ["note", "lead", "days"].map(|name| value(fields, name).to_owned());
        Self { source, note, trial: Trial { lead, days, ..Trial::default() }, ..Self::default() }
    }
}

/// `POST /scoring/{set}/try`: what the script would do. Nothing is written.
pub(crate) async fn try_out(
    visit: Visit,
    Path(key): Path<String>,
    axum::Form(fields): Fields,
) -> Result<Html<String>, Problem> {
    let (revision, sheet) = known(&visit, &key).await?;
    let mut typed = Typed::of(&fields);
    let by = Candidate::Script(sheet.key.clone(), typed.source.clone());
    typed.trial.ask(&visit, &by, value(&fields, "do")).await?;
    Ok(Html(page(visit, sheet, revision, typed, Issues::default()).await?.render()?))
}

impl Trial {
    /// Asks what a script would do. What is wrong with it is said elsewhere.
    async fn ask(&mut self, visit: &Visit, by: &Candidate, what: &str) -> Result<(), Problem> {
        let (leadbox, prefix) = (&visit.leadbox, visit.doc.prefix.as_str());
        match rule_trial::leads(leadbox, prefix, by).await {
            Ok(leads) => self.leads = Some(leads),
            Err(Error::Invalid(invalid)) => {
                self.wrong = about_place(invalid);
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
        if !self.lead.is_empty() {
            self.one = rule_trial::one_lead(leadbox, prefix, by, &self.lead).await?;
        }
        if what == "backtest" {
            let Ok(days) = self.days.trim().parse::<u16>() else {
                self.past_wrong = "Say the age as a whole number of days, such as 7.".to_owned();
                return Ok(());
            };
            let after = TimeDelta::days(days.into());
            let plan = BacktestPlan { after, ..BacktestPlan::new(by.clone()) };
            match rule_trial::past(leadbox, prefix, &plan).await {
                Ok(past) => self.past = Some(past),
                Err(Error::Invalid(invalid)) => {
                    let says = invalid.issues.first().map(|issue| sentence(&issue.message));
                    self.past_wrong = says.unwrap_or_default();
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// What is wrong with a script's place among the others; mistakes in it are said beside it.
fn about_place(invalid: Invalid) -> String {
    let told = invalid.issues.into_iter().filter(|issue| issue.field != "script");
    told.map(|issue| sentence(&issue.message)).collect::<Vec<_>>().join(" ")
}

/// `POST /scoring/{set}`.
pub(crate) async fn save(
    visit: Visit,
    Path(key): Path<String>,
    axum::Form(fields): Fields,
) -> Result<Response, Problem> {
    let (stored, sheet) = known(&visit, &key).await?;
    let rules = visit.leadbox.rules();
    let typed = Typed::of(&fields);
    let done = match revision(&fields) {
        Err(invalid) => Err(invalid.into()),
        Ok(before) => {
            match rules.save_draft(&sheet.key, typed.source.clone(), Some(before)).await {
                Ok(saved) if value(&fields, "do") == "publish" => {
                    rules.publish(&sheet.key, &typed.note, Some(saved)).await.map(drop)
                }
                done => done.map(drop),
            }
        }
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
    let difference = difference_of(&leadbox, &sheet, &typed, in_force).await?;
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
        check: Check::of(&typed.source, &leadbox.rules().check(typed.source.clone()).await?),
        lines: typed.source.script.lines().count().clamp(12, 40) + 1,
        difference,
        words: by_kind(leadbox.rules().words().await?),
        trial: typed.trial,
        files: typed.source.files.into_iter().collect(),
        script: typed.source.script,
        note: typed.note,
        versions: sheet.versions.iter().rev().map(version).collect(),
        issues: issues.calling("script", "Script").calling("note", "What is new"),
        doc,
        shell,
    })
}

/// How what is shown differs: a version from the one in force, the one in force from the one before, and what is worked on from
/// what is in force.
async fn difference_of(
    leadbox: &LeadBox,
    sheet: &RuleSheet,
    typed: &Typed,
    in_force: Option<i64>,
) -> Result<Option<Difference>, Problem> {
    let earlier = |version: i64| {
        let versions = sheet.versions.iter().rev().map(|one| one.version);
        versions.into_iter().find(|one| *one < version)
    };
    let beside = match (typed.beside, typed.version) {
        (Some(beside), _) => Some(beside),
        (None, Some(version)) if in_force == Some(version) => earlier(version),
        (None, _) => in_force,
    };
    let Some(version) = beside.filter(|_| typed.version.is_some() || sheet.draft.is_some()) else {
        return Ok(None);
    };
    let id = RuleSetVersion { set: sheet.key.clone(), version };
    let Some(published) = leadbox.rules().version(&id).await? else { return Ok(None) };
    let parts = difference(&whole(&published.source()), &whole(&typed.source));
    let says = match parts.is_empty() {
        true => format!("Nothing differs from version {version}."),
        false => format!("What differs from version {version}"),
    };
    Ok(Some(Difference { says, parts }))
}

/// A script with the files beside it, as one text.
fn whole(source: &RuleSource) -> String {
    let file = |(name, text): (&String, &String)| format!("\n// {name}.rhai\n{text}");
    let files: String = source.files.iter().map(file).collect();
    format!("{}{files}", source.script)
}

/// What scripts know, by kind.
fn by_kind(words: Vec<Word>) -> Vec<(&'static str, Vec<Word>)> {
    let titled = |of: &[Word]| Some((of.first()?.kind.title(), of.to_vec()));
    words.chunk_by(|one, next| one.kind == next.kind).filter_map(titled).collect()
}

impl Check {
    /// What a check says, with the places in the script.
    fn of(source: &RuleSource, checked: &RuleCheck) -> Self {
        let fault = |says: String, mistake: &Mistake| Fault {
            says,
            // Lines of other files are not those of the script.
            line: mistake
                .line
                .filter(|_| mistake.file.is_none())
                .map(|line| line.to_string())
                .unwrap_or_default(),
            place: source.shown(mistake),
        };
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
        let rules = match runs.len() {
            1 => "1 rule or signal".to_owned(),
            rules => format!("{rules} rules and signals"),
        };
        let tests = match tests.len() {
            0 => "no tests".to_owned(),
            tests => format!("{passed} of {tests} tests pass"),
        };
        Self { faults: faults.collect(), says: format!("{rules}; {tests}."), slow: slow.collect() }
    }
}
