#include "media/profile_icc.h"

#include <math.h>

#define CURVE_SIZE 65536
#define ENCODE_SIZE 4096
#define SAME 0.004 /* one step of 8 bits */

struct icc {
	float linear[3][CURVE_SIZE]; /* of each channel's value */
	double matrix[3][3];	     /* linear RGB of the profile to linear sRGB */
	float encoded[ENCODE_SIZE +
		      2]; /* sRGB curve over the square root of the light, which is fine enough in the dark */
};

struct tags {
	const uint8_t *bytes;
	size_t len;
	uint32_t n;
};

/* XYZ of D50 (where profiles meet) to linear sRGB: the inverse of sRGB's own profile matrix. */
static const double xyz_to_srgb[3][3] = {
    {3.1338561, -1.6168667, -0.4906146},
    {-0.9787684, 1.9161415, 0.0334540},
    {0.0719453, -0.2289914, 1.4052427},
};

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static unsigned
be16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static double
fixed16(const uint8_t *p)
{
	return (double)(int32_t)be32(p) / 65536.0;
}

static const uint8_t *
tag_find(const struct tags *tags, const char *name, size_t min, size_t *ret_len)
{
	for (uint32_t i = 0; i < tags->n; i++) {
		const uint8_t *entry = tags->bytes + 132 + (size_t)12 * i;
		const size_t at = be32(entry + 4), len = be32(entry + 8);

		if (memcmp(entry, name, 4) != 0)
			continue;
		if (at > tags->len || len > tags->len - at || len < min)
			return NULL;
		*ret_len = len;
		return tags->bytes + at;
	}
	return NULL;
}

/* ---- curves ---- */

static double
parametric(unsigned kind, const double p[7], double x)
{
	/* g a b c d e f as in the ICC specification, function types 0 to 4 */
	switch (kind) {
	case 0:
		return pow(x, p[0]);
	case 1:
		return x >= -p[2] / p[1] ? pow(p[1] * x + p[2], p[0]) : 0.0;
	case 2:
		return x >= -p[2] / p[1] ? pow(p[1] * x + p[2], p[0]) + p[3] : p[3];
	case 3:
		return x >= p[4] ? pow(p[1] * x + p[2], p[0]) : p[3] * x;
	default:
		return x >= p[4] ? pow(p[1] * x + p[2], p[0]) + p[5] : p[3] * x + p[6];
	}
}

static bool
curve_parametric(const uint8_t *p, size_t len, float *curve)
{
	static const unsigned counts[] = {1, 3, 4, 5, 7};
	const unsigned kind = be16(p + 8);
	double numbers[7] = {0};

	if (kind > 4 || len < 12 + (size_t)4 * counts[kind])
		return false;
	for (unsigned i = 0; i < counts[kind]; i++)
		numbers[i] = fixed16(p + 12 + (size_t)4 * i);
	if (kind > 0 && numbers[1] == 0)
		return false;
	for (int i = 0; i < CURVE_SIZE; i++)
		curve[i] = (float)parametric(kind, numbers, i / 65535.0);
	return true;
}

static bool
curve_table(const uint8_t *p, size_t len, float *curve)
{
	const uint32_t n = be32(p + 8);

	if (n > 65536 || len < 12 + (size_t)2 * n)
		return false;
	for (int i = 0; i < CURVE_SIZE; i++) {
		const double x = i / 65535.0;
		if (n == 0) {
			curve[i] = (float)x;
		} else if (n == 1) {
			curve[i] = (float)pow(x, be16(p + 12) / 256.0);
		} else {
			const double at = x * (n - 1);
			const uint32_t low = FW_MIN((uint32_t)at, n - 2);
			const double a = be16(p + 12 + (size_t)2 * low), b = be16(p + 14 + (size_t)2 * low);
			curve[i] = (float)((a + (b - a) * (at - low)) / 65535.0);
		}
	}
	return true;
}

static bool
curve_read(const struct tags *tags, const char *name, float *curve)
{
	size_t len;
	const uint8_t *p = tag_find(tags, name, 12, &len);
	bool good = false;

	if (p != NULL && memcmp(p, "curv", 4) == 0)
		good = curve_table(p, len, curve);
	else if (p != NULL && memcmp(p, "para", 4) == 0)
		good = curve_parametric(p, len, curve);
	for (int i = 0; good && i < CURVE_SIZE; i++) {
		if (!isfinite(curve[i]))
			return false;
	}
	return good;
}

