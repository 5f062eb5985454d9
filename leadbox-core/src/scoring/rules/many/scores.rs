//! A rule set over a snapshot. Owns which rule is decided by what, and the sum that a score is.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;

use super::super::code::Stop;
use super::super::moments;
use super::super::numbers::points;
use super::super::plan::{Entry, Kind, Plan, Question, Signal, Worth};
use super::super::run::{Answer, line};
use super::asker::{Asker, Wrong};
use super::bound::Bound;
use super::condition::{Condition, Verdict};
use super::filling::Filling;
use super::reads::Reads;
use super::row::Row;
use super::score::{Fired, Score};
use super::tables::{Group, Ruled};
use crate::identity::Industry;
use crate::score::Points;
use crate::scoring::snapshot::{Snapshot, Where};
use crate::scoring::value::Value;
use crate::time::Timestamp;

/// A rule set that is ready to score the leads of one snapshot, again and again. [`RuleSet::over`](crate::scoring::RuleSet::over)
/// makes it.
///
/// It says what the card says, without reasons: the total, the priority and which rules fired. It can be shared by threads.
pub struct Scores<'r> {
    asker: Asker<'r>,
    plan: &'r Plan,
    bound: Bound,
    applies_to: Option<Decider<'r>>,
    entries: Vec<Ready<'r>>,
    /// What every lead gets.
    always: Score,
    always_sums: Vec<i64>,
    tables: Vec<Group<'r>>,
    /// The entries that no table decides.
    rest: Vec<usize>,
    /// The priorities with their bounds, the highest first.
    bounds: Vec<(Points, usize)>,
}

/// A question and what decides it.
#[derive(Debug)]
struct Decider<'r> {
    question: &'r Question,
    condition: Condition,
}

/// A rule or a signal.
#[derive(Debug)]
struct Ready<'r> {
    entry: &'r Entry,
    when: Option<Decider<'r>>,
    category: usize,
    /// What it is worth to the industry of this number instead.
    industries: Box<[Option<f64>]>,
    /// The number of the kind of interaction.
    kind: u32,
}

/// The sums of so many categories need no memory of their own.
const FEW: usize = 16;

impl fmt::Debug for Scores<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scores")
            .field("entries", &self.entries.len())
            .field("tables", &self.tables.len())
            .field("rest", &self.rest.len())
            .finish_non_exhaustive()
    }
}

impl<'r> Decider<'r> {
    fn new(question: &'r Question) -> Self {
        let condition = match &question.code {
            Some(code) => Condition::whole(code),
            None => Condition::Always(Verdict::Ask),
        };
        Self { question, condition }
    }

    fn with_tables(self, filling: &Filling<'_>) -> Self {
        Self { condition: self.condition.with_tables(filling), ..self }
    }
}

impl<'r> Scores<'r> {
    pub(in super::super) fn new(asker: Asker<'r>, plan: &'r Plan) -> Self {
        let snapshot: &'r Snapshot = asker.snapshot;
        let bound = Bound::new(plan, snapshot);
        let mut bounds: Vec<(Points, usize)> =
            plan.priorities.iter().enumerate().map(|(place, (_, from))| (*from, place)).collect();
        bounds.sort_unstable_by_key(|(from, _)| Reverse(*from));
        let entries = plan.entries.iter().map(|entry| Ready::new(entry, plan, &bound, snapshot));
        let mut scores = Self {
            asker,
            plan,
            applies_to: plan.applies_to.as_ref().map(Decider::new),
            entries: entries.collect(),
            bound,
            always: Score::default(),
            always_sums: vec![0; plan.categories.len() + 1],
            tables: Vec::new(),
            rest: Vec::new(),
            bounds,
        };
        scores.fill();
        scores
    }

