//! A card as a script's own tests see it. Owns what they can ask of it.

use std::sync::Arc;

use rhai::{Dynamic, Engine, EvalAltResult, FLOAT};

use super::fault::refusal;
use super::spelling::hint;
use super::words::text;
use crate::score::Points;
use crate::scoring::ScoreCard;

/// A card that is asked about.
#[derive(Clone, Debug)]
pub(super) struct CardValue(pub(super) Arc<ScoreCard>);

pub(super) const ASKED: [&str; 2] = ["score", "priority"];

fn whole(points: Points) -> Dynamic {
    #[expect(clippy::cast_precision_loss, reason = "sums of points are far below 2^53")]
    Dynamic::from(points.0 as FLOAT / 100.0)
}

impl CardValue {
    fn read(&self, name: &str) -> Result<Dynamic, Box<EvalAltResult>> {
        match name {
            "score" => Ok(whole(self.0.total)),
            // No priority is a text too, so that it differs from every name.
            "priority" => Ok(text(Some(self.0.priority.as_deref().unwrap_or_default()))),
            other => Err(refusal(format!("a result has no '{other}'{}", hint(other, ASKED)))),
        }
    }

    /// The names of all rules, fired or not.
    fn rules(&self) -> impl Iterator<Item = &str> {
        let fired = self.0.lines.iter().map(|line| line.rule.as_str());
        fired.chain(self.0.silent.iter().map(|silent| silent.rule.as_str()))
    }

    /// What a rule of this name adds; nothing when it did not fire.
    fn points(&self, rule: &str) -> Result<Points, Box<EvalAltResult>> {
        if self.rules().all(|known| known != rule) {
            let hint = hint(rule, self.rules());
            return Err(refusal(format!("there is no rule '{rule}'{hint}")));
        }
        let line = self.0.lines.iter().find(|line| line.rule == rule);
        Ok(line.map_or(Points(0), |line| line.points))
    }

    fn fired(&self, rule: &str) -> Result<bool, Box<EvalAltResult>> {
        self.points(rule).map(|_| self.0.fired(rule))
    }

    /// What a category adds.
    fn category(&self, name: &str) -> Result<Points, Box<EvalAltResult>> {
        let found = self.0.categories.iter().find(|category| category.name == name);
        found.map(|category| category.counted).ok_or_else(|| {
            let hint = hint(name, self.0.categories.iter().map(|one| one.name.as_str()));
            refusal(format!("there is no category '{name}'{hint}"))
        })
    }
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<CardValue>("a result");
    engine.register_indexer_get(|card: &mut CardValue, name: &str| card.read(name));
    engine.register_fn("fired", |card: CardValue, rule: &str| card.fired(rule));
    engine.register_fn("points", |card: CardValue, rule: &str| card.points(rule).map(whole));
    engine.register_fn("category", |card: CardValue, name: &str| card.category(name).map(whole));
}
