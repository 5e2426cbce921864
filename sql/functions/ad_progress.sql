-- Progress of the advert flow: the frames that clients see.
--
-- `progress` runs over the whole flow (pictures 0-50, clips 50-90, film 90-100), `run_progress` over the running step. Within a run
-- neither goes back. A frame that says the same as the last one with other numbers is not written within half a second; it becomes the
-- session's last one all the same, and goes out with the repetition (sweep_progress) if nothing newer comes first. The end of a piece is
-- always written: every number of pieces is seen once.

create or replace function ad_frame(p_stage text, p_kind text, p_progress numeric, p_message text)
returns jsonb
language sql immutable
set search_path = framewright, pg_temp
as $$
	select jsonb_build_object(
		'stage', p_stage,
		'progress', floor(p_progress)::int,
		'run_progress', floor(case p_kind
			when 'images' then p_progress * 2
			when 'clips' then (p_progress - 50) * 5 / 2
			else (p_progress - 90) * 10
		end)::int,
		'message', p_message)
$$;
comment on function ad_frame is 'A frame of a step: kind images, clips or compose, progress of the whole flow.';

-- p_mode: start (progress begins anew), piece and end (always written), else held back when it comes too soon. The caller holds the project's
-- lock, or takes it here.
create or replace function ad_emit(p_session uuid, p_job bigint, p_frame jsonb, p_mode text)
returns bigint
language plpgsql
set search_path = framewright, pg_temp
as $$
declare
	v_project project;
	v_last jsonb;
	v_frame jsonb := p_frame;
	v_seq bigint := 0;
begin
	select * into v_project from project p where p.id = p_session for no key update;
	select s.last_progress into v_last from ad_session s where s.project_id = p_session;
	v_frame := v_frame || jsonb_build_object('current_cost', ad_money(v_project.total_micros));
	if p_mode <> 'start' and (v_last ->> 'progress')::int > (v_frame ->> 'progress')::int then
		v_frame := v_frame || jsonb_build_object('progress', v_last -> 'progress', 'run_progress', v_last -> 'run_progress');
	end if;
	if p_mode in ('start', 'piece', 'end')
		or v_project.event_at is null
		or v_project.event_at <= clock_timestamp() - interval '500 milliseconds'
		or v_last ->> 'stage' is distinct from v_frame ->> 'stage'
		or regexp_replace(v_last ->> 'message', '\d+', '', 'g') <> regexp_replace(v_frame ->> 'message', '\d+', '', 'g')
	then
		v_seq := event_add(p_session, v_frame, p_job);
		select e.payload into v_frame from event e where e.project_id = p_session and e.seq = v_seq;
	end if;
	update ad_session set last_progress = v_frame where project_id = p_session;
	return v_seq;
end
$$;
comment on function ad_emit is 'Writes a frame unless it comes too soon after one like it; its number, or 0.';

-- How many pieces of a run have ended; with p_job, up to and with that one: pieces that end in one statement are told one by one.
create or replace function ad_ended(p_session uuid, p_run int, p_kind text, p_job job default null)
returns int
language sql stable
set search_path = framewright, pg_temp
as $$
	select count(*)::int
	from job j
	where j.project_id = p_session and j.kind = p_kind and (j.payload ->> 'run')::int = p_run
	  and j.finished_at is not null and not j.payload ? 'late_of'
	  and (p_job.id is null or j.finished_at < p_job.finished_at or j.finished_at = p_job.finished_at and j.id <= p_job.id)
$$;
comment on function ad_ended is 'Ended jobs of one kind in a run.';

create or replace function ad_piece_frame(p_kind text, p_ended int, p_total int)
returns jsonb
language sql immutable
set search_path = framewright, pg_temp
as $$
	select case p_kind
		when 'images' then ad_frame('image_generation', 'images', 10 + 40 * p_ended / greatest(p_total, 1)::numeric,
			format('Generating image %s of %s...', greatest(1, p_ended), p_total))
		else ad_frame('video_generation', 'clips', 55 + 35 * p_ended / greatest(p_total, 1)::numeric,
			format('Generating clip %s of %s...', greatest(1, p_ended), p_total))
	end
$$;
comment on function ad_piece_frame is 'The frame while pictures or clips are made.';

-- A composition's first two thirds are shorter with music, and the music job runs before the film's.
create or replace function ad_compose_frame(p_phase text, p_music boolean, p_fraction numeric)
returns jsonb
language sql immutable
set search_path = framewright, pg_temp
as $$
	select case
		when p_phase = 'music' then ad_frame('final_composition', 'compose', 93 + 2 * p_fraction, 'Generating music...')
		when p_phase = 'text' and not p_music then
			ad_frame('final_composition', 'compose', 90 + 5 * p_fraction, 'Adding text overlays...')
		when p_phase = 'start' then ad_frame('final_composition', 'compose', 90, 'Adding text overlays...')
		when p_phase = 'text' then ad_frame('final_composition', 'compose', 95, 'Stitching clips...')
		else ad_frame('final_composition', 'compose', 95 + 3 * p_fraction, 'Stitching clips...')
	end
$$;
comment on function ad_compose_frame is 'The frame while the film is made.';

-- From renderd: this job of the flow is in this phase and that far (0-1). Stale jobs say nothing.
create or replace function ad_progress(p_job bigint, p_phase text, p_fraction double precision)
returns table (project_id uuid, seq bigint)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_job job;
	v_session ad_session;
	v_fraction numeric := least(1, greatest(0, coalesce(nullif(p_fraction, 'NaN'), 0)))::numeric;
	v_frame jsonb;
begin
	select * into v_job from job j where j.id = p_job;
	if v_job.project_id is null or v_job.finished_at is not null then
		return query select null::uuid, 0::bigint;
		return;
	end if;
	perform from project p where p.id = v_job.project_id for no key update;
	select * into v_session from ad_session s where s.project_id = v_job.project_id;
	if not found or v_session.run_number is distinct from (v_job.payload ->> 'run')::int
		or v_session.stage <> (ad_step(v_session.run_kind)).running
	then
		return query select null::uuid, 0::bigint;
		return;
	end if;
	v_frame := case v_job.kind
		when 'ad.plan_images' then ad_frame('prompt_parsing', 'images', 10 * v_fraction, 'Analyzing your prompt...')
		when 'ad.plan_clips' then ad_frame('video_planning', 'clips', 50 + 5 * v_fraction, 'Planning video scenes...')
		when 'ad.image' then ad_piece_frame('images',
			ad_ended(v_job.project_id, v_session.run_number, v_job.kind), v_session.run_total)
		when 'ad.clip' then ad_piece_frame('clips',
			ad_ended(v_job.project_id, v_session.run_number, v_job.kind), v_session.run_total)
		when 'ad.music' then ad_compose_frame('music', true, v_fraction)
		when 'ad.compose' then ad_compose_frame(p_phase,
			coalesce((v_session.compose_request #>> '{audio,enabled}')::boolean, false), v_fraction)
	end;
	if v_frame is null then
		return query select null::uuid, 0::bigint;
		return;
	end if;
	return query select v_job.project_id, ad_emit(v_job.project_id, p_job, v_frame, 'progress');
end
$$;
comment on function ad_progress is 'A job of the flow tells how far it is; the number of the event, or 0 when none was written. [roles: r]';
