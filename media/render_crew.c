/*
 * The crew: threads that make what the cache does not have, the longest pieces first, or in the order of the film while
 * somebody watches. What they do is independent of each other; the task's own thread only waits, reports progress,
 * publishes what is ready and stops them when one failed or the client went away.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "media/render_priv.h"
#include "media/sound.h"

#define WAIT_NS 100000000
#define CREW_MAX 64
/* sound costs about as much as this share of its film's frames */
#define SOUND_SHARE 12

struct duty {
	bool sound;
	size_t span;
	int64_t cost;
};

struct crew {
	struct render *render;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	struct duty *duties;
	size_t n_duties;
	size_t next;
	size_t working; /* threads that have not ended */
	bool failed;
	struct error error; /* the first one */
	bool *ready;	    /* as plan->spans: mapped */
	bool sound_ready;
	bool pin;
	atomic_uint started;
};

static int
find_sound(void *ctx, const char *asset)
{
	const struct render *render = ctx;

	for (size_t i = 0; i < render->facts.n_assets; i++)
		if (strcmp(render->assets[i].name, asset) == 0)
			return render->assets[i].fd;
	return -1;
}

static int
make_sound(struct render *render, struct piece_builder *builder, struct error *err)
{
	piece_builder_init(builder, PIECE_SOUND);
	return sound_make(render->task, render->plan, find_sound, render, builder, err);
}

static int
make_span(struct render *render, const struct plan_span *span, struct piece_builder *builder, struct error *err)
{
	piece_builder_init(builder, PIECE_PICTURE);
	return span_make(&render->stage, span, builder, err);
}

/* Spans that show the same as this one, which is made once. */
static int
map_twins(struct render *render, size_t span, struct error *err)
{
	const struct plan *plan = render->plan;

	for (size_t i = span + 1; i < plan->n_spans; i++) {
		if (strcmp(plan->spans[i].key, plan->spans[span].key) != 0)
			continue;
		if (cache_find(&render->cache, plan->spans[i].key, &render->pictures[i], err) != 0)
			return error_wrap(err, "span %zu", i);
	}
	return 0;
}

static int
do_duty(struct render *render, const struct duty *duty, struct error *err)
{
	const struct plan_span *span = &render->plan->spans[duty->span];
	const char *key = duty->sound ? render->plan->audio_key : span->key;
	struct piece *piece = duty->sound ? &render->sound : &render->pictures[duty->span];
	CLEANUP(piece_builder_done) struct piece_builder builder = {0};
	int ret;

	ret = duty->sound ? make_sound(render, &builder, err) : make_span(render, span, &builder, err);
	if (ret < 0 || cache_put(&render->cache, key, &builder, err) < 0)
		return duty->sound ? error_wrap(err, "the sound") : error_wrap(err, "span %zu", duty->span);
	ret = cache_find(&render->cache, key, piece, err);
	if (ret == 1)
		return error_set(err, ERR_INTERNAL, "piece %.12s is damaged right after it was written", key);
	return ret < 0 || duty->sound ? ret : map_twins(render, duty->span, err);
}

/* The duty's pieces may be used by others from now on. */
static void
mark_ready(struct crew *crew, const struct duty *duty)
{
	const struct plan *plan = crew->render->plan;

	pthread_mutex_lock(&crew->lock);
	if (duty->sound)
		crew->sound_ready = true;
	for (size_t i = duty->span; !duty->sound && i < plan->n_spans; i++)
		crew->ready[i] |= strcmp(plan->spans[i].key, plan->spans[duty->span].key) == 0;
	pthread_cond_signal(&crew->ended);
	pthread_mutex_unlock(&crew->lock);
}

static const struct duty *
next_duty(struct crew *crew)
{
	const struct duty *duty = NULL;

	pthread_mutex_lock(&crew->lock);
	if (!crew->failed && crew->next < crew->n_duties)
		duty = &crew->duties[crew->next++];
	pthread_mutex_unlock(&crew->lock);
	return duty;
}

static void
crew_fail(struct crew *crew, const struct error *err)
{
	pthread_mutex_lock(&crew->lock);
	if (!crew->failed)
		crew->error = *err;
	crew->failed = true;
	atomic_store(&crew->render->stage.stop, true);
	pthread_mutex_unlock(&crew->lock);
}

/* The n-th of the processors that we may use. Where it is not allowed nothing is lost. */
static void
pin_thread(unsigned n)
{
	cpu_set_t all, one;

	if (sched_getaffinity(0, sizeof(all), &all) < 0 || CPU_COUNT(&all) == 0)
		return;
	n %= (unsigned)CPU_COUNT(&all);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all) || n-- > 0)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		(void)sched_setaffinity(0, sizeof(one), &one);
		return;
	}
}

