//! Asking a rule set about one lead. Owns the way from a plan to a card by running its closures; knows nothing of how they were loaded.

use std::cell::OnceCell;
use std::sync::Arc;

use rhai::{Dynamic, Position};

use super::code::Stop;
use super::facts::{Facts, LeadFacts};
use super::fault::{Ended, Mistake, ended};
use super::interaction_value::{InteractionValue, counts};
use super::known::{AtHand, Happening, Known};
use super::lead_value::LeadValue;
use super::notes::{Notes, Sheet};
use super::numbers::{number, points};
use super::plan::{Entry, Kind, Plan, Question, Script, Signal, Worth};
use super::unknown::is_unknown;
use crate::interaction::Interaction;
use crate::score::Points;
use crate::scoring::moves::Moves;
use crate::scoring::value::Value;
use crate::scoring::{Fade, Fading, Fault, Line, ScoreCard, Silence, Silent, Subject};

/// Rules that are being asked about one lead.
pub(super) struct Asking<'r> {
    scripts: &'r [Script],
    subject: &'r Subject<'r>,
    /// What counts of what happened, the oldest first.
    interactions: Vec<&'r Interaction>,
    sheet: Sheet,
    /// The lead as the interpreter is given it, once it is, and what is noted by that.
    lead: OnceCell<LeadValue>,
    notes: OnceCell<Notes>,
    executors: Executors,
}

/// Who may answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Executors {
    Both,
    /// The interpreter alone, which is what the other is held against.
    #[cfg(test)]
    Interpreter,
}

/// What an entry comes to.
enum Outcome {
    Fired {
        points: Points,
        uncapped: Points,
        interactions: usize,
        fading: Vec<Fading>,
    },
    Silent(Silence),
    /// What it asks for is not known.
    NotKnown,
    Wrong(Mistake),
}

/// What is said to a question.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Answer {
    YesOrNo(bool),
    Number(f64),
    NotKnown,
    /// Something that nobody asked for.
    Else,
}

impl Answer {
    pub(super) fn of(value: Value<'_>) -> Self {
        match value {
            Value::Unknown => Self::NotKnown,
            Value::YesOrNo(value) => Self::YesOrNo(value),
            value => value.number().map_or(Self::Else, Self::Number),
        }
    }

    fn of_dynamic(value: &Dynamic) -> Self {
        match (value.as_bool(), number(value)) {
            _ if is_unknown(value) => Self::NotKnown,
            (Ok(value), _) => Self::YesOrNo(value),
            (_, Some(number)) => Self::Number(number),
            _ => Self::Else,
        }
    }
}

impl<'r> Asking<'r> {
    pub(super) fn new(scripts: &'r [Script], subject: &'r Subject<'r>) -> Self {
        let sheet = Sheet::new(subject.as_of);
        let mut interactions: Vec<&Interaction> = counts(subject, &sheet).collect();
        interactions.sort_by_key(|one| (one.at, one.id));
        let (lead, notes, executors) = (OnceCell::new(), OnceCell::new(), Executors::Both);
        Self { scripts, subject, interactions, sheet, lead, notes, executors }
    }

    /// The same, asking only some.
    #[cfg(test)]
    pub(super) fn asking(self, executors: Executors) -> Self {
        Self { executors, ..self }
    }

    fn facts<'a>(&'a self, interaction: Option<&'a Interaction>) -> LeadFacts<'a> {
        let Subject { lead, stage, .. } = *self.subject;
        LeadFacts { lead, stage, interactions: &self.interactions, interaction, notes: &self.sheet }
    }

    /// The lead as the interpreter is given it.
    fn known(&self) -> Known {
        Known::AtHand(Arc::new(AtHand {
            lead: self.subject.lead.clone(),
            stage: self.subject.stage.cloned(),
            interactions: self.interactions.iter().map(|one| (*one).clone()).collect(),
        }))
    }

