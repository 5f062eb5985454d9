//! New leads. Owns all rows that a lead begins with, and whose key was taken when one of them is refused.

use std::collections::HashMap;

use leadbox_core::storage::{ScoreUpdate, StorageError};
use leadbox_core::{Domain, Facet, LeadId, LeadRow, LeadScore, Tenant, Timestamp};
use sqlx::SqliteConnection;

use super::apply::Marks;
use super::blame::{self, Clash, Outcome};
use super::held::Held;
use super::scores::{bind_score, is_first_score};
use crate::error::{During, Result};
use crate::rows::MISSING;
use crate::statement::{Binds, Rows};

pub(super) const LEAD: Rows<'_> = Rows {
    before: r"
        insert or fail into lead (
            no,
            tenant,
            id,
            version,
            external_id,
            email_key,
            email_slot,
            phone_key,
            phone_slot,
            pipeline,
            stage,
            stage_since,
            owner,
            source,
            value_minor,
            currency,
            completeness,
            name_key,
            created_at,
            created_on,
            updated_at,
            deleted_at,
            likeness,
            merged_into
        ) values",
    columns: 24,
    after: "",
};

pub(super) const PROFILE: Rows<'_> = Rows {
    before: r"
        insert or fail into lead_profile (
            no,
            company_key,
            title_key,
            city_key,
            domain,
            search_text,
            body
        ) values",
    columns: 7,
    after: "",
};

pub(super) const PULSE: Rows<'_> = Rows {
    before: r"
        insert or fail into lead_pulse (
            no,
            tenant,
            lead,
            owner,
            stage,
            deleted,
            last_at,
            interactions,
            revision,
            lead_version,
            score,
            categories,
            priority,
            as_of,
            next_change_at,
            rule_set,
            dirty
        ) values",
    columns: 17,
    after: "",
};

const FACET: Rows<'_> = Rows {
    before: "insert or fail into lead_facet (tenant, name, key, no) values",
    columns: 4,
    after: "",
};

/// Binds a moment.
pub(super) fn micros(at: Timestamp) -> i64 {
    at.timestamp_micros()
}

/// Inserts leads with their profile, score, facets and search text. A first score that comes in the same pass is written
/// at once; returned are the scores that are left to be set.
pub(super) async fn insert<'a>(
    connection: &mut SqliteConnection,
    rows: &[&LeadRow],
    scores: Vec<&'a ScoreUpdate>,
    held: &mut Held,
    marks: &mut Marks,
) -> Outcome<Vec<&'a ScoreUpdate>> {
    if rows.is_empty() {
        return Ok(scores);
    }
    let first = marks.lead_no + 1;
    let numbered: Vec<(i64, &LeadRow)> = (first..).zip(rows.iter().copied()).collect();
    blame::insert(connection, "insert leads", LEAD, &numbered, bind_lead, |(_, row), message| {
        taken(row, message)
    })
    .await?;
    for (no, row) in &numbered {
        held.insert(row, *no);
        marks.lead_no = *no;
    }
    insert_profiles(connection, &numbered).await?;
    index_texts(connection, first, marks.lead_no).await?;
    insert_facets(connection, numbered.iter().map(|(no, row)| (*no, *row))).await?;
    let (first_scores, later) = split_scores(&numbered, scores);
    insert_pulses(connection, &numbered, &first_scores).await?;
    for update in first_scores.into_values() {
        if let Some(lead) = held.get_mut(update.score.tenant, update.score.lead) {
            (lead.revision, lead.rule_set) = (update.score.revision, update.score.rule_set);
        }
    }
    Ok(later)
}

/// Who is to blame when a lead's row was refused.
pub(super) fn taken(row: &LeadRow, message: &str) -> Clash {
    let lead = &row.lead;
    let (what, key) = if message.contains("lead.email_key") {
        ("lead by email", row.keys.email.clone())
    } else if message.contains("lead.phone_key") {
        ("lead by phone", row.keys.phone.clone())
    } else if message.contains("lead.external_id") {
        ("lead by external id", lead.external_id.clone())
    } else {
        ("lead", None)
    };
    Clash::of(
        lead.id,
        StorageError::already_exists(what, key.unwrap_or_else(|| lead.id.to_string())),
    )
}

pub(super) fn bind_lead(binds: &mut Binds, (no, row): &(i64, &LeadRow)) {
    let (lead, keys) = (&row.lead, &row.keys);
    binds
        .add(*no)
        .add(lead.tenant.0)
        .add(lead.id.uuid())
        .add(lead.version.0)
        .add(lead.external_id.as_deref())
        .add(keys.email.as_deref())
        .add(keys.email_slot)
        .add(keys.phone.as_deref())
        .add(keys.phone_slot)
        .add(lead.pipeline.uuid())
        .add(lead.stage.uuid())
        .add(micros(lead.stage_since))
        .add(lead.owner.map(|owner| owner.uuid()))
        .add(lead.source.name.as_deref())
        .add(lead.value.map_or(MISSING, |value| value.minor))
        .add(lead.value.as_ref().map(|value| value.currency.as_str()))
        .add(i64::from(lead.completeness))
        .add(keys.name.as_str())
        .add(micros(lead.created_at))
        .add(i64::from(lead.created_on.to_epoch_days()))
        .add(micros(lead.updated_at))
        .add(lead.deleted_at.map(micros))
        .add(keys.likeness.as_deref())
        .add(lead.merged_into.map(|lead| lead.uuid()));
}

