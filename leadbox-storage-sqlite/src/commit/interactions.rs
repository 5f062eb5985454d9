//! Interactions. Owns their rows and the activity that is kept beside the lead's score.

use std::collections::{BTreeMap, HashMap};

use leadbox_core::storage::{InteractionMark, StorageError};
use leadbox_core::{Interaction, InteractionId, Judge, Suspicion, Tenant};
use sqlx::SqliteConnection;

use super::blame::{self, Clash, Outcome, none_of};
use super::held::Held;
use super::leads::micros;
use crate::error::During;
use crate::rows::{Columns, MISSING};
use crate::statement::Rows;

const INSERT: Rows<'_> = Rows {
    before: r"
        insert or fail into interaction (
            tenant,
            id,
            lead_no,
            kind,
            at,
            received_at,
            key,
            suspect,
            decided,
            reason,
            props
        ) values",
    columns: 11,
    after: "",
};

const COUNT: Rows<'_> = Rows {
    before: "with v (no, n, last_at) as (values",
    columns: 3,
    after: r")
        update lead_pulse
        set
            interactions = interactions + v.n,
            last_at = max(lead_pulse.last_at, v.last_at)
        from v
        where lead_pulse.no = v.no",
};

/// Inserts interactions of live leads.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    interactions: &[&Interaction],
    held: &Held,
) -> Outcome {
    if interactions.is_empty() {
        return Ok(());
    }
    let (mut rows, mut clashes) = (Vec::with_capacity(interactions.len()), Vec::new());
    let mut activity: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    for interaction in interactions.iter().copied() {
        let Some(lead) =
            held.get(interaction.tenant, interaction.lead).filter(|lead| !lead.deleted)
        else {
            let error = StorageError::conflict("lead", interaction.lead);
            clashes.push(Clash::of(interaction.lead, error));
            continue;
        };
        if interaction.suspicion == Suspicion::Clear {
            let (n, last_at) = activity.entry(lead.no).or_insert((0, MISSING));
            *n += 1;
            *last_at = (*last_at).max(micros(interaction.at));
        }
        let props = serde_json::to_string(&interaction.props).during("write an interaction")?;
        rows.push((lead.no, interaction, props));
    }
    none_of(clashes)?;
    blame::insert(
        connection,
        "insert interactions",
        INSERT,
        &rows,
        |binds, (no, interaction, props)| {
            binds
                .add(interaction.tenant.0)
                .add(interaction.id.uuid())
                .add(*no)
                .add(interaction.kind.as_str())
                .add(micros(interaction.at))
                .add(micros(interaction.received_at))
                .add(interaction.key.as_deref())
                .add(interaction.suspicion == Suspicion::Suspect)
                .add(interaction.judge == Judge::Somebody)
                .add(interaction.reason.as_deref())
                .add(props.as_str());
        },
        |(_, interaction, _), message| taken(interaction, message),
    )
    .await?;
    count(connection, activity).await
}

fn taken(interaction: &Interaction, message: &str) -> Clash {
    let error = match &interaction.key {
        Some(key) if message.contains("interaction.key") => {
            StorageError::already_exists("interaction by key", key)
        }
        _ => StorageError::already_exists("interaction", interaction.id),
    };
    Clash::of(interaction.lead, error)
}

/// Adds to the activity of leads: how many interactions, and the last moment.
async fn count(connection: &mut SqliteConnection, activity: BTreeMap<i64, (i64, i64)>) -> Outcome {
    let rows: Vec<_> = activity.into_iter().collect();
    COUNT
        .execute(connection, &rows, |binds, (no, (n, last_at))| {
            binds.add(*no).add(*n).add(*last_at);
        })
        .await
        .during("count interactions")?;
    Ok(())
}

const READ: Rows<'_> = Rows {
    before: "with v (tenant, id) as (values",
    columns: 2,
    after: r")
        select
            i.id,
            i.tenant,
            i.lead_no,
            i.suspect,
            i.decided
        from v
        cross join interaction i on i.tenant = v.tenant and i.id = v.id",
};

const MARK: Rows<'_> = Rows {
    before: "with v (tenant, id, suspect, decided, reason) as (values",
    columns: 5,
    after: r")
        update interaction
        set
            suspect = v.suspect,
            decided = v.decided,
            reason = v.reason
        from v
        where interaction.tenant = v.tenant and interaction.id = v.id",
};

/// The last moment may have been that of an interaction that has just become suspect, so it is looked up again.
const RECOUNT: Rows<'_> = Rows {
    before: "with v (no, n, missing) as (values",
    columns: 3,
    after: r")
        update lead_pulse
        set
            interactions = interactions + v.n,
            last_at = coalesce(
                (
                    select i.at
                    from interaction i
                    where i.lead_no = lead_pulse.no and i.suspect = 0
                    order by i.at desc
                    limit 1
                ),
                v.missing
            )
        from v
        where lead_pulse.no = v.no",
};

/// Marks or clears interactions.
pub(super) async fn mark(
    connection: &mut SqliteConnection,
    marks: &[&InteractionMark],
    held: &Held,
) -> Outcome {
    if marks.is_empty() {
        return Ok(());
    }
    let rows = READ
        .fetch(connection, marks, |binds, mark| {
            binds.add(mark.tenant.0).add(mark.interaction.uuid());
        })
        .await
        .during("read interactions to be marked")?;
    let mut stored: HashMap<(Tenant, InteractionId), (i64, bool, bool)> =
        HashMap::with_capacity(rows.len());
    for row in &rows {
        let mut columns = Columns::of(row, "interaction");
        let (id, tenant) = (columns.id("id")?, columns.tenant()?);
        let (no, suspect) = (columns.value("lead_no")?, columns.value("suspect")?);
        stored.insert((tenant, id), (no, suspect, columns.value("decided")?));
    }
    let (mut moved, mut clashes) = (BTreeMap::<i64, i64>::new(), Vec::new());
    for mark in marks {
        let lead = held.get(mark.tenant, mark.lead).map(|lead| lead.no);
        match stored.get(&(mark.tenant, mark.interaction)) {
            Some((no, suspect, decided))
                if lead == Some(*no)
                    && *suspect == (mark.before == Suspicion::Suspect)
                    && *decided == (mark.judge_before == Judge::Somebody) =>
            {
                *moved.entry(*no).or_default() += match (mark.before, mark.after) {
                    (Suspicion::Clear, Suspicion::Suspect) => -1,
                    (Suspicion::Suspect, Suspicion::Clear) => 1,
                    _ => 0,
                };
            }
            _ => {
                let error = StorageError::conflict("interaction", mark.interaction);
                clashes.push(Clash::of(mark.lead, error));
            }
        }
    }
    none_of(clashes)?;
    MARK.execute(connection, marks, |binds, mark| {
        binds
            .add(mark.tenant.0)
            .add(mark.interaction.uuid())
            .add(mark.after == Suspicion::Suspect)
            .add(mark.judge == Judge::Somebody)
            .add(mark.reason.as_deref());
    })
    .await
    .during("mark interactions")?;
    let rows: Vec<_> = moved.into_iter().collect();
    RECOUNT
        .execute(connection, &rows, |binds, (no, n)| {
            binds.add(*no).add(*n).add(MISSING);
        })
        .await
        .during("count interactions")?;
    Ok(())
}
