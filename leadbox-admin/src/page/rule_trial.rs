//! What rules would do, as their page tells it: to all leads, to one, and to those that were won or lost. Owns the words and the figures;
//! what is tried is core's.

use leadbox_core::scoring::{Estimate, LineMove, Ranking, Step};
use leadbox_core::service::{
    Backtest, BacktestPlan, Candidate, MovedLead, Preview, Previewed, Share, Shift, WhatIf,
};
use leadbox_core::{LeadBox, LeadId, LeadList, PageRequest, Points, StoredLead};
use leadbox_reports::{ChartRow, Finish, LineChart};

use super::bulk_plan::number;
use super::doc::Markup;
use super::format;
use super::lexicon::Lexicon;
use super::score::{Score, signed};
use super::words::sentence;
use crate::serve::Problem;

/// The leads that are shown of those that move.
const SHOWN: usize = 10;

/// A count before and after.
pub(super) struct Count {
    pub(super) name: String,
    pub(super) before: String,
    pub(super) after: String,
    /// Whether it is another.
    pub(super) differs: bool,
}

/// A lead that would move.
pub(super) struct Moved {
    pub(super) link: String,
    pub(super) name: String,
    pub(super) before: String,
    pub(super) after: String,
    /// Its priority, where it is another.
    pub(super) priority: String,
    /// What became of it, where that is known.
    pub(super) outcome: &'static str,
    pub(super) why: String,
}

/// A score of the histogram.
pub(super) struct Bar {
    pub(super) label: String,
    /// After, then before: as a value, and as people read it.
    pub(super) values: Vec<(String, String)>,
}

/// What rules would do to the leads that are there.
pub(super) struct Outlook {
    pub(super) says: String,
    /// Whether there is something to compare with.
    pub(super) is_beside: bool,
    pub(super) max: u64,
    pub(super) plot: Markup,
    pub(super) bars: Vec<Bar>,
    pub(super) priorities: Vec<Count>,
    pub(super) rules: Vec<Count>,
    pub(super) moved: Vec<Moved>,
}

/// How far the leads are.
pub(super) enum Leads {
    /// They are being read; how far that is.
    Reading(String),
    Ready(Outlook),
}

/// What rules would make of one lead.
pub(super) struct OneLead {
    pub(super) link: String,
    pub(super) name: String,
    /// Its total by what is in force.
    pub(super) before: String,
    pub(super) score: Score,
}

/// How rules would have ranked leads.
pub(super) struct Past {
    pub(super) says: String,
    pub(super) left_out: String,
    /// What follows from it, in a sentence.
    pub(super) verdict: String,
    pub(super) figures: Vec<Count>,
    pub(super) shifts: Vec<Shifted>,
    pub(super) moved: Vec<Moved>,
}

/// Leads that would have had another priority.
pub(super) struct Shifted {
    pub(super) says: String,
    pub(super) won: String,
    pub(super) lost: String,
}

/// Scores all leads.
///
/// # Errors
/// From the storage; mistakes of the script.
pub(super) async fn leads(
    leadbox: &LeadBox,
    prefix: &str,
    by: &Candidate,
) -> leadbox_core::Result<Leads> {
    match leadbox.rules().preview(by).await? {
        Previewed::Reading { read, of } => {
            Ok(Leads::Reading(format!("{} of {} leads are read.", number(read), number(of))))
        }
        Previewed::Ready(preview) => {
            let names = Names::of(leadbox, preview.most_moved.iter().map(|one| one.lead)).await?;
            let moved = preview.most_moved.iter().take(SHOWN);
            let moved = moved.map(|one| one_moved(one, prefix, &names)).collect();
            Ok(Leads::Ready(outlook(&preview, moved)))
        }
    }
}

