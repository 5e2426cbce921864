-- Films from timelines: start, look, cancel, delete; what ended jobs mean for them is in render_end.sql.
--
-- Jobs find all they need in their payload:
--   render.plan    timeline, assets [{name, sha256}]
--   render.film    the same, render_id, name, outputs, on_degrade
--   render.span    film (its job), key of its plan, first and count of the spans, sound, of (how many parts)
--   render.ahead   timeline, assets

-- p_timeline null: the draft p_timeline_id of this project is meant. A dry run adds a job that only plans, and no render.
create or replace function render_start(p_project uuid, p_timeline json, p_timeline_id uuid, p_timeline_version int, p_assets text[],
	p_outputs jsonb, p_name text, p_on_degrade text, p_dry_run boolean, p_request_id text)
returns table (render_id uuid, job_id uuid, job bigint, seq bigint)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_project project;
	v_inputs jsonb;
	v_payload jsonb;
	v_render uuid;
	v_job bigint;
	v_seq bigint;
begin
	if not p_dry_run then
		perform ahead_cancel(p_project);
	end if;
	v_project := project_lock(p_project, 'editor');
	perform cost_check(v_project.id, v_project.owner_id, 0);
	v_payload := jsonb_build_object('timeline', p_timeline::jsonb, 'assets', timeline_inputs(p_assets));
	if p_dry_run then
		v_job := job_add('render.plan', v_project.owner_id, p_project, v_payload, p_request_id => p_request_id);
		return query select null::uuid, j.public_id, j.id, v_project.event_seq from job j where j.id = v_job;
		return;
	end if;
	insert into render (project_id, started_by, timeline_id, timeline_version, name, on_degrade, outputs, timeline)
	values (p_project, caller(), p_timeline_id, p_timeline_version, coalesce(p_name, ''), p_on_degrade, p_outputs, p_timeline)
	returning id into v_render;
	v_job := job_add('render.film', v_project.owner_id, p_project, v_payload || jsonb_strip_nulls(jsonb_build_object(
		'render_id', v_render, 'outputs', p_outputs, 'on_degrade', p_on_degrade, 'name', p_name)), p_request_id => p_request_id);
	update render r set job_id = v_job where r.id = v_render;
	v_seq := event_add(p_project, jsonb_build_object('type', 'render.queued', 'render_id', v_render, 'name', coalesce(p_name, '')), v_job);
	return query select v_render, j.public_id, j.id, v_seq from job j where j.id = v_job;
end
$$;
comment on function render_start is 'Starts rendering a timeline, or planning it. [roles: ac]';

-- One row as the programs read it. Without a search_path of its own, so that it is planned as part of the query that asks it.
create or replace function render_info(p_render render)
returns table (id uuid, project_id uuid, role text, seq bigint, name text, state text, phase text, progress real, on_degrade text,
	timeline_id uuid, timeline_version int, job_id uuid, plan text, report text, warnings text, files text, film_id text, width int,
	height int, fps_num int, fps_den int, duration_us bigint, bytes bigint, live boolean, error_code text, error_message text,
	created_at timestamptz, started_at timestamptz, finished_at timestamptz)
language sql stable
as $$
	select p_render.id, p_render.project_id, r.role, p.event_seq, p_render.name, p_render.state, p_render.phase, p_render.progress,
		p_render.on_degrade, p_render.timeline_id, p_render.timeline_version,
		(select j.public_id from job j where j.id = p_render.job_id), p_render.plan::text, p_render.report::text,
		p_render.warnings::text, p_render.files::text, p_render.film_id, a.width, a.height, a.fps_num, a.fps_den, a.duration_us, a.bytes,
		coalesce((p_render.outputs ->> 'live')::boolean, false), p_render.error_code, p_render.error_message,
		p_render.created_at, p_render.started_at, p_render.finished_at
	from project p
	cross join project_role(p.id, caller()) as r (role)
	left join asset a on a.id = p_render.film_id
	where p.id = p_render.project_id and p.deleted_at is null and p_render.deleted_at is null and r.role is not null
$$;
comment on function render_info is 'A render in the shape that programs read; no row: the caller may not see it.';

