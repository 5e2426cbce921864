/*
 * Digests of everything that affects what a span, the sound programme or the finished file looks like.
 *
 * A key is made from positions relative to the span, so that a scene that only moves keeps its key. What a key misses
 * would be shown wrongly from the cache, so when in doubt a field goes in: a needless rebuild costs a second.
 */
#include "lib/base/text.h"
#include "lib/timeline/motion.h"
#include "lib/timeline/plan_priv.h"

static int
add_fact(struct hash *hash, const struct plan_fact *facts, size_t count, const char *name, const char *code,
    struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (text_equal(facts[i].name, name)) {
			hash_add_str(hash, facts[i].digest);
			return 0;
		}
	}
	return error_code(err, ERR_INPUT, code, "the timeline names '%s', which is not there", name);
}

static int
add_font(struct hash *hash, const struct plan_facts *facts, const char *name, const char *text, struct error *err)
{
	for (size_t i = 0; i < facts->n_fonts; i++) {
		const struct plan_fact *fact = &facts->fonts[i];

		if (text_equal(fact->name, name) && (fact->text == NULL || text_equal(fact->text, text))) {
			hash_add_str(hash, fact->digest);
			return 0;
		}
	}
	return error_code(err, ERR_INPUT, "font_missing", "the timeline names the font '%s', which is not there", name);
}

static void
add_micro(struct hash *hash, double number)
{
	hash_add_int(hash, (int64_t)(number * 1e6 + (number < 0 ? -0.5 : 0.5)));
}

/* A frozen clip shows one source frame, however long ago it froze. */
static void
add_source(struct hash *hash, const struct plan_layer *layer, int64_t from, int64_t to)
{
	hash_add_int(hash, FW_MIN(from, layer->moving - 1));
	hash_add_int(hash, FW_MIN(to, layer->moving));
	hash_add_int(hash, layer->item->in_us);
	hash_add_int(hash, layer->item->speed_ppm);
	hash_add_int(hash, layer->item->stabilise);
	hash_add_int(hash, layer->item->denoise);
}

static int64_t
item_us(const struct plan *plan, int64_t frame)
{
	return frame * 1000000 * plan->fps_den / plan->fps_num;
}

static void
add_view(struct hash *hash, const struct timeline_item *item, int64_t at_us)
{
	const struct motion_view view = motion_view_at(item, at_us);

	add_micro(hash, view.x);
	add_micro(hash, view.y);
	add_micro(hash, view.size);
}

/* A camera that stands is described by what it sees, one that moves by its whole way and the place on it. */
static void
add_camera(struct hash *hash, const struct plan *plan, const struct timeline_item *item, int64_t from, int64_t to)
{
	const int64_t from_us = item_us(plan, from), to_us = item_us(plan, to);
	const bool stands = motion_stands(item, from_us, to_us);

	hash_add_int(hash, (int64_t)item->motion.count > 0);
	hash_add_int(hash, stands);
	add_view(hash, item, from_us);
	if (stands)
		return;
	hash_add_int(hash, from);
	for (size_t i = 0; i < item->motion.count; i++) {
		const struct timeline_keyframe *keyframe = timeline_keyframe_at(item, i);

		hash_add_int(hash, keyframe->at_us);
		add_micro(hash, keyframe->x);
		add_micro(hash, keyframe->y);
		add_micro(hash, keyframe->zoom);
		hash_add_int(hash, keyframe->easing);
	}
}

static int
add_look(struct hash *hash, const struct plan *plan, const struct timeline_look *look, struct error *err)
{
	hash_add_str(hash, timeline_grade_name(look->grade));
	add_micro(hash, look->brightness);
	add_micro(hash, look->contrast);
	add_micro(hash, look->saturation);
	add_micro(hash, look->gamma);
	add_micro(hash, look->temperature);
	add_micro(hash, look->sharpen);
	if (look->lut == NULL) {
		hash_add_str(hash, NULL);
		return 0;
	}
	return add_fact(hash, plan->facts->assets, plan->facts->n_assets, look->lut, "lut_unavailable", err);
}

static int
add_picture(struct hash *hash, const struct plan *plan, const struct plan_layer *layer, int64_t from, int64_t to,
    struct error *err)
{
	const struct timeline_item *item = layer->item;

	if (item->type == TIMELINE_CLIP)
		add_source(hash, layer, from, to);
	add_camera(hash, plan, item, from, to);
	hash_add_str(hash, timeline_fit_name(item->fit));
	hash_add_int(hash, item->anchor);
	hash_add_int(hash, item->background_rgb);
	hash_add_int(hash, layer->covers);
	return add_fact(hash, plan->facts->assets, plan->facts->n_assets, item->asset, "clip_unavailable", err);
}

static int
add_item(struct hash *hash, const struct plan *plan, const struct plan_layer *layer, int64_t from, int64_t to,
    struct error *err)
{
	const struct timeline_item *item = layer->item;
	const struct plan_facts *facts = plan->facts;

