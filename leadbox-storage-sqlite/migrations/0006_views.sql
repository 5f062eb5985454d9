-- Saved views of the list of leads. `sharing` is 0 for their owner alone.
create table saved_view (
    tenant integer not null,
    id blob not null check (length(id) = 16),
    revision integer not null,
    name text not null,
    owner blob,
    sharing integer not null,
    filter text not null,
    search text not null,
    sort text not null,
    columns text not null,
    primary key (tenant, id)
) strict, without rowid;

create index saved_view_owner on saved_view (tenant, owner);
create index saved_view_shared on saved_view (tenant) where sharing > 0;
