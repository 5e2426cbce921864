/*
 * Places are frame numbers of the input from 0 on (int64_t); pieces are named by their middle. A piece rises over the
 * `hop` frames before its middle and falls over the `hop` after it, so one hop of output is the fall of one piece and
 * the rise of the next.
 */
#include "media/stretch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOP_SECONDS 0.015
#define REACH_SECONDS 0.010 /* a whole wave of 50 Hz fits into twice of it */
#define CHANNELS ((size_t)STRETCH_CHANNELS)

/* A stroke: a millisecond with this many times the edge energy of the loudest of the ones before it. */
#define STROKE_FACTOR 4.0F
#define STROKE_BEFORE 20 /* ms */
/* Per sample: steps of 3e-4 are nothing that anybody hears begin. */
#define STROKE_FLOOR 1e-7F
#define STROKES_MAX 64

struct stroke {
	int64_t at;  /* in the input */
	int64_t out; /* where it is to be heard */
};

struct stretch {
	int64_t ppm;
	int64_t hop, reach, cell;
	stretch_pull_fn *pull;
	void *ctx;
	/* input */
	float *in;
	int64_t in_start, in_end; /* which frames `in` holds */
	size_t in_cap;
	/* strokes */
	int64_t looked; /* input frames that were searched */
	float energy[STROKE_BEFORE];
	struct stroke strokes[STROKES_MAX]; /* the newest ones, oldest first */
	size_t n_strokes;
	/* output */
	float *rise;	/* hop values */
	int64_t middle; /* of the last piece, in the input */
	int64_t out;	/* of the last piece, in the output; negative: there is none yet */
	float *ready;	/* the last made hop */
	size_t ready_at;
};

static void *
alloc_zeroed(size_t count, size_t size)
{
	void *const memory = calloc(count, size);

	if (memory == NULL)
		abort();
	return memory;
}

struct stretch *
stretch_new(int rate, int64_t speed_ppm, stretch_pull_fn *pull, void *ctx)
{
	struct stretch *stretch = alloc_zeroed(1, sizeof(*stretch));

	stretch->ppm = speed_ppm;
	stretch->hop = (int64_t)(HOP_SECONDS * rate);
	stretch->reach = (int64_t)(REACH_SECONDS * rate);
	stretch->cell = rate / 1000;
	stretch->pull = pull;
	stretch->ctx = ctx;
	stretch->rise = alloc_zeroed((size_t)stretch->hop, sizeof(float));
	for (int64_t i = 0; i < stretch->hop; i++)
		stretch->rise[i] = (float)(0.5 - 0.5 * cos(M_PI * ((double)i + 0.5) / (double)stretch->hop));
	stretch->ready = alloc_zeroed((size_t)stretch->hop * CHANNELS, sizeof(float));
	stretch->ready_at = (size_t)stretch->hop;
	/* silence before the beginning, for a stroke that comes later than it was recorded */
	stretch->in_cap = 2 * (size_t)stretch->hop;
	stretch->in = alloc_zeroed(stretch->in_cap * CHANNELS, sizeof(float));
	stretch->in_start = -2 * stretch->hop;
	stretch->out = -stretch->hop;
	return stretch;
}

void
stretch_free(struct stretch **stretch)
{
	struct stretch *const own = *stretch;

	if (own == NULL)
		return;
	free(own->in);
	free(own->rise);
	free(own->ready);
	free(own);
	*stretch = NULL;
}

/* Where output frame n lies in the input; the products of 7,200 s at 192 kHz stay far below 2^63. */
static int64_t
place_of(const struct stretch *stretch, int64_t out)
{
	return (out * stretch->ppm + 500000) / 1000000;
}

static const float *
frame_at(const struct stretch *stretch, int64_t at)
{
	return stretch->in + (size_t)(at - stretch->in_start) * CHANNELS;
}

/* ---- strokes ---- */

/* Edges weigh more than waves do: the energy of the steps from sample to sample. */
static float
step_energy(const float *frame)
{
	const float left = frame[0] - frame[-2], right = frame[1] - frame[-1];

	return left * left + right * right;
}

/* The first sample of the cell with a good part of its highest step. */
static int64_t
stroke_begin(const struct stretch *stretch, int64_t cell)
{
	float most = 0;
	int64_t at = cell;

	for (int64_t i = cell; i < cell + stretch->cell; i++)
		most = fmaxf(most, step_energy(frame_at(stretch, i)));
	while (step_energy(frame_at(stretch, at)) < most * 0.0625F)
		at++;
	return at;
}

