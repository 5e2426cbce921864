/*
 * The boxes of an MP4 file's head, as ISO/IEC 14496-12, -14 and -15 have them.
 */
#include "media/mp4_priv.h"

#define TIMESCALE_MIN 10000

struct boxes {
	struct buf *out;
	const struct mp4_film *film;
	const struct mp4_layout *layout;
	uint64_t base;
	int64_t timescale; /* of film and picture track */
	int64_t step;	   /* of one picture */
	uint64_t duration; /* of the film */
};

int64_t
mp4_timescale(int64_t fps_num)
{
	int64_t timescale = fps_num;

	while (timescale < TIMESCALE_MIN)
		timescale *= 2;
	return timescale;
}

static void
u8(struct boxes *b, unsigned value)
{
	buf_putc(b->out, (char)value);
}

static void
u16(struct boxes *b, unsigned value)
{
	u8(b, value >> 8 & 255);
	u8(b, value & 255);
}

static void
u32(struct boxes *b, uint64_t value)
{
	u16(b, (unsigned)(value >> 16 & 0xffff));
	u16(b, (unsigned)(value & 0xffff));
}

static void
u64(struct boxes *b, uint64_t value)
{
	u32(b, value >> 32);
	u32(b, value & 0xffffffff);
}

static void
zeros(struct boxes *b, int count)
{
	while (count-- > 0)
		u8(b, 0);
}

static void
text(struct boxes *b, const char *four)
{
	buf_put(b->out, four, 4);
}

static size_t
open_box(struct boxes *b, const char *type)
{
	const size_t at = b->out->len;

	u32(b, 0);
	text(b, type);
	return at;
}

static size_t
open_full(struct boxes *b, const char *type, unsigned version, unsigned flags)
{
	const size_t at = open_box(b, type);

	u32(b, version << 24 | flags);
	return at;
}

static void
close_box(struct boxes *b, size_t at)
{
	const size_t size = b->out->len - at;

	if (b->out->failed)
		return;
	for (int i = 0; i < 4; i++)
		b->out->data[at + (size_t)i] = (char)(size >> (24 - 8 * i) & 255);
}

static void
matrix(struct boxes *b)
{
	static const uint32_t unity[9] = {0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};

	for (int i = 0; i < 9; i++)
		u32(b, unity[i]);
}

/* Times of creation are left 0, so that the same film is the same bytes. Version 1 only where 32 bits do not suffice.
 */
static void
times(struct boxes *b, bool wide, uint64_t timescale, uint64_t duration)
{
	zeros(b, wide ? 16 : 8);
	u32(b, timescale);
	if (wide)
		u64(b, duration);
	else
		u32(b, duration);
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
	const size_t at = open_full(b, "mvhd", wide, 0);

	times(b, wide, (uint64_t)b->timescale, b->duration);
	u32(b, 0x10000);
	u16(b, 0x100);
	zeros(b, 10);
	matrix(b);
	zeros(b, 24);
	u32(b, b->film->sound.n_samples > 0 ? 3 : 2);
	close_box(b, at);
}

static void
tkhd(struct boxes *b, bool sound)
{
	const bool wide = is_wide(b->duration);
	const size_t at = open_full(b, "tkhd", wide, 3);

	zeros(b, wide ? 16 : 8);
	u32(b, sound ? 2 : 1);
	zeros(b, 4);
	if (wide)
		u64(b, b->duration);
	else
		u32(b, b->duration);
	zeros(b, 8);
	zeros(b, 4);
	u16(b, sound ? 0x100 : 0);
	zeros(b, 2);
	matrix(b);
	u32(b, sound ? 0 : (uint64_t)b->film->width << 16);
	u32(b, sound ? 0 : (uint64_t)b->film->height << 16);
	close_box(b, at);
}

static void
edts(struct boxes *b, uint64_t media_time)
{
	const bool wide = is_wide(b->duration);
	const size_t outer = open_box(b, "edts");
	const size_t at = open_full(b, "elst", wide, 0);

	u32(b, 1);
	if (wide) {
		u64(b, b->duration);
		u64(b, media_time);
	} else {
		u32(b, b->duration);
		u32(b, media_time);
	}
	u32(b, 0x10000);
	close_box(b, at);
	close_box(b, outer);
}

static void
mdhd(struct boxes *b, uint64_t timescale, uint64_t duration)
{
	const bool wide = is_wide(duration);
	const size_t at = open_full(b, "mdhd", wide, 0);

	times(b, wide, timescale, duration);
	u16(b, 0x55c4); /* und */
	u16(b, 0);
	close_box(b, at);
}

static void
hdlr(struct boxes *b, bool sound)
{
	const size_t at = open_full(b, "hdlr", 0, 0);

	zeros(b, 4);
	text(b, sound ? "soun" : "vide");
	zeros(b, 12);
	buf_put(b->out, sound ? "SoundHandler" : "VideoHandler", 13);
	close_box(b, at);
}

