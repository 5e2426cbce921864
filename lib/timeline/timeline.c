/*
 * Reading a timeline: the declared fields and the words they may hold. What fields mean together is in check.c.
 */
#include "lib/timeline/timeline.h"

#include "lib/base/text.h"
#include "lib/timeline/timeline_priv.h"

static const char *const type_names[] = {
    [TIMELINE_CARD] = "card",
    [TIMELINE_CLIP] = "clip",
    [TIMELINE_STILL] = "still",
    [TIMELINE_COLOUR] = "colour",
    [TIMELINE_GAP] = "gap",
    [TIMELINE_TYPE__COUNT] = NULL,
};

static const char *const fit_names[] = {
    [FIT_CONTAIN] = "contain",
    [FIT_COVER] = "cover",
    [FIT_FILL] = "fill",
    [FIT_BLUR] = "blur",
    [FIT__COUNT] = NULL,
};

static const char *const transition_names[] = {
    [TRANSITION_CUT] = "cut",
    [TRANSITION_DISSOLVE] = "dissolve",
    [TRANSITION_FADE] = "fade",
    [TRANSITION_WIPE_LEFT] = "wipe_left",
    [TRANSITION_WIPE_RIGHT] = "wipe_right",
    [TRANSITION_WIPE_UP] = "wipe_up",
    [TRANSITION_WIPE_DOWN] = "wipe_down",
    [TRANSITION_SLIDE_LEFT] = "slide_left",
    [TRANSITION_SLIDE_RIGHT] = "slide_right",
    [TRANSITION_SLIDE_UP] = "slide_up",
    [TRANSITION_SLIDE_DOWN] = "slide_down",
    [TRANSITION__COUNT] = NULL,
};

static const char *const anchor_names[] = {
    [ANCHOR_TOP] = "top",
    [ANCHOR_CENTER] = "center",
    [ANCHOR_BOTTOM] = "bottom",
    [ANCHOR__COUNT] = NULL,
};

static const char *const role_names[] = {
    [ROLE_MUSIC] = "music",
    [ROLE_DIALOGUE] = "dialogue",
    [ROLE_SFX] = "sfx",
    [ROLE__COUNT] = NULL,
};

static const char *const overlay_names[] = {"text", "image", NULL};
static const char *const profile_names[] = {"h264", NULL};

#define SECONDS .low = 0.0, .high = TIMELINE_SECONDS_MAX

static const struct js_field item_fields[] = {
    JS_NAMED(struct timeline_item, type_name, "type", JS_STRING, .flags = JS_REQUIRED, .choices = type_names),
    JS_FIELD(struct timeline_item, asset, JS_STRING, .min = 1, .max = 64, .pattern = JS_TOKEN,
	.about = "name of the asset of a clip or still"),
    JS_NAMED(struct timeline_item, duration_s, "duration", JS_DOUBLE, .flags = JS_REQUIRED, .low = 0.0,
	.high = TIMELINE_SECONDS_MAX, .about = "seconds in the film, after speed, without hold"),
    JS_NAMED(struct timeline_item, hold_s, "hold", JS_DOUBLE, SECONDS, .fallback = "0",
	.about = "seconds the last picture stays after that"),
    JS_NAMED(struct timeline_item, in_s, "in", JS_DOUBLE, SECONDS, .fallback = "0",
	.about = "second of the source to begin at"),
    JS_FIELD(struct timeline_item, speed, JS_DOUBLE, .low = 0.25, .high = 4.0, .fallback = "1"),
    JS_NAMED(struct timeline_item, fit_name, "fit", JS_STRING, .choices = fit_names, .fallback = "\"contain\""),
    JS_FIELD(struct timeline_item, text, JS_STRING, .max = TIMELINE_TEXT_MAX),
    JS_FIELD(struct timeline_item, font, JS_STRING, .min = 1, .max = 100, .flags = JS_ONE_LINE,
	.fallback = "\"" TIMELINE_FONT_DEFAULT "\""),
    JS_FIELD(struct timeline_item, size, JS_DOUBLE, .low = 8, .high = 600, .fallback = "96"),
    JS_FIELD(struct timeline_item, color, JS_STRING, .pattern = JS_COLOR, .fallback = "\"#FFFFFF\""),
    JS_FIELD(struct timeline_item, background, JS_STRING, .pattern = JS_COLOR, .fallback = "\"#000000\""),
    JS_END,
};

static const struct js_field transition_fields[] = {
    JS_FIELD(struct timeline_transition, after, JS_INT, .flags = JS_REQUIRED, .min = 0, .max = TIMELINE_ITEMS_MAX),
    JS_NAMED(struct timeline_transition, type_name, "type", JS_STRING, .choices = transition_names,
	.fallback = "\"dissolve\""),
    JS_NAMED(struct timeline_transition, duration_s, "duration", JS_DOUBLE, .low = 0, .high = 10, .fallback = "0.25"),
    JS_END,
};

