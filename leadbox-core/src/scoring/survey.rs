//! All leads of a snapshot, scored by the same rules at the same moment, and two such surveys beside each other. Owns the counts and which leads
//! move most; knows nothing of where the leads come from.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::num::NonZero;
use std::ops::Range;
use std::sync::Arc;
use std::thread;

use super::distribution::{Step, steps};
use super::over::{RowScore, ScorersOver};
use super::scorers::Scorers;
use super::snapshot::Snapshot;
use crate::score::Points;
use crate::time::Timestamp;

/// A thread of its own is not worth it for fewer leads.
const FEW: usize = 4_096;

/// What all leads of a snapshot are worth.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Survey {
    totals: Vec<Points>,
    /// The place of each row's priority, from 1; 0 for none.
    priorities: Vec<u16>,
    /// The priorities with how many leads have each.
    of_priorities: Vec<(String, u64)>,
    /// The rules and signals with how many leads each fires for.
    of_rules: Vec<(String, u64)>,
}

/// How two surveys of the same snapshot differ.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SurveyDifference {
    /// How many leads move by a whole point or more.
    pub moved: u64,
    /// How many have another priority.
    pub shifted: u64,
    /// The rows that move most, those first that move further.
    pub most_moved: Vec<usize>,
}

/// What one thread finds.
#[derive(Default)]
struct Part {
    totals: Vec<Points>,
    priorities: Vec<u16>,
    fired: Vec<u64>,
}

impl Survey {
    /// Scores every lead of a snapshot, on all threads that there are; none when one of the scorers is a host's own, which knows one
    /// lead at a time.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use leadbox_core::Timestamp;
    /// use leadbox_core::scoring::{RuleSet, Scorers, Snapshot, Survey};
    ///
    /// let rules = Arc::new(RuleSet::load("rule(\"Anybody\", 5, |lead| true);")?);
    /// let snapshot = Arc::new(Snapshot::with_limit(1024 * 1024));
    /// let survey = Survey::of(&Scorers::host(rules), &snapshot, Timestamp::default());
    /// assert!(survey.is_some_and(|survey| survey.totals().is_empty()));
    /// # Ok::<(), leadbox_core::scoring::LoadError>(())
    /// ```
    pub fn of(scorers: &Scorers, snapshot: &Arc<Snapshot>, at: Timestamp) -> Option<Self> {
        let over = &scorers.over(snapshot)?;
        let leads = snapshot.len();
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let size = leads.div_ceil(threads).max(FEW);
        let rows = (0..leads).step_by(size).map(|from| from..(from + size).min(leads));
        let parts = match leads {
            ..=FEW => vec![Part::of(over, 0..leads, at)],
            _ => thread::scope(|scope| {
                let parts: Vec<_> =
                    rows.map(|rows| scope.spawn(move || Part::of(over, rows, at))).collect();
                parts.into_iter().map(thread::ScopedJoinHandle::join).collect::<Result<_, _>>()
            })
            .ok()?,
        };
        let mut survey = Self {
            of_priorities: over.priorities().iter().map(|name| (name.clone(), 0)).collect(),
            of_rules: over.rules().iter().map(|name| (name.clone(), 0)).collect(),
            ..Self::default()
        };
        for part in parts {
            survey.add(part);
        }
        Some(survey)
    }

    fn add(&mut self, part: Part) {
        for priority in &part.priorities {
            let place = usize::from(*priority).checked_sub(1);
            if let Some((_, count)) = place.and_then(|place| self.of_priorities.get_mut(place)) {
                *count += 1;
            }
        }
        for ((_, count), fired) in self.of_rules.iter_mut().zip(part.fired) {
            *count += fired;
        }
        self.totals.extend(part.totals);
        self.priorities.extend(part.priorities);
    }

    /// The totals, by row.
    pub fn totals(&self) -> &[Points] {
        &self.totals
    }

    /// The priorities with how many leads have each, as they are declared.
    pub fn priorities(&self) -> &[(String, u64)] {
        &self.of_priorities
    }

    /// How many leads have no priority.
    pub fn without_priority(&self) -> u64 {
        self.priorities.iter().filter(|place| **place == 0).count() as u64
    }

    /// The rules and signals with how many leads each fires for, as they are declared.
    pub fn rules(&self) -> &[(String, u64)] {
        &self.of_rules
    }

    /// How many leads have which score, beside an earlier survey, if there is one.
    pub fn steps(&self, before: Option<&Self>) -> Vec<Step> {
        steps(before.map(Self::totals), &self.totals)
    }

    /// How it differs from an earlier survey of the same leads, with at most so many rows that move most.
    pub fn difference(&self, before: &Self, most: usize) -> SurveyDifference {
        // What each priority of before is called here; one that is unknown here is like none that is.
        let same: Vec<u16> = std::iter::once(0)
            .chain(before.of_priorities.iter().map(|(name, _)| {
                let place = self.of_priorities.iter().position(|(other, _)| other == name);
                place.and_then(|place| u16::try_from(place + 1).ok()).unwrap_or(u16::MAX)
            }))
            .collect();
        let mut difference = SurveyDifference::default();
        let mut most_moved = BinaryHeap::new();
        let rows = before.totals.iter().zip(&self.totals);
        let rows = rows.zip(before.priorities.iter().zip(&self.priorities)).enumerate();
        for (row, ((was, is), (priority_was, priority_is))) in rows {
            let by = is.0.abs_diff(was.0);
            difference.moved += u64::from(by >= 100);
            let kept = same.get(usize::from(*priority_was)) == Some(priority_is);
            difference.shifted += u64::from(!kept);
            if by > 0 {
                most_moved.push(Reverse((by, Reverse(row))));
                if most_moved.len() > most {
                    most_moved.pop();
                }
            }
        }
        let most_moved = most_moved.into_sorted_vec().into_iter();
        difference.most_moved = most_moved.map(|Reverse((_, Reverse(row)))| row).collect();
        difference
    }
}

impl Part {
    fn of(over: &ScorersOver<'_>, rows: Range<usize>, at: Timestamp) -> Self {
        let mut part = Self {
            totals: Vec::with_capacity(rows.len()),
            priorities: Vec::with_capacity(rows.len()),
            fired: vec![0; over.rules().len()],
        };
        for row in rows {
            let score = over.score(row, at);
            let RowScore { total, priority, .. } = score;
            part.totals.push(total);
            let place = priority.and_then(|place| u16::try_from(place + 1).ok());
            part.priorities.push(place.unwrap_or(0));
            for rule in over.fired(&score) {
                if let Some(count) = part.fired.get_mut(rule) {
                    *count += 1;
                }
            }
        }
        part
    }
}
