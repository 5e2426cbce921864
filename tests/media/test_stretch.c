/* Other speeds with the same pitch: tones stay tones of their frequency, strokes are heard once and in time. SCENE-65,
 * SCENE-68. */
#include <math.h>
#include <stdlib.h>

#include "media/stretch.h"
#include "tests/harness/test_main.h"

#define RATE 48000

/* What is pulled: a function of the frame. */
struct voice {
	double (*wave)(int64_t frame);
	int64_t at;
	int64_t end; /* then silence */
};

static int
voice_pull(void *ctx, float *samples, size_t frames, struct error *err)
{
	struct voice *voice = ctx;

	(void)err;
	for (size_t i = 0; i < frames; i++, voice->at++) {
		samples[2 * i] = voice->at < voice->end ? (float)voice->wave(voice->at) : 0;
		samples[2 * i + 1] = -0.5F * samples[2 * i];
	}
	return 0;
}

static float *
stretched(double (*wave)(int64_t), int64_t length, int64_t ppm, size_t frames, size_t portion)
{
	struct voice voice = {.wave = wave, .end = length};
	struct stretch *stretch = stretch_new(RATE, ppm, voice_pull, &voice);
	float *out = calloc(2 * frames, sizeof(*out));
	struct error err = {0};

	if (out == NULL)
		abort();
	for (size_t at = 0; at < frames; at += portion)
		CHECK_OK(stretch_run(stretch, out + 2 * at, FW_MIN(portion, frames - at), &err), &err);
	stretch_free(&stretch);
	CHECK(stretch == NULL);
	return out;
}

static double
tone(int64_t frame)
{
	return 0.5 * sin(2 * M_PI * 440 * (double)frame / RATE);
}

static double
chord(int64_t frame)
{
	const double t = 2 * M_PI * (double)frame / RATE;

	return 0.2 * (sin(110 * t) + sin(277.18 * t) + sin(659.26 * t));
}

/* Short strokes of noise-like waves, one every 400 ms from 0.2 s on. */
#define STROKE_EVERY (RATE * 2 / 5)
#define STROKE_FIRST (RATE / 5)
static double
strokes(int64_t frame)
{
	const int64_t at = frame - STROKE_FIRST;
	const double t = (double)(at % STROKE_EVERY) / RATE;

	return at < 0 || t > 0.02 ? 0 : 0.8 * exp(-t * 200) * sin(2 * M_PI * 1800 * t + 0.5);
}

/* The same over a low tone: found against something that sounds all the time. */
static double
strokes_over_tone(int64_t frame)
{
	return strokes(frame) + 0.02 * sin(2 * M_PI * 200 * (double)frame / RATE);
}

static const int64_t speeds[] = {250000, 500000, 800000, 1250000, 1500000, 2000000, 4000000};

/* Frequency by the upward zero crossings between the first and the last, each placed between samples. */
static double
frequency(const float *samples, size_t from, size_t to)
{
	double first = -1, last = 0;
	int count = 0;

	for (size_t i = from + 1; i < to; i++) {
		const double a = samples[2 * i - 2], b = samples[2 * i];

		if (a < 0 && b >= 0) {
			last = (double)(i - 1) + a / (a - b);
			count++;
			if (first < 0)
				first = last;
		}
	}
	return count < 2 ? 0 : (count - 1) * (double)RATE / (last - first);
}

TEST(stretch_keeps_the_pitch)
{
	for (size_t k = 0; k < ARRAY_LEN(speeds); k++) {
		const size_t frames = 2 * RATE;
		float *out = stretched(tone, INT64_MAX, speeds[k], frames, 1000);
		const double hz = frequency(out, 0, frames);

		if (!CHECK(fabs(hz - 440) < 0.5))
			fprintf(stderr, "speed %.2f: %.2f Hz\n", (double)speeds[k] / 1e6, hz);
		free(out);
	}
}

/* The level never dips or rises, and no step is larger than the wave's own steepest: nothing clicks. */
TEST(stretch_joins_waves_without_a_seam)
{
	const double steepest = 0.5 * 2 * M_PI * 440 / RATE;

	for (size_t k = 0; k < ARRAY_LEN(speeds); k++) {
		const size_t frames = 2 * RATE;
		float *out = stretched(tone, INT64_MAX, speeds[k], frames, 4096);
		double low = 1, high = 0, step = 0;

		for (size_t at = 480; at + 480 < frames; at += 480) {
			double sum = 0;

			for (size_t i = at; i < at + 480; i++) {
				sum += (double)out[2 * i] * out[2 * i];
				step = fmax(step, fabs((double)out[2 * i] - (double)out[2 * i - 2]));
			}
			low = fmin(low, sqrt(sum / 480));
			high = fmax(high, sqrt(sum / 480));
		}
		/* 10 ms do not hold whole waves: the level of a window moves by a few per cent by itself */
		if (!CHECK(low > 0.353 * 0.93 && high < 0.353 * 1.07 && step < steepest * 1.1))
			fprintf(stderr, "speed %.2f: level %.4f to %.4f, step %.4f (%.4f)\n", (double)speeds[k] / 1e6,
			    low, high, step, steepest);
		free(out);
	}
}

TEST(stretch_keeps_the_level_of_chords)
{
	for (size_t k = 0; k < ARRAY_LEN(speeds); k++) {
		const size_t frames = 3 * RATE;
		float *out = stretched(chord, INT64_MAX, speeds[k], frames, 4096);
		double sum = 0;

		for (size_t i = 0; i < frames; i++)
			sum += (double)out[2 * i] * out[2 * i];
		sum = 10 * log10(sum / (double)frames / (0.2 * 0.2 * 1.5));
		if (!CHECK(fabs(sum) < 0.7))
			fprintf(stderr, "speed %.2f: %.2f dB\n", (double)speeds[k] / 1e6, sum);
		free(out);
	}
}

