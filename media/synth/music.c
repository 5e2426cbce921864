#include "media/synth/music.h"

#include "media/measure_audio.h"
#include "media/synth/music_genre.h"
#include "media/synth/music_mix.h"

#define CHANNELS 2
#define RATE_MIN 22050
/* How much of the circle is put before and after it, so that the limiter's look-ahead and release reach over the seam.
 */
#define SEAM_SECONDS 1

static const struct {
	const char *name;
	void (*compose)(struct score *score, int64_t seed, int rate);
} genres[MUSIC__COUNT] = {
    [MUSIC_UPBEAT] = {"upbeat", music_upbeat},
    [MUSIC_CHILL] = {"chill", music_chill},
    [MUSIC_ENERGETIC] = {"energetic", music_energetic},
};

static float *
samples_new(size_t frames)
{
	float *const samples = calloc(FW_MAX(frames, (size_t)1) * CHANNELS, sizeof(*samples));
	if (samples == NULL)
		abort();
	return samples;
}

static void
samples_free(float **samples)
{
	free(*samples);
	*samples = NULL;
}

const char *
music_genre_name(enum music_genre genre)
{
	return genres[genre].name;
}

bool
music_genre_find(const char *name, enum music_genre *ret_genre)
{
	for (int g = 0; g < MUSIC__COUNT; g++) {
		if (name != NULL && strcmp(name, genres[g].name) == 0) {
			*ret_genre = (enum music_genre)g;
			return true;
		}
	}
	*ret_genre = MUSIC_UPBEAT;
	return false;
}

/* Normalises the circle opened somewhere with a piece of itself on either side, and keeps the middle. */
static int
circle_normalise(float *circle, size_t frames, int rate, struct error *err)
{
	const struct loudness_target target = {
	    .lufs = MUSIC_LUFS, .true_peak = MUSIC_TRUE_PEAK, .rate = rate, .channels = CHANNELS};
	const size_t seam = (size_t)(SEAM_SECONDS * rate);
	CLEANUP(samples_free) float *open = samples_new(frames + 2 * seam);
	for (size_t i = 0; i < frames + 2 * seam; i++)
		memcpy(open + i * CHANNELS, circle + (i + frames - seam) % frames * CHANNELS, CHANNELS * sizeof(*open));
	if (loudness_normalise(open, frames + 2 * seam, &target, err) < 0)
		return -1;
	memcpy(circle, open + seam * CHANNELS, frames * CHANNELS * sizeof(*circle));
	return 0;
}

int
music_render(const struct music_request *request, float **ret_interleaved, size_t *ret_frames, struct error *err)
{
	if ((int)request->genre < 0 || request->genre >= MUSIC__COUNT)
		return error_set(err, ERR_INPUT, "music genre %d does not exist", (int)request->genre);
	if (request->rate < RATE_MIN || request->rate > MEASURE_AUDIO_RATE_MAX)
		return error_set(
		    err, ERR_INPUT, "music rate %d is outside %d..%d", request->rate, RATE_MIN, MEASURE_AUDIO_RATE_MAX);
	struct score score;
	genres[request->genre].compose(&score, request->seed, request->rate);
	const size_t frames = score_frames(&score);
	float *samples = samples_new(frames);
	mix_render(&score, -1, samples);
	score_done(&score);
	if (circle_normalise(samples, frames, request->rate, err) < 0) {
		samples_free(&samples);
		return error_wrap(err, "levelling %s music", music_genre_name(request->genre));
	}
	*ret_interleaved = samples;
	*ret_frames = frames;
	return 0;
}

/* A raised cosine: begins and ends without a corner. */
static float
fade_gain(size_t at, size_t length)
{
	return at >= length ? 1 : (float)(0.5 - 0.5 * cos(M_PI * ((double)at + 0.5) / (double)length));
}

static void
fade(float *samples, const struct music_fit *fit)
{
	const double seconds = (double)fit->frames / fit->rate;
	const double squeeze = fmin(1, seconds / fmax(1e-9, fit->fade_in + fit->fade_out));
	const size_t in = (size_t)(fit->fade_in * squeeze * fit->rate),
		     out = (size_t)(fit->fade_out * squeeze * fit->rate);
	for (size_t i = 0; i < fit->frames; i++) {
		const float gain = fade_gain(i, in) * fade_gain(fit->frames - 1 - i, out);
		samples[i * CHANNELS] *= gain;
		samples[i * CHANNELS + 1] *= gain;
	}
}

int
music_fit(
    const float *loop, size_t loop_frames, const struct music_fit *fit, float **ret_interleaved, struct error *err)
{
	const struct loudness_target target = {
	    .lufs = MUSIC_LUFS, .true_peak = MUSIC_TRUE_PEAK, .rate = fit->rate, .channels = CHANNELS};
	if (loop_frames == 0 || fit->frames == 0)
		return error_set(err, ERR_INPUT, "music of no length");
	if (fit->fade_in < 0 || fit->fade_out < 0)
		return error_set(err, ERR_INPUT, "music fades must not be negative");
	float *samples = samples_new(fit->frames);
	for (size_t at = 0; at < fit->frames; at += loop_frames)
		memcpy(
		    samples + at * CHANNELS, loop, FW_MIN(loop_frames, fit->frames - at) * CHANNELS * sizeof(*samples));
	fade(samples, fit);
	if (fit->normalise && loudness_normalise(samples, fit->frames, &target, err) < 0) {
		samples_free(&samples);
		return error_wrap(err, "levelling music to its length");
	}
	*ret_interleaved = samples;
	return 0;
}
