/*
 * Everything before the first frame: arguments, inputs and their digests, fonts, the plan, indexed clips, drawn texts.
 */
#include <math.h>
#include <stdarg.h>

#include <cairo.h>
#include <hb.h>
#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>
#include <pango/pango.h>

#include "lib/base/text.h"
#include "media/fit.h"
#include "media/picture.h"
#include "media/render_priv.h"

/* Raised whenever the engine paints, mixes or encodes differently than before. */
#define ENGINE_VERSION 6
#define IMAGE_WIDTH 0.2 /* share of the frame, when nobody says */

void
render_warn(struct render *render, const char *code, const char *format, ...)
{
	va_list args;
	const char *message;

	va_start(args, format);
	message = arena_vprintf(render->task->arena, format, args);
	va_end(args);
	if (message == NULL || render->n_warnings == RENDER_WARNINGS_MAX)
		return;
	for (size_t i = 0; i < render->n_warnings; i++)
		if (text_equal(render->warnings[i].code, code) && text_equal(render->warnings[i].message, message))
			return;
	render->warnings[render->n_warnings++] = (struct render_warning){code, message};
}

/* No file is written. */
static bool
pieces_only(const struct render_args *args)
{
	return args->dry_run || args->ahead || args->part_key != NULL;
}

static int
read_args(struct render *render, struct error *err)
{
	const struct js_value *args = render->task->args;
	struct render_args *into = &render->args;

	into->output = js_text(args, "/output", NULL);
	into->poster = js_text(args, "/poster", NULL);
	into->poster_at = js_real(args, "/poster_at", -1);
	into->poster_width = js_number(args, "/poster_width", RENDER_POSTER_WIDTH);
	into->waveform = js_text(args, "/waveform", NULL);
	into->peaks = js_text(args, "/peaks", NULL);
	into->scale = js_real(args, "/scale", 1);
	into->threads = js_number(args, "/threads", 0);
	into->cache_limit = js_number(args, "/cache_limit", RENDER_CACHE_LIMIT);
	into->dry_run = js_flag(args, "/dry_run", false);
	into->ahead = js_flag(args, "/ahead", false);
	into->part_key = js_text(args, "/part/key", NULL);
	into->part_first = (size_t)FW_MAX(js_number(args, "/part/first", 0), 0);
	into->part_count = (size_t)FW_MAX(js_number(args, "/part/count", 0), 0);
	into->part_sound = js_flag(args, "/part/sound", false);
	into->live = js_flag(args, "/live", false) && !pieces_only(into);
	into->plain = js_flag(args, "/plain", false);
	if (render_quality_args(render, err) < 0)
		return -1;
	if (pieces_only(into))
		into->output = into->output == NULL ? "film.mp4" : into->output;
	if (task_output_name(into->output, err) < 0 ||
	    (into->poster != NULL && task_output_name(into->poster, err) < 0) ||
	    (into->waveform != NULL && task_output_name(into->waveform, err) < 0) ||
	    (into->peaks != NULL && task_output_name(into->peaks, err) < 0))
		return -1;
	if (into->poster != NULL && text_equal(into->poster, into->output))
		return error_set(err, ERR_INPUT, "poster and output have the same name");
	if (!(into->scale >= 0.1 && into->scale <= 1) || into->poster_width < 16 ||
	    into->poster_width > TIMELINE_SIDE_MAX)
		return error_set(err, ERR_INPUT, "scale or poster_width is out of range");
	return 0;
}

static int64_t
scaled_side(int64_t side, double scale)
{
	return FW_MAX(llround((double)side * scale / 2) * 2, 32);
}

static int
read_timeline(struct render *render, struct error *err)
{
	const char *json = js_json(js_member(render->task->args, "timeline"), render->task->arena);
	struct js_problems *problems = ARENA_NEW(render->task->arena, struct js_problems);
	struct timeline_output *output;

	if (json == NULL || problems == NULL)
		return arena_error(render->task->arena, err);
	if (timeline_parse(render->task->arena, json, strlen(json), &render->timeline, problems, err) < 0)
		return error_wrap(err, "timeline");
	output = &render->timeline->output;
	output->width = scaled_side(output->width, render->args.scale);
	output->height = scaled_side(output->height, render->args.scale);
	return 0;
}

