//! Changed leads. Owns which columns a change touches, so that indexes of all others are left alone, and the upkeep of
//! profile, search text, facets and the copies beside the score.

use std::collections::BTreeMap;
use std::fmt::Write;

use leadbox_core::storage::{LeadUpdate, StorageError};
use leadbox_core::{Domain, LeadRow};
use sqlx::SqliteConnection;

use super::blame::{self, Clash, Outcome, none_of};
use super::held::Held;
use super::leads::{body, insert_facets, micros, taken};
use crate::error::{During, Result};
use crate::rows::MISSING;
use crate::statement::{Binds, Rows};

/// Columns that change together.
struct Part {
    columns: &'static [&'static str],
    changed: fn(&LeadRow, &LeadRow) -> bool,
    bind: fn(&mut Binds, &LeadRow),
}

/// What a lead is recognised by, or stops being recognised by when it is deleted. Only these may be refused.
const IDENTITY: Part = Part {
    columns: &[
        "external_id",
        "email_key",
        "email_slot",
        "phone_key",
        "phone_slot",
        "deleted_at",
        "merged_into",
    ],
    changed: |before, after| {
        before.lead.external_id != after.lead.external_id
            || before.keys.email != after.keys.email
            || before.keys.phone != after.keys.phone
            || before.lead.deleted_at != after.lead.deleted_at
            || before.lead.merged_into != after.lead.merged_into
    },
    bind: |binds, row| {
        binds
            .add(row.lead.external_id.as_deref())
            .add(row.keys.email.as_deref())
            .add(row.keys.email_slot)
            .add(row.keys.phone.as_deref())
            .add(row.keys.phone_slot)
            .add(row.lead.deleted_at.map(micros))
            .add(row.lead.merged_into.map(|lead| lead.uuid()));
    },
};

const PARTS: [Part; 7] = [
    IDENTITY,
    Part {
        columns: &["pipeline", "stage", "stage_since"],
        changed: |before, after| {
            let (before, after) = (&before.lead, &after.lead);
            (before.pipeline, before.stage, before.stage_since)
                != (after.pipeline, after.stage, after.stage_since)
        },
        bind: |binds, row| {
            binds
                .add(row.lead.pipeline.uuid())
                .add(row.lead.stage.uuid())
                .add(micros(row.lead.stage_since));
        },
    },
    Part {
        columns: &["owner"],
        changed: |before, after| before.lead.owner != after.lead.owner,
        bind: |binds, row| {
            binds.add(row.lead.owner.map(|owner| owner.uuid()));
        },
    },
    Part {
        columns: &["value_minor", "currency"],
        changed: |before, after| before.lead.value != after.lead.value,
        bind: |binds, row| {
            binds
                .add(row.lead.value.map_or(MISSING, |value| value.minor))
                .add(row.lead.value.as_ref().map(|value| value.currency.as_str()));
        },
    },
    Part {
        columns: &["likeness"],
        changed: |before, after| before.keys.likeness != after.keys.likeness,
        bind: |binds, row| {
            binds.add(row.keys.likeness.as_deref());
        },
    },
    Part {
        columns: &["name_key"],
        changed: |before, after| before.keys.name != after.keys.name,
        bind: |binds, row| {
            binds.add(row.keys.name.as_str());
        },
    },
    Part {
        columns: &["source", "created_at", "created_on"],
        changed: |before, after| {
            let (before, after) = (&before.lead, &after.lead);
            before.source.name != after.source.name
                || (before.created_at, before.created_on) != (after.created_at, after.created_on)
        },
        bind: |binds, row| {
            binds
                .add(row.lead.source.name.as_deref())
                .add(micros(row.lead.created_at))
                .add(i64::from(row.lead.created_on.to_epoch_days()));
        },
    },
];

