#include "ctl/walk.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl/bar.h"

#define POLL_MS 500
#define BODY_MAX (32 * KIB)

/* A request body that is being written. */
struct body {
	struct buf buf;
	struct js_writer w;
};

static void
body_begin(struct body *body, const struct walk *walk)
{
	buf_init(&body->buf, BODY_MAX);
	js_begin(&body->w, &body->buf);
	js_open_object(&body->w, NULL);
	js_str(&body->w, "session_id", walk->session_id);
}

static int
body_send(struct body *body, struct walk *walk, const char *path, struct error *err)
{
	int status;

	js_close(&body->w);
	js_end(&body->w);
	status = buf_error(&body->buf, err);
	if (status == 0)
		status = client_call(&walk->client, "POST", path, buf_str(&body->buf), NULL, err);
	buf_done(&body->buf);
	return status;
}

static void
show(const struct walk *walk, const char *message, int64_t percent)
{
	if (!walk->quiet)
		bar_show((double)percent / 100, message);
}

static void
show_end(const struct walk *walk)
{
	if (!walk->quiet)
		bar_end();
}

static int
load(struct walk *walk, const struct js_value **ret_session, struct error *err)
{
	char path[80];

	snprintf(path, sizeof(path), "/api/sessions/%s", walk->session_id);
	return client_call(&walk->client, "GET", path, NULL, ret_session, err);
}

/* Until the session rests in `stage`; what it failed with is the error. */
static int
wait_for(struct walk *walk, const char *stage, const struct js_value **ret_session, struct error *err)
{
	for (;;) {
		const struct timespec pause = {0, POLL_MS * 1000000L};
		const char *now;

		if (load(walk, ret_session, err) < 0)
			return -1;
		now = js_text(*ret_session, "/stage", "");
		if (strcmp(now, stage) == 0)
			return 0;
		if (strcmp(now, "failed") == 0)
			return error_code(err, ERR_PROVIDER, js_text(*ret_session, "/error/code", "failed"), "%s",
			    js_text(*ret_session, "/error/message", "the step failed"));
		show(walk, js_text(*ret_session, "/progress/message", "waiting"),
		    js_number(*ret_session, "/progress/progress", 0));
		nanosleep(&pause, NULL);
	}
}

static int
create(struct walk *walk, struct error *err)
{
	const struct js_value *answer;

	if (client_call(&walk->client, "POST", "/api/sessions/create", "{}", &answer, err) < 0)
		return -1;
	walk->session_id = js_text(answer, "/session_id", "");
	return 0;
}

static int
generate_pictures(struct walk *walk, const struct js_value **ret_session, struct error *err)
{
	struct body body;

	body_begin(&body, walk);
	js_str(&body.w, "product_prompt", walk->prompt);
	if (body_send(&body, walk, "/api/generate-images", err) < 0)
		return -1;
	return wait_for(walk, "image_selection", ret_session, err);
}

/* Until the session has as many pictures as were given. */
static int
wait_pictures(struct walk *walk, size_t count, const struct js_value **ret_session, struct error *err)
{
	for (int tries = 0; tries < 240; tries++) {
		const struct timespec pause = {0, POLL_MS * 1000000L};

		if (load(walk, ret_session, err) < 0)
			return -1;
		if (js_count(*ret_session, "/generated_images") >= count)
			return 0;
		nanosleep(&pause, NULL);
	}
	return error_set(err, ERR_TIMEOUT, "a picture was not taken in within two minutes");
}

