//! Scores. Owns their preconditions and their columns.

use leadbox_core::storage::{ScoreUpdate, StorageError};
use leadbox_core::{Freshness, LeadScore, Revision, Version};
use sqlx::SqliteConnection;

use super::blame::{Clash, Outcome, none_of};
use super::held::Held;
use super::leads::micros;
use crate::error::During;
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
