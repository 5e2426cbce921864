-- Stored files as users see them: uploads and their check, rights, deletion, share links, collection of what nobody refers to.
--
-- An asset names its blob; a blob lives as long as an asset or a cache entry names it, and an hour after its last reservation. The
-- order for writers is: reserve the blob (committed), move the file to its place, make the asset.

create or replace function asset_new_id(p_prefix text)
returns text
language sql volatile
set search_path = framewright, pg_temp
as $$
	select p_prefix || '_' || left(encode(sha256(uuid_send(gen_random_uuid())), 'hex'), 16)
$$;
comment on function asset_new_id is 'A random id: the prefix, 16 hex digits.';

create or replace function blob_reserve(p_sha256 text, p_bytes bigint, p_media_type text)
returns void
language sql security definer
set search_path = framewright, pg_temp
as $$
	insert into blob (sha256, bytes, media_type)
	values (p_sha256, p_bytes, p_media_type)
	on conflict (sha256) do update set created_at = now()
$$;
comment on function blob_reserve is 'Makes or refreshes the row of a content, so that collection leaves it alone for the grace time. [roles: arc]';

create or replace function asset_piece(p_asset text, p_kind text)
returns text
language plpgsql stable
set search_path = framewright, pg_temp
as $$
begin
	return (
		select p.id
		from asset p
		where p.parent_id = p_asset and p.kind = p_kind and p.state = 'ready'
		order by p.created_at desc
		limit 1
	);
end
$$;
comment on function asset_piece is 'The newest thumbnail or last frame that was made of an asset.';

-- An asset in the shape that programs read; role: the caller's.
drop type if exists asset_row;
create type asset_row as (
	id text, project_id uuid, owner_id int, kind text, state text, sha256 text, media_type text, bytes bigint, width int, height int,
	duration_us bigint, fps_num int, fps_den int, source text, provider text, model text, simulated boolean, cached boolean,
	price_micros bigint, generation_ms bigint, parent_id text, reason text, reason_code text, metadata text, file_name text,
	thumbnail_id text, last_frame_id text, created_at timestamptz, role text
);

-- Without a search_path of its own, so that it is planned as part of the query that asks it.
create or replace function asset_info(p_asset asset)
returns setof asset_row
language sql stable
as $$
	select p_asset.id, p_asset.project_id, p_asset.owner_id, p_asset.kind, p_asset.state, p_asset.sha256, p_asset.media_type,
		p_asset.bytes, p_asset.width, p_asset.height, p_asset.duration_us, p_asset.fps_num, p_asset.fps_den,
		p_asset.source, p_asset.provider, p_asset.model, p_asset.simulated, p_asset.cached, p_asset.price_micros,
		p_asset.generation_ms, p_asset.parent_id, p_asset.reason, p_asset.metadata ->> 'reason_code',
		(p_asset.metadata - array['reason_code', 'file_name'])::text, p_asset.metadata ->> 'file_name',
		asset_piece(p_asset.id, 'thumbnail'), asset_piece(p_asset.id, 'last_frame'),
		p_asset.created_at,
		case
			when p_asset.owner_id = caller() then 'owner'
			else project_role(p_asset.project_id, caller())
		end
$$;
comment on function asset_info is 'An asset in the shape that programs read.';

-- Asked with every file that is sent; in SQL its planning took six times as long as the search itself.
create or replace function asset_find(p_id text)
returns setof asset_row
language plpgsql stable security definer
set search_path = framewright, pg_temp set plan_cache_mode = force_generic_plan
as $$
begin
	return query
	select i.*
	from asset a, asset_info(a) i
	where a.id = p_id and a.state <> 'deleted' and i.role is not null;
end
$$;
comment on function asset_find is 'An asset that the caller may see; no row: there is none. [roles: ac]';

create or replace function asset_uploads(p_limit int, p_before timestamptz, p_before_id text, p_offset bigint)
returns setof asset_row
language plpgsql stable security definer
set search_path = framewright, pg_temp
as $$
begin
	return query
	select i.*
	from (
		select a
		from asset a
		where a.owner_id = caller() and a.kind = 'upload' and a.state <> 'deleted'
		  and (p_before is null or (a.created_at, a.id) < (p_before, p_before_id))
		order by a.created_at desc, a.id desc
		limit p_limit offset p_offset
	) page, asset_info(page.a) i
	order by i.created_at desc, i.id desc;
