-- What the end of the advert's music, film and preview means for its session, and how a run ends that was stopped or lost: on_finish
-- functions like those of ad_end.sql, whose helpers they use.

create or replace function ad_music_ended(p_job job, p_outcome text, p_result jsonb)
returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
begin
	if p_outcome = 'cancelled' then
		perform ad_stop_run(p_job);
	elsif p_outcome = 'failed' then
		perform ad_fail(p_job, coalesce(nullif(p_result ->> 'code', ''), 'music_failed'), p_result ->> 'detail');
	else
		-- The track becomes an asset of the session, so that its file stays as long as the session does.
		perform ad_asset(p_job, 'aud', 'audio', 'generated', p_result, null, jsonb_build_object('genre', p_job.payload -> 'genre'));
		update job j
		set payload = j.payload || jsonb_build_object('music', p_result)
		where j.id in (select d.child from job_dep d where d.parent = p_job.id) and j.kind in ('ad.compose', 'ad.preview')
			and j.finished_at is null;
	end if;
end
$$;
comment on function ad_music_ended is 'The music is there: the film''s job gets it.';

create or replace function ad_compose_ended(p_job job, p_outcome text, p_result jsonb)
returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_row record;
	v_session ad_session;
	v_project project;
	v_current boolean;
	v_ms bigint := coalesce(round((p_result ->> 'generation_ms')::numeric)::bigint,
		round(extract(epoch from clock_timestamp() - p_job.started_at) * 1000)::bigint, 0);
	v_us bigint := (p_result ->> 'duration_us')::bigint;
	v_id text;
	v_warnings jsonb;
