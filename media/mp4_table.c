/*
 * Tables of samples: how long each is shown, how large it is and where it lies.
 */
#include "media/caption_track.h"
#include "media/mp4_box.h"
#include "media/mp4_priv.h"

static void
stsd(const struct mp4_boxes *b, bool sound)
{
	const size_t at = mp4_open_full(b->out, "stsd", 0, 0);

	mp4_u32(b->out, 1);
	if (sound)
		mp4_sound_entry(b->film, b->out);
	else
		mp4_picture_entry(b->film, b->out);
	mp4_close(b->out, at);
}

/* All samples last the same; of sound only the last one may be shorter, so that the sum is exact. */
static void
stts(const struct mp4_boxes *b, uint32_t count, uint64_t step, uint64_t last)
{
	const size_t at = mp4_open_full(b->out, "stts", 0, 0);
	const bool whole = last == step;

	mp4_u32(b->out, whole || count == 1 ? 1 : 2);
	if (whole || count > 1) {
		mp4_u32(b->out, whole ? count : count - 1);
		mp4_u32(b->out, step);
	}
	if (!whole) {
		mp4_u32(b->out, 1);
		mp4_u32(b->out, last);
	}
	mp4_close(b->out, at);
}

/* Runs of equal values: (count, value) pairs with the number of pairs in front. */
static void
ctts(const struct mp4_boxes *b)
{
	const struct mp4_track *track = &b->film->picture;
	const size_t at = mp4_open_full(b->out, "ctts", 0, 0);
	const size_t count_at = b->out->len;
	uint32_t pairs = 0;

	mp4_u32(b->out, 0);
	for (uint32_t i = 0, run = 1; i < track->n_samples; i++, run++) {
		if (i + 1 < track->n_samples && track->samples[i + 1].delay == track->samples[i].delay)
			continue;
		mp4_u32(b->out, run);
		mp4_u32(b->out, (uint64_t)track->samples[i].delay * (uint64_t)b->step);
		pairs++;
		run = 0;
	}
	mp4_patch(b->out, count_at, pairs);
	mp4_close(b->out, at);
}

static void
stss(const struct mp4_boxes *b)
{
	const struct mp4_track *track = &b->film->picture;
	const size_t at = mp4_open_full(b->out, "stss", 0, 0);
	uint32_t count = 0;

	for (uint32_t i = 0; i < track->n_samples; i++)
		count += track->samples[i].key;
	mp4_u32(b->out, count);
	for (uint32_t i = 0; i < track->n_samples; i++)
		if (track->samples[i].key)
			mp4_u32(b->out, i + 1);
	mp4_close(b->out, at);
}

static void
stsz(const struct mp4_boxes *b, const struct mp4_track *track)
{
	const size_t at = mp4_open_full(b->out, "stsz", 0, 0);

	mp4_u32(b->out, 0);
	mp4_u32(b->out, track->n_samples);
	for (uint32_t i = 0; i < track->n_samples; i++)
		mp4_u32(b->out, track->samples[i].size);
	mp4_close(b->out, at);
}

static void
stsc(const struct mp4_boxes *b, bool sound)
{
	const size_t at = mp4_open_full(b->out, "stsc", 0, 0);
	const size_t count_at = b->out->len;
	uint32_t entries = 0, number = 0, last = 0;

	mp4_u32(b->out, 0);
	for (size_t i = 0; i < b->layout->n_chunks; i++) {
		const struct mp4_chunk *chunk = &b->layout->chunks[i];

		if (chunk->sound != sound)
			continue;
		number++;
		if (chunk->count == last)
			continue;
		last = chunk->count;
		mp4_u32(b->out, number);
		mp4_u32(b->out, chunk->count);
		mp4_u32(b->out, 1);
		entries++;
	}
	mp4_patch(b->out, count_at, entries);
	mp4_close(b->out, at);
}

/* Decided by the data alone, so that the head's length does not depend on where the data begins. */
static bool
is_far(const struct mp4_boxes *b)
{
	return b->layout->data > UINT32_MAX - 256 * MIB;
}

static void
chunk_offsets(const struct mp4_boxes *b, bool sound)
{
	const bool wide = is_far(b);
	const size_t at = mp4_open_full(b->out, wide ? "co64" : "stco", 0, 0);
	uint64_t offset = b->base + b->layout->texts;
	uint32_t count = 0;

	for (size_t i = 0; i < b->layout->n_chunks; i++)
		count += b->layout->chunks[i].sound == sound;
	mp4_u32(b->out, count);
	for (size_t i = 0; i < b->layout->n_chunks; i++) {
		if (b->layout->chunks[i].sound == sound && wide)
			mp4_u64(b->out, offset);
		else if (b->layout->chunks[i].sound == sound)
			mp4_u32(b->out, offset);
		offset += b->layout->chunks[i].bytes;
	}
	mp4_close(b->out, at);
}

