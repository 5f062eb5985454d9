//! Rule sets, as somebody works on them. Owns sheets and drafts; how they come into force is `publish`'s.

use serde_json::Value;

use super::super::LeadBox;
use super::super::decision::{Announce, Decision, data};
use super::publish::name;
use crate::access::Capability;
use crate::error::{Error, Invalid, Result};
use crate::event::EventType;
use crate::key::RuleSetKey;
use crate::revision::{Revision, Version};
use crate::scoring::{
    Draft, PublishedRules, RuleBook, RuleSet, RuleSetVersion, RuleSheet, RuleSource, Word,
};
use crate::storage::{Change, Definition, DefinitionDrop, DefinitionKind};

/// Scoring rules, and why a lead has the score that it has. Made by [`LeadBox::rules`].
///
/// A rule that goes wrong is worth nothing, is said on the card, and is counted: `leadbox_rule_faults_total` of the `metrics` crate, with the
/// labels `rule_set` and `rule`.
///
/// ```
/// # use std::sync::Arc;
/// use leadbox_core::{LeadBox, MemoryStorage, NewLead};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let leadbox = LeadBox::builder(Arc::new(MemoryStorage::new())).build()?;
/// let rules = r#"
///     ruleset("Our leads");
///     priority("hot", 20);
///     rule("Decision maker", 20, |lead| lead.title.has_any(["cto", "head of"]));
/// "#;
/// leadbox.rules().publish_script(&"ours".parse()?, rules, "our first rules").await?;
///
/// let ada = leadbox.leads().capture(&NewLead::new().name("Ada").title("CTO")).await?.lead;
/// let stored = leadbox.leads().lead(ada.id).await?.expect("captured");
/// assert_eq!(stored.score.priority.as_deref(), Some("hot"));
/// let why = leadbox.rules().explain(ada.id, None).await?;
/// assert_eq!(why.card.lines[0].rule, "Decision maker");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    pub(in super::super) leadbox: &'a LeadBox,
}

