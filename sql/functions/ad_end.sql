-- What an ended job means for its session: the on_finish functions of the advert flow. They are called in the statement that ends the
-- job, with jobs, dependants and project locked and the provider call settled.
--
-- What a paid call brought home is always stored. It moves the session only while it belongs to the run that is going on.

-- The session of a job under its project's lock.
create or replace function ad_of_job(p_job job, out session ad_session, out project project, out current boolean)
language plpgsql
set search_path = framewright, pg_temp
as $$
begin
	select p.* into project from project p where p.id = p_job.project_id for no key update;
	select s.* into session from ad_session s where s.project_id = p_job.project_id;
	current := session.run_number = (p_job.payload ->> 'run')::int and ad_is_running(session.stage)
		and session.stage = (ad_step(session.run_kind)).running and project.deleted_at is null;
end
$$;
comment on function ad_of_job is 'Session and project of a job, and whether the job''s run is going on.';

create or replace function ad_limit_text(p_total bigint, p_limit bigint)
returns text
language sql immutable
set search_path = framewright, pg_temp
as $$
	select format('Cost limit reached: $%s of $%s are used',
		to_char(p_total / 1000000::numeric, 'FM999999990.00'), to_char(p_limit / 1000000::numeric, 'FM999999990.00'))
$$;
comment on function ad_limit_text is 'What a user reads when the money is used up.';

create or replace function ad_failed_frame(p_last jsonb, p_code text, p_text text)
returns jsonb
language sql immutable
set search_path = framewright, pg_temp
as $$
	select jsonb_build_object('stage', 'failed', 'message', p_text, 'progress', coalesce(p_last -> 'progress', '0'),
		'run_progress', coalesce(p_last -> 'run_progress', '0'), 'error', jsonb_build_object('code', p_code, 'message', p_text))
$$;
comment on function ad_failed_frame is 'The event of a failed step: the bar stays where the last frame left it.';

-- The step has failed: stage, reason, last frame. p_detail is shown only where it was written for users.
create or replace function ad_fail(p_job job, p_code text, p_detail text)
returns void
language plpgsql
set search_path = framewright, pg_temp
as $$
declare
	v_row record;
	v_session ad_session;
	v_project project;
	v_current boolean;
	v_text text;
begin
	select * into v_row from ad_of_job(p_job);
	v_session := v_row.session;
	v_project := v_row.project;
	v_current := v_row.current;
	if not v_current then
		return;
	end if;
	v_text := case
		when p_code = 'cost_limit_exceeded' then ad_limit_text(v_project.total_micros, project_limit(v_project.limit_micros))
		when v_session.run_kind = 'images' then 'All image generations failed'
		when v_session.run_kind = 'clips' then 'All video generations failed'
		when p_code in ('clip_unavailable', 'media_unreadable', 'font_missing', 'storage_full') then
			coalesce(nullif(p_detail, ''), 'The final video could not be made')
		else 'The final video could not be made'
	end;
	update ad_session s
	set stage = 'failed', failed_stage = s.stage, error_code = p_code, error_message = v_text
	where s.project_id = v_project.id;
	perform ad_emit(v_project.id, p_job.id, ad_failed_frame(v_session.last_progress, p_code, v_text), 'end');
end
$$;
comment on function ad_fail is 'Ends the running step as failed.';

-- One piece (or the plan) of a step did not come about. The reason is kept for the step's end; reaching the cost limit outweighs others.
create or replace function ad_note_failure(p_job job, p_error jsonb)
returns void
language sql
set search_path = framewright, pg_temp
as $$
	update ad_session s
	set error_code = coalesce(nullif(p_error ->> 'code', ''), 'generation_failed')
	where s.project_id = p_job.project_id and s.run_number = (p_job.payload ->> 'run')::int
	  and (s.error_code is null or p_error ->> 'code' = 'cost_limit_exceeded')
$$;
comment on function ad_note_failure is 'Remembers why a piece of the running step failed.';

