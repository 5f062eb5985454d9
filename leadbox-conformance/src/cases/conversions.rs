//! A field that holds data gets another type: what core asks of a storage for that, from one end to the other.

use std::sync::Arc;

use leadbox_core::filter::Op;
use leadbox_core::service::{BulkState, Leftover, Retype};
use leadbox_core::storage::Storage;
use leadbox_core::{
    FieldDefinition, FieldType, FieldValue, LeadBox, LeadFilter, LeadList, LeadPatch, MergeChoice,
    NewLead,
};

async fn lead_with(leadbox: &LeadBox, budget: Option<&str>) -> leadbox_core::LeadId {
    let lead = leadbox.leads().capture(&NewLead::new().name("Ada")).await.unwrap().lead.id;
    if let Some(budget) = budget {
        let patch = LeadPatch::new().set("cf.budget", budget);
        leadbox.leads().update(lead, &patch, None).await.unwrap();
    }
    lead
}

pub async fn values_convert_though_leads_are_merged_meanwhile(storage: Arc<dyn Storage>) {
    let leadbox = LeadBox::builder(storage).build().unwrap();
    let (definitions, leads) = (leadbox.definitions(), leadbox.leads());
    let field = FieldDefinition::new("budget", FieldType::Text).unwrap();
    definitions.define_field(&field).await.unwrap();
    let number = lead_with(&leadbox, Some("12")).await;
    let odd = lead_with(&leadbox, Some("lots")).await;
    let (given, heir) = (lead_with(&leadbox, Some("7")).await, lead_with(&leadbox, None).await);
    let retype = Retype {
        key: field.key.clone(),
        kind: FieldType::Number,
        leftover: Leftover::KeepIn("budget_text".parse().unwrap()),
    };
    let plan = definitions.plan_retype(&retype).await.unwrap();
    assert_eq!((plan.holding, plan.tried, plan.converting), (3, 3, 2));
    let started = definitions.retype(&retype).await.unwrap();
    // It held nothing when the work began, and takes a text now.
    leads.merge(heir, &[given], &MergeChoice::default()).await.unwrap();
    let done = leadbox.bulk().go_on(started.id).await.unwrap();
    assert_eq!(done.state, BulkState::Finished);
    assert_eq!((done.counts.changed, done.counts.missing), (3, 1));
    assert_eq!(done.refusals, 2, "a value that is none, and a lead that is gone");
    for (lead, budget) in [(number, Some(12.0)), (odd, None), (heir, Some(7.0))] {
        let lead = leads.lead(lead).await.unwrap().unwrap().lead;
        assert_eq!(lead.custom_field("budget"), budget.map(FieldValue::Number).as_ref());
        let aside = budget.is_none().then(|| FieldValue::Text("lots".to_owned()));
        assert_eq!(lead.custom_field("budget_text"), aside.as_ref());
    }
    let more = LeadList::filtered(LeadFilter::is("cf.budget", Op::Gt, 5));
    assert_eq!(leads.count(&more, 10).await.unwrap(), 2, "filters follow");
}
