/*
 * Colour tables: what is accepted maps every colour into the range, the greys' order included; what is not says why.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "media/lut.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int32_t values[] = {INT32_MIN, -1, 0, 1, 21845, LUT_ONE / 2, LUT_ONE - 1, LUT_ONE, INT32_MAX};
	struct lut *lut = NULL;
	struct error err = {0};

	if (lut_parse((const char *)data, size, &lut, &err) < 0) {
		assert(lut == NULL && err.text[0] != '\0');
		return 0;
	}
	for (size_t r = 0; r < ARRAY_LEN(values); r++)
		for (size_t g = 0; g < ARRAY_LEN(values); g++) {
			int32_t rgb[3] = {values[r], values[g], values[(r + g) % ARRAY_LEN(values)]};

			lut_apply(lut, rgb);
			for (int c = 0; c < 3; c++)
				assert(rgb[c] >= 0 && rgb[c] <= LUT_ONE);
		}
	lut_free(&lut);
	return 0;
}
