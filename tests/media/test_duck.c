/* Music steps back under dialogue. SCENE-91, ADS-318. */
#include <math.h>
#include <stdlib.h>

#include "media/duck.h"
#include "tests/harness/test_main.h"

#define RATE 48000
#define SECONDS 6

/* Speech from 2.0 to 3.0 and from 3.1 to 3.5: two words of one sentence; and a breath at 5. */
static void
speak(float *samples, size_t frames)
{
	for (size_t i = 0; i < frames; i++) {
		const double t = (double)i / RATE;
		const double level = (t >= 2 && t < 3) || (t >= 3.1 && t < 3.5) ? 0.3 : t >= 5 && t < 5.2 ? 0.002 : 0;

		samples[2 * i] = samples[2 * i + 1] = (float)(level * sin(2 * M_PI * 180 * t));
	}
}

/* The gain over the film: what becomes of ones. */
static float *
gains(const struct duck *duck, size_t portion)
{
	const size_t frames = SECONDS * RATE;
	struct duck_key *key = duck_key_new(RATE);
	float *dialogue = calloc(2 * frames, sizeof(*dialogue));
	float *music = calloc(2 * frames, sizeof(*music));

	if (dialogue == NULL || music == NULL)
		abort();
	speak(dialogue, frames);
	for (size_t i = 0; i < 2 * frames; i++)
		music[i] = 1;
	/* the key runs ahead by as much as it must */
	for (size_t at = 0; at < frames + RATE; at += portion) {
		if (at < frames)
			duck_key_add(key, dialogue + 2 * at, FW_MIN(portion, frames - at));
		if (at >= RATE)
			duck_apply(duck, key, (int64_t)(at - RATE), music + 2 * (at - RATE),
			    FW_MIN(portion, frames - (at - RATE)));
	}
	CHECK(fabs((double)duck_key_heard(key) / RATE - 1.4) < 0.011);
	duck_key_free(&key);
	CHECK(key == NULL);
	free(dialogue);
	return music;
}

static double
db_at(const float *music, double seconds)
{
	return 20 * log10((double)music[2 * (size_t)(seconds * RATE)]);
}

static bool
near(double value, double expected, double tolerance)
{
	if (fabs(value - expected) <= tolerance)
		return true;
	fprintf(stderr, "%.3f, expected %.3f\n", value, expected);
	return false;
}

TEST(duck_is_down_when_speech_begins_and_back_in_time)
{
	const struct duck duck = {.depth_db = 10, .attack_s = 0.1, .release_s = 0.5};
	float *music = gains(&duck, 480);

	CHECK(near(db_at(music, 1.89), 0, 0.01));
	CHECK(near(db_at(music, 1.95), -5, 0.1));
	CHECK(near(db_at(music, 2.001), -10, 0.01));
	CHECK(near(db_at(music, 2.5), -10, 0.01));
	/* the pause between the words */
	CHECK(near(db_at(music, 3.05), -10, 0.01));
	CHECK(near(db_at(music, 3.49), -10, 0.01));
	CHECK(db_at(music, 3.8) > -7);
	CHECK(near(db_at(music, 4.01), 0, 0.01));
	/* too quiet to be speech */
	CHECK(near(db_at(music, 5.1), 0, 0.001));
	free(music);
}

TEST(duck_moves_without_a_step)
{
	const struct duck duck = {.depth_db = 24, .attack_s = 0.02, .release_s = 0.08};
	float *music = gains(&duck, 1000);
	double step = 0;

	for (size_t i = 1; i < (size_t)SECONDS * RATE; i++)
		step = fmax(step, fabs((double)music[2 * i] - (double)music[2 * i - 2]));
	/* 24 dB within 20 ms: at most 0.29 % a frame */
	CHECK(step < 0.004);
	free(music);
}

TEST(duck_does_not_care_how_samples_arrive)
{
	const struct duck duck = {.depth_db = 10, .attack_s = 0.3, .release_s = 1};
	float *a = gains(&duck, 1000), *b = gains(&duck, 48000);

	CHECK(memcmp(a, b, 2 * (size_t)SECONDS * RATE * sizeof(*a)) == 0);
	free(a);
	free(b);
}

TEST(duck_without_depth_or_speech_changes_nothing)
{
	const struct duck none = {.attack_s = 0.1, .release_s = 0.5}, deep = {.depth_db = 10, .release_s = 0.5};
	float *music = gains(&none, 4800), quiet[200];
	struct duck_key *key = duck_key_new(RATE);

	CHECK(db_at(music, 2.5) == 0);
	free(music);
	for (size_t i = 0; i < ARRAY_LEN(quiet); i++)
		quiet[i] = 0.5F;
	duck_apply(&deep, key, 0, quiet, ARRAY_LEN(quiet) / 2);
	CHECK(quiet[0] == 0.5F && quiet[199] == 0.5F);
	duck_key_free(&key);
}

TEST_MAIN(ROW(duck_is_down_when_speech_begins_and_back_in_time), ROW(duck_moves_without_a_step),
    ROW(duck_does_not_care_how_samples_arrive), ROW(duck_without_depth_or_speech_changes_nothing))
