-- Webhooks out. Messages are rows that event_add() writes beside the event; a job of renderd takes what is due and tells how it went.
-- A crash between sending and telling makes one more attempt with the same message id, which the contract allows.

-- What an event is called outside; null: nothing that a program waits for (progress).
create or replace function webhook_type(p_payload jsonb) returns text
language sql immutable parallel safe
as $$
	select case
		when p_payload ->> 'type' like '%.progress' then null
		when p_payload ? 'type' then p_payload ->> 'type'
		when p_payload ? 'warning' then 'project.' || (p_payload ->> 'warning')
		when p_payload ->> 'stage' = 'complete' and p_payload ? 'gate' then (p_payload ->> 'gate') || '.ready'
		when p_payload ->> 'stage' in ('failed', 'cancelled') then 'project.' || (p_payload ->> 'stage')
	end
$$;

-- Called by event_add() with the event as clients see it. Repeated frames are told once: they say nothing new.
create or replace function webhook_enqueue(p_project uuid, p_owner int, p_seq bigint, p_payload jsonb) returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_type text := webhook_type(p_payload);
begin
	if v_type is null then
		return;
	end if;
	insert into webhook_delivery (endpoint_id, message_id, type, content)
	select e.id, 'evt_' || replace(p_project::text, '-', '') || '_' || p_seq, v_type,
		jsonb_build_object('type', v_type, 'timestamp', p_payload ->> 'timestamp', 'data', p_payload)::text
	from webhook_endpoint e
	where e.enabled and (e.project_id = p_project or (e.project_id is null and e.owner_id = p_owner))
		and (cardinality(e.types) = 0 or v_type = any(e.types));
end
$$;

create or replace function webhook_info(e webhook_endpoint)
returns table (id uuid, project_id uuid, url text, types text[], enabled boolean, disabled_reason text, created_at timestamptz)
language sql stable
set search_path = framewright, pg_temp
as $$
	select e.public_id, e.project_id, e.url, e.types, e.enabled, e.disabled_reason, e.created_at
$$;

-- The caller's endpoint; refuses for anybody else's.
create or replace function webhook_own(p_id uuid) returns webhook_endpoint
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_endpoint webhook_endpoint;
begin
	select * into v_endpoint from webhook_endpoint e where e.public_id = p_id and e.owner_id = caller_need() for no key update;
	if not found then
		perform refuse(404, 'not_found', 'There is no such webhook.');
	end if;
	return v_endpoint;
end
$$;

-- The same, for what is to be sent to it; refuses also when it is switched off.
create or replace function webhook_own_enabled(p_id uuid) returns webhook_endpoint
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_endpoint webhook_endpoint := webhook_own(p_id);
begin
	if not v_endpoint.enabled then
		perform refuse(409, 'webhook_disabled', 'The webhook is switched off.', '', 'switch it on first');
	end if;
	return v_endpoint;
end
$$;

create or replace function webhook_create(p_url text, p_project uuid, p_types text[], p_secret bytea)
returns table (id uuid, project_id uuid, url text, types text[], enabled boolean, disabled_reason text, created_at timestamptz)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_owner int := caller_need();
	v_endpoint webhook_endpoint;
begin
	if p_project is not null and project_role(p_project, v_owner) is null then
		perform refuse(404, 'not_found', 'There is no such project.', '/project_id');
	end if;
	if p_project is not null and project_role(p_project, v_owner) <> 'owner' then
		perform refuse(403, 'forbidden', 'Only the owner of a project sends its events elsewhere.', '/project_id');
	end if;
	if (select count(*) from webhook_endpoint e where e.owner_id = v_owner) >= 20 then
		perform refuse(409, 'too_many_webhooks', 'There are 20 webhooks already.', '', 'delete one first');
	end if;
	insert into webhook_endpoint (owner_id, project_id, url, types, secret)
	values (v_owner, p_project, p_url, p_types, p_secret) returning * into v_endpoint;
	return query select * from webhook_info(v_endpoint);
end
$$;
comment on function webhook_create is 'A new endpoint of the caller. [roles: a]';

create or replace function webhook_list()
returns table (id uuid, project_id uuid, url text, types text[], enabled boolean, disabled_reason text, created_at timestamptz)
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select i.* from webhook_endpoint e cross join lateral webhook_info(e) i where e.owner_id = caller() order by e.id desc
$$;
comment on function webhook_list is 'The caller''s endpoints, newest first. [roles: a]';

create or replace function webhook_delete(p_id uuid) returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_endpoint webhook_endpoint := webhook_own(p_id);
begin
	delete from webhook_endpoint where id = v_endpoint.id;
end
$$;
comment on function webhook_delete is 'Ends an endpoint of the caller and forgets its log. [roles: a]';

