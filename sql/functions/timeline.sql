-- Drafts of films, and work that is done ahead: what a saved choice or draft is going to need is encoded while nothing else is to be done.

-- Ends the work ahead of a project: something better informed comes now. To be called before the project is locked. Those that run learn it
-- with their next heartbeat; the daemon that starts the project's real work stops them at once.
create or replace function ahead_cancel(p_project uuid)
returns void
language sql
set search_path = framewright, pg_temp
as $$
	select count(*)
	from job_cancel_many(array(
		select j.id
		from job j
		where j.project_id = p_project and j.finished_at is null and j.kind in ('ad.ahead', 'render.ahead')
		order by j.id))
$$;
comment on function ahead_cancel is 'Ends what is done ahead for a project.';

create or replace function ahead_add(p_kind text, p_project uuid, p_owner int, p_payload jsonb)
returns void
language plpgsql
set search_path = framewright, pg_temp
as $$
begin
	if ad_setting('ahead', 'on') = 'on' then
		-- Choices are often changed right after they were saved.
		perform job_add(p_kind, p_owner, p_project, p_payload, p_delay_ms => 1000);
	end if;
end
$$;
comment on function ahead_add is 'Work ahead for a project, unless the operator switched it off.';

-- Names, contents and measures of files that a timeline uses, as far as the caller may see them and they are ready.
create or replace function timeline_assets(p_ids text[])
returns table (id text, sha256 text, media_type text, duration_us bigint, width int, height int)
language plpgsql stable security definer
set search_path = framewright, pg_temp
as $$
begin
	return query
	select a.id, a.sha256, a.media_type, a.duration_us, a.width, a.height
	from unnest(p_ids) as i (id)
	join asset a on a.id = i.id and a.state = 'ready'
	where a.owner_id = caller() or project_role(a.project_id, caller()) is not null;
end
$$;
comment on function timeline_assets is 'Files of a timeline that the caller may use. [roles: ac]';

-- The same as the jobs carry it, refused when one is missing.
create or replace function timeline_inputs(p_ids text[])
returns jsonb
language plpgsql stable
set search_path = framewright, pg_temp
as $$
declare
	v_inputs jsonb;
	v_count int;
begin
	select coalesce(jsonb_agg(jsonb_build_object('name', t.id, 'sha256', t.sha256) order by t.id), '[]'), count(*)
	into v_inputs, v_count
	from timeline_assets(p_ids) t;
	if v_count < cardinality(p_ids) then
		perform refuse(422, 'asset_not_found', 'The timeline names a file that is not there', '/timeline');
	end if;
	return v_inputs;
end
$$;
comment on function timeline_inputs is 'Names and contents of a timeline''s files; all of them or a refusal.';

-- A project under its lock, whatever its kind.
create or replace function project_lock(p_project uuid, p_need text)
returns project
language plpgsql
set search_path = framewright, pg_temp
as $$
declare
	v_project project;
begin
	if project_role(p_project, caller_need()) is null then
		perform refuse(404, 'project_not_found', 'There is no such project');
	end if;
	perform project_need(p_project, p_need);
	select p.* into v_project from project p where p.id = p_project and p.deleted_at is null for no key update;
	if v_project.id is null then
		perform refuse(404, 'project_not_found', 'There is no such project');
	end if;
	return v_project;
end
$$;
comment on function project_lock is 'The project under its lock; refuses who may not.';

create or replace function project_create(p_kind text, p_title text, p_limit_micros bigint)
returns uuid
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_id uuid;
begin
	insert into project (kind, owner_id, title, limit_micros)
	values (p_kind, caller_need(), p_title, nullif(p_limit_micros, 0))
	returning id into v_id;
	return v_id;
end
$$;
comment on function project_create is 'A new project of the caller. [roles: ac]';

create or replace function timeline_get(p_project uuid)
returns table (id uuid, version int, content text, role text, updated_at timestamptz)
language plpgsql stable security definer
set search_path = framewright, pg_temp
as $$
begin
	return query
	select t.id, t.version, t.content::text, r.role, t.updated_at
	from timeline t
	cross join project_role(t.project_id, caller()) as r (role)
	where t.project_id = p_project and r.role is not null;
end
$$;
comment on function timeline_get is 'The draft of a project that the caller may see. [roles: ac]';

-- p_version: the version that the caller changed, 0 for none yet, null for whatever there is.
create or replace function timeline_put(p_project uuid, p_content json, p_assets text[], p_version int)
returns table (id uuid, version int, updated_at timestamptz, seq bigint)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_project project;
	v_row timeline;
	v_inputs jsonb;
begin
	perform ahead_cancel(p_project);
	v_project := project_lock(p_project, 'editor');
	select t.* into v_row from timeline t where t.project_id = p_project;
	if p_version is not null and p_version <> coalesce(v_row.version, 0) then
		perform refuse(409, 'version_conflict', format('The timeline is at version %s by now', coalesce(v_row.version, 0)), '',
			'read it again and repeat the change');
	end if;
	v_inputs := timeline_inputs(p_assets);
	insert into timeline as t (project_id, content, changed_by)
	values (p_project, p_content, caller())
	on conflict (project_id) do update
	set content = excluded.content, version = t.version + 1, changed_by = excluded.changed_by, updated_at = now()
	returning t.* into v_row;
	perform ahead_add('render.ahead', p_project, v_project.owner_id,
		jsonb_build_object('timeline', p_content::jsonb, 'assets', v_inputs));
	return query select v_row.id, v_row.version, v_row.updated_at, project_touch(p_project);
end
$$;
comment on function timeline_put is 'Stores the draft of a project. [roles: ac]';
