-- The user's choices: which pictures go on, which clips and in which order, and own pictures.
--
-- A saved choice is an approval: the digests of what was approved are kept, so that a finished film can say what was looked at.

create or replace function ad_digests(p_ids text[])
returns jsonb
language sql stable
set search_path = framewright, pg_temp
as $$
	select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'sha256', a.sha256) order by i.n), '[]')
	from unnest(p_ids) with ordinality as i (id, n)
	join asset a on a.id = i.id
$$;
comment on function ad_digests is 'Ids and digests of assets, in order.';

create or replace function ad_save_images(p_session uuid, p_ids text[])
returns table (approved_count int, estimated_us bigint, stage text, seq bigint)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_row record;
	v_session ad_session;
	v_back boolean;
begin
	select * into v_row from ad_lock(p_session, 'editor');
	v_session := v_row.session;
	if not (v_session.stage in ('image_selection', 'clip_selection', 'complete')
		or v_session.stage = 'failed' and cardinality(v_session.generated_image_ids) > 0)
	then
		perform ad_refuse_stage(v_session.stage);
	end if;
	if cardinality(p_ids) not between 2 and 8 then
		perform refuse(422, 'validation_error', 'Choose 2 to 8 pictures', '/approved_image_ids');
	elsif (select count(distinct i) from unnest(p_ids) i) <> cardinality(p_ids) then
		perform refuse(422, 'validation_error', 'A picture is named twice', '/approved_image_ids');
	elsif not p_ids <@ v_session.generated_image_ids then
		perform refuse(422, 'validation_error', 'A picture does not belong to this session', '/approved_image_ids');
	end if;
	-- From any later stage this is a step back, and what was made of the former choice goes.
	v_back := v_session.stage <> 'image_selection';
	update ad_session s
	set stage = 'image_selection', failed_stage = null, error_code = null, error_message = null, approved_image_ids = p_ids,
	    approval = coalesce(case when v_back then s.approval - array['clips', 'clip_order'] else s.approval end, '{}')
		|| jsonb_build_object('images', ad_digests(p_ids), 'images_at', now(), 'images_by', caller()),
	    generated_clip_ids = case when v_back then '{}' else s.generated_clip_ids end,
	    approved_clip_ids = case when v_back then '{}' else s.approved_clip_ids end,
	    clip_order = case when v_back then '{}' else s.clip_order end,
	    final_video_id = case when not v_back then s.final_video_id end,
	    warnings = case when v_back then ad_warnings_from(s.warnings, 'clips') else s.warnings end
	where s.project_id = p_session;
	return query select cardinality(p_ids), 0::bigint, 'image_selection'::text, project_touch(p_session);
end
$$;
comment on function ad_save_images is 'Approves pictures. [roles: ac]';

-- With the usual cards of 1 s, dissolves of 0.25 s, and fitted to 8-12 s.
create or replace function ad_estimate_us(p_clips text[])
returns bigint
language sql stable
set search_path = framewright, pg_temp
as $$
	select least(12000000, greatest(8000000, 2000000 + coalesce(sum(a.duration_us), 0) - 250000 * (cardinality(p_clips) - 1)))::bigint
	from unnest(p_clips) i
	join asset a on a.id = i
$$;
comment on function ad_estimate_us is 'How long the film of these clips is going to be.';

create or replace function ad_save_clips(p_session uuid, p_ids text[], p_order text[])
returns table (approved_count int, estimated_us bigint, stage text, seq bigint)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_row record;
	v_session ad_session;
	v_order text[] := coalesce(p_order, p_ids);
	v_stage text := 'clip_selection';
