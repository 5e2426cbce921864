/*
 * What the stage needs beside sources and texts: looks, and clips that filters go over first. Layers with the same
 * needs share them.
 */
#include "media/look.h"
#include "media/prepared.h"
#include "media/render_priv.h"

static bool
looks_equal(const struct timeline_look *a, const struct timeline_look *b)
{
	return a->grade == b->grade && a->brightness == b->brightness && a->contrast == b->contrast &&
	       a->saturation == b->saturation && a->gamma == b->gamma && a->temperature == b->temperature &&
	       a->sharpen == b->sharpen &&
	       (a->lut == NULL ? b->lut == NULL : b->lut != NULL && strcmp(a->lut, b->lut) == 0);
}

static int
make_look(struct render *render, const struct timeline_look *what, struct look **ret_look, struct error *err)
{
	struct lut *table = NULL;

	if (what->lut != NULL) {
		const struct render_asset *asset = render_find_asset(render, what->lut);

		if (asset == NULL)
			return error_code(
			    err, ERR_INPUT, "lut_unavailable", "colour table '%s' is not there", what->lut);
		if (lut_read(asset->fd, &table, err) < 0)
			return error_wrap(err, "colour table '%s'", what->lut);
	}
	*ret_look = look_new(what, &table);
	return 0;
}

static int
give_look(struct render *render, size_t index, struct error *err)
{
	const struct timeline_item *item = render->plan->layers[index].item;

	for (size_t i = 0; i < index; i++) {
		const struct timeline_item *other = render->plan->layers[i].item;

		if (other != NULL && other->has_look && looks_equal(&other->look, &item->look)) {
			render->stage.layers[index].look = render->stage.layers[i].look;
			return 0;
		}
	}
	return make_look(render, &item->look, &render->stage.layers[index].look, err);
}

static int
give_prepared(struct render *render, size_t index, struct error *err)
{
	const struct timeline_item *item = render->plan->layers[index].item;
	const struct render_asset *asset = render_find_asset(render, item->asset);
	struct stage_layer *layer = &render->stage.layers[index];
	const struct filter_request request = {.stabilise = item->stabilise, .denoise = item->denoise};

	if (asset == NULL)
		return error_code(err, ERR_INPUT, "clip_unavailable", "clip '%s' is not there", item->asset);
	for (size_t i = 0; i < index; i++) {
		const struct timeline_item *other = render->plan->layers[i].item;

		if (other != NULL && render->stage.layers[i].prepared != NULL &&
		    strcmp(other->asset, item->asset) == 0 && other->stabilise == item->stabilise &&
		    other->denoise == item->denoise) {
			layer->prepared = render->stage.layers[i].prepared;
			return 0;
		}
	}
	layer->prepared =
	    prepared_new(layer->source, render->asset_facts[asset - render->assets].digest, &request, &render->cache);
	return 0;
}

int
render_give_looks(struct render *render, struct error *err)
{
	for (size_t i = 0; i < render->plan->n_layers; i++) {
		const struct timeline_item *item = render->plan->layers[i].item;

		if (item == NULL)
			continue;
		if (item->has_look && give_look(render, i, err) < 0)
			return -1;
		if (item->type == TIMELINE_CLIP && (item->stabilise || item->denoise) &&
		    give_prepared(render, i, err) < 0)
			return -1;
	}
	if (render->timeline->has_look && make_look(render, &render->timeline->look, &render->stage.look, err) < 0)
		return -1;
	return 0;
}

/* Shared ones are freed where they were made: at their first layer. */
void
render_free_looks(struct render *render)
{
	struct stage_layer *layers = render->stage.layers;

	for (size_t i = 0; layers != NULL && i < render->plan->n_layers; i++) {
		struct look *look = layers[i].look;
		struct prepared *prepared = layers[i].prepared;

		for (size_t k = i; k < render->plan->n_layers; k++) {
			if (layers[k].look == look)
				layers[k].look = NULL;
			if (layers[k].prepared == prepared)
				layers[k].prepared = NULL;
		}
		look_free(&look);
		prepared_free(&prepared);
	}
	look_free(&render->stage.look);
}
