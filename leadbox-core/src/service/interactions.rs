//! Interactions: recording and reading what happens with a lead. Owns recognition of repetitions by the sender's key.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::decision::{Announce, Decision, data};
use super::{Leads, Prepared};
use crate::access::Permission;
use crate::error::{Error, Invalid, Result};
use crate::event::{EventType, Subject};
use crate::id::{InteractionId, LeadId};
use crate::interaction::{Interaction, InteractionKind, Judge, Suspicion};
use crate::lead::Lead;
use crate::page::{Page, PageRequest};
use crate::storage::{Change, InteractionMark};
use crate::time::{Timestamp, to_micros};

/// Something that happened with a lead, as it comes in.
///
/// ```
/// # use leadbox_core::NewInteraction;
/// let visit = NewInteraction::new("page_view").prop("path", "/pricing").key("visit-81723");
/// ```
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewInteraction {
    /// What happened: `[a-z][a-z0-9_]{0,62}`.
    pub kind: String,
    /// When, if not now; at most a day ahead of our clock.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub at: Option<Timestamp>,
    /// The sender's own key, up to 200 bytes: the same key again for the same lead is the same interaction.
    pub key: Option<String>,
    /// Whether a machine seems to have caused it, if the sender knows: it then stays so until somebody says otherwise. Without
    /// it, what LeadBox finds.
    pub suspicion: Option<Suspicion>,
    /// Details, at most 16 KiB as JSON.
    #[cfg_attr(feature = "openapi", schema(value_type = serde_json::Value))]
    pub props: Map<String, Value>,
}

impl NewInteraction {
    /// Something of this kind, now.
    pub fn new(kind: impl Into<String>) -> Self {
        Self { kind: kind.into(), ..Self::default() }
    }

    /// Sets when it happened.
    #[must_use]
    pub fn at(mut self, at: Timestamp) -> Self {
        self.at = Some(at);
        self
    }

    /// Sets the sender's key.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Says that probably a machine caused it.
    #[must_use]
    pub fn suspect(mut self) -> Self {
        self.suspicion = Some(Suspicion::Suspect);
        self
    }

    /// Says that a person did it.
    #[must_use]
    pub fn clear(mut self) -> Self {
        self.suspicion = Some(Suspicion::Clear);
        self
    }

    /// Adds a detail.
    #[must_use]
    pub fn prop(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.props.insert(name.into(), value.into());
        self
    }

    /// It as an interaction of a lead, received at a moment.
    ///
    /// # Errors
    /// Every problem.
    pub(super) fn interaction(
        &self,
        id: InteractionId,
        lead: &Lead,
        received_at: Timestamp,
    ) -> std::result::Result<Interaction, Invalid> {
        Ok(self.of(id, lead, self.read(received_at)?, received_at))
    }

    fn of(
        &self,
        id: InteractionId,
        lead: &Lead,
        kind: InteractionKind,
        received_at: Timestamp,
    ) -> Interaction {
        Interaction {
            id,
            tenant: lead.tenant,
            lead: lead.id,
            kind,
            at: self.at.map_or(received_at, to_micros),
            received_at,
            key: self.key.clone(),
            suspicion: self.suspicion.unwrap_or_default(),
            judge: if self.suspicion.is_some() { Judge::Somebody } else { Judge::Detector },
            reason: None,
            props: self.props.clone(),
        }
    }

    fn read(&self, now: Timestamp) -> std::result::Result<InteractionKind, Invalid> {
        let mut invalid = Invalid::default();
        let kind = InteractionKind::parse(&self.kind);
        if kind.is_none() {
            invalid.push("kind", format!("'{}' is not a kind such as page_view", self.kind));
        }
        if self.at.is_some_and(|at| at > now + chrono::TimeDelta::days(1)) {
            invalid.push("at", "lies in the future");
        }
        if self.key.as_ref().is_some_and(|key| {
            key.is_empty() || key.len() > Interaction::MAX_KEY || key.contains('\0')
        }) {
            invalid.push("key", format!("has to have 1 to {} bytes", Interaction::MAX_KEY));
        }
        match serde_json::to_string(&self.props) {
            Ok(json) if json.len() > Interaction::MAX_PROPS => {
                invalid.push("props", format!("are longer than {} bytes", Interaction::MAX_PROPS));
            }
            // JSON writes NUL as an escape, and Postgres keeps none in JSON.
            Ok(json) if json.contains("\\u0000") => {
                invalid.push("props", "contain a NUL character")
            }
            Ok(_) => {}
            Err(_) => invalid.push("props", "cannot be written as JSON"),
        }
        match kind {
            Some(kind) => invalid.or(kind),
            None => Err(invalid),
        }
    }
}