-- A list of assets in the order of their place in the run; p_new may be null.
create or replace function ad_in_order(p_ids text[], p_new text)
returns text[]
language sql stable
set search_path = framewright, pg_temp
as $$
	select coalesce(array_agg(a.id order by (a.metadata ->> 'position')::bigint, a.created_at, a.id), '{}')
	from asset a
	where a.id = any (p_ids || p_new) and a.state = 'ready'
$$;
comment on function ad_in_order is 'Assets sorted by their place in the run.';

-- The row of what a job made: the file is in the store, its price is in the ledger by now. Null when the session is gone.
create or replace function ad_asset(p_job job, p_prefix text, p_kind text, p_source text, p_result jsonb, p_parent text, p_metadata jsonb)
returns text
language plpgsql
set search_path = framewright, pg_temp
as $$
declare
	v_id text := asset_new_id(p_prefix);
	v_media text := coalesce(p_result ->> 'media_type', case p_kind when 'image' then 'image/png' when 'thumbnail' then 'image/jpeg'
		when 'audio' then 'audio/wav' else 'video/mp4' end);
	v_price bigint;
begin
	if p_result ->> 'sha256' is null then
		raise exception 'the result of job % has no file', p_job.id;
	end if;
	if exists (select from project p where p.id = p_job.project_id and p.deleted_at is not null) then
		return null;
	end if;
	perform blob_reserve(p_result ->> 'sha256', (p_result ->> 'bytes')::bigint, v_media);
	if p_job.payload ? 'late_of' then
		v_price := coalesce((p_result ->> 'price_micros')::bigint, 0);
	else
		select coalesce(sum(l.price_micros), 0) into v_price from ledger l where l.job_id = p_job.id;
	end if;
	insert into asset (id, project_id, owner_id, kind, state, sha256, media_type, bytes, width, height, duration_us, fps_num, fps_den,
		source, provider, model, simulated, cached, price_micros, generation_ms, parent_id, metadata)
	values (v_id, p_job.project_id, p_job.owner_id, p_kind, 'ready', p_result ->> 'sha256', v_media, (p_result ->> 'bytes')::bigint,
		nullif((p_result ->> 'width')::int, 0), nullif((p_result ->> 'height')::int, 0), nullif((p_result ->> 'duration_us')::bigint, 0),
		nullif((p_result ->> 'fps_num')::int, 0), nullif((p_result ->> 'fps_den')::int, 0),
		p_source, p_result ->> 'provider', p_result ->> 'model', coalesce((p_result ->> 'simulated')::boolean, false),
		coalesce((p_result ->> 'cached')::boolean, false), case p_kind when 'thumbnail' then 0 else v_price end,
		round((p_result ->> 'generation_ms')::numeric)::bigint, p_parent, jsonb_strip_nulls(p_metadata));
	return v_id;
end
$$;
comment on function ad_asset is 'A new asset of a session out of a job''s result.';

create or replace function ad_resolution(p_result jsonb)
returns text
language sql immutable
set search_path = framewright, pg_temp
as $$
	select (p_result ->> 'width') || 'x' || (p_result ->> 'height')
$$;
comment on function ad_resolution is 'Width and height as the specification writes them.';

-- What was given up came after all (job.payload 'late_of'). It lies with the others of its run if there was no other run since; the run
-- itself went on without it, so its frames are not repeated.
create or replace function ad_late(p_job job, p_asset text)
returns void
language plpgsql
set search_path = framewright, pg_temp
as $$
declare
	v_session ad_session;
begin
	if p_asset is null then
		return;
	end if;
	select s.* into v_session from ad_session s where s.project_id = p_job.project_id;
	perform event_add(p_job.project_id, coalesce(v_session.last_progress, jsonb_build_object('stage', v_session.stage, 'progress', 0))
		- array['gate', 'data', 'error'] || jsonb_build_object('warning', 'late_result', 'asset_id', p_asset, 'job_id', p_job.public_id,
			'late_of', p_job.payload -> 'late_of', 'message', 'What was given up was delivered all the same.'), p_job.id);
