//! How things stand: the figures of the first page.

use axum::Json;
use axum::extract::Query;
use chrono::NaiveDate;
use leadbox_core::overview::{Progress, Stretch};
use leadbox_core::service::{Attention, Counted};
use leadbox_core::{Days, Overview, Period, StageKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asker::Asker;
use super::leads::CountBody;
use crate::page::zone;
use crate::serve::Problem;

/// Of which days.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// A period that ends today, in the tenant's zone: 7, 30 or 90 days, or since the first of January; `30d` when not given.
    #[param(inline)]
    period: Option<Period>,
}

/// How many leads, and how many of them are how far.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Progress)]
pub(super) struct ProgressBody {
    /// All of them.
    leads: i64,
    /// Those that have left the first stage.
    moved: i64,
    /// Those that are neither won nor lost.
    open: i64,
    /// Those that are won.
    won: i64,
    /// Those that are lost.
    lost: i64,
}

impl ProgressBody {
    fn of(progress: &Progress) -> Self {
        let Progress { leads, moved, won, lost } = *progress;
        Self { leads, moved, open: progress.open(), won, lost }
    }
}

/// The leads that came in on one day, where they are now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DayProgress)]
pub(super) struct DayBody {
    /// The day.
    day: NaiveDate,
    /// Its leads.
    #[serde(flatten)]
    progress: ProgressBody,
}

/// The leads that came in on some days, where they are now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Stretch)]
pub(super) struct StretchBody {
    /// Which days.
    days: Days,
    /// Each of them, also without leads.
    daily: Vec<DayBody>,
    /// All of them.
    total: ProgressBody,
}

impl StretchBody {
    fn of(stretch: &Stretch) -> Self {
        let daily = stretch.days.iter().zip(&stretch.daily);
        let daily = daily.map(|(day, one)| DayBody { day, progress: ProgressBody::of(one) });
        Self { days: stretch.days, daily: daily.collect(), total: ProgressBody::of(&stretch.total) }
    }
}

/// The leads that are in one stage.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StageCount)]
pub(super) struct StageBody {
    /// The pipeline's name.
    pipeline: String,
    /// The stage's key.
    stage: String,
    /// What people read.
    name: String,
    /// Whether leads in it are open, won or lost.
    kind: StageKind,
    /// How many are there.
    leads: i64,
}

/// The leads of one source.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SourceCount)]
pub(super) struct SourceBody {
    /// The source; missing when it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    /// Its leads.
    #[serde(flatten)]
    progress: ProgressBody,
}

/// What should be looked at; what is missing is not the asker's to see. Counts stop at 1,000.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attention)]
pub(super) struct AttentionBody {
    /// Open tasks whose date has passed.
    overdue: CountBody,
    /// Open tasks that are due later today, in the asker's zone.
    due_today: CountBody,
    /// Open leads without an owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    unowned: Option<CountBody>,
    /// Open leads without an interaction for 14 days.
    idle: CountBody,
    /// Jobs that were given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    parked_jobs: Option<CountBody>,
}

impl AttentionBody {
    fn of(attention: &Attention) -> Self {
        let count = |Counted { count, more }: Counted| CountBody { count, more };
        Self {
            overdue: count(attention.overdue),
            due_today: count(attention.due_today),
            unowned: attention.unowned.map(count),
            idle: count(attention.idle),
            parked_jobs: attention.parked_jobs.map(count),
        }
    }
}

/// How things stand.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Overview)]
pub(super) struct OverviewBody {
    /// The zone in which days are counted.
    #[schema(example = "Europe/Berlin")]
    zone: String,
    /// The leads of the period.
    now: StretchBody,
    /// Those of the days before, or of the same part of last year.
    before: StretchBody,
    /// Where the leads of the period are, stage by stage.
    stages: Vec<StageBody>,
    /// From where they came, the most first.
    sources: Vec<SourceBody>,
    /// What should be looked at, whenever it came in.
    attention: AttentionBody,
}

/// See how things stand
///
/// The leads that came in within the period, and that whoever asks may see: day by day beside the period before, by stage and
/// by source. They count where they are now.
#[utoipa::path(get, path = "/overview", tag = "leads", params(Asked),
    responses((status = 200, body = OverviewBody)))]
pub(super) async fn read(
    Asker(leadbox): Asker,
    Query(asked): Query<Asked>,
) -> Result<Json<OverviewBody>, Problem> {
    let catalog = leadbox.catalog().await?;
    let analytics = leadbox.analytics();
    let Overview { now, before, stages, sources } =
        analytics.overview(asked.period.unwrap_or_default()).await?;
    let attention = analytics.attention(zone(&leadbox, &catalog).await?).await?;
    let stages = stages.into_iter().map(|one| StageBody {
        pipeline: one.pipeline,
        stage: one.key,
        name: one.name,
        kind: one.kind,
        leads: one.leads,
    });
    let sources = sources
        .into_iter()
        .map(|one| SourceBody { progress: ProgressBody::of(&one.progress), source: one.source });
    Ok(Json(OverviewBody {
        zone: catalog.settings.zone.name().to_owned(),
        now: StretchBody::of(&now),
        before: StretchBody::of(&before),
        stages: stages.collect(),
        sources: sources.collect(),
        attention: AttentionBody::of(&attention),
    }))
}