/// The parts that an update touches, one bit each. Updates of keys touch all, so that they go into one statement and are
/// tried in their order when one is refused.
fn touched(update: &LeadUpdate) -> u8 {
    let bits =
        PARTS.iter().enumerate().filter(|(_, part)| (part.changed)(&update.before, &update.after));
    let mask = bits.fold(0, |mask, (bit, _)| mask | 1 << bit);
    if mask & 1 == 1 { (1 << PARTS.len()) - 1 } else { mask }
}

/// The text of the statement that writes these parts, before and behind its rows, and its number of values per row.
fn statement(mask: u8) -> (String, String, usize) {
    let parts = PARTS.iter().enumerate().filter(|(bit, _)| mask & 1 << bit != 0);
    let mut columns = vec!["version", "completeness", "updated_at"];
    columns.extend(parts.flat_map(|(_, part)| part.columns));
    let before = format!("with v (no, {}) as (values", columns.join(", "));
    let mut after = String::from(") update lead set ");
    for (index, column) in columns.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        // A key that stays keeps its slot: the caller does not know it.
        let written = match *column {
            "email_slot" => write!(
                after,
                "{separator}email_slot = iif(lead.email_key is v.email_key, lead.email_slot, v.email_slot)"
            ),
            "phone_slot" => write!(
                after,
                "{separator}phone_slot = iif(lead.phone_key is v.phone_key, lead.phone_slot, v.phone_slot)"
            ),
            column => write!(after, "{separator}{column} = v.{column}"),
        };
        debug_assert!(written.is_ok(), "writing into a string cannot fail");
    }
    after.push_str(" from v where lead.no = v.no");
    (before, after, columns.len() + 1)
}

/// Updates leads and what lies beside them.
pub(super) async fn update(
    connection: &mut SqliteConnection,
    updates: &[&LeadUpdate],
    held: &mut Held,
) -> Outcome {
    if updates.is_empty() {
        return Ok(());
    }
    let (mut numbered, mut clashes) = (Vec::with_capacity(updates.len()), Vec::new());
    for update in updates.iter().copied() {
        let after = &update.after.lead;
        match held.get_mut(after.tenant, after.id) {
            Some(lead) if lead.version == update.before.lead.version => {
                (lead.version, lead.deleted) = (after.version, after.deleted_at.is_some());
                numbered.push((lead.no, update));
            }
            _ => clashes.push(Clash::of(after.id, StorageError::conflict("lead", after.id))),
        }
    }
    none_of(clashes)?;
    let mut groups: BTreeMap<u8, Vec<(i64, &LeadRow)>> = BTreeMap::new();
    for (no, update) in &numbered {
        groups.entry(touched(update)).or_default().push((*no, &update.after));
    }
    for (mask, rows) in groups {
        let (before, after, columns) = statement(mask);
        let bind = |binds: &mut Binds, (no, row): &(i64, &LeadRow)| {
            binds
                .add(*no)
                .add(row.lead.version.0)
                .add(i64::from(row.lead.completeness))
                .add(micros(row.lead.updated_at));
            let parts = PARTS.iter().enumerate().filter(|(bit, _)| mask & 1 << bit != 0);
            parts.for_each(|(_, part)| (part.bind)(binds, row));
        };
        let statement = Rows { before: &before, columns, after: &after };
        let blame = |(_, row): &(i64, &LeadRow), message: &str| taken(row, message);
        blame::update(connection, "update leads", statement, &rows, bind, blame).await?;
    }
    update_copies(connection, &numbered).await?;
    update_profiles(connection, &numbered).await?;
    update_facets(connection, &numbered).await?;
    Ok(())
}

const COPIES: Rows<'_> = Rows {
    before: "with v (no, owner, stage, deleted) as (values",
    columns: 4,
    after: r")
        update lead_pulse
        set
            owner = v.owner,
            stage = v.stage,
            deleted = v.deleted
        from v
        where lead_pulse.no = v.no",
};

