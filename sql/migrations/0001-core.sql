-- The core schema: people, projects, the ad flow, stored files, money, jobs and events.
--
-- Rules that hold for every table: times are timestamptz of the server's clock, money is bigint micro-dollars, states are text with a
-- CHECK (comparing an enum is not leakproof, and row-level security would then keep such a condition out of the index), every table and
-- column has a comment, every index says who needs it. Policies are in policies.sql, grants in grants.sql; both are reloaded as a whole.
--
-- Lock order everywhere: job_lease, job and its dependants by id, project, budget by id.

-- People -------------------------------------------------------------------------------------------------------------------------------

create table users (
	id int generated always as identity primary key,
	email text not null unique check (email = lower(email) and length(email) between 3 and 255),
	password_hash text check (length(password_hash) <= 255),
	role text not null default 'user' check (role in ('user', 'reviewer', 'admin')),
	token_epoch int not null default 0 check (token_epoch >= 0),
	is_demo boolean not null default false,
	disabled_at timestamptz,
	created_at timestamptz not null default now()
);
comment on table users is 'Accounts, people and built-in service accounts alike.';
comment on column users.id is 'The number on the wire (user_id).';
comment on column users.email is 'Address used to log in; lower case.';
comment on column users.password_hash is 'Argon2id text of libsodium; null: this account cannot log in with a password.';
comment on column users.role is 'user, reviewer or admin; changed on the command line only.';
comment on column users.token_epoch is 'Access tokens carry it; raising it ends all tokens of this user.';
comment on column users.is_demo is 'The demo account, which exists only in a quickstart and can be switched off.';
comment on column users.disabled_at is 'Since when the account may not log in; null: it may.';
comment on column users.created_at is 'When the row was made.';

create table refresh_token (
	id bigint generated always as identity primary key,
	user_id int not null references users on delete cascade,
	family uuid not null,
	token_hash bytea not null unique check (length(token_hash) = 32),
	expires_at timestamptz not null,
	used_at timestamptz,
	revoked_at timestamptz,
	created_at timestamptz not null default now()
);
create index refresh_token_family on refresh_token (family);
comment on index refresh_token_family is 'Reuse of an old token revokes its family.';
create index refresh_token_user on refresh_token (user_id);
comment on index refresh_token_user is 'Log out everywhere.';
create index refresh_token_expiry on refresh_token (expires_at);
comment on index refresh_token_expiry is 'The sweep that deletes what ran out.';
comment on table refresh_token is 'Refresh tokens, rotated at each use; only hashes are stored.';
comment on column refresh_token.id is 'Row number.';
comment on column refresh_token.user_id is 'Whose token.';
comment on column refresh_token.family is 'All tokens that descend from one login.';
comment on column refresh_token.token_hash is 'SHA-256 of the token.';
comment on column refresh_token.expires_at is 'End of life.';
comment on column refresh_token.used_at is 'When it was exchanged for the next one; using it again revokes the family.';
comment on column refresh_token.revoked_at is 'When it was withdrawn.';
comment on column refresh_token.created_at is 'When the row was made.';

create table api_key (
	id bigint generated always as identity primary key,
	user_id int not null references users on delete cascade,
	name text not null check (length(name) between 1 and 100),
	prefix text not null check (length(prefix) between 4 and 16),
	key_hash bytea not null unique check (length(key_hash) = 32),
	scopes text[] not null default '{}',
	last_used_at timestamptz,
	revoked_at timestamptz,
	created_at timestamptz not null default now()
) with (fillfactor = 80);
create index api_key_user on api_key (user_id, id);
comment on index api_key_user is 'The list of a user''s keys.';
comment on table api_key is 'Keys for programs (fw_...); only hashes are stored.';
comment on column api_key.id is 'Row number, the id on the wire.';
comment on column api_key.user_id is 'Whose key.';
comment on column api_key.name is 'What the owner calls it.';
comment on column api_key.prefix is 'First characters of the key, to recognise it in a list.';
comment on column api_key.key_hash is 'SHA-256 of the key.';
comment on column api_key.scopes is 'What the key may do; empty: all that its owner may.';
comment on column api_key.last_used_at is 'Last use, written at most once a minute.';
comment on column api_key.revoked_at is 'When it was withdrawn.';
comment on column api_key.created_at is 'When the row was made.';

create table ticket (
	token_hash bytea primary key check (length(token_hash) = 32),
	user_id int not null references users on delete cascade,
	project_id uuid,
	expires_at timestamptz not null,
	used_at timestamptz
);
create index ticket_expiry on ticket (expires_at);
comment on index ticket_expiry is 'The sweep that deletes what ran out.';
comment on table ticket is 'Single-use tickets of 60 s that stand for a token in an address (sockets, event streams, downloads).';
comment on column ticket.token_hash is 'SHA-256 of the ticket.';
comment on column ticket.user_id is 'For whom it stands.';
comment on column ticket.project_id is 'The only project it opens; null: all of the user''s.';
comment on column ticket.expires_at is 'End of life.';
comment on column ticket.used_at is 'When it was used up.';

create table login_attempt (
	address inet not null,
	at timestamptz not null default now()
);
create index login_attempt_address on login_attempt (address, at);
comment on index login_attempt_address is 'Counting an address''s failures of the last minutes at login.';
comment on table login_attempt is 'Failed logins, kept for some minutes.';
comment on column login_attempt.address is 'Where the call came from.';
comment on column login_attempt.at is 'When.';