static const struct js_field track_fields[] = {
    JS_FIELD(struct timeline_track, items, JS_OBJECTS, .flags = JS_REQUIRED, .min = 1, .max = TIMELINE_ITEMS_MAX,
	.fields = item_fields, .item_size = sizeof(struct timeline_item)),
    JS_FIELD(struct timeline_track, transitions, JS_OBJECTS, .max = TIMELINE_ITEMS_MAX, .fields = transition_fields,
	.item_size = sizeof(struct timeline_transition)),
    JS_END,
};

static const struct js_field overlay_fields[] = {
    JS_NAMED(struct timeline_overlay, type_name, "type", JS_STRING, .flags = JS_REQUIRED, .choices = overlay_names),
    JS_FIELD(struct timeline_overlay, text, JS_STRING, .max = TIMELINE_TEXT_MAX),
    JS_FIELD(struct timeline_overlay, asset, JS_STRING, .min = 1, .max = 64, .pattern = JS_TOKEN),
    JS_NAMED(struct timeline_overlay, start_s, "start", JS_DOUBLE, SECONDS, .fallback = "0"),
    JS_NAMED(struct timeline_overlay, end_s, "end", JS_DOUBLE, SECONDS, .fallback = "0",
	.about = "0: to the end of the film"),
    JS_FIELD(struct timeline_overlay, font, JS_STRING, .min = 1, .max = 100, .flags = JS_ONE_LINE,
	.fallback = "\"" TIMELINE_FONT_DEFAULT "\""),
    JS_FIELD(struct timeline_overlay, size, JS_DOUBLE, .low = 8, .high = 600, .fallback = "72"),
    JS_FIELD(struct timeline_overlay, color, JS_STRING, .pattern = JS_COLOR, .fallback = "\"#FFFFFF\""),
    JS_NAMED(struct timeline_overlay, anchor_name, "anchor", JS_STRING, .choices = anchor_names, .fallback = "\"top\""),
    JS_FIELD(struct timeline_overlay, margin, JS_DOUBLE, .low = 0, .high = 500, .fallback = "50"),
    JS_FIELD(struct timeline_overlay, outline, JS_BOOL, .fallback = "true"),
    JS_FIELD(struct timeline_overlay, width, JS_DOUBLE, .low = 0.01, .high = 1, .fallback = "0.2",
	.about = "of an image, as a share of the frame's width"),
    JS_FIELD(struct timeline_overlay, opacity, JS_DOUBLE, .low = 0, .high = 1, .fallback = "1"),
    JS_END,
};

static const struct js_field audio_fields[] = {
    JS_FIELD(struct timeline_audio, asset, JS_STRING, .flags = JS_REQUIRED, .min = 1, .max = 64, .pattern = JS_TOKEN),
    JS_NAMED(struct timeline_audio, role_name, "role", JS_STRING, .choices = role_names, .fallback = "\"music\""),
    JS_NAMED(struct timeline_audio, start_s, "start", JS_DOUBLE, SECONDS, .fallback = "0"),
    JS_NAMED(struct timeline_audio, duration_s, "duration", JS_DOUBLE, SECONDS, .fallback = "0"),
    JS_FIELD(struct timeline_audio, loop, JS_BOOL, .fallback = "false"),
    JS_NAMED(struct timeline_audio, fade_in_s, "fade_in", JS_DOUBLE, .low = 0, .high = 60, .fallback = "0"),
    JS_NAMED(struct timeline_audio, fade_out_s, "fade_out", JS_DOUBLE, .low = 0, .high = 60, .fallback = "0"),
    JS_FIELD(struct timeline_audio, volume, JS_DOUBLE, .low = 0, .high = 4, .fallback = "1"),
    JS_END,
};

static const struct js_field sound_fields[] = {
    JS_FIELD(struct timeline_sound, rate, JS_INT, .min = 44100, .max = 48000, .fallback = "48000"),
    JS_FIELD(struct timeline_sound, lufs, JS_DOUBLE, .low = -40, .high = -8, .fallback = "-16"),
    JS_FIELD(struct timeline_sound, true_peak, JS_DOUBLE, .low = -12, .high = -1, .fallback = "-1.5"),
    JS_END,
};

