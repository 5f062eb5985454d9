//! A lead's way through the pipeline. Owns how far it comes, how long each part takes, and what is learnt on the way.

use chrono::TimeDelta;
use leadbox_core::{LeadPatch, NewLead, Timestamp};

use super::copies::join;
use super::desk::work;
use super::dice::Dice;
use super::forms::Newcomer;
use super::interactions::Diary;
use super::names::Seniority;
use super::plan::{Action, By, Step};
use super::seasons::working;
use super::setup::owner;
use super::sources::Entry;

/// Everything that happens to a lead before `end`; times may come in any order, but the capture comes first.
pub(super) fn live(dice: &mut Dice, lead: u32, who: &Newcomer, end: Timestamp) -> Vec<Step> {
    let mut steps = Vec::with_capacity(16);
    let owner = owner(dice, who.company.employees);
    let hand = if who.channel.entry == Entry::Team { By::User(owner) } else { By::Host };
    steps.push(Step {
        at: who.at,
        lead,
        by: hand,
        action: Action::Capture(Box::new(who.input.clone())),
    });
    Diary::of(lead, &mut steps).first_visit(dice, who.channel, who.at);
    let mut seller = By::System;
    if dice.chance(0.96) {
        let at = who.at + dice.seconds(20, 900);
        steps.push(Step { at, lead, by: By::System, action: Action::Assign(owner) });
        seller = By::User(owner);
    }
    let reached = Course { lead, who, seller, end, steps: &mut steps }.run(dice);
    around(dice, lead, who, reached.min(end), &mut steps);
    if seller == By::User(owner) {
        work(lead, owner, &mut steps);
    }
    if let Some(kept) = who.joins {
        join(lead, kept, seller, who.at, &mut steps);
    }
    steps.retain(|step| step.at < end);
    // A first visit has the time of its capture, and nothing may come before that.
    debug_assert!(steps.iter().all(|step| step.at >= who.at));
    steps
}

/// What happens beside the stages: visits and mails, machines, second forms, a consent taken back.
fn around(dice: &mut Dice, lead: u32, who: &Newcomer, until: Timestamp, steps: &mut Vec<Step>) {
    let until = until.max(who.at + TimeDelta::days(4));
    let mut diary = Diary::of(lead, steps);
    diary.meanwhile(dice, who.channel.interest, who.at + TimeDelta::minutes(20), until);
    if dice.chance(0.04) {
        let sent = who.at + dice.hours(30.0, 0.8);
        diary.gateway(dice, sent);
    }
    let mut say =
        |at: Timestamp, action: Action| steps.push(Step { at, lead, by: By::Host, action });
    if dice.chance(0.07) {
        let again: NewLead = who.returning(dice, "second form");
        say(who.at + dice.hours(24.0 * 9.0, 0.9), Action::Capture(Box::new(again)));
    }
    if dice.chance(0.012)
        && who.input.consents.iter().any(|consent| consent.purpose == "newsletter")
    {
        let patch =
            LeadPatch::new().set("consent.newsletter", "withdrawn").set("cf.newsletter", false);
        say(who.at + dice.hours(24.0 * 40.0, 0.6), Action::Update(patch));
    }
}

/// The way through the stages.
struct Course<'a> {
    lead: u32,
    who: &'a Newcomer,
    seller: By,
    end: Timestamp,
    steps: &'a mut Vec<Step>,
}

/// How a stage that did not lead on usually ends: days until then, odds that anybody closes it, and why.
type Ending = (f64, f64, &'static [&'static str]);

const ENDINGS: [Ending; 4] = [
    (21.0, 0.45, &["no-reply", "spam", "student"]),
    (12.0, 0.72, &["no-need", "no-reply", "too-small", "competitor"]),
    (18.0, 0.8, &["timing", "no-budget", "competitor"]),
    (24.0, 0.86, &["competitor", "no-budget", "timing", "price"]),
];

