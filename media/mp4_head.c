/*
 * The boxes of an MP4 file's head, as ISO/IEC 14496-12, -14 and -15 have them.
 */
#include "media/mp4_priv.h"

#include "media/caption_track.h"
#include "media/mp4_box.h"

#define TIMESCALE_MIN 10000

int64_t
mp4_timescale(int64_t fps_num)
{
	int64_t timescale = fps_num;

	while (timescale < TIMESCALE_MIN)
		timescale *= 2;
	return timescale;
}

uint32_t
mp4_text_id(const struct mp4_film *film, size_t index)
{
	return (film->sound.n_samples > 0 ? 3u : 2u) + (uint32_t)index;
}

int64_t
mp4_step(const struct mp4_film *film)
{
	return film->fps_den * (mp4_timescale(film->fps_num) / film->fps_num);
}

/* What a track is, as far as its boxes say it in the same words. */
struct kind {
	const char *handler;
	const char *name;
	const char *language; /* three letters */
	const char *header;   /* box of the media's header, ... */
	unsigned header_flags;
	int header_zeros; /* ... and how much there is in it */
	unsigned flags;	  /* 1: shown unless somebody chooses otherwise; 2: part of the film */
	uint32_t id;
	unsigned layer; /* the lowest number is on top */
	unsigned group; /* of tracks of which one is chosen; 0: none */
	unsigned volume;
	int top, width, height;
};

static struct kind
kind_of(const struct mp4_film *film, bool sound)
{
	if (sound)
		return (struct kind){.handler = "soun",
		    .name = "SoundHandler",
		    .language = "und",
		    .header = "smhd",
		    .header_zeros = 4,
		    .flags = 3,
		    .id = 2,
		    .volume = 0x100};
	return (struct kind){.handler = "vide",
	    .name = "VideoHandler",
	    .language = "und",
	    .header = "vmhd",
	    .header_flags = 1,
	    .header_zeros = 8,
	    .flags = 3,
	    .id = 1,
	    .width = film->width,
	    .height = film->height};
}

/* In front of the picture, at its bottom. Of all text tracks one is chosen. */
static struct kind
kind_of_text(const struct mp4_film *film, size_t index)
{
	const struct caption_track *text = &film->texts[index];

	return (struct kind){.handler = "sbtl", /* Apple's players do not see "text" */
	    .name = "SubtitleHandler",
	    .language = text->language,
	    .header = "nmhd",
	    .flags = text->enabled ? 3 : 2,
	    .id = mp4_text_id(film, index),
	    .layer = 0xffff,
	    .group = 1,
	    .top = film->height - text->box_height,
	    .width = film->width,
	    .height = text->box_height};
}

static void
matrix(struct mp4_boxes *b, int top)
{
	const uint32_t move[9] = {0x10000, 0, 0, 0, 0x10000, 0, 0, (uint32_t)top << 16, 0x40000000};

	for (int i = 0; i < 9; i++)
		mp4_u32(b->out, move[i]);
}

/* Times of creation are left 0, so that the same film is the same bytes. Version 1 only where 32 bits do not suffice.
 */
static void
times(struct mp4_boxes *b, bool wide, uint64_t timescale, uint64_t duration)
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
mvhd(struct mp4_boxes *b)
{
	const bool wide = is_wide(b->duration);
	const size_t at = mp4_open_full(b->out, "mvhd", wide, 0);

	times(b, wide, (uint64_t)b->timescale, b->duration);
	mp4_u32(b->out, 0x10000);
	mp4_u16(b->out, 0x100);
	mp4_zeros(b->out, 10);
	matrix(b, 0);
	mp4_zeros(b->out, 24);
	mp4_u32(b->out, mp4_text_id(b->film, b->film->n_texts));
	mp4_close(b->out, at);
}

static void
tkhd(struct mp4_boxes *b, const struct kind *kind)
{
	const bool wide = is_wide(b->duration);
	const size_t at = mp4_open_full(b->out, "tkhd", wide, kind->flags);

	mp4_zeros(b->out, wide ? 16 : 8);
	mp4_u32(b->out, kind->id);
	mp4_zeros(b->out, 4);
	if (wide)
		mp4_u64(b->out, b->duration);
	else
		mp4_u32(b->out, b->duration);
	mp4_zeros(b->out, 8);
	mp4_u16(b->out, kind->layer);
	mp4_u16(b->out, kind->group);
	mp4_u16(b->out, kind->volume);
	mp4_zeros(b->out, 2);
	matrix(b, kind->top);
	mp4_u32(b->out, (uint64_t)kind->width << 16);
	mp4_u32(b->out, (uint64_t)kind->height << 16);
	mp4_close(b->out, at);
}

