//! A small picture of the stored rows that a set could meet. Owns which rows these are and how they are read; what follows
//! from them is `skip`'s.

use std::collections::{HashMap, HashSet};

use leadbox_core::{
    Change, ChangeSet, EventId, IdentityKind, InteractionId, Judge, LeadId, LeadRow, StayId,
    Suspicion, Tenant,
};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;

use super::skip::keys_to_hold;
use crate::error::Failure;

/// A key that a lead holds alone, with its slot.
pub(super) type HeldKey = (Tenant, IdentityKind, String, i64);

/// What is stored of a lead.
#[derive(Clone)]
pub(super) struct Stored {
    pub(super) version: i64,
    pub(super) live: bool,
    pub(super) held: Vec<HeldKey>,
    pub(super) revision: i64,
    pub(super) rule_set: i64,
}

#[derive(Clone, Default)]
pub(super) struct Picture {
    pub(super) leads: HashMap<(Tenant, LeadId), Stored>,
    pub(super) held: HashMap<HeldKey, LeadId>,
    pub(super) interactions: HashMap<(Tenant, InteractionId), (LeadId, Suspicion, Judge)>,
    pub(super) sender_keys: HashSet<(Tenant, LeadId, String)>,
    pub(super) stays: HashMap<(Tenant, StayId), (LeadId, bool)>,
    pub(super) open_stays: HashSet<(Tenant, LeadId)>,
    /// Tasks and notes by their ids, each with its lead and revision.
    pub(super) papers: HashMap<(Tenant, Uuid), (LeadId, i64)>,
    pub(super) events: HashSet<EventId>,
}

impl Picture {
    pub(super) async fn load(
        connection: &mut PgConnection,
        set: &ChangeSet,
    ) -> Result<Self, Failure> {
        let mut wish = Wish::default();
        set.changes().iter().for_each(|change| wish.add(change));
        let mut picture = Self::default();
        picture.load_leads(connection, &wish).await?;
        picture.load_interactions(connection, &wish).await?;
        picture.load_stays(connection, &wish).await?;
        picture.load_papers(connection, &wish).await?;
        picture.load_events(connection, &wish).await?;
        Ok(picture)
    }

    /// The leads of the set, and the strangers that hold a key which one of them wants.
    async fn load_leads(
        &mut self,
        connection: &mut PgConnection,
        wish: &Wish,
    ) -> Result<(), Failure> {
        let (tenants, ids) = split(&wish.leads);
        let key_tenants: Vec<i64> = wish.keys.iter().map(|(tenant, ..)| tenant.0).collect();
        let kinds: Vec<&str> = wish.keys.iter().map(|(_, kind, ..)| kind.as_str()).collect();
        let keys: Vec<&str> = wish.keys.iter().map(|(_, _, key)| key.as_str()).collect();
        let rows = sqlx::query(
            r"
            with wanted as (
                select tenant, id
                from unnest($1::bigint[], $2::uuid[]) as w (tenant, id)
                union
                select l.tenant, l.id
                from unnest($3::bigint[], $4::text[], $5::text[]) as w (tenant, kind, key)
                join lead as l on l.tenant = w.tenant and l.email_key = w.key
                where w.kind = 'email' and l.deleted_at is null and l.email_key is not null
                union
                select l.tenant, l.id
                from unnest($3::bigint[], $4::text[], $5::text[]) as w (tenant, kind, key)
                join lead as l on l.tenant = w.tenant and l.phone_key = w.key
                where w.kind = 'phone' and l.deleted_at is null and l.phone_key is not null
                union
                select l.tenant, l.id
                from unnest($3::bigint[], $4::text[], $5::text[]) as w (tenant, kind, key)
                join lead as l on l.tenant = w.tenant and l.external_id = w.key
                where w.kind = 'external_id' and l.deleted_at is null and l.external_id is not null
            )
            select
                l.tenant,
                l.id,
                l.version,
                l.deleted_at is null as live,
                l.email_key,
                l.email_slot,
                l.phone_key,
                l.phone_slot,
                l.external_id,
                p.revision,
                p.rule_set
            from wanted as w
            join lead as l on l.tenant = w.tenant and l.id = w.id
            join lead_pulse as p on p.tenant = w.tenant and p.lead = w.id",
        )
        .bind(tenants)
        .bind(ids)
        .bind(key_tenants)
        .bind(kinds)
        .bind(keys)
        .fetch_all(connection)
        .await?;
        for row in &rows {
            let (tenant, id) =
                (Tenant(row.try_get("tenant")?), LeadId::from_uuid(row.try_get("id")?));
            let stored = stored_lead(row, tenant)?;
            self.held.extend(stored.held.iter().map(|key| (key.clone(), id)));
            self.leads.insert((tenant, id), stored);
        }
        Ok(())
    }

