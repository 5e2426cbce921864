-- Row-level security: the second lock on everything that belongs to somebody. framewright_api sees rows through caller(), the daemons and
-- the tool see what their grants let them. Functions that are security definer belong to the owner and check rights themselves.
--
-- Reloaded as a whole; conditions use leakproof comparisons only, so that they stay in the indexes.

do $$
declare
	v record;
begin
	for v in select schemaname, tablename, policyname from pg_policies where schemaname = 'framewright' loop
		execute format('drop policy %I on framewright.%I', v.policyname, v.tablename);
	end loop;
	-- All tables, so that a new one without policies is closed and not open.
	for v in select relname from pg_class where relnamespace = 'framewright'::regnamespace and relkind in ('r', 'p') and not relrowsecurity loop
		execute format('alter table framewright.%I enable row level security', v.relname);
	end loop;
end
$$;

-- What the caller's statements may see and, where granted, change.
create policy own on users for select to framewright_api using (id = caller());
create policy own on refresh_token for select to framewright_api using (user_id = caller());
create policy own on api_key for select to framewright_api using (user_id = caller());
create policy own on ticket for select to framewright_api using (user_id = caller());
create policy own on idempotency to framewright_api using (user_id = caller()) with check (user_id = caller());
create policy own on project_member for select to framewright_api using (user_id = caller());
create policy own_or_member on project for select to framewright_api
	using (deleted_at is null and (owner_id = caller() or exists (
		select from project_member m where m.user_id = caller() and m.project_id = project.id)));
create policy of_project on ad_session for select to framewright_api
	using (exists (select from project p where p.id = ad_session.project_id));
create policy own_or_of_project on asset for select to framewright_api
	using (owner_id = caller() or exists (select from project p where p.id = asset.project_id));
create policy of_asset on share_link for select to framewright_api
	using (exists (select from asset a where a.id = share_link.asset_id));
create policy own_or_of_project on job for select to framewright_api
	using (project_id is null and owner_id = caller() or exists (select from project p where p.id = job.project_id));
-- Which job a lease belongs to is told by the job's row only, so its policy is enough: a second one doubled the cost of a look at a job.
create policy with_job on job_lease for select to framewright_api using (true);
create policy of_job on job_dep for select to framewright_api using (exists (select from job j where j.id = job_dep.child));
create policy of_project on ledger for select to framewright_api
	using (user_id = caller() and project_id is null or exists (select from project p where p.id = ledger.project_id));
create policy of_project on timeline for select to framewright_api
	using (exists (select from project p where p.id = timeline.project_id));
create policy of_project on render for select to framewright_api
	using (deleted_at is null and exists (select from project p where p.id = render.project_id));
create policy own on webhook_endpoint for select to framewright_api using (owner_id = caller());
create policy own on webhook_delivery for select to framewright_api
	using (exists (select from webhook_endpoint e where e.id = webhook_delivery.endpoint_id));
create policy of_project on event for select to framewright_api using (exists (select from project p where p.id = event.project_id));

-- Tables that say nothing about anybody.
do $$
declare
	v_table text;
begin
	foreach v_table in array array['job_kind', 'provider_limit', 'price', 'setting', 'sweep', 'schema_patch'] loop
		execute format('create policy everybody on framewright.%I for select to framewright_api, framewright_renderd, framewright_eventd, '
			'framewright_ctl using (true)', v_table);
	end loop;
end
$$;

-- The daemons and the tool act for the installation: their grants say what they may touch, not whose.
do $$
declare
	v_table text;
begin
	for v_table in select relname from pg_class
		where relnamespace = 'framewright'::regnamespace and relkind in ('r', 'p') and not relispartition
	loop
		execute format('create policy renderd on framewright.%I to framewright_renderd using (true) with check (true)', v_table);
		execute format('create policy ctl on framewright.%I to framewright_ctl using (true) with check (true)', v_table);
		execute format('create policy eventd on framewright.%I for select to framewright_eventd using (true)', v_table);
	end loop;
end
$$;