async fn update_copies(
    connection: &mut SqliteConnection,
    updates: &[(i64, &LeadUpdate)],
) -> Result<()> {
    let copied = |row: &LeadRow| (row.lead.owner, row.lead.stage, row.lead.deleted_at.is_some());
    let changed: Vec<(i64, &LeadRow)> = updates
        .iter()
        .filter(|(_, update)| copied(&update.before) != copied(&update.after))
        .map(|(no, update)| (*no, &update.after))
        .collect();
    COPIES
        .execute(connection, &changed, |binds, (no, row)| {
            binds
                .add(*no)
                .add(row.lead.owner.map(|owner| owner.uuid()))
                .add(row.lead.stage.uuid())
                .add(row.lead.deleted_at.is_some());
        })
        .await
        .during("update scores")?;
    Ok(())
}

const FORGET_TEXTS: Rows<'_> = Rows {
    before: r"
        insert into lead_search (lead_search, rowid, search_text)
        select
            'delete',
            no,
            search_text
        from lead_profile
        where no in (values",
    columns: 1,
    after: ")",
};

const INDEX_TEXTS: Rows<'_> = Rows {
    before: r"
        insert into lead_search (rowid, search_text)
        select
            no,
            search_text
        from lead_profile
        where no in (values",
    columns: 1,
    after: ")",
};

const PROFILES: Rows<'_> = Rows {
    before: "with v (no, company_key, title_key, city_key, domain, search_text, body) as (values",
    columns: 7,
    after: r")
        update lead_profile
        set
            company_key = v.company_key,
            title_key = v.title_key,
            city_key = v.city_key,
            domain = v.domain,
            search_text = v.search_text,
            body = v.body
        from v
        where lead_profile.no = v.no",
};

fn bind_no(binds: &mut Binds, no: &i64) {
    binds.add(*no);
}

async fn update_profiles(
    connection: &mut SqliteConnection,
    updates: &[(i64, &LeadUpdate)],
) -> Result<()> {
    let (mut changed, mut texts) = (Vec::new(), Vec::new());
    for (no, LeadUpdate { before, after }) in updates {
        let new_text = before.keys.search_text != after.keys.search_text;
        if new_text {
            texts.push(*no);
        }
        let keys_differ = || {
            let keys = |row: &'_ LeadRow| {
                (row.keys.company.clone(), row.keys.title.clone(), row.keys.city.clone())
            };
            keys(before) != keys(after)
        };
        if new_text || before.lead.profile() != after.lead.profile() || keys_differ() {
            changed.push((*no, after, body(after)?));
        }
    }
    // The index of texts has to be told the old text before it is overwritten.
    FORGET_TEXTS.execute(connection, &texts, bind_no).await.during("forget texts")?;
    PROFILES
        .execute(connection, &changed, |binds, (no, row, body)| {
            binds
                .add(*no)
                .add(row.keys.company.as_deref())
                .add(row.keys.title.as_deref())
                .add(row.keys.city.as_deref())
                .add(row.lead.company.domain.as_ref().map(Domain::as_str))
                .add(row.keys.search_text.as_str())
                .add(body.as_str());
        })
        .await
        .during("update profiles")?;
    INDEX_TEXTS.execute(connection, &texts, bind_no).await.during("index texts")?;
    Ok(())
}

const FORGET_FACETS: Rows<'_> =
    Rows { before: "delete from lead_facet where no in (values", columns: 1, after: ")" };

async fn update_facets(
    connection: &mut SqliteConnection,
    updates: &[(i64, &LeadUpdate)],
) -> Result<()> {
    let changed: Vec<(i64, &LeadRow)> = updates
        .iter()
        .filter(|(_, update)| update.before.keys.facets != update.after.keys.facets)
        .map(|(no, update)| (*no, &update.after))
        .collect();
    let numbers: Vec<i64> = changed.iter().map(|(no, _)| *no).collect();
    FORGET_FACETS.execute(connection, &numbers, bind_no).await.during("forget facets")?;
    insert_facets(connection, changed.into_iter()).await
}
