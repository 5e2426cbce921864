/*
 * Lengths first, then the JSON.
 */
#include "lib/timeline/advert.h"

#include <math.h>

#include "lib/js/write.h"
#include "lib/base/text.h"
#include "lib/timeline/timeline.h"

#define US 1000000.0
/* seconds in JSON: whole microseconds */
#define DECIMALS 6

/* A clip of another shape than the film lies on a blurred copy of itself, except in the wide film, where the
 * specification wants black. */
static const struct aspect {
	const char *name;
	int width, height;
	const char *fit;
} aspects[ADVERT_ASPECT__COUNT] = {
    [ADVERT_WIDE] = {"16:9", ADVERT_WIDTH, ADVERT_HEIGHT, "contain"},
    [ADVERT_TALL] = {"9:16", ADVERT_HEIGHT, ADVERT_WIDTH, "blur"},
    [ADVERT_SQUARE] = {"1:1", ADVERT_HEIGHT, ADVERT_HEIGHT, "blur"},
};

enum advert_aspect
advert_aspect_of_name(const char *name)
{
	for (int i = 0; i < ADVERT_ASPECT__COUNT; i++)
		if (text_equal(aspects[i].name, name))
			return (enum advert_aspect)i;
	return ADVERT_WIDE;
}

/* Sizes in a timeline grow with the film's height; texts of an advert with its shorter side. */
static double
letter_size(const struct advert *advert, double size)
{
	const struct aspect *aspect = &aspects[advert->aspect];

	return size * FW_MIN(aspect->width, aspect->height) / aspect->height;
}

struct draft {
	const struct advert *advert;
	struct advert_length length;
	int64_t intro, outro, overlap;	/* overlap: of one crossfade */
	int64_t clip[ADVERT_CLIPS_MAX]; /* as shown */
	double speed;
};

static int64_t
us(double seconds)
{
	return llround(seconds * US);
}

static int
draft_init(struct draft *draft, const struct advert *advert, struct error *err)
{
	if (advert->n_clips == 0 || advert->n_clips > ADVERT_CLIPS_MAX)
		return error_set(
		    err, ERR_INPUT, "an advert takes 1 to %d clips, not %zu", ADVERT_CLIPS_MAX, advert->n_clips);
	draft->advert = advert;
	draft->intro = us(advert->intro_s);
	draft->outro = us(advert->outro_s);
	draft->overlap = advert->crossfade ? us(ADVERT_CROSSFADE_S) : 0;
	draft->speed = 1;
	draft->length.factor = 1;
	for (size_t i = 0; i < advert->n_clips; i++) {
		draft->clip[i] = us(advert->clips[i].duration_s);
		if (draft->clip[i] <= 0)
			return error_set(err, ERR_INPUT, "clip '%s' has no length", advert->clips[i].asset);
	}
	return 0;
}

/* All but the clips: cards and what crossfades take away. */
static int64_t
rest_of(const struct draft *draft)
{
	return draft->intro + draft->outro - draft->overlap * ((int64_t)draft->advert->n_clips - 1);
}

static int64_t
clips_of(const struct draft *draft)
{
	int64_t sum = 0;

	for (size_t i = 0; i < draft->advert->n_clips; i++)
		sum += draft->clip[i];
	return sum;
}

static int64_t
trimmed(int64_t clip, double factor)
{
	return FW_MIN(clip, FW_MAX(llround((double)clip * factor), us(ADVERT_CLIP_MIN_S)));
}

/*
 * The factor with which the clips, none below its minimum, make `wanted` together. Clips that hit the minimum drop out
 * of the sum, so the factor of the others falls; that ends after at most as many rounds as there are clips.
 */
static double
trim_factor(const struct draft *draft, int64_t wanted)
{
	double factor = 1;

	for (size_t round = 0; round <= draft->advert->n_clips; round++) {
		int64_t fixed = 0, free = 0;

		for (size_t i = 0; i < draft->advert->n_clips; i++) {
			const int64_t least = FW_MIN(draft->clip[i], us(ADVERT_CLIP_MIN_S));

			if ((double)draft->clip[i] * factor <= (double)least)
				fixed += least;
			else
				free += draft->clip[i];
		}
		if (free == 0)
			break;
		factor = FW_MAX((double)(wanted - fixed) / (double)free, 0);
	}
	return factor;
}

