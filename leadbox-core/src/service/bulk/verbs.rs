//! Bulk actions, as an asker starts and follows them. Owns the verbs; how the work goes on is `course`'s.

use serde_json::json;

use super::super::LeadBox;
use super::super::decision::{Announce, Decision};
use super::action::{BulkAction, Selection};
use super::asker::acting;
use super::course::Course;
use super::note::{Noted, Refusals, Work};
use super::plan::BulkPlan;
use super::progress::{BulkKind, BulkProgress, BulkState, Refusal};
use crate::access::{Capability, Denied, Permission};
use crate::error::{Error, Invalid, Result};
use crate::id::{BulkId, LeadId};
use crate::storage::Change;

/// Many leads at once. Made by [`LeadBox::bulk`].
#[derive(Clone, Copy, Debug)]
pub struct Bulk<'a> {
    pub(in super::super) leadbox: &'a LeadBox,
}

impl Bulk<'_> {
    /// The queue of work in the background.
    pub const QUEUE: &'static str = "bulk";
    /// The most leads that are done at once, in the caller's task.
    pub const DIRECT: usize = 200;

    /// What an action would do. Nothing is written. How many leads are meant is exact; what would become of them is tried with
    /// [`BulkPlan::TRIED`] of them at the most.
    ///
    /// # Errors
    /// `Invalid`, `Filter`, `Denied` as [`start`](Self::start); `Storage`.
    pub async fn plan(&self, action: &BulkAction, selection: &Selection) -> Result<BulkPlan> {
        self.check(action)?;
        let as_of = self.leadbox.now();
        let leads = selection.sample(self.leadbox, as_of, BulkPlan::TRIED).await?;
        self.leadbox.plan_work(&Work::Action(action.clone()), leads, as_of).await
    }

    /// Starts an action in the background: the host's [`Workers`](crate::Workers) do it, with a
    /// [`BulkHandler`](crate::worker::BulkHandler). The selection is fixed now. What the asker may no longer do by then is
    /// refused.
    ///
    /// # Errors
    /// `Invalid` when the action writes what the asker may not write, or the selection is too large; `Filter`; `Denied` when
    /// the asker may do this with no lead at all; `Storage`.
    pub async fn start(&self, action: &BulkAction, selection: &Selection) -> Result<BulkProgress> {
        self.check(action)?;
        let leads = selection.leads(self.leadbox, self.leadbox.now()).await?;
        self.begin_in_background(Work::Action(action.clone()), &leads).await
    }

    /// Does an action now if it concerns few leads, at most [`DIRECT`](Self::DIRECT), and starts it in the background if it
    /// concerns more.
    ///
    /// # Errors
    /// As [`start`](Self::start) and [`run`](Self::run).
    pub async fn begin(&self, action: &BulkAction, selection: &Selection) -> Result<BulkProgress> {
        self.check(action)?;
        let leads = selection.leads(self.leadbox, self.leadbox.now()).await?;
        self.begin_work(Work::Action(action.clone()), &leads).await
    }

    pub(super) async fn begin_work(&self, work: Work, leads: &[LeadId]) -> Result<BulkProgress> {
        match leads.len() <= Self::DIRECT {
            true => self.run_now(work, leads).await,
            false => self.begin_in_background(work, leads).await,
        }
    }

    /// Does an action now, in the caller's task. If that ends half-way, [`go_on`](Self::go_on) goes on.
    ///
    /// # Errors
    /// As [`start`](Self::start), and `Invalid` for more than [`DIRECT`](Self::DIRECT) leads; `Contended`.
    pub async fn run(&self, action: &BulkAction, selection: &Selection) -> Result<BulkProgress> {
        self.check(action)?;
        let leads = selection.leads(self.leadbox, self.leadbox.now()).await?;
        self.run_now(Work::Action(action.clone()), &leads).await
    }

    /// How far it is. For whoever asked for it, and for those who may read the activity log.
    ///
    /// # Errors
    /// `NotFound`, `Denied`, `Storage`.
    pub async fn progress(&self, id: BulkId) -> Result<BulkProgress> {
        Ok(self.noted(id).await?.progress())
    }

    /// Why leads, or fields of them, stayed as they were: the first [`Refusal::KEPT`]. Of a field that is hidden from the asker
    /// it is not said why: reasons quote values.
    ///
    /// # Errors
    /// As [`progress`](Self::progress).
    pub async fn refusals(&self, id: BulkId) -> Result<Vec<Refusal>> {
        self.noted(id).await?;
        let hidden = &self.leadbox.scope().hidden_fields;
        let mut refusals = Refusals::load(self.leadbox, id).await?.kept;
        for refusal in refusals.iter_mut().filter(|refusal| hidden.contains(&refusal.field)) {
            "is hidden from you".clone_into(&mut refusal.reason);
        }
        Ok(refusals)
    }

    /// Tells it to stop behind the batch that is under way. What was done stays. Once it is over this does nothing.
    ///
    /// # Errors
    /// As [`progress`](Self::progress); `Invalid` for a conversion of a field's values; `Contended`.
    pub async fn cancel(&self, id: BulkId) -> Result<BulkProgress> {
        self.leadbox
            .decide("bulk action", id, || {
                Box::pin(async move {
                    let mut noted = self.noted(id).await?;
                    if noted.note.work.kind() == BulkKind::Convert {
                        let message = "cannot be stopped half-way: the field has its new type";
                        return Err(Invalid::one("operation", message).into());
                    }
                    let mut decision = Decision::new(self.leadbox, Announce::Each);
                    if !noted.note.state.is_over() && noted.note.state != BulkState::Cancelling {
                        noted.note.state = BulkState::Cancelling;
                        decision.push(noted.change(self.leadbox)?)?;
                    }
                    decision.finish(noted.progress()).await
                })
            })
            .await
    }

    /// Goes on with what was begun, to its end, for whoever asked for it. For the host: its workers call this.
    ///
    /// # Errors
    /// `Denied` for anybody but the host; `NotFound`; `Contended`; `Storage`.
    pub async fn go_on(&self, id: BulkId) -> Result<BulkProgress> {
        self.leadbox.rights().require_host()?;
        let noted = Noted::load(self.leadbox, id).await?;
        let acting_again = match noted.note.work.kind() {
            // The field has its new type: what is begun goes on, whatever became of whoever asked for it.
            BulkKind::Convert => {
                let actor = noted.note.asker.actor.clone();
                Ok(acting(&self.leadbox.by(actor), id))
            }
            _ => noted.note.asker.again(self.leadbox, id).await,
        };
        match acting_again {
            Ok(leadbox) => Course::take_up(leadbox, id).await?.go().await,
            Err(Error::Denied(denied)) if !noted.note.state.is_over() => {
                let mut course = Course::take_up(acting(self.leadbox, id), id).await?;
                course.end(BulkState::Failed { reason: denied.to_string() }).await?;
                self.progress(id).await
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn begin_in_background(
        &self,
        work: Work,
        leads: &[LeadId],
    ) -> Result<BulkProgress> {
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        let started = self.add_in_background(&mut decision, work, leads)?;
        self.leadbox.storage().commit(&decision.finish(()).await?.changes).await?;
        Ok(started)
    }

    /// Adds what begins work in the background.
    pub(super) fn add_in_background(
        &self,
        decision: &mut Decision<'_>,
        work: Work,
        leads: &[LeadId],
    ) -> Result<BulkProgress> {
        let noted = Noted::new(self.leadbox.new_id(), self.leadbox, work, leads.len());
        let job = self.leadbox.jobs().new_job(Self::QUEUE, json!({ "bulk": noted.id }));
        noted.begin(decision, leads)?;
        decision.push(Change::EnqueueJob(Box::new(job)))?;
        Ok(noted.progress())
    }

    pub(super) async fn run_now(&self, work: Work, leads: &[LeadId]) -> Result<BulkProgress> {
        if leads.len() > Self::DIRECT {
            let message =
                format!("is more than {} leads: start it in the background", Self::DIRECT);
            return Err(Invalid::one("selection", message).into());
        }
        let noted = Noted::new(self.leadbox.new_id(), self.leadbox, work, leads.len());
        let mut decision = Decision::new(self.leadbox, Announce::Each);
        noted.begin(&mut decision, leads)?;
        self.leadbox.storage().commit(&decision.finish(()).await?.changes).await?;
        Course::take_up(acting(self.leadbox, noted.id), noted.id).await?.go().await
    }

    /// What is noted, for those whom it concerns.
    pub(super) async fn noted(&self, id: BulkId) -> Result<Noted> {
        let noted = Noted::load(self.leadbox, id).await?;
        let asker = &noted.note.asker.actor;
        let is_asker = asker == self.leadbox.actor() || {
            let user = self.leadbox.rights().user().map(crate::id::UserId::uuid);
            user.is_some()
                && (asker.id == user || asker.on_behalf_of.map(|user| user.uuid()) == user)
        };
        if !is_asker {
            self.leadbox.rights().require_capability(Capability::AuditRead)?;
        }
        Ok(noted)
    }

    /// Refuses what would be refused for every single lead.
    fn check(&self, action: &BulkAction) -> Result<()> {
        let rights = self.leadbox.rights();
        let permission = match action {
            BulkAction::Delete => Permission::LeadDelete,
            _ => Permission::LeadEdit,
        };
        if rights.level(permission).is_none() {
            return Err(Denied::Permission { permission }.into());
        }
        let mut invalid = Invalid::default();
        if let BulkAction::Change(patch) = action {
            rights.check_fields(&mut invalid, patch.given_fields());
        }
        Ok(invalid.or(())?)
    }
}
