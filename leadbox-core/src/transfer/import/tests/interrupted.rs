//! Imports that are killed, run twice at once, or crossed by others.

use super::*;
use crate::testing::MeddlingIds;

#[tokio::test]
async fn an_import_that_was_killed_goes_on_behind_its_last_batch_and_doubles_nothing() {
    for (keys, killed_after) in [(vec![], 1), (vec![IdentityKind::Email], 3), (vec![], 7)] {
        let leadbox = sandbox().await;
        let (file, mut refused) = (many(100), Vec::new());
        let importer = || {
            let keys = keys.clone();
            Importer::new(&leadbox).id(import_id(1)).upsert_by(keys).batch_size(13)
        };
        let mut told = 0;
        let killed = importer().errors_to(&mut refused).progress(|_| {
            told += 1;
            assert!(told < killed_after, "killed");
        });
        let killed = AssertUnwindSafe(killed.run(file.as_bytes())).catch_unwind().await;
        assert!(killed.is_err());
        // What a batch wrote that was never committed.
        refused.extend(b"100,\"half a ro");

        let report = importer().errors_to(&mut refused).run(file.as_bytes()).await.unwrap();
        assert_eq!(report.resumed_behind, Some(13 * killed_after));
        assert_eq!((report.rows, report.created, report.failed), (100, 90, 10));
        assert_eq!(leads(&leadbox).await.len(), 90);
        let refused_text = String::from_utf8(refused.clone()).unwrap();
        let numbers: Vec<_> = refused_text
            .lines()
            .skip(1)
            .map(|line| line.split(',').next().unwrap().parse::<u64>().unwrap())
            .collect();
        assert_eq!(numbers, [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);

        let once_more = importer().errors_to(&mut refused).run(file.as_bytes()).await.unwrap();
        assert_eq!((once_more.ending, once_more.rows), (Ending::FinishedBefore, 100));
        assert_eq!(leads(&leadbox).await.len(), 90);
        let other = Importer::new(&leadbox).id(import_id(1)).run(&b"name\nAda\n"[..]).await;
        assert!(matches!(other, Err(TransferError::AnotherFile { .. })));
    }
}

#[tokio::test]
async fn lines_are_counted_right_after_going_on_too() {
    for ending in ["\n", "\r\n"] {
        let leadbox = sandbox().await;
        let file = "email|a@x.example||\"b@x|\"|c@x.example|nobody".replace('|', ending);
        let importer = || Importer::new(&leadbox).id(import_id(2)).batch_size(2);
        let killed = importer().progress(|_| panic!("killed"));
        assert!(AssertUnwindSafe(killed.run(file.as_bytes())).catch_unwind().await.is_err());
        let report = importer().run(file.as_bytes()).await.unwrap();
        assert_eq!((report.rows, report.failed), (4, 2));
        assert_eq!((report.errors[0].row, report.errors[0].line), (4, 7), "{ending:?}");
        let fresh = Importer::new(&leadbox).run(file.as_bytes()).await.unwrap();
        let places: Vec<_> = fresh.errors.iter().map(|error| (error.row, error.line)).collect();
        assert_eq!(places, [(2, 4), (4, 7)], "{ending:?}");
    }
}

#[tokio::test]
async fn an_import_that_somebody_else_runs_too_stops() {
    let leadbox = sandbox().await;
    let file = many(100);
    let noted = |revision| {
        let body = serde_json::json!({});
        let (tenant, at) = (leadbox.tenant(), leadbox.now());
        let name = format!("import:{}", import_id(3));
        let revision = Revision(revision);
        let note = Change::PutCheckpoint(Box::new(Checkpoint { tenant, name, revision, body, at }));
        ChangeSet::new(leadbox.new_id(), at, OnConflict::Fail, vec![note]).unwrap()
    };
    let importer = Importer::new(&leadbox).id(import_id(3)).batch_size(20).progress(|now| {
        if now.rows == 40 {
            leadbox.storage().commit(&noted(3)).now_or_never().unwrap().unwrap();
        }
    });
    let stopped = importer.run(file.as_bytes()).await;
    assert!(matches!(stopped, Err(TransferError::RunElsewhere { .. })));
    assert_eq!(leads(&leadbox).await.len(), 36);
    let unreadable = Importer::new(&leadbox).id(import_id(3)).run(file.as_bytes()).await;
    assert!(matches!(unreadable, Err(TransferError::Checkpoint { .. })));
}

#[tokio::test]
async fn a_lead_that_others_change_meanwhile_is_decided_again_or_refused_alone() {
    for (times, failed) in [(1, 0), (7, 0), (1000, 1)] {
        let ids = Arc::new(MeddlingIds::seeded(3));
        let leadbox = LeadBox::builder(Arc::new(MemoryStorage::new()))
            .clock(Arc::new(ManualClock::default()))
            .ids(ids.clone())
            .build()
            .unwrap();
        let known = NewLead::new().email("person3@x.example").name("Lead 003").title("CEO");
        let known = leadbox.leads().capture(&known).await.unwrap().lead;
        let (others, mut count) = (leadbox.clone(), 0);
        ids.meddle(move || {
            count += 1;
            let patch = LeadPatch::new().set("city", format!("City {count}"));
            let leads = others.leads();
            leads.update(known.id, &patch, None).now_or_never().unwrap().unwrap();
            count < times
        });
        let file = "name,email,title\nLead 001,person1@x.example,CTO\nLead 002,person2@x.example,\n\
            Lead 003,person3@x.example,CTO\nLead 004,person4@x.example,\n";
        let report = import(&leadbox, file).await.unwrap();
        assert_eq!((report.rows, report.created, report.failed), (4, 3, failed), "{report:?}");
        let lead = leadbox.leads().lead(known.id).await.unwrap().unwrap().lead;
        assert_eq!(lead.person.title.as_deref(), Some(if failed == 0 { "CTO" } else { "CEO" }));
        let (verdict, _) = leadbox.log().verify().await.unwrap();
        assert!(matches!(verdict, crate::event::Verdict::Intact { .. }));
    }
}
