//! People in a dashboard with their leads: the asker, who has the role that is looked at, a colleague of its team, somebody
//! elsewhere, and another tenant. What the tables of the API and of the pages are tried on.

use leadbox_core::access::Grants;
use leadbox_core::service::NewTeam;
use leadbox_core::{
    FieldDefinition, FieldType, InteractionId, LeadBox, LeadId, NewInteraction, NewLead, NewTask,
    NoteId, Role, TaskId, TeamId, Tenant, User, UserId,
};

use super::needs::Whose;
use crate::support::Office;

/// Where the dashboard is mounted.
pub const PREFIX: &str = "/leads-admin";

/// Who is there.
pub struct Cast {
    pub office: Office,
    pub asker: UserId,
    pub colleague: UserId,
    pub stranger: UserId,
    pub team: TeamId,
}

impl Cast {
    /// With an asker of this role.
    pub async fn with(role: &str) -> Self {
        Self::at(Office::new(PREFIX), role).await
    }

    /// The same in an office that may know roles of its own.
    pub async fn at(office: Office, role: &str) -> Self {
        let leadbox = office.sandbox.leadbox.clone();
        office.hire("alex", "admin").await;
        let team = NewTeam { name: "Team".to_owned(), parent: None };
        let team = leadbox.directory().add_team(&team).await.unwrap().id;
        let (asker, colleague) =
            (office.hire("sam", role).await, office.hire("kim", "agent").await);
        let stranger = office.hire("lee", "agent").await;
        for id in [asker, colleague] {
            let user = leadbox.directory().user(id).await.unwrap().unwrap();
            leadbox.directory().change_user(&User { team: Some(team), ..user }).await.unwrap();
        }
        let spare = Role {
            key: "spare".parse().unwrap(),
            name: "Spare".to_owned(),
            grants: Grants::default(),
        };
        leadbox.access().define_role(&spare).await.unwrap();
        let budget = FieldDefinition::new("budget", FieldType::Number).unwrap();
        leadbox.definitions().define_field(&budget).await.unwrap();
        Self { office, asker, colleague, stranger, team }
    }

    pub fn host(&self, whose: Whose) -> LeadBox {
        match whose {
            Whose::AnotherTenant => self.office.sandbox.leadbox.for_tenant(Tenant(2)),
            _ => self.office.sandbox.leadbox.clone(),
        }
    }

    /// A new lead.
    pub async fn lead(&self, whose: Whose) -> LeadId {
        let owner = match whose {
            Whose::Own => self.asker,
            Whose::Team => self.colleague,
            Whose::Others | Whose::AnotherTenant => self.stranger,
        };
        let new = NewLead { owner: Some(owner), ..NewLead::new().name("Ada Lovelace") };
        self.host(whose).leads().capture(&new).await.unwrap().lead.id
    }

    pub async fn task(&self, whose: Whose, lead: LeadId) -> TaskId {
        self.host(whose).tasks().add(lead, &NewTask::new("Call")).await.unwrap().id
    }

    pub async fn note(&self, whose: Whose, lead: LeadId) -> NoteId {
        self.host(whose).notes().add(lead, "Likes tea.").await.unwrap().id
    }

    pub async fn interaction(&self, whose: Whose, lead: LeadId) -> InteractionId {
        let (host, new) = (self.host(whose), NewInteraction::new("page_view"));
        host.leads().record_interaction(lead, &new).await.unwrap().interaction.id
    }

    /// Something that belongs to a lead, by how its address begins; the lead itself for any other address.
    pub async fn belonging(&self, path: &str, whose: Whose, lead: LeadId) -> String {
        match path.split('/').nth(1) {
            Some("interactions") => self.interaction(whose, lead).await.to_string(),
            Some("tasks") => self.task(whose, lead).await.to_string(),
            Some("notes") => self.note(whose, lead).await.to_string(),
            _ => lead.to_string(),
        }
    }

    /// What stands there: how long the log is, and the version and the interactions of a lead.
    pub async fn stored(&self, whose: Whose, lead: Option<LeadId>) -> (usize, Option<(i64, i64)>) {
        let host = self.host(whose);
        let page = leadbox_core::PageRequest::first(1000);
        let events = host.log().events(&Default::default(), &page).await.unwrap().items.len();
        let Some(lead) = lead else { return (events, None) };
        let stored = host.leads().lead(lead).await.unwrap().unwrap();
        (events, Some((stored.lead.version.0, stored.activity.count)))
    }
}