static void
dinf(struct boxes *b)
{
	const size_t outer = open_box(b, "dinf");
	const size_t middle = open_full(b, "dref", 0, 0);
	size_t at;

	u32(b, 1);
	at = open_full(b, "url ", 0, 1);
	close_box(b, at);
	close_box(b, middle);
	close_box(b, outer);
}

static void
avc1(struct boxes *b)
{
	const size_t outer = open_box(b, "avc1");
	size_t at;

	zeros(b, 6);
	u16(b, 1);
	zeros(b, 16);
	u16(b, (unsigned)b->film->width);
	u16(b, (unsigned)b->film->height);
	u32(b, 0x480000);
	u32(b, 0x480000);
	zeros(b, 4);
	u16(b, 1);
	zeros(b, 32);
	u16(b, 24);
	u16(b, 0xffff);
	at = open_box(b, "avcC");
	buf_put(b->out, b->film->picture.setup, b->film->picture.setup_len);
	close_box(b, at);
	at = open_box(b, "colr");
	text(b, "nclx");
	u16(b, 1); /* BT.709 primaries, transfer, matrix; limited range */
	u16(b, 1);
	u16(b, 1);
	u8(b, 0);
	close_box(b, at);
	at = open_box(b, "pasp");
	u32(b, 1);
	u32(b, 1);
	close_box(b, at);
	close_box(b, outer);
}

static void
descriptor(struct boxes *b, unsigned tag, size_t len)
{
	u8(b, tag);
	u8(b, 0x80);
	u8(b, 0x80);
	u8(b, 0x80);
	u8(b, (unsigned)len);
}

static void
esds(struct boxes *b)
{
	const struct mp4_film *film = b->film;
	const size_t setup = film->sound.setup_len, at = open_full(b, "esds", 0, 0);
	/* a descriptor's head takes 5 bytes */
	const size_t config = 13 + 5 + setup;

	descriptor(b, 3, 3 + 5 + config + 5 + 1);
	u16(b, 2);
	u8(b, 0);
	descriptor(b, 4, config);
	u8(b, 0x40);
	u8(b, 0x15);
	zeros(b, 3);
	u32(b, (uint64_t)film->bit_rate);
	u32(b, (uint64_t)film->bit_rate);
	descriptor(b, 5, setup);
	buf_put(b->out, film->sound.setup, setup);
	descriptor(b, 6, 1);
	u8(b, 2);
	close_box(b, at);
}

static void
mp4a(struct boxes *b)
{
	const size_t at = open_box(b, "mp4a");

	zeros(b, 6);
	u16(b, 1);
	zeros(b, 8);
	u16(b, (unsigned)b->film->channels);
	u16(b, 16);
	zeros(b, 4);
	u32(b, (uint64_t)b->film->rate << 16);
	esds(b);
	close_box(b, at);
}

static void
stsd(struct boxes *b, bool sound)
{
	const size_t at = open_full(b, "stsd", 0, 0);

	u32(b, 1);
	if (sound)
		mp4a(b);
	else
		avc1(b);
	close_box(b, at);
}

/* All samples last the same; of sound only the last one may be shorter, so that the sum is exact. */
static void
stts(struct boxes *b, uint32_t count, uint64_t step, uint64_t last)
{
	const size_t at = open_full(b, "stts", 0, 0);
	const bool whole = last == step;

	u32(b, whole || count == 1 ? 1 : 2);
	if (whole || count > 1) {
		u32(b, whole ? count : count - 1);
		u32(b, step);
	}
	if (!whole) {
		u32(b, 1);
		u32(b, last);
	}
	close_box(b, at);
}

/* Runs of equal values: (count, value) pairs with the number of pairs in front. */
static void
ctts(struct boxes *b)
{
	const struct mp4_track *track = &b->film->picture;
	const size_t at = open_full(b, "ctts", 0, 0);
	const size_t count_at = b->out->len;
	uint32_t pairs = 0;

	u32(b, 0);
	for (uint32_t i = 0, run = 1; i < track->n_samples; i++, run++) {
		if (i + 1 < track->n_samples && track->samples[i + 1].delay == track->samples[i].delay)
			continue;
		u32(b, run);
		u32(b, (uint64_t)track->samples[i].delay * (uint64_t)b->step);
		pairs++;
		run = 0;
	}
	for (int i = 0; i < 4 && !b->out->failed; i++)
		b->out->data[count_at + (size_t)i] = (char)(pairs >> (24 - 8 * i) & 255);
	close_box(b, at);
}

static void
stss(struct boxes *b)
{
	const struct mp4_track *track = &b->film->picture;
	const size_t at = open_full(b, "stss", 0, 0);
	uint32_t count = 0;

	for (uint32_t i = 0; i < track->n_samples; i++)
		count += track->samples[i].key;
	u32(b, count);
	for (uint32_t i = 0; i < track->n_samples; i++)
		if (track->samples[i].key)
			u32(b, i + 1);
	close_box(b, at);
}

