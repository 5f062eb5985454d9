//! What a script can declare while it is loaded. Owns the declarations, and what is wrong with one on the spot, so that all mistakes
//! are told at once.

use std::mem::{replace, take};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rhai::{Dynamic, Engine, FnPtr, Map, NativeCallContext, Position};

use super::fault::Mistake;
use super::moments::Stretch;
use super::numbers::{countable, number, points};
use super::plan::{Entry, Kind, Origin, Plan, Question, Signal, Worth};
use super::spelling::hint;
use super::trial::Trial;
use crate::identity::Industry;
use crate::interaction::InteractionKind;
use crate::score::Points;
use crate::scoring::Fade;

/// The most rules and signals of a script.
pub(super) const MOST_ENTRIES: usize = 1000;
/// The longest name, in characters.
const LONGEST_NAME: usize = 120;

/// What was declared so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    declared: Arc<Mutex<Declared>>,
    /// The file that declares.
    origin: Origin,
}

#[derive(Debug, Default)]
struct Declared {
    plan: Plan,
    mistakes: Vec<Mistake>,
    /// The file that declares now.
    file: Option<Arc<str>>,
    /// Whether loading is over.
    is_closed: bool,
}

/// A rule or a signal that is being declared.
#[derive(Clone, Debug)]
struct Handle {
    draft: Draft,
    /// None of one that is wrong already.
    entry: Option<usize>,
}

impl Declared {
    fn wrong(&mut self, at: Position, message: impl Into<String>) {
        self.mistakes.push(Mistake::at(at, message).within(self.file.as_deref()));
    }

    fn name(&mut self, what: &str, name: &str, at: Position) -> Option<String> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > LONGEST_NAME {
            self.wrong(at, format!("the name of {what} has 1 to {LONGEST_NAME} characters"));
            return None;
        }
        Some(name.to_owned())
    }

    fn points(&mut self, value: &Dynamic, at: Position) -> Option<f64> {
        let found = countable(value);
        if found.is_none() {
            let says = match value.is_string() {
                true => "points are a number, without quotes",
                false => "points are a number, at most a million either way",
            };
            self.wrong(at, says);
        }
        found
    }

    /// The points at which something begins or ends.
    fn bound(&mut self, what: &str, value: &Dynamic, at: Position) -> Option<Points> {
        let found = number(value).and_then(points);
        if found.is_none() {
            self.wrong(at, format!("{what} is a number of points"));
        }
        found
    }
}

impl Draft {
    /// The same, declared into by a file.
    pub(super) fn of(&self, origin: Origin) -> Self {
        Self { origin, ..self.clone() }
    }

