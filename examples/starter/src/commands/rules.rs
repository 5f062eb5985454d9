//! `leadbox rules`: scoring scripts in files. Owns what is said of them; what is in them is core's.

use std::fs::{File, read_to_string};
use std::io::{ErrorKind, Write};
use std::path::Path;

use leadbox_core::scoring::{
    Example, LoadError, Mistake, RuleSet, Run, ScoreCard, Scorer, Silence, Subject, TestResult,
};
use leadbox_core::{Interaction, LeadBox, LeadId, PageRequest, Points, Timestamp};
use serde::Serialize;

use super::office::Office;
use crate::cli::RulesVerb;
use crate::exit::{Exit, Failure};
use crate::output::{Outcome, Output};
use crate::storage::{Durability, Expect, Location, open};
use crate::table::Table;

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
    script: String,
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
        let told = self.mistakes.iter().map(|mistake| shown(mistake, &self.script));
        told.collect::<Vec<_>>().join("\n\n")
    }

    fn exit(&self) -> Exit {
        if self.mistakes.is_empty() { Exit::Done } else { Exit::Differences }
    }
}

/// A mistake with its line and a mark under the place.
fn shown(mistake: &Mistake, script: &str) -> String {
    match mistake.shown(script) {
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

#[derive(Debug, Serialize)]
struct Explained {
    lead: LeadId,
    name: String,
    /// Whether the rule set is for such leads at all.
    applies: bool,
    card: ScoreCard,
}

impl Outcome for Explained {
    fn text(&self) -> String {
        let card = &self.card;
        let priority = card.priority.as_deref().unwrap_or("no priority");
        let mut text = format!("{}: {} points, {priority}", self.name, card.total);
        if !self.applies {
            text.push_str("\nthe script is not for such leads");
        }
        let lines = card.lines.iter().map(|line| {
            let cut = if line.uncapped == line.points {
                String::new()
            } else {
                format!("of {}", line.uncapped)
            };
            let times = match line.interactions {
                0 | 1 => String::new(),
                many => format!("{many} times"),
            };
            [signed(line.points), line.rule.clone(), line.category.clone(), cut, times]
        });
        let capped = card.categories.iter().filter(|one| one.sum != one.counted).map(|one| {
            let less = Points(one.counted.0 - one.sum.0);
            let most = format!("{} adds at most {}", one.name, one.counted);
            [signed(less), most, one.name.clone(), String::new(), String::new()]
        });
        let rows: Vec<_> = lines.chain(capped).collect();
        if !rows.is_empty() {
            let table = Table::new(["points", "because", "", "", ""]).rows(rows).text();
            text.push_str(&format!("\n\n{table}"));
        }
        let silent = card.silent.iter().filter(|one| one.why != Silence::Faulty);
        let rows: Vec<_> = silent.map(|one| [one.rule.clone(), why(&one.why)]).collect();
        if !rows.is_empty() {
            let table = Table::new(["not because of", ""]).rows(rows).text();
            text.push_str(&format!("\n\n{table}"));
        }
        for fault in &card.faults {
            let line = fault.line.map(|line| format!(", line {line}")).unwrap_or_default();
            text.push_str(&format!("\nwrong: {}{line}: {}", fault.rule, fault.message));
        }
        if let Some(next) = card.next_change_at {
            text.push_str(&format!(
                "\n\nstays so at least until {}",
                next.format("%Y-%m-%d %H:%M UTC")
            ));
        }
        text
    }
}

fn signed(points: Points) -> String {
    if points.0 < 0 { points.to_string() } else { format!("+{points}") }
}

fn why(silence: &Silence) -> String {
    match silence {
        Silence::NotSo | Silence::Faulty => "not so".to_owned(),
        Silence::NotKnown(fields) if fields.is_empty() => "not known".to_owned(),
        Silence::NotKnown(fields) => format!("not known: {}", fields.join(", ")),
        Silence::Nothing => "nothing happened".to_owned(),
        Silence::Worthless => "worth nothing here".to_owned(),
    }
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
        RulesVerb::Check { file } => {
            let script = read(file)?;
            let (name, mistakes, rules) = match RuleSet::load(&script) {
                Ok(rules) => (rules.name().to_owned(), Vec::new(), rules.runs()),
                Err(wrong) => (String::new(), wrong.mistakes, Vec::new()),
            };
            Ok(output.outcome(&Checked { name, mistakes, rules, script }))
        }
        RulesVerb::Test { file } => {
            let rules = load(file)?;
            let storage = open(location, Expect::Trial, Durability::Relaxed).await?;
            let leadbox = LeadBox::builder(storage).build()?;
            let tests = rules.test(&*leadbox.catalog().await?);
            Ok(output.outcome(&Tested { tests }))
        }
        RulesVerb::Explain { file, lead, as_of } => {
            let rules = load(file)?;
            let office = Office::open(location, output).await?;
            let explained = explained(&office, &rules, lead, *as_of).await?;
            Ok(office.say(&explained))
        }
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    read_to_string(file)
        .map_err(|error| Failure::because(format!("cannot read {}", file.display()), error))
}

fn load(file: &Path) -> Result<RuleSet, Failure> {
    let script = read(file)?;
    RuleSet::load(&script).map_err(|LoadError { mistakes }| {
        let told = mistakes.iter().map(|mistake| shown(mistake, &script));
        let told = told.collect::<Vec<_>>().join("\n");
        Failure::new(Exit::Differences, format!("{} is no rule set:\n{told}", file.display()))
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

async fn explained(
    office: &Office,
    rules: &RuleSet,
    lead: &str,
    as_of: Option<Timestamp>,
) -> Result<Explained, Failure> {
    let stored = office.stored(lead).await?;
    let (leadbox, lead) = (&office.leadbox, &stored.lead);
    let (catalog, interactions) = (leadbox.catalog().await?, interactions(leadbox, lead.id).await?);
    let stage = catalog.stage(lead.stage).map(|(_, stage)| stage);
    let as_of = as_of.unwrap_or_else(|| leadbox.now());
    let subject = Subject { lead, stage, interactions: &interactions, as_of };
    let applies = rules.applies_to(&subject).map_err(|fault| {
        Failure::new(Exit::Differences, format!("applies_to: {}", fault.message))
    })?;
    let name = lead.display_name().to_owned();
    Ok(Explained { lead: lead.id, name, applies, card: rules.score(&subject) })
}

/// Everything that happened with a lead.
async fn interactions(leadbox: &LeadBox, lead: LeadId) -> Result<Vec<Interaction>, Failure> {
    let (mut all, mut page) = (Vec::new(), PageRequest::first(PageRequest::MAX));
    loop {
        let found = leadbox.leads().interactions(lead, &page).await?;
        all.extend(found.items);
        match found.next {
            Some(cursor) => page = PageRequest::after(PageRequest::MAX, cursor),
            None => return Ok(all),
        }
    }
}
