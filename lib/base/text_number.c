/*
 * Text to numbers with every error noticed, and money without binary floating point.
 */
#include "lib/base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <strings.h>

#define MONEY_DECIMALS 6

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int
text_int(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	char *end;

	if (!is_digit(text[0]) && !(text[0] == '-' && is_digit(text[1])))
		return -1;
	errno = 0;
	const long long value = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || value < min || value > max)
		return -1;
	*ret = value;
	return 0;
}

/* [-]digits[.digits][e[+-]digits], as JSON has it, but leading zeros are accepted. */
static bool
is_decimal(const char *text)
{
	text += *text == '-';
	if (!is_digit(*text))
		return false;
	while (is_digit(*text))
		text++;
	if (*text == '.') {
		if (!is_digit(*++text))
			return false;
		while (is_digit(*text))
			text++;
	}
	if (*text == 'e' || *text == 'E') {
		text++;
		text += *text == '+' || *text == '-';
		if (!is_digit(*text))
			return false;
		while (is_digit(*text))
			text++;
	}
	return *text == '\0';
}

int
text_double(const char *text, double *ret)
{
	char *end;

	if (!is_decimal(text))
		return -1;
	/* No program calls setlocale, so the C locale's point is the only decimal sign strtod knows. */
	const double value = strtod(text, &end);
	if (*end != '\0' || !isfinite(value))
		return -1;
	*ret = value;
	return 0;
}

int
text_bool(const char *text, bool *ret)
{
	static const char *const yes[] = {"1", "true", "on", "yes"}, *const no[] = {"0", "false", "off", "no"};

	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0) {
			*ret = strcasecmp(text, yes[i]) == 0;
			return 0;
		}
	}
	return -1;
}

/* A number and what follows it: its unit, after at most one space. */
static int
number_and_unit(const char *text, int64_t *ret_number, const char **ret_unit)
{
	char *end;

	if (!is_digit(text[0]))
		return -1;
	errno = 0;
	const long long value = strtoll(text, &end, 10);
	if (errno != 0)
		return -1;
	*ret_number = value;
	*ret_unit = *end == ' ' && end[1] != '\0' ? end + 1 : end;
	return 0;
}

int
text_size(const char *text, int64_t *ret)
{
	static const char letters[] = "KMGT";
	const char *unit;
	int64_t value;

	if (number_and_unit(text, &value, &unit) < 0)
		return -1;
	const char *letter = *unit == '\0' ? NULL : strchr(letters, *unit == 'k' ? 'K' : *unit);
	if (letter != NULL) {
		const char *rest = unit + 1;
		const bool binary = strcasecmp(rest, "ib") == 0;
		if (!binary && *rest != '\0' && strcasecmp(rest, "b") != 0)
			return -1;
		for (long i = 0; i <= letter - letters; i++)
			if (__builtin_mul_overflow(value, binary ? 1024 : 1000, &value))
				return -1;
	} else if (*unit != '\0' && strcasecmp(unit, "b") != 0)
		return -1;
	*ret = value;
	return 0;
}

int
text_duration_s(const char *text, int64_t *ret)
{
	static const struct {
		const char *unit;
		int64_t seconds;
	} units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}, {"d", 86400}};
	const char *unit;
	int64_t value;

	if (number_and_unit(text, &value, &unit) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (strcmp(unit, units[i].unit) == 0)
			return __builtin_mul_overflow(value, units[i].seconds, ret) ? -1 : 0;
	return -1;
}

/* The exponent after the digits; saturates, since beyond the maximum nothing but zero is possible anyway. */
static int
exponent_of(const char *text)
{
	const char *e = strpbrk(text, "eE");
	int value = 0;

	if (e == NULL)
		return 0;
	const bool negative = e[1] == '-';
	for (e += 1 + (e[1] == '-' || e[1] == '+'); is_digit(*e); e++)
		value = FW_MIN(value * 10 + (*e - '0'), 10000);
	return negative ? -value : value;
}

static int
money(const char *text, bool round_up, int64_t *ret_micros)
{
	if (!is_decimal(text))
		return -1;

	/* Each digit's place, counted in powers of ten of a micro-dollar. */
	const bool negative = *text == '-';
	const char *digits = text + negative;
	const size_t whole = strspn(digits, "0123456789");
	int place = (int)FW_MIN(whole, 10000) - 1 + exponent_of(text) + MONEY_DECIMALS;
	int64_t micros = 0;
	bool rest = false; /* less than a micro-dollar is left over */
	int last = 0;	   /* the place of the last digit taken */

	for (const char *c = digits; is_digit(*c) || *c == '.'; c++) {
		if (*c == '.')
			continue;
		if (place < 0 && *c != '0') {
			if (!round_up)
				return -1;
			rest = true;
		}
		if (place >= 0) {
			if (__builtin_mul_overflow(micros, 10, &micros) ||
			    __builtin_add_overflow(micros, *c - '0', &micros))
				return -1;
			last = place;
		}
		place--;
	}
	for (; last > 0 && micros != 0; last--)
		if (__builtin_mul_overflow(micros, 10, &micros))
			return -1;
	if (rest && __builtin_add_overflow(micros, 1, &micros))
		return -1;
	*ret_micros = negative ? -micros : micros;
	return 0;
}

int
text_money(const char *text, int64_t *ret_micros)
{
	return money(text, false, ret_micros);
}

int
text_money_up(const char *text, int64_t *ret_micros)
{
	return money(text, true, ret_micros);
}

const char *
text_from_money(int64_t micros, char text[static TEXT_MONEY_SIZE])
{
	const uint64_t amount = micros < 0 ? 0 - (uint64_t)micros : (uint64_t)micros;

	snprintf(text, TEXT_MONEY_SIZE, "%s%" PRIu64 ".%06" PRIu64, micros < 0 ? "-" : "", amount / 1000000,
	    amount % 1000000);
	size_t len = strlen(text);
	while (text[len - 1] == '0')
		len--;
	if (text[len - 1] == '.')
		len--;
	text[len] = '\0';
	return text;
}
