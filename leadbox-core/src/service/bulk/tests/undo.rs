//! What was done is taken back, as far as nobody has touched it since.

use super::super::undo::READ_WHOLE;
use super::*;
use crate::id::ImportId;
use crate::service::NewInteraction;
use crate::transfer::Importer;

async fn undone(leadbox: &LeadBox, operation: Operation) -> BulkProgress {
    let plan = leadbox.bulk().plan_undo(operation).await.unwrap();
    let done = leadbox.bulk().undo_now(operation).await.unwrap();
    assert_eq!(done.counts, plan.counts, "the plan told what was done");
    done
}

#[tokio::test]
async fn a_plan_for_very_many_leads_tries_some_of_them() {
    let sandbox = Sandbox::new().unwrap();
    let host = &sandbox.leadbox;
    let count = READ_WHOLE + 1;
    let mut file = String::from("name\n");
    for number in 0..count {
        file.push_str(&format!("Visitor {number}\n"));
    }
    let import: ImportId = host.new_id();
    Importer::new(host).id(import).run(file.as_bytes()).await.unwrap();
    let plan = host.bulk().plan_undo(Operation::Import(import)).await.unwrap();
    assert_eq!((plan.counts.selected, plan.tried), (count, BulkPlan::TRIED as u64));
    assert_eq!(plan.estimate(plan.counts.changed), count, "every one of them would go");
}

#[tokio::test]
async fn fields_come_back_unless_somebody_changed_them_since() {
    let (sandbox, ids) = office(4).await;
    let host = &sandbox.leadbox;
    let owner: UserId = host.new_id();
    host.leads()
        .update(ids[0], &LeadPatch::new().set("title", "CEO").add_tag("old"), None)
        .await
        .unwrap();
    let before: Vec<Lead> = {
        let mut leads = Vec::new();
        for id in &ids {
            leads.push(lead(host, *id).await);
        }
        leads
    };
    let patch = LeadPatch::new()
        .set("title", "CTO")
        .set("value", "12.50 EUR")
        .set("city", "Berlin")
        .set("consent.newsletter", true)
        .set("owner", owner.to_string())
        .add_tag("new")
        .remove_tag("old");
    let done = host.bulk().run(&BulkAction::Change(patch), &Selection::Ids(ids.clone())).await;
    let done = done.unwrap();
    host.leads()
        .update(ids[1], &LeadPatch::new().set("title", "CFO").add_tag("mine"), None)
        .await
        .unwrap();
    host.leads().update(ids[2], &LeadPatch::new().clear("title"), None).await.unwrap();
    host.leads().delete(ids[3]).await.unwrap();
    let back = undone(host, Operation::Bulk(done.id)).await;
    assert_eq!((back.counts.changed, back.counts.refused, back.counts.unchanged), (3, 1, 0));
    let refusals = host.bulk().refusals(back.id).await.unwrap();
    let mut told: Vec<_> =
        refusals.iter().map(|refusal| (refusal.lead, refusal.field.as_str())).collect();
    told.sort_unstable();
    assert_eq!(told, [(ids[1], "title"), (ids[3], "lead")], "one that is empty again is as it was");
    for (id, before) in ids.iter().zip(&before).take(3) {
        let now = lead(host, *id).await;
        let (mut now, mut then) = (now.to_fields(), before.to_fields());
        if *id == ids[1] {
            assert_eq!(now["title"], "CFO");
            assert_eq!(now["tags"], serde_json::json!(["mine"]));
            now.remove("title");
            now.remove("tags");
        }
        then.remove("title").filter(|_| *id == ids[1]);
        now.remove("title").filter(|_| *id == ids[1]);
        assert_eq!(now, then);
    }
    assert_eq!(lead(host, ids[0]).await.person.title.as_deref(), Some("CEO"));

    // And back again.
    let again = undone(host, Operation::Bulk(back.id)).await;
    assert_eq!(again.counts.changed, 3);
    let now = lead(host, ids[0]).await;
    assert_eq!((now.person.title.as_deref(), now.owner), (Some("CTO"), Some(owner)));
}

