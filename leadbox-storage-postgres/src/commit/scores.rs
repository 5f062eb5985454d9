//! The history of scores. Owns its rows; the scores themselves are part of the pulses, where they are guarded too.

use leadbox_core::scoring::ScoreRecord;

use super::batch::Batch;
use super::statement::Statement;
use crate::error::Failure;

/// Adds what is kept of scores.
pub(super) fn keep(statement: &mut Statement, batch: &Batch<'_>) -> Result<(), Failure> {
    let rows: Vec<&ScoreRecord> =
        batch.scores.iter().filter_map(|update| update.record.as_ref()).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let changes =
        rows.iter().map(|row| serde_json::to_string(&row.change)).collect::<Result<Vec<_>, _>>()?;
    statement
        .bind(rows.iter().map(|row| row.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lead.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.revision.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.at).collect::<Vec<_>>())
        .bind(changes)
        .part(
            "score_records_in",
            r"
            insert into score_record (
                tenant,
                lead,
                revision,
                at,
                change
            )
            select tenant, lead, revision, at, change::json
            from unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::timestamptz[], $5::text[])
                as w (tenant, lead, revision, at, change)",
        );
    Ok(())
}
