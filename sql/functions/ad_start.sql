-- The three steps of the advert flow begin here: check rights, stage, choice and money, clear what the step makes anew, insert the job
-- graph, write the first frame. With p_dry_run everything is checked and counted and nothing is changed.
--
-- Jobs find all they need in their payload:
--   ad.plan_images  session_id, run, product_prompt, num_images, style_keywords, model, fresh, cache_key unless fresh
--   ad.image        session_id, run, index (from 1), model; after the plan: prompt, negative_prompt, view_type, seed, guidance_scale,
--                   variation_strength, and what else the planner gave, cache_key unless fresh
--   ad.images_join, ad.clips_join   session_id, run
--   ad.plan_clips   session_id, run, video_prompt, clip_duration_ms, model, images [{index, asset_id, view_type}]
--   ad.clip         session_id, run, index, model, clip_duration_ms, seed, view_type, source {asset_id, sha256, media_type, width, height};
--                   after the plan: scene_prompt, camera_movement, motion_intensity
--   ad.music        session_id, run, genre, seed
--   ad.ahead        session_id, request (the last one, or {}), clips as in ad.compose
--   ad.compose      session_id, run, request, clips [{asset_id, sha256, media_type, duration_us, width, height, fps_num, fps_den}];
--                   after the music: music, the result of ad.music

-- Refuses a step whose provider is known to be down, before anything is started or costs anything: the breaker of its queue is open. A
-- provider that is only busy or paused by the operator is not down.
create or replace function ad_provider_check(p_kind text)
returns void
language plpgsql stable
set search_path = framewright, pg_temp
as $$
declare
	v_name text := case p_kind when 'images' then ad_setting('image_provider', 'local') when 'clips' then ad_setting('video_provider', 'local') end;
	v_wait int;
begin
	select ceil(extract(epoch from l.open_until - clock_timestamp()))::int into v_wait
	from provider_limit l
	where l.name = v_name and l.open_until > clock_timestamp();
	if found then
		perform refuse(503, 'provider_unavailable', 'The provider of this step does not answer at the moment', null,
			format('try again in %s s', greatest(1, v_wait)));
	end if;
end
$$;
comment on function ad_provider_check is 'Refuses with 503 while the provider of a step is known to be down.';

-- Under the session's lock: refuses what the stage machine does not allow and what costs too much. p_price: what is surely going to be paid.
create or replace function ad_start_check(p_session ad_session, p_project project, p_kind text, p_price bigint)
returns void
language plpgsql
set search_path = framewright, pg_temp
as $$
begin
	if ad_is_running(p_session.stage) then
		perform refuse(409, 'already_running', 'A job is working for this session', null, 'wait for it, or cancel it');
	end if;
	if not (case p_session.stage
		when 'created' then p_kind = 'images'
		when 'image_selection' then p_kind in ('images', 'clips')
		when 'clip_selection' then true
		when 'complete' then true
		when 'failed' then
			(ad_step(p_kind)).place <= case p_session.failed_stage
				when 'image_generation' then 1
				when 'clip_generation' then 2
				else 3
			end
		else false
	end) then
		perform ad_refuse_stage(p_session.stage);
	end if;
	if exists (
		select
		from job j
		where j.project_id = p_project.id and j.kind = 'ad.import' and j.finished_at is null and j.cancel_requested_at is null
	) then
		perform refuse(409, 'already_running', 'A picture is being taken in', null, 'wait for it, or cancel it');
	end if;
	if p_kind = 'clips' and cardinality(p_session.approved_image_ids) < 2 then
		perform refuse(409, 'selection_required', 'At least 2 pictures must be approved first');
	end if;
	if p_kind = 'compose' and cardinality(p_session.clip_order) < 1 then
		perform refuse(409, 'selection_required', 'At least 1 clip must be approved first');
	end if;
	perform ad_provider_check(p_kind);
	perform cost_check(p_project.id, p_project.owner_id, p_price);
end
$$;
comment on function ad_start_check is 'Refuses a start that stage, choice or money do not allow.';

