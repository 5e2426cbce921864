/*
 * The chain: the file's sound from `in` on (repeated), stretched to its speed, with what joins it to its neighbours
 * before and behind, then gains. `out` counts what has left the chain, from the first frame that may be heard.
 */
#include "media/sound_voice.h"

#include <math.h>

#include "media/stretch.h"

/* At a hard join both sounds are heard for so long on either side of it: 2 ms are a slope, not a click. */
#define JOIN_PART 500 /* of a second */
#define PORTION 4096
#define CHANNELS ((size_t)SOUND_CHANNELS)

struct sound_voice {
	struct sound_voice_request request;
	int64_t join;	    /* frames of half a join */
	int64_t lead, tail; /* frames heard before `start` and after `end` */
	bool opened, silent;
	struct sound_reader *reader; /* NULL after its end */
	struct stretch *stretch;     /* NULL at the recorded speed */
	int64_t from;		     /* place in the file where it was opened */
	int64_t pulled;		     /* frames taken from the file */
	int64_t source_end;	     /* frames that the file had; -1: not known yet */
	int64_t out;
	int64_t fade_end; /* where the last fade ends, on the film's axis */
	/* The first frames, played backwards before them where the file has nothing before `in` */
	float *mirror;
	size_t mirror_at, mirror_count;
	float *last; /* ring of the newest 2 * join frames, for what follows a file's end */
};

static void *
alloc_zeroed(size_t count, size_t size)
{
	void *const memory = calloc(count, size);

	if (memory == NULL)
		abort();
	return memory;
}

static bool
fades(const struct voice_fade *fade)
{
	return fade->end > fade->start;
}

struct sound_voice *
sound_voice_new(const struct sound_voice_request *request)
{
	struct sound_voice *player = alloc_zeroed(1, sizeof(*player));
	const struct voice *voice = request->voice;

	player->request = *request;
	player->join = request->rate / JOIN_PART;
	/* nothing meets what begins or ends with the film, or comes and goes slowly */
	player->lead = voice->joined && voice->start >= player->join && !fades(&voice->in) ? player->join : 0;
	player->tail = voice->joined && voice->end + player->join <= request->total &&
			       !(fades(&voice->out) && voice->out.end == voice->end)
			   ? player->join
			   : 0;
	player->source_end = -1;
	player->fade_end = voice->out.end;
	return player;
}

void
sound_voice_free(struct sound_voice **player)
{
	struct sound_voice *const own = *player;

	if (own == NULL)
		return;
	sound_reader_close(&own->reader);
	stretch_free(&own->stretch);
	free(own->mirror);
	free(own->last);
	free(own);
	*player = NULL;
}

int64_t
sound_voice_start(const struct sound_voice *player)
{
	return player->request.voice->start - player->lead;
}

int64_t
sound_voice_end(const struct sound_voice *player)
{
	return player->request.voice->end + player->tail;
}

/* ---- the file ---- */

/* 1: it has no sound. */
static int
open_reader(struct sound_voice *player, struct error *err)
{
	const struct sound_voice_request *request = &player->request;
	const struct sound_request what = {
	    .name = request->voice->asset,
	    .fd = request->fd,
	    .rate = request->rate,
	    .from = player->from,
	    .task = request->task,
	};

	return sound_reader_open(&what, &player->reader, err);
}

/* Fills all: from the file, from its beginning again, with silence after its end. */
static int
pull(void *ctx, float *samples, size_t frames, struct error *err)
{
	struct sound_voice *player = ctx;
	bool fresh = false;

	while (frames > 0 && player->reader != NULL) {
		size_t got;

		if (sound_reader_read(player->reader, samples, frames, &got, err) < 0)
			return -1;
		player->pulled += (int64_t)got;
		samples += got * CHANNELS;
		frames -= got;
		if (frames == 0)
			break;
		sound_reader_close(&player->reader);
		if (!player->request.voice->loop || (fresh && got == 0)) {
			player->source_end = player->pulled;
			break;
		}
		fresh = true;
		if (open_reader(player, err) != 0)
			return -1;
	}
	memset(samples, 0, frames * CHANNELS * sizeof(*samples));
	return 0;
}

/* A frame count of the file as one of the film. */
static int64_t
at_speed(const struct sound_voice *player, int64_t frames)
{
	return (frames * 1000000 + player->request.voice->speed_ppm / 2) / player->request.voice->speed_ppm;
}

