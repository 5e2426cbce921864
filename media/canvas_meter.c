/*
 * Measuring pictures as they are made: means, black, frozen and flashing frames, on a coarse grid so that it costs next
 * to nothing.
 */
#include "media/canvas.h"

#define GRID_WIDTH 480
#define GRID_HEIGHT_MAX 960
#define BLACK_MEAN (20 * 256)
#define FLASH_STEP (60 * 256)

struct canvas_meter {
	struct canvas_stats stats;
	int32_t before[2]; /* mean luma of the last frame and the one before it */
	uint8_t grid[GRID_WIDTH * GRID_HEIGHT_MAX];
};

struct canvas_meter *
canvas_meter_new(void)
{
	struct canvas_meter *meter = calloc(1, sizeof(*meter));

	if (meter == NULL)
		abort();
	return meter;
}

void
canvas_meter_free(struct canvas_meter **meter)
{
	free(*meter);
	*meter = NULL;
}

static int32_t
plane_mean(const AVFrame *canvas, int plane, int step)
{
	const int width = plane == 0 ? canvas->width : canvas->width / 2;
	const int height = plane == 0 ? canvas->height : canvas->height / 2;
	uint64_t sum = 0, count = 0;

	for (int y = 0; y < height; y += step) {
		const uint8_t *row = canvas->data[plane] + (ptrdiff_t)y * canvas->linesize[plane];

		for (int x = 0; x < width; x += step, count++)
			sum += row[x];
	}
	return count == 0 ? 0 : (int32_t)(sum * 256 / count);
}

/* Takes the grid over and tells whether it differs from the last one. */
static bool
grid_changed(struct canvas_meter *meter, const AVFrame *canvas, int step)
{
	uint8_t *cell = meter->grid;
	const uint8_t *const end = meter->grid + sizeof(meter->grid);
	bool changed = false;

	for (int y = 0; y < canvas->height; y += step) {
		const uint8_t *row = canvas->data[0] + (ptrdiff_t)y * canvas->linesize[0];

		for (int x = 0; x < canvas->width && cell < end; x += step, cell++) {
			changed |= *cell != row[x];
			*cell = row[x];
		}
	}
	return changed;
}

void
canvas_meter_add(struct canvas_meter *meter, const AVFrame *canvas)
{
	struct canvas_stats *stats = &meter->stats;
	const int step = FW_MAX(canvas->width / GRID_WIDTH, 1);
	const bool changed = grid_changed(meter, canvas, step);
	int32_t mean[3];

	for (int p = 0; p < 3; p++)
		mean[p] = plane_mean(canvas, p, p == 0 ? step : FW_MAX(step / 2, 1));
	if (stats->frames == 0)
		memcpy(stats->mean_first, mean, sizeof(mean));
	memcpy(stats->mean_last, mean, sizeof(mean));
	stats->black += mean[0] < BLACK_MEAN;
	stats->frozen += stats->frames > 0 && !changed;
	if (stats->frames > 1) {
		const int32_t up = meter->before[0] - meter->before[1], down = meter->before[0] - mean[0];

		stats->flashes += (up > FLASH_STEP && down > FLASH_STEP) || (up < -FLASH_STEP && down < -FLASH_STEP);
	}
	meter->before[1] = meter->before[0];
	meter->before[0] = mean[0];
	stats->frames++;
}

void
canvas_meter_result(const struct canvas_meter *meter, struct canvas_stats *ret_stats)
{
	*ret_stats = meter->stats;
}
