//! What sellers write down, and what they mean to do. Owns which notes and tasks follow a move from stage to stage, and how
//! many tasks are done in time, late, or not at all.

use chrono::TimeDelta;
use leadbox_core::{NewTask, Timestamp};

use super::dice::Dice;
use super::plan::{Action, By, Step};
use super::seasons::working;

/// A stage, what is noted when a lead enters it, and what is to be done then.
type Desk = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

const DESKS: [Desk; 4] = [
    (
        "contacted",
        &[
            "Reached on the second try. Happy to talk, short of time until Thursday.",
            "Uses spreadsheets today.\nThree people keep them; nobody trusts the numbers.",
            "Asked for references from the same industry.",
        ],
        &[
            ("Send the information pack", "The short one, with the customer stories."),
            ("Call back about the budget", ""),
            ("Find out who decides", "Procurement was mentioned."),
        ],
    ),
    (
        "qualified",
        &[
            "Budget is there, from the next quarter on.",
            "Wants single sign-on and a data processing agreement.\nBoth are standard with us.",
            "Compares us with two others. Price is not the first question.",
        ],
        &[
            ("Book the demo", "Forty minutes, with somebody from operations."),
            ("Prepare the offer", "Two variants: yearly and monthly."),
        ],
    ),
    (
        "proposal",
        &[
            "Offer is with the board. Next meeting in two weeks.",
            "Asked for a discount on three years.\nAgreed to look at it once the pilot has run.",
        ],
        &[
            ("Follow up on the offer", ""),
            ("Send the contract for review", "Their counsel reads it first."),
            ("Ask about the pilot", "What would make it a success for them?"),
        ],
    ),
    (
        "won",
        &["Signed. Kick-off with customer success next week."],
        &[("Hand over to customer success", "With the notes of the pilot.")],
    ),
];

/// Adds notes and tasks behind the moves of a lead. Chance is its own, so that all else of the history stays as it is
/// without them.
pub(super) fn work(lead: u32, seller: usize, steps: &mut Vec<Step>) {
    let moves: Vec<(Timestamp, &'static str)> = steps
        .iter()
        .filter_map(|step| match step.action {
            Action::Advance(stage) => Some((step.at, stage)),
            _ => None,
        })
        .collect();
    let by = By::User(seller);
    let mut number = 0;
    for (at, stage) in moves {
        let Some((_, notes, todos)) = DESKS.iter().find(|(of, ..)| *of == stage) else { continue };
        let mut dice = Dice::seeded(at.timestamp_micros().cast_unsigned() ^ u64::from(lead));
        let mut say = |at, action| steps.push(Step { at, lead, by, action });
        if dice.chance(0.45) {
            say(at + dice.seconds(60, 1_800), Action::Note(dice.pick(notes)));
        }
        if !dice.chance(0.6) {
            continue;
        }
        let (title, details) = dice.pick(todos);
        let made = at + dice.seconds(30, 900);
        let wanted = made + dice.hours(24.0 * 4.0, 0.7);
        let due = working(&mut dice, wanted);
        let mut new = NewTask::new(title).details(details);
        if !dice.chance(0.1) {
            // No reminders: those of the past would all come when the demo is served.
            new = new.due_at(due);
        }
        let assignee = (!dice.chance(0.06)).then_some(seller);
        say(made, Action::Task(number, new, assignee));
        if dice.chance(0.88) {
            let late = if dice.chance(0.2) { dice.hours(30.0, 0.6) } else { -dice.hours(5.0, 0.6) };
            let done = (due + late).max(made + TimeDelta::minutes(10));
            say(done, Action::Complete(number));
        }
        number += 1;
    }
}
