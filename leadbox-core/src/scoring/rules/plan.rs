//! What a script declared. Owns rule sets as plain data, with closures in them that nobody has asked yet.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;
use rhai::{AST, Dynamic, Engine, EvalAltResult, FnPtr, Position};

#[cfg(feature = "compiled")]
use super::call::{Body, Kept};
use super::code::Code;
use super::fault::Mistake;
use super::trial::Trial;
use crate::identity::Industry;
use crate::score::Points;
use crate::scoring::Fade;
use crate::scoring::place::Place;

/// A file of rules that can be asked. Each has an engine of its own: what one file calls something is nothing to another.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) engine: Engine,
    pub(super) ast: AST,
    /// What it reads from others.
    #[cfg_attr(not(feature = "compiled"), expect(dead_code, reason = "nothing is compiled then"))]
    pub(super) imported: Imported,
    /// What calls into it leave for the next.
    #[cfg(feature = "compiled")]
    pub(super) kept: Kept,
}

/// The values of imported files, by what stands before `::` and behind it.
pub(super) type Imported = BTreeMap<String, Arc<BTreeMap<String, Dynamic>>>;

/// In which file something stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    /// Its place among the rule set's files.
    pub(super) script: usize,
    /// Its name; none for the script itself.
    pub(super) file: Option<Arc<str>>,
}

/// A loaded rule set.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) name: String,
    /// Which leads it is for; all of them without it.
    pub(super) applies_to: Option<Question>,
    /// The categories with the most that each adds.
    pub(super) categories: Vec<(String, Points)>,
    /// The priorities with the total from which each holds.
    pub(super) priorities: Vec<(String, Points)>,
    pub(super) entries: Vec<Entry>,
    pub(super) trials: Vec<Trial>,
    /// The names in compiled questions.
    pub(super) slots: Slots,
}

impl Plan {
    /// Every question, to be changed.
    pub(super) fn questions(&mut self) -> impl Iterator<Item = &mut Question> {
        let own = self.entries.iter_mut().flat_map(|entry| {
            let when = match &mut entry.kind {
                Kind::Rule { when } => Some(when),
                Kind::Signal(signal) => signal.when.as_mut(),
            };
            let told = match &mut entry.worth {
                Worth::Told(told) => Some(&mut **told),
                Worth::Fixed(_) => None,
            };
            when.into_iter().chain(told)
        });
        self.applies_to.iter_mut().chain(own)
    }
}

/// Names that questions ask for, each with its number.
#[derive(Clone, Debug, Default)]
pub(super) struct Slots {
    pub(super) places: Vec<Place>,
    pub(super) details: Vec<String>,
    pub(super) kinds: Vec<String>,
}

/// A closure that is asked of every lead.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) closure: FnPtr,
    pub(super) origin: Origin,
    /// What it does, once it is taken out of its script.
    #[cfg(feature = "compiled")]
    pub(super) body: Option<Body>,
    /// The same without the interpreter, where that is possible.
    pub(super) code: Option<Code>,
    /// What stands in the way of that.
    pub(super) left: Option<Mistake>,
    /// The places of the lead that decide it, where nothing else has a say.
    pub(super) decided_by: Option<Vec<Place>>,
}

impl Question {
    pub(super) fn new(closure: FnPtr, origin: Origin) -> Self {
        Self {
            closure,
            origin,
            #[cfg(feature = "compiled")]
            body: None,
            code: None,
            left: None,
            decided_by: None,
        }
    }

    /// What it says of something.
    ///
    /// # Errors
    /// What running it ended with.
    pub(super) fn call(
        &self,
        script: &Script,
        about: Dynamic,
    ) -> Result<Dynamic, Box<EvalAltResult>> {
        #[cfg(feature = "compiled")]
        if let Some(body) = &self.body {
            return body.call(script, about);
        }
        self.closure.call(&script.engine, &script.ast, (about,))
    }
}

/// A rule or a signal.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    /// Empty for none.
    pub(super) category: String,
    pub(super) worth: Worth,
    pub(super) kind: Kind,
    /// The most that it adds, or the most that it takes away.
    pub(super) cap: Option<f64>,
    /// What it is worth to leads of an industry instead.
    pub(super) industries: BTreeMap<Industry, f64>,
    /// Where it stands.
    pub(super) at: Position,
    pub(super) origin: Origin,
}

impl Entry {
    /// What it asks.
    pub(super) fn questions(&self) -> impl Iterator<Item = &Question> {
        let when = match &self.kind {
            Kind::Rule { when } => Some(when),
            Kind::Signal(signal) => signal.when.as_ref(),
        };
        let told = match &self.worth {
            Worth::Told(told) => Some(&**told),
            Worth::Fixed(_) => None,
        };
        when.into_iter().chain(told)
    }
}

/// What an entry is worth.
#[derive(Clone, Debug)]
pub(super) enum Worth {
    Fixed(f64),
    /// What this says of the lead.
    Told(Box<Question>),
}

/// When an entry is worth something.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// When this is so of the lead.
    Rule { when: Question },
    /// As often as something happened.
    Signal(Signal),
}

/// What has to happen for points.
#[derive(Clone, Debug)]
pub(super) struct Signal {
    /// The kind of interaction.
    pub(super) what: String,
    /// And this is so of it.
    pub(super) when: Option<Question>,
    pub(super) fade: Fade,
    /// For so long.
    pub(super) within: Option<TimeDelta>,
}
