/* The meter against signals whose loudness the standards give (ITU-R BS.1770-4, EBU Tech 3341), and the level changer.
 * ADS-234. */
#include <math.h>
#include <stdlib.h>

#include "media/limiter.h"
#include "media/measure_audio.h"
#include "media/measure_peak.h"
#include "tests/harness/test_main.h"

#define RATE 48000

struct piece {
	float *samples;
	size_t frames;
	int channels, rate;
};

static struct piece
piece_new(double seconds, int channels, int rate)
{
	const size_t frames = (size_t)(seconds * rate + 0.5);
	struct piece piece = {.frames = frames, .channels = channels, .rate = rate};
	piece.samples = calloc(frames * (size_t)channels, sizeof(float));
	if (piece.samples == NULL)
		abort();
	return piece;
}

static void
piece_done(struct piece *piece)
{
	free(piece->samples);
}

/* Adds a sine of a peak level in dBFS to all channels between two times. */
static void
piece_sine(struct piece *piece, double frequency, double level, double phase, double from, double to)
{
	const size_t last = (size_t)(to * piece->rate + 0.5);
	for (size_t i = (size_t)(from * piece->rate + 0.5); i < last && i < piece->frames; i++) {
		const double x = pow(10, level / 20) * sin(2 * M_PI * (frequency * (double)i / piece->rate + phase));
		for (int c = 0; c < piece->channels; c++)
			piece->samples[i * (size_t)piece->channels + (size_t)c] += (float)x;
	}
}

static struct loudness_result
piece_measure(const struct piece *piece)
{
	struct loudness_result result = {0};
	struct error err = {0};
	CHECK_OK(loudness_measure(piece->samples, piece->frames, piece->rate, piece->channels, &result, &err), &err);
	return result;
}

static bool
near(double value, double expected, double tolerance)
{
	const bool held = fabs(value - expected) <= tolerance;
	if (!held)
		fprintf(stderr, "measured %.3f, expected %.3f +- %.3f\n", value, expected, tolerance);
	return held;
}

struct section {
	double seconds, level;
};

/* EBU Tech 3341 cases 1 to 5: stereo sine of 1000 Hz in sections. */
TEST(loudness_meets_ebu_cases)
{
	static const struct {
		struct section sections[5];
		double expected;
	} cases[] = {
	    {{{20, -23}}, -23},
	    {{{20, -33}}, -33},
	    {{{10, -36}, {60, -23}, {10, -36}}, -23},
	    {{{10, -72}, {10, -36}, {60, -23}, {10, -36}, {10, -72}}, -23},
	    {{{20, -26}, {20.1, -20}, {20, -26}}, -23},
	};
	for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
		struct piece piece = piece_new(100, 2, RATE);
		double at = 0;
		for (size_t s = 0; s < 5 && cases[k].sections[s].seconds > 0; s++) {
			const double end = at + cases[k].sections[s].seconds;
			piece_sine(&piece, 1000, cases[k].sections[s].level, 0, at, end);
			at = end;
		}
		piece.frames = (size_t)(at * RATE);
		CHECK(near(piece_measure(&piece).integrated, cases[k].expected, 0.1));
		piece_done(&piece);
	}
}

/* A sine of 997 Hz at full scale in one channel reads -3.01 LUFS. */
TEST(loudness_of_mono_sine_at_any_rate)
{
	static const int rates[] = {16000, 44100, 48000, 96000};
	for (size_t r = 0; r < ARRAY_LEN(rates); r++) {
		struct piece piece = piece_new(5, 1, rates[r]);
		piece_sine(&piece, 997, -20, 0, 0, 5);
		const struct loudness_result result = piece_measure(&piece);
		CHECK(near(result.integrated, -23.01, 0.1));
		CHECK(near(result.momentary_max, -23.01, 0.1));
		CHECK(near(result.true_peak, -20, 0.1));
		piece_done(&piece);
	}
}

TEST(loudness_weighs_surround_channels)
{
	struct piece piece = piece_new(3, 6, RATE);
	piece_sine(&piece, 997, -20, 0, 0, 3);
	/* three fronts and two surrounds of weight 1.41, no LFE: 10 log10(5.82) above one channel */
	CHECK(near(piece_measure(&piece).integrated, -23.01 + 7.65, 0.1));
	piece_done(&piece);
}

/* EBU Tech 3341 case 15 ff.: a quarter of the sample rate, 45 degrees off, swings 3 dB above its samples. */
TEST(true_peak_sees_between_samples)
{
	struct piece piece = piece_new(1, 2, RATE);
	piece_sine(&piece, RATE / 4.0, -6, 0.125, 0, 1);
	const struct loudness_result result = piece_measure(&piece);
	CHECK(near(result.sample_peak, -9.01, 0.05));
	CHECK(result.true_peak > -6.4 && result.true_peak < -5.8);
	piece_done(&piece);
}

