-- First of all: the owner, one role per program, the schema. Run by an administrator, repeatable, safe beside others doing the same in
-- other databases of the cluster. Nothing here or in grants.sql gives a role more than its program needs.

do $$
declare
	v_role text;
begin
	foreach v_role in array array['framewright_owner', 'framewright_api', 'framewright_renderd', 'framewright_eventd', 'framewright_ctl'] loop
		if not exists (select from pg_roles where rolname = v_role) then
			begin
				execute format('create role %I %s', v_role, case v_role when 'framewright_owner' then 'nologin' else 'login' end);
			exception
				when duplicate_object or unique_violation then
					null;
			end;
		end if;
		-- What a session sets for itself is not there when a pooler in transaction mode hands it another of the server's connections.
		if v_role <> 'framewright_owner' then
			begin
				execute format('alter role %I in database %I set search_path = framewright, pg_temp', v_role, current_database());
			exception
				when insufficient_privilege then
					raise notice 'the role % has no search_path of its own, which only a pooler needs', v_role;
			end;
		end if;
	end loop;
	-- An administrator who is not a superuser works as the owner through membership.
	if not pg_has_role(current_user, 'framewright_owner', 'usage') then
		execute format('grant framewright_owner to %I', current_user);
	end if;
end
$$;

-- What a program may hold at most, whoever connects as it: a transaction that somebody leaves open keeps dead rows from being cleared away
-- everywhere. Programs set a statement_timeout of their own below this. An administrator who may not change these roles is told.
do $$
declare
	v record;
begin
	for v in
		select *
		from (values ('framewright_api', '30s', '10s'), ('framewright_eventd', '30s', '10s'), ('framewright_renderd', '2min', '30s'),
			('framewright_ctl', '10min', '2min')) as l (role, statement, idle)
	loop
		execute format('alter role %I in database %I set statement_timeout = %L', v.role, current_database(), v.statement);
		execute format('alter role %I in database %I set idle_in_transaction_session_timeout = %L', v.role, current_database(), v.idle);
	end loop;
exception
	when insufficient_privilege then
		raise warning 'the time limits of the programs'' roles could not be set: %', sqlerrm;
end
$$;

create schema if not exists framewright authorization framewright_owner;
revoke all on schema framewright from public;
grant usage on schema framewright to framewright_api, framewright_renderd, framewright_eventd, framewright_ctl;

set local role framewright_owner;
set local search_path = framewright, pg_temp;

create table if not exists schema_patch (
	name text primary key,
	sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
	applied_at timestamptz not null default now()
);
comment on table schema_patch is 'Which patches of migrations/ were applied; the row "functions" stands for everything that is reloaded.';
comment on column schema_patch.name is 'File name without .sql.';
comment on column schema_patch.sha256 is 'Digest of the file when it was applied: an edited patch is refused.';
comment on column schema_patch.applied_at is 'When.';
