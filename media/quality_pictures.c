/*
 * Judging pictures: runs of frames that share a fault, and steps between neighbours.
 */
#include "media/quality.h"

#include <stdlib.h>

/* Less than this share of lit samples is black: a small title on black is not. */
#define LIT_LEAST 65 /* of 65535 */
#define BLACK_FRAMES 3
#define BLACK_ERROR_S 0.5
#define FROZEN_S 0.5
#define FROZEN_ERROR_S 2.0
#define DUPLICATED_SHARE 0.05
#define FLASH_STEP (60 * 256)
/* A tenth of the range up and down again is a flash for the eye; four of them a second are too many. */
#define FLASHING_STEP (22 * 256)
#define FLASHING_TURNS 7
/* A step that shows: larger than this, and than three times what happens around it. */
#define JOIN_STEP (4 * 256)
#define JOIN_FACTOR 3
#define RANGE_SHARE 0.02
#define RANGE_S 0.5

typedef bool wrong_fn(const struct quality_film *film, int64_t frame);

static double
seconds(const struct quality_film *film, int64_t frames)
{
	return (double)frames * (double)film->fps_den / (double)film->fps_num;
}

static bool
is_black(const struct quality_film *film, int64_t n)
{
	return (film->expected[n] & QUALITY_SEEN) != 0 && film->marks[n].lit < LIT_LEAST;
}

static bool
is_frozen(const struct quality_film *film, int64_t n)
{
	return (film->expected[n] & QUALITY_MOVES) != 0 && (film->marks[n].flags & CANVAS_SAME) != 0;
}

static double
out_of_range(const struct canvas_mark *mark)
{
	return (mark->low + mark->high) / 65535.0;
}

static bool
is_out_of_range(const struct quality_film *film, int64_t n)
{
	return out_of_range(&film->marks[n]) > RANGE_SHARE;
}

/* The end of the run of wrong frames that begins at n. */
static int64_t
run_end(const struct quality_film *film, wrong_fn *wrong, int64_t n)
{
	while (n < film->frames && wrong(film, n))
		n++;
	return n;
}

static void
add_run(const struct quality_film *film, struct quality_list *list, enum quality_code code, int64_t from, int64_t to,
    double limit, double error_s)
{
	const double length = seconds(film, to - from);

	quality_add(list, &(struct quality_finding){.code = code,
			      .severity = length >= error_s ? QUALITY_ERROR : QUALITY_WARNING,
			      .frame = from,
			      .frames = to - from,
			      .value = length,
			      .limit = limit});
}

static void
find_black(const struct quality_film *film, struct quality_pictures *sums, struct quality_list *list)
{
	for (int64_t n = 0, end; n < film->frames; n = end + 1) {
		end = run_end(film, is_black, n);
		if (end - n < BLACK_FRAMES)
			continue;
		sums->black += end - n;
		add_run(film, list, QUALITY_BLACK, n, end, seconds(film, BLACK_FRAMES), BLACK_ERROR_S);
	}
}

/* Long runs are a picture that stands; short ones are told together, when they are many. */
static void
find_frozen(const struct quality_film *film, struct quality_pictures *sums, struct quality_list *list)
{
	int64_t moving = 0, first = -1;

	for (int64_t n = 0; n < film->frames; n++)
		moving += (film->expected[n] & QUALITY_MOVES) != 0;
	for (int64_t n = 0, end; n < film->frames; n = end + 1) {
		end = run_end(film, is_frozen, n);
		if (seconds(film, end - n) >= FROZEN_S) {
			sums->frozen += end - n;
			add_run(film, list, QUALITY_FROZEN, n, end, FROZEN_S, FROZEN_ERROR_S);
		} else if (end > n) {
			sums->duplicated += end - n;
			first = first < 0 ? n : first;
		}
	}
	if (moving > 0 && (double)sums->duplicated > DUPLICATED_SHARE * (double)moving)
		quality_add(list, &(struct quality_finding){.code = QUALITY_DUPLICATED,
				      .severity = QUALITY_WARNING,
				      .frame = first,
				      .frames = 0,
				      .value = (double)sums->duplicated / (double)moving,
				      .limit = DUPLICATED_SHARE});
}

static void
find_levels(const struct quality_film *film, struct quality_pictures *sums, struct quality_list *list)
{
	for (int64_t n = 0; n < film->frames; n++)
		sums->out_of_range = FW_MAX(sums->out_of_range, out_of_range(&film->marks[n]));
	for (int64_t n = 0, end; n < film->frames; n = end + 1) {
		double worst = 0;

		end = run_end(film, is_out_of_range, n);
		if (seconds(film, end - n) < RANGE_S)
			continue;
		for (int64_t i = n; i < end; i++)
			worst = FW_MAX(worst, out_of_range(&film->marks[i]));
		quality_add(list, &(struct quality_finding){.code = QUALITY_LEVELS,
				      .severity = QUALITY_WARNING,
				      .frame = n,
				      .frames = end - n,
				      .value = worst,
				      .limit = RANGE_SHARE});
	}
}

