#include "media/duck.h"

#include <math.h>
#include <stdlib.h>

#define CHANNELS 2
/* Dialogue is heard where 5 ms of it are louder than -50 dBFS in the mean; breath and room noise are not. */
#define CELL_SECONDS 0.005
#define HEARD 1e-5
#define PAUSE_SECONDS 0.05
/* Part of the release in which nothing moves yet, and at most this long: words of a sentence belong together. */
#define HOLD_SHARE 0.4
#define HOLD_SECONDS 0.2
/* Frames from one computed gain to the next. */
#define GRID 32

struct stretch {
	int64_t start, end;
};

struct duck_key {
	int rate;
	int64_t cell, pause;
	int64_t at;    /* frames heard so far */
	double energy; /* of the cell that is being filled */
	struct stretch *stretches;
	size_t count, cap;
};

struct duck_key *
duck_key_new(int rate)
{
	struct duck_key *key = calloc(1, sizeof(*key));

	if (key == NULL)
		abort();
	key->rate = rate;
	key->cell = (int64_t)(CELL_SECONDS * rate);
	key->pause = (int64_t)(PAUSE_SECONDS * rate);
	return key;
}

void
duck_key_free(struct duck_key **key)
{
	if (*key == NULL)
		return;
	free((*key)->stretches);
	free(*key);
	*key = NULL;
}

static void
add_heard(struct duck_key *key, int64_t start, int64_t end)
{
	if (key->count > 0 && start - key->stretches[key->count - 1].end < key->pause) {
		key->stretches[key->count - 1].end = end;
		return;
	}
	if (key->count == key->cap) {
		key->cap = key->cap * 2 + 16;
		key->stretches = realloc(key->stretches, key->cap * sizeof(*key->stretches));
		if (key->stretches == NULL)
			abort();
	}
	key->stretches[key->count++] = (struct stretch){start, end};
}

void
duck_key_add(struct duck_key *key, const float *samples, size_t frames)
{
	for (size_t i = 0; i < frames; i++) {
		const double left = samples[i * CHANNELS], right = samples[i * CHANNELS + 1];

		key->energy += left * left + right * right;
		key->at++;
		if (key->at % key->cell != 0)
			continue;
		if (key->energy > HEARD * CHANNELS * (double)key->cell)
			add_heard(key, key->at - key->cell, key->at);
		key->energy = 0;
	}
}

int64_t
duck_key_heard(const struct duck_key *key)
{
	int64_t heard = 0;

	for (size_t i = 0; i < key->count; i++)
		heard += key->stretches[i].end - key->stretches[i].start;
	return heard;
}

/* The first stretch that ends after `frame`. */
static size_t
find_stretch(const struct duck_key *key, int64_t frame)
{
	size_t low = 0, high = key->count;

	while (low < high) {
		const size_t middle = (low + high) / 2;

		if (key->stretches[middle].end > frame)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

struct slopes {
	double attack, hold, release; /* frames */
};

/* How far down, 0 to 1: the most that one of the stretches around asks for. */
static double
share_at(const struct duck_key *key, const struct slopes *slopes, int64_t frame)
{
	double share = 0;

	for (size_t i = find_stretch(key, frame - (int64_t)slopes->release); i < key->count && share < 1; i++) {
		const double before = (double)(key->stretches[i].start - frame);
		const double after = (double)(frame - key->stretches[i].end) - slopes->hold;

		if (before >= slopes->attack && before > 0)
			break;
		if (before > 0)
			share = fmax(share, 1 - before / slopes->attack);
		else if (after <= 0)
			share = 1;
		else
			share = fmax(share, 1 - after / (slopes->release - slopes->hold));
	}
	return share;
}

static float
gain_at(const struct duck *duck, const struct duck_key *key, const struct slopes *slopes, int64_t frame)
{
	const double share = share_at(key, slopes, frame);

	return share > 0 ? (float)pow(10, -duck->depth_db * share / 20) : 1;
}

void
duck_apply(const struct duck *duck, const struct duck_key *key, int64_t at, float *samples, size_t frames)
{
	const double release = fmax(duck->release_s, 0.001) * key->rate;
	const struct slopes slopes = {
	    .attack = fmin(duck->attack_s, DUCK_AHEAD_SECONDS - CELL_SECONDS - PAUSE_SECONDS) * key->rate,
	    .hold = fmin(release * HOLD_SHARE, HOLD_SECONDS * key->rate),
	    .release = release,
	};
	float from = 1, to = 1;
	int64_t cell = -1;

	if (duck->depth_db <= 0 || key->count == 0)
		return;
	for (size_t i = 0; i < frames; i++) {
		const int64_t frame = at + (int64_t)i;
		float gain;

		if (frame / GRID != cell) {
			from = cell >= 0 ? to : gain_at(duck, key, &slopes, frame / GRID * GRID);
			cell = frame / GRID;
			to = gain_at(duck, key, &slopes, (cell + 1) * GRID);
		}
		gain = from + (to - from) * (float)(frame % GRID) / GRID;
		samples[i * CHANNELS] *= gain;
		samples[i * CHANNELS + 1] *= gain;
	}
}
