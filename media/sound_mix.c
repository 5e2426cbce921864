/*
 * All voices of the film added up, second by second, into a spill file. The dialogue is mixed some seconds ahead of the
 * rest, because music has to step back before somebody speaks.
 */
#include "media/duck.h"
#include "media/measure_audio.h"
#include "media/sound_priv.h"
#include "media/sound_voice.h"
#include "media/task.h"

#define AHEAD_SECONDS 6
_Static_assert(AHEAD_SECONDS >= DUCK_AHEAD_SECONDS + 1, "music must know who speaks while it steps back");

struct mixer {
	const struct task *task;
	const struct plan *plan;
	struct sound_voice **players; /* as plan->voices */
	struct duck_key *key;
	int64_t block, total; /* frames */
	int64_t spoken;	      /* frames of dialogue that were mixed */
	float *dialogue;      /* ring of AHEAD_SECONDS + 1 blocks */
	float *mix, *one;     /* a block each: of all, of one voice */
	uint64_t cut;	      /* audio items that went on after the film's end */
};

static void
mixer_done(struct mixer *mixer)
{
	for (size_t i = 0; mixer->players != NULL && i < mixer->plan->n_voices; i++)
		sound_voice_free(&mixer->players[i]);
	free(mixer->players);
	duck_key_free(&mixer->key);
	free(mixer->dialogue);
	free(mixer->mix);
	free(mixer->one);
}

static int
mixer_init(struct mixer *mixer, sound_find_fn *find, void *ctx, struct error *err)
{
	const struct plan *plan = mixer->plan;
	const int rate = (int)plan->timeline->output.audio.rate;
	const size_t block = (size_t)rate * SOUND_CHANNELS;

	mixer->block = rate;
	mixer->total = plan_samples(plan, plan->frames, rate);
	mixer->key = duck_key_new(rate);
	mixer->players = calloc(plan->n_voices + 1, sizeof(struct sound_voice *));
	mixer->dialogue = calloc(block * (AHEAD_SECONDS + 1), sizeof(float));
	mixer->mix = calloc(block, sizeof(float));
	mixer->one = calloc(block, sizeof(float));
	if (mixer->players == NULL || mixer->dialogue == NULL || mixer->mix == NULL || mixer->one == NULL)
		return error_set(err, ERR_MEMORY, "no memory for mixing");
	for (size_t i = 0; i < plan->n_voices; i++) {
		const struct sound_voice_request request = {
		    .voice = &plan->voices[i],
		    .fd = find(ctx, plan->voices[i].asset),
		    .rate = rate,
		    .total = mixer->total,
		    .task = mixer->task,
		};

		if (request.fd < 0)
			return error_code(
			    err, ERR_INPUT, "sound_unavailable", "the sound '%s' is not there", plan->voices[i].asset);
		mixer->players[i] = sound_voice_new(&request);
	}
	return 0;
}

static float *
dialogue_at(const struct mixer *mixer, int64_t at)
{
	return mixer->dialogue +
	       (size_t)(at / mixer->block % (AHEAD_SECONDS + 1)) * (size_t)mixer->block * SOUND_CHANNELS;
}

/* A voice that is over needs no decoder any more. */
static int
play(struct mixer *mixer, size_t index, int64_t at, size_t frames, float *samples, struct error *err)
{
	struct sound_voice **player = &mixer->players[index];
	const struct voice *voice = &mixer->plan->voices[index];
	bool cut;

	if (*player == NULL || sound_voice_start(*player) >= at + (int64_t)frames)
		return 0;
	if (sound_voice_add(*player, at, frames, samples, err) < 0)
		return -1;
	if (sound_voice_end(*player) > at + (int64_t)frames)
		return 0;
	if (sound_voice_cut(*player, &cut, err) < 0)
		return -1;
	if (cut && voice->item >= 0 && voice->item < 64)
		mixer->cut |= UINT64_C(1) << voice->item;
	sound_voice_free(player);
	return 0;
}

/* The next block of dialogue. */
static int
speak(struct mixer *mixer, struct error *err)
{
	const int64_t at = mixer->spoken;
	const size_t frames = (size_t)FW_MIN(mixer->block, mixer->total - at);
	float *const samples = dialogue_at(mixer, at);

	memset(samples, 0, frames * SOUND_CHANNELS * sizeof(*samples));
	for (size_t i = 0; i < mixer->plan->n_voices; i++)
		if (mixer->plan->voices[i].kind == VOICE_DIALOGUE && play(mixer, i, at, frames, samples, err) < 0)
			return -1;
	duck_key_add(mixer->key, samples, frames);
	mixer->spoken += (int64_t)frames;
	return 0;
}

static int
add_voice(struct mixer *mixer, size_t index, int64_t at, size_t frames, struct error *err)
{
	const struct voice *voice = &mixer->plan->voices[index];
	const struct timeline_ducking *ducking = &mixer->plan->timeline->output.audio.ducking;
	const struct duck duck = {
	    .depth_db = voice->duck_db, .attack_s = ducking->attack_s, .release_s = ducking->release_s};

	if (voice->duck_db <= 0)
		return play(mixer, index, at, frames, mixer->mix, err);
	memset(mixer->one, 0, frames * SOUND_CHANNELS * sizeof(*mixer->one));
	if (play(mixer, index, at, frames, mixer->one, err) < 0)
		return -1;
	duck_apply(&duck, mixer->key, at, mixer->one, frames);
	for (size_t i = 0; i < frames * SOUND_CHANNELS; i++)
		mixer->mix[i] += mixer->one[i];
	return 0;
}

static int
mix_block(struct mixer *mixer, int64_t at, size_t frames, struct error *err)
{
	if (task_check(mixer->task, err) < 0)
		return -1;
	while (mixer->spoken < FW_MIN(at + (AHEAD_SECONDS + 1) * mixer->block, mixer->total))
		if (speak(mixer, err) < 0)
			return -1;
	memcpy(mixer->mix, dialogue_at(mixer, at), frames * SOUND_CHANNELS * sizeof(*mixer->mix));
	for (size_t i = 0; i < mixer->plan->n_voices; i++)
		if (mixer->plan->voices[i].kind != VOICE_DIALOGUE && add_voice(mixer, i, at, frames, err) < 0)
			return -1;
	return 0;
}

int
sound_mix(const struct task *task, const struct plan *plan, sound_find_fn *find, void *ctx, struct spill *spill,
    struct sound_notes *notes, struct error *err)
{
	CLEANUP(mixer_done) struct mixer mixer = {.task = task, .plan = plan};

	if (mixer_init(&mixer, find, ctx, err) < 0)
		return -1;
	for (int64_t at = 0; at < mixer.total; at += mixer.block) {
		const size_t frames = (size_t)FW_MIN(mixer.block, mixer.total - at);

		if (mix_block(&mixer, at, frames, err) < 0 || spill_write(spill, mixer.mix, frames, err) < 0)
			return -1;
	}
	notes->speech = duck_key_heard(mixer.key);
	notes->cut = mixer.cut;
	return 0;
}
