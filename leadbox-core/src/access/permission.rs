//! What can be done with leads and what belongs to them. Owns the closed list; how far each reaches is a [`Level`]'s to
//! say.
//!
//! [`Level`]: super::Level

use super::named::named;

named! {
    /// Something that can be done with a lead, at a level.
    Permission, "permission" {
        /// See leads, with everything that belongs to them.
        LeadRead = "lead.read", "see leads";
        /// Make leads that belong to somebody within the level.
        LeadCreate = "lead.create", "add leads";
        /// Change leads and move them through stages.
        LeadEdit = "lead.edit", "change leads";
        /// Give leads to somebody within the level.
        LeadAssign = "lead.assign", "give leads to people";
        /// Delete leads.
        LeadDelete = "lead.delete", "delete leads";
        /// Take leads out as a file.
        LeadExport = "lead.export", "export leads";
        /// Record interactions.
        InteractionCreate = "interaction.create", "record interactions";
        /// Mark interactions as caused by a machine, and clear them.
        InteractionEdit = "interaction.edit", "mark interactions as suspect";
        /// Add tasks to leads.
        TaskCreate = "task.create", "add tasks";
        /// Change, complete and delete tasks. Whoever a task is assigned to completes it without.
        TaskEdit = "task.edit", "change tasks";
        /// Write notes about leads, and change and delete one's own.
        NoteCreate = "note.create", "write notes";
        /// Change and delete others' notes.
        NoteEdit = "note.edit", "change others' notes";
    }
}
