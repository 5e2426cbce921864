-- The advert flow: what all its functions share, reading, creating and deleting sessions. Starting steps is in ad_start.sql, the
-- user's choices in ad_select.sql, what ended jobs mean in ad_end.sql, progress in ad_progress.sql.
--
-- A session's state changes under the lock of its project row only. A step that was started has a run number; jobs carry it in their
-- payload, and what an older or cancelled run brings home is stored (it was paid for) but does not move the session.
--
-- Warnings are kept as {code, message, step}: a step that starts again drops its own and later ones.

create or replace function ad_setting(p_name text, p_default text)
returns text
language sql stable
set search_path = framewright, pg_temp
as $$
	select coalesce((select s.value from setting s where s.name = p_name), p_default)
$$;
comment on function ad_setting is 'A setting that renderd wrote from its configuration, or the default.';

create or replace function ad_settings_put(p_names text[], p_values text[])
returns void
language sql security definer
set search_path = framewright, pg_temp
as $$
	insert into setting (name, value)
	select n.name, n.value
	from unnest(p_names, p_values) as n (name, value)
	where n.value is not null
	on conflict (name) do update set value = excluded.value, changed_at = now()
	where setting.value <> excluded.value
$$;
comment on function ad_settings_put is 'What the flow needs to know of the configuration: public_app_url, text_provider, image_provider, video_provider, providers, ahead. [roles: rc]';

-- The queue of a step's jobs. p_wanted: auto (or null) is the first configured one, local the built-in one, any other has to be configured.
create or replace function ad_provider(p_wanted text, p_setting text)
returns text
language plpgsql stable
set search_path = framewright, pg_temp
as $$
begin
	if p_wanted is null or p_wanted = 'auto' then
		return nullif(ad_setting(p_setting, ''), '');
	end if;
	if p_wanted <> 'local' and not p_wanted = any(string_to_array(ad_setting('providers', ''), ',')) then
		perform refuse(503, 'provider_unavailable', format('The provider "%s" is not set up here.', p_wanted), '/provider',
			'choose auto or local, or have its key configured');
	end if;
	return p_wanted;
end
$$;
comment on function ad_provider is 'Which queue a step''s jobs go to.';

create or replace function ad_money(p_micros bigint)
returns jsonb
language sql immutable parallel safe
set search_path = framewright, pg_temp
as $$
	select to_jsonb(trim_scale(p_micros / 1000000::numeric))
$$;
comment on function ad_money is 'Micro-dollars as an exact JSON number.';

create or replace function ad_seconds(p_us bigint)
returns jsonb
language sql immutable parallel safe
set search_path = framewright, pg_temp
as $$
	select to_jsonb(trim_scale(round(p_us / 1000000::numeric, 3)))
$$;
comment on function ad_seconds is 'Microseconds as JSON seconds.';

create or replace function ad_url(p_asset text)
returns text
language sql stable
set search_path = framewright, pg_temp
as $$
	select rtrim(ad_setting('public_app_url', ''), '/') || '/media/' || p_asset
$$;
comment on function ad_url is 'The address of a file in an event.';

create or replace function ad_price(p_model text, p_agent text)
returns bigint
language sql stable
set search_path = framewright, pg_temp
as $$
	select coalesce(price_of(p_model, p_agent), 0)
$$;
comment on function ad_price is 'Price of a call for estimates; what is not in the table costs nothing.';

-- What a step is called in each place. kind: as in run_kind.
create or replace function ad_step(p_kind text, out running text, out before text, out gate text, out place int)
language sql immutable
set search_path = framewright, pg_temp
as $$
	select s.running, s.before, s.gate, s.place
	from (values
		('images', 'image_generation', 'created', 'images', 1),
		('clips', 'clip_generation', 'image_selection', 'clips', 2),
		('compose', 'final_composition', 'clip_selection', 'final', 3)
	) as s (kind, running, before, gate, place)
	where s.kind = p_kind