TEST(true_peak_counts_the_last_samples)
{
	struct piece piece = piece_new(0.1, 1, RATE);
	piece.samples[piece.frames - 1] = 0.5F;
	CHECK(near(piece_measure(&piece).true_peak, -6.02, 0.01));
	piece_done(&piece);
}

TEST(peaks_of_a_block_are_those_of_its_places)
{
	struct peak_filter filter;
	float x[PEAK_BLOCK + PEAK_TAPS - 1];
	uint32_t noise = 1;

	peak_filter_init(&filter);
	for (int round = 0; round < 100; round++) {
		float peak = 0;

		for (size_t i = 0; i < ARRAY_LEN(x); i++) {
			noise = noise * 1664525 + 1013904223;
			x[i] = (float)(noise >> 8) / 8388608.0F - 1;
		}
		for (int i = 0; i < PEAK_BLOCK; i++)
			peak = fmaxf(peak, peak_between(&filter, x + i));
		CHECK(peak_block(&filter, x) == peak);
		/* what is no number hides nothing else */
		x[PEAK_BLOCK / 2] = NAN;
		CHECK(isfinite(peak_block(&filter, x)));
	}
}

TEST(meter_does_not_care_how_samples_arrive)
{
	struct error err = {0};
	struct piece piece = piece_new(2.345, 2, RATE);
	piece_sine(&piece, 440, -10, 0, 0.5, 2);
	piece_sine(&piece, 9000, -14, 0.3, 1, 2.3);
	const struct loudness_result whole = piece_measure(&piece);
	struct loudness *meter = loudness_new(RATE, 2, &err);
	for (size_t at = 0, step = 1; at < piece.frames; at += step, step = step * 7 % 1009 + 1) {
		step = FW_MIN(step, piece.frames - at);
		loudness_add(meter, piece.samples + 2 * at, step);
	}
	struct loudness_result parts;
	loudness_result(meter, &parts);
	loudness_free(&meter);
	CHECK(meter == NULL);
	CHECK(near(parts.integrated, whole.integrated, 1e-9));
	CHECK(near(parts.true_peak, whole.true_peak, 1e-6));
	CHECK_INT(parts.silent_frames, whole.silent_frames);
	CHECK_INT(parts.frames, whole.frames);
	piece_done(&piece);
}

TEST(meter_finds_silence)
{
	struct piece piece = piece_new(3, 2, RATE);
	piece_sine(&piece, 997, -20, 0, 0, 0.5);
	piece_sine(&piece, 997, -20, 0, 1.5, 2.75);
	const struct loudness_result result = piece_measure(&piece);
	CHECK(near((double)result.silence_at / RATE, 0.5, 0.001));
	CHECK(near((double)result.silence_longest / RATE, 1, 0.001));
	CHECK(near((double)result.silent_frames / RATE, 1.25, 0.002));
	piece_done(&piece);
}

TEST(meter_of_nothing_is_minus_infinity)
{
	struct piece piece = piece_new(1, 2, RATE);
	const struct loudness_result result = piece_measure(&piece);
	CHECK(isinf(result.integrated) && result.integrated < 0);
	CHECK(isinf(result.true_peak) && result.true_peak < 0);
	CHECK_INT(result.silence_longest, RATE);
	piece_done(&piece);
}

TEST(meter_counts_clipping_and_no_numbers)
{
	struct piece piece = piece_new(1, 2, RATE);
	piece.samples[100] = 1;
	piece.samples[102] = -1.5F;
	piece.samples[104] = NAN;
	piece.samples[107] = INFINITY;
	const struct loudness_result result = piece_measure(&piece);
	CHECK_INT(result.clipped, 4);
	CHECK(isfinite(result.true_peak) && isfinite(result.dc[0]));
	piece_done(&piece);
}

TEST(meter_shows_offset_and_correlation)
{
	struct piece piece = piece_new(1, 2, RATE);
	for (size_t i = 0; i < piece.frames; i++) {
		piece.samples[2 * i] = 0.25F * (float)sin(0.05 * (double)i);
		piece.samples[2 * i + 1] = -piece.samples[2 * i] + 0.01F;
	}
	const struct loudness_result result = piece_measure(&piece);
	CHECK(near(result.dc[1], 0.01, 0.001));
	CHECK(near(result.correlation, -1, 0.01));
	piece_done(&piece);
}

TEST(meter_refuses_impossible_formats)
{
	struct error err = {0};
	CHECK(loudness_new(0, 2, &err) == NULL);
	CHECK(error_is(&err, ERR_INPUT));
	CHECK(loudness_new(RATE, 0, &err) == NULL);
	CHECK(loudness_new(RATE, 9, &err) == NULL);
}

static void
piece_normalise(struct piece *piece, double lufs, double true_peak)
{
	struct error err = {0};
	const struct loudness_target target = {
	    .lufs = lufs, .true_peak = true_peak, .rate = piece->rate, .channels = piece->channels};
	CHECK_OK(loudness_normalise(piece->samples, piece->frames, &target, &err), &err);
}

