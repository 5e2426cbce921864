/* The built-in musician: ADS-232 (three genres), ADS-233 (exact cover, fades), ADS-234 (level), ADS-319 (generated
 * music). */
#include <math.h>
#include <stdlib.h>

#include "media/measure_audio.h"
#include "media/synth/music.h"
#include "media/synth/music_genre.h"
#include "tests/harness/test_main.h"

#define RATE 48000
#define SEED 7

/* One piece of each genre, made once for all tests. */
static struct {
	float *samples;
	size_t frames;
} pieces[MUSIC__COUNT];

static int
render(enum music_genre genre, int64_t seed, float **ret_samples, size_t *ret_frames)
{
	struct error err = {0};
	const struct music_request request = {.genre = genre, .seed = seed, .rate = RATE};
	return music_render(&request, ret_samples, ret_frames, &err);
}

static int
set_up(void)
{
	for (int g = 0; g < MUSIC__COUNT; g++) {
		if (render((enum music_genre)g, SEED, &pieces[g].samples, &pieces[g].frames) < 0)
			return 1;
	}
	return 0;
}

static int
tear_down(void)
{
	for (int g = 0; g < MUSIC__COUNT; g++)
		free(pieces[g].samples);
	return 0;
}

TEST(genres_have_names_both_ways)
{
	static const char *const names[] = {"upbeat", "chill", "energetic"};
	enum music_genre genre;
	for (int g = 0; g < MUSIC__COUNT; g++) {
		CHECK_STR(music_genre_name((enum music_genre)g), names[g]);
		CHECK(music_genre_find(names[g], &genre));
		CHECK_INT(genre, g);
	}
	genre = MUSIC_CHILL;
	CHECK(!music_genre_find("polka", &genre));
	CHECK_INT(genre, MUSIC_UPBEAT);
	CHECK(!music_genre_find(NULL, &genre));
}

TEST(a_piece_lasts_whole_bars_of_about_thirty_seconds)
{
	static void (*const compose[])(struct score *, int64_t, int) = {music_upbeat, music_chill, music_energetic};
	for (int g = 0; g < MUSIC__COUNT; g++) {
		struct score score;
		compose[g](&score, SEED, RATE);
		CHECK_INT(pieces[g].frames, score_frames(&score));
		CHECK_INT(pieces[g].frames % (score.step_frames * SCORE_STEPS), 0);
		score_done(&score);
		CHECK(pieces[g].frames >= 28 * RATE && pieces[g].frames <= 34 * RATE);
	}
}

TEST(every_piece_has_the_level)
{
	struct error err = {0};
	for (int g = 0; g < MUSIC__COUNT; g++) {
		struct loudness_result result;
		CHECK_OK(loudness_measure(pieces[g].samples, pieces[g].frames, RATE, 2, &result, &err), &err);
		CHECK(fabs(result.integrated + 16) <= 0.5);
		CHECK(result.true_peak <= -1.5);
		CHECK_INT(result.clipped, 0);
		CHECK_INT(result.silent_frames, 0);
		CHECK(fabs(result.dc[0]) < 1e-3 && fabs(result.dc[1]) < 1e-3);
		/* wide, and whole when played in mono */
		CHECK(result.correlation > 0.2 && result.correlation < 0.98);
	}
}

TEST(the_same_seed_gives_the_same_samples)
{
	float *again = NULL;
	size_t frames = 0;
	if (!CHECK(render(MUSIC_CHILL, SEED, &again, &frames) == 0))
		return;
	CHECK_INT(frames, pieces[MUSIC_CHILL].frames);
	CHECK(memcmp(again, pieces[MUSIC_CHILL].samples, frames * 2 * sizeof(*again)) == 0);
	free(again);
}

TEST(another_seed_gives_another_piece)
{
	float *other = NULL;
	size_t frames = 0;
	if (!CHECK(render(MUSIC_CHILL, SEED + 1, &other, &frames) == 0))
		return;
	const size_t both = FW_MIN(frames, pieces[MUSIC_CHILL].frames);
	CHECK(memcmp(other, pieces[MUSIC_CHILL].samples, both * 2 * sizeof(*other)) != 0);
	free(other);
}

