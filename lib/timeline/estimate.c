#include "lib/timeline/estimate.h"

#include "lib/base/text.h"

/* Decoding, scaling and mixing a layer; and what every span costs whatever its length (opening, first key picture). */
#define LAYER_S 0.006
#define SPAN_S 0.05
/* Sound is decoded, measured twice and encoded at some forty times its own pace. */
#define SOUND_PACE 40.0
#define JOIN_S 0.15
/* The process before its first frame; and what the reader of a layer holds: bytes, and of each pixel of its source. */
#define MEMORY_BASE ((int64_t)52 * 1000 * 1000)
#define MEMORY_READER 4.5e6
#define MEMORY_READER_PIXEL 12.5

struct cost {
	const char *profile;
	double megapixel_s;  /* encoding a million pixels */
	double memory;	     /* bytes of an encoder for each pixel of its frame */
	double bits_a_pixel; /* of moving pictures */
};

/* The first row stands for what is not in the table. */
static const struct cost costs[] = {
    {"h264", 0.029, 72, 0.055},
    {"hevc", 0.110, 170, 0.035},
    {"av1", 0.075, 185, 0.030},
    {"webm", 0.130, 80, 0.040},
};

static const struct cost *
cost_of(const struct plan *plan)
{
	for (size_t i = 1; i < ARRAY_LEN(costs); i++)
		if (text_equal(costs[i].profile, plan->timeline->output.profile))
			return &costs[i];
	return &costs[0];
}

static double
pixels_of(const struct plan *plan)
{
	return (double)plan->timeline->output.width * (double)plan->timeline->output.height;
}

/* A picture that stands costs its encoder a fifth of a moving one. */
static double
share_of(const struct plan_span *span)
{
	return span->kind == PLAN_CARD ? 0.2 : 1.0;
}

double
estimate_span(const struct plan *plan, const struct plan_span *span)
{
	const double megapixels = pixels_of(plan) / 1e6;
	const double frame =
	    megapixels * (cost_of(plan)->megapixel_s * share_of(span) + LAYER_S * (double)span->n_layers);

	return SPAN_S + frame * (double)span->frames;
}

/* With one span at a time, and what each further one adds. */
static int64_t
memory_of_span(const struct estimate_request *request)
{
	const struct plan *plan = request->plan;
	const double source = request->source_pixels > 0 ? (double)request->source_pixels : pixels_of(plan);
	size_t layers = 0;

	for (size_t i = 0; i < plan->n_spans; i++)
		layers = FW_MAX(layers, plan->spans[i].n_layers);
	return (int64_t)(cost_of(plan)->memory * pixels_of(plan) +
			 (double)layers * (MEMORY_READER + MEMORY_READER_PIXEL * source));
}

int
estimate_threads(const struct estimate_request *request)
{
	const struct plan *plan = request->plan;
	const int64_t room = request->memory_limit - MEMORY_BASE;
	int missing = 0, threads;

	for (size_t i = 0; i < plan->n_spans; i++)
		missing += !request->reused[i];
	threads = FW_MIN(request->threads, missing);
	if (request->memory_limit > 0)
		threads = (int)FW_MIN(threads, FW_MAX(room, 0) / memory_of_span(request));
	return FW_MAX(threads, 1);
}

static double
film_s(const struct plan *plan)
{
	return (double)plan->frames * (double)plan->fps_den / (double)plan->fps_num;
}

void
estimate_make(const struct estimate_request *request, struct estimate *ret_estimate)
{
	const struct plan *plan = request->plan;
	struct estimate estimate = {.work_s = JOIN_S};
	double longest = 0, bits = 0;

	for (size_t i = 0; i < plan->n_spans; i++) {
		const struct plan_span *span = &plan->spans[i];
		const double cost = estimate_span(plan, span);

		bits += pixels_of(plan) * (double)span->frames * cost_of(plan)->bits_a_pixel * share_of(span);
		if (request->reused[i])
			continue;
		estimate.work_s += cost;
		longest = FW_MAX(longest, cost);
	}
	if (plan->audio_key[0] != '\0') {
		bits += film_s(plan) * 192000;
		if (!request->sound_reused)
			estimate.work_s += film_s(plan) / SOUND_PACE;
	}
	estimate.work_s /= request->speed;
	estimate.threads = estimate_threads(request);
	estimate.seconds = FW_MAX(longest / request->speed, estimate.work_s / estimate.threads);
	estimate.memory_bytes = MEMORY_BASE + (longest > 0 ? estimate.threads * memory_of_span(request) : 0);
	estimate.bytes = (int64_t)(bits / 8);
	*ret_estimate = estimate;
}