    /// Fills tables for what they can decide.
    fn fill(&mut self) {
        let bound = self.bound.clone();
        let filling = Filling::new(self.asker.snapshot, &bound);
        // Whether the values in a column matter, or only whether there is one, and the rules that it decides.
        let mut columns: BTreeMap<usize, (Reads, Vec<usize>)> = BTreeMap::new();
        let mut always = Vec::new();
        for (place, ready) in self.entries.iter().enumerate() {
            match ready.reads(&bound, self.asker.snapshot) {
                Reads::Nothing => always.push(place),
                reads @ (Reads::Presence(column) | Reads::Column(column)) => {
                    let (known, places) = columns.entry(column).or_insert((reads, Vec::new()));
                    *known = known.and(reads);
                    places.push(place);
                }
                Reads::Detail(_) | Reads::Several => self.rest.push(place),
            }
        }
        for (column, (reads, places)) in columns {
            let ruled = |place: usize| {
                let ready = self.entries.get(place)?;
                let of =
                    |row: &Row<'_>| self.worth_of(ready, &mut row.clone()).map(|points| points.0);
                let adds = match reads {
                    Reads::Presence(_) => filling.presence(column, of),
                    _ => filling.values(column, of),
                };
                let adds = adds.into_iter().map(Option::flatten).collect();
                Some(Ruled { place, category: ready.category, adds })
            };
            let rules: Vec<Ruled> = places.into_iter().filter_map(ruled).collect();
            let snapshot: &'r Snapshot = self.asker.snapshot;
            let numbers = snapshot.column(column).map_or(&[][..], |column| column.numbers());
            Group::put(&mut self.tables, numbers, &rules);
        }
        if !self.asker.snapshot.is_empty() {
            for place in always {
                let Some(ready) = self.entries.get(place) else { continue };
                if let Some(points) = self.worth_of(ready, &mut filling.any_row()) {
                    self.always.fired.add(place);
                    if let Some(sum) = self.always_sums.get_mut(ready.category) {
                        *sum = sum.saturating_add(points.0);
                    }
                }
            }
        }
        for place in &self.rest {
            if let Some(ready) = self.entries.get_mut(*place) {
                ready.when = ready.when.take().map(|when| when.with_tables(&filling));
            }
        }
        self.applies_to = self.applies_to.take().map(|asked| asked.with_tables(&filling));
    }

    fn asked(&self, row: usize, as_of: Timestamp) -> Row<'_> {
        let snapshot: &Snapshot = self.asker.snapshot;
        let happened = snapshot.happened().of(row, as_of);
        Row { snapshot, bound: &self.bound, row, as_of, happened, about: None }
    }

    /// Whether the rule set is for the lead in a row. Not when that is not known, nor when the question goes wrong.
    pub fn applies_to(&self, row: usize, as_of: Timestamp) -> bool {
        let Some(question) = &self.applies_to else { return true };
        matches!(self.is_so(question, &self.asked(row, as_of)), Ok(Some(true)))
    }

    /// What the lead in a row is worth at a moment; nothing where there is no such row.
    ///
    /// It takes no memory, as long as the interpreter is not asked and there are few categories.
    pub fn score(&self, row: usize, as_of: Timestamp) -> Score {
        if row >= self.asker.snapshot.len() {
            return Score::default();
        }
        let mut few = [0; FEW];
        let mut many = Vec::new();
        let sums = match few.get_mut(..self.always_sums.len()) {
            Some(few) => few,
            None => {
                many.resize(self.always_sums.len(), 0);
                many.as_mut_slice()
            }
        };
        sums.copy_from_slice(&self.always_sums);
        let mut fired = self.always.fired;
        for table in &self.tables {
            table.add(row, &mut fired, sums);
        }
        if !self.rest.is_empty() {
            let mut asked = self.asked(row, as_of);
            for place in &self.rest {
                let Some(ready) = self.entries.get(*place) else { continue };
                if let Some(points) = self.worth_of(ready, &mut asked) {
                    fired.add(*place);
                    if let Some(sum) = sums.get_mut(ready.category) {
                        *sum = sum.saturating_add(points.0);
                    }
                }
            }
        }
        self.summed(fired, sums)
    }

    fn summed(&self, fired: Fired, sums: &[i64]) -> Score {
        let caps = self.plan.categories.iter().map(|(_, cap)| cap.0).chain([i64::MAX]);
        let counted = sums.iter().zip(caps).map(|(sum, cap)| *sum.min(&cap));
        let total = Points(counted.fold(0, i64::saturating_add));
        let reached = self.bounds.iter().find(|(from, _)| total >= *from);
        Score { total, priority: reached.map(|(_, place)| *place), fired }
    }

    /// What an entry adds, if it fires.
    fn worth_of(&self, ready: &Ready<'_>, asked: &mut Row<'_>) -> Option<Points> {
        let found = match &ready.entry.kind {
            Kind::Rule { .. } => self.rule(ready, asked),
            Kind::Signal(signal) => self.signal(ready, signal, asked),
        };
        found.ok().flatten()
    }

    fn rule(&self, ready: &Ready<'_>, asked: &Row<'_>) -> Result<Option<Points>, Wrong> {
        let Some(when) = &ready.when else { return Ok(None) };
        if self.is_so(when, asked)? != Some(true) {
            return Ok(None);
        }
        let Some(worth) = self.worth(ready, asked)? else { return Ok(None) };
        let (_, points) = line(ready.entry, worth).ok_or(Wrong)?;
        Ok((points != Points(0)).then_some(points))
    }

    fn signal(
        &self,
        ready: &Ready<'_>,
        signal: &Signal,
        asked: &mut Row<'_>,
    ) -> Result<Option<Points>, Wrong> {
        let now = asked.as_of;
        let snapshot: &Snapshot = self.asker.snapshot;
        let happened = snapshot.happened();
        let mut worth = None;
        for place in asked.happened.clone() {
            if happened.kind(place) != ready.kind {
                continue;
            }
            let at = happened.at(place);
            if signal.within.is_some_and(|length| !moments::within(at, length, now)) {
                continue;
            }
            asked.about = Some(place);
            let is_meant =
                ready.when.as_ref().map_or(Ok(Some(true)), |when| self.is_so(when, asked));
            let adds = match is_meant {
                Ok(Some(true)) => self.worth(ready, asked),
                other => other.map(|_| None),
            };
            asked.about = None;
            if let Some(adds) = adds? {
                *worth.get_or_insert(0.0) += adds * signal.fade.left(now - at);
            }
        }
        let Some(worth) = worth else { return Ok(None) };
        line(ready.entry, worth).map(|(_, points)| Some(points)).ok_or(Wrong)
    }

    /// Whether something is so; none when that is not known.
    fn is_so(&self, decider: &Decider<'_>, asked: &Row<'_>) -> Result<Option<bool>, Wrong> {
        match decider.condition.verdict(asked) {
            Verdict::Yes => Ok(Some(true)),
            Verdict::No => Ok(Some(false)),
            Verdict::NotKnown => Ok(None),
            Verdict::Ask => match self.asker.ask(decider.question, asked)? {
                Answer::YesOrNo(value) => Ok(Some(value)),
                Answer::NotKnown => Ok(None),
                Answer::Number(_) | Answer::Else => Err(Wrong),
            },
        }
    }

    /// What an entry is worth, in points; none when that is not known.
    fn worth(&self, ready: &Ready<'_>, asked: &Row<'_>) -> Result<Option<f64>, Wrong> {
        if let Some(own) = ready.own_worth(asked) {
            return Ok(Some(own));
        }
        let told = match &ready.entry.worth {
            Worth::Fixed(points) => return Ok(Some(*points)),
            Worth::Told(told) => told,
        };
        let answer = match told.code.as_ref().map(|code| code.answer(asked)) {
            Some(Ok(value)) => Answer::of(value),
            Some(Err(Stop::NotKnown)) => Answer::NotKnown,
            Some(Err(Stop::Ask)) | None => self.asker.ask(told, asked)?,
        };
        match answer {
            Answer::NotKnown => Ok(None),
            Answer::Number(worth) if points(worth).is_some() => Ok(Some(worth)),
            _ => Err(Wrong),
        }
    }
}

