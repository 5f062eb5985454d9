//! What happens when. Owns the recipe, the steps and their order in time; a step names its lead by number, because ids
//! come about in the replay only.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use chrono::{Months, NaiveDate, NaiveTime};
use leadbox_core::{LeadPatch, NewInteraction, NewLead, NewTask, Timestamp};
use serde::Serialize;

use super::dice::Dice;
use super::forms::{Crowd, Newcomer};
use super::journey;
use super::seasons::Calendar;
use super::sources::CHANNELS;

/// What a plan follows from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Recipe {
    /// The same seed makes the same plan.
    pub seed: u64,
    /// The day on which the history ends; it ends with the night before, so that no step lies in the future.
    pub as_of: NaiveDate,
    /// How many leads.
    pub size: u32,
    /// How many months of history.
    pub months: u32,
}

/// Whose hand moves a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub(super) enum By {
    /// The website, which embeds LeadBox.
    Host,
    /// LeadBox's own assignment.
    System,
    /// A user by place.
    User(usize),
}

/// What a step does.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(super) enum Action {
    /// A lead comes in, new or once more.
    Capture(Box<NewLead>),
    /// It goes to a user.
    Assign(usize),
    /// It moves to a stage.
    Advance(&'static str),
    /// Fields change.
    Update(LeadPatch),
    /// Something happens with it.
    Interact(NewInteraction),
    /// Something is noted.
    Note(&'static str),
    /// Something is to be done, by a user or by nobody in particular; the lead's tasks are numbered.
    Task(usize, NewTask, Option<usize>),
    /// The lead's task with this number is done.
    Complete(usize),
    /// It is merged into the lead of this number.
    Join(u32),
}

impl Action {
    /// Whether what is decided about the lead afterwards depends on it: what happens with it counts in its score.
    pub(super) fn changes_lead(&self) -> bool {
        !matches!(self, Self::Note(_))
    }
}

/// One thing that happens to one lead.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub(super) struct Step {
    pub(super) at: Timestamp,
    /// The lead by number: 0 came in first.
    pub(super) lead: u32,
    pub(super) by: By,
    pub(super) action: Action,
}

impl Step {
    /// The leads that it is about, by number.
    pub(super) fn leads(&self) -> impl Iterator<Item = u32> + use<> {
        let other = match self.action {
            Action::Join(kept) => Some(kept),
            _ => None,
        };
        std::iter::once(self.lead).chain(other)
    }
}

/// The history of an invented company's leads. Cheap to hold: steps are made as they are asked for.
#[derive(Clone, Debug)]
pub struct Plan {
    recipe: Recipe,
    first: NaiveDate,
}

impl Plan {
    /// The plan of this recipe.
    pub fn make(recipe: Recipe) -> Self {
        let first = recipe
            .as_of
            .checked_sub_months(Months::new(recipe.months.max(1)))
            .unwrap_or(NaiveDate::MIN);
        Self { recipe, first }
    }

    /// What it follows from.
    pub fn recipe(&self) -> Recipe {
        self.recipe
    }

    /// When it begins.
    pub(super) fn start(&self) -> Timestamp {
        self.first.and_time(NaiveTime::MIN).and_utc()
    }

    /// The steps, the earliest first.
    pub(super) fn steps(&self) -> Steps {
        let mut dice = Dice::seeded(self.recipe.seed);
        let calendar = Calendar::new(self.first, self.recipe.as_of);
        let copies = self.recipe.size / 50;
        let mut arrivals: Vec<(Timestamp, usize)> = (copies..self.recipe.size)
            .map(|_| {
                let channel = dice.weighted(CHANNELS.iter().map(|channel| channel.share));
                (calendar.moment(&mut dice, CHANNELS[channel].rhythm), channel)
            })
            .collect();
        arrivals.sort_unstable();
        Steps {
            dice,
            end: self.recipe.as_of.and_time(NaiveTime::MIN).and_utc(),
            arrivals: arrivals.into_iter(),
            arrived: 0,
            copies_left: copies,
            copies: BinaryHeap::new(),
            crowd: Crowd::default(),
            numbered: 0,
            waiting: BinaryHeap::new(),
        }
    }
}

