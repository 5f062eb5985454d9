-- Leads that were merged into others. Their keys lead to the lead that is left.
alter table lead add column merged_into uuid;
create index lead_merged on lead (tenant, merged_into, id) where merged_into is not null;
create index lead_merged_email on lead (tenant, email_key) where merged_into is not null and email_key is not null;
create index lead_merged_phone on lead (tenant, phone_key) where merged_into is not null and phone_key is not null;
create index lead_merged_external_id on lead (tenant, external_id)
    where merged_into is not null and external_id is not null;

-- For which lead a record was made, when another has it now.
alter table interaction add column origin uuid;
alter table stay add column origin uuid;
alter table task add column origin uuid;
alter table note add column origin uuid;

-- A sender's key is unique for the lead that the interaction was made for.
drop index interaction_sender_key;
create unique index interaction_sender_key on interaction (tenant, lead, key)
    where key is not null and origin is null;
create index interaction_moved_key on interaction (tenant, lead, key) where key is not null and origin is not null;
