//! From a script, and the files that it imports, to a rule set. Owns what scripts are held against while they are loaded, and in which
//! order what is wrong with them is looked for; knows nothing of leads.

use std::collections::BTreeMap;
#[cfg(feature = "compiled")]
use std::collections::BTreeSet;
use std::sync::Arc;

use rhai::{Array, Dynamic, Module, Position, Scope};

use super::added::Vocabulary;
use super::assumptions::broken;
#[cfg(feature = "compiled")]
use super::ast;
#[cfg(feature = "compiled")]
use super::call::{Body, Kept};
#[cfg(feature = "compiled")]
use super::check::{About, Known, Wants, check};
use super::declare::{self, Draft};
use super::engine::{LONGEST_SCRIPT, engine};
use super::fault::{LoadError, Mistake, mistake};
#[cfg(feature = "compiled")]
use super::fields::{fields, names};
use super::imports::{Import, imports, strange};
#[cfg(feature = "compiled")]
use super::interaction_value;
#[cfg(feature = "compiled")]
use super::lead_value;
#[cfg(feature = "compiled")]
use super::lower::{Unlowered, lower};
use super::misread::misread;
#[cfg(feature = "compiled")]
use super::misread::not_imported;
use super::moments::Stretch;
use super::plan::{Imported, Origin, Script};
#[cfg(feature = "compiled")]
use super::plan::{Kind, Plan, Question, Worth};
use super::rehearsal::rehearse;
use super::rule_set::RuleSet;
use super::spelling::hint;
use crate::catalog::Catalog;
use crate::scoring::RuleSource;

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
    #[cfg_attr(not(feature = "compiled"), expect(dead_code, reason = "nothing is checked then"))]
    catalog: Option<&'l Catalog>,
    files: Option<&'l BTreeMap<String, String>>,
    added: Option<&'l Vocabulary>,
}

impl<'l> Loader<'l> {
    /// Holds custom fields in scripts against those that there are.
    #[must_use]
    pub fn catalog(self, catalog: &'l Catalog) -> Self {
        Self { catalog: Some(catalog), ..self }
    }

    /// Lets scripts import these files, the text of each by its name; see [`RuleSource`].
    #[must_use]
    pub fn files(self, files: &'l BTreeMap<String, String>) -> Self {
        Self { files: Some(files), ..self }
    }

    /// Lets scripts use what a host adds.
    #[must_use]
    pub fn vocabulary(self, added: &'l Vocabulary) -> Self {
        Self { added: Some(added), ..self }
    }

    /// Loads a script, of up to 256 KiB.
    ///
    /// # Errors
    /// Everything that is wrong with it, as far as reading and loading it tell. What it is written in stops at the first thing
    /// that cannot be understood. And that the interpreter in this program is another than rules need.
    pub fn load(&self, script: &str) -> Result<RuleSet, LoadError> {
        if let Some(broken) = broken(|sample| Loader::default().read(sample).ok()) {
            let says = format!(
                "the `rhai` in this program is not as rules need it: {broken}; `cargo tree -e features -i rhai` tells who changed it"
            );
            return Err(LoadError { mistakes: vec![Mistake::at(Position::NONE, says)] });
        }
        self.read(script)
    }

    fn read(&self, script: &str) -> Result<RuleSet, LoadError> {
        let too_long = || format!("a script has at most {} KiB", LONGEST_SCRIPT / 1024);
        let excess = (script.len() > LONGEST_SCRIPT).then(too_long);
        if let Some(says) = excess.or_else(|| self.files.and_then(RuleSource::excess)) {
            return Err(LoadError { mistakes: vec![Mistake::at(Position::NONE, says)] });
        }
        let mut reading = Reading { files: self.files, added: self.added, ..Reading::default() };
        let stopped = reading.file(None, script).err();
        let Reading { draft, scripts, .. } = reading;
        #[cfg(feature = "compiled")]
        let mut scripts = scripts;
        #[cfg_attr(
            not(feature = "compiled"),
            expect(unused_mut, reason = "nothing is compiled then")
        )]
        let (mut plan, mut mistakes) = draft.finish();
        if let Some(stopped) = stopped {
            // What is missing may stand behind the place at which it stopped.
            mistakes.retain(|mistake| mistake.line.is_some());
            mistakes.push(stopped);
        }
        #[cfg(feature = "compiled")]
        mistakes.extend(read(&mut scripts, &mut plan, self.catalog, self.added));
        // What reading finds needs no trying.
        if mistakes.is_empty() {
            mistakes = rehearse(&scripts, &plan);
        }
        let place = |one: &Mistake| (one.file.clone(), one.line, one.column);
        mistakes.sort_by_key(place);
        // A function is read wherever it is called.
        mistakes.dedup();
        match mistakes.is_empty() {
            true => Ok(RuleSet { scripts, plan }),
            false => Err(LoadError { mistakes }),
        }
    }
}

/// The names of the files that a script imports; none of one whose imports cannot be read.
pub(in super::super) fn imported(script: &str) -> Vec<String> {
    let all = imports(script).map(|found| found.all).unwrap_or_default();
    all.into_iter().map(|one| one.file).collect()
}

/// What is wrong with the name of a file beside a script, if anything is.
pub(in super::super) fn strange_file(name: &str) -> Option<String> {
    strange(name)
}

/// Files that are being read, those that a file imports before it.
#[derive(Default)]
struct Reading<'l> {
    files: Option<&'l BTreeMap<String, String>>,
    added: Option<&'l Vocabulary>,
    draft: Draft,
    scripts: Vec<Script>,
    /// What each file that was read gives to others.
    given: BTreeMap<String, Arc<BTreeMap<String, Dynamic>>>,
    /// The files that wait for those that they import.
    waiting: Vec<String>,
}