create or replace function render_find(p_id uuid)
returns table (id uuid, project_id uuid, role text, seq bigint, name text, state text, phase text, progress real, on_degrade text,
	timeline_id uuid, timeline_version int, job_id uuid, plan text, report text, warnings text, files text, film_id text, width int,
	height int, fps_num int, fps_den int, duration_us bigint, bytes bigint, live boolean, error_code text, error_message text,
	created_at timestamptz, started_at timestamptz, finished_at timestamptz)
language plpgsql stable security definer
set search_path = framewright, pg_temp
as $$
begin
	return query
	select i.* from render r, render_info(r) i where r.id = p_id;
end
$$;
comment on function render_find is 'A render that the caller may see; no row: there is none. [roles: ac]';

create or replace function render_of_job(p_job uuid)
returns uuid
language plpgsql stable security definer
set search_path = framewright, pg_temp
as $$
begin
	return (
		select r.id
		from job j
		join render r on r.job_id = j.id
		where j.public_id = p_job and project_role(r.project_id, caller()) is not null
	);
end
$$;
comment on function render_of_job is 'The render that a job makes, or null. [roles: ac]';

create or replace function render_list(p_project uuid, p_limit int, p_before timestamptz, p_before_id uuid, p_offset bigint)
returns table (id uuid, project_id uuid, role text, seq bigint, name text, state text, phase text, progress real, on_degrade text,
	timeline_id uuid, timeline_version int, job_id uuid, plan text, report text, warnings text, files text, film_id text, width int,
	height int, fps_num int, fps_den int, duration_us bigint, bytes bigint, live boolean, error_code text, error_message text,
	created_at timestamptz, started_at timestamptz, finished_at timestamptz)
language plpgsql stable security definer
set search_path = framewright, pg_temp
as $$
begin
	if project_role(p_project, caller_need()) is null then
		perform refuse(404, 'project_not_found', 'There is no such project');
	end if;
	return query
	select i.*
	from (
		select r
		from render r
		where r.project_id = p_project and r.deleted_at is null
		  and (p_before is null or (r.created_at, r.id) < (p_before, p_before_id))
		order by r.created_at desc, r.id desc
		limit p_limit offset p_offset
	) page, render_info(page.r) i
	order by i.created_at desc, i.id desc;
end
$$;
comment on function render_list is 'A page of a project''s renders, newest first. [roles: ac]';

-- Cancelling and deleting need an editor. Jobs are locked before the project.
create or replace function render_need(p_render uuid, out render render)
language plpgsql stable
set search_path = framewright, pg_temp
as $$
declare
	v_role text;
begin
	select r.* into render from render r where r.id = p_render and r.deleted_at is null;
	v_role := project_role(render.project_id, caller_need());
	if v_role is null then
		perform refuse(404, 'render_not_found', 'There is no such render');
	elsif v_role = 'viewer' then
		perform refuse(403, 'forbidden', 'Viewers cannot change renders');
	end if;
end
$$;
comment on function render_need is 'A render that the caller may change; refuses otherwise.';

create or replace function render_cancel(p_render uuid)
returns table (job bigint, state text, project uuid, seq bigint, woke boolean)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
#variable_conflict use_column
declare
	v_render render := render_need(p_render);
begin
	if v_render.finished_at is not null or v_render.job_id is null then
		perform refuse(409, 'already_finished', 'The render has already ended');
	end if;
	return query select c.* from job_cancel_many(array[v_render.job_id]) c;
end
$$;
comment on function render_cancel is 'Cancels a render. [roles: ac]';

create or replace function render_delete(p_render uuid)
returns bigint
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_render render := render_need(p_render);
begin
	perform from project p where p.id = v_render.project_id for no key update;
	select r.* into v_render from render r where r.id = p_render;
	if v_render.finished_at is null then
		perform refuse(409, 'already_running', 'The render has not ended', '', 'cancel it first');
	end if;
	perform asset_end(render_assets(v_render));
	update render set deleted_at = now(), film_id = null, files = '{}', timeline = '{}', plan = null, report = null where id = p_render;
	return project_touch(v_render.project_id);
end
$$;
comment on function render_delete is 'Deletes a render and its files. [roles: ac]';

-- Progress ------------------------------------------------------------------------------------------------------------------------------