$$;
comment on function ad_step is 'The running stage of a step, the resting stage before it, the gate behind it, and its place in the flow.';

-- Without a search_path of its own, so that it becomes a part of what asks it.
create or replace function ad_is_running(p_stage text)
returns boolean
language sql immutable
as $$
	select p_stage in ('image_generation', 'clip_generation', 'final_composition')
$$;
comment on function ad_is_running is 'Whether a job works for a session in this stage.';

-- Locks a session for a change by the caller.
create or replace function ad_lock(p_session uuid, p_need text, out session ad_session, out project project)
language plpgsql
set search_path = framewright, pg_temp
as $$
begin
	perform project_need(p_session, p_need);
	select p.* into project
	from project p
	where p.id = p_session and p.kind = 'ad' and p.deleted_at is null
	for no key update;
	if project.id is null then
		perform refuse(404, 'session_not_found', 'There is no such session');
	end if;
	select s.* into session from ad_session s where s.project_id = p_session;
end
$$;
comment on function ad_lock is 'The session under its project''s lock; refuses who may not.';

create or replace function ad_refuse_stage(p_stage text)
returns void
language plpgsql
set search_path = framewright, pg_temp
as $$
begin
	perform refuse(409, 'invalid_stage', format('This is not possible in stage "%s"', p_stage));
end
$$;
comment on function ad_refuse_stage is 'The refusal for everything the stage machine does not know.';

create or replace function ad_warn(p_list jsonb, p_step text, p_code text, p_message text)
returns jsonb
language sql immutable
set search_path = framewright, pg_temp
as $$
	select case
		when exists (
			select
			from jsonb_array_elements(p_list) w
			where w ->> 'code' = p_code and w ->> 'message' = p_message
		) then p_list
		else p_list || jsonb_build_array(jsonb_build_object('code', p_code, 'message', p_message, 'step', p_step))
	end
$$;
comment on function ad_warn is 'Adds a warning once.';

create or replace function ad_warning_text(p_code text)
returns text
language sql immutable
set search_path = framewright, pg_temp
as $$
	select case p_code
		when 'prompt_fallback' then 'The prompt was planned by the built-in template planner'
		when 'scene_fallback' then 'The scenes were planned by the built-in template planner'
		when 'model_fallback' then 'Another model was used because the chosen one was not available'
		when 'content_softened' then 'A prompt was softened because the content filter refused it'
		when 'font_fallback' then 'The chosen font is not installed; DejaVuSans-Bold was used'
		when 'genre_fallback' then 'There is no music of this genre; "upbeat" was used'
		when 'duration_out_of_range' then 'The video is not 8 to 12 seconds long'
		when 'reduced_resolution' then 'The video was made in 1280x720 because of a lack of memory'
		when 'large_file' then 'The file is larger than 20 MB'
		else p_code
	end
$$;
comment on function ad_warning_text is 'What a warning says when the job that gave it did not say it.';

-- A job's result may carry `warning` or `warnings`, as {code, message} or as a code alone.
create or replace function ad_warn_result(p_list jsonb, p_step text, p_result jsonb)
returns jsonb
language plpgsql immutable
set search_path = framewright, pg_temp
as $$
declare
	v_all jsonb := coalesce(p_result -> 'warnings', '[]');
	v_one jsonb;
	v_code text;
begin
	if jsonb_typeof(v_all) <> 'array' then
		v_all := '[]';
	end if;
	if p_result ? 'warning' then
		v_all := v_all || jsonb_build_array(p_result -> 'warning');
	end if;
	for v_one in select * from jsonb_array_elements(v_all) loop
		v_code := case jsonb_typeof(v_one) when 'object' then v_one ->> 'code' when 'string' then v_one #>> '{}' end;
		if v_code is not null and v_code <> '' then
			p_list := ad_warn(p_list, p_step, v_code, coalesce(nullif(v_one ->> 'message', ''), ad_warning_text(v_code)));
		end if;
	end loop;
	return p_list;
