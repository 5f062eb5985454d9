//! Which rules are in force. Owns how a version is published, put back, withdrawn and put in order; what follows for the scores is
//! `rescore`'s.

use serde_json::Value;

use super::super::decision::{Announce, Decision, Prepared, Preparing, data};
use super::candidate::mistakes;
use super::verbs::{Rules, require_keepable};
use crate::access::Capability;
use crate::error::{Error, Invalid, Result};
use crate::event::EventType;
use crate::key::RuleSetKey;
use crate::revision::{Revision, Version};
use crate::scoring::{
    LoadError, Mistake, Publication, PublishedRules, RuleBook, RuleSet, RuleSetVersion, RuleSheet,
    RuleSource, Run, TestResult,
};
use crate::storage::{Change, Definition, DefinitionUpdate};

/// That rules came into force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Published {
    /// The edition that began with it.
    pub edition: i64,
    /// What is in force since, in its order.
    pub in_force: Vec<RuleSetVersion>,
}

/// What there is to say about a script before it is published.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RuleCheck {
    /// The name that it gives itself; empty when it has mistakes.
    pub name: String,
    /// What is wrong with it, in the order of its lines.
    pub mistakes: Vec<Mistake>,
    /// How each rule and signal is run; empty when it has mistakes.
    pub runs: Vec<Run>,
    /// How the tests ended that it has of itself; empty when it has mistakes.
    pub tests: Vec<TestResult>,
}

