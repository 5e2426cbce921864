/* One picture from the first word to the last byte: design, scene, a coarse pass over tiles, pixels, edges again,
 * development. */
#include "media/synth/product.h"

#include <stdlib.h>
#include <string.h>

#include "media/synth/post.h"
#include "media/synth/scene.h"
#include "media/synth/shade.h"
#include "media/synth/trace.h"

#define TILE 8

struct painting {
	const struct product_request *request;
	struct scene scene;
	struct frame frame;
	float *tile; /* where to start per tile */
	int tiles_x;
	vec *scratch;
};

static const struct {
	const char *name;
	enum shape_view view, second;
} view_names[] = {
    {"front", SHAPE_VIEW_FRONT, SHAPE_VIEW_FRONT},
    {"side", SHAPE_VIEW_SIDE, SHAPE_VIEW_SIDE},
    {"back", SHAPE_VIEW_BACK, SHAPE_VIEW_BACK},
    {"top", SHAPE_VIEW_TOP, SHAPE_VIEW_TOP},
    {"detail", SHAPE_VIEW_DETAIL, SHAPE_VIEW_DETAIL_2},
    {"lifestyle", SHAPE_VIEW_LIFESTYLE, SHAPE_VIEW_LIFESTYLE_2},
};

static int
view_find(const struct product_request *request, enum shape_view *ret_view, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(view_names); i++) {
		if (request->view == NULL || strcmp(request->view, view_names[i].name) != 0)
			continue;
		*ret_view = request->variant % 2 != 0 ? view_names[i].second : view_names[i].view;
		return 0;
	}
	return error_set(err, ERR_INPUT, "view '%s' is not known", request->view != NULL ? request->view : "");
}

static void
screen_at(const struct frame *frame, float x, float y, float *ret_sx, float *ret_sy)
{
	const float half = 0.5f * (float)(frame->width < frame->height ? frame->width : frame->height);
	*ret_sx = (x - 0.5f * (float)frame->width) / half;
	*ret_sy = (0.5f * (float)frame->height - y) / half;
}

static void
tiles_measure(struct painting *painting)
{
	const struct frame *frame = &painting->frame;
	const struct camera *camera = &painting->scene.camera;
	const float spread = painting->scene.pixel * (float)TILE * 0.75f;
	for (int y = 0; y * TILE < frame->height; y++) {
		for (int x = 0; x < painting->tiles_x; x++) {
			float sx, sy;
			screen_at(frame, ((float)x + 0.5f) * TILE, ((float)y + 0.5f) * TILE, &sx, &sy);
			painting->tile[y * painting->tiles_x + x] =
			    trace_cone(&painting->scene.shape, camera->eye, camera_ray(camera, sx, sy), spread);
		}
	}
}

static struct sample
sample_at(const struct painting *painting, int x, int y, float dx, float dy)
{
	float sx, sy;
	screen_at(&painting->frame, (float)x + dx, (float)y + dy, &sx, &sy);
	return shade_ray(&painting->scene, sx, sy, painting->tile[(y / TILE) * painting->tiles_x + x / TILE]);
}

static bool
asked_to_stop(const struct painting *painting, float share)
{
	const struct product_request *request = painting->request;
	if (request->progress != NULL)
		request->progress(request->arg, share);
	return request->stop != NULL && request->stop(request->arg);
}

static int
pixels_paint(struct painting *painting, struct error *err)
{
	struct frame *frame = &painting->frame;
	for (int y = 0; y < frame->height; y++) {
		for (int x = 0; x < frame->width; x++)
			frame->at[y * frame->width + x] = sample_at(painting, x, y, 0.5f, 0.5f);
		if (asked_to_stop(painting, 0.75f * (float)y / (float)frame->height))
			return error_set(err, ERR_CANCELLED, "painting was stopped");
	}
	return 0;
}

static bool
pixel_is_edge(const struct frame *frame, const float *seen, int x, int y)
{
	const int i = y * frame->width + x;
	const int right = x + 1 < frame->width ? 1 : -1, below = y + 1 < frame->height ? frame->width : -frame->width;
	const int left = x > 0 ? -1 : 1, above = y > 0 ? -frame->width : frame->width;
	const int near[4] = {i + right, i + left, i + below, i + above};
	for (int k = 0; k < 4; k++) {
		const struct sample *a = &frame->at[i], *b = &frame->at[near[k]];
		if (fabsf(seen[i] - seen[near[k]]) > 0.05f)
			return true;
		if ((a->part < 0) != (b->part < 0) && fabsf(seen[i] - seen[near[k]]) > 0.012f)
			return true;
	}
	return false;
}

