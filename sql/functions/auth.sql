-- Sign-in: users, refresh tokens, API keys, tickets, failed logins, token buckets, and who may do what in a project.
--
-- The programs' roles may not read these tables; they call the functions here, which run as the owner of the schema with a fixed
-- search path and hand out no more than is asked for. Tokens arrive as SHA-256 digests.

-- As caller(), but nobody is refused.
create or replace function caller_need()
returns int
language plpgsql stable
set search_path = framewright, pg_temp
as $$
declare
	v_user int := caller();
begin
	if v_user is null then
		perform refuse(401, 'unauthorized', 'Sign-in is required');
	end if;
	return v_user;
end
$$;
comment on function caller_need is 'The calling user; refuses with 401 when there is none.';

-- In the statement that makes the bearer of a token the caller (lib/db/db.c), in place of the caller: what follows in the pipeline does
-- not run then.
create or replace function token_ended() returns text
language plpgsql
as $$
begin
	perform framewright.refuse(401, 'unauthorized', 'The access token was ended');
	return null;
end
$$;
comment on function token_ended is 'Refuses with 401: the epoch of a token is over. [roles: a]';

-- Users --------------------------------------------------------------------------------------------------------------------------------

-- What programs may know of a user. The password hash is a function of its own.
create or replace function user_by_email(p_email text)
returns table (id int, email text, password_hash text, role text, token_epoch int, is_demo boolean, disabled boolean,
	created_at timestamptz)
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select u.id, u.email, u.password_hash, u.role, u.token_epoch, u.is_demo, u.disabled_at is not null, u.created_at
	from users u
	where u.email = lower(trim(p_email))
$$;
comment on function user_by_email is 'The account of a login; the only way to a password hash. [roles: ac]';

create or replace function user_by_id(p_id int)
returns table (id int, email text, password_hash text, role text, token_epoch int, is_demo boolean, disabled boolean,
	created_at timestamptz)
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select u.id, u.email, null::text, u.role, u.token_epoch, u.is_demo, u.disabled_at is not null, u.created_at
	from users u
	where u.id = p_id
$$;
comment on function user_by_id is 'One account without its password hash. [roles: arec]';

create or replace function user_all()
returns table (id int, email text, password_hash text, role text, token_epoch int, is_demo boolean, disabled boolean,
	created_at timestamptz)
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select u.id, u.email, null::text, u.role, u.token_epoch, u.is_demo, u.disabled_at is not null, u.created_at
	from users u
	order by u.id
$$;
comment on function user_all is 'All accounts, for the operator. [roles: c]';

create or replace function user_create(p_email text, p_hash text, p_role text, p_demo boolean)
returns int
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_email text := lower(trim(p_email));
	v_id int;
begin
	if v_email !~ '^[^@[:space:]]+@[^@[:space:]]+$' or length(v_email) > 255 then
		perform refuse(422, 'validation_error', 'This is not an e-mail address', '/email');
	end if;
	insert into users (email, password_hash, role, is_demo)
	values (v_email, p_hash, p_role, p_demo)
	on conflict (email) do nothing
	returning users.id into v_id;
	if v_id is null then
		perform refuse(409, 'email_taken', 'There is an account with this e-mail address already');
	end if;
	return v_id;
end
$$;
comment on function user_create is 'A new account; refuses an address that is taken. [roles: ac]';

-- Ends every token of a user: access tokens by the epoch, refresh tokens by name.
create or replace function user_end_tokens(p_id int)
returns boolean
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
begin
	update users set token_epoch = token_epoch + 1 where id = p_id;
	if not found then
		return false;
	end if;
	update refresh_token set revoked_at = now() where user_id = p_id and revoked_at is null;
	return true;
end
$$;
comment on function user_end_tokens is 'Log out everywhere; false: no such user. [roles: ac]';

create or replace function user_set_password(p_id int, p_hash text)
returns boolean
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
begin
	update users set password_hash = p_hash where id = p_id;
	return found and user_end_tokens(p_id);
end
$$;
comment on function user_set_password is 'A new password ends all tokens; false: no such user. [roles: ac]';

create or replace function user_set_role(p_id int, p_role text)
returns boolean
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
begin
	update users set role = p_role where id = p_id;
	return found;
end
$$;
comment on function user_set_role is 'Makes somebody user, reviewer or admin; false: no such user. [roles: c]';

