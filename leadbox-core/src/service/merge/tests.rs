//! Which values stay, that nothing is lost, and that a merge that is undone leaves everything as it was.

use chrono::TimeDelta;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::access::{Grants, Level, Rights};
use crate::event::Actor;
use crate::id::UserId;
use crate::interaction::{Interaction, LeadActivity};
use crate::lead::{IdentityKind, LeadPatch, NewLead};
use crate::note::Note;
use crate::revision::Version;
use crate::service::{CaptureOutcome, LeadList};
use crate::task::Task;
use crate::testing::{Announced, Sandbox, some_interaction, some_task};

const HOUR: TimeDelta = TimeDelta::hours(1);

/// Two leads of one person: the older with a title, a source and an owner, the newer with another title and a phone.
async fn twins() -> (Sandbox, Lead, Lead) {
    let sandbox = Sandbox::new().unwrap();
    let leads = sandbox.leadbox.leads();
    let older = NewLead::new()
        .name("Ada")
        .title("CTO")
        .email("ada@one.example")
        .source("webinar")
        .external_id("crm-1")
        .tag("vip")
        .upsert_by(IdentityKind::Email);
    let older = leads.capture(&older).await.unwrap().lead;
    sandbox.clock.advance(HOUR);
    let newer = NewLead::new()
        .name("Ada Byron")
        .title("CEO")
        .email("ada@two.example")
        .phone("+49 30 901820")
        .source("ads")
        .external_id("crm-2")
        .value("100 EUR")
        .tag("fair")
        .upsert_by(IdentityKind::Email);
    let newer = leads.capture(&newer).await.unwrap().lead;
    sandbox.clock.advance(HOUR);
    (sandbox, older, newer)
}

