/*
 * The boxes of an MP4 file's head, as ISO/IEC 14496-12, -14 and -15 have them.
 */
#include "media/mp4_priv.h"

#include "media/mp4_box.h"

#define TIMESCALE_MIN 10000

struct boxes {
	struct buf *out;
	const struct mp4_film *film;
	const struct mp4_layout *layout; /* NULL: the head of a film in fragments */
	uint64_t base;
	int64_t timescale; /* of film and picture track */
	int64_t step;	   /* of one picture */
	uint64_t duration; /* of the film; 0 in fragments */
};

int64_t
mp4_timescale(int64_t fps_num)
{
	int64_t timescale = fps_num;

	while (timescale < TIMESCALE_MIN)
		timescale *= 2;
	return timescale;
}

int64_t
mp4_step(const struct mp4_film *film)
{
	return film->fps_den * (mp4_timescale(film->fps_num) / film->fps_num);
}

static void
matrix(struct boxes *b)
{
	static const uint32_t unity[9] = {0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};

	for (int i = 0; i < 9; i++)
		mp4_u32(b->out, unity[i]);
}

/* Times of creation are left 0, so that the same film is the same bytes. Version 1 only where 32 bits do not suffice.
 */
static void
times(struct boxes *b, bool wide, uint64_t timescale, uint64_t duration)
{
	mp4_zeros(b->out, wide ? 16 : 8);
	mp4_u32(b->out, timescale);
	if (wide)
		mp4_u64(b->out, duration);
	else
		mp4_u32(b->out, duration);
}

static bool
is_wide(uint64_t duration)
{
	return duration > UINT32_MAX - 1;
}

static void
mvhd(struct boxes *b)
{
	const bool wide = is_wide(b->duration);
	const size_t at = mp4_open_full(b->out, "mvhd", wide, 0);

	times(b, wide, (uint64_t)b->timescale, b->duration);
	mp4_u32(b->out, 0x10000);
	mp4_u16(b->out, 0x100);
	mp4_zeros(b->out, 10);
	matrix(b);
	mp4_zeros(b->out, 24);
	mp4_u32(b->out, b->film->sound.n_samples > 0 ? 3 : 2);
	mp4_close(b->out, at);
}

static void
tkhd(struct boxes *b, bool sound)
{
	const bool wide = is_wide(b->duration);
	const size_t at = mp4_open_full(b->out, "tkhd", wide, 3);

	mp4_zeros(b->out, wide ? 16 : 8);
	mp4_u32(b->out, sound ? 2 : 1);
	mp4_zeros(b->out, 4);
	if (wide)
		mp4_u64(b->out, b->duration);
	else
		mp4_u32(b->out, b->duration);
	mp4_zeros(b->out, 8);
	mp4_zeros(b->out, 4);
	mp4_u16(b->out, sound ? 0x100 : 0);
	mp4_zeros(b->out, 2);
	matrix(b);
	mp4_u32(b->out, sound ? 0 : (uint64_t)b->film->width << 16);
	mp4_u32(b->out, sound ? 0 : (uint64_t)b->film->height << 16);
	mp4_close(b->out, at);
}

static void
edts(struct boxes *b, uint64_t media_time)
{
	const bool wide = is_wide(b->duration);
	const size_t outer = mp4_open(b->out, "edts");
	const size_t at = mp4_open_full(b->out, "elst", wide, 0);

	mp4_u32(b->out, 1);
	if (wide) {
		mp4_u64(b->out, b->duration);
		mp4_u64(b->out, media_time);
	} else {
		mp4_u32(b->out, b->duration);
		mp4_u32(b->out, media_time);
	}
	mp4_u32(b->out, 0x10000);
	mp4_close(b->out, at);
	mp4_close(b->out, outer);
}

static void
mdhd(struct boxes *b, uint64_t timescale, uint64_t duration)
{
	const bool wide = is_wide(duration);
	const size_t at = mp4_open_full(b->out, "mdhd", wide, 0);

	times(b, wide, timescale, duration);
	mp4_u16(b->out, 0x55c4); /* und */
	mp4_u16(b->out, 0);
	mp4_close(b->out, at);
}

static void
hdlr(struct boxes *b, bool sound)
{
	const size_t at = mp4_open_full(b->out, "hdlr", 0, 0);

	mp4_zeros(b->out, 4);
	mp4_text(b->out, sound ? "soun" : "vide");
	mp4_zeros(b->out, 12);
	buf_put(b->out, sound ? "SoundHandler" : "VideoHandler", 13);
	mp4_close(b->out, at);
}

static void
dinf(struct boxes *b)
{
	const size_t outer = mp4_open(b->out, "dinf");
	const size_t middle = mp4_open_full(b->out, "dref", 0, 0);
	size_t at;

	mp4_u32(b->out, 1);
	at = mp4_open_full(b->out, "url ", 0, 1);
	mp4_close(b->out, at);
	mp4_close(b->out, middle);
	mp4_close(b->out, outer);
}

