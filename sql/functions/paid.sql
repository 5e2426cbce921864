-- Paid calls, budgets and the ledger. All money moves here, in micro-dollars; a call's reservation is taken when its intent is written and
-- given back in the statement that writes its ledger row.
--
-- Lock order: lease, job, project, budgets by id.

-- The budgets a call of this project, user and job counts against, beside the project's own limit.
create or replace function budget_ids(p_project uuid, p_user int, p_job bigint) returns bigint[]
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select coalesce(array_agg(b.id order by b.id), '{}')
	from budget b
	where (b.scope, b.scope_id) in (('installation', ''), ('user', coalesce(p_user::text, '-')), ('project', coalesce(p_project::text, '-')),
		('job', coalesce(p_job::text, '-')))
$$;

-- What a project may cost in all.
create or replace function project_limit(p_own bigint) returns bigint
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select coalesce(p_own, setting_micros('cost_limit_micros', 200000000))
$$;

-- Refuses with 402 when the known total, the estimates of what runs and p_estimate together pass a limit (or when the limit is reached
-- already). For start calls and dry runs; locks nothing.
create or replace function cost_check(p_project uuid, p_user int, p_estimate bigint) returns void
language plpgsql stable security definer
set search_path = framewright, pg_temp
as $$
declare
	v_left bigint;
begin
	select project_limit(limit_micros) - total_micros - reserved_micros into v_left from project where id = p_project;
	select least(v_left, min(limit_micros - spent_micros - reserved_micros)) into v_left
	from budget where id = any(budget_ids(p_project, p_user, null));
	if v_left <= 0 or v_left < p_estimate then
		perform refuse(402, 'cost_limit_exceeded', 'The cost limit of this session is reached; nothing more is started.');
	end if;
end
$$;

-- The price of a model, or of an agent that has no model of its own.
create or replace function price_of(p_model text, p_agent text) returns bigint
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select coalesce((select micros from price where model = p_model), (select micros from price where model = p_agent))
$$;

-- One ledger row and all totals it belongs to, the job's first (lock order). p_reserved is given back to the project and to p_budgets (which are locked by now or are
-- locked here, in order). Gives the cost alert once, when the project passes the threshold.
create or replace function ledger_write(p_project uuid, p_user int, p_job bigint, p_call bigint, p_agent text, p_provider text, p_model text,
	p_price bigint, p_simulated boolean, p_duration_ms bigint, p_error text, p_reserved bigint, p_budgets bigint[])
returns bigint
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_id bigint;
	v_charged bigint := case when p_simulated then 0 else p_price end;
	v_project project;
begin
	update job set price_micros = price_micros + p_price where id = p_job and p_price <> 0;
	update project
	set total_micros = total_micros + p_price, charged_micros = charged_micros + v_charged, reserved_micros = reserved_micros - p_reserved
	where id = p_project
	returning * into v_project;
	with locked as (
		select id from budget where id = any(p_budgets) order by id for no key update
	)
	update budget b
	set spent_micros = spent_micros + p_price, reserved_micros = reserved_micros - p_reserved
	from locked l where b.id = l.id;
	insert into ledger (project_id, user_id, job_id, provider_call_id, agent, provider, model, price_micros, charged_micros, simulated,
		duration_ms, success, error)
	values (p_project, p_user, p_job, p_call, p_agent, p_provider, p_model, p_price, v_charged, p_simulated,
		greatest(coalesce(p_duration_ms, 0), 0), p_error is null, left(p_error, 500))
	returning id into v_id;
	if v_project.alert_sent_at is null and v_project.total_micros >= setting_micros('cost_alert_micros', 10000000) then
		perform cost_alert(v_project);
	end if;
	return v_id;
end
$$;

-- A cost without an outside call (composition): the row and the totals, nothing reserved before. For on_finish functions and lib/db.
create or replace function ledger_add(p_project uuid, p_user int, p_job bigint, p_agent text, p_provider text, p_model text, p_price bigint,
	p_simulated boolean default false, p_duration_ms bigint default 0, p_error text default null)
returns bigint
language sql security definer
set search_path = framewright, pg_temp
as $$
	select ledger_write(p_project, p_user, p_job, null, p_agent, p_provider, p_model, p_price, p_simulated, p_duration_ms, p_error, 0,
		budget_ids(p_project, p_user, p_job))
