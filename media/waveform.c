/*
 * Reading and reducing. Buckets of equal length fill up; when all are full neighbours are joined and the next ones take
 * twice as much. In the end they are laid onto the columns.
 */
#include "media/waveform.h"

#include <math.h>

#include "media/sound_reader.h"
#include "media/task.h"

#define PORTION 4096
/* So many buckets for a column that the last joining leaves enough to choose from. */
#define BUCKETS_PER_COLUMN 16

struct bucket {
	float low, high;
	double energy; /* of both sides */
	int64_t frames;
};

struct reducer {
	struct bucket *buckets;
	size_t count, cap;
	int64_t length; /* frames of a bucket */
};

static const struct bucket empty = {.low = INFINITY, .high = -INFINITY};

static void
join(struct bucket *into, const struct bucket *from)
{
	into->low = fminf(into->low, from->low);
	into->high = fmaxf(into->high, from->high);
	into->energy += from->energy;
	into->frames += from->frames;
}

static void
halve(struct reducer *reducer)
{
	for (size_t i = 0; i < reducer->cap / 2; i++) {
		struct bucket both = reducer->buckets[2 * i];

		join(&both, &reducer->buckets[2 * i + 1]);
		reducer->buckets[i] = both;
	}
	reducer->count = reducer->cap / 2;
	reducer->length *= 2;
}

static void
reduce(struct reducer *reducer, const float *samples, size_t frames)
{
	for (size_t i = 0; i < frames; i++) {
		const float left = samples[2 * i], right = samples[2 * i + 1];
		const struct bucket one = {.low = fminf(left, right),
		    .high = fmaxf(left, right),
		    .energy = (double)left * left + (double)right * right,
		    .frames = 1};

		if (reducer->count == 0 || reducer->buckets[reducer->count - 1].frames == reducer->length) {
			if (reducer->count == reducer->cap)
				halve(reducer);
			reducer->buckets[reducer->count++] = empty;
		}
		join(&reducer->buckets[reducer->count - 1], &one);
	}
}

/* Each column takes the buckets that begin in it. */
static void
lay_out(const struct reducer *reducer, size_t columns, struct waveform *waveform)
{
	const int64_t wanted = (waveform->frames + (int64_t)columns - 1) / (int64_t)columns;

	waveform->per_column = FW_MAX((wanted + reducer->length - 1) / reducer->length, 1) * reducer->length;
	for (size_t i = 0; i < reducer->count;) {
		const size_t end = i + (size_t)(waveform->per_column / reducer->length);
		struct bucket sum = empty;

		for (; i < end && i < reducer->count; i++)
			join(&sum, &reducer->buckets[i]);
		waveform->columns[waveform->count++] = (struct waveform_column){
		    .low = sum.low, .high = sum.high, .rms = (float)sqrt(sum.energy / (double)(2 * sum.frames))};
	}
}

static int
read_all(struct reducer *reducer, const struct task *task, const struct waveform_request *request, int64_t *ret_frames,
    struct error *err)
{
	const struct sound_request what = {
	    .name = request->name, .fd = request->fd, .rate = WAVEFORM_RATE, .task = task};
	CLEANUP(sound_reader_close) struct sound_reader *reader = NULL;
	const int64_t most = request->frames > 0 ? request->frames : INT64_MAX;
	float samples[PORTION * SOUND_CHANNELS];
	const int ret = sound_reader_open(&what, &reader, err);
	int64_t frames = 0;
	size_t got = PORTION;

	if (ret == 1)
		return error_code(err, ERR_INPUT, "sound_unavailable", "'%s' has no sound", request->name);
	if (ret < 0)
		return -1;
	while (got == PORTION && frames < most) {
		if (sound_reader_read(reader, samples, (size_t)FW_MIN(PORTION, most - frames), &got, err) < 0)
			return -1;
		reduce(reducer, samples, got);
		frames += (int64_t)got;
	}
	*ret_frames = frames;
	return 0;
}

int
waveform_read(struct arena *arena, const struct task *task, const struct waveform_request *request,
    struct waveform *ret_waveform, struct error *err)
{
	struct reducer reducer = {.cap = request->columns * BUCKETS_PER_COLUMN, .length = 1};
	struct waveform waveform = {0};

	reducer.buckets = ARENA_ARRAY(arena, reducer.cap, struct bucket);
	waveform.columns = ARENA_ARRAY(arena, request->columns, struct waveform_column);
	if (reducer.buckets == NULL || waveform.columns == NULL)
		return arena_error(arena, err);
	if (read_all(&reducer, task, request, &waveform.frames, err) < 0)
		return -1;
	if (waveform.frames > 0)
		lay_out(&reducer, request->columns, &waveform);
	*ret_waveform = waveform;
	return 0;
}
