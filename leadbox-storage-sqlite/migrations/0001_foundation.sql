-- Ids are 16 bytes, moments are microseconds since 1970, days are days since 1970, money is in minor units.
-- Rows about a lead are tied to `lead.no`, which never leaves this database: short keys, and lookups by rowid.

create table lead (
    no integer primary key,
    tenant integer not null,
    id blob not null check (length(id) = 16),
    version integer not null,
    external_id text,
    email_key text,
    email_slot integer not null,
    phone_key text,
    phone_slot integer not null,
    pipeline blob not null,
    stage blob not null,
    stage_since integer not null,
    owner blob,
    source text,
    -- The smallest number when unknown, so that it sorts first; then `currency` is null.
    value_minor integer not null,
    currency text,
    completeness integer not null,
    name_key text not null,
    created_at integer not null,
    created_on integer not null,
    updated_at integer not null,
    deleted_at integer
) strict;

create unique index lead_id on lead (tenant, id);
create unique index lead_email on lead (tenant, email_key, email_slot)
    where deleted_at is null and email_key is not null;
create unique index lead_phone on lead (tenant, phone_key, phone_slot)
    where deleted_at is null and phone_key is not null;
create unique index lead_external_id on lead (tenant, external_id)
    where deleted_at is null and external_id is not null;
-- One index per order. The columns behind the id are not sorted by: they let a list filter by owner (which every
-- restricted reader does) and stage without looking the row up.
create index lead_created on lead (tenant, created_at, id, owner, stage) where deleted_at is null;
create index lead_owner_created on lead (tenant, owner, created_at, id, stage) where deleted_at is null;
create index lead_updated on lead (tenant, updated_at, id, owner) where deleted_at is null;
create index lead_name on lead (tenant, name_key, id, owner) where deleted_at is null;
create index lead_value on lead (tenant, value_minor, id, owner) where deleted_at is null;

-- What changes often: score and activity, with copies of what lists by score filter by.
create table lead_pulse (
    no integer primary key,
    tenant integer not null,
    lead blob not null,
    owner blob,
    stage blob not null,
    deleted integer not null,
    revision integer not null,
    lead_version integer not null,
    score integer not null,
    categories text not null,
    priority text,
    as_of integer not null,
    next_change_at integer,
    rule_set integer not null,
    dirty integer not null,
    -- The smallest number when there was none, so that it sorts first.
    last_at integer not null,
    interactions integer not null
) strict;

create index pulse_score on lead_pulse (tenant, score, lead, owner, stage) where deleted = 0;
create index pulse_owner_score on lead_pulse (tenant, owner, score, lead, stage) where deleted = 0;
create index pulse_stage_score on lead_pulse (tenant, stage, score, lead, owner) where deleted = 0;
create index pulse_last on lead_pulse (tenant, last_at, lead, owner) where deleted = 0;

-- What is wide and seldom written.
create table lead_profile (
    no integer primary key,
    company_key text,
    title_key text,
    city_key text,
    domain text,
    search_text text not null,
    body text not null
) strict;

-- Texts come folded, and matches are checked against the text itself, so neither case nor places need be kept.
create virtual table lead_search using fts5 (
    search_text,
    content = 'lead_profile',
    content_rowid = 'no',
    tokenize = 'trigram case_sensitive 1',
    detail = none,
    columnsize = 0
);

-- Tags and custom fields, by keys that compare as bytes.
create table lead_facet (
    tenant integer not null,
    name text not null,
    key blob not null,
    no integer not null,
    primary key (tenant, name, key, no)
) strict, without rowid;

create index lead_facet_no on lead_facet (no, name, key);

create table interaction (
    no integer primary key,
    tenant integer not null,
    id blob not null check (length(id) = 16),
    lead_no integer not null,
    kind text not null,
    at integer not null,
    received_at integer not null,
    key text,
    suspect integer not null,
    props text not null
) strict;

create unique index interaction_id on interaction (tenant, id);
create unique index interaction_key on interaction (lead_no, key) where key is not null;
create index interaction_at on interaction (lead_no, at, id);

create table stay (
    no integer primary key,
    tenant integer not null,
    id blob not null check (length(id) = 16),
    lead_no integer not null,
    pipeline blob not null,
    stage blob not null,
    entered_at integer not null,
    entered_by text not null,
    left_at integer,
    left_by text
) strict;

create unique index stay_id on stay (tenant, id);
create unique index stay_open on stay (lead_no) where left_at is null;
create index stay_entered on stay (lead_no, entered_at, id);

