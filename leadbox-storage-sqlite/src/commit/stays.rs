//! Stays. Owns beginning and ending them; that a lead has at most one open stay is held by a unique index.

use std::collections::HashSet;

use leadbox_core::storage::StorageError;
use leadbox_core::{Actor, Stay};
use sqlx::{Row, SqliteConnection};
use uuid::Uuid;

use super::blame::{Clash, Outcome, insert, none_of};
use super::held::Held;
use super::leads::micros;
use crate::error::{During, Result};
use crate::statement::{Binds, Rows};

fn actor(actor: &Actor) -> Result<String> {
    serde_json::to_string(actor).during("write an actor")
}

const CLOSE: Rows<'_> = Rows {
    before: "with v (tenant, id, lead_no, left_at, left_by) as (values",
    columns: 5,
    after: r")
        update stay
        set
            left_at = v.left_at,
            left_by = v.left_by
        from v
        where stay.tenant = v.tenant
            and stay.id = v.id
            and stay.lead_no = v.lead_no
            and stay.left_at is null
        returning stay.id",
};

/// Ends stays that are open.
pub(super) async fn close(
    connection: &mut SqliteConnection,
    stays: &[&Stay],
    held: &Held,
) -> Outcome {
    let (mut rows, mut clashes) = (Vec::with_capacity(stays.len()), Vec::new());
    let not_open = |stay: &Stay| Clash::of(stay.lead, StorageError::conflict("stay", stay.id));
    for stay in stays.iter().copied() {
        match held.get(stay.tenant, stay.lead) {
            Some(lead) => rows.push((lead.no, stay, stay.left_by.as_ref().map(actor).transpose()?)),
            None => clashes.push(not_open(stay)),
        }
    }
    none_of(clashes)?;
    let closed = CLOSE
        .fetch(connection, &rows, |binds, (no, stay, by)| {
            binds
                .add(stay.tenant.0)
                .add(stay.id.uuid())
                .add(*no)
                .add(stay.left_at.map(micros))
                .add(by.as_deref());
        })
        .await
        .during("end stays")?;
    if closed.len() == rows.len() {
        return Ok(());
    }
    let closed: HashSet<Uuid> = closed.iter().filter_map(|row| row.try_get(0).ok()).collect();
    none_of(
        stays
            .iter()
            .filter(|stay| !closed.contains(&stay.id.uuid()))
            .map(|stay| not_open(stay))
            .collect(),
    )
}

pub(super) const OPEN: Rows<'_> = Rows {
    before: r"
        insert or fail into stay (
            tenant,
            id,
            lead_no,
            pipeline,
            stage,
            entered_at,
            entered_by,
            left_at,
            left_by
        ) values",
    columns: 9,
    after: "",
};

/// A stay to be written.
pub(super) struct Begun<'a> {
    no: i64,
    stay: &'a Stay,
    entered_by: String,
    left_by: Option<String>,
}

impl<'a> Begun<'a> {
    /// Of the lead with this number.
    pub(super) fn of(no: i64, stay: &'a Stay) -> Result<Self> {
        let left_by = stay.left_by.as_ref().map(actor).transpose()?;
        Ok(Self { no, stay, entered_by: actor(&stay.entered_by)?, left_by })
    }

    pub(super) fn bind(binds: &mut Binds, begun: &Self) {
        let stay = begun.stay;
        binds
            .add(stay.tenant.0)
            .add(stay.id.uuid())
            .add(begun.no)
            .add(stay.pipeline.uuid())
            .add(stay.stage.uuid())
            .add(micros(stay.entered_at))
            .add(begun.entered_by.as_str())
            .add(stay.left_at.map(micros))
            .add(begun.left_by.as_deref());
    }
}

/// Begins stays of stored leads.
pub(super) async fn open(
    connection: &mut SqliteConnection,
    stays: &[&Stay],
    held: &Held,
) -> Outcome {
    let (mut rows, mut clashes) = (Vec::with_capacity(stays.len()), Vec::new());
    for stay in stays.iter().copied() {
        match held.get(stay.tenant, stay.lead) {
            Some(lead) => rows.push(Begun::of(lead.no, stay)?),
            None => clashes.push(Clash::of(stay.lead, StorageError::conflict("lead", stay.lead))),
        }
    }
    none_of(clashes)?;
    insert(connection, "begin stays", OPEN, &rows, Begun::bind, |Begun { stay, .. }, message| {
        let error = if message.contains("stay.lead_no") {
            StorageError::already_exists("open stay of lead", stay.lead)
        } else {
            StorageError::already_exists("stay", stay.id)
        };
        Clash::of(stay.lead, error)
    })
    .await
}
