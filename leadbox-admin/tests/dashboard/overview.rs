//! The first page and the tasks of all leads: whose figures they are, and where what needs attention leads.

use axum::http::StatusCode;
use chrono::TimeDelta;
use leadbox_core::testing::some_lead;
use leadbox_core::{NewInteraction, NewTask, UserId};
use serde_json::{Value, json};

use crate::support::{Browser, Office};

/// An office with three leads of Ann's, of which one is won, two of Bob's and one of nobody's; the oldest is a month old.
async fn busy(office: &Office) -> (UserId, UserId) {
    let (ann, bob) = (office.hire("ann", "agent").await, office.hire("bob", "agent").await);
    office.hire("alex", "admin").await;
    let (leadbox, clock) = (&office.sandbox.leadbox, &office.sandbox.clock);
    for (n, owner) in
        [Some(ann), Some(ann), None, Some(bob), Some(ann), Some(bob)].into_iter().enumerate()
    {
        let new = some_lead(n);
        let new = match owner {
            Some(owner) => new.owner(owner),
            None => new,
        };
        let lead = leadbox.leads().capture(&new).await.unwrap().lead.id;
        if n == 1 {
            leadbox.leads().advance(lead, "won").await.unwrap();
        }
        if n == 3 {
            let call = NewInteraction::new("call");
            clock.advance(TimeDelta::days(9));
            leadbox.leads().record_interaction(lead, &call).await.unwrap();
        }
        let due = |title: &str, hours| {
            NewTask::new(title).due_at(leadbox.now() + TimeDelta::hours(hours))
        };
        if n == 4 {
            leadbox.tasks().add(lead, &due("Ann's call", 30).assignee(ann)).await.unwrap();
        }
        if n == 5 {
            leadbox.tasks().add(lead, &due("Bob's offer", -3)).await.unwrap();
        }
        clock.advance(TimeDelta::days(7));
    }
    (ann, bob)
}