    async fn load_interactions(
        &mut self,
        connection: &mut PgConnection,
        wish: &Wish,
    ) -> Result<(), Failure> {
        if wish.interactions.is_empty() {
            return Ok(());
        }
        let (tenants, ids) = split(&wish.interactions);
        let rows = sqlx::query(
            r"
            select i.tenant, i.id, i.lead, i.key, i.suspect, i.decided
            from unnest($1::bigint[], $2::uuid[]) as w (tenant, id)
            join interaction as i on i.tenant = w.tenant and i.id = w.id
            union
            select i.tenant, i.id, i.lead, i.key, i.suspect, i.decided
            from unnest($3::bigint[], $4::uuid[], $5::text[]) as w (tenant, lead, key)
            join interaction as i on i.tenant = w.tenant and i.lead = w.lead and i.key = w.key and i.origin is null",
        )
        .bind(tenants)
        .bind(ids)
        .bind(wish.sender_keys.iter().map(|(tenant, ..)| tenant.0).collect::<Vec<_>>())
        .bind(wish.sender_keys.iter().map(|(_, lead, _)| lead.uuid()).collect::<Vec<_>>())
        .bind(wish.sender_keys.iter().map(|(.., key)| key.as_str()).collect::<Vec<_>>())
        .fetch_all(connection)
        .await?;
        for row in &rows {
            let (tenant, lead) =
                (Tenant(row.try_get("tenant")?), LeadId::from_uuid(row.try_get("lead")?));
            let suspicion =
                if row.try_get("suspect")? { Suspicion::Suspect } else { Suspicion::Clear };
            let judge = if row.try_get("decided")? { Judge::Somebody } else { Judge::Detector };
            let id = InteractionId::from_uuid(row.try_get("id")?);
            self.interactions.insert((tenant, id), (lead, suspicion, judge));
            if let Some(key) = row.try_get("key")? {
                self.sender_keys.insert((tenant, lead, key));
            }
        }
        Ok(())
    }

    async fn load_stays(
        &mut self,
        connection: &mut PgConnection,
        wish: &Wish,
    ) -> Result<(), Failure> {
        if wish.stays.is_empty() {
            return Ok(());
        }
        let (tenants, ids) = split(&wish.stays);
        let (lead_tenants, leads) = split(&wish.leads);
        let rows = sqlx::query(
            r"
            select s.tenant, s.id, s.lead, s.left_at is null as open
            from unnest($1::bigint[], $2::uuid[]) as w (tenant, id)
            join stay as s on s.tenant = w.tenant and s.id = w.id
            union
            select s.tenant, s.id, s.lead, true
            from unnest($3::bigint[], $4::uuid[]) as w (tenant, lead)
            join stay as s on s.tenant = w.tenant and s.lead = w.lead and s.left_at is null",
        )
        .bind(tenants)
        .bind(ids)
        .bind(lead_tenants)
        .bind(leads)
        .fetch_all(connection)
        .await?;
        for row in &rows {
            let (tenant, lead) =
                (Tenant(row.try_get("tenant")?), LeadId::from_uuid(row.try_get("lead")?));
            let open = row.try_get("open")?;
            self.stays.insert((tenant, StayId::from_uuid(row.try_get("id")?)), (lead, open));
            if open {
                self.open_stays.insert((tenant, lead));
            }
        }
        Ok(())
    }

    async fn load_papers(
        &mut self,
        connection: &mut PgConnection,
        wish: &Wish,
    ) -> Result<(), Failure> {
        if wish.papers.is_empty() {
            return Ok(());
        }
        let (tenants, ids) = split(&wish.papers);
        let rows = sqlx::query(
            r"
            select t.tenant, t.id, t.lead, t.revision
            from unnest($1::bigint[], $2::uuid[]) as w (tenant, id)
            join task as t on t.tenant = w.tenant and t.id = w.id
            union
            select n.tenant, n.id, n.lead, n.revision
            from unnest($1::bigint[], $2::uuid[]) as w (tenant, id)
            join note as n on n.tenant = w.tenant and n.id = w.id",
        )
        .bind(tenants)
        .bind(ids)
        .fetch_all(connection)
        .await?;
        for row in &rows {
            let lead = LeadId::from_uuid(row.try_get("lead")?);
            self.papers.insert(
                (Tenant(row.try_get("tenant")?), row.try_get("id")?),
                (lead, row.try_get("revision")?),
            );
        }
        Ok(())
    }

