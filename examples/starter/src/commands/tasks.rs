//! `leadbox tasks`: a look at what people have to do. It changes nothing.

use std::collections::BTreeMap;

use leadbox_core::{
    Assignees, LeadId, PageRequest, TaskFilter, TaskId, TaskState, Timestamp, UserId,
};
use serde::Serialize;

use super::named::Named;
use super::office::Office;
use crate::cli::{TasksList, TasksVerb};
use crate::exit::{Exit, Failure};
use crate::output::{Outcome, Output};
use crate::storage::Location;
use crate::table::Table;

/// Whose tasks are nobody's, on a command line.
const NOBODY: &str = "nobody";

/// A task, as programs read it.
#[derive(Debug, Serialize)]
struct Due {
    id: TaskId,
    title: String,
    details: String,
    due_at: Option<Timestamp>,
    done_at: Option<Timestamp>,
    lead: Named<LeadId>,
    assignee: Option<Named<UserId>>,
}

#[derive(Debug, Serialize)]
struct Listed {
    tasks: Vec<Due>,
    /// Whether there are others behind them.
    more: bool,
}

impl Outcome for Listed {
    fn text(&self) -> String {
        if self.tasks.is_empty() {
            return "no tasks".to_owned();
        }
        let moment = |at: Timestamp| at.format("%Y-%m-%d %H:%M").to_string();
        let rows = self.tasks.iter().map(|task| {
            [
                task.due_at.map(moment).unwrap_or_default(),
                task.title.clone(),
                task.lead.name.clone(),
                task.assignee.as_ref().map(|one| one.name.clone()).unwrap_or_default(),
            ]
        });
        let table = Table::new(["due (UTC)", "task", "lead", "who"]).rows(rows).text();
        if self.more { format!("{table}\nthere are more: --limit shows them") } else { table }
    }
}

/// Runs the command.
///
/// # Errors
/// `Failed` when no user is named so; `Unavailable`; `SchemaTooNew`.
pub(super) async fn tasks(
    verb: &TasksVerb,
    location: &Location,
    output: Output,
) -> Result<Exit, Failure> {
    let office = Office::open(location, output).await?;
    let TasksVerb::List(asked) = verb;
    Ok(office.say(&list(&office, asked).await?))
}

async fn list(office: &Office, asked: &TasksList) -> Result<Listed, Failure> {
    let leadbox = &office.leadbox;
    let assignees = match asked.assignee.as_deref() {
        None => Assignees::All,
        Some(NOBODY) => Assignees::Nobody,
        Some(user) => Assignees::Only([office.user(user).await?.id].into()),
    };
    let filter = TaskFilter {
        state: if asked.done { TaskState::Done } else { TaskState::Open },
        assignees,
        due_before: asked.overdue.then(|| leadbox.now()),
        ..TaskFilter::default()
    };
    let page = leadbox.tasks().list(&filter, &PageRequest::first(asked.limit)).await?;
    let mut ids: Vec<LeadId> = page.items.iter().map(|task| task.lead).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = leadbox.leads().leads(&ids).await?;
    let leads: BTreeMap<LeadId, String> = found
        .into_iter()
        .map(|stored| (stored.lead.id, stored.lead.display_name().to_owned()))
        .collect();
    let users = leadbox.directory().names().await?;
    let tasks = page.items.into_iter().map(|task| Due {
        id: task.id,
        title: task.title,
        details: task.details,
        due_at: task.due_at,
        done_at: task.done_at,
        lead: Named { id: task.lead, name: leads.get(&task.lead).cloned().unwrap_or_default() },
        assignee: task.assignee.map(|id| Named::user(id, &users)),
    });
    Ok(Listed { tasks: tasks.collect(), more: page.next.is_some() })
}
