//! Scores. Owns their preconditions, their columns and their history.

use leadbox_core::scoring::ScoreRecord;
use leadbox_core::storage::{ScoreSpoil, ScoreUpdate, StorageError};
use leadbox_core::{Freshness, LeadScore, Revision, Version};
use sqlx::SqliteConnection;

use super::blame::{Clash, Outcome, none_of};
use super::held::Held;
use super::leads::micros;
use crate::error::{During, Result};
use crate::statement::{Binds, Rows};

const SET: Rows<'_> = Rows {
    before: r"
        with v (
            no,
            revision,
            lead_version,
            score,
            categories,
            priority,
            as_of,
            next_change_at,
            rule_set,
            dirty
        ) as (values",
    columns: 10,
    after: r")
        update lead_pulse
        set
            revision = v.revision,
            lead_version = v.lead_version,
            score = v.score,
            categories = v.categories,
            priority = v.priority,
            as_of = v.as_of,
            next_change_at = v.next_change_at,
            rule_set = v.rule_set,
            dirty = v.dirty
        from v
        where lead_pulse.no = v.no",
};

pub(super) const KEEP: Rows<'_> = Rows {
    before: "insert into score_record (lead_no, revision, at, change) values",
    columns: 4,
    after: "",
};

const SPOIL: Rows<'_> = Rows {
    before: "with v (no) as (values",
    columns: 1,
    after: r")
        update lead_pulse
        set
            revision = revision + 1,
            dirty = 1
        from v
        where lead_pulse.no = v.no",
};

/// Whether a score may be written together with a new lead at this version.
pub(super) fn is_first_score(update: &ScoreUpdate, version: Version) -> bool {
    update.before == Revision(0)
        && update.score.lead_version == version
        && update.score.rule_set >= 0
}

/// Binds a score's columns, from `revision` to `dirty`.
pub(super) fn bind_score(binds: &mut Binds, score: &LeadScore) {
    let categories = if score.categories.is_empty() {
        "{}".to_owned()
    } else {
        // Numbers by name: nothing that could fail.
        serde_json::to_string(&score.categories).unwrap_or_default()
    };
    binds
        .add(score.revision.0)
        .add(score.lead_version.0)
        .add(score.total.0)
        .add(categories)
        .add(score.priority.as_deref())
        .add(micros(score.as_of))
        .add(score.next_change_at.map(micros))
        .add(score.rule_set)
        .add(score.freshness == Freshness::Dirty);
}

/// Sets scores of stored leads.
pub(super) async fn set(
    connection: &mut SqliteConnection,
    updates: &[&ScoreUpdate],
    held: &mut Held,
) -> Outcome {
    let (mut rows, mut clashes) = (Vec::with_capacity(updates.len()), Vec::new());
    for update in updates {
        let score = &update.score;
        match held.get_mut(score.tenant, score.lead) {
            Some(lead)
                if lead.version == score.lead_version
                    && lead.revision == update.before
                    && lead.rule_set <= score.rule_set =>
            {
                (lead.revision, lead.rule_set) = (score.revision, score.rule_set);
                rows.push((lead.no, score));
            }
            _ => clashes
                .push(Clash::of(score.lead, StorageError::conflict("score of lead", score.lead))),
        }
    }
    none_of(clashes)?;
    SET.execute(connection, &rows, |binds, (no, score)| {
        binds.add(*no);
        bind_score(binds, score);
    })
    .await
    .during("set scores")?;
    Ok(())
}

/// What is kept of scores.
pub(super) fn records<'a>(updates: &[&'a ScoreUpdate]) -> Vec<&'a ScoreRecord> {
    updates.iter().filter_map(|update| update.record.as_ref()).collect()
}

/// What is kept of one, as it is stored.
pub(super) fn change(record: &ScoreRecord) -> Result<String> {
    serde_json::to_string(&record.change).during("write the history of a score")
}

/// Adds what is kept of scores that are set.
pub(super) async fn keep(
    connection: &mut SqliteConnection,
    records: &[&ScoreRecord],
    held: &Held,
) -> Outcome {
    let mut rows = Vec::with_capacity(records.len());
    for record in records {
        if let Some(lead) = held.get(record.tenant, record.lead) {
            rows.push((lead.no, *record, change(record)?));
        }
    }
    KEEP.execute(connection, &rows, |binds, (no, record, change)| {
        binds.add(*no).add(record.revision.0).add(micros(record.at)).add(change.as_str());
    })
    .await
    .during("keep the history of scores")?;
    Ok(())
}

/// Marks scores that are not to be trusted.
pub(super) async fn spoil(
    connection: &mut SqliteConnection,
    spoils: &[&ScoreSpoil],
    held: &mut Held,
) -> Outcome {
    let (mut rows, mut clashes) = (Vec::with_capacity(spoils.len()), Vec::new());
    for spoil in spoils {
        match held.get_mut(spoil.tenant, spoil.lead) {
            Some(lead) => {
                lead.revision = lead.revision.next();
                rows.push(lead.no);
            }
            None => clashes
                .push(Clash::of(spoil.lead, StorageError::conflict("score of lead", spoil.lead))),
        }
    }
    none_of(clashes)?;
    SPOIL
        .execute(connection, &rows, |binds, no| {
            binds.add(*no);
        })
        .await
        .during("spoil scores")?;
    Ok(())
}
