//! The tenant in a change. Owns reading it and putting another in its place.

use leadbox_core::{Change, Tenant};

/// Whose row a change is about; none for consumers.
pub(super) fn tenant_of(change: &Change) -> Option<Tenant> {
    Some(match change {
        Change::InsertLead(row) => row.lead.tenant,
        Change::UpdateLead(update) => update.after.lead.tenant,
        Change::SetScore(update) => update.score.tenant,
        Change::SpoilScore(spoil) => spoil.tenant,
        Change::InsertInteraction(interaction) => interaction.tenant,
        Change::MarkInteraction(mark) => mark.tenant,
        Change::OpenStay(stay) | Change::CloseStay(stay) => stay.tenant,
        Change::PutTask(task) => task.tenant,
        Change::DropTask(gone) => gone.tenant,
        Change::PutNote(note) => note.tenant,
        Change::DropNote(gone) => gone.tenant,
        Change::MoveRecords(moved) => moved.tenant,
        Change::PutDefinition(update) => update.tenant,
        Change::DropDefinition(gone) => gone.tenant,
        Change::PutUser(user) => user.tenant,
        Change::PutTeam(team) => team.tenant,
        Change::PutView(view) => view.tenant,
        Change::DropView(gone) => gone.tenant,
        Change::PutCredential(credential) => credential.tenant,
        Change::PutToken(token) => token.tenant,
        Change::PutLane(lane) => lane.key.tenant,
        Change::FinishJob(finish) => finish.tenant,
        Change::ReplayJob(replay) => replay.tenant,
        Change::EnqueueJob(job) => job.lane.tenant,
        Change::RecordAttempt(attempt) => attempt.lane.tenant,
        Change::AdvanceCursor(_) => return None,
        Change::PutCheckpoint(checkpoint) => checkpoint.tenant,
        Change::RememberReply(reply) => reply.tenant,
        Change::AppendEvent(event) => event.tenant,
    })
}

/// The same change on another tenant's row.
pub(super) fn retargeted(change: &Change, tenant: Tenant) -> Change {
    let mut change = change.clone();
    match &mut change {
        Change::InsertLead(row) => row.lead.tenant = tenant,
        Change::UpdateLead(update) => update.after.lead.tenant = tenant,
        Change::SetScore(update) => update.score.tenant = tenant,
        Change::SpoilScore(spoil) => spoil.tenant = tenant,
        Change::InsertInteraction(interaction) => interaction.tenant = tenant,
        Change::MarkInteraction(mark) => mark.tenant = tenant,
        Change::OpenStay(stay) | Change::CloseStay(stay) => stay.tenant = tenant,
        Change::PutTask(task) => task.tenant = tenant,
        Change::DropTask(gone) => gone.tenant = tenant,
        Change::PutNote(note) => note.tenant = tenant,
        Change::DropNote(gone) => gone.tenant = tenant,
        Change::MoveRecords(moved) => moved.tenant = tenant,
        Change::PutDefinition(update) => update.tenant = tenant,
        Change::DropDefinition(gone) => gone.tenant = tenant,
        Change::PutUser(user) => user.tenant = tenant,
        Change::PutTeam(team) => team.tenant = tenant,
        Change::PutView(view) => view.tenant = tenant,
        Change::DropView(gone) => gone.tenant = tenant,
        Change::PutCredential(credential) => credential.tenant = tenant,
        Change::PutToken(token) => token.tenant = tenant,
        Change::PutLane(lane) => lane.key.tenant = tenant,
        Change::FinishJob(finish) => finish.tenant = tenant,
        Change::ReplayJob(replay) => replay.tenant = tenant,
        Change::EnqueueJob(job) => job.lane.tenant = tenant,
        Change::RecordAttempt(attempt) => attempt.lane.tenant = tenant,
        Change::AdvanceCursor(_) => {}
        Change::PutCheckpoint(checkpoint) => checkpoint.tenant = tenant,
        Change::RememberReply(reply) => reply.tenant = tenant,
        Change::AppendEvent(event) => event.tenant = tenant,
    }
    change
}