/* Rounding of each clip leaves some microseconds; the longest clip takes them. */
static void
settle(struct draft *draft, int64_t wanted)
{
	size_t longest = 0;

	for (size_t i = 1; i < draft->advert->n_clips; i++)
		if (draft->clip[i] > draft->clip[longest])
			longest = i;
	draft->clip[longest] += wanted - clips_of(draft);
}

static void
shorten(struct draft *draft)
{
	const int64_t wanted = us(ADVERT_LONGEST_S) - rest_of(draft);
	const double factor = trim_factor(draft, wanted);
	int64_t left;

	for (size_t i = 0; i < draft->advert->n_clips; i++)
		draft->clip[i] = trimmed(draft->clip[i], factor);
	left = wanted - clips_of(draft);
	if (llabs(left) <= (int64_t)draft->advert->n_clips)
		settle(draft, wanted);
	draft->length.factor = factor;
}

static void
lengthen(struct draft *draft)
{
	const int64_t wanted = us(ADVERT_SHORTEST_S) - rest_of(draft);
	const double factor = FW_MIN((double)wanted / (double)clips_of(draft), ADVERT_SLOW_MAX);

	for (size_t i = 0; i < draft->advert->n_clips; i++)
		draft->clip[i] = llround((double)draft->clip[i] * factor);
	draft->speed = 1 / factor;
	draft->length.factor = factor;
	if (factor < ADVERT_SLOW_MAX)
		settle(draft, wanted);
	else
		draft->length.hold_us = wanted - clips_of(draft);
}

static int
make_draft(struct draft *draft, const struct advert *advert, struct error *err)
{
	struct advert_length *length = &draft->length;

	if (draft_init(draft, advert, err) < 0)
		return -1;
	length->natural_us = rest_of(draft) + clips_of(draft);
	if (advert->fit && length->natural_us > us(ADVERT_LONGEST_S))
		shorten(draft);
	else if (advert->fit && length->natural_us < us(ADVERT_SHORTEST_S))
		lengthen(draft);
	length->film_us = rest_of(draft) + clips_of(draft) + length->hold_us;
	length->out_of_range = length->film_us < us(ADVERT_SHORTEST_S) || length->film_us > us(ADVERT_LONGEST_S);
	return 0;
}

int
advert_length(const struct advert *advert, struct advert_length *ret_length, struct error *err)
{
	struct draft draft = {0};

	if (make_draft(&draft, advert, err) < 0)
		return -1;
	*ret_length = draft.length;
	return 0;
}

static void
put_us(struct js_writer *w, const char *key, int64_t micros)
{
	js_fixed(w, key, (double)micros / US, DECIMALS);
}

static void
put_card(struct js_writer *w, const struct advert *advert, const char *text, int64_t duration)
{
	if (duration <= 0)
		return;
	js_open_object(w, NULL);
	js_str(w, "type", "card");
	put_us(w, "duration", duration);
	js_str(w, "text", text);
	js_str(w, "font", advert->font);
	js_double(w, "size", letter_size(advert, 96));
	js_str(w, "color", "#FFFFFF");
	js_str(w, "background", "#000000");
	js_close(w);
}

static void
put_clip(struct js_writer *w, const struct draft *draft, size_t index)
{
	const bool last = index + 1 == draft->advert->n_clips;

	js_open_object(w, NULL);
	js_str(w, "type", "clip");
	js_str(w, "asset", draft->advert->clips[index].asset);
	js_int(w, "in", 0);
	put_us(w, "duration", draft->clip[index]);
	js_double(w, "speed", draft->speed);
	js_str(w, "fit", aspects[draft->advert->aspect].fit);
	js_bool(w, "sound", false);
	put_us(w, "hold", last ? draft->length.hold_us : 0);
	js_close(w);
}

