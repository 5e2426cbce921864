/*
 * The finished film's sound as a picture and as numbers. It is read from the file that was just written, so it shows
 * what is heard, whether the sound was made or came from the cache.
 */
#include <fcntl.h>

#include "lib/base/path.h"
#include "media/render_priv.h"
#include "media/sound.h"
#include "media/waveform.h"

int
render_waveform(struct render *render, struct render_waveform *ret_waveform, struct error *err)
{
	const struct render_args *args = &render->args;
	const int dir = render->task->scratch;
	CLEANUP(fd_close) int fd = -1;
	struct waveform_request request = {.name = args->output, .columns = WAVEFORM_WIDTH};
	struct waveform waveform;

	if ((args->waveform == NULL && args->peaks == NULL) || render->plan->audio_key[0] == '\0')
		return 0;
	fd = openat(dir, args->output, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return error_errno(err, ERR_INTERNAL, "opening '%s'", args->output);
	request.fd = fd;
	request.frames = plan_samples(render->plan, render->plan->frames, WAVEFORM_RATE);
	if (waveform_read(render->task->arena, render->task, &request, &waveform, err) < 0)
		return error_wrap(err, "making the waveform");
	if (args->waveform != NULL && waveform_png(&waveform, WAVEFORM_WIDTH, WAVEFORM_HEIGHT, dir, args->waveform,
					  &ret_waveform->picture_bytes, err) < 0)
		return error_wrap(err, "drawing the waveform");
	if (args->peaks != NULL && waveform_json(&waveform, dir, args->peaks, &ret_waveform->peaks_bytes, err) < 0)
		return error_wrap(err, "writing the peaks");
	return 0;
}
