-- On whose word an interaction is suspect or clear, and why it is suspect.
alter table interaction add column decided integer not null default 0;
alter table interaction add column reason text;
