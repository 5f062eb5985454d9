//! An event as far as live updates need it. Owns which topics an event belongs to; keeps nothing of what it says.

use leadbox_core::{
    ActorKind, BulkId, Event, EventType, ImportId, LeadId, Position, SubjectKind, Tenant, UserId,
};

use super::topic::Topic;

/// An event without what it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Fact {
    pub(super) position: Position,
    pub(super) tenant: Tenant,
    pub(super) lead: Option<LeadId>,
    /// Whose the lead was before, when it went to somebody else.
    pub(super) left: Option<UserId>,
    pub(super) topics: Vec<Topic>,
    /// Whether somebody may do more or less since, or is signed out.
    pub(super) turns_rights: bool,
}

/// After these somebody may do more or less, or is signed out.
const RIGHTS: [EventType; 8] = [
    EventType::USER_CHANGED,
    EventType::TEAM_CHANGED,
    EventType::ROLE_CHANGED,
    EventType::ROLE_REMOVED,
    EventType::SESSION_ENDED,
    EventType::PASSWORD_SET,
    EventType::KEY_ROTATED,
    EventType::KEY_REVOKED,
];

impl Fact {
    pub(super) fn of(event: &Event) -> Self {
        let lead = event.lead();
        Self {
            position: event.position,
            tenant: event.tenant,
            lead,
            left: left(event),
            topics: topics(event, lead),
            turns_rights: RIGHTS.contains(&event.kind),
        }
    }
}

/// Who no longer has the lead. They had it before them, and would otherwise keep it before them.
fn left(event: &Event) -> Option<UserId> {
    if event.kind != EventType::LEAD_ASSIGNED {
        return None;
    }
    event.payload().ok()?.previous.get("owner")?.as_str()?.parse().ok()
}

fn topics(event: &Event, lead: Option<LeadId>) -> Vec<Topic> {
    let mut topics = vec![Topic::Log];
    topics.extend(lead.map(Topic::Lead));
    let (family, _) = event.kind.as_str().split_once('.').unwrap_or_default();
    match family {
        "lead" => topics.extend([Topic::Leads, Topic::Overview]),
        // They count in the score, and in when somebody was last heard of.
        "interaction" => topics.push(Topic::Leads),
        "task" => topics.push(Topic::Tasks),
        // What stages and fields are called stands in the rows.
        "field" | "pipeline" | "settings" => {
            topics.extend([Topic::Settings, Topic::Leads, Topic::Overview]);
        }
        // Leads follow with events of their own, where it shows; what they are worth may differ all the same.
        "rules" => topics.extend([Topic::Rules, Topic::Leads, Topic::Overview]),
        "user" | "team" => topics.push(Topic::Users),
        // Beside every user stand its roles.
        "role" => topics.extend([Topic::Roles, Topic::Users]),
        "key" => topics.push(Topic::Keys),
        _ => {}
    }
    let work = match event.subject.kind {
        SubjectKind::Bulk => Some(Topic::Bulk(BulkId::from_uuid(event.subject.id))),
        SubjectKind::Import => Some(Topic::Import(ImportId::from_uuid(event.subject.id))),
        _ => None,
    };
    let doing = match (event.actor.kind, event.actor.id) {
        (ActorKind::Bulk, Some(id)) => Some(Topic::Bulk(BulkId::from_uuid(id))),
        (ActorKind::Import, Some(id)) => Some(Topic::Import(ImportId::from_uuid(id))),
        _ => None,
    };
    topics.extend(work.or(doing));
    topics
}

#[cfg(test)]
mod tests {
    use leadbox_core::service::{BulkAction, NewUser, Selection};
    use leadbox_core::testing::{Sandbox, some_lead};
    use leadbox_core::{LeadBox, NewTask};

    use super::*;

    async fn last(leadbox: &LeadBox) -> Fact {
        let head = leadbox.log().head().await.unwrap().position;
        let events = leadbox.log().after(Position(head.0 - 1), 10).await.unwrap();
        assert_eq!(events.len(), 1);
        Fact::of(&events[0])
    }

    async fn user(leadbox: &LeadBox, name: &str) -> UserId {
        let (name, email) = (name.to_owned(), format!("{name}@x.example"));
        let new = NewUser { name, email, ..NewUser::default() };
        leadbox.directory().add_user(&new).await.unwrap().id
    }

    #[tokio::test]
    async fn an_event_is_about_its_lead_and_about_what_shows_it() {
        let Sandbox { leadbox, .. } = Sandbox::new().unwrap();
        let lead = leadbox.leads().capture(&some_lead(1)).await.unwrap().lead.id;
        let captured = last(&leadbox).await;
        assert_eq!(captured.topics, [Topic::Log, Topic::Lead(lead), Topic::Leads, Topic::Overview]);
        assert_eq!(
            (captured.lead, captured.left, captured.turns_rights),
            (Some(lead), None, false)
        );
        leadbox.tasks().add(lead, &NewTask::new("Call")).await.unwrap();
        assert_eq!(last(&leadbox).await.topics, [Topic::Log, Topic::Lead(lead), Topic::Tasks]);
        leadbox.notes().add(lead, "Hello").await.unwrap();
        assert_eq!(last(&leadbox).await.topics, [Topic::Log, Topic::Lead(lead)]);
    }

    #[tokio::test]
    async fn whoever_loses_a_lead_is_remembered_and_rights_turn() {
        let Sandbox { leadbox, .. } = Sandbox::new().unwrap();
        let lead = leadbox.leads().capture(&some_lead(1)).await.unwrap().lead.id;
        let (ann, bob) = (user(&leadbox, "ann").await, user(&leadbox, "bob").await);
        let known = last(&leadbox).await;
        assert_eq!(
            (known.topics.as_slice(), known.turns_rights),
            (&[Topic::Log, Topic::Users][..], true)
        );
        leadbox.leads().assign(lead, Some(ann)).await.unwrap();
        assert_eq!(last(&leadbox).await.left, None);
        leadbox.leads().assign(lead, Some(bob)).await.unwrap();
        assert_eq!(last(&leadbox).await.left, Some(ann));
    }

    #[tokio::test]
    async fn what_work_does_is_told_of_the_work() {
        let Sandbox { leadbox, .. } = Sandbox::new().unwrap();
        let lead = leadbox.leads().capture(&some_lead(1)).await.unwrap().lead.id;
        let before = leadbox.log().head().await.unwrap().position;
        let done =
            leadbox.bulk().run(&BulkAction::Delete, &Selection::Ids(vec![lead])).await.unwrap();
        let events = leadbox.log().after(before, 10).await.unwrap();
        assert_eq!(events.len(), 2);
        for event in &events {
            assert!(Fact::of(event).topics.contains(&Topic::Bulk(done.id)), "{}", event.kind);
        }
    }
}