create table rate_bucket (
	scope text not null,
	key text not null,
	tokens double precision not null,
	refilled_at timestamptz not null default now(),
	primary key (scope, key)
) with (fillfactor = 50);
comment on table rate_bucket is 'Token buckets for limits per user or address (start calls and the like).';
comment on column rate_bucket.scope is 'What is limited.';
comment on column rate_bucket.key is 'For whom: a user id or an address.';
comment on column rate_bucket.tokens is 'Calls that may be made at once.';
comment on column rate_bucket.refilled_at is 'When tokens was computed.';

-- Projects -----------------------------------------------------------------------------------------------------------------------------

create table project (
	id uuid primary key default gen_random_uuid(),
	kind text not null default 'ad' check (kind in ('ad', 'talk', 'film', 'assembly')),
	owner_id int not null references users,
	title text not null default '' check (length(title) <= 200),
	event_seq bigint not null default 0 check (event_seq >= 0),
	event_at timestamptz,
	limit_micros bigint check (limit_micros >= 0),
	total_micros bigint not null default 0,
	charged_micros bigint not null default 0,
	reserved_micros bigint not null default 0 check (reserved_micros >= 0),
	alert_sent_at timestamptz,
	deleted_at timestamptz,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now()
) with (fillfactor = 70);
create index project_owner on project (owner_id, created_at desc, id);
comment on index project_owner is 'The dashboard''s list of a user''s projects.';
create index project_created on project (created_at desc);
comment on index project_created is 'The operator''s list of all projects.';
comment on table project is 'One piece of work, whatever its kind; the id is the session id of the ad flow.';
comment on column project.id is 'The id on the wire.';
comment on column project.kind is 'ad, talk, film or assembly.';
comment on column project.owner_id is 'To whom it belongs.';
comment on column project.title is 'What the owner calls it.';
comment on column project.event_seq is 'Number of the last event; raised under this row''s lock in the statement that writes the event.';
comment on column project.event_at is 'When the last event was written; progress is repeated some seconds later.';
comment on column project.limit_micros is 'Own cost limit; null: the installation''s.';
comment on column project.total_micros is 'Sum of the ledger''s price.';
comment on column project.charged_micros is 'Sum of the ledger''s charged.';
comment on column project.reserved_micros is 'Sum of the estimates of all calls whose price is not known yet.';
comment on column project.alert_sent_at is 'When the cost alert was given; it is given once.';
comment on column project.deleted_at is 'Since when it is hidden; the ledger keeps its rows.';
comment on column project.created_at is 'When the row was made.';
comment on column project.updated_at is 'Last change of the row, kept by a trigger.';
alter table ticket add foreign key (project_id) references project on delete cascade;

create table project_member (
	project_id uuid not null references project on delete cascade,
	user_id int not null references users on delete cascade,
	role text not null check (role in ('viewer', 'editor')),
	created_at timestamptz not null default now(),
	primary key (user_id, project_id)
);
create index project_member_project on project_member (project_id);
comment on index project_member_project is 'The list of a project''s members.';
comment on table project_member is 'Who besides the owner may see or change a project.';
comment on column project_member.project_id is 'Which project.';
comment on column project_member.user_id is 'Who.';
comment on column project_member.role is 'viewer or editor.';
comment on column project_member.created_at is 'When the row was made.';

-- Stored files -------------------------------------------------------------------------------------------------------------------------

create table blob (
	sha256 text primary key check (sha256 ~ '^[0-9a-f]{64}$'),
	bytes bigint not null check (bytes >= 0),
	media_type text not null,
	created_at timestamptz not null default now()
);
create index blob_created on blob (created_at);
comment on index blob_created is 'Garbage collection looks at what is older than the grace time.';
comment on table blob is 'One row per distinct stored content; the file''s name is its digest.';
comment on column blob.sha256 is 'SHA-256 of the bytes, 64 lower-case hex digits.';
comment on column blob.bytes is 'Size of the file.';
comment on column blob.media_type is 'As found by looking at the bytes.';
comment on column blob.created_at is 'When it was stored, or referred to anew; the grace time counts from here.';