static int32_t
luma(const struct quality_film *film, int64_t n)
{
	return film->marks[n].mean[0];
}

/* A scene of one frame between two wanted cuts is nobody's mistake. */
static void
find_flashes(const struct quality_film *film, struct quality_pictures *sums, struct quality_list *list)
{
	for (int64_t n = 1; n + 1 < film->frames; n++) {
		const int32_t in = luma(film, n) - luma(film, n - 1), out = luma(film, n) - luma(film, n + 1);
		const int32_t least = FW_MIN(abs(in), abs(out));

		if ((in > 0) != (out > 0) || least <= FLASH_STEP ||
		    (film->expected[n] & film->expected[n + 1] & QUALITY_CUT) != 0)
			continue;
		sums->flashes++;
		quality_add(list, &(struct quality_finding){.code = QUALITY_FLASH,
				      .severity = QUALITY_WARNING,
				      .frame = n,
				      .frames = 1,
				      .value = least / 256.0,
				      .limit = FLASH_STEP / 256.0});
	}
}

/* The frames at which brightness turns; a ring of the last ones tells how many lie within a second. */
static void
find_flashing(const struct quality_film *film, struct quality_list *list)
{
	int64_t turns[FLASHING_TURNS] = {0}, count = 0, told = -1;
	int32_t extreme = film->frames > 0 ? luma(film, 0) : 0;
	int way = 0;

	for (int64_t n = 1; n < film->frames; n++) {
		const int32_t now = luma(film, n);
		const int to = now - extreme >= FLASHING_STEP ? 1 : extreme - now >= FLASHING_STEP ? -1 : 0;

		if (way != 0 && to != -way && (now - extreme) * way > 0)
			extreme = now; /* further the same way */
		if (to == 0 || to == way)
			continue;
		way = to;
		extreme = now;
		turns[count++ % FLASHING_TURNS] = n;
		const int64_t first = turns[count % FLASHING_TURNS];
		if (count < FLASHING_TURNS || seconds(film, n - first) > 1 || first <= told)
			continue;
		told = n;
		quality_add(
		    list, &(struct quality_finding){.code = QUALITY_FLASHING,
			      .severity = QUALITY_ERROR,
			      .frame = first,
			      .frames = n - first + 1,
			      .value = FLASHING_TURNS / 2.0 / FW_MAX(seconds(film, n - first), seconds(film, 1)),
			      .limit = 3});
	}
}

static int32_t
step_between(const struct quality_film *film, int64_t a, int64_t b)
{
	int32_t step = 0;

	if (a < 0 || b >= film->frames)
		return 0;
	for (int p = 0; p < 3; p++)
		step = FW_MAX(step, abs(film->marks[a].mean[p] - film->marks[b].mean[p]));
	return step;
}

static void
find_joins(const struct quality_film *film, struct quality_pictures *sums, struct quality_list *list)
{
	sums->step_frame = -1;
	for (int64_t n = 1; n < film->frames; n++) {
		const int32_t step = step_between(film, n - 1, n);
		const int32_t around = FW_MAX(step_between(film, n - 2, n - 1), step_between(film, n, n + 1));

		if ((film->expected[n] & QUALITY_STARTS) == 0)
			continue;
		sums->joins++;
		if ((film->expected[n] & QUALITY_CUT) != 0) {
			sums->cuts++;
			continue;
		}
		if (sums->step_frame < 0 || step > sums->step * 256)
			sums->step = step / 256.0, sums->step_frame = n;
		if (step <= JOIN_STEP || step <= JOIN_FACTOR * around)
			continue;
		sums->visible++;
		quality_add(list, &(struct quality_finding){.code = QUALITY_JOIN,
				      .severity = QUALITY_WARNING,
				      .frame = n,
				      .frames = 1,
				      .value = step / 256.0,
				      .limit = FW_MAX(JOIN_STEP, JOIN_FACTOR * around) / 256.0});
	}
}

void
quality_pictures(const struct quality_film *film, struct quality_pictures *ret_sums, struct quality_list *list)
{
	double sum = 0;

	*ret_sums = (struct quality_pictures){0};
	find_black(film, ret_sums, list);
	find_frozen(film, ret_sums, list);
	find_flashes(film, ret_sums, list);
	find_flashing(film, list);
	find_joins(film, ret_sums, list);
	find_levels(film, ret_sums, list);
	for (int64_t n = 0; n < film->frames; n++)
		sum += luma(film, n) / 256.0;
	ret_sums->mean = film->frames > 0 ? sum / (double)film->frames : 0;
}
