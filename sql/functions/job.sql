-- The job engine. All programs change jobs through these functions only.
--
-- Lock order everywhere: job_lease, job and its dependants by id, project, budget by id. Dependants always have higher ids than their
-- parents (a constraint of job_dep), so a whole group of ends can lock everything it may touch in one ordered sweep before it begins.
--
-- job_kind.on_finish names a function (j job, p_outcome text, p_body jsonb) that is called in the statement that ends the job, with
-- outcome done, failed or cancelled and the result or error; jobs, dependants and project are locked by then, the job's provider call is
-- settled, dependants are released afterwards. A done job's function may raise: the end is undone and the daemon ends the job as failed.
-- For failed and cancelled jobs an exception is swallowed with a warning, so that nothing can keep a job from ending.

-- The functions that run thousands of times a minute are planned once per connection, row by row through the indexes: what the statistics
-- say of a queue is wrong a moment later, and a plan made for an empty queue (read it all, merge it all) is ruinous for a full one. That is
-- what their settings are for.

-- How long a lease lives without a heartbeat: LEASE_TTL of the daemon that started last. A daemon that counts on more loses its leases here
-- and finds out with its next heartbeat; one that counts on less stops before anybody else begins.
create or replace function lease_ttl() returns interval
language sql stable parallel safe
as $$
	select setting_micros('lease_ttl_micros', 30000000) * interval '1 microsecond'
$$;

-- Priority 1 (first) to 10 as an offset to virtual time: one step is worth 20 places in the owner's queue.
create or replace function job_offset(p_priority int) returns bigint
language sql immutable parallel safe
as $$
	select (p_priority - 5) * 20::bigint
$$;

-- Pause before attempt n + 1: exponential from 2 s up to 5 min, full jitter.
create or replace function job_backoff(p_attempt int) returns interval
language sql volatile
as $$
	select interval '1 second' * (0.1 + random() * least(300, 2 * 2 ^ least(greatest(p_attempt, 1) - 1, 10)))
$$;

-- The fair tag of an owner's next job in a queue: one more than the owner's last waiting one, at least one more than the queue's clock. A
-- newcomer thus starts within as many slots as there are active owners, however much the others have queued.
create or replace function job_tag(p_provider text, p_owner int) returns bigint
language plpgsql stable
set search_path = framewright, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_mergejoin = off set enable_hashjoin = off
as $$
declare
	v_last bigint;
	v_clock bigint;
begin
	if p_owner is null then
		select max(vstart) into v_last
		from job where provider = p_provider and owner_id is null and state = 'ready' and not parked;
	else
		select max(vstart) into v_last
		from job where provider = p_provider and owner_id = p_owner and state = 'ready' and not parked;
	end if;
	select vclock into v_clock from provider_limit where name = p_provider;
	return greatest(v_last, v_clock, 0) + 1;
end
$$;

-- Makes blocked or waiting jobs ready, one after the other so that each gets its own tag. The rows are locked by the caller.
create or replace function job_make_ready(p_jobs bigint[]) returns void
language plpgsql security definer
set search_path = framewright, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_mergejoin = off set enable_hashjoin = off
as $$
declare
	v_job record;
	v_tag bigint;
begin
	for v_job in select id, provider, owner_id, priority, parked from job where id = any(p_jobs) order by id loop
		if v_job.parked then
			update job set state = 'ready', ready_at = clock_timestamp(), run_at = null, next_poll_at = null where id = v_job.id;
		else
			v_tag := job_tag(v_job.provider, v_job.owner_id);
			update job set state = 'ready', ready_at = clock_timestamp(), run_at = null, next_poll_at = null, vstart = v_tag,
				vtime = v_tag + job_offset(v_job.priority)
			where id = v_job.id;
		end if;
	end loop;
end
$$;

-- Adds one job and returns its id. p_parents: jobs it waits for, which must exist; p_on_fail 'fail' ends it as a failed or cancelled parent
-- ended, 'cancel' cancels it then, 'ignore' is content with any end; p_edges the same for each parent. p_min_done: it fails when fewer of
-- its parents end with a result, whatever the edges forgive. Nothing can wait for itself: parents exist before their dependants, which the
-- order of ids enforces. p_provider: its queue; null is the step's own ('plain', 'media'), 'local' for provider steps.
create or replace function job_add(p_kind text, p_owner int, p_project uuid, p_payload jsonb default '{}', p_parents bigint[] default '{}',
	p_on_fail text default 'fail', p_provider text default null, p_priority int default null, p_delay_ms bigint default 0,
	p_request_id text default null, p_min_done int default null, p_edges text[] default null)
returns bigint
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_kind job_kind;
	v_provider text;
	v_priority int;
	v_pending int := 0;
	v_state text := 'ready';
	v_tag bigint := 0;
	v_run_at timestamptz;
	v_id bigint;
	v_bad text;
	v_edges text[] := coalesce(p_edges, array_fill(p_on_fail, array[cardinality(p_parents)]));
	v_done int;
