-- What the job engine needs to keep its promises with providers that cost money: doubts that are waited out and decided, limits per owner and
-- per minute of money, a breaker for providers that fail, switches for kinds, partial success, and alarms of what must never happen.

alter table job_kind add column paused boolean not null default false;
comment on column job_kind.paused is 'Switched off by the operator: no new starts; what a provider works on is still looked after.';

alter table provider_limit
	add column max_per_owner int check (max_per_owner > 0),
	add column cost_per_minute bigint check (cost_per_minute > 0),
	add column cost_left bigint not null default 0,
	add column cost_at timestamptz not null default now(),
	add column doubt_s int not null default 7200 check (doubt_s >= 0),
	add column failures int not null default 0 check (failures >= 0),
	add column open_until timestamptz,
	add column probe_job bigint;
comment on column provider_limit.max_per_owner is 'Most jobs of one owner at work at once; null: no such limit.';
comment on column provider_limit.cost_per_minute is 'Micro-dollars that calls opened within a minute may be estimated at; null: no such limit.';
comment on column provider_limit.cost_left is 'What was left of cost_per_minute at cost_at.';
comment on column provider_limit.cost_at is 'When cost_left was computed.';
comment on column provider_limit.doubt_s is 'How long a call whose outcome is unknown is looked for before a person has to decide; the longest run of the provider.';
comment on column provider_limit.failures is 'Calls in a row that failed at the provider''s end.';
comment on column provider_limit.open_until is 'The breaker is open until then; afterwards one job at a time may try. Null: closed.';
comment on column provider_limit.probe_job is 'The job that tries whether the provider is back.';

alter table job_dep drop constraint job_dep_on_fail_check;
alter table job_dep add constraint job_dep_on_fail_check check (on_fail in ('fail', 'cancel', 'ignore'));
comment on column job_dep.on_fail is 'fail: the child ends as the parent did; cancel: it is cancelled; ignore: any end of the parent will do.';

alter table job
	add column min_done int check (min_done >= 0),
	add column resubmits int not null default 0 check (resubmits >= 0);
comment on column job.min_done is 'Parents that must have ended with a result for this to start at all; null: the edges alone decide.';
comment on column job.resubmits is 'How often a person had it sent again although it may have been paid for.';

alter table provider_call
	add column answer jsonb check (jsonb_typeof(answer) = 'object'),
	add column doubt_until timestamptz;
comment on column provider_call.answer is 'What the provider said when it accepted: where to ask, where to fetch, where to cancel.';
comment on column provider_call.doubt_until is 'While uncertain: until then it is looked for, afterwards it needs attention.';

alter table budget drop constraint budget_scope_check;
alter table budget add constraint budget_scope_check check (scope in ('installation', 'user', 'project', 'job', 'resubmit'));
comment on column budget.scope is 'installation, user, project, job, or resubmit: what may be spent on calls that are sent again in doubt.';

create table provider_key (
	provider text not null,
	key bytea not null check (length(key) = 32),
	fetched_at timestamptz not null default now(),
	primary key (provider, key)
);
comment on table provider_key is 'Public keys that providers sign their webhooks with, fetched by renderd; responders only read them.';
comment on column provider_key.provider is 'Whose.';
comment on column provider_key.key is 'Ed25519 public key.';
comment on column provider_key.fetched_at is 'When it was last seen in the provider''s list; older than two days counts no more.';

create table alarm (
	name text not null check (name ~ '^[a-z_]+$'),
	subject text not null,
	detail text not null default '',
	since timestamptz not null default now(),
	seen_at timestamptz not null default now(),
	primary key (name, subject)
);
comment on table alarm is 'What must never happen and was found by the sweep of invariants; a row goes when it is not found any more.';
comment on column alarm.name is 'Which invariant.';
comment on column alarm.subject is 'Of what: a job''s, a call''s or a budget''s id.';
comment on column alarm.detail is 'What was found.';
comment on column alarm.since is 'First seen.';
comment on column alarm.seen_at is 'Last seen.';
