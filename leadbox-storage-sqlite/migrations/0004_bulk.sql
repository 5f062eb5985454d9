-- What an import or a bulk action did is found again, to be undone.
create index event_actor on event (tenant, actor) where actor is not null;

-- What leads share that may be the same person. Leads from before have none until they change.
alter table lead add column likeness text;
create index lead_likeness on lead (tenant, likeness, id) where deleted_at is null and likeness is not null;
