-- The operator's counters, and the caller by its token.

-- As setting the caller, but only while the token is good: the same statement that says who asks finds out that the user has ended its
-- tokens or is disabled, so no request pays a round trip for that.
create or replace function caller_set(p_user int, p_epoch int) returns void
language plpgsql security definer
as $$
declare
	v_set text;
begin
	if not exists (select from framewright.users u where u.id = p_user and u.token_epoch = p_epoch and u.disabled_at is null) then
		perform framewright.refuse(401, 'unauthorized', 'The access token was ended');
	end if;
	-- An assignment is a plain expression; perform would plan and run a statement.
	v_set := set_config('framewright.user_id', p_user::text, true);
end
$$;
comment on function caller_set is 'Makes the bearer of a token the caller; refuses with 401 when its epoch is over. [roles: a]';

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
	where l.step = 'provider'
	group by l.name
	order by l.name
$$;
comment on function stats_queues is 'Providers and the work that waits for them, for /health. [roles: ac]';
