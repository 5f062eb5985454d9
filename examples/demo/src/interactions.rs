//! What leads do meanwhile. Owns visits, mails, forms and calls over the time of a journey, and the bursts of machines
//! that read mails before their addressees do.

use chrono::TimeDelta;
use leadbox_core::{InteractionKind, NewInteraction, Timestamp};

use super::dice::Dice;
use super::plan::{Action, By, Step};
use super::sources::{Channel, Entry};

const PAGES: [&str; 14] = [
    "/",
    "/pricing",
    "/pricing/enterprise",
    "/features/routing",
    "/features/scoring",
    "/features/reports",
    "/customers",
    "/docs/quickstart",
    "/docs/api",
    "/blog/lead-scoring",
    "/blog/pipeline-velocity",
    "/security",
    "/compare",
    "/changelog",
];
const MAILS: [&str; 6] = [
    "Welcome",
    "Your trial in three steps",
    "Case study",
    "Monthly digest",
    "Pricing explained",
    "Webinar invitation",
];

/// What gateways call themselves; the last is the name of a browser.
const GATEWAYS: [&str; 3] = [
    "Barracuda Sentinel (EE)",
    "Mimecast-URL-Scanner/1.4",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/103.0 Safari/537.36",
];
const LINKS: [&str; 5] = ["/pricing", "/demo", "/customers", "/docs/quickstart", "/unsubscribe"];

/// Notes what happens to one lead.
#[derive(Debug)]
pub(super) struct Diary<'a> {
    lead: u32,
    steps: &'a mut Vec<Step>,
}

impl<'a> Diary<'a> {
    pub(super) fn of(lead: u32, steps: &'a mut Vec<Step>) -> Self {
        Self { lead, steps }
    }

    /// Notes it at `heard`, when LeadBox is told.
    pub(super) fn note(&mut self, heard: Timestamp, by: By, new: NewInteraction) {
        // The list only grows, so its length is a key that no other interaction of the lead has.
        let new = new.key(format!("demo-{}-{}", self.lead, self.steps.len()));
        self.steps.push(Step { at: heard, lead: self.lead, by, action: Action::Interact(new) });
    }

    /// The visit that led to the lead, told once the visitor has a name.
    pub(super) fn first_visit(&mut self, dice: &mut Dice, channel: &Channel, at: Timestamp) {
        if channel.entry == Entry::Team {
            return;
        }
        for page in 0..dice.below(4) {
            let minutes = i64::try_from(page).unwrap_or_default() * 2 + 1;
            let seen = at - TimeDelta::minutes(minutes) - dice.seconds(0, 50);
            self.note(at, By::Host, visit(dice).at(seen));
        }
        let form = if dice.chance(0.3) { "demo" } else { "contact" };
        self.note(
            at,
            By::Host,
            NewInteraction::new(InteractionKind::FORM_SUBMIT).prop("form", form),
        );
    }

    /// What the lead does of itself from `from` until `to`, in proportion to `interest`.
    pub(super) fn meanwhile(
        &mut self,
        dice: &mut Dice,
        interest: f64,
        from: Timestamp,
        to: Timestamp,
    ) {
        let span = (to - from).num_seconds().clamp(1, i64::from(u32::MAX));
        let span = u32::try_from(span).unwrap_or(u32::MAX);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "small and positive"
        )]
        let times = dice.skewed(2.6 * interest, 0.6).clamp(0.0, 30.0) as u32;
        for _ in 0..times {
            let at = from + dice.seconds(1, span);
            match dice.weighted([0.5, 0.38, 0.07, 0.05].into_iter()) {
                0 => {
                    for page in 0..dice.between(1, 3) {
                        let minutes = i64::try_from(page).unwrap_or_default();
                        self.note(at + TimeDelta::minutes(minutes), By::Host, visit(dice));
                    }
                }
                1 => self.mail(dice, at),
                2 => {
                    let form = dice.pick(&["newsletter", "whitepaper", "roi-calculator"]);
                    self.note(
                        at,
                        By::Host,
                        NewInteraction::new(InteractionKind::FORM_SUBMIT).prop("form", form),
                    );
                }
                _ => self.note(
                    at,
                    By::Host,
                    NewInteraction::new("chat_message").prop("page", "/pricing"),
                ),
            }
        }
    }

    fn mail(&mut self, dice: &mut Dice, at: Timestamp) {
        let mail = dice.pick(&MAILS);
        self.note(
            at,
            By::Host,
            NewInteraction::new(InteractionKind::EMAIL_OPEN).prop("mail", mail),
        );
        if dice.chance(0.34) {
            let click = NewInteraction::new(InteractionKind::EMAIL_CLICK)
                .prop("mail", mail)
                .prop("link", dice.pick(&LINKS));
            self.note(at + dice.seconds(4, 90), By::Host, click);
        }
    }

    /// A mail gateway opens a mail and follows every link of it within seconds; some say who they are, others are found by that.
    pub(super) fn gateway(&mut self, dice: &mut Dice, at: Timestamp) {
        let mail = dice.pick(&MAILS);
        let agent = GATEWAYS[self.lead as usize % GATEWAYS.len()];
        let new =
            |kind: &str| NewInteraction::new(kind).prop("mail", mail).prop("user_agent", agent);
        let open = new(InteractionKind::EMAIL_OPEN).prop("delivered_at", at.to_rfc3339());
        self.note(at, By::Host, open);
        for _ in 0..dice.between(1, 2) {
            for link in LINKS {
                let click = new(InteractionKind::EMAIL_CLICK).prop("link", link);
                self.note(at + dice.seconds(0, 2), By::Host, click);
            }
        }
    }

    /// A call by a user.
    pub(super) fn call(&mut self, dice: &mut Dice, by: By, at: Timestamp, outcome: &str) {
        let minutes = if outcome == "no answer" { 0 } else { dice.between(3, 42) };
        let call = NewInteraction::new(InteractionKind::CALL)
            .prop("direction", "outbound")
            .prop("minutes", u64::try_from(minutes).unwrap_or_default())
            .prop("outcome", outcome);
        self.note(at, by, call);
    }

    /// The lead asks for a demo.
    pub(super) fn demo(&mut self, dice: &mut Dice, at: Timestamp) {
        let wish = NewInteraction::new(InteractionKind::DEMO_REQUEST)
            .prop("minutes", dice.pick(&[30, 45, 60]));
        self.note(at, By::Host, wish);
    }
}

fn visit(dice: &mut Dice) -> NewInteraction {
    let seconds = u64::try_from(dice.between(5, 240)).unwrap_or_default();
    NewInteraction::new(InteractionKind::PAGE_VIEW)
        .prop("path", dice.pick(&PAGES))
        .prop("seconds", seconds)
}