$$;

-- One event, one warning in the session and a mark in the project, once.
create or replace function cost_alert(p_project project) returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_text text := format('This session has cost $%s so far.', round(p_project.total_micros / 1000000.0, 2));
	v_frame jsonb;
begin
	update project set alert_sent_at = clock_timestamp() where id = p_project.id;
	update ad_session
	set warnings = warnings || jsonb_build_object('code', 'cost_alert', 'message', v_text)
	where project_id = p_project.id
	returning coalesce(last_progress, jsonb_build_object('stage', stage, 'progress', 0)) into v_frame;
	perform event_add(p_project.id, coalesce(v_frame, '{}') - 'data' - 'gate' - 'error' || jsonb_build_object('warning', 'cost_alert',
		'message', v_text, 'current_cost', trim_scale(p_project.total_micros / 1000000.0)));
end
$$;

-- Takes p_estimate out of the minute's money of a queue; seconds to wait when it does not fit now, else 0. What costs more than a whole
-- minute may goes when the minute is untouched.
create or replace function provider_cost_take(p_provider text, p_estimate bigint) returns int
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_limit provider_limit;
	v_left bigint;
begin
	if not exists (select from provider_limit where name = p_provider and cost_per_minute is not null) then
		return 0;
	end if;
	select * into v_limit from provider_limit where name = p_provider for no key update;
	v_left := least(v_limit.cost_per_minute, v_limit.cost_left
		+ floor(v_limit.cost_per_minute / 60.0 * greatest(extract(epoch from clock_timestamp() - v_limit.cost_at), 0))::bigint);
	if v_left < least(p_estimate, v_limit.cost_per_minute) then
		return greatest(1, ceil((least(p_estimate, v_limit.cost_per_minute) - v_left) * 60.0 / v_limit.cost_per_minute));
	end if;
	update provider_limit set cost_left = v_left - p_estimate, cost_at = clock_timestamp() where name = p_provider;
	return 0;
end
$$;

-- Writes the intent of a call and reserves its highest price, or hands back the live call of the job's step. Refuses with 402 when a limit
-- would be passed: nothing is reserved and nothing may be sent then. Refuses with 429
-- "cost_rate", the hint saying in how many seconds to come again, when the minute's money of the provider is used up. p_estimate null: from the price table.
create or replace function provider_call_open(p_job bigint, p_lease bigint, p_step text, p_agent text, p_provider text, p_model text,
	p_request_hash bytea, p_estimate bigint, p_simulated boolean, out ret_call provider_call, out ret_fresh boolean)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_job job;
	v_estimate bigint;
	v_budgets bigint[];
	v_count int;
	v_wait int;
begin
	perform from job_lease where job_id = p_job and lease = p_lease and expires_at > clock_timestamp() for no key update;
	if not found then
		perform refuse(409, 'stale_lease', 'The lease of this job has run out.');
	end if;
	select * into v_job from job where id = p_job;
	ret_fresh := false;
	select * into ret_call
	from provider_call
	where job_id = p_job and step = p_step and state in ('intent', 'sending', 'accepted', 'uncertain')
	for no key update;
	if found then
		if ret_call.state = 'intent' then
			update provider_call set lease = p_lease where id = ret_call.id returning * into ret_call;
		elsif ret_call.state = 'sending' and ret_call.lease <> p_lease then
			update provider_call set state = case when simulated then 'intent' else 'uncertain' end, lease = p_lease,
				doubt_until = provider_doubt_until(provider, sending_at)
			where id = ret_call.id
			returning * into ret_call;
		end if;
		return;
	end if;

	v_estimate := coalesce(p_estimate, price_of(p_model, p_agent));
	if v_estimate is null then
		perform refuse(422, 'unknown_price', format('There is no price for "%s".', p_model));
	end if;
	v_wait := case when p_simulated then 0 else provider_cost_take(p_provider, v_estimate) end;
	if v_wait > 0 then
		perform refuse(429, 'cost_rate', 'The provider''s money for this minute is used up.', null, v_wait::text);
	end if;
	v_budgets := budget_ids(v_job.project_id, v_job.owner_id, p_job);
	-- What is sent again in doubt comes out of a purse of its own as well.
	if v_job.resubmits > 0 then
		select array_agg(id order by id) into v_budgets
		from (select unnest(v_budgets) as id union select b.id from budget b where b.scope = 'resubmit' and b.scope_id = '') b;
	end if;
	if v_job.project_id is not null then
		update project set reserved_micros = reserved_micros + v_estimate
		where id = v_job.project_id and total_micros + reserved_micros + v_estimate <= project_limit(limit_micros);
		if not found then
			perform refuse(402, 'cost_limit_exceeded', 'The cost limit of this session is reached; nothing more is started.');
		end if;
	end if;
	with locked as (
		select id from budget where id = any(v_budgets) order by id for no key update
	)
	update budget b set reserved_micros = reserved_micros + v_estimate
	from locked l
	where b.id = l.id and spent_micros + reserved_micros + v_estimate <= limit_micros;
	get diagnostics v_count = row_count;
	if v_count <> cardinality(v_budgets) then
		perform refuse(402, 'cost_limit_exceeded', 'A cost limit is reached; nothing more is started.');
	end if;
	insert into provider_call (job_id, step, project_id, user_id, agent, provider, model, request_hash, state, lease, simulated,
		estimate_micros, reserved_micros, budgets)
	values (p_job, p_step, v_job.project_id, v_job.owner_id, p_agent, p_provider, p_model, p_request_hash, 'intent', p_lease, p_simulated,
		v_estimate, v_estimate, v_budgets)
	returning * into ret_call;
	ret_fresh := true;