    /// What is said to a question about the lead, or about something that happened.
    fn ask(
        &self,
        at: Position,
        question: &Question,
        about: Option<&Interaction>,
    ) -> Result<Answer, Mistake> {
        if let (Some(code), Executors::Both) = (&question.code, self.executors) {
            let mark = self.sheet.mark();
            match code.answer(&self.facts(about)) {
                Ok(value) => return Ok(Answer::of(value)),
                Err(Stop::NotKnown) => return Ok(Answer::NotKnown),
                // What cannot be answered here is asked from its beginning.
                Err(Stop::Ask) => self.sheet.go_back(mark),
            }
        }
        let notes = self.notes.get_or_init(|| Notes::new(self.sheet.now()));
        let about = match about {
            Some(one) => {
                let happening = Happening::AtHand(Arc::new(one.clone()));
                Dynamic::from(InteractionValue::new(happening, notes.clone()))
            }
            None => {
                let lead = self.lead.get_or_init(|| LeadValue::new(self.known(), notes.clone()));
                Dynamic::from(lead.clone())
            }
        };
        let answer = ask(self.scripts, at, question, about);
        self.sheet.absorb(notes.take());
        answer
    }

    /// Whether something is so; none when that is not known.
    fn is_so(
        &self,
        at: Position,
        question: &Question,
        about: Option<&Interaction>,
    ) -> Result<Option<bool>, Mistake> {
        so(at, self.ask(at, question, about)?)
    }

    /// Whether the rule set is for this lead; not when that is not known.
    pub(super) fn applies(&self, plan: &Plan) -> Result<bool, Mistake> {
        let Some(question) = &plan.applies_to else { return Ok(true) };
        Ok(self.is_so(Position::NONE, question, None)?.unwrap_or(false))
    }

    /// The card of the lead.
    pub(super) fn card(&self, plan: &Plan) -> ScoreCard {
        let mut moves = Moves::default();
        let (mut lines, mut silent, mut faults) = (Vec::new(), Vec::new(), Vec::new());
        let mut missing: Vec<String> = Vec::new();
        // What interactions are still to come was noted when the lead was read.
        moves.note_step(self.sheet.take().step);
        for entry in &plan.entries {
            let outcome = self.outcome(entry);
            let seen = self.sheet.take();
            moves.note_step(seen.step);
            for field in &seen.unknown {
                if !missing.contains(field) {
                    missing.push(field.clone());
                }
            }
            let rule = entry.name.clone();
            match outcome {
                Outcome::Fired { points, uncapped, interactions, fading } => {
                    moves.note_fading(fading, entry.cap);
                    let category = entry.category.clone();
                    lines.push(Line { rule, category, points, uncapped, interactions });
                }
                Outcome::Silent(Silence::NotSo) if !seen.unknown.is_empty() => {
                    silent.push(Silent { rule, why: Silence::NotKnown(seen.unknown) });
                }
                Outcome::NotKnown => {
                    silent.push(Silent { rule, why: Silence::NotKnown(seen.unknown) });
                }
                Outcome::Silent(why) => silent.push(Silent { rule, why }),
                Outcome::Wrong(Mistake { line, column, message, .. }) => {
                    silent.push(Silent { rule: rule.clone(), why: Silence::Faulty });
                    let file = entry.origin.file.as_deref().map(str::to_owned);
                    faults.push(Fault { rule, file, line, column, message });
                }
            }
        }
        let now = self.sheet.now();
        let card = ScoreCard::of_lines(now, lines, &plan.categories, &plan.priorities);
        let bounds = plan.priorities.iter().map(|(_, from)| *from);
        let next_change_at = moves.next(now, card.total, bounds);
        ScoreCard { silent, faults, missing, next_change_at, ..card }
    }

    fn outcome(&self, entry: &Entry) -> Outcome {
        let found = match &entry.kind {
            Kind::Rule { when } => self.rule(entry, when),
            Kind::Signal(signal) => self.signal(entry, signal),
        };
        found.unwrap_or_else(Outcome::Wrong)
    }

    fn rule(&self, entry: &Entry, when: &Question) -> Result<Outcome, Mistake> {
        match self.is_so(entry.at, when, None)? {
            Some(true) => {}
            Some(false) => return Ok(Outcome::Silent(Silence::NotSo)),
            None => return Ok(Outcome::NotKnown),
        }
        match self.worth(entry, None)? {
            Some(worth) => fired(entry, worth, 0, Vec::new()),
            None => Ok(Outcome::NotKnown),
        }
    }

