//! `leadbox rules`: scoring scripts. Owns what is said of files; how they come into force, why leads have their scores, and how both
//! came about have files of their own.

mod explained;
mod history;
mod published;
mod tried;
mod words;

use std::fs::{File, read_to_string};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;

use chrono::TimeDelta;
use leadbox_core::scoring::{
    Example, LoadError, Loader, Mistake, RuleSet, RuleSource, Run, TestResult,
};
use leadbox_core::service::{BacktestPlan, Candidate, WhatIf};
use leadbox_core::{Catalog, LeadBox, LeadPatch, RuleSetKey};
use serde::Serialize;

use super::office::Office;
use crate::cli::RulesVerb;
use crate::exit::{Exit, Failure};
use crate::output::{Outcome, Output};
use crate::storage::{Durability, Expect, Location, open};

#[derive(Debug, Serialize)]
struct Written {
    file: String,
    example: &'static str,
}

impl Outcome for Written {
    fn text(&self) -> String {
        format!("{} was written: `leadbox rules test {0}` tests it", self.file)
    }
}

#[derive(Debug, Serialize)]
struct Checked {
    name: String,
    mistakes: Vec<Mistake>,
    /// How each rule runs.
    rules: Vec<Run>,
    #[serde(skip)]
    source: RuleSource,
}

impl Outcome for Checked {
    fn text(&self) -> String {
        if self.mistakes.is_empty() {
            let slow = self
                .rules
                .iter()
                .filter_map(|run| run.interpreted.as_ref().map(|because| (&run.rule, because)));
            let slow: Vec<String> = slow
                .map(|(rule, because)| format!("\ninterpreted: {rule}, because of {because}"))
                .collect();
            let compiled = self.rules.len() - slow.len();
            return format!(
                "nothing is wrong with {:?}: {compiled} of {} rules and signals are compiled{}",
                self.name,
                self.rules.len(),
                slow.concat()
            );
        }
        let told = self.mistakes.iter().map(|mistake| shown(mistake, &self.source));
        told.collect::<Vec<_>>().join("\n\n")
    }

    fn exit(&self) -> Exit {
        if self.mistakes.is_empty() { Exit::Done } else { Exit::Differences }
    }
}

/// A mistake with its line and a mark under the place.
fn shown(mistake: &Mistake, source: &RuleSource) -> String {
    match source.shown(mistake) {
        none if none.is_empty() => mistake.to_string(),
        place => format!("{mistake}\n  {}", place.replace('\n', "\n  ")),
    }
}

#[derive(Debug, Serialize)]
struct Tested {
    tests: Vec<TestResult>,
}

impl Outcome for Tested {
    fn text(&self) -> String {
        let line = |test: &TestResult| match &test.failure {
            None => format!("ok      {}", test.name),
            Some(failure) => format!("failed  {}\n        {failure}", test.name),
        };
        let failed = self.tests.iter().filter(|test| test.failure.is_some()).count();
        let lines = self.tests.iter().map(line).collect::<Vec<_>>().join("\n");
        match (self.tests.len(), failed) {
            (0, _) => "the script has no tests: test(\"...\", #{ email: \"kim@gmail.com\" }, |it| it.score < 5) is one".to_owned(),
            (all, 0) => format!("{lines}\nall {all} passed"),
            (all, failed) => format!("{lines}\n{failed} of {all} failed"),
        }
    }

    fn exit(&self) -> Exit {
        match self.tests.iter().all(|test| test.failure.is_none()) {
            true => Exit::Done,
            false => Exit::Differences,
        }
    }
}

/// The custom fields and stages that there are; those of an empty box where there is none.
async fn catalog(location: &Location) -> Result<Arc<Catalog>, Failure> {
    let storage = open(location, Expect::Trial, Durability::Relaxed).await?;
    Ok(LeadBox::builder(storage).build()?.catalog().await?)
}

