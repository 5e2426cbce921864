#include "media/woff.h"

#include <zlib.h>

#define WOFF_HEADER 44
#define WOFF_ENTRY 20
#define SFNT_HEADER 12
#define SFNT_ENTRY 16

static uint32_t
be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void
put_be32(struct buf *buf, uint32_t value)
{
	const unsigned char bytes[4] = {(unsigned char)(value >> 24), (unsigned char)(value >> 16),
	    (unsigned char)(value >> 8), (unsigned char)value};

	buf_put(buf, bytes, sizeof(bytes));
}

static void
put_be16(struct buf *buf, unsigned value)
{
	buf_putc(buf, (char)(value >> 8));
	buf_putc(buf, (char)value);
}

/* Tables follow each other on multiples of four, in the order of the entries. */
static int
put_directory(const unsigned char *entries, unsigned n, struct buf *font, struct error *err)
{
	uint32_t at = SFNT_HEADER + SFNT_ENTRY * n;

	for (unsigned i = 0; i < n; i++) {
		const unsigned char *e = entries + (size_t)i * WOFF_ENTRY;
		const uint32_t size = be32(e + 12);

		if (size > WOFF_FONT_MAX || at > WOFF_FONT_MAX)
			return error_set(err, ERR_INPUT, "a font table is too large");
		buf_put(font, e, 4);
		put_be32(font, be32(e + 16));
		put_be32(font, at);
		put_be32(font, size);
		at += (size + 3) & ~3u;
	}
	return 0;
}

static int
put_table(const unsigned char *bytes, size_t len, const unsigned char *entry, struct buf *font, struct error *err)
{
	const size_t at = be32(entry + 4), packed = be32(entry + 8), size = be32(entry + 12);
	uLongf got = size;

	if (at > len || packed > len - at || packed > size || size > WOFF_FONT_MAX)
		return error_set(err, ERR_INPUT, "a font table lies outside the file");
	if (packed == size) {
		buf_put(font, bytes + at, size);
	} else {
		unsigned char *table = malloc(size);

		if (table == NULL)
			abort();
		if (uncompress(table, &got, bytes + at, packed) != Z_OK || got != size) {
			free(table);
			return error_set(err, ERR_INPUT, "a font table does not unpack");
		}
		buf_put(font, table, size);
		free(table);
	}
	buf_put(font, "\0\0\0", (4 - size % 4) % 4);
	return 0;
}

int
woff_unpack(const void *bytes, size_t len, struct buf *font, struct error *err)
{
	const unsigned char *p = bytes;

	if (len < WOFF_HEADER || memcmp(p, "wOFF", 4) != 0)
		return error_set(err, ERR_INPUT, "this is not a WOFF font");
	const unsigned n = (unsigned)p[12] << 8 | p[13];
	if (n == 0 || n > WOFF_TABLES_MAX || WOFF_HEADER + (size_t)n * WOFF_ENTRY > len)
		return error_set(err, ERR_INPUT, "the font's table list is damaged");

	unsigned log2n = 0;
	while (2u << log2n <= n)
		log2n++;
	buf_put(font, p + 4, 4);
	put_be16(font, n);
	put_be16(font, 16u << log2n);
	put_be16(font, log2n);
	put_be16(font, n * 16 - (16u << log2n));
	if (put_directory(p + WOFF_HEADER, n, font, err) < 0)
		return -1;
	for (unsigned i = 0; i < n; i++) {
		if (put_table(p, len, p + WOFF_HEADER + (size_t)i * WOFF_ENTRY, font, err) < 0)
			return -1;
	}
	return buf_error(font, err);
}
