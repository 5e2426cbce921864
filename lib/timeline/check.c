/*
 * What the fields of a timeline mean together: each finding points at the field.
 */
#include <math.h>
#include <stdarg.h>

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

static void PRINTF_LIKE(5, 6)
    problem(const struct check *check, const char *at, const char *field, const char *code, const char *format, ...)
{
	char pointer[160], detail[200];
	va_list args;

	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	snprintf(pointer, sizeof(pointer), "%s/%s", at, field);
	js_problem_add(check->problems, check->arena, pointer, code, "%s", detail);
}

static void
check_look(const struct check *check, const char *at, const struct timeline_look *look)
{
	const bool changed = look->brightness != 0 || look->contrast != 1 || look->saturation != 1 ||
			     look->gamma != 1 || look->temperature != 0;

	if (changed && look->grade != GRADE_CUSTOM)
		problem(check, at, "grade", "not_a_choice",
		    "Brightness, contrast, saturation, gamma and temperature need the grade custom.");
}

static void
check_motion(const struct check *check, const char *at, struct timeline_item *item)
{
	struct timeline_keyframe *keyframe = item->motion.items;

	if (item->motion.count > 0 && item->type != TIMELINE_CLIP && item->type != TIMELINE_STILL)
		problem(check, at, "motion", "not_a_choice", "Only clips and stills have a moving camera.");
	for (size_t i = 0; i < item->motion.count; i++) {
		keyframe[i].at_us = timeline_us(keyframe[i].at_s);
		if (i > 0 && keyframe[i].at_us <= keyframe[i - 1].at_us)
			problem(check, at, "motion", "bad_format", "Keyframe %zu is not later than the one before.", i);
	}
}

/* A clip may say where it ends in its source instead of how long it takes in the film. */
static void
settle_duration(const struct check *check, const char *at, struct timeline_item *item)
{
	const bool by_out = item->type == TIMELINE_CLIP && item->out_s > 0;

	if (by_out && item->has_duration)
		problem(check, at, "out", "not_a_choice", "A clip has a duration or an out, not both.");
	else if (by_out && item->out_s <= item->in_s)
		problem(check, at, "out", "too_small", "The clip ends before it begins.");
	else if (by_out)
		item->duration_s = (item->out_s - item->in_s) / item->speed;
	else if (!item->has_duration)
		problem(check, at, "duration", "required", "The item needs a duration.");
}

static void
check_item(const struct check *check, size_t index, struct timeline_item *item)
{
	char at[96];

	snprintf(at, sizeof(at), "/tracks/%zu/items/%zu", check->track, index);
	settle_duration(check, at, item);
	item->duration_us = timeline_us(item->duration_s);
	item->hold_us = timeline_us(item->hold_s);
	item->in_us = timeline_us(item->in_s);
	item->speed_ppm = llround(item->speed * 1e6);
	item->rgb = color_rgb(item->color);
	item->background_rgb = color_rgb(item->background);
	check_motion(check, at, item);
	if (item->has_look)
		check_look(check, at, &item->look);
	if (item->has_duration && item->duration_us + item->hold_us <= 0)
		problem(check, at, "duration", "too_small", "The item must last longer than 0 seconds.");
	if (item->hold_us > 0 && item->duration_us <= 0)
		problem(check, at, "duration", "too_small", "A held picture needs a moving part before it.");
	if ((item->type == TIMELINE_CLIP || item->type == TIMELINE_STILL) && item->asset == NULL)
		problem(check, at, "asset", "required", "A clip or still names its asset.");
	if (item->type == TIMELINE_CARD && item->text == NULL)
		problem(check, at, "text", "required", "A card needs a text.");
	if ((item->stabilise || item->denoise) && item->type != TIMELINE_CLIP)
		problem(check, at, item->stabilise ? "stabilise" : "denoise", "not_a_choice",
		    "Only clips can be steadied or freed of noise.");
}

/* An item may be shortened from both sides, but what lies under two transitions at once has no meaning. */
static void
check_overlaps(const struct check *check, const struct timeline_track *track)
{
	const struct timeline_item *item = track->items.items;
	int64_t before = 0;
	char at[96];

	for (size_t i = 0; i < track->items.count; i++) {
		const struct timeline_transition *transition = timeline_transition_after(track, i);
		const int64_t after = transition == NULL ? 0 : transition->duration_us;

		snprintf(at, sizeof(at), "/tracks/%zu/items/%zu", check->track, i);
		if (before + after > item[i].duration_us + item[i].hold_us)
			problem(check, at, "duration", "too_small",
			    "The item is shorter than the transitions before and after it.");
		before = after;
	}
}

/* How long each kind takes when nobody says. */
static double
usual_duration(enum timeline_transition_type type)
{
	static const double seconds[] = {
	    [TRANSITION_FADE] = 0.5, [TRANSITION_WIPE] = 0.75, [TRANSITION_SLIDE] = 0.75, [TRANSITION__COUNT] = 0};

	return seconds[type] > 0 ? seconds[type] : 1.0;
}