impl<'r> Ready<'r> {
    fn new(entry: &'r Entry, plan: &Plan, bound: &Bound, snapshot: &Snapshot) -> Self {
        let (when, kind) = match &entry.kind {
            Kind::Rule { when } => (Some(when), 0),
            Kind::Signal(signal) => (signal.when.as_ref(), snapshot.kind(&signal.what)),
        };
        let known = plan.categories.iter().position(|(name, _)| *name == entry.category);
        let industries = match bound.industry {
            Where::Column(column) if !entry.industries.is_empty() => snapshot.column(column),
            _ => None,
        };
        let industries = industries.map(|column| {
            let worth = |number: u32| match column.cells.value(number) {
                Some(Value::Text(id)) => {
                    Industry::from_id(id).and_then(|one| entry.industries.get(&one)).copied()
                }
                _ => None,
            };
            let all = u32::try_from(column.cells.len()).unwrap_or(0);
            (0..=all).map(worth).collect()
        });
        Self {
            entry,
            when: when.map(Decider::new),
            category: known.unwrap_or(plan.categories.len()),
            industries: industries.unwrap_or_default(),
            kind,
        }
    }

    /// What decides whether it fires and what it is worth.
    fn reads(&self, bound: &Bound, snapshot: &Snapshot) -> Reads {
        if matches!(self.entry.kind, Kind::Signal(_)) {
            return Reads::Several;
        }
        let of = |question: &Question| match (&question.code, &question.decided_by) {
            (Some(code), _) => Reads::of(code, bound),
            (None, Some(places)) => {
                let places = places.iter().map(|place| Reads::of_place(snapshot.place(place)));
                places.fold(Reads::Nothing, Reads::and)
            }
            (None, None) => Reads::Several,
        };
        let asked = self.entry.questions().map(of);
        let industries = match self.industries.is_empty() {
            true => Reads::Nothing,
            false => Reads::of_place(bound.industry),
        };
        asked.fold(industries, Reads::and)
    }

    /// What it is worth to the industry of a lead instead, if it is worth something else to it.
    #[inline]
    fn own_worth(&self, row: &Row<'_>) -> Option<f64> {
        let Where::Column(column) = row.bound.industry else { return None };
        if self.industries.is_empty() {
            return None;
        }
        self.industries.get(row.number(column) as usize).copied().flatten()
    }
}