end
$$;

-- After the connection stands, before the first byte leaves. Once per call.
create or replace function provider_call_sending(p_call bigint, p_lease bigint) returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_job bigint;
begin
	select job_id into v_job from provider_call where id = p_call;
	perform from job_lease where job_id = v_job and lease = p_lease and expires_at > clock_timestamp() for no key update;
	if not found or exists (select from job where id = v_job and cancel_requested_at is not null) then
		perform refuse(409, 'stale_lease', 'The job is not to be worked on any more.');
	end if;
	update provider_call set state = 'sending', sending_at = clock_timestamp() where id = p_call and state = 'intent' and lease = p_lease;
	if not found then
		perform refuse(409, 'already_sent', 'This call was sent before.');
	end if;
end
$$;

-- The provider's id and answer, committed before anything else is done with it. Needs no lease. A job that waited in doubt is polled from
-- now on.
create or replace function provider_call_accepted(p_call bigint, p_request_id text, p_answer jsonb default null) returns boolean
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_job bigint;
	v_state text;
begin
	select job_id into v_job from provider_call where id = p_call;
	select state into v_state from job where id = v_job for no key update;
	update provider_call set state = 'accepted', request_id = p_request_id, answer = p_answer, accepted_at = clock_timestamp(), error = null,
		doubt_until = null
	where id = p_call and state in ('sending', 'uncertain');
	if not found then
		-- A webhook may have told the id first, and knows less.
		update provider_call set answer = p_answer where id = p_call and state = 'accepted' and request_id = p_request_id and answer is null;
		return exists (select from provider_call where id = p_call and state in ('accepted', 'done') and request_id = p_request_id);
	end if;
	if v_state in ('uncertain', 'external') then
		update job set state = 'ready', parked = true, error = null, next_poll_at = null where id = v_job;
	end if;
	if v_state = 'uncertain' then
		perform job_attention_event(v_job, null);
	end if;
	return true;
end
$$;

-- Ends a live call: its reservation goes back, and unless it was never sent its ledger row is written. Ending twice changes nothing.
create or replace function provider_call_close(p_call bigint, p_state text, p_price bigint, p_duration_ms bigint, p_error text)
returns boolean
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_call provider_call;
	v_reserved bigint;
	v_price bigint;