static void
check_transition(const struct check *check, const struct timeline_track *track, size_t index)
{
	struct timeline_transition *all = track->transitions.items;
	struct timeline_transition *transition = &all[index];
	char at[96];

	snprintf(at, sizeof(at), "/tracks/%zu/transitions/%zu", check->track, index);
	if (!transition->has_duration)
		transition->duration_s = usual_duration(transition->type);
	transition->duration_us = transition->type == TRANSITION_CUT ? 0 : timeline_us(transition->duration_s);
	transition->rgb = color_rgb(transition->color);
	if (transition->type == TRANSITION__COUNT)
		problem(check, at, "type", "not_a_choice",
		    "'%s' is none of cut, fade, dissolve, wipe, slide or xfade: with a name that FFmpeg knows.",
		    transition->type_name);
	if ((size_t)transition->after + 1 >= track->items.count)
		problem(
		    check, at, "after", "too_large", "There is no item after item %lld.", (long long)transition->after);
	for (size_t k = 0; k < index; k++)
		if (all[k].after == transition->after)
			problem(check, at, "after", "duplicate", "Item %lld has two transitions.",
			    (long long)transition->after);
}

static void
check_overlay(const struct check *check, size_t index, struct timeline_overlay *overlay)
{
	char at[96];

	snprintf(at, sizeof(at), "/overlays/%zu", index);
	overlay->start_us = timeline_us(overlay->start_s);
	overlay->end_us = timeline_us(overlay->end_s);
	overlay->fade_in_us = timeline_us(overlay->fade_in_s);
	overlay->fade_out_us = timeline_us(overlay->fade_out_s);
	overlay->rgb = color_rgb(overlay->color);
	overlay->outline_rgb = color_rgb(overlay->outline_color);
	overlay->box.rgb = color_rgb(overlay->box.color);
	if (overlay->end_us != 0 && overlay->end_us <= overlay->start_us)
		problem(check, at, "end", "too_small", "The overlay ends before it starts.");
	else if (overlay->end_us != 0 &&
		 overlay->fade_in_us + overlay->fade_out_us > overlay->end_us - overlay->start_us)
		problem(check, at, "fade_out", "too_large", "The fades last longer than the overlay.");
	if (overlay->image ? overlay->asset == NULL : overlay->text == NULL)
		problem(check, at, overlay->image ? "asset" : "text", "required", "%s",
		    overlay->image ? "An image overlay names its asset." : "A text overlay needs a text.");
	if (overlay->image && overlay->box.color != NULL)
		problem(check, at, "box", "not_a_choice", "Only a text has a box.");
}

static void
check_words(const struct check *check, const char *at, struct timeline_cue *cue)
{
	struct timeline_word *word = cue->words.items;

	for (size_t i = 0; i < cue->words.count; i++) {
		word[i].start_us = timeline_us(word[i].start_s);
		word[i].end_us = timeline_us(word[i].end_s);
		if (word[i].end_us < word[i].start_us || (i > 0 && word[i].start_us < word[i - 1].start_us)) {
			problem(check, at, "words", "bad_format", "Word %zu is out of order.", i);
			return;
		}
	}
}

static void
check_captions(const struct check *check, size_t index, struct timeline_captions *captions)
{
	struct timeline_cue *cue = captions->cues.items;
	char at[96];

	snprintf(at, sizeof(at), "/captions/%zu", index);
	captions->offset_us = timeline_us(captions->offset_s);
	captions->rgb = color_rgb(captions->color);
	captions->highlight_rgb = color_rgb(captions->highlight);
	captions->box.rgb = color_rgb(captions->box.color);
	if ((captions->asset == NULL) == (captions->cues.count == 0))
		problem(check, at, "cues", "required", "Captions have an asset or cues, one of the two.");
	for (size_t i = 0; i < captions->cues.count; i++) {
		snprintf(at, sizeof(at), "/captions/%zu/cues/%zu", index, i);
		cue[i].start_us = timeline_us(cue[i].start_s);
		cue[i].end_us = timeline_us(cue[i].end_s);
		if (cue[i].end_us <= cue[i].start_us)
			problem(check, at, "end", "too_small", "The cue ends before it starts.");
		if (i > 0 && cue[i].start_us < cue[i - 1].start_us)
			problem(check, at, "start", "bad_format", "Cues stand in the order of their start.");
		check_words(check, at, &cue[i]);
	}
}

static void
check_audio(const struct check *check, size_t index, struct timeline_audio *audio)
{
	char at[96];

	snprintf(at, sizeof(at), "/audio/%zu", index);
	audio->start_us = timeline_us(audio->start_s);
	audio->duration_us = timeline_us(audio->duration_s);
	audio->in_us = timeline_us(audio->in_s);
	audio->fade_in_us = timeline_us(audio->fade_in_s);
	audio->fade_out_us = timeline_us(audio->fade_out_s);
	audio->speed_ppm = llround(audio->speed * 1e6);
	if (audio->duration_us > 0 && audio->fade_in_us + audio->fade_out_us > audio->duration_us)
		problem(check, at, "fade_out", "too_large", "The fades last longer than the sound.");
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
	/* Opus knows no other rate */
	if (output->has_audio && strcmp(output->profile, "webm") == 0 && output->audio.rate != 48000)
		js_problem_add(check->problems, check->arena, "/output/audio/rate", "not_a_choice",
		    "The sound of WebM has 48000 samples a second.");
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
		for (size_t i = 0; i < track->transitions.count; i++)
			check_transition(&check, track, i);
		check_overlaps(&check, track);
	}
	for (size_t i = 0; i < timeline->overlays.count; i++)
		check_overlay(&check, i, (struct timeline_overlay *)timeline->overlays.items + i);
	for (size_t i = 0; i < timeline->captions.count; i++)
		check_captions(&check, i, (struct timeline_captions *)timeline->captions.items + i);
	for (size_t i = 0; i < timeline->audio.count; i++)
		check_audio(&check, i, (struct timeline_audio *)timeline->audio.items + i);
	if (timeline->has_look)
		check_look(&check, "/look", &timeline->look);
}