	hash_add_str(hash, timeline_type_name(item->type));
	hash_add_int(hash, item->has_look);
	if (item->has_look && add_look(hash, plan, &item->look, err) < 0)
		return -1;
	switch (item->type) {
	case TIMELINE_CLIP:
	case TIMELINE_STILL:
		return add_picture(hash, plan, layer, from, to, err);
	case TIMELINE_CARD:
		hash_add_str(hash, item->text);
		add_micro(hash, item->size);
		hash_add_int(hash, item->rgb);
		hash_add_int(hash, item->background_rgb);
		hash_add_int(hash, item->align);
		return add_font(hash, facts, item->font, item->text, err);
	case TIMELINE_COLOUR:
		hash_add_int(hash, item->rgb);
		return 0;
	default:
		return 0;
	}
}

static void
add_box(struct hash *hash, const struct timeline_box *box)
{
	hash_add_int(hash, box->color != NULL);
	hash_add_int(hash, box->rgb);
	add_micro(hash, box->opacity);
	add_micro(hash, box->padding);
	add_micro(hash, box->radius);
}

/* Fades count only where the span sees them. */
static void
add_fades(struct hash *hash, const struct plan_layer *layer, int64_t from, int64_t to)
{
	const bool in = from<layer->fade_in, out = to> layer->end - layer->start - layer->fade_out;

	hash_add_int(hash, in ? layer->fade_in : 0);
	hash_add_int(hash, in ? from : 0);
	hash_add_int(hash, out ? layer->fade_out : 0);
	hash_add_int(hash, out ? layer->end - layer->start - to : 0);
}

static int
add_overlay(struct hash *hash, const struct plan *plan, const struct timeline_overlay *overlay, struct error *err)
{
	const struct plan_facts *facts = plan->facts;

	hash_add_str(hash, overlay->image ? "overlay image" : "overlay text");
	hash_add_int(hash, overlay->anchor);
	add_micro(hash, overlay->margin);
	add_micro(hash, overlay->x);
	add_micro(hash, overlay->y);
	add_micro(hash, overlay->opacity);
	add_micro(hash, overlay->width);
	if (overlay->image)
		return add_fact(hash, facts->assets, facts->n_assets, overlay->asset, "clip_unavailable", err);
	hash_add_str(hash, overlay->text);
	add_micro(hash, overlay->size);
	hash_add_int(hash, overlay->rgb);
	hash_add_int(hash, overlay->align);
	hash_add_int(hash, overlay->outline);
	add_micro(hash, overlay->outline_width);
	hash_add_int(hash, overlay->outline_rgb);
	add_box(hash, &overlay->box);
	return add_font(hash, facts, overlay->font, overlay->text, err);
}

static void
add_cue(struct hash *hash, const struct timeline_captions *captions, const struct timeline_cue *cue, int64_t span_us)
{
	const int64_t shift = captions->offset_us - span_us;

	hash_add_int(hash, cue->start_us + shift);
	hash_add_int(hash, cue->end_us + shift);
	hash_add_str(hash, cue->text);
	for (size_t i = 0; captions->look == CAPTION_KARAOKE && i < cue->words.count; i++) {
		const struct timeline_word *word = timeline_word_at(cue, i);

		hash_add_str(hash, word->text);
		hash_add_int(hash, word->start_us + shift);
		hash_add_int(hash, word->end_us + shift);
	}
}

static void
add_caption_style(struct hash *hash, const struct timeline_captions *captions)
{
	hash_add_str(hash, "captions");
	hash_add_int(hash, captions->look);
	add_micro(hash, captions->size);
	hash_add_int(hash, captions->rgb);
	hash_add_int(hash, captions->highlight_rgb);
	hash_add_int(hash, captions->anchor);
	add_micro(hash, captions->margin);
	add_box(hash, &captions->box);
}

/* The cues that a frame of the span may show, with times counted from the span; without any, nothing. */
static int
add_captions(struct hash *hash, const struct plan *plan, const struct plan_span *span,
    const struct timeline_captions *captions, struct error *err)
{
	const int64_t from_us = item_us(plan, span->start), to_us = item_us(plan, span->start + span->frames + 1);
	bool any = false;

	for (size_t i = 0; i < captions->cues.count; i++) {
		const struct timeline_cue *cue = timeline_cue_at(captions, i);

		if (cue->end_us + captions->offset_us <= from_us || cue->start_us + captions->offset_us >= to_us)
			continue;
		if (!any)
			add_caption_style(hash, captions);
		any = true;
		add_cue(hash, captions, cue, from_us);
		if (add_font(hash, plan->facts, captions->font, cue->text, err) < 0)
			return -1;
	}
	return 0;
}

static void
add_transition(struct hash *hash, const struct timeline_transition *transition, int64_t frames, int64_t at)
{
	hash_add_int(hash, transition->type);
	hash_add_str(hash, transition->xfade);
	hash_add_int(hash, transition->direction);
	hash_add_int(hash, transition->easing);
	hash_add_int(hash, transition->rgb);
	hash_add_int(hash, frames);
	hash_add_int(hash, at);
}

