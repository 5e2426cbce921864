/*
 * Sample entries: what a track's samples are and how a decoder is set up for them.
 */
#include "media/mp4_box.h"
#include "media/mp4_priv.h"

void
mp4_picture_entry(const struct mp4_film *film, struct buf *out)
{
	const size_t outer = mp4_open(out, film->entry != NULL ? film->entry : "avc1");
	size_t at;

	mp4_zeros(out, 6);
	mp4_u16(out, 1);
	mp4_zeros(out, 16);
	mp4_u16(out, (unsigned)film->width);
	mp4_u16(out, (unsigned)film->height);
	mp4_u32(out, 0x480000);
	mp4_u32(out, 0x480000);
	mp4_zeros(out, 4);
	mp4_u16(out, 1);
	mp4_zeros(out, 32);
	mp4_u16(out, 24);
	mp4_u16(out, 0xffff);
	at = mp4_open(out, film->box != NULL ? film->box : "avcC");
	buf_put(out, film->picture.setup, film->picture.setup_len);
	mp4_close(out, at);
	at = mp4_open(out, "colr");
	mp4_text(out, "nclx");
	mp4_u16(out, 1); /* BT.709 primaries, transfer, matrix; limited range */
	mp4_u16(out, 1);
	mp4_u16(out, 1);
	mp4_u8(out, 0);
	mp4_close(out, at);
	at = mp4_open(out, "pasp");
	mp4_u32(out, 1);
	mp4_u32(out, 1);
	mp4_close(out, at);
	mp4_close(out, outer);
}

static void
descriptor(struct buf *out, unsigned tag, size_t len)
{
	mp4_u8(out, tag);
	mp4_u8(out, 0x80);
	mp4_u8(out, 0x80);
	mp4_u8(out, 0x80);
	mp4_u8(out, (unsigned)len);
}

static void
esds(const struct mp4_film *film, struct buf *out)
{
	const size_t setup = film->sound.setup_len, at = mp4_open_full(out, "esds", 0, 0);
	/* a descriptor's head takes 5 bytes */
	const size_t config = 13 + 5 + setup;

	descriptor(out, 3, 3 + 5 + config + 5 + 1);
	mp4_u16(out, 2);
	mp4_u8(out, 0);
	descriptor(out, 4, config);
	mp4_u8(out, 0x40);
	mp4_u8(out, 0x15);
	mp4_zeros(out, 3);
	mp4_u32(out, (uint64_t)film->bit_rate);
	mp4_u32(out, (uint64_t)film->bit_rate);
	descriptor(out, 5, setup);
	buf_put(out, film->sound.setup, setup);
	descriptor(out, 6, 1);
	mp4_u8(out, 2);
	mp4_close(out, at);
}

void
mp4_sound_entry(const struct mp4_film *film, struct buf *out)
{
	const size_t at = mp4_open(out, "mp4a");

	mp4_zeros(out, 6);
	mp4_u16(out, 1);
	mp4_zeros(out, 8);
	mp4_u16(out, (unsigned)film->channels);
	mp4_u16(out, 16);
	mp4_zeros(out, 4);
	mp4_u32(out, (uint64_t)film->rate << 16);
	esds(film, out);
	mp4_close(out, at);
}
