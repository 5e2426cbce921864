/*
 * Reading a timeline: the declared fields are in fields.c, what they mean together is in check.c.
 */
#include "lib/timeline/timeline.h"

#include "lib/base/text.h"
#include "lib/timeline/timeline_priv.h"

#define XFADE_PREFIX "xfade:"

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
resolve_look(struct timeline_look *look)
{
	if (look->grade_name != NULL)
		look->grade = (enum timeline_grade)word_index(timeline_grade_names, look->grade_name);
}

static void
resolve_item(struct timeline_item *item)
{
	struct timeline_keyframe *keyframe = item->motion.items;

	item->type = (enum timeline_type)word_index(timeline_type_names, item->type_name);
	item->fit = (enum timeline_fit)word_index(timeline_fit_names, item->fit_name);
	item->anchor = (enum timeline_anchor)word_index(timeline_anchor_names, item->anchor_name);
	item->align = (enum timeline_align)word_index(timeline_align_names, item->align_name);
	resolve_look(&item->look);
	for (size_t i = 0; i < item->motion.count; i++)
		keyframe[i].easing = (enum timeline_easing)word_index(timeline_easing_names, keyframe[i].easing_name);
}

/* A word that is in no list leaves TRANSITION__COUNT, which check.c reports. */
static void
resolve_transition(struct timeline_transition *transition)
{
	const char *word = transition->type_name;

	transition->direction =
	    (enum timeline_direction)word_index(timeline_direction_names, transition->direction_name);
	transition->easing = (enum timeline_easing)word_index(timeline_easing_names, transition->easing_name);
	transition->type = TRANSITION_CUT;
	while (transition->type < TRANSITION_XFADE && !text_equal(timeline_transition_names[transition->type], word))
		transition->type++;
	if (transition->type < TRANSITION_XFADE)
		return;
	if (strncmp(word, XFADE_PREFIX, strlen(XFADE_PREFIX)) == 0)
		for (size_t i = 0; timeline_xfade_names[i] != NULL; i++)
			if (text_equal(timeline_xfade_names[i], word + strlen(XFADE_PREFIX)))
				transition->xfade = timeline_xfade_names[i];
	if (transition->xfade == NULL)
		transition->type = TRANSITION__COUNT;
}

static void
resolve_captions(struct timeline_captions *captions)
{
	captions->look = (enum timeline_caption_look)word_index(timeline_caption_look_names, captions->look_name);
	captions->anchor = (enum timeline_anchor)word_index(timeline_anchor_names, captions->anchor_name);
	for (size_t i = 0; i < captions->mode_names.count; i++)
		captions->modes[word_index(timeline_mode_names, captions->mode_names.items[i])] = true;
}

static void
resolve_words(struct timeline *timeline)
{
	for (size_t t = 0; t < timeline->tracks.count; t++) {
		struct timeline_track *track = (struct timeline_track *)timeline->tracks.items + t;

		for (size_t i = 0; i < track->items.count; i++)
			resolve_item((struct timeline_item *)track->items.items + i);
		for (size_t i = 0; i < track->transitions.count; i++)
			resolve_transition((struct timeline_transition *)track->transitions.items + i);
	}
	for (size_t i = 0; i < timeline->overlays.count; i++) {
		struct timeline_overlay *overlay = (struct timeline_overlay *)timeline->overlays.items + i;

		overlay->image = text_equal(overlay->type_name, "image");
		overlay->anchor = (enum timeline_anchor)word_index(timeline_anchor_names, overlay->anchor_name);
		overlay->align = (enum timeline_align)word_index(timeline_align_names, overlay->align_name);
	}
	for (size_t i = 0; i < timeline->captions.count; i++)
		resolve_captions((struct timeline_captions *)timeline->captions.items + i);
	for (size_t i = 0; i < timeline->audio.count; i++) {
		struct timeline_audio *audio = (struct timeline_audio *)timeline->audio.items + i;

		audio->role = (enum timeline_role)word_index(timeline_role_names, audio->role_name);
	}
	resolve_look(&timeline->look);
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

bool
timeline_overlaps(const struct timeline_transition *transition)
{
	return transition->type != TRANSITION_CUT && transition->type != TRANSITION_FADE;
}

const char *
timeline_fit_name(enum timeline_fit fit)
{
	return timeline_fit_names[fit];
}

const char *
timeline_type_name(enum timeline_type type)
{
	return timeline_type_names[type];
}

const char *
timeline_grade_name(enum timeline_grade grade)
{
	return timeline_grade_names[grade];
}