create or replace function user_set_disabled(p_id int, p_disabled boolean)
returns boolean
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
begin
	update users set disabled_at = case when p_disabled then coalesce(disabled_at, now()) end where id = p_id;
	return found and (not p_disabled or user_end_tokens(p_id));
end
$$;
comment on function user_set_disabled is 'Closes an account, and ends its tokens, or opens it again; false: no such user. [roles: c]';

-- Failed logins ------------------------------------------------------------------------------------------------------------------------

-- One IPv6 customer owns at least a /64; counting single addresses there would count nothing.
create or replace function login_network(p_address text)
returns inet
language sql immutable
set search_path = framewright, pg_temp
as $$
	select case family(p_address::inet)
		when 6 then host(network(set_masklen(p_address::inet, 64)))::inet
		else p_address::inet
	end
$$;
comment on function login_network is 'Under which address failed logins are counted.';

create or replace function login_wait(p_address text)
returns int
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select case
		when count(*) < 10 then 0
		else greatest(1, ceil(extract(epoch from min(at) + interval '5 minutes' - now())))::int
	end
	from (
		select at
		from login_attempt
		where address = login_network(p_address)
		  and at > now() - interval '5 minutes'
		order by at desc
		limit 10
	) latest
$$;
comment on function login_wait is 'Seconds until this address may try again; 0: it may now. Ten failures in five minutes are too many. [roles: a]';

create or replace function login_failed(p_address text)
returns void
language sql security definer
set search_path = framewright, pg_temp
as $$
	delete from login_attempt where address = login_network(p_address) and at < now() - interval '1 hour';
	insert into login_attempt (address) values (login_network(p_address));
$$;
comment on function login_failed is 'Counts a failed login. [roles: a]';

-- Refresh tokens -----------------------------------------------------------------------------------------------------------------------

create or replace function refresh_issue(p_user int, p_hash bytea, p_ttl_s bigint)
returns void
language sql security definer
set search_path = framewright, pg_temp
as $$
	insert into refresh_token (user_id, family, token_hash, expires_at)
	values (p_user, gen_random_uuid(), p_hash, now() + make_interval(secs => p_ttl_s))
$$;
comment on function refresh_issue is 'The first token of a new family. [roles: a]';

-- No row: refused. Revoking the family must outlive the refusal, so this does not raise.
create or replace function refresh_rotate(p_old bytea, p_new bytea, p_ttl_s bigint)
returns table (id int, email text, password_hash text, role text, token_epoch int, is_demo boolean, disabled boolean,
	created_at timestamptz)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_token refresh_token;
begin
	select * into v_token from refresh_token t where t.token_hash = p_old for update;
	if not found or v_token.revoked_at is not null or v_token.expires_at <= now() then
		return;
	end if;
	if v_token.used_at is not null or exists (
		select from users u where u.id = v_token.user_id and u.disabled_at is not null
	) then
		update refresh_token t set revoked_at = now() where t.family = v_token.family and t.revoked_at is null;
		return;
	end if;
	update refresh_token t set used_at = now() where t.id = v_token.id;
	insert into refresh_token (user_id, family, token_hash, expires_at)
	values (v_token.user_id, v_token.family, p_new, now() + make_interval(secs => p_ttl_s));
	return query select * from user_by_id(v_token.user_id);
end
$$;
comment on function refresh_rotate is 'Exchanges a refresh token; a second use of the same one revokes all that descend from its login. [roles: a]';

create or replace function refresh_revoke(p_hash bytea)
returns void
language sql security definer
set search_path = framewright, pg_temp
as $$
	update refresh_token
	set revoked_at = now()
	where family = (select family from refresh_token where token_hash = p_hash)
	  and revoked_at is null
$$;
comment on function refresh_revoke is 'Log out: the token''s whole family ends. [roles: a]';

-- API keys -----------------------------------------------------------------------------------------------------------------------------

create or replace function api_key_create(p_name text, p_prefix text, p_hash bytea, p_scopes text[])
returns table (id bigint, name text, prefix text, scopes text, last_used_at timestamptz, created_at timestamptz,
	revoked_at timestamptz)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_user int := caller_need();
	v_name text := trim(p_name);