impl Course<'_> {
    /// Runs it; returns when the last thing happened.
    fn run(mut self, dice: &mut Dice) -> Timestamp {
        let fit = self.fit();
        let mut at = self.who.at;
        for (place, stage) in ["contacted", "qualified", "proposal", "won"].into_iter().enumerate()
        {
            let odds = (self.who.channel.odds[place] * fit).min(0.97);
            if !dice.chance(odds) {
                return self.ends(dice, at, ENDINGS[place]);
            }
            // First contact takes hours, the rest days and weeks.
            let usual = [5.0, 24.0 * 4.0, 24.0 * 8.0, 24.0 * 17.0][place];
            let ready = at + dice.hours(usual, 0.8);
            at = working(dice, ready);
            if at >= self.end {
                return self.end;
            }
            self.learns(dice, stage, at);
            self.step(at, Action::Advance(stage));
        }
        self.step(at + dice.seconds(5, 60), Action::Update(LeadPatch::new().add_tag("customer")));
        at
    }

    /// How much better or worse than usual the odds are for this person and company.
    fn fit(&self) -> f64 {
        let decides = match self.who.seniority {
            Seniority::Decides => 1.14,
            Seniority::Leads => 1.08,
            Seniority::Works => 0.96,
            Seniority::Learns => 0.45,
        };
        let size = match self.who.company.employees {
            50..=1500 => 1.08,
            10..=49 => 0.97,
            _ => 0.88,
        };
        decides * size
    }

    /// What precedes a move: the call, the demo, the offer.
    fn learns(&mut self, dice: &mut Dice, stage: &str, at: Timestamp) {
        let shortly = at - dice.seconds(60, 1500);
        let before = shortly.max(self.who.at + TimeDelta::seconds(1));
        let (seller, worth) = (self.seller, self.who.worth);
        let mut diary = Diary::of(self.lead, self.steps);
        match stage {
            "contacted" => diary.call(dice, seller, before, "reached"),
            "qualified" => {
                if dice.chance(0.6) {
                    diary.demo(dice, before);
                }
                let trial =
                    at.date_naive() + TimeDelta::days(if dice.chance(0.7) { 14 } else { 30 });
                let mut patch = LeadPatch::new()
                    .set("value", format!("{worth} EUR"))
                    .set("cf.budget", format!("{}.00", worth * dice.between(7, 13) / 10));
                if dice.chance(0.55) {
                    patch = patch.set("cf.trial_ends", trial.to_string());
                }
                self.step(at - TimeDelta::seconds(1), Action::Update(patch));
            }
            "proposal" => {
                diary.call(dice, seller, before, "demo held");
                if dice.chance(0.4) {
                    let agreed = worth * dice.between(8, 12) / 10;
                    self.step(
                        at - TimeDelta::seconds(1),
                        Action::Update(LeadPatch::new().set("value", format!("{agreed} EUR"))),
                    );
                }
            }
            _ => diary.call(dice, seller, before, "agreed"),
        }
    }

    /// It leads no further: closed after a while, or forgotten.
    fn ends(
        &mut self,
        dice: &mut Dice,
        since: Timestamp,
        (days, odds, reasons): Ending,
    ) -> Timestamp {
        let given_up = since + dice.hours(24.0 * days, 0.6);
        let at = working(dice, given_up);
        if !dice.chance(odds) {
            return since;
        }
        let (seller, reason) = (self.seller, dice.pick(reasons));
        if reason == "no-reply" {
            let tried = since + (at - since) / 2;
            Diary::of(self.lead, self.steps).call(
                dice,
                seller,
                tried.max(since + TimeDelta::seconds(1)),
                "no answer",
            );
        }
        self.step(at, Action::Update(LeadPatch::new().add_tag(reason)));
        self.step(at + TimeDelta::seconds(1), Action::Advance("lost"));
        at
    }

    fn step(&mut self, at: Timestamp, action: Action) {
        self.steps.push(Step { at, lead: self.lead, by: self.seller, action });
    }
}