static int
chain_run(struct sound_voice *player, float *samples, size_t frames, struct error *err)
{
	return player->stretch != NULL ? stretch_run(player->stretch, samples, frames, err)
				       : pull(player, samples, frames, err);
}

/* ---- opening ---- */

/* An open voice that fades out has to know where it ends: its file is read once for that. */
static int
find_end(struct sound_voice *player, struct error *err)
{
	const struct voice *voice = player->request.voice;
	const int64_t room = voice->end - voice->start;
	CLEANUP(sound_reader_close) struct sound_reader *reader = NULL;
	float *samples;
	int64_t length = 0;
	size_t got = 1;
	int ret = 0;

	if (voice->loop || !fades(&voice->out) || voice->joined)
		return 0;
	samples = alloc_zeroed(PORTION * CHANNELS, sizeof(*samples));
	ret = open_reader(player, err);
	while (ret == 0 && got > 0 && at_speed(player, length) < room) {
		ret = sound_reader_read(player->reader, samples, PORTION, &got, err);
		length += (int64_t)got;
	}
	free(samples);
	reader = player->reader;
	player->reader = NULL;
	if (ret == 0)
		player->fade_end = FW_MIN(voice->start + at_speed(player, length), voice->out.end);
	return ret < 0 ? -1 : 0;
}

/* Where the file has nothing before `in`, the first frames are heard backwards first: the wave goes on without a step
 * while the join's slope rises. */
