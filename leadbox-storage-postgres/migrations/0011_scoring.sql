-- How scores came about, by the revision that they have since.
create table score_record (
    tenant   bigint      not null,
    lead     uuid        not null,
    revision bigint      not null,
    at       timestamptz not null,
    change   json        not null,
    constraint score_record_key primary key (tenant, lead, revision)
);

-- Scores that may move by themselves.
create index lead_pulse_due on lead_pulse (next_change_at, tenant, lead) where live and next_change_at is not null;