begin
	if cardinality(v_edges) <> cardinality(p_parents) or not v_edges <@ array['fail', 'cancel', 'ignore'] then
		perform refuse(422, 'bad_dependency', 'Each parent needs one of fail, cancel and ignore.');
	end if;
	select * into v_kind from job_kind where name = p_kind;
	if not found then
		perform refuse(422, 'unknown_job_kind', format('There is no job kind "%s".', p_kind));
	end if;
	v_provider := coalesce(p_provider, case v_kind.step when 'provider' then 'local' else v_kind.step end);
	if not exists (select from provider_limit where name = v_provider and step = v_kind.step) then
		perform refuse(422, 'unknown_provider', format('There is no provider "%s" for %s.', v_provider, p_kind));
	end if;
	v_priority := coalesce(p_priority, v_kind.default_priority);
	if p_delay_ms > 0 then
		v_run_at := clock_timestamp() + p_delay_ms * interval '1 millisecond';
		v_state := 'waiting';
	end if;
	if cardinality(p_parents) > 0 then
		-- The share lock keeps a parent from ending between being counted and being waited for.
		perform from job where id = any(p_parents) order by id for share;
		select count(*) filter (where j.finished_at is null), min(j.state) filter (where j.state in ('failed', 'cancelled') and e.edge <> 'ignore'),
			count(*) filter (where j.state = 'done')
		into v_pending, v_bad, v_done
		from unnest(p_parents, v_edges) as e (parent, edge) join job j on j.id = e.parent;
		if p_min_done > v_done + v_pending then
			perform refuse(409, 'too_few_parents', 'Fewer jobs than this one needs can still end with a result.');
		end if;
		if v_bad is not null then
			perform refuse(409, 'parent_' || v_bad, 'A job that this one needs has already ended without a result.');
		end if;
		if v_pending > 0 then
			v_state := 'blocked';
		end if;
	end if;
	if v_state = 'ready' then
		v_tag := job_tag(v_provider, p_owner);
	end if;
	insert into job (kind, owner_id, project_id, provider, priority, state, vstart, vtime, run_at, max_attempts, pending, payload, request_id,
		min_done)
	values (p_kind, p_owner, p_project, v_provider, v_priority, v_state, v_tag, v_tag + job_offset(v_priority), v_run_at,
		v_kind.max_attempts, v_pending, coalesce(p_payload, '{}'), p_request_id, p_min_done)
	returning id into v_id;
	if cardinality(p_parents) > 0 then
		insert into job_dep (parent, child, on_fail, released)
		select j.id, v_id, e.edge, j.finished_at is not null
		from unnest(p_parents, v_edges) as e (parent, edge) join job j on j.id = e.parent;
	end if;
	return v_id;
end
$$;

-- Volatile, because it is asked about a job that the same statement has added.
create or replace function job_added(p_id bigint) returns table (public_id uuid, state text)
language plpgsql volatile security definer
set search_path = framewright, pg_temp
as $$
#variable_conflict use_column
begin
	return query
	select j.public_id, j.state from job j where j.id = p_id;
end
$$;

-- The next jobs of a queue that keep each owner within p_max jobs at work; only asked for queues that have such a limit. It looks at the
-- front of the queue only, where the fair tags put every owner's next jobs side by side.
create or replace function job_within_owners(p_provider text, p_max int, p_count int) returns bigint[]
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	with busy as (
		select coalesce(j.owner_id, 0) as owner, count(*) as n
		from job j
		where j.provider = p_provider and (j.state in ('running', 'external') or j.parked)
		group by 1
	), front as (
		select j.id, j.vtime, coalesce(j.owner_id, 0) as owner
		from job j
		where j.provider = p_provider and j.state = 'ready' and not j.parked
			and not exists (select from busy b where b.owner = coalesce(j.owner_id, 0) and b.n >= p_max)
		order by j.vtime, j.id
		limit 1000
	), placed as (
		select f.id, f.vtime, coalesce(b.n, 0) + row_number() over (partition by f.owner order by f.vtime, f.id) as place
		from front f left join busy b on b.owner = f.owner
	)
	select coalesce(array_agg(p.id), '{}')
	from (select id from placed where place <= p_max order by vtime, id limit p_count) p
$$;

-- Claims at most as many jobs of a step as there are lease tokens, over all queues of that step that have something ready. Jobs that a
-- provider already works on come first: they hold their place there and ask no limit again. The commit may be asynchronous: a claim that
-- is lost with the server leaves its jobs ready, and any later synchronous commit flushes it. Without sorting the front of a queue is read
-- in the order of its index: the planner, who cannot know how few of how many are wanted, would sort the whole queue each time.
create or replace function job_claim(p_worker bigint, p_step text, p_leases bigint[], p_kinds text[] default null)
returns table (id bigint, lease bigint, public_id uuid, kind text, step text, owner_id int, project_id uuid, provider text, attempt int,
	max_attempts int, rescues int, parked boolean, cancelling boolean, timeout_s int, poll_every_ms int, payload jsonb, request_id text)
