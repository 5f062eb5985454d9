//! Pipelines, stages and the time a lead spends in them. Owns the data; knows nothing of who may
//! move a lead.

use serde::{Deserialize, Serialize};

use crate::event::Actor;
use crate::id::{LeadId, PipelineId, StageId, StayId, Tenant};
use crate::time::Timestamp;

/// What being in a stage says about the outcome.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum StageKind {
    /// Not decided.
    Open,
    /// The lead became a customer.
    Won,
    /// It did not.
    Lost,
}

impl StageKind {
    /// The kind's name, such as `open`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }
}

/// One step of a [`Pipeline`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stage {
    /// Its id, which survives renaming.
    pub id: StageId,
    /// A short name for scripts and addresses, unique in its pipeline, such as `qualified`.
    pub key: String,
    /// What people read.
    pub name: String,
    /// What being here means.
    pub kind: StageKind,
}

/// An ordered list of stages that leads move through.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pipeline {
    /// Its id.
    pub id: PipelineId,
    /// What people read.
    pub name: String,
    /// The stages in order; the first open one is where leads begin. Never empty.
    pub stages: Vec<Stage>,
}

impl Pipeline {
    /// The stages that a tenant has before it makes its own.
    pub const DEFAULT_STAGES: [(&'static str, &'static str, StageKind); 6] = [
        ("new", "New", StageKind::Open),
        ("contacted", "Contacted", StageKind::Open),
        ("qualified", "Qualified", StageKind::Open),
        ("proposal", "Proposal", StageKind::Open),
        ("won", "Won", StageKind::Won),
        ("lost", "Lost", StageKind::Lost),
    ];

    /// The stage with this id.
    pub fn stage(&self, id: StageId) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.id == id)
    }

    /// The stage with this key.
    pub fn stage_named(&self, key: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.key == key)
    }

    /// Where a new lead begins: the first open stage, or the first of all.
    pub fn entry(&self) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.kind == StageKind::Open).or(self.stages.first())
    }
}

/// One lead's time in one stage: an interval, open while the lead is there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Stay {
    /// Its id.
    pub id: StayId,
    /// Whose it is.
    pub tenant: Tenant,
    /// The lead.
    pub lead: LeadId,
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The stage.
    pub stage: StageId,
    /// When the lead came in.
    pub entered_at: Timestamp,
    /// Who brought it in.
    pub entered_by: Actor,
    /// When it left, if it did. Not before `entered_at`.
    pub left_at: Option<Timestamp>,
    /// Who moved it on.
    pub left_by: Option<Actor>,
}
