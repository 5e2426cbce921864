/*
 * Finding the movement between two pictures and smoothing the way.
 */
#include "media/shake.h"

#include <math.h>

#define GREY_WIDTH 480 /* at most */
#define LEVELS_MAX 6
#define LEVEL_SIDE_MIN 24
#define ROUNDS 12
#define ENOUGH 0.003  /* of a sample */
#define OUTLIER 12.0  /* grey steps; differences beyond count little */
#define MOVE_MAX 0.25 /* of a side in one step: more is a cut */
#define ZOOM_MAX 1.15

struct grey {
	int width, height;
	float *samples;
};

struct shake {
	int width, height;
	int factor; /* samples of the picture to one of the grey copy */
	int levels;
	struct grey last[LEVELS_MAX]; /* finest first */
	struct grey now[LEVELS_MAX];
	struct shake_move *steps;
	size_t n_steps, cap;
};

static struct grey
grey_new(int width, int height)
{
	struct grey grey = {width, height, calloc((size_t)width * (size_t)height, sizeof(float))};

	if (grey.samples == NULL)
		abort();
	return grey;
}

struct shake *
shake_new(int width, int height)
{
	struct shake *shake = calloc(1, sizeof(*shake));

	if (shake == NULL)
		abort();
	shake->width = width;
	shake->height = height;
	shake->factor = FW_MAX((width + GREY_WIDTH - 1) / GREY_WIDTH, 1);
	int w = FW_MAX(width / shake->factor, 1), h = FW_MAX(height / shake->factor, 1);

	do {
		shake->last[shake->levels] = grey_new(w, h);
		shake->now[shake->levels++] = grey_new(w, h);
		w /= 2;
		h /= 2;
	} while (shake->levels < LEVELS_MAX && w >= LEVEL_SIDE_MIN && h >= LEVEL_SIDE_MIN);
	return shake;
}

void
shake_free(struct shake **shake)
{
	if (*shake == NULL)
		return;
	for (int i = 0; i < (*shake)->levels; i++) {
		free((*shake)->last[i].samples);
		free((*shake)->now[i].samples);
	}
	free((*shake)->steps);
	free(*shake);
	*shake = NULL;
}

/* ---- grey copies ---- */

static void
fill_finest(const struct shake *shake, const uint8_t *luma, ptrdiff_t stride, struct grey *grey)
{
	const int n = shake->factor;

	for (int y = 0; y < grey->height; y++) {
		for (int x = 0; x < grey->width; x++) {
			int sum = 0;

			for (int dy = 0; dy < n; dy++)
				for (int dx = 0; dx < n; dx++)
					sum += luma[(ptrdiff_t)(y * n + dy) * stride + x * n + dx];
			grey->samples[(ptrdiff_t)y * grey->width + x] = (float)sum / (float)(n * n);
		}
	}
}

static void
halve(const struct grey *from, struct grey *to)
{
	for (int y = 0; y < to->height; y++) {
		const float *upper = from->samples + (ptrdiff_t)(2 * y) * from->width, *lower = upper + from->width;

		for (int x = 0; x < to->width; x++)
			to->samples[(ptrdiff_t)y * to->width + x] =
			    (upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1]) / 4;
	}
}

/* ---- one step ---- */

/* Normal equations of the four unknowns. */
struct sums {
	double m[4][4], v[4];
};

static void
sums_add(struct sums *sums, const double j[4], double difference)
{
	const double weight = 1 / (1 + difference * difference / (OUTLIER * OUTLIER));

	for (int r = 0; r < 4; r++) {
		for (int c = r; c < 4; c++)
			sums->m[r][c] += weight * j[r] * j[c];
		sums->v[r] += weight * j[r] * difference;
	}
}

/* Gauss; false where there is nothing to see. */
static bool
sums_solve(struct sums *sums, double out[4])
{
	for (int r = 0; r < 4; r++)
		for (int c = 0; c < r; c++)
			sums->m[r][c] = sums->m[c][r];
	for (int i = 0; i < 4; i++) {
		if (!(sums->m[i][i] > 1e-6))
			return false;
		for (int r = i + 1; r < 4; r++) {
			const double by = sums->m[r][i] / sums->m[i][i];

			for (int c = i; c < 4; c++)
				sums->m[r][c] -= by * sums->m[i][c];
			sums->v[r] -= by * sums->v[i];
		}
	}
	for (int i = 3; i >= 0; i--) {
		out[i] = sums->v[i];
		for (int c = i + 1; c < 4; c++)
			out[i] -= sums->m[i][c] * out[c];
		out[i] /= sums->m[i][i];
	}
	return true;
}

static void
sums_gather(const struct grey *last, const struct grey *now, const struct shake_move *move, struct sums *sums)
{
	const double cx = (last->width - 1) / 2.0, cy = (last->height - 1) / 2.0;
	const int w = last->width;

	*sums = (struct sums){0};
	for (int y = 1; y < last->height - 1; y++) {
		for (int x = 1; x < w - 1; x++) {
			const double px = x - cx, py = y - cy;
			const double qx = px + move->a * px - move->b * py + move->dx + cx;
			const double qy = py + move->b * px + move->a * py + move->dy + cy;
			const float *at = last->samples + (ptrdiff_t)y * w + x;

			if (!(qx >= 0 && qy >= 0 && qx < now->width - 1 && qy < now->height - 1))
				continue;
			const int ix = (int)qx, iy = (int)qy;
			const double fx = qx - ix, fy = qy - iy;
			const float *in = now->samples + (ptrdiff_t)iy * w + ix;
			const double upper = in[0] + (in[1] - in[0]) * fx, lower = in[w] + (in[w + 1] - in[w]) * fx;
			const double gx = (at[1] - at[-1]) / 2.0, gy = (at[w] - at[-w]) / 2.0;
			const double j[4] = {gx * px + gy * py, gy * px - gx * py, gx, gy};

			sums_add(sums, j, at[0] - (upper + (lower - upper) * fy));
		}
	}
}

