-- Webhooks out: who wants to hear of what, and what became of each message. Nothing was written to the outbox before, so it is made anew.

create table webhook_endpoint (
	id bigint generated always as identity primary key,
	public_id uuid not null unique default gen_random_uuid(),
	owner_id int not null references users on delete cascade,
	project_id uuid references project on delete cascade,
	url text not null check (length(url) between 8 and 2048),
	types text[] not null default '{}',
	secret bytea not null check (length(secret) between 24 and 64),
	old_secret bytea,
	old_until timestamptz,
	enabled boolean not null default true,
	disabled_reason text check (disabled_reason in ('owner', 'gone', 'unreachable')),
	blocked_until timestamptz,
	job_id bigint,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	check (enabled = (disabled_reason is null)),
	check ((old_secret is null) = (old_until is null))
);
create index webhook_endpoint_owner on webhook_endpoint (owner_id, id);
comment on index webhook_endpoint_owner is 'The list of a user''s endpoints, and who hears of an event of a project of theirs.';
create index webhook_endpoint_job on webhook_endpoint (owner_id) where job_id is not null;
comment on index webhook_endpoint_job is 'How many of an owner''s endpoints are being sent to.';
create index webhook_endpoint_project on webhook_endpoint (project_id) where project_id is not null;
comment on index webhook_endpoint_project is 'Who hears of an event of this project; deleting a project.';
comment on table webhook_endpoint is 'Addresses that are told of events, as Standard Webhooks describes.';
comment on column webhook_endpoint.id is 'Row number.';
comment on column webhook_endpoint.public_id is 'The id on the wire.';
comment on column webhook_endpoint.owner_id is 'Whose endpoint.';
comment on column webhook_endpoint.project_id is 'Of which project it hears; null: of all that belong to the owner.';
comment on column webhook_endpoint.url is 'Where messages are posted.';
comment on column webhook_endpoint.types is 'Which types of events it hears of; empty: of all.';
comment on column webhook_endpoint.secret is 'Key of the signatures; shown once, when it is made.';
comment on column webhook_endpoint.old_secret is 'The key before, which signs as well until old_until.';
comment on column webhook_endpoint.old_until is 'When the key before ends.';
comment on column webhook_endpoint.enabled is 'Whether it hears of anything.';
comment on column webhook_endpoint.disabled_reason is 'owner: switched off; gone: it answered 410; unreachable: all attempts at a message failed.';
comment on column webhook_endpoint.blocked_until is 'It asked for a pause: nothing is sent before.';
comment on column webhook_endpoint.job_id is 'The job that sends, or the last one that did: one at a time.';
comment on column webhook_endpoint.created_at is 'When the row was made.';
comment on column webhook_endpoint.updated_at is 'When it was changed last.';

drop table webhook_delivery;
create table webhook_delivery (
	id bigint generated always as identity,
	endpoint_id bigint not null references webhook_endpoint on delete cascade,
	message_id text not null check (message_id ~ '^[a-zA-Z0-9_]+$'),
	type text not null,
	content text not null,
	state text not null default 'waiting' check (state in ('waiting', 'sent', 'failed')),
	attempt int not null default 0 check (attempt >= 0),
	next_at timestamptz not null default now(),
	status int,
	error text check (length(error) <= 500),
	replay_of bigint,
	created_at timestamptz not null default now(),
	ended_at timestamptz,
	primary key (id, created_at)
) partition by range (created_at);
create index webhook_delivery_due on webhook_delivery (next_at) where state = 'waiting';
comment on index webhook_delivery_due is 'The sender: what is due.';
create index webhook_delivery_waiting on webhook_delivery (endpoint_id, next_at) where state = 'waiting';
comment on index webhook_delivery_waiting is 'The sender: what is due for one endpoint.';
create index webhook_delivery_endpoint on webhook_delivery (endpoint_id, id);
comment on index webhook_delivery_endpoint is 'The log of an endpoint; deleting one.';
comment on table webhook_delivery is 'Outbox and log of webhooks: written in the statement that writes the event, sent afterwards; partitions of a day, kept for eight.';
comment on column webhook_delivery.id is 'Row number, the id on the wire.';
comment on column webhook_delivery.endpoint_id is 'Where to.';
comment on column webhook_delivery.message_id is 'Id of the event, the same at every attempt and replay: the receiver''s key against repetition.';
comment on column webhook_delivery.type is 'What kind of event.';
comment on column webhook_delivery.content is 'The bytes that are signed and sent.';
comment on column webhook_delivery.state is 'waiting, sent or failed.';
comment on column webhook_delivery.attempt is 'Attempts made.';
comment on column webhook_delivery.next_at is 'Next attempt; while one is under way, when it counts as lost.';
comment on column webhook_delivery.status is 'What the last attempt was answered with.';
comment on column webhook_delivery.error is 'Why the last attempt failed.';
comment on column webhook_delivery.replay_of is 'The delivery that this one repeats at the owner''s wish.';
comment on column webhook_delivery.created_at is 'When the row was made.';
comment on column webhook_delivery.ended_at is 'When it was sent or given up.';
create table webhook_delivery_rest partition of webhook_delivery default;
