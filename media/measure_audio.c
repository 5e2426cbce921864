#include "media/measure_audio.h"

#include <math.h>

#include "media/measure_peak.h"

/* Blocks of the standard: 400 ms made of four steps of 100 ms. */
#define STEPS_PER_BLOCK 4
#define GATE_ABSOLUTE (-70.0)
#define GATE_RELATIVE (-10.0)
/* -60 dBFS */
#define SILENCE_LEVEL 0.001F
/* Samples examined at once; also the unit of the shortcut in peak_scan(). */
#define CHUNK PEAK_BLOCK

struct biquad {
	double b0, b1, b2, a1, a2;
};

/* K-weighting: a shelf for the head and a high pass. */
#define STAGES 2

struct channel {
	double state[STAGES][2];
	double weight;
	double step_energy;
	double sum;
	/* the last samples of the chunk before, then the chunk, deinterleaved */
	float window[PEAK_TAPS - 1 + CHUNK];
};

struct silence {
	uint64_t run_at, run;
	uint64_t total, longest, longest_at;
};

struct loudness {
	int rate, channels;
	struct biquad stage[STAGES];
	struct channel channel[MEASURE_AUDIO_CHANNELS_MAX];
	struct peak_filter filter;
	uint64_t frames;
	uint32_t step_frames, step_filled;
	double *steps; /* weighted mean square of each 100 ms */
	size_t steps_used, steps_size;
	float peak, peak_sample;
	uint64_t clipped;
	struct silence silence;
	double product, square[2]; /* for the correlation */
};

/* The standard gives coefficients at 48 kHz only; these are its analogue prototypes, so that every rate weighs alike.
 */
static struct biquad
stage_shelf(int rate)
{
	const double gain = 3.999843853973347, q = 0.7071752369554196;
	const double k = tan(M_PI * 1681.974450955533 / rate);
	const double vh = pow(10, gain / 20), vb = pow(vh, 0.4996667741545416);
	const double a0 = 1 + k / q + k * k;
	return (struct biquad){
	    .b0 = (vh + vb * k / q + k * k) / a0,
	    .b1 = 2 * (k * k - vh) / a0,
	    .b2 = (vh - vb * k / q + k * k) / a0,
	    .a1 = 2 * (k * k - 1) / a0,
	    .a2 = (1 - k / q + k * k) / a0,
	};
}

static struct biquad
stage_high_pass(int rate)
{
	const double q = 0.5003270373238773;
	const double k = tan(M_PI * 38.13547087602444 / rate);
	const double a0 = 1 + k / q + k * k;
	return (struct biquad){.b0 = 1, .b1 = -2, .b2 = 1, .a1 = 2 * (k * k - 1) / a0, .a2 = (1 - k / q + k * k) / a0};
}

static double
biquad_run(const struct biquad *f, double state[2], double x)
{
	const double y = f->b0 * x + state[0];
	state[0] = f->b1 * x - f->a1 * y + state[1];
	state[1] = f->b2 * x - f->a2 * y;
	return y;
}

/* In digital silence the state would fade into denormal numbers, which processors handle a hundred times slower. */
static void
biquad_settle(double state[2])
{
	if (fabs(state[0]) < 1e-30 && fabs(state[1]) < 1e-30)
		state[0] = state[1] = 0;
}

/* Surround channels count 1.5 dB more, the LFE nothing. */
static double
channel_weight(int channel, int channels)
{
	if (channels != 6 || channel < 3)
		return 1;
	return channel == 3 ? 0 : 1.41;
}

struct loudness *
loudness_new(int rate, int channels, struct error *err)
{
	if (rate < MEASURE_AUDIO_RATE_MIN || rate > MEASURE_AUDIO_RATE_MAX) {
		(void)error_set(err, ERR_INPUT, "audio rate %d is outside %d..%d", rate, MEASURE_AUDIO_RATE_MIN,
		    MEASURE_AUDIO_RATE_MAX);
		return NULL;
	}
	if (channels < 1 || channels > MEASURE_AUDIO_CHANNELS_MAX) {
		(void)error_set(
		    err, ERR_INPUT, "%d audio channels, expected 1..%d", channels, MEASURE_AUDIO_CHANNELS_MAX);
		return NULL;
	}
	struct loudness *meter = calloc(1, sizeof(*meter));
	if (meter == NULL)
		abort();
	meter->rate = rate;
	meter->channels = channels;
	meter->step_frames = (uint32_t)((rate + 5) / 10);
	meter->stage[0] = stage_shelf(rate);
	meter->stage[1] = stage_high_pass(rate);
	peak_filter_init(&meter->filter);
	for (int c = 0; c < channels; c++)
		meter->channel[c].weight = channel_weight(c, channels);
	return meter;
}

