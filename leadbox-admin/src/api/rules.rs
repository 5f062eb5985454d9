//! Scoring rules: rule sets with their drafts and versions, checking scripts, what is in force, and how far leads are scored by it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use leadbox_core::scoring::{
    Mistake, PublishedRules, RuleSetVersion, RuleSheet, RuleSource, Run, TestResult, Word,
};
use leadbox_core::service::{Published, RescoreProgress, RescoreState, RuleCheck};
use leadbox_core::{Invalid, LeadBox, Revision, RuleSetKey, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asker::Asker;
use super::body::Body;
use super::paging::Listed;
use super::version::{Expected, IfMatch, tagged};
use crate::serve::Problem;

/// A rule set.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleSet)]
pub(super) struct SheetBody {
    /// Its key.
    key: RuleSetKey,
    /// Raised by one at every change. Also its `ETag`.
    revision: Revision,
    /// The name that its newest script gives itself.
    name: String,
    /// The version in force; missing when none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_force: Option<i64>,
    /// What somebody works on.
    #[serde(skip_serializing_if = "Option::is_none")]
    draft: Option<DraftBody>,
    /// What was published, the newest last.
    versions: Vec<VersionBody>,
}

/// A script that is not in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleSetDraft)]
pub(super) struct DraftBody {
    /// What it says.
    script: String,
    /// What stands in the files beside it, by their names.
    files: BTreeMap<String, String>,
    /// When it was written last.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The version that it began with.
    #[serde(skip_serializing_if = "Option::is_none")]
    since_version: Option<i64>,
}

/// A version that was published.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleSetPublication)]
pub(super) struct VersionBody {
    /// The version, from 1.
    version: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What was said of it.
    note: String,
}

impl SheetBody {
    fn of(revision: Revision, sheet: RuleSheet, in_force: Option<i64>) -> Self {
        let version = |one: leadbox_core::scoring::Publication| VersionBody {
            version: one.version,
            at: one.at,
            note: one.note,
        };
        Self {
            key: sheet.key,
            revision,
            name: sheet.name,
            in_force,
            draft: sheet.draft.map(|draft| DraftBody {
                script: draft.script,
                files: draft.files,
                at: draft.at,
                since_version: draft.since_version,
            }),
            versions: sheet.versions.into_iter().map(version).collect(),
        }
    }
}

/// List rule sets
#[utoipa::path(get, path = "/rule-sets", tag = "scoring", responses((status = 200, body = Listed<SheetBody>)))]
pub(super) async fn list(Asker(leadbox): Asker) -> Result<Json<Listed<SheetBody>>, Problem> {
    let (sheets, book) = (leadbox.rules().sheets().await?, leadbox.rules().book().await?);
    let body = |(revision, sheet): (Revision, RuleSheet)| {
        let in_force = book.version_of(&sheet.key);
        SheetBody::of(revision, sheet, in_force)
    };
    Ok(Json(Listed::whole(sheets.into_iter().map(body))))
}

/// Read a rule set
#[utoipa::path(get, path = "/rule-sets/{set}", tag = "scoring", params(("set" = RuleSetKey, Path)),
    responses((status = 200, body = SheetBody, headers(("ETag" = String))), (status = 404)))]
pub(super) async fn read(
    Asker(leadbox): Asker,
    Path(set): Path<RuleSetKey>,
) -> Result<Response, Problem> {
    answer(&leadbox, &set).await
}

async fn answer(leadbox: &LeadBox, set: &RuleSetKey) -> Result<Response, Problem> {
    let found = leadbox.rules().sheet(set).await?;
    let (revision, sheet) =
        found.ok_or_else(|| Problem::not_found("There is no such rule set."))?;
    let in_force = leadbox.rules().book().await?.version_of(set);
    Ok(tagged(revision.0, SheetBody::of(revision, sheet, in_force)))
}

/// A script.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RuleScript)]
pub(super) struct ScriptBody {
    /// What it says, at most 256 KiB.
    script: String,
    /// What stands in the files beside it, which it may import, by their names: at most 20, of 256 KiB together.
    #[serde(default)]
    files: BTreeMap<String, String>,
}

impl From<ScriptBody> for RuleSource {
    fn from(body: ScriptBody) -> Self {
        Self { script: body.script, files: body.files }
    }
}

/// Write a rule set's draft
///
/// A rule set that is not there yet begins with it. A script with mistakes is kept too; it only cannot be published. With
/// `If-Match` only at that revision.
#[utoipa::path(put, path = "/rule-sets/{set}/draft", tag = "scoring", request_body = ScriptBody,
    params(("set" = RuleSetKey, Path), IfMatch),
    responses((status = 200, body = SheetBody, headers(("ETag" = String))), (status = 412)))]