async fn told(browser: &Browser, query: &str) -> Value {
    let mut browser = browser.clone().with("accept", "application/json");
    let answer = browser.get(&format!("/ops/api/v1/overview{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

/// The addresses in the list of what needs attention.
fn matters(page: &str) -> Vec<String> {
    let list = page.split("<ul class=\"matters\">").nth(1).unwrap_or_default();
    let list = list.split("</ul>").next().unwrap();
    let links = list.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    links.map(|link| link.replace("&#38;", "&").replace("&amp;", "&")).collect()
}

#[tokio::test]
async fn everybody_sees_the_figures_of_their_own_leads_on_the_page_and_by_the_api() {
    let office = Office::new("/ops");
    busy(&office).await;
    for (name, leads, won, unowned) in
        [("alex", 6, 1, json!({"count": 1, "more": false})), ("ann", 3, 1, Value::Null)]
    {
        let mut browser = office.signed_in(name).await;
        let told = told(&browser, "?period=90d").await;
        let total = &told["now"]["total"];
        assert_eq!(
            (&total["leads"], &total["won"]),
            (&json!(leads), &json!(won)),
            "{name}: {told}"
        );
        let daily = told["now"]["daily"].as_array().unwrap();
        assert_eq!(daily.len(), 90);
        assert_eq!(daily.iter().filter_map(|day| day["leads"].as_i64()).sum::<i64>(), leads);
        assert_eq!(told["attention"].get("unowned").cloned().unwrap_or_default(), unowned);
        assert_eq!(told["attention"].get("parked_jobs").is_some(), name == "alex");
        let page = browser.get("/ops?period=90d").await.body;
        let figure = format!("<dt>New leads</dt><dd><span class=\"v\">{leads}</span>");
        assert!(page.contains(&figure), "{name}: {page}");
        assert!(page.contains("<option value=\"90d\" selected>"), "{page}");
        // The table beside the chart has a row per day, with what the API says of it.
        let rows: Vec<&str> = page.split("<td class=\"n\" data-v=\"").skip(1).step_by(2).collect();
        assert_eq!(rows.len(), 90);
        for (row, day) in rows.iter().zip(daily) {
            assert_eq!(row.split('"').next().unwrap(), day["leads"].to_string());
        }
    }
}

#[tokio::test]
async fn what_needs_attention_leads_to_a_list_that_has_as_many() {
    let office = Office::new("/ops");
    busy(&office).await;
    for (name, overdue, idle) in [("alex", 2, 3), ("ann", 1, 1), ("bob", 1, 1)] {
        let mut browser = office.signed_in(name).await;
        let told = told(&browser, "").await;
        let (late, cold) =
            (&told["attention"]["overdue"]["count"], &told["attention"]["idle"]["count"]);
        assert_eq!((late, cold), (&json!(overdue), &json!(idle)), "{name}: {told}");
        let links = matters(&browser.get("/ops").await.body);
        assert!(links.iter().any(|link| link.contains("due=overdue")), "{links:?}");
        assert_eq!(links.iter().any(|link| link.contains("owner=nobody")), name == "alex");
        for link in links {
            let page = browser.get(&link).await;
            assert_eq!(page.status, StatusCode::OK, "{link}");
            if link.contains("idle=14") {
                let count = if idle == 1 { "1 lead".to_owned() } else { format!("{idle} leads") };
                assert!(page.body.contains(&format!(">{count}<")), "{link}: {}", page.body);
            } else if link.contains("overdue") {
                assert_eq!(
                    page.body.matches("<li class=\"late\"").count(),
                    overdue,
                    "{}",
                    page.body
                );
            }
        }
    }
}

#[tokio::test]
async fn what_is_no_period_is_refused_by_name_and_nothing_is_no_fault() {
    let office = Office::new("/ops");
    office.hire("alex", "admin").await;
    let mut browser = office.signed_in("alex").await;
    let empty = browser.get("/ops?period=year").await;
    assert_eq!(empty.status, StatusCode::OK);
    assert!(
        empty.body.contains("Nothing needs your attention.") && !empty.body.contains("data-chart")
    );
    let wrong = browser.get("/ops?period=month").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("Period: ") && wrong.body.contains("7d, 30d, 90d or year"));
    let api = browser.get("/ops/api/v1/overview?period=month").await;
    assert!(api.status.is_client_error(), "{}", api.status);
}

#[tokio::test]
async fn tasks_of_all_leads_are_asked_for_by_date_and_person() {
    let office = Office::new("/ops");
    let (ann, _) = busy(&office).await;
    let leadbox = &office.sandbox.leadbox;
    let all = leadbox.leads().list(&Default::default(), &Default::default()).await.unwrap();
    let latest = all.items[0].lead.id;
    let soon = leadbox.now() + TimeDelta::minutes(1);
    for new in [NewTask::new("Someday"), NewTask::new("Soon").due_at(soon).assignee(ann)] {
        leadbox.tasks().add(latest, &new).await.unwrap();
    }
    let mut browser = office.signed_in("alex").await;
    for (query, shown) in [
        ("", vec!["Ann&#39;s call", "Bob&#39;s offer", "Soon", "Someday"]),
        ("?due=today", vec!["Soon"]),
        ("?due=overdue", vec!["Ann&#39;s call", "Bob&#39;s offer"]),
        ("?whose=nobody", vec!["Bob&#39;s offer", "Someday"]),
        ("?whose=mine", vec![]),
    ] {
        let page = browser.get(&format!("/ops/tasks{query}")).await.body;
        for title in ["Ann&#39;s call", "Bob&#39;s offer", "Soon", "Someday"] {
            let link = format!(">{title}</a>");
            assert_eq!(page.contains(&link), shown.contains(&title), "{query} {title}: {page}");
        }
        assert_eq!(page.contains("No tasks match."), shown.is_empty());
    }
    for wrong in ["?due=soon", "?whose=bob", "?after=rubbish"] {
        let answer = browser.get(&format!("/ops/tasks{wrong}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let page = browser.get("/ops/tasks?due=today").await.body;
    let id = page.split("data-id=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let done = browser.post(&format!("/ops/tasks/{id}/complete"), &[("back", "tasks")]).await;
    assert_eq!(done.location(), "/ops/tasks", "to the page on which it was done");
}