static void
stsz(struct boxes *b, const struct mp4_track *track)
{
	const size_t at = open_full(b, "stsz", 0, 0);

	u32(b, 0);
	u32(b, track->n_samples);
	for (uint32_t i = 0; i < track->n_samples; i++)
		u32(b, track->samples[i].size);
	close_box(b, at);
}

static void
stsc(struct boxes *b, bool sound)
{
	const size_t at = open_full(b, "stsc", 0, 0);
	const size_t count_at = b->out->len;
	uint32_t entries = 0, number = 0, last = 0;

	u32(b, 0);
	for (size_t i = 0; i < b->layout->n_chunks; i++) {
		const struct mp4_chunk *chunk = &b->layout->chunks[i];

		if (chunk->sound != sound)
			continue;
		number++;
		if (chunk->count == last)
			continue;
		last = chunk->count;
		u32(b, number);
		u32(b, chunk->count);
		u32(b, 1);
		entries++;
	}
	for (int i = 0; i < 4 && !b->out->failed; i++)
		b->out->data[count_at + (size_t)i] = (char)(entries >> (24 - 8 * i) & 255);
	close_box(b, at);
}

static void
chunk_offsets(struct boxes *b, bool sound)
{
	/* decided by the data alone, so that the head's length does not depend on where the data begins */
	const bool wide = b->layout->data > UINT32_MAX - 256 * MIB;
	const size_t at = open_full(b, wide ? "co64" : "stco", 0, 0);
	uint64_t offset = b->base;
	uint32_t count = 0;

	for (size_t i = 0; i < b->layout->n_chunks; i++)
		count += b->layout->chunks[i].sound == sound;
	u32(b, count);
	for (size_t i = 0; i < b->layout->n_chunks; i++) {
		if (b->layout->chunks[i].sound == sound && wide)
			u64(b, offset);
		else if (b->layout->chunks[i].sound == sound)
			u32(b, offset);
		offset += b->layout->chunks[i].bytes;
	}
	close_box(b, at);
}

/* Every AAC packet needs the one before it to be decoded rightly. */
static void
roll(struct boxes *b)
{
	size_t at = open_full(b, "sgpd", 1, 0);

	text(b, "roll");
	u32(b, 2);
	u32(b, 1);
	u16(b, 0xffff);
	close_box(b, at);
	at = open_full(b, "sbgp", 0, 0);
	text(b, "roll");
	u32(b, 1);
	u32(b, b->film->sound.n_samples);
	u32(b, 1);
	close_box(b, at);
}

static void
stbl(struct boxes *b, bool sound)
{
	const struct mp4_film *film = b->film;
	const struct mp4_track *track = sound ? &film->sound : &film->picture;
	const size_t at = open_box(b, "stbl");

	stsd(b, sound);
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
	close_box(b, at);
}

static void
minf(struct boxes *b, bool sound)
{
	const size_t outer = open_box(b, "minf");
	const size_t at = open_full(b, sound ? "smhd" : "vmhd", 0, sound ? 0 : 1);

	zeros(b, sound ? 4 : 8);
	close_box(b, at);
	dinf(b);
	stbl(b, sound);
	close_box(b, outer);
}

static void
trak(struct boxes *b, bool sound)
{
	const struct mp4_film *film = b->film;
	const size_t outer = open_box(b, "trak");
	size_t at;

	tkhd(b, sound);
	edts(b, sound ? (uint64_t)film->priming : (uint64_t)(film->reorder * b->step));
	at = open_box(b, "mdia");
	if (sound)
		mdhd(b, (uint64_t)film->rate,
		    (uint64_t)(film->sound.n_samples - 1) * (uint64_t)film->packet + (uint64_t)film->last);
	else
		mdhd(b, (uint64_t)b->timescale, b->duration);
	hdlr(b, sound);
	minf(b, sound);
	close_box(b, at);
	close_box(b, outer);
}

static void
ftyp(struct boxes *b)
{
	const size_t at = open_box(b, "ftyp");

	text(b, "isom");
	u32(b, 0x200);
	text(b, "isom");
	text(b, "iso2");
	text(b, "avc1");
	text(b, "mp41");
	close_box(b, at);
}

void
mp4_head(const struct mp4_film *film, const struct mp4_layout *layout, uint64_t base, struct buf *out)
{
	struct boxes b = {.out = out, .film = film, .layout = layout, .base = base};
	size_t at;

	b.timescale = mp4_timescale(film->fps_num);
	b.step = film->fps_den * (b.timescale / film->fps_num);
	b.duration = (uint64_t)film->picture.n_samples * (uint64_t)b.step;
	ftyp(&b);
	at = open_box(&b, "moov");
	mvhd(&b);
	trak(&b, false);
	if (film->sound.n_samples > 0)
		trak(&b, true);
	close_box(&b, at);
}
