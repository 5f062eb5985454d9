-- Deleted leads have no facets any more.
delete from lead_facet
where no in (
    select no
    from lead
    where deleted_at is not null
);