/* The digest of an input, once for each descriptor: an asset may be named twice. */
static int
asset_digest(struct render *render, size_t index, struct error *err)
{
	char *hex = arena_alloc(render->task->arena, HASH_HEX_SIZE);
	unsigned char digest[HASH_SIZE];

	if (hex == NULL)
		return arena_error(render->task->arena, err);
	render->asset_facts[index].digest = hex;
	for (size_t i = 0; i < index; i++) {
		if (render->assets[i].fd == render->assets[index].fd) {
			memcpy(hex, render->asset_facts[i].digest, HASH_HEX_SIZE);
			return 0;
		}
	}
	if (hash_fd(render->assets[index].fd, digest, NULL, err) < 0)
		return error_wrap(err, "asset '%s'", render->assets[index].name);
	(void)hash_hex(digest, hex);
	return 0;
}

static int
read_assets(struct render *render, struct error *err)
{
	const struct js_value *assets = js_member(render->task->args, "assets");
	const size_t count = js_count(assets, "");

	if (count > RENDER_ASSETS_MAX)
		return error_set(err, ERR_INPUT, "a render takes at most %d assets", RENDER_ASSETS_MAX);
	for (size_t i = 0; i < count; i++) {
		const char *name;
		const char *input = js_text(js_member_at(assets, i, &name), "", NULL);

		if (input == NULL)
			return error_set(err, ERR_INPUT, "asset '%s' names no input", name);
		if (task_input(render->task, input, &render->assets[i].fd, err) < 0)
			return error_wrap(err, "asset '%s'", name);
		render->assets[i].name = name;
		render->asset_facts[i].name = name;
		if (asset_digest(render, i, err) < 0)
			return -1;
	}
	render->facts.assets = render->asset_facts;
	render->facts.n_assets = count;
	return 0;
}

/* Whatever lies between the inputs' bytes and the encoded ones. */
static int
describe_engine(struct render *render, struct error *err)
{
	const struct profile *profile = profile_find(render->timeline->output.profile);

	if (profile == NULL)
		return error_set(err, ERR_INTERNAL, "there is no profile '%s'", render->timeline->output.profile);
	render->stage.profile = profile;
	render->facts.engine = arena_printf(render->task->arena,
	    "engine %d; notes %d; %s %s; %s %d; avcodec %u %s; avformat %u; avfilter %u; swscale %u; scale %.6f; pango "
	    "%s; "
	    "cairo %s; harfbuzz %s",
	    ENGINE_VERSION, CANVAS_NOTES_VERSION, profile->encoder, profile->settings, profile->sound->encoder,
	    profile->sound->bit_rate, avcodec_version(), avcodec_configuration(), avformat_version(),
	    avfilter_version(), swscale_version(), render->args.scale, pango_version_string(), cairo_version_string(),
	    hb_version_string());
	return render->facts.engine == NULL ? arena_error(render->task->arena, err) : 0;
}

struct render_asset *
render_find_asset(struct render *render, const char *name)
{
	for (size_t i = 0; i < render->facts.n_assets; i++)
		if (text_equal(render->assets[i].name, name))
			return &render->assets[i];
	return NULL;
}

static int
index_asset(struct render *render, const char *name, struct render_asset **ret_asset, struct error *err)
{
	struct render_asset *asset = render_find_asset(render, name);

	if (asset == NULL)
		return error_code(err, ERR_INPUT, "clip_unavailable", "clip '%s' is not there", name);
	if (asset->source == NULL &&
	    source_index(render->task->arena, render->task, name, asset->fd, &asset->source, err) < 0)
		return -1;
	*ret_asset = asset;
	return 0;
}

