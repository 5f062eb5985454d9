//! Pulses: what changes of a lead all the time, one row per lead. Owns how all that a set does to one lead's pulse becomes
//! one write, because a statement can touch a row once; checks among changes of the set happen here, those against stored
//! rows in the statement.

use std::collections::HashMap;

use leadbox_core::storage::ScoreUpdate;
use leadbox_core::{
    Freshness, Lead, LeadActivity, LeadId, LeadScore, Points, StorageError, Suspicion, Tenant,
    Timestamp,
};

use super::batch::Batch;
use super::statement::Statement;
use crate::error::Failure;
use crate::rows::{never, storable};

/// The pulse of a lead that the set inserts.
pub(super) struct NewPulse<'a> {
    lead: &'a Lead,
    score: Option<&'a LeadScore>,
    is_spoilt: bool,
    activity: LeadActivity,
}

/// What the set does to a stored pulse.
pub(super) struct Pulse<'a> {
    tenant: Tenant,
    id: LeadId,
    /// The version that the stored lead has to have.
    version: Option<i64>,
    /// The lead as the set leaves it, when it changes it.
    lead: Option<&'a Lead>,
    score: Option<&'a ScoreUpdate>,
    is_spoilt: bool,
    /// Interactions are for live leads only.
    needs_live: bool,
    activity: LeadActivity,
}

impl<'a> Pulse<'a> {
    fn of(tenant: Tenant, id: LeadId) -> Self {
        let activity = LeadActivity::default();
        let (is_spoilt, needs_live) = (false, false);
        Self { tenant, id, version: None, lead: None, score: None, is_spoilt, needs_live, activity }
    }

    fn what(&self) -> &'static str {
        if self.score.is_some() || self.is_spoilt { "score of lead" } else { "lead" }
    }

    fn score(&self) -> Option<&'a LeadScore> {
        self.score.map(|update| &update.score)
    }
}

fn count(activity: &mut LeadActivity, suspicion: Suspicion, at: Timestamp) {
    if suspicion == Suspicion::Clear {
        activity.count += 1;
        activity.last_at = activity.last_at.max(Some(at));
    }
}

enum Place {
    New(usize),
    Stored(usize),
}

/// Puts together what happens to each pulse.
pub(super) fn fold<'a>(
    batch: &Batch<'a>,
) -> Result<(Vec<NewPulse<'a>>, Vec<Pulse<'a>>), StorageError> {
    let mut new: Vec<NewPulse<'a>> = Vec::with_capacity(batch.new_leads.len());
    let mut stored: Vec<Pulse<'a>> = Vec::new();
    let mut places = HashMap::new();
    for row in &batch.new_leads {
        places.insert((row.lead.tenant, row.lead.id), Place::New(new.len()));
        let (score, is_spoilt, activity) = (None, false, LeadActivity::default());
        new.push(NewPulse { lead: &row.lead, score, is_spoilt, activity });
    }
    for update in &batch.leads {
        let lead = &update.after.lead;
        places.insert((lead.tenant, lead.id), Place::Stored(stored.len()));
        let version = Some(update.before.lead.version.0);
        stored.push(Pulse { version, lead: Some(lead), ..Pulse::of(lead.tenant, lead.id) });
    }
    for update in &batch.scores {
        let score = &update.score;
        let conflict = || StorageError::conflict("score of lead", score.lead);
        match place(&mut places, &mut stored, score.tenant, score.lead) {
            Place::New(at) => {
                let pulse = &mut new[at];
                if pulse.lead.version != score.lead_version
                    || update.before.0 != 0
                    || score.rule_set < 0
                {
                    return Err(conflict());
                }
                pulse.score = Some(score);
            }
            Place::Stored(at) => {
                let pulse = &mut stored[at];
                match pulse.lead {
                    Some(lead) if lead.version != score.lead_version => return Err(conflict()),
                    Some(_) => {}
                    None => pulse.version = Some(score.lead_version.0),
                }
                pulse.score = Some(update);
            }
        }
    }
    for spoil in &batch.spoils {
        match place(&mut places, &mut stored, spoil.tenant, spoil.lead) {
            Place::New(at) => new[at].is_spoilt = true,
            Place::Stored(at) => stored[at].is_spoilt = true,
        }
    }
    let mut live = |tenant: Tenant, id: LeadId| {
        let place = place(&mut places, &mut stored, tenant, id);
        let lead = match place {
            Place::New(at) => Some(new[at].lead),
            Place::Stored(at) => {
                stored[at].needs_live = stored[at].lead.is_none();
                stored[at].lead
            }
        };
        match lead.is_some_and(|lead| lead.deleted_at.is_some()) {
            true => Err(StorageError::conflict("lead", id)),
            false => Ok(place),
        }
    };
    for (tenant, lead) in batch.leads_worked_on() {
        live(tenant, lead)?;
    }
    let active = batch.interactions.iter();
    let active = active
        .map(|interaction| Ok((live(interaction.tenant, interaction.lead)?, *interaction)))
        .collect::<Result<Vec<_>, StorageError>>()?;
    for (place, interaction) in active {
        let activity = match place {
            Place::New(at) => &mut new[at].activity,
            Place::Stored(at) => &mut stored[at].activity,
        };
        count(activity, interaction.suspicion, interaction.at);
    }
    stored.sort_unstable_by_key(|pulse| (pulse.tenant, pulse.id));
    Ok((new, stored))
}