end
$$;
comment on function ad_warn_result is 'Adds the warnings of a job''s result.';

-- Forgets the warnings of a step and of those behind it.
create or replace function ad_warnings_from(p_list jsonb, p_step text)
returns jsonb
language sql immutable
set search_path = framewright, pg_temp
as $$
	select coalesce(jsonb_agg(w order by n), '[]')
	from jsonb_array_elements(p_list) with ordinality as x (w, n)
	where coalesce((ad_step(w ->> 'step')).place, 0) < (ad_step(p_step)).place
$$;
comment on function ad_warnings_from is 'The warnings that are left when a step starts again.';

create or replace function ad_warnings_shown(p_list jsonb)
returns jsonb
language plpgsql immutable
set search_path = framewright, pg_temp
as $$
begin
	return (
		select coalesce(jsonb_agg(w - 'step' order by n), '[]')
		from jsonb_array_elements(p_list) with ordinality as x (w, n)
	);
end
$$;
comment on function ad_warnings_shown is 'Warnings as clients see them.';

-- Cache keys ---------------------------------------------------------------------------------------------------------------------------

-- The provider is part of a key: what the stand-in made must not pass for the real thing once a key was configured.
create or replace function ad_prompt_key(p_prompt text, p_num_images int, p_keywords text[], p_model text)
returns text
language sql stable
set search_path = framewright, pg_temp
as $$
	select encode(sha256(convert_to(jsonb_build_array(
		'prompt', 1,
		lower(regexp_replace(trim(p_prompt), '\s+', ' ', 'g')),
		p_num_images,
		(select coalesce(jsonb_agg(lower(trim(k)) order by lower(trim(k))), '[]') from unnest(p_keywords) k),
		p_model,
		ad_setting('text_provider', 'local')
	)::text, 'UTF8')), 'hex')
$$;
comment on function ad_prompt_key is 'Under which key a planner''s result is kept.';

create or replace function ad_image_key(p_model text, p_prompt jsonb)
returns text
language sql stable
set search_path = framewright, pg_temp
as $$
	select encode(sha256(convert_to(jsonb_build_array(
		'image', 1, p_model, ad_setting('image_provider', 'local'), p_prompt
	)::text, 'UTF8')), 'hex')
$$;
comment on function ad_image_key is 'Under which key a picture is kept; p_prompt is an element of image_prompts with its seed.';

-- A hit renews the blob's grace time, so that the file stays until the job that found it has ended.
create or replace function cache_find(p_key text)
returns table (kind text, value text, asset_sha256 text)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
begin
	return query
	update cache_entry c
	set hits = c.hits + 1
	where c.key = p_key and c.expires_at > now()
	returning c.kind, c.value::text, c.asset_sha256;
	update blob b
	set created_at = now()
	from cache_entry c
	where c.key = p_key and b.sha256 = c.asset_sha256;
end
$$;
comment on function cache_find is 'A live entry; counts the hit. [roles: r]';

create or replace function cache_put(p_key text, p_kind text, p_value jsonb, p_sha256 text, p_life interval)
returns void
language sql
set search_path = framewright, pg_temp
as $$
	insert into cache_entry (key, kind, value, asset_sha256, expires_at)
	values (p_key, p_kind, p_value, p_sha256, now() + p_life)
	on conflict (key) do update
	set value = excluded.value, asset_sha256 = excluded.asset_sha256, expires_at = excluded.expires_at, created_at = now()
$$;
comment on function cache_put is 'Keeps a result for the next one who asks the same.';

-- Sessions -----------------------------------------------------------------------------------------------------------------------------

