-- What must never happen. The sweep looks every five minutes, writes an alarm for what it finds, and repairs the one thing that would let
-- work stand still for ever: a count of parents that is wrong.

create or replace function invariants()
returns table (name text, subject text, detail text)
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select 'running_without_lease', j.id::text, 'running since ' || j.started_at
	from job j left join job_lease l on l.job_id = j.id
	where j.state = 'running' and l.job_id is null
	union all
	select 'lease_without_job', l.job_id::text, 'expires ' || l.expires_at
	from job_lease l left join job j on j.id = l.job_id and j.lease = l.lease
	where j.id is null
	union all
	select 'pending_is_wrong', j.id::text, format('pending %s, open parents %s', j.pending, d.n)
	from job j
	cross join lateral (select count(*) as n from job_dep d join job p on p.id = d.parent where d.child = j.id and p.finished_at is null) d
	where j.state = 'blocked' and j.pending <> d.n
	union all
	select 'external_without_poll', j.id::text, 'no next poll'
	from job j where j.state = 'external' and j.next_poll_at is null
	union all
	select 'external_without_call', j.id::text, 'no live call'
	from job j
	where j.state = 'external' and not exists (select from provider_call c where c.job_id = j.id and c.state in ('accepted', 'uncertain'))
	union all
	select 'call_outlives_job', c.id::text, format('call %s of job %s, which is %s', c.state, c.job_id, j.state)
	from provider_call c join job j on j.id = c.job_id
	where c.state in ('intent', 'sending', 'accepted', 'uncertain') and j.finished_at is not null
	union all
	select 'late_lease', l.job_id::text, 'expired ' || l.expires_at
	from job_lease l where l.expires_at < clock_timestamp() - interval '5 minutes'
	union all
	select 'reserved_is_wrong', p.id::text, format('reserved %s, calls %s', p.reserved_micros, c.n)
	from project p
	cross join lateral (select coalesce(sum(c.reserved_micros), 0) as n from provider_call c
		where c.project_id = p.id and c.state in ('intent', 'sending', 'accepted', 'uncertain')) c
	where p.reserved_micros <> c.n
	union all
	select 'total_is_wrong', p.id::text, format('total %s, ledger %s', p.total_micros, g.n)
	from project p
	cross join lateral (select coalesce(sum(g.price_micros), 0) as n from ledger g where g.project_id = p.id) g
	where p.total_micros <> g.n
	union all
	select 'budget_is_wrong', b.id::text, format('reserved %s, calls %s', b.reserved_micros, c.n)
	from budget b
	cross join lateral (select coalesce(sum(c.reserved_micros), 0) as n from provider_call c
		where b.id = any(c.budgets) and c.state in ('intent', 'sending', 'accepted', 'uncertain')) c
	where b.reserved_micros <> c.n
	union all
	select 'over_the_limit', q.name, format('%s at work, %s allowed', j.n, q.max_inflight)
	from provider_limit q
	cross join lateral (select count(*) as n from job j
		where j.provider = q.name and (j.state in ('running', 'external') or j.parked)) j
	where j.n > q.max_inflight
$$;
comment on function invariants is 'Everything that must never happen and does. [roles: rc]';

-- Returns how many alarms stand.
create or replace function sweep_invariants() returns bigint
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_blocked bigint[];
	v_count bigint;
begin
	with found as (
		insert into alarm (name, subject, detail) select i.name, i.subject, left(i.detail, 500) from invariants() i
		on conflict (name, subject) do update set detail = excluded.detail, seen_at = clock_timestamp()
		returning name, subject
	)
	delete from alarm a where not exists (select from found f where f.name = a.name and f.subject = a.subject);
	-- Edges whose parents have ended are taken off again, under the locks that every end takes.
	select coalesce(array_agg(a.subject::bigint order by a.subject::bigint), '{}') into v_blocked from alarm a where a.name = 'pending_is_wrong';
	if cardinality(v_blocked) > 0 then
		perform from job j where j.id = any(v_blocked) order by j.id for no key update;
		update job_dep d set released = p.finished_at is not null
		from job p where p.id = d.parent and d.child = any(v_blocked) and d.released <> (p.finished_at is not null);
		update job j set pending = (select count(*) from job_dep d where d.child = j.id and not d.released)
		where j.id = any(v_blocked) and j.state = 'blocked' and exists (select from job_dep d where d.child = j.id and not d.released);
		update job j set pending = 0, state = 'waiting', run_at = coalesce(j.run_at, clock_timestamp())
		where j.id = any(v_blocked) and j.state = 'blocked' and not exists (select from job_dep d where d.child = j.id and not d.released);
	end if;
	select count(*) into v_count from alarm;
	return v_count;
end
$$;