static int
bring_pictures(struct walk *walk, const struct js_value **ret_session, struct error *err)
{
	for (size_t i = 0; i < walk->picture_count; i++) {
		char path[96], text[64];
		const char *asset;
		struct body body;

		snprintf(text, sizeof(text), "Taking in picture %zu of %zu...", i + 1, walk->picture_count);
		show(walk, text, (int64_t)(i * 50 / walk->picture_count));
		if (client_upload(&walk->client, walk->pictures[i], &asset, err) < 0)
			return -1;
		buf_init(&body.buf, BODY_MAX);
		js_begin(&body.w, &body.buf);
		js_open_object(&body.w, NULL);
		js_str(&body.w, "asset_id", asset);
		snprintf(path, sizeof(path), "/api/sessions/%s/images", walk->session_id);
		if (body_send(&body, walk, path, err) < 0 || wait_pictures(walk, i + 1, ret_session, err) < 0)
			return -1;
	}
	return 0;
}

/* The first `most` ids of a list in the session, as an array member. */
static void
write_ids(struct js_writer *w, const char *key, const struct js_value *list, size_t most)
{
	js_open_array(w, key);
	for (size_t i = 0; i < FW_MIN(js_count(list, ""), most); i++)
		js_str(w, NULL, js_text(js_item(list, i), "/id", ""));
	js_close(w);
}

static int
make_clips(struct walk *walk, const struct js_value *session, const struct js_value **ret_session, struct error *err)
{
	size_t most = walk->prompt != NULL ? (size_t)(walk->choose > 0 ? walk->choose : 4) : WALK_PICTURES_MAX;
	struct body body;

	body_begin(&body, walk);
	write_ids(&body.w, "approved_image_ids", js_at(session, "/generated_images"), most);
	if (body_send(&body, walk, "/api/save-approved-images", err) < 0)
		return -1;
	body_begin(&body, walk);
	js_str(&body.w, "video_prompt", walk->scene);
	if (body_send(&body, walk, "/api/generate-clips", err) < 0)
		return -1;
	return wait_for(walk, "clip_selection", ret_session, err);
}

static int
compose(struct walk *walk, const struct js_value *session, const struct js_value **ret_session, struct error *err)
{
	struct body body;

	body_begin(&body, walk);
	write_ids(&body.w, "approved_clip_ids", js_at(session, "/generated_clips"), WALK_PICTURES_MAX);
	if (body_send(&body, walk, "/api/save-approved-clips", err) < 0)
		return -1;
	body_begin(&body, walk);
	js_open_object(&body.w, "text_overlay");
	js_str(&body.w, "product_name", walk->name);
	js_str(&body.w, "cta", walk->cta);
	if (walk->font != NULL)
		js_str(&body.w, "font", walk->font);
	js_close(&body.w);
	js_open_object(&body.w, "audio");
	js_bool(&body.w, "enabled", walk->music != NULL);
	if (walk->music != NULL)
		js_str(&body.w, "genre", walk->music);
	js_close(&body.w);
	if (body_send(&body, walk, "/api/compose-final-video", err) < 0)
		return -1;
	return wait_for(walk, "complete", ret_session, err);
}

static int
finish(struct walk *walk, const struct js_value *session, struct error *err)
{
	struct arena *arena = walk->client.ctl->arena;

	walk->film_url = js_text(session, "/final_video/url", "");
	walk->resolution = js_text(session, "/final_video/resolution", "");
	walk->duration_s = js_real(session, "/final_video/duration", 0);
	walk->size_mb = js_real(session, "/final_video/file_size_mb", 0);
	walk->cost = js_json(js_at(session, "/total_cost"), arena);
	if (walk->cost == NULL)
		return arena_error(arena, err);
	return client_download(&walk->client, walk->film_url, walk->output, err);
}

int
walk_run(struct walk *walk, struct error *err)
{
	const struct js_value *session;
	int status = create(walk, err);

	if (status == 0)
		status =
		    walk->prompt != NULL ? generate_pictures(walk, &session, err) : bring_pictures(walk, &session, err);
	if (status == 0)
		status = make_clips(walk, session, &session, err);
	if (status == 0)
		status = compose(walk, session, &session, err);
	if (status == 0)
		status = finish(walk, session, err);
	show_end(walk);
	return status;
}