void
loudness_free(struct loudness **meter)
{
	if (*meter == NULL)
		return;
	free((*meter)->steps);
	free(*meter);
	*meter = NULL;
}

static void
step_end(struct loudness *meter)
{
	if (meter->steps_used == meter->steps_size) {
		meter->steps_size = meter->steps_size == 0 ? 1024 : meter->steps_size * 2;
		double *const steps = realloc(meter->steps, meter->steps_size * sizeof(*steps));
		if (steps == NULL)
			abort();
		meter->steps = steps;
	}
	double energy = 0;
	for (int c = 0; c < meter->channels; c++) {
		energy += meter->channel[c].weight * meter->channel[c].step_energy;
		meter->channel[c].step_energy = 0;
		biquad_settle(meter->channel[c].state[0]);
		biquad_settle(meter->channel[c].state[1]);
	}
	meter->steps[meter->steps_used++] = energy / meter->step_frames;
	meter->step_filled = 0;
}

/* Takes one channel out of the interleaved chunk behind the samples kept from before, without what is no number. */
static void
chunk_take(struct loudness *meter, int c, const float *interleaved, size_t frames)
{
	struct channel *const channel = &meter->channel[c];
	float *const x = channel->window + PEAK_TAPS - 1;
	for (size_t i = 0; i < frames; i++) {
		x[i] = interleaved[i * (size_t)meter->channels + (size_t)c];
		if (!isfinite(x[i])) {
			x[i] = 0;
			meter->clipped++;
		} else if (fabsf(x[i]) >= 1) {
			meter->clipped++;
		}
		channel->sum += x[i];
	}
}

static void
chunk_weigh(struct loudness *meter, int c, size_t frames)
{
	struct channel *const channel = &meter->channel[c];
	const float *const x = channel->window + PEAK_TAPS - 1;
	double energy = 0;
	for (size_t i = 0; i < frames; i++) {
		const double shelf = biquad_run(&meter->stage[0], channel->state[0], x[i]);
		const double y = biquad_run(&meter->stage[1], channel->state[1], shelf);
		energy += y * y;
	}
	channel->step_energy += energy;
}

static float
magnitude_max(const float *x, size_t count)
{
	float max = 0;
	for (size_t i = 0; i < count; i++)
		max = fabsf(x[i]) > max ? fabsf(x[i]) : max;
	return max;
}

/* The filter cannot make more than gain_max of the samples it sees, so quiet chunks need no look between the samples.
 */
static float
peak_scan(const struct peak_filter *filter, const float *window, size_t frames, float peak)
{
	const float max = magnitude_max(window, frames + PEAK_TAPS - 1);
	if (max * filter->gain_max <= peak)
		return peak;
	if (frames == PEAK_BLOCK)
		return fmaxf(peak, peak_block(filter, window));
	for (size_t i = 0; i < frames; i++)
		peak = fmaxf(peak, peak_between(filter, window + i));
	return peak;
}

static void
silence_add(struct silence *silence, uint64_t at, bool silent, uint32_t least)
{
	if (silent) {
		if (silence->run++ == 0)
			silence->run_at = at;
		if (silence->run == least)
			silence->total += least;
		else if (silence->run > least)
			silence->total++;
		if (silence->run >= least && silence->run > silence->longest) {
			silence->longest = silence->run;
			silence->longest_at = silence->run_at;
		}
		return;
	}
	silence->run = 0;
}

static void
chunk_silence(struct loudness *meter, size_t frames)
{
	bool loud = false;
	for (int c = 0; c < meter->channels; c++)
		loud = loud || fabsf(meter->channel[c].window[PEAK_TAPS - 1 + frames - 1]) >= SILENCE_LEVEL;
	if (loud && meter->silence.run == 0) {
		/* a stretch that counts is longer than a chunk and cannot lie within this one */
		return;
	}
	for (size_t i = 0; i < frames; i++) {
		bool silent = true;
		for (int c = 0; c < meter->channels && silent; c++)
			silent = fabsf(meter->channel[c].window[PEAK_TAPS - 1 + i]) < SILENCE_LEVEL;
		silence_add(&meter->silence, meter->frames + i, silent, meter->step_frames);
	}
}

static void
chunk_correlate(struct loudness *meter, size_t frames)
{
	if (meter->channels < 2)
		return;
	const float *const l = meter->channel[0].window + PEAK_TAPS - 1, *const r =
									     meter->channel[1].window + PEAK_TAPS - 1;
	for (size_t i = 0; i < frames; i++) {
		meter->product += (double)l[i] * r[i];
		meter->square[0] += (double)l[i] * l[i];
		meter->square[1] += (double)r[i] * r[i];
	}
}