/// What became of an interaction.
#[derive(Clone, PartialEq, Debug)]
pub struct Recorded {
    /// The interaction as it is kept.
    pub interaction: Interaction,
    /// Whether it had been recorded before, under the same key.
    pub repeated: bool,
}

impl Leads<'_> {
    /// Records an interaction. One with a key that the lead has already is not recorded again. One that a machine seems to have
    /// caused is kept as suspect, with the reason (see [`BotDetector`](crate::BotDetector)); so are others, if that is seen only now.
    ///
    /// # Errors
    /// `Invalid` with every problem; `NotFound` when there is no such lead; `Contended`; `Storage`.
    pub async fn record_interaction(&self, lead: LeadId, new: &NewInteraction) -> Result<Recorded> {
        let prepare = || self.prepare_interaction(lead, new);
        let mut recorded = self.leadbox.decide("lead", lead, || Box::pin(prepare())).await?;
        if !recorded.repeated {
            self.judge_again(&mut recorded.interaction).await;
        }
        Ok(recorded)
    }

    /// What [`record_interaction`](Self::record_interaction) would commit. It does not see what others commit at the same moment.
    ///
    /// # Errors
    /// As `record_interaction`.
    pub async fn prepare_interaction(
        &self,
        lead: LeadId,
        new: &NewInteraction,
    ) -> Result<Prepared<Recorded>> {
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let kind = new.read(decision.at())?;
        let known = self.load(lead, None).await?;
        self.leadbox.rights().require(Permission::InteractionCreate, known.owner)?;
        if let Some(key) = &new.key
            && let Some(interaction) = self
                .leadbox
                .storage()
                .interaction_by_key(self.leadbox.scope(), known.id, key)
                .await?
        {
            return decision.finish(Recorded { interaction, repeated: true }).await;
        }
        let mut interaction = new.of(decision.id(), &known, kind, decision.at());
        let others = decision.judge_bots(&mut interaction).await?;
        decision.makes(interaction.id.uuid());
        let mut payload = data([
            ("interaction", Value::from(interaction.id.to_string())),
            ("kind", Value::from(interaction.kind.as_str())),
            ("at", serde_json::to_value(interaction.at)?),
            ("suspect", Value::from(interaction.suspicion == Suspicion::Suspect)),
            ("props", Value::Object(interaction.props.clone())),
        ]);
        if let Some(reason) = &interaction.reason {
            payload.data.insert("reason".to_owned(), Value::from(reason.as_str()));
        }
        decision.event(
            Subject::lead(known.id),
            EventType::INTERACTION_RECORDED,
            known.version,
            &payload,
        )?;
        decision.push(Change::InsertInteraction(Box::new(interaction.clone())))?;
        for mark in others {
            decision.mark(mark, known.version)?;
        }
        decision.finish(Recorded { interaction, repeated: false }).await
    }

    /// Marks an interaction as caused by a machine, or clears it; it then counts no longer, or again. No detector overrides that.
    ///
    /// # Errors
    /// `NotFound`, `Contended`, `Storage`.
    pub async fn mark_interaction(
        &self,
        id: InteractionId,
        suspicion: Suspicion,
    ) -> Result<Interaction> {
        self.leadbox
            .decide("interaction", id, || {
                Box::pin(async move {
                    let found =
                        self.leadbox.storage().interaction(self.leadbox.scope(), id).await?;
                    let before = found.ok_or_else(|| Error::not_found("interaction", id))?;
                    let mut decision = Decision::new(self.leadbox, Announce::Each);
                    if (before.suspicion, before.judge) == (suspicion, Judge::Somebody) {
                        return decision.finish(before).await;
                    }
                    let lead = self.load(before.lead, None).await?;
                    self.leadbox.rights().require(Permission::InteractionEdit, lead.owner)?;
                    let reason = before.reason.clone().filter(|_| before.suspicion == suspicion);
                    decision.mark(
                        InteractionMark {
                            tenant: before.tenant,
                            lead: before.lead,
                            interaction: id,
                            before: before.suspicion,
                            judge_before: before.judge,
                            after: suspicion,
                            judge: Judge::Somebody,
                            reason: reason.clone(),
                        },
                        lead.version,
                    )?;
                    let judge = Judge::Somebody;
                    decision.finish(Interaction { suspicion, judge, reason, ..before }).await
                })
            })
            .await
    }

    /// An interaction by its id; none when there is none or the asker may not see its lead.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn interaction(&self, id: InteractionId) -> Result<Option<Interaction>> {
        Ok(self.leadbox.storage().interaction(self.leadbox.scope(), id).await?)
    }

    /// A lead's interactions, the latest first.
    ///
    /// # Errors
    /// `Storage`.
    pub async fn interactions(
        &self,
        lead: LeadId,
        page: &PageRequest,
    ) -> Result<Page<Interaction>> {
        Ok(self.leadbox.storage().interactions(self.leadbox.scope(), lead, page).await?)
    }
}