TEST(impossible_requests_are_refused)
{
	struct error err = {0};
	float *samples = NULL;
	size_t frames = 0;
	CHECK_FAILS(music_render(&(struct music_request){.genre = MUSIC__COUNT, .rate = RATE}, &samples, &frames, &err),
	    &err, ERR_INPUT);
	CHECK_FAILS(music_render(&(struct music_request){.genre = MUSIC_CHILL, .rate = 0}, &samples, &frames, &err),
	    &err, ERR_INPUT);
	CHECK(samples == NULL);
}

/* Largest second difference of the mono sum around a frame: a click is a corner. */
static double
corner(const float *samples, size_t frames, size_t at)
{
	double largest = 0;
	for (size_t i = 0; i < 5; i++) {
		double x[3];
		for (size_t k = 0; k < 3; k++) {
			const size_t frame = (at + frames + i + k - 4) % frames;
			x[k] = (double)samples[2 * frame] + (double)samples[2 * frame + 1];
		}
		largest = fmax(largest, fabs(x[0] - 2 * x[1] + x[2]));
	}
	return largest;
}

/* The last frame is as good a neighbour of the first as those at the other bar lines are of each other. */
TEST(the_end_leads_into_the_beginning)
{
	for (int g = 0; g < MUSIC__COUNT; g++) {
		const size_t bars = g == MUSIC_CHILL ? 8 : 16, bar = pieces[g].frames / bars;
		double elsewhere = 0;
		for (size_t b = 1; b < bars; b++) {
			for (size_t near = 0; near < 200; near++)
				elsewhere =
				    fmax(elsewhere, corner(pieces[g].samples, pieces[g].frames, b * bar + near));
		}
		CHECK(corner(pieces[g].samples, pieces[g].frames, 0) <= elsewhere);
	}
}

static double
energy(const float *samples, size_t from, size_t count)
{
	double sum = 0;
	for (size_t i = 2 * from; i < 2 * (from + count); i++)
		sum += (double)samples[i] * (double)samples[i];
	return sum / (double)count;
}

/* No hole where tails would be missing: the first and the last 20 ms sound like a piece going on. */
TEST(tails_reach_over_the_seam)
{
	for (int g = 0; g < MUSIC__COUNT; g++) {
		const size_t part = RATE / 50;
		const double whole = energy(pieces[g].samples, 0, pieces[g].frames);
		CHECK(energy(pieces[g].samples, 0, part) > whole * 1e-3);
		CHECK(energy(pieces[g].samples, pieces[g].frames - part, part) > whole * 1e-3);
	}
}

/* How much the rises of energy in windows of 10 ms repeat after `lag` frames, -1..1. */
static double
pulse_at(const float *samples, size_t frames, double lag)
{
	const size_t hop = RATE / 100, count = frames / hop;
	double *rise = calloc(count, sizeof(*rise));
	if (rise == NULL)
		abort();
	double mean = 0, before = 0;
	for (size_t i = 0; i < count; i++) {
		const double level = log(1e-5 + energy(samples, i * hop, hop));
		rise[i] = fmax(0, level - before);
		before = level;
		mean += rise[i] / (double)count;
	}
	double product = 0, square = 0;
	const size_t shift = (size_t)(lag / (double)hop + 0.5);
	for (size_t i = 0; i < count; i++) {
		product += (rise[i] - mean) * (rise[(i + shift) % count] - mean);
		square += (rise[i] - mean) * (rise[i] - mean);
	}
	free(rise);
	return product / square;
}

