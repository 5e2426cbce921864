/*
 * What fal's models want to be told. A row per family; the endpoints themselves are settings (FAL_MODELS), since they
 * come and go.
 */
#include <string.h>
#include <unistd.h>

#include "lib/base/path.h"
#include "lib/base/text.h"
#include "renderd/provider/service.h"
#include "renderd/step/paid.h"

/* A picture goes along as a data: address; what is larger would not be taken. */
#define PICTURE_MAX (10 * MIB)

static const struct clip_family {
	const char *prefix;
	const char *seconds[3]; /* what it makes, shortest first */
	bool has_seed;
	bool number; /* seconds are sent as a number, not as text */
} clip_families[] = {
    {"fal-ai/kling-video/", {"5", "10"}, false, false},
    {"fal-ai/ltx-2", {"6", "8", "10"}, false, false},
    {"fal-ai/pika/", {"5", "10"}, true, true},
    {"fal-ai/luma-dream-machine/", {"5s", "9s"}, false, false},
    {"", {NULL}, false, false},
};

static const struct clip_family *
family_of(const char *target)
{
	const struct clip_family *family = clip_families;

	while (!text_starts(target, family->prefix))
		family++;
	return family;
}

/* The shortest that is long enough, else the longest. */
static const char *
seconds_of(const struct clip_family *family, int64_t duration_ms)
{
	const char *best = NULL;

	for (size_t i = 0; i < ARRAY_LEN(family->seconds) && family->seconds[i] != NULL; i++) {
		best = family->seconds[i];
		if (strtoll(best, NULL, 10) * 1000 >= duration_ms)
			break;
	}
	return best;
}

static int
read_blob(struct attempt *attempt, const char *sha256, void **ret_bytes, size_t *ret_len, struct error *err)
{
	CLEANUP(fd_close) int fd = store_open_blob(&attempt->renderd->store, sha256, err);
	char *bytes;
	ssize_t got;
	size_t len = 0;

	if (fd < 0)
		return -1;
	bytes = arena_alloc(attempt->arena, PICTURE_MAX + 1);
	if (bytes == NULL) {
		arena_error(attempt->arena, err);
		return error_fail();
	}
	while ((got = pread(fd, bytes + len, PICTURE_MAX + 1 - len, (off_t)len)) > 0)
		len += (size_t)got;
	if (got < 0)
		return error_errno(err, ERR_INTERNAL, "reading a picture");
	if (len > PICTURE_MAX)
		return error_code(err, ERR_INPUT, "picture_too_large", "the picture is too large for the provider");
	*ret_bytes = bytes;
	*ret_len = len;
	return 0;
}

static int
write_source(struct attempt *attempt, const struct paid_ask *ask, struct js_writer *w, struct error *err)
{
	CLEANUP(buf_done) struct buf url = BUF_INIT(PICTURE_MAX * 2);
	void *bytes = NULL;
	size_t len = 0;

	if (read_blob(attempt, ask->source_sha256, &bytes, &len, err) < 0)
		return -1;
	buf_printf(&url, "data:%s;base64,", ask->source_type);
	text_base64(&url, bytes, len);
	if (buf_error(&url, err) < 0)
		return -1;
	js_strn(w, "image_url", buf_str(&url), url.len);
	return 0;
}

static int
write_clip(struct attempt *attempt, const struct paid_ask *ask, struct js_writer *w, struct error *err)
{
	const struct clip_family *family = family_of(ask->target);
	const char *seconds = seconds_of(family, ask->duration_ms);

	js_str(w, "prompt", ask->prompt);
	if (seconds != NULL && family->number)
		js_int(w, "duration", strtoll(seconds, NULL, 10));
	else if (seconds != NULL)
		js_str(w, "duration", seconds);
	if (family->has_seed)
		js_int(w, "seed", ask->seed);
	return write_source(attempt, ask, w, err);
}

int
fal_write(struct attempt *attempt, const struct paid_ask *ask, struct js_writer *w, struct error *err)
{
	if (ask->kind == PAID_CLIP)
		return write_clip(attempt, ask, w, err);
	js_str(w, "prompt", ask->prompt);
	js_open_object(w, "image_size");
	js_int(w, "width", ask->side);
	js_int(w, "height", ask->side);
	js_close(w);
	js_int(w, "num_images", 1);
	js_int(w, "seed", ask->seed);
	js_str(w, "output_format", "png");
	return 0;
}

const char *
fal_pointer(const struct paid_ask *ask)
{
	return ask->kind == PAID_CLIP ? "/video/url" : "/images/0/url";
}
