//! What can be done with the tenant as a whole. Owns the closed list.

use super::named::named;

named! {
    /// Something that one either may do or may not.
    Capability, "capability" {
        /// Bring leads in from files.
        LeadsImport = "leads.import", "import leads";
        /// Share saved views with others, and change and delete those that others share.
        ViewsShare = "views.share", "share saved views";
        /// Declare and change custom fields.
        FieldsManage = "fields.manage", "manage custom fields";
        /// Make and change pipelines and their stages.
        StagesManage = "stages.manage", "manage stages";
        /// Write, publish and withdraw scoring rules.
        RulesManage = "rules.manage", "manage scoring rules";
        /// Change the tenant's settings.
        SettingsManage = "settings.manage", "change settings";
        /// Add and change users and teams, and give them roles.
        UsersManage = "users.manage", "manage users and teams";
        /// Make and change roles.
        RolesManage = "roles.manage", "manage roles";
        /// Make, rotate and revoke API keys.
        KeysManage = "keys.manage", "manage API keys";
        /// Read and verify everything that was done.
        AuditRead = "audit.read", "read the activity log";
        /// See queues, consumers and versions.
        SystemRead = "system.read", "see the system's state";
        /// Repeat parked jobs, and repair counts.
        SystemManage = "system.manage", "repeat jobs and repair counts";
    }
}
