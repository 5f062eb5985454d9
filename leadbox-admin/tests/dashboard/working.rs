//! The work on a lead: tasks, notes and interactions, on its page and on pages of their own.

use axum::http::StatusCode;
use leadbox_core::access::{Grants, Level, Permission, Role};
use leadbox_core::testing::some_lead;
use leadbox_core::{
    EventType, LeadId, NewInteraction, NewTask, PageRequest, Suspicion, Task, UserId,
};

use crate::support::{Answer, Office};

/// A lead of this owner.
async fn lead_of(office: &Office, owner: UserId) -> LeadId {
    let new = some_lead(1).owner(owner);
    office.sandbox.leadbox.leads().capture(&new).await.unwrap().lead.id
}

async fn tasks(office: &Office, lead: LeadId) -> Vec<Task> {
    let tasks = office.sandbox.leadbox.tasks();
    tasks.of_lead(lead, &PageRequest::default()).await.unwrap().items
}

fn sent(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
}

/// Somebody who sees everything and does what these permissions allow.
async fn hire_for(office: &Office, name: &str, permissions: &[Permission]) -> UserId {
    let reads = Grants::default().allow(Permission::LeadRead, Level::All);
    let grants = permissions.iter().fold(reads, |grants, one| grants.allow(*one, Level::All));
    let role = Role { key: name.parse().unwrap(), name: name.to_owned(), grants };
    office.sandbox.leadbox.access().define_role(&role).await.unwrap();
    office.hire(name, name).await
}

