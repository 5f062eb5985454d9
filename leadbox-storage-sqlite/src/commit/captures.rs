//! Captures of new leads, which most groups of calls consist of. Owns writing all their rows with a few round trips; a
//! group that turns out to conflict is taken back, and written kind by kind by [`super::apply`].

use std::collections::HashMap;

use leadbox_core::storage::ChangeSet;
use sqlx::SqliteConnection;

use super::apply::{Marks, NOTE, bind_note};
use super::leads::{
    INDEX_TEXTS, LEAD, PROFILE, PULSE, bind_lead, bind_profile, bind_pulse, body, insert_facets,
};
use super::log::{APPEND, MOVE_END, bind_event, placed};
use super::rollup;
use super::runs::Runs;
use super::stays::{Begun, OPEN};
use crate::error::{Result, failed, is_taken};
use crate::statement::{FEW_ROWS, Rows, Script};

/// What became of sets.
pub(super) enum Written {
    /// They are more than captures of new leads, and nothing was written.
    No,
    /// They are written.
    Yes(Marks),
    /// One of them conflicts or was committed before. The transaction has to be taken back.
    Clash,
}

/// Writes sets, if they are a few captures of new leads and nothing else.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    sets: &[&ChangeSet],
    runs: &Runs<'_>,
    marks: Marks,
) -> Result<Written> {
    if !runs.only_new_leads() || runs.new_leads.len() > FEW_ROWS || runs.events.len() > FEW_ROWS {
        return Ok(Written::No);
    }
    let first = marks.lead_no + 1;
    let leads: Vec<_> = (first..).zip(runs.new_leads.iter().copied()).collect();
    let numbers: HashMap<_, i64> =
        leads.iter().map(|(no, row)| ((row.lead.tenant, row.lead.id), *no)).collect();
    let mut stays = Vec::with_capacity(runs.begun_stays.len());
    for stay in &runs.begun_stays {
        match numbers.get(&(stay.tenant, stay.lead)) {
            Some(no) => stays.push(Begun::of(*no, stay)?),
            None => return Ok(Written::No),
        }
    }
    let mut profiles = Vec::with_capacity(leads.len());
    for (no, row) in &leads {
        profiles.push((*no, *row, body(row)?));
    }
    let last = marks.lead_no + i64::try_from(leads.len()).unwrap_or(i64::MAX);
    let events = placed(&runs.events, marks.head);
    let head = events.last().map_or(marks.head, |(head, _)| *head);

    let mut script = Script::default();
    script.rows(Rows { after: "", ..NOTE }, sets, bind_note);
    script.rows(LEAD, &leads, bind_lead);
    script.rows(PROFILE, &profiles, |binds, (no, row, body)| bind_profile(binds, *no, row, body));
    script.statement(INDEX_TEXTS, |binds| {
        binds.add(first).add(last);
    });
    script.rows(PULSE, &leads, |binds, (no, row)| bind_pulse(binds, *no, row, None));
    script.rows(OPEN, &stays, Begun::bind);
    script.rows(APPEND, &events, bind_event);
    script.statement(MOVE_END, |binds| {
        binds.add(head.position.0).add(head.chain.0.as_slice());
    });
    match script.execute(connection).await {
        Ok(()) => {}
        Err(error) if is_taken(&error) => return Ok(Written::Clash),
        Err(error) => return Err(failed("insert leads", error)),
    }
    // Of these there are as many as it happens, and a text with them would seldom be known.
    insert_facets(connection, leads.iter().copied()).await?;
    rollup::count(connection, &runs.new_leads, &[]).await?;
    Ok(Written::Yes(Marks { lead_no: last, head }))
}