    /// Locks what was declared; none once loading is over.
    fn open(&self, at: Position, what: &str) -> Option<MutexGuard<'_, Declared>> {
        let mut declared = self.declared.lock().unwrap_or_else(PoisonError::into_inner);
        if declared.is_closed {
            return None;
        }
        declared.file.clone_from(&self.origin.file);
        // What repeats a declaration without an end is stopped by the steps it takes; this keeps what it leaves small.
        if declared.mistakes.len() > 200 {
            return None;
        }
        if declared.plan.entries.len() >= MOST_ENTRIES && matches!(what, "rule" | "signal") {
            declared.wrong(at, format!("a script has at most {MOST_ENTRIES} rules and signals"));
            return None;
        }
        Some(declared)
    }

    /// What was declared, and what is wrong with it. From now on nothing more can be.
    pub(super) fn finish(&self) -> (Plan, Vec<Mistake>) {
        let mut declared = self.declared.lock().unwrap_or_else(PoisonError::into_inner);
        declared.is_closed = true;
        let Declared { plan, mistakes, .. } = &mut *declared;
        let (plan, mut mistakes) = (take(plan), take(mistakes));
        let known = || plan.categories.iter().map(|(name, _)| name.as_str());
        for entry in plan.entries.iter().filter(|entry| !entry.category.is_empty()) {
            if known().all(|name| name != entry.category) {
                let named = &entry.category;
                let hint = match hint(named, known()) {
                    none if none.is_empty() => {
                        format!(": declare it with category(\"{named}\", 50)")
                    }
                    hint => hint,
                };
                let says = format!("there is no category '{named}'{hint}");
                mistakes.push(Mistake::at(entry.at, says).within(entry.origin.file.as_deref()));
            }
        }
        if plan.entries.is_empty() && mistakes.is_empty() {
            let says = "the script has no rule: begin with rule(\"Has an e-mail\", 5, |lead| is_known(lead.email))";
            mistakes.push(Mistake::at(Position::NONE, says));
        }
        (plan, mistakes)
    }

    fn question(&self, closure: FnPtr) -> Question {
        Question::new(closure, self.origin.clone())
    }

    fn set_name(&self, name: &str, at: Position) {
        let Some(mut declared) = self.open(at, "ruleset") else { return };
        if !declared.plan.name.is_empty() {
            declared.wrong(at, "the rule set has a name already");
        } else if let Some(name) = declared.name("a rule set", name, at) {
            declared.plan.name = name;
        }
    }

    fn applies_to(&self, question: FnPtr, at: Position) {
        let Some(mut declared) = self.open(at, "applies_to") else { return };
        if declared.plan.applies_to.replace(self.question(question)).is_some() {
            declared.wrong(at, "whom the rule set applies to is said already: join both with &&");
        }
    }

    fn category(&self, name: &str, cap: &Dynamic, at: Position) {
        let Some(mut declared) = self.open(at, "category") else { return };
        let name = declared.name("a category", name, at);
        let cap = declared.bound("the most that a category adds", cap, at);
        let (Some(name), Some(cap)) = (name, cap) else { return };
        if cap.0 <= 0 {
            declared.wrong(at, "the most that a category adds is more than zero");
        } else if declared.plan.categories.iter().any(|(known, _)| *known == name) {
            declared.wrong(at, format!("there is a category '{name}' already"));
        } else {
            declared.plan.categories.push((name, cap));
        }
    }

    fn priority(&self, name: &str, from: &Dynamic, at: Position) {
        let Some(mut declared) = self.open(at, "priority") else { return };
        let name = declared.name("a priority", name, at);
        let from = declared.bound("the total from which a priority holds", from, at);
        let (Some(name), Some(from)) = (name, from) else { return };
        let taken = |(known, other): &(String, Points)| *known == name || *other == from;
        if let Some((known, other)) = declared.plan.priorities.iter().find(|one| taken(one)) {
            let says = format!("there is a priority '{known}' from {other} points already");
            declared.wrong(at, says);
        } else {
            declared.plan.priorities.push((name, from));
        }
    }

    fn trial(&self, name: &str, lead: Map, expects: FnPtr, at: Position) {
        let Some(mut declared) = self.open(at, "test") else { return };
        if declared.plan.trials.len() >= MOST_ENTRIES {
            declared.wrong(at, format!("a script has at most {MOST_ENTRIES} tests"));
        } else if let Some(name) = declared.name("a test", name, at) {
            let expects = self.question(expects);
            declared.plan.trials.push(Trial { name, lead, expects, at });
        }
    }

    fn entry(
        &self,
        what: &'static str,
        name: &str,
        category: &str,
        worth: &Dynamic,
        kind: Kind,
        at: Position,
    ) -> Handle {
        let none = Handle { draft: self.clone(), entry: None };
        let Some(mut declared) = self.open(at, what) else { return none };
        let name = declared.name(&format!("a {what}"), name, at);
        let worth = match worth.read_lock::<FnPtr>() {
            Some(told) => Some(Worth::Told(Box::new(self.question(told.clone())))),
            None => declared.points(worth, at).map(Worth::Fixed),
        };
        let (Some(name), Some(worth)) = (name, worth) else { return none };
        if let Some(other) = declared.plan.entries.iter().find(|entry| entry.name == name) {
            let line = other.at.line().unwrap_or_default();
            let file =
                other.origin.file.as_ref().filter(|_| other.origin.script != self.origin.script);
            let file = file.map(|file| format!(" of {file}")).unwrap_or_default();
            declared.wrong(at, format!("'{name}' has that name in line {line}{file} already"));
            return none;
        }
        let category = category.trim().to_owned();
        let (cap, industries) = (None, Default::default());
        let origin = self.origin.clone();
        declared.plan.entries.push(Entry {
            name,
            category,
            worth,
            kind,
            cap,
            industries,
            at,
            origin,
        });
        Handle { draft: self.clone(), entry: Some(declared.plan.entries.len() - 1) }
    }

    fn signal(
        &self,
        name: &str,
        category: &str,
        what: &str,
        worth: &Dynamic,
        at: Position,
    ) -> Handle {
        if InteractionKind::parse(what).is_none() {
            if let Some(mut declared) = self.open(at, "signal") {
                let says = format!(
                    "'{what}' is no kind of interaction: small letters, digits and _, such as \"page_view\""
                );
                declared.wrong(at, says);
            }
            return Handle { draft: self.clone(), entry: None };
        }
        let what = what.to_owned();
        let kind = Kind::Signal(Signal { what, when: None, fade: Fade::Never, within: None });
        self.entry("signal", name, category, worth, kind, at)
    }
}

impl Handle {
    /// Changes the entry, or says what is wrong with that.
    fn with(self, at: Position, change: impl FnOnce(&mut Entry) -> Result<(), String>) -> Self {
        if let (Some(entry), Some(mut declared)) = (self.entry, self.draft.open(at, "")) {
            let done = declared.plan.entries.get_mut(entry).map_or(Ok(()), change);
            if let Err(says) = done {
                declared.wrong(at, says);
            }
        }
        self
    }

    fn cap(self, most: &Dynamic, at: Position) -> Self {
        self.with(at, |entry| match countable(most) {
            Some(most) if most > 0.0 => {
                entry.cap = Some(most);
                Ok(())
            }
            _ => {
                Err("a cap is a number of points above zero, for points of either sign".to_owned())
            }
        })
    }

