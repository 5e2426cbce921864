/*
 * Bicubic sampling along straight lines through the source, with 32-bit places (16 bits below the sample) and a table
 * of weights for 256 places between two samples.
 */
#include "media/warp.h"

#include <math.h>

#include <libavutil/pixdesc.h>

#define ONE 65536
#define PHASES 256
#define WEIGHT_ONE 4096

typedef int16_t weights[4];

/* Catmull-Rom: goes through the samples, so what is not moved is not changed. */
static void
make_weights(weights table[PHASES])
{
	for (int i = 0; i < PHASES; i++) {
		const double t = i / (double)PHASES;
		const double w[4] = {((-0.5 * t + 1) * t - 0.5) * t, (1.5 * t - 2.5) * t * t + 1,
		    ((-1.5 * t + 2) * t + 0.5) * t, (0.5 * t - 0.5) * t * t};
		int rest = WEIGHT_ONE;

		for (int k = 0; k < 4; k++) {
			table[i][k] = (int16_t)lround(w[k] * WEIGHT_ONE);
			rest -= table[i][k];
		}
		table[i][t < 0.5 ? 1 : 2] = (int16_t)(table[i][t < 0.5 ? 1 : 2] + rest);
	}
}

bool
warp_can(int format)
{
	const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format);

	if (desc == NULL || desc->flags & (AV_PIX_FMT_FLAG_BE | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM |
					      AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_FLOAT | AV_PIX_FMT_FLAG_ALPHA))
		return false;
	for (int c = 0; c < desc->nb_components; c++)
		if (desc->comp[c].plane != c || desc->comp[c].shift != 0 ||
		    desc->comp[c].step != (desc->comp[c].depth > 8 ? 2 : 1))
			return false;
	return true;
}

struct plane {
	const uint8_t *data;
	ptrdiff_t stride;
	int width, height;
	bool wide; /* two bytes a sample */
	int most;
};

static int
sample_at(const struct plane *plane, int x, int y)
{
	const uint8_t *row;

	x = x < 0 ? 0 : x >= plane->width ? plane->width - 1 : x;
	y = y < 0 ? 0 : y >= plane->height ? plane->height - 1 : y;
	row = plane->data + y * plane->stride;
	return plane->wide ? ((const uint16_t *)(const void *)row)[x] : row[x];
}

/* x and y in ONEths. */
static int
sampled(const struct plane *plane, weights table[PHASES], int64_t x, int64_t y)
{
	const int ix = (int)(x >> 16), iy = (int)(y >> 16);
	const int16_t *wx = table[(x & 65535) >> 8], *wy = table[(y & 65535) >> 8];
	int64_t sum = 0;

	const bool inside = ix >= 1 && iy >= 1 && ix + 2 < plane->width && iy + 2 < plane->height;

	for (int r = 0; r < 4; r++) {
		const uint8_t *row = plane->data + (ptrdiff_t)(iy - 1 + r) * plane->stride + ix - 1;
		int64_t line = 0;

		if (inside && !plane->wide)
			line = row[0] * wx[0] + row[1] * wx[1] + row[2] * wx[2] + row[3] * wx[3];
		else
			for (int c = 0; c < 4; c++)
				line += sample_at(plane, ix - 1 + c, iy - 1 + r) * wx[c];
		sum += line * wy[r];
	}
	sum = (sum + (int64_t)WEIGHT_ONE * WEIGHT_ONE / 2) >> 24;
	return (int)(sum < 0 ? 0 : sum > plane->most ? plane->most : sum);
}

/* The inverse of the move, and then of the zoom, as steps along x and y. */
struct way {
	int64_t x0, y0;	       /* where the first sample comes from */
	int64_t along, across; /* per step to the right: along x, and along y; downwards: -across, along */
};

static struct way
way_back(const struct shake_move *move, double zoom, int width, int height, double share_x, double share_y)
{
	const double c = 1 + move->a, s = move->b, size = c * c + s * s;
	/* (x, y) / zoom, minus the shift, turned back */
	const double along = c / size / zoom, across = -s / size / zoom;
	const double cx = (width - 1) / 2.0, cy = (height - 1) / 2.0;
	const double x = -cx - move->dx * share_x * zoom, y = -cy - move->dy * share_y * zoom;

	return (struct way){
	    .x0 = llround((along * x - across * y + cx) * ONE),
	    .y0 = llround((across * x + along * y + cy) * ONE),
	    .along = llround(along * ONE),
	    .across = llround(across * ONE),
	};
}

static void
warp_plane(AVFrame *to, const struct plane *plane, int index, weights table[PHASES], const struct way *way)
{
	for (int y = 0; y < plane->height; y++) {
		uint8_t *row = to->data[index] + (ptrdiff_t)y * to->linesize[index];
		int64_t sx = way->x0 - way->across * y, sy = way->y0 + way->along * y;

		for (int x = 0; x < plane->width; x++, sx += way->along, sy += way->across) {
			const int value = sampled(plane, table, sx, sy);

			if (plane->wide)
				((uint16_t *)(void *)row)[x] = (uint16_t)value;
			else
				row[x] = (uint8_t)value;
		}
	}
}

void
warp_put(AVFrame *to, const AVFrame *from, const struct shake_move *move, double zoom)
{
	const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(from->format);
	weights table[PHASES];

	make_weights(table);
	for (int p = 0; p < desc->nb_components; p++) {
		const bool chroma = p > 0 && !(desc->flags & AV_PIX_FMT_FLAG_RGB);
		const int sx = chroma ? desc->log2_chroma_w : 0, sy = chroma ? desc->log2_chroma_h : 0;
		const struct plane plane = {
		    .data = from->data[p],
		    .stride = from->linesize[p],
		    .width = AV_CEIL_RSHIFT(from->width, sx),
		    .height = AV_CEIL_RSHIFT(from->height, sy),
		    .wide = desc->comp[p].depth > 8,
		    .most = (1 << desc->comp[p].depth) - 1,
		};
		const struct way way =
		    way_back(move, zoom, plane.width, plane.height, 1.0 / (1 << sx), 1.0 / (1 << sy));

		warp_plane(to, &plane, p, table, &way);
	}
}
