/*
 * Bytes that claim to be a picture, a colour profile or a web font: judged without a decoder, never out of bounds, and
 * what passes is within the limits.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "media/profile_icc.h"
#include "media/still.h"
#include "media/woff.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_done) struct buf font = BUF_INIT(WOFF_FONT_MAX);
	struct still still = {0};
	struct error err = {0};

	if (still_parse(data, size, &still, &err) == 0) {
		assert(still.width > 0 && still.height > 0 && still.width <= STILL_SIDE_MAX &&
		       still.height <= STILL_SIDE_MAX);
		assert(still.orientation >= 1 && still.orientation <= 8);
	}
	still_done(&still);
	struct icc *icc = icc_new(data, size);
	uint16_t pixel[4] = {1, 30000, 65535, 65535};
	if (icc != NULL)
		icc_to_srgb(icc, pixel, 1);
	icc_free(&icc);
	(void)!woff_unpack(data, size, &font, &err);
	return 0;
}
