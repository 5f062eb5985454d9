-- What users may do, and the zone in which they read times.
alter table app_user add column roles text not null default '[]';
alter table app_user add column zone text;
