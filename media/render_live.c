/*
 * Watching a render: spans are published in order as soon as they and all before them are finished, and the one that is
 * seen next as it is encoded.
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

/* What of the next span is there, and is worth a segment. */
static int
publish_part(struct render *render, size_t span, struct error *err)
{
	const size_t before = hls_segments(render->hls);
	struct piece piece;
	int ret;

	live_span_lock(&render->live_span, span, &piece);
	ret = hls_add_part(render->hls, &piece, err);
	live_span_unlock(&render->live_span);
	if (hls_segments(render->hls) > before)
		task_live(render->task, (int64_t)hls_segments(render->hls));
	return ret;
}

int
render_live(struct render *render, size_t leading, bool sound_ready, struct error *err)
{
	if (!render->args.live || (render->plan->audio_key[0] != '\0' && !sound_ready))
		return 0;
	if (render->hls == NULL) {
		render_assembly(render);
		if (hls_open(&render->assembly, render->task->scratch, &render->hls, err) < 0)
			return -1;
	}
	while (hls_spans(render->hls) < leading) {
		if (hls_add(render->hls, err) < 0)
			return -1;
		task_live(render->task, (int64_t)hls_segments(render->hls));
	}
	return leading < render->plan->n_spans ? publish_part(render, leading, err) : 0;
}
