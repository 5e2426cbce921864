#include "media/synth/music_effect.h"

#include "media/synth/instrument_dsp.h"

/* Longest memory of an effect before it has faded by 80 dB and more. */
#define RUN_IN_SECONDS 7
#define LINES 8
#define DIFFUSERS 2

/* Where an effect starts, counted back from the first frame. */
static size_t
run_in(const struct circle *circle)
{
	return FW_MIN(circle->frames, (size_t)(RUN_IN_SECONDS * circle->rate));
}

static float *
line_new(size_t frames)
{
	float *const line = calloc(frames, sizeof(*line));
	if (line == NULL)
		abort();
	return line;
}

struct delay_line {
	float *frames;
	size_t length, at;
};

/* Gives back what went in `length` calls ago. */
static float
delay_swap(struct delay_line *line, float x)
{
	const float old = line->frames[line->at];
	line->frames[line->at] = x;
	line->at = line->at + 1 == line->length ? 0 : line->at + 1;
	return old;
}

/* A feedback network: eight delays of unrelated lengths whose ends are mixed by an orthogonal matrix and go round
 * again, each losing highs; two all-passes per side in front blur the onset. */
struct reverb {
	struct delay_line line[LINES];
	float loss[LINES], damped[LINES];
	struct delay_line diffuser[2][DIFFUSERS];
	struct svf cut[2];
};

static const double line_seconds[LINES] = {0.0297, 0.0371, 0.0411, 0.0437, 0.0533, 0.0617, 0.0701, 0.0797};
static const double diffuser_seconds[2][DIFFUSERS] = {{0.0051, 0.0126}, {0.0057, 0.0113}};

static void
reverb_init(struct reverb *reverb, int rate, double seconds)
{
	*reverb = (struct reverb){0};
	for (int i = 0; i < LINES; i++) {
		reverb->line[i].length = (size_t)(line_seconds[i] * rate);
		reverb->line[i].frames = line_new(reverb->line[i].length);
		reverb->loss[i] = (float)exp(-6.9078 * line_seconds[i] / seconds);
	}
	for (int side = 0; side < 2; side++) {
		svf_set(&reverb->cut[side], 220, 0.7, rate);
		for (int i = 0; i < DIFFUSERS; i++) {
			struct delay_line *const line = &reverb->diffuser[side][i];
			line->length = (size_t)(diffuser_seconds[side][i] * rate);
			line->frames = line_new(line->length);
		}
	}
}

static void
reverb_done(struct reverb *reverb)
{
	for (int i = 0; i < LINES; i++)
		free(reverb->line[i].frames);
	for (int side = 0; side < 2; side++) {
		for (int i = 0; i < DIFFUSERS; i++)
			free(reverb->diffuser[side][i].frames);
	}
}

static float
reverb_diffuse(struct reverb *reverb, int side, float x)
{
	x = svf_run(&reverb->cut[side], x).high;
	for (int i = 0; i < DIFFUSERS; i++) {
		struct delay_line *const line = &reverb->diffuser[side][i];
		const float old = line->frames[line->at];
		const float in = x + 0.6F * old;
		x = old - 0.6F * in;
		(void)delay_swap(line, in);
	}
	return x;
}

/* Hadamard's matrix, scaled to keep the energy. */
static void
reverb_mix(float x[LINES])
{
	for (int half = 1; half < LINES; half *= 2) {
		for (int i = 0; i < LINES; i++) {
			if ((i & half) != 0)
				continue;
			const float a = x[i], b = x[i + half];
			x[i] = a + b;
			x[i + half] = a - b;
		}
	}
	for (int i = 0; i < LINES; i++)
		x[i] *= 0.35355339F;
}

static void
reverb_run(struct reverb *reverb, float left, float right, float damping, float ret_out[2])
{
	const float in[2] = {reverb_diffuse(reverb, 0, left), reverb_diffuse(reverb, 1, right)};
	float ends[LINES];
	ret_out[0] = ret_out[1] = 0;
	for (int i = 0; i < LINES; i++) {
		const float end = reverb->line[i].frames[reverb->line[i].at];
		reverb->damped[i] += (end - reverb->damped[i]) * damping;
		ends[i] = reverb->damped[i] * reverb->loss[i];
		ret_out[i & 1] += (i & 2) != 0 ? -end : end;
	}
	reverb_mix(ends);
	for (int i = 0; i < LINES; i++)
		(void)delay_swap(&reverb->line[i], ends[i] + in[i & 1]);
}

