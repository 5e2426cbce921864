-- What was spent, read from the ledger. Totals sum prices; what the stand-ins did is priced like the real thing and marked.

create or replace function cost_session(p_session uuid)
returns table (agent text, model text, micros bigint, duration_ms bigint, calls bigint, total bigint, seq bigint)
language plpgsql stable security definer
set search_path = framewright, pg_temp
as $$
begin
	perform project_need(p_session, 'viewer');
	-- The first row is the session's total alone, so that a session without costs has an answer too.
	return query
	select null::text, null::text, 0::bigint, 0::bigint, 0::bigint, p.total_micros, p.event_seq
	from project p
	where p.id = p_session
	union all (
		select l.agent, l.model, sum(l.price_micros)::bigint, sum(l.duration_ms)::bigint, count(*), 0::bigint, 0::bigint
		from ledger l
		where l.project_id = p_session
		group by l.agent, l.model
		order by min(l.id)
	);
end
$$;
comment on function cost_session is 'The total and one row per agent and model, in order of first use. [roles: ac]';

-- Rows of deleted projects are hidden; the ledger keeps them.
create or replace function cost_rows(p_from timestamptz, p_to timestamptz, p_area text)
returns setof ledger
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select l.*
	from ledger l
	left join project p on p.id = l.project_id
	where l.user_id = caller()
	  and (p.id is null or p.deleted_at is null)
	  and (p_from is null or l.created_at >= p_from)
	  and (p_to is null or l.created_at < p_to)
	  and (p_area is null or p.kind = p_area)
$$;
comment on function cost_rows is 'The caller''s ledger rows that are not hidden.';

create or replace function cost_summary(p_from timestamptz, p_to timestamptz, p_area text, p_group text)
returns table (list text, key text, micros bigint, charged bigint, calls bigint)
language plpgsql stable security definer
set search_path = framewright, pg_temp
as $$
declare
	v_user int := caller_need();
	v_kind text;
begin
	if p_area is not null then
		v_kind := case p_area when 'ads' then 'ad' when 'talks' then 'talk' when 'films' then 'film' when 'scenes' then 'assembly' end;
		if v_kind is null then
			perform refuse(422, 'validation_error', 'The area is one of ads, talks, films, scenes', '/area');
		end if;
	end if;
	if p_group is not null and p_group not in ('agent', 'model', 'provider', 'day', 'project') then
		perform refuse(422, 'validation_error', 'Groups are agent, model, provider, day or project', '/group_by');
	end if;
	return query
	with rows as materialized (
		select * from cost_rows(p_from, p_to, v_kind)
	), wanted (list, pick) as (
		values ('total', null), ('agent', 'agent'), ('model', 'model'), ('group', p_group)
	), sums as (
		select w.list,
			case w.pick
				when 'agent' then r.agent
				when 'model' then r.model
				when 'provider' then r.provider
				when 'day' then to_char(r.created_at at time zone 'UTC', 'YYYY-MM-DD')
				when 'project' then r.project_id::text
			end as key,
			sum(r.price_micros)::bigint as micros, sum(r.charged_micros)::bigint as charged, count(*) as calls
		from rows r
		cross join wanted w
		where w.list = 'total' or w.pick is not null
		group by 1, 2
	)
	select s.list, s.key, s.micros, s.charged, s.calls
	from sums s
	union all
	select 'sessions', null, 0, 0, count(*)
	from project p
	where p.owner_id = v_user and p.deleted_at is null and p.kind = coalesce(v_kind, 'ad')
	  and (p_from is null or p.created_at >= p_from) and (p_to is null or p.created_at < p_to)
	union all
	select 'alert', p.id::text, p.total_micros, p.charged_micros, 0
	from project p
	where p.owner_id = v_user and p.deleted_at is null and p.alert_sent_at is not null
	  and (v_kind is null or p.kind = v_kind)
	order by 1, 3 desc, 2;
end
$$;
comment on function cost_summary is 'Rows of several lists at once: total, agent, model, group, sessions (their number) and alert. [roles: ac]';

create or replace function cost_prices()
returns table (model text, micros bigint, unit text)
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select p.model, p.micros, p.unit
	from price p
	order by p.model
$$;
comment on function cost_prices is 'The price table. [roles: ac]';
