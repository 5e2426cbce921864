-- Providers as queues: the breaker, switches and limits of the operator, the keys they sign their webhooks with.

-- How a call to a provider went, apart from what it answered. Five failures in a row open the breaker for half a minute, then one job at a
-- time may try; each failed try doubles the pause, up to ten minutes. Nothing that runs is touched.
create or replace function provider_went(p_provider text, p_ok boolean) returns boolean
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_open boolean := false;
begin
	perform set_config('synchronous_commit', 'off', true);
	if p_ok then
		update provider_limit set failures = 0, open_until = null, probe_job = null
		where name = p_provider and (failures > 0 or open_until is not null);
		return false;
	end if;
	update provider_limit q
	set failures = q.failures + 1, probe_job = null,
		open_until = case when q.failures + 1 >= 5
			then clock_timestamp() + least(600, 30 * 2 ^ least(q.failures + 1 - 5, 10)) * interval '1 second' else q.open_until end
	where q.name = p_provider
	returning q.open_until is not null into v_open;
	return coalesce(v_open, false);
end
$$;
comment on function provider_went is 'Keeps the breaker of a provider; whether it is open now. [roles: r]';

-- Switches a provider's queue or a kind of job off or on; false when neither has that name.
create or replace function provider_pause(p_name text, p_paused boolean) returns boolean
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
begin
	update provider_limit set paused = p_paused,
		open_until = case when p_paused then open_until end, failures = case when p_paused then failures else 0 end
	where name = p_name;
	if found then
		return true;
	end if;
	update job_kind set paused = p_paused where name = p_name;
	return found;
end
$$;
comment on function provider_pause is 'Stops or allows new starts of a queue or a kind. [roles: c]';

-- The limits that are given; null leaves one as it is, 0 takes it away.
create or replace function provider_limits_set(p_name text, p_inflight int, p_rate double precision, p_per_owner int, p_cost_per_minute bigint)
returns boolean
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
begin
	update provider_limit
	set max_inflight = case when p_inflight is null then max_inflight else nullif(p_inflight, 0) end,
		rate = case when p_rate is null then rate else nullif(p_rate, 0) end,
		max_per_owner = case when p_per_owner is null then max_per_owner else nullif(p_per_owner, 0) end,
		cost_per_minute = case when p_cost_per_minute is null then cost_per_minute else nullif(p_cost_per_minute, 0) end,
		cost_left = coalesce(p_cost_per_minute, cost_left), cost_at = clock_timestamp()
	where name = p_name;
	return found;
end
$$;
comment on function provider_limits_set is 'Changes limits of a queue. [roles: c]';

-- The budget for calls that are sent again in doubt.
create or replace function provider_resubmit_budget(p_micros bigint) returns void
language sql security definer
set search_path = framewright, pg_temp
as $$
	insert into budget (scope, scope_id, limit_micros) values ('resubmit', '', p_micros)
	on conflict (scope, scope_id) do update set limit_micros = excluded.limit_micros
$$;
comment on function provider_resubmit_budget is 'Sets the budget for sending again in doubt. [roles: c]';

create or replace function provider_queues()
returns table (name text, step text, state text, queued bigint, inflight bigint, max_inflight int, rate double precision, max_per_owner int,
	cost_per_minute bigint, uncertain bigint, until timestamptz, note text)
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select q.name, q.step,
		case when q.paused then 'paused' when q.open_until > now() then 'open' when q.open_until is not null then 'half_open'
			when q.blocked_until > now() then 'blocked' else 'running' end,
		(select count(*) from job j where j.provider = q.name and j.state = 'ready' and not j.parked),
		(select count(*) from job j where j.provider = q.name and (j.state in ('running', 'external') or j.parked)),
		q.max_inflight, q.rate, q.max_per_owner, q.cost_per_minute,
		(select count(*) from provider_call c where c.provider = q.name and c.state = 'uncertain'),
		nullif(greatest(case when q.open_until > now() then q.open_until end, case when q.blocked_until > now() then q.blocked_until end), null),
		q.note
	from provider_limit q
	union all
	select k.name, 'kind', 'paused', (select count(*) from job j where j.kind = k.name and j.state = 'ready' and not j.parked),
		0, null, null, null, null, 0, null, k.note
	from job_kind k where k.paused
	order by 1
$$;
comment on function provider_queues is 'All queues with their state, and the kinds that are switched off. [roles: ac]';

-- Keys ---------------------------------------------------------------------------------------------------------------------------------

-- What the provider lists now; keys that are not in it any more stay for a day, so that what is under way can still be checked.
create or replace function provider_keys_put(p_provider text, p_keys text[]) returns void
language sql security definer
set search_path = framewright, pg_temp
as $$
	delete from provider_key where provider = p_provider and fetched_at < now() - interval '2 days';
	insert into provider_key (provider, key) select distinct p_provider, decode(k, 'hex') from unnest(p_keys) k
	on conflict (provider, key) do update set fetched_at = now()
$$;
comment on function provider_keys_put is 'Keeps the keys a provider signs with. [roles: r]';

create or replace function provider_keys(p_provider text) returns text[]
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select coalesce(array_agg(encode(key, 'hex') order by fetched_at desc), '{}')
	from provider_key where provider = p_provider and fetched_at > now() - interval '2 days'
$$;
comment on function provider_keys is 'The keys a provider''s webhooks may be signed with. [roles: ar]';

-- A signature that no key explains: the list is fetched again soon, at most every five minutes.
create or replace function provider_keys_want() returns boolean
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
begin
	update sweep set due_at = now() where name = 'provider_keys' and (last_at is null or last_at < now() - interval '5 minutes');
	return found;
end
$$;
comment on function provider_keys_want is 'Asks for a fresh list of keys. [roles: a]';

create or replace function sweep_provider_keys() returns bigint
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
begin
	if exists (select from job where kind = 'provider.keys' and finished_at is null and owner_id is null) then
		return 0;
	end if;
	perform job_add('provider.keys', null, null);
	return 1;
end
$$;