create table asset (
	id text primary key check (id ~ '^(img|clip|vid|aud|up|thumb)_[0-9a-f]{16}$'),
	project_id uuid references project,
	owner_id int not null references users,
	kind text not null check (kind in ('upload', 'image', 'video', 'audio', 'final_video', 'thumbnail')),
	state text not null default 'ready' check (state in ('checking', 'ready', 'refused', 'deleted')),
	sha256 text references blob,
	media_type text,
	bytes bigint check (bytes >= 0),
	width int check (width > 0),
	height int check (height > 0),
	duration_us bigint check (duration_us >= 0),
	fps_num int check (fps_num > 0),
	fps_den int check (fps_den > 0),
	source text not null check (source in ('generated', 'uploaded', 'derived')),
	provider text,
	model text check (length(model) <= 100),
	simulated boolean not null default false,
	cached boolean not null default false,
	price_micros bigint not null default 0 check (price_micros >= 0),
	generation_ms bigint check (generation_ms >= 0),
	parent_id text references asset,
	reason text,
	metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
	created_at timestamptz not null default now(),
	deleted_at timestamptz,
	check (state in ('refused', 'deleted') or sha256 is not null)
);
create index asset_project on asset (project_id, created_at, id);
comment on index asset_project is 'All assets of a project.';
create index asset_kind on asset (kind, created_at desc);
comment on index asset_kind is 'Counts and lists per kind for the operator.';
create index asset_owner on asset (owner_id, id);
comment on index asset_owner is 'A user''s uploads and the quota.';
create index asset_blob on asset (sha256) where sha256 is not null;
comment on index asset_blob is 'Garbage collection asks whether a file is still referred to.';
create index asset_parent on asset (parent_id) where parent_id is not null;
comment on index asset_parent is 'Thumbnails and other pieces made from an asset.';
comment on table asset is 'One stored media file as a user sees it; several assets may share one blob.';
comment on column asset.id is 'The id on the wire: a prefix by kind and 16 hex digits.';
comment on column asset.project_id is 'The project it belongs to; null: an upload not used yet.';
comment on column asset.owner_id is 'To whom it belongs.';
comment on column asset.kind is 'upload, image, video (a clip), audio, final_video or thumbnail.';
comment on column asset.state is 'checking until the sandbox has looked at it, then ready or refused; deleted keeps the row without its file.';
comment on column asset.sha256 is 'The stored file; null once refused or deleted.';
comment on column asset.media_type is 'As found by looking at the bytes.';
comment on column asset.bytes is 'Size of the file.';
comment on column asset.width is 'Pixels, measured, after rotation.';
comment on column asset.height is 'Pixels, measured, after rotation.';
comment on column asset.duration_us is 'Microseconds, measured; null for pictures.';
comment on column asset.fps_num is 'Frame rate, numerator.';
comment on column asset.fps_den is 'Frame rate, denominator.';
comment on column asset.source is 'generated by a provider, uploaded by a user, or derived from other assets.';
comment on column asset.provider is 'Who made it.';
comment on column asset.model is 'Logical name of the model that made it.';
comment on column asset.simulated is 'Made by the built-in stand-in, not by the model it is named after.';
comment on column asset.cached is 'Taken from the cache; nothing was paid for it.';
comment on column asset.price_micros is 'What it cost.';
comment on column asset.generation_ms is 'How long making it took.';
comment on column asset.parent_id is 'What it was made from (a thumbnail''s film, a clip''s picture).';
comment on column asset.reason is 'Why it was refused, as told to the user.';
comment on column asset.metadata is 'What the flow keeps beside it: prompt, seed, view, scene, compose request.';
comment on column asset.created_at is 'When the row was made.';
comment on column asset.deleted_at is 'When it was deleted; the address ends at once, the bytes within a day.';

create table share_link (
	id uuid primary key default gen_random_uuid(),
	asset_id text not null references asset on delete cascade,
	token_hash bytea not null unique check (length(token_hash) = 32),
	expires_at timestamptz,
	revoked_at timestamptz,
	created_by int not null references users,
	created_at timestamptz not null default now()
);
create index share_link_asset on share_link (asset_id);
comment on index share_link_asset is 'The links of an asset, and ending them with it.';
comment on table share_link is 'Public addresses of private files; only hashes of their tokens are stored.';
comment on column share_link.id is 'The id on the wire.';
comment on column share_link.asset_id is 'What it opens.';
comment on column share_link.token_hash is 'SHA-256 of the token in the address.';
comment on column share_link.expires_at is 'End of life; null: none.';
comment on column share_link.revoked_at is 'When it was withdrawn.';
comment on column share_link.created_by is 'Who made it.';
comment on column share_link.created_at is 'When the row was made.';

create table cache_entry (
	key text primary key check (key ~ '^[0-9a-f]{64}$'),
	kind text not null check (kind in ('prompt', 'image')),
	value jsonb not null,
	asset_sha256 text references blob,
	expires_at timestamptz not null,
	hits bigint not null default 0,
	created_at timestamptz not null default now()
);
create index cache_entry_expiry on cache_entry (expires_at);
comment on index cache_entry_expiry is 'The sweep that deletes what ran out.';
create index cache_entry_blob on cache_entry (asset_sha256) where asset_sha256 is not null;
comment on index cache_entry_blob is 'Garbage collection asks whether a file is still referred to.';
comment on table cache_entry is 'Results of planning (7 days) and pictures (24 h) that may be used again; never anything uploaded.';
comment on column cache_entry.key is 'SHA-256 over everything that decides the result.';
comment on column cache_entry.kind is 'prompt or image.';
comment on column cache_entry.value is 'The result as the job gave it.';
comment on column cache_entry.asset_sha256 is 'The stored picture.';
comment on column cache_entry.expires_at is 'End of life.';
comment on column cache_entry.hits is 'How often it was used.';
comment on column cache_entry.created_at is 'When the row was made.';

-- Jobs ---------------------------------------------------------------------------------------------------------------------------------

create table worker (
	id bigint generated always as identity primary key check (id < 2147483648),
	host text not null,
	pid int not null,
	program text not null default 'renderd',
	version text not null,
	seen_at timestamptz not null default now(),
	draining boolean not null default false,
	open_sockets int not null default 0 check (open_sockets >= 0),
	stopped_at timestamptz,
	started_at timestamptz not null default now()
) with (fillfactor = 50);
comment on table worker is 'One row per start of a daemon, committed synchronously: the id is the high half of its lease tokens.';
comment on column worker.id is 'Boot id; below 2^31, so that a lease token is a positive bigint.';
comment on column worker.host is 'Machine.';
comment on column worker.pid is 'Process id there.';
comment on column worker.program is 'renderd or eventd.';
comment on column worker.version is 'Version of the program.';
comment on column worker.seen_at is 'Last heartbeat.';
comment on column worker.draining is 'It takes no new jobs and ends when the running ones have.';
comment on column worker.open_sockets is 'WebSockets and event streams that eventd holds, as of seen_at.';
comment on column worker.stopped_at is 'When it ended cleanly.';
comment on column worker.started_at is 'When it started.';