#[tokio::test]
async fn the_newest_value_stays_but_for_what_a_lead_is_known_by() {
    let (sandbox, older, newer) = twins().await;
    let leads = sandbox.leadbox.leads();
    // The older one's title is now the one that changed last; its name is not.
    leads.update(older.id, &LeadPatch::new().set("title", "CPO"), None).await.unwrap();
    sandbox.clock.advance(HOUR);
    let plan = leads.merge_plan(newer.id, &[older.id], &MergeChoice::default()).await.unwrap();
    let merged = leads.merge(newer.id, &[older.id], &MergeChoice::default()).await.unwrap().lead;
    assert_eq!(
        Lead { version: merged.version, updated_at: merged.updated_at, ..plan.lead },
        merged
    );
    let fields = merged.to_fields();
    let is = |field: &str| fields.get(field).and_then(Value::as_str).unwrap_or_default();
    assert_eq!((is("title"), is("name"), is("value")), ("CPO", "Ada Byron", "100.00 EUR"));
    assert_eq!((is("email"), is("external_id")), ("ada@two.example", "crm-2"));
    assert_eq!((is("source"), merged.created_at), ("webinar", older.created_at));
    assert_eq!(merged.tags.iter().collect::<Vec<_>>(), ["fair", "vip"]);
    let title = plan.fields.iter().find(|field| field.field == "title").unwrap();
    assert_eq!((title.from, &title.value), (older.id, &Value::from("CPO")));
    assert_eq!(title.beats, [(newer.id, Value::from("CEO"))]);
    assert!(plan.fields.iter().all(|field| field.field != "external_id"));

    let announced = Announced::about(&sandbox.leadbox, newer.id).await.unwrap();
    assert_eq!(announced.changed(&EventType::LEAD_MERGED, "title"), Some("CPO".into()));
    assert_eq!(announced.previous(&EventType::LEAD_MERGED, "title"), Some("CEO".into()));
    let count = leads.count(&LeadList::default(), 10).await.unwrap();
    assert_eq!(count, 1);
    assert!(sandbox.leadbox.analytics().verify().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_choice_decides_and_has_to_name_a_value() {
    let (sandbox, older, newer) = twins().await;
    let leads = sandbox.leadbox.leads();
    let choice = MergeChoice::default().take("title", older.id).take("email", older.id);
    for (field, from) in [
        ("phone", older.id),
        ("tags", newer.id),
        ("external_id", newer.id),
        ("title", LeadId::from_uuid(uuid::Uuid::nil())),
    ] {
        let wrong = choice.clone().take(field, from);
        let refused = leads.merge(newer.id, &[older.id], &wrong).await;
        let Err(Error::Invalid(invalid)) = refused else { panic!("{field}: {refused:?}") };
        assert_eq!(invalid.issues[0].field, field);
    }
    for others in [vec![], vec![newer.id], vec![older.id, older.id]] {
        let refused = leads.merge(newer.id, &others, &MergeChoice::default()).await;
        assert!(matches!(refused, Err(Error::Invalid(_))));
    }
    let merged = leads.merge(newer.id, &[older.id], &choice).await.unwrap().lead;
    assert_eq!(merged.person.title.as_deref(), Some("CTO"));
    assert_eq!(merged.person.email.unwrap().as_str(), "ada@one.example");
}

#[tokio::test]
async fn a_merge_is_refused_when_a_lead_is_no_longer_as_it_was_seen() {
    let (sandbox, older, newer) = twins().await;
    let leads = sandbox.leadbox.leads();
    let seen = MergeChoice::default().seen(older.id, older.version).seen(newer.id, newer.version);
    leads.merge_plan(older.id, &[newer.id], &seen).await.unwrap();
    leads.update(newer.id, &LeadPatch::new().set("title", "CPO"), None).await.unwrap();
    for (keep, other) in [(older.id, newer.id), (newer.id, older.id)] {
        let refused = leads.merge(keep, &[other], &seen).await;
        assert!(matches!(refused, Err(Error::Stale { expected: 1, actual: 2, .. })), "{refused:?}");
    }
    let again = seen.seen(newer.id, Version(2));
    leads.merge(older.id, &[newer.id], &again).await.unwrap();

    // One that went into another meanwhile is not what was looked at, whatever the version of that one is.
    let third = leads.capture(&NewLead::new().name("Third")).await.unwrap().lead;
    for version in 1..4 {
        let seen = MergeChoice::default().seen(newer.id, Version(version));
        let refused = leads.merge(newer.id, &[third.id], &seen).await;
        assert!(matches!(refused, Err(Error::NotFound { .. } | Error::Stale { .. })));
    }
    leads.merge(newer.id, &[third.id], &MergeChoice::default()).await.unwrap();
}

#[tokio::test]
async fn a_plan_says_what_moves_and_that_of_an_undo_what_comes_back() {
    let (sandbox, older, newer) = twins().await;
    let (leadbox, none) = (&sandbox.leadbox, MergeChoice::default());
    let leads = leadbox.leads();
    for visit in 0..3 {
        leads.record_interaction(newer.id, &some_interaction(visit)).await.unwrap();
    }
    for number in 0..2 {
        leadbox.tasks().add(newer.id, &some_task(number)).await.unwrap();
    }
    leadbox.notes().add(newer.id, "A note").await.unwrap();
    leadbox.notes().add(older.id, "Stays where it is").await.unwrap();
    let plan = leads.merge_plan(older.id, &[newer.id], &none).await.unwrap();
    let moves = Belongings { lead: newer.id, interactions: 3, tasks: 2, notes: 1 };
    assert_eq!(plan.moves, [moves]);

    let merged = leads.merge(older.id, &[newer.id], &none).await.unwrap();
    leads.update(older.id, &LeadPatch::new().set("title", "Chair"), None).await.unwrap();
    let plan = leads.unmerge_plan(older.id, merged.event).await.unwrap();
    assert_eq!(leads.lead(newer.id).await.unwrap().unwrap().lead.id, older.id, "only planned");
    let done = leads.unmerge(older.id, merged.event).await.unwrap();
    assert_eq!((&plan.left, plan.left.issues[0].field.as_str()), (&done.left, "title"));
    assert_eq!(plan.restored[0].person, done.restored[0].person);
    assert!(leads.unmerge_plan(older.id, merged.event).await.is_err(), "it was undone already");
}

#[tokio::test]
async fn ids_and_keys_of_a_lead_that_is_gone_lead_to_the_one_that_is_left() {
    let (sandbox, older, newer) = twins().await;
    let leads = sandbox.leadbox.leads();
    leads.record_interaction(newer.id, &some_interaction(1)).await.unwrap();
    leads.merge(older.id, &[newer.id], &MergeChoice::default()).await.unwrap();
    assert_eq!(leads.lead(newer.id).await.unwrap().unwrap().lead.id, older.id);

    let again =
        NewLead::new().email("ada@two.example").title("Chair").upsert_by(IdentityKind::Email);
    let again = leads.capture(&again).await.unwrap();
    assert_eq!((again.outcome, again.lead.id), (CaptureOutcome::Updated, older.id));
    assert_eq!(again.lead.person.email.unwrap().as_str(), "ada@one.example");
    assert_eq!(again.lead.person.title.as_deref(), Some("Chair"));
    let by_id = NewLead::new().external_id("crm-2").upsert_by(IdentityKind::ExternalId);
    let many = leads.capture_many(&[by_id], Vec::new()).await.unwrap();
    let by_id = &many[0].as_ref().unwrap().lead;
    assert_eq!((by_id.id, by_id.external_id.as_deref()), (older.id, Some("crm-1")));

    // What is sent once more, and what is new, by the id that is gone.
    assert!(leads.record_interaction(newer.id, &some_interaction(1)).await.unwrap().repeated);
    let new = leads.record_interaction(newer.id, &some_interaction(2)).await.unwrap();
    assert_eq!(new.interaction.lead, older.id);
    let moved = leads.advance(newer.id, "qualified").await.unwrap();
    assert_eq!(moved.id, older.id);
    assert_eq!(leads.stays(older.id).await.unwrap().len(), 3);
    let task = sandbox.leadbox.tasks().add(newer.id, &some_task(1)).await.unwrap();
    assert_eq!(task.lead, older.id);
    leads.delete(newer.id).await.unwrap();
    assert!(leads.lead(older.id).await.unwrap().unwrap().lead.deleted_at.is_none());
    let timeline = sandbox.leadbox.log().timeline(older.id, &PageRequest::default()).await.unwrap();
    assert_eq!(
        timeline.items.iter().filter(|event| event.kind == EventType::LEAD_CAPTURED).count(),
        2
    );
}

#[tokio::test]
async fn what_was_changed_since_stays_and_is_told_when_a_merge_is_undone() {
    let (sandbox, older, newer) = twins().await;
    let leads = sandbox.leadbox.leads();
    let merged = leads.merge(older.id, &[newer.id], &MergeChoice::default()).await.unwrap();
    let patch = LeadPatch::new().set("title", "Chair").add_tag("later");
    leads.update(older.id, &patch, None).await.unwrap();
    let taken = NewLead::new().name("Else").external_id("crm-2");
    leads.capture(&taken).await.unwrap();

    let undone = leads.unmerge(older.id, merged.event).await.unwrap();
    let told: Vec<String> = undone.left.issues.iter().map(|issue| issue.field.clone()).collect();
    assert_eq!(told, ["external_id", "title"]);
    assert_eq!(undone.lead.person.title.as_deref(), Some("Chair"));
    assert_eq!(undone.lead.person.name.as_deref(), Some("Ada"));
    assert_eq!((undone.lead.value, undone.lead.person.phone.clone()), (None, None));
    assert_eq!(undone.lead.tags.iter().collect::<Vec<_>>(), ["later", "vip"]);
    let back = &undone.restored[0];
    assert_eq!((back.id, back.external_id.as_deref()), (newer.id, None));
    assert_eq!(back.person, newer.person);
    assert_eq!(leads.lead(newer.id).await.unwrap().unwrap().lead, *back);
    let gone = leads.merge(newer.id, &[older.id], &MergeChoice::default()).await.unwrap();
    let third = leads.capture(&NewLead::new().name("Third")).await.unwrap().lead;
    let refused = leads.merge(third.id, &[older.id], &MergeChoice::default()).await;
    assert!(matches!(refused, Err(Error::NotFound { what: "lead", .. })), "its heir must not go");
    leads.unmerge(newer.id, gone.event).await.unwrap();
    let again = leads.unmerge(older.id, merged.event).await;
    assert!(matches!(again, Err(Error::Invalid(_))));
    assert!(matches!(
        leads.unmerge(newer.id, merged.event).await,
        Err(Error::NotFound { what: "merge", .. })
    ));
    assert!(sandbox.leadbox.analytics().verify().await.unwrap().is_empty());
}

#[tokio::test]
async fn merging_needs_the_rights_to_edit_all_and_to_delete_the_others() {
    let (sandbox, older, newer) = twins().await;
    let kim: UserId = sandbox.leadbox.new_id();
    let by = |grants: Grants| {
        sandbox.leadbox.with_rights(Actor::user(kim), Rights::granted(Some(kim), [], grants))
    };
    let editor = Grants::default()
        .allow(Permission::LeadRead, Level::All)
        .allow(Permission::LeadEdit, Level::All)
        .hide("phone")
        .hide("title");
    let merger = editor.clone().allow(Permission::LeadDelete, Level::All);
    let none = MergeChoice::default();
    let refused = by(editor.clone()).leads().merge(older.id, &[newer.id], &none).await;
    assert!(matches!(refused, Err(Error::Denied(_))));
    let plan = by(merger.clone()).leads().merge_plan(older.id, &[newer.id], &none).await.unwrap();
    assert!(plan.fields.iter().all(|field| field.field != "phone" && field.field != "title"));
    let hidden = MergeChoice::default().take("title", older.id);
    let refused = by(merger.clone()).leads().merge(older.id, &[newer.id], &hidden).await;
    assert!(matches!(refused, Err(Error::Invalid(_))));

    let owned = LeadPatch::new().set("owner", kim.to_string());
    sandbox.leadbox.leads().update(newer.id, &owned, None).await.unwrap();
    let refused = by(merger.clone()).leads().merge_plan(older.id, &[newer.id], &none).await;
    assert!(matches!(refused, Err(Error::Denied(_))), "the one that stays would get an owner");
    sandbox.leadbox.leads().assign(newer.id, None).await.unwrap();
    let merged = by(merger.clone()).leads().merge(older.id, &[newer.id], &none).await.unwrap();
    assert_eq!((&merged.lead.person.phone, &merged.lead.person.title), (&None, &None));
    let stored = sandbox.leadbox.leads().lead(older.id).await.unwrap().unwrap().lead;
    assert_eq!(stored.person.phone, newer.person.phone);
    assert_eq!(stored.person.title.as_deref(), Some("CEO"));
    let timeline =
        by(merger.clone()).log().timeline(older.id, &PageRequest::default()).await.unwrap();
    assert!(!timeline.items.iter().any(|event| event.payload.as_ref().unwrap().contains("+49")));
    let refused = by(editor).leads().unmerge(older.id, merged.event).await;
    assert!(matches!(refused, Err(Error::Denied(_))));
    let undone = by(merger).leads().unmerge(older.id, merged.event).await.unwrap();
    assert_eq!(undone.restored[0].person.phone, None);
    let stored = sandbox.leadbox.leads().lead(newer.id).await.unwrap().unwrap().lead;
    assert_eq!(stored.person, newer.person);
}

/// A lead and all that is its own, without what every change moves on.
type Whole = (Lead, Vec<Interaction>, Vec<Task>, Vec<Note>, LeadActivity);

async fn whole(sandbox: &Sandbox, id: LeadId) -> Whole {
    let (leadbox, all) = (&sandbox.leadbox, PageRequest::first(PageRequest::MAX));
    let stored = leadbox.leads().lead(id).await.unwrap().unwrap();
    let lead = stored.lead;
    (
        Lead {
            version: Version(0),
            updated_at: lead.created_at,
            stage_since: lead.created_at,
            ..lead
        },
        leadbox.leads().interactions(id, &all).await.unwrap().items,
        leadbox.tasks().of_lead(id, &all).await.unwrap().items,
        leadbox.notes().of_lead(id, &all).await.unwrap().items,
        stored.activity,
    )
}

/// A lead of which this and that is known, and to which this and that has happened.
async fn some_whole(sandbox: &Sandbox, number: usize, traits: u16) -> LeadId {
    let has = |bit: u16| traits & 1 << bit != 0;
    let leadbox = &sandbox.leadbox;
    let mut new = NewLead::new().name(format!("Name {number}"));
    if has(0) {
        new = new.email(format!("p{number}@x.example"));
    }
    if has(1) {
        new = new.phone(format!("+4930901{number:03}"));
    }
    if has(2) {
        new = new.title(format!("Title {number}")).tag("shared");
    }
    if has(3) {
        new = new.source("webinar").value(format!("{number}.50 EUR"));
    }
    if has(4) {
        new = new.external_id(format!("crm-{number}")).tag(format!("tag {number}"));
    }
    if has(5) {
        new.consents.push(crate::lead::ConsentInput {
            purpose: "newsletter".to_owned(),
            status: crate::lead::ConsentStatus::Granted,
            at: None,
            evidence: Some(format!("form {number}")),
        });
    }
    let id = leadbox.leads().capture(&new).await.unwrap().lead.id;
    for visit in 0..traits as usize % 4 {
        // The same keys on every lead.
        leadbox.leads().record_interaction(id, &some_interaction(visit)).await.unwrap();
    }
    if has(6) {
        leadbox.tasks().add(id, &some_task(number)).await.unwrap();
    }
    if has(7) {
        leadbox.notes().add(id, "A note").await.unwrap();
    }
    if has(8) {
        leadbox.leads().advance(id, "qualified").await.unwrap();
    }
    sandbox.clock.advance(HOUR);
    id
}

/// Merges leads as the picks say, and undoes it all from the last to the first.
async fn there_and_back(traits: &[u16], picks: &[(usize, usize)]) {
    let sandbox = Sandbox::new().unwrap();
    let leads = sandbox.leadbox.leads();
    let mut ids = Vec::new();
    for (number, traits) in traits.iter().enumerate() {
        ids.push(some_whole(&sandbox, number, *traits).await);
    }
    let (mut left, mut merges) = (ids.clone(), Vec::new());
    let records = async |of: &[LeadId]| {
        let mut count = 0;
        for id in of {
            let (_, interactions, tasks, notes, activity) = whole(&sandbox, *id).await;
            assert_eq!(activity.count, i64::try_from(interactions.len()).unwrap());
            count += interactions.len() + tasks.len() + notes.len();
        }
        count
    };
    let all = records(&ids).await;
    for (keep, other) in picks {
        let keep = left[keep % left.len()];
        let other = left[other % left.len()];
        if keep == other {
            continue;
        }
        let before = [whole(&sandbox, keep).await, whole(&sandbox, other).await];
        let event = leads.merge(keep, &[other], &MergeChoice::default()).await.unwrap().event;
        sandbox.clock.advance(HOUR);
        left.retain(|id| *id != other);
        merges.push((keep, other, event, before));
        assert_eq!(leads.lead(other).await.unwrap().unwrap().lead.id, keep);
        assert_eq!(records(&left).await, all);
        assert!(sandbox.leadbox.analytics().verify().await.unwrap().is_empty());
    }
    while let Some((keep, other, event, before)) = merges.pop() {
        let undone = leads.unmerge(keep, event).await.unwrap();
        sandbox.clock.advance(HOUR);
        assert_eq!(undone.left, Invalid::default());
        assert_eq!([whole(&sandbox, keep).await, whole(&sandbox, other).await], before);
        assert!(sandbox.leadbox.analytics().verify().await.unwrap().is_empty());
    }
    for id in ids {
        let open = leads.stays(id).await.unwrap().into_iter().filter(|stay| stay.left_at.is_none());
        assert_eq!(open.count(), 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn merges_lose_nothing_and_undone_leave_everything_as_it_was(
        traits in proptest::collection::vec(any::<u16>(), 2..6),
        picks in proptest::collection::vec((0_usize..6, 0_usize..6), 1..8),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(there_and_back(&traits, &picks));
    }
}
