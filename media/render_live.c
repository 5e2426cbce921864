/*
 * Watching a render: spans are published in order as soon as they and all before them are finished.
 */
#include "media/render_priv.h"

void
render_assembly(struct render *render)
{
	render->assembly = (struct assembly){
	    .plan = render->plan,
	    .profile = render->stage.profile,
	    .width = render->stage.width,
	    .height = render->stage.height,
	    .pictures = render->pictures,
	    .sound = render->sound.map == NULL ? NULL : &render->sound,
	};
}

int
render_live(struct render *render, size_t leading, bool sound_ready, struct error *err)
{
	if (!render->args.live || leading == 0 || (render->plan->audio_key[0] != '\0' && !sound_ready))
		return 0;
	if (render->hls == NULL) {
		render_assembly(render);
		if (hls_open(&render->assembly, render->task->scratch, &render->hls, err) < 0)
			return -1;
	}
	while (hls_segments(render->hls) < leading) {
		if (hls_add(render->hls, err) < 0)
			return -1;
		task_live(render->task, (int64_t)hls_segments(render->hls));
	}
	return 0;
}