create table job_kind (
	name text primary key check (name ~ '^[a-z]+\.[a-z_]+$'),
	step text not null check (step in ('plain', 'media', 'provider')),
	on_finish text check (on_finish ~ '^[a-z_]+$'),
	max_attempts int not null default 3 check (max_attempts between 1 and 100),
	timeout_s int not null default 600 check (timeout_s > 0),
	default_priority int not null default 5 check (default_priority between 1 and 10),
	slot boolean not null default true,
	note text not null default ''
);
comment on table job_kind is 'What kinds of jobs there are; the rows come from seeds/.';
comment on column job_kind.name is 'area.what';
comment on column job_kind.step is 'How it is run: plain (database only), media (a task of the media process), provider (short steps of an outside call).';
comment on column job_kind.on_finish is 'Function (job, text outcome, jsonb result) called in the statement that ends the job; null: none.';
comment on column job_kind.max_attempts is 'Attempts before a retryable error is final.';
comment on column job_kind.timeout_s is 'Longest run of one attempt in seconds.';
comment on column job_kind.default_priority is '1 (first) to 10.';
comment on column job_kind.slot is 'Holds one of the daemon''s slots while it runs.';
comment on column job_kind.note is 'One line for the operator.';

create table provider_limit (
	name text primary key check (name ~ '^[a-z0-9_-]+$'),
	account text not null default '',
	step text not null check (step in ('plain', 'media', 'provider')),
	max_inflight int check (max_inflight >= 0),
	rate double precision check (rate > 0),
	burst double precision not null default 1 check (burst >= 1),
	tokens double precision not null default 1,
	refilled_at timestamptz not null default now(),
	poll_every_ms int not null default 3000 check (poll_every_ms >= 100),
	blocked_until timestamptz,
	paused boolean not null default false,
	vclock bigint not null default 0,
	note text not null default ''
) with (fillfactor = 50);
comment on table provider_limit is 'One row per queue: the plain and the media queue, and one per provider account; a claimer locks it.';
comment on column provider_limit.name is 'Queue; job.provider names it.';
comment on column provider_limit.account is 'Which account of the provider, for the operator.';
comment on column provider_limit.step is 'Kind of step that its jobs are run as.';
comment on column provider_limit.max_inflight is 'Most jobs at work at once, waiting outside included; null: only the daemons'' slots limit.';
comment on column provider_limit.rate is 'Starts per second of the token bucket; null: no bucket.';
comment on column provider_limit.burst is 'Size of the bucket.';
comment on column provider_limit.tokens is 'Content of the bucket at refilled_at.';
comment on column provider_limit.refilled_at is 'When tokens was computed.';
comment on column provider_limit.poll_every_ms is 'Shortest time between two polls of one call.';
comment on column provider_limit.blocked_until is 'No starts before then: the provider said so (429).';
comment on column provider_limit.paused is 'Switched off by the operator.';
comment on column provider_limit.vclock is 'Virtual time: the highest tag that was started; a newcomer''s tag begins here.';
comment on column provider_limit.note is 'One line for the operator.';

