//! Tasks as rows: open ones first, what is late marked. Owns what of them is shown, and what may be done with each.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use leadbox_core::access::Permission;
use leadbox_core::{Lead, LeadBox, LeadId, Task, TaskState, Timestamp, UserId};

use super::format;
use super::words::Names;
use crate::serve::Problem;

/// One task.
pub(super) struct TaskRow {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) details: String,
    /// Until when, or when it was done; empty for an open one without a date.
    pub(super) due: String,
    /// `late`, `done` or nothing.
    pub(super) state: &'static str,
    pub(super) assignee: String,
    pub(super) may_edit: bool,
    pub(super) may_complete: bool,
    /// The lead that it is about, where rows are of many; empty on a lead's own page.
    pub(super) lead: String,
    pub(super) lead_name: String,
    /// The page to come back to; empty on a lead's own page.
    pub(super) back: &'static str,
}

impl TaskRow {
    pub(super) fn is_done(&self) -> bool {
        self.state == "done"
    }
}

/// What rows are made with.
pub(super) struct Desk<'a> {
    pub(super) leadbox: &'a LeadBox,
    pub(super) names: &'a Names,
    pub(super) zone: Tz,
    pub(super) now: Timestamp,
}

impl Desk<'_> {
    /// A task of a lead of this owner as a row; nothing may be done with those of a lead that is deleted.
    pub(super) fn row(&self, task: &Task, owner: Option<UserId>, deleted: bool) -> TaskRow {
        let rights = self.leadbox.rights();
        let may_edit = !deleted && rights.may(Permission::TaskEdit, owner);
        let is_own = task.assignee.is_some() && task.assignee == rights.user();
        let moment = |at| format::moment(at, self.zone);
        let is_late = task.due_at.is_some_and(|due| due < self.now);
        let (state, due) = match (task.state(), task.done_at.or(task.due_at)) {
            (TaskState::Done, at) => ("done", at.map(|at| format!("Done {}", moment(at)))),
            (TaskState::Open, Some(at)) if is_late => ("late", Some(format!("Due {}", moment(at)))),
            (TaskState::Open, at) => ("", at.map(|at| format!("Due {}", moment(at)))),
        };
        TaskRow {
            id: task.id.to_string(),
            title: task.title.clone(),
            details: task.details.clone(),
            due: due.unwrap_or_default(),
            state,
            assignee: task
                .assignee
                .map(|user| self.names.get(&user).cloned().unwrap_or_default())
                .unwrap_or_default(),
            may_edit,
            may_complete: may_edit || (!deleted && is_own),
            lead: String::new(),
            lead_name: String::new(),
            back: "",
        }
    }

    /// Tasks of many leads as rows, each with its task; those of leads that went meanwhile are left out.
    pub(super) async fn rows<'t>(
        &self,
        tasks: &'t [Task],
        back: &'static str,
    ) -> Result<Vec<(&'t Task, TaskRow)>, Problem> {
        let leads: BTreeSet<LeadId> = tasks.iter().map(|task| task.lead).collect();
        let leads = self.leadbox.leads().leads(&leads.into_iter().collect::<Vec<_>>()).await?;
        let leads: BTreeMap<LeadId, Lead> =
            leads.into_iter().map(|stored| (stored.lead.id, stored.lead)).collect();
        let known = tasks.iter().filter_map(|task| Some((task, leads.get(&task.lead)?)));
        let rows = known.map(|(task, lead)| {
            let row = TaskRow {
                lead: lead.id.to_string(),
                lead_name: lead.display_name().to_owned(),
                back,
                ..self.row(task, lead.owner, lead.deleted_at.is_some())
            };
            (task, row)
        });
        Ok(rows.collect())
    }
}
