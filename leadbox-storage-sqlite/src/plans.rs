//! That lists use the indexes they are meant to. Reads SQLite's own account of each statement.

use leadbox_core::event::Subject;
use leadbox_core::filter::{
    Check, Direction, LeadField, LeadQuery, LeadSort, Leaf, Operand, Search, Sense, SortKey, Test,
};
use leadbox_core::storage::EventFilter;
use leadbox_core::{
    Assignees, Days, EventType, LeadId, Scope, Storage, TaskFilter, TaskState, Tenant, Timestamp,
    UserId,
};
use sqlx::{AssertSqlSafe, Row};
use tempfile::TempDir;
use uuid::Uuid;

use crate::analytics::sums;
use crate::events::{few_leads_of, page_of_events};
use crate::lists::List;
use crate::order::Key;
use crate::tasks::work_list;
use crate::{SqliteConfig, SqliteStorage};

async fn storage() -> (TempDir, SqliteStorage) {
    let folder = tempfile::tempdir().unwrap();
    let storage =
        SqliteStorage::open(SqliteConfig::at(folder.path().join("leads.db"))).await.unwrap();
    storage.migrate().await.unwrap();
    (folder, storage)
}

/// The steps by which SQLite finds a page behind a place.
async fn plan(storage: &SqliteStorage, scope: &Scope, query: &LeadQuery) -> Vec<String> {
    let place = match query.sort.by {
        SortKey::Name => Key::Text("m".into()),
        _ => Key::Number(5),
    };
    let list = List::of(scope, query);
    let statement = list.walk_page(Some(&(place, [7; 16])), 51);
    explained(storage, statement.sql().as_str()).await
}

/// The steps of a statement.
async fn explained(storage: &SqliteStorage, statement: &str) -> Vec<String> {
    let text = format!("explain query plan {statement}");
    let rows = sqlx::query(AssertSqlSafe(text))
        .fetch_all(&mut *storage.readers.acquire().await.unwrap())
        .await
        .unwrap();
    rows.iter().map(|row| row.get(3)).collect()
}

fn one_of(field: LeadField, operands: Vec<Operand>) -> Check {
    Check::Leaf(Leaf { field, test: Test::OneOf(operands), sense: Sense::Holds })
}

fn id(n: u128) -> Operand {
    Operand::Id(Uuid::from_u128(n))
}

fn sorted(check: Check, by: SortKey) -> LeadQuery {
    LeadQuery {
        check,
        search: Search::default(),
        sort: LeadSort { by, direction: Direction::Descending },
    }
}

/// Fails unless the walk goes over this index, from the place on, and only the page itself is sorted.
fn assert_walks(plan: &[String], index: &str, range: &str) {
    let walks = plan.iter().any(|step| step.contains(index) && step.contains(range));
    assert!(walks, "{index} with {range} in {plan:#?}");
    let sorts = plan.iter().filter(|step| step.contains("TEMP B-TREE")).count();
    assert!(sorts <= 1, "only the page is sorted, in {plan:#?}");
}

#[tokio::test]
async fn a_timeline_goes_by_its_leads_however_many_were_merged_into_it() {
    let (_folder, storage) = storage().await;
    let all = Scope::all(Tenant::DEFAULT);
    let lead = LeadId::from_uuid(Uuid::from_u128(1));
    for kinds in [Vec::new(), vec![EventType::LEAD_MERGED]] {
        for merged in 0..3 {
            let filter = EventFilter {
                subject: Some(Subject::lead(lead)),
                kinds: kinds.clone(),
                ..EventFilter::default()
            };
            let subjects: Vec<Uuid> = (1..=merged + 1).map(Uuid::from_u128).collect();
            let statement = page_of_events(&all, &filter, Some(&subjects), Some(9), 51);
            let plan = explained(&storage, statement.sql().as_str()).await;
            assert!(plan[0].contains("event_subject (tenant=? AND subject=?"), "{plan:#?}");
        }
    }
}