/// Scores the lead that somebody names; none when there is no such lead.
///
/// # Errors
/// From the storage; mistakes of the script.
pub(super) async fn one_lead(
    leadbox: &LeadBox,
    prefix: &str,
    by: &Candidate,
    named: &str,
) -> Result<Option<OneLead>, Problem> {
    let found = match named.parse::<LeadId>() {
        Ok(id) => leadbox.leads().lead(id).await?,
        Err(_) => {
            let list = LeadList::default().search(named);
            leadbox.leads().list(&list, &PageRequest::first(1)).await?.items.pop()
        }
    };
    let Some(StoredLead { lead, .. }) = found else { return Ok(None) };
    let what_if = WhatIf { by: by.clone(), ..WhatIf::default() };
    let supposed = leadbox.rules().what_if(lead.id, &what_if).await?;
    let lexicon = Lexicon::of(leadbox).await?;
    let score = Score::of_card(&supposed.after, &lexicon.words());
    Ok(Some(OneLead {
        link: format!("{prefix}/leads/{}", lead.id),
        name: lead.display_name().to_owned(),
        before: match supposed.before.edition {
            0 => String::new(),
            _ => supposed.before.card.total.to_string(),
        },
        score,
    }))
}

/// Ranks the leads that were won or lost.
///
/// # Errors
/// From the storage; mistakes of the script, and of the plan.
pub(super) async fn past(
    leadbox: &LeadBox,
    prefix: &str,
    plan: &BacktestPlan,
) -> leadbox_core::Result<Past> {
    let backtest = leadbox.rules().backtest(plan).await?;
    let names = Names::of(leadbox, backtest.moved.iter().map(|one| one.moved.lead)).await?;
    Ok(ranked(&backtest, prefix, &names))
}

/// The names of leads.
struct Names(Vec<(LeadId, String)>);

impl Names {
    async fn of(
        leadbox: &LeadBox,
        leads: impl Iterator<Item = LeadId>,
    ) -> leadbox_core::Result<Self> {
        let leads: Vec<LeadId> = leads.collect();
        let found = leadbox.leads().leads(&leads).await?;
        let named = |stored: StoredLead| (stored.lead.id, stored.lead.display_name().to_owned());
        Ok(Self(found.into_iter().map(named).collect()))
    }

    fn name(&self, lead: LeadId) -> String {
        let found = self.0.iter().find(|(id, _)| *id == lead);
        found.map_or_else(|| lead.to_string(), |(_, name)| name.clone())
    }
}

fn because(why: &[LineMove]) -> String {
    let told = why.iter().map(|one| {
        let by = Points(one.after.0.saturating_sub(one.before.0));
        format!("{} {}", one.rule, signed(by))
    });
    told.collect::<Vec<_>>().join(", ")
}

fn one_moved(one: &MovedLead, prefix: &str, names: &Names) -> Moved {
    let priority = |name: &Option<String>| name.clone().unwrap_or_else(|| "none".to_owned());
    let is_same = one.priority_before == one.priority_after;
    Moved {
        link: format!("{prefix}/leads/{}", one.lead),
        name: names.name(one.lead),
        before: one.before.to_string(),
        after: one.after.to_string(),
        priority: match is_same {
            true => String::new(),
            false => format!(
                "{} → {}",
                sentence(&priority(&one.priority_before)),
                priority(&one.priority_after)
            ),
        },
        outcome: "",
        why: because(&one.why),
    }
}

fn count(share: &Share) -> Count {
    let told = |count: Option<u64>| count.map_or_else(|| "–".to_owned(), number);
    Count {
        name: share.name.as_deref().map_or_else(|| "No priority".to_owned(), sentence),
        before: told(share.before),
        after: told(share.after),
        differs: share.before != share.after,
    }
}

fn outlook(preview: &Preview, moved: Vec<Moved>) -> Outlook {
    let is_beside = preview.steps.iter().any(|step| step.before.is_some());
    let which = match preview.leads < preview.of {
        true => format!("Of the youngest {} of {}", number(preview.leads), number(preview.of)),
        false => format!("Of all {}", number(preview.leads)),
    };
    let says = match is_beside {
        true => format!(
            "{which} leads {} would move by a point or more, and {} would have another priority.",
            number(preview.moved),
            number(preview.shifted)
        ),
        false => format!("{which} leads. Nothing is in force to compare with."),
    };
    let chart = histogram(&preview.steps);
    let value = |value: &Option<i64>| match value {
        Some(value) => (value.to_string(), format::whole(*value)),
        None => (String::new(), "–".to_owned()),
    };
    let bars = chart.rows.iter().map(|row| Bar {
        label: row.label.clone(),
        values: row.values.iter().map(value).collect(),
    });
    Outlook {
        says,
        is_beside,
        max: chart.axis().max,
        plot: Markup::drawn(chart.canvas().plot()),
        bars: bars.collect(),
        priorities: preview.priorities.iter().map(count).collect(),
        rules: preview.rules.iter().map(count).collect(),
        moved,
    }
}