/* Five samples where neighbours differ; the decision is taken on the first pass alone, so its order does not matter. */
static int
edges_paint(struct painting *painting, struct error *err)
{
	static const float offsets[4][2] = {{0.125f, 0.375f}, {0.625f, 0.125f}, {0.875f, 0.625f}, {0.375f, 0.875f}};
	struct frame *frame = &painting->frame;
	float *seen = (float *)painting->scratch;
	for (int i = 0; i < frame->width * frame->height; i++)
		seen[i] = post_perceived(frame->at[i].colour);
	const struct camera *camera = &painting->scene.camera;
	const float scale = (float)FW_MIN(frame->width, frame->height) / 1024.0f;
	for (int y = 0; y < frame->height; y++) {
		for (int x = 0; x < frame->width; x++) {
			struct sample *at = &frame->at[y * frame->width + x];
			if (!pixel_is_edge(frame, seen, x, y))
				continue;
			/* what the lens will blur needs no smooth edges */
			if (camera->aperture > 0.0f && post_blur(camera, at->depth, scale) > 1.6f)
				continue;
			/* bright glints are compressed before they are averaged, or their edges stay jagged */
			vec sum = at->colour * (1.0f / (1.0f + luma3(at->colour)));
			for (int k = 0; k < 4; k++) {
				const vec c = sample_at(painting, x, y, offsets[k][0], offsets[k][1]).colour;
				sum += c * (1.0f / (1.0f + luma3(c)));
			}
			sum *= 0.2f;
			at->colour = sum * (1.0f / fmax2(1.0f - luma3(sum), 0.02f));
		}
		if (asked_to_stop(painting, 0.75f + 0.2f * (float)y / (float)frame->height))
			return error_set(err, ERR_CANCELLED, "painting was stopped");
	}
	return 0;
}

static void
painting_close(struct painting *painting)
{
	scene_close(&painting->scene);
	free(painting->frame.at);
	free(painting->tile);
	free(painting->scratch);
}

static void
painting_open(
    struct painting *painting, const struct product_request *request, const struct design *design, enum shape_view view)
{
	const size_t pixels = (size_t)request->width * (size_t)request->height;
	const int tiles_y = (request->height + TILE - 1) / TILE;
	*painting = (struct painting){.request = request, .tiles_x = (request->width + TILE - 1) / TILE};
	painting->frame = (struct frame){.width = request->width, .height = request->height};
	painting->frame.at = aligned_alloc(16, pixels * sizeof(struct sample));
	painting->tile = calloc((size_t)painting->tiles_x * (size_t)tiles_y, sizeof(float));
	painting->scratch = aligned_alloc(16, (pixels + 64) * sizeof(vec));
	if (painting->frame.at == NULL || painting->tile == NULL || painting->scratch == NULL)
		abort();
	scene_open(&painting->scene, design, view, request->width, request->height);
}

int
product_render(const struct product_request *request, uint8_t *rgb, struct error *err)
{
	enum shape_view view;
	if (view_find(request, &view, err) < 0)
		return -1;
	if (request->width < 8 || request->height < 8 || request->width > PRODUCT_SIZE_MAX ||
	    request->height > PRODUCT_SIZE_MAX)
		return error_set(err, ERR_INPUT, "%d x %d is not a size of a picture", request->width, request->height);
	struct design design;
	design_init(&design, request->prompt, request->keywords, request->n_keywords, request->seed);
	CLEANUP(painting_close) struct painting painting;
	painting_open(&painting, request, &design, view);
	tiles_measure(&painting);
	if (pixels_paint(&painting, err) < 0 || edges_paint(&painting, err) < 0)
		return error_wrap(err, "painting the %s view", request->view);
	post_focus(&painting.frame, &painting.scene.camera, painting.scratch);
	post_glow(&painting.frame, painting.scratch, 0.14f);
	post_develop(&painting.frame, &design, rgb);
	asked_to_stop(&painting, 1.0f);
	return 0;
}
