-- Timelines that are kept, films rendered from timelines, and work that is done ahead of being asked for.

-- Timelines ----------------------------------------------------------------------------------------------------------------------------

create table timeline (
	id uuid primary key default gen_random_uuid(),
	project_id uuid not null unique references project on delete cascade,
	version int not null default 1 check (version > 0),
	content json not null,
	changed_by int references users,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now()
) with (fillfactor = 70);
comment on table timeline is 'The draft of a project''s film: one per project, replaced as a whole.';
comment on column timeline.id is 'The id on the wire (timeline_id).';
comment on column timeline.project_id is 'Whose draft.';
comment on column timeline.version is 'Counts the changes; the ETag, so that two editors do not overwrite each other.';
comment on column timeline.content is 'The timeline as it was sent; checked before it came here.';
comment on column timeline.changed_by is 'Who changed it last.';
comment on column timeline.created_at is 'When the row was made.';
comment on column timeline.updated_at is 'Last change.';

-- Renders ------------------------------------------------------------------------------------------------------------------------------

create table render (
	id uuid primary key default gen_random_uuid(),
	project_id uuid not null references project on delete cascade,
	started_by int not null references users,
	job_id bigint references job on delete set null,
	timeline_id uuid references timeline on delete set null,
	timeline_version int,
	name text not null default '' check (length(name) <= 200),
	on_degrade text check (on_degrade in ('accept', 'fail')),
	outputs jsonb not null default '{}' check (jsonb_typeof(outputs) = 'object'),
	timeline json not null,
	state text not null default 'queued' check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
	phase text,
	progress real not null default 0 check (progress between 0 and 1),
	progress_at timestamptz,
	plan jsonb,
	report jsonb,
	warnings jsonb not null default '[]' check (jsonb_typeof(warnings) = 'array'),
	film_id text references asset,
	files jsonb not null default '{}' check (jsonb_typeof(files) = 'object'),
	error_code text,
	error_message text,
	created_at timestamptz not null default now(),
	started_at timestamptz,
	finished_at timestamptz,
	deleted_at timestamptz,
	check ((state in ('succeeded', 'failed', 'cancelled')) = (finished_at is not null))
) with (fillfactor = 60);
create index render_project on render (project_id, created_at desc, id desc) where deleted_at is null;
comment on index render_project is 'The list of a project''s renders.';
create index render_job on render (job_id) where job_id is not null;
comment on index render_job is 'The render that a job makes, and the sweep that deletes old jobs.';
comment on table render is 'A film made, or being made, from a timeline.';
comment on column render.id is 'The id on the wire.';
comment on column render.project_id is 'Part of which project.';
comment on column render.started_by is 'Who asked for it.';
comment on column render.job_id is 'The job that makes it; null once that was swept away.';
comment on column render.timeline_id is 'The draft it was made from; null: the timeline came with the call.';
comment on column render.timeline_version is 'Which version of the draft.';
comment on column render.name is 'What the user calls it; also the file name of the download.';
comment on column render.on_degrade is 'accept or fail; null: missing fonts are accepted, a smaller picture is not.';
comment on column render.outputs is 'What is wanted besides the film.';
comment on column render.timeline is 'What is rendered, merge fields filled in.';
comment on column render.state is 'queued, running, succeeded, failed or cancelled.';
comment on column render.phase is 'What it does right now.';
comment on column render.progress is 'How far it is, 0-1, as of progress_at.';
comment on column render.progress_at is 'When that was written; at most twice a second.';
comment on column render.plan is 'The spans with their actions, as planned before the first frame.';
comment on column render.report is 'What was measured.';
comment on column render.warnings is 'List of {code, message}.';
comment on column render.film_id is 'The film.';
comment on column render.files is 'Asset ids of everything that was made, by name: poster, preview and so on.';
comment on column render.error_code is 'Why it failed.';
comment on column render.error_message is 'The same for the user.';
comment on column render.created_at is 'When it was asked for.';
comment on column render.started_at is 'When the work began.';
comment on column render.finished_at is 'When it ended.';
comment on column render.deleted_at is 'Since when it is hidden; its files went at once.';

-- Files beside films -------------------------------------------------------------------------------------------------------------------

alter table asset drop constraint asset_kind_check;
alter table asset add constraint asset_kind_check
	check (kind in ('upload', 'image', 'video', 'audio', 'final_video', 'thumbnail', 'captions'));
alter table asset drop constraint asset_id_check;
alter table asset add constraint asset_id_check check (id ~ '^(img|clip|vid|aud|up|thumb|cap)_[0-9a-f]{16}$');
comment on column asset.kind is 'upload, image, video (a clip or preview), audio, final_video, thumbnail or captions.';

-- Idle work ----------------------------------------------------------------------------------------------------------------------------

alter table job_kind drop constraint job_kind_step_check;
alter table job_kind add constraint job_kind_step_check check (step in ('plain', 'media', 'provider', 'idle'));
comment on column job_kind.step is 'How it is run: plain (database only), media (a task of the media process), provider (short steps of an outside call), idle (media work ahead of being asked for, which gives way to everything else).';
alter table provider_limit drop constraint provider_limit_step_check;
alter table provider_limit add constraint provider_limit_step_check check (step in ('plain', 'media', 'provider', 'idle'));