end
$$;
comment on function asset_uploads is 'A page of the caller''s uploads, newest first. [roles: ac]';

create or replace function asset_upload(p_sha256 text, p_bytes bigint, p_media_type text, p_file_name text, p_quota bigint,
	p_request_id text)
returns table (id text, job_id uuid, job bigint)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_user int := caller_need();
	v_id text := asset_new_id('up');
	v_job bigint;
begin
	if p_quota > 0 then
		-- Two uploads at once must not both take the last free byte.
		perform pg_advisory_xact_lock(hashtextextended('framewright.quota', v_user));
		if p_bytes + (select coalesce(sum(a.bytes), 0) from asset a where a.owner_id = v_user and a.state <> 'deleted')
			> p_quota then
			perform refuse(507, 'quota_exceeded', 'There is no room left in your storage', '',
				'delete uploads or sessions that are no longer needed');
		end if;
	end if;
	perform blob_reserve(p_sha256, p_bytes, p_media_type);
	insert into asset (id, owner_id, kind, state, sha256, media_type, bytes, source, metadata)
	values (v_id, v_user, 'upload', 'checking', p_sha256, p_media_type, p_bytes, 'uploaded',
		jsonb_strip_nulls(jsonb_build_object('file_name', left(p_file_name, 200))));
	v_job := job_add('asset.probe', v_user, null, jsonb_build_object(
		'asset_id', v_id, 'sha256', p_sha256, 'media_type', p_media_type, 'bytes', p_bytes),
		p_request_id => p_request_id);
	return query select v_id, j.public_id, j.id from job j where j.id = v_job;
end
$$;
comment on function asset_upload is 'A new upload of the caller and the job that looks at it. [roles: ac]';

-- The end of asset.probe. What cannot be checked is not used.
create or replace function asset_probe_ended(p_job job, p_outcome text, p_result jsonb)
returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_id text := p_job.payload ->> 'asset_id';
begin
	if p_outcome = 'done' then
		update asset
		set state = 'ready',
		    media_type = coalesce(p_result ->> 'media_type', media_type),
		    width = nullif((p_result ->> 'width')::int, 0),
		    height = nullif((p_result ->> 'height')::int, 0),
		    duration_us = nullif((p_result ->> 'duration_us')::bigint, 0),
		    fps_num = nullif((p_result ->> 'fps_num')::int, 0),
		    fps_den = nullif((p_result ->> 'fps_den')::int, 0),
		    metadata = metadata || jsonb_build_object('probe', p_result)
		where id = v_id and state = 'checking';
		perform asset_prepare(v_id, p_job.request_id);
	else
		update asset
		set state = 'refused',
		    sha256 = null,
		    reason = case
			when p_result ->> 'kind' = 'input' then left(p_result ->> 'detail', 300)
			else 'The file could not be checked'
		    end,
		    metadata = metadata || jsonb_build_object('reason_code',
			case when p_result ->> 'kind' = 'input' then p_result ->> 'code' else 'check_failed' end)
		where id = v_id and state = 'checking';
	end if;
end
$$;
comment on function asset_probe_ended is 'An upload becomes ready or refused.';

-- The job belongs to nobody's project: neither a run nor the deletion of a session waits for it.
create or replace function asset_prepare(p_id text, p_request_id text)
returns void
language sql security definer
set search_path = framewright, pg_temp
as $$
	select job_add('asset.prepare', a.owner_id, null, jsonb_build_object(
		'asset_id', a.id, 'sha256', a.sha256, 'duration_us', a.duration_us), p_request_id => p_request_id)
	from asset a
	where a.id = p_id and a.state = 'ready' and a.width is not null and a.duration_us is not null
$$;
comment on function asset_prepare is 'A clip that has arrived gets its thumbnail and its last frame; other files need none.';