impl Reading<'_> {
    /// Reads a file, and lets it declare what it does.
    fn file(
        &mut self,
        file: Option<&str>,
        script: &str,
    ) -> Result<Arc<BTreeMap<String, Dynamic>>, Mistake> {
        let found = imports(script).map_err(|wrong| wrong.within(file))?;
        let (mut engine, mut imported) = (engine(), Imported::new());
        if let Some(added) = self.added {
            added.register(&mut engine);
        }
        for Import { file: name, alias, at } in found.all {
            let wrong = |says: String| Mistake::at(at, says).within(file);
            let given = match self.given.get(&name) {
                Some(given) => Arc::clone(given),
                None => {
                    let text = self.text(&name).map_err(wrong)?;
                    self.waiting.push(name.clone());
                    let given = self.file(Some(&name), &text)?;
                    self.waiting.pop();
                    self.given.insert(name, Arc::clone(&given));
                    given
                }
            };
            let Some(alias) = alias else { continue };
            let mut module = Module::new();
            for (name, value) in given.iter() {
                module.set_var(name.as_str(), value.clone());
            }
            engine.register_static_module(&alias, module.into());
            if imported.insert(alias.clone(), given).is_some() {
                return Err(wrong(format!("'{alias}' stands for another file already")));
            }
        }
        let origin = Origin { script: self.scripts.len(), file: file.map(Arc::from) };
        declare::register(&mut engine, &self.draft.of(origin));
        let ast = engine.compile(&found.script);
        let ast = ast.map_err(|error| misread(script, &error).within(file))?;
        let mut scope = Scope::new();
        let ran = engine.run_ast_with_scope(&mut scope, &ast);
        // What it declared belongs to it, also if it did not come to its end.
        self.scripts.push(Script {
            engine,
            ast,
            imported,
            #[cfg(feature = "compiled")]
            kept: Kept::default(),
        });
        ran.map_err(|error| mistake(script, &error).within(file))?;
        let plain = scope.iter().filter(|(_, _, value)| is_plain(value));
        Ok(Arc::new(plain.map(|(name, _, value)| (name.to_owned(), value)).collect()))
    }

    /// # Errors
    /// Why a file is not to be had.
    fn text(&self, name: &str) -> Result<String, String> {
        if self.waiting.iter().any(|waiting| waiting == name) {
            return Err(format!("'{name}' imports itself, here or by way of another file"));
        }
        let files = self.files.into_iter().flatten();
        match self.files.and_then(|files| files.get(name)) {
            Some(text) => Ok(text.clone()),
            None => Err(format!(
                "there is no file '{name}' beside the script{}",
                hint(name, files.map(|(name, _)| name.as_str()))
            )),
        }
    }
}

/// Whether others may read it: a rule, a condition or a group belongs to its file.
fn is_plain(value: &Dynamic) -> bool {
    if let Some(list) = value.read_lock::<Array>() {
        return list.iter().all(is_plain);
    }
    let is_text = value.is_string() || value.is_char();
    is_text || value.is_int() || value.is_float() || value.is_bool() || value.is::<Stretch>()
}

/// What is said of a name that an imported file does not have.
#[cfg(feature = "compiled")]
pub(super) fn absent(imported: &Imported, alias: &str, name: &str) -> String {
    match imported.get(alias) {
        Some(values) => {
            format!("'{alias}' has no '{name}'{}", hint(name, values.keys().map(String::as_str)))
        }
        None => not_imported(alias),
    }
}

/// Reads the questions of a plan, asked or not, and says what is wrong with them; those that can get to run without the
/// interpreter.
#[cfg(feature = "compiled")]
fn read(
    scripts: &mut [Script],
    plan: &mut Plan,
    catalog: Option<&Catalog>,
    added: Option<&Vocabulary>,
) -> Vec<Mistake> {
    let own: Vec<BTreeSet<String>> = scripts.iter().map(|one| ast::functions(&one.ast)).collect();
    let mut used = vec![(BTreeSet::new(), BTreeSet::new()); scripts.len()];
    let (mut mistakes, slots) = (Vec::new(), &mut plan.slots);
    let mut read = |question: &mut Question, about: About, wants: Wants| {
        let Origin { script, file } = question.origin.clone();
        let declared = &scripts[script];
        question.body = Body::of(&declared.ast, &question.closure);
        let body = question.body.as_ref();
        let Some(tree) = body.map(|body| ast::question(declared, body)) else { return };
        let (own, (keys, details), file) = (&own[script], &mut used[script], file.as_deref());
        let found = check(&tree, about, wants, Known { own, catalog, added });
        mistakes.extend(found.into_iter().map(|mistake| mistake.within(file)));
        match about {
            About::Lead => {
                question.decided_by = fields(&tree, own);
                names(&tree, &mut BTreeSet::new(), keys);
            }
            About::Interaction => names(&tree, details, &mut BTreeSet::new()),
            // What tests ask of a card is asked once.
            About::Card => return,
        }
        match lower(&tree, about, own, added, slots) {
            Ok(code) => question.code = Some(code),
            Err(Unlowered { at, what }) => {
                question.left = Some(Mistake::at(at, what).within(file));
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
    for trial in &mut plan.trials {
        read(&mut trial.expects, About::Card, Wants::YesOrNo);
    }
    for (Script { engine, .. }, (keys, details)) in scripts.iter_mut().zip(&used) {
        lead_value::register_keys(engine, keys.iter().map(String::as_str));
        interaction_value::register_names(engine, details.iter().map(String::as_str));
    }
    mistakes
}
