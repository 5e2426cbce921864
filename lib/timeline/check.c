/*
 * What the fields of a timeline mean together: each finding points at the field.
 */
#include <math.h>

#include "lib/timeline/timeline_priv.h"

struct check {
	struct arena *arena;
	struct js_problems *problems;
	size_t track;
};

int64_t
timeline_us(double seconds)
{
	return llround(seconds * 1e6);
}

/* "#RRGGBB", its form checked when it was read. */
static uint32_t
color_rgb(const char *color)
{
	return color == NULL ? 0 : (uint32_t)strtoul(color + 1, NULL, 16);
}

static void
item_problem(const struct check *check, size_t item, const char *field, const char *code, const char *detail)
{
	char pointer[96];

	snprintf(pointer, sizeof(pointer), "/tracks/%zu/items/%zu/%s", check->track, item, field);
	js_problem_add(check->problems, check->arena, pointer, code, "%s", detail);
}

static void
check_item(const struct check *check, size_t index, struct timeline_item *item)
{
	item->duration_us = timeline_us(item->duration_s);
	item->hold_us = timeline_us(item->hold_s);
	item->in_us = timeline_us(item->in_s);
	item->speed_ppm = llround(item->speed * 1e6);
	item->rgb = color_rgb(item->color);
	item->background_rgb = color_rgb(item->background);
	if (item->duration_us + item->hold_us <= 0)
		item_problem(check, index, "duration", "too_small", "The item must last longer than 0 seconds.");
	if (item->hold_us > 0 && item->duration_us <= 0)
		item_problem(check, index, "duration", "too_small", "A held picture needs a moving part before it.");
	if ((item->type == TIMELINE_CLIP || item->type == TIMELINE_STILL) && item->asset == NULL)
		item_problem(check, index, "asset", "required", "A clip or still names its asset.");
	if (item->type == TIMELINE_CARD && item->text == NULL)
		item_problem(check, index, "text", "required", "A card needs a text.");
}

/* An item may be shortened from both sides, but what lies under two transitions at once has no meaning. */
static void
check_overlaps(const struct check *check, const struct timeline_track *track)
{
	const struct timeline_item *item = track->items.items;
	int64_t before = 0;

	for (size_t i = 0; i < track->items.count; i++) {
		const struct timeline_transition *transition = timeline_transition_after(track, i);
		const int64_t after = transition == NULL ? 0 : transition->duration_us;

		if (before + after > item[i].duration_us + item[i].hold_us)
			item_problem(check, i, "duration", "too_small",
			    "The item is shorter than the transitions before and after it.");
		before = after;
	}
}

static void
check_transitions(const struct check *check, struct timeline_track *track)
{
	struct timeline_transition *transition = track->transitions.items;
	char pointer[96];

	for (size_t i = 0; i < track->transitions.count; i++) {
		transition[i].duration_us =
		    transition[i].type == TRANSITION_CUT ? 0 : timeline_us(transition[i].duration_s);
		snprintf(pointer, sizeof(pointer), "/tracks/%zu/transitions/%zu/after", check->track, i);
		if ((size_t)transition[i].after + 1 >= track->items.count)
			js_problem_add(check->problems, check->arena, pointer, "too_large",
			    "There is no item after item %lld.", (long long)transition[i].after);
		for (size_t k = 0; k < i; k++)
			if (transition[k].after == transition[i].after)
				js_problem_add(check->problems, check->arena, pointer, "duplicate",
				    "Item %lld has two transitions.", (long long)transition[i].after);
	}
	check_overlaps(check, track);
}

static void
check_overlay(const struct check *check, size_t index, struct timeline_overlay *overlay)
{
	char pointer[96];

	overlay->start_us = timeline_us(overlay->start_s);
	overlay->end_us = timeline_us(overlay->end_s);
	overlay->rgb = color_rgb(overlay->color);
	if (overlay->end_us != 0 && overlay->end_us <= overlay->start_us) {
		snprintf(pointer, sizeof(pointer), "/overlays/%zu/end", index);
		js_problem_add(
		    check->problems, check->arena, pointer, "too_small", "The overlay ends before it starts.");
	}
	if (overlay->image ? overlay->asset == NULL : overlay->text == NULL) {
		snprintf(pointer, sizeof(pointer), "/overlays/%zu/%s", index, overlay->image ? "asset" : "text");
		js_problem_add(check->problems, check->arena, pointer, "required", "%s",
		    overlay->image ? "An image overlay names its asset." : "A text overlay needs a text.");
	}
}

static void
check_output(const struct check *check, const struct timeline_output *output)
{
	const double fps = (double)output->fps.items[0] / (double)output->fps.items[1];

	if (output->width % 2 != 0)
		js_problem_add(check->problems, check->arena, "/output/width", "bad_format", "The width must be even.");
	if (output->height % 2 != 0)
		js_problem_add(
		    check->problems, check->arena, "/output/height", "bad_format", "The height must be even.");
	if (fps < 1 || fps > 120)
		js_problem_add(check->problems, check->arena, "/output/fps", "bad_format",
		    "The frame rate must lie between 1 and 120 per second.");
	if (output->has_audio && output->audio.rate != 48000 && output->audio.rate != 44100)
		js_problem_add(check->problems, check->arena, "/output/audio/rate", "not_a_choice",
		    "The sample rate is 48000 or 44100.");
}

void
timeline_check(struct timeline *timeline, struct arena *arena, struct js_problems *problems)
{
	struct check check = {.arena = arena, .problems = problems};

	check_output(&check, &timeline->output);
	for (check.track = 0; check.track < timeline->tracks.count; check.track++) {
		struct timeline_track *track = (struct timeline_track *)timeline->tracks.items + check.track;

		for (size_t i = 0; i < track->items.count; i++)
			check_item(&check, i, (struct timeline_item *)track->items.items + i);
		check_transitions(&check, track);
	}
	for (size_t i = 0; i < timeline->overlays.count; i++)
		check_overlay(&check, i, (struct timeline_overlay *)timeline->overlays.items + i);
	for (size_t i = 0; i < timeline->audio.count; i++) {
		struct timeline_audio *audio = (struct timeline_audio *)timeline->audio.items + i;

		audio->start_us = timeline_us(audio->start_s);
		audio->duration_us = timeline_us(audio->duration_s);
	}
}
