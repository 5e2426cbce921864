-- Idempotency keys. The row is inserted in the transaction that does the work, so a call that fails leaves the key free, and a rival
-- with the same key waits on the unique index until the first one is done.

create or replace function idem_begin(p_key text, p_route text, p_hash bytea)
returns table (replay boolean, status int, content text, location text)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_user int := caller_need();
	v_row idempotency;
	v_before text := current_setting('lock_timeout');
begin
	if p_key is null or length(p_key) not between 1 and 64 then
		perform refuse(422, 'validation_error', 'An Idempotency-Key has 1 to 64 characters');
	end if;
	delete from idempotency i
	where i.user_id = v_user and i.key = p_key and i.created_at < now() - interval '24 hours';
	perform set_config('lock_timeout', '2s', true);
	begin
		insert into idempotency (user_id, key, route, request_hash)
		values (v_user, p_key, p_route, p_hash)
		on conflict (user_id, key) do nothing;
	exception when lock_not_available then
		perform refuse(409, 'idempotency_running', 'The first call with this Idempotency-Key is still running', '',
			'ask again in a moment');
	end;
	if found then
		perform set_config('lock_timeout', v_before, true);
		return query select false, 0, null::text, null::text;
		return;
	end if;
	perform set_config('lock_timeout', v_before, true);
	select * into v_row from idempotency i where i.user_id = v_user and i.key = p_key;
	if v_row.request_hash <> p_hash or v_row.route <> p_route then
		perform refuse(422, 'idempotency_mismatch', 'This Idempotency-Key was used for another request');
	end if;
	if v_row.state = 'running' then
		perform refuse(409, 'idempotency_running', 'The first call with this Idempotency-Key is still running', '',
			'ask again in a moment');
	end if;
	return query select true, v_row.status, v_row.content #>> '{}', v_row.location;
end
$$;
comment on function idem_begin is 'Takes a key or gives back the answer stored under it. [roles: a]';

-- The answer is kept as the text that was sent, so that a replay repeats it byte for byte.
create or replace function idem_finish(p_key text, p_status int, p_content text, p_location text)
returns boolean
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
begin
	update idempotency i
	set state = 'done', status = p_status, content = to_jsonb(p_content), location = p_location
	where i.user_id = caller_need() and i.key = p_key and i.state = 'running';
	return found;
end
$$;
comment on function idem_finish is 'Stores the answer; false: the key is not ours. [roles: a]';
