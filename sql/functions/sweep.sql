-- Daemons come and go; tick() is what any of them calls every two seconds on behalf of all.

create or replace function worker_begin(p_host text, p_pid int, p_program text, p_version text, p_settings jsonb) returns bigint
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_id bigint;
begin
	insert into worker (host, pid, program, version) values (p_host, p_pid, p_program, p_version) returning id into v_id;
	insert into setting (name, value)
	select key, value from jsonb_each_text(coalesce(p_settings, '{}'))
	on conflict (name) do update set value = excluded.value, changed_at = now() where setting.value <> excluded.value;
	perform partitions_keep();
	return v_id;
end
$$;

create or replace function worker_drain(p_worker bigint) returns void
language sql security definer
set search_path = framewright, pg_temp
as $$
	update worker set draining = true where id = p_worker
$$;

create or replace function worker_seen(p_worker bigint, p_open_sockets int) returns void
language sql security definer
set search_path = framewright, pg_temp
as $$
	update worker set seen_at = clock_timestamp(), open_sockets = p_open_sockets where id = p_worker
$$;

-- The leases that are left are given back without costing an attempt.
create or replace function worker_end(p_worker bigint)
returns table (job bigint, state text, project uuid, seq bigint, woke boolean)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
#variable_conflict use_column
declare
	v_jobs bigint[];
begin
	update worker w set stopped_at = clock_timestamp(), draining = true, open_sockets = 0 where w.id = p_worker;
	with mine as (
		select l.job_id from job_lease l where l.worker_id = p_worker order by l.job_id for update
	), gone as (
		delete from job_lease l using mine where l.job_id = mine.job_id returning l.job_id
	)
	select coalesce(array_agg(g.job_id), '{}') into v_jobs from gone g;
	if cardinality(v_jobs) > 0 then
		return query select a.* from job_apply(v_jobs, array_fill('release'::text, array[cardinality(v_jobs)]),
			array_fill(null::jsonb, array[cardinality(v_jobs)])) a;
	end if;
end
$$;

create or replace function worker_health(out ret_renderd int, out ret_eventd int, out ret_queued bigint, out ret_processing bigint,
	out ret_open_sockets bigint)
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select
		(select count(*)::int from worker where program = 'renderd' and stopped_at is null and seen_at > now() - interval '20 seconds'),
		(select count(*)::int from worker where program = 'eventd' and stopped_at is null and seen_at > now() - interval '20 seconds'),
		(select count(*) from job where finished_at is null and state in ('blocked', 'ready', 'waiting')),
		(select count(*) from job where state in ('running', 'external') or parked),
		(select coalesce(sum(open_sockets), 0) from worker
			where program = 'eventd' and stopped_at is null and seen_at > now() - interval '20 seconds')
$$;

-- What runs says so at least every five seconds: repeats the last frame of sessions that were silent for 2.5 s.
create or replace function sweep_progress() returns table (project uuid, seq bigint)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
#variable_conflict use_column
declare
	v_silent record;
begin
	for v_silent in
		select p.id, a.last_progress
		from ad_session a
		join project p on p.id = a.project_id
		where a.stage in ('image_generation', 'clip_generation', 'final_composition') and a.last_progress is not null
			and p.event_at < clock_timestamp() - interval '2.5 seconds'
		order by p.id
		for no key update of p skip locked
	loop
		project := v_silent.id;
		seq := event_add(v_silent.id, v_silent.last_progress);
		return next;
	end loop;
end
$$;

create or replace function sweep_partitions() returns bigint
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
begin
	-- Dropping a partition needs the table for itself: better tried again in an hour than in everybody's way.
	perform set_config('lock_timeout', '1s', true);
	return partitions_keep();
exception
	when lock_not_available then
		return 0;
end
$$;

-- Rows whose time is over.
create or replace function sweep_expired() returns bigint
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_all bigint := 0;
	v_count bigint;
