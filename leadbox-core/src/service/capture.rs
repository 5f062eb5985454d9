//! Capture: a lead comes in, and is new or known. Owns the upsert and what a new lead begins with.

use serde_json::Value;

use super::decision::{Announce, Decision};
use super::{LeadBox, Leads, Prepared};
use crate::access::{Level, Permission};
use crate::catalog::Catalog;
use crate::error::{Invalid, Result};
use crate::event::{EventType, Payload, Subject};
use crate::identity::Email;
use crate::lead::settle;
use crate::lead::{
    IdentityKey, IdentityKind, Lead, LeadKeys, LeadRecord, LeadRow, NewLead, Source,
};
use crate::pipeline::{Stage, Stay};
use crate::revision::Version;
use crate::storage::{Change, LeadUpdate};
use crate::time::Timestamp;

/// What a capture did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CaptureOutcome {
    /// The lead is new.
    Created,
    /// It was known, and something changed.
    Updated,
    /// It was known, and nothing changed.
    Unchanged,
}

/// A captured lead.
#[derive(Clone, PartialEq, Debug)]
pub struct Captured {
    /// The lead as it is now.
    pub lead: Lead,
    /// What became of it.
    pub outcome: CaptureOutcome,
}

impl Leads<'_> {
    /// Captures a lead: makes a new one, or updates the one that it is recognised as by the keys that it names. A lead is
    /// also recognised by the keys of those that were merged into it; its own key then stays.
    ///
    /// # Errors
    /// `Invalid` with every problem, by field; `Denied`; `Contended` when others keep changing the same lead; `Storage`.
    pub async fn capture(&self, new: &NewLead) -> Result<Captured> {
        self.leadbox
            .decide("lead", new.email.as_deref().unwrap_or("(new)"), || {
                Box::pin(self.prepare_capture(new))
            })
            .await
    }

    /// What [`capture`](Self::capture) would commit, for a host's own transaction.
    ///
    /// # Errors
    /// As `capture`.
    pub async fn prepare_capture(&self, new: &NewLead) -> Result<Prepared<Captured>> {
        let catalog = self.leadbox.catalog().await?;
        let draft = Draft::read(self.leadbox, new, &catalog)?;
        let known = self.recognise(new, &draft).await?;
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let captured = draft.decide(&mut decision, known, new, &catalog)?;
        decision.finish(captured).await
    }

    /// Captures a host's own struct.
    ///
    /// # Errors
    /// As [`capture`](Self::capture).
    pub async fn capture_record<R: LeadRecord>(&self, record: &R) -> Result<Captured> {
        self.capture(&record.to_new_lead()).await
    }

    /// The known lead that `new` means, if it is one, and by which kind of key.
    async fn recognise(
        &self,
        new: &NewLead,
        draft: &Draft,
    ) -> Result<Option<(IdentityKind, Lead)>> {
        let keys = draft.identities(&new.upsert_by);
        if keys.is_empty() {
            return Ok(None);
        }
        let found = self.leadbox.storage().leads_by_identity(self.leadbox.tenant(), &keys).await?;
        // The caller's order of keys decides, not the storage's.
        let first = keys.iter().find_map(|key| found.iter().find(|(held, _)| held == key));
        let Some((key, stored)) = first else { return Ok(None) };
        if !self.leadbox.scope().sees(stored.lead.tenant, stored.lead.owner) {
            let message = "belongs to a lead of somebody else, which you may not see";
            return Err(Invalid::one(key.kind.as_str(), message).into());
        }
        Ok(Some((key.kind, stored.lead.clone())))
    }
}

/// A lead that came in, read and normalised as if it were new.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    lead: Lead,
    at: Timestamp,
}

