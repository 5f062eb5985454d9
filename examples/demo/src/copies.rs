//! People who are written down twice. Owns how the second time differs from the first, and which pairs somebody notices and
//! merges.

use chrono::TimeDelta;
use leadbox_core::{NewLead, Timestamp};

use super::dice::Dice;
use super::forms::Newcomer;
use super::names::plain;
use super::plan::{Action, By, Step};
use super::seasons::working;
use super::sources::{CHANNELS, first_touch};

/// Chance of its own for what happens at a moment, so that all else of the history stays as it is without it.
fn apart(at: Timestamp) -> Dice {
    Dice::seeded(at.timestamp_micros().cast_unsigned().rotate_left(7))
}

impl Newcomer {
    /// The same person, written down once more as if nobody knew them: in another spelling, at another address, from another
    /// channel, before `end`.
    pub(super) fn copy(&self, dice: &mut Dice, end: Timestamp) -> Self {
        let later = self.at + dice.hours(24.0 * 12.0, 1.0);
        let at = if later < end {
            later
        } else {
            (self.at + TimeDelta::minutes(3)).min(end - TimeDelta::seconds(1))
        };
        let channel = &CHANNELS[dice.below(CHANNELS.len())];
        let mut input = NewLead {
            upsert_by: Vec::new(),
            consents: Vec::new(),
            tags: Vec::new(),
            ..self.input.clone()
        };
        input = first_touch(channel, dice, input);
        let is_odd = apart(self.at).chance(0.5);
        match (dice.below(3), is_odd) {
            (0, false) => input.email = input.email.map(|email| email.to_uppercase()),
            (0, true) => input.email = input.name.as_deref().map(at_home),
            (1, false) => input.name = input.name.map(|name| name.to_uppercase()),
            (1, true) => input.name = input.name.as_deref().map(slipped),
            _ => input.phone = None,
        }
        Self { at: at.max(self.at), channel, input, ..self.clone() }
    }
}

/// The address that somebody has beside the one at work.
fn at_home(name: &str) -> String {
    let words: Vec<String> = name.split_whitespace().map(plain).collect();
    format!("{}@postbox.example", words.join("."))
}

/// A name with two letters that changed places near its end, as they do when somebody types fast.
fn slipped(name: &str) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    let ends = (2..letters.len()).rev();
    let is_slip = |place: &usize| {
        let pair = &letters[place - 1..=*place];
        pair[0] != pair[1] && pair.iter().all(|letter| letter.is_lowercase())
    };
    if let Some(place) = ends.into_iter().find(is_slip) {
        letters.swap(place - 1, place);
    }
    letters.into_iter().collect()
}

/// Merges a lead into the one that was there before, within days, and lets nothing more happen to it by itself.
pub(super) fn join(lead: u32, kept: u32, by: By, came: Timestamp, steps: &mut Vec<Step>) {
    let mut dice = apart(came);
    let noticed = came + dice.hours(30.0, 0.5);
    let at = working(&mut dice, noticed);
    steps.retain(|step| step.at < at);
    steps.push(Step { at, lead, by, action: Action::Join(kept) });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_changes_two_letters_and_an_address_at_home_is_the_name() {
        assert_eq!(slipped("Marta Keller"), "Marta Kellre");
        assert_eq!(slipped("Li Oo"), "Li Oo");
        assert_eq!(at_home("Jörg Müller"), "joerg.mueller@postbox.example");
    }
}
