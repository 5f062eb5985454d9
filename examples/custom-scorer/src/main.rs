//! Scoring by plain Rust instead of scripts: a [`Scorer`] of the host's own, which LeadBox asks whenever a lead changes. Everything else
//! is as with scripts: scores go along with the commit, have a history, and are explained.

#![expect(clippy::print_stdout, reason = "it is run in a terminal")]

use std::error::Error;
use std::sync::Arc;

use leadbox_core::scoring::{Line, ScoreCard, Scorer, Silence, Silent, Subject};
use leadbox_core::{LeadBox, MemoryStorage, NewInteraction, NewLead, Points};

/// Counts who decides, and how often somebody asked for an offer.
#[derive(Debug)]
struct Offers;

impl Offers {
    const DECIDES: &str = "Decides";
    const OFFERS: &str = "Asked for an offer";
}

impl Scorer for Offers {
    fn score(&self, subject: &Subject<'_>) -> ScoreCard {
        let title = subject.lead.person.title.as_deref().unwrap_or_default().to_lowercase();
        let decides = ["owner", "head of"].iter().any(|word| title.contains(word));
        // What happened later than the card's moment, or is suspect, is nobody's to count.
        let asked = subject.interactions.iter().filter(|one| {
            let counts = one.suspicion == leadbox_core::Suspicion::Clear && one.at <= subject.as_of;
            counts && one.kind.as_str() == "offer_request"
        });
        let asked = asked.count();
        let offers = i64::try_from(asked.min(3)).unwrap_or(3) * 10;
        let (mut lines, mut silent) = (Vec::new(), Vec::new());
        for (rule, worth, interactions) in
            [(Self::DECIDES, if decides { 20 } else { 0 }, 0), (Self::OFFERS, offers, asked)]
        {
            let (rule, points) = (rule.to_owned(), Points::whole(worth));
            if worth == 0 {
                silent.push(Silent { rule, why: Silence::NotSo });
            } else {
                let category = String::new();
                lines.push(Line { rule, category, points, uncapped: points, interactions });
            }
        }
        let hot = [("hot".to_owned(), Points::whole(30))];
        ScoreCard { silent, ..ScoreCard::of_lines(subject.as_of, lines, &[], &hot) }
    }

    /// Raised whenever the same lead would have another card; `rescore_all` then has all leads scored again.
    fn edition(&self) -> i64 {
        1
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let storage = Arc::new(MemoryStorage::new());
    let leadbox = LeadBox::builder(storage).scorer(Arc::new(Offers)).build()?;
    let new = NewLead::new().name("Ada Byron").title("Owner");
    let ada = leadbox.leads().capture(&new).await?.lead;
    for key in ["first", "second"] {
        let asked = NewInteraction::new("offer_request").key(key);
        leadbox.leads().record_interaction(ada.id, &asked).await?;
        let stored = leadbox.leads().lead(ada.id).await?.ok_or("the lead is gone")?;
        let priority = stored.score.priority.as_deref().unwrap_or("no priority");
        println!("{} points, {priority}", stored.score.total);
    }
    for line in leadbox.rules().explain(ada.id, None).await?.card.lines {
        println!("+{} {}", line.points, line.rule);
    }
    // Scripts have no say any more, and nobody is left in the dark about it.
    let script = "rule(\"A\", 5, |lead| true);";
    let refused = leadbox.rules().publish_script(&"ours".parse()?, script, "").await;
    println!("{}", refused.err().map(|error| error.to_string()).unwrap_or_default());
    Ok(())
}