create or replace function ad_create(p_limit_micros bigint)
returns table (id uuid, created_at timestamptz)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_project project;
begin
	insert into project (kind, owner_id, limit_micros)
	values ('ad', caller_need(), nullif(p_limit_micros, 0))
	returning * into v_project;
	insert into ad_session (project_id) values (v_project.id);
	return query select v_project.id, v_project.created_at;
end
$$;
comment on function ad_create is 'A new session of the caller. [roles: ac]';

create or replace function ad_version(p_session uuid)
returns table (seq bigint, role text)
language plpgsql stable security definer
set search_path = framewright, pg_temp
as $$
begin
	return query
	select p.event_seq, project_role(p.id, caller())
	from project p
	where p.id = p_session and p.kind = 'ad' and p.deleted_at is null;
end
$$;
comment on function ad_version is 'Number and role for the ETag; no row or no role: there is none. [roles: ac]';

create or replace function ad_get(p_session uuid)
returns table (id uuid, user_id int, role text, seq bigint, stage text, failed_stage text, product_prompt text, video_prompt text,
	product_category text, consistency_seed int, style_keywords text, approved_images text, approved_clips text, clip_order text,
	total_micros bigint, limit_micros bigint, error_code text, error_message text, warnings text, progress text, run_kind text,
	run_job uuid, created_at timestamptz, updated_at timestamptz)
language plpgsql stable security definer
set search_path = framewright, pg_temp
as $$
begin
	return query
	select p.id, p.owner_id, r.role, p.event_seq, s.stage, s.failed_stage, s.product_prompt, s.video_prompt,
		s.product_category, s.consistency_seed, to_jsonb(s.style_keywords)::text, to_jsonb(s.approved_image_ids)::text,
		to_jsonb(s.approved_clip_ids)::text, to_jsonb(s.clip_order)::text,
		p.total_micros, coalesce(p.limit_micros, setting_micros('cost_limit_micros', 200000000)),
		case when s.stage = 'failed' then s.error_code end, case when s.stage = 'failed' then s.error_message end,
		ad_warnings_shown(s.warnings)::text, s.last_progress::text,
		case when ad_is_running(s.stage) then s.run_kind end,
		case when ad_is_running(s.stage) then (select j.public_id from job j where j.id = s.run_job_id) end,
		p.created_at, greatest(p.updated_at, s.updated_at)
	from project p
	join ad_session s on s.project_id = p.id
	cross join project_role(p.id, caller()) as r (role)
	where p.id = p_session and p.deleted_at is null and r.role is not null;
end
$$;
comment on function ad_get is 'A session that the caller may see; no row: there is none. [roles: ac]';

-- Pictures, clips and the final film in one list, each in its order.
create or replace function ad_assets(p_session uuid)
returns table (list text, id text, thumbnail_id text, last_frame_id text, parent_id text, width int, height int, duration_us bigint, fps_num int, fps_den int,
	bytes bigint, price_micros bigint, generation_ms bigint, model text, cached boolean, simulated boolean, uploaded boolean,
	approved boolean, created_at timestamptz, view_type text, seed bigint, scene_prompt text, camera_movement text,
	motion_intensity double precision, product_name text, request text, measurements text)
language plpgsql stable security definer
set search_path = framewright, pg_temp
as $$
begin
	return query
	select l.list, a.id,
		case when l.list <> 'image' then asset_piece(a.id, 'thumbnail') end,
		case when l.list = 'clip' then asset_piece(a.id, 'last_frame') end,
		a.parent_id, a.width, a.height, a.duration_us, a.fps_num, a.fps_den, a.bytes, a.price_micros, a.generation_ms, a.model,
		a.cached, a.simulated, a.source = 'derived' and l.list = 'image',
		a.id = any (s.approved_image_ids || s.approved_clip_ids), a.created_at,
		a.metadata ->> 'view_type', (a.metadata ->> 'seed')::bigint, a.metadata ->> 'scene_prompt', a.metadata ->> 'camera_movement',
		(a.metadata ->> 'motion_intensity')::double precision, a.metadata #>> '{request,text_overlay,product_name}',
		(a.metadata -> 'request')::text, (a.metadata -> 'measurements')::text
	from ad_session s
	cross join lateral (
		select 'image' as list, i.id, i.n from unnest(s.generated_image_ids) with ordinality as i (id, n)
		union all
		select 'clip', c.id, c.n from unnest(s.generated_clip_ids) with ordinality as c (id, n)
		union all
		select 'final', s.final_video_id, 1 where s.final_video_id is not null
	) l
	join asset a on a.id = l.id and a.state = 'ready'
	where s.project_id = p_session and project_role(p_session, caller()) is not null
	order by case l.list when 'image' then 1 when 'clip' then 2 else 3 end, l.n;
