//! Leads with their profiles and facets. Owns which of a lead's tables an update has to touch.

use leadbox_core::{Facet, LeadRow};
use sqlx::types::Json;

use super::batch::Batch;
use super::statement::{Missing, Statement};
use crate::rows::NO_VALUE;

/// Adds new leads; their pulses follow in `pulses`.
pub(super) fn insert(statement: &mut Statement, batch: &Batch<'_>) {
    let rows = &batch.new_leads;
    if rows.is_empty() {
        return;
    }
    bind_leads(statement, rows);
    statement.part(
        "leads_in",
        r"
        insert into lead (
            tenant,
            id,
            version,
            external_id,
            email_key,
            email_slot,
            phone_key,
            phone_slot,
            pipeline,
            stage,
            stage_since,
            owner,
            source,
            value_minor,
            currency,
            completeness,
            name_key,
            created_at,
            created_on,
            updated_at,
            deleted_at,
            likeness,
            merged_into
        )
        select *
        from unnest(
            $1::bigint[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::bigint[],
            $9::uuid[], $10::uuid[], $11::timestamptz[], $12::uuid[], $13::text[], $14::bigint[], $15::text[],
            $16::smallint[], $17::text[], $18::timestamptz[], $19::date[], $20::timestamptz[], $21::timestamptz[],
            $22::text[], $23::uuid[]
        )",
    );
    bind_profiles(statement, rows);
    statement.part(
        "profiles_in",
        r"
        insert into lead_profile (
            tenant,
            lead,
            company_key,
            title_key,
            city_key,
            domain,
            search_text,
            body
        )
        select *
        from unnest(
            $1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[]
        )",
    );
    let facets: Vec<Owned<'_>> = rows
        .iter()
        .flat_map(|row| row.keys.facets.iter().map(|facet| Owned { row, facet }))
        .collect();
    insert_facets(statement, "facets_in", &facets);
}

/// Adds changes of leads, each conditional on the version before.
pub(super) fn update(statement: &mut Statement, batch: &Batch<'_>) {
    let updates = &batch.leads;
    if updates.is_empty() {
        return;
    }
    let rows: Vec<&LeadRow> = updates.iter().map(|update| &update.after).collect();
    bind_leads(statement, &rows);
    statement.bind(updates.iter().map(|update| update.before.lead.version.0).collect::<Vec<_>>());
    statement
        .part(
            "leads_up",
            r"
            update lead
            set version = w.version,
                external_id = w.external_id,
                email_key = w.email_key,
                email_slot = case
                    when lead.email_key is not distinct from w.email_key then lead.email_slot
                    else w.email_slot
                end,
                phone_key = w.phone_key,
                phone_slot = case
                    when lead.phone_key is not distinct from w.phone_key then lead.phone_slot
                    else w.phone_slot
                end,
                pipeline = w.pipeline,
                stage = w.stage,
                stage_since = w.stage_since,
                owner = w.owner,
                source = w.source,
                value_minor = w.value_minor,
                currency = w.currency,
                completeness = w.completeness,
                name_key = w.name_key,
                created_at = w.created_at,
                created_on = w.created_on,
                updated_at = w.updated_at,
                deleted_at = w.deleted_at,
                likeness = w.likeness,
                merged_into = w.merged_into
            from unnest(
                $1::bigint[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::bigint[],
                $9::uuid[], $10::uuid[], $11::timestamptz[], $12::uuid[], $13::text[], $14::bigint[], $15::text[],
                $16::smallint[], $17::text[], $18::timestamptz[], $19::date[], $20::timestamptz[], $21::timestamptz[],
                $22::text[], $23::uuid[], $24::bigint[]
            ) as w (
                tenant, id, version, external_id, email_key, email_slot, phone_key, phone_slot, pipeline, stage,
                stage_since, owner, source, value_minor, currency, completeness, name_key, created_at, created_on,
                updated_at, deleted_at, likeness, merged_into, before
            )
            where lead.tenant = w.tenant
              and lead.id = w.id
              and lead.version = w.before
            returning lead.tenant, lead.id",
        )
        .all_of(&["tenant", "id"], Missing::Conflict("lead"));
    update_profiles(statement, batch);
    update_facets(statement, batch);
}

/// What people read of a lead is rewritten only where it changed: its row is wide and its index dear.
fn update_profiles(statement: &mut Statement, batch: &Batch<'_>) {
    let rows: Vec<&LeadRow> = batch
        .leads
        .iter()
        .filter(|update| {
            let (before, after) = (&update.before, &update.after);
            before.lead.profile() != after.lead.profile()
                || before.keys.search_text != after.keys.search_text
                || before.keys.company != after.keys.company
                || before.keys.title != after.keys.title
                || before.keys.city != after.keys.city
        })
        .map(|update| &update.after)
        .collect();
    if rows.is_empty() {
        return;
    }
    bind_profiles(statement, &rows);
    statement.part(
        "profiles_up",
        r"
        update lead_profile
        set company_key = w.company_key,
            title_key = w.title_key,
            city_key = w.city_key,
            domain = w.domain,
            search_text = w.search_text,
            body = w.body
        from unnest(
            $1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[]
        ) as w (tenant, lead, company_key, title_key, city_key, domain, search_text, body)
        where lead_profile.tenant = w.tenant
          and lead_profile.lead = w.lead",
    );
}

fn update_facets(statement: &mut Statement, batch: &Batch<'_>) {
    let (mut gone, mut kept, mut new) = (Vec::new(), Vec::new(), Vec::new());
    for update in &batch.leads {
        let (before, after) = (&update.before, &update.after);
        let moved = before.lead.owner != after.lead.owner;
        if before.keys.facets == after.keys.facets && !moved {
            continue;
        }
        // Both are sorted.
        let in_both = |facet: &&Facet| after.keys.facets.binary_search(facet).is_ok();
        let known = |facet: &&Facet| before.keys.facets.binary_search(facet).is_ok();
        let owned = |facet| Owned { row: after, facet };
        gone.extend(before.keys.facets.iter().filter(|facet| !in_both(facet)).map(owned));
        new.extend(after.keys.facets.iter().filter(|facet| !known(facet)).map(owned));
        if moved {
            kept.extend(after.keys.facets.iter().filter(known).map(owned));
        }
    }
    if !gone.is_empty() {
        bind_facets(statement, &gone);
        statement.part(
            "facets_out",
            r"
            delete from lead_facet
            using unnest($1::bigint[], $2::uuid[], $3::text[], $4::bytea[]) as w (tenant, lead, name, key)
            where lead_facet.tenant = w.tenant
              and lead_facet.lead = w.lead
              and lead_facet.name = w.name
              and lead_facet.key = w.key",
        );
    }
    if !kept.is_empty() {
        bind_facets(statement, &kept);
        bind_owners(statement, &kept);
        statement.part(
            "facets_moved",
            r"
            update lead_facet
            set owner = w.owner
            from unnest($1::bigint[], $2::uuid[], $3::text[], $4::bytea[], $5::uuid[])
                as w (tenant, lead, name, key, owner)
            where lead_facet.tenant = w.tenant
              and lead_facet.lead = w.lead
              and lead_facet.name = w.name
              and lead_facet.key = w.key",
        );
    }
    insert_facets(statement, "facets_up", &new);
}

/// A facet and whose it is.
struct Owned<'a> {
    row: &'a LeadRow,
    facet: &'a Facet,
}

fn insert_facets(statement: &mut Statement, name: &'static str, facets: &[Owned<'_>]) {
    if facets.is_empty() {
        return;
    }
    bind_facets(statement, facets);
    bind_owners(statement, facets);
    statement.part(
        name,
        r"
        insert into lead_facet (
            tenant,
            lead,
            name,
            key,
            owner
        )
        select *
        from unnest($1::bigint[], $2::uuid[], $3::text[], $4::bytea[], $5::uuid[])
        on conflict do nothing",
    );
}