language plpgsql security definer
set search_path = framewright, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_mergejoin = off set enable_hashjoin = off set enable_bitmapscan = off set enable_sort = off
as $$
#variable_conflict use_column
declare
	v_queue record;
	v_queues provider_limit[];
	v_left int := cardinality(p_leases);
	v_used int := 0;
	v_todo int;
	v_room int;
	v_tokens double precision;
	v_count int;
	v_clock bigint;
	v_now timestamptz;
	v_ttl interval;
	v_paused text[];
	v_probing boolean;
	v_fitting bigint[];
begin
	perform set_config('synchronous_commit', 'off', true);
	if not exists (select from worker w where w.id = p_worker and not w.draining and w.stopped_at is null) then
		perform refuse(409, 'worker_draining', 'This daemon is not registered or is draining.');
	end if;
	select array_agg(l.q order by (l.q).name) into v_queues
	from (select q
		from provider_limit q
		where q.step = p_step
			and (exists (select from job j where j.provider = q.name and j.state = 'ready' and not j.parked)
				or exists (select from job j where j.provider = q.name and j.state = 'ready' and j.parked))
		order by q.name
		for no key update) l;
	if v_queues is null then
		return;
	end if;
	v_now := clock_timestamp();
	v_ttl := lease_ttl();
	v_todo := cardinality(v_queues);
	select coalesce(array_agg(k.name), '{}') into v_paused from job_kind k where k.paused;
	-- In random order, each at most its share of what is left: no queue can starve another for slots.
	for v_queue in select (q).* from unnest(v_queues) q order by random() loop
		exit when v_left <= 0;
		v_room := ceil(v_left::numeric / v_todo);
		v_todo := v_todo - 1;
		continue when v_queue.blocked_until > v_now;

		return query
		with picked as (
			select j.id from job j
			where j.provider = v_queue.name and j.state = 'ready' and j.parked and (p_kinds is null or j.kind = any(p_kinds))
			order by j.id
			limit v_room
			for no key update skip locked
		), numbered as (
			select p.id, row_number() over (order by p.id) as n from picked p
		), moved as (
			update job j
			set state = 'running', lease = p_leases[(v_used + p.n)::int], started_at = coalesce(j.started_at, v_now), next_poll_at = null
			from numbered p
			where j.id = p.id
			returning j.*
		), leased as (
			insert into job_lease (job_id, lease, worker_id, expires_at, deadline_at, progress, phase, claimed_at)
			select m.id, m.lease, p_worker, v_now + v_ttl, v_now + k.timeout_s * interval '1 second', coalesce(m.progress, 0),
				m.phase, v_now
			from moved m join job_kind k on k.name = m.kind
		)
		select m.id, m.lease, m.public_id, m.kind, k.step, m.owner_id, m.project_id, m.provider, m.attempt, m.max_attempts, m.rescues,
			m.parked, m.cancel_requested_at is not null, k.timeout_s, v_queue.poll_every_ms, m.payload, m.request_id
		from moved m join job_kind k on k.name = m.kind;
		get diagnostics v_count = row_count;
		v_used := v_used + v_count;
		v_left := v_left - v_count;
		v_room := v_room - v_count;
		continue when v_room <= 0 or v_queue.paused or v_queue.open_until > v_now;
		v_probing := v_queue.open_until is not null;
		if v_probing then
			-- Half open: one job tries, and only when the one before has told how it went.
			continue when exists (select from job j where j.id = v_queue.probe_job and (j.state in ('running', 'external') or j.parked));
			v_room := 1;
		end if;

		if v_queue.max_inflight is not null then
			select count(*) into v_count from job j
			where j.provider = v_queue.name and (j.state in ('running', 'external') or j.parked);
			v_room := least(v_room, v_queue.max_inflight - v_count);
		end if;
		if v_queue.rate is not null then
			v_tokens := least(v_queue.burst, v_queue.tokens
				+ v_queue.rate * greatest(extract(epoch from v_now - v_queue.refilled_at), 0));
			v_room := least(v_room, floor(v_tokens));
		end if;
		continue when v_room <= 0;
		v_fitting := case when v_queue.max_per_owner is not null then job_within_owners(v_queue.name, v_queue.max_per_owner, v_room) end;

		return query
		with picked as (
			select j.id, j.vtime from job j
			where j.provider = v_queue.name and j.state = 'ready' and not j.parked and (p_kinds is null or j.kind = any(p_kinds))
				and j.kind <> all (v_paused)
				and (v_fitting is null or j.id = any(v_fitting))
			order by j.vtime, j.id
			limit v_room
			for no key update skip locked
		), numbered as (
			select p.id, row_number() over (order by p.vtime, p.id) as n from picked p
		), moved as (
			update job j
			set state = 'running', lease = p_leases[(v_used + p.n)::int], attempt = j.attempt + 1, started_at = coalesce(j.started_at, v_now)
			from numbered p
			where j.id = p.id
			returning j.*
		), leased as (
			insert into job_lease (job_id, lease, worker_id, expires_at, deadline_at, claimed_at)
			select m.id, m.lease, p_worker, v_now + v_ttl, v_now + k.timeout_s * interval '1 second', v_now
			from moved m join job_kind k on k.name = m.kind
		), clocked as (
			update provider_limit q
			set vclock = greatest(q.vclock, c.vstart), tokens = case when q.rate is null then q.tokens else v_tokens - c.n end,
				refilled_at = case when q.rate is null then q.refilled_at else v_now end,
				probe_job = case when v_probing then c.id else q.probe_job end
			from (select max(m.vstart) as vstart, count(*) as n, max(m.id) as id from moved m) c
			where q.name = v_queue.name and c.n > 0
		)
		select m.id, m.lease, m.public_id, m.kind, k.step, m.owner_id, m.project_id, m.provider, m.attempt, m.max_attempts, m.rescues,
			m.parked, m.cancel_requested_at is not null, k.timeout_s, v_queue.poll_every_ms, m.payload, m.request_id
		from moved m join job_kind k on k.name = m.kind;
		get diagnostics v_count = row_count;
		v_used := v_used + v_count;
		v_left := v_left - v_count;
	end loop;
