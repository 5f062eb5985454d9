-- What an import or a bulk action did is found again, to be undone.
create index event_actor on event (tenant, actor, position) where actor is not null;