#[tokio::test]
async fn a_task_is_added_changed_done_reopened_and_deleted() {
    let office = Office::new("/ops");
    let ann = office.hire("ann", "agent").await;
    let lead = lead_of(&office, ann).await;
    let mut agent = office.signed_in("ann").await;
    let page = format!("/ops/leads/{lead}");
    let user = ann.to_string();
    let form = [
        ("title", "Call about the offer"),
        ("due_at", "2026-03-01T10:00"),
        ("remind_at", "2026-03-01T09:30"),
        ("assignee", user.as_str()),
        ("details", "Ask for seats.\r\nAnd for a date."),
    ];
    sent(&agent.post(&format!("{page}/tasks"), &form).await);
    let task = tasks(&office, lead).await.swap_remove(0);
    assert_eq!(task.due_at, Some("2026-03-01T10:00:00Z".parse().unwrap()), "in her zone");
    assert_eq!(task.details, "Ask for seats.\nAnd for a date.");
    assert_eq!((task.assignee, task.remind_at.is_some()), (Some(ann), true));
    assert_eq!(office.last_event().await, (EventType::TASK_ADDED, Some(ann.uuid())));
    office.sandbox.clock.set("2026-03-01T10:01:00Z".parse().unwrap());
    let shown = agent.get(&page).await.body;
    assert!(
        shown.contains("class=\"late\"") && shown.contains("Task added: Call about"),
        "{shown}"
    );

    let own = format!("/ops/tasks/{}", task.id);
    let edit = agent.get(&own).await.body;
    assert!(
        edit.contains("value=\"2026-03-01T10:00\"")
            && edit.contains("name=\"revision\" value=\"1\"")
    );
    let change = [("revision", "1"), ("title", "Call again"), ("assignee", ""), ("due_at", "")];
    sent(&agent.post(&own, &change).await);
    let stale = agent.post(&own, &change).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    let changed = tasks(&office, lead).await.swap_remove(0);
    assert_eq!(
        (changed.title.as_str(), changed.due_at, changed.assignee),
        ("Call again", None, None)
    );
    assert_eq!(office.last_event().await.0, EventType::TASK_CHANGED);

    sent(&agent.post(&format!("{own}/complete"), &[]).await);
    assert!(tasks(&office, lead).await[0].done_at.is_some());
    assert_eq!(office.last_event().await.0, EventType::TASK_COMPLETED);
    assert!(agent.get(&page).await.body.contains("Reopen Call again"));
    let back = agent.post(&format!("{own}/reopen"), &[("back", "my-leads")]).await;
    assert_eq!(back.location(), "/ops/my-leads", "to the page on which it was done");
    assert!(tasks(&office, lead).await[0].done_at.is_none());
    assert_eq!(office.last_event().await.0, EventType::TASK_REOPENED);
    sent(&agent.post(&format!("{own}/delete"), &[]).await);
    assert!(tasks(&office, lead).await.is_empty());
    assert_eq!(office.last_event().await, (EventType::TASK_DELETED, Some(ann.uuid())));
    assert_eq!(agent.get(&own).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_wrong_stands_at_its_input_and_the_rest_of_the_page_is_as_it_was() {
    let office = Office::new("/ops");
    let ann = office.hire("ann", "agent").await;
    let lead = lead_of(&office, ann).await;
    let mut agent = office.signed_in("ann").await;
    let page = format!("/ops/leads/{lead}");
    let before = office.events().await.len();
    for (part, form, error, kept) in [
        ("tasks", [("title", "Call"), ("due_at", "soon")], "due_at-error", "value=\"soon\""),
        ("tasks", [("title", " "), ("details", "Seats")], "title-error", "Seats</textarea>"),
        ("notes", [("text", " "), ("at", "")], "text-error", "<textarea"),
        (
            "interactions",
            [("kind", "call"), ("at", "2099-01-01T10:00")],
            "at-error",
            "2099-01-01T10:00",
        ),
        (
            "interactions",
            [("kind", "A call"), ("summary", "Hello")],
            "kind-error",
            "Hello</textarea>",
        ),
    ] {
        let refused = agent.post(&format!("{page}/{part}"), &form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{part}: {}", refused.body);
        let body = &refused.body;
        assert!(body.contains(&format!("id=\"{error}\"")) && body.contains(kept), "{part}: {body}");
        assert_eq!(body.matches("class=\"error\"").count(), 1, "no other form is blamed: {body}");
    }
    assert_eq!(office.events().await.len(), before, "nothing was written");
    let absent = agent.post("/ops/leads/nobody/tasks", &[("title", "Call")]).await;
    assert_eq!(absent.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_note_stands_on_the_timeline_as_it_reads_by_now() {
    let office = Office::new("/ops");
    let ann = office.hire("ann", "agent").await;
    let lead = lead_of(&office, ann).await;
    let mut agent = office.signed_in("ann").await;
    let page = format!("/ops/leads/{lead}");
    sent(&agent.post(&format!("{page}/notes"), &[("text", "Decides in <March>.\r\nTwo.")]).await);
    let notes = office.sandbox.leadbox.notes();
    let note = notes.of_lead(lead, &PageRequest::default()).await.unwrap().items.swap_remove(0);
    assert_eq!(note.text, "Decides in <March>.\nTwo.");
    assert_eq!(office.last_event().await, (EventType::NOTE_ADDED, Some(ann.uuid())));
    let own = format!("/ops/notes/{}", note.id);
    let shown = agent.get(&page).await.body;
    assert!(shown.contains("Decides in &#60;March&#62;.") && shown.contains(&own), "{shown}");

    sent(&agent.post(&own, &[("revision", "1"), ("text", "Decides in May.")]).await);
    assert_eq!(office.last_event().await.0, EventType::NOTE_CHANGED);
    let stale = agent.post(&own, &[("revision", "1"), ("text", "Never.")]).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    let empty = agent.post(&own, &[("revision", "2"), ("text", "")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let shown = agent.get(&page).await.body;
    assert!(shown.contains("Decides in May.") && !shown.contains("&#60;March"), "{shown}");
    assert!(shown.contains("Changed since"));

    sent(&agent.post(&format!("{own}/delete"), &[]).await);
    assert_eq!(notes.note(note.id).await.unwrap(), None);
    assert_eq!(office.last_event().await, (EventType::NOTE_DELETED, Some(ann.uuid())));
    let shown = agent.get(&page).await.body;
    assert!(shown.contains("Deleted since") && !shown.contains("Decides"), "{shown}");
}

#[tokio::test]
async fn a_call_is_recorded_and_a_machine_is_told_from_people() {
    let office = Office::new("/ops");
    let ann = office.hire("ann", "agent").await;
    let lead = lead_of(&office, ann).await;
    let leads = office.sandbox.leadbox.leads();
    let mut agent = office.signed_in("ann").await;
    let page = format!("/ops/leads/{lead}");
    let form = [("kind", "meeting"), ("at", "2026-03-01T10:00"), ("summary", "They want seats.")];
    sent(&agent.post(&format!("{page}/interactions"), &form).await);
    let recorded = leads.interactions(lead, &PageRequest::default()).await.unwrap().items;
    assert_eq!(recorded[0].kind.as_str(), "meeting");
    assert_eq!(recorded[0].at, "2026-03-01T10:00:00Z".parse::<leadbox_core::Timestamp>().unwrap());
    assert_eq!(office.last_event().await, (EventType::INTERACTION_RECORDED, Some(ann.uuid())));
    let shown = agent.get(&page).await.body;
    assert!(
        shown.contains("They want seats.") && !shown.contains("Mark as a machine’s"),
        "{shown}"
    );

    let open = NewInteraction::new("email_open");
    let open = leads.record_interaction(lead, &open).await.unwrap().interaction.id;
    let mark = format!("/ops/interactions/{open}/mark");
    assert!(agent.get(&page).await.body.contains(&mark));
    sent(&agent.post(&mark, &[("suspicion", "suspect")]).await);
    let marked = leads.interaction(open).await.unwrap().unwrap();
    assert_eq!(marked.suspicion, Suspicion::Suspect);
    assert_eq!(office.last_event().await, (EventType::INTERACTION_MARKED, Some(ann.uuid())));
    assert!(agent.get(&page).await.body.contains("Probably a machine"));
    sent(&agent.post(&mark, &[("suspicion", "clear")]).await);
    assert!(!agent.get(&page).await.body.contains("Probably a machine"));
    let scanned = NewInteraction::new("email_click").prop("method", "HEAD");
    let scanned = leads.record_interaction(lead, &scanned).await.unwrap().interaction.id;
    let reason = "It asked with HEAD, as no reader&#39;s program does";
    let shown = agent.get(&page).await.body;
    assert!(shown.contains("Probably a machine") && shown.contains(reason), "{shown}");
    let cleared = format!("/ops/interactions/{scanned}/mark");
    sent(&agent.post(&cleared, &[("suspicion", "clear")]).await);
    assert!(!agent.get(&page).await.body.contains(reason));
    let unclear = agent.post(&mark, &[("suspicion", "perhaps")]).await;
    assert_eq!(unclear.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn who_may_not_finds_no_control_and_is_refused() {
    let office = Office::new("/ops");
    let ann = office.hire("ann", "agent").await;
    let lead = lead_of(&office, ann).await;
    let rae = hire_for(&office, "rae", &[]).await;
    hire_for(&office, "wim", &[Permission::NoteCreate, Permission::TaskCreate]).await;
    let leadbox = &office.sandbox.leadbox;
    let leads = leadbox.leads();
    let anns = leadbox.tasks().add(lead, &NewTask::new("Ann's")).await.unwrap();
    let raes = leadbox.tasks().add(lead, &NewTask::new("Rae's").assignee(rae)).await.unwrap();
    let note = leadbox.notes().add(lead, "Hello").await.unwrap();
    let open = NewInteraction::new("email_open");
    let open = leads.record_interaction(lead, &open).await.unwrap().interaction.id;
    let page = format!("/ops/leads/{lead}");

    let mut reader = office.signed_in("rae").await;
    let shown = reader.get(&page).await.body;
    assert!(shown.contains("Ann&#39;s") && shown.contains("Hello"), "{shown}");
    for control in
        ["/notes", "/interactions", "/leads/new", &format!("/tasks/{}", anns.id), "/mark"]
    {
        let found =
            shown.contains(&format!("{control}\"")) || shown.contains(&format!("{control}/"));
        assert!(!found, "{control} is on {shown}");
    }
    let before = office.events().await.len();
    for (path, form) in [
        (format!("{page}/tasks"), [("title", "Call")]),
        (format!("{page}/notes"), [("text", "Hi")]),
        (format!("{page}/interactions"), [("kind", "call")]),
        (format!("/ops/tasks/{}", anns.id), [("revision", "1")]),
        (format!("/ops/tasks/{}/complete", anns.id), [("back", "")]),
        (format!("/ops/tasks/{}/reopen", anns.id), [("back", "")]),
        (format!("/ops/tasks/{}/delete", anns.id), [("back", "")]),
        (format!("/ops/notes/{}", note.id), [("revision", "1")]),
        (format!("/ops/notes/{}/delete", note.id), [("back", "")]),
        (format!("/ops/interactions/{open}/mark"), [("suspicion", "suspect")]),
    ] {
        let refused = reader.post(&path, &form).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
    for path in [format!("/ops/tasks/{}", anns.id), format!("/ops/notes/{}", note.id)] {
        assert_eq!(reader.get(&path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(office.events().await.len(), before, "nothing was written");

    let own = format!("/ops/tasks/{}/complete", raes.id);
    assert!(shown.contains(&own), "whoever it is given to completes it");
    sent(&reader.post(&own, &[]).await);
    let mut writer = office.signed_in("wim").await;
    let shown = writer.get(&page).await.body;
    assert!(shown.contains("Add note") && shown.contains("Add task"), "{shown}");
    assert!(!shown.contains(&format!("/notes/{}", note.id)), "it is somebody else's: {shown}");
    sent(&writer.post(&format!("{page}/notes"), &[("text", "Mine")]).await);
    assert!(writer.get(&page).await.body.contains("/ops/notes/"), "everybody changes their own");

    leads.delete(lead).await.unwrap();
    let mut agent = office.signed_in("ann").await;
    let shown = agent.get(&page).await.body;
    for control in ["Add task", "Add note", ">Record<", "/complete", "/mark"] {
        assert!(!shown.contains(control), "{control} is on the page of a deleted lead: {shown}");
    }
}

#[tokio::test]
async fn ones_own_work_is_sorted_by_when_it_is_due() {
    let office = Office::new("/ops");
    let ann = office.hire("ann", "agent").await;
    let bob = office.hire("bob", "admin").await;
    let leadbox = &office.sandbox.leadbox;
    let lead = lead_of(&office, ann).await;
    let bobs = leadbox.leads().capture(&some_lead(2).owner(bob)).await.unwrap().lead;
    let now = leadbox.now();
    let due = |title: &str, hours| {
        NewTask::new(title).assignee(ann).due_at(now + chrono::TimeDelta::hours(hours))
    };
    for new in [
        NewTask::new("Someday").assignee(ann),
        due("Next week", 24 * 7),
        due("Soon", 1),
        due("Missed", -1),
        NewTask::new("Bob's own").assignee(bob),
    ] {
        leadbox.tasks().add(lead, &new).await.unwrap();
    }
    let mut agent = office.signed_in("ann").await;
    let page = agent.get("/ops/my-leads").await.body;
    let order =
        ["Overdue", "Missed", "Today", "Soon", "Later", "Next week", "Without a date", "Someday"];
    let places: Vec<_> = order.iter().map(|text| page.find(text).unwrap_or(usize::MAX)).collect();
    assert!(places.is_sorted() && !places.contains(&usize::MAX), "{places:?}: {page}");
    assert!(!page.contains("Bob&#39;s own"), "{page}");
    let next = page.split("What to look at next").nth(1).unwrap();
    assert!(next.contains("task overdue since today: Missed"), "{next}");
    let mut admin = office.signed_in("bob").await;
    let page = admin.get("/ops/my-leads").await.body;
    assert!(page.contains(&bobs.id.to_string()) && page.contains("Bob&#39;s own"), "{page}");
    let next = page.split("What to look at next").nth(1).unwrap();
    assert!(next.contains("new, nobody answered yet") && next.contains("no touch yet"), "{next}");
    let own = format!("/ops/leads/{lead}\">");
    let rows = page.split("aria-label=\"Leads\"").nth(1).unwrap();
    assert!(!rows.contains(&own), "somebody else's lead: {rows}");
    let none = admin.get("/ops/my-leads?q=nobodyiscalledlikethis").await.body;
    assert!(none.contains("No leads match."), "{none}");
}