end
$$;

-- Prolongs leases and takes progress along; a lease that is missing in the answer is lost. Also with no lease at all: the worker lives.
create or replace function job_heartbeat(p_worker bigint, p_jobs bigint[], p_leases bigint[], p_progress double precision[], p_phases text[])
returns table (job bigint, cancel boolean, overdue boolean)
language plpgsql security definer
set search_path = framewright, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_mergejoin = off set enable_hashjoin = off
as $$
#variable_conflict use_column
declare
	v_now timestamptz;
begin
	perform set_config('synchronous_commit', 'off', true);
	perform from job_lease l where l.job_id = any(p_jobs) order by l.job_id for no key update;
	v_now := clock_timestamp();
	update worker w set seen_at = v_now where w.id = p_worker;
	return query
	with alive as (
		update job_lease l
		set expires_at = least(v_now, l.deadline_at) + lease_ttl(), progress = least(greatest(b.progress, 0), 1),
			phase = coalesce(b.phase, l.phase)
		from unnest(p_jobs, p_leases, p_progress, p_phases) as b (job, lease, progress, phase)
		where l.job_id = b.job and l.lease = b.lease
		returning l.job_id, l.deadline_at
	)
	select a.job_id, j.cancel_requested_at is not null, a.deadline_at < v_now
	from alive a join job j on j.id = a.job_id;
end
$$;

-- What is to be done when a job has ended but its on_finish function could not take that over: the job says so (finish_error is the
-- operator's, error the user's), and the flow it belongs to ends as failed, by its area's function <area>_lost(job, code). So nobody waits
-- for what will not come. Even a failure in there does not take the job's end back.
create or replace function job_finish_failed(p_function text, j job, p_reason text) returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_lost text := split_part(p_function, '_', 1) || '_lost';
begin
	update job
	set finish_error = left(p_reason, 500), error = coalesce(job.error,
		'{"code": "finish_failed", "detail": "The end of this could not be taken over.", "kind": "internal", "retryable": true}')
	where id = j.id;
	if exists (select from pg_proc where proname = v_lost and pronamespace = 'framewright'::regnamespace) then
		execute format('select %I($1, $2)', v_lost) using j, 'finish_failed';
	end if;
exception
	when serialization_failure or deadlock_detected or query_canceled or admin_shutdown then
		raise;
	when others then
		update job set finish_error = left(format('%s; then %s: %s', p_reason, v_lost, sqlerrm), 500) where id = j.id;
end
$$;

-- Calls the kind's on_finish function. Its failure undoes a success, which is then ended as failed (lib/db/job.h); any other end stands.
create or replace function job_call_finish(p_function text, j job, p_outcome text, p_body jsonb) returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
begin
	if p_outcome = 'done' then
		execute format('select %I($1, $2, $3)', p_function) using j, p_outcome, p_body;
		return;
	end if;
	begin
		execute format('select %I($1, $2, $3)', p_function) using j, p_outcome, p_body;
	exception
		when serialization_failure or deadlock_detected or query_canceled or admin_shutdown then
			raise;
		when others then
			raise warning 'the end of job % (%) was not taken over by %: %', j.id, p_outcome, p_function, sqlerrm;
			perform job_finish_failed(p_function, j, format('%s: %s', p_function, sqlerrm));
	end;
end
$$;

-- Takes jobs that have ended off their dependants' counts. Those that wait for nothing more become ready; those that cannot do without a
-- result end too, level by level. Returns the jobs that became ready and those that ended.
create or replace function job_release(p_ended bigint[], out ret_ready bigint[], out ret_ended bigint[])
language plpgsql security definer
set search_path = framewright, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_mergejoin = off set enable_hashjoin = off
as $$
declare
	v_round bigint[] := p_ended;
	v_ready bigint[];
	v_later bigint[];
	v_job record;
