//! From a script to a rule set. Owns what a script is held against while it is loaded, and in which order what is wrong with it is looked
//! for; knows nothing of leads.

#[cfg(feature = "compiled")]
use std::collections::BTreeSet;

use rhai::{AST, Engine};

#[cfg(feature = "compiled")]
use super::ast;
#[cfg(feature = "compiled")]
use super::check::{About, Known, Wants, check};
use super::declare::{self, Draft};
use super::engine::{LONGEST_SCRIPT, engine};
use super::fault::{LoadError, Mistake, mistake};
#[cfg(feature = "compiled")]
use super::fields::{fields, names};
#[cfg(feature = "compiled")]
use super::interaction_value;
#[cfg(feature = "compiled")]
use super::lead_value;
#[cfg(feature = "compiled")]
use super::lower::{Unlowered, lower};
use super::misread::misread;
use super::plan::Plan;
#[cfg(feature = "compiled")]
use super::plan::{Kind, Question, Worth};
use super::rehearsal::rehearse;
use super::rule_set::RuleSet;
use crate::catalog::Catalog;

/// Loads scripts, and knows what they are held against.
///
/// ```
/// use leadbox_core::scoring::Loader;
/// use leadbox_core::{Catalog, Tenant};
///
/// let script = "rule(\"Large budget\", 5, |lead| lead.cf.budget > 10000);";
/// assert!(Loader::default().load(script).is_ok(), "nobody knows which fields there are");
/// let catalog = Catalog::new(Tenant::DEFAULT);
/// let wrong = Loader::default().catalog(&catalog).load(script).unwrap_err();
/// assert_eq!(wrong.to_string(), "line 1, character 40: there is no field 'cf.budget'");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Loader<'l> {
    catalog: Option<&'l Catalog>,
}

impl<'l> Loader<'l> {
    /// Holds custom fields in scripts against those that there are.
    #[must_use]
    pub fn catalog(self, catalog: &'l Catalog) -> Self {
        Self { catalog: Some(catalog) }
    }

    /// Loads a script, of up to 256 KiB.
    ///
    /// # Errors
    /// Everything that is wrong with it, as far as reading and loading it tell. What it is written in stops at the first thing
    /// that cannot be understood.
    pub fn load(&self, script: &str) -> Result<RuleSet, LoadError> {
        if script.len() > LONGEST_SCRIPT {
            let says = format!("a script has at most {} KiB", LONGEST_SCRIPT / 1024);
            return Err(alone(Mistake { line: None, column: None, message: says }));
        }
        let mut engine = engine();
        let draft = Draft::default();
        declare::register(&mut engine, &draft);
        let ast = engine.compile(script).map_err(|error| alone(misread(script, &error)))?;
        let ran = engine.run_ast(&ast);
        #[cfg_attr(
            not(feature = "compiled"),
            expect(unused_mut, reason = "nothing is compiled then")
        )]
        let (mut plan, mut mistakes) = draft.finish();
        if let Err(error) = ran {
            // What is missing may stand behind the place at which it stopped.
            mistakes.retain(|mistake| mistake.line.is_some());
            mistakes.push(mistake(script, &error));
        }
        #[cfg(feature = "compiled")]
        mistakes.extend(read(&mut engine, &ast, &mut plan, self.catalog));
        // What reading finds needs no trying.
        if mistakes.is_empty() {
            mistakes = rehearse(&engine, &ast, &plan);
        }
        mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
        if mistakes.is_empty() {
            Ok(RuleSet { engine, ast, plan })
        } else {
            Err(LoadError { mistakes })
        }
    }
}

fn alone(mistake: Mistake) -> LoadError {
    LoadError { mistakes: vec![mistake] }
}

/// Reads the questions of a plan, asked or not, and says what is wrong with them; those that can get to run without the
/// interpreter.
#[cfg(feature = "compiled")]
fn read(
    engine: &mut Engine,
    ast: &AST,
    plan: &mut Plan,
    catalog: Option<&Catalog>,
) -> Vec<Mistake> {
    let own = ast::functions(ast);
    let (mut mistakes, slots) = (Vec::new(), &mut plan.slots);
    let (mut keys, mut details) = (BTreeSet::new(), BTreeSet::new());
    let mut read = |question: &mut Question, about: About, wants: Wants| {
        if let Some(tree) = ast::question(ast, &question.closure) {
            mistakes.extend(check(&tree, about, wants, Known { own: &own, catalog }));
            match about {
                About::Lead => {
                    question.decided_by = fields(&tree, &own);
                    names(&tree, &mut BTreeSet::new(), &mut keys);
                }
                _ => names(&tree, &mut details, &mut BTreeSet::new()),
            }
            match lower(&tree, about, &own, slots) {
                Ok(code) => question.code = Some(code),
                Err(Unlowered { at, what }) => question.left = Some(Mistake::at(at, what)),
            }
        }
    };
    if let Some(question) = &mut plan.applies_to {
        read(question, About::Lead, Wants::YesOrNo);
    }
    for entry in &mut plan.entries {
        let about = match &mut entry.kind {
            Kind::Rule { when } => {
                read(when, About::Lead, Wants::YesOrNo);
                About::Lead
            }
            Kind::Signal(signal) => {
                if let Some(when) = &mut signal.when {
                    read(when, About::Interaction, Wants::YesOrNo);
                }
                About::Interaction
            }
        };
        if let Worth::Told(told) = &mut entry.worth {
            read(told, about, Wants::Points);
        }
    }
    lead_value::register_keys(engine, keys.iter().map(String::as_str));
    interaction_value::register_names(engine, details.iter().map(String::as_str));
    for trial in &plan.trials {
        if let Some(tree) = ast::question(ast, &trial.expects) {
            mistakes.extend(check(
                &tree,
                About::Card,
                Wants::YesOrNo,
                Known { own: &own, catalog },
            ));
        }
    }
    mistakes
}
