//! A script's own tests: leads that it makes up, and what it expects of them. Owns reading such a lead, and saying what came out instead.

use std::sync::Arc;

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use rhai::{Array, Dynamic, Map, Position};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::card_value::CardValue;
use super::fault::Mistake;
use super::numbers::number;
use super::plan::{Plan, Question, Script};
use super::rehearsal::nobody;
use super::run::{Asking, is_so};
use crate::catalog::Catalog;
use crate::id::InteractionId;
use crate::interaction::{Interaction, InteractionKind, Judge, Suspicion};
use crate::lead::{Input, Lead, assign, settle};
use crate::scoring::{ScoreCard, Subject};
use crate::time::Timestamp;

/// A test as it was declared.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    pub(super) name: String,
    pub(super) lead: Map,
    pub(super) expects: Question,
    pub(super) at: Position,
}

/// How a test of a script ended.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TestResult {
    /// Its name.
    pub name: String,
    /// The line where it stands.
    pub line: Option<usize>,
    /// Why it failed; none when it did not.
    pub failure: Option<Mistake>,
    /// The card of its lead; none when there is no such lead.
    pub card: Option<ScoreCard>,
}

/// What a made-up lead says beside its fields.
const DAY: &str = "today";
const AGE: &str = "days_old";
const COMPLETENESS: &str = "completeness";
const STAGE: &str = "stage";
const INTERACTIONS: &str = "interactions";
/// What a made-up interaction says beside its details.
const KIND: &str = "kind";
const AGO: [(&str, f64); 2] = [("days_ago", 86_400.0), ("hours_ago", 3_600.0)];
const SUSPECT: &str = "suspect";

/// The day of a test that names none.
const ANY_DAY: &str = "2026-01-15";

/// A made-up lead and what happened with it.
struct MadeUp {
    lead: Lead,
    stage: Option<crate::pipeline::Stage>,
    interactions: Vec<Interaction>,
    now: Timestamp,
}

impl Trial {
    fn wrong(&self, says: String) -> Mistake {
        Mistake::at(self.at, says).within(self.expects.origin.file.as_deref())
    }

    pub(super) fn run(&self, scripts: &[Script], plan: &Plan, catalog: &Catalog) -> TestResult {
        let (name, line) = (self.name.clone(), self.at.line());
        let made_up = match MadeUp::read(&self.lead, catalog) {
            Ok(made_up) => made_up,
            Err(says) => {
                let failure = Some(self.wrong(says));
                return TestResult { name, line, failure, card: None };
            }
        };
        let MadeUp { lead, stage, interactions, now } = &made_up;
        let stage = stage.as_ref();
        let subject = Subject { lead, stage, interactions, as_of: *now };
        let card = Asking::new(scripts, &subject).card(plan);
        let asked = Dynamic::from(CardValue(Arc::new(card.clone())));
        let failure = match is_so(scripts, self.at, &self.expects, asked) {
            Ok(Some(true)) => None,
            Ok(_) => Some(self.wrong(format!("it came out as {}", told(&card)))),
            Err(mistake) => Some(mistake),
        };
        TestResult { name, line, failure, card: Some(card) }
    }
}

/// A card in one sentence.
fn told(card: &ScoreCard) -> String {
    let priority =
        card.priority.as_deref().map_or("no priority".to_owned(), |it| format!("{it:?}"));
    let lines = card.lines.iter().map(|line| format!("{} {:?}", line.points, line.rule));
    let lines = lines.collect::<Vec<_>>().join(", ");
    let fired = if lines.is_empty() { "no rule fired" } else { &lines };
    let faults = card.faults.iter().map(|fault| format!("; {:?}: {}", fault.rule, fault.message));
    format!("{} points, {priority}: {fired}{}", card.total, faults.collect::<String>())
}