fn place(
    places: &mut HashMap<(Tenant, LeadId), Place>,
    stored: &mut Vec<Pulse<'_>>,
    tenant: Tenant,
    id: LeadId,
) -> Place {
    match places.get(&(tenant, id)) {
        Some(Place::New(at)) => Place::New(*at),
        Some(Place::Stored(at)) => Place::Stored(*at),
        None => {
            let at = stored.len();
            stored.push(Pulse::of(tenant, id));
            places.insert((tenant, id), Place::Stored(at));
            Place::Stored(at)
        }
    }
}

/// Adds the pulses of new leads.
pub(super) fn insert(statement: &mut Statement, pulses: &[NewPulse<'_>]) -> Result<(), Failure> {
    if pulses.is_empty() {
        return Ok(());
    }
    let scores: Vec<Option<&LeadScore>> = pulses.iter().map(|pulse| pulse.score).collect();
    statement
        .bind(pulses.iter().map(|pulse| pulse.lead.tenant.0).collect::<Vec<_>>())
        .bind(pulses.iter().map(|pulse| pulse.lead.id.uuid()).collect::<Vec<_>>());
    bind_leads(statement, &pulses.iter().map(|pulse| Some(pulse.lead)).collect::<Vec<_>>());
    bind_scores(statement, &scores)?;
    bind_activity(statement, pulses.iter().map(|pulse| pulse.activity));
    // The score of a lead that no rule has looked at.
    statement
        .bind(pulses.iter().map(|pulse| pulse.lead.created_at).collect::<Vec<_>>())
        .bind(pulses.iter().map(|pulse| i64::from(pulse.is_spoilt)).collect::<Vec<_>>());
    statement.part(
        "pulses_in",
        r"
        insert into lead_pulse (
            tenant,
            lead,
            version,
            stage,
            owner,
            live,
            updated_at,
            revision,
            lead_version,
            total,
            categories,
            priority,
            as_of,
            next_change_at,
            rule_set,
            dirty,
            interactions,
            last_at
        )
        select
            tenant,
            lead,
            version,
            stage,
            owner,
            live,
            updated_at,
            coalesce(revision, spoilt),
            coalesce(lead_version, 0),
            coalesce(total, 0),
            coalesce(categories, '{}')::json,
            priority,
            coalesce(as_of, created_at),
            next_change_at,
            coalesce(rule_set, 0),
            coalesce(dirty, spoilt = 1),
            interactions,
            last_at
        from unnest(
            $1::bigint[], $2::uuid[], $3::bigint[], $4::uuid[], $5::uuid[], $6::boolean[], $7::timestamptz[],
            $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::text[], $13::timestamptz[],
            $14::timestamptz[], $15::bigint[], $16::boolean[], $17::bigint[], $18::timestamptz[], $19::timestamptz[],
            $20::bigint[]
        ) as w (
            tenant, lead, version, stage, owner, live, updated_at, revision, lead_version, total, categories, priority,
            as_of, next_change_at, rule_set, dirty, interactions, last_at, created_at, spoilt
        )",
    );
    Ok(())
}

/// Adds changes of stored pulses. Everything that touches a lead comes through here and so waits for whoever did before.
pub(super) fn update(statement: &mut Statement, pulses: &[Pulse<'_>]) -> Result<(), Failure> {
    if pulses.is_empty() {
        return Ok(());
    }
    let scores: Vec<Option<&LeadScore>> = pulses.iter().map(Pulse::score).collect();
    statement
        .bind(pulses.iter().map(|pulse| pulse.tenant.0).collect::<Vec<_>>())
        .bind(pulses.iter().map(|pulse| pulse.id.uuid()).collect::<Vec<_>>());
    bind_leads(statement, &pulses.iter().map(|pulse| pulse.lead).collect::<Vec<_>>());
    bind_scores(statement, &scores)?;
    bind_activity(statement, pulses.iter().map(|pulse| pulse.activity));
    statement
        .bind(pulses.iter().map(|pulse| pulse.version).collect::<Vec<_>>())
        .bind(
            pulses
                .iter()
                .map(|pulse| pulse.score.map(|update| update.before.0))
                .collect::<Vec<_>>(),
        )
        .bind(pulses.iter().map(|pulse| pulse.needs_live).collect::<Vec<_>>())
        .bind(pulses.iter().map(|pulse| i64::from(pulse.is_spoilt)).collect::<Vec<_>>())
        .bind(pulses.iter().map(Pulse::what).collect::<Vec<_>>());
    statement
        .part(
            "pulses_up",
            r"
            update lead_pulse as p
            set version = coalesce(w.version, p.version),
                stage = coalesce(w.stage, p.stage),
                owner = case when w.version is null then p.owner else w.owner end,
                live = coalesce(w.live, p.live),
                updated_at = coalesce(w.updated_at, p.updated_at),
                revision = coalesce(w.revision, p.revision + w.spoilt),
                lead_version = coalesce(w.lead_version, p.lead_version),
                total = coalesce(w.total, p.total),
                categories = case when w.revision is null then p.categories else w.categories::json end,
                priority = case when w.revision is null then p.priority else w.priority end,
                as_of = coalesce(w.as_of, p.as_of),
                next_change_at = case when w.revision is null then p.next_change_at else w.next_change_at end,
                rule_set = coalesce(w.rule_set, p.rule_set),
                dirty = coalesce(w.dirty, p.dirty or w.spoilt = 1),
                interactions = p.interactions + w.interactions,
                last_at = greatest(p.last_at, w.last_at)
            from unnest(
                $1::bigint[], $2::uuid[], $3::bigint[], $4::uuid[], $5::uuid[], $6::boolean[], $7::timestamptz[],
                $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::text[], $13::timestamptz[],
                $14::timestamptz[], $15::bigint[], $16::boolean[], $17::bigint[], $18::timestamptz[], $19::bigint[],
                $20::bigint[], $21::boolean[], $22::bigint[]
            ) as w (
                tenant, lead, version, stage, owner, live, updated_at, revision, lead_version, total, categories,
                priority, as_of, next_change_at, rule_set, dirty, interactions, last_at, version_before,
                revision_before, needs_live, spoilt
            )
            where p.tenant = w.tenant
              and p.lead = w.lead
              and (w.version_before is null or p.version = w.version_before)
              and (w.revision_before is null or p.revision = w.revision_before and p.rule_set <= w.rule_set)
              and (p.live or not w.needs_live)
            returning p.tenant, p.lead",
        )
        .check(
            r"case
                when (select count(*) from pulses_up) = cardinality($2) then 0
                else (
                    select leadbox_conflict(w.what, w.lead::text)
                    from (
                        select what, lead
                        from unnest($23::text[], $1, $2) as w (what, tenant, lead)
                        where (tenant, lead) not in (select tenant, lead from pulses_up)
                        limit 1
                    ) as w
                )
            end",
        );
    Ok(())
}

/// Binds what a pulse copies of its lead.
fn bind_leads(statement: &mut Statement, leads: &[Option<&Lead>]) {
    statement
        .bind(leads.iter().map(|lead| lead.map(|lead| lead.version.0)).collect::<Vec<_>>())
        .bind(leads.iter().map(|lead| lead.map(|lead| lead.stage.uuid())).collect::<Vec<_>>())
        .bind(
            leads
                .iter()
                .map(|lead| lead.and_then(|lead| lead.owner).map(leadbox_core::UserId::uuid))
                .collect::<Vec<_>>(),
        )
        .bind(
            leads.iter().map(|lead| lead.map(|lead| lead.deleted_at.is_none())).collect::<Vec<_>>(),
        )
        .bind(leads.iter().map(|lead| lead.map(|lead| lead.updated_at)).collect::<Vec<_>>());
}

fn bind_scores(statement: &mut Statement, scores: &[Option<&LeadScore>]) -> Result<(), Failure> {
    let categories = scores
        .iter()
        .map(|score| {
            score
                .map(|score| {
                    serde_json::to_string::<std::collections::BTreeMap<String, Points>>(
                        &score.categories,
                    )
                })
                .transpose()
        })
        .collect::<Result<Vec<_>, _>>()?;
    statement
        .bind(scores.iter().map(|score| score.map(|score| score.revision.0)).collect::<Vec<_>>())
        .bind(
            scores.iter().map(|score| score.map(|score| score.lead_version.0)).collect::<Vec<_>>(),
        )
        .bind(scores.iter().map(|score| score.map(|score| score.total.0)).collect::<Vec<_>>())
        .bind(categories)
        .bind(
            scores
                .iter()
                .map(|score| score.and_then(|score| score.priority.as_deref()))
                .collect::<Vec<_>>(),
        )
        .bind(scores.iter().map(|score| score.map(|score| score.as_of)).collect::<Vec<_>>())
        .bind(
            scores
                .iter()
                .map(|score| score.and_then(|score| score.next_change_at))
                .collect::<Vec<_>>(),
        )
        .bind(scores.iter().map(|score| score.map(|score| score.rule_set)).collect::<Vec<_>>())
        .bind(
            scores
                .iter()
                .map(|score| score.map(|score| score.freshness == Freshness::Dirty))
                .collect::<Vec<_>>(),
        );
    Ok(())
}

fn bind_activity(statement: &mut Statement, activity: impl Iterator<Item = LeadActivity> + Clone) {
    statement.bind(activity.clone().map(|activity| activity.count).collect::<Vec<_>>()).bind(
        activity.map(|activity| activity.last_at.map_or_else(never, storable)).collect::<Vec<_>>(),
    );
}