void
effect_reverb(const struct circle *from, const struct circle *to, double seconds, float gain)
{
	struct reverb reverb;
	const float damping = (float)(1 - exp(-2 * M_PI * 5200 / from->rate));
	reverb_init(&reverb, from->rate, seconds);
	float out[2];
	for (size_t i = from->frames - run_in(from); i < from->frames; i++)
		reverb_run(&reverb, from->left[i], from->right[i], damping, out);
	for (size_t i = 0; i < from->frames; i++) {
		reverb_run(&reverb, from->left[i], from->right[i], damping, out);
		to->left[i] += out[0] * gain * 0.5F;
		to->right[i] += out[1] * gain * 0.5F;
	}
	reverb_done(&reverb);
}

struct echo {
	struct delay_line side[2];
	struct svf dark[2], thin[2];
	float feedback;
};

static void
echo_run(struct echo *echo, float left, float right, float ret_out[2])
{
	const float ends[2] = {
	    echo->side[0].frames[echo->side[0].at],
	    echo->side[1].frames[echo->side[1].at],
	};
	for (int s = 0; s < 2; s++) {
		const float filtered = svf_run(&echo->thin[s], svf_run(&echo->dark[s], ends[1 - s]).low).high;
		const float in = s == 0 ? 0.5F * (left + right) : 0;
		(void)delay_swap(&echo->side[s], in + filtered * (s == 0 ? echo->feedback : 0.85F));
		ret_out[s] = ends[s];
	}
}

void
effect_echo(const struct circle *from, const struct circle *to, size_t delay, float feedback, float gain)
{
	struct echo echo = {.feedback = feedback};
	for (int s = 0; s < 2; s++) {
		echo.side[s] = (struct delay_line){.frames = line_new(delay), .length = delay};
		svf_set(&echo.dark[s], 3800, 0.7, from->rate);
		svf_set(&echo.thin[s], 260, 0.7, from->rate);
	}
	float out[2];
	for (size_t i = from->frames - run_in(from); i < from->frames; i++)
		echo_run(&echo, from->left[i], from->right[i], out);
	for (size_t i = 0; i < from->frames; i++) {
		echo_run(&echo, from->left[i], from->right[i], out);
		to->left[i] += out[0] * gain;
		to->right[i] += out[1] * gain;
	}
	free(echo.side[0].frames);
	free(echo.side[1].frames);
}

/* `in` is the circle's own past, read between two frames. */
static float
chorus_read(const float *in, size_t frames, size_t at, double behind)
{
	const size_t whole = (size_t)behind;
	const float part = (float)(behind - (double)whole);
	const size_t newer = at >= whole ? at - whole : at + frames - whole;
	const size_t older = newer > 0 ? newer - 1 : frames - 1;
	return in[newer] + (in[older] - in[newer]) * part;
}

static void
chorus_side(float *samples, const struct circle *circle, double phase)
{
	float *const copy = line_new(circle->frames);
	memcpy(copy, samples, circle->frames * sizeof(*copy));
	const double turns = floor(0.6 * (double)circle->frames / circle->rate) / (double)circle->frames;
	const double base = 0.014 * circle->rate, depth = 0.0025 * circle->rate;
	for (size_t i = 0; i < circle->frames; i++) {
		const double sway = osc_sine((double)i * turns + phase);
		samples[i] = 0.75F * copy[i] + 0.5F * chorus_read(copy, circle->frames, i, base + depth * sway);
	}
	free(copy);
}

void
effect_chorus(const struct circle *circle)
{
	chorus_side(circle->left, circle, 0);
	chorus_side(circle->right, circle, 0.35);
}

static void
high_pass_side(float *samples, const struct circle *circle, double frequency)
{
	struct svf svf = {0};
	svf_set(&svf, frequency, 0.7, circle->rate);
	for (size_t i = circle->frames - run_in(circle); i < circle->frames; i++)
		(void)svf_run(&svf, samples[i]);
	for (size_t i = 0; i < circle->frames; i++)
		samples[i] = svf_run(&svf, samples[i]).high;
}

void
effect_high_pass(const struct circle *circle, double frequency)
{
	high_pass_side(circle->left, circle, frequency);
	high_pass_side(circle->right, circle, frequency);
}