/* ---- the profile ---- */

static double
srgb_encode(double light)
{
	return light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055;
}

static bool
matrix_read(const struct tags *tags, double matrix[3][3])
{
	static const char *const names[3] = {"rXYZ", "gXYZ", "bXYZ"};
	double xyz[3][3];

	for (int c = 0; c < 3; c++) {
		size_t len;
		const uint8_t *p = tag_find(tags, names[c], 20, &len);
		if (p == NULL || memcmp(p, "XYZ ", 4) != 0)
			return false;
		for (int i = 0; i < 3; i++)
			xyz[i][c] = fixed16(p + 8 + (size_t)4 * i);
	}
	for (int row = 0; row < 3; row++) {
		for (int column = 0; column < 3; column++) {
			matrix[row][column] = 0;
			for (int i = 0; i < 3; i++)
				matrix[row][column] += xyz_to_srgb[row][i] * xyz[i][column];
		}
	}
	return true;
}

static bool
icc_fill(struct icc *icc, const struct tags *tags)
{
	if (memcmp(tags->bytes + 16, "RGB ", 4) == 0)
		return memcmp(tags->bytes + 20, "XYZ ", 4) == 0 && matrix_read(tags, icc->matrix) &&
		       curve_read(tags, "rTRC", icc->linear[0]) && curve_read(tags, "gTRC", icc->linear[1]) &&
		       curve_read(tags, "bTRC", icc->linear[2]);
	if (memcmp(tags->bytes + 16, "GRAY", 4) != 0 || !curve_read(tags, "kTRC", icc->linear[0]))
		return false;
	for (int c = 0; c < 3; c++) {
		memcpy(icc->linear[c], icc->linear[0], sizeof(icc->linear[0]));
		icc->matrix[c][c] = 1;
	}
	return true;
}

/* Whether a handful of colours stay what they are: most profiles in files are sRGB itself. */
static bool
changes_nothing(const struct icc *icc)
{
	static const uint16_t probe[][3] = {{65535, 0, 0}, {0, 65535, 0}, {0, 0, 65535}, {32768, 32768, 32768},
	    {9000, 20000, 50000}, {52000, 26000, 6000}};

	for (size_t i = 0; i < ARRAY_LEN(probe); i++) {
		uint16_t pixel[4] = {probe[i][0], probe[i][1], probe[i][2], 65535};
		icc_to_srgb(icc, pixel, 1);
		for (int c = 0; c < 3; c++) {
			if (abs(pixel[c] - probe[i][c]) > SAME * 65535)
				return false;
		}
	}
	return true;
}

struct icc *
icc_new(const uint8_t *bytes, size_t len)
{
	struct icc *icc;

	if (bytes == NULL || len < 132 || memcmp(bytes + 36, "acsp", 4) != 0)
		return NULL;
	const struct tags tags = {.bytes = bytes, .len = len, .n = be32(bytes + 128)};
	if (tags.n > 256 || 132 + (size_t)12 * tags.n > len)
		return NULL;
	icc = calloc(1, sizeof(*icc));
	if (icc == NULL)
		abort();
	for (int i = 0; i < ENCODE_SIZE + 2; i++) {
		const double root = FW_MIN(i / (double)ENCODE_SIZE, 1.0);
		icc->encoded[i] = (float)(srgb_encode(root * root) * 65535);
	}
	if (!icc_fill(icc, &tags) || changes_nothing(icc))
		icc_free(&icc);
	return icc;
}

void
icc_free(struct icc **icc)
{
	free(*icc);
	*icc = NULL;
}

void
icc_to_srgb(const struct icc *icc, uint16_t *pixels, size_t n)
{
	for (size_t i = 0; i < n; i++, pixels += 4) {
		const double r = icc->linear[0][pixels[0]], g = icc->linear[1][pixels[1]],
			     b = icc->linear[2][pixels[2]];
		for (int c = 0; c < 3; c++) {
			const double light = icc->matrix[c][0] * r + icc->matrix[c][1] * g + icc->matrix[c][2] * b;
			const float at = sqrtf((float)FW_MIN(FW_MAX(light, 0.0), 1.0)) * ENCODE_SIZE;
			const int low = (int)at;
			const float value =
			    icc->encoded[low] + (icc->encoded[low + 1] - icc->encoded[low]) * (at - (float)low);
			pixels[c] = (uint16_t)(value + 0.5f);
		}
	}
}
