//! My work: what somebody has to do, by when, what to look at next, and the leads that are theirs. Owns how tasks are grouped by
//! when they are due.

use askama::Template;
use axum::extract::Query;
use axum::response::Html;
use chrono_tz::Tz;
use leadbox_core::filter::Op;
use leadbox_core::{Assignees, Error, LeadFilter, PageRequest, TaskFilter, Timestamp};

use super::Doc;
use super::asked::{Asked, Given};
use super::filters::Bar;
use super::leads::{found, neighbours};
use super::rows::{Head, Row, row};
use super::shell::{Shell, Visit};
use super::tasks::{Desk, TaskRow};
use super::words::zone;
use super::worklist::Next;
use crate::serve::{Problem, page_after};

/// How many leads to look at it shows at once.
const NEXT: u32 = 10;

/// The place in what to look at, in the address.
const PLACE: &str = "work";

/// How many tasks it shows.
const TASKS: u32 = 100;

struct Group {
    title: &'static str,
    tasks: Vec<TaskRow>,
}

#[derive(Template)]
#[template(path = "my-leads.html")]
struct Page {
    doc: Doc,
    shell: Shell,
    groups: Vec<Group>,
    more_tasks: bool,
    work: Vec<Next>,
    first_work: String,
    more_work: String,
    bar: Bar,
    count: String,
    selects: bool,
    heads: Vec<Head>,
    rows: Vec<Row>,
    first: String,
    next: String,
}

/// When tasks are due, in the order of the page.
const GROUPS: [&str; 4] = ["Overdue", "Today", "Later", "Without a date"];

/// The place of a task among the groups.
fn group(due: Option<Timestamp>, now: Timestamp, zone: Tz) -> usize {
    let day = |at: Timestamp| at.with_timezone(&zone).date_naive();
    match due {
        None => 3,
        Some(due) if due < now => 0,
        Some(due) if day(due) == day(now) => 1,
        Some(_) => 2,
    }
}

/// `GET /my-leads`.
pub(crate) async fn my_leads(
    visit: Visit,
    Query(asked): Query<Given>,
) -> Result<Html<String>, Problem> {
    let Visit { doc, shell, leadbox, .. } = visit.on("my-leads");
    let user = leadbox.rights().user().ok_or_else(|| Error::not_found("page", "my-leads"))?;
    let (asked, address) = (Asked::of(asked), doc.page("my-leads"));
    let mut list = asked.list(leadbox.now());
    list.filter = list.filter.and(LeadFilter::is("owner", Op::Eq, user.to_string()));
    let (found, count) = found(&leadbox, &list, &asked).await?;
    let (catalog, names, now) =
        (leadbox.catalog().await?, leadbox.directory().names().await?, leadbox.now());
    let zone = zone(&leadbox, &catalog).await?;
    let mine = TaskFilter { assignees: Assignees::Only([user].into()), ..TaskFilter::default() };
    let tasks = leadbox.tasks().list(&mine, &PageRequest::first(TASKS)).await?;
    let place = page_after(NEXT, asked.text(PLACE))?;
    let work = leadbox.leads().worklist(user, zone, &place).await?;
    let at_work = |after: &str| format!("{}#next", asked.address(&address, &[(PLACE, after)]));
    let desk = Desk { leadbox: &leadbox, names: &names, zone, now };
    let mut groups = GROUPS.map(|title| Group { title, tasks: Vec::new() });
    for (task, row) in desk.rows(&tasks.items, "my-leads").await? {
        // All of them are one's own.
        let row = TaskRow { assignee: String::new(), ..row };
        groups[group(task.due_at, now, zone)].tasks.push(row);
    }
    let (first, next) = neighbours(&asked, &address, &found);
    let page = Page {
        groups: groups.into_iter().filter(|group| !group.tasks.is_empty()).collect(),
        more_tasks: tasks.next.is_some(),
        first_work: place.after.map(|_| at_work("")).unwrap_or_default(),
        more_work: work.next.map(|next| at_work(&next.to_string())).unwrap_or_default(),
        work: work.items.iter().map(|item| Next::of(item, now, zone)).collect(),
        bar: Bar::new(&leadbox, &address, &asked, &catalog, &names, Vec::new()),
        count,
        selects: false,
        heads: asked.heads(&leadbox, &address),
        rows: found.items.iter().map(|stored| row(stored, &catalog, &names, now)).collect(),
        first,
        next,
        doc,
        shell,
    };
    Ok(Html(page.render()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn today_ends_when_it_ends_where_one_is() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-03-02T22:30:00Z");
        let place = |due: &str, zone| GROUPS[group(Some(at(due)), now, zone)];
        assert_eq!(place("2026-03-02T22:29:59Z", Tz::UTC), "Overdue");
        assert_eq!(place("2026-03-02T23:30:00Z", Tz::UTC), "Today");
        assert_eq!(place("2026-03-02T23:30:00Z", Tz::Europe__Berlin), "Later");
        assert_eq!(GROUPS[group(None, now, Tz::UTC)], "Without a date");
    }
}
