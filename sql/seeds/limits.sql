-- Queues and the limits of provider accounts. Only what is new is written: the operator's changes stay.
insert into provider_limit (name, step, max_inflight, rate, burst, tokens, poll_every_ms, note) values
	('plain', 'plain', null, null, 1, 1, 3000, 'database only'),
	('media', 'media', null, null, 1, 1, 3000, 'tasks of the media process; the daemons'' slots limit them'),
	('idle', 'idle', null, null, 1, 1, 3000, 'media work ahead of being asked for; gives way to everything else'),
	('webhook', 'provider', 8, null, 1, 1, 3000, 'messages to addresses that users named'),
	('local', 'provider', 8, null, 1, 1, 1000, 'the built-in provider'),
	('replicate', 'provider', 10, 8, 10, 10, 3000, 'Replicate: pictures, clips, text'),
	('fal', 'provider', 10, 10, 10, 10, 3000, 'fal: pictures, clips'),
	('openai', 'provider', 10, 5, 10, 10, 3000, 'OpenAI: text')
on conflict (name) do nothing;

insert into sweep (name, every, due_at)
select name, every, now() + every
from (values ('partitions', interval '1 hour'), ('expired', '10 minutes'), ('old_jobs', '1 hour'), ('collect', '1 hour'),
	('invariants', '5 minutes')) as s (name, every)
on conflict (name) do nothing;

insert into setting (name, value) values
	('cost_limit_micros', '200000000'), ('cost_alert_micros', '10000000')
on conflict (name) do nothing;

-- The first list of a provider's keys is wanted at once.
insert into sweep (name, every, due_at) values ('provider_keys', '12 hours', now()) on conflict (name) do nothing;

-- What is sent again although it may have been paid for comes out of this as well.
insert into budget (scope, scope_id, limit_micros) values ('resubmit', '', 10000000) on conflict (scope, scope_id) do nothing;
