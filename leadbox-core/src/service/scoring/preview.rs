//! What rules would do to the leads that are there, before anybody publishes them. Owns the comparison with what is in force; which leads
//! are at hand is `resident`'s.

use std::cmp::Reverse;
use std::sync::Arc;

use serde::Serialize;
use tokio::runtime::Handle;

use super::candidate::Candidate;
use super::kept::score;
use super::resident::{AtHand, Leads};
use super::verbs::Rules;
use crate::access::Capability;
use crate::error::{Error, Result};
use crate::id::LeadId;
use crate::score::Points;
use crate::scoring::{LineMove, ScoreCard, Scorers, Step, Survey};
use crate::time::Timestamp;

/// The leads that are shown of those that move.
pub(super) const MOST_MOVED: usize = 20;

/// What is known of rules before they are published.
#[derive(Clone, PartialEq, Debug)]
pub enum Previewed {
    /// The leads are being read.
    Reading {
        /// How many were.
        read: u64,
        /// How many there are.
        of: u64,
    },
    /// All leads are scored.
    Ready(Box<Preview>),
}

/// What rules would do to the leads that are there.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Preview {
    /// The moment as of which leads are known and scored.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub as_of: Timestamp,
    /// How many leads were scored: the youngest, where there is no room for all of them.
    pub leads: u64,
    /// How many there are.
    pub of: u64,
    /// How many would move by a whole point or more.
    pub moved: u64,
    /// How many would have another priority.
    pub shifted: u64,
    /// How many leads have which score, by what is in force and by what is tried.
    pub steps: Vec<Step>,
    /// How many leads have which priority, the highest first, and those without one last.
    pub priorities: Vec<Share>,
    /// How many leads each rule fires for, in the order of what is tried, and then those that are gone.
    pub rules: Vec<Share>,
    /// The leads that would move most, at most 20.
    pub most_moved: Vec<MovedLead>,
}

/// How many leads have something.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Share {
    /// Its name; none for no priority.
    pub name: Option<String>,
    /// How many by what is in force; none where it is not known there.
    pub before: Option<u64>,
    /// How many by what is tried; none where it is not known there.
    pub after: Option<u64>,
}

/// A lead that would move.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MovedLead {
    /// The lead.
    pub lead: LeadId,
    /// Its total by what is in force.
    #[serde(serialize_with = "Points::as_text")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub before: Points,
    /// Its total by what is tried.
    #[serde(serialize_with = "Points::as_text")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub after: Points,
    /// Its priority by what is in force.
    pub priority_before: Option<String>,
    /// Its priority by what is tried.
    pub priority_after: Option<String>,
    /// The rules that make the difference.
    pub why: Vec<LineMove>,
}

impl MovedLead {
    /// From one card of a lead to another.
    pub(super) fn of(lead: LeadId, before: &ScoreCard, after: &ScoreCard) -> Self {
        Self {
            lead,
            before: before.total,
            after: after.total,
            priority_before: before.priority.clone(),
            priority_after: after.priority.clone(),
            why: before.moves_to(after),
        }
    }

    /// Its place among others: those that move most come first.
    pub(super) fn place(&self) -> (Reverse<u64>, LeadId) {
        (Reverse(self.after.0.abs_diff(self.before.0)), self.lead)
    }
}

impl Rules<'_> {
    /// What rules would do to the leads that the asker sees, beside what is in force. The leads are kept at hand for some minutes, so
    /// that asking again is quick; what happened meanwhile is not in them. Nothing is written.
    ///
    /// # Errors
    /// `Denied`; `NotFound` when there are no such rules; `Invalid` when they have mistakes; `Storage`.
    pub async fn preview(&self, by: &Candidate) -> Result<Previewed> {
        self.leadbox.rights().require_capability(Capability::RulesManage)?;
        let (tried, in_force) = (self.leadbox.scorers_by(by).await?, self.leadbox.scorers().await?);
        let at_hand = match self.leadbox.leads_at_hand().await? {
            Leads::AtHand(at_hand) => at_hand,
            Leads::Reading(reading) => {
                return Ok(Previewed::Reading { read: reading.read(), of: reading.of });
            }
        };
        let (before, after, leads) =
            (Arc::clone(&in_force), Arc::clone(&tried), Arc::clone(&at_hand));
        let work = move || {
            let before = leads.surveyed(&before);
            let after = Survey::of(&after, &leads.snapshot, leads.at).unwrap_or_default();
            compared(&leads, before.as_deref(), &after)
        };
        let (preview, most_moved) = match Handle::try_current() {
            // Nobody but the one who asks waits for it.
            Ok(runtime) => runtime
                .spawn_blocking(work)
                .await
                .map_err(|_| Error::Contended { what: "preview", id: "rules".to_owned() })?,
            Err(_) => work(),
        };
        let most_moved = self.moved(&most_moved, &in_force, &tried, at_hand.at).await?;
        Ok(Previewed::Ready(Box::new(Preview { most_moved, ..preview })))
    }

    /// Leads with their cards by both, those first that move most.
    async fn moved(
        &self,
        leads: &[LeadId],
        in_force: &Scorers,
        tried: &Scorers,
        at: Timestamp,
    ) -> Result<Vec<MovedLead>> {
        let catalog = self.leadbox.catalog().await?;
        let stored = self.leadbox.storage().leads_by_id(self.leadbox.scope(), leads).await?;
        let happened = self.leadbox.happened(leads).await?;
        let moved = stored.iter().map(|stored| {
            let happened = happened.get(&stored.lead.id).map(Vec::as_slice).unwrap_or_default();
            let card = |scorers| score(scorers, &catalog, &stored.lead, happened, at).card;
            MovedLead::of(stored.lead.id, &card(in_force), &card(tried))
        });
        let mut moved: Vec<MovedLead> = moved.filter(|one| one.before != one.after).collect();
        moved.sort_by_key(MovedLead::place);
        Ok(moved)
    }
}

/// What is known of all leads at hand by both, and which move most.
fn compared(at_hand: &AtHand, before: Option<&Survey>, after: &Survey) -> (Preview, Vec<LeadId>) {
    let difference = before.map(|before| after.difference(before, MOST_MOVED));
    let difference = difference.unwrap_or_default();
    let none = Share {
        name: None,
        before: before.map(Survey::without_priority),
        after: Some(after.without_priority()),
    };
    let mut priorities = shares(before.map(Survey::priorities), after.priorities());
    priorities.push(none);
    let preview = Preview {
        as_of: at_hand.at,
        leads: at_hand.snapshot.len() as u64,
        of: at_hand.of,
        moved: difference.moved,
        shifted: difference.shifted,
        steps: after.steps(before),
        priorities,
        rules: shares(before.map(Survey::rules), after.rules()),
        most_moved: Vec::new(),
    };
    let ids = difference.most_moved.into_iter().filter_map(|row| at_hand.snapshot.id(row));
    (preview, ids.collect())
}

/// What both know by name, in the order of the second, and then what only the first knows.
fn shares(before: Option<&[(String, u64)]>, after: &[(String, u64)]) -> Vec<Share> {
    let before = before.unwrap_or_default();
    let count = |all: &[(String, u64)], name: &str| {
        all.iter().find(|(known, _)| known == name).map(|(_, count)| *count)
    };
    let gone = before.iter().filter(|(name, _)| count(after, name).is_none());
    let share = |(name, _): &(String, u64)| Share {
        name: Some(name.clone()),
        before: count(before, name),
        after: count(after, name),
    };
    after.iter().chain(gone).map(share).collect()
}
