-- What kinds of jobs there are. Areas add their rows in files of their own.
insert into job_kind (name, step, on_finish, max_attempts, timeout_s, default_priority, slot, note) values
	('ad.plan_images', 'provider', 'ad_plan_images_ended', 3, 180, 4, true, 'prompts of an advert''s pictures'),
	('ad.image', 'provider', 'ad_image_ended', 3, 600, 5, true, 'one picture'),
	('ad.images_join', 'plain', 'ad_images_join_ended', 5, 60, 3, true, 'all pictures have ended'),
	('ad.plan_clips', 'provider', 'ad_plan_clips_ended', 3, 180, 4, true, 'scenes of an advert''s clips'),
	('ad.clip', 'provider', 'ad_clip_ended', 3, 1800, 5, true, 'one clip'),
	('ad.clips_join', 'plain', 'ad_clips_join_ended', 5, 60, 3, true, 'all clips have ended'),
	('ad.music', 'media', 'ad_music_ended', 3, 300, 4, true, 'the music track of a genre'),
	('ad.compose', 'media', 'ad_compose_ended', 2, 1800, 4, true, 'the finished film'),
	('ad.preview', 'media', 'ad_preview_ended', 2, 300, 2, true, 'a small film of a composition'),
	('ad.import', 'media', 'ad_import_ended', 2, 300, 4, true, 'a picture out of an upload'),
	('ad.ahead', 'idle', null, 3, 7200, 10, false, 'pieces of an advert encoded before it is asked for'),
	('render.plan', 'media', null, 2, 300, 2, true, 'what rendering a timeline would take'),
	('render.film', 'media', 'render_ended', 2, 14400, 5, true, 'a film from a timeline'),
	('render.span', 'media', 'render_span_ended', 3, 7200, 5, true, 'some pieces of a film that all machines make together'),
	('render.ahead', 'idle', null, 3, 7200, 10, false, 'pieces of a draft encoded before it is asked for'),
	('asset.probe', 'media', 'asset_probe_ended', 2, 120, 3, true, 'what an upload is'),
	('asset.prepare', 'media', 'asset_prepared', 2, 300, 6, true, 'thumbnail and last frame of a clip that has arrived'),
	('webhook.send', 'provider', null, 5, 600, 3, true, 'messages to those who want to hear of events'),
	('provider.keys', 'plain', null, 3, 120, 5, true, 'the keys that providers sign their webhooks with'),
	('system.nothing', 'plain', null, 1, 60, 5, true, 'nothing: for measuring the queue itself'),
	('store.collect', 'plain', null, 3, 3600, 10, true, 'files that nothing refers to')
on conflict (name) do update
set step = excluded.step, on_finish = excluded.on_finish, max_attempts = excluded.max_attempts, timeout_s = excluded.timeout_s,
	default_priority = excluded.default_priority, slot = excluded.slot, note = excluded.note;
