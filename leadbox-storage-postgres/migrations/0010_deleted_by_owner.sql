-- Deleted leads by owner: whoever sees the facts of its leads also sees those of leads that it deleted.
create index lead_deleted_owner on lead (tenant, owner, id) where deleted_at is not null;
