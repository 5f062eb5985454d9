//! What rules would do to the leads that are there, before anybody publishes them. Owns the comparison with what is in force; which leads
//! are at hand is `resident`'s.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use serde::Serialize;

use super::candidate::Candidate;
use super::kept::{MOST_INTERACTIONS, score};
use super::resident::{AtHand, Leads};
use super::verbs::Rules;
use crate::access::Capability;
use crate::error::{Error, Result};
use crate::id::LeadId;
use crate::interaction::Interaction;
use crate::score::Points;
use crate::scoring::{LineMove, RowScore, Scorers, ScorersOver, Step, steps};
use crate::time::Timestamp;

/// The leads that are shown of those that move.
const MOST_MOVED: usize = 20;
/// A thread of its own is not worth it for fewer leads.
const FEW: usize = 4_096;

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
        let work = move || Compared::of(&before, &after, &leads);
        let compared = match tokio::runtime::Handle::try_current() {
            // Nobody but the one who asks waits for it.
            Ok(runtime) => runtime
                .spawn_blocking(work)
                .await
                .map_err(|_| Error::Contended { what: "preview", id: "rules".to_owned() })?,
            Err(_) => work(),
        };
        let most_moved = self.moved(&compared.most_moved, &in_force, &tried, at_hand.at).await?;
        Ok(Previewed::Ready(Box::new(Preview { most_moved, ..compared.preview })))
    }

    /// Leads with their cards by both, those first that move most.
    async fn moved(
        &self,
        leads: &[LeadId],
        in_force: &Scorers,
        tried: &Scorers,
        at: Timestamp,
    ) -> Result<Vec<MovedLead>> {
        let (storage, tenant) = (self.leadbox.storage(), self.leadbox.tenant());
        let catalog = self.leadbox.catalog().await?;
        let stored = storage.leads_by_id(self.leadbox.scope(), leads).await?;
        let mut happened: HashMap<LeadId, Vec<Interaction>> = HashMap::new();
        for one in storage.recent_interactions(tenant, leads, MOST_INTERACTIONS).await? {
            happened.entry(one.lead).or_default().push(one);
        }
        let moved = stored.iter().map(|stored| {
            let happened = happened.get(&stored.lead.id).map(Vec::as_slice).unwrap_or_default();
            let card = |scorers| score(scorers, &catalog, &stored.lead, happened, at).card;
            let (before, after) = (card(in_force), card(tried));
            MovedLead {
                lead: stored.lead.id,
                why: before.moves_to(&after),
                before: before.total,
                after: after.total,
                priority_before: before.priority,
                priority_after: after.priority,
            }
        });
        let mut moved: Vec<MovedLead> = moved.filter(|one| one.before != one.after).collect();
        moved.sort_by_key(|one| (Reverse(one.after.0.abs_diff(one.before.0)), one.lead));
        Ok(moved)
    }
}

/// All leads at hand, scored by both.
struct Compared {
    preview: Preview,
    most_moved: Vec<LeadId>,
}

/// What one thread found.
#[derive(Default)]
struct Part {
    before: Vec<Points>,
    after: Vec<Points>,
    moved: u64,
    shifted: u64,
    priorities: [Counts; 2],
    rules: [Counts; 2],
    most_moved: BinaryHeap<Reverse<(u64, Reverse<usize>)>>,
}

/// How often each of several things was, and how often none of them.
#[derive(Default)]
struct Counts(Vec<u64>, u64);

impl Counts {
    fn add(&mut self, place: Option<usize>) {
        let Some(place) = place else {
            self.1 += 1;
            return;
        };
        if self.0.len() <= place {
            self.0.resize(place + 1, 0);
        }
        if let Some(count) = self.0.get_mut(place) {
            *count += 1;
        }
    }

    fn join(&mut self, other: &Self) {
        self.1 += other.1;
        self.0.resize(self.0.len().max(other.0.len()), 0);
        for (count, more) in self.0.iter_mut().zip(&other.0) {
            *count += more;
        }
    }

    fn of(&self, place: usize) -> u64 {
        self.0.get(place).copied().unwrap_or(0)
    }
}