create table job (
	id bigint generated always as identity primary key,
	public_id uuid not null unique default gen_random_uuid(),
	kind text not null references job_kind,
	owner_id int references users,
	project_id uuid references project,
	provider text not null,
	priority int not null check (priority between 1 and 10),
	state text not null check (state in ('blocked', 'ready', 'running', 'external', 'waiting', 'uncertain', 'done', 'failed',
		'cancelled')),
	vstart bigint not null default 0,
	vtime bigint not null default 0,
	run_at timestamptz,
	next_poll_at timestamptz,
	parked boolean not null default false,
	attempt int not null default 0 check (attempt >= 0),
	max_attempts int not null check (max_attempts > 0),
	rescues int not null default 0 check (rescues >= 0),
	pending int not null default 0 check (pending >= 0),
	lease bigint,
	cancel_requested_at timestamptz,
	payload jsonb not null default '{}' check (jsonb_typeof(payload) = 'object'),
	result jsonb,
	error jsonb check (jsonb_typeof(error) = 'object'),
	phase text,
	progress real check (progress between 0 and 1),
	request_id text check (length(request_id) <= 128),
	created_at timestamptz not null default now(),
	started_at timestamptz,
	finished_at timestamptz,
	check ((state = 'running') = (lease is not null)),
	check (state <> 'blocked' or pending > 0),
	check (state <> 'waiting' or run_at is not null),
	check ((state in ('done', 'failed', 'cancelled')) = (finished_at is not null))
) with (fillfactor = 70);
create index job_ready on job (provider, vtime, id) where state = 'ready' and not parked;
comment on index job_ready is 'Claiming, in the order of virtual time.';
create index job_ready_parked on job (provider, id) where state = 'ready' and parked;
comment on index job_ready_parked is 'Claiming what is to be polled; it already holds its place at the provider.';
create index job_ready_owner on job (provider, owner_id, vstart) where state = 'ready' and not parked;
comment on index job_ready_owner is 'The last tag of an owner, when one more of the owner''s jobs becomes ready.';
create index job_waiting on job (run_at) where state = 'waiting';
comment on index job_waiting is 'tick(): what may run again.';
create index job_inflight on job (provider, owner_id) where state in ('running', 'external') or parked;
comment on index job_inflight is 'Counting what is at work, while claiming.';
create index job_external on job (next_poll_at) where state = 'external';
comment on index job_external is 'tick(): which polls are due.';
create index job_finished on job (finished_at) where finished_at is not null;
comment on index job_finished is 'The sweep that deletes old jobs.';
create index job_owner on job (owner_id, id desc);
comment on index job_owner is 'The list of a user''s jobs.';
create index job_open on job (project_id, id) where finished_at is null;
comment on index job_open is 'What still runs for a project: cancel, already_running, delete.';
create index job_project on job (project_id, id desc) where project_id is not null;
comment on index job_project is 'The list of a project''s jobs.';
comment on table job is 'One row of work. blocked -> ready -> running -> (external -> ready)* -> done, failed or cancelled; also waiting and uncertain.';
comment on column job.id is 'Order of creation; parents come before their dependants.';
comment on column job.public_id is 'The id on the wire.';
comment on column job.kind is 'What to do.';
comment on column job.owner_id is 'For whom; null: for the installation.';
comment on column job.project_id is 'Part of which project.';
comment on column job.provider is 'The queue: plain, media or a provider (provider_limit.name).';
comment on column job.priority is '1 (first) to 10; becomes an offset to vtime.';
comment on column job.state is 'See the table''s comment; blocked waits for parents, external for a provider, uncertain for a decision.';
comment on column job.vstart is 'Fair tag given when the job became ready: one more than the owner''s last, at least the queue''s clock.';
comment on column job.vtime is 'vstart plus the priority''s offset; jobs start in this order.';
comment on column job.run_at is 'Not before then.';
comment on column job.next_poll_at is 'When to ask the provider again.';
comment on column job.parked is 'A provider works on it: it counts as in flight and is claimed without asking the limits again.';
comment on column job.attempt is 'Attempts begun; a clean shutdown, a poll and a 429 cost none.';
comment on column job.max_attempts is 'After so many a retryable error is final.';
comment on column job.rescues is 'How often its lease ran out.';
comment on column job.pending is 'Parents that have not ended.';
comment on column job.lease is 'Token of the running attempt.';
comment on column job.cancel_requested_at is 'Since when it is to end.';
comment on column job.payload is 'What to do it with.';
comment on column job.result is 'What came out.';
comment on column job.error is 'The last error: code, detail, kind, retryable.';
comment on column job.phase is 'What it did last, while no attempt runs.';
comment on column job.progress is 'How far it came, while no attempt runs, 0-1.';
comment on column job.request_id is 'X-Request-Id of the call that started it.';
comment on column job.created_at is 'When the row was made.';
comment on column job.started_at is 'When its first attempt began.';
comment on column job.finished_at is 'When it ended.';

create table job_lease (
	job_id bigint primary key,
	lease bigint not null,
	worker_id bigint not null,
	expires_at timestamptz not null,
	deadline_at timestamptz not null,
	progress real not null default 0 check (progress between 0 and 1),
	phase text,
	claimed_at timestamptz not null default now()
) with (fillfactor = 50);
comment on table job_lease is 'One row per running attempt; deleting it is the fence of every end. No index but the key, so that heartbeats stay HOT; no foreign keys, it is only written together with its job.';
comment on column job_lease.job_id is 'The job.';
comment on column job_lease.lease is 'Token made by the worker: boot id in the high 32 bits, a counter in the low 32.';
comment on column job_lease.worker_id is 'Who runs it.';
comment on column job_lease.expires_at is 'Without a heartbeat until then the job is rescued.';
comment on column job_lease.deadline_at is 'The attempt is to end by then whatever the heartbeats say.';
comment on column job_lease.progress is '0-1, as of the last heartbeat.';
comment on column job_lease.phase is 'What it does, as of the last heartbeat.';
comment on column job_lease.claimed_at is 'When the attempt began.';

create table job_dep (
	parent bigint not null references job on delete cascade,
	child bigint not null references job on delete cascade,
	on_fail text not null default 'fail' check (on_fail in ('fail', 'ignore')),
	released boolean not null default false,
	primary key (parent, child),
	check (parent < child)
) with (fillfactor = 80);
create index job_dep_child on job_dep (child);
comment on index job_dep_child is 'The parents of a job, for display and when it is deleted.';
comment on table job_dep is 'Who waits for whom.';
comment on column job_dep.parent is 'This one first.';
comment on column job_dep.child is 'Then this one.';
comment on column job_dep.on_fail is 'fail: the child ends as the parent did; ignore: any end of the parent will do.';
comment on column job_dep.released is 'The parent ended and was taken off the child''s count.';

create table sweep (
	name text primary key check (name ~ '^[a-z_]+$'),
	every interval not null,
	due_at timestamptz not null default now(),
	last_at timestamptz,
	last_rows bigint not null default 0
) with (fillfactor = 50);
comment on table sweep is 'Periodic work done by tick(), by whichever daemon comes first.';
comment on column sweep.name is 'The function sweep_<name>.';
comment on column sweep.every is 'How often.';
comment on column sweep.due_at is 'When next.';
comment on column sweep.last_at is 'When last.';
comment on column sweep.last_rows is 'What it did last.';