static void *
work(void *ctx)
{
	struct crew *crew = ctx;
	const unsigned number = atomic_fetch_add(&crew->started, 1);
	const struct duty *duty;

	if (crew->pin)
		pin_thread(number);
	while ((duty = next_duty(crew)) != NULL) {
		struct error err = {0};

		if (do_duty(crew->render, duty, &err) < 0)
			crew_fail(crew, &err);
		else
			mark_ready(crew, duty);
	}
	pthread_mutex_lock(&crew->lock);
	crew->working--;
	pthread_cond_signal(&crew->ended);
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

static int
duty_order(const void *a, const void *b)
{
	const struct duty *x = a, *y = b;

	if (x->cost != y->cost)
		return x->cost < y->cost ? 1 : -1;
	return (x->span > y->span) - (x->span < y->span);
}

static int
watched_order(const void *a, const void *b)
{
	const struct duty *x = a, *y = b;

	if (x->sound != y->sound)
		return x->sound ? -1 : 1;
	return (x->span > y->span) - (x->span < y->span);
}

/* Texts are what is changed last. */
static bool
shows_text(const struct plan *plan, const struct plan_span *span)
{
	for (size_t i = 0; i < span->n_layers; i++) {
		const struct plan_layer *layer = &plan->layers[span->layers[i]];

		if (layer->captions != NULL || (layer->overlay != NULL && !layer->overlay->image) ||
		    (layer->item != NULL && layer->item->type == TIMELINE_CARD))
			return true;
	}
	return false;
}

static bool
is_wanted(const struct render *render, size_t span)
{
	const struct render_args *args = &render->args;

	if (args->part_key != NULL)
		return span >= args->part_first && span - args->part_first < args->part_count;
	return !args->ahead || !shows_text(render->plan, &render->plan->spans[span]);
}

static bool
wants_sound(const struct render *render)
{
	if (render->plan->audio_key[0] == '\0' || render->args.ahead)
		return false;
	return render->args.part_key == NULL || render->args.part_sound;
}

/* What the cache does not have. */
static int
list_duties(struct crew *crew, int64_t *ret_frames, struct error *err)
{
	struct render *render = crew->render;
	const struct plan *plan = render->plan;
	int ret;

	*ret_frames = 0;
	for (size_t i = 0; i < plan->n_spans; i++) {
		bool twin = false;

		ret = cache_find(&render->cache, plan->spans[i].key, &render->pictures[i], err);
		if (ret < 0)
			return -1;
		render->reused[i] = ret == 0;
		crew->ready[i] = ret == 0;
		render->n_reused += ret == 0;
		/* the same picture twice in one film is made once */
		for (size_t k = 0; k < crew->n_duties && ret == 1 && !twin; k++)
			twin = strcmp(plan->spans[crew->duties[k].span].key, plan->spans[i].key) == 0;
		if (ret == 0 || twin || !is_wanted(render, i))
			continue;
		crew->duties[crew->n_duties++] = (struct duty){.span = i, .cost = plan->spans[i].frames};
		*ret_frames += plan->spans[i].frames;
	}
	if (!wants_sound(render))
		return 0;
	ret = cache_find(&render->cache, plan->audio_key, &render->sound, err);
	if (ret < 0)
		return -1;
	render->sound_reused = ret == 0;
	crew->sound_ready = ret == 0;
	if (ret == 1)
		crew->duties[crew->n_duties++] = (struct duty){.sound = true, .cost = plan->frames / SOUND_SHARE};
	return 0;
}

/* Failing to publish stops the render like everything else: whoever watches must not wait for what never comes. */
static void
publish(struct crew *crew)
{
	const size_t n_spans = crew->render->plan->n_spans;
	struct error err = {0};
	size_t leading = 0;
	bool sound_ready;

	pthread_mutex_lock(&crew->lock);
	while (leading < n_spans && crew->ready[leading])
		leading++;
	sound_ready = crew->sound_ready;
	pthread_mutex_unlock(&crew->lock);
	if (render_live(crew->render, leading, sound_ready, &err) < 0)
		crew_fail(crew, &err);
}

static void
wait_for_crew(struct crew *crew, int64_t frames)
{
	struct render *render = crew->render;
	const int64_t total = FW_MAX(frames, 1);

	pthread_mutex_lock(&crew->lock);
	while (crew->working > 0) {
		struct timespec until;

		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += WAIT_NS;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		(void)pthread_cond_timedwait(&crew->ended, &crew->lock, &until);
		pthread_mutex_unlock(&crew->lock);
		task_progress(
		    render->task, 0.05 + 0.85 * (double)atomic_load(&render->stage.done) / (double)total, "encode");
		publish(crew);
		if (task_cancelled(render->task))
			atomic_store(&render->stage.stop, true);
		pthread_mutex_lock(&crew->lock);
	}
	pthread_mutex_unlock(&crew->lock);
}

struct estimate_request
render_estimate(const struct render *render)
{
	const struct render_args *args = &render->args;
	struct estimate_request request = {.plan = render->plan,
	    .reused = render->reused,
	    .sound_reused = render->sound_reused,
	    .threads = (int)(args->threads > 0 ? FW_MIN(args->threads, CREW_MAX) : render->task->threads),
	    .speed = 1,
	    .source_pixels = 1,
	    .memory_limit = render->task->memory_bytes};

	for (size_t i = 0; i < render->facts.n_assets; i++) {
		const struct source *source = render->assets[i].source;

		if (source != NULL)
			request.source_pixels = FW_MAX(request.source_pixels, (int64_t)source->width * source->height);
	}
	return request;
}

static int
run_threads(struct crew *crew, int64_t frames, struct error *err)
{
	const struct estimate_request request = render_estimate(crew->render);
	pthread_t threads[CREW_MAX];
	const size_t count = FW_MIN(FW_MIN((size_t)estimate_threads(&request), CREW_MAX), crew->n_duties);
	size_t running = 0;

	crew->pin = count > 1;
	crew->working = count;
	while (running < count && pthread_create(&threads[running], NULL, work, crew) == 0)
		running++;
	if (running < count) {
		pthread_mutex_lock(&crew->lock);
		crew->working -= count - running;
		pthread_mutex_unlock(&crew->lock);
	}
	if (running > 0)
		wait_for_crew(crew, frames);
	publish(crew);
	for (size_t i = 0; i < running; i++)
		(void)pthread_join(threads[i], NULL);
	if (running == 0 && count > 0)
		return error_errno(err, ERR_MEMORY, "starting threads");
	if (crew->failed && err != NULL)
		*err = crew->error;
	if (task_check(crew->render->task, err) < 0)
		return -1;
	return crew->failed ? -1 : 0;
}

static int
crew_init(struct crew *crew, struct render *render, int64_t *ret_frames, struct error *err)
{
	crew->render = render;
	crew->duties = ARENA_ARRAY(render->task->arena, render->plan->n_spans + 1, struct duty);
	crew->ready = ARENA_ARRAY(render->task->arena, render->plan->n_spans, bool);
	if (crew->duties == NULL || crew->ready == NULL)
		return arena_error(render->task->arena, err);
	return list_duties(crew, ret_frames, err);
}

int
render_look(struct render *render, struct error *err)
{
	struct crew crew = {0};
	int64_t frames;

	return crew_init(&crew, render, &frames, err);
}

/*
 * The sound is made before any picture is begun. Its decoders and encoder are opened with most of the processor's
 * extensions switched off for the whole process (io_baseline_begin), and a scaler that another thread opened in that
 * moment would give other pixels.
 */
static int
sound_first(struct crew *crew, struct error *err)
{
	for (size_t i = 0; i < crew->n_duties; i++) {
		const struct duty duty = crew->duties[i];

		if (!duty.sound)
			continue;
		if (do_duty(crew->render, &duty, err) < 0)
			return -1;
		mark_ready(crew, &duty);
		crew->n_duties--;
		memmove(&crew->duties[i], &crew->duties[i + 1], (crew->n_duties - i) * sizeof(*crew->duties));
		break;
	}
	return 0;
}

int
render_crew(struct render *render, struct error *err)
{
	struct crew crew = {0};
	pthread_condattr_t attributes;
	int64_t frames;
	int ret;

	if (crew_init(&crew, render, &frames, err) < 0)
		return -1;
	if (render->args.live) {
		live_span_init(&render->live_span);
		render->stage.live = &render->live_span;
	}
	qsort(crew.duties, crew.n_duties, sizeof(*crew.duties), render->args.live ? watched_order : duty_order);
	(void)pthread_mutex_init(&crew.lock, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&crew.ended, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	ret = sound_first(&crew, err) < 0 ? -1 : run_threads(&crew, frames, err);
	(void)pthread_cond_destroy(&crew.ended);
	(void)pthread_mutex_destroy(&crew.lock);
	return ret;
}