impl Rules<'_> {
    /// Publishes the draft of a rule set: from now on leads are scored by it, and all that are there are scored again in the
    /// background.
    ///
    /// # Errors
    /// `Denied`; `NotFound` when there is no such rule set; `Invalid` when it has no draft, its script has mistakes or a test of
    /// it fails, or another rule set in force is for all leads too; `Stale` when the draft is not at the expected revision;
    /// `Contended`; `Storage`.
    pub async fn publish(
        &self,
        key: &RuleSetKey,
        note: &str,
        expected: Option<Revision>,
    ) -> Result<Published> {
        self.require_own()?;
        let note = noted(note)?;
        self.change_book(key.as_str(), || {
            Box::pin(async move {
                let (before, mut sheet) = self.known_sheet(key).await?;
                Error::unless_at("rule set", key, expected.map(|one| one.0), before.0)?;
                let no_draft = || Invalid::one("draft", "there is none to publish");
                let source = sheet.draft.take().ok_or_else(no_draft)?.source();
                self.next_version(before, sheet, source, note).await
            })
        })
        .await
    }

    /// Publishes a script, as [`publish`](Self::publish) does a draft, unless it is what is in force under this key: for rules that are kept
    /// beside a program, which can ask for them whenever it starts. A draft that somebody works on stays.
    ///
    /// What is in force is overridden, also when it was published later than the program was written. None when it was in force already.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use leadbox_core::{LeadBox, MemoryStorage};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let leadbox = LeadBox::builder(Arc::new(MemoryStorage::new())).build()?;
    /// const RULES: &str = r#"rule("Can be called", 5, |lead| is_known(lead.phone));"#;
    ///
    /// let published = leadbox.rules().publish_script(&"ours".parse()?, RULES, "version 1.4").await?;
    /// assert!(published.is_some());
    /// let again = leadbox.rules().publish_script(&"ours".parse()?, RULES, "version 1.4").await?;
    /// assert!(again.is_none());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Denied`; `Invalid` when the script is too long, has mistakes or a test of it fails, another rule set in force is for all leads too,
    /// or there are [`RuleSheet::MOST`] rule sets; `Contended`; `Storage`.
    pub async fn publish_script(
        &self,
        key: &RuleSetKey,
        source: impl Into<RuleSource>,
        note: &str,
    ) -> Result<Option<Published>> {
        self.require_own()?;
        let (source, note): (RuleSource, _) = (source.into(), noted(note)?);
        require_keepable(&source)?;
        let source = &source;
        self.change_book(key.as_str(), || {
            Box::pin(async move {
                if let Some(version) = self.leadbox.rule_book().await?.1.version_of(key) {
                    let id = RuleSetVersion { set: key.clone(), version };
                    let in_force = self.leadbox.published_rules(&id).await?;
                    if in_force.is_some_and(|rules| rules.source() == *source) {
                        return Decision::new(self.leadbox, Announce::Each).finish(None).await;
                    }
                }
                let (before, sheet) = self.sheet_to_write(key).await?;
                Ok(self.next_version(before, sheet, source.clone(), note).await?.map(Some))
            })
        })
        .await
    }

    /// Puts a script into force as the next version of a rule set, which is at a revision.
    async fn next_version(
        &self,
        before: Revision,
        mut sheet: RuleSheet,
        source: RuleSource,
        note: &str,
    ) -> Result<Prepared<Published>> {
        let rules = self.sound(&source).await?;
        let id = RuleSetVersion { set: sheet.key.clone(), version: sheet.newest() + 1 };
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        sheet.versions.push(Publication {
            version: id.version,
            by: decision.actor().clone(),
            at: decision.at(),
            note: note.to_owned(),
        });
        let beyond = sheet.versions.len().saturating_sub(RuleSheet::MOST_VERSIONS);
        sheet.versions.drain(..beyond);
        name(&mut sheet, &rules);
        let RuleSource { script, files } = source;
        let published = PublishedRules { id: id.clone(), script, files };
        let key = PublishedRules::key_of(&id.set, id.version);
        decision.put(Revision(0), Definition::Rules { key, rules: published })?;
        decision.put(before, Definition::RuleSheet(sheet))?;
        let (before, mut book) = self.leadbox.rule_book().await?;
        place(&mut book, id.clone());
        self.put_book(decision, before, book, Some(&rules), ("published", Some(&id), note)).await
    }

    /// Puts a version into force that was published before: one step back, or forth.
    ///
    /// # Errors
    /// `Denied`; `NotFound` when there is no such version; `Invalid` when it cannot be read any more, or another rule set in force
    /// is for all leads too; `Contended`; `Storage`.
    pub async fn put_in_force(&self, id: &RuleSetVersion) -> Result<Published> {
        self.require_own()?;
        self.change_book(id.set.as_str(), || {
            Box::pin(async move {
                let published = self.leadbox.published_rules(id).await?;
                let published = published.ok_or_else(|| {
                    Error::not_found("version", PublishedRules::key_of(&id.set, id.version))
                })?;
                let rules = self.leadbox.as_written(&published.source()).map_err(|error| {
                    Invalid::one("version", format!("cannot be read any more: {error}"))
                })?;
                let (before, mut book) = self.leadbox.rule_book().await?;
                place(&mut book, id.clone());
                let decision = Decision::new(self.leadbox, Announce::Each);
                self.put_book(decision, before, book, Some(&rules), ("put_in_force", Some(id), ""))
                    .await
            })
        })
        .await
    }

    /// Takes a rule set out of force. Its versions stay, and the leads that it was for are scored by the others.
    ///
    /// # Errors
    /// `Denied`; `NotFound` when it is not in force; `Contended`; `Storage`.
    pub async fn withdraw(&self, key: &RuleSetKey) -> Result<Published> {
        self.require_own()?;
        self.change_book(key.as_str(), || {
            Box::pin(async move {
                let (before, mut book) = self.leadbox.rule_book().await?;
                let version = book.version_of(key);
                let version = version.ok_or_else(|| Error::not_found("rule set in force", key))?;
                let id = RuleSetVersion { set: key.clone(), version };
                book.in_force.retain(|one| one.set != *key);
                let decision = Decision::new(self.leadbox, Announce::Each);
                self.put_book(decision, before, book, None, ("withdrawn", Some(&id), "")).await
            })
        })
        .await
    }

    /// Puts the rule sets in force into another order: the first that is for a lead scores it. One that is for all leads comes
    /// last, wherever it is named.
    ///
    /// # Errors
    /// `Denied`; `Invalid` unless each rule set in force is named once; `Contended`; `Storage`.
    pub async fn arrange(&self, order: &[RuleSetKey]) -> Result<Published> {
        self.require_own()?;
        self.change_book("order", || {
            Box::pin(async move {
                let (before, book) = self.leadbox.rule_book().await?;
                let place = |one: &RuleSetVersion| order.iter().position(|key| *key == one.set);
                let is_whole = order.len() == book.in_force.len()
                    && book.in_force.iter().all(|one| place(one).is_some());
                if !is_whole {
                    let says = "has to name each rule set in force once";
                    return Err(Invalid::one("order", says).into());
                }
                let mut next = book.clone();
                next.in_force.sort_by_key(place);
                let decision = Decision::new(self.leadbox, Announce::Each);
                self.put_book(decision, before, next, None, ("arranged", None, "")).await
            })
        })
        .await
    }

    /// Scores all leads again by what is in force, as after a publication: for a host whose own scorer changed.
    ///
    /// # Errors
    /// `Denied`; `NotFound` when there are no rules; `Contended`; `Storage`.
    pub async fn rescore_all(&self) -> Result<()> {
        self.leadbox.rights().require_capability(Capability::RulesManage)?;
        self.leadbox
            .decide("rules", "all leads", || {
                Box::pin(async move {
                    let edition = self.leadbox.scorers().await?.edition();
                    if edition == 0 {
                        return Err(Error::not_found("rules", "in force"));
                    }
                    let mut decision = Decision::new(self.leadbox, Announce::Each);
                    let book = RuleBook { edition, ..RuleBook::default() };
                    decision.begin_rescore(&book).await?;
                    decision.finish(()).await
                })
            })
            .await
    }

    async fn change_book<'b, T>(
        &self,
        what: &str,
        prepare: impl FnMut() -> Preparing<'b, T>,
    ) -> Result<T> {
        let done = self.leadbox.decide("rules", what, prepare).await;
        self.leadbox.look_again_at_rules();
        done
    }

    /// Makes of a book the next edition, and has all leads scored by it. `rules` are those of the rule set that is put into it.
    async fn put_book(
        &self,
        mut decision: Decision<'_>,
        before: Revision,
        mut book: RuleBook,
        rules: Option<&RuleSet>,
        (action, id, note): (&str, Option<&RuleSetVersion>, &str),
    ) -> Result<Prepared<Published>> {
        self.put_for_all_last(&mut book, id.zip(rules)).await?;
        book.edition += 1;
        book.since = Some(decision.at());
        let payload = data([
            ("action", Value::from(action)),
            ("edition", Value::from(book.edition)),
            ("set", serde_json::to_value(id)?),
            ("note", Value::from(note)),
            ("in_force", serde_json::to_value(&book.in_force)?),
        ]);
        let subject = Definition::RuleBook(RuleBook::default()).subject(decision.tenant());
        let kind = EventType::RULES_PUBLISHED;
        decision.event(subject, kind, Version(book.edition), &payload)?;
        decision.begin_rescore(&book).await?;
        let published = Published { edition: book.edition, in_force: book.in_force.clone() };
        decision.put(before, Definition::RuleBook(book))?;
        decision.finish(published).await
    }

    /// Puts the rule set that is for all leads behind the others.
    async fn put_for_all_last(
        &self,
        book: &mut RuleBook,
        new: Option<(&RuleSetVersion, &RuleSet)>,
    ) -> Result<()> {
        let mut sets = Vec::with_capacity(book.in_force.len());
        for one in std::mem::take(&mut book.in_force) {
            let is_for_all = match new.filter(|(id, _)| **id == one) {
                Some((_, rules)) => rules.is_for_all(),
                // What cannot be read is for nobody.
                None => {
                    let rules = self.leadbox.loaded_rules(&one).await?;
                    rules.is_some_and(|rules| rules.is_for_all())
                }
            };
            sets.push((one, is_for_all));
        }
        for_all_last(&mut sets, |is_for_all| *is_for_all)?;
        book.in_force = sets.into_iter().map(|(one, _)| one).collect();
        Ok(())
    }

    /// Refuses what has no effect: a host that has a scorer of its own does not ask scripts.
    fn require_own(&self) -> Result<()> {
        self.leadbox.rights().require_capability(Capability::RulesManage)?;
        if self.leadbox.in_force().is_host() {
            let says = "this program scores leads in its own way, and asks no rule sets";
            return Err(Invalid::one("rules", says).into());
        }
        Ok(())
    }

    /// A script that is fit to be published.
    async fn sound(&self, source: &RuleSource) -> Result<RuleSet> {
        let mut invalid = Invalid::default();
        match self.tested(source).await? {
            Ok((rules, tests)) => {
                for (name, failure) in
                    tests.into_iter().filter_map(|test| Some((test.name, test.failure?)))
                {
                    invalid.push("script", format!("the test '{name}' fails: {failure}"));
                }
                Ok(invalid.or(rules)?)
            }
            Err(error) => Err(mistakes(error)),
        }
    }

    /// What there is to say about a script, which nobody needs to have kept. For whoever may write rules: to load one takes time.
    ///
    /// # Errors
    /// `Denied`, `Storage`; what is wrong with the script is no error, but the answer.
    pub async fn check(&self, source: impl Into<RuleSource>) -> Result<RuleCheck> {
        self.leadbox.rights().require_capability(Capability::RulesManage)?;
        Ok(match self.tested(&source.into()).await? {
            Ok((rules, tests)) => RuleCheck {
                name: rules.name().to_owned(),
                runs: rules.runs(),
                tests,
                mistakes: Vec::new(),
            },
            Err(LoadError { mistakes }) => RuleCheck { mistakes, ..RuleCheck::default() },
        })
    }

    /// A script as rules, with what became of the tests that it has of itself.
    async fn tested(
        &self,
        source: &RuleSource,
    ) -> Result<std::result::Result<(RuleSet, Vec<TestResult>), LoadError>> {
        let catalog = self.leadbox.catalog().await?;
        Ok(self.leadbox.drafted(source).await?.map(|rules| {
            let tests = rules.test(&catalog);
            (rules, tests)
        }))
    }
}