create table definition (
    tenant integer not null,
    kind text not null,
    key text not null,
    revision integer not null,
    body text not null,
    primary key (tenant, kind, key)
) strict;

create table app_user (
    tenant integer not null,
    id blob not null check (length(id) = 16),
    revision integer not null,
    name text not null,
    email text not null,
    email_key text not null,
    team blob,
    disabled integer not null,
    primary key (tenant, id)
) strict, without rowid;

create unique index app_user_email on app_user (tenant, email_key);

create table team (
    tenant integer not null,
    id blob not null check (length(id) = 16),
    revision integer not null,
    name text not null,
    parent blob,
    primary key (tenant, id)
) strict, without rowid;

create table lane (
    tenant integer not null,
    queue text not null,
    name text not null,
    revision integer not null,
    -- Whether a claim has to look at the settings at all.
    limited integer not null,
    settings text not null,
    arrival integer not null,
    breaker text not null,
    primary key (tenant, queue, name)
) strict, without rowid;

-- `no` is the order of queueing: a replayed job gets a new one.
create table job (
    no integer primary key,
    id blob not null check (length(id) = 16),
    tenant integer not null,
    queue text not null,
    lane text not null,
    fifo_key text,
    unique_key text,
    payload text not null,
    due_at integer not null,
    created_at integer not null,
    cause blob,
    depth integer not null,
    state integer not null,
    attempt integer not null,
    token integer not null,
    lease_until integer,
    reason text
) strict;

create unique index job_id on job (id);
-- What is due first, and what is due first in each lane. States: 0 ready, 1 leased, 2 waiting, 3 parked.
create index job_due on job (queue, due_at) where state = 0;
create index job_lane on job (queue, tenant, lane, due_at) where state = 0;
create index job_leased on job (queue, lease_until, tenant, lane) where state = 1;
create index job_fifo on job (tenant, queue, lane, fifo_key) where fifo_key is not null and state <> 3;
create index job_unique on job (tenant, queue, unique_key) where unique_key is not null and state in (0, 2);

create table attempt (
    no integer primary key,
    id blob not null check (length(id) = 16),
    job blob not null,
    tenant integer not null,
    queue text not null,
    lane text not null,
    number integer not null,
    at integer not null,
    millis integer not null,
    result integer not null,
    message text,
    detail text
) strict;

create unique index attempt_id on attempt (id);
create index attempt_job on attempt (tenant, job);
create index attempt_lane on attempt (tenant, queue, lane, at, id);
create index attempt_at on attempt (at);

create table consumer (
    name text primary key,
    cursor integer not null,
    token integer not null,
    worker blob,
    until integer
) strict, without rowid;

create table checkpoint (
    tenant integer not null,
    name text not null,
    revision integer not null,
    body text not null,
    at integer not null,
    primary key (tenant, name)
) strict;

create table reply (
    tenant integer not null,
    key text not null,
    request blob not null,
    body text not null,
    at integer not null,
    expires_at integer not null,
    primary key (tenant, key)
) strict;

create index reply_expires on reply (expires_at);

-- Commits of the last day, so that a repeated one is recognised.
create table change_set (
    id blob primary key check (length(id) = 16),
    at integer not null
) strict, without rowid;

create index change_set_at on change_set (at);

create table event (
    position integer primary key,
    tenant integer not null,
    id blob not null check (length(id) = 16),
    subject_kind integer not null,
    subject blob not null,
    kind text not null,
    at integer not null,
    version integer not null,
    revision integer not null,
    change_set blob not null,
    ordinal integer not null,
    actor_kind integer not null,
    actor blob,
    on_behalf_of blob,
    origin text,
    cause blob,
    depth integer not null,
    bulk integer not null,
    -- Kept byte for byte: the commitment covers it.
    payload text,
    salt blob,
    commitment blob not null,
    chain blob not null
) strict;

create unique index event_id on event (id);
create index event_tenant on event (tenant);
create index event_subject on event (tenant, subject, subject_kind);

-- Where the log ends; one row.
create table log_head (
    one integer primary key check (one = 1),
    position integer not null,
    chain blob not null check (length(chain) = 32)
) strict;

insert into log_head (one, position, chain) values (1, 0, zeroblob(32));

-- How many live leads there are; moved in the transaction that changes a lead.
create table rollup_lead (
    tenant integer not null,
    day integer not null,
    source text not null,
    stage blob not null,
    owner blob not null,
    n integer not null,
    primary key (tenant, day, source, stage, owner)
) strict, without rowid;