/// How many leads have which score, by what is tried and by what is in force.
fn histogram(steps: &[Step]) -> LineChart {
    let leads = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let row = |step: &Step| ChartRow {
        label: format!("From {} points", step.from),
        tick: step.from.to_string(),
        values: vec![Some(leads(step.after)), step.before.map(leads)],
    };
    LineChart { rows: steps.iter().map(row).collect(), last: Finish::Whole }
}

fn ranked(backtest: &Backtest, prefix: &str, names: &Names) -> Past {
    let Backtest { tried, in_force, gain, .. } = backtest;
    let days = backtest.after_seconds / 86_400;
    let age = if days == 1 { "a day".to_owned() } else { format!("{days} days") };
    let says = format!(
        "{} leads that were won or lost, {} of them won, scored as they were known {age} after they came in.",
        number(tried.won + tried.lost),
        number(tried.won)
    );
    let mut left_out = Vec::new();
    if backtest.decided_before > 0 {
        left_out.push(format!("{} were decided before that", number(backtest.decided_before)));
    }
    if backtest.not_known > 0 {
        left_out.push(format!("{} were not known by then", number(backtest.not_known)));
    }
    let shift = |Shift { from, to, won, lost }: &Shift| {
        let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "no priority".to_owned());
        let says = format!("{} → {}", sentence(&name(from)), name(to));
        Shifted { says, won: number(*won), lost: number(*lost) }
    };
    let moved = backtest.moved.iter().take(SHOWN).map(|one| Moved {
        outcome: if one.won { "Won" } else { "Lost" },
        ..one_moved(&one.moved, prefix, names)
    });
    Past {
        says,
        left_out: left_out.join(", "),
        verdict: verdict(tried, *gain),
        figures: figures(tried, in_force.as_ref()),
        shifts: backtest.shifts.iter().map(shift).collect(),
        moved: moved.collect(),
    }
}

fn verdict(tried: &Ranking, gain: Option<Estimate>) -> String {
    let says = match (tried.auc, gain) {
        (None, _) => "There have to be leads that were won and others that were lost.",
        (_, Some(gain)) if gain.value == 0.0 && gain.low == gain.high => {
            "Both rank these leads the same."
        }
        (_, Some(gain)) if gain.low > 0.0 => "These rules rank better than those in force.",
        (_, Some(gain)) if gain.high < 0.0 => "These rules rank worse than those in force.",
        (_, Some(_)) => {
            "These leads do not tell which rules rank better: the difference may be chance."
        }
        (Some(auc), None) if auc.low > 0.5 => "These rules rank better than chance.",
        (Some(_), None) => "These leads do not tell whether the rules rank better than chance.",
    };
    says.to_owned()
}

fn figures(tried: &Ranking, in_force: Option<&Ranking>) -> Vec<Count> {
    let parts = |one: Estimate| format!("{:.2} ({:.2} to {:.2})", one.value, one.low, one.high);
    let share = |one: Estimate| {
        let [value, low, high] = [one.value, one.low, one.high].map(|one| one * 100.0);
        format!("{value:.0} % ({low:.0} to {high:.0})")
    };
    let told = |estimate: Option<String>| estimate.unwrap_or_else(|| "–".to_owned());
    let figure = |name: String, of: &dyn Fn(&Ranking) -> Option<String>| {
        let (before, after) = (told(in_force.and_then(of)), told(of(tried)));
        Count { name, differs: before != after, before, after }
    };
    let mut figures = vec![
        figure("Ranks won over lost".to_owned(), &|one| one.auc.map(parts)),
        figure("Top tenth, times the average".to_owned(), &|one| one.lift.map(parts)),
    ];
    for first in tried.precision.iter().map(|one| one.first) {
        figures.push(figure(format!("Won of the first {first}"), &|ranking| {
            ranking.precision.iter().find(|one| one.first == first).map(|one| share(one.share))
        }));
    }
    figures
}
