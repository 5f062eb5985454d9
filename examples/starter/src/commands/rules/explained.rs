//! Why a lead has its score. Owns the card as people read it.

use std::sync::Arc;

use leadbox_core::scoring::{
    LineMove, RuleSet, RuleSetVersion, ScoreCard, Scorer, Scorers, Silence,
};
use leadbox_core::service::{Explanation, Supposed, WhatIf};
use leadbox_core::{LeadId, Points, Timestamp};
use serde::Serialize;

use crate::commands::office::Office;
use crate::exit::{Exit, Failure};
use crate::output::Outcome;
use crate::table::Table;

#[derive(Debug, Serialize)]
struct Explained {
    lead: LeadId,
    name: String,
    /// The edition of the rules in force; none for a script that need not be.
    edition: Option<i64>,
    /// The rule set that was for this lead.
    set: Option<RuleSetVersion>,
    /// Whether any rules are for such leads at all.
    applies: bool,
    card: ScoreCard,
}

impl Outcome for Explained {
    fn text(&self) -> String {
        let card = &self.card;
        let priority = card.priority.as_deref().unwrap_or("no priority");
        let mut text = format!("{}: {} points, {priority}", self.name, card.total);
        if !self.applies {
            text.push_str("\nno rules are for such leads");
        }
        if let Some(RuleSetVersion { set, version }) = &self.set {
            text.push_str(&format!("\nby {set}, version {version}"));
        }
        let lines = card.lines.iter().map(|line| {
            let cut = if line.uncapped == line.points {
                String::new()
            } else {
                format!("of {}", line.uncapped)
            };
            let times = match line.interactions {
                0 | 1 => String::new(),
                many => format!("{many} times"),
            };
            [signed(line.points), line.rule.clone(), line.category.clone(), cut, times]
        });
        let capped = card.categories.iter().filter(|one| one.sum != one.counted).map(|one| {
            let less = Points(one.counted.0 - one.sum.0);
            let most = format!("{} adds at most {}", one.name, one.counted);
            [signed(less), most, one.name.clone(), String::new(), String::new()]
        });
        let rows: Vec<_> = lines.chain(capped).collect();
        if !rows.is_empty() {
            let table = Table::new(["points", "because", "", "", ""]).rows(rows).text();
            text.push_str(&format!("\n\n{table}"));
        }
        let silent = card.silent.iter().filter(|one| one.why != Silence::Faulty);
        let rows: Vec<_> = silent.map(|one| [one.rule.clone(), why(&one.why)]).collect();
        if !rows.is_empty() {
            let table = Table::new(["not because of", ""]).rows(rows).text();
            text.push_str(&format!("\n\n{table}"));
        }
        for fault in &card.faults {
            let line = fault.line.map(|line| format!(", line {line}")).unwrap_or_default();
            text.push_str(&format!("\nwrong: {}{line}: {}", fault.rule, fault.message));
        }
        if let Some(next) = card.next_change_at {
            text.push_str(&format!(
                "\n\nstays so at least until {}",
                next.format("%Y-%m-%d %H:%M UTC")
            ));
        }
        text
    }
}

pub(super) fn signed(points: Points) -> String {
    if points.0 < 0 { points.to_string() } else { format!("+{points}") }
}

fn why(silence: &Silence) -> String {
    match silence {
        Silence::NotSo | Silence::Faulty => "not so".to_owned(),
        Silence::NotKnown(fields) if fields.is_empty() => "not known".to_owned(),
        Silence::NotKnown(fields) => format!("not known: {}", fields.join(", ")),
        Silence::Nothing => "nothing happened".to_owned(),
        Silence::Worthless => "worth nothing here".to_owned(),
    }
}

/// Shows why.
///
/// # Errors
/// `Failed` when no lead is named so, or there are no rules.
pub(super) async fn explain(
    office: &Office,
    by: Option<RuleSet>,
    lead: &str,
    as_of: Option<Timestamp>,
) -> Result<Exit, Failure> {
    let lead = office.stored(lead).await?.lead;
    let rules = office.leadbox.rules();
    let (explained, edition, applies) = match by {
        Some(by) => {
            let by: Arc<dyn Scorer> = Arc::new(by);
            let explained = rules.explain_by(&Scorers::host(by), lead.id, as_of).await?;
            let applies = explained.applies;
            (explained, None, applies)
        }
        None => {
            let explained = rules.explain(lead.id, as_of).await?;
            if explained.edition == 0 {
                return Err(Failure::new(Exit::Failed, "no rules are in force")
                    .hint("`leadbox rules publish FILE` puts a script into force"));
            }
            let (edition, applies) = (Some(explained.edition), explained.applies);
            (explained, edition, applies)
        }
    };
    let name = lead.display_name().to_owned();
    let (set, card) = (explained.set, explained.card);
    Ok(office.say(&Explained { lead: explained.lead, name, edition, set, applies, card }))
}

#[derive(Debug, Serialize)]
struct Supposes {
    before: Explained,
    after: Explained,
}

impl Outcome for Supposes {
    fn text(&self) -> String {
        let (before, after) = (&self.before.card, &self.after.card);
        let mut text = format!("{}\n\nnow it has {} points", self.after.text(), before.total);
        for LineMove { rule, before, after } in before.moves_to(after) {
            text.push_str(&format!("\n{:>8}  {rule}", signed(Points(after.0 - before.0))));
        }
        text
    }
}

/// Shows what a lead's score would be.
///
/// # Errors
/// `Failed` when no lead is named so, or there is no such field.
pub(super) async fn explain_if(
    office: &Office,
    lead: &str,
    what_if: &WhatIf,
) -> Result<Exit, Failure> {
    let lead = office.stored(lead).await?.lead;
    let Supposed { before, after } = office.leadbox.rules().what_if(lead.id, what_if).await?;
    let explained = |one: Explanation| Explained {
        lead: one.lead,
        name: lead.display_name().to_owned(),
        edition: Some(one.edition),
        set: one.set.filter(|set| set.version > 0),
        applies: one.applies,
        card: one.card,
    };
    Ok(office.say(&Supposes { before: explained(before), after: explained(after) }))
}
