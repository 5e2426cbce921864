-- What operating a busy installation needs: how long work has been waiting, what a day cost, and dead rows cleared away in time.

alter table job add column ready_at timestamptz not null default now();
comment on column job.ready_at is 'When it became ready the last time.';
create index ledger_day on ledger using brin (created_at) with (pages_per_range = 16);
comment on index ledger_day is 'What was spent today; rows are only ever added, so their times ascend.';

-- Rows that change every few seconds: few rows, many versions. The usual fifth of a table would be far too late for the queue, whose
-- indexes are read by every claim, and far too rare for tables of a few rows.
alter table job set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500, autovacuum_analyze_scale_factor = 0.05,
	autovacuum_vacuum_cost_delay = 0);
alter table job_dep set (autovacuum_vacuum_scale_factor = 0.05);
alter table job_lease set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_cost_delay = 0);
alter table worker set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_cost_delay = 0);
alter table provider_limit set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_cost_delay = 0);
alter table sweep set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_cost_delay = 0);
alter table budget set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_cost_delay = 0);
alter table rate_bucket set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);
alter table idempotency set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);
alter table project set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);
alter table ad_session set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);
alter table provider_call set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);
alter table webhook_endpoint set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
alter table webhook_delivery_rest set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);