#[tokio::test]
async fn a_log_of_few_leads_goes_by_them() {
    let (_folder, storage) = storage().await;
    let own = Scope::owned_by(Tenant::DEFAULT, [UserId::from_uuid(Uuid::from_u128(1))]);
    let leads: Vec<Uuid> = (1..=3).map(Uuid::from_u128).collect();
    let filter = EventFilter::default();
    let statement = page_of_events(&own, &filter, Some(&leads), Some(9), 51);
    let plan = explained(&storage, statement.sql().as_str()).await;
    assert!(plan[0].contains("event_subject (tenant=? AND subject=?"), "{plan:#?}");
    let statement = few_leads_of(&own);
    let plan = explained(&storage, statement.sql().as_str()).await;
    for index in [
        "lead_owner_created (tenant=? AND owner=?",
        "lead_deleted_owner (tenant=? AND owner=?",
        "lead_merged (tenant=? AND merged_into=?",
    ] {
        assert!(plan.iter().any(|step| step.contains(index)), "{index} in {plan:#?}");
    }
}

#[tokio::test]
async fn facts_of_rare_kinds_are_looked_up_kind_by_kind() {
    let (_folder, storage) = storage().await;
    let all = Scope::all(Tenant::DEFAULT);
    let kinds = vec![EventType::FIELD_DEFINED, EventType::SETTINGS_CHANGED];
    for before in [None, Some(9)] {
        let filter = EventFilter { kinds: kinds.clone(), ..EventFilter::default() };
        let statement = page_of_events(&all, &filter, None, before, 51);
        let plan = explained(&storage, statement.sql().as_str()).await;
        let found = plan.iter().filter(|step| step.contains("event_kind (tenant=? AND kind=?"));
        assert_eq!(found.count(), 2, "{plan:#?}");
        assert!(plan[0].contains("(tenant=? AND rowid=?)"), "one by one, in {plan:#?}");
    }
}

#[tokio::test]
async fn every_order_walks_its_index_from_the_place_on() {
    let (_folder, storage) = storage().await;
    let all = Scope::all(Tenant::DEFAULT);
    for (by, index, column) in [
        (SortKey::Created, "lead_created", "created_at"),
        (SortKey::Updated, "lead_updated", "updated_at"),
        (SortKey::Name, "lead_name", "name_key"),
        (SortKey::Value, "lead_value", "value_minor"),
        (SortKey::Score, "pulse_score", "score"),
        (SortKey::LastInteraction, "pulse_last", "last_at"),
    ] {
        let plan = plan(&storage, &all, &sorted(Check::default(), by)).await;
        let id = if index.starts_with("lead") { "id" } else { "lead" };
        assert_walks(&plan, index, &format!("(tenant=? AND ({column},{id})<(?,?))"));
    }
}

#[tokio::test]
async fn leads_of_nobody_are_walked_apart() {
    let (_folder, storage) = storage().await;
    let all = Scope::all(Tenant::DEFAULT);
    let nobodys = Leaf { field: LeadField::Owner, test: Test::Known, sense: Sense::Fails };
    let open = one_of(LeadField::Stage, vec![id(1), id(2)]);
    let query = sorted(Check::All(vec![open, Check::Leaf(nobodys)]), SortKey::Score);
    let range = "pulse_owner_score (tenant=? AND owner=?";
    assert_walks(&plan(&storage, &all, &query).await, range, "");
    let statement = List::to_count(&all, &query).walk_count(1000);
    let plan = explained(&storage, statement.sql().as_str()).await;
    assert!(plan.iter().any(|step| step.contains(range)), "{plan:#?}");
}

#[tokio::test]
async fn stage_and_owner_lead_the_walk_where_an_index_has_them() {
    let (_folder, storage) = storage().await;
    let all = Scope::all(Tenant::DEFAULT);
    let by_stage = sorted(one_of(LeadField::Stage, vec![id(1)]), SortKey::Score);
    assert_walks(
        &plan(&storage, &all, &by_stage).await,
        "pulse_stage_score",
        "stage=? AND (score,lead)<(?,?)",
    );

    let range = Check::Leaf(Leaf {
        field: LeadField::Score,
        test: Test::Between(Some(Operand::Integer(1)), Some(Operand::Integer(9))),
        sense: Sense::Holds,
    });
    let owner_stage =
        vec![one_of(LeadField::Owner, vec![id(1)]), one_of(LeadField::Stage, vec![id(2)]), range];
    let plan_of_range =
        plan(&storage, &all, &sorted(Check::All(owner_stage), SortKey::Score)).await;
    assert_walks(&plan_of_range, "pulse_owner_score", "owner=? AND score>? AND (score,lead)<(?,?)");

    let own = Scope::owned_by(Tenant::DEFAULT, [UserId::from_uuid(Uuid::from_u128(1))]);
    let created = plan(&storage, &own, &sorted(Check::default(), SortKey::Created)).await;
    assert_walks(&created, "lead_owner_created", "owner=? AND (created_at,id)<(?,?)");
}