begin
	ret_ready := '{}';
	ret_ended := '{}';
	while cardinality(v_round) > 0 loop
		with freed as (
			update job_dep d set released = true
			from job p
			where d.parent = any(v_round) and not d.released and p.id = d.parent
			returning d.parent, d.child, d.on_fail <> 'ignore' and p.state <> 'done' as bad, d.on_fail = 'fail' as hard, p.state, p.error
		), counted as (
			select f.child, count(*) as n, bool_or(f.bad) as bad, bool_or(f.bad and f.hard and f.state = 'failed') as failed,
				(array_agg(f.error) filter (where f.bad and f.error is not null))[1] as error, count(*) filter (where f.state = 'done') as done
			from freed f group by f.child
		), judged as (
			-- A parent that ends now is not yet marked as released in the snapshot this statement sees.
			select c.*, old.min_done is not null and old.state = 'blocked' and old.pending - c.n = 0
				and c.done + (select count(*) from job_dep e join job p on p.id = e.parent
					where e.child = c.child and e.released and p.state = 'done') < old.min_done as few
			from counted c join job old on old.id = c.child
		), changed as (
			update job j
			set pending = j.pending - c.n,
				state = case when j.state <> 'blocked' then j.state
					when c.bad then case when c.failed then 'failed' else 'cancelled' end
					when c.few then 'failed'
					when j.pending - c.n > 0 then 'blocked'
					when j.run_at > clock_timestamp() then 'waiting'
					else 'ready' end,
				error = case when j.state <> 'blocked' then j.error
					when c.bad then coalesce(c.error,
						jsonb_build_object('code', 'parent_cancelled', 'detail', 'A job before this one was cancelled.'))
					when c.few then jsonb_build_object('code', 'too_few_succeeded', 'kind', 'provider', 'retryable', true,
						'detail', format('At least %s of the jobs before this one had to end with a result.', j.min_done))
					else j.error end,
				finished_at = case when j.state = 'blocked' and (c.bad or c.few) then clock_timestamp() else j.finished_at end
			from judged c, job old
			where j.id = c.child and old.id = j.id
			returning j.id, j.state, old.state as old_state
		)
		select coalesce(array_agg(id) filter (where state = 'ready'), '{}'),
			coalesce(array_agg(id) filter (where state in ('failed', 'cancelled')), '{}')
		into v_ready, v_later
		from changed where old_state = 'blocked';
		if cardinality(v_ready) > 0 then
			perform job_make_ready(v_ready);
			ret_ready := ret_ready || v_ready;
		end if;
		for v_job in
			select j as row, k.on_finish
			from job j join job_kind k on k.name = j.kind
			where j.id = any(v_later) and k.on_finish is not null
			order by j.id
		loop
			perform job_call_finish(v_job.on_finish, v_job.row, (v_job.row).state, (v_job.row).error);
		end loop;
		ret_ended := ret_ended || v_later;
		v_round := v_later;
	end loop;
end
$$;

-- What an end means, for jobs whose leases the caller has taken away (or that never had one). The body of job_end, rescue and cancel.
-- Outcomes as in lib/db/job.h, and 'rescue'. Returns one row per job, and the new event counters of the projects that wrote events.
create or replace function job_apply(p_jobs bigint[], p_outcomes text[], p_bodies jsonb[], p_delays bigint[] default null,
	p_providers text[] default null, p_progress double precision[] default null, p_phases text[] default null)
returns table (job bigint, state text, project uuid, seq bigint, woke boolean)
language plpgsql security definer
set search_path = framewright, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_mergejoin = off set enable_hashjoin = off
as $$
#variable_conflict use_column
declare
	v_now timestamptz;
	v_projects uuid[];
	v_seqs bigint[];
	v_final bigint[];
	v_ready bigint[];
	v_released bigint[];
	v_doubtful bigint[];
	v_job record;
