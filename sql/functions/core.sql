-- What all other functions and the policies use: who calls, how a call is refused, rows that know when they changed.
--
-- Functions are security definer unless they say otherwise: they belong to framewright_owner, which row-level security does not bind, and
-- so check the caller's rights themselves. Those granted to nobody are for other functions only (grants.sql).

-- The caller, as lib/db sends it in front of each statement; null for nobody.
create or replace function caller() returns int
language sql stable parallel safe
as $$
	select nullif(current_setting('framewright.user_id', true), '')::int
$$;

-- Ends the call with an HTTP status; lib/db turns it into an error with this code and sentence. p_pointer: JSON pointer into the request.
create or replace function refuse(p_status int, p_code text, p_detail text, p_pointer text default null, p_hint text default null)
returns void
language plpgsql
set search_path = framewright, pg_temp
as $$
begin
	raise exception using errcode = 'FW' || p_status, message = p_code, detail = coalesce(p_detail, ''), hint = coalesce(p_hint, ''),
		column = coalesce(p_pointer, '');
end
$$;

-- What is asked with nearly every call is in PL/pgSQL even where SQL would do: its plans last as long as the connection, while a function in
-- SQL that cannot be inlined is planned with each call.

-- owner, editor, viewer, or null: what a user may do with a project that is not deleted.
create or replace function project_role(p_project uuid, p_user int) returns text
language plpgsql stable security definer
set search_path = framewright, pg_temp
as $$
begin
	return (
		select case when p.owner_id = p_user then 'owner' else m.role end
		from project p
		left join project_member m on m.project_id = p.id and m.user_id = p_user
		where p.id = p_project and p.deleted_at is null
	);
end
$$;

create or replace function setting_micros(p_name text, p_fallback bigint) returns bigint
language plpgsql stable security definer
set search_path = framewright, pg_temp
as $$
begin
	return coalesce((select value::bigint from setting where name = p_name), p_fallback);
end
$$;

-- updated_at changes with every change of the row.
create or replace function touch() returns trigger
language plpgsql
set search_path = framewright, pg_temp
as $$
begin
	new.updated_at := clock_timestamp();
	return new;
end
$$;
create or replace trigger project_touch before update on project for each row execute function touch();
create or replace trigger ad_session_touch before update on ad_session for each row execute function touch();