create or replace function ad_start_images(p_session uuid, p_prompt text, p_num_images int, p_keywords text[], p_model text, p_fresh boolean,
	p_estimated_s int, p_dry_run boolean, p_request_id text, p_provider text default null)
returns table (job_id uuid, job bigint, jobs int, estimated_s int, estimated_micros bigint, cache_hits int, warnings text, seq bigint)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_queue text := ad_provider(p_provider, 'image_provider');
	v_row record;
	v_session ad_session;
	v_project project;
	v_run int;
	v_key text;
	v_plan jsonb;
	v_hits int := 0;
	v_pictures int := 0;
	v_base jsonb;
	v_parent bigint;
	v_images bigint[] := '{}';
	v_join bigint;
begin
	select * into v_row from ad_lock(p_session, 'editor');
	v_session := v_row.session;
	v_project := v_row.project;
	perform ad_start_check(v_session, v_project, 'images', 0);
	v_key := case when not p_fresh then ad_prompt_key(p_prompt, p_num_images, p_keywords, p_model) end;
	select c.value into v_plan from cache_entry c where c.key = v_key and c.expires_at > now();
	if found then
		v_hits := 1;
		select count(*) into v_pictures
		from jsonb_array_elements(v_plan -> 'image_prompts') e
		join cache_entry c on c.key = ad_image_key(p_model, e || jsonb_build_object('seed', v_plan -> 'consistency_seed'))
			and c.expires_at > now();
		v_hits := v_hits + v_pictures;
	end if;
	if not p_dry_run then
		v_run := v_session.run_number + 1;
		v_base := jsonb_build_object('session_id', p_session, 'run', v_run, 'model', p_model);
		v_parent := job_add('ad.plan_images', v_project.owner_id, p_session,
			v_base || jsonb_strip_nulls(jsonb_build_object('product_prompt', p_prompt, 'num_images', p_num_images,
				'style_keywords', to_jsonb(p_keywords), 'fresh', p_fresh, 'cache_key', v_key)),
			p_provider => ad_setting('text_provider', null), p_request_id => p_request_id);
		for i in 1..p_num_images loop
			v_images := v_images || job_add('ad.image', v_project.owner_id, p_session,
				v_base || jsonb_build_object('index', i, 'fresh', p_fresh), array[v_parent],
				p_provider => v_queue, p_request_id => p_request_id);
		end loop;
		v_join := job_add('ad.images_join', v_project.owner_id, p_session, v_base, v_images, 'ignore', p_request_id => p_request_id);
		update ad_session
		set stage = 'image_generation', failed_stage = null, error_code = null, error_message = null,
		    product_prompt = p_prompt, video_prompt = null, style_keywords = p_keywords, product_category = null, consistency_seed = null,
		    image_plan = null, scene_plan = null, approval = null, final_video_id = null, compose_request = null,
		    generated_image_ids = '{}', approved_image_ids = '{}', generated_clip_ids = '{}', approved_clip_ids = '{}', clip_order = '{}',
		    warnings = ad_warnings_from(ad_session.warnings, 'images'),
		    run_kind = 'images', run_number = v_run, run_job_id = v_join, run_total = p_num_images
		where project_id = p_session;
		update project set title = p_prompt where id = p_session;
		v_project.event_seq := ad_emit(p_session, v_parent, ad_frame('prompt_parsing', 'images', 0, 'Analyzing your prompt...'), 'start');
	end if;
	return query
	select (select j.public_id from job j where j.id = v_join), v_join, p_num_images + 2,
		case when v_hits = p_num_images + 1 then least(p_estimated_s, 2) else p_estimated_s end,
		case when v_hits > 0 then 0 else ad_price('llama-3.1-70b', 'prompt_parser') end + (p_num_images - v_pictures) * ad_price(p_model, 'image_generator'),
		v_hits, '[]', v_project.event_seq;
end
$$;
comment on function ad_start_images is 'Starts making pictures. [roles: ac]';

create or replace function ad_start_clips(p_session uuid, p_prompt text, p_duration_ms int, p_model text, p_estimated_s int, p_dry_run boolean,
	p_request_id text, p_provider text default null)