begin
	delete from idempotency where created_at < now() - interval '24 hours';
	get diagnostics v_count = row_count;
	v_all := v_all + v_count;
	delete from refresh_token where expires_at < now() - interval '1 day';
	get diagnostics v_count = row_count;
	v_all := v_all + v_count;
	delete from ticket where expires_at < now() - interval '10 minutes';
	get diagnostics v_count = row_count;
	v_all := v_all + v_count;
	delete from login_attempt where at < now() - interval '1 hour';
	get diagnostics v_count = row_count;
	v_all := v_all + v_count;
	delete from rate_bucket where refilled_at < now() - interval '1 day';
	get diagnostics v_count = row_count;
	v_all := v_all + v_count;
	delete from cache_entry where expires_at < now();
	get diagnostics v_count = row_count;
	v_all := v_all + v_count;
	delete from worker where coalesce(stopped_at, seen_at) < now() - interval '7 days'
		and id not in (select worker_id from job_lease) and id < (select max(id) from worker);
	get diagnostics v_count = row_count;
	return v_all + v_count;
end
$$;

-- Jobs that ended 30 days ago and that nothing tells of: no call that cost money, no session that shows them, no open dependant. Senders of
-- webhooks, which a busy address needs one of every few seconds, go after an hour; their log stands elsewhere.
create or replace function sweep_old_jobs() returns bigint
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_count bigint;
begin
	delete from job j
	where j.id in (
		select o.id from job o
		where o.finished_at < now() - case o.kind when 'webhook.send' then interval '1 hour' else interval '30 days' end
			and not exists (select from ad_session a where a.run_job_id = o.id)
			and not exists (select from provider_call c where c.job_id = o.id and c.state = 'uncertain')
			and not exists (select from job_dep d join job c on c.id = d.child where d.parent = o.id and c.finished_at is null)
		order by o.finished_at
		limit 1000);
	get diagnostics v_count = row_count;
	return v_count;
end
$$;

-- Garbage collection of files is a job of renderd.
create or replace function sweep_collect() returns bigint
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
begin
	if exists (select from job where kind = 'store.collect' and finished_at is null and owner_id is null) then
		return 0;
	end if;
	perform job_add('store.collect', null, null);
	return 1;
end
$$;

-- Promotes what is due, rescues, sweeps. Writes nothing when nothing is due. ret_projects and ret_seqs: events written, for the hints.
create or replace function tick(out ret_promoted bigint, out ret_rescued bigint, out ret_ready bigint, out ret_uncertain bigint,
	out ret_next_due_ms bigint, out ret_projects text[], out ret_seqs bigint[], out ret_alarms bigint)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_now timestamptz := clock_timestamp();
	v_due bigint[];
	v_sweep record;
	v_rows bigint;
begin
	perform set_config('synchronous_commit', 'off', true);
	select coalesce(array_agg(j.id), '{}') into v_due
	from (select id from job where state = 'waiting' and run_at <= v_now order by run_at limit 500 for no key update skip locked) j;
	perform job_make_ready(v_due);
	ret_promoted := cardinality(v_due);
	select coalesce(array_agg(j.id), '{}') into v_due
	from (select id from job where state = 'external' and next_poll_at <= v_now order by next_poll_at limit 500
		for no key update skip locked) j;
	perform job_make_ready(v_due);
	ret_promoted := ret_promoted + cardinality(v_due);

	select count(*), array_agg(r.project::text) filter (where r.seq is not null), array_agg(r.seq) filter (where r.seq is not null)
	into ret_rescued, ret_projects, ret_seqs
	from job_rescue() r;

	for v_sweep in select name from sweep where due_at <= v_now order by name for no key update skip locked loop
		execute format('select %I()', 'sweep_' || v_sweep.name) into v_rows;
		update sweep set due_at = v_now + every, last_at = v_now, last_rows = v_rows where name = v_sweep.name;
	end loop;
	perform webhook_wake();
	select ret_projects || array_agg(p.project::text), ret_seqs || array_agg(p.seq) into ret_projects, ret_seqs from sweep_progress() p;
	ret_projects := coalesce(ret_projects, '{}');
	ret_seqs := coalesce(ret_seqs, '{}');

	select (select count(*) from (select from job where state = 'ready' and not parked limit 1000) r)
		+ (select count(*) from job where state = 'ready' and parked) into ret_ready;
	select count(*) into ret_uncertain from provider_call where state = 'uncertain';
	select count(*) into ret_alarms from alarm;
	select case when d.at is not null then greatest(0, extract(epoch from d.at - clock_timestamp()) * 1000)::bigint end into ret_next_due_ms
	from (select least((select min(run_at) from job where state = 'waiting'),
		(select min(next_poll_at) from job where state = 'external')) as at) d;
end
$$;