begin
	-- Everything that may be touched is locked first, in order. Ends that are no success may reach dependants of dependants.
	if p_outcomes <@ array['done'] then
		perform from job j
		where j.id in (select unnest(p_jobs) union select d.child from job_dep d where d.parent = any(p_jobs))
		order by j.id for no key update;
	else
		perform from job j
		where j.id in (
			with recursive reach as (
				select unnest(p_jobs) as id
				union
				select d.child from job_dep d join reach r on d.parent = r.id
			)
			select r.id from reach r)
		order by j.id for no key update;
	end if;
	select array_agg(p.id), array_agg(p.event_seq) into v_projects, v_seqs
	from (select p.id, p.event_seq from project p
		where p.id in (select j.project_id from job j where j.id = any(p_jobs))
		order by p.id for no key update) p;
	perform from budget b
	where b.id in (select unnest(c.budgets) from provider_call c
		where c.job_id = any(p_jobs) and c.state in ('intent', 'sending', 'accepted', 'uncertain'))
	order by b.id for no key update;
	v_now := clock_timestamp();

	-- A call that was being sent and was not classified is not known to be unsent, whatever the end says.
	select coalesce(array_agg(c.job_id), '{}') into v_doubtful
	from provider_call c join unnest(p_jobs, p_outcomes) as e (job, outcome) on e.job = c.job_id
	where c.state = 'sending' and not c.simulated and e.outcome <> 'done';

	with ended as materialized (
		select e.*, j.attempt as n, j.parked as was_parked, j.rescues as r, j.state as old_state, q.poll_every_ms, h.held,
			case when e.outcome = 'done' then 'done'
				-- A call that may have been sent: the provider is asked for it before a person is.
				when e.job = any(v_doubtful) then case e.outcome when 'uncertain' then 'uncertain' else 'external' end
				when e.outcome = 'uncertain' then 'uncertain'
				-- What a provider works on and may charge for ends when the provider has ended it, or when somebody gives it up.
				when e.outcome in ('failed', 'cancelled') and not h.held then e.outcome
				when e.outcome = 'failed' then 'uncertain'
				when e.outcome = 'cancelled' then 'ready'
				when e.outcome = 'cancelling' then 'external'
				when e.outcome = 'park' then case when j.cancel_requested_at is null then 'external' else 'ready' end
				when h.held then case when e.outcome in ('release', 'rescue') then 'ready'
					when e.outcome = 'retry' and h.since < v_now - q.doubt_s * interval '1 second' - interval '1 hour' then 'uncertain'
					else 'waiting' end
				when j.cancel_requested_at is not null then 'cancelled'
				when e.outcome = 'release' then 'ready'
				-- An attempt that was rescued says nothing about the work; rescues are counted on their own.
				when e.outcome = 'retry' and j.attempt - j.rescues >= j.max_attempts then 'failed'
				when e.outcome = 'rescue' and j.rescues >= 4 then 'failed'
				else 'waiting' end as new_state
		from unnest(p_jobs, p_outcomes, p_bodies, coalesce(p_delays, array_fill(-1::bigint, array[cardinality(p_jobs)])), p_providers,
			p_progress, p_phases) as e (job, outcome, body, delay, provider, progress, phase)
		join job j on j.id = e.job
		join provider_limit q on q.name = j.provider
		cross join lateral (select e.outcome <> 'done' and not coalesce(e.body ?| array['price_micros', 'given_up'], false)
				and count(*) > 0 as held, min(coalesce(c.accepted_at, c.sending_at)) as since
			from provider_call c where c.job_id = j.id and c.state in ('accepted', 'uncertain') and not c.simulated) h
	)
	update job j
	set state = e.new_state,
		ready_at = case when e.new_state = 'ready' then v_now else j.ready_at end,
		lease = null,
		attempt = case when e.outcome in ('again', 'release') and not e.was_parked and e.n > 0 then e.n - 1 else e.n end,
		rescues = case when e.outcome = 'rescue' then e.r + 1 else e.r end,
		parked = e.new_state in ('external', 'ready', 'waiting') and (e.outcome in ('park', 'cancelling') or e.new_state = 'external' or e.held),
		provider = case when e.new_state in ('ready', 'waiting') then coalesce(e.provider, j.provider) else j.provider end,
		run_at = case when e.new_state = 'waiting' then v_now + case
			when e.delay >= 0 then e.delay * interval '1 millisecond'
			when e.held then e.poll_every_ms * interval '1 millisecond'
			when e.outcome = 'rescue' then job_backoff(e.r + 1)
			else job_backoff(e.n) end end,
		next_poll_at = case when e.new_state = 'external' then v_now
			+ case when e.delay >= 0 then e.delay else e.poll_every_ms end * interval '1 millisecond' end,
		result = case when e.new_state = 'done' then e.body else j.result end,
		error = case when e.new_state = 'done' then null
			when e.outcome = 'rescue' and e.new_state = 'failed' then
				'{"code": "worker_lost", "detail": "The work on this was interrupted too often.", "kind": "internal", "retryable": true}'
			when e.new_state = 'uncertain' and e.body is null then
				'{"code": "unknown_outcome", "detail": "It is not known whether the provider accepted this.", "kind": "provider"}'
			when e.outcome in ('failed', 'retry', 'again', 'uncertain') then coalesce(e.body, j.error)
			else j.error end,
		progress = case when e.new_state = 'done' then 1 else least(greatest(coalesce(e.progress, j.progress), 0), 1) end,
		phase = coalesce(e.phase, j.phase),
		cancel_requested_at = case when e.new_state = 'cancelled' then coalesce(j.cancel_requested_at, v_now) else j.cancel_requested_at end,
		finished_at = case when e.new_state in ('done', 'failed', 'cancelled') then v_now end
	from ended e
	where j.id = e.job;

	perform provider_call_job_ended(c.id, j.state, e.outcome, e.body)
	from unnest(p_jobs, p_outcomes, p_bodies) as e (job, outcome, body)
	join job j on j.id = e.job
	join provider_call c on c.job_id = e.job
	where c.state in ('intent', 'sending', 'accepted', 'uncertain')
	order by c.id;

	perform job_attention_event(j.id, j.error) from job j where j.id = any(p_jobs) and j.state = 'uncertain' order by j.id;

	for v_job in
		select j as row, k.on_finish
		from job j join job_kind k on k.name = j.kind
		where j.id = any(p_jobs) and j.state in ('done', 'failed', 'cancelled') and k.on_finish is not null
		order by j.id
	loop
		perform job_call_finish(v_job.on_finish, v_job.row, (v_job.row).state,
			case when (v_job.row).state = 'done' then (v_job.row).result else (v_job.row).error end);
	end loop;

	select coalesce(array_agg(j.id), '{}') into v_final from job j where j.id = any(p_jobs) and j.state in ('done', 'failed', 'cancelled');
	select ret_ready, ret_ended into v_ready, v_released from job_release(v_final);

	return query
	select j.id, j.state, p.id, p.event_seq, j.state = 'ready' or cardinality(v_ready) > 0
		-- The last part of a film makes the film's job ready by itself.
		or j.kind = 'render.span'
	from job j
	left join unnest(v_projects, v_seqs) as old (id, event_seq) on old.id = j.project_id
	left join project p on p.id = old.id and p.event_seq > old.event_seq
	where j.id = any(p_jobs);
