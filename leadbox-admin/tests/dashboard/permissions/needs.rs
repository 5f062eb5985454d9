//! What a request needs, and whether a role has it for a lead: the one reading that the tables of the API and of the pages
//! are held against. What a role has is core's to say.

use leadbox_core::access::{Capability, Grants, Level, Permission};

/// What a request needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Needs {
    /// Nothing but being let in.
    Nothing,
    /// A permission for this lead, which one also has to see.
    Lead(Permission),
    /// To change this lead and another one like it.
    Pair,
    /// The same, and to delete the other.
    Merge,
    /// A permission at any level: what it covers decides what is found.
    Some(Permission),
    /// A capability.
    Can(Capability),
    /// To see leads or to manage users.
    Colleague,
    /// To see what somebody else began, and to change leads at all.
    TakeBack,
    /// It is no business of anybody here: the thing does not exist.
    Absent,
}

/// Whose lead it is, from where the asker stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Whose {
    Own,
    Team,
    Others,
    AnotherTenant,
}

impl Whose {
    pub const ALL: [Self; 4] = [Self::Own, Self::Team, Self::Others, Self::AnotherTenant];
}

fn covers(level: Option<Level>, whose: Whose) -> bool {
    match whose {
        Whose::Own => level.is_some(),
        Whose::Team => level >= Some(Level::Team),
        Whose::Others => level >= Some(Level::All),
        Whose::AnotherTenant => false,
    }
}

impl Needs {
    /// Whether it is about one lead.
    pub fn is_about_a_lead(self) -> bool {
        matches!(self, Self::Lead(_) | Self::Pair | Self::Merge)
    }

    /// What a refusal names: one of these.
    pub fn names(self) -> Vec<String> {
        match self {
            Self::Nothing | Self::Absent => Vec::new(),
            Self::Lead(permission) | Self::Some(permission) => vec![permission.to_string()],
            Self::Pair => Self::Lead(Permission::LeadEdit).names(),
            Self::Merge => {
                vec![Permission::LeadEdit.to_string(), Permission::LeadDelete.to_string()]
            }
            Self::Can(capability) => vec![capability.to_string()],
            Self::Colleague => vec![Permission::LeadRead.to_string()],
            Self::TakeBack => {
                vec![Capability::AuditRead.to_string(), Permission::LeadEdit.to_string()]
            }
        }
    }

    /// Whether a role has it.
    pub fn are_met(self, grants: &Grants, whose: Whose) -> bool {
        let read = Permission::LeadRead;
        let can = |capability| grants.capabilities.contains(&capability);
        match self {
            Self::Nothing => true,
            Self::Absent => false,
            Self::Lead(permission) => {
                covers(grants.level(read), whose) && covers(grants.level(permission), whose)
            }
            Self::Pair => Self::Lead(Permission::LeadEdit).are_met(grants, whose),
            Self::Merge => {
                let delete = Self::Lead(Permission::LeadDelete);
                Self::Pair.are_met(grants, whose) && delete.are_met(grants, whose)
            }
            Self::Some(permission) => grants.level(permission).is_some(),
            Self::Can(capability) => can(capability),
            Self::Colleague => grants.level(read).is_some() || can(Capability::UsersManage),
            Self::TakeBack => {
                can(Capability::AuditRead) && grants.level(Permission::LeadEdit).is_some()
            }
        }
    }
}