-- The end of asset.prepare. A clip whose pictures cannot be made is still a clip.
create or replace function asset_prepared(p_job job, p_outcome text, p_result jsonb)
returns void
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_id text := p_job.payload ->> 'asset_id';
begin
	select a.project_id into p_job.project_id from asset a where a.id = v_id and a.state = 'ready' for share;
	if p_outcome = 'done' and found then
		perform render_asset(p_job, p_result -> 'thumbnail', 'thumb', 'thumbnail', v_id, '{}');
		perform render_asset(p_job, p_result -> 'last_frame', 'img', 'last_frame', v_id, '{}');
	end if;
end
$$;
comment on function asset_prepared is 'The pictures of a clip are there.';

create or replace function asset_delete(p_id text)
returns boolean
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_asset asset;
	v_user int := caller_need();
begin
	select * into v_asset from asset a where a.id = p_id and a.state <> 'deleted' for update;
	if not found or coalesce(project_role(v_asset.project_id, v_user), '') <> 'owner' and v_asset.owner_id <> v_user then
		return false;
	end if;
	if exists (
		select
		from ad_session s
		where s.project_id = v_asset.project_id
		  and (p_id = any (s.generated_image_ids || s.generated_clip_ids) or p_id = s.final_video_id)
	) or v_asset.kind in ('thumbnail', 'last_frame') then
		perform refuse(409, 'asset_in_use', 'The session still shows this file');
	end if;
	perform asset_end(array[p_id]);
	return true;
end
$$;
comment on function asset_delete is 'Deletes an asset of the caller; false: there is none. [roles: ac]';

-- Rows stay, without their files: the ledger and the manifest speak of them.
create or replace function asset_end(p_ids text[])
returns void
language sql
set search_path = framewright, pg_temp
as $$
	update asset
	set state = 'deleted', sha256 = null, deleted_at = now()
	where (id = any (p_ids) or parent_id = any (p_ids) and kind in ('thumbnail', 'last_frame')) and state <> 'deleted';
	update share_link
	set revoked_at = now()
	where asset_id = any (p_ids) and revoked_at is null;
$$;
comment on function asset_end is 'Ends assets, their thumbnails, last frames and share links at once.';

create or replace function asset_usage()
returns table (bytes bigint, count bigint)
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select coalesce(sum(a.bytes), 0)::bigint, count(*)
	from asset a
	where a.owner_id = caller() and a.state in ('checking', 'ready')
$$;
comment on function asset_usage is 'Logical bytes: every asset counts its size, however many share the file. [roles: ac]';

-- Review and sharing -------------------------------------------------------------------------------------------------------------------

create or replace function asset_review(p_id text)
returns boolean
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
begin
	if caller() is not null and not exists (
		select from users u where u.id = caller() and u.role in ('reviewer', 'admin') and u.disabled_at is null
	) then
		perform refuse(403, 'forbidden', 'Only a reviewer may do this');
	end if;
	update asset a
	set metadata = a.metadata || jsonb_build_object('reviewed_at', now(), 'reviewed_by', caller())
	where a.id = p_id and a.state = 'ready';
	return found;
end
$$;
comment on function asset_review is 'Marks an upload as seen by a person; false: there is none. [roles: ac]';

-- Uploads count until a person has seen them, and so does everything made of them.
create or replace function asset_unreviewed(p_id text)
returns boolean
language sql stable
set search_path = framewright, pg_temp
as $$
	with recursive origin (id, parent_id, source, metadata) as (
		select a.id, a.parent_id, a.source, a.metadata
		from asset a
		where a.id = p_id
		union
		select a.id, a.parent_id, a.source, a.metadata
		from origin o
		join asset a on a.id = o.parent_id
			or a.id in (select jsonb_array_elements_text(coalesce(o.metadata -> 'clip_ids', '[]')))
	)
	select exists (select from origin o where o.source = 'uploaded' and not o.metadata ? 'reviewed_at')
$$;
comment on function asset_unreviewed is 'Whether an asset is, or was made of, an upload that nobody has reviewed.';

