#include "media/hls.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/path.h"
#include "media/fragment.h"
#include "media/joint.h"

#define INIT_NAME "init.mp4"
#define SEGMENT_NAME "segment-%05zu.m4s"
#define NAME_SIZE 64
#define ENDS_MAX (16 * MIB)

struct hls {
	const struct assembly *assembly;
	int dir;
	struct joint joint;
	uint32_t sound;	 /* packets published */
	struct buf ends; /* uint32_t: the frame before which each segment ends */
};

void
hls_free(struct hls **hls)
{
	if (*hls == NULL)
		return;
	joint_done(&(*hls)->joint);
	buf_done(&(*hls)->ends);
	free(*hls);
	*hls = NULL;
}

int
hls_open(const struct assembly *assembly, int dir, struct hls **ret_hls, struct error *err)
{
	struct hls *hls = calloc(1, sizeof(*hls));

	if (hls == NULL)
		return error_set(err, ERR_MEMORY, "no memory for the live folder");
	hls->assembly = assembly;
	hls->dir = dir;
	buf_init(&hls->ends, ENDS_MAX);
	if (joint_init(&hls->joint, assembly, err) < 0) {
		hls_free(&hls);
		return -1;
	}
	if (mkdirat(dir, HLS_FOLDER, 0750) < 0 && errno != EEXIST) {
		hls_free(&hls);
		return error_errno(err, errno == ENOSPC ? ERR_STORAGE_FULL : ERR_INTERNAL, "making the live folder");
	}
	*ret_hls = hls;
	return 0;
}

/* Everything goes through the scratch folder's own descriptor, below which the sandbox lets us write. */
static int
publish(const struct hls *hls, const char *name, const struct buf *bytes, struct error *err)
{
	char plain[PATH_TEMP_SIZE], temp[NAME_SIZE], final[NAME_SIZE];
	CLEANUP(fd_close) int fd = -1;

	if (buf_error(bytes, err) < 0)
		return -1;
	snprintf(temp, sizeof(temp), HLS_FOLDER "/%s", path_temp_name(plain, "live"));
	snprintf(final, sizeof(final), HLS_FOLDER "/%s", name);
	fd = openat(hls->dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return error_errno(err, errno == ENOSPC ? ERR_STORAGE_FULL : ERR_INTERNAL, "creating '%s'", name);
	if (fd_write_all(fd, buf_str(bytes), bytes->len, err) < 0 ||
	    path_publish(hls->dir, temp, hls->dir, final, err) < 0) {
		(void)unlinkat(hls->dir, temp, 0);
		return error_wrap(err, "writing '%s'", name);
	}
	return 0;
}

static int64_t
frame_us(const struct plan *plan, int64_t frame)
{
	const __int128 twice = (__int128)frame * plan->fps_den * 2000000 + plan->fps_num;

	return (int64_t)(twice / ((__int128)plan->fps_num * 2));
}

static int64_t
stretch_us(const struct plan *plan, int64_t from, int64_t until)
{
	return frame_us(plan, until) - frame_us(plan, from);
}

void
hls_playlist(const struct plan *plan, const uint32_t *ends, size_t n_ends, struct buf *out)
{
	int64_t longest = 1;

	/* it may not change while the list grows, so it is that of the whole film */
	for (size_t i = 0; i < plan->n_spans; i++) {
		const struct plan_span *span = &plan->spans[i];

		longest =
		    FW_MAX(longest, (stretch_us(plan, span->start, span->start + span->frames) + 500000) / 1000000);
	}
	/* a segment that shows a part of its span need not begin with a key picture, so they are not promised to be
	 * independent */
	buf_printf(out,
	    "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:%lld\n#EXT-X-MEDIA-SEQUENCE:0\n"
	    "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-MAP:URI=\"" INIT_NAME "\"\n",
	    (long long)longest);
	for (size_t i = 0; i < n_ends; i++) {
		const int64_t us = stretch_us(plan, i == 0 ? 0 : ends[i - 1], ends[i]);

		buf_printf(out, "#EXTINF:%lld.%06lld,\n" SEGMENT_NAME "\n", (long long)(us / 1000000),
		    (long long)(us % 1000000), i);
	}
	if (n_ends > 0 && ends[n_ends - 1] == plan->frames)
		buf_puts(out, "#EXT-X-ENDLIST\n");
}

static const uint32_t *
ends_of(const struct hls *hls)
{
	return (const uint32_t *)(const void *)hls->ends.data;
}

/* The frame that the next segment begins with. */
static uint32_t
published(const struct hls *hls)
{
	const size_t segments = hls_segments(hls);

	return segments == 0 ? 0 : ends_of(hls)[segments - 1];
}

static int
put_segment(struct hls *hls, struct buf *out, struct error *err)
{
	const uint32_t first = published(hls), end = hls->joint.n_pictures;
	struct fragment fragment = {
	    .number = (uint32_t)hls_segments(hls),
	    .picture_first = first,
	    .picture_count = end - first,
	    .sound_first = hls->sound,
	};

	if (hls->assembly->sound != NULL)
		fragment.sound_count = fragment_sound_until(&hls->joint.film, end) - hls->sound;
	hls->sound += fragment.sound_count;
	return fragment_put(&hls->joint.film, &fragment, out, err);
}

/* What was added to the joint since the last segment. */
static int
publish_segment(struct hls *hls, struct error *err)
{
	CLEANUP(buf_done) struct buf bytes = BUF_INIT(2 * GIB);
	CLEANUP(buf_done) struct buf list = BUF_INIT(4 * MIB);
	char name[NAME_SIZE / 2];

	if (hls_segments(hls) == 0) {
		fragment_init(&hls->joint.film, &bytes);
		if (publish(hls, INIT_NAME, &bytes, err) < 0)
			return -1;
		buf_reset(&bytes);
	}
	snprintf(name, sizeof(name), SEGMENT_NAME, hls_segments(hls));
	if (put_segment(hls, &bytes, err) < 0 || publish(hls, name, &bytes, err) < 0)
		return error_wrap(err, "live");
	buf_put(&hls->ends, &hls->joint.n_pictures, sizeof(hls->joint.n_pictures));
	if (buf_error(&hls->ends, err) < 0)
		return -1;
	hls_playlist(hls->assembly->plan, ends_of(hls), hls_segments(hls), &list);
	return publish(hls, HLS_PLAYLIST, &list, err);
}

int
hls_add(struct hls *hls, struct error *err)
{
	if (joint_add(&hls->joint, err) < 0)
		return error_wrap(err, "live");
	return publish_segment(hls, err);
}

int
hls_add_part(struct hls *hls, const struct piece *piece, struct error *err)
{
	const struct plan *plan = hls->assembly->plan;
	const int64_t second = FW_MAX(plan->fps_num / plan->fps_den, 2);
	const int64_t least = hls_segments(hls) == 0 ? second / 2 : second;

	/* the last ones come with hls_add() */
	if (piece->n_samples < hls->joint.part_pictures + least ||
	    piece->n_samples >= plan->spans[hls->joint.n_pieces].frames)
		return 0;
	if (joint_add_part(&hls->joint, piece, err) < 0)
		return error_wrap(err, "live");
	return publish_segment(hls, err);
}

size_t
hls_spans(const struct hls *hls)
{
	return hls->joint.n_pieces;
}

size_t
hls_segments(const struct hls *hls)
{
	return hls->ends.len / sizeof(uint32_t);
}