pub(super) async fn write(
    Asker(leadbox): Asker,
    Path(set): Path<RuleSetKey>,
    expected: Expected,
    Body(body): Body<ScriptBody>,
) -> Result<Response, Problem> {
    let expected = expected.version()?.map(Revision);
    leadbox.rules().save_draft(&set, RuleSource::from(body), expected).await?;
    answer(&leadbox, &set).await
}

/// Drop a rule set's draft
///
/// A rule set that was never published is gone with it.
#[utoipa::path(delete, path = "/rule-sets/{set}/draft", tag = "scoring", params(("set" = RuleSetKey, Path)),
    responses((status = 204), (status = 404)))]
pub(super) async fn drop_draft(
    Asker(leadbox): Asker,
    Path(set): Path<RuleSetKey>,
) -> Result<StatusCode, Problem> {
    leadbox.rules().drop_draft(&set).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A version as it was published.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PublishedRules)]
pub(super) struct PublishedBody {
    /// The rule set.
    set: RuleSetKey,
    /// The version.
    version: i64,
    /// What it says.
    script: String,
    /// What stands in the files beside it, by their names.
    files: BTreeMap<String, String>,
}

/// Read a version
#[utoipa::path(get, path = "/rule-sets/{set}/versions/{version}", tag = "scoring",
    params(("set" = RuleSetKey, Path), ("version" = i64, Path)),
    responses((status = 200, body = PublishedBody), (status = 404)))]
pub(super) async fn version(
    Asker(leadbox): Asker,
    Path((set, version)): Path<(RuleSetKey, i64)>,
) -> Result<Json<PublishedBody>, Problem> {
    let found = leadbox.rules().version(&RuleSetVersion { set, version }).await?;
    let found = found.ok_or_else(|| Problem::not_found("There is no such version."))?;
    let PublishedRules { id: RuleSetVersion { set, version }, script, files } = found;
    Ok(Json(PublishedBody { set, version, script, files }))
}

/// That rules came into force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RulesInForce)]
pub(super) struct InForceBody {
    /// Raised by one whenever other rules come into force; 0 while there were never any.
    edition: i64,
    /// The rule sets in their order: the first that is for a lead scores it.
    in_force: Vec<RuleSetVersion>,
    /// How far all leads are scored by them.
    #[serde(skip_serializing_if = "Option::is_none")]
    rescore: Option<RescoreProgress>,
}

async fn in_force(leadbox: &LeadBox, published: Published) -> Result<Json<InForceBody>, Problem> {
    let Published { edition, in_force } = published;
    let rescore = leadbox.rules().rescore_progress().await?;
    Ok(Json(InForceBody { edition, in_force, rescore }))
}

/// Read what is in force
#[utoipa::path(get, path = "/scoring", tag = "scoring", responses((status = 200, body = InForceBody)))]
pub(super) async fn book(Asker(leadbox): Asker) -> Result<Json<InForceBody>, Problem> {
    let book = leadbox.rules().book().await?;
    in_force(&leadbox, Published { edition: book.edition, in_force: book.in_force }).await
}

/// What is said of a version.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = RulesNote)]
#[derive(Default)]
pub(super) struct NoteBody {
    /// What is new in it, at most 500 characters.
    note: String,
}

/// Publish a rule set's draft
///
/// From now on leads are scored by it, and all that are there are scored again in the background. With `If-Match` only at that
/// revision.
#[utoipa::path(post, path = "/rule-sets/{set}/publish", tag = "scoring", request_body = NoteBody,
    params(("set" = RuleSetKey, Path), IfMatch),
    responses((status = 200, body = InForceBody), (status = 404), (status = 412)))]
pub(super) async fn publish(
    Asker(leadbox): Asker,
    Path(set): Path<RuleSetKey>,
    expected: Expected,
    Body(body): Body<NoteBody>,
) -> Result<Json<InForceBody>, Problem> {
    let expected = expected.version()?.map(Revision);
    let published = leadbox.rules().publish(&set, &body.note, expected).await?;
    in_force(&leadbox, published).await
}

/// Put a version into force
///
/// One that was published before: a step back, or forth.
#[utoipa::path(post, path = "/rule-sets/{set}/versions/{version}/enforce", tag = "scoring",
    params(("set" = RuleSetKey, Path), ("version" = i64, Path)),
    responses((status = 200, body = InForceBody), (status = 404)))]
pub(super) async fn enforce(
    Asker(leadbox): Asker,
    Path((set, version)): Path<(RuleSetKey, i64)>,
) -> Result<Json<InForceBody>, Problem> {
    let published = leadbox.rules().put_in_force(&RuleSetVersion { set, version }).await?;
    in_force(&leadbox, published).await
}

/// Take a rule set out of force
#[utoipa::path(post, path = "/rule-sets/{set}/withdraw", tag = "scoring", params(("set" = RuleSetKey, Path)),
    responses((status = 200, body = InForceBody), (status = 404)))]
