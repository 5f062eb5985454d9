-- What users may do, and the zone in which they read times.
alter table app_user add column roles json not null default '[]';
alter table app_user add column zone text;

create table credential (
    tenant bigint not null,
    user_id uuid not null,
    revision bigint not null,
    hash text not null,
    misses integer not null,
    locked_until timestamptz,
    set_at timestamptz not null,
    constraint credential_key primary key (tenant, user_id)
) with (fillfactor = 70);

-- Sessions, API keys, invitations, reset links. `gone_at` is when it stops, or stopped, standing for anybody.
create table token (
    tenant bigint not null,
    id uuid not null,
    revision bigint not null,
    kind smallint not null,
    digest bytea not null,
    user_id uuid,
    details json not null,
    created_at timestamptz not null,
    used_at timestamptz,
    expires_at timestamptz,
    ended_at timestamptz,
    gone_at timestamptz,
    constraint token_key primary key (tenant, id)
) with (fillfactor = 70);
create unique index token_digest on token (tenant, digest);
create index token_kind on token (tenant, kind, id);
create index token_user on token (tenant, kind, user_id, id);
create index token_gone on token (gone_at) where gone_at is not null;
