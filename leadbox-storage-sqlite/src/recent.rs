//! What happened with leads lately and counts. Owns reading it of one lead, and of very many without counting off what happened
//! with each.

use std::cmp::Reverse;

use leadbox_core::{Interaction, LeadId, Tenant};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::error::{During, Result};
use crate::readers::Readers;
use crate::rows::{self, Columns};
use crate::statement::Rows;

/// Leads with their numbers, and how much of what happened with each counts.
const COUNTED: Rows<'_> = Rows {
    before: "with v (tenant, id) as (values",
    columns: 2,
    after: r") select
            l.id,
            l.no,
            p.interactions
        from v
        cross join lead l on l.tenant = v.tenant and l.id = v.id
        cross join lead_pulse p on p.no = l.no
        where p.interactions > 0",
};

/// All that counts of many leads with which little happened: in no order, since a sorter would copy every row once more.
const ALL: Rows<'_> = Rows {
    before: "with v (no) as (values",
    columns: 1,
    after: r") select
            i.id,
            i.kind,
            i.at,
            i.received_at,
            i.key,
            i.suspect,
            i.decided,
            i.reason,
            i.props,
            i.lead_no
        from v
        cross join interaction i on i.lead_no = v.no
        where i.suspect = 0",
};

/// The latest of one lead, which is what commits ask for: it stops behind the last one that counts.
const RECENT_OF_ONE: &str = r"
    select
        i.id,
        i.kind,
        i.at,
        i.received_at,
        i.key,
        i.suspect,
        i.decided,
        i.reason,
        i.props,
        l.id as lead
    from lead l
    cross join interaction i on i.lead_no = l.no
    where l.tenant = ?
        and l.id = ?
        and i.suspect = 0
    order by
        i.at desc,
        i.id desc
    limit ?";

/// What counts of each of these leads, at most the latest `most`: those of one lead together, the latest first.
pub(crate) async fn interactions(
    readers: &Readers,
    tenant: Tenant,
    leads: &[LeadId],
    most: u32,
) -> Result<Vec<Interaction>> {
    let mut leads = leads.to_vec();
    leads.sort_unstable();
    leads.dedup();
    let mut connection = readers.acquire().await?;
    if let [lead] = leads[..] {
        return recent_of_one(&mut connection, tenant, lead, most).await;
    }
    let counted = COUNTED.fetch(&mut connection, &leads, |binds, lead| {
        binds.add(tenant.0).add(lead.uuid());
    });
    let (mut few, mut many) = (Vec::with_capacity(leads.len()), Vec::new());
    for row in &counted.await.during("count interactions")? {
        let mut columns = Columns::of(row, "lead");
        let (lead, no): (LeadId, i64) = (columns.id("id")?, columns.value("no")?);
        let count: i64 = columns.value("interactions")?;
        if count <= i64::from(most) { few.push((no, lead)) } else { many.push(lead) }
    }
    let mut recent = recent_of_few(&mut connection, tenant, few, most).await?;
    for lead in many {
        recent.extend(recent_of_one(&mut connection, tenant, lead, most).await?);
    }
    Ok(recent)
}

/// What counts of one lead, the latest first.
async fn recent_of_one(
    connection: &mut SqliteConnection,
    tenant: Tenant,
    lead: LeadId,
    most: u32,
) -> Result<Vec<Interaction>> {
    let found = sqlx::query(RECENT_OF_ONE)
        .bind(tenant.0)
        .bind(lead.uuid())
        .bind(most)
        .fetch_all(connection)
        .await
        .during("read recent interactions")?;
    found.iter().map(|row| rows::interaction(row, tenant, lead)).collect()
}

/// What counts of leads, by number, with which no more happened than counts: lead by lead, the latest first.
async fn recent_of_few(
    connection: &mut SqliteConnection,
    tenant: Tenant,
    mut leads: Vec<(i64, LeadId)>,
    most: u32,
) -> Result<Vec<Interaction>> {
    leads.sort_unstable();
    let found = ALL
        .fetch(connection, &leads, |binds, (no, _)| {
            binds.add(*no);
        })
        .await
        .during("read recent interactions")?;
    let read = |row: &SqliteRow| {
        let no = Columns::behind(row, "interaction", 9).value("lead_no")?;
        let place = leads.binary_search_by_key(&no, |(no, _)| *no);
        let (_, lead) =
            leads[place.map_err(|_| Columns::of(row, "interaction").corrupt("lead_no"))?];
        rows::interaction(row, tenant, lead)
    };
    let mut recent = found.iter().map(read).collect::<Result<Vec<_>>>()?;
    recent.sort_unstable_by_key(|one| (one.lead, Reverse((one.at, one.id))));
    // More may have happened since it was counted.
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let (mut lead, mut count) = (None, 0);
    recent.retain(|one| {
        (lead, count) =
            if lead == Some(one.lead) { (lead, count + 1) } else { (Some(one.lead), 1) };
        count <= most
    });
    Ok(recent)
}