/// Runs the command.
///
/// # Errors
/// `Failed` when a file cannot be read or written, a script is none, or no lead is named so; `Unavailable`; `SchemaTooNew`.
pub(super) async fn rules(
    verb: &RulesVerb,
    location: &Location,
    output: Output,
) -> Result<Exit, Failure> {
    match verb {
        RulesVerb::New { file, example } => Ok(output.outcome(&written(file, *example)?)),
        RulesVerb::Words { like, definitions } => {
            let (catalog, like) = (catalog(location).await?, like.as_deref().unwrap_or_default());
            Ok(output.outcome(&words::Words::of(&catalog, like, *definitions)))
        }
        RulesVerb::Check { file } => {
            let source = read(file)?;
            let (name, mistakes, rules) = match loader(&source).load(&source.script) {
                Ok(rules) => (rules.name().to_owned(), Vec::new(), rules.runs()),
                Err(wrong) => (String::new(), wrong.mistakes, Vec::new()),
            };
            Ok(output.outcome(&Checked { name, mistakes, rules, source }))
        }
        RulesVerb::Test { file } => {
            let catalog = catalog(location).await?;
            let tests = load(file, &read(file)?, None)?.test(&catalog);
            Ok(output.outcome(&Tested { tests }))
        }
        RulesVerb::Explain { lead, by, as_of, supposed, happens } => {
            let rules = by.as_deref().map(|file| load(file, &read(file)?, None)).transpose()?;
            let office = Office::open(location, output).await?;
            if supposed.is_empty() && happens.is_empty() {
                return explained::explain(&office, rules, lead, *as_of).await;
            }
            let by = match by {
                Some(file) => Candidate::Alone(read(file)?),
                None => Candidate::InForce,
            };
            let set = |patch: LeadPatch, (field, value): &(String, String)| {
                patch.set(field.as_str(), value.as_str())
            };
            let patch = supposed.iter().fold(LeadPatch::new(), set);
            let what_if = WhatIf { by, as_of: *as_of, patch, happened: happens.clone() };
            explained::explain_if(&office, lead, &what_if).await
        }
        RulesVerb::Preview { file, set } => {
            let office = Office::open(location, output).await?;
            let (set, source) = candidate(&office, file, set.as_ref()).await?;
            tried::preview(&office, set, source).await
        }
        RulesVerb::Backtest { file, set, after_days, most } => {
            let office = Office::open(location, output).await?;
            let (set, source) = candidate(&office, file, set.as_ref()).await?;
            let (by, most) = (Candidate::Script(set, source), *most);
            let after = TimeDelta::days((*after_days).into());
            tried::backtest(&office, &BacktestPlan { by, after, most }).await
        }
        RulesVerb::List => published::list(&Office::open(location, output).await?).await,
        RulesVerb::Publish { file, set, note, later } => {
            let office = Office::open(location, output).await?;
            let (set, source) = candidate(&office, file, set.as_ref()).await?;
            published::publish(&office, &set, source, note, *later).await
        }
        RulesVerb::Rollback { set, to, later } => {
            let office = Office::open(location, output).await?;
            published::roll_back(&office, set, *to, *later).await
        }
        RulesVerb::Withdraw { set, later } => {
            let office = Office::open(location, output).await?;
            published::withdraw(&office, set, *later).await
        }
        RulesVerb::History { set, version, lead } => {
            let office = Office::open(location, output).await?;
            match (set, lead) {
                (Some(set), _) => history::of_set(&office, set, *version).await,
                (None, Some(lead)) => history::of_lead(&office, lead).await,
                (None, None) => Err(Failure::new(Exit::Usage, "name a rule set, or a --lead")),
            }
        }
    }
}

/// A script, with the files beside it that it imports.
fn read(file: &Path) -> Result<RuleSource, Failure> {
    let cannot =
        |file: &Path, error| Failure::because(format!("cannot read {}", file.display()), error);
    let script = read_to_string(file).map_err(|error| cannot(file, error))?;
    RuleSource::gathered(script, |name| {
        let beside = file.with_file_name(format!("{name}.rhai"));
        match read_to_string(&beside) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(cannot(&beside, error)),
        }
    })
}

fn loader(source: &RuleSource) -> Loader<'_> {
    Loader::default().files(&source.files)
}

fn load(file: &Path, source: &RuleSource, catalog: Option<&Catalog>) -> Result<RuleSet, Failure> {
    let loader = catalog.map_or_else(|| loader(source), |catalog| loader(source).catalog(catalog));
    loader.load(&source.script).map_err(|LoadError { mistakes }| {
        let told = mistakes.iter().map(|mistake| shown(mistake, source));
        let told = told.collect::<Vec<_>>().join("\n");
        Failure::new(Exit::Differences, format!("{} is no rule set:\n{told}", file.display()))
    })
}

/// A script that can be loaded, and the rule set that it is a version of.
async fn candidate(
    office: &Office,
    file: &Path,
    set: Option<&RuleSetKey>,
) -> Result<(RuleSetKey, RuleSource), Failure> {
    let source = read(file)?;
    // With the place of each mistake, which the service does not know how to show.
    load(file, &source, Some(&*office.leadbox.catalog().await?))?;
    Ok((set.cloned().map_or_else(|| named_as(file), Ok)?, source))
}

/// The rule set that a file is a version of when nobody says.
fn named_as(file: &Path) -> Result<RuleSetKey, Failure> {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().to_lowercase());
    let key = stem.unwrap_or_default().replace(['-', ' ', '.'], "_");
    key.parse().map_err(|error| {
        Failure::because(format!("{} names no rule set", file.display()), error)
            .hint("name it: --set b2b")
    })
}

fn written(file: &Path, example: Example) -> Result<Written, Failure> {
    let name = file.display().to_string();
    let new = File::create_new(file).and_then(|mut new| new.write_all(example.script.as_bytes()));
    match new {
        Ok(()) => Ok(Written { file: name, example: example.name }),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(Failure::new(Exit::Failed, format!("{name} is there already"))
                .hint("name another file, or move it away"))
        }
        Err(error) => Err(Failure::because(format!("cannot write {name}"), error)),
    }
}
