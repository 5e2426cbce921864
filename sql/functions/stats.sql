-- The operator's counters.

create or replace function stats_jobs()
returns table (state text, count bigint)
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select j.state, count(*)
	from job j
	group by j.state
	order by j.state
$$;
comment on function stats_jobs is 'Jobs by state, for /metrics. [roles: ac]';

create or replace function stats_providers()
returns table (provider text, calls bigint, failed bigint, price_micros bigint, charged_micros bigint)
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select l.provider, count(*), count(*) filter (where not l.success), coalesce(sum(l.price_micros), 0)::bigint,
		coalesce(sum(l.charged_micros), 0)::bigint
	from ledger l
	group by l.provider
	order by l.provider
$$;
comment on function stats_providers is 'Provider calls and what they cost, for /metrics. [roles: ac]';

create or replace function stats_queues()
returns table (name text, queued bigint, processing bigint, paused boolean, blocked_until timestamptz)
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select l.name, count(j.id) filter (where j.state in ('ready', 'waiting')),
		count(j.id) filter (where j.state in ('running', 'external')), l.paused,
		case when l.blocked_until > now() then l.blocked_until end
	from provider_limit l
	left join job j on j.provider = l.name and j.finished_at is null
	where l.step = 'provider' and l.name <> 'webhook'
	group by l.name
	order by l.name
$$;
comment on function stats_queues is 'Providers and the work that waits for them, for /health. [roles: ac]';

create or replace function stats_work()
returns table (kind text, state text, count bigint)
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select j.kind, case when j.parked then 'external' else j.state end, count(*)
	from job j
	where j.finished_at is null
	group by 1, 2
	order by 1, 2
$$;
comment on function stats_work is 'Open jobs by kind and state; what a provider works on is external all the while. [roles: ac]';

create or replace function stats_now(out ret_oldest_ready_s double precision, out ret_price_today bigint, out ret_charged_today bigint,
	out ret_reserved bigint, out ret_attention bigint, out ret_alarms bigint, out ret_messages bigint)
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select
		(select coalesce(greatest(extract(epoch from clock_timestamp() - min(j.ready_at)), 0), 0) from job j where j.state = 'ready'),
		coalesce(l.price, 0)::bigint, coalesce(l.charged, 0)::bigint,
		(select coalesce(sum(c.reserved_micros), 0)::bigint from provider_call c
			where c.state in ('intent', 'sending', 'accepted', 'uncertain')),
		(select count(*) from job j where j.state = 'uncertain'),
		(select count(*) from alarm),
		(select count(*) from webhook_delivery d where d.state = 'waiting')
	from (select sum(price_micros) as price, sum(charged_micros) as charged from ledger
		where created_at >= date_trunc('day', now() at time zone 'UTC') at time zone 'UTC') l
$$;
comment on function stats_now is 'The longest wait, what today (UTC) cost, what is reserved, what needs somebody, messages to be sent. [roles: ac]';

create or replace function stats_workers()
returns table (id bigint, host text, program text, version text, draining boolean, silent_s double precision, busy bigint, media bigint)
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select w.id, w.host, w.program, w.version, w.draining, greatest(extract(epoch from clock_timestamp() - w.seen_at), 0), count(l.job_id),
		count(l.job_id) filter (where k.step in ('media', 'idle'))
	from worker w
	left join job_lease l on l.worker_id = w.id
	left join job j on j.id = l.job_id
	left join job_kind k on k.name = j.kind
	where w.stopped_at is null and w.seen_at > now() - interval '1 minute'
	group by w.id
	order by w.program desc, w.id
$$;
comment on function stats_workers is 'Daemons that were seen in the last minute and the slots they use. [roles: c]';

create or replace function stats_running(p_limit int)
returns table (id uuid, kind text, provider text, state text, phase text, progress double precision, running_s double precision, worker_id bigint)
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select j.public_id, j.kind, j.provider, case when l.job_id is null then 'external' else j.state end, coalesce(l.phase, j.phase),
		coalesce(l.progress, j.progress, 0)::double precision,
		greatest(extract(epoch from clock_timestamp() - coalesce(j.started_at, j.created_at)), 0), l.worker_id
	from job j
	left join job_lease l on l.job_id = j.id
	where j.state in ('running', 'external') or j.parked
	order by l.job_id is null, j.started_at, j.id
	limit p_limit
$$;
comment on function stats_running is 'What is being worked on, the longest first; slots before providers. [roles: c]';
