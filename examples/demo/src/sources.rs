//! Where leads come from, and how good each source is. Owns the channels with their shares, conversion rates, campaigns
//! and the first touch that they leave.

use leadbox_core::{NewLead, Utm};

use super::dice::Dice;

/// How leads of a channel are spread over the calendar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rhythm {
    /// With the working week.
    Week,
    /// On certain days only: webinars.
    Webinars,
    /// In certain weeks only: trade shows.
    Shows,
}

/// Who writes a channel's leads down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Entry {
    /// The person, in a form on the website.
    Form,
    /// One of the team.
    Team,
}

/// A channel.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) name: &'static str,
    pub(super) share: f64,
    pub(super) rhythm: Rhythm,
    pub(super) entry: Entry,
    /// The odds to be contacted, qualified, offered and won, each of those that came so far.
    pub(super) odds: [f64; 4],
    /// How much its leads look around, 1 being usual.
    pub(super) interest: f64,
    medium: Option<&'static str>,
    details: &'static [&'static str],
    campaigns: &'static [&'static str],
    referrers: &'static [&'static str],
    landing: &'static [&'static str],
}

/// The channels. About one lead in seven is won from a referral, and one in a hundred from cold outreach.
pub(super) const CHANNELS: [Channel; 10] = [
    Channel {
        name: "organic search",
        share: 21.0,
        rhythm: Rhythm::Week,
        entry: Entry::Form,
        odds: [0.82, 0.46, 0.56, 0.36],
        interest: 1.0,
        medium: Some("organic"),
        details: &[],
        campaigns: &[],
        referrers: &["https://search.example/", "https://find.example/"],
        landing: &[
            "/",
            "/blog/lead-scoring",
            "/blog/pipeline-velocity",
            "/features/routing",
            "/compare",
        ],
    },
    Channel {
        name: "google ads",
        share: 17.0,
        rhythm: Rhythm::Week,
        entry: Entry::Form,
        odds: [0.78, 0.33, 0.5, 0.27],
        interest: 0.8,
        medium: Some("cpc"),
        details: &[],
        campaigns: &["brand", "crm-alternatives", "lead-routing", "competitor-terms"],
        referrers: &["https://search.example/"],
        landing: &["/lp/free-trial", "/lp/demo", "/pricing"],
    },
    Channel {
        name: "linkedin",
        share: 12.0,
        rhythm: Rhythm::Week,
        entry: Entry::Form,
        odds: [0.76, 0.36, 0.5, 0.26],
        interest: 0.7,
        medium: Some("paid-social"),
        details: &["Lead form", "Sponsored post"],
        campaigns: &["revops-leaders", "whitepaper-2", "abm-manufacturing"],
        referrers: &["https://social.example/feed"],
        landing: &["/lp/whitepaper", "/lp/demo"],
    },
    Channel {
        name: "referral",
        share: 8.0,
        rhythm: Rhythm::Week,
        entry: Entry::Form,
        odds: [0.95, 0.68, 0.72, 0.52],
        interest: 1.4,
        medium: Some("referral"),
        details: &["Customer referral", "Partner portal", "Employee"],
        campaigns: &[],
        referrers: &[],
        landing: &["/demo", "/contact"],
    },
    Channel {
        name: "webinar",
        share: 11.0,
        rhythm: Rhythm::Webinars,
        entry: Entry::Form,
        odds: [0.86, 0.45, 0.55, 0.33],
        interest: 1.3,
        medium: Some("email"),
        details: &[
            "Scoring that sales believes in",
            "Pipelines without spreadsheets",
            "From lead to cash in 30 days",
        ],
        campaigns: &["webinar-series"],
        referrers: &[],
        landing: &["/webinars"],
    },
    Channel {
        name: "trade show",
        share: 9.0,
        rhythm: Rhythm::Shows,
        entry: Entry::Team,
        odds: [0.8, 0.34, 0.5, 0.3],
        interest: 0.5,
        medium: None,
        details: &["Hannover, hall 15", "London SaaS Expo", "RevOps Summit"],
        campaigns: &[],
        referrers: &[],
        landing: &[],
    },
    Channel {
        name: "partner",
        share: 5.0,
        rhythm: Rhythm::Week,
        entry: Entry::Team,
        odds: [0.93, 0.58, 0.66, 0.45],
        interest: 0.9,
        medium: Some("partner"),
        details: &["Integrator", "Reseller"],
        campaigns: &[],
        referrers: &[],
        landing: &["/partners"],
    },
    Channel {
        name: "newsletter",
        share: 6.0,
        rhythm: Rhythm::Week,
        entry: Entry::Form,
        odds: [0.7, 0.35, 0.5, 0.3],
        interest: 1.2,
        medium: Some("email"),
        details: &[],
        campaigns: &["monthly-digest", "product-news"],
        referrers: &[],
        landing: &["/blog/lead-scoring", "/changelog"],
    },
    Channel {
        name: "cold outreach",
        share: 7.0,
        rhythm: Rhythm::Week,
        entry: Entry::Team,
        odds: [0.9, 0.13, 0.42, 0.2],
        interest: 0.35,
        medium: None,
        details: &["Sequence A", "Sequence B"],
        campaigns: &[],
        referrers: &[],
        landing: &[],
    },
    Channel {
        name: "chat",
        share: 4.0,
        rhythm: Rhythm::Week,
        entry: Entry::Form,
        odds: [0.9, 0.42, 0.52, 0.34],
        interest: 1.1,
        medium: None,
        details: &["Chat widget"],
        campaigns: &[],
        referrers: &[],
        landing: &["/pricing", "/docs"],
    },
];

/// Writes the channel's first touch into a lead.
pub(super) fn first_touch(channel: &Channel, dice: &mut Dice, mut lead: NewLead) -> NewLead {
    lead.source = Some(channel.name.to_owned());
    let one =
        |dice: &mut Dice, list: &[&str]| (!list.is_empty()).then(|| (dice.pick(list)).to_owned());
    lead.source_detail = one(dice, channel.details);
    lead.referrer = one(dice, channel.referrers);
    lead.landing_page =
        one(dice, channel.landing).map(|path| format!("https://leadbox.example{path}"));
    // Not every link carries its parameters.
    if channel.entry == Entry::Form && dice.chance(0.92) {
        let campaign = one(dice, channel.campaigns);
        lead.utm = Utm {
            source: channel.medium.map(|_| channel.name.replace(' ', "-")),
            medium: channel.medium.map(str::to_owned),
            term: campaign
                .as_ref()
                .filter(|_| channel.medium == Some("cpc"))
                .map(|_| "lead management".to_owned()),
            content: None,
            campaign,
        };
    }
    lead
}