#[tokio::test]
async fn tags_are_looked_up_per_row_of_a_walk() {
    let (_folder, storage) = storage().await;
    let all = Scope::all(Tenant::DEFAULT);
    let tag = one_of(LeadField::Tag, vec![Operand::Bytes(b"vip".to_vec())]);
    let plan = plan(&storage, &all, &sorted(tag, SortKey::Score)).await;
    assert_walks(&plan, "pulse_score", "(score,lead)<(?,?)");
    let looked_up = plan.iter().any(|step| {
        step.starts_with("SEARCH f") && step.contains("key=?") && step.contains("no=?")
    });
    assert!(looked_up, "{plan:#?}");
}

#[tokio::test]
async fn work_lists_walk_their_index_and_sort_nothing() {
    let (_folder, storage) = storage().await;
    let all = Scope::all(Tenant::DEFAULT);
    let own = Scope::owned_by(Tenant::DEFAULT, [UserId::from_uuid(Uuid::from_u128(1))]);
    let one = Assignees::Only([UserId::from_uuid(Uuid::from_u128(2))].into());
    let someday = Some(Timestamp::UNIX_EPOCH);
    let (open, done) = (TaskState::Open, TaskState::Done);
    for (index, scope, state, assignees, due_before) in [
        ("task_open ", &all, open, Assignees::All, None),
        ("task_open ", &own, open, Assignees::All, someday),
        ("task_open_assignee ", &all, open, Assignees::Nobody, None),
        ("task_open_assignee ", &own, open, one.clone(), None),
        ("task_open_assignee ", &own, open, one.clone(), someday),
        ("task_done ", &all, done, Assignees::All, None),
        ("task_done_assignee ", &own, done, one, None),
    ] {
        let filter = TaskFilter { state, assignees, due_from: None, due_before };
        let list = work_list(scope, &filter, Some((5, vec![7; 16])), 50);
        let plan = explained(&storage, list.sql().as_str()).await;
        assert!(plan.iter().any(|step| step.contains(index)), "{index} in {plan:#?}");
        assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{plan:#?}");
    }
}

#[tokio::test]
async fn sums_over_owners_follow_the_key_and_sort_nothing() {
    let (_folder, storage) = storage().await;
    let first = chrono::NaiveDate::from_epoch_days(20_000).unwrap();
    let days = Days { first, last: first + chrono::TimeDelta::days(29) };
    let own = Scope::owned_by(Tenant::DEFAULT, [UserId::from_uuid(Uuid::from_u128(1))]);
    for scope in [&Scope::all(Tenant::DEFAULT), &own] {
        let plan = explained(&storage, sums(scope, days).sql().as_str()).await;
        assert!(plan.iter().any(|step| step.contains("day>? AND day<?")), "{plan:#?}");
        let sort = plan.iter().position(|step| step.contains("TEMP B-TREE")).unwrap();
        assert!(plan[sort - 1].starts_with("SCAN cell"), "only sums are sorted, in {plan:#?}");
    }
}

#[tokio::test]
async fn what_came_in_on_some_days_is_counted_between_them() {
    let (_folder, storage) = storage().await;
    let moment = Operand::Time(Timestamp::UNIX_EPOCH);
    let before = Leaf {
        field: LeadField::CreatedAt,
        test: Test::Between(None, Some(moment.clone())),
        sense: Sense::Holds,
    };
    let untouched = Leaf {
        field: LeadField::LastInteractionAt,
        test: Test::Between(Some(moment), None),
        sense: Sense::Fails,
    };
    let stages = vec![Operand::Id(Uuid::from_u128(5)), Operand::Id(Uuid::from_u128(6))];
    let idle = Check::All(vec![
        one_of(LeadField::Stage, stages),
        Check::Leaf(before),
        Check::Leaf(untouched),
    ]);
    let query = LeadQuery { check: idle, ..LeadQuery::default() };
    let own = Scope::owned_by(Tenant::DEFAULT, [UserId::from_uuid(Uuid::from_u128(1))]);
    for (index, scope) in
        [("lead_created ", &Scope::all(Tenant::DEFAULT)), ("lead_owner_created ", &own)]
    {
        let count = List::to_count(scope, &query).walk_count(1001);
        let plan = explained(&storage, count.sql().as_str()).await;
        let walks = |step: &String| step.contains(index) && step.contains("created_at<?");
        assert!(plan.iter().any(walks), "{index} in {plan:#?}");
    }
}
