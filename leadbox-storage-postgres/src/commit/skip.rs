//! Which leads a set leaves out. Owns a small picture of the stored rows that a set could meet, on which its changes are
//! tried in their order; the commit that follows decides, this only saves it from trying lead by lead.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use leadbox_core::storage::{InteractionMark, LeadUpdate, ScoreUpdate, SkipReason};
use leadbox_core::{
    Change, ChangeSet, EventId, IdentityKind, Interaction, InteractionId, LeadId, LeadRow, Stay,
    StayId, Suspicion, Tenant,
};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;

use crate::error::Failure;

type LeftOut = BTreeMap<LeadId, SkipReason>;
type Outcome = Result<(), SkipReason>;
type HeldKey = (Tenant, IdentityKind, String, i64);

/// Finds the leads whose changes conflict, beside those that are known to.
pub(super) async fn leads_to_leave_out(
    connection: &mut PgConnection,
    set: &ChangeSet,
    mut left_out: LeftOut,
) -> Result<LeftOut, Failure> {
    let picture = Picture::load(connection, set).await?;
    // As in the specification: a lead that conflicts after some of its changes took effect is taken back with all that
    // was built on them.
    while picture.clone().pass(set, &mut left_out) {}
    Ok(left_out)
}

/// What is stored of a lead.
#[derive(Clone)]
struct Stored {
    version: i64,
    live: bool,
    held: Vec<HeldKey>,
    revision: i64,
    rule_set: i64,
}

#[derive(Clone, Default)]
struct Picture {
    leads: HashMap<(Tenant, LeadId), Stored>,
    held: HashMap<HeldKey, LeadId>,
    interactions: HashMap<(Tenant, InteractionId), (LeadId, Suspicion)>,
    sender_keys: HashSet<(Tenant, LeadId, String)>,
    stays: HashMap<(Tenant, StayId), (LeadId, bool)>,
    open_stays: HashSet<(Tenant, LeadId)>,
    /// Tasks and notes by their ids, each with its lead and revision.
    papers: HashMap<(Tenant, Uuid), (LeadId, i64)>,
    events: HashSet<EventId>,
}

impl Picture {
    /// Tries all changes but those of leads left out; whether it has to be done again.
    fn pass(mut self, set: &ChangeSet, left_out: &mut LeftOut) -> bool {
        let (mut touched, mut again) = (BTreeSet::new(), false);
        for change in set.changes() {
            let Some(lead) = change.lead() else { continue };
            if left_out.contains_key(&lead) {
                continue;
            }
            match self.apply(change) {
                Ok(()) => {
                    touched.insert(lead);
                }
                Err(reason) => {
                    left_out.insert(lead, reason);
                    again |= touched.contains(&lead);
                }
            }
        }
        again
    }

    fn apply(&mut self, change: &Change) -> Outcome {
        match change {
            Change::InsertLead(row) => self.insert_lead(row),
            Change::UpdateLead(update) => self.update_lead(update),
            Change::SetScore(update) => self.set_score(update),
            Change::InsertInteraction(interaction) => self.insert_interaction(interaction),
            Change::MarkInteraction(mark) => self.mark_interaction(mark),
            Change::CloseStay(stay) => self.close_stay(stay),
            Change::OpenStay(stay) => self.open_stay(stay),
            Change::PutTask(task) => {
                self.put_paper((task.tenant, task.id.uuid()), task.lead, task.revision.0)
            }
            Change::PutNote(note) => {
                self.put_paper((note.tenant, note.id.uuid()), note.lead, note.revision.0)
            }
            Change::DropTask(gone) => {
                self.drop_paper((gone.tenant, gone.task.uuid()), gone.lead, gone.before.0)
            }
            Change::DropNote(gone) => {
                self.drop_paper((gone.tenant, gone.note.uuid()), gone.lead, gone.before.0)
            }
            Change::MoveRecords(moved) => {
                expected(self.leads.get(&(moved.tenant, moved.from)))?;
                expected(self.leads.get(&(moved.tenant, moved.to))).map(|_| ())
            }
            Change::AppendEvent(event) => fresh(self.events.insert(event.id)),
            // They belong to no lead.
            Change::PutDefinition(_)
            | Change::DropDefinition(_)
            | Change::PutUser(_)
            | Change::PutTeam(_)
            | Change::PutCredential(_)
            | Change::PutToken(_)
            | Change::PutLane(_)
            | Change::FinishJob(_)
            | Change::ReplayJob(_)
            | Change::EnqueueJob(_)
            | Change::RecordAttempt(_)
            | Change::AdvanceCursor(_)
            | Change::PutCheckpoint(_)
            | Change::RememberReply(_) => Ok(()),
        }
    }

    fn insert_lead(&mut self, row: &LeadRow) -> Outcome {
        let key = (row.lead.tenant, row.lead.id);
        fresh(!self.leads.contains_key(&key))?;
        let held = keys_to_hold(row, &[]);
        self.hold(row.lead.id, &held)?;
        let live = row.lead.deleted_at.is_none();
        self.leads.insert(
            key,
            Stored { version: row.lead.version.0, live, held, revision: 0, rule_set: 0 },
        );
        Ok(())
    }