end
$$;
comment on function ad_late is 'Tells that a result came after it was given up.';

-- Steps of several pieces ---------------------------------------------------------------------------------------------------------------

-- p_asset: what it brought, or null.
create or replace function ad_piece_ended(p_job job, p_step text, p_asset text)
returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_row record;
begin
	if p_job.payload ? 'late_of' then
		perform ad_late(p_job, p_asset);
		return;
	end if;
	select * into v_row from ad_of_job(p_job);
	if v_row.current then
		perform ad_emit(p_job.project_id, p_job.id, ad_piece_frame(p_step,
			ad_ended(p_job.project_id, (v_row.session).run_number, p_job.kind, p_job), (v_row.session).run_total), 'piece');
	end if;
end
$$;
comment on function ad_piece_ended is 'One picture or clip fewer to wait for.';

create or replace function ad_piece_shown(p_step text, a asset)
returns jsonb
language sql stable
set search_path = framewright, pg_temp
as $$
	select jsonb_build_object('id', a.id, 'url', ad_url(a.id), 'cost', ad_money(a.price_micros)) || case p_step
		when 'images' then jsonb_build_object('view_type', a.metadata -> 'view_type')
		else jsonb_build_object('source_image_id', a.parent_id, 'duration', ad_seconds(a.duration_us),
			'resolution', a.width || 'x' || a.height, 'fps', a.metadata -> 'fps') end
$$;
comment on function ad_piece_shown is 'A picture or clip as the event at its gate tells it.';

-- p_step: images or clips; its pieces have all ended.
create or replace function ad_pieces_ended(p_job job, p_outcome text, p_step text, p_message text, p_progress int)
returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_row record;
	v_session ad_session;
	v_project project;
	v_ids text[];
	v_count int;
	v_warnings jsonb;
begin
	if p_outcome = 'cancelled' then
		perform ad_stop_run(p_job);
		return;
	end if;
	select * into v_row from ad_of_job(p_job);
	if not v_row.current then
		return;
	end if;
	v_session := v_row.session;
	v_project := v_row.project;
	v_ids := case p_step when 'images' then v_session.generated_image_ids else v_session.generated_clip_ids end;
	v_count := cardinality(v_ids);
	if v_count = 0 or v_session.error_code = 'cost_limit_exceeded' or p_outcome <> 'done' then
		perform ad_fail(p_job, coalesce(v_session.error_code, 'generation_failed'), null);
		return;
	end if;
	v_warnings := v_session.warnings;
	if v_count < v_session.run_total then
		v_warnings := ad_warn(v_warnings, p_step, 'partial_failure',
			format('%s of %s %s could not be generated', v_session.run_total - v_count, v_session.run_total, p_step));
	end if;
	if p_step = 'images' and v_count < 2 then
		v_warnings := ad_warn(v_warnings, p_step, 'too_few_images', 'At least 2 pictures are needed; please generate again');
	end if;
	update ad_session s
	set stage = case p_step when 'images' then 'image_selection' else 'clip_selection' end, error_code = null, error_message = null, warnings = v_warnings
	where s.project_id = v_project.id;
	perform ad_emit(v_project.id, p_job.id, ad_frame('complete', p_step, p_progress, p_message) || jsonb_build_object(
		'gate', p_step,
		'data', jsonb_build_object('total_cost', ad_money(v_project.total_micros), p_step, (
			select jsonb_agg(ad_piece_shown(p_step, a) order by i.n)
			from unnest(v_ids) with ordinality as i (id, n)
			join asset a on a.id = i.id
		))), 'end');
end
$$;
comment on function ad_pieces_ended is 'All pictures or clips of a step have ended: to the selection, or failed.';

-- Pictures -----------------------------------------------------------------------------------------------------------------------------

create or replace function ad_plan_images_ended(p_job job, p_outcome text, p_result jsonb)
returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_row record;
	v_session ad_session;
	v_current boolean;
	v_seed int := (p_result ->> 'consistency_seed')::int;
	v_model text := p_job.payload ->> 'model';
	v_plan jsonb;
	v_keywords text[];
