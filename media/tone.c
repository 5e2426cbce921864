/*
 * Powers and tone mapping.
 */
#include "media/tone.h"

#include <math.h>

#define FRACTION_BITS 24
#define LUT_SIDE 65
/* Light is counted in diffuse whites of 203 cd/m2 (BT.2408). */
#define WHITE 203.0
/* Brightest light that still differs from white, and where the roll-off begins. */
#define PEAK (1000.0 / WHITE)
#define KNEE 0.7

double
tone_power(double x, double exponent)
{
	double whole = floor(exponent), part = exponent - whole, result = 1, root = x;

	if (x <= 0)
		return 0;
	for (double base = x; whole >= 1; whole = floor(whole / 2), base *= base)
		if (fmod(whole, 2) >= 1)
			result *= base;
	for (int i = 0; i < FRACTION_BITS && part > 0; i++) {
		root = sqrt(root);
		part *= 2;
		if (part >= 1) {
			result *= root;
			part -= 1;
		}
	}
	return result;
}

/* ST 2084: signal to light in diffuse whites. */
static double
pq_light(double signal)
{
	const double m1 = 2610.0 / 16384, m2 = 2523.0 / 4096 * 128;
	const double c1 = 3424.0 / 4096, c2 = 2413.0 / 4096 * 32, c3 = 2392.0 / 4096 * 32;
	const double p = tone_power(signal, 1 / m2);

	return tone_power(fmax(p - c1, 0) / (c2 - c3 * p), 1 / m1) * 10000 / WHITE;
}

/* e^x for x from 0 to 6 by its square roots: e^x = (e^(x/64))^64, whose series needs few terms. */
static double
exponential(double x)
{
	const double y = x / 64;
	double term = 1, sum = 1;

	for (int i = 1; i < 12; i++) {
		term *= y / i;
		sum += term;
	}
	for (int i = 0; i < 6; i++)
		sum *= sum;
	return sum;
}

/* BT.2100: scene light of one channel, 0 to 1. */
static double
hlg_scene(double signal)
{
	const double a = 0.17883277, b = 0.28466892, c = 0.55991073;

	return signal <= 0.5 ? signal * signal / 3 : (exponential((signal - c) / a) + b) / 12;
}

/* BT.709's curve (BT.2020's is the same) and back. */
static double
signal709(double light)
{
	return light < 0.018 ? 4.5 * light : 1.099 * tone_power(light, 0.45) - 0.099;
}

static double
light709(double signal)
{
	return signal < 0.081 ? signal / 4.5 : tone_power((signal + 0.099) / 1.099, 1 / 0.45);
}

/* All three channels; HLG's display light depends on the scene's luma (a display of 1000 cd/m2). */
static void
linear(enum AVColorTransferCharacteristic transfer, double rgb[3])
{
	if (transfer == AVCOL_TRC_SMPTE2084) {
		for (int c = 0; c < 3; c++)
			rgb[c] = pq_light(rgb[c]);
		return;
	}
	if (transfer != AVCOL_TRC_ARIB_STD_B67) {
		for (int c = 0; c < 3; c++)
			rgb[c] = light709(rgb[c]);
		return;
	}
	for (int c = 0; c < 3; c++)
		rgb[c] = hlg_scene(rgb[c]);
	const double luma = 0.2627 * rgb[0] + 0.6780 * rgb[1] + 0.0593 * rgb[2];
	const double gain = tone_power(luma, 0.2) * 1000 / WHITE;

	for (int c = 0; c < 3; c++)
		rgb[c] *= gain;
}

/* Straight up to the knee, then ever flatter: reaches 1 at the peak with the slope left over. */
static double
rolled(double light)
{
	const double span = PEAK - KNEE, room = 1 - KNEE;
	double t;

	if (light <= KNEE)
		return light;
	t = fmin((light - KNEE) / span, 1);
	/* a hyperbola through (0, 0) with slope span / room and (1, 1) */
	return KNEE + room * t * (span / room) / (1 + t * (span / room - 1));
}

struct wide {
	enum AVColorTransferCharacteristic transfer;
	bool light; /* may be brighter than white */
	bool colours;
};

static void
map_colour(const void *ctx, double rgb[3])
{
	static const double to709[3][3] = {
	    {1.660491, -0.587641, -0.072850}, {-0.124550, 1.132900, -0.008349}, {-0.018151, -0.100579, 1.118730}};
	const struct wide *wide = ctx;
	double light[3] = {rgb[0], rgb[1], rgb[2]}, most, gain;

	linear(wide->transfer, light);
	/* one gain for all channels keeps the hue */
	most = fmax(light[0], fmax(light[1], light[2]));
	gain = wide->light && most > KNEE ? rolled(most) / most : 1;
	for (int c = 0; c < 3; c++) {
		double mixed = light[c];

		if (wide->colours)
			mixed = to709[c][0] * light[0] + to709[c][1] * light[1] + to709[c][2] * light[2];
		rgb[c] = signal709(fmin(fmax(mixed * gain, 0), 1));
	}
}

struct lut *
tone_lut(enum AVColorTransferCharacteristic transfer, enum AVColorPrimaries primaries)
{
	const struct wide wide = {
	    .transfer = transfer,
	    .light = transfer == AVCOL_TRC_SMPTE2084 || transfer == AVCOL_TRC_ARIB_STD_B67,
	    .colours = primaries == AVCOL_PRI_BT2020,
	};

	return wide.light || wide.colours ? lut_cube(LUT_SIDE, map_colour, &wide) : NULL;
}