#[tokio::test]
async fn moves_and_deletions_come_back_where_they_were() {
    let (sandbox, ids) = office(4).await;
    let host = &sandbox.leadbox;
    let before = lead(host, ids[0]).await;
    let move_on = BulkAction::Advance("qualified".to_owned());
    let moved = host.bulk().run(&move_on, &Selection::Ids(ids.clone())).await.unwrap();
    host.leads().advance(ids[1], "won").await.unwrap();
    let back = undone(host, Operation::Bulk(moved.id)).await;
    assert_eq!((back.counts.changed, back.counts.refused), (3, 1));
    assert_eq!(lead(host, ids[0]).await.stage, before.stage);
    assert_eq!(host.bulk().refusals(back.id).await.unwrap()[0].field, "stage");

    sandbox.clock.advance(chrono::TimeDelta::hours(1));
    let gone = host.bulk().run(&BulkAction::Delete, &Selection::Ids(ids.clone())).await.unwrap();
    sandbox.clock.advance(chrono::TimeDelta::hours(1));
    // Somebody else has the address by now.
    host.leads().capture(&some_lead(2)).await.unwrap();
    let back = undone(host, Operation::Bulk(gone.id)).await;
    assert_eq!((back.counts.changed, back.counts.refused), (3, 1));
    let refusals = host.bulk().refusals(back.id).await.unwrap();
    assert_eq!((refusals[0].lead, refusals[0].field.as_str()), (ids[2], "email"));
    let restored = lead(host, ids[0]).await;
    assert!(restored.deleted_at.is_none());
    let open = host.storage().open_stays(host.scope(), &[ids[0]]).await.unwrap();
    assert_eq!(open[0].stage, restored.stage);
    assert_eq!(host.leads().count(&LeadList::default(), 10).await.unwrap(), 4);
    let counts = host.storage().verify_counts(host.tenant()).await.unwrap();
    assert_eq!(counts.kept, counts.counted);
    let announced = Announced::about(host, ids[0]).await.unwrap();
    assert_eq!(announced.0.last().map(|event| &event.kind), Some(&EventType::LEAD_RESTORED));
    let deleted_again = undone(host, Operation::Bulk(back.id)).await;
    assert_eq!(deleted_again.counts.changed, 3);
    assert!(lead(host, ids[0]).await.deleted_at.is_some());
}

#[tokio::test]
async fn leads_that_share_an_address_come_back_together() {
    let (sandbox, _) = office(0).await;
    let leads = sandbox.leadbox.leads();
    let info = NewLead::new().name("Info").email("info@acme.example");
    let first = leads.capture(&info).await.unwrap().lead.id;
    let second = leads.capture(&info).await.unwrap().lead.id;
    let bulk = sandbox.leadbox.bulk();
    sandbox.clock.advance(chrono::TimeDelta::hours(1));
    let gone = bulk.run(&BulkAction::Delete, &Selection::Ids(vec![second])).await.unwrap();
    let back = undone(&sandbox.leadbox, Operation::Bulk(gone.id)).await;
    assert_eq!(back.counts.changed, 1, "{first} had it before");
}

