#include "renderd/provider/local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "renderd/flow/flow.h"
#include "renderd/step/media.h"

#define CLIP_WIDTH 1024
#define CLIP_HEIGHT 576
#define CLIP_FPS 30

static const struct fault_word {
	const char *word;
	enum local_fault fault;
} fault_words[] = {
    {"error", LOCAL_FAULT_ERROR},
    {"timeout", LOCAL_FAULT_TIMEOUT},
    {"content", LOCAL_FAULT_CONTENT},
    {"invalid", LOCAL_FAULT_INVALID},
    {"account", LOCAL_FAULT_ACCOUNT},
};

/* The part of an item up to the next ':' or ',', copied; where the next part begins, or NULL at the item's end. */
static const char *
next_part(const char *at, char part[32])
{
	size_t len = strcspn(at, ":,");

	snprintf(part, 32, "%.*s", (int)FW_MIN(len, (size_t)31), at);
	return at[len] == ':' ? at + len + 1 : NULL;
}

static enum local_fault
fault_named(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(fault_words); i++)
		if (strcmp(fault_words[i].word, word) == 0)
			return fault_words[i].fault;
	return LOCAL_FAULT_NONE;
}

static enum local_fault
item_fault(const char *item, const char *what, int64_t index, int attempt)
{
	char part[4][32] = {{0}};
	const char *at = item;

	for (size_t i = 0; i < ARRAY_LEN(part) && at != NULL; i++)
		at = next_part(at, part[i]);
	if (strcmp(part[0], what) != 0)
		return LOCAL_FAULT_NONE;
	if (strcmp(part[1], "*") != 0 && strtoll(part[1], NULL, 10) != index)
		return LOCAL_FAULT_NONE;
	if (part[3][0] != '\0' && attempt > strtol(part[3], NULL, 10))
		return LOCAL_FAULT_NONE;
	return fault_named(part[2]);
}

enum local_fault
local_fault(const struct conf *conf, const char *what, int64_t index, int attempt)
{
	const char *item = conf_str(conf, CONF_LOCAL_FAULTS);

	while (*item != '\0') {
		enum local_fault fault = item_fault(item, what, index, attempt);

		if (fault != LOCAL_FAULT_NONE)
			return fault;
		item += strcspn(item, ",");
		item += *item == ',';
	}
	return LOCAL_FAULT_NONE;
}

int
local_play(enum local_fault fault, struct error *err)
{
	switch (fault) {
	case LOCAL_FAULT_NONE:
		return 0;
	case LOCAL_FAULT_ERROR:
	case LOCAL_FAULT_INVALID:
		return error_code(err, ERR_INPUT, "provider_refused", "the provider refused the request");
	case LOCAL_FAULT_TIMEOUT:
		error_code(err, ERR_PROVIDER, "provider_overloaded", "the provider is overloaded");
		error_retry_after(err, LOCAL_OVERLOAD_PAUSE_S);
		return -1;
	case LOCAL_FAULT_CONTENT:
		return error_code(
		    err, ERR_INPUT, "content_refused", "the provider's content filter refused the prompt");
	case LOCAL_FAULT_ACCOUNT:
		return error_code(err, ERR_INPUT, "provider_account", "the provider did not accept the account");
	}
	return 0;
}

int
local_draw(struct attempt *attempt, const struct local_picture *picture, struct stored *ret_stored, struct error *err)
{
	struct media_task task = {.name = "product", .phase = "image"};
	const struct js_value *result;
	struct flow_result args;

	flow_result_begin(&args);
	js_str(&args.w, "prompt", picture->prompt);
	js_str(&args.w, "view", picture->view);
	js_int(&args.w, "variant", picture->variant);
	js_int(&args.w, "seed", picture->seed);
	js_strings(&args.w, "keywords", picture->keywords, picture->keyword_count);
	js_int(&args.w, "width", picture->width);
	js_int(&args.w, "height", picture->height);
	js_str(&args.w, "output", "picture.png");
	task.args_json = flow_text(&args, attempt, err);
	if (task.args_json == NULL || media_run(attempt, &task, &result, err) < 0)
		return -1;
	return media_publish(attempt, "picture.png", "image/png", ret_stored, err);
}

int
local_move(struct attempt *attempt, const struct local_clip *clip, struct local_video *ret_video, struct error *err)
{
	const struct media_input input = {"in0", clip->source_sha256};
	struct media_task task = {.name = "camera", .inputs = &input, .input_count = 1, .phase = "clip"};
	const struct js_value *result;
	struct flow_result args;

	flow_result_begin(&args);
	js_str(&args.w, "input", "in0");
	js_str(&args.w, "movement", clip->movement);
	js_double(&args.w, "intensity", clip->intensity);
	js_fixed(&args.w, "duration_s", (double)clip->duration_ms / 1000, 3);
	js_int(&args.w, "width", CLIP_WIDTH);
	js_int(&args.w, "height", CLIP_HEIGHT);
	js_int(&args.w, "fps_num", CLIP_FPS);
	js_int(&args.w, "fps_den", 1);
	js_int(&args.w, "seed", clip->seed);
	js_str(&args.w, "output", "clip.mp4");
	task.args_json = flow_text(&args, attempt, err);
	if (task.args_json == NULL || media_run(attempt, &task, &result, err) < 0)
		return -1;
	ret_video->duration_us = js_number(result, "/duration_us", 0);
	ret_video->width = (int)js_number(result, "/width", 0);
	ret_video->height = (int)js_number(result, "/height", 0);
	ret_video->fps_num = (int)js_number(result, "/fps_num", 0);
	ret_video->fps_den = (int)js_number(result, "/fps_den", 1);
	return media_publish(attempt, "clip.mp4", "video/mp4", &ret_video->stored, err);
}
