#include "media/mp4_box.h"

void
mp4_u8(struct buf *out, unsigned value)
{
	buf_putc(out, (char)value);
}

void
mp4_u16(struct buf *out, unsigned value)
{
	mp4_u8(out, value >> 8 & 255);
	mp4_u8(out, value & 255);
}

void
mp4_u32(struct buf *out, uint64_t value)
{
	mp4_u16(out, (unsigned)(value >> 16 & 0xffff));
	mp4_u16(out, (unsigned)(value & 0xffff));
}

void
mp4_u64(struct buf *out, uint64_t value)
{
	mp4_u32(out, value >> 32);
	mp4_u32(out, value & 0xffffffff);
}

void
mp4_zeros(struct buf *out, int count)
{
	while (count-- > 0)
		mp4_u8(out, 0);
}

void
mp4_text(struct buf *out, const char *four)
{
	buf_put(out, four, 4);
}

size_t
mp4_open(struct buf *out, const char *type)
{
	const size_t at = out->len;

	mp4_u32(out, 0);
	mp4_text(out, type);
	return at;
}

size_t
mp4_open_full(struct buf *out, const char *type, unsigned version, unsigned flags)
{
	const size_t at = mp4_open(out, type);

	mp4_u32(out, version << 24 | flags);
	return at;
}

void
mp4_patch(struct buf *out, size_t at, uint64_t value)
{
	for (size_t i = 0; i < 4 && !out->failed; i++)
		out->data[at + i] = (char)(value >> (24 - 8 * i) & 255);
}

void
mp4_close(struct buf *out, size_t at)
{
	mp4_patch(out, at, out->len - at);
}