impl Rules<'_> {
    /// The longest script, in bytes.
    pub const LONGEST_SCRIPT: usize = RuleSet::LONGEST_SCRIPT;

    /// Which rule sets are in force.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn book(&self) -> Result<RuleBook> {
        self.leadbox.rights().require_capability(Capability::RulesManage)?;
        Ok(self.leadbox.rule_book().await?.1)
    }

    /// What can be written in a script: the words of LeadBox, what the host added, and the tenant's own fields.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn words(&self) -> Result<Vec<Word>> {
        self.leadbox.rights().require_capability(Capability::RulesManage)?;
        let catalog = self.leadbox.catalog().await?;
        Ok(Word::all(&catalog, &self.leadbox.in_force().vocabulary))
    }

    /// All rule sets, by key.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn sheets(&self) -> Result<Vec<(Revision, RuleSheet)>> {
        self.leadbox.rights().require_capability(Capability::RulesManage)?;
        let (storage, tenant) = (self.leadbox.storage(), self.leadbox.tenant());
        let found = storage.definitions(tenant, DefinitionKind::RuleSheet).await?;
        Ok(found
            .into_iter()
            .filter_map(|(revision, definition)| match definition {
                Definition::RuleSheet(sheet) => Some((revision, sheet)),
                _ => None,
            })
            .collect())
    }

    /// A rule set and its revision, at which [`save_draft`](Self::save_draft) changes it; none when there is no such one.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn sheet(&self, key: &RuleSetKey) -> Result<Option<(Revision, RuleSheet)>> {
        self.leadbox.rights().require_capability(Capability::RulesManage)?;
        let (storage, tenant) = (self.leadbox.storage(), self.leadbox.tenant());
        match storage.definition(tenant, DefinitionKind::RuleSheet, key.as_str()).await? {
            Some((revision, Definition::RuleSheet(sheet))) => Ok(Some((revision, sheet))),
            _ => Ok(None),
        }
    }

    /// A version as it was published; none when there is no such one.
    ///
    /// # Errors
    /// `Denied`, `Storage`.
    pub async fn version(&self, id: &RuleSetVersion) -> Result<Option<PublishedRules>> {
        self.leadbox.rights().require_capability(Capability::RulesManage)?;
        self.leadbox.published_rules(id).await
    }

    /// Keeps a script, with the files beside it, as the draft of a rule set, which is new where there is no such one. A script with mistakes is kept too: it
    /// only cannot be published.
    ///
    /// # Errors
    /// `Denied`; `Invalid` when the script is longer than [`LONGEST_SCRIPT`](Self::LONGEST_SCRIPT), the files are too many or too
    /// long, or there are
    /// [`RuleSheet::MOST`] rule sets; `Stale` when the rule set is not at the expected revision (0: there is none);
    /// `Contended`; `Storage`.
    pub async fn save_draft(
        &self,
        key: &RuleSetKey,
        source: impl Into<RuleSource>,
        expected: Option<Revision>,
    ) -> Result<Revision> {
        self.leadbox.rights().require_capability(Capability::RulesManage)?;
        let source: RuleSource = source.into();
        require_keepable(&source)?;
        let source = &source;
        self.leadbox
            .decide("rule set", key, || {
                Box::pin(async move {
                    let (before, mut sheet) = self.sheet_to_write(key).await?;
                    Error::unless_at("rule set", key, expected.map(|one| one.0), before.0)?;
                    if sheet.draft.as_ref().is_some_and(|draft| draft.source() == *source) {
                        return Decision::new(self.leadbox, Announce::Each).finish(before).await;
                    }
                    let mut decision = Decision::new(self.leadbox, Announce::Each);
                    let begun = sheet.draft.take().map(|draft| draft.since_version);
                    let in_force = self.leadbox.rule_book().await?.1.version_of(key);
                    sheet.draft = Some(Draft {
                        script: source.script.clone(),
                        files: source.files.clone(),
                        by: decision.actor().clone(),
                        at: decision.at(),
                        since_version: begun.unwrap_or(in_force),
                    });
                    if let Ok(rules) = self.leadbox.as_written(source)
                        && sheet.versions.is_empty()
                    {
                        name(&mut sheet, &rules);
                    }
                    decision.tell_draft("saved", before, &sheet)?;
                    decision.put(before, Definition::RuleSheet(sheet))?;
                    decision.finish(before.next()).await
                })
            })
            .await
    }

    /// A rule set and its revision; a new one at revision 0 where there is no such one.
    pub(super) async fn sheet_to_write(&self, key: &RuleSetKey) -> Result<(Revision, RuleSheet)> {
        if let Some(known) = self.sheet(key).await? {
            return Ok(known);
        }
        if self.sheets().await?.len() >= RuleSheet::MOST {
            let says = format!("would be more than {} rule sets", RuleSheet::MOST);
            return Err(Invalid::one("key", says).into());
        }
        let (key, name, versions) = (key.clone(), key.to_string(), Vec::new());
        Ok((Revision(0), RuleSheet { key, name, draft: None, versions }))
    }

    /// Drops the draft of a rule set; one that was never published is gone with it.
    ///
    /// # Errors
    /// `Denied`; `NotFound` when there is no such rule set; `Contended`; `Storage`.
    pub async fn drop_draft(&self, key: &RuleSetKey) -> Result<()> {
        self.leadbox.rights().require_capability(Capability::RulesManage)?;
        self.leadbox
            .decide("rule set", key, || {
                Box::pin(async move {
                    let (before, mut sheet) = self.known_sheet(key).await?;
                    let mut decision = Decision::new(self.leadbox, Announce::Each);
                    if sheet.draft.take().is_none() {
                        return decision.finish(()).await;
                    }
                    decision.tell_draft("dropped", before, &sheet)?;
                    if sheet.versions.is_empty() {
                        decision.push(Change::DropDefinition(Box::new(DefinitionDrop {
                            tenant: decision.tenant(),
                            kind: DefinitionKind::RuleSheet,
                            key: key.to_string(),
                            before,
                        })))?;
                    } else {
                        decision.put(before, Definition::RuleSheet(sheet))?;
                    }
                    decision.finish(()).await
                })
            })
            .await
    }

    pub(super) async fn known_sheet(&self, key: &RuleSetKey) -> Result<(Revision, RuleSheet)> {
        self.sheet(key).await?.ok_or_else(|| Error::not_found("rule set", key))
    }
}

/// Refuses a script that is more than is kept.
pub(super) fn require_keepable(source: &RuleSource) -> Result<()> {
    if source.script.len() > RuleSet::LONGEST_SCRIPT || source.script.contains('\0') {
        let most = RuleSet::LONGEST_SCRIPT / 1024;
        let says = format!("has at most {most} KiB, and no NUL characters");
        return Err(Invalid::one("script", says).into());
    }
    if let Some(says) = RuleSource::excess(&source.files) {
        return Err(Invalid::one("files", says).into());
    }
    if source.files.values().any(|text| text.contains('\0')) {
        return Err(Invalid::one("files", "have no NUL characters").into());
    }
    Ok(())
}

impl Decision<'_> {
    fn tell_draft(&mut self, action: &str, before: Revision, sheet: &RuleSheet) -> Result<()> {
        let payload = data([
            ("action", Value::from(action)),
            ("set", Value::from(sheet.key.as_str())),
            ("name", Value::from(sheet.name.as_str())),
        ]);
        let subject = Definition::RuleSheet(sheet.clone()).subject(self.tenant());
        let version = Version(before.next().0);
        self.event(subject, EventType::RULES_DRAFTED, version, &payload).map(drop)
    }
}