    async fn load_events(
        &mut self,
        connection: &mut PgConnection,
        wish: &Wish,
    ) -> Result<(), Failure> {
        if wish.events.is_empty() {
            return Ok(());
        }
        let rows: Vec<Uuid> = sqlx::query_scalar(
            "select id from event where id = any ($1) union all select id from event_new where id = any ($1)",
        )
        .bind(&wish.events)
        .fetch_all(connection)
        .await?;
        self.events.extend(rows.into_iter().map(EventId::from_uuid));
        Ok(())
    }
}

/// What has to be looked up.
#[derive(Default)]
struct Wish {
    leads: Vec<(Tenant, Uuid)>,
    keys: Vec<(Tenant, IdentityKind, String)>,
    interactions: Vec<(Tenant, Uuid)>,
    sender_keys: Vec<(Tenant, LeadId, String)>,
    stays: Vec<(Tenant, Uuid)>,
    papers: Vec<(Tenant, Uuid)>,
    events: Vec<Uuid>,
}

impl Wish {
    fn add(&mut self, change: &Change) {
        match change {
            Change::InsertLead(row) => self.add_row(row),
            Change::UpdateLead(update) => self.add_row(&update.after),
            Change::SetScore(update) => {
                self.leads.push((update.score.tenant, update.score.lead.uuid()))
            }
            Change::SpoilScore(spoil) => self.leads.push((spoil.tenant, spoil.lead.uuid())),
            Change::InsertInteraction(one) => {
                self.leads.push((one.tenant, one.lead.uuid()));
                self.interactions.push((one.tenant, one.id.uuid()));
                self.sender_keys
                    .extend(one.key.iter().map(|key| (one.tenant, one.lead, key.clone())));
            }
            Change::MarkInteraction(mark) => {
                self.interactions.push((mark.tenant, mark.interaction.uuid()))
            }
            Change::CloseStay(stay) | Change::OpenStay(stay) => {
                self.leads.push((stay.tenant, stay.lead.uuid()));
                self.stays.push((stay.tenant, stay.id.uuid()));
            }
            Change::PutTask(task) => self.add_paper(task.tenant, task.lead, task.id.uuid()),
            Change::PutNote(note) => self.add_paper(note.tenant, note.lead, note.id.uuid()),
            Change::DropTask(gone) => self.add_paper(gone.tenant, gone.lead, gone.task.uuid()),
            Change::DropNote(gone) => self.add_paper(gone.tenant, gone.lead, gone.note.uuid()),
            Change::MoveRecords(moved) => self
                .leads
                .extend([(moved.tenant, moved.from.uuid()), (moved.tenant, moved.to.uuid())]),
            Change::AppendEvent(event) => self.events.push(event.id.uuid()),
            _ => {}
        }
    }

    fn add_paper(&mut self, tenant: Tenant, lead: LeadId, id: Uuid) {
        self.leads.push((tenant, lead.uuid()));
        self.papers.push((tenant, id));
    }

    fn add_row(&mut self, row: &LeadRow) {
        self.leads.push((row.lead.tenant, row.lead.id.uuid()));
        self.keys.extend(
            keys_to_hold(row, &[]).into_iter().map(|(tenant, kind, key, _)| (tenant, kind, key)),
        );
    }
}

fn split(rows: &[(Tenant, Uuid)]) -> (Vec<i64>, Vec<Uuid>) {
    rows.iter().map(|(tenant, id)| (tenant.0, *id)).unzip()
}

fn stored_lead(row: &PgRow, tenant: Tenant) -> Result<Stored, sqlx::Error> {
    let live = row.try_get("live")?;
    let keys: [(IdentityKind, Option<String>, i64); 3] = [
        (IdentityKind::Email, row.try_get("email_key")?, row.try_get("email_slot")?),
        (IdentityKind::Phone, row.try_get("phone_key")?, row.try_get("phone_slot")?),
        (IdentityKind::ExternalId, row.try_get("external_id")?, 0),
    ];
    let held = keys
        .into_iter()
        .filter(|_| live)
        .filter_map(|(kind, key, slot)| Some((tenant, kind, key?, slot)));
    Ok(Stored {
        version: row.try_get("version")?,
        live,
        held: held.collect(),
        revision: row.try_get("revision")?,
        rule_set: row.try_get("rule_set")?,
    })
}