begin
	if length(v_name) not between 1 and 100 then
		perform refuse(422, 'validation_error', 'The name must have 1 to 100 characters', '/name');
	end if;
	if (select count(*) from api_key k where k.user_id = v_user and k.revoked_at is null) >= 50 then
		perform refuse(409, 'too_many_keys', 'There are 50 keys in use already', '', 'revoke one first');
	end if;
	return query
	insert into api_key as k (user_id, name, prefix, key_hash, scopes)
	values (v_user, v_name, p_prefix, p_hash, p_scopes)
	returning k.id, k.name, k.prefix, array_to_string(k.scopes, ' '), k.last_used_at, k.created_at, k.revoked_at;
end
$$;
comment on function api_key_create is 'A new key of the caller. [roles: ac]';

create or replace function api_key_list()
returns table (id bigint, name text, prefix text, scopes text, last_used_at timestamptz, created_at timestamptz,
	revoked_at timestamptz)
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select k.id, k.name, k.prefix, array_to_string(k.scopes, ' '), k.last_used_at, k.created_at, k.revoked_at
	from api_key k
	where k.user_id = caller()
	order by k.id desc
	limit 500
$$;
comment on function api_key_list is 'The caller''s keys, newest first. [roles: ac]';

create or replace function api_key_revoke(p_id bigint)
returns boolean
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
begin
	update api_key set revoked_at = now() where id = p_id and user_id = caller_need() and revoked_at is null;
	return found;
end
$$;
comment on function api_key_revoke is 'Ends a key of the caller; false: no such key in use. [roles: ac]';

create or replace function api_key_check(p_hash bytea)
returns table (id int, email text, password_hash text, role text, token_epoch int, is_demo boolean, disabled boolean,
	created_at timestamptz, key_id bigint, key_name text, key_prefix text, key_scopes text, key_used_at timestamptz,
	key_created_at timestamptz)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_key api_key;
begin
	select * into v_key from api_key k where k.key_hash = p_hash and k.revoked_at is null;
	if not found then
		return;
	end if;
	if v_key.last_used_at is null or v_key.last_used_at < now() - interval '1 minute' then
		-- Whoever comes second finds the row taken and leaves it; a lost second matters less than waiting.
		update api_key k set last_used_at = now()
		where k.id = (select l.id from api_key l where l.id = v_key.id for update skip locked);
	end if;
	return query
	select u.*, v_key.id, v_key.name, v_key.prefix, array_to_string(v_key.scopes, ' '), v_key.last_used_at, v_key.created_at
	from user_by_id(v_key.user_id) u
	where not u.disabled;
end
$$;
comment on function api_key_check is 'Whom a key stands for; no row: nobody. Notes the use at most once a minute. [roles: ae]';

-- Tickets ------------------------------------------------------------------------------------------------------------------------------

create or replace function ticket_create(p_hash bytea, p_project uuid, p_ttl_s int)
returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_user int := caller_need();
begin
	if p_project is not null and project_role(p_project, v_user) is null then
		perform refuse(404, 'session_not_found', 'There is no such session');
	end if;
	insert into ticket (token_hash, user_id, project_id, expires_at)
	values (p_hash, v_user, p_project, now() + make_interval(secs => p_ttl_s));
end
$$;
comment on function ticket_create is 'A ticket of the caller, for one project or for all. [roles: a]';

create or replace function ticket_use(p_hash bytea)
returns table (id int, email text, password_hash text, role text, token_epoch int, is_demo boolean, disabled boolean,
	created_at timestamptz, project_id uuid)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_ticket ticket;
begin
	update ticket t set used_at = now()
	where t.token_hash = p_hash and t.used_at is null and t.expires_at > now()
	returning t.* into v_ticket;
	if not found then
		return;
	end if;
	return query
	select u.*, v_ticket.project_id
	from user_by_id(v_ticket.user_id) u
	where not u.disabled;
end
$$;
comment on function ticket_use is 'Uses a ticket up; no row: it is not good. [roles: ae]';

-- Limits -------------------------------------------------------------------------------------------------------------------------------