    fn for_industry(self, industry: &str, worth: &Dynamic, at: Position) -> Self {
        self.with(at, |entry| {
            let known = Industry::parse(industry).ok_or_else(|| {
                let hint = hint(industry, Industry::ALL.iter().map(|one| one.id()));
                format!("there is no industry '{industry}'{hint}")
            })?;
            let worth =
                countable(worth).ok_or("points are a number, at most a million either way")?;
            match entry.industries.insert(known, worth) {
                None => Ok(()),
                Some(_) => Err(format!("what it is worth to '{industry}' is said already")),
            }
        })
    }

    /// Changes a signal, or says what is wrong with that; `of_rule` is said of a rule.
    fn with_signal(
        self,
        at: Position,
        of_rule: &str,
        change: impl FnOnce(&mut Signal) -> Result<(), &'static str>,
    ) -> Self {
        self.with(at, |entry| match &mut entry.kind {
            Kind::Signal(signal) => change(signal).map_err(str::to_owned),
            Kind::Rule { .. } => Err(of_rule.to_owned()),
        })
    }

    fn when(self, question: FnPtr, at: Position) -> Self {
        let of_rule = "a rule has its condition in the brackets: join both with &&";
        let question = self.draft.question(question);
        self.with_signal(at, of_rule, |signal| match signal.when.replace(question) {
            None => Ok(()),
            Some(_) => Err("join both conditions with &&"),
        })
    }

    fn fading(self, fades: Fade, at: Position) -> Self {
        let of_rule = "only a signal fades: it has a moment at which it happened";
        self.with_signal(at, of_rule, |signal| match replace(&mut signal.fade, fades) {
            Fade::Never => Ok(()),
            _ => Err("how it fades is said already"),
        })
    }

    fn within(self, length: Stretch, at: Position) -> Self {
        let of_rule = "only a signal counts for a while: it has a moment at which it happened";
        self.with_signal(at, of_rule, |signal| match signal.within.replace(length.0) {
            None => Ok(()),
            Some(_) => Err("how long it counts is said already"),
        })
    }
}

/// Lets a script declare into `draft`.
pub(super) fn register(engine: &mut Engine, draft: &Draft) {
    type Context<'c> = NativeCallContext<'c>;
    engine.register_type_with_name::<Handle>("a rule");
    let into = draft.clone();
    engine.register_fn("ruleset", move |at: Context<'_>, name: &str| {
        into.set_name(name, at.call_position());
    });
    let into = draft.clone();
    engine.register_fn("applies_to", move |at: Context<'_>, question: FnPtr| {
        into.applies_to(question, at.call_position());
    });
    let into = draft.clone();
    engine.register_fn("category", move |at: Context<'_>, name: &str, cap: Dynamic| {
        into.category(name, &cap, at.call_position());
    });
    let into = draft.clone();
    engine.register_fn("priority", move |at: Context<'_>, name: &str, from: Dynamic| {
        into.priority(name, &from, at.call_position());
    });
    let into = draft.clone();
    engine.register_fn("rule", move |at: Context<'_>, name: &str, worth: Dynamic, when: FnPtr| {
        let when = into.question(when);
        into.entry("rule", name, "", &worth, Kind::Rule { when }, at.call_position())
    });
    let into = draft.clone();
    engine.register_fn(
        "rule",
        move |at: Context<'_>, name: &str, category: &str, worth: Dynamic, when: FnPtr| {
            let kind = Kind::Rule { when: into.question(when) };
            into.entry("rule", name, category, &worth, kind, at.call_position())
        },
    );
    let into = draft.clone();
    engine.register_fn("signal", move |at: Context<'_>, name: &str, what: &str, worth: Dynamic| {
        into.signal(name, "", what, &worth, at.call_position())
    });
    let into = draft.clone();
    engine.register_fn(
        "signal",
        move |at: Context<'_>, name: &str, category: &str, what: &str, worth: Dynamic| {
            into.signal(name, category, what, &worth, at.call_position())
        },
    );
    let into = draft.clone();
    engine.register_fn("test", move |at: Context<'_>, name: &str, lead: Map, expects: FnPtr| {
        into.trial(name, lead, expects, at.call_position());
    });
    engine.register_fn("cap", |at: Context<'_>, entry: Handle, most: Dynamic| {
        entry.cap(&most, at.call_position())
    });
    engine.register_fn(
        "for_industry",
        |at: Context<'_>, entry: Handle, industry: &str, worth: Dynamic| {
            entry.for_industry(industry, &worth, at.call_position())
        },
    );
    engine.register_fn("when", |at: Context<'_>, entry: Handle, question: FnPtr| {
        entry.when(question, at.call_position())
    });
    engine.register_fn("half_life", |at: Context<'_>, entry: Handle, length: Stretch| {
        entry.fading(Fade::HalfLife(length.0), at.call_position())
    });
    engine.register_fn("linear", |at: Context<'_>, entry: Handle, length: Stretch| {
        entry.fading(Fade::Linear(length.0), at.call_position())
    });
    engine.register_fn("within", |at: Context<'_>, entry: Handle, length: Stretch| {
        entry.within(length, at.call_position())
    });
}
