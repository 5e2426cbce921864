#include "media/io.h"
#include "media/lut.h"

int
lut_read(int fd, struct lut **ret_lut, struct error *err)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(LUT_BYTES_MAX + MIB);
	char *text;
	size_t len;

	if (io_read_text(arena, fd, LUT_BYTES_MAX, &text, &len, err) < 0)
		return -1;
	if (len > LUT_BYTES_MAX)
		return error_code(err, ERR_INPUT, "lut_invalid", "the colour table is larger than %d MiB",
		    (int)(LUT_BYTES_MAX / MIB));
	return lut_parse(text, len, ret_lut, err);
}