impl Draft {
    pub(super) fn read(leadbox: &LeadBox, new: &NewLead, catalog: &Catalog) -> Result<Self> {
        let at = leadbox.now();
        let mut invalid = Invalid::default();
        leadbox.rights().check_fields(&mut invalid, new.given_fields());
        let pipeline = catalog.default_pipeline();
        let stage = match new.stage.as_deref().map(str::trim).filter(|stage| !stage.is_empty()) {
            None => pipeline.entry(),
            Some(name) => {
                let stage = catalog.stage_named(pipeline.id, name);
                if stage.is_none() {
                    let known: Vec<&str> =
                        pipeline.stages.iter().map(|stage| stage.key.as_str()).collect();
                    invalid.push("stage", format!("'{name}' is not one of: {}", known.join(", ")));
                }
                stage
            }
        };
        let created_at = new.created_at.map_or(at, crate::time::to_micros);
        if created_at > at {
            invalid.push("created_at", "lies in the future");
        }
        let mut lead = Lead {
            id: leadbox.ids().uuid(at).into(),
            tenant: leadbox.tenant(),
            version: Version::FIRST,
            external_id: None,
            person: crate::lead::Person::default(),
            company: crate::lead::Company::default(),
            source: Source::default(),
            tags: std::collections::BTreeSet::new(),
            owner: None,
            pipeline: pipeline.id,
            stage: stage.map_or_else(|| uuid::Uuid::nil().into(), |stage: &Stage| stage.id),
            stage_since: created_at,
            value: None,
            consents: Vec::new(),
            custom: std::collections::BTreeMap::new(),
            completeness: 0,
            created_at,
            created_on: created_at.with_timezone(&catalog.settings.zone).date_naive(),
            updated_at: at,
            deleted_at: None,
            merged_into: None,
        };
        if let Err(found) = new.apply(&mut lead, catalog, at) {
            invalid.issues.extend(found.issues);
        }
        let nameless = lead.person.name.is_none()
            && lead.person.email.is_none()
            && lead.person.phone.is_none()
            && lead.company.name.is_none()
            && lead.external_id.is_none();
        if nameless && invalid.issues.is_empty() {
            invalid.push("lead", "needs a name, email, phone, company or external_id");
        }
        // Who may add leads only within a level adds them for itself.
        let rights = leadbox.rights();
        if lead.owner.is_none() && rights.level(Permission::LeadCreate) != Some(Level::All) {
            lead.owner = rights.user();
        }
        settle(&mut lead, catalog);
        Ok(invalid.or(Self { lead, at })?)
    }

    /// The keys by which the lead may be known, in the caller's order.
    pub(super) fn identities(&self, kinds: &[IdentityKind]) -> Vec<IdentityKey> {
        kinds.iter().filter_map(|kind| identity(&self.lead, *kind)).collect()
    }

    /// Adds to `decision` what makes the lead new, or updates the known one, which was recognised by that kind of key.
    pub(super) fn decide(
        self,
        decision: &mut Decision<'_>,
        known: Option<(IdentityKind, Lead)>,
        new: &NewLead,
        catalog: &Catalog,
    ) -> Result<Captured> {
        let Captured { lead, outcome } = match known {
            None => self.create(decision, new, catalog)?,
            Some((by, before)) => self.update(decision, (by, before), new, catalog)?,
        };
        Ok(Captured { lead: decision.shown(lead), outcome })
    }

    fn create(
        self,
        decision: &mut Decision<'_>,
        new: &NewLead,
        catalog: &Catalog,
    ) -> Result<Captured> {
        let lead = self.lead;
        let row = LeadRow::of(lead.clone(), &new.upsert_by);
        // First of all: when it is refused, nothing of it stays in a decision about many.
        decision.push(Change::InsertLead(Box::new(row)))?;
        let stage = catalog.stage(lead.stage).map_or("", |(_, stage)| stage.key.as_str());
        let mut payload = Payload { changed: lead.to_fields(), ..Payload::default() };
        payload.changed.insert("stage".to_owned(), Value::from(stage));
        decision.push(Change::OpenStay(Box::new(Stay {
            id: decision.id(),
            tenant: lead.tenant,
            lead: lead.id,
            pipeline: lead.pipeline,
            stage: lead.stage,
            entered_at: lead.stage_since,
            entered_by: decision.actor().clone(),
            left_at: None,
            left_by: None,
        })))?;
        decision.event(Subject::lead(lead.id), EventType::LEAD_CAPTURED, lead.version, &payload)?;
        Ok(Captured { lead, outcome: CaptureOutcome::Created })
    }

