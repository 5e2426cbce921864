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

struct hls {
	const struct assembly *assembly;
	int dir;
	struct joint joint;
	uint32_t sound; /* packets published */
	size_t segments;
};

void
hls_free(struct hls **hls)
{
	if (*hls == NULL)
		return;
	joint_done(&(*hls)->joint);
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
span_us(const struct plan *plan, size_t i)
{
	const struct plan_span *span = &plan->spans[i];

	return frame_us(plan, span->start + span->frames) - frame_us(plan, span->start);
}

void
hls_playlist(const struct plan *plan, size_t segments, struct buf *out)
{
	int64_t longest = 1;

	/* it may not change while the list grows, so it is that of the whole film */
	for (size_t i = 0; i < plan->n_spans; i++)
		longest = FW_MAX(longest, (span_us(plan, i) + 500000) / 1000000);
	buf_printf(out,
	    "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:%lld\n#EXT-X-MEDIA-SEQUENCE:0\n"
	    "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"" INIT_NAME "\"\n",
	    (long long)longest);
	for (size_t i = 0; i < segments; i++) {
		const int64_t us = span_us(plan, i);

		buf_printf(out, "#EXTINF:%lld.%06lld,\n" SEGMENT_NAME "\n", (long long)(us / 1000000),
		    (long long)(us % 1000000), i);
	}
	if (segments == plan->n_spans)
		buf_puts(out, "#EXT-X-ENDLIST\n");
}

static int
put_segment(struct hls *hls, struct buf *out, struct error *err)
{
	const struct plan_span *span = &hls->assembly->plan->spans[hls->segments];
	struct fragment fragment = {
	    .number = (uint32_t)hls->segments,
	    .picture_first = (uint32_t)span->start,
	    .picture_count = (uint32_t)span->frames,
	    .sound_first = hls->sound,
	};
	const uint32_t end = (uint32_t)(span->start + span->frames);

	if (hls->assembly->sound != NULL)
		fragment.sound_count = fragment_sound_until(&hls->joint.film, end) - hls->sound;
	hls->sound += fragment.sound_count;
	return fragment_put(&hls->joint.film, &fragment, out, err);
}

int
hls_add(struct hls *hls, struct error *err)
{
	CLEANUP(buf_done) struct buf bytes = BUF_INIT(2 * GIB);
	CLEANUP(buf_done) struct buf list = BUF_INIT(4 * MIB);
	char name[NAME_SIZE / 2];

	if (joint_add(&hls->joint, err) < 0)
		return error_wrap(err, "live");
	if (hls->segments == 0) {
		fragment_init(&hls->joint.film, &bytes);
		if (publish(hls, INIT_NAME, &bytes, err) < 0)
			return -1;
		buf_reset(&bytes);
	}
	snprintf(name, sizeof(name), SEGMENT_NAME, hls->segments);
	if (put_segment(hls, &bytes, err) < 0 || publish(hls, name, &bytes, err) < 0)
		return error_wrap(err, "live");
	hls->segments++;
	hls_playlist(hls->assembly->plan, hls->segments, &list);
	return publish(hls, HLS_PLAYLIST, &list, err);
}

size_t
hls_segments(const struct hls *hls)
{
	return hls->segments;
}
