-- The latest facts of a kind, however rare it is. What every capture writes is found by walking the log.
create index event_kind on event (tenant, kind) where kind <> 'lead.captured';
