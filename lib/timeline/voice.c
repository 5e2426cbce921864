#include "lib/timeline/voice.h"

#include "lib/timeline/plan.h"

/* A sound may lie so many parts of a second beside its time to lie on its frame. */
#define BESIDE_PART 50

static int64_t
rate_of(const struct plan *plan)
{
	return plan->timeline->output.audio.rate;
}

static int64_t
frame_sample(const struct plan *plan, int64_t frame)
{
	return plan_samples(plan, frame, rate_of(plan));
}

static int64_t
us_samples(const struct plan *plan, int64_t us)
{
	return (us * rate_of(plan) + 500000) / 1000000;
}

static int64_t
start_sample(const struct plan *plan, int64_t us)
{
	const int64_t framed = frame_sample(plan, plan_frame(us, plan->fps_num, plan->fps_den));
	const int64_t exact = us_samples(plan, us);
	const int64_t off = framed > exact ? framed - exact : exact - framed;

	return off * BESIDE_PART > rate_of(plan) ? exact : framed;
}

/* ---- clips ---- */

/* The layer of the same track that comes in over the end of this one. */
static const struct plan_layer *
follower(const struct plan *plan, const struct plan_layer *layer)
{
	for (const struct plan_layer *next = layer + 1; next < plan->layers + plan->n_layers; next++) {
		if (next->item == NULL || next->track != layer->track)
			return NULL;
		if (next->enter != NULL && timeline_overlaps(next->enter) && next->start < layer->end)
			return next;
		return NULL;
	}
	return NULL;
}

static struct voice
clip_voice(const struct plan *plan, const struct plan_layer *layer)
{
	const struct timeline_item *item = layer->item;
	const struct plan_layer *next = follower(plan, layer);
	const int64_t out = next != NULL ? next->start : layer->end - layer->leave_frames;
	struct voice voice = {
	    .kind = VOICE_CLIP,
	    .asset = item->asset,
	    .item = -1,
	    .start = frame_sample(plan, layer->start),
	    .end = frame_sample(plan, FW_MIN(layer->start + layer->moving, layer->end)),
	    .in_us = item->in_us,
	    .speed_ppm = item->speed_ppm,
	    .volume = item->volume,
	    .joined = true,
	    .in = {.shape = VOICE_POWER},
	    .out = {.shape = VOICE_POWER},
	};

	voice.in.start = voice.start;
	voice.in.end = frame_sample(plan, layer->start + layer->enter_frames);
	voice.out.start = frame_sample(plan, out);
	voice.out.end = frame_sample(plan, layer->end);
	return voice;
}

/* ---- audio items ---- */

static enum voice_kind
kind_of(enum timeline_role role)
{
	static const enum voice_kind kinds[] = {
	    [ROLE_DIALOGUE] = VOICE_DIALOGUE, [ROLE_MUSIC] = VOICE_MUSIC, [ROLE_SFX] = VOICE_SFX};

	return kinds[role];
}

static double
duck_of(const struct plan *plan, const struct timeline_audio *audio)
{
	const struct timeline_ducking *ducking = &plan->timeline->output.audio.ducking;

	if (!audio->duck || audio->role == ROLE_DIALOGUE)
		return 0;
	return audio->role == ROLE_MUSIC ? ducking->music_db : ducking->sfx_db;
}

static struct voice
item_voice(const struct plan *plan, size_t index)
{
	const struct timeline_audio *audio = timeline_audio_at(plan->timeline, index);
	const int64_t film = frame_sample(plan, plan->frames);
	const int64_t in = us_samples(plan, audio->fade_in_us), out = us_samples(plan, audio->fade_out_us);
	struct voice voice = {
	    .kind = kind_of(audio->role),
	    .asset = audio->asset,
	    .item = (int64_t)index,
	    .start = start_sample(plan, audio->start_us),
	    .end = film,
	    .open = audio->duration_us == 0 && !audio->loop,
	    .in_us = audio->in_us,
	    .speed_ppm = audio->speed_ppm,
	    .volume = audio->volume,
	    .pan = audio->pan,
	    .loop = audio->loop,
	    .duck_db = duck_of(plan, audio),
	};

	if (audio->duration_us > 0) {
		voice.end = voice.start + us_samples(plan, audio->duration_us);
		voice.cut = voice.end > film && !audio->loop;
		voice.end = FW_MIN(voice.end, film);
	}
	voice.in = (struct voice_fade){voice.start, voice.start + in, VOICE_LINEAR};
	voice.out = (struct voice_fade){voice.end - out, voice.end, VOICE_LINEAR};
	return voice;
}

int
voice_list(
    struct arena *arena, const struct plan *plan, const struct voice **ret_voices, size_t *ret_count, struct error *err)
{
	struct voice *voices = ARENA_ARRAY(arena, plan->timeline->audio.count + plan->n_layers + 1, struct voice);
	size_t count = 0;

	if (voices == NULL)
		return arena_error(arena, err);
	for (size_t i = 0; i < plan->n_layers; i++) {
		const struct plan_layer *layer = &plan->layers[i];

		if (layer->item == NULL || layer->item->type != TIMELINE_CLIP || !layer->item->sound)
			continue;
		voices[count] = clip_voice(plan, layer);
		count += voices[count].end > voices[count].start && layer->item->volume > 0;
	}
	for (size_t i = 0; i < plan->timeline->audio.count; i++) {
		voices[count] = item_voice(plan, i);
		count += voices[count].end > voices[count].start;
	}
	*ret_voices = voices;
	*ret_count = count;
	return 0;
}

static void
hash_fade(const struct voice_fade *fade, struct hash *hash)
{
	hash_add_int(hash, fade->start);
	hash_add_int(hash, fade->end);
	hash_add_int(hash, fade->shape);
}

static void
hash_micro(double number, struct hash *hash)
{
	hash_add_int(hash, (int64_t)(number * 1e6 + (number < 0 ? -0.5 : 0.5)));
}

void
voice_hash(const struct voice *voice, struct hash *hash)
{
	hash_add_int(hash, voice->kind);
	hash_add_int(hash, voice->item); /* a warning names it */
	hash_add_int(hash, voice->start);
	hash_add_int(hash, voice->end);
	hash_add_int(hash, voice->open);
	hash_add_int(hash, voice->cut);
	hash_add_int(hash, voice->in_us);
	hash_add_int(hash, voice->speed_ppm);
	hash_micro(voice->volume, hash);
	hash_micro(voice->pan, hash);
	hash_add_int(hash, voice->loop);
	hash_add_int(hash, voice->joined);
	hash_fade(&voice->in, hash);
	hash_fade(&voice->out, hash);
	hash_micro(voice->duck_db, hash);
}