static void
add_stroke(struct stretch *stretch, int64_t at)
{
	const struct stroke stroke = {.at = at, .out = (at * 1000000 + stretch->ppm / 2) / stretch->ppm};

	/* what follows too closely cannot be held apart, and belongs to the same stroke mostly */
	if (stretch->n_strokes > 0 && stroke.out - stretch->strokes[stretch->n_strokes - 1].out < 2 * stretch->hop)
		return;
	if (stretch->n_strokes == STROKES_MAX) {
		memmove(stretch->strokes, stretch->strokes + 1, (STROKES_MAX - 1) * sizeof(*stretch->strokes));
		stretch->n_strokes--;
	}
	stretch->strokes[stretch->n_strokes++] = stroke;
}

static void
look_for_strokes(struct stretch *stretch)
{
	while (stretch->looked + stretch->cell <= stretch->in_end) {
		const int64_t cell = stretch->looked;
		float energy = 0, before = 0;

		for (int64_t i = cell == 0 ? 1 : cell; i < cell + stretch->cell; i++)
			energy += step_energy(frame_at(stretch, i));
		for (size_t i = 0; i < STROKE_BEFORE; i++)
			before = fmaxf(before, stretch->energy[i]);
		/* at the very beginning there is nothing before that could be louder */
		if (cell > 0 && energy > STROKE_FACTOR * before + STROKE_FLOOR * (float)stretch->cell)
			add_stroke(stretch, stroke_begin(stretch, cell));
		stretch->energy[cell / stretch->cell % STROKE_BEFORE] = energy;
		stretch->looked += stretch->cell;
	}
}

/* ---- input ---- */

/* Drops what lies before `from`, then reads on until `to`. */
static int
fill(struct stretch *stretch, int64_t from, int64_t to, struct error *err)
{
	const int64_t drop = FW_MIN(FW_MAX(from - stretch->in_start, 0), stretch->in_end - stretch->in_start);
	const int64_t more = to - stretch->in_end;
	size_t kept;

	if (more <= 0)
		return 0;
	kept = (size_t)(stretch->in_end - stretch->in_start - drop);
	if (drop > 0)
		memmove(stretch->in, stretch->in + (size_t)drop * CHANNELS, kept * CHANNELS * sizeof(float));
	stretch->in_start += drop;
	if (kept + (size_t)more > stretch->in_cap) {
		stretch->in_cap = (kept + (size_t)more) * 2;
		stretch->in = realloc(stretch->in, stretch->in_cap * CHANNELS * sizeof(float));
		if (stretch->in == NULL)
			abort();
	}
	if (stretch->pull(stretch->ctx, stretch->in + kept * CHANNELS, (size_t)more, err) < 0)
		return -1;
	stretch->in_end = to;
	look_for_strokes(stretch);
	return 0;
}

/* ---- pieces ---- */

struct bounds {
	int64_t low, high; /* of the middle of a piece */
	bool fixed;	   /* exactly at `low` */
};

/* Where the piece whose middle is heard at `out` may come from, so that each stroke is heard once and in time. */
static struct bounds
bounds_of(const struct stretch *stretch, int64_t out)
{
	const int64_t hop = stretch->hop, nominal = place_of(stretch, out);
	struct bounds bounds = {.low = FW_MAX(nominal - stretch->reach, hop), .high = nominal + stretch->reach};

	bounds.high = FW_MAX(bounds.low, bounds.high);
	for (size_t i = 0; i < stretch->n_strokes; i++) {
		const struct stroke *stroke = &stretch->strokes[i];
		const int64_t off = out - stroke->out;

		if (off > -hop && off <= hop)
			return (struct bounds){.low = stroke->at + off, .high = stroke->at + off, .fixed = true};
		if (off <= -hop)
			bounds.high = FW_MIN(bounds.high, stroke->at - stretch->cell / 2 - hop);
		else
			bounds.low = FW_MAX(bounds.low, stroke->at + 1 + hop);
	}
	/* right before a stroke near the beginning: with what silence there is before it */
	if (bounds.low > bounds.high && bounds.high < hop)
		bounds.low = bounds.high = FW_MAX(bounds.high, -hop);
	/* between two strokes that leave no room */
	if (bounds.low > bounds.high) {
		bounds.low = FW_MAX(FW_MIN(bounds.low, nominal), hop);
		bounds.high = FW_MAX(bounds.low, FW_MIN(bounds.high, nominal));
	}
	return bounds;
}