begin
	perform ahead_cancel(p_session);
	select * into v_row from ad_lock(p_session, 'editor');
	v_session := v_row.session;
	if not (v_session.stage in ('clip_selection', 'complete')
		or v_session.stage = 'failed' and cardinality(v_session.generated_clip_ids) > 0)
	then
		perform ad_refuse_stage(v_session.stage);
	end if;
	if coalesce(cardinality(p_ids), 0) < 1 then
		perform refuse(422, 'validation_error', 'Choose at least 1 clip', '/approved_clip_ids');
	elsif (select count(distinct i) from unnest(p_ids) i) <> cardinality(p_ids) then
		perform refuse(422, 'validation_error', 'A clip is named twice', '/approved_clip_ids');
	elsif not p_ids <@ v_session.generated_clip_ids then
		perform refuse(422, 'validation_error', 'A clip does not belong to this session', '/approved_clip_ids');
	elsif cardinality(v_order) <> cardinality(p_ids) or not (v_order <@ p_ids and p_ids <@ v_order) then
		perform refuse(422, 'validation_error', 'The order must name exactly the approved clips', '/clip_order');
	end if;
	-- Saving the same once more does not take a finished film's stage away.
	if v_session.stage = 'complete' and v_order = v_session.clip_order and p_ids <@ v_session.approved_clip_ids
		and v_session.approved_clip_ids <@ p_ids
	then
		v_stage := 'complete';
	end if;
	update ad_session s
	set stage = v_stage, failed_stage = null, error_code = null, error_message = null, approved_clip_ids = p_ids, clip_order = v_order,
	    approval = coalesce(s.approval, '{}') || jsonb_build_object('clips', ad_digests(v_order), 'clip_order', to_jsonb(v_order),
		'clips_at', now(), 'clips_by', caller()),
	    warnings = case when s.stage = 'failed' then ad_warnings_from(s.warnings, 'compose') else s.warnings end
	where s.project_id = p_session;
	perform ahead_add('ad.ahead', p_session, (v_row.project).owner_id, jsonb_build_object('session_id', p_session,
		'request', coalesce(v_session.compose_request, '{}'), 'clips', ad_clip_inputs(v_order)));
	return query select cardinality(p_ids), ad_estimate_us(v_order), v_stage, project_touch(p_session);
end
$$;
comment on function ad_save_clips is 'Approves clips and their order. [roles: ac]';

-- Own pictures -------------------------------------------------------------------------------------------------------------------------

create or replace function ad_add_image(p_session uuid, p_asset text, p_view_type text, p_request_id text)
returns table (job_id uuid, job bigint, jobs int, estimated_s int, estimated_micros bigint, cache_hits int, warnings text, seq bigint)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_row record;
	v_session ad_session;
	v_project project;
	v_asset asset;
	v_views text[] := array['front', 'side', 'back', 'top', 'detail', 'lifestyle'];
	v_used text[];
	v_view text := p_view_type;
	v_job bigint;
begin
	select * into v_row from ad_lock(p_session, 'editor');
	v_session := v_row.session;
	v_project := v_row.project;
	if ad_is_running(v_session.stage) then
		perform refuse(409, 'already_running', 'A job is working for this session', null, 'wait for it, or cancel it');
	elsif v_session.stage not in ('created', 'image_selection', 'failed') then
		perform ad_refuse_stage(v_session.stage);
	end if;
	select * into v_asset from asset a where a.id = p_asset and a.owner_id = caller() and a.kind = 'upload' and a.state <> 'deleted';
	if not found then
		perform refuse(422, 'asset_not_found', 'There is no such upload', '/asset_id');
	elsif v_asset.state <> 'ready' then
		perform refuse(422, 'asset_not_ready', case v_asset.state
			when 'checking' then 'The upload is still being checked' else 'The upload was refused' end, '/asset_id');
	elsif v_asset.media_type not like 'image/%' then
		perform refuse(422, 'asset_not_image', 'The upload is not a picture', '/asset_id');
	elsif v_view is not null and not v_view = any (v_views) then
		perform refuse(422, 'validation_error', 'The view is one of front, side, back, top, detail, lifestyle', '/view_type');
	end if;
	select coalesce(array_agg(u.view_type), '{}') into v_used
	from (
		select a.metadata ->> 'view_type' from asset a where a.id = any (v_session.generated_image_ids)
		union all
		select j.payload ->> 'view_type'
		from job j
		where j.project_id = p_session and j.kind = 'ad.import' and j.finished_at is null
	) u (view_type);
	if cardinality(v_used) >= 16 then
		perform refuse(409, 'too_many_images', 'A session has at most 16 pictures');
	end if;
	if v_view is null then
		-- The next one that is least used.
		select v into v_view
		from unnest(v_views) with ordinality as x (v, n)
		order by (select count(*) from unnest(v_used) u where u = v), n
		limit 1;
	end if;
	v_job := job_add('ad.import', v_project.owner_id, p_session, jsonb_build_object('session_id', p_session, 'asset_id', p_asset,
		'sha256', v_asset.sha256, 'media_type', v_asset.media_type, 'view_type', v_view, 'max_side', 4096),
		p_request_id => p_request_id);
	return query
	select j.public_id, v_job, 1, 3, 0::bigint, 0, '[]', v_project.event_seq from job j where j.id = v_job;
end
$$;
comment on function ad_add_image is 'Takes one of the caller''s uploads into the session, as if it had been generated. [roles: ac]';