-- A new key; the one before signs as well for a day.
create or replace function webhook_rotate(p_id uuid, p_secret bytea)
returns table (id uuid, project_id uuid, url text, types text[], enabled boolean, disabled_reason text, created_at timestamptz)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_endpoint webhook_endpoint := webhook_own(p_id);
begin
	update webhook_endpoint e
	set old_secret = e.secret, old_until = now() + interval '24 hours', secret = p_secret, updated_at = now()
	where e.id = v_endpoint.id returning * into v_endpoint;
	return query select * from webhook_info(v_endpoint);
end
$$;
comment on function webhook_rotate is 'A new signing key of an endpoint of the caller. [roles: a]';

-- Switches an endpoint off; what waits for it is given up.
create or replace function webhook_disable(p_endpoint bigint, p_reason text) returns void
language sql security definer
set search_path = framewright, pg_temp
as $$
	update webhook_endpoint set enabled = false, disabled_reason = p_reason, updated_at = now() where id = p_endpoint and enabled;
	update webhook_delivery
	set state = 'failed', error = 'the webhook was switched off', ended_at = clock_timestamp()
	where endpoint_id = p_endpoint and state = 'waiting'
$$;

-- Switched on, it hears of what happens from now on.
create or replace function webhook_enable(p_id uuid, p_enabled boolean)
returns table (id uuid, project_id uuid, url text, types text[], enabled boolean, disabled_reason text, created_at timestamptz)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_endpoint webhook_endpoint := webhook_own(p_id);
begin
	if p_enabled then
		update webhook_endpoint e
		set enabled = true, disabled_reason = null, blocked_until = null, updated_at = now()
		where e.id = v_endpoint.id;
	else
		perform webhook_disable(v_endpoint.id, 'owner');
	end if;
	select * into v_endpoint from webhook_endpoint e where e.id = v_endpoint.id;
	return query select * from webhook_info(v_endpoint);
end
$$;
comment on function webhook_enable is 'Switches an endpoint of the caller on or off. [roles: a]';

create or replace function webhook_deliveries(p_id uuid, p_before bigint, p_limit int)
returns table (id bigint, message_id text, type text, state text, attempt int, status int, error text, replay_of bigint,
	next_at timestamptz, created_at timestamptz, ended_at timestamptz)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_endpoint webhook_endpoint := webhook_own(p_id);
begin
	return query
	select d.id, d.message_id, d.type, d.state, d.attempt, d.status, d.error, d.replay_of,
		case when d.state = 'waiting' then d.next_at end, d.created_at, d.ended_at
	from webhook_delivery d
	where d.endpoint_id = v_endpoint.id and (p_before is null or d.id < p_before)
	order by d.id desc
	limit p_limit;
end
$$;
comment on function webhook_deliveries is 'The log of an endpoint of the caller, newest first. [roles: a]';

-- The same message once more, whatever became of it; as a row of its own, so that the log stays true.
create or replace function webhook_replay(p_id uuid, p_delivery bigint) returns bigint
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_endpoint webhook_endpoint := webhook_own_enabled(p_id);
	v_id bigint;
begin
	insert into webhook_delivery (endpoint_id, message_id, type, content, replay_of)
	select d.endpoint_id, d.message_id, d.type, d.content, d.id
	from webhook_delivery d
	where d.endpoint_id = v_endpoint.id and d.id = p_delivery
	returning webhook_delivery.id into v_id;
	if v_id is null then
		perform refuse(404, 'not_found', 'There is no such delivery.');
	end if;
	return v_id;
end
$$;
comment on function webhook_replay is 'Sends a message of the caller''s log again. [roles: a]';

-- A message that says nothing, to try the way.
create or replace function webhook_ping(p_id uuid) returns bigint
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_endpoint webhook_endpoint := webhook_own_enabled(p_id);
	v_id bigint;
begin
	insert into webhook_delivery (endpoint_id, message_id, type, content)
	values (v_endpoint.id, 'evt_' || replace(gen_random_uuid()::text, '-', ''), 'webhook.ping',
		jsonb_build_object('type', 'webhook.ping', 'timestamp', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
			'data', '{}'::jsonb)::text)
	returning webhook_delivery.id into v_id;
	return v_id;
end
$$;
comment on function webhook_ping is 'Sends a trial message to an endpoint of the caller. [roles: a]';

-- Sending ------------------------------------------------------------------------------------------------------------------------------