/// The wide part of a lead as it is stored.
pub(super) fn body(row: &LeadRow) -> Result<String> {
    serde_json::to_string(&row.lead.profile()).during("write a profile")
}

async fn insert_profiles(
    connection: &mut SqliteConnection,
    rows: &[(i64, &LeadRow)],
) -> Result<()> {
    let mut bodies = Vec::with_capacity(rows.len());
    for (_, row) in rows {
        bodies.push(body(row)?);
    }
    let profiles: Vec<_> = rows.iter().zip(bodies).collect();
    PROFILE
        .execute(connection, &profiles, |binds, ((no, row), body)| {
            bind_profile(binds, *no, row, body);
        })
        .await
        .during("insert profiles")?;
    Ok(())
}

pub(super) fn bind_profile(binds: &mut Binds, no: i64, row: &LeadRow, body: &str) {
    binds
        .add(no)
        .add(row.keys.company.as_deref())
        .add(row.keys.title.as_deref())
        .add(row.keys.city.as_deref())
        .add(row.lead.company.domain.as_ref().map(Domain::as_str))
        .add(row.keys.search_text.as_str())
        .add(body);
}

pub(super) const INDEX_TEXTS: &str = r"
    insert into lead_search (rowid, search_text)
    select
        no,
        search_text
    from lead_profile
    where no between ? and ?";

/// Makes the texts of a range of leads searchable.
async fn index_texts(connection: &mut SqliteConnection, first: i64, last: i64) -> Result<()> {
    sqlx::query(INDEX_TEXTS)
        .bind(first)
        .bind(last)
        .execute(connection)
        .await
        .during("index texts")?;
    Ok(())
}

/// Inserts the facets of leads.
pub(super) async fn insert_facets<'r>(
    connection: &mut SqliteConnection,
    rows: impl Iterator<Item = (i64, &'r LeadRow)>,
) -> Result<()> {
    let facets: Vec<(Tenant, &Facet, i64)> = rows
        .flat_map(|(no, row)| row.keys.facets.iter().map(move |facet| (row.lead.tenant, facet, no)))
        .collect();
    FACET
        .execute(connection, &facets, |binds, (tenant, facet, no)| {
            binds.add(tenant.0).add(facet.name.as_str()).add(facet.key.as_slice()).add(*no);
        })
        .await
        .during("insert facets")?;
    Ok(())
}

type Scores<'a> = HashMap<(Tenant, LeadId), &'a ScoreUpdate>;

/// Splits off the scores that fit these new leads.
fn split_scores<'a>(
    rows: &[(i64, &LeadRow)],
    scores: Vec<&'a ScoreUpdate>,
) -> (Scores<'a>, Vec<&'a ScoreUpdate>) {
    if scores.is_empty() {
        return (HashMap::new(), scores);
    }
    let versions: HashMap<_, _> =
        rows.iter().map(|(_, row)| ((row.lead.tenant, row.lead.id), row.lead.version)).collect();
    let (mut first, mut later) = (HashMap::with_capacity(scores.len()), Vec::new());
    for update in scores {
        let lead = (update.score.tenant, update.score.lead);
        if versions.get(&lead).is_some_and(|version| is_first_score(update, *version)) {
            first.insert(lead, update);
        } else {
            later.push(update);
        }
    }
    (first, later)
}

async fn insert_pulses(
    connection: &mut SqliteConnection,
    rows: &[(i64, &LeadRow)],
    scores: &Scores<'_>,
) -> Result<()> {
    PULSE
        .execute(connection, rows, |binds, (no, row)| {
            let score = scores.get(&(row.lead.tenant, row.lead.id)).map(|update| &update.score);
            bind_pulse(binds, *no, row, score);
        })
        .await
        .during("insert scores")?;
    Ok(())
}

pub(super) fn bind_pulse(binds: &mut Binds, no: i64, row: &LeadRow, score: Option<&LeadScore>) {
    let lead = &row.lead;
    binds
        .add(no)
        .add(lead.tenant.0)
        .add(lead.id.uuid())
        .add(lead.owner.map(|owner| owner.uuid()))
        .add(lead.stage.uuid())
        .add(lead.deleted_at.is_some())
        .add(MISSING)
        .add(0_i64);
    match score {
        Some(score) => bind_score(binds, score),
        None => bind_score(binds, &LeadScore::unscored(lead.tenant, lead.id, lead.created_at)),
    }
}