static void
put_track(struct js_writer *w, const struct draft *draft)
{
	const struct advert *advert = draft->advert;
	const int64_t first = draft->intro > 0 ? 1 : 0;

	js_open_array(w, "tracks");
	js_open_object(w, NULL);
	js_open_array(w, "items");
	put_card(w, advert, advert->name, draft->intro);
	for (size_t i = 0; i < advert->n_clips; i++)
		put_clip(w, draft, i);
	put_card(w, advert, advert->cta, draft->outro);
	js_close(w);
	js_open_array(w, "transitions");
	for (size_t i = 0; i + 1 < advert->n_clips && draft->overlap > 0; i++) {
		js_open_object(w, NULL);
		js_int(w, "after", first + (int64_t)i);
		js_str(w, "type", "dissolve");
		put_us(w, "duration", draft->overlap);
		js_close(w);
	}
	js_close(w);
	js_close(w);
	js_close(w);
}

struct caption {
	const char *text;
	int64_t start, end;
	int size;
	const char *anchor;
};

static void
put_caption(struct js_writer *w, const struct advert *advert, const struct caption *caption)
{
	if (caption->end <= caption->start)
		return;
	js_open_object(w, NULL);
	js_str(w, "type", "text");
	js_str(w, "text", caption->text);
	put_us(w, "start", caption->start);
	put_us(w, "end", caption->end);
	js_str(w, "font", advert->font);
	js_double(w, "size", letter_size(advert, caption->size));
	js_str(w, "color", advert->color);
	js_str(w, "anchor", caption->anchor);
	js_int(w, "margin", 50);
	js_bool(w, "outline", true);
	js_close(w);
}

static void
put_captions(struct js_writer *w, const struct draft *draft)
{
	const struct advert *advert = draft->advert;
	const int64_t film = draft->length.film_us;
	struct caption name = {.text = advert->name, .size = 72, .anchor = "top"};
	struct caption cta = {.text = advert->cta, .size = 56, .anchor = "bottom", .end = film};

	name.start = FW_MIN(draft->intro + us(advert->name_start_s), film);
	name.end = FW_MIN(name.start + us(advert->name_duration_s), film);
	/* the lead-in lies over clips, never over the intro card */
	cta.start = FW_MAX(film - draft->outro - us(advert->cta_lead_in_s), draft->intro);
	js_open_array(w, "overlays");
	put_caption(w, advert, &name);
	put_caption(w, advert, &cta);
	js_close(w);
}

static void
put_output(struct js_writer *w, const struct advert *advert)
{
	js_open_object(w, "output");
	js_int(w, "width", aspects[advert->aspect].width);
	js_int(w, "height", aspects[advert->aspect].height);
	js_open_array(w, "fps");
	js_int(w, NULL, ADVERT_FPS);
	js_int(w, NULL, 1);
	js_close(w);
	js_str(w, "profile", "h264");
	if (advert->music || advert->voice) {
		js_open_object(w, "audio");
		js_int(w, "rate", 48000);
		js_int(w, "lufs", -16);
		js_double(w, "true_peak", -1.5);
		js_close(w);
	} else {
		js_null(w, "audio");
	}
	js_close(w);
}

static void
put_music(struct js_writer *w, const struct advert *advert)
{
	js_open_array(w, "audio");
	if (advert->music) {
		js_open_object(w, NULL);
		js_str(w, "asset", ADVERT_MUSIC);
		js_str(w, "role", "music");
		js_int(w, "start", 0);
		js_bool(w, "loop", true);
		js_double(w, "fade_in", 0.5);
		js_double(w, "fade_out", 1.0);
		js_close(w);
	}
	if (advert->voice) {
		js_open_object(w, NULL);
		js_str(w, "asset", ADVERT_VOICE);
		js_str(w, "role", "dialogue");
		js_double(w, "start", advert->intro_s);
		js_close(w);
	}
	js_close(w);
}

int
advert_write(const struct advert *advert, struct buf *json, struct advert_length *ret_length, struct error *err)
{
	struct draft draft = {0};
	struct js_writer w;

	if (make_draft(&draft, advert, err) < 0)
		return -1;
	js_begin(&w, json);
	js_open_object(&w, NULL);
	js_int(&w, "version", TIMELINE_VERSION);
	put_output(&w, advert);
	put_track(&w, &draft);
	put_captions(&w, &draft);
	put_music(&w, advert);
	js_close(&w);
	js_end(&w);
	if (ret_length != NULL)
		*ret_length = draft.length;
	return buf_error(json, err);
}
