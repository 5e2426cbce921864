-- Clips are prepared when they arrive: a small picture that stands for them, and their last frame for what continues them.

alter table asset drop constraint asset_kind_check;
alter table asset add constraint asset_kind_check
	check (kind in ('upload', 'image', 'video', 'audio', 'final_video', 'thumbnail', 'captions', 'last_frame'));
comment on column asset.kind is 'upload, image, video (a clip or preview), audio, final_video, thumbnail, captions or last_frame (of a clip).';
