//! Work lists through the verbs, on the memory storage.

use chrono::TimeDelta;

use super::super::{LeadBox, NewInteraction};
use super::*;
use crate::access::{Grants, Level, Permission, Rights};
use crate::event::Actor;
use crate::key::RuleSetKey;
use crate::lead::NewLead;
use crate::task::NewTask;
use crate::testing::Sandbox;

const RULES: &str = r#"
    ruleset("Ours");
    priority("hot", 30);
    rule("Decision maker", 20, |lead| lead.title.has_any(["cto"]));
    signal("Saw the prices", "page_view", 15);
    signal("Called", "call", 1);
"#;

fn user(leadbox: &LeadBox) -> UserId {
    leadbox.new_id()
}

async fn lead_of(leadbox: &LeadBox, owner: UserId, title: &str) -> LeadId {
    let new = NewLead::new().name("Ada Lovelace").title(title).owner(owner);
    leadbox.leads().capture(&new).await.unwrap().lead.id
}

async fn seen(leadbox: &LeadBox, lead: LeadId, kind: &str) {
    leadbox.leads().record_interaction(lead, &NewInteraction::new(kind)).await.unwrap();
}

/// The whole list, in pages of this size.
async fn list(leadbox: &LeadBox, of: UserId, size: u32) -> Vec<WorkItem> {
    let (mut page, mut all) = (PageRequest::first(size), Vec::new());
    loop {
        let part = leadbox.leads().worklist(of, Tz::UTC, &page).await.unwrap();
        assert!(part.items.len() <= size as usize);
        all.extend(part.items);
        match part.next {
            // As it goes over the wire.
            Some(next) => page.after = Some(next.to_string().parse().unwrap()),
            None => return all,
        }
    }
}

fn ids(items: &[WorkItem]) -> Vec<LeadId> {
    items.iter().map(|item| item.stored.lead.id).collect()
}

fn says(leadbox: &LeadBox, item: &WorkItem) -> Vec<String> {
    item.reasons.iter().map(|reason| reason.says(leadbox.now(), Tz::UTC)).collect()
}

#[tokio::test]
async fn what_is_due_comes_first_then_what_nobody_answered_then_the_best() {
    let Sandbox { leadbox, clock } = Sandbox::new().unwrap();
    let key: RuleSetKey = "ours".parse().unwrap();
    leadbox.rules().save_draft(&key, RULES, None).await.unwrap();
    leadbox.rules().publish(&key, "", None).await.unwrap();
    let (ann, other) = (user(&leadbox), user(&leadbox));
    let good = lead_of(&leadbox, ann, "CTO").await;
    let better = lead_of(&leadbox, ann, "CTO").await;
    let late = lead_of(&leadbox, ann, "Clerk").await;
    let theirs = lead_of(&leadbox, other, "Clerk").await;
    let lost = lead_of(&leadbox, ann, "CTO").await;
    leadbox.leads().advance(lost, "lost").await.unwrap();
    seen(&leadbox, good, "call").await;
    seen(&leadbox, late, "call").await;
    clock.advance(TimeDelta::days(20));
    let new = lead_of(&leadbox, ann, "Clerk").await;
    let newest = lead_of(&leadbox, ann, "Clerk").await;
    let answered = lead_of(&leadbox, ann, "Clerk").await;
    seen(&leadbox, answered, "call").await;
    seen(&leadbox, better, "page_view").await;
    let (now, tasks) = (leadbox.now(), leadbox.tasks());
    let task = |title: &str, hours: i64| {
        NewTask::new(title).due_at(now + TimeDelta::hours(hours)).assignee(ann)
    };
    tasks.add(theirs, &task("Help out", -1)).await.unwrap();
    tasks.add(late, &task("Call", -50)).await.unwrap();
    tasks.add(late, &task("Call again", -40)).await.unwrap();
    tasks.add(good, &task("Someday", 24 * 30)).await.unwrap();

    let whole = list(&leadbox, ann, 50).await;
    assert_eq!(ids(&whole), [late, theirs, newest, new, better, good, answered]);
    let says = |at: usize| says(&leadbox, &whole[at]);
    assert_eq!(
        says(0),
        ["task overdue for 2 days: Call", "score 1: Called", "no touch for 20 days"]
    );
    assert!(says(1)[0].starts_with("task overdue since today: Help out"));
    assert_eq!(says(2), ["new, nobody answered yet"]);
    assert_eq!(says(4), ["hot since today", "score 35: Decision maker, Saw the prices"]);
    assert_eq!(says(5), ["score 21: Decision maker, Called", "no touch for 20 days"]);
    assert_eq!(says(6), ["score 1: Called"]);
    for size in 1..=8 {
        assert_eq!(ids(&list(&leadbox, ann, size).await), ids(&whole), "in pages of {size}");
    }
    assert_eq!(ids(&list(&leadbox, other, 3).await), [theirs], "old, and theirs");
}

