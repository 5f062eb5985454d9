-- What people do and note about leads. What is deleted is gone, with all that it said.
create table task (
    tenant bigint not null,
    id uuid not null,
    lead uuid not null,
    revision bigint not null,
    title text not null,
    details text not null,
    due_at timestamptz,
    remind_at timestamptz,
    assignee uuid,
    made_at timestamptz not null,
    made_by json not null,
    done_at timestamptz,
    done_by json,
    constraint task_key primary key (tenant, id)
) with (fillfactor = 85);
-- Those without a date come last.
create index task_lead on task (tenant, lead, coalesce(due_at, 'infinity'), id);
create index task_open on task (tenant, coalesce(due_at, 'infinity'), id) include (assignee, lead)
    where done_at is null;
create index task_open_assignee on task (tenant, assignee, coalesce(due_at, 'infinity'), id) include (lead)
    where done_at is null;
create index task_done on task (tenant, coalesce(due_at, 'infinity'), id) include (assignee, lead)
    where done_at is not null;
create index task_done_assignee on task (tenant, assignee, coalesce(due_at, 'infinity'), id) include (lead)
    where done_at is not null;

create table note (
    tenant bigint not null,
    id uuid not null,
    lead uuid not null,
    revision bigint not null,
    text text not null,
    made_at timestamptz not null,
    made_by json not null,
    edited_at timestamptz,
    constraint note_key primary key (tenant, id)
) with (fillfactor = 85);
create index note_made on note (tenant, lead, made_at, id);