    fn update_lead(&mut self, update: &LeadUpdate) -> Outcome {
        let after = &update.after;
        let key = (after.lead.tenant, after.lead.id);
        let stored =
            self.leads.get(&key).filter(|stored| stored.version == update.before.lead.version.0);
        let before = expected(stored)?.held.clone();
        let held = keys_to_hold(after, &before);
        let own: Vec<HeldKey> = before
            .iter()
            .filter(|key| self.held.get(key) == Some(&after.lead.id))
            .cloned()
            .collect();
        for key in &own {
            self.held.remove(key);
        }
        if let Err(reason) = self.hold(after.lead.id, &held) {
            self.held.extend(own.into_iter().map(|key| (key, after.lead.id)));
            return Err(reason);
        }
        if let Some(stored) = self.leads.get_mut(&key) {
            stored.version = after.lead.version.0;
            stored.live = after.lead.deleted_at.is_none();
            stored.held = held;
        }
        Ok(())
    }

    fn hold(&mut self, lead: LeadId, keys: &[HeldKey]) -> Outcome {
        fresh(keys.iter().all(|key| self.held.get(key).is_none_or(|holder| *holder == lead)))?;
        self.held.extend(keys.iter().map(|key| (key.clone(), lead)));
        Ok(())
    }

    fn set_score(&mut self, update: &ScoreUpdate) -> Outcome {
        let score = &update.score;
        let stored = self.leads.get_mut(&(score.tenant, score.lead)).filter(|stored| {
            stored.version == score.lead_version.0
                && stored.revision == update.before.0
                && stored.rule_set <= score.rule_set
        });
        let stored = expected(stored)?;
        stored.revision = score.revision.0;
        stored.rule_set = score.rule_set;
        Ok(())
    }

    fn insert_interaction(&mut self, interaction: &Interaction) -> Outcome {
        let (tenant, lead) = (interaction.tenant, interaction.lead);
        expected(self.leads.get(&(tenant, lead)).filter(|stored| stored.live))?;
        fresh(!self.interactions.contains_key(&(tenant, interaction.id)))?;
        if let Some(key) = &interaction.key {
            fresh(self.sender_keys.insert((tenant, lead, key.clone())))?;
        }
        self.interactions.insert((tenant, interaction.id), (lead, interaction.suspicion));
        Ok(())
    }

    fn mark_interaction(&mut self, mark: &InteractionMark) -> Outcome {
        let stored = self.interactions.get_mut(&(mark.tenant, mark.interaction));
        let stored = expected(stored.filter(|stored| **stored == (mark.lead, mark.before)))?;
        stored.1 = mark.after;
        Ok(())
    }

    fn close_stay(&mut self, stay: &Stay) -> Outcome {
        let stored = self.stays.get_mut(&(stay.tenant, stay.id));
        let stored = expected(stored.filter(|stored| **stored == (stay.lead, true)))?;
        stored.1 = stay.left_at.is_none();
        if !stored.1 {
            self.open_stays.remove(&(stay.tenant, stay.lead));
        }
        Ok(())
    }

    fn open_stay(&mut self, stay: &Stay) -> Outcome {
        let (tenant, lead) = (stay.tenant, stay.lead);
        expected(self.leads.get(&(tenant, lead)))?;
        fresh(!self.stays.contains_key(&(tenant, stay.id)))?;
        fresh(!self.open_stays.contains(&(tenant, lead)))?;
        let open = stay.left_at.is_none();
        self.stays.insert((tenant, stay.id), (lead, open));
        if open {
            self.open_stays.insert((tenant, lead));
        }
        Ok(())
    }

    fn put_paper(&mut self, key: (Tenant, Uuid), lead: LeadId, revision: i64) -> Outcome {
        expected(self.leads.get(&(key.0, lead)).filter(|stored| stored.live))?;
        let before = self.papers.get(&key).map(|(of, before)| (*of == lead).then_some(*before));
        expected(before.unwrap_or(Some(0)).filter(|before| before + 1 == revision))?;
        self.papers.insert(key, (lead, revision));
        Ok(())
    }

    fn drop_paper(&mut self, key: (Tenant, Uuid), lead: LeadId, before: i64) -> Outcome {
        expected(self.leads.get(&(key.0, lead)).filter(|stored| stored.live))?;
        expected(self.papers.get(&key).filter(|stored| **stored == (lead, before)))?;
        self.papers.remove(&key);
        Ok(())
    }

    async fn load(connection: &mut PgConnection, set: &ChangeSet) -> Result<Self, Failure> {
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
            select i.tenant, i.id, i.lead, i.key, i.suspect
            from unnest($1::bigint[], $2::uuid[]) as w (tenant, id)
            join interaction as i on i.tenant = w.tenant and i.id = w.id
            union
            select i.tenant, i.id, i.lead, i.key, i.suspect
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
            let id = InteractionId::from_uuid(row.try_get("id")?);
            self.interactions.insert((tenant, id), (lead, suspicion));
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

/// The keys that a lead holds alone; a key that it held before keeps its slot.
fn keys_to_hold(row: &LeadRow, before: &[HeldKey]) -> Vec<HeldKey> {
    if row.lead.deleted_at.is_some() {
        return Vec::new();
    }
    let keys = [
        (IdentityKind::Email, &row.keys.email, row.keys.email_slot),
        (IdentityKind::Phone, &row.keys.phone, row.keys.phone_slot),
        (IdentityKind::ExternalId, &row.lead.external_id, 0),
    ];
    keys.into_iter()
        .filter_map(|(kind, key, slot)| {
            let key = key.clone()?;
            let kept =
                before.iter().find(|held| held.1 == kind && held.2 == key).map(|held| held.3);
            Some((row.lead.tenant, kind, key, kept.unwrap_or(slot)))
        })
        .collect()
}

fn fresh(is: bool) -> Outcome {
    if is { Ok(()) } else { Err(SkipReason::AlreadyExists) }
}

fn expected<T>(row: Option<T>) -> Result<T, SkipReason> {
    row.ok_or(SkipReason::Conflict)
}
