-- Deleted leads have no facets any more.
delete from lead_facet
using lead
where lead.tenant = lead_facet.tenant
  and lead.id = lead_facet.lead
  and lead.deleted_at is not null;