/* How much a picture is enlarged, and whether a clip ends before its place in the film does. */
static void
look_at_clip(struct render *render, const struct plan_layer *layer, struct render_asset *asset)
{
	const struct source *source = asset->source;
	const struct fit_request request = {.fit = layer->item->fit == FIT_BLUR ? FIT_CONTAIN : layer->item->fit,
	    .turn = source->turn,
	    .aspect = source->aspect,
	    .scale = render->stage.scale};
	const struct canvas_patch place =
	    fit_place(&request, source->width, source->height, render->stage.width, render->stage.height);
	const int upright = source->turn.quarters % 2 == 1 ? source->width : source->height;
	const struct source_point *points = source->points;
	const AVRational tb = source->time_base;
	double last;

	if (upright > 0)
		asset->enlarged = FW_MAX(asset->enlarged, (double)place.height / upright);
	if (layer->item->type != TIMELINE_CLIP || source->frames < 2)
		return;
	/* the last picture lasts as long as the pictures do on average */
	last = (double)(points[source->frames - 1].pts - points[0].pts) * av_q2d(tb) * (double)source->frames /
	       (double)(source->frames - 1);
	if ((double)layer->item->in_us / 1e6 + layer->item->duration_s * (double)layer->item->speed_ppm / 1e6 >
	    last + 0.1)
		render_warn(render, "clip_short",
		    "Clip %s ends before its place in the film does; its last picture stays.", asset->name);
}

/* Premultiplied 16-bit RGBA as cairo's words. */
static int
picture_stamp(const struct picture *picture, const struct canvas_patch *place, double opacity, struct stamp **ret_stamp,
    struct error *err)
{
	const size_t count = (size_t)picture->width * (size_t)picture->height;
	uint32_t *argb = calloc(count + 1, sizeof(*argb));
	int ret;

	if (argb == NULL)
		return error_set(err, ERR_MEMORY, "no memory for an image of %dx%d", picture->width, picture->height);
	for (size_t i = 0; i < count; i++) {
		const uint16_t *p = picture->pixels + i * 4;

		argb[i] = (uint32_t)(p[3] / 257) << 24 | (uint32_t)(p[0] / 257) << 16 | (uint32_t)(p[1] / 257) << 8 |
			  (uint32_t)(p[2] / 257);
	}
	ret = stamp_new(argb, picture->width, place, opacity, ret_stamp, err);
	free(argb);
	return ret;
}

/* At the anchor, `margin` away from the edges that it names, then moved by x and y; always at even places. */
static void
place_image(const struct render *render, const struct timeline_overlay *overlay, struct canvas_patch *place)
{
	const double scale = plan_scale(render->plan), margin = overlay->margin * scale;
	const double free_x = render->stage.width - place->width, free_y = render->stage.height - place->height;
	const double to_x[3] = {margin, free_x / 2, free_x - margin}, to_y[3] = {margin, free_y / 2, free_y - margin};
	const double x = to_x[overlay->anchor % 3] + overlay->x * scale,
		     y = to_y[overlay->anchor / 3] + overlay->y * scale;

	place->to_x = (int)lround(FW_MAX(FW_MIN(x, free_x), 0) / 2) * 2;
	place->to_y = (int)lround(FW_MAX(FW_MIN(y, free_y), 0) / 2) * 2;
}

static int
draw_image(struct render *render, const struct timeline_overlay *overlay, struct stamp **ret_stamp, struct error *err)
{
	const int width = render->stage.width, height = render->stage.height;
	CLEANUP(picture_done) struct picture picture = {0};
	CLEANUP(source_close) struct source_reader *reader = NULL;
	struct canvas_patch place = {0};
	struct render_asset *asset;
	const AVFrame *frame;

	if (index_asset(render, overlay->asset, &asset, err) < 0 ||
	    source_open(asset->source, render->task, &reader, err) < 0 || source_read(reader, 0, &frame, err) < 0)
		return -1;
	place.width = FW_MAX((int)lround((overlay->width > 0 ? overlay->width : IMAGE_WIDTH) * width / 2) * 2, 2);
	place.height = FW_MAX((int)lround((double)place.width * frame->height / frame->width / 2) * 2, 2);
	if (place.height > height) {
		place.width = FW_MAX((int)((int64_t)place.width * height / place.height / 2) * 2, 2);
		place.height = height;
	}
	place_image(render, overlay, &place);
	if (picture_from_frame(frame, place.width, place.height, &picture, err) < 0)
		return error_wrap(err, "image '%s'", overlay->asset);
	return picture_stamp(&picture, &place, overlay->opacity, ret_stamp, err);
}