create or replace function share_create(p_asset text, p_hash bytea, p_expires_s bigint)
returns table (id uuid, asset_id text, expires_at timestamptz, created_at timestamptz)
language plpgsql security definer
set search_path = framewright, pg_temp
as $$
declare
	v_role text;
begin
	select f.role into v_role from asset_find(p_asset) f where f.state = 'ready';
	if v_role is null then
		perform refuse(404, 'not_found', 'There is no such file');
	elsif v_role not in ('owner', 'editor') then
		perform refuse(403, 'forbidden', 'Only the owner or an editor may share this file');
	elsif asset_unreviewed(p_asset) then
		perform refuse(409, 'review_required', 'This file is, or was made of, an upload that has not been reviewed', '',
			'ask a reviewer to release the upload');
	end if;
	return query
	insert into share_link as l (asset_id, token_hash, expires_at, created_by)
	values (p_asset, p_hash, case when p_expires_s > 0 then now() + make_interval(secs => p_expires_s) end, caller())
	returning l.id, l.asset_id, l.expires_at, l.created_at;
end
$$;
comment on function share_create is 'A public address for a file of the caller. [roles: ac]';

create or replace function share_list(p_asset text)
returns table (id uuid, asset_id text, expires_at timestamptz, created_at timestamptz)
language sql stable security definer
set search_path = framewright, pg_temp
as $$
	select l.id, l.asset_id, l.expires_at, l.created_at
	from share_link l
	where l.asset_id = p_asset and l.revoked_at is null and (l.expires_at is null or l.expires_at > now())
	  and exists (select from asset_find(p_asset) f where f.role in ('owner', 'editor'))
	order by l.created_at desc, l.id
	limit 200
$$;
comment on function share_list is 'The links of a file that are in use. [roles: ac]';

create or replace function share_revoke(p_id uuid)
returns boolean
language sql security definer
set search_path = framewright, pg_temp
as $$
	with ended as (
		update share_link l
		set revoked_at = now()
		where l.id = p_id and l.revoked_at is null
		  and (l.created_by = caller()
			or exists (select from asset_find(l.asset_id) f where f.role in ('owner', 'editor')))
		returning l.id
	)
	select exists (select from ended)
$$;
comment on function share_revoke is 'Ends a link; false: there is none of the caller''s. [roles: ac]';

create or replace function share_open(p_hash bytea)
returns setof asset_row
language plpgsql stable security definer
set search_path = framewright, pg_temp set plan_cache_mode = force_generic_plan
as $$
begin
	return query
	select i.*
	from share_link l
	join asset a on a.id = l.asset_id and a.state = 'ready'
	cross join asset_info(a) i
	where l.token_hash = p_hash and l.revoked_at is null and (l.expires_at is null or l.expires_at > now());
end
$$;
comment on function share_open is 'What a share token opens; no row: nothing. [roles: a]';

-- Collection ---------------------------------------------------------------------------------------------------------------------------

-- The rows stay locked until the caller's transaction ends: a writer that reserves the same content waits, and then finds no row. While a
-- backup holds the advisory lock (tools/backup) nothing is garbage: what its dump refers to must still be there when files are copied.
create or replace function blob_garbage(p_grace_s bigint, p_limit int)
returns table (sha256 text, bytes bigint)
language sql security definer
set search_path = framewright, pg_temp
as $$
	select b.sha256, b.bytes
	from blob b
	where (select pg_try_advisory_xact_lock(hashtext('framewright.collect')))
	  and b.created_at < now() - make_interval(secs => p_grace_s)
	  and not exists (select from asset a where a.sha256 = b.sha256)
	  and not exists (select from cache_entry c where c.asset_sha256 = b.sha256)
	order by b.created_at
	limit p_limit
	for update of b skip locked
$$;
comment on function blob_garbage is 'Contents that nothing refers to, locked. [roles: rc]';

create or replace function blob_forget(p_sha256 text[])
returns void
language sql security definer
set search_path = framewright, pg_temp
as $$
	delete from blob b where b.sha256 = any (p_sha256)
$$;
comment on function blob_forget is 'Deletes the rows of files that are gone. [roles: rc]';
