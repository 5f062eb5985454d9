-- The foundation. `tenant` leads every key and index except the log's position and the claiming of jobs. Texts compare
-- by their bytes. Rows that change often keep free space in their pages, so that an update stays beside its old version.

-- Ends a statement with a precondition that does not hold; the text says what kind of row, the detail which one.
create function leadbox_conflict(what text, id text) returns bigint language plpgsql as $$
begin
    raise exception using errcode = 'LB409', message = what, detail = coalesce(id, '');
end $$;

-- Ends a statement with a key that is taken.
create function leadbox_taken(what text, id text) returns bigint language plpgsql as $$
begin
    raise exception using errcode = 'LB410', message = what, detail = coalesce(id, '');
end $$;

create table change_set (
    id uuid        not null,
    at timestamptz not null,
    constraint change_set_key primary key (id)
);
create index change_set_at on change_set (at);

-- Narrow, and seldom changed in an indexed column.
create table lead (
    tenant       bigint           not null,
    id           uuid             not null,
    version      bigint           not null,
    external_id  text collate "C",
    email_key    text collate "C",
    email_slot   bigint           not null,
    phone_key    text collate "C",
    phone_slot   bigint           not null,
    pipeline     uuid             not null,
    stage        uuid             not null,
    stage_since  timestamptz      not null,
    owner        uuid,
    source       text collate "C",
    value_minor  bigint           not null, -- the smallest number when there is no value
    currency     text collate "C",          -- null when there is no value
    completeness smallint         not null,
    name_key     text collate "C" not null,
    created_at   timestamptz      not null,
    created_on   date             not null,
    updated_at   timestamptz      not null,
    deleted_at   timestamptz,
    constraint lead_key primary key (tenant, id)
) with (fillfactor = 85);
create index lead_created on lead (tenant, created_at, id) where deleted_at is null;
create index lead_owner_created on lead (tenant, owner, created_at, id) where deleted_at is null;
create index lead_stage_created on lead (tenant, stage, created_at, id) where deleted_at is null;
-- The owner, by whom every restricted reader filters, without looking the row up.
create index lead_name on lead (tenant, name_key, id) include (owner) where deleted_at is null;
create index lead_value on lead (tenant, value_minor, id) include (owner) where deleted_at is null;
-- Made last. In an empty table all these indexes are alike to the planner, and of those it takes the newest: a plan that is
-- made then, and kept, has to go by the key.
create unique index lead_email on lead (tenant, email_key, email_slot)
    where deleted_at is null and email_key is not null;
create unique index lead_phone on lead (tenant, phone_key, phone_slot)
    where deleted_at is null and phone_key is not null;
create unique index lead_external_id on lead (tenant, external_id)
    where deleted_at is null and external_id is not null;

-- Wide; written only when what people read of a lead changed.
create table lead_profile (
    tenant      bigint           not null,
    lead        uuid             not null,
    company_key text collate "C",
    title_key   text collate "C",
    city_key    text collate "C",
    domain      text collate "C",
    search_text text collate "C" not null,
    body        jsonb            not null,
    constraint lead_profile_key primary key (tenant, lead)
) with (fillfactor = 90);
create index lead_profile_domain on lead_profile (tenant, domain) where domain is not null;
-- The planner weighs index against order by how common a text is: give it a fine picture.
alter table lead_profile alter column search_text set statistics 1000;