#[tokio::test]
async fn an_import_is_taken_back_but_for_what_has_lived_on() {
    let (sandbox, ids) = office(1).await;
    let host = &sandbox.leadbox;
    let import: ImportId = host.new_id();
    let file = "name,email,title\nAda Byron,person0@company0.example,CTO\nNew One,new1@x.example,\n\
        New Two,new2@x.example,\nNew Three,new3@x.example,\nNew Three,new3@x.example,CEO\n";
    let report = Importer::new(host).id(import).run(file.as_bytes()).await.unwrap();
    assert_eq!((report.created, report.updated), (3, 2));
    let by_name = async |name: &str| {
        let list = LeadList::default().search(name);
        host.leads().list(&list, &PageRequest::default()).await.unwrap().items[0].lead.id
    };
    let (one, two) = (by_name("New One").await, by_name("New Two").await);
    let three = by_name("New Three").await;
    host.leads().record_interaction(one, &NewInteraction::new("call")).await.unwrap();
    let back = undone(host, Operation::Import(import)).await;
    assert_eq!((back.counts.selected, back.counts.changed, back.counts.refused), (4, 3, 1));
    assert_eq!(host.bulk().refusals(back.id).await.unwrap()[0].lead, one);
    for gone in [two, three] {
        assert!(lead(host, gone).await.deleted_at.is_some());
    }
    assert_eq!(lead(host, ids[0]).await.person.title, None);
    let twice = undone(host, Operation::Import(import)).await;
    assert_eq!((twice.counts.changed, twice.counts.unchanged), (0, 3));

    let user: UserId = host.new_id();
    let not_theirs = agent(host, user).bulk().plan_undo(Operation::Import(import)).await;
    assert!(matches!(not_theirs, Err(Error::Denied(_))));
    let none = host.bulk().undo(Operation::Import(host.new_id())).await;
    assert!(matches!(none, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn what_was_merged_since_stays_merged() {
    let (sandbox, ids) = office(3).await;
    let host = &sandbox.leadbox;
    let import: ImportId = host.new_id();
    let file =
        "name,email,title\nAda Byron,person0@company0.example,CTO\nNew One,new1@x.example,\n";
    Importer::new(host).id(import).run(file.as_bytes()).await.unwrap();
    let list = LeadList::default().search("New One");
    let new = host.leads().list(&list, &PageRequest::default()).await.unwrap().items[0].lead.id;
    let none = MergeChoice::default();
    let first = host.leads().merge(ids[0], &[new], &none).await.unwrap();
    let moved = BulkAction::Advance("qualified".to_owned());
    let moved = host.bulk().run(&moved, &Selection::Ids(ids.clone())).await.unwrap();
    let second = host.leads().merge(ids[1], &[ids[2]], &none).await.unwrap();
    let refused = async |back: BulkProgress| {
        let told = host.bulk().refusals(back.id).await.unwrap();
        told.into_iter().map(|one| (one.lead, one.field, one.reason)).collect::<Vec<_>>()
    };
    let since = "has been merged into another lead: undo that first".to_owned();

    // The import made the lead that is gone; the one that is left was there before, and is not deleted for it.
    let back = undone(host, Operation::Import(import)).await;
    assert_eq!((back.counts.changed, back.counts.refused), (1, 1));
    assert_eq!(refused(back).await, [(new, "lead".to_owned(), since.clone())]);
    let kept = lead(host, ids[0]).await;
    assert!(kept.deleted_at.is_none());
    assert_eq!((kept.person.title, lead(host, new).await.id), (None, ids[0]));

    let back = undone(host, Operation::Bulk(moved.id)).await;
    assert_eq!((back.counts.changed, back.counts.refused), (2, 1));
    assert_eq!(refused(back).await, [(ids[2], "lead".to_owned(), since)]);

    // A lead that comes back brings those that were merged into it, and they come home as ever.
    let gone = host.bulk().run(&BulkAction::Delete, &Selection::Ids(vec![ids[1]])).await.unwrap();
    assert!(lead(host, ids[2]).await.deleted_at.is_some());
    undone(host, Operation::Bulk(gone.id)).await;
    assert_eq!(lead(host, ids[2]).await.id, ids[1]);
    host.leads().unmerge(ids[1], second.event).await.unwrap();
    host.leads().unmerge(ids[0], first.event).await.unwrap();
    assert_eq!(lead(host, ids[2]).await.id, ids[2]);
    let back = undone(host, Operation::Bulk(moved.id)).await;
    assert_eq!((back.counts.changed, back.counts.refused), (1, 0));
    assert_eq!(host.leads().count(&LeadList::default(), 10).await.unwrap(), 4);
    let counts = host.storage().verify_counts(host.tenant()).await.unwrap();
    assert_eq!(counts.kept, counts.counted);
}

#[tokio::test]
async fn what_is_under_way_is_not_taken_back() {
    let (sandbox, ids) = office(3).await;
    let bulk = sandbox.leadbox.bulk();
    let started = bulk.start(&tagged("x"), &Selection::Ids(ids)).await.unwrap();
    let early = bulk.undo(Operation::Bulk(started.id)).await;
    assert!(matches!(early, Err(Error::Invalid(_))));
    let workers = Workers::new(&sandbox.leadbox).handler(BulkHandler);
    workers.run_until_idle().await.unwrap();
    let undo = bulk.undo(Operation::Bulk(started.id)).await.unwrap();
    workers.run_until_idle().await.unwrap();
    let done = bulk.progress(undo.id).await.unwrap();
    assert_eq!((done.kind, done.counts.changed), (BulkKind::Undo, 3));
    assert_eq!(count_tagged(&sandbox.leadbox, "x").await, 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_nobody_touched_is_as_it_was(given in proptest::collection::vec(actions(), 0..3), undone_one in actions()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (sandbox, ids) = office(6).await;
            let host = &sandbox.leadbox;
            for action in &given {
                host.bulk().run(action, &Selection::Ids(ids[..4].to_vec())).await.unwrap();
            }
            let mut before = Vec::new();
            for id in &ids {
                before.push(lead(host, *id).await);
            }
            let done = host.bulk().run(&undone_one, &Selection::Ids(ids[2..].to_vec())).await.unwrap();
            if done.counts.changed > 0 {
                let back = undone(host, Operation::Bulk(done.id)).await;
                assert_eq!((back.counts.changed, back.refusals), (done.counts.changed, 0));
            }
            for (id, before) in ids.iter().zip(before) {
                let now = lead(host, *id).await;
                assert_eq!(now.to_fields(), before.to_fields());
                assert_eq!((now.stage, now.deleted_at.is_some()), (before.stage, before.deleted_at.is_some()));
            }
        });
    }
}