static int
add_layer(struct hash *hash, const struct plan *plan, const struct plan_span *span, size_t index, struct error *err)
{
	const struct plan_layer *layer = &plan->layers[index];
	const int64_t from = FW_MAX(span->start, layer->start), to = FW_MIN(span->start + span->frames, layer->end);
	const bool entering = layer->enter != NULL && layer->start + layer->enter_frames > span->start;
	const bool leaving = layer->leave != NULL && layer->end - layer->leave_frames < to;

	if (layer->captions != NULL)
		return add_captions(hash, plan, span, layer->captions, err);
	hash_add_int(hash, from - span->start);
	hash_add_int(hash, to - span->start);
	hash_add_int(hash, entering | leaving << 1);
	if (entering)
		add_transition(hash, layer->enter, layer->enter_frames, span->start - layer->start);
	if (leaving)
		add_transition(hash, layer->leave, layer->leave_frames, span->start - layer->end);
	if (layer->item != NULL)
		return add_item(hash, plan, layer, from - layer->start, to - layer->start, err);
	add_fades(hash, layer, from - layer->start, to - layer->start);
	return add_overlay(hash, plan, layer->overlay, err);
}

static int
span_key(const struct plan *plan, struct plan_span *span, struct error *err)
{
	CLEANUP(hash_done) struct hash hash;

	hash_init(&hash);
	hash_add_str(&hash, "framewright span 2");
	hash_add_str(&hash, plan->facts->engine);
	hash_add_int(&hash, plan->timeline->output.width);
	hash_add_int(&hash, plan->timeline->output.height);
	hash_add_int(&hash, plan->fps_num);
	hash_add_int(&hash, plan->fps_den);
	hash_add_str(&hash, plan->timeline->output.profile);
	hash_add_int(&hash, span->frames);
	hash_add_int(&hash, plan->timeline->has_look);
	if (plan->timeline->has_look && add_look(&hash, plan, &plan->timeline->look, err) < 0)
		return -1;
	for (size_t i = 0; i < span->n_layers; i++)
		if (add_layer(&hash, plan, span, span->layers[i], err) < 0)
			return -1;
	hash_end_hex(&hash, span->key);
	return 0;
}

static int
audio_key(struct plan *plan, struct error *err)
{
	const struct timeline_output *output = &plan->timeline->output;
	const struct timeline_ducking *ducking = &output->audio.ducking;
	CLEANUP(hash_done) struct hash hash;

	hash_init(&hash);
	hash_add_str(&hash, "framewright sound 3");
	hash_add_str(&hash, plan->facts->engine);
	hash_add_str(&hash, output->profile);
	hash_add_int(&hash, output->audio.rate);
	add_micro(&hash, output->audio.lufs);
	add_micro(&hash, output->audio.true_peak);
	add_micro(&hash, ducking->music_db);
	add_micro(&hash, ducking->sfx_db);
	add_micro(&hash, ducking->attack_s);
	add_micro(&hash, ducking->release_s);
	hash_add_int(&hash, plan_samples(plan, plan->frames, output->audio.rate));
	for (size_t i = 0; i < plan->n_voices; i++) {
		voice_hash(&plan->voices[i], &hash);
		if (add_fact(&hash, plan->facts->assets, plan->facts->n_assets, plan->voices[i].asset,
			plan->voices[i].kind == VOICE_CLIP ? "clip_unavailable" : "sound_unavailable", err) < 0)
			return -1;
	}
	hash_end_hex(&hash, plan->audio_key);
	return 0;
}

/* Captions that are part of the file without being in its pictures. */
static void
add_text_tracks(struct hash *hash, const struct plan *plan)
{
	for (size_t i = 0; i < plan->timeline->captions.count; i++) {
		const struct timeline_captions *captions = timeline_captions_at(plan->timeline, i);

		if (!captions->modes[CAPTION_TRACK])
			continue;
		hash_add_str(hash, "text track");
		hash_add_int(hash, captions->modes[CAPTION_BURN]); /* says whether the track is shown unasked */
		hash_add_str(hash, captions->language);
		for (size_t k = 0; k < captions->cues.count; k++)
			add_cue(hash, captions, timeline_cue_at(captions, k), 0);
	}
}

int
plan_keys(struct plan *plan, struct plan_span *spans, struct error *err)
{
	CLEANUP(hash_done) struct hash hash;

	hash_init(&hash);
	hash_add_str(&hash, "framewright film 2");
	for (size_t i = 0; i < plan->n_spans; i++) {
		if (span_key(plan, &spans[i], err) < 0)
			return error_wrap(err, "key of span %zu", i);
		hash_add_str(&hash, spans[i].key);
	}
	if (plan->timeline->output.has_audio && audio_key(plan, err) < 0)
		return error_wrap(err, "key of the sound");
	hash_add_str(&hash, plan->audio_key);
	add_text_tracks(&hash, plan);
	hash_end_hex(&hash, plan->key);
	return 0;
}