begin
	-- Job and project come before its calls in every other path too: whoever ends a job holds them by now.
	perform from job where id = (select job_id from provider_call where id = p_call) for no key update;
	perform from project where id = (select project_id from provider_call where id = p_call) for no key update;
	select * into v_call from provider_call where id = p_call for no key update;
	if v_call.id is null or v_call.state not in ('intent', 'sending', 'accepted', 'uncertain') then
		return false;
	end if;
	v_reserved := v_call.reserved_micros;
	v_price := case when p_state = 'void' then null else coalesce(p_price, v_call.given_up_micros, v_call.estimate_micros) end;
	update provider_call
	set state = p_state, reserved_micros = 0, price_micros = v_price, given_up_micros = null, ended_at = clock_timestamp(),
		error = case when p_error is null then error else jsonb_build_object('detail', p_error) end
	where id = p_call;
	if p_state = 'void' then
		update project set reserved_micros = reserved_micros - v_reserved where id = v_call.project_id;
		with locked as (
			select id from budget where id = any(v_call.budgets) order by id for no key update
		)
		update budget b set reserved_micros = reserved_micros - v_reserved from locked l where b.id = l.id;
	elsif v_call.given_up_micros is not null then
		-- Booked when it was given up: now that it is known what it cost, the difference.
		if v_price <> v_call.given_up_micros then
			perform ledger_write(v_call.project_id, v_call.user_id, v_call.job_id, null, v_call.agent, v_call.provider, v_call.model,
				v_price - v_call.given_up_micros, v_call.simulated, p_duration_ms, p_error, v_reserved, v_call.budgets);
		end if;
	else
		perform ledger_write(v_call.project_id, v_call.user_id, v_call.job_id, v_call.id, v_call.agent, v_call.provider, v_call.model,
			v_price, v_call.simulated,
			coalesce(p_duration_ms, extract(epoch from clock_timestamp() - v_call.sending_at)::bigint * 1000),
			p_error, v_reserved, v_call.budgets);
	end if;
	return true;
end
$$;

create or replace function provider_call_rejected(p_call bigint, p_charged bigint, p_duration_ms bigint, p_error text) returns boolean
language sql security definer
set search_path = framewright, pg_temp
as $$
	select provider_call_close(p_call, 'rejected', coalesce(p_charged, 0), p_duration_ms, coalesce(p_error, 'refused by the provider'))
$$;

-- Never sent, as the attempt says that opened it last and alone could have sent it (p_lease). What another attempt has taken over since is
-- that one's, which may be sending by now; so the state is only believed under the lock. Without a lease: an intent, or a simulated call.
create or replace function provider_call_void(p_call bigint, p_lease bigint default null) returns boolean
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_call provider_call;
begin
	-- in the order of provider_call_close()
	perform from job where id = (select job_id from provider_call where id = p_call) for no key update;
	perform from project where id = (select project_id from provider_call where id = p_call) for no key update;
	select * into v_call from provider_call where id = p_call for no key update;
	if v_call.state not in ('intent', 'sending', 'uncertain')
		or (case when p_lease is null then v_call.state <> 'intent' and not v_call.simulated else v_call.lease <> p_lease end)
	then
		return false;
	end if;
	return provider_call_close(p_call, 'void', null, null, null);
end
$$;

-- Until when a call that was sent then is looked for.
create or replace function provider_doubt_until(p_provider text, p_sending_at timestamptz) returns timestamptz
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select coalesce(p_sending_at, clock_timestamp())
		+ coalesce((select doubt_s from provider_limit where name = p_provider), 7200) * interval '1 second'
$$;
comment on function provider_doubt_until is 'Until when a call is looked for. [roles: rc]';

-- Not known whether it was accepted: it keeps its reservation and is never sent again by itself.
create or replace function provider_call_uncertain(p_call bigint, p_error jsonb) returns boolean
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
begin
	update provider_call set state = 'uncertain', error = p_error, doubt_until = provider_doubt_until(provider, sending_at)
	where id = p_call and state = 'sending';
	return found;
end
$$;

-- p_price null: the estimate.
create or replace function provider_call_settle(p_call bigint, p_price bigint, p_duration_ms bigint, p_error text) returns boolean
language sql security definer
set search_path = framewright, pg_temp
as $$
	select provider_call_close(p_call, 'done', p_price, p_duration_ms, p_error)
$$;

-- A person decided that an uncertain call is to be given up: it is booked at its estimate, since it may well have been charged.
create or replace function provider_call_forget(p_call bigint) returns boolean
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
begin
	if not provider_call_close(p_call, 'done', null, null, 'given up: it is not known whether the provider accepted it') then
		return false;
	end if;
	update provider_call set given_up_micros = price_micros where id = p_call;
	return true;
end
$$;