static void
chunk_add(struct loudness *meter, const float *interleaved, size_t frames)
{
	for (int c = 0; c < meter->channels; c++) {
		float *const window = meter->channel[c].window;
		chunk_take(meter, c, interleaved, frames);
		chunk_weigh(meter, c, frames);
		meter->peak_sample = fmaxf(meter->peak_sample, magnitude_max(window + PEAK_TAPS - 1, frames));
		meter->peak = peak_scan(&meter->filter, window, frames, fmaxf(meter->peak, meter->peak_sample));
	}
	chunk_silence(meter, frames);
	chunk_correlate(meter, frames);
	for (int c = 0; c < meter->channels; c++) {
		float *const window = meter->channel[c].window;
		memmove(window, window + frames, (PEAK_TAPS - 1) * sizeof(*window));
	}
	meter->frames += frames;
	meter->step_filled += (uint32_t)frames;
	if (meter->step_filled == meter->step_frames)
		step_end(meter);
}

void
loudness_add(struct loudness *meter, const float *interleaved, size_t frames)
{
	while (frames > 0) {
		size_t count = frames < CHUNK ? frames : CHUNK;
		if (count > meter->step_frames - meter->step_filled)
			count = meter->step_frames - meter->step_filled;
		chunk_add(meter, interleaved, count);
		interleaved += count * (size_t)meter->channels;
		frames -= count;
	}
}

static double
lufs(double energy)
{
	return energy > 0 ? -0.691 + 10 * log10(energy) : -INFINITY;
}

static double
block_energy(const struct loudness *meter, size_t first)
{
	double energy = 0;
	for (size_t i = first; i < first + STEPS_PER_BLOCK; i++)
		energy += meter->steps[i];
	return energy / STEPS_PER_BLOCK;
}

/* Mean energy of the blocks louder than the gate; 0 when there is none. */
static double
gated_energy(const struct loudness *meter, double gate)
{
	double sum = 0;
	size_t count = 0;
	for (size_t i = 0; i + STEPS_PER_BLOCK <= meter->steps_used; i++) {
		const double energy = block_energy(meter, i);
		if (lufs(energy) <= gate)
			continue;
		sum += energy;
		count++;
	}
	return count > 0 ? sum / (double)count : 0;
}

static double
momentary_max(const struct loudness *meter)
{
	double max = 0;
	for (size_t i = 0; i + STEPS_PER_BLOCK <= meter->steps_used; i++)
		max = fmax(max, block_energy(meter, i));
	return lufs(max);
}

/* The filter still waits for the samples after the last one: silence. */
static float
peak_at_end(const struct loudness *meter)
{
	float peak = fmaxf(meter->peak, meter->peak_sample);
	for (int c = 0; c < meter->channels; c++) {
		float window[PEAK_TAPS - 1 + PEAK_TAPS] = {0};
		memcpy(window, meter->channel[c].window, (PEAK_TAPS - 1) * sizeof(*window));
		peak = peak_scan(&meter->filter, window, PEAK_TAPS, peak);
	}
	return peak;
}

static double
decibels(float magnitude)
{
	return magnitude > 0 ? 20 * log10((double)magnitude) : -INFINITY;
}

void
loudness_result(const struct loudness *meter, struct loudness_result *ret_result)
{
	const double ungated = gated_energy(meter, GATE_ABSOLUTE);
	const double scale = sqrt(meter->square[0] * meter->square[1]);
	*ret_result = (struct loudness_result){
	    .integrated = lufs(gated_energy(meter, fmax(GATE_ABSOLUTE, lufs(ungated) + GATE_RELATIVE))),
	    .momentary_max = momentary_max(meter),
	    .true_peak = decibels(peak_at_end(meter)),
	    .sample_peak = decibels(meter->peak_sample),
	    .clipped = meter->clipped,
	    .frames = meter->frames,
	    .silent_frames = meter->silence.total,
	    .silence_longest = meter->silence.longest,
	    .silence_at = meter->silence.longest_at,
	    .correlation = scale > 0 ? meter->product / scale : 1,
	};
	for (int c = 0; c < meter->channels && meter->frames > 0; c++)
		ret_result->dc[c] = meter->channel[c].sum / (double)meter->frames;
}

int
loudness_measure(const float *interleaved, size_t frames, int rate, int channels, struct loudness_result *ret_result,
    struct error *err)
{
	struct loudness *meter = loudness_new(rate, channels, err);
	if (meter == NULL)
		return -1;
	loudness_add(meter, interleaved, frames);
	loudness_result(meter, ret_result);
	loudness_free(&meter);
	return 0;
}
