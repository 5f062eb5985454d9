-- How scores came about, by the revision that they have since.
create table score_record (
    lead_no integer not null,
    revision integer not null,
    at integer not null,
    change text not null,
    primary key (lead_no, revision)
) strict, without rowid;

-- Scores that may move by themselves.
create index pulse_due on lead_pulse (next_change_at, tenant, lead) where deleted = 0 and next_change_at is not null;
