-- Saved views of the list of leads. `sharing` is 0 for their owner alone.
create table saved_view (
    tenant bigint not null,
    id uuid not null,
    revision bigint not null,
    name text not null,
    owner uuid,
    sharing smallint not null,
    filter json not null,
    search text not null,
    sort text not null,
    columns json not null,
    constraint saved_view_key primary key (tenant, id)
) with (fillfactor = 85);
create index saved_view_owner on saved_view (tenant, owner);
create index saved_view_shared on saved_view (tenant) where sharing > 0;
