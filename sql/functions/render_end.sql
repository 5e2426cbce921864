-- What an ended job means for its render.

-- All files of a render.
create or replace function render_assets(p_render render)
returns text[]
language sql stable
set search_path = framewright, pg_temp
as $$
	select coalesce(array_agg(a.id), '{}')
	from asset a
	where a.id = p_render.film_id
		or a.id in (select f.value from jsonb_each_text(p_render.files) f)
		or a.id in (select t ->> 'id' from jsonb_array_elements(coalesce(p_render.report -> 'thumbnails', '[]')) t)
$$;
comment on function render_assets is 'Ids of everything that was made for a render.';

-- One file of a result becomes an asset; null when there is none.
create or replace function render_asset(p_job job, p_file jsonb, p_prefix text, p_kind text, p_parent text, p_metadata jsonb)
returns text
language sql
set search_path = framewright, pg_temp
as $$
	select case when p_file ->> 'sha256' is not null then
		ad_asset(p_job, p_prefix, p_kind, 'derived', p_file || '{"provider": "local", "model": "ffmpeg"}', p_parent, p_metadata) end
$$;
comment on function render_asset is 'A new asset out of a render''s result.';

create or replace function render_done(p_job job, p_render render, p_result jsonb)
returns render
language plpgsql
set search_path = framewright, pg_temp
as $$
declare
	v_render render := p_render;
	v_film text;
	v_files jsonb := '{}';
	v_report jsonb := coalesce(p_result -> 'report', '{}');
	v_name text;
	v_thumbs jsonb := '[]';
	v_one jsonb;
begin
	v_film := render_asset(p_job, p_result -> 'film', 'vid', 'final_video', null, jsonb_build_object('render_id', p_render.id,
		'file_name', nullif(p_render.name, ''), 'clip_ids', (
			select coalesce(jsonb_agg(a ->> 'name'), '[]') from jsonb_array_elements(p_job.payload -> 'assets') a)));
	if v_film is null then
		return v_render;
	end if;
	for v_name, v_one in select f.key, f.value from jsonb_each(coalesce(p_result -> 'files', '{}')) f loop
		v_files := v_files || jsonb_build_object(v_name, render_asset(p_job, v_one,
			case v_name when 'poster' then 'thumb' when 'preview' then 'vid' else case when v_name like 'captions%' then 'cap' else 'img' end end,
			case v_name when 'poster' then 'thumbnail' when 'preview' then 'video' else case when v_name like 'captions%' then 'captions' else 'image' end end,
			v_film, jsonb_build_object('render_id', p_render.id)));
	end loop;
	for v_one in select t from jsonb_array_elements(coalesce(p_result -> 'thumbnails', '[]')) t loop
		v_thumbs := v_thumbs || jsonb_build_array((v_one - array['sha256', 'bytes', 'media_type']) || jsonb_build_object('id',
			render_asset(p_job, v_one, 'img', 'image', v_film, jsonb_build_object('render_id', p_render.id))));
	end loop;
	update render r
	set state = 'succeeded', progress = 1, phase = 'done', finished_at = now(), film_id = v_film, files = v_files,
		plan = coalesce(p_result -> 'plan', r.plan),
		-- A film that was made in parts: whoever joined them found everything there already.
		report = v_report || case when p_result ? 'plan' or r.plan is null then '{}' else jsonb_build_object('spans', r.plan -> 'spans') end || jsonb_build_object('thumbnails', v_thumbs),
		warnings = coalesce(p_result -> 'warnings', '[]'), error_code = null, error_message = null
	where r.id = p_render.id
	returning r.* into v_render;
	return v_render;
end
$$;
comment on function render_done is 'A render is there: its files become assets.';

create or replace function render_ended(p_job job, p_outcome text, p_result jsonb)
returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_render render;
	v_ms bigint := coalesce(round((p_result ->> 'generation_ms')::numeric)::bigint,
		round(extract(epoch from clock_timestamp() - p_job.started_at) * 1000)::bigint, 0);
begin
	perform from project p where p.id = p_job.project_id for no key update;
	select r.* into v_render from render r where r.id = (p_job.payload ->> 'render_id')::uuid and r.finished_at is null;
	if not found then
		return;
	end if;
	if p_job.started_at is not null then
		perform ledger_add(p_job.project_id, p_job.owner_id, p_job.id, 'renderer', 'local', 'ffmpeg', 0, false, v_ms,
			case when p_outcome <> 'done' then left(coalesce(p_result ->> 'code', p_outcome), 500) end);
	end if;
	if p_outcome = 'done' then
		v_render := render_done(p_job, v_render, p_result);
	else
		update render r
		set state = p_outcome, finished_at = now(),
			error_code = case when p_outcome = 'failed' then coalesce(nullif(p_result ->> 'code', ''), 'render_failed') end,
			error_message = case when p_outcome = 'failed' then
				coalesce(nullif(p_result ->> 'detail', ''), 'The film could not be made') end
		where r.id = v_render.id
		returning r.* into v_render;
	end if;
	perform event_add(p_job.project_id, jsonb_strip_nulls(jsonb_build_object('type', 'render.finished', 'render_id', v_render.id,
		'name', v_render.name, 'state', v_render.state, 'progress', trim_scale(round(v_render.progress::numeric, 4)),
		'film_url', case when v_render.film_id is not null then ad_url(v_render.film_id) end,
		'poster_url', case when v_render.files ? 'poster' then ad_url(v_render.files ->> 'poster') end,
		'spans', (v_render.plan -> 'spans') - 'list',
		'error', case when v_render.error_code is not null then
			jsonb_build_object('code', v_render.error_code, 'message', v_render.error_message) end)), p_job.id);
end
$$;
comment on function render_ended is 'A render is there, has failed or was cancelled.';

-- One part of a film has ended, with or without a result: the film is that far, and goes on when it was the last. Runs under the project's
-- lock, so the last two cannot miss each other.
create or replace function render_span_ended(p_job job, p_outcome text, p_result jsonb)
returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_film bigint := (p_job.payload ->> 'film')::bigint;
	v_open int;
	v_share double precision;
begin
	select count(*) into v_open
	from job j
	where j.project_id = p_job.project_id and j.finished_at is null and j.kind = 'render.span' and (j.payload ->> 'film')::bigint = v_film;
	v_share := 0.02 + 0.88 * (1 - v_open / (p_job.payload ->> 'of')::double precision);
	-- The film's id is lower than ours: waiting for its row here would be against the order.
	perform from job j where j.id = v_film and j.state = 'waiting' for no key update skip locked;
	if found then
		update job j set progress = greatest(j.progress, v_share) where j.id = v_film;
		if v_open = 0 then
			perform job_make_ready(array[v_film]);
		end if;
	end if;
	perform render_progress(v_film, 'render', v_share);
end
$$;
comment on function render_span_ended is 'A part of a film has ended.';