/* Walks the output and returns the frames at which it rises out of what was quiet for 15 ms. */
static size_t
find_onsets(const float *out, size_t frames, float level, size_t onsets[static 64])
{
	size_t n = 0, quiet = 720;

	for (size_t i = 0; i < frames; i++) {
		if (fabsf(out[2 * i]) < level) {
			quiet++;
			continue;
		}
		if (quiet >= 720 && n < 64)
			onsets[n++] = i;
		quiet = 0;
	}
	return n;
}

static void
check_onsets(double (*wave)(int64_t), int64_t ppm)
{
	const double speed = (double)ppm / 1e6;
	const size_t frames = (size_t)(4 * RATE / speed), expected = 4 * RATE / STROKE_EVERY;
	float *out = stretched(wave, INT64_MAX, ppm, frames, 777);
	size_t onsets[64];
	const size_t found = find_onsets(out, frames, 0.1F, onsets);

	if (!CHECK_INT(found, expected))
		fprintf(stderr, "speed %.2f\n", speed);
	for (size_t i = 0; i < FW_MIN(found, expected); i++) {
		const double off = (double)onsets[i] / RATE - (double)(STROKE_FIRST + i * STROKE_EVERY) / RATE / speed;

		if (!CHECK(fabs(off) < 0.001))
			fprintf(stderr, "speed %.2f: stroke %zu is off by %.4f s\n", speed, i, off);
	}
	free(out);
}

TEST(stretch_plays_every_stroke_once_and_in_time)
{
	for (size_t k = 0; k < ARRAY_LEN(speeds); k++) {
		check_onsets(strokes, speeds[k]);
		check_onsets(strokes_over_tone, speeds[k]);
	}
}

/* Strokes in the first hundredths of a second, where there is no room before them. */
static int64_t early;
static double
early_stroke(int64_t frame)
{
	const double t = (double)(frame - early) / RATE;

	return t < 0 || t > 0.02 ? 0 : 0.8 * exp(-t * 200) * sin(2 * M_PI * 1800 * t + 0.5);
}

TEST(stretch_plays_a_stroke_at_the_beginning_once)
{
	static const int64_t places[] = {100, 480, 700, 1000, 1500, 2000};

	for (size_t k = 0; k < ARRAY_LEN(speeds); k++)
		for (size_t p = 0; p < ARRAY_LEN(places); p++) {
			size_t onsets[64];
			float *out;

			early = places[p];
			out = stretched(early_stroke, INT64_MAX, speeds[k], RATE, 512);
			if (CHECK_INT(find_onsets(out, RATE, 0.1F, onsets), 1) &&
			    !CHECK(fabs((double)onsets[0] - (double)early * 1e6 / (double)speeds[k]) < 48))
				fprintf(stderr, "speed %.2f: %zu for %lld\n", (double)speeds[k] / 1e6, onsets[0],
				    (long long)early);
			free(out);
		}
}

TEST(stretch_does_not_care_how_it_is_asked)
{
	float *whole = stretched(strokes_over_tone, INT64_MAX, 700000, RATE, RATE);
	float *parts = stretched(strokes_over_tone, INT64_MAX, 700000, RATE, 123);

	CHECK(memcmp(whole, parts, 2 * RATE * sizeof(*whole)) == 0);
	free(whole);
	free(parts);
}

TEST(stretch_as_recorded_changes_nothing)
{
	float *out = stretched(strokes_over_tone, INT64_MAX, 1000000, RATE, 1024);
	size_t differ = 0;

	for (size_t i = 0; i < RATE; i++)
		differ += out[2 * i] != (float)strokes_over_tone((int64_t)i);
	CHECK_INT(differ, 0);
	free(out);
}

TEST(stretch_ends_in_silence)
{
	float *out = stretched(tone, RATE / 2, 500000, 2 * RATE, 999);
	double after = 0, before = 0;

	for (size_t i = RATE + RATE / 20; i < 2 * RATE; i++)
		after = fmax(after, fabs((double)out[2 * i]));
	for (size_t i = RATE - RATE / 20; i < RATE - RATE / 50; i++)
		before = fmax(before, fabs((double)out[2 * i]));
	CHECK(after == 0);
	CHECK(before > 0.4);
	free(out);
}

static int
failing_pull(void *ctx, float *samples, size_t frames, struct error *err)
{
	(void)ctx, (void)samples, (void)frames;
	return error_set(err, ERR_INPUT, "cannot be read");
}

TEST(stretch_fails_when_pulling_does)
{
	struct stretch *stretch = stretch_new(RATE, 500000, failing_pull, NULL);
	struct error err = {0};
	float out[20];

	CHECK_FAILS(stretch_run(stretch, out, 10, &err), &err, ERR_INPUT);
	stretch_free(&stretch);
}

TEST_MAIN(ROW(stretch_keeps_the_pitch), ROW(stretch_joins_waves_without_a_seam), ROW(stretch_keeps_the_level_of_chords),
    ROW(stretch_plays_every_stroke_once_and_in_time), ROW(stretch_plays_a_stroke_at_the_beginning_once),
    ROW(stretch_does_not_care_how_it_is_asked), ROW(stretch_as_recorded_changes_nothing), ROW(stretch_ends_in_silence),
    ROW(stretch_fails_when_pulling_does))
