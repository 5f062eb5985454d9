-- What users may do, and the zone in which they read times.
alter table app_user add column roles json not null default '[]';
alter table app_user add column zone text;