create table setting (
	name text primary key check (name ~ '^[a-z_]+$'),
	value text not null,
	changed_at timestamptz not null default now()
);
comment on table setting is 'The few settings that functions need; renderd writes them from its configuration when it starts.';
comment on column setting.name is 'cost_limit_micros, cost_alert_micros.';
comment on column setting.value is 'As text.';
comment on column setting.changed_at is 'Last change.';

-- Money --------------------------------------------------------------------------------------------------------------------------------

create table price (
	model text primary key,
	micros bigint not null check (micros >= 0),
	unit text not null default 'call',
	note text not null default ''
);
comment on table price is 'What a call costs, unless the provider says otherwise.';
comment on column price.model is 'Logical model, or the agent where there is no model.';
comment on column price.micros is 'Micro-dollars per unit.';
comment on column price.unit is 'Per what.';
comment on column price.note is 'One line for the operator.';

create table budget (
	id bigint generated always as identity primary key,
	scope text not null check (scope in ('installation', 'user', 'project', 'job')),
	scope_id text not null default '',
	limit_micros bigint not null check (limit_micros >= 0),
	spent_micros bigint not null default 0,
	reserved_micros bigint not null default 0 check (reserved_micros >= 0),
	unique (scope, scope_id)
) with (fillfactor = 50);
comment on table budget is 'Limits beside the project''s own; every paid call is reserved against all that apply, locked in the order of their ids.';
comment on column budget.id is 'Locking order.';
comment on column budget.scope is 'installation, user, project or job.';
comment on column budget.scope_id is 'Of which one; empty for the installation.';
comment on column budget.limit_micros is 'Most that may be spent and reserved together.';
comment on column budget.spent_micros is 'Sum of prices.';
comment on column budget.reserved_micros is 'Sum of estimates of calls whose price is not known yet.';

create table provider_call (
	id bigint generated always as identity primary key,
	job_id bigint not null references job on delete cascade,
	step text not null,
	project_id uuid references project,
	user_id int references users,
	agent text not null,
	provider text not null,
	model text not null,
	client_ref uuid not null unique default gen_random_uuid(),
	request_hash bytea,
	request_id text,
	state text not null check (state in ('intent', 'sending', 'accepted', 'rejected', 'void', 'uncertain', 'done')),
	lease bigint not null,
	simulated boolean not null default false,
	estimate_micros bigint not null check (estimate_micros >= 0),
	reserved_micros bigint not null default 0 check (reserved_micros >= 0),
	price_micros bigint check (price_micros >= 0),
	budgets bigint[] not null default '{}',
	error jsonb,
	created_at timestamptz not null default now(),
	sending_at timestamptz,
	accepted_at timestamptz,
	ended_at timestamptz,
	check ((state in ('rejected', 'void', 'done')) = (ended_at is not null)),
	check (reserved_micros = 0 or state in ('intent', 'sending', 'accepted', 'uncertain'))
) with (fillfactor = 70);
create unique index provider_call_live on provider_call (job_id, step) where state in ('intent', 'sending', 'accepted', 'uncertain');
comment on index provider_call_live is 'At most one live call per step of a job: the fence against paying twice.';
create unique index provider_call_request on provider_call (provider, request_id) where request_id is not null;
comment on index provider_call_request is 'A webhook finds its call; a request belongs to one call.';
create index provider_call_job on provider_call (job_id, id);
comment on index provider_call_job is 'The calls of a job, for display and when it is deleted.';
create index provider_call_uncertain on provider_call (id) where state = 'uncertain';
comment on index provider_call_uncertain is 'What needs attention.';
comment on table provider_call is 'One outside request that may cost money (or the stand-in for one). intent -> sending -> accepted -> done, or rejected, void, uncertain.';
comment on column provider_call.id is 'Row number.';
comment on column provider_call.job_id is 'For which job.';
comment on column provider_call.step is 'Which call of that job.';
comment on column provider_call.project_id is 'Who pays: the project.';
comment on column provider_call.user_id is 'Who pays: the user.';
comment on column provider_call.agent is 'Part of the flow, as in the ledger.';
comment on column provider_call.provider is 'To whom.';
comment on column provider_call.model is 'Logical model.';
comment on column provider_call.client_ref is 'Our own random reference, part of the webhook address given to the provider.';
comment on column provider_call.request_hash is 'SHA-256 of the request.';
comment on column provider_call.request_id is 'The provider''s id of the request.';
comment on column provider_call.state is 'See the table''s comment; uncertain: not known whether it was accepted, never sent again by itself.';
comment on column provider_call.lease is 'The attempt that may send it.';
comment on column provider_call.simulated is 'No outside call: nothing is charged, and a crash leaves no doubt.';
comment on column provider_call.estimate_micros is 'The highest price its parameters can cost.';
comment on column provider_call.reserved_micros is 'What is still reserved for it; 0 once it ended.';
comment on column provider_call.price_micros is 'What it cost.';
comment on column provider_call.budgets is 'The budgets it is reserved against.';
comment on column provider_call.error is 'Why it was rejected or is uncertain.';
comment on column provider_call.created_at is 'When the intent was committed.';
comment on column provider_call.sending_at is 'When the first byte was about to leave.';
comment on column provider_call.accepted_at is 'When the provider''s id was committed.';
comment on column provider_call.ended_at is 'When its price was known.';

