-- Who may do what, exactly. Reloaded as a whole: first everything is taken away.
--
-- Changes go through functions; tables are granted for reading, column by column where secrets stand beside. Functions that stand in no
-- list here are for other functions only.

do $$
declare
	v_role text;
	v record;
	v_names text[];
begin
	foreach v_role in array array['public', 'framewright_api', 'framewright_renderd', 'framewright_eventd', 'framewright_ctl'] loop
		execute format('revoke all on all tables in schema framewright from %s', v_role);
		execute format('revoke all on all sequences in schema framewright from %s', v_role);
		execute format('revoke all on all functions in schema framewright from %s', v_role);
	end loop;
	-- Revoking on a table leaves grants on its columns.
	for v in
		select c.relname, a.attname, x.grantee::regrole as role
		from pg_class c
		join pg_attribute a on a.attrelid = c.oid and a.attacl is not null
		cross join lateral aclexplode(a.attacl) x
		where c.relnamespace = 'framewright'::regnamespace
	loop
		execute format('revoke all (%I) on framewright.%I from %s', v.attname, v.relname, v.role);
	end loop;
end
$$;

-- framewright_api ----------------------------------------------------------------------------------------------------------------------

grant select on project, project_member, ad_session, asset, share_link, job, job_dep, job_kind, ledger, event, price, setting,
	provider_limit, schema_patch, sessions, generation_costs, progress_events, job_public, timeline, render to framewright_api;
grant select (id, email, role, is_demo, token_epoch, disabled_at, created_at) on users to framewright_api;
-- The lease itself and who holds it are nobody's business.
grant select (job_id, progress, phase, claimed_at, expires_at) on job_lease to framewright_api;
grant select (id, user_id, name, prefix, scopes, last_used_at, revoked_at, created_at) on api_key to framewright_api;

-- framewright_renderd ------------------------------------------------------------------------------------------------------------------

grant select on project, ad_session, asset, blob, cache_entry, job, job_lease, job_dep, job_kind, provider_limit, provider_call, provider_key, price,
	setting, alarm, worker, event, ledger, schema_patch, job_public, render to framewright_renderd;
grant insert on blob to framewright_renderd;

-- framewright_eventd -------------------------------------------------------------------------------------------------------------------

grant select on event, project, project_member, job, job_lease, schema_patch to framewright_eventd;
grant select (id, role, token_epoch, disabled_at) on users to framewright_eventd;

-- framewright_ctl ----------------------------------------------------------------------------------------------------------------------

grant select on all tables in schema framewright to framewright_ctl;
grant update (max_inflight, rate, burst, blocked_until, paused, poll_every_ms) on provider_limit to framewright_ctl;
grant insert, update, delete on budget, price to framewright_ctl;

-- Functions ----------------------------------------------------------------------------------------------------------------------------

do $$
declare
	v record;
	v_missing text;
begin
	create temporary table function_grant (name text, roles text) on commit drop;
	insert into function_grant (name, roles) values
		-- a api, r renderd, e eventd, c ctl
		('caller', 'arec'), ('refuse', 'arec'), ('project_role', 'arec'), ('setting_micros', 'arec'), ('worker_health', 'arec'),
		('worker_begin', 're'), ('worker_drain', 're'), ('worker_seen', 're'), ('worker_end', 're'),
		('tick', 'rc'), ('job_rescue', 'rc'), ('partitions_keep', 'rc'),
		('job_claim', 'r'), ('job_heartbeat', 'r'), ('job_end', 'r'), ('job_block_provider', 'rc'),
		('job_add', 'rc'), ('job_added', 'rc'), ('job_cancel', 'arc'), ('job_retry', 'ac'), ('job_cancel_project', 'rc'),
		('event_add', 'rc'), ('ledger_add', 'rc'), ('price_of', 'arc'), ('cost_check', 'arc'), ('project_limit', 'arc'),
		('budget_ids', 'rc'),
		('provider_call_open', 'r'), ('provider_call_sending', 'r'), ('provider_call_accepted', 'rc'), ('provider_call_rejected', 'r'),
		('provider_call_void', 'r'), ('provider_call_uncertain', 'r'), ('provider_call_settle', 'rc'),
		('provider_call_webhook', 'ar'), ('provider_call_forget', 'c');
	-- What the areas' files declare of their own.
	insert into function_grant (name, roles)
	select p.proname, substring(obj_description(p.oid, 'pg_proc') from '\[roles: ([arec]+)\]')
	from pg_proc p
	where p.pronamespace = 'framewright'::regnamespace and obj_description(p.oid, 'pg_proc') ~ '\[roles: [arec]+\]';
	select string_agg(g.name, ', ') into v_missing
	from function_grant g
	where not exists (select from pg_proc where proname = g.name and pronamespace = 'framewright'::regnamespace);
	if v_missing is not null then
		raise exception 'grants.sql names functions that do not exist: %', v_missing;
	end if;
	for v in
		select p.oid::regprocedure as signature, r.role
		from function_grant g
		join pg_proc p on p.proname = g.name and p.pronamespace = 'framewright'::regnamespace
		join (values ('a', 'framewright_api'), ('r', 'framewright_renderd'), ('e', 'framewright_eventd'), ('c', 'framewright_ctl'))
			as r (letter, role) on position(r.letter in g.roles) > 0
	loop
		execute format('grant execute on function %s to %I', v.signature, v.role);
	end loop;
	drop table function_grant;
end
$$;