    fn signal(&self, entry: &Entry, signal: &Signal) -> Result<Outcome, Mistake> {
        let Signal { what, when, fade, within } = signal;
        let mut fading = Vec::new();
        for &one in self.interactions.iter().filter(|one| one.kind.as_str() == what) {
            if within.is_some_and(|length| !self.facts(None).within(one.at, length)) {
                continue;
            }
            let is_meant = match when {
                Some(question) => self.is_so(entry.at, question, Some(one))?.unwrap_or(false),
                None => true,
            };
            if is_meant && let Some(points) = self.worth(entry, Some(one))? {
                fading.push(Fading { points, since: one.at, fade: *fade });
                if let Fade::Linear(length) = fade {
                    self.sheet.steps(one.at.checked_add_signed(*length));
                }
            }
        }
        if fading.is_empty() {
            return Ok(Outcome::Silent(Silence::Nothing));
        }
        let worth = fading.iter().map(|one| one.at(self.sheet.now())).sum();
        fired(entry, worth, fading.len(), fading)
    }

    /// What an entry is worth to this lead, in points; none when that is not known.
    fn worth(&self, entry: &Entry, about: Option<&Interaction>) -> Result<Option<f64>, Mistake> {
        let own =
            self.subject.lead.company.industry.and_then(|industry| entry.industries.get(&industry));
        let told = match (own, &entry.worth) {
            (Some(own), _) => return Ok(Some(*own)),
            (None, Worth::Fixed(points)) => return Ok(Some(*points)),
            (None, Worth::Told(told)) => told,
        };
        match self.ask(entry.at, told, about)? {
            Answer::NotKnown => Ok(None),
            Answer::Number(worth) if points(worth).is_some() => Ok(Some(worth)),
            _ => {
                let says = "the points have to be a number, at most a million either way";
                Err(Mistake::at(entry.at, says))
            }
        }
    }
}

/// The points of an entry's line, without its own cap and with it, each rounded once; none when it is more than anything may be worth.
pub(super) fn line(entry: &Entry, worth: f64) -> Option<(Points, Points)> {
    let capped = entry.cap.map_or(worth, |cap| worth.clamp(-cap, cap));
    Some((points(worth)?, points(capped)?))
}

fn fired(
    entry: &Entry,
    worth: f64,
    interactions: usize,
    fading: Vec<Fading>,
) -> Result<Outcome, Mistake> {
    let too_much = || Mistake::at(entry.at, "together this is more than a million points");
    let (uncapped, points) = line(entry, worth).ok_or_else(too_much)?;
    if points == Points(0) && fading.is_empty() {
        return Ok(Outcome::Silent(Silence::Worthless));
    }
    Ok(Outcome::Fired { points, uncapped, interactions, fading })
}

/// What a closure says of something.
pub(super) fn ask(
    scripts: &[Script],
    at: Position,
    question: &Question,
    about: Dynamic,
) -> Result<Answer, Mistake> {
    let origin = &question.origin;
    match question.call(&scripts[origin.script], about) {
        Ok(value) => Ok(Answer::of_dynamic(&value)),
        Err(error) => match ended(&error) {
            Ended::NotKnown => Ok(Answer::NotKnown),
            Ended::Wrong(mistake) => Err(match mistake.line {
                // Where nothing more is known, it is somewhere in the rule.
                None => Mistake::at(at, mistake.message),
                Some(_) => mistake,
            }
            .within(origin.file.as_deref())),
        },
    }
}

fn so(at: Position, answer: Answer) -> Result<Option<bool>, Mistake> {
    match answer {
        Answer::YesOrNo(value) => Ok(Some(value)),
        Answer::NotKnown => Ok(None),
        Answer::Number(_) | Answer::Else => {
            let says = "the condition has to be yes or no, such as lead.employees > 100";
            Err(Mistake::at(at, says))
        }
    }
}

/// Whether a closure says yes of something; none when that is not known.
pub(super) fn is_so(
    scripts: &[Script],
    at: Position,
    question: &Question,
    about: Dynamic,
) -> Result<Option<bool>, Mistake> {
    so(at, ask(scripts, at, question, about)?)
}
