//! Asking a freshly loaded rule set about a lead of whom nothing is known. Owns finding what is wrong with conditions before any lead
//! has to: where nothing is known nothing can be wrong but the script.

use chrono::NaiveDate;

use super::fault::Mistake;
use super::plan::{Kind, Plan, Script};
use super::run::Asking;
use crate::id::{InteractionId, LeadId, PipelineId, StageId, Tenant};
use crate::interaction::{Interaction, InteractionKind, Judge, Suspicion};
use crate::lead::{Company, Lead, Person, Source};
use crate::revision::Version;
use crate::scoring::{Fault, Subject};
use crate::time::Timestamp;

/// What is wrong with the conditions of a plan, as far as they are reached.
pub(super) fn rehearse(scripts: &[Script], plan: &Plan) -> Vec<Mistake> {
    let lead = nobody();
    let kinds = plan.entries.iter().filter_map(|entry| match &entry.kind {
        Kind::Signal(signal) => InteractionKind::parse(&signal.what),
        Kind::Rule { .. } => None,
    });
    let interactions: Vec<Interaction> = kinds.map(|kind| nothing(&lead, kind)).collect();
    let as_of = lead.created_at;
    let subject = Subject { lead: &lead, stage: None, interactions: &interactions, as_of };
    let asking = Asking::new(scripts, &subject);
    let set = asking.applies(plan).err();
    let faults = asking.card(plan).faults;
    let found = faults.into_iter().map(|Fault { file, line, column, message, .. }| Mistake {
        file,
        line,
        column,
        message,
    });
    set.into_iter().chain(found).collect()
}

/// A lead of whom nothing is known.
pub(super) fn nobody() -> Lead {
    let at = Timestamp::default();
    Lead {
        id: LeadId::from_uuid(uuid::Uuid::nil()),
        tenant: Tenant::default(),
        version: Version(1),
        external_id: None,
        person: Person::default(),
        company: Company::default(),
        source: Source::default(),
        tags: Default::default(),
        owner: None,
        pipeline: PipelineId::from_uuid(uuid::Uuid::nil()),
        stage: StageId::from_uuid(uuid::Uuid::nil()),
        stage_since: at,
        value: None,
        consents: Vec::new(),
        custom: Default::default(),
        completeness: 0,
        created_at: at,
        created_on: NaiveDate::default(),
        updated_at: at,
        deleted_at: None,
        merged_into: None,
    }
}

/// Something that happened, of which nothing else is known.
fn nothing(lead: &Lead, kind: InteractionKind) -> Interaction {
    Interaction {
        id: InteractionId::from_uuid(uuid::Uuid::nil()),
        tenant: lead.tenant,
        lead: lead.id,
        kind,
        at: lead.created_at,
        received_at: lead.created_at,
        key: None,
        suspicion: Suspicion::Clear,
        judge: Judge::default(),
        reason: None,
        props: Default::default(),
    }
}
