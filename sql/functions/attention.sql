-- What a person decides about a call of which nobody knows whether it was accepted, or whose result never came.
--
--   look_up    ask the provider once more, now
--   wait       go on asking for so many seconds
--   resubmit   send it again: the first one is booked at its estimate, the second comes out of the budget 'resubmit' as well
--   give_up    it failed; it is booked at its estimate, since it may well have been charged

-- Tells the project's listeners that a job needs attention (p_error), or no longer does (null). The project is locked here.
create or replace function job_attention_event(p_job bigint, p_error jsonb) returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_job job;
	v_frame jsonb;
begin
	select * into v_job from job where id = p_job;
	if v_job.project_id is null then
		return;
	end if;
	select coalesce(a.last_progress, jsonb_build_object('stage', a.stage, 'progress', 0)) into v_frame
	from ad_session a where a.project_id = v_job.project_id;
	perform event_add(v_job.project_id, coalesce(v_frame, '{}') - 'data' - 'gate' - 'error'
		|| case when p_error is null
			then jsonb_build_object('warning', 'attention_ended', 'message', 'The work goes on.')
			else jsonb_build_object('warning', 'needs_attention',
				'message', coalesce(p_error ->> 'detail', 'It is not known whether the provider accepted this.'),
				'actions', jsonb_build_array('look_up', 'wait', 'resubmit', 'give_up')) end
		|| jsonb_build_object('job_id', v_job.public_id), p_job);
end
$$;

-- Returns what job_apply returns, for the hints.
create or replace function job_attention(p_public_id uuid, p_action text, p_wait_s int default 3600)
returns table (job bigint, state text, project uuid, seq bigint, woke boolean)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
#variable_conflict use_column
declare
	v_id bigint := (job_of_caller(p_public_id)).id;
	v_job job;
	v_call provider_call;
	v_seq bigint;
	v_limit bigint;
begin
	select j.* into v_job from job j where j.id = v_id for no key update;
	if v_job.state <> 'uncertain' then
		perform refuse(409, 'needs_no_attention', 'Only a job that needs attention can be decided about.');
	end if;
	if p_action = 'give_up' then
		return query select a.* from job_apply(array[v_id], array['failed'], array[jsonb_build_object('code', 'given_up', 'kind', 'provider',
			'detail', 'It was given up: nobody knows whether the provider did the work.', 'retryable', false, 'given_up', true)]) a;
		return;
	end if;
	perform from project p where p.id = v_job.project_id for no key update;
	select c.* into v_call from provider_call c
	where c.job_id = v_id and c.state in ('uncertain', 'accepted') order by c.id desc limit 1 for no key update;
	if p_action = 'resubmit' then
		select b.limit_micros - b.spent_micros - b.reserved_micros into v_limit from budget b where b.scope = 'resubmit' and b.scope_id = '';
		if v_limit < v_call.estimate_micros then
			perform refuse(402, 'cost_limit_exceeded', 'The budget for sending again in doubt is used up.', null,
				'framewright provider budget raises it');
		end if;
		perform provider_call_forget(c.id) from provider_call c
		where c.job_id = v_id and c.state in ('uncertain', 'accepted') order by c.id;
		update job j set state = 'waiting', run_at = clock_timestamp(), next_poll_at = null, parked = false, error = null, phase = null,
			attempt = least(j.attempt, j.max_attempts - 1), resubmits = j.resubmits + 1
		where j.id = v_id;
		perform job_make_ready(array[v_id]);
	elsif v_call.id is null then
		perform refuse(409, 'nothing_to_look_up', 'There is no call to look for; send it again or give it up.');
	elsif p_action in ('look_up', 'wait') then
		if p_action = 'wait' then
			update provider_call c set doubt_until = clock_timestamp() + p_wait_s * interval '1 second' where c.id = v_call.id;
		end if;
		update job j set state = 'external', parked = true, next_poll_at = clock_timestamp() where j.id = v_id;
		perform job_make_ready(array[v_id]);
	else
		perform refuse(422, 'bad_action', 'The action is look_up, wait, resubmit or give_up.', '/action');
	end if;
	perform job_attention_event(v_id, null);
	select p.event_seq into v_seq from project p where p.id = v_job.project_id;
	return query select v_id, 'ready'::text, v_job.project_id, v_seq, true;
end
$$;
comment on function job_attention is 'Decides about a job that needs attention. [roles: ac]';
