-- A job's price beside the job: a look at a job, the most frequent call of all, then needs no sum over the ledger.

alter table job add price_micros bigint not null default 0;
comment on column job.price_micros is 'Sum of the ledger''s price for this job; kept by ledger_write().';
update job j
set price_micros = l.sum
from (select job_id, sum(price_micros) as sum from ledger group by job_id) l
where l.job_id = j.id and l.sum <> 0;