impl Decision<'_> {
    /// Adds a definition behind the stored revision.
    pub(super) fn put(&mut self, before: Revision, definition: Definition) -> Result<()> {
        let tenant = self.tenant();
        self.push(Change::PutDefinition(Box::new(DefinitionUpdate { tenant, before, definition })))
    }
}

/// What is said of a publication, as it is kept.
fn noted(note: &str) -> Result<&str> {
    let note = note.trim();
    if note.chars().count() > RuleSheet::LONGEST_NOTE {
        let says = format!("has at most {} characters", RuleSheet::LONGEST_NOTE);
        return Err(Invalid::one("note", says).into());
    }
    Ok(note)
}

/// Puts the rule set that is for all leads behind the others.
///
/// # Errors
/// `Invalid` when two are: the second would never be asked.
pub(super) fn for_all_last<T>(
    sets: &mut [(RuleSetVersion, T)],
    is_for_all: impl Fn(&T) -> bool,
) -> Result<()> {
    let mut for_all = sets.iter().filter(|(_, set)| is_for_all(set)).map(|(id, _)| &id.set);
    if let (Some(one), Some(other)) = (for_all.next(), for_all.next()) {
        let says = format!(
            "'{one}' and '{other}' are both for all leads, so one of them would never be asked: give one an applies_to"
        );
        return Err(Invalid::one("applies_to", says).into());
    }
    sets.sort_by_key(|(_, set)| is_for_all(set));
    Ok(())
}

/// Puts a version into a book: in the place of the one before, or behind the others.
pub(super) fn place(book: &mut RuleBook, id: RuleSetVersion) {
    match book.in_force.iter_mut().find(|one| one.set == id.set) {
        Some(one) => *one = id,
        None => book.in_force.push(id),
    }
}

/// Calls a rule set what its script calls itself.
pub(super) fn name(sheet: &mut RuleSheet, rules: &RuleSet) {
    sheet.name = match rules.name() {
        "" => sheet.key.to_string(),
        name => name.to_owned(),
    };
}
