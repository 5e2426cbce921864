-- The event log: one counter per project, raised under the project row's lock in the statement that writes the event, so that the order
-- of seq is the order of commits and a client that resumes after the last seq misses nothing.

-- Writes one frame; seq, session_id and timestamp are put into it. Locks the project. Returns the seq, null when there is no such project.
create or replace function event_add(p_project uuid, p_payload jsonb, p_job bigint default null) returns bigint
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_seq bigint;
	v_now timestamptz := clock_timestamp();
	v_owner int;
	v_payload jsonb;
begin
	update project set event_seq = event_seq + 1, event_at = v_now where id = p_project returning event_seq, owner_id into v_seq, v_owner;
	if v_seq is null then
		return null;
	end if;
	v_payload := p_payload || jsonb_build_object('session_id', p_project, 'seq', v_seq,
		'timestamp', to_char(v_now at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'));
	insert into event (project_id, seq, payload, job_id, created_at) values (p_project, v_seq, v_payload, p_job, v_now);
	perform webhook_enqueue(p_project, v_owner, v_seq, v_payload);
	return v_seq;
end
$$;

-- Partitions of event and webhook_delivery: today's and the next three days' are made, those that ended 48 h ago (of the deliveries, whose
-- last attempt comes after 76 h, eight days ago) are dropped. A day whose rows already went to the default partition is left there. Returns
-- how many were made or dropped.
create or replace function partitions_keep(p_now timestamptz default now()) returns int
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_parent text;
	v_name text;
	v_day timestamptz;
	v_taken boolean;
	v_old record;
	v_count int := 0;
	v_kept interval;
begin
	if not pg_try_advisory_xact_lock(hashtext('framewright.partitions')) then
		return 0;
	end if;
	foreach v_parent in array array['event', 'webhook_delivery'] loop
		v_kept := case v_parent when 'event' then interval '48 hours' else interval '8 days' end;
		for i in 0..3 loop
			v_day := date_trunc('day', p_now at time zone 'UTC') at time zone 'UTC' + i * interval '1 day';
			v_name := v_parent || '_' || to_char(v_day at time zone 'UTC', 'YYYYMMDD');
			continue when to_regclass('framewright.' || v_name) is not null;
			execute format('select exists (select from %I where created_at >= $1 and created_at < $1 + interval ''1 day'')',
				v_parent || '_rest') using v_day into v_taken;
			continue when v_taken;
			execute format('create table %I partition of %I for values from (%L) to (%L)', v_name, v_parent, v_day,
				v_day + interval '1 day');
			if v_parent = 'webhook_delivery' then
				execute format('alter table %I set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200)', v_name);
			end if;
			execute format('alter table %I enable row level security', v_name);
			v_count := v_count + 1;
		end loop;
		for v_old in
			select c.relname
			from pg_inherits i
			join pg_class c on c.oid = i.inhrelid
			where i.inhparent = ('framewright.' || v_parent)::regclass and c.relname ~ '_[0-9]{8}$'
				and to_date(right(c.relname, 8), 'YYYYMMDD')::timestamp + interval '1 day' < (p_now - v_kept) at time zone 'UTC'
		loop
			execute format('drop table %I', v_old.relname);
			v_count := v_count + 1;
		end loop;
		execute format('delete from %I where created_at < $1', v_parent || '_rest') using p_now - v_kept;
	end loop;
	return v_count;
end
$$;
