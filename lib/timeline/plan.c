/*
 * From seconds to layers in frames, from layers to spans. The digests are made in plan_key.c.
 */
#include "lib/timeline/plan.h"

#include "lib/timeline/plan_priv.h"

static const char *const kind_names[] = {[PLAN_BODY] = "body", [PLAN_OVERLAP] = "overlap", [PLAN_CARD] = "card"};

const char *
plan_kind_name(enum plan_kind kind)
{
	return kind_names[kind];
}

int64_t
plan_frame(int64_t us, int64_t fps_num, int64_t fps_den)
{
	const __int128 twice = (__int128)us * fps_num * 2 + (__int128)fps_den * 1000000;

	return (int64_t)(twice / ((__int128)fps_den * 2000000));
}

int64_t
plan_samples(const struct plan *plan, int64_t frames, int64_t rate)
{
	const __int128 twice = (__int128)frames * plan->fps_den * rate * 2 + plan->fps_num;

	return (int64_t)(twice / ((__int128)plan->fps_num * 2));
}

double
plan_scale(const struct plan *plan)
{
	return (double)plan->timeline->output.height / TIMELINE_REFERENCE_HEIGHT;
}

static int64_t
gcd(int64_t a, int64_t b)
{
	while (b != 0) {
		const int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

int32_t
plan_overlay_share(const struct plan_layer *layer, int64_t k)
{
	const int64_t rest = layer->end - layer->start - k; /* 1 in the last frame */
	int64_t share = 65536;

	if (k < layer->fade_in)
		share = 65536 * (k + 1) / (layer->fade_in + 1);
	if (rest <= layer->fade_out)
		share = FW_MIN(share, 65536 * rest / (layer->fade_out + 1));
	return (int32_t)share;
}

/* Whether nothing below can be seen: the lowest track always, because the frame's rest is black there. */
static bool
item_covers(const struct timeline_item *item, size_t track)
{
	if (item->type == TIMELINE_GAP)
		return false;
	if (track == 0 || item->type == TIMELINE_CARD || item->type == TIMELINE_COLOUR)
		return true;
	return item->fit != FIT_CONTAIN && item->fit != FIT_NONE;
}

static int64_t
frame_at(const struct plan *plan, int64_t us)
{
	return plan_frame(us, plan->fps_num, plan->fps_den);
}

/* The frames of the item that begins at `*at`, which moves on to the item's end. */
static struct plan_layer
item_layer(const struct plan *plan, size_t t, size_t i, int64_t *at)
{
	const struct timeline_track *track = timeline_track_at(plan->timeline, t);
	const struct timeline_item *item = timeline_item_at(track, i);
	const struct timeline_transition *enter = i == 0 ? NULL : timeline_transition_after(track, i - 1);
	const struct timeline_transition *next = timeline_transition_after(track, i);
	const int64_t before = *at;
	const int64_t start = enter != NULL && timeline_overlaps(enter) ? *at - enter->duration_us : *at;
	const int64_t end = start + item->duration_us + item->hold_us;
	struct plan_layer layer = {
	    .item = item,
	    .track = t,
	    .start = frame_at(plan, start),
	    .end = frame_at(plan, end),
	    .covers = item_covers(item, t),
	    .enter = enter,
	};

	layer.moving = FW_MAX(frame_at(plan, start + item->duration_us) - layer.start, 1);
	if (enter != NULL)
		layer.enter_frames =
		    frame_at(plan, timeline_overlaps(enter) ? before : start + enter->duration_us) - layer.start;
	if (next != NULL && !timeline_overlaps(next)) {
		layer.leave = next;
		layer.leave_frames = layer.end - frame_at(plan, end - next->duration_us);
	}
	*at = end;
	return layer;
}

static void
place_items(struct plan *plan, struct plan_layer *layers, size_t t)
{
	const struct timeline_track *track = timeline_track_at(plan->timeline, t);
	int64_t at = 0;

	for (size_t i = 0; i < track->items.count; i++) {
		const struct plan_layer layer = item_layer(plan, t, i, &at);

		if (layer.end > layer.start && layer.item->type != TIMELINE_GAP)
			layers[plan->n_layers++] = layer;
	}
	plan->frames = FW_MAX(plan->frames, frame_at(plan, at));
}

static void
place_overlays(struct plan *plan, struct plan_layer *layers)
{
	for (size_t i = 0; i < plan->timeline->overlays.count; i++) {
		const struct timeline_overlay *overlay = timeline_overlay_at(plan->timeline, i);
		struct plan_layer layer = {
		    .overlay = overlay,
		    .start = FW_MIN(frame_at(plan, overlay->start_us), plan->frames),
		    .end = overlay->end_us == 0 ? plan->frames : FW_MIN(frame_at(plan, overlay->end_us), plan->frames),
		    .moving = 1,
		};
		const int64_t frames = layer.end - layer.start;

		layer.fade_in = FW_MIN(frame_at(plan, overlay->fade_in_us), frames);
		layer.fade_out = FW_MIN(frame_at(plan, overlay->fade_out_us), frames);
		if (frames > 0)
			layers[plan->n_layers++] = layer;
	}
}

/* Captions lie over the whole film; which of their cues a span shows is in its key. So many short cues do not make
 * many short spans. */
static void
place_captions(struct plan *plan, struct plan_layer *layers)
{
	for (size_t i = 0; i < plan->timeline->captions.count; i++) {
		const struct timeline_captions *captions = timeline_captions_at(plan->timeline, i);

		if (captions->modes[CAPTION_BURN] && captions->cues.count > 0)
			layers[plan->n_layers++] =
			    (struct plan_layer){.captions = captions, .end = plan->frames, .moving = 1};
	}
}

static int
frame_order(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The frames at which something begins, ends or has come in, sorted, each once, from 0 to the film's end. */
static size_t
change_points(const struct plan *plan, int64_t *points)
{
	size_t n = 0, kept = 0;

	points[n++] = 0;
	points[n++] = plan->frames;
	for (size_t i = 0; i < plan->n_layers; i++) {
		const struct plan_layer *layer = &plan->layers[i];

		points[n++] = FW_MIN(layer->start, plan->frames);
		points[n++] = FW_MIN(layer->end, plan->frames);
		points[n++] = FW_MIN(layer->start + layer->enter_frames, plan->frames);
		points[n++] = FW_MIN(layer->end - layer->leave_frames, plan->frames);
	}
	qsort(points, n, sizeof(*points), frame_order);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || points[i] != points[kept - 1])
			points[kept++] = points[i];
	return kept;
}

/* Drops the points that would leave a piece of fewer than PLAN_SPAN_MIN frames; the piece joins the one before it. */
static size_t
drop_short(int64_t *points, size_t n)
{
	size_t kept = 1;

	for (size_t i = 1; i < n; i++) {
		if (points[i] - points[kept - 1] < PLAN_SPAN_MIN) {
			if (kept == 1 && i + 1 < n)
				continue; /* nothing before it: joins what follows */
			if (kept > 1)
				kept--;
		}
		points[kept++] = points[i];
	}
	return kept;
}

static size_t
pieces_of(int64_t frames)
{
	return frames <= PLAN_SPAN_LONG ? 1 : (size_t)((frames + PLAN_SPAN_LONG - 1) / PLAN_SPAN_LONG);
}

/* Whether nothing under the layer is seen in any frame of the span. While it fades it still covers. */
static bool
hides_below(const struct plan_layer *layer, const struct plan_span *span)
{
	const bool in = layer->enter == NULL || !timeline_overlaps(layer->enter) ||
			layer->start + layer->enter_frames <= span->start;

	return layer->covers && in && layer->start <= span->start && layer->end >= span->start + span->frames;
}

/* Layers seen in the span, bottom first. What a covering layer hides for the whole span is left out. */
static int
find_layers(struct arena *arena, const struct plan *plan, struct plan_span *span, struct error *err)
{
	const int64_t end = span->start + span->frames;
	size_t *list = ARENA_ARRAY(arena, plan->n_layers + 1, size_t);

	if (list == NULL)
		return arena_error(arena, err);
	span->layers = list;
	for (size_t i = 0; i < plan->n_layers; i++) {
		const struct plan_layer *layer = &plan->layers[i];

		if (layer->start >= end || layer->end <= span->start)
			continue;
		if (hides_below(layer, span))
			span->n_layers = 0;
		list[span->n_layers++] = i;
		if (layer->item == NULL)
			continue;
		if (layer->start + layer->enter_frames > span->start || layer->end - layer->leave_frames < end)
			span->kind = PLAN_OVERLAP;
		else if (span->kind == PLAN_BODY && layer->item->type == TIMELINE_CARD)
			span->kind = PLAN_CARD;
	}
	return 0;
}

static int
make_spans(struct arena *arena, struct plan *plan, struct error *err)
{
	int64_t *points = ARENA_ARRAY(arena, plan->n_layers * 4 + 2, int64_t);
	size_t n, total = 0;
	struct plan_span *spans;

	if (points == NULL)
		return arena_error(arena, err);
	n = drop_short(points, change_points(plan, points));
	for (size_t i = 0; i + 1 < n; i++)
		total += pieces_of(points[i + 1] - points[i]);
	spans = ARENA_ARRAY(arena, total, struct plan_span);
	if (spans == NULL)
		return arena_error(arena, err);
	for (size_t i = 0; i + 1 < n; i++) {
		const int64_t frames = points[i + 1] - points[i];
		const int64_t pieces = (int64_t)pieces_of(frames);

		for (int64_t k = 0; k < pieces; k++) {
			struct plan_span *span = &spans[plan->n_spans++];

			span->start = points[i] + frames * k / pieces;
			span->frames = points[i] + frames * (k + 1) / pieces - span->start;
			if (find_layers(arena, plan, span, err) < 0)
				return -1;
		}
	}
	plan->spans = spans;
	return plan_keys(plan, spans, err);
}

int
plan_make(struct arena *arena, const struct timeline *timeline, const struct plan_facts *facts, struct plan **ret_plan,
    struct error *err)
{
	struct plan *plan = ARENA_NEW(arena, struct plan);
	struct plan_layer *layers;
	size_t count = timeline->overlays.count + timeline->captions.count;
	int64_t common;

	for (size_t t = 0; t < timeline->tracks.count; t++)
		count += timeline_track_at(timeline, t)->items.count;
	layers = ARENA_ARRAY(arena, count + 1, struct plan_layer);
	if (plan == NULL || layers == NULL)
		return arena_error(arena, err);
	common = gcd(timeline->output.fps.items[0], timeline->output.fps.items[1]);
	plan->timeline = timeline;
	plan->facts = facts;
	plan->fps_num = timeline->output.fps.items[0] / common;
	plan->fps_den = timeline->output.fps.items[1] / common;
	plan->layers = layers;
	for (size_t t = 0; t < timeline->tracks.count; t++)
		place_items(plan, layers, t);
	if (plan->frames <= 0)
		return error_code(err, ERR_INPUT, "timeline_empty", "the film has no frames");
	place_overlays(plan, layers);
	place_captions(plan, layers);
	if (timeline->output.has_audio && voice_list(arena, plan, &plan->voices, &plan->n_voices, err) < 0)
		return -1;
	if (make_spans(arena, plan, err) < 0)
		return -1;
	*ret_plan = plan;
	return 0;
}