returns table (job_id uuid, job bigint, jobs int, estimated_s int, estimated_micros bigint, cache_hits int, warnings text, seq bigint)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_queue text := ad_provider(p_provider, 'video_provider');
	v_row record;
	v_session ad_session;
	v_project project;
	v_run int;
	v_ids text[];
	v_warnings jsonb := '[]';
	v_sources jsonb;
	v_base jsonb;
	v_parent bigint;
	v_clips bigint[] := '{}';
	v_join bigint;
begin
	select * into v_row from ad_lock(p_session, 'editor');
	v_session := v_row.session;
	v_project := v_row.project;
	perform ad_start_check(v_session, v_project, 'clips', 0);
	v_ids := v_session.approved_image_ids[1:6];
	if cardinality(v_session.approved_image_ids) > 6 then
		v_warnings := ad_warn(v_warnings, 'clips', 'clip_limit', format('At most 6 clips are made; skipped: %s',
			array_to_string(v_session.approved_image_ids[7:], ', ')));
	end if;
	if not p_dry_run then
		v_run := v_session.run_number + 1;
		v_base := jsonb_build_object('session_id', p_session, 'run', v_run, 'model', p_model, 'clip_duration_ms', p_duration_ms);
		select jsonb_agg(jsonb_build_object('index', i.n, 'asset_id', a.id, 'view_type', a.metadata -> 'view_type',
			'source', jsonb_build_object('asset_id', a.id, 'sha256', a.sha256, 'media_type', a.media_type,
				'width', a.width, 'height', a.height)) order by i.n)
		into v_sources
		from unnest(v_ids) with ordinality as i (id, n)
		join asset a on a.id = i.id;
		v_parent := job_add('ad.plan_clips', v_project.owner_id, p_session,
			v_base || jsonb_build_object('video_prompt', p_prompt,
				'images', (select jsonb_agg(s - 'source' order by n) from jsonb_array_elements(v_sources) with ordinality as x (s, n))),
			p_provider => ad_setting('text_provider', null), p_request_id => p_request_id);
		for i in 1..cardinality(v_ids) loop
			v_clips := v_clips || job_add('ad.clip', v_project.owner_id, p_session,
				v_base || jsonb_build_object('seed', coalesce(v_session.consistency_seed, 100000 + abs(hashtext(p_prompt)) % 900000))
					|| (v_sources -> (i - 1)) - 'asset_id',
				array[v_parent], p_provider => v_queue, p_request_id => p_request_id);
		end loop;
		v_join := job_add('ad.clips_join', v_project.owner_id, p_session, v_base, v_clips, 'ignore', p_request_id => p_request_id);
		update ad_session
		set stage = 'clip_generation', failed_stage = null, error_code = null, error_message = null,
		    video_prompt = p_prompt, scene_plan = null, final_video_id = null, compose_request = null,
		    approval = ad_session.approval - array['clips', 'clip_order'],
		    generated_clip_ids = '{}', approved_clip_ids = '{}', clip_order = '{}',
		    warnings = ad_warnings_from(ad_session.warnings, 'clips') || v_warnings,
		    run_kind = 'clips', run_number = v_run, run_job_id = v_join, run_total = cardinality(v_ids)
		where project_id = p_session;
		v_project.event_seq := ad_emit(p_session, v_parent, ad_frame('video_planning', 'clips', 50, 'Planning video scenes...'), 'start');
	end if;
	return query
	select (select j.public_id from job j where j.id = v_join), v_join, cardinality(v_ids) + 2, p_estimated_s,
		ad_price('llama-3.1-70b', 'scene_planner') + cardinality(v_ids) * ad_price(p_model, 'video_generator'), 0, ad_warnings_shown(v_warnings)::text,
		v_project.event_seq;
end
$$;
comment on function ad_start_clips is 'Starts making clips of the approved pictures. [roles: ac]';

