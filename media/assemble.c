#include "media/assemble.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <errno.h>

#include "lib/base/path.h"
#include "media/joint.h"
#include "media/webm.h"

/* Of the captions whose text is not in the picture already, the first is enabled. */
static int
make_texts(const struct assembly *assembly, struct assembly_texts *ret_texts, struct error *err)
{
	const struct plan *plan = assembly->plan;
	const struct timeline *timeline = plan->timeline;
	const int64_t timescale = mp4_timescale(plan->fps_num);
	bool enabled = false;

	*ret_texts = (struct assembly_texts){0};
	if (assembly->profile->file != PROFILE_MP4 || timeline->captions.count == 0)
		return 0;
	ret_texts->tracks = calloc(timeline->captions.count, sizeof(*ret_texts->tracks));
	if (ret_texts->tracks == NULL)
		return error_set(err, ERR_MEMORY, "no memory for text tracks");
	for (size_t i = 0; i < timeline->captions.count; i++) {
		const struct timeline_captions *captions = timeline_captions_at(timeline, i);
		const struct caption_track_request request = {.captions = captions,
		    .timescale = timescale,
		    .duration = plan->frames * plan->fps_den * (timescale / plan->fps_num),
		    .width = assembly->width,
		    .height = assembly->height};
		struct caption_track *track = &ret_texts->tracks[ret_texts->count];

		if (!captions->modes[CAPTION_TRACK])
			continue;
		if (caption_track_make(&request, track, err) < 0)
			return -1;
		ret_texts->count++;
		track->enabled = !enabled && !captions->modes[CAPTION_BURN];
		enabled |= track->enabled;
	}
	return 0;
}

static void
texts_done(struct assembly_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		caption_track_done(&texts->tracks[i]);
	free(texts->tracks);
}

int
assemble(const struct assembly *assembly, int dir, const char *name, int64_t *ret_bytes, struct error *err)
{
	CLEANUP(texts_done) struct assembly_texts texts = {0};
	CLEANUP(joint_done) struct joint joint = {0};
	CLEANUP(fd_close) int fd = -1;
	int ret;

	if (joint_init(&joint, assembly, err) < 0)
		return error_wrap(err, "joining");
	while (joint.n_pieces < assembly->plan->n_spans)
		if (joint_add(&joint, err) < 0)
			return error_wrap(err, "joining");
	if (make_texts(assembly, &texts, err) < 0)
		return error_wrap(err, "captions");
	joint.film.texts = texts.tracks;
	joint.film.n_texts = texts.count;
	fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return error_errno(err, ERR_INTERNAL, "creating the film's file");
	ret = assembly->profile->file == PROFILE_WEBM ? webm_write(&joint.film, fd, ret_bytes, err)
						      : mp4_write(&joint.film, fd, ret_bytes, err);
	if (ret < 0 || assemble_check(assembly, &texts, fd, err) < 0)
		return -1;
	if (fsync(fd) < 0)
		return error_errno(err, errno == ENOSPC ? ERR_STORAGE_FULL : ERR_INTERNAL, "writing the film's file");
	return 0;
}
