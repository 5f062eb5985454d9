//! What tells machines from people. Owns the contract between whoever records an interaction and whoever judges it; knows neither
//! storages nor how anything is found out.

use std::fmt;

use super::{Interaction, InteractionKind};
use crate::id::InteractionId;

/// What a detector needs to judge an interaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Needs {
    /// Nothing: it does not judge such ones.
    Nothing,
    /// The interaction itself.
    Itself,
    /// What else happened with the lead as well. It is then asked again once the interaction is kept: two that come in at the same
    /// moment do not see each other before.
    Others,
}

/// An interaction that a machine seems to have caused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The new one, or one of the others.
    pub interaction: InteractionId,
    /// Why, in words for people; at most [`Interaction::MAX_REASON`] bytes are kept.
    pub reason: String,
}

/// Says of interactions that come in whether a machine seems to have caused them. [`MailBots`](super::MailBots) is ours;
/// `LeadBoxBuilder::bot_detector` takes another.
///
/// What it finds is marked as suspect: kept, without weight, until somebody clears it. Whatever somebody decided stays as it is,
/// so a detector need not look for that. It has to be quick, and to say the same of the same.
pub trait BotDetector: fmt::Debug + Send + Sync {
    /// What it needs to judge such ones.
    fn needs(&self, kind: &InteractionKind) -> Needs;

    /// What it finds of `new` and of the `others`: some of the lead's latest that happened before `new`, or up to
    /// [`Interaction::NEARBY`] after it, the latest first.
    fn findings(&self, new: &Interaction, others: &[Interaction]) -> Vec<Finding>;
}