-- Part of tick(): a job for each endpoint that has something due and none that sends to it yet, so that an address that answers slowly
-- delays its own messages only. At most two at a time for each owner, the longest wait first; the queue's own limit holds for all.
create or replace function webhook_wake() returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_endpoint bigint;
begin
	if not exists (select from webhook_delivery where state = 'waiting' and next_at <= clock_timestamp())
		or not pg_try_advisory_xact_lock(hashtext('framewright.webhooks'))
	then
		return;
	end if;
	for v_endpoint in
		with due as (
			select d.endpoint_id, min(d.next_at) as since
			from webhook_delivery d
			where d.state = 'waiting' and d.next_at <= clock_timestamp()
			group by d.endpoint_id
		), sending as (
			select e.owner_id, count(*) as n
			from webhook_endpoint e join job j on j.id = e.job_id
			where e.job_id is not null and j.finished_at is null
			group by e.owner_id
		), placed as (
			select e.id, d.since, coalesce(s.n, 0) + row_number() over (partition by e.owner_id order by d.since, e.id) as place
			from due d
			join webhook_endpoint e on e.id = d.endpoint_id
			left join sending s on s.owner_id = e.owner_id
			where e.enabled and coalesce(e.blocked_until <= clock_timestamp(), true)
				and not exists (select from job j where j.id = e.job_id and j.finished_at is null)
		)
		select id from placed where place <= 2 order by since, id limit 100
	loop
		update webhook_endpoint
		set job_id = job_add('webhook.send', null, null, jsonb_build_object('endpoint', v_endpoint), p_provider => 'webhook')
		where id = v_endpoint;
	end loop;
end
$$;

-- Takes what is due for an endpoint, the oldest first; what is not told of within two minutes is due again.
create or replace function webhook_claim(p_endpoint bigint, p_max int)
returns table (id bigint, created_at timestamptz, message_id text, url text, content text, secret bytea, old_secret bytea, attempt int)
language sql security definer
set search_path = framewright, pg_temp
as $$
	with taken as (
		update webhook_delivery d
		set attempt = d.attempt + 1, next_at = clock_timestamp() + interval '2 minutes'
		from webhook_endpoint e
		where e.id = p_endpoint and e.enabled and coalesce(e.blocked_until <= clock_timestamp(), true) and e.id = d.endpoint_id
			and (d.id, d.created_at) in (
				select w.id, w.created_at from webhook_delivery w
				where w.endpoint_id = p_endpoint and w.state = 'waiting' and w.next_at <= clock_timestamp()
				order by w.next_at, w.id limit p_max for update skip locked)
		returning d.id, d.created_at, d.message_id, e.url, d.content, e.secret, case when e.old_until > now() then e.old_secret end, d.attempt)
	select * from taken order by 1
$$;
comment on function webhook_claim is 'Messages to be sent now. [roles: r]';

-- How long after attempt n the next one comes: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, give or take a tenth; then none.
create or replace function webhook_pause(p_attempt int) returns interval
language sql volatile
as $$
	select (array[5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400])[p_attempt] * (0.9 + 0.2 * random()) * interval '1 second'
$$;

-- How an attempt went. p_status null: no answer. The state afterwards. An answer that asks for a pause holds the whole endpoint back; one
-- that says it is gone, or a message that failed for good while no other got through, switches it off.
create or replace function webhook_result(p_id bigint, p_created_at timestamptz, p_attempt int, p_status int, p_error text,
	p_retry_after_s int) returns text
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_pause interval := webhook_pause(p_attempt);
	v_asked interval := least(greatest(p_retry_after_s, 0), 86400) * interval '1 second';
	v_state text := case when p_status between 200 and 299 then 'sent' when p_status = 410 or v_pause is null then 'failed' else 'waiting' end;
	v_delivery webhook_delivery;
begin
	-- The endpoint first, as its owner's functions do.
	perform from webhook_endpoint e join webhook_delivery d on d.endpoint_id = e.id
	where d.id = p_id and d.created_at = p_created_at for no key update of e;
	update webhook_delivery d
	set state = v_state, status = p_status, error = left(p_error, 500),
		next_at = case when v_state = 'waiting' then clock_timestamp() + greatest(v_pause, v_asked) else d.next_at end,
		ended_at = case when v_state <> 'waiting' then clock_timestamp() end
	where d.id = p_id and d.created_at = p_created_at and d.attempt = p_attempt and d.state = 'waiting'
	returning * into v_delivery;
	if v_delivery.id is null then
		return 'stale';
	end if;
	if p_status in (429, 502, 503, 504) then
		update webhook_endpoint set blocked_until = clock_timestamp() + greatest(v_asked, interval '5 seconds') where id = v_delivery.endpoint_id;
	end if;
	if p_status = 410 then
		perform webhook_disable(v_delivery.endpoint_id, 'gone');
	elsif v_state = 'failed' and not exists (select from webhook_delivery d
		where d.endpoint_id = v_delivery.endpoint_id and d.state = 'sent' and d.ended_at > v_delivery.created_at)
	then
		perform webhook_disable(v_delivery.endpoint_id, 'unreachable');
	end if;
	return v_state;
end
$$;
comment on function webhook_result is 'Notes how an attempt at a message went. [roles: r]';
