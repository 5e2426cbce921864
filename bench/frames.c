/*
 * The frames of a film as the engine paints them, before they are encoded: frames ARGS.json OUT.y4m INPUT... with the
 * arguments of the task `render` and its inputs in0, in1, ...
 */
#include <fcntl.h>
#include <stdio.h>

#include "lib/base/path.h"
#include "media/fonts.h"
#include "media/render_priv.h"

#define INPUTS_MAX 100

static int
put_plane(FILE *out, const AVFrame *frame, int plane)
{
	const int shift = plane == 0 ? 0 : 1;
	const size_t width = (size_t)frame->width >> shift;

	for (int y = 0; y < frame->height >> shift; y++)
		if (fwrite(frame->data[plane] + (ptrdiff_t)y * frame->linesize[plane], 1, width, out) != width)
			return -1;
	return 0;
}

static int
put_frame(void *ctx, const AVFrame *frame, struct error *err)
{
	FILE *out = ctx;

	if (fputs("FRAME\n", out) < 0)
		return error_errno(err, ERR_INTERNAL, "writing");
	for (int p = 0; p < 3; p++)
		if (put_plane(out, frame, p) < 0)
			return error_errno(err, ERR_INTERNAL, "writing");
	return 0;
}

static int
put_film(struct render *render, FILE *out, struct error *err)
{
	const struct plan *plan;

	if (render_prepare(render, err) < 0)
		return -1;
	plan = render->plan;
	fprintf(out, "YUV4MPEG2 W%d H%d F%lld:%lld Ip A1:1 C420mpeg2\n", render->stage.width, render->stage.height,
	    (long long)plan->fps_num, (long long)plan->fps_den);
	for (size_t i = 0; i < plan->n_spans; i++)
		if (span_paint(&render->stage, &plan->spans[i], put_frame, out, err) < 0)
			return -1;
	return 0;
}

static int
paint(struct arena *arena, char **argv, int argc, struct error *err)
{
	static const char *const dirs[] = {"/usr/share/fonts", NULL};
	const char *temp = getenv("TMPDIR");
	struct task_input inputs[INPUTS_MAX];
	struct render *render = ARENA_NEW(arena, struct render);
	struct task *task = ARENA_NEW(arena, struct task);
	struct fonts *fonts = NULL;
	char *args;
	FILE *out;
	int ret;

	for (int i = 3; i < argc; i++)
		inputs[i - 3] = (struct task_input){arena_printf(arena, "in%d", i - 3), open(argv[i], O_RDONLY)};
	if (path_read(arena, argv[1], MIB, &args, NULL, err) < 0 ||
	    task_test_init(task, arena, args, -1, inputs, (size_t)argc - 3, err) < 0 ||
	    fonts_new(dirs, temp == NULL ? "/tmp" : temp, &fonts, err) < 0)
		return -1;
	task->cache = -1;
	task->fonts = fonts;
	render->task = task;
	out = fopen(argv[2], "w");
	ret = out == NULL ? error_errno(err, ERR_INTERNAL, "opening %s", argv[2]) : put_film(render, out, err);
	if (out != NULL && fclose(out) != 0 && ret == 0)
		ret = error_errno(err, ERR_INTERNAL, "writing %s", argv[2]);
	render_done(render);
	fonts_free(&fonts);
	return ret;
}

int
main(int argc, char **argv)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(256 * MIB);
	struct error err = {0};

	if (argc < 4 || argc - 3 > INPUTS_MAX) {
		(void)fprintf(stderr, "usage: frames ARGS.json OUT.y4m INPUT...\n");
		return 2;
	}
	if (paint(arena, argv, argc, &err) < 0) {
		(void)fprintf(stderr, "frames: %s\n", err.text);
		return 1;
	}
	return 0;
}
