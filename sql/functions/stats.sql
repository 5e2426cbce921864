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