begin
	if p_outcome = 'cancelled' then
		perform ad_stop_run(p_job);
		return;
	elsif p_outcome = 'failed' then
		if p_job.started_at is not null then
			perform ledger_add(p_job.project_id, p_job.owner_id, p_job.id, 'compositor', 'local', 'ffmpeg', 0, false, v_ms,
				left(coalesce(p_result ->> 'code', 'failed'), 500));
		end if;
		perform ad_fail(p_job, coalesce(nullif(p_result ->> 'code', ''), 'composition_failed'), p_result ->> 'detail');
		return;
	end if;
	perform ledger_add(p_job.project_id, p_job.owner_id, p_job.id, 'compositor', 'local', 'ffmpeg',
		coalesce((p_result ->> 'price_micros')::bigint, ad_price('ffmpeg', 'compositor')), false, v_ms);
	v_id := ad_asset(p_job, 'vid', 'final_video', 'derived', p_result || jsonb_build_object('generation_ms', v_ms, 'model', 'ffmpeg',
		'provider', 'local'), null,
		jsonb_build_object('run', p_job.payload -> 'run', 'request', p_job.payload -> 'request',
			'clip_ids', (select jsonb_agg(c -> 'asset_id' order by n)
				from jsonb_array_elements(p_job.payload -> 'clips') with ordinality as x (c, n)),
			'approval', (select s.approval from ad_session s where s.project_id = p_job.project_id),
			'measurements', p_result -> 'measurements', 'spans', p_result -> 'spans'));
	if v_id is not null and p_result #>> '{thumbnail,sha256}' is not null then
		perform ad_asset(p_job, 'thumb', 'thumbnail', 'derived', p_result -> 'thumbnail', v_id, '{}');
	end if;
	select * into v_row from ad_of_job(p_job);
	v_session := v_row.session;
	v_project := v_row.project;
	v_current := v_row.current;
	if not v_current or v_id is null then
		return;
	end if;
	v_warnings := ad_warn_result(v_session.warnings, 'compose', p_result);
	if (p_result ->> 'bytes')::bigint > 20000000 then
		v_warnings := ad_warn(v_warnings, 'compose', 'large_file', ad_warning_text('large_file'));
	end if;
	if v_us not between 8000000 and 12000000 and not coalesce((p_job.payload #>> '{request,fit_duration}')::boolean, true)
		and not exists (select from jsonb_array_elements(v_warnings) w where w ->> 'code' = 'duration_out_of_range')
	then
		v_warnings := ad_warn(v_warnings, 'compose', 'duration_out_of_range', ad_warning_text('duration_out_of_range'));
	end if;
	update ad_session s
	set stage = 'complete', final_video_id = v_id, error_code = null, error_message = null, warnings = v_warnings
	where s.project_id = v_project.id;
	perform ad_emit(v_project.id, p_job.id, ad_frame('complete', 'compose', 100, 'Your video is ready!') || jsonb_build_object(
		'gate', 'final',
		'data', jsonb_build_object('total_cost', ad_money(v_project.total_micros), 'final_video', (
			select jsonb_strip_nulls(jsonb_build_object('id', a.id, 'url', ad_url(a.id), 'duration', ad_seconds(a.duration_us),
				'resolution', a.width || 'x' || a.height,
				'fps', trim_scale(round(a.fps_num::numeric / greatest(a.fps_den, 1), 3)),
				'file_size_mb', round(a.bytes / 1048576::numeric, 2), 'format', 'mp4', 'cost', ad_money(a.price_micros),
				'thumbnail_url', (select ad_url(t.id) from asset t where t.parent_id = a.id and t.kind = 'thumbnail' limit 1)))
			from asset a
			where a.id = v_id
		))), 'end');
end
$$;
comment on function ad_compose_ended is 'The film is there, or has failed.';

-- A preview takes the place of the one before.
create or replace function ad_preview_ended(p_job job, p_outcome text, p_result jsonb)
returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_id text;
begin
	if p_outcome <> 'done' then
		return;
	end if;
	perform from project p where p.id = p_job.project_id for no key update;
	perform asset_end(array(
		select a.id from asset a
		where a.project_id = p_job.project_id and a.kind = 'video' and a.state = 'ready' and a.metadata ? 'preview_of'));
	v_id := ad_asset(p_job, 'vid', 'video', 'derived', p_result || '{"provider": "local", "model": "ffmpeg"}', null,
		jsonb_build_object('preview_of', p_job.payload -> 'request', 'clip_ids', (
			select jsonb_agg(c -> 'asset_id') from jsonb_array_elements(p_job.payload -> 'clips') c)));
	if v_id is not null then
		update job j set result = j.result || jsonb_build_object('asset_id', v_id, 'url', ad_url(v_id)) where j.id = p_job.id;
		perform project_touch(p_job.project_id);
	end if;
end
$$;
comment on function ad_preview_ended is 'A preview is there.';

-- Somebody cancelled a job that the whole step hangs on: the step is cancelled.
create or replace function ad_stop_run(p_job job)
returns void
language plpgsql
set search_path = framewright, pg_temp
as $$
declare
	v_row record;
	v_current boolean;
	v_jobs bigint[];
begin
	select * into v_row from ad_of_job(p_job);
	v_current := v_row.current;
	if not v_current then
		return;
	end if;
	perform ad_stop(p_job.project_id, p_job.id);
	select coalesce(array_agg(j.id order by j.id), '{}') into v_jobs
	from job j
	where j.project_id = p_job.project_id and j.finished_at is null and j.cancel_requested_at is null
	  and (j.payload ->> 'run') = (p_job.payload ->> 'run');
	if cardinality(v_jobs) > 0 then
		perform job_cancel_many(v_jobs);
	end if;
end
$$;
comment on function ad_stop_run is 'Cancels the step that a cancelled job belongs to.';

-- The end of a job could not be taken over (job_finish_failed in job.sql): whatever it was, the step it belongs to fails and its other
-- jobs end. It looks at as little as possible, for what it looks at may be what is broken.
create or replace function ad_lost(p_job job, p_code text)
returns void
language plpgsql
set search_path = framewright, pg_temp
as $$
declare
	v_session ad_session;
	v_run text := p_job.payload ->> 'run';
	v_text text := 'The step could not be finished; please start it again';
	v_jobs bigint[];
begin
	perform from project p where p.id = p_job.project_id for no key update;
	select s.* into v_session from ad_session s where s.project_id = p_job.project_id;
	if v_session.project_id is null or not ad_is_running(v_session.stage)
		or v_run ~ '^[0-9]{1,9}$' and v_run <> v_session.run_number::text
	then
		return;
	end if;
	update ad_session s
	set stage = 'failed', failed_stage = s.stage, error_code = p_code, error_message = v_text
	where s.project_id = p_job.project_id;
	perform ad_emit(p_job.project_id, p_job.id, ad_failed_frame(v_session.last_progress, p_code, v_text), 'end');
	select coalesce(array_agg(j.id order by j.id), '{}') into v_jobs
	from job j
	where j.project_id = p_job.project_id and j.finished_at is null and j.cancel_requested_at is null and j.kind <> 'ad.import';
	if cardinality(v_jobs) > 0 then
		perform job_cancel_many(v_jobs);
	end if;
end
$$;
comment on function ad_lost is 'Fails the running step because the end of one of its jobs could not be taken over.';
