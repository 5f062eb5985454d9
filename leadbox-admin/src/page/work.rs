//! The tasks of all leads that somebody sees. Owns which of them the page's address asks for.

use askama::Template;
use axum::extract::Query;
use axum::response::Html;
use chrono_tz::Tz;
use leadbox_core::{Assignees, Invalid, LeadBox, TaskFilter, Timestamp};

use super::Doc;
use super::asked::Asked;
use super::shell::{Shell, Visit};
use super::tasks::{Desk, TaskRow};
use super::words::zone;
use crate::serve::{Problem, page_after};

/// How many tasks a page shows.
const ROWS: u32 = 50;

/// By when: in the address, and in words.
const DUE: [(&str, &str); 3] =
    [("", "Whenever due"), ("overdue", "Overdue"), ("today", "Later today")];

#[derive(Template)]
#[template(path = "work.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    page: String,
    due: [(&'static str, &'static str); 3],
    whose: Vec<(&'static str, &'static str)>,
    asked_due: String,
    asked_whose: String,
    filtered: bool,
    tasks: Vec<TaskRow>,
    first: String,
    next: String,
}

/// Whose: in the address, and in words. Whoever is no user has none of its own.
fn whose(leadbox: &LeadBox) -> Vec<(&'static str, &'static str)> {
    let mut whose = vec![("", "Everybody's"), ("nobody", "Nobody's yet")];
    if leadbox.rights().user().is_some() {
        whose.insert(1, ("mine", "Mine"));
    }
    whose
}

fn filter(
    leadbox: &LeadBox,
    asked: &Asked,
    now: Timestamp,
    zone: Tz,
) -> Result<TaskFilter, Invalid> {
    let filter = match asked.text("due") {
        "" => TaskFilter::default(),
        "overdue" => TaskFilter::overdue(now),
        "today" => TaskFilter::due_today(now, zone),
        _ => return Err(Invalid::one("due", "is overdue, today or nothing")),
    };
    let assignees = match (asked.text("whose"), leadbox.rights().user()) {
        ("", _) => Assignees::All,
        ("nobody", _) => Assignees::Nobody,
        ("mine", Some(user)) => Assignees::Only([user].into()),
        _ => return Err(Invalid::one("whose", "is mine, nobody or nothing")),
    };
    Ok(TaskFilter { assignees, ..filter })
}

/// `GET /tasks`.
pub(crate) async fn work(
    visit: Visit,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Html<String>, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("tasks");
    let (asked, address) = (Asked::of(asked), doc.page("tasks"));
    let (catalog, names, now) =
        (leadbox.catalog().await?, leadbox.directory().names().await?, leadbox.now());
    let zone = zone(&leadbox, &catalog).await?;
    let filter = filter(&leadbox, &asked, now, zone)?;
    let found = leadbox.tasks().list(&filter, &page_after(ROWS, asked.after())?).await?;
    let desk = Desk { leadbox: &leadbox, names: &names, zone, now };
    let tasks = desk.rows(&found.items, "tasks").await?.into_iter().map(|(_, row)| row).collect();
    let at = |after: &str| asked.address(&address, &[("after", after)]);
    let page = Page {
        due: DUE,
        whose: whose(&leadbox),
        asked_due: asked.text("due").to_owned(),
        asked_whose: asked.text("whose").to_owned(),
        filtered: ["due", "whose"].iter().any(|name| !asked.text(name).is_empty()),
        tasks,
        first: if asked.after().is_empty() { String::new() } else { at("") },
        next: found.next.map(|next| at(&next.to_string())).unwrap_or_default(),
        page: address,
        doc,
        shell,
    };
    Ok(Html(page.render()?))
}
