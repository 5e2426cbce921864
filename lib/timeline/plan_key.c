/*
 * Digests of everything that affects what a span, the sound programme or the finished file looks like.
 *
 * A key is made from positions relative to the span, so that a scene that only moves keeps its key. What a key misses
 * would be shown wrongly from the cache, so when in doubt a field goes in: a needless rebuild costs a second.
 */
#include "lib/base/text.h"
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

static void
add_micro(struct hash *hash, double number)
{
	hash_add_int(hash, (int64_t)(number * 1e6 + (number < 0 ? -0.5 : 0.5)));
}

/* A frozen clip shows one source frame, however long ago it froze. */
static void
add_motion(struct hash *hash, const struct plan_layer *layer, int64_t from, int64_t to)
{
	hash_add_int(hash, FW_MIN(from, layer->moving - 1));
	hash_add_int(hash, FW_MIN(to, layer->moving));
	hash_add_int(hash, layer->item->in_us);
	hash_add_int(hash, layer->item->speed_ppm);
}

static int
add_item(struct hash *hash, const struct plan *plan, const struct plan_layer *layer, int64_t from, int64_t to,
    struct error *err)
{
	const struct timeline_item *item = layer->item;
	const struct plan_facts *facts = plan->facts;

	hash_add_str(hash, timeline_type_name(item->type));
	switch (item->type) {
	case TIMELINE_CLIP:
	case TIMELINE_STILL:
		if (item->type == TIMELINE_CLIP)
			add_motion(hash, layer, from, to);
		hash_add_str(hash, timeline_fit_name(item->fit));
		hash_add_int(hash, layer->covers);
		return add_fact(hash, facts->assets, facts->n_assets, item->asset, "clip_unavailable", err);
	case TIMELINE_CARD:
		hash_add_str(hash, item->text);
		add_micro(hash, item->size);
		hash_add_int(hash, item->rgb);
		hash_add_int(hash, item->background_rgb);
		return add_fact(hash, facts->fonts, facts->n_fonts, item->font, "font_missing", err);
	case TIMELINE_COLOUR:
		hash_add_int(hash, item->rgb);
		return 0;
	default:
		return 0;
	}
}

static int
add_overlay(struct hash *hash, const struct plan *plan, const struct timeline_overlay *overlay, struct error *err)
{
	const struct plan_facts *facts = plan->facts;

	hash_add_str(hash, overlay->image ? "overlay image" : "overlay text");
	hash_add_int(hash, overlay->anchor);
	add_micro(hash, overlay->margin);
	add_micro(hash, overlay->opacity);
	if (overlay->image) {
		add_micro(hash, overlay->width);
		return add_fact(hash, facts->assets, facts->n_assets, overlay->asset, "clip_unavailable", err);
	}
	hash_add_str(hash, overlay->text);
	add_micro(hash, overlay->size);
	hash_add_int(hash, overlay->rgb);
	hash_add_int(hash, overlay->outline);
	return add_fact(hash, facts->fonts, facts->n_fonts, overlay->font, "font_missing", err);
}

static int
add_layer(struct hash *hash, const struct plan *plan, const struct plan_span *span, size_t index, struct error *err)
{
	const struct plan_layer *layer = &plan->layers[index];
	const int64_t from = FW_MAX(span->start, layer->start), to = FW_MIN(span->start + span->frames, layer->end);

	hash_add_int(hash, from - span->start);
	hash_add_int(hash, to - span->start);
	if (layer->start + layer->enter_frames > span->start) {
		hash_add_str(hash, timeline_transition_name(layer->enter));
		hash_add_int(hash, layer->enter_frames);
		hash_add_int(hash, span->start - layer->start);
	} else {
		hash_add_str(hash, NULL);
	}
	if (layer->item != NULL)
		return add_item(hash, plan, layer, from - layer->start, to - layer->start, err);
	return add_overlay(hash, plan, layer->overlay, err);
}

static int
span_key(const struct plan *plan, struct plan_span *span, struct error *err)
{
	CLEANUP(hash_done) struct hash hash;

	hash_init(&hash);
	hash_add_str(&hash, "framewright span 1");
	hash_add_str(&hash, plan->facts->engine);
	hash_add_int(&hash, plan->timeline->output.width);
	hash_add_int(&hash, plan->timeline->output.height);
	hash_add_int(&hash, plan->fps_num);
	hash_add_int(&hash, plan->fps_den);
	hash_add_str(&hash, plan->timeline->output.profile);
	hash_add_int(&hash, span->frames);
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
	CLEANUP(hash_done) struct hash hash;

	hash_init(&hash);
	hash_add_str(&hash, "framewright sound 1");
	hash_add_str(&hash, plan->facts->engine);
	hash_add_int(&hash, output->audio.rate);
	add_micro(&hash, output->audio.lufs);
	add_micro(&hash, output->audio.true_peak);
	hash_add_int(&hash, plan_samples(plan, plan->frames, output->audio.rate));
	for (size_t i = 0; i < plan->timeline->audio.count; i++) {
		const struct timeline_audio *audio = timeline_audio_at(plan->timeline, i);

		hash_add_int(&hash, audio->role);
		hash_add_int(&hash, audio->start_us);
		hash_add_int(&hash, audio->duration_us);
		hash_add_int(&hash, audio->loop);
		add_micro(&hash, audio->fade_in_s);
		add_micro(&hash, audio->fade_out_s);
		add_micro(&hash, audio->volume);
		if (add_fact(
			&hash, plan->facts->assets, plan->facts->n_assets, audio->asset, "sound_unavailable", err) < 0)
			return -1;
	}
	hash_end_hex(&hash, plan->audio_key);
	return 0;
}

int
plan_keys(struct plan *plan, struct plan_span *spans, struct error *err)
{
	CLEANUP(hash_done) struct hash hash;

	hash_init(&hash);
	hash_add_str(&hash, "framewright film 1");
	for (size_t i = 0; i < plan->n_spans; i++) {
		if (span_key(plan, &spans[i], err) < 0)
			return error_wrap(err, "key of span %zu", i);
		hash_add_str(&hash, spans[i].key);
	}
	if (plan->timeline->output.has_audio && audio_key(plan, err) < 0)
		return error_wrap(err, "key of the sound");
	hash_add_str(&hash, plan->audio_key);
	hash_end_hex(&hash, plan->key);
	return 0;
}