/* How well the rise of a piece at `middle` fits to the waves that were to follow. */
static float
likeness(const struct stretch *stretch, int64_t natural, int64_t middle, size_t stride)
{
	const float *const a = frame_at(stretch, natural - stretch->hop), *const b =
									      frame_at(stretch, middle - stretch->hop);
	float dot = 0, energy = 1e-9F;

	for (size_t i = 0; i < (size_t)stretch->hop * CHANNELS; i += stride * CHANNELS) {
		dot += a[i] * b[i] + a[i + 1] * b[i + 1];
		energy += b[i] * b[i] + b[i + 1] * b[i + 1];
	}
	return dot / sqrtf(energy);
}

static int64_t
best_of(const struct stretch *stretch, int64_t natural, int64_t low, int64_t high, int64_t step, size_t stride)
{
	int64_t best = low;
	float most = -INFINITY;

	for (int64_t at = low; at <= high; at += step) {
		const float now = likeness(stretch, natural, at, stride);

		if (now > most) {
			most = now;
			best = at;
		}
	}
	return best;
}

static int64_t
choose(const struct stretch *stretch, int64_t natural, const struct bounds *bounds)
{
	int64_t near;

	if (bounds->fixed || bounds->low == bounds->high)
		return bounds->low;
	if (natural >= bounds->low && natural <= bounds->high)
		return natural;
	near = best_of(stretch, natural, bounds->low, bounds->high, 3, 3);
	return best_of(stretch, natural, FW_MAX(near - 2, bounds->low), FW_MIN(near + 2, bounds->high), 1, 1);
}

static void
lay(struct stretch *stretch, int64_t natural, int64_t middle)
{
	const float *const old = frame_at(stretch, natural - stretch->hop);
	const float *const new = frame_at(stretch, middle - stretch->hop);

	if (middle == natural) {
		memcpy(stretch->ready, new, (size_t)stretch->hop * CHANNELS * sizeof(float));
		return;
	}
	for (size_t i = 0; i < (size_t)stretch->hop; i++)
		for (size_t c = 0; c < CHANNELS; c++)
			stretch->ready[i * CHANNELS + c] =
			    old[i * CHANNELS + c] * (1 - stretch->rise[i]) + new[i * CHANNELS + c] * stretch->rise[i];
}

/* So far that every stroke is known that the piece heard at `out` may meet. */
static int
fill_for(struct stretch *stretch, int64_t out, int64_t natural, struct error *err)
{
	const int64_t hop = stretch->hop, nominal = place_of(stretch, out);

	return fill(stretch, FW_MIN(nominal - stretch->reach, natural) - 3 * hop,
	    FW_MAX(FW_MAX(nominal + stretch->reach, natural), place_of(stretch, out + hop)) + hop + 2 * stretch->cell,
	    err);
}

/* The first piece is heard from its middle on: the beginning, unless a stroke comes so early that it would be in it. */
static int
begin(struct stretch *stretch, struct error *err)
{
	struct bounds bounds;

	if (fill_for(stretch, 0, 0, err) < 0)
		return -1;
	bounds = bounds_of(stretch, 0);
	stretch->middle = bounds.fixed ? bounds.low : 0;
	if (!bounds.fixed && stretch->n_strokes > 0)
		stretch->middle =
		    FW_MAX(FW_MIN(0, stretch->strokes[0].at - stretch->cell / 2 - stretch->hop), -stretch->hop);
	stretch->out = 0;
	return 0;
}

/* The next hop of output. */
static int
make_hop(struct stretch *stretch, struct error *err)
{
	const int64_t hop = stretch->hop;
	struct bounds bounds;
	int64_t out, natural, middle;

	if (stretch->out < 0 && begin(stretch, err) < 0)
		return -1;
	out = stretch->out + hop;
	natural = stretch->middle + hop;
	if (fill_for(stretch, out, natural, err) < 0)
		return -1;
	bounds = bounds_of(stretch, out);
	if (fill(stretch, stretch->in_start, bounds.high + hop, err) < 0)
		return -1;
	middle = choose(stretch, natural, &bounds);
	lay(stretch, natural, middle);
	stretch->middle = middle;
	stretch->out = out;
	stretch->ready_at = 0;
	return 0;
}

int
stretch_run(struct stretch *stretch, float *out, size_t frames, struct error *err)
{
	if (stretch->ppm == 1000000)
		return stretch->pull(stretch->ctx, out, frames, err);
	while (frames > 0) {
		size_t count;

		if (stretch->ready_at == (size_t)stretch->hop && make_hop(stretch, err) < 0)
			return -1;
		count = FW_MIN((size_t)stretch->hop - stretch->ready_at, frames);
		memcpy(out, stretch->ready + stretch->ready_at * CHANNELS, count * CHANNELS * sizeof(float));
		stretch->ready_at += count;
		out += count * CHANNELS;
		frames -= count;
	}
	return 0;
}