/* Onsets come back after a bar, and not at a time that has nothing to do with the tempo. */
TEST(the_beat_is_regular)
{
	for (int g = 0; g < MUSIC__COUNT; g++) {
		const size_t bars = g == MUSIC_CHILL ? 8 : 16, bar = pieces[g].frames / bars;
		const double with = pulse_at(pieces[g].samples, pieces[g].frames, (double)bar);
		const double against = pulse_at(pieces[g].samples, pieces[g].frames, (double)bar * 0.284);
		CHECK(with > 0.15);
		CHECK(with > against + 0.1);
	}
}

static float *
fit(enum music_genre genre, size_t frames, bool normalise)
{
	struct error err = {0};
	float *samples = NULL;
	const struct music_fit wanted = {.frames = frames,
	    .fade_in = MUSIC_FADE_IN,
	    .fade_out = MUSIC_FADE_OUT,
	    .rate = RATE,
	    .normalise = normalise};
	CHECK_OK(music_fit(pieces[genre].samples, pieces[genre].frames, &wanted, &samples, &err), &err);
	return samples;
}

TEST(a_fitted_programme_fades_and_repeats_exactly)
{
	const size_t frames = 70 * RATE + 123, loop = pieces[MUSIC_UPBEAT].frames;
	float *const samples = fit(MUSIC_UPBEAT, frames, false);
	CHECK(fabsf(samples[0]) < 1e-4F && fabsf(samples[2 * frames - 1]) < 1e-4F);
	/* untouched between the fades, across the joint of two loops too */
	size_t changed = 0;
	for (size_t i = RATE; i < frames - RATE; i++)
		changed += samples[2 * i] != pieces[MUSIC_UPBEAT].samples[i % loop * 2];
	CHECK_INT(changed, 0);
	const double fade = energy(samples, 0, RATE / 4) / energy(pieces[MUSIC_UPBEAT].samples, 0, RATE / 4);
	CHECK(fade > 0.005 && fade < 0.5);
	free(samples);
}

TEST(a_fitted_programme_has_the_level_at_any_length)
{
	static const double seconds[] = {0.3, 5, 10.6, 61};
	struct error err = {0};
	for (int g = 0; g < MUSIC__COUNT; g++) {
		for (size_t s = 0; s < ARRAY_LEN(seconds); s++) {
			const size_t frames = (size_t)(seconds[s] * RATE);
			float *const samples = fit((enum music_genre)g, frames, true);
			struct loudness_result result;
			CHECK_OK(loudness_measure(samples, frames, RATE, 2, &result, &err), &err);
			CHECK(seconds[s] < 1 || fabs(result.integrated + 16) <= 1);
			CHECK(result.true_peak <= -1.5 + 1e-6);
			CHECK_INT(result.clipped, 0);
			free(samples);
		}
	}
}

TEST(fitting_nothing_is_refused)
{
	struct error err = {0};
	float *samples = NULL;
	CHECK_FAILS(music_fit(pieces[0].samples, pieces[0].frames, &(struct music_fit){.rate = RATE}, &samples, &err),
	    &err, ERR_INPUT);
	CHECK_FAILS(music_fit(pieces[0].samples, 0, &(struct music_fit){.frames = 10, .rate = RATE}, &samples, &err),
	    &err, ERR_INPUT);
	CHECK_FAILS(music_fit(pieces[0].samples, pieces[0].frames,
			&(struct music_fit){.frames = 10, .fade_in = -1, .rate = RATE}, &samples, &err),
	    &err, ERR_INPUT);
	CHECK(samples == NULL);
}

TEST_MAIN_WITH(set_up, tear_down, ROW(genres_have_names_both_ways),
    ROW(a_piece_lasts_whole_bars_of_about_thirty_seconds), ROW(every_piece_has_the_level),
    ROW(the_same_seed_gives_the_same_samples), ROW(another_seed_gives_another_piece),
    ROW(impossible_requests_are_refused), ROW(the_end_leads_into_the_beginning), ROW(tails_reach_over_the_seam),
    ROW(the_beat_is_regular), ROW(a_fitted_programme_fades_and_repeats_exactly),
    ROW(a_fitted_programme_has_the_level_at_any_length), ROW(fitting_nothing_is_refused))