/* Improves the move on one level. */
static void
refine(const struct grey *last, const struct grey *now, struct shake_move *move)
{
	const double reach = (last->width + last->height) / 4.0;

	for (int i = 0; i < ROUNDS; i++) {
		struct sums sums;
		double by[4];

		sums_gather(last, now, move, &sums);
		if (!sums_solve(&sums, by))
			return;
		move->a += by[0];
		move->b += by[1];
		move->dx += by[2];
		move->dy += by[3];
		if (fabs(by[2]) + fabs(by[3]) + (fabs(by[0]) + fabs(by[1])) * reach < ENOUGH)
			return;
	}
}

static struct shake_move
find_move(const struct shake *shake)
{
	struct shake_move move = {0};

	for (int level = shake->levels - 1; level >= 0; level--) {
		refine(&shake->last[level], &shake->now[level], &move);
		if (level > 0) {
			move.dx *= 2;
			move.dy *= 2;
		}
	}
	move.dx *= shake->factor;
	move.dy *= shake->factor;
	/* a cut, or nothing that could be followed */
	if (!(fabs(move.dx) < MOVE_MAX * shake->width && fabs(move.dy) < MOVE_MAX * shake->height &&
		fabs(move.a) < 0.1 && fabs(move.b) < 0.1))
		return (struct shake_move){0};
	return move;
}

void
shake_add(struct shake *shake, const uint8_t *luma, ptrdiff_t stride)
{
	if (shake->n_steps == shake->cap) {
		shake->cap = shake->cap * 2 + 64;
		shake->steps = realloc(shake->steps, shake->cap * sizeof(*shake->steps));
		if (shake->steps == NULL)
			abort();
	}
	fill_finest(shake, luma, stride, &shake->now[0]);
	for (int i = 1; i < shake->levels; i++)
		halve(&shake->now[i - 1], &shake->now[i]);
	shake->steps[shake->n_steps] = shake->n_steps == 0 ? (struct shake_move){0} : find_move(shake);
	shake->n_steps++;
	for (int i = 0; i < shake->levels; i++) {
		const struct grey swap = shake->last[i];

		shake->last[i] = shake->now[i];
		shake->now[i] = swap;
	}
}

struct shake_move
shake_step(const struct shake *shake, size_t index)
{
	return shake->steps[index];
}

/* ---- the way ---- */

static void
add(struct shake_move *to, const struct shake_move *more, double times)
{
	to->a += more->a * times;
	to->b += more->b * times;
	to->dx += more->dx * times;
	to->dy += more->dy * times;
}

/* The way beyond its ends is the way before them, turned about the end, so a steady pan goes on. */
static struct shake_move
way_at(const struct shake_move *way, int64_t n, int64_t i)
{
	const int64_t end = i < 0 ? 0 : n - 1;
	struct shake_move at = {0};
	int64_t mirrored;

	if (i >= 0 && i < n)
		return way[i];
	mirrored = FW_MIN(FW_MAX(2 * end - i, 0), n - 1);
	add(&at, &way[end], 2);
	add(&at, &way[mirrored], -1);
	return at;
}

/* Mean over `radius` to both sides, three times: close to a Gaussian. */
static void
smooth_way(struct shake_move *way, int64_t n, int radius)
{
	struct shake_move *next = calloc((size_t)n, sizeof(*next));

	if (next == NULL)
		abort();
	for (int pass = 0; pass < 3; pass++) {
		for (int64_t i = 0; i < n; i++) {
			next[i] = (struct shake_move){0};
			for (int64_t k = -radius; k <= radius; k++) {
				const struct shake_move at = way_at(way, n, i + k);

				add(&next[i], &at, 1.0 / (2 * radius + 1));
			}
		}
		memcpy(way, next, (size_t)n * sizeof(*way));
	}
	free(next);
}

/* How much the moved picture must be enlarged so that it still fills the frame. */
static double
zoom_for(const struct shake *shake, const struct shake_move *move)
{
	const double w = shake->width / 2.0, h = shake->height / 2.0;
	const double x = (fabs(move->dx) + fabs(move->b) * h) / w - fmin(move->a, 0);
	const double y = (fabs(move->dy) + fabs(move->b) * w) / h - fmin(move->a, 0);

	return 1 + fmax(x, y) * 1.02;
}

struct shake_move *
shake_smooth(const struct shake *shake, int radius, double *ret_zoom)
{
	const int64_t n = (int64_t)shake->n_steps;
	struct shake_move *way = calloc((size_t)n + 1, sizeof(*way)), *moves = calloc((size_t)n + 1, sizeof(*moves));

	if (way == NULL || moves == NULL)
		abort();
	for (int64_t i = 0; i < n; i++) {
		way[i] = i == 0 ? (struct shake_move){0} : way[i - 1];
		add(&way[i], &shake->steps[i], 1);
	}
	memcpy(moves, way, (size_t)n * sizeof(*way));
	smooth_way(moves, n, radius);
	*ret_zoom = 1;
	for (int64_t i = 0; i < n; i++) {
		add(&moves[i], &way[i], -1);
		const double needed = zoom_for(shake, &moves[i]);

		/* a jolt beyond the limit is damped as far as the frame allows */
		if (needed > ZOOM_MAX) {
			const struct shake_move all = moves[i];

			moves[i] = (struct shake_move){0};
			add(&moves[i], &all, (ZOOM_MAX - 1) / (needed - 1));
		}
		*ret_zoom = fmax(*ret_zoom, fmin(needed, ZOOM_MAX));
	}
	free(way);
	return moves;
}