-- Seconds to wait, 0: taken. One row lock per key, so that all processes count together.
create or replace function rate_take(p_scope text, p_key text, p_per_minute double precision, p_burst double precision)
returns int
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_tokens double precision;
begin
	insert into rate_bucket as b (scope, key, tokens, refilled_at)
	values (p_scope, p_key, p_burst, clock_timestamp())
	on conflict (scope, key) do update
	set tokens = least(p_burst,
			b.tokens + extract(epoch from clock_timestamp() - b.refilled_at) * p_per_minute / 60),
	    refilled_at = clock_timestamp()
	returning tokens into v_tokens;
	if v_tokens < 1 then
		return greatest(1, ceil((1 - v_tokens) * 60 / greatest(p_per_minute, 0.001)))::int;
	end if;
	update rate_bucket set tokens = v_tokens - 1 where scope = p_scope and key = p_key;
	return 0;
end
$$;
comment on function rate_take is 'Takes one token out of a bucket; else the seconds until there is one. [roles: ae]';

create or replace function open_jobs_check(p_max int)
returns void
language plpgsql stable security definer
set search_path = framewright, pg_temp
as $$
declare
	v_user int := caller_need();
begin
	if (
		select count(*)
		from (
			select from job
			where owner_id = v_user and state not in ('done', 'failed', 'cancelled') and provider <> 'idle'
				and kind <> 'render.span'
			limit p_max
		) unfinished
	) >= p_max then
		perform refuse(429, 'too_many_jobs', format('There are %s unfinished jobs already', p_max), '',
			'wait until some have ended, or cancel them');
	end if;
end
$$;
comment on function open_jobs_check is 'Refuses when the caller has this many unfinished jobs. [roles: a]';

-- Projects and members -----------------------------------------------------------------------------------------------------------------

-- Refuses who may not, at least `p_need` (viewer, editor, owner); returns the caller's role.
create or replace function project_need(p_project uuid, p_need text)
returns text
language plpgsql stable
set search_path = framewright, pg_temp
as $$
declare
	v_role text := project_role(p_project, caller_need());
begin
	if v_role is null then
		perform refuse(404, 'session_not_found', 'There is no such session');
	end if;
	if array_position(array['viewer', 'editor', 'owner'], v_role) < array_position(array['viewer', 'editor', 'owner'], p_need) then
		perform refuse(403, 'forbidden', format('Only the %s of this session may do this',
			case p_need when 'owner' then 'owner' else 'owner or an editor' end));
	end if;
	return v_role;
end
$$;
comment on function project_need is 'The caller''s role in a project, which must be at least the given one.';

create or replace function project_members(p_project uuid)
returns table (user_id int, email text, role text)
language plpgsql stable security definer
set search_path = framewright, pg_temp
as $$
begin
	perform project_need(p_project, 'viewer');
	return query
	select u.id, u.email, 'owner'
	from project p join users u on u.id = p.owner_id
	where p.id = p_project
	union all (
		select u.id, u.email, m.role
		from project_member m join users u on u.id = m.user_id
		where m.project_id = p_project
		order by m.created_at, u.id
	);
end
$$;
comment on function project_members is 'The owner first, then the members. [roles: a]';

create or replace function project_member_set(p_project uuid, p_user int, p_role text)
returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
begin
	perform project_need(p_project, 'owner');
	if p_user = caller() or not exists (select from users where id = p_user) then
		perform refuse(422, 'validation_error', 'There is no such user to add', '/user_id');
	end if;
	insert into project_member (project_id, user_id, role)
	values (p_project, p_user, p_role)
	on conflict (user_id, project_id) do update set role = excluded.role;
	perform project_touch(p_project);
end
$$;
comment on function project_member_set is 'Adds a member or changes its role; owner only. [roles: a]';

create or replace function project_member_remove(p_project uuid, p_user int)
returns boolean
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
begin
	-- A member may leave by itself.
	perform project_need(p_project, case when p_user = caller() then 'viewer' else 'owner' end);
	delete from project_member where project_id = p_project and user_id = p_user;
	if not found then
		return false;
	end if;
	perform project_touch(p_project);
	return true;
end
$$;
comment on function project_member_remove is 'Takes a member out; the owner, or the member itself. False: was none. [roles: a]';

-- Gives the project a new number, so that what clients hold of it counts as old. The number is not an event's.
create or replace function project_touch(p_project uuid)
returns bigint
language sql security definer
set search_path = framewright, pg_temp
as $$
	update project
	set event_seq = event_seq + 1
	where id = p_project
	returning event_seq
$$;
comment on function project_touch is 'A change that is no event still needs a new number for the ETag.';
