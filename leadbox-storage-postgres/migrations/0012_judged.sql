-- On whose word an interaction is suspect or clear, and why it is suspect.
alter table interaction
    add column decided boolean not null default false,
    add column reason text;
