//! Captures of new leads, which most groups of calls consist of. Owns writing all their rows in two round trips to the
//! thread of the database, transaction included: each costs as much as writing a lead or two. A group that turns out to
//! conflict is taken back, and written kind by kind by [`super::apply`].

use std::collections::HashMap;

use leadbox_core::storage::{ChangeSet, ScoreUpdate};
use leadbox_core::{LeadRow, Stay};
use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::apply::{Marks, NOTE, bind_note};
use super::leads::{
    INDEX_TEXTS, LEAD, PROFILE, PULSE, bind_lead, bind_profile, bind_pulse, body, micros,
};
use super::log::{APPEND, MOVE_END, bind_event, placed};
use super::rollup;
use super::runs::Runs;
use super::scores::{change, is_first_score};
use super::stays::{Begun, OPEN};
use crate::error::{During, Result, failed, is_taken};
use crate::statement::{FEW_ROWS, Rows, Script};

/// Facets come as one list, however many there are, so that the text of the script depends on the number of leads alone
/// and is known again.
const FACETS: &str = r"
    insert or fail into lead_facet (
        tenant,
        name,
        key,
        no
    )
    select
        value ->> 0,
        value ->> 1,
        unhex(value ->> 2),
        value ->> 3
    from json_each(?)";

/// Counts come as one list too.
const COUNTS: &str = r"
    insert into rollup_lead (
        tenant,
        day,
        source,
        stage,
        owner,
        n
    )
    select
        value ->> 0,
        value ->> 1,
        value ->> 2,
        unhex(value ->> 3),
        unhex(value ->> 4),
        value ->> 5
    from json_each(?)
    where true
    on conflict (tenant, day, source, stage, owner) do update set n = n + excluded.n";

/// What is kept of scores comes as one list as well.
const RECORDS: &str = r"
    insert into score_record (
        lead_no,
        revision,
        at,
        change
    )
    select
        value ->> 0,
        value ->> 1,
        value ->> 2,
        value ->> 3
    from json_each(?)";

/// Sets that consist of new leads, with the stays, scores and facts that these begin with, and of nothing else.
pub(crate) struct Captures<'s> {
    sets: &'s [&'s ChangeSet],
    runs: Runs<'s>,
    /// Stays, each behind the index of its lead.
    stays: Vec<(usize, &'s Stay)>,
    /// Scores, by the index of their lead.
    scores: HashMap<usize, &'s ScoreUpdate>,
}