-- The provider delivers what was given up. It was booked, so it is kept: a job like the one it was made for takes it over, fetches it and
-- books what it really cost. That job stays as it ended, since others went on from there. False when nothing can be fetched.
create or replace function provider_call_late(p_call bigint, p_request_id text) returns boolean
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_job job;
	v_call provider_call;
	v_late bigint;
begin
	select j.* into v_job from job j where j.id = (select c.job_id from provider_call c where c.id = p_call) for no key update;
	select * into v_call from provider_call c where c.id = p_call for no key update;
	if v_call.state <> 'done' or v_call.given_up_micros is null or coalesce(v_call.request_id, p_request_id) is null
		or exists (select from provider_call o where o.provider = v_call.provider and o.id <> p_call
			and o.request_id = coalesce(v_call.request_id, p_request_id))
	then
		return false;
	end if;
	v_late := job_add(v_job.kind, v_job.owner_id, v_job.project_id, v_job.payload || jsonb_build_object('late_of', v_job.public_id),
		p_provider => v_call.provider, p_priority => v_job.priority, p_request_id => v_job.request_id);
	update job set parked = true where id = v_late;
	update provider_call
	set job_id = v_late, state = 'accepted', request_id = coalesce(v_call.request_id, p_request_id), accepted_at = clock_timestamp(),
		ended_at = null, price_micros = null, error = null, doubt_until = null
	where id = p_call;
	return true;
end
$$;

-- What the end of an attempt means for a live call of the job. p_state: where the job is now; p_body: the result or error just given.
create or replace function provider_call_job_ended(p_call bigint, p_state text, p_outcome text, p_body jsonb) returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_call provider_call;
	v_price bigint := (p_body ->> 'price_micros')::bigint;
	v_ms bigint := round(coalesce(p_body ->> 'generation_ms', p_body ->> 'duration_ms')::numeric);
	v_error text := left(coalesce(p_body ->> 'detail', p_body ->> 'code', p_outcome), 500);
begin
	select * into v_call from provider_call where id = p_call;
	if p_state = 'done' then
		if v_call.state = 'intent' then
			perform provider_call_close(p_call, 'void', null, null, null);
		else
			perform provider_call_close(p_call, 'done', v_price, v_ms, null);
		end if;
	elsif v_call.state = 'sending' and v_call.simulated and p_outcome in ('failed', 'retry') then
		perform provider_call_close(p_call, 'rejected', coalesce(v_price, 0), v_ms, v_error);
	elsif v_call.state = 'sending' and v_call.simulated then
		perform provider_call_close(p_call, 'void', null, null, null);
	elsif v_call.state = 'sending' then
		update provider_call set state = 'uncertain', error = coalesce(p_body, '{"code": "unknown_outcome"}'),
			doubt_until = provider_doubt_until(provider, sending_at)
		where id = p_call;
	elsif p_state in ('failed', 'cancelled') and v_call.state = 'intent' then
		perform provider_call_close(p_call, 'void', null, null, null);
	elsif p_state in ('failed', 'cancelled') and v_price is null and not v_call.simulated then
		-- Given up by somebody: it may well have been charged.
		perform provider_call_forget(p_call);
	elsif p_state in ('failed', 'cancelled') then
		perform provider_call_close(p_call, 'done', coalesce(v_price, 0), v_ms, v_error);
	end if;
end
$$;

-- A webhook for this reference: the job is looked at now. A call whose acceptance was not known is accepted if the id is given; one that
-- was given up is brought home.
create or replace function provider_call_webhook(p_client_ref uuid, p_request_id text, out ret_found boolean, out ret_woke boolean)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_call provider_call;
	v_job bigint;
begin
	select * into v_call from provider_call where client_ref = p_client_ref;
	ret_found := v_call.id is not null;
	ret_woke := false;
	if v_call.given_up_micros is not null and v_call.state = 'done' then
		ret_woke := provider_call_late(v_call.id, p_request_id);
		return;
	end if;
	if not ret_found or v_call.state not in ('sending', 'accepted', 'uncertain') then
		return;
	end if;
	if v_call.state <> 'accepted' and p_request_id is not null then
		perform provider_call_accepted(v_call.id, p_request_id);
	end if;
	select id into v_job from job where id = v_call.job_id and state = 'external' for no key update;
	if v_job is not null then
		perform job_make_ready(array[v_job]);
	end if;
	ret_woke := exists (select from job where id = v_call.job_id and state = 'ready');
end
$$;