static const struct js_field output_fields[] = {
    JS_FIELD(struct timeline_output, width, JS_INT, .flags = JS_REQUIRED, .min = 32, .max = TIMELINE_SIDE_MAX),
    JS_FIELD(struct timeline_output, height, JS_INT, .flags = JS_REQUIRED, .min = 32, .max = TIMELINE_SIDE_MAX),
    JS_FIELD(struct timeline_output, fps, JS_INTS, .min = 2, .max = 2, .item_min = 1, .item_max = 240000,
	.fallback = "[30,1]"),
    JS_FIELD(struct timeline_output, profile, JS_STRING, .choices = profile_names, .fallback = "\"h264\""),
    JS_FIELD(struct timeline_output, audio, JS_OBJECT, .flags = JS_NULLABLE, .fields = sound_fields),
    JS_END,
};

const struct js_field timeline_fields[] = {
    JS_FIELD(struct timeline, version, JS_INT, .flags = JS_REQUIRED, .min = TIMELINE_VERSION, .max = TIMELINE_VERSION),
    JS_FIELD(struct timeline, output, JS_OBJECT, .flags = JS_REQUIRED, .fields = output_fields),
    JS_FIELD(struct timeline, tracks, JS_OBJECTS, .flags = JS_REQUIRED, .min = 1, .max = TIMELINE_TRACKS_MAX,
	.fields = track_fields, .item_size = sizeof(struct timeline_track)),
    JS_FIELD(struct timeline, overlays, JS_OBJECTS, .max = TIMELINE_OVERLAYS_MAX, .fields = overlay_fields,
	.item_size = sizeof(struct timeline_overlay)),
    JS_FIELD(struct timeline, audio, JS_OBJECTS, .max = TIMELINE_AUDIO_MAX, .fields = audio_fields,
	.item_size = sizeof(struct timeline_audio)),
    JS_END,
};

/* js_parse accepted the word, so it is in the list. */
static int
word_index(const char *const *words, const char *word)
{
	int i = 0;

	while (words[i + 1] != NULL && !text_equal(words[i], word))
		i++;
	return i;
}

static void
resolve_words(struct timeline *timeline)
{
	for (size_t t = 0; t < timeline->tracks.count; t++) {
		struct timeline_track *track = (struct timeline_track *)timeline->tracks.items + t;
		struct timeline_item *item = track->items.items;
		struct timeline_transition *transition = track->transitions.items;

		for (size_t i = 0; i < track->items.count; i++) {
			item[i].type = (enum timeline_type)word_index(type_names, item[i].type_name);
			item[i].fit = (enum timeline_fit)word_index(fit_names, item[i].fit_name);
		}
		for (size_t i = 0; i < track->transitions.count; i++)
			transition[i].type =
			    (enum timeline_transition_type)word_index(transition_names, transition[i].type_name);
	}
	for (size_t i = 0; i < timeline->overlays.count; i++) {
		struct timeline_overlay *overlay = (struct timeline_overlay *)timeline->overlays.items + i;

		overlay->image = text_equal(overlay->type_name, "image");
		overlay->anchor = (enum timeline_anchor)word_index(anchor_names, overlay->anchor_name);
	}
	for (size_t i = 0; i < timeline->audio.count; i++) {
		struct timeline_audio *audio = (struct timeline_audio *)timeline->audio.items + i;

		audio->role = (enum timeline_role)word_index(role_names, audio->role_name);
	}
}

int
timeline_parse(struct arena *arena, const void *json, size_t len, struct timeline **ret_timeline,
    struct js_problems *problems, struct error *err)
{
	struct timeline *timeline = ARENA_NEW(arena, struct timeline);

	if (timeline == NULL)
		return arena_error(arena, err);
	if (len > TIMELINE_BYTES_MAX)
		return error_set(
		    err, ERR_TOO_LARGE, "a timeline of %zu bytes is larger than %zu", len, (size_t)TIMELINE_BYTES_MAX);
	if (JS_PARSE(arena, json, len, timeline_fields, timeline, problems, err) < 0)
		return -1;
	/* an object that was sent has its defaults filled in; null and absent leave zeros */
	timeline->output.has_audio = timeline->output.audio.rate != 0;
	resolve_words(timeline);
	timeline_check(timeline, arena, problems);
	if (js_problems_error(problems, err) < 0)
		return -1;
	*ret_timeline = timeline;
	return 0;
}

const struct timeline_transition *
timeline_transition_after(const struct timeline_track *track, size_t index)
{
	const struct timeline_transition *transition = track->transitions.items;

	for (size_t i = 0; i < track->transitions.count; i++)
		if ((size_t)transition[i].after == index)
			return transition[i].type == TRANSITION_CUT ? NULL : &transition[i];
	return NULL;
}

const char *
timeline_transition_name(enum timeline_transition_type type)
{
	return transition_names[type];
}

const char *
timeline_fit_name(enum timeline_fit fit)
{
	return fit_names[fit];
}

const char *
timeline_type_name(enum timeline_type type)
{
	return type_names[type];
}