#[tokio::test]
async fn what_people_do_is_an_answer_and_what_programs_tell_is_not() {
    let Sandbox { leadbox, .. } = Sandbox::new().unwrap();
    let ann = user(&leadbox);
    let by_ann = leadbox.by(Actor::user(ann));
    let waits = lead_of(&leadbox, ann, "").await;
    seen(&leadbox, waits, "email_open").await;
    let noted = lead_of(&leadbox, ann, "").await;
    by_ann.notes().add(noted, "Rang, nobody there").await.unwrap();
    let moved = lead_of(&leadbox, ann, "").await;
    leadbox.leads().advance(moved, "contacted").await.unwrap();
    let edited = lead_of(&leadbox, ann, "").await;
    by_ann.leads().assign(edited, Some(ann)).await.unwrap();
    let whole = list(&leadbox, ann, 10).await;
    let first: Vec<bool> =
        whole.iter().map(|item| matches!(item.reasons[0], WorkReason::Unanswered { .. })).collect();
    assert_eq!(ids(&whole)[..2], [edited, waits]);
    assert_eq!(first, [true, true, false, false]);
}

#[tokio::test]
async fn a_list_shows_what_the_asker_sees_and_hides_what_is_hidden() {
    let Sandbox { leadbox, .. } = Sandbox::new().unwrap();
    let (ann, bob) = (user(&leadbox), user(&leadbox));
    let anns = lead_of(&leadbox, ann, "").await;
    let bobs = lead_of(&leadbox, bob, "").await;
    let due = NewTask::new("Call").due_at(leadbox.now()).assignee(ann);
    leadbox.tasks().add(bobs, &due).await.unwrap();
    assert_eq!(ids(&list(&leadbox, ann, 10).await), [bobs, anns]);
    let mut grants = Grants::default();
    grants.permissions.insert(Permission::LeadRead, Level::Own);
    grants.hidden.insert("name".to_owned());
    let rights = Rights::granted(Some(ann), [ann], grants);
    let asked = leadbox.with_rights(Actor::user(ann), rights);
    let seen = list(&asked, ann, 10).await;
    assert_eq!(ids(&seen), [anns]);
    assert_eq!(seen[0].stored.lead.person.name, None);
    assert_eq!(list(&asked, bob, 10).await, []);
}

#[tokio::test]
async fn a_list_stays_as_it_was_when_its_first_page_was_made_and_other_cursors_are_refused() {
    let Sandbox { leadbox, clock } = Sandbox::new().unwrap();
    let (ann, bob) = (user(&leadbox), user(&leadbox));
    let mut leads = Vec::new();
    for n in 0..6 {
        let lead = lead_of(&leadbox, ann, "").await;
        let due = leadbox.now() + TimeDelta::hours(n);
        let task = NewTask::new("Call").due_at(due).assignee(ann);
        leadbox.tasks().add(lead, &task).await.unwrap();
        leads.push(lead);
    }
    let first = leadbox.leads().worklist(ann, Tz::UTC, &PageRequest::first(2)).await.unwrap();
    clock.advance(TimeDelta::days(2));
    let next = PageRequest::after(9, first.next.clone().unwrap());
    let rest = leadbox.leads().worklist(ann, Tz::UTC, &next).await.unwrap();
    assert_eq!([ids(&first.items), ids(&rest.items)].concat(), leads);
    let task_due_then = &rest.items[3].reasons[0];
    assert!(matches!(task_due_then, WorkReason::DueToday { .. }));
    assert!(leadbox.leads().worklist(bob, Tz::UTC, &next).await.is_err());
    for key in ["", "1 due", "x due ", "1 later ", "1 rest leads"] {
        let cursor = Cursor::new(list_name(ann), Some(key.as_bytes().to_vec()), [0; 16]);
        let page = PageRequest::after(2, cursor);
        assert!(leadbox.leads().worklist(ann, Tz::UTC, &page).await.is_err(), "{key}");
    }
}
