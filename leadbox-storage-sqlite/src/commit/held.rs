//! Leads that a set builds on. Owns what is known of them while the set is applied: read once at the beginning, then
//! moved along in memory, so that preconditions cost no statements of their own.

use std::collections::HashMap;

use leadbox_core::{LeadId, LeadRow, Revision, Tenant, Version};
use sqlx::SqliteConnection;

use super::runs::Runs;
use crate::error::{During, Result};
use crate::rows::Columns;
use crate::statement::Rows;

/// What preconditions ask about a lead.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeldLead {
    pub(super) no: i64,
    pub(super) version: Version,
    pub(super) deleted: bool,
    pub(super) revision: Revision,
    pub(super) rule_set: i64,
}

/// The leads of a pass.
#[derive(Default)]
pub(super) struct Held(HashMap<(Tenant, LeadId), HeldLead>);

const READ: Rows<'_> = Rows {
    before: "with v (tenant, id) as (values",
    columns: 2,
    after: r")
        select
            l.id,
            l.tenant,
            l.no,
            l.version,
            l.deleted_at is not null,
            s.revision,
            s.rule_set
        from v
        cross join lead l on l.tenant = v.tenant and l.id = v.id
        cross join lead_pulse s on s.no = l.no",
};

impl Held {
    /// Reads the leads that these changes build on and that they do not bring along themselves.
    pub(super) async fn read(connection: &mut SqliteConnection, runs: &Runs<'_>) -> Result<Self> {
        let updates =
            runs.lead_updates.iter().map(|update| (update.after.lead.tenant, update.after.lead.id));
        let scores = runs.scores.iter().map(|update| (update.score.tenant, update.score.lead));
        let spoils = runs.spoils.iter().map(|spoil| (spoil.tenant, spoil.lead));
        let interactions =
            runs.interactions.iter().map(|interaction| (interaction.tenant, interaction.lead));
        let marks = runs.marks.iter().map(|mark| (mark.tenant, mark.lead));
        let stays =
            runs.ended_stays.iter().chain(&runs.begun_stays).map(|stay| (stay.tenant, stay.lead));
        let tasks = runs.tasks.iter().map(|task| (task.tenant, task.lead));
        let tasks = tasks.chain(runs.dropped_tasks.iter().map(|gone| (gone.tenant, gone.lead)));
        let notes = runs.notes.iter().map(|note| (note.tenant, note.lead));
        let notes = notes.chain(runs.dropped_notes.iter().map(|gone| (gone.tenant, gone.lead)));
        let moves = runs.moves.iter();
        let moves = moves.flat_map(|moved| [moved.from, moved.to].map(|lead| (moved.tenant, lead)));
        let mut leads: Vec<(Tenant, LeadId)> = updates
            .chain(scores)
            .chain(spoils)
            .chain(interactions)
            .chain(marks)
            .chain(stays)
            .chain(tasks)
            .chain(notes)
            .chain(moves)
            .collect();
        leads.sort_unstable();
        leads.dedup();
        if !leads.is_empty() && !runs.new_leads.is_empty() {
            let mut new: Vec<_> =
                runs.new_leads.iter().map(|row| (row.lead.tenant, row.lead.id)).collect();
            new.sort_unstable();
            leads.retain(|lead| new.binary_search(lead).is_err());
        }
        let rows = READ
            .fetch(connection, &leads, |binds, (tenant, lead)| {
                binds.add(tenant.0).add(lead.uuid());
            })
            .await
            .during("read leads to be changed")?;
        let mut held = HashMap::with_capacity(rows.len());
        for row in &rows {
            let mut columns = Columns::of(row, "lead");
            let (id, tenant) = (columns.id("id")?, columns.tenant()?);
            let lead = HeldLead {
                no: columns.value("no")?,
                version: Version(columns.value("version")?),
                deleted: columns.value("deleted_at")?,
                revision: Revision(columns.value("revision")?),
                rule_set: columns.value("rule_set")?,
            };
            held.insert((tenant, id), lead);
        }
        Ok(Self(held))
    }

    pub(super) fn get(&self, tenant: Tenant, lead: LeadId) -> Option<&HeldLead> {
        self.0.get(&(tenant, lead))
    }

    pub(super) fn get_mut(&mut self, tenant: Tenant, lead: LeadId) -> Option<&mut HeldLead> {
        self.0.get_mut(&(tenant, lead))
    }

    /// Adds a lead that has just been inserted.
    pub(super) fn insert(&mut self, row: &LeadRow, no: i64) {
        let lead = HeldLead {
            no,
            version: row.lead.version,
            deleted: row.lead.deleted_at.is_some(),
            revision: Revision(0),
            rule_set: 0,
        };
        self.0.insert((row.lead.tenant, row.lead.id), lead);
    }
}