static int
make_mirror(struct sound_voice *player, struct error *err)
{
	const size_t count = (size_t)player->lead;
	float *frames;

	player->mirror = alloc_zeroed(2 * count * CHANNELS, sizeof(*player->mirror));
	player->mirror_count = 2 * count;
	frames = player->mirror + count * CHANNELS;
	if (chain_run(player, frames, count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		memcpy(player->mirror + i * CHANNELS, frames + (count - 1 - i) * CHANNELS, CHANNELS * sizeof(float));
	return 0;
}

static int
player_open(struct sound_voice *player, struct error *err)
{
	const struct voice *voice = player->request.voice;
	const int64_t in = (voice->in_us * player->request.rate + 500000) / 1000000;
	const int64_t lead = (player->lead * voice->speed_ppm + 500000) / 1000000;
	const bool mirrored = player->lead > 0 && in < lead;
	int ret;

	player->opened = true;
	player->from = mirrored ? in : in - lead;
	if (find_end(player, err) < 0)
		return -1;
	ret = open_reader(player, err);
	if (ret == 1 && voice->kind != VOICE_CLIP)
		return error_code(err, ERR_INPUT, "sound_unavailable", "'%s' has no sound", voice->asset);
	player->silent = ret == 1;
	if (ret != 0)
		return ret == 1 ? 0 : -1;
	if (voice->speed_ppm != 1000000)
		player->stretch = stretch_new(player->request.rate, voice->speed_ppm, pull, player);
	player->last = alloc_zeroed((size_t)player->join * 2 * CHANNELS, sizeof(float));
	return mirrored ? make_mirror(player, err) : 0;
}

/* ---- after the file's end ---- */

static float *
last_at(const struct sound_voice *player, int64_t out)
{
	return player->last + (size_t)(out % (player->join * 2)) * CHANNELS;
}

/* Its last frames once more, backwards: a file that ends with its place goes on through the join like a longer one, and
 * one that ends before fades instead of breaking off. */
static void
after_end(const struct sound_voice *player, int64_t end, float *frame)
{
	const int64_t past = player->out - end, length = player->join * 2;
	const int64_t place = sound_voice_start(player) + end;
	const bool early = place < player->request.voice->end - player->join;
	const float gain = early ? 1 - (float)past / (float)length : 1;
	const float *from;

	memset(frame, 0, CHANNELS * sizeof(*frame));
	if (!player->request.voice->joined || past >= length || past >= end)
		return;
	from = last_at(player, end - 1 - past);
	for (size_t c = 0; c < CHANNELS; c++)
		frame[c] = from[c] * gain;
}

/* The next frames of the chain with all that joins them. */
static int
raw_run(struct sound_voice *player, float *samples, size_t frames, struct error *err)
{
	const size_t mirrored = FW_MIN(player->mirror_count - player->mirror_at, frames);
	const int64_t before = player->mirror != NULL ? player->lead : 0;
	int64_t end;

	if (mirrored > 0)
		memcpy(samples, player->mirror + player->mirror_at * CHANNELS, mirrored * CHANNELS * sizeof(*samples));
	player->mirror_at += mirrored;
	if (chain_run(player, samples + mirrored * CHANNELS, frames - mirrored, err) < 0)
		return -1;
	end = player->source_end < 0 ? INT64_MAX : before + at_speed(player, player->source_end);
	for (size_t i = 0; i < frames; i++, player->out++) {
		float *const frame = samples + i * CHANNELS;

		if (player->out >= end)
			after_end(player, end, frame);
		else
			memcpy(last_at(player, player->out), frame, CHANNELS * sizeof(*frame));
	}
	return 0;
}

/* ---- gains ---- */

static float
fade_gain(enum voice_shape shape, double share)
{
	return (float)(shape == VOICE_POWER ? sin(M_PI / 2 * share) : share);
}

static float
rise(const struct voice_fade *fade, int64_t at)
{
	if (at >= fade->end)
		return 1;
	return at < fade->start
		   ? 0
		   : fade_gain(fade->shape, ((double)(at - fade->start) + 0.5) / (double)(fade->end - fade->start));
}

/* Straight, so that the two sides of a join add up to one. */
static float
slope(int64_t at, int64_t start, int64_t end)
{
	if (at < start)
		return 0;
	return at >= end ? 1 : ((float)(at - start) + 0.5F) / (float)(end - start);
}

static float
gain_at(const struct sound_voice *player, int64_t at)
{
	const struct voice *voice = player->request.voice;
	const int64_t length = voice->out.end - voice->out.start;
	float gain = (float)voice->volume;

	if (fades(&voice->in))
		gain *= rise(&voice->in, at);
	if (length > 0 && at >= player->fade_end - length)
		gain *= at >= player->fade_end
			    ? 0
			    : fade_gain(voice->out.shape, ((double)(player->fade_end - at) - 0.5) / (double)length);
	if (player->lead > 0)
		gain *= slope(at, voice->start - player->lead, voice->start + player->lead);
	if (player->tail > 0)
		gain *= 1 - slope(at, voice->end - player->tail, voice->end + player->tail);
	/* cut out of the middle of a file */
	if (!voice->joined && voice->in_us > 0 && !fades(&voice->in))
		gain *= slope(at, voice->start, voice->start + player->join);
	if (!voice->joined && !voice->open && length <= 0 && voice->end < player->request.total)
		gain *= 1 - slope(at, voice->end - player->join, voice->end);
	return gain;
}

static void
add(const struct sound_voice *player, int64_t at, const float *raw, size_t frames, float *samples)
{
	const double pan = player->request.voice->pan;
	const float left = pan > 0 ? (float)cos(M_PI / 2 * pan) : 1, right = pan < 0 ? (float)cos(M_PI / 2 * pan) : 1;

	for (size_t i = 0; i < frames; i++) {
		const float gain = gain_at(player, at + (int64_t)i);

		samples[i * CHANNELS] += raw[i * CHANNELS] * gain * left;
		samples[i * CHANNELS + 1] += raw[i * CHANNELS + 1] * gain * right;
	}
}

int
sound_voice_add(struct sound_voice *player, int64_t at, size_t frames, float *samples, struct error *err)
{
	float raw[PORTION / 4 * SOUND_CHANNELS];
	const int64_t start = sound_voice_start(player);
	const int64_t last = FW_MIN(at + (int64_t)frames, sound_voice_end(player));
	int64_t now = FW_MAX(at, start);

	if (now < last && !player->opened && player_open(player, err) < 0)
		return -1;
	while (now < last && !player->silent) {
		const size_t count = (size_t)FW_MIN(last - now, PORTION / 4);

		if (raw_run(player, raw, count, err) < 0)
			return -1;
		add(player, now, raw, count, samples + (size_t)(now - at) * CHANNELS);
		now += (int64_t)count;
	}
	return 0;
}

int
sound_voice_cut(struct sound_voice *player, bool *ret_cut, struct error *err)
{
	const struct voice *voice = player->request.voice;
	float frame[SOUND_CHANNELS];
	size_t got = 0;

	*ret_cut = voice->cut;
	/* music that was not told how long is a bed under the film, not something that is missed */
	if (!voice->open || voice->kind == VOICE_MUSIC || voice->end < player->request.total || player->reader == NULL)
		return 0;
	if (sound_reader_read(player->reader, frame, 1, &got, err) < 0)
		return -1;
	*ret_cut = got > 0;
	return 0;
}