create table ledger (
	id bigint generated always as identity primary key,
	project_id uuid references project,
	user_id int references users,
	job_id bigint,
	provider_call_id bigint unique,
	agent text not null,
	provider text not null,
	model text not null,
	price_micros bigint not null,
	charged_micros bigint not null,
	simulated boolean not null default false,
	duration_ms bigint not null default 0 check (duration_ms >= 0),
	success boolean not null default true,
	error text check (length(error) <= 500),
	created_at timestamptz not null default now(),
	check (not simulated or charged_micros = 0)
);
create index ledger_project on ledger (project_id, id);
comment on index ledger_project is 'The costs of a project.';
create index ledger_user on ledger (user_id, created_at);
comment on index ledger_user is 'The cost summary of a user over a time.';
create index ledger_agent on ledger (agent, created_at);
comment on index ledger_agent is 'The cost summary by agent for the operator.';
comment on table ledger is 'What was spent; rows are only ever added, and totals change in the same statement.';
comment on column ledger.id is 'Order of writing.';
comment on column ledger.project_id is 'For which project; the row outlives it.';
comment on column ledger.user_id is 'For which user.';
comment on column ledger.job_id is 'For which job; the row outlives it.';
comment on column ledger.provider_call_id is 'For which call; a call is settled once.';
comment on column ledger.agent is 'Part of the flow: prompt_parser, image_generator, ...';
comment on column ledger.provider is 'Who was asked.';
comment on column ledger.model is 'Logical model.';
comment on column ledger.price_micros is 'What it counts for; budgets and totals of ads sum this.';
comment on column ledger.charged_micros is 'What had to be paid; 0 if simulated.';
comment on column ledger.simulated is 'The built-in stand-in did it.';
comment on column ledger.duration_ms is 'How long it took.';
comment on column ledger.success is 'Whether it gave what was wanted.';
comment on column ledger.error is 'Why not, without internals.';
comment on column ledger.created_at is 'When the row was made.';

-- Events -------------------------------------------------------------------------------------------------------------------------------

create table event (
	project_id uuid not null,
	seq bigint not null,
	payload jsonb not null,
	job_id bigint,
	created_at timestamptz not null default now(),
	primary key (project_id, seq, created_at)
) partition by range (created_at);
comment on table event is 'The durable event log: append only, replayed for 24 h, partitions of a day dropped after 48 h.';
comment on column event.project_id is 'Whose event.';
comment on column event.seq is 'Its number there, without gaps and in commit order (project.event_seq).';
comment on column event.payload is 'The frame as clients see it.';
comment on column event.job_id is 'Which job caused it.';
comment on column event.created_at is 'When.';

create table webhook_delivery (
	id bigint generated always as identity,
	project_id uuid not null,
	seq bigint not null,
	url text not null,
	body jsonb not null,
	state text not null default 'waiting' check (state in ('waiting', 'sent', 'failed')),
	attempt int not null default 0,
	next_at timestamptz not null default now(),
	error text,
	created_at timestamptz not null default now(),
	primary key (id, created_at)
) partition by range (created_at);
create index webhook_delivery_due on webhook_delivery (next_at) where state = 'waiting';
comment on index webhook_delivery_due is 'The sender: what is due.';
comment on table webhook_delivery is 'Outbox of webhooks: written in the statement that writes the event, sent afterwards; partitions of a day.';
comment on column webhook_delivery.id is 'Row number.';
comment on column webhook_delivery.project_id is 'Whose event.';
comment on column webhook_delivery.seq is 'Which event.';
comment on column webhook_delivery.url is 'Where to.';
comment on column webhook_delivery.body is 'What.';
comment on column webhook_delivery.state is 'waiting, sent or failed.';
comment on column webhook_delivery.attempt is 'Attempts made.';
comment on column webhook_delivery.next_at is 'Next attempt.';
comment on column webhook_delivery.error is 'Why the last attempt failed.';
comment on column webhook_delivery.created_at is 'When the row was made.';

-- A row finds its place even if no daemon made partitions for days; the sweep looks after these two as well.
create table event_rest partition of event default;
create table webhook_delivery_rest partition of webhook_delivery default;

-- The ad flow --------------------------------------------------------------------------------------------------------------------------