static int
fill_layer(struct render *render, const struct plan_layer *layer, struct stage_layer *into, struct error *err)
{
	struct render_asset *asset;

	if (layer->captions != NULL)
		return render_draw_captions(render, layer->captions, &into->captions, err);
	if (layer->overlay != NULL)
		return layer->overlay->image ? draw_image(render, layer->overlay, &into->stamp, err)
					     : render_draw_overlay(render, layer->overlay, &into->stamp, err);
	if (layer->item->type == TIMELINE_CARD)
		return render_draw_card(render, layer->item, &into->stamp, err);
	if (layer->item->type != TIMELINE_CLIP && layer->item->type != TIMELINE_STILL)
		return 0;
	if (index_asset(render, layer->item->asset, &asset, err) < 0)
		return -1;
	into->source = asset->source;
	look_at_clip(render, layer, asset);
	return 0;
}

static int
fill_stage(struct render *render, struct error *err)
{
	struct stage *stage = &render->stage;
	const struct plan *plan = render->plan;

	stage->task = render->task;
	stage->plan = plan;
	stage->plain = render->args.plain;
	stage->width = (int)render->timeline->output.width;
	stage->height = (int)render->timeline->output.height;
	stage->scale = render->args.scale;
	stage->layers = ARENA_ARRAY(render->task->arena, plan->n_layers + 1, struct stage_layer);
	render->pictures = ARENA_ARRAY(render->task->arena, plan->n_spans, struct piece);
	render->reused = ARENA_ARRAY(render->task->arena, plan->n_spans, bool);
	if (stage->layers == NULL || render->pictures == NULL || render->reused == NULL)
		return arena_error(render->task->arena, err);
	for (size_t i = 0; i < plan->n_layers; i++)
		if (fill_layer(render, &plan->layers[i], &stage->layers[i], err) < 0)
			return -1;
	return render_give_looks(render, err);
}

/* What the profile's file cannot do. */
static void
warn_of_file(struct render *render)
{
	const char *file = render->stage.profile->extension + 1;
	bool texts = false;

	if (render->stage.profile->file == PROFILE_MP4)
		return;
	if (render->args.live)
		render_warn(render, "live_unavailable", "A film in %s cannot be watched before it is finished.", file);
	render->args.live = false;
	for (size_t i = 0; i < render->timeline->captions.count; i++)
		texts |= timeline_captions_at(render->timeline, i)->modes[CAPTION_TRACK];
	if (texts)
		render_warn(render, "captions_track_unavailable",
		    "A film in %s has no text track; captions can be burnt in or lie beside it.", file);
}

/* Whoever cut the film into parts meant a plan; another version of the engine makes other pieces. */
static int
check_part(const struct render *render, struct error *err)
{
	const struct render_args *args = &render->args;

	if (args->part_key == NULL)
		return 0;
	if (!text_equal(args->part_key, render->plan->key))
		return error_code(err, ERR_INPUT, "plan_differs", "the parts are those of another plan");
	if (args->part_first > render->plan->n_spans || args->part_count > render->plan->n_spans - args->part_first)
		return error_set(err, ERR_INPUT, "the part is not one of %zu spans", render->plan->n_spans);
	return 0;
}

int
render_prepare(struct render *render, struct error *err)
{
	if (read_args(render, err) < 0 || read_timeline(render, err) < 0 || read_assets(render, err) < 0 ||
	    render_texts(render, err) < 0 || describe_engine(render, err) < 0)
		return -1;
	if (plan_make(render->task->arena, render->timeline, &render->facts, &render->plan, err) < 0)
		return error_wrap(err, "planning");
	if (check_part(render, err) < 0)
		return -1;
	render->cache = (struct cache){
	    .dir = render->task->cache, .scratch = render->task->scratch, .limit = render->args.cache_limit};
	warn_of_file(render);
	return fill_stage(render, err);
}

void
render_done(struct render *render)
{
	for (size_t i = 0; render->stage.layers != NULL && i < render->plan->n_layers; i++)
		stamp_free(&render->stage.layers[i].stamp);
	render_free_looks(render);
	for (size_t i = 0; render->pictures != NULL && i < render->plan->n_spans; i++)
		piece_unmap(&render->pictures[i]);
	piece_unmap(&render->sound);
	hls_free(&render->hls);
	if (render->stage.live != NULL)
		live_span_done(render->stage.live);
	finished_done(&render->finished);
	render_texts_done(render);
}