create or replace function ad_clip_inputs(p_ids text[])
returns jsonb
language sql stable
set search_path = framewright, pg_temp
as $$
	select jsonb_agg(jsonb_build_object('asset_id', a.id, 'sha256', a.sha256, 'media_type', a.media_type,
		'duration_us', a.duration_us, 'width', a.width, 'height', a.height, 'fps_num', a.fps_num, 'fps_den', a.fps_den) order by o.n)
	from unnest(p_ids) with ordinality as o (id, n)
	join asset a on a.id = o.id
$$;
comment on function ad_clip_inputs is 'Clips as composing jobs carry them.';

create or replace function ad_start_compose(p_session uuid, p_request jsonb, p_estimated_s int, p_dry_run boolean, p_request_id text)
returns table (job_id uuid, job bigint, jobs int, estimated_s int, estimated_micros bigint, cache_hits int, warnings text, seq bigint)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_row record;
	v_session ad_session;
	v_project project;
	v_run int;
	v_price bigint := ad_price('ffmpeg', 'compositor');
	v_request jsonb := p_request;
	v_music boolean := coalesce((p_request #>> '{audio,enabled}')::boolean, false);
	v_warnings jsonb := '[]';
	v_base jsonb;
	v_parents bigint[] := '{}';
	v_job bigint;
begin
	if not p_dry_run then
		perform ahead_cancel(p_session);
	end if;
	select * into v_row from ad_lock(p_session, 'editor');
	v_session := v_row.session;
	v_project := v_row.project;
	perform ad_start_check(v_session, v_project, 'compose', v_price);
	if v_music and coalesce(v_request #>> '{audio,genre}', 'upbeat') not in ('upbeat', 'chill', 'energetic') then
		v_warnings := ad_warn(v_warnings, 'compose', 'genre_fallback', ad_warning_text('genre_fallback'));
		v_request := jsonb_set(v_request, '{audio,genre}', '"upbeat"');
	end if;
	if not p_dry_run then
		v_run := v_session.run_number + 1;
		v_base := jsonb_build_object('session_id', p_session, 'run', v_run);
		if v_music then
			v_parents := array[job_add('ad.music', v_project.owner_id, p_session,
				v_base || jsonb_build_object('genre', coalesce(v_request #>> '{audio,genre}', 'upbeat'), 'seed', 1),
				p_request_id => p_request_id)];
		end if;
		v_job := job_add('ad.compose', v_project.owner_id, p_session,
			v_base || jsonb_build_object('request', v_request, 'clips', ad_clip_inputs(v_session.clip_order)) || ad_voice(v_request),
			v_parents, p_request_id => p_request_id);
		update ad_session
		set stage = 'final_composition', failed_stage = null, error_code = null, error_message = null, compose_request = v_request,
		    warnings = ad_warnings_from(ad_session.warnings, 'compose') || v_warnings,
		    run_kind = 'compose', run_number = v_run, run_job_id = v_job, run_total = 1
		where project_id = p_session;
		v_project.event_seq := ad_emit(p_session, v_job, ad_compose_frame('start', v_music, 0), 'start');
	end if;
	return query
	select (select j.public_id from job j where j.id = v_job), v_job, 1 + v_music::int, p_estimated_s, v_price, 0,
		ad_warnings_shown(v_warnings)::text, v_project.event_seq;
end
$$;
comment on function ad_start_compose is 'Starts putting the film together. [roles: ac]';

-- A voice of one's own: an upload that the caller may use.
create or replace function ad_voice(p_request jsonb)
returns jsonb
language plpgsql stable
set search_path = framewright, pg_temp
as $$
declare
	v_asset asset;
begin
	if not coalesce((p_request #>> '{voiceover,enabled}')::boolean, false) then
		return '{}';
	end if;
	select a.* into v_asset
	from asset a
	where a.id = p_request #>> '{voiceover,asset_id}' and a.owner_id = caller() and a.state = 'ready'
	  and a.media_type not like 'image/%';
	if not found then
		perform refuse(422, 'asset_not_found', 'There is no such recording', '/voiceover/asset_id');
	end if;
	return jsonb_build_object('voice', jsonb_build_object('sha256', v_asset.sha256));
end
$$;
comment on function ad_voice is 'The recording that a compose request names, as composing jobs carry it.';

-- A small film of a composition: no stage changes, nothing is paid, several may be made.
create or replace function ad_start_preview(p_session uuid, p_request jsonb, p_request_id text)
returns table (job_id uuid, job bigint, jobs int, estimated_s int, estimated_micros bigint, cache_hits int, warnings text, seq bigint)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_row record;
	v_session ad_session;
	v_request jsonb := p_request;
	v_music boolean := coalesce((p_request #>> '{audio,enabled}')::boolean, false);
	v_parents bigint[] := '{}';
	v_job bigint;
begin
	perform ahead_cancel(p_session);
	select * into v_row from ad_lock(p_session, 'editor');
	v_session := v_row.session;
	if cardinality(v_session.clip_order) < 1 then
		perform refuse(409, 'selection_required', 'At least 1 clip must be approved first');
	end if;
	if v_music and v_request #>> '{audio,genre}' not in ('upbeat', 'chill', 'energetic') then
		v_request := jsonb_set(v_request, '{audio,genre}', '"upbeat"');
	end if;
	if v_music then
		v_parents := array[job_add('ad.music', (v_row.project).owner_id, p_session, jsonb_build_object('session_id', p_session,
			'genre', v_request #> '{audio,genre}', 'seed', 1), p_request_id => p_request_id)];
	end if;
	v_job := job_add('ad.preview', (v_row.project).owner_id, p_session, jsonb_build_object('session_id', p_session,
		'request', v_request, 'clips', ad_clip_inputs(v_session.clip_order)) || ad_voice(v_request), v_parents,
		p_request_id => p_request_id);
	return query
	select j.public_id, j.id, 1 + v_music::int, 10, 0::bigint, 0, '[]', (v_row.project).event_seq from job j where j.id = v_job;
end
$$;
comment on function ad_start_preview is 'Starts a small film of the same composition. [roles: ac]';

-- Stopping -----------------------------------------------------------------------------------------------------------------------------

-- Back to the stage before the running step; what is finished stays. The jobs are the caller's affair.
create or replace function ad_stop(p_session uuid, p_job bigint)
returns text
language plpgsql
set search_path = framewright, pg_temp
as $$
declare
	v_session ad_session;
	v_stage text;
begin
	perform from project p where p.id = p_session for no key update;
	select * into v_session from ad_session s where s.project_id = p_session;
	if not ad_is_running(v_session.stage) then
		return v_session.stage;
	end if;
	v_stage := (ad_step(v_session.run_kind)).before;
	update ad_session set stage = v_stage, error_code = null, error_message = null where project_id = p_session;
	perform ad_emit(p_session, p_job, jsonb_build_object('stage', 'cancelled', 'message', 'Cancelled',
		'progress', coalesce(v_session.last_progress -> 'progress', '0'),
		'run_progress', coalesce(v_session.last_progress -> 'run_progress', '0')), 'end');
	return v_stage;
end
$$;
comment on function ad_stop is 'Ends a running step without a result; the stage it is in then.';

-- The first row carries stage and number; the others the jobs that run and have to be told. Jobs are locked before the project.
create or replace function ad_cancel(p_session uuid)
returns table (stage text, seq bigint, job bigint)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_running bigint[];
	v_stage text;
begin
	perform project_need(p_session, 'editor');
	if not exists (select from ad_session s where s.project_id = p_session and ad_is_running(s.stage)) then
		perform refuse(409, 'nothing_running', 'Nothing is running for this session');
	end if;
	select coalesce(array_agg(c.job) filter (where c.state = 'running'), '{}') into v_running from job_cancel_project(p_session) c;
	v_stage := ad_stop(p_session, null);
	return query select v_stage, p.event_seq, null::bigint from project p where p.id = p_session;
	return query select null::text, null::bigint, r from unnest(v_running) r;
end
$$;
comment on function ad_cancel is 'Cancels the running step. [roles: ac]';
