/*
 * Measuring pictures as they are made, on a coarse grid so that it costs next to nothing: half a percent of a render.
 */
#include "media/canvas.h"

#include "lib/base/hash.h"

#define GRID_WIDTH 480
#define LIT 40
#define LOWEST 16
#define HIGHEST 235

struct canvas_meter {
	struct buf marks;
	uint64_t first; /* digest of the first grid */
	uint8_t *grid;	/* luma of the last frame */
	size_t samples;
	uint8_t *line;
};

struct luma {
	uint64_t sum, change;
	uint32_t lit, low, high;
	bool same;
};

struct canvas_meter *
canvas_meter_new(void)
{
	struct canvas_meter *meter = calloc(1, sizeof(*meter));

	if (meter == NULL)
		abort();
	buf_init(&meter->marks, 4 * MIB);
	return meter;
}

void
canvas_meter_free(struct canvas_meter **meter)
{
	if (*meter == NULL)
		return;
	buf_done(&(*meter)->marks);
	free((*meter)->grid);
	free((*meter)->line);
	free(*meter);
	*meter = NULL;
}

static size_t
steps(int side, int step)
{
	return (size_t)((side + step - 1) / step);
}

static uint64_t
grid_digest(const struct canvas_meter *meter)
{
	unsigned char digest[HASH_SIZE];
	uint64_t start;

	hash_bytes(meter->grid, meter->samples, digest);
	memcpy(&start, digest, sizeof(start));
	return start;
}

/* Three loops over a short line, each of which the compiler makes wide. */
static void
see_line(struct luma *luma, uint8_t *restrict before, const uint8_t *restrict line, size_t count)
{
	uint32_t sum = 0, change = 0, lit = 0, low = 0, high = 0;

	for (size_t x = 0; x < count; x++) {
		sum += line[x];
		change += (uint32_t)abs(line[x] - before[x]);
	}
	for (size_t x = 0; x < count; x++) {
		lit += line[x] > LIT;
		low += line[x] < LOWEST;
		high += line[x] > HIGHEST;
	}
	memcpy(before, line, count);
	luma->sum += sum;
	luma->change += change;
	luma->lit += lit;
	luma->low += low;
	luma->high += high;
}

static struct luma
see_luma(struct canvas_meter *meter, const AVFrame *canvas, int step)
{
	const size_t columns = steps(canvas->width, step);
	struct luma luma = {0};
	uint8_t *before = meter->grid;

	for (int y = 0; y < canvas->height; y += step, before += columns) {
		const uint8_t *row = canvas->data[0] + (ptrdiff_t)y * canvas->linesize[0];

		for (size_t x = 0; x < columns; x++)
			meter->line[x] = row[x * (size_t)step];
		see_line(&luma, before, meter->line, columns);
	}
	luma.same = luma.change == 0;
	return luma;
}

static uint16_t
plane_mean(const AVFrame *canvas, int plane, int step)
{
	const int width = canvas->width / 2, height = canvas->height / 2;
	uint64_t sum = 0;

	for (int y = 0; y < height; y += step) {
		const uint8_t *row = canvas->data[plane] + (ptrdiff_t)y * canvas->linesize[plane];

		for (int x = 0; x < width; x += step)
			sum += row[x];
	}
	return (uint16_t)(sum * 256 / FW_MAX(steps(width, step) * steps(height, step), (size_t)1));
}

/* A share that is not nothing is never told as nothing. */
static uint16_t
share(uint32_t part, size_t all)
{
	return (uint16_t)(((uint64_t)part * 65535 + all - 1) / all);
}

void
canvas_meter_add(struct canvas_meter *meter, const AVFrame *canvas)
{
	const int step = (canvas->width + GRID_WIDTH - 1) / GRID_WIDTH;
	const bool first = meter->grid == NULL;
	struct luma luma;

	if (first) {
		meter->samples = steps(canvas->width, step) * steps(canvas->height, step);
		meter->grid = calloc(meter->samples, 1);
		meter->line = malloc(steps(canvas->width, step));
		if (meter->grid == NULL || meter->line == NULL)
			abort();
	}
	luma = see_luma(meter, canvas, step);
	if (first)
		meter->first = grid_digest(meter);
	const struct canvas_mark mark = {
	    .mean = {(uint16_t)(luma.sum * 256 / meter->samples), plane_mean(canvas, 1, step),
		plane_mean(canvas, 2, step)},
	    .change = first ? 0 : (uint16_t)((luma.change * 256 + meter->samples - 1) / meter->samples),
	    .lit = share(luma.lit, meter->samples),
	    .low = share(luma.low, meter->samples),
	    .high = share(luma.high, meter->samples),
	    .flags = !first && luma.same ? CANVAS_SAME : 0,
	};
	buf_put(&meter->marks, &mark, sizeof(mark));
}

void
canvas_meter_notes(const struct canvas_meter *meter, struct buf *notes)
{
	const struct canvas_notes head = {
	    .version = CANVAS_NOTES_VERSION,
	    .frames = (uint32_t)(meter->marks.len / sizeof(struct canvas_mark)),
	    .first = meter->first,
	    .last = meter->grid == NULL ? 0 : grid_digest(meter),
	};

	buf_put(notes, &head, sizeof(head));
	buf_put(notes, meter->marks.data, meter->marks.len);
}