begin
	if p_outcome <> 'done' then
		if p_outcome = 'cancelled' then
			perform ad_stop_run(p_job);
		else
			perform ad_note_failure(p_job, p_result);
		end if;
		return;
	end if;
	if jsonb_array_length(p_result -> 'image_prompts') is distinct from (p_job.payload ->> 'num_images')::int or v_seed is null then
		raise exception 'the plan of job % does not have % prompts and a seed', p_job.id, p_job.payload ->> 'num_images';
	end if;
	select jsonb_agg(e || jsonb_build_object('seed', v_seed) order by n) into v_plan
	from jsonb_array_elements(p_result -> 'image_prompts') with ordinality as x (e, n);
	update job j
	set payload = j.payload || (v_plan -> (j.payload ->> 'index')::int - 1) || case
		when p_job.payload ? 'cache_key' then jsonb_build_object('cache_key',
			ad_image_key(v_model, v_plan -> (j.payload ->> 'index')::int - 1))
		else '{}'
	end
	where j.id in (select d.child from job_dep d where d.parent = p_job.id) and j.kind = 'ad.image' and j.finished_at is null;
	if p_job.payload ? 'cache_key' and not coalesce((p_result ->> 'cached')::boolean, false)
		and not p_result ? 'warning' and not p_result ? 'warnings'
	then
		perform cache_put(p_job.payload ->> 'cache_key', 'prompt',
			p_result - array['price_micros', 'generation_ms', 'cached', 'duration_ms'], null, interval '7 days');
	end if;
	select * into v_row from ad_of_job(p_job);
	v_session := v_row.session;
	v_current := v_row.current;
	if not v_current then
		return;
	end if;
	-- The user's first, then the planner's, at most ten.
	select array_agg(k order by n) into v_keywords
	from (
		select k, min(n) as n
		from (
			select k, n from unnest(v_session.style_keywords) with ordinality as u (k, n)
			union all
			select k, 1000 + n
			from jsonb_array_elements_text(case jsonb_typeof(p_result -> 'style_keywords') when 'array' then p_result -> 'style_keywords'
				else '[]' end) with ordinality as m (k, n)
		) b
		group by k
		order by 2
		limit 10
	) c;
	update ad_session s
	set consistency_seed = v_seed, style_keywords = coalesce(v_keywords, '{}'), product_category = p_result ->> 'product_category',
	    image_plan = v_plan, warnings = ad_warn_result(s.warnings, 'images', p_result)
	where s.project_id = p_job.project_id;
	perform ad_emit(p_job.project_id, p_job.id, ad_piece_frame('images', 0, v_session.run_total), 'progress');
end
$$;
comment on function ad_plan_images_ended is 'The plan is there: each picture''s job gets its prompt.';

create or replace function ad_image_ended(p_job job, p_outcome text, p_result jsonb)
returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_id text;
begin
	if p_outcome = 'done' then
		v_id := ad_asset(p_job, 'img', 'image', 'generated', p_result, null,
			jsonb_build_object('position', (p_job.payload ->> 'index')::int, 'run', p_job.payload -> 'run',
				'resolution', ad_resolution(p_result), 'prompt', coalesce(p_result -> 'prompt', p_job.payload -> 'prompt'),
				'negative_prompt', p_job.payload -> 'negative_prompt', 'view_type', p_job.payload -> 'view_type',
				'seed', p_job.payload -> 'seed', 'guidance_scale', p_job.payload -> 'guidance_scale',
				'variation_strength', p_job.payload -> 'variation_strength'));
		if p_job.payload ? 'cache_key' and not coalesce((p_result ->> 'cached')::boolean, false)
			and not p_result ? 'warning' and not p_result ? 'warnings' and v_id is not null
		then
			perform cache_put(p_job.payload ->> 'cache_key', 'image',
				p_result - array['price_micros', 'generation_ms', 'cached', 'duration_ms'], p_result ->> 'sha256', interval '24 hours');
		end if;
		update ad_session s
		set generated_image_ids = ad_in_order(s.generated_image_ids, v_id), warnings = ad_warn_result(s.warnings, 'images', p_result)
		where s.project_id = p_job.project_id and s.run_kind = 'images' and s.run_number = (p_job.payload ->> 'run')::int
		  and v_id is not null;
	elsif p_outcome = 'failed' and not p_job.payload ? 'late_of' then
		perform ad_note_failure(p_job, p_result);
	end if;
	perform ad_piece_ended(p_job, 'images', v_id);