TEST(normalise_raises_and_lowers)
{
	static const double levels[] = {-45, -20, -2};
	for (size_t k = 0; k < ARRAY_LEN(levels); k++) {
		struct piece piece = piece_new(4, 2, RATE);
		piece_sine(&piece, 997, levels[k], 0, 0, 4);
		piece_normalise(&piece, -16, -1.5);
		CHECK(near(piece_measure(&piece).integrated, -16, 0.1));
		piece_done(&piece);
	}
}

/* Short loud strokes over a quiet tone: the gain alone would send the strokes 10 dB over full scale. */
TEST(normalise_holds_the_ceiling)
{
	struct piece piece = piece_new(6, 2, RATE);
	piece_sine(&piece, 300, -26, 0, 0, 6);
	for (int k = 0; k < 12; k++)
		piece_sine(&piece, 11900, -1, 0.1 * k, 0.1 + 0.5 * k, 0.102 + 0.5 * k);
	piece_normalise(&piece, -16, -1.5);
	const struct loudness_result result = piece_measure(&piece);
	CHECK(near(result.integrated, -16, 0.5));
	CHECK(result.true_peak <= -1.5 + 1e-6);
	CHECK_INT(result.clipped, 0);
	piece_done(&piece);
}

TEST(normalise_prefers_the_ceiling_to_the_target)
{
	struct piece piece = piece_new(3, 1, RATE);
	for (int k = 0; k < 6; k++)
		piece.samples[RATE / 4 + k * RATE / 2] = 0.5F;
	piece_normalise(&piece, -16, -1.5);
	CHECK(piece_measure(&piece).true_peak <= -1.5 + 1e-6);
	piece_done(&piece);
}

TEST(normalise_takes_pieces_below_a_block)
{
	struct piece piece = piece_new(0.2, 2, RATE);
	piece_sine(&piece, 997, -30, 0, 0, 0.2);
	piece_normalise(&piece, -16, -1.5);
	CHECK(near(20 * log10(fabs((double)piece.samples[2 * 12])),
	    20 * log10(pow(10, -16 / 20.0) * fabs(sin(2 * M_PI * 997 * 12 / RATE))), 0.3));
	piece_done(&piece);
}

TEST(normalise_leaves_silence_alone)
{
	struct piece piece = piece_new(1, 2, RATE);
	piece_normalise(&piece, -16, -1.5);
	CHECK(isinf(piece_measure(&piece).sample_peak));
	piece.frames = 0;
	piece_normalise(&piece, -16, -1.5);
	piece_done(&piece);
}

TEST(limiter_does_not_care_how_samples_arrive)
{
	struct piece whole = piece_new(2, 2, RATE), parts = piece_new(2, 2, RATE);
	struct limiter *limiter = limiter_new(RATE, 2, -6);
	size_t out;

	for (int k = 0; k < 10; k++)
		piece_sine(&whole, 3000 + 800 * k, -0.5, 0, 0.2 * k, 0.2 * k + 0.05);
	memcpy(parts.samples, whole.samples, 2 * whole.frames * sizeof(float));
	out = limiter_run(limiter, whole.samples, whole.frames, whole.samples);
	CHECK_INT(out, whole.frames - limiter_delay(limiter));
	CHECK_INT(limiter_run(limiter, NULL, limiter_delay(limiter), whole.samples + 2 * out), limiter_delay(limiter));
	limiter_free(&limiter);
	limiter = limiter_new(RATE, 2, -6);
	out = 0;
	for (size_t at = 0; at < parts.frames; at += 77)
		out += limiter_run(
		    limiter, parts.samples + 2 * at, FW_MIN(77, parts.frames - at), parts.samples + 2 * out);
	out += limiter_run(limiter, NULL, parts.frames - out, parts.samples + 2 * out);
	CHECK_INT(out, parts.frames);
	limiter_free(&limiter);
	CHECK(limiter == NULL);
	CHECK(memcmp(parts.samples, whole.samples, 2 * whole.frames * sizeof(float)) == 0);
	CHECK(piece_measure(&whole).true_peak <= -6 && piece_measure(&whole).true_peak > -6.3);
	piece_done(&whole);
	piece_done(&parts);
}

TEST_MAIN(ROW(peaks_of_a_block_are_those_of_its_places), ROW(limiter_does_not_care_how_samples_arrive),
    ROW(loudness_meets_ebu_cases), ROW(loudness_of_mono_sine_at_any_rate), ROW(loudness_weighs_surround_channels),
    ROW(true_peak_sees_between_samples), ROW(true_peak_counts_the_last_samples),
    ROW(meter_does_not_care_how_samples_arrive), ROW(meter_finds_silence), ROW(meter_of_nothing_is_minus_infinity),
    ROW(meter_counts_clipping_and_no_numbers), ROW(meter_shows_offset_and_correlation),
    ROW(meter_refuses_impossible_formats), ROW(normalise_raises_and_lowers), ROW(normalise_holds_the_ceiling),
    ROW(normalise_prefers_the_ceiling_to_the_target), ROW(normalise_takes_pieces_below_a_block),
    ROW(normalise_leaves_silence_alone))