create table ad_session (
	project_id uuid primary key references project on delete cascade,
	stage text not null default 'created' check (stage in ('created', 'image_generation', 'image_selection', 'clip_generation',
		'clip_selection', 'final_composition', 'complete', 'failed')),
	failed_stage text check (failed_stage in ('image_generation', 'clip_generation', 'final_composition')),
	product_prompt text check (length(product_prompt) <= 200),
	video_prompt text check (length(video_prompt) <= 300),
	consistency_seed int,
	style_keywords text[] not null default '{}',
	product_category text,
	image_plan jsonb,
	scene_plan jsonb,
	generated_image_ids text[] not null default '{}',
	approved_image_ids text[] not null default '{}',
	generated_clip_ids text[] not null default '{}',
	approved_clip_ids text[] not null default '{}',
	clip_order text[] not null default '{}',
	approval jsonb,
	final_video_id text references asset,
	compose_request jsonb,
	error_code text,
	error_message text,
	warnings jsonb not null default '[]' check (jsonb_typeof(warnings) = 'array'),
	run_kind text check (run_kind in ('images', 'clips', 'compose')),
	run_number int not null default 0,
	run_job_id bigint references job,
	run_total int not null default 0,
	last_progress jsonb,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	check ((stage = 'failed') = (failed_stage is not null))
) with (fillfactor = 60);
create index ad_session_stage on ad_session (stage);
comment on index ad_session_stage is 'Repeating progress of what runs, and the operator''s counts.';
create index ad_session_job on ad_session (run_job_id) where run_job_id is not null;
comment on index ad_session_job is 'The sweep that deletes old jobs leaves a session''s last one.';
comment on table ad_session is 'The state of an advert: one row per project of kind ad.';
comment on column ad_session.project_id is 'The project, which is the session.';
comment on column ad_session.stage is 'Where it is; only the transitions of the flow happen.';
comment on column ad_session.failed_stage is 'Which step failed, while stage is failed.';
comment on column ad_session.product_prompt is 'What is advertised.';
comment on column ad_session.video_prompt is 'What happens in the clips.';
comment on column ad_session.consistency_seed is 'Seed of all pictures of the run.';
comment on column ad_session.style_keywords is 'The user''s and the planner''s, user''s first.';
comment on column ad_session.product_category is 'As the planner saw it.';
comment on column ad_session.image_plan is 'Prompts of the pictures, in order.';
comment on column ad_session.scene_plan is 'Scenes of the clips, in order.';
comment on column ad_session.generated_image_ids is 'Pictures of the current run, in order.';
comment on column ad_session.approved_image_ids is 'The user''s choice, in order.';
comment on column ad_session.generated_clip_ids is 'Clips of the current run, in order.';
comment on column ad_session.approved_clip_ids is 'The user''s choice.';
comment on column ad_session.clip_order is 'The user''s order.';
comment on column ad_session.approval is 'Digests of what was approved.';
comment on column ad_session.final_video_id is 'The finished film.';
comment on column ad_session.compose_request is 'Text, music and cards of the last composition.';
comment on column ad_session.error_code is 'Why it failed, while stage is failed.';
comment on column ad_session.error_message is 'The same for the user.';
comment on column ad_session.warnings is 'List of {code, message}.';
comment on column ad_session.run_kind is 'Which step ran last: images, clips or compose.';
comment on column ad_session.run_number is 'Counts runs; results of an older run are not taken over.';
comment on column ad_session.run_job_id is 'The job that ends the running step.';
comment on column ad_session.run_total is 'How many pieces the step makes.';
comment on column ad_session.last_progress is 'The last progress frame, repeated while the step runs.';
comment on column ad_session.created_at is 'When the row was made.';
comment on column ad_session.updated_at is 'Last change of the row, kept by a trigger.';

-- Calls --------------------------------------------------------------------------------------------------------------------------------

create table idempotency (
	user_id int not null references users on delete cascade,
	key text not null check (length(key) between 1 and 64),
	route text not null,
	request_hash bytea not null,
	state text not null default 'running' check (state in ('running', 'done')),
	status int,
	content jsonb,
	location text,
	created_at timestamptz not null default now(),
	primary key (user_id, key),
	check (state = 'running' or status is not null)
);
create index idempotency_created on idempotency (created_at);
comment on index idempotency_created is 'The sweep that deletes rows after 24 h.';
comment on table idempotency is 'Answers of calls made with an Idempotency-Key; the row is inserted in the transaction that does the work.';
comment on column idempotency.user_id is 'Who called.';
comment on column idempotency.key is 'The header''s value.';
comment on column idempotency.route is 'Method and route.';
comment on column idempotency.request_hash is 'SHA-256 of route and body: another body under the same key is refused.';
comment on column idempotency.state is 'running until the answer is known.';
comment on column idempotency.status is 'Status of the answer.';
comment on column idempotency.content is 'Body of the answer.';
comment on column idempotency.location is 'Location of the answer.';
comment on column idempotency.created_at is 'When the row was made.';

-- Names of the specifications ----------------------------------------------------------------------------------------------------------

create view sessions with (security_invoker = true) as
	select p.id, p.owner_id as user_id, a.stage, a.product_prompt, a.video_prompt, a.consistency_seed, to_jsonb(a.style_keywords) as style_keywords,
		to_jsonb(a.generated_image_ids) as generated_image_ids, to_jsonb(a.approved_image_ids) as approved_image_ids,
		to_jsonb(a.generated_clip_ids) as generated_clip_ids, to_jsonb(a.approved_clip_ids) as approved_clip_ids,
		to_jsonb(a.clip_order) as clip_order, a.final_video_id, (p.total_micros / 1000000.0)::numeric(16, 6) as total_cost,
		a.product_category, a.failed_stage, a.error_code, a.error_message, a.warnings, p.created_at,
		greatest(p.updated_at, a.updated_at) as updated_at
	from project p
	join ad_session a on a.project_id = p.id
	where p.deleted_at is null;
comment on view sessions is 'Ad sessions under the name and columns of their specification.';

create view generation_costs with (security_invoker = true) as
	select l.id, l.project_id as session_id, l.agent as agent_name, l.model as model_used, (l.price_micros / 1000000.0)::numeric(16, 6) as cost_usd,
		(l.duration_ms / 1000.0)::numeric(12, 3) as duration_seconds, l.success, l.error as error_message, l.simulated, l.created_at
	from ledger l;
comment on view generation_costs is 'The ledger under the name and columns of the ads specification.';

create view progress_events with (security_invoker = true) as
	select e.project_id as session_id, e.seq, e.payload, e.created_at
	from event e;
comment on view progress_events is 'The event log under the name and columns of the ads specification.';