impl MadeUp {
    /// # Errors
    /// What is wrong, by the name that the script uses.
    fn read(map: &Map, catalog: &Catalog) -> Result<Self, String> {
        let day = match map.get(DAY) {
            Some(day) => day.to_string(),
            None => ANY_DAY.to_owned(),
        };
        let day: NaiveDate =
            day.parse().map_err(|_| format!("{DAY}: '{day}' is not a day such as {ANY_DAY}"))?;
        let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
        let now = day.and_time(noon).and_utc();
        let (mut lead, mut stage) = (nobody(), None);
        lead.pipeline = catalog.default_pipeline().id;
        let mut interactions = Vec::new();
        let mut completeness = None;
        (lead.created_at, lead.stage_since) = (now, now);
        // The currency last: it re-reads the amount.
        let (late, first): (Vec<_>, Vec<_>) =
            map.iter().partition(|(field, _)| *field == "currency");
        for (field, value) in first.into_iter().chain(late) {
            let says = |message: String| format!("{field}: {message}");
            match field.as_str() {
                DAY => {}
                AGE => {
                    lead.created_at = before(now, value, 86_400.0).map_err(says)?;
                    lead.stage_since = lead.created_at;
                }
                COMPLETENESS => {
                    let given = value.as_int().ok().and_then(|given| u8::try_from(given).ok());
                    let given = given.filter(|given| *given <= 100);
                    completeness = Some(given.ok_or_else(|| says("is 0 to 100".to_owned()))?);
                }
                STAGE => {
                    let named = value.to_string();
                    let found = catalog.default_pipeline().stage_named(&named);
                    let found =
                        found.ok_or_else(|| says(format!("there is no stage '{named}'")))?;
                    (lead.stage, stage) = (found.id, Some(found.clone()));
                }
                INTERACTIONS => {
                    let list = value.read_lock::<Array>();
                    let list = list.ok_or_else(|| {
                        says("is a list, such as [#{ kind: \"call\" }]".to_owned())
                    })?;
                    for (at, one) in list.iter().enumerate() {
                        interactions.push(interaction(one, at, &lead, now).map_err(says)?);
                    }
                }
                group if value.is_map() => {
                    let fields = value.read_lock::<Map>().map(|fields| fields.clone());
                    for (key, value) in fields.unwrap_or_default() {
                        set(&mut lead, &format!("{group}.{key}"), &value, catalog, now)?;
                    }
                }
                field => set(&mut lead, field, value, catalog, now)?,
            }
        }
        settle(&mut lead, catalog);
        lead.completeness = completeness.unwrap_or(lead.completeness);
        Ok(Self { lead, stage, interactions, now })
    }
}

fn set(
    lead: &mut Lead,
    field: &str,
    value: &Dynamic,
    catalog: &Catalog,
    now: Timestamp,
) -> Result<(), String> {
    let value = json(value);
    assign(lead, field, Input::from(&value), catalog, now)
        .map_err(|says| format!("{field}: {says}"))
}

/// A moment so many units before another.
fn before(moment: Timestamp, value: &Dynamic, seconds: f64) -> Result<Timestamp, String> {
    let count = number(value).filter(|count| count.abs() <= 1e6);
    let count = count.ok_or_else(|| "is a number, at most a million either way".to_owned())?;
    #[expect(clippy::cast_possible_truncation, reason = "a million days have fewer microseconds")]
    let length = TimeDelta::microseconds((count * seconds * 1e6).round() as i64);
    moment
        .checked_sub_signed(length)
        .ok_or_else(|| "is further away than there are years".to_owned())
}

fn interaction(
    one: &Dynamic,
    at: usize,
    lead: &Lead,
    now: Timestamp,
) -> Result<Interaction, String> {
    let map =
        one.read_lock::<Map>().ok_or("each is written like #{ kind: \"call\", days_ago: 3 }")?;
    let kind = map.get(KIND).map(ToString::to_string).unwrap_or_default();
    let kind = InteractionKind::parse(&kind)
        .ok_or_else(|| format!("'{kind}' is no kind: small letters, digits and _"))?;
    let mut happened = now;
    for (unit, seconds) in AGO {
        if let Some(count) = map.get(unit) {
            happened = before(happened, count, seconds).map_err(|says| format!("{unit} {says}"))?;
        }
    }
    let is_suspect = map.get(SUSPECT).is_some_and(|suspect| suspect.as_bool() == Ok(true));
    let is_detail =
        |name: &str| ![KIND, SUSPECT].contains(&name) && AGO.iter().all(|(unit, _)| *unit != name);
    let details = map.iter().filter(|(name, _)| is_detail(name));
    Ok(Interaction {
        id: InteractionId::from_uuid(uuid::Uuid::from_u128(at as u128)),
        tenant: lead.tenant,
        lead: lead.id,
        kind,
        at: happened,
        received_at: happened,
        key: None,
        suspicion: if is_suspect { Suspicion::Suspect } else { Suspicion::Clear },
        judge: Judge::default(),
        reason: None,
        props: details.map(|(name, value)| (name.to_string(), json(value))).collect(),
    })
}

/// A script's value as input has it.
fn json(value: &Dynamic) -> Value {
    if let Ok(value) = value.as_bool() {
        return value.into();
    }
    if let Ok(value) = value.as_int() {
        return value.into();
    }
    if let Ok(value) = value.as_float() {
        return value.into();
    }
    if let Some(list) = value.read_lock::<Array>() {
        return list.iter().map(json).collect();
    }
    if let Some(map) = value.read_lock::<Map>() {
        return map.iter().map(|(key, value)| (key.to_string(), json(value))).collect();
    }
    if value.is_unit() { Value::Null } else { value.to_string().into() }
}