/* Every AAC packet needs the one before it to be decoded rightly. */
static void
roll(const struct mp4_boxes *b)
{
	size_t at = mp4_open_full(b->out, "sgpd", 1, 0);

	mp4_text(b->out, "roll");
	mp4_u32(b->out, 2);
	mp4_u32(b->out, 1);
	mp4_u16(b->out, 0xffff);
	mp4_close(b->out, at);
	at = mp4_open_full(b->out, "sbgp", 0, 0);
	mp4_text(b->out, "roll");
	mp4_u32(b->out, 1);
	mp4_u32(b->out, b->film->sound.n_samples);
	mp4_u32(b->out, 1);
	mp4_close(b->out, at);
}

/* In a film of fragments the tables are there and empty. */
static void
no_samples(const struct mp4_boxes *b)
{
	static const char *const tables[] = {"stts", "stsc", "stsz", "stco"};

	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		const size_t at = mp4_open_full(b->out, tables[i], 0, 0);

		mp4_zeros(b->out, i == 2 ? 8 : 4);
		mp4_close(b->out, at);
	}
}

void
mp4_stbl(const struct mp4_boxes *b, bool sound)
{
	const struct mp4_film *film = b->film;
	const struct mp4_track *track = sound ? &film->sound : &film->picture;
	const size_t at = mp4_open(b->out, "stbl");

	stsd(b, sound);
	if (b->layout == NULL) {
		no_samples(b);
		mp4_close(b->out, at);
		return;
	}
	stts(b, track->n_samples, sound ? (uint64_t)film->packet : (uint64_t)b->step,
	    sound ? (uint64_t)film->last : (uint64_t)b->step);
	if (!sound) {
		stss(b);
		if (film->reorder > 0)
			ctts(b);
	}
	stsc(b, sound);
	stsz(b, track);
	chunk_offsets(b, sound);
	if (sound)
		roll(b);
	mp4_close(b->out, at);
}

/* ---- captions ---- */

/* Runs of equal durations. */
static void
text_times(const struct mp4_boxes *b, const struct caption_track *text)
{
	const size_t at = mp4_open_full(b->out, "stts", 0, 0);
	const size_t count_at = b->out->len, count = caption_track_count(text);
	uint32_t entries = 0, run = 1;

	mp4_u32(b->out, 0);
	for (size_t i = 0; i < count; i++, run++) {
		const uint32_t duration = caption_track_at(text, i)->duration;

		if (i + 1 < count && caption_track_at(text, i + 1)->duration == duration)
			continue;
		mp4_u32(b->out, run);
		mp4_u32(b->out, duration);
		entries++;
		run = 0;
	}
	mp4_patch(b->out, count_at, entries);
	mp4_close(b->out, at);
}

static void
text_sizes(const struct mp4_boxes *b, const struct caption_track *text)
{
	const size_t at = mp4_open_full(b->out, "stsz", 0, 0);

	mp4_u32(b->out, 0);
	mp4_u32(b->out, caption_track_count(text));
	for (size_t i = 0; i < caption_track_count(text); i++)
		mp4_u32(b->out, caption_track_at(text, i)->size);
	mp4_close(b->out, at);
}

/* One chunk, behind those of the texts before. */
static void
text_place(const struct mp4_boxes *b, size_t index)
{
	uint64_t offset = b->base;
	size_t at = mp4_open_full(b->out, "stsc", 0, 0);

	mp4_u32(b->out, 1);
	mp4_u32(b->out, 1);
	mp4_u32(b->out, caption_track_count(&b->film->texts[index]));
	mp4_u32(b->out, 1);
	mp4_close(b->out, at);
	for (size_t i = 0; i < index; i++)
		offset += b->film->texts[i].data.len;
	at = mp4_open_full(b->out, is_far(b) ? "co64" : "stco", 0, 0);
	mp4_u32(b->out, 1);
	if (is_far(b))
		mp4_u64(b->out, offset);
	else
		mp4_u32(b->out, offset);
	mp4_close(b->out, at);
}

void
mp4_text_stbl(const struct mp4_boxes *b, size_t index)
{
	const struct caption_track *text = &b->film->texts[index];
	const size_t outer = mp4_open(b->out, "stbl");
	const size_t at = mp4_open_full(b->out, "stsd", 0, 0);

	mp4_u32(b->out, 1);
	buf_put(b->out, text->entry.data, text->entry.len);
	mp4_close(b->out, at);
	text_times(b, text);
	text_place(b, index);
	text_sizes(b, text);
	mp4_close(b->out, outer);
}
