//! Interactions and stays as readers see them. Owns look-ups by lead, id and key; whoever does not see the lead sees none
//! of them.

use leadbox_core::{
    Cursor, Interaction, InteractionId, LeadId, Page, PageRequest, Scope, Stay, UserId,
};
use sqlx::sqlite::SqliteRow;

use crate::error::{During, Result};
use crate::paging::{latest_after, number_key};
use crate::readers::Readers;
use crate::rows::{self, Columns};
use crate::statement::Rows;

const INTERACTIONS: &str = "interactions";

/// The number of a lead that the scope sees, deleted or not.
pub(crate) async fn seen_lead(
    readers: &Readers,
    scope: &Scope,
    lead: LeadId,
) -> Result<Option<i64>> {
    let found = sqlx::query(
        r"
        select
            no,
            owner
        from lead
        where tenant = ?
            and id = ?",
    )
    .bind(scope.tenant.0)
    .bind(lead.uuid())
    .fetch_optional(&mut *readers.acquire().await?)
    .await
    .during("look for a lead")?;
    let Some(row) = found else { return Ok(None) };
    let mut columns = Columns::of(&row, "lead");
    let no = columns.value("no")?;
    let owner: Option<UserId> = columns.id_or_none("owner")?;
    Ok(scope.sees(scope.tenant, owner).then_some(no))
}

/// A page of a lead's interactions, the latest first.
pub(crate) async fn of_lead(
    readers: &Readers,
    scope: &Scope,
    lead: LeadId,
    page: &PageRequest,
) -> Result<Page<Interaction>> {
    let (at, id) = latest_after(page, INTERACTIONS)?;
    let Some(no) = seen_lead(readers, scope, lead).await? else {
        return Ok(Page { items: Vec::new(), next: None });
    };
    let limit = page.limit();
    let found = sqlx::query(
        r"
        select
            id,
            kind,
            at,
            received_at,
            key,
            suspect,
            decided,
            reason,
            props
        from interaction
        where lead_no = ?
            and (at, id) < (?, ?)
        order by
            at desc,
            id desc
        limit ?",
    )
    .bind(no)
    .bind(at)
    .bind(id)
    .bind(limit + 1)
    .fetch_all(&mut *readers.acquire().await?)
    .await
    .during("read interactions")?;
    let read = |row: &SqliteRow| rows::interaction(row, scope.tenant, lead);
    let interactions = found.iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(Page::cut(interactions, limit, |last| {
        Cursor::new(
            INTERACTIONS,
            Some(number_key(last.at.timestamp_micros())),
            last.id.uuid().into_bytes(),
        )
    }))
}

/// One interaction by its id.
pub(crate) async fn by_id(
    readers: &Readers,
    scope: &Scope,
    id: InteractionId,
) -> Result<Option<Interaction>> {
    let found = sqlx::query(
        r"
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
            l.id,
            l.owner
        from interaction i
        join lead l on l.no = i.lead_no
        where i.tenant = ?
            and i.id = ?",
    )
    .bind(scope.tenant.0)
    .bind(id.uuid())
    .fetch_optional(&mut *readers.acquire().await?)
    .await
    .during("read an interaction")?;
    let Some(row) = found else { return Ok(None) };
    let mut columns = Columns::behind(&row, "lead", 9);
    let lead = columns.id("id")?;
    let owner: Option<UserId> = columns.id_or_none("owner")?;
    if !scope.sees(scope.tenant, owner) {
        return Ok(None);
    }
    rows::interaction(&row, scope.tenant, lead).map(Some)
}

/// One interaction of a lead by its sender's key.
pub(crate) async fn by_key(
    readers: &Readers,
    scope: &Scope,
    lead: LeadId,
    key: &str,
) -> Result<Option<Interaction>> {
    let Some(no) = seen_lead(readers, scope, lead).await? else { return Ok(None) };
    let found = sqlx::query(
        r"
        select
            id,
            kind,
            at,
            received_at,
            key,
            suspect,
            decided,
            reason,
            props
        from interaction
        where lead_no = ?1
            and key = ?2
            and origin_no is null
        union all
        select * from (
            select
                id,
                kind,
                at,
                received_at,
                key,
                suspect,
                decided,
                reason,
                props
            from interaction
            where lead_no = ?1
                and key = ?2
                and origin_no is not null
            order by id
            limit 1
        )
        limit 1",
    )
    .bind(no)
    .bind(key)
    .fetch_optional(&mut *readers.acquire().await?)
    .await
    .during("read an interaction")?;
    found.as_ref().map(|row| rows::interaction(row, scope.tenant, lead)).transpose()
}

macro_rules! stays_that {
    ($($condition:literal)?) => {
        Rows {
            before: "with v (tenant, id) as (values",
            columns: 2,
            after: concat!(
                r") select
                    t.id,
                    t.pipeline,
                    t.stage,
                    t.entered_at,
                    t.entered_by,
                    t.left_at,
                    t.left_by,
                    l.id as lead,
                    l.owner
                from v
                cross join lead l on l.tenant = v.tenant and l.id = v.id
                cross join stay t on t.lead_no = l.no ",
                $($condition)?
            ),
        }
    };
}

const ALL: Rows<'_> = stays_that!();
const OPEN: Rows<'_> = stays_that!("where t.left_at is null");

/// The stays of several leads: those of one together, the earliest first.
pub(crate) async fn stays(readers: &Readers, scope: &Scope, leads: &[LeadId]) -> Result<Vec<Stay>> {
    let mut stays = stays_of(readers, scope, leads, ALL).await?;
    stays.sort_by_key(|stay| (stay.lead, stay.entered_at, stay.id));
    Ok(stays)
}

/// The open stays of several leads.
pub(crate) async fn open_stays(
    readers: &Readers,
    scope: &Scope,
    leads: &[LeadId],
) -> Result<Vec<Stay>> {
    stays_of(readers, scope, leads, OPEN).await
}

async fn stays_of(
    readers: &Readers,
    scope: &Scope,
    leads: &[LeadId],
    query: Rows<'_>,
) -> Result<Vec<Stay>> {
    let mut leads = leads.to_vec();
    leads.sort_unstable();
    leads.dedup();
    let mut connection = readers.acquire().await?;
    let found = query
        .fetch(&mut connection, &leads, |binds, lead| {
            binds.add(scope.tenant.0).add(lead.uuid());
        })
        .await
        .during("read stays")?;
    let mut stays = Vec::with_capacity(found.len());
    for row in &found {
        let mut columns = Columns::behind(row, "stay", 7);
        let lead = columns.id("lead")?;
        let owner: Option<UserId> = columns.id_or_none("owner")?;
        if scope.sees(scope.tenant, owner) {
            stays.push(rows::stay(row, scope.tenant, lead)?);
        }
    }
    Ok(stays)
}