end
$$;

-- Ends a group of attempts; see lib/db/job.h. Deleting the lease is the fence: what has none is stale and is missing in the answer.
create or replace function job_end(p_jobs bigint[], p_leases bigint[], p_outcomes text[], p_bodies jsonb[], p_delays bigint[],
	p_providers text[], p_progress double precision[], p_phases text[])
returns table (job bigint, state text, project uuid, seq bigint, woke boolean)
language plpgsql security definer
set search_path = framewright, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_mergejoin = off set enable_hashjoin = off
as $$
#variable_conflict use_column
declare
	v_mine bigint[];
begin
	perform from job_lease l where l.job_id = any(p_jobs) order by l.job_id for update;
	with gone as (
		delete from job_lease l
		using unnest(p_jobs, p_leases) as e (job, lease)
		where l.job_id = e.job and l.lease = e.lease
		returning l.job_id
	)
	select coalesce(array_agg(g.job_id), '{}') into v_mine from gone g;
	if cardinality(v_mine) = 0 then
		return;
	end if;
	return query
	select a.*
	from (select array_agg(e.job) as jobs, array_agg(e.outcome) as outcomes, array_agg(e.body) as bodies, array_agg(e.delay) as delays,
			array_agg(e.provider) as providers, array_agg(e.progress) as progress, array_agg(e.phase) as phases
		from unnest(p_jobs, p_outcomes, p_bodies, p_delays, p_providers, p_progress, p_phases)
			as e (job, outcome, body, delay, provider, progress, phase)
		where e.job = any(v_mine)) m,
		job_apply(m.jobs, m.outcomes, m.bodies, m.delays, m.providers, m.progress, m.phases) a;
end
$$;

-- Leases that ran out: their jobs wait for another attempt, end after five rescues, or are uncertain when a call was being sent. Any
-- daemon may do it and needs to know nothing of the job's kind; one at a time does.
create or replace function job_rescue()
returns table (job bigint, state text, project uuid, seq bigint, woke boolean)
language plpgsql security definer
set search_path = framewright, pg_temp set plan_cache_mode = force_generic_plan
set enable_seqscan = off set enable_mergejoin = off set enable_hashjoin = off
as $$
#variable_conflict use_column
declare
	v_jobs bigint[];
begin
	if not exists (select from job_lease l where l.expires_at < clock_timestamp())
			or not pg_try_advisory_xact_lock(hashtext('framewright.rescue')) then
		return;
	end if;
	with late as (
		select l.job_id from job_lease l where l.expires_at < clock_timestamp() order by l.job_id limit 100 for update skip locked
	), gone as (
		delete from job_lease l using late where l.job_id = late.job_id returning l.job_id
	)
	select coalesce(array_agg(g.job_id), '{}') into v_jobs from gone g;
	if cardinality(v_jobs) > 0 then
		return query select a.* from job_apply(v_jobs, array_fill('rescue'::text, array[cardinality(v_jobs)]),
			array_fill(null::jsonb, array[cardinality(v_jobs)])) a;
	end if;
end
$$;

-- Cancels open jobs: those that do not run end at once, running ones learn it with their next heartbeat, and those a provider works on are
-- made ready so that a daemon cancels them there. Returns what job_apply returns, for running ones with state 'running'.
create or replace function job_cancel_many(p_jobs bigint[])
returns table (job bigint, state text, project uuid, seq bigint, woke boolean)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
#variable_conflict use_column
declare
	v_now bigint[];
begin
	perform from job j
	where j.id in (
		with recursive reach as (
			select unnest(p_jobs) as id
			union
			select d.child from job_dep d join reach r on d.parent = r.id
		)
		select r.id from reach r)
	order by j.id for no key update;
	update job j
	set cancel_requested_at = coalesce(j.cancel_requested_at, clock_timestamp())
	where j.id = any(p_jobs) and j.finished_at is null;
	perform job_make_ready(array_agg(j.id))
	from job j where j.id = any(p_jobs) and j.parked and j.state in ('external', 'waiting');
	select coalesce(array_agg(j.id), '{}') into v_now
	from job j where j.id = any(p_jobs) and (j.state in ('blocked', 'uncertain') or j.state in ('ready', 'waiting') and not j.parked);
	return query
	select j.id, j.state, null::uuid, null::bigint, j.state = 'ready'
	from job j where j.id = any(p_jobs) and (j.state = 'running' or j.state = 'ready' and j.parked);
	if cardinality(v_now) > 0 then
		-- Whoever cancels a job that needs attention gives its call up.
		return query select a.* from job_apply(v_now, array_fill('cancelled'::text, array[cardinality(v_now)]),
			array_fill('{"given_up": true}'::jsonb, array[cardinality(v_now)])) a;
	end if;
