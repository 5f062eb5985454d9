//! What each change of stored data requires. Owns the one door that every write of every verb goes through, so that no path
//! (page, API, import, bulk action, merge, script) can forget to ask.

use super::{Capability, Denied, Permission, Rights};
use crate::id::UserId;
use crate::interaction::Judge;
use crate::lead::Lead;
use crate::proof::TokenKind;
use crate::revision::Revision;
use crate::storage::{Change, DefinitionKind};
use crate::view::{SavedView, Sharing};

impl Rights {
    /// Refuses a change that the asker may not make.
    ///
    /// The match has no default: a new kind of change does not compile until somebody has said what it requires.
    pub(crate) fn check(&self, change: &Change) -> Result<(), Denied> {
        match change {
            Change::InsertLead(row) => self.require(Permission::LeadCreate, row.lead.owner),
            Change::UpdateLead(update) => {
                self.check_update(&update.before.lead, &update.after.lead)
            }
            // The verbs have loaded the lead and know its owner; here it is only seen that the permission is there at all.
            Change::InsertInteraction(_) => self.require_some(Permission::InteractionCreate),
            // What a detector finds of others follows from what is recorded.
            Change::MarkInteraction(mark) if mark.judge == Judge::Detector => {
                self.require_some(Permission::InteractionCreate)
            }
            Change::MarkInteraction(_) => self.require_some(Permission::InteractionEdit),
            Change::PutTask(task) if task.revision == Revision::FIRST => {
                self.require_some(Permission::TaskCreate)
            }
            // Whoever has to do it completes it; that nothing else of it changes is the verb's to see.
            Change::PutTask(task) if task.assignee.is_some() && task.assignee == self.user() => {
                Ok(())
            }
            Change::PutTask(_) | Change::DropTask(_) => self.require_some(Permission::TaskEdit),
            // One's own and others': whose it is, the verb has seen.
            Change::PutNote(_) | Change::DropNote(_) => self
                .require_some(Permission::NoteCreate)
                .or_else(|_| self.require_some(Permission::NoteEdit)),
            Change::PutDefinition(update) => {
                self.require_capability(capability(update.definition.kind()))
            }
            Change::DropDefinition(gone) => self.require_capability(capability(gone.kind)),
            // Everybody may change what is said of themselves; their roles, team and status only with the capability, which
            // the verb asks for.
            Change::PutUser(user) if self.oneself() == Some(user.id) => Ok(()),
            Change::PutUser(_) | Change::PutTeam(_) => {
                self.require_capability(Capability::UsersManage)
            }
            // Whoever manages users sends a link: nobody but oneself knows one's password.
            Change::PutCredential(credential) if self.oneself() == Some(credential.user) => Ok(()),
            Change::PutCredential(_) => self.require_host(),
            Change::PutToken(token) if token.kind == TokenKind::ApiKey => {
                self.require_capability(Capability::KeysManage)
            }
            Change::PutToken(token) if token.ended_at.is_some() => self.check_end(token.user),
            // Who somebody is, is found out before anybody acts as somebody.
            Change::PutToken(token) if token.kind == TokenKind::Session => self.require_host(),
            Change::PutToken(_) => self.require_capability(Capability::UsersManage),
            Change::PutView(view) => self.check_view(view),
            // Whose it is and for whom, the verb has seen.
            Change::DropView(_) => self.require_some(Permission::LeadRead),
            Change::PutLane(_) | Change::ReplayJob(_) => {
                self.require_capability(Capability::SystemManage)
            }
            // What follows from a change of a lead that stands in the same set.
            Change::OpenStay(_)
            | Change::CloseStay(_)
            | Change::MoveRecords(_)
            | Change::SetScore(_)
            | Change::SpoilScore(_) => Ok(()),
            // How verbs and workers keep account of what they do.
            Change::EnqueueJob(_)
            | Change::FinishJob(_)
            | Change::RecordAttempt(_)
            | Change::AdvanceCursor(_)
            | Change::PutCheckpoint(_)
            | Change::RememberReply(_)
            | Change::AppendEvent(_) => Ok(()),
        }
    }

    fn check_update(&self, before: &Lead, after: &Lead) -> Result<(), Denied> {
        if before.deleted_at.is_none() && after.deleted_at.is_some() {
            return self.require(Permission::LeadDelete, before.owner);
        }
        // Whoever brings a lead back undoes what only those may do who delete.
        if before.deleted_at.is_some() && after.deleted_at.is_none() {
            self.require(Permission::LeadDelete, before.owner)?;
        }
        // A lead that is gone into another follows it, whosever it was.
        if before.merged_into.is_some() && after.merged_into.is_some() {
            return Ok(());
        }
        self.require(Permission::LeadEdit, before.owner)?;
        if before.owner != after.owner {
            self.require(Permission::LeadAssign, after.owner)?;
        }
        Ok(())
    }

    /// A view of leads is for those who see leads; what only its owner sees nobody else writes.
    fn check_view(&self, view: &SavedView) -> Result<(), Denied> {
        self.require_some(Permission::LeadRead)?;
        match view.sharing {
            Sharing::Private if self.user().is_some() && self.user() == view.owner => Ok(()),
            Sharing::Private => self.require_host().map_err(|_| Denied::Oneself),
            Sharing::Team | Sharing::Everyone => self.require_capability(Capability::ViewsShare),
        }
    }

    /// Everybody may end their own sessions and links; others' only whoever manages users.
    fn check_end(&self, user: Option<UserId>) -> Result<(), Denied> {
        if user.is_some() && self.oneself() == user {
            return Ok(());
        }
        self.require_capability(Capability::UsersManage)
    }

    fn require_some(&self, permission: Permission) -> Result<(), Denied> {
        match self.level(permission) {
            Some(_) => Ok(()),
            None => Err(Denied::Permission { permission }),
        }
    }
}

fn capability(kind: DefinitionKind) -> Capability {
    match kind {
        DefinitionKind::Field => Capability::FieldsManage,
        DefinitionKind::Pipeline => Capability::StagesManage,
        DefinitionKind::Settings => Capability::SettingsManage,
        DefinitionKind::Role => Capability::RolesManage,
        DefinitionKind::RuleBook | DefinitionKind::RuleSheet | DefinitionKind::Rules => {
            Capability::RulesManage
        }
    }
}
