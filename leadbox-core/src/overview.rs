//! How things stand over some days: how many leads came in, what became of them, from where. Owns the one pure function from
//! kept counts to these figures; leads count where they are now, under the day on which they came in.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::AddAssign;

use chrono::NaiveDate;

use crate::catalog::Catalog;
use crate::id::StageId;
use crate::period::Days;
use crate::pipeline::StageKind;
use crate::rollup::Sums;

/// How many leads, and how many of them are how far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// All of them.
    pub leads: i64,
    /// Those that have left the first stage of their pipeline.
    pub moved: i64,
    /// Those in a stage that is won.
    pub won: i64,
    /// Those in a stage that is lost.
    pub lost: i64,
}

impl Progress {
    /// Those that are neither won nor lost.
    pub fn open(&self) -> i64 {
        self.leads - self.closed()
    }

    /// Those that are won or lost.
    pub fn closed(&self) -> i64 {
        self.won + self.lost
    }
}

impl AddAssign for Progress {
    fn add_assign(&mut self, other: Self) {
        self.leads += other.leads;
        self.moved += other.moved;
        self.won += other.won;
        self.lost += other.lost;
    }
}

/// The leads of some days.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// Which days.
    pub days: Days,
    /// Each day's leads, in order; days without any too.
    pub daily: Vec<Progress>,
    /// All of them.
    pub total: Progress,
}

/// The leads in one stage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InStage {
    /// The pipeline, by its name.
    pub pipeline: String,
    /// The stage.
    pub stage: StageId,
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Whether it is open, won or lost.
    pub kind: StageKind,
    /// How many are there now.
    pub leads: i64,
}

/// The leads of one source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FromSource {
    /// The source; none when it is not known.
    pub source: Option<String>,
    /// Its leads.
    pub progress: Progress,
}

/// How things stand over some days, beside the days before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Overview {
    /// The days that it is about.
    pub now: Stretch,
    /// Those that it is compared with.
    pub before: Stretch,
    /// Where the leads of these days are, stage by stage in the order of the pipelines.
    pub stages: Vec<InStage>,
    /// From where they came, the most first; then by name.
    pub sources: Vec<FromSource>,
}

impl Overview {
    pub(crate) fn of(
        catalog: &Catalog,
        (now, sums): (Days, &Sums),
        (before, sums_before): (Days, &Sums),
    ) -> Self {
        let meaning = Meaning::of(catalog);
        Self {
            now: meaning.stretch(now, sums),
            before: meaning.stretch(before, sums_before),
            stages: stages(catalog, sums),
            sources: meaning.sources(sums),
        }
    }
}

/// What it means to be in a stage.
struct Meaning(BTreeMap<StageId, (StageKind, bool)>);

impl Meaning {
    fn of(catalog: &Catalog) -> Self {
        let stages = catalog.pipelines.iter().flat_map(|one| one.stages.iter().enumerate());
        Self(stages.map(|(at, stage)| (stage.id, (stage.kind, at > 0))).collect())
    }

    /// A stage that is gone is neither won nor lost.
    fn progress(&self, stage: StageId, n: i64) -> Progress {
        let (kind, moved) = self.0.get(&stage).copied().unwrap_or((StageKind::Open, false));
        let if_so = |holds: bool| if holds { n } else { 0 };
        Progress {
            leads: n,
            moved: if_so(moved),
            won: if_so(kind == StageKind::Won),
            lost: if_so(kind == StageKind::Lost),
        }
    }

    fn stretch(&self, days: Days, sums: &Sums) -> Stretch {
        let mut by_day: BTreeMap<NaiveDate, Progress> = BTreeMap::new();
        let mut total = Progress::default();
        for ((day, stage), n) in &sums.by_day {
            let progress = self.progress(*stage, *n);
            *by_day.entry(*day).or_default() += progress;
            total += progress;
        }
        let daily = days.iter().map(|day| by_day.get(&day).copied().unwrap_or_default());
        Stretch { daily: daily.collect(), days, total }
    }