pub(super) async fn withdraw(
    Asker(leadbox): Asker,
    Path(set): Path<RuleSetKey>,
) -> Result<Json<InForceBody>, Problem> {
    let published = leadbox.rules().withdraw(&set).await?;
    in_force(&leadbox, published).await
}

/// An order of rule sets.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RuleSetOrder)]
pub(super) struct OrderBody {
    /// Each rule set in force, once. One that is for all leads comes last, wherever it is named.
    order: Vec<RuleSetKey>,
}

/// Put the rule sets in force into another order
#[utoipa::path(put, path = "/scoring/order", tag = "scoring", request_body = OrderBody,
    responses((status = 200, body = InForceBody)))]
pub(super) async fn arrange(
    Asker(leadbox): Asker,
    Body(body): Body<OrderBody>,
) -> Result<Json<InForceBody>, Problem> {
    let published = leadbox.rules().arrange(&body.order).await?;
    in_force(&leadbox, published).await
}

/// Whether the scoring of all leads goes on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RescoreChange)]
pub(super) struct StateBody {
    /// `running` or `paused`.
    state: RescoreState,
}

/// Pause or resume the scoring of all leads
#[utoipa::path(patch, path = "/scoring/rescore", tag = "scoring", request_body = StateBody,
    responses((status = 200, body = RescoreProgress), (status = 404)))]
pub(super) async fn set_rescore(
    Asker(leadbox): Asker,
    Body(body): Body<StateBody>,
) -> Result<Json<RescoreProgress>, Problem> {
    let rules = leadbox.rules();
    Ok(Json(match body.state {
        RescoreState::Running => rules.resume_rescore().await?,
        RescoreState::Paused => rules.pause_rescore().await?,
        RescoreState::Finished => {
            let says = "is `running` or `paused`: it finishes by itself";
            return Err(Invalid::one("state", says).into());
        }
    }))
}

/// What there is to say about a script.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleCheck)]
pub(super) struct CheckBody {
    /// The name that it gives itself.
    name: String,
    /// What is wrong with it; empty when nothing is.
    mistakes: Vec<MistakeBody>,
    /// How each rule and signal is run.
    rules: Vec<RunBody>,
    /// How the tests end that it has of itself.
    tests: Vec<TestBody>,
}

/// Something wrong with a script.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleMistake)]
pub(super) struct MistakeBody {
    /// The file beside the script that it is in; missing when it is in the script itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The line, from 1.
    line: Option<usize>,
    /// The character of the line, from 1.
    column: Option<usize>,
    /// What, and what to write instead.
    message: String,
}

/// How a rule is run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleRun)]
pub(super) struct RunBody {
    /// Its name.
    rule: String,
    /// Why it is interpreted, which is slower; missing for one that is compiled.
    #[serde(skip_serializing_if = "Option::is_none")]
    interpreted: Option<MistakeBody>,
}

/// How a test of a script ended.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleTest)]
pub(super) struct TestBody {
    /// Its name.
    name: String,
    /// The line where it stands.
    line: Option<usize>,
    /// Why it failed; missing when it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<MistakeBody>,
}

impl MistakeBody {
    fn of(mistake: Mistake) -> Self {
        let Mistake { file, line, column, message } = mistake;
        Self { file, line, column, message }
    }
}

/// List the words of scripts
///
/// What can be written in a script, your custom fields included: what an editor needs to complete and explain them.
#[utoipa::path(get, path = "/scoring/words", tag = "scoring", responses((status = 200, body = Listed<Word>)))]
pub(super) async fn words(Asker(leadbox): Asker) -> Result<Json<Listed<Word>>, Problem> {
    Ok(Json(Listed::whole(leadbox.rules().words().await?)))
}

/// Check a script
///
/// Says what is wrong with it, line by line, how each rule is run, and how the tests end that it has of itself. Nothing is kept.
#[utoipa::path(post, path = "/scoring/check", tag = "scoring", request_body = ScriptBody,
    responses((status = 200, body = CheckBody)))]
pub(super) async fn check(
    Asker(leadbox): Asker,
    Body(body): Body<ScriptBody>,
) -> Result<Json<CheckBody>, Problem> {
    let RuleCheck { name, mistakes, runs, tests } =
        leadbox.rules().check(RuleSource::from(body)).await?;
    let run =
        |run: Run| RunBody { rule: run.rule, interpreted: run.interpreted.map(MistakeBody::of) };
    let test = |test: TestResult| TestBody {
        name: test.name,
        line: test.line,
        failure: test.failure.map(MistakeBody::of),
    };
    Ok(Json(CheckBody {
        name,
        mistakes: mistakes.into_iter().map(MistakeBody::of).collect(),
        rules: runs.into_iter().map(run).collect(),
        tests: tests.into_iter().map(test).collect(),
    }))
}