static void
stsd(struct boxes *b, bool sound)
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
stts(struct boxes *b, uint32_t count, uint64_t step, uint64_t last)
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
ctts(struct boxes *b)
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
stss(struct boxes *b)
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
stsz(struct boxes *b, const struct mp4_track *track)
{
	const size_t at = mp4_open_full(b->out, "stsz", 0, 0);

	mp4_u32(b->out, 0);
	mp4_u32(b->out, track->n_samples);
	for (uint32_t i = 0; i < track->n_samples; i++)
		mp4_u32(b->out, track->samples[i].size);
	mp4_close(b->out, at);
}

static void
stsc(struct boxes *b, bool sound)
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

static void
chunk_offsets(struct boxes *b, bool sound)
{
	/* decided by the data alone, so that the head's length does not depend on where the data begins */
	const bool wide = b->layout->data > UINT32_MAX - 256 * MIB;
	const size_t at = mp4_open_full(b->out, wide ? "co64" : "stco", 0, 0);
	uint64_t offset = b->base;
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
roll(struct boxes *b)
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
no_samples(struct boxes *b)
{
	static const char *const tables[] = {"stts", "stsc", "stsz", "stco"};

	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		const size_t at = mp4_open_full(b->out, tables[i], 0, 0);

		mp4_zeros(b->out, i == 2 ? 8 : 4);
		mp4_close(b->out, at);
	}
}

static void
stbl(struct boxes *b, bool sound)
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

static void
minf(struct boxes *b, bool sound)
{
	const size_t outer = mp4_open(b->out, "minf");
	const size_t at = mp4_open_full(b->out, sound ? "smhd" : "vmhd", 0, sound ? 0 : 1);

	mp4_zeros(b->out, sound ? 4 : 8);
	mp4_close(b->out, at);
	dinf(b);
	stbl(b, sound);
	mp4_close(b->out, outer);
}

static void
trak(struct boxes *b, bool sound)
{
	const struct mp4_film *film = b->film;
	const size_t outer = mp4_open(b->out, "trak");
	size_t at;

	tkhd(b, sound);
	edts(b, sound ? (uint64_t)film->priming : (uint64_t)(film->reorder * b->step));
	at = mp4_open(b->out, "mdia");
	if (sound)
		mdhd(b, (uint64_t)film->rate,
		    b->layout == NULL
			? 0
			: (uint64_t)(film->sound.n_samples - 1) * (uint64_t)film->packet + (uint64_t)film->last);
	else
		mdhd(b, (uint64_t)b->timescale, b->duration);
	hdlr(b, sound);
	minf(b, sound);
	mp4_close(b->out, at);
	mp4_close(b->out, outer);
}

static void
ftyp(struct boxes *b)
{
	const size_t at = mp4_open(b->out, "ftyp");

	/* fragments' offsets count from their moof, which readers know since iso5 */
	mp4_text(b->out, b->layout == NULL ? "iso5" : "isom");
	mp4_u32(b->out, 0x200);
	mp4_text(b->out, b->layout == NULL ? "iso5" : "isom");
	mp4_text(b->out, b->layout == NULL ? "iso6" : "iso2");
	mp4_text(b->out, b->film->entry != NULL ? b->film->entry : "avc1");
	mp4_text(b->out, "mp41");
	mp4_close(b->out, at);
}

static void
trex(struct boxes *b, bool sound)
{
	const size_t at = mp4_open_full(b->out, "trex", 0, 0);

	mp4_u32(b->out, sound ? 2 : 1);
	mp4_u32(b->out, 1);
	mp4_u32(b->out, sound ? (uint64_t)b->film->packet : (uint64_t)b->step);
	mp4_zeros(b->out, 8);
	mp4_close(b->out, at);
}

/* How long it will be is known before it is made. */
static void
mvex(struct boxes *b)
{
	const uint64_t duration = (uint64_t)b->film->picture.n_samples * (uint64_t)b->step;
	const size_t outer = mp4_open(b->out, "mvex");
	const size_t at = mp4_open_full(b->out, "mehd", 1, 0);

	mp4_u64(b->out, duration);
	mp4_close(b->out, at);
	trex(b, false);
	if (b->film->sound.n_samples > 0)
		trex(b, true);
	mp4_close(b->out, outer);
}

static void
put_head(struct boxes *b)
{
	size_t at;

	b->timescale = mp4_timescale(b->film->fps_num);
	b->step = mp4_step(b->film);
	ftyp(b);
	at = mp4_open(b->out, "moov");
	mvhd(b);
	trak(b, false);
	if (b->film->sound.n_samples > 0)
		trak(b, true);
	if (b->layout == NULL)
		mvex(b);
	mp4_close(b->out, at);
}

void
mp4_head(const struct mp4_film *film, const struct mp4_layout *layout, uint64_t base, struct buf *out)
{
	struct boxes b = {.out = out, .film = film, .layout = layout, .base = base};

	b.duration = (uint64_t)film->picture.n_samples * (uint64_t)mp4_step(film);
	put_head(&b);
}

void
mp4_init(const struct mp4_film *film, struct buf *out)
{
	struct boxes b = {.out = out, .film = film};

	put_head(&b);
}