end
$$;
comment on function ad_assets is 'The files of a session that the caller may see. [roles: ac]';

create or replace function ad_list(p_limit int, p_before timestamptz, p_before_id uuid, p_offset bigint)
returns table (id uuid, stage text, product_prompt text, thumbnail_id text, final_video_id text, total_micros bigint,
	created_at timestamptz, updated_at timestamptz, role text, total bigint)
language plpgsql stable security definer
set search_path = framewright, pg_temp
as $$
begin
	return query
	with mine as (
		select p.*
		from project p
		where p.owner_id = caller() and p.deleted_at is null and p.kind = 'ad'
		union all
		select p.*
		from project_member m
		join project p on p.id = m.project_id
		where m.user_id = caller() and p.deleted_at is null and p.kind = 'ad'
	), page as (
		select m.*, count(*) over () as all_rows
		from mine m
	)
	select p.id, s.stage, s.product_prompt,
		coalesce(
			asset_piece(s.final_video_id, 'thumbnail'),
			s.generated_image_ids[1]),
		s.final_video_id, p.total_micros, p.created_at, greatest(p.updated_at, s.updated_at), project_role(p.id, caller()),
		p.all_rows
	from page p
	join ad_session s on s.project_id = p.id
	where p_before is null or (p.created_at, p.id) < (p_before, p_before_id)
	order by p.created_at desc, p.id desc
	limit p_limit
	offset p_offset;
end
$$;
comment on function ad_list is 'A page of the caller''s own and shared sessions, newest first, each with the number of all. [roles: ac]';

create or replace function ad_set_limit(p_session uuid, p_limit_micros bigint)
returns bigint
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
begin
	perform ad_lock(p_session, 'owner');
	if p_limit_micros is null or p_limit_micros <= 0 then
		perform refuse(422, 'validation_error', 'The limit must be more than 0', '/cost_limit');
	end if;
	update project set limit_micros = p_limit_micros where id = p_session;
	return project_touch(p_session);
end
$$;
comment on function ad_set_limit is 'The most a session may cost. [roles: ac]';

create or replace function ad_delete(p_session uuid)
returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_row record;
	v_stage text;
	v_ids text[];
begin
	perform ahead_cancel(p_session);
	select * into v_row from ad_lock(p_session, 'owner');
	v_stage := (v_row.session).stage;
	if ad_is_running(v_stage) or exists (
		select from job j where j.project_id = p_session and j.finished_at is null and j.cancel_requested_at is null
	) then
		perform refuse(409, 'already_running', 'A job is working for this session', '', 'cancel it first');
	end if;
	select coalesce(array_agg(a.id), '{}') into v_ids from asset a where a.project_id = p_session;
	-- The user wants the bytes gone; a cache must not keep them for another day.
	delete from cache_entry c using asset a where a.project_id = p_session and c.asset_sha256 = a.sha256;
	perform asset_end(v_ids);
	update project set deleted_at = now(), event_seq = event_seq + 1 where id = p_session;
end
$$;
comment on function ad_delete is 'Hides a session and its costs, and ends its files; the ledger keeps its rows. [roles: ac]';