end
$$;
comment on function ad_image_ended is 'A picture is there, or is not going to be.';

create or replace function ad_images_join_ended(p_job job, p_outcome text, p_result jsonb)
returns void
language sql security definer
set search_path = framewright, pg_temp
as $$
	select ad_pieces_ended(p_job, p_outcome, 'images', 'Images ready for review!', 50)
$$;
comment on function ad_images_join_ended is 'All pictures have ended: to the selection, or failed.';

create or replace function ad_import_ended(p_job job, p_outcome text, p_result jsonb)
returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_row record;
	v_session ad_session;
	v_id text;
begin
	if p_outcome <> 'done' then
		select s.* into v_session from ad_session s where s.project_id = p_job.project_id;
		perform ad_emit(p_job.project_id, p_job.id, coalesce(v_session.last_progress - array['gate', 'data', 'error'], '{"progress": 0}')
			|| jsonb_build_object('stage', v_session.stage, 'message', 'Your picture could not be taken over.', 'warning',
				case p_outcome when 'cancelled' then 'cancelled' else coalesce(nullif(p_result ->> 'code', ''), 'import_failed') end), 'end');
		return;
	end if;
	-- Own pictures come behind generated ones, in the order of their calls.
	v_id := ad_asset(p_job, 'img', 'image', 'derived', p_result, p_job.payload ->> 'asset_id', jsonb_build_object(
		'position', 1000 + p_job.id, 'resolution', ad_resolution(p_result), 'view_type', p_job.payload -> 'view_type'));
	select * into v_row from ad_of_job(p_job);
	v_session := v_row.session;
	if v_id is null or v_session.stage not in ('created', 'image_selection', 'failed') then
		return;
	end if;
	update ad_session s
	set generated_image_ids = ad_in_order(s.generated_image_ids, v_id),
	    stage = case s.stage when 'created' then 'image_selection' else s.stage end
	where s.project_id = p_job.project_id
	returning s.* into v_session;
	perform project_touch(p_job.project_id);
	perform ad_emit(p_job.project_id, p_job.id, coalesce(v_session.last_progress - array['gate', 'error', 'warning'], '{"progress": 50}')
		|| jsonb_build_object('stage', v_session.stage, 'message', 'Your picture was added.', 'data', jsonb_build_object('images',
			(select jsonb_build_array(ad_piece_shown('images', a)) from asset a where a.id = v_id))), 'end');
end
$$;
comment on function ad_import_ended is 'An own picture is there and counts like a generated one.';

-- Clips --------------------------------------------------------------------------------------------------------------------------------

-- The k-th picture of a view gets the k-th scene of that view, the first scene when there is none.
create or replace function ad_scene_for(p_scenes jsonb, p_images jsonb, p_index int)
returns jsonb
language sql immutable
set search_path = framewright, pg_temp
as $$
	with picture as (
		select i ->> 'view_type' as view, row_number() over (partition by i ->> 'view_type' order by n) as k, n
		from jsonb_array_elements(p_images) with ordinality as x (i, n)
	), scene as (
		select s, s ->> 'image_view' as view, row_number() over (partition by s ->> 'image_view' order by n) as k
		from jsonb_array_elements(p_scenes) with ordinality as x (s, n)
	)
	select coalesce(
		(select s.s from picture p join scene s on s.view = p.view and s.k = p.k where p.n = p_index),
		p_scenes -> 0)