end
$$;

-- All open jobs of a project; to be called before the project is locked. Returns as job_cancel_many.
create or replace function job_cancel_project(p_project uuid)
returns table (job bigint, state text, project uuid, seq bigint, woke boolean)
language sql security definer
set search_path = framewright, pg_temp
as $$
	select c.*
	from job_cancel_many(array(select j.id from job j where j.project_id = p_project and j.finished_at is null order by j.id)) c
$$;

-- The job of a public id if the caller may change it: the owner's, or an editor's of its project.
create or replace function job_of_caller(p_public_id uuid) returns job
language plpgsql stable security definer
set search_path = framewright, pg_temp
as $$
declare
	v_job job;
	v_role text;
begin
	select * into v_job from job where public_id = p_public_id;
	if v_job.project_id is not null then
		v_role := project_role(v_job.project_id, caller());
	elsif v_job.owner_id = caller() then
		v_role := 'owner';
	end if;
	-- The tool and the daemons act for the installation and have no caller.
	if caller() is null and session_user <> 'framewright_api' then
		v_role := 'owner';
	end if;
	if v_job.id is null or v_role is null then
		perform refuse(404, 'job_not_found', 'There is no such job.');
	elsif v_role = 'viewer' then
		perform refuse(403, 'forbidden', 'Viewers cannot change jobs.');
	end if;
	return v_job;
end
$$;

create or replace function job_cancel(p_public_id uuid)
returns table (job bigint, state text, project uuid, seq bigint, woke boolean)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
#variable_conflict use_column
declare
	v_job job := job_of_caller(p_public_id);
begin
	if v_job.finished_at is not null then
		perform refuse(409, 'already_finished', 'The job has already ended.');
	end if;
	return query select c.* from job_cancel_many(array[v_job.id]) c;
end
$$;

-- Runs a failed or cancelled job once more, or submits an uncertain one again. Jobs of a flow are repeated by its own call.
create or replace function job_retry(p_public_id uuid) returns bigint
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_id bigint := (job_of_caller(p_public_id)).id;
	v_job job;
begin
	select * into v_job from job where id = v_id for no key update;
	if v_job.state not in ('failed', 'cancelled', 'uncertain') then
		perform refuse(409, 'not_retryable', 'Only a job that failed, was cancelled or needs attention can be repeated.');
	end if;
	if v_job.state <> 'uncertain' and (exists (select from job_dep where parent = v_id)
			or exists (select from job_kind where name = v_job.kind and on_finish is not null)) then
		perform refuse(409, 'not_retryable', 'This job is part of a larger step; start the step again.');
	end if;
	perform provider_call_forget(c.id) from provider_call c where c.job_id = v_id and c.state in ('uncertain', 'accepted') order by c.id;
	update job set finished_at = null, state = 'waiting', run_at = now(), attempt = 0, rescues = 0, error = null, progress = null,
		phase = null, cancel_requested_at = null, parked = false,
		resubmits = job.resubmits + case v_job.state when 'uncertain' then 1 else 0 end
	where id = v_id;
	perform job_make_ready(array[v_id]);
	return v_id;
end
$$;

create or replace function job_block_provider(p_provider text, p_delay_ms bigint) returns void
language sql security definer
set search_path = framewright, pg_temp
as $$
	update provider_limit
	set blocked_until = greatest(blocked_until, clock_timestamp() + least(p_delay_ms, 3600000) * interval '1 millisecond')
	where name = p_provider
$$;

-- Jobs as callers see them, with row-level security of the caller. Flat, and each expression is only computed where its column is asked
-- for: looking at one job is the most frequent call of all.
drop view if exists job_public;
create view job_public with (security_invoker = true) as
	select j.id, j.public_id, j.kind, j.project_id, j.owner_id,
		case j.state when 'blocked' then 'queued' when 'ready' then case when j.parked then 'running' else 'queued' end
			when 'running' then 'running' when 'external' then 'running'
			when 'waiting' then case when j.kind = 'render.film' and j.phase = 'spans' then 'running' else 'waiting' end
			when 'uncertain' then 'needs_attention' when 'failed' then 'failed' when 'cancelled' then 'cancelled'
			else case when j.result ->> 'partial' = 'true' then 'partial' else 'succeeded' end end as outside,
		j.state, coalesce(b.phase, j.phase) as phase, coalesce(b.progress, j.progress, 0)::double precision as progress,
		case when b.progress > 0.02 then
			least(86400, extract(epoch from clock_timestamp() - b.claimed_at) * (1 - b.progress) / b.progress)::bigint end as eta_s,
		j.attempt, j.max_attempts, j.priority, j.price_micros, j.result, j.error, j.result -> 'degraded' as degraded, j.request_id,
		j.created_at, j.started_at, j.finished_at, j.xmin as version, b.expires_at as beat
	from job j
	left join job_lease b on b.job_id = j.id;
comment on view job_public is 'Jobs in the words of the API; version and beat change whenever anything of the row does.';