-- From renderd, before the first frame: the plan is known.
create or replace function render_planned(p_job bigint, p_plan jsonb)
returns table (project_id uuid, seq bigint)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_render render;
begin
	select r.* into v_render from render r where r.job_id = p_job and r.finished_at is null;
	if not found then
		return query select null::uuid, 0::bigint;
		return;
	end if;
	perform from project p where p.id = v_render.project_id for no key update;
	update render r
	set plan = p_plan, state = 'running', started_at = coalesce(r.started_at, now()), phase = 'plan', progress = 0, progress_at = now()
	where r.id = v_render.id and r.finished_at is null;
	return query select v_render.project_id, event_add(v_render.project_id, jsonb_build_object('type', 'render.started',
		'render_id', v_render.id, 'name', v_render.name, 'progress', 0, 'spans', (p_plan -> 'spans') - 'list',
		'estimated_s', p_plan #> '{estimate,seconds}'), p_job);
end
$$;
comment on function render_planned is 'The plan of a render that begins; the number of the event. [roles: r]';

-- From renderd: this render is that far. An event at most twice a second.
create or replace function render_progress(p_job bigint, p_phase text, p_fraction double precision)
returns table (project_id uuid, seq bigint)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_render render;
	v_fraction real := least(1, greatest(0, coalesce(nullif(p_fraction, 'NaN'), 0)));
begin
	select r.* into v_render from render r where r.job_id = p_job and r.state = 'running';
	if not found or v_fraction < v_render.progress
		or v_render.phase = p_phase and v_render.progress_at > clock_timestamp() - interval '500 milliseconds'
	then
		return query select null::uuid, 0::bigint;
		return;
	end if;
	perform from project p where p.id = v_render.project_id for no key update;
	update render r set phase = p_phase, progress = v_fraction, progress_at = clock_timestamp()
	where r.id = v_render.id and r.state = 'running';
	if not found then
		return query select null::uuid, 0::bigint;
		return;
	end if;
	return query select v_render.project_id, event_add(v_render.project_id, jsonb_build_object('type', 'render.progress',
		'render_id', v_render.id, 'phase', p_phase, 'progress', trim_scale(round(v_fraction::numeric, 4))), p_job);
end
$$;
comment on function render_progress is 'A render tells how far it is; the number of the event, or 0 when none was written. [roles: r]';

-- A film made by all machines together -------------------------------------------------------------------------------------------------
--
-- The film's job was there first, so it cannot be a dependant of its parts: parents have lower ids, and everything is locked in that order.
-- It waits instead, and the end of the last part makes it ready. That may be missed (the row is passed over when somebody holds it), which
-- costs no more than the few seconds until the job looks by itself.

create or replace function render_parts(p_job bigint, out total int, out open int)
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select count(*)::int, (count(*) filter (where j.finished_at is null))::int
	from job f join job j on j.project_id = f.project_id and j.id > f.id
	where f.id = p_job and j.kind = 'render.span' and (j.payload ->> 'film')::bigint = p_job
$$;
comment on function render_parts is 'How many parts a film was divided into, and how many have not ended. [roles: r]';

create or replace function render_divide(p_job bigint, p_lease bigint, p_parts jsonb)
returns int
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_job job;
	v_part jsonb;
	v_parts record;
begin
	perform from job_lease l where l.job_id = p_job and l.lease = p_lease for update;
	if not found then
		perform refuse(409, 'stale_lease', 'The lease of this attempt is over.');
	end if;
	select j.* into v_job from job j where j.id = p_job for no key update;
	select * into v_parts from render_parts(p_job);
	if v_parts.total > 0 then
		return v_parts.open;
	end if;
	-- Alone it is as well done in one go.
	if (select count(*) from worker w where w.program = 'renderd' and w.stopped_at is null and not w.draining
			and w.seen_at > clock_timestamp() - lease_ttl()) < 2 then
		return 0;
	end if;
	for v_part in select p from jsonb_array_elements(p_parts) p loop
		perform job_add('render.span', v_job.owner_id, v_job.project_id, v_part || jsonb_build_object('film', p_job,
			'of', jsonb_array_length(p_parts)), p_priority => v_job.priority, p_request_id => v_job.request_id);
	end loop;
	-- Joining goes before what the owner started later: that is two steps of priority.
	update job j set priority = greatest(1, j.priority - 2) where j.id = p_job;
	return jsonb_array_length(p_parts);
end
$$;
comment on function render_divide is 'Adds a job for each part of a film that several machines make together; how many have not ended. [roles: r]';