    fn update(
        self,
        decision: &mut Decision<'_>,
        (by, before): (IdentityKind, Lead),
        new: &NewLead,
        catalog: &Catalog,
    ) -> Result<Captured> {
        let mut after = before.clone();
        new.apply(&mut after, catalog, self.at)?;
        let own = identity(&before, by);
        if own.is_some() && own != identity(&self.lead, by) {
            // It was recognised by the key of a lead that was merged into it: its own stays.
            after.take(by.as_str(), &before);
        }
        let outcome = if decision.update_lead(&before, &mut after, catalog)? {
            CaptureOutcome::Updated
        } else {
            CaptureOutcome::Unchanged
        };
        Ok(Captured { lead: after, outcome })
    }
}

/// A lead's key of a kind.
pub(super) fn identity(lead: &Lead, kind: IdentityKind) -> Option<IdentityKey> {
    let key = match kind {
        IdentityKind::Email => lead.person.email.as_ref().map(Email::key),
        IdentityKind::Phone => lead.person.phone.as_ref().map(|phone| phone.key().to_owned()),
        IdentityKind::ExternalId => lead.external_id.clone(),
    };
    key.map(|key| IdentityKey { kind, key })
}

impl Decision<'_> {
    /// Adds the update of a lead and the events that tell of it; says whether anything changed. `after` comes out as
    /// it is written.
    pub(super) fn update_lead(
        &mut self,
        before: &Lead,
        after: &mut Lead,
        catalog: &Catalog,
    ) -> Result<bool> {
        settle(after, catalog);
        if *before == *after {
            return Ok(false);
        }
        after.version = before.version.next();
        after.updated_at = self.at();
        self.push_update(before, after)?;
        self.tell_fields(before, after)?;
        Ok(true)
    }

    /// Adds the events that tell how the fields of a lead changed.
    pub(super) fn tell_fields(&mut self, before: &Lead, after: &Lead) -> Result<()> {
        let (mut changed, mut previous) = after.difference(before);
        let owner = (changed.remove("owner"), previous.remove("owner"));
        let subject = Subject::lead(after.id);
        if let (Some(now), Some(then)) = owner {
            let mut payload = Payload::default();
            payload.changed.insert("owner".to_owned(), now);
            payload.previous.insert("owner".to_owned(), then);
            self.event(subject, EventType::LEAD_ASSIGNED, after.version, &payload)?;
        }
        if !changed.is_empty() {
            let payload = Payload { changed, previous, ..Payload::default() };
            self.event(subject, EventType::LEAD_UPDATED, after.version, &payload)?;
        }
        Ok(())
    }

    /// Adds the update itself.
    pub(super) fn push_update(&mut self, before: &Lead, after: &Lead) -> Result<()> {
        let row = |lead: &Lead| LeadRow { keys: LeadKeys::of(lead, &[]), lead: lead.clone() };
        self.push(Change::UpdateLead(Box::new(LeadUpdate {
            before: row(before),
            after: row(after),
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::field::{FieldDefinition, FieldType};
    use crate::testing::{Announced, Sandbox};

    #[tokio::test]
    async fn the_same_person_twice_is_one_lead_whose_first_touch_stays() {
        let sandbox = Sandbox::new().unwrap();
        let leads = sandbox.leadbox.leads();
        let new = NewLead::new()
            .email("Ada@Analytical.example")
            .source("Webinar")
            .upsert_by(IdentityKind::Email);
        let first = leads.capture(&new).await.unwrap();
        assert_eq!(first.outcome, CaptureOutcome::Created);

        let again =
            NewLead::new().email("ada@analytical.example").source("ads").title("CTO").tag("VIP");
        let second = leads.capture(&again.upsert_by(IdentityKind::Email)).await.unwrap();
        assert_eq!((second.outcome, second.lead.id), (CaptureOutcome::Updated, first.lead.id));
        assert_eq!(second.lead.source.name.as_deref(), Some("webinar"));
        assert_eq!(second.lead.version, Version(2));
        assert!(second.lead.tags.contains("vip"));
        assert!(second.lead.completeness > first.lead.completeness);

        let third = leads.capture(&new).await.unwrap();
        assert_eq!((third.outcome, third.lead.version), (CaptureOutcome::Unchanged, Version(2)));
        let announced = Announced::all(&sandbox.leadbox).await.unwrap();
        announced.assert_types(&[EventType::LEAD_CAPTURED, EventType::LEAD_UPDATED]);
        assert_eq!(announced.previous(&EventType::LEAD_UPDATED, "title"), Some(Value::Null));
        assert_eq!(announced.changed(&EventType::LEAD_UPDATED, "title"), Some("CTO".into()));
    }

    #[tokio::test]
    async fn without_upsert_keys_a_duplicate_is_made_and_the_oldest_is_recognised_later() {
        let sandbox = Sandbox::new().unwrap();
        let leads = sandbox.leadbox.leads();
        let new = NewLead::new().email("info@acme.example");
        let (first, second) =
            (leads.capture(&new).await.unwrap(), leads.capture(&new).await.unwrap());
        assert_ne!(first.lead.id, second.lead.id);
        let third =
            leads.capture(&new.clone().title("CEO").upsert_by(IdentityKind::Email)).await.unwrap();
        assert_eq!(third.lead.id, first.lead.id);
    }

    #[tokio::test]
    async fn every_problem_is_named_by_its_field_and_nothing_is_written() {
        let sandbox = Sandbox::new().unwrap();
        let field = FieldDefinition::new("budget", FieldType::Number).unwrap();
        sandbox.leadbox.definitions().define_field(&field).await.unwrap();
        let before = sandbox.leadbox.log().head().await.unwrap();
        let mut new = NewLead::new()
            .email("not an address")
            .phone("12")
            .name("x".repeat(201))
            .stage("nirvana")
            .field("budget", "plenty")
            .field("colour", "red");
        new.employees = Some(-1);
        let Err(Error::Invalid(invalid)) = sandbox.leadbox.leads().capture(&new).await else {
            panic!("accepted")
        };
        let fields: Vec<&str> = invalid.issues.iter().map(|issue| issue.field.as_str()).collect();
        assert_eq!(
            fields,
            ["stage", "name", "email", "phone", "employees", "cf.budget", "cf.colour"]
        );
        assert_eq!(sandbox.leadbox.log().head().await.unwrap(), before);
        let nobody = sandbox.leadbox.leads().capture(&NewLead::new().title("CTO")).await;
        assert!(matches!(nobody, Err(Error::Invalid(_))));
    }

    #[tokio::test]
    async fn many_at_once_equal_one_after_the_other() {
        let sandbox = Sandbox::new().unwrap();
        let new: Vec<NewLead> = [
            ("a@x.example", "one"),
            ("b@x.example", "two"),
            ("A@x.example", "three"),
            ("", "four"),
        ]
        .map(|(email, title)| {
            NewLead::new().email(email).title(title).upsert_by(IdentityKind::Email)
        })
        .into();
        let outcomes = sandbox.leadbox.leads().capture_many(&new, Vec::new()).await.unwrap();
        let ids: Vec<_> =
            outcomes.iter().map(|one| one.as_ref().ok().map(|one| one.lead.id)).collect();
        assert_eq!(ids[0], ids[2]);
        assert_ne!(ids[0], ids[1]);
        assert!(outcomes[3].is_err());
        let lead = sandbox.leadbox.leads().lead(ids[0].unwrap()).await.unwrap().unwrap().lead;
        assert_eq!((lead.person.title.as_deref(), lead.version), (Some("three"), Version(2)));
        let announced = Announced::all(&sandbox.leadbox).await.unwrap();
        assert!(announced.0.iter().all(|event| event.bulk));
    }
}