    fn sources(&self, sums: &Sums) -> Vec<FromSource> {
        let mut sources: BTreeMap<&str, Progress> = BTreeMap::new();
        for ((source, stage), n) in &sums.by_source {
            *sources.entry(source).or_default() += self.progress(*stage, *n);
        }
        let named = |(name, progress): (&str, Progress)| FromSource {
            source: Some(name.to_owned()).filter(|name| !name.is_empty()),
            progress,
        };
        let mut sources: Vec<FromSource> = sources.into_iter().map(named).collect();
        sources.sort_by_key(|one| Reverse(one.progress.leads));
        sources
    }
}

fn stages(catalog: &Catalog, sums: &Sums) -> Vec<InStage> {
    let mut counts: BTreeMap<StageId, i64> = BTreeMap::new();
    for ((_, stage), n) in &sums.by_source {
        *counts.entry(*stage).or_default() += n;
    }
    let all = catalog.pipelines.iter().flat_map(|one| one.stages.iter().map(move |s| (one, s)));
    all.map(|(pipeline, stage)| InStage {
        pipeline: pipeline.name.clone(),
        stage: stage.id,
        key: stage.key.to_string(),
        name: stage.name.clone(),
        kind: stage.kind,
        leads: counts.get(&stage.id).copied().unwrap_or(0),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::Tenant;
    use crate::rollup::Cell;

    fn sums(catalog: &Catalog, rows: &[(i32, u8, usize, i64)], days: Days) -> Sums {
        let stages: Vec<StageId> =
            catalog.pipelines[0].stages.iter().map(|stage| stage.id).collect();
        let mut sums = Sums::default();
        for (offset, source, stage, n) in rows {
            let day = days.first + chrono::TimeDelta::days(i64::from(*offset));
            let source = ["", "web", "fair"][usize::from(*source)].to_owned();
            let stage =
                stages.get(*stage).copied().unwrap_or(StageId::from_uuid(uuid::Uuid::nil()));
            sums.add(Cell { day, source, stage, owner: Cell::NOBODY }, *n);
        }
        sums
    }

    proptest! {
        #[test]
        fn days_stages_and_sources_tell_of_the_same_leads(
            rows in proptest::collection::vec((0_i32..9, 0_u8..3, 0_usize..7, 1_i64..1000), 0..40),
        ) {
            let catalog = Catalog::new(Tenant::DEFAULT);
            let first = NaiveDate::from_epoch_days(20_000).unwrap();
            let days = Days { first, last: first + chrono::TimeDelta::days(8) };
            let sums = sums(&catalog, &rows, days);
            let overview = Overview::of(&catalog, (days, &sums), (days, &Sums::default()));
            let all: i64 = rows.iter().map(|(.., n)| n).sum();
            let now = &overview.now;
            prop_assert_eq!((now.daily.len(), now.total.leads), (9, all));
            let mut sum = Progress::default();
            now.daily.iter().for_each(|day| sum += *day);
            prop_assert_eq!(sum, now.total);
            let mut sum = Progress::default();
            overview.sources.iter().for_each(|one| sum += one.progress);
            prop_assert_eq!(sum, now.total);
            let of_kind = |kind| -> i64 {
                overview.stages.iter().filter(|one| one.kind == kind).map(|one| one.leads).sum()
            };
            prop_assert_eq!(of_kind(StageKind::Won), now.total.won);
            prop_assert_eq!(of_kind(StageKind::Lost), now.total.lost);
            prop_assert!(of_kind(StageKind::Open) <= now.total.open(), "some stages may be gone");
            let most = |pair: &[FromSource]| pair[0].progress.leads >= pair[1].progress.leads;
            prop_assert!(overview.sources.windows(2).all(most));
            prop_assert_eq!(overview.before.total, Progress::default());
        }
    }

    #[test]
    fn who_left_the_first_stage_has_moved_wherever_it_went() {
        let catalog = Catalog::new(Tenant::DEFAULT);
        let first = NaiveDate::from_epoch_days(20_000).unwrap();
        let days = Days { first, last: first };
        let last = catalog.pipelines[0].stages.len() - 1;
        let sums = sums(&catalog, &[(0, 0, 0, 5), (0, 1, 1, 3), (0, 1, last, 2)], days);
        let total = Overview::of(&catalog, (days, &sums), (days, &sums)).now.total;
        assert_eq!((total.leads, total.moved), (10, 5));
    }
}