static void
edts(struct mp4_boxes *b, uint64_t media_time)
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
mdhd(struct mp4_boxes *b, const char *language, uint64_t timescale, uint64_t duration)
{
	const bool wide = is_wide(duration);
	const size_t at = mp4_open_full(b->out, "mdhd", wide, 0);

	times(b, wide, timescale, duration);
	/* five bits a letter */
	mp4_u16(b->out, (language[0] & 31u) << 10 | (language[1] & 31u) << 5 | (language[2] & 31u));
	mp4_u16(b->out, 0);
	mp4_close(b->out, at);
}

static void
hdlr(struct mp4_boxes *b, const struct kind *kind)
{
	const size_t at = mp4_open_full(b->out, "hdlr", 0, 0);

	mp4_zeros(b->out, 4);
	mp4_text(b->out, kind->handler);
	mp4_zeros(b->out, 12);
	buf_put(b->out, kind->name, strlen(kind->name) + 1);
	mp4_close(b->out, at);
}

static void
dinf(struct mp4_boxes *b)
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
media_header(struct mp4_boxes *b, const struct kind *kind)
{
	const size_t at = mp4_open_full(b->out, kind->header, 0, kind->header_flags);

	mp4_zeros(b->out, kind->header_zeros);
	mp4_close(b->out, at);
	dinf(b);
}

static void
trak(struct mp4_boxes *b, bool sound)
{
	const struct mp4_film *film = b->film;
	const struct kind kind = kind_of(film, sound);
	const size_t outer = mp4_open(b->out, "trak");
	size_t middle, inner;

	tkhd(b, &kind);
	edts(b, sound ? (uint64_t)film->priming : (uint64_t)(film->reorder * b->step));
	middle = mp4_open(b->out, "mdia");
	if (sound)
		mdhd(b, kind.language, (uint64_t)film->rate,
		    b->layout == NULL
			? 0
			: (uint64_t)(film->sound.n_samples - 1) * (uint64_t)film->packet + (uint64_t)film->last);
	else
		mdhd(b, kind.language, (uint64_t)b->timescale, b->duration);
	hdlr(b, &kind);
	inner = mp4_open(b->out, "minf");
	media_header(b, &kind);
	mp4_stbl(b, sound);
	mp4_close(b->out, inner);
	mp4_close(b->out, middle);
	mp4_close(b->out, outer);
}

/* Without an edit: texts need nothing hidden. */
static void
text_trak(struct mp4_boxes *b, size_t index)
{
	const struct kind kind = kind_of_text(b->film, index);
	const size_t outer = mp4_open(b->out, "trak");
	size_t middle, inner;

	tkhd(b, &kind);
	middle = mp4_open(b->out, "mdia");
	mdhd(b, kind.language, (uint64_t)b->timescale, b->duration);
	hdlr(b, &kind);
	inner = mp4_open(b->out, "minf");
	media_header(b, &kind);
	mp4_text_stbl(b, index);
	mp4_close(b->out, inner);
	mp4_close(b->out, middle);
	mp4_close(b->out, outer);
}

static void
ftyp(struct mp4_boxes *b)
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
trex(struct mp4_boxes *b, bool sound)
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
mvex(struct mp4_boxes *b)
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
put_head(struct mp4_boxes *b)
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
	for (size_t i = 0; i < b->film->n_texts; i++)
		text_trak(b, i);
	if (b->layout == NULL)
		mvex(b);
	mp4_close(b->out, at);
}

void
mp4_head(const struct mp4_film *film, const struct mp4_layout *layout, uint64_t base, struct buf *out)
{
	struct mp4_boxes b = {.out = out, .film = film, .layout = layout, .base = base};

	b.duration = (uint64_t)film->picture.n_samples * (uint64_t)mp4_step(film);
	put_head(&b);
}

void
mp4_init(const struct mp4_film *film, struct buf *out)
{
	struct mp4_boxes b = {.out = out, .film = film};

	put_head(&b);
}
