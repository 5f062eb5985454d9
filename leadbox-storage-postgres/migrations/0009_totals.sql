-- Counts of all owners together: who sees everybody's leads sums up a year of them. Folded with those of each owner.
create table rollup_total (
    tenant bigint not null,
    day date not null,
    source text collate "C" not null,
    stage uuid not null,
    n bigint not null,
    constraint rollup_total_key primary key (tenant, day, source, stage)
) with (fillfactor = 70);

insert into rollup_total (tenant, day, source, stage, n)
select tenant, day, source, stage, sum(n)
from rollup_lead
group by tenant, day, source, stage;
