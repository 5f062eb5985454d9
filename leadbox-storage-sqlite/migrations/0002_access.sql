-- What users may do, and the zone in which they read times.
alter table app_user add column roles text not null default '[]';
alter table app_user add column zone text;

create table credential (
    tenant integer not null,
    user blob not null,
    revision integer not null,
    hash text not null,
    misses integer not null,
    locked_until integer,
    set_at integer not null,
    primary key (tenant, user)
) strict, without rowid;

-- Sessions, API keys, invitations, reset links. `gone_at` is when it stops, or stopped, standing for anybody.
create table token (
    tenant integer not null,
    id blob not null check (length(id) = 16),
    revision integer not null,
    kind integer not null,
    digest blob not null check (length(digest) = 32),
    user blob,
    details text not null,
    created_at integer not null,
    used_at integer,
    expires_at integer,
    ended_at integer,
    gone_at integer,
    primary key (tenant, id)
) strict, without rowid;

create unique index token_digest on token (tenant, digest);
create index token_kind on token (tenant, kind, id);
create index token_user on token (tenant, kind, user, id);
create index token_gone on token (gone_at) where gone_at is not null;