-- What changes all the time, so that its updates leave the lead's indexes alone. Its row lock is the lead's: whatever
-- touches a lead takes it, so that the events of a lead are committed in their order.
create table lead_pulse (
    tenant         bigint      not null,
    lead           uuid        not null,
    version        bigint      not null, -- the lead's
    stage          uuid        not null, -- the lead's
    owner          uuid,                 -- the lead's
    live           boolean     not null, -- the lead is not deleted
    updated_at     timestamptz not null, -- the lead's
    revision       bigint      not null,
    lead_version   bigint      not null,
    total          bigint      not null,
    categories     json        not null,
    priority       text collate "C",
    as_of          timestamptz not null,
    next_change_at timestamptz,
    rule_set       bigint      not null,
    dirty          boolean     not null,
    interactions   bigint      not null,
    last_at        timestamptz not null, -- the first moment of the year 1 when there was none
    constraint lead_pulse_key primary key (tenant, lead)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
create index lead_pulse_total on lead_pulse (tenant, total, lead) where live;
create index lead_pulse_stage_total on lead_pulse (tenant, stage, total, lead) where live;
create index lead_pulse_owner_total on lead_pulse (tenant, owner, total, lead) where live;
create index lead_pulse_updated on lead_pulse (tenant, updated_at, lead) where live;
create index lead_pulse_owner_updated on lead_pulse (tenant, owner, updated_at, lead) where live;
create index lead_pulse_last on lead_pulse (tenant, last_at, lead) include (owner) where live;

create table lead_facet (
    tenant bigint           not null,
    lead   uuid             not null,
    name   text collate "C" not null,
    key    bytea            not null,
    owner  uuid,                      -- the lead's
    constraint lead_facet_key primary key (tenant, lead, name, key)
);
create index lead_facet_value on lead_facet (tenant, name, key, lead) include (owner);

-- The extension may live in any schema, also outside the search path.
create extension if not exists pg_trgm;
do $$
declare place text;
begin
    select quote_ident(nspname) into strict place
    from pg_extension join pg_namespace on pg_namespace.oid = extnamespace
    where extname = 'pg_trgm';
    execute format(
        'create index lead_profile_search on lead_profile using gin (search_text %s.gin_trgm_ops)', place);
end $$;

create table interaction (
    tenant      bigint           not null,
    id          uuid             not null,
    lead        uuid             not null,
    kind        text collate "C" not null,
    at          timestamptz      not null,
    received_at timestamptz      not null,
    key         text collate "C",
    suspect     boolean          not null,
    props       json             not null,
    constraint interaction_key primary key (tenant, id)
);
create index interaction_lead on interaction (tenant, lead, at, id);
create unique index interaction_sender_key on interaction (tenant, lead, key) where key is not null;

create table stay (
    tenant     bigint      not null,
    id         uuid        not null,
    lead       uuid        not null,
    pipeline   uuid        not null,
    stage      uuid        not null,
    entered_at timestamptz not null,
    entered_by json        not null,
    left_at    timestamptz,
    left_by    json,
    constraint stay_key primary key (tenant, id)
) with (fillfactor = 90);
create index stay_lead on stay (tenant, lead, entered_at, id);
create unique index stay_open on stay (tenant, lead) where left_at is null;

create table definition (
    tenant   bigint           not null,
    kind     text collate "C" not null,
    key      text collate "C" not null,
    revision bigint           not null,
    body     json             not null,
    constraint definition_key primary key (tenant, kind, key)
);

create table app_user (
    tenant    bigint           not null,
    id        uuid             not null,
    revision  bigint           not null,
    name      text             not null,
    email     text             not null,
    email_key text collate "C" not null,
    team      uuid,
    disabled  boolean          not null,
    constraint app_user_key primary key (tenant, id)
);
create unique index app_user_email on app_user (tenant, email_key);

create table team (
    tenant   bigint not null,
    id       uuid   not null,
    revision bigint not null,
    name     text   not null,
    parent   uuid,
    constraint team_key primary key (tenant, id)
);

create table lane (
    tenant   bigint           not null,
    queue    text collate "C" not null,
    name     text collate "C" not null,
    revision bigint           not null,
    settings json             not null,
    limited  boolean          not null, -- a claim has to look at this row
    breaks   boolean          not null, -- a settlement has to look at this row
    state    json             not null,
    constraint lane_key primary key (tenant, queue, name)
) with (fillfactor = 30, autovacuum_vacuum_threshold = 20, autovacuum_vacuum_scale_factor = 0);

create table job (
    no          bigint generated by default as identity,
    tenant      bigint           not null,
    id          uuid             not null,
    queue       text collate "C" not null,
    lane        text collate "C" not null,
    fifo_key    text collate "C",
    unique_key  text collate "C",
    holds_key   boolean          not null, -- nobody else may be queued under the unique key
    payload     json             not null,
    due_at      timestamptz      not null,
    created_at  timestamptz      not null,
    cause_event uuid,
    cause_depth smallint         not null,
    state       smallint         not null,
    ready_at    timestamptz,               -- from when on it may be claimed: `due_at` when ready, the lease's end when leased
    attempt     integer          not null,
    token       bigint           not null,
    lease_until timestamptz,
    reason      text,
    constraint job_key primary key (id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.05);
create index job_due on job (queue, ready_at) where ready_at is not null;
create index job_lane on job (queue, tenant, lane, ready_at, no) where ready_at is not null;
create index job_leased on job (queue, tenant, lane, lease_until) where state = 1;
-- Of a key, at most one job is ready or being worked on; the next one to move up is the first that waits.
create unique index job_head on job (tenant, queue, lane, fifo_key) where fifo_key is not null and state in (0, 1);
create index job_waiting on job (tenant, queue, lane, fifo_key, no) where state = 2;
create unique index job_unique_key on job (tenant, queue, unique_key) where holds_key;
create index job_queued_key on job (tenant, queue, unique_key) where unique_key is not null;
create index job_tenant on job (tenant, id);

create table attempt (
    tenant  bigint           not null,
    id      uuid             not null,
    job     uuid             not null,
    queue   text collate "C" not null,
    lane    text collate "C" not null,
    number  integer          not null,
    at      timestamptz      not null,
    millis  bigint           not null,
    result  smallint         not null,
    message text,
    detail  json,
    constraint attempt_key primary key (id)
);
create index attempt_job on attempt (tenant, job);
create index attempt_lane on attempt (tenant, queue, lane, at, id);
create index attempt_at on attempt (at);

create table consumer (
    name         text collate "C" not null,
    cursor       bigint           not null,
    token        bigint           not null,
    worker       uuid,
    leased_until timestamptz,
    constraint consumer_key primary key (name)
) with (fillfactor = 30, autovacuum_vacuum_threshold = 20, autovacuum_vacuum_scale_factor = 0);

create table checkpoint (
    tenant   bigint           not null,
    name     text collate "C" not null,
    revision bigint           not null,
    body     json             not null,
    at       timestamptz      not null,
    constraint checkpoint_key primary key (tenant, name)
) with (fillfactor = 50);

create table reply (
    tenant     bigint           not null,
    key        text collate "C" not null,
    request    bytea            not null,
    body       json             not null,
    at         timestamptz      not null,
    expires_at timestamptz      not null,
    constraint reply_key primary key (tenant, key)
);
create index reply_expires on reply (expires_at);

-- Committed events that have no position yet. `no` only tells the sequencer what it has not looked at.
create table event_new (
    no           bigint generated by default as identity,
    id           uuid             not null,
    tenant       bigint           not null,
    subject_kind smallint         not null,
    subject      uuid             not null,
    kind         text collate "C" not null,
    at           timestamptz      not null,
    version      bigint           not null,
    revision     bigint           not null,
    change_set   uuid             not null,
    ordinal      integer          not null,
    actor_kind   smallint         not null,
    actor        uuid,
    on_behalf_of uuid,
    origin       text,
    cause_event  uuid,
    cause_depth  smallint         not null,
    bulk         boolean          not null,
    payload      text,
    salt         bytea,
    commitment   bytea            not null,
    constraint event_new_key primary key (no)
) with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.1);
create unique index event_new_id on event_new (id);

create table event (
    position     bigint           not null,
    id           uuid             not null,
    tenant       bigint           not null,
    subject_kind smallint         not null,
    subject      uuid             not null,
    kind         text collate "C" not null,
    at           timestamptz      not null,
    version      bigint           not null,
    revision     bigint           not null,
    change_set   uuid             not null,
    ordinal      integer          not null,
    actor_kind   smallint         not null,
    actor        uuid,
    on_behalf_of uuid,
    origin       text,
    cause_event  uuid,
    cause_depth  smallint         not null,
    bulk         boolean          not null,
    payload      text,
    salt         bytea,
    commitment   bytea            not null,
    chain        bytea            not null,
    constraint event_key primary key (position)
);
create index event_id on event (id);
create index event_tenant on event (tenant, position);
create index event_subject on event (tenant, subject_kind, subject, position);

-- Where the log ends: one row per round of the sequencer, of which the last counts. A row that was updated in place
-- would grow a chain of dead versions behind a long transaction.
create table log_head (
    position bigint   not null,
    chain    bytea    not null,
    mark     bigint   not null, -- the largest `no` looked at
    gaps     bigint[] not null, -- below the mark, not seen yet: first, last, newest transaction that may fill it; and so on
    constraint log_head_key primary key (position)
) with (autovacuum_vacuum_threshold = 100, autovacuum_vacuum_scale_factor = 0);
insert into log_head (position, chain, mark, gaps) values (0, decode(repeat('00', 32), 'hex'), 0, '{}');

create table rollup_lead (
    tenant bigint           not null,
    day    date             not null,
    source text collate "C" not null,
    stage  uuid             not null,
    owner  uuid             not null,
    n      bigint           not null,
    constraint rollup_lead_key primary key (tenant, day, source, stage, owner)
) with (fillfactor = 50);
create index rollup_lead_owner on rollup_lead (tenant, owner);

create table rollup_lead_delta (
    tenant bigint           not null,
    day    date             not null,
    source text collate "C" not null,
    stage  uuid             not null,
    owner  uuid             not null,
    n      bigint           not null
) with (autovacuum_vacuum_scale_factor = 0.01);