$$;
comment on function ad_scene_for is 'Which scene a picture gets.';

create or replace function ad_plan_clips_ended(p_job job, p_outcome text, p_result jsonb)
returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_row record;
	v_session ad_session;
	v_current boolean;
	v_scenes jsonb := p_result -> 'scenes';
begin
	if p_outcome <> 'done' then
		if p_outcome = 'cancelled' then
			perform ad_stop_run(p_job);
		else
			perform ad_note_failure(p_job, p_result);
		end if;
		return;
	end if;
	if jsonb_typeof(v_scenes) is distinct from 'array' or jsonb_array_length(v_scenes) = 0 then
		raise exception 'the plan of job % has no scenes', p_job.id;
	end if;
	update job j
	set payload = j.payload || (
		select jsonb_build_object(
			'scene_prompt', coalesce(s -> 'scene_prompt', p_job.payload -> 'video_prompt'),
			'camera_movement', coalesce(s -> 'camera_movement', '"slow zoom in"'),
			'motion_intensity', least(1, greatest(0, coalesce((s ->> 'motion_intensity')::numeric, 0.5))))
		from ad_scene_for(v_scenes, p_job.payload -> 'images', (j.payload ->> 'index')::int) s)
	where j.id in (select d.child from job_dep d where d.parent = p_job.id) and j.kind = 'ad.clip' and j.finished_at is null;
	select * into v_row from ad_of_job(p_job);
	v_session := v_row.session;
	v_current := v_row.current;
	if not v_current then
		return;
	end if;
	update ad_session s
	set scene_plan = v_scenes, warnings = ad_warn_result(s.warnings, 'clips', p_result)
	where s.project_id = p_job.project_id;
	perform ad_emit(p_job.project_id, p_job.id, ad_piece_frame('clips', 0, v_session.run_total), 'progress');
end
$$;
comment on function ad_plan_clips_ended is 'The scenes are there: each clip''s job gets its own.';

create or replace function ad_clip_ended(p_job job, p_outcome text, p_result jsonb)
returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_source text := p_job.payload #>> '{source,asset_id}';
	v_id text;
begin
	if p_outcome = 'done' then
		v_id := ad_asset(p_job, 'clip', 'video', 'generated', p_result, v_source,
			jsonb_build_object('position', (p_job.payload ->> 'index')::int, 'run', p_job.payload -> 'run', 'source_image_id', v_source,
				'resolution', ad_resolution(p_result), 'duration', ad_seconds((p_result ->> 'duration_us')::bigint),
				'fps', trim_scale(round((p_result ->> 'fps_num')::numeric / greatest((p_result ->> 'fps_den')::numeric, 1), 3)),
				'view_type', p_job.payload -> 'view_type', 'seed', p_job.payload -> 'seed',
				'scene_prompt', p_job.payload -> 'scene_prompt', 'camera_movement', p_job.payload -> 'camera_movement',
				'motion_intensity', p_job.payload -> 'motion_intensity'));
		perform asset_prepare(v_id, p_job.request_id);
		update ad_session s
		set generated_clip_ids = ad_in_order(s.generated_clip_ids, v_id), warnings = ad_warn_result(s.warnings, 'clips', p_result)
		where s.project_id = p_job.project_id and s.run_kind = 'clips' and s.run_number = (p_job.payload ->> 'run')::int
		  and v_id is not null;
	elsif p_outcome = 'failed' and not p_job.payload ? 'late_of' then
		perform ad_note_failure(p_job, p_result);
	end if;
	perform ad_piece_ended(p_job, 'clips', v_id);
end
$$;
comment on function ad_clip_ended is 'A clip is there, or is not going to be.';

create or replace function ad_clips_join_ended(p_job job, p_outcome text, p_result jsonb)
returns void
language sql security definer
set search_path = framewright, pg_temp
as $$
	select ad_pieces_ended(p_job, p_outcome, 'clips', 'Clips ready for review!', 90)
$$;
comment on function ad_clips_join_ended is 'All clips have ended: to the selection, or failed.';