/// A step in the queue; ties in time keep the order in which their leads came and their steps were made.
#[derive(Debug)]
struct Queued {
    step: Step,
    order: usize,
}

impl Queued {
    fn key(&self) -> (Timestamp, u32, usize) {
        (self.step.at, self.step.lead, self.order)
    }
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Queued {}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// A person who will be written down a second time, ordered by when.
#[derive(Debug)]
struct Copied(Timestamp, u32, Box<Newcomer>);

impl PartialEq for Copied {
    fn eq(&self, other: &Self) -> bool {
        (self.0, self.1) == (other.0, other.1)
    }
}

impl Eq for Copied {}

impl PartialOrd for Copied {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Copied {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}

/// One pair of so many is merged, the first among them.
const MERGED: u32 = 4;

/// A plan's steps in the order of time. Only the leads that something still happens to are held.
#[derive(Debug)]
pub(super) struct Steps {
    dice: Dice,
    end: Timestamp,
    arrivals: std::vec::IntoIter<(Timestamp, usize)>,
    arrived: u32,
    copies_left: u32,
    copies: BinaryHeap<Reverse<Copied>>,
    crowd: Crowd,
    numbered: u32,
    waiting: BinaryHeap<Reverse<Queued>>,
}

impl Steps {
    /// The person who comes next, if that is not after `before`.
    fn newcomer(&mut self, before: Option<Timestamp>) -> Option<Newcomer> {
        let original = self.arrivals.as_slice().first().map(|(at, _)| *at);
        let copy = self.copies.peek().map(|Reverse(Copied(at, ..))| *at);
        let next = original.into_iter().chain(copy).min()?;
        if before.is_some_and(|before| before < next) {
            return None;
        }
        if copy == Some(next) {
            return self.copies.pop().map(|Reverse(Copied(.., newcomer))| *newcomer);
        }
        let (at, channel) = self.arrivals.next()?;
        let newcomer = self.crowd.newcomer(&mut self.dice, at, &CHANNELS[channel]);
        self.arrived += 1;
        // Spread evenly, so that every stretch of time has its share of duplicates.
        if self.arrived % 49 == 1 && self.copies_left > 0 {
            self.copies_left -= 1;
            let mut copy = newcomer.copy(&mut self.dice, self.end);
            // Some are noticed and merged; the rest waits for somebody.
            copy.joins = (self.copies_left % MERGED == MERGED - 1).then_some(self.numbered);
            self.copies.push(Reverse(Copied(copy.at, self.arrived, Box::new(copy))));
        }
        Some(newcomer)
    }
}

impl Iterator for Steps {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        loop {
            let next = self.waiting.peek().map(|Reverse(queued)| queued.step.at);
            let Some(newcomer) = self.newcomer(next) else { break };
            let lead = self.numbered;
            self.numbered += 1;
            let steps = journey::live(&mut self.dice, lead, &newcomer, self.end);
            let queued =
                steps.into_iter().enumerate().map(|(order, step)| Reverse(Queued { step, order }));
            self.waiting.extend(queued);
        }
        self.waiting.pop().map(|Reverse(queued)| queued.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn recipe(size: u32) -> Recipe {
        Recipe { seed: 11, as_of: "2026-03-02".parse().unwrap(), size, months: 18 }
    }

    #[test]
    fn steps_come_in_the_order_of_time_and_a_lead_begins_with_its_capture() {
        let plan = Plan::make(recipe(500));
        let mut last = plan.start();
        let mut seen = 0;
        for step in plan.steps() {
            assert!(step.at >= last, "{} after {last}", step.at);
            last = step.at;
            if step.lead == seen {
                assert!(matches!(step.action, Action::Capture(_)), "{step:?}");
                seen += 1;
            }
            assert!(step.lead < seen);
        }
        assert_eq!(seen, 500);
        assert!(last < "2026-03-02T00:00:00Z".parse::<Timestamp>().unwrap());
    }

    #[test]
    fn two_in_a_hundred_are_written_down_twice_and_some_are_merged() {
        let (mut people, mut seen) = (HashMap::new(), HashMap::new());
        let mut joined = 0;
        for step in Plan::make(recipe(1000)).steps() {
            match &step.action {
                Action::Capture(new) if !seen.contains_key(&step.lead) => {
                    // Whatever the spelling and the address, the letters of a name are the same.
                    let mut letters: Vec<char> = new
                        .name
                        .iter()
                        .flat_map(|name| name.to_lowercase().chars().collect::<Vec<_>>())
                        .collect();
                    letters.sort_unstable();
                    let who = (
                        letters,
                        new.title.clone(),
                        new.city.clone(),
                        new.employees,
                        new.industry.clone(),
                    );
                    *people.entry(who.clone()).or_insert(0) += 1;
                    seen.insert(step.lead, who);
                }
                Action::Join(kept) => {
                    assert_eq!(seen[kept], seen[&step.lead], "the same person");
                    joined += 1;
                }
                _ => {}
            }
        }
        let twice: i32 = people.values().map(|count| count - 1).sum();
        assert!((20..=24).contains(&twice), "{twice}, a few namesakes among them");
        assert_eq!(joined, 5);
    }

    #[test]
    fn better_sources_win_more_and_there_are_bots() {
        let (mut came, mut won) = (HashMap::new(), HashMap::new());
        let mut source = HashMap::new();
        let mut suspects = 0;
        for step in Plan::make(recipe(6000)).steps() {
            match &step.action {
                Action::Capture(new) => {
                    if let std::collections::hash_map::Entry::Vacant(entry) =
                        source.entry(step.lead)
                    {
                        entry.insert(new.source.clone().unwrap());
                        *came.entry(new.source.clone().unwrap()).or_insert(0) += 1;
                    }
                }
                Action::Advance("won") => *won.entry(source[&step.lead].clone()).or_insert(0) += 1,
                Action::Interact(new) => {
                    suspects += u32::from(new.props.contains_key("user_agent"));
                }
                _ => {}
            }
        }
        let rate =
            |name: &str| f64::from(won.get(name).copied().unwrap_or(0)) / f64::from(came[name]);
        assert!(
            rate("referral") > 2.0 * rate("google ads"),
            "{} {}",
            rate("referral"),
            rate("google ads")
        );
        assert!(rate("google ads") > rate("cold outreach"));
        assert!(suspects > 500, "{suspects}");
    }

    #[test]
    fn most_tasks_are_done_some_late_and_some_not_at_all() {
        let (mut due, mut done, mut late, mut notes) = (HashMap::new(), 0, 0, 0);
        let recipe = recipe(3000);
        for step in Plan::make(recipe).steps() {
            match step.action {
                Action::Task(number, new, _) => {
                    assert!(due.insert((step.lead, number), new.due_at).is_none());
                }
                Action::Complete(number) => {
                    let due = due.remove(&(step.lead, number)).expect("it was added before");
                    done += 1;
                    late += i32::from(due.is_some_and(|due| due < step.at));
                }
                Action::Note(_) => notes += 1,
                _ => {}
            }
        }
        let end = recipe.as_of.and_time(NaiveTime::MIN).and_utc();
        let overdue = due.values().filter(|due| due.is_some_and(|due| due < end)).count();
        assert!(due.len() > overdue && overdue > 50, "{overdue} of {}", due.len());
        assert!(done > 500 && late > 50 && late < done / 2, "{late} of {done}");
        assert!(notes > 500, "{notes}");
    }
}
