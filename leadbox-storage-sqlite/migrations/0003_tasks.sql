-- What people do and note about leads. What is deleted is gone, with all that it said.
create table task (
    no integer primary key,
    tenant integer not null,
    id blob not null check (length(id) = 16),
    lead_no integer not null,
    revision integer not null,
    title text not null,
    details text not null,
    -- The largest number when there is no date, so that it sorts last.
    due_at integer not null,
    remind_at integer,
    assignee blob,
    made_at integer not null,
    made_by text not null,
    done_at integer,
    done_by text
) strict;

create unique index task_id on task (tenant, id);
create index task_lead on task (lead_no, due_at, id);
create index task_open on task (tenant, due_at, id, assignee, lead_no) where done_at is null;
create index task_open_assignee on task (tenant, assignee, due_at, id, lead_no) where done_at is null;
create index task_done on task (tenant, due_at, id, assignee, lead_no) where done_at is not null;
create index task_done_assignee on task (tenant, assignee, due_at, id, lead_no) where done_at is not null;

create table note (
    no integer primary key,
    tenant integer not null,
    id blob not null check (length(id) = 16),
    lead_no integer not null,
    revision integer not null,
    text text not null,
    made_at integer not null,
    made_by text not null,
    edited_at integer
) strict;

create unique index note_id on note (tenant, id);
create index note_made on note (lead_no, made_at, id);