impl Part {
    fn add(
        &mut self,
        row: usize,
        (over, before): (Option<&ScorersOver<'_>>, Option<RowScore>),
        (tried, after): (&ScorersOver<'_>, RowScore),
    ) {
        self.after.push(after.total);
        self.priorities[1].add(after.priority);
        tried.fired(&after).for_each(|place| self.rules[1].add(Some(place)));
        let (Some(over), Some(before)) = (over, before) else { return };
        self.before.push(before.total);
        self.priorities[0].add(before.priority);
        over.fired(&before).for_each(|place| self.rules[0].add(Some(place)));
        let by = after.total.0.abs_diff(before.total.0);
        self.moved += u64::from(by >= 100);
        self.shifted += u64::from(priority(over, &before) != priority(tried, &after));
        if by > 0 {
            self.most_moved.push(Reverse((by, Reverse(row))));
            if self.most_moved.len() > MOST_MOVED {
                self.most_moved.pop();
            }
        }
    }

    fn join(mut self, other: Self) -> Self {
        self.before.extend(other.before);
        self.after.extend(other.after);
        self.moved += other.moved;
        self.shifted += other.shifted;
        for side in 0..2 {
            self.priorities[side].join(&other.priorities[side]);
            self.rules[side].join(&other.rules[side]);
        }
        self.most_moved.extend(other.most_moved);
        while self.most_moved.len() > MOST_MOVED {
            self.most_moved.pop();
        }
        self
    }
}

fn priority<'p>(over: &'p ScorersOver<'_>, score: &RowScore) -> Option<&'p str> {
    score.priority.and_then(|place| over.priorities().get(place)).map(String::as_str)
}

impl Compared {
    fn of(in_force: &Scorers, tried: &Scorers, at_hand: &AtHand) -> Self {
        let (snapshot, at) = (&at_hand.snapshot, at_hand.at);
        let over = if in_force.edition() > 0 { in_force.over(snapshot) } else { None };
        let mut preview = Preview {
            as_of: at,
            leads: snapshot.len() as u64,
            of: at_hand.of,
            moved: 0,
            shifted: 0,
            steps: Vec::new(),
            priorities: Vec::new(),
            rules: Vec::new(),
            most_moved: Vec::new(),
        };
        // A host's own scorer knows one lead at a time.
        let Some(tried) = tried.over(snapshot) else {
            return Self { preview, most_moved: Vec::new() };
        };
        let (over, tried) = (over.as_ref(), &tried);
        let part = |rows: std::ops::Range<usize>| {
            let mut part = Part::default();
            for row in rows {
                let before = over.map(|over| over.score(row, at));
                part.add(row, (over, before), (tried, tried.score(row, at)));
            }
            part
        };
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let size = snapshot.len().div_ceil(threads).max(FEW);
        let starts = (0..snapshot.len()).step_by(size);
        let all = thread::scope(|scope| {
            let parts = starts
                .map(|from| scope.spawn(move || part(from..(from + size).min(snapshot.len()))));
            let parts: Vec<_> = parts.collect();
            parts.into_iter().filter_map(|part| part.join().ok()).fold(Part::default(), Part::join)
        });
        preview.moved = all.moved;
        preview.shifted = all.shifted;
        preview.steps = steps(over.map(|_| &all.before[..]), &all.after);
        preview.priorities = shares(
            (over.map(ScorersOver::priorities), &all.priorities[0]),
            (tried.priorities(), &all.priorities[1]),
        );
        preview.priorities.push(Share {
            name: None,
            before: over.map(|_| all.priorities[0].1),
            after: Some(all.priorities[1].1),
        });
        preview.rules =
            shares((over.map(ScorersOver::rules), &all.rules[0]), (tried.rules(), &all.rules[1]));
        let mut most_moved = all.most_moved.into_vec();
        most_moved.sort_unstable();
        let ids = most_moved.into_iter().filter_map(|Reverse((_, Reverse(row)))| snapshot.id(row));
        Self { preview, most_moved: ids.collect() }
    }
}

/// What both know by name, in the order of the second, and then what only the first knows.
fn shares(
    (known, before): (Option<&[String]>, &Counts),
    (tried, after): (&[String], &Counts),
) -> Vec<Share> {
    let known = known.unwrap_or_default();
    let place = |all: &[String], name: &String| all.iter().position(|one| one == name);
    let gone = known.iter().filter(|name| !tried.contains(name));
    let share = |name: &String| Share {
        name: Some(name.clone()),
        before: place(known, name).map(|place| before.of(place)),
        after: place(tried, name).map(|place| after.of(place)),
    };
    tried.iter().chain(gone).map(share).collect()
}