impl<'s> Captures<'s> {
    /// Sees whether sets are a few captures.
    pub(crate) fn of(sets: &'s [&'s ChangeSet]) -> Option<Self> {
        let mut runs = Runs::default();
        for set in sets {
            runs.add_set(set.changes().iter());
        }
        let few = [sets.len(), runs.new_leads.len(), runs.begun_stays.len(), runs.events.len()];
        if !runs.only_new_leads() || few.iter().any(|rows| *rows > FEW_ROWS) {
            return None;
        }
        let leads: HashMap<_, usize> = (0..)
            .zip(&runs.new_leads)
            .map(|(index, row)| ((row.lead.tenant, row.lead.id), index))
            .collect();
        let begun = runs.begun_stays.iter().copied();
        let stays = begun.map(|stay| Some((*leads.get(&(stay.tenant, stay.lead))?, stay)));
        let stays = stays.collect::<Option<Vec<_>>>()?;
        let scores = runs.scores.iter().map(|update| {
            let index = *leads.get(&(update.score.tenant, update.score.lead))?;
            let version = runs.new_leads.get(index)?.lead.version;
            is_first_score(update, version).then_some((index, *update))
        });
        let scores = scores.collect::<Option<HashMap<_, _>>>()?;
        Some(Self { sets, runs, stays, scores })
    }

    /// Writes them in a transaction of their own. `false` when one of them conflicts or was committed before; then nothing
    /// was written.
    pub(crate) async fn write(&self, connection: &mut SqliteConnection) -> Result<bool> {
        let written = self.write_or_leave(connection).await;
        if !matches!(written, Ok(true))
            && let Err(error) = sqlx::query("rollback").execute(connection).await
        {
            // It never began, or SQLite took it back by itself.
            tracing::debug!(%error, "nothing to take back");
        }
        written
    }

    async fn write_or_leave(&self, connection: &mut SqliteConnection) -> Result<bool> {
        let marks = Marks::begin(connection).await?;
        match self.script(marks)?.execute(connection).await {
            Ok(()) => Ok(true),
            Err(error) if is_taken(&error) => Ok(false),
            Err(error) => Err(failed("insert leads", error)),
        }
    }

    /// All that is written, up to the end of the transaction.
    fn script(&self, marks: Marks) -> Result<Script> {
        let first = marks.lead_no + 1;
        let leads: Vec<_> = (first..).zip(self.runs.new_leads.iter().copied()).collect();
        let last = leads.last().map_or(marks.lead_no, |(no, _)| *no);
        let mut profiles = Vec::with_capacity(leads.len());
        let mut facets = Vec::new();
        for (no, row) in &leads {
            profiles.push((*no, *row, body(row)?));
            facets.extend(
                row.keys
                    .facets
                    .iter()
                    .map(|facet| json!([row.lead.tenant.0, facet.name, hex(&facet.key), no])),
            );
        }
        let mut stays = Vec::with_capacity(self.stays.len());
        for (index, stay) in &self.stays {
            if let Some((no, _)) = leads.get(*index) {
                stays.push(Begun::of(*no, stay)?);
            }
        }
        let events = placed(&self.runs.events, marks.head);
        let head = events.last().map_or(marks.head, |(head, _)| *head);
        let counts =
            rollup::moves(&self.runs.new_leads, &[]).into_iter().map(|(tenant, cell, n)| {
                let (stage, owner) =
                    (hex(cell.stage.uuid().as_bytes()), hex(cell.owner.uuid().as_bytes()));
                json!([tenant.0, cell.day.to_epoch_days(), cell.source, stage, owner, n])
            });

        let mut script = Script::default();
        script.rows(Rows { after: "", ..NOTE }, self.sets, bind_note);
        let counts = list(counts.collect())?;
        script.statement(COUNTS, |binds| {
            binds.add(counts);
        });
        script.rows(LEAD, &leads, bind_lead);
        script
            .rows(PROFILE, &profiles, |binds, (no, row, body)| bind_profile(binds, *no, row, body));
        let pulses: Vec<_> = leads.iter().enumerate().collect();
        script.rows(PULSE, &pulses, |binds, (index, (no, row))| {
            let score = self.scores.get(index).map(|update| &update.score);
            bind_pulse(binds, *no, row, score);
        });
        let records = list(self.records(&leads)?)?;
        script.statement(RECORDS, |binds| {
            binds.add(records);
        });
        let facets = list(facets)?;
        script.statement(FACETS, |binds| {
            binds.add(facets);
        });
        script.rows(OPEN, &stays, Begun::bind);
        script.rows(APPEND, &events, bind_event);
        script.statement(MOVE_END, |binds| {
            binds.add(head.position.0).add(head.chain.0.as_slice());
        });
        // Last: every statement that may have to be taken back alone would first write out what was indexed so far.
        script.statement(INDEX_TEXTS, |binds| {
            binds.add(first).add(last);
        });
        script.statement("commit", |_| {});
        Ok(script)
    }

    /// What is kept of the scores.
    fn records(&self, leads: &[(i64, &LeadRow)]) -> Result<Vec<Value>> {
        let mut records = Vec::with_capacity(self.scores.len());
        for (index, update) in &self.scores {
            if let (Some(record), Some((no, _))) = (&update.record, leads.get(*index)) {
                let (revision, at) = (record.revision.0, micros(record.at));
                records.push(json!([no, revision, at, change(record)?]));
            }
        }
        Ok(records)
    }
}

fn list(rows: Vec<Value>) -> Result<String> {
    serde_json::to_string(&rows).during("write a list")
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use super::hex;

    #[test]
    fn bytes_are_written_as_sqlite_reads_them() {
        assert_eq!(hex(&[0x00, 0x7f, 0xa0, 0xff]), "007fa0ff");
        assert_eq!(hex(&[]), "");
    }
}
