-- What a call costs unless the provider reports its charge. Only what is new is written: the operator's prices stay.
insert into price (model, micros, unit, note) values
	('prompt_parser', 1000, 'call', 'planning of pictures, about 500 input and 1500 output tokens'),
	('scene_planner', 1000, 'call', 'planning of clips'),
	('llama-3.1-70b', 1000, 'call', 'planning, by the model''s name'),
	('flux-pro', 50000, 'picture', ''),
	('sdxl', 10000, 'picture', ''),
	('stable-video-diffusion', 800000, 'clip', ''),
	('runway-gen2', 1500000, 'clip', ''),
	('stock-music', 0, 'track', 'shipped with the system'),
	('generated-music', 300000, 'track', ''),
	-- per unit that the provider bills; what a call really cost is its units times this
	('fal-ai/flux-pro/v1.1', 40000, 'megapixel', 'fal, per billed unit'),
	('fal-ai/flux/dev', 25000, 'megapixel', 'fal, per billed unit'),
	('fal-ai/kling-video/v1/standard/image-to-video', 45000, 'second', 'fal, per billed unit'),
	('fal-ai/ltx-2/image-to-video', 60000, 'second', 'fal, per billed unit'),
	('ffmpeg', 500000, 'film', 'composition: storage and processing'),
	('compositor', 500000, 'film', 'composition, by the agent''s name')
on conflict (model) do nothing;