fn bind_owners(statement: &mut Statement, facets: &[Owned<'_>]) {
    let owner = |owned: &Owned<'_>| owned.row.lead.owner.map(|owner| owner.uuid());
    statement.bind(facets.iter().map(owner).collect::<Vec<_>>());
}

fn bind_facets(statement: &mut Statement, facets: &[Owned<'_>]) {
    statement
        .bind(facets.iter().map(|owned| owned.row.lead.tenant.0).collect::<Vec<_>>())
        .bind(facets.iter().map(|owned| owned.row.lead.id.uuid()).collect::<Vec<_>>())
        .bind(facets.iter().map(|owned| owned.facet.name.as_str()).collect::<Vec<_>>())
        .bind(facets.iter().map(|owned| owned.facet.key.as_slice()).collect::<Vec<_>>());
}

fn bind_profiles(statement: &mut Statement, rows: &[&LeadRow]) {
    statement
        .bind(rows.iter().map(|row| row.lead.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lead.id.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.keys.company.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.keys.title.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.keys.city.as_deref()).collect::<Vec<_>>())
        .bind(
            rows.iter()
                .map(|row| row.lead.company.domain.as_ref().map(|domain| domain.as_str()))
                .collect::<Vec<_>>(),
        )
        .bind(rows.iter().map(|row| row.keys.search_text.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| Json(row.lead.profile())).collect::<Vec<_>>());
}

/// Binds the 23 columns of the narrow row.
fn bind_leads(statement: &mut Statement, rows: &[&LeadRow]) {
    statement
        .bind(rows.iter().map(|row| row.lead.tenant.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lead.id.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lead.version.0).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lead.external_id.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.keys.email.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.keys.email_slot).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.keys.phone.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.keys.phone_slot).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lead.pipeline.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lead.stage.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lead.stage_since).collect::<Vec<_>>())
        .bind(
            rows.iter()
                .map(|row| row.lead.owner.map(leadbox_core::UserId::uuid))
                .collect::<Vec<_>>(),
        )
        .bind(rows.iter().map(|row| row.lead.source.name.as_deref()).collect::<Vec<_>>())
        .bind(
            rows.iter()
                .map(|row| row.lead.value.map_or(NO_VALUE, |value| value.minor))
                .collect::<Vec<_>>(),
        )
        .bind(
            rows.iter()
                .map(|row| row.lead.value.as_ref().map(|value| value.currency.as_str()))
                .collect::<Vec<_>>(),
        )
        .bind(rows.iter().map(|row| i16::from(row.lead.completeness)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.keys.name.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lead.created_at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lead.created_on).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lead.updated_at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lead.deleted_at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.keys.likeness.as_deref()).collect::<Vec<_>>())
        .bind(
            rows.iter()
                .map(|row| row.lead.merged_into.map(leadbox_core::LeadId::uuid))
                .collect::<Vec<_>>(),
        );
}
