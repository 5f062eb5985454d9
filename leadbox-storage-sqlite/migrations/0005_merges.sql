-- Leads that were merged into others. Their keys lead to the lead that is left.
alter table lead add column merged_into blob;
create index lead_merged on lead (tenant, merged_into, id) where merged_into is not null;
create index lead_merged_email on lead (tenant, email_key) where merged_into is not null and email_key is not null;
create index lead_merged_phone on lead (tenant, phone_key) where merged_into is not null and phone_key is not null;
create index lead_merged_external_id on lead (tenant, external_id)
    where merged_into is not null and external_id is not null;

-- For which lead a record was made, when another has it now.
alter table interaction add column origin_no integer;
alter table stay add column origin_no integer;
alter table task add column origin_no integer;
alter table note add column origin_no integer;

-- A sender's key is unique for the lead that the interaction was made for.
drop index interaction_key;
create unique index interaction_key on interaction (lead_no, key) where key is not null and origin_no is null;
create index interaction_moved_key on interaction (lead_no, key) where key is not null and origin_no is not null;
