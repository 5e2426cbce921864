/*
 * Calendar arithmetic is done here on days since 1970 (proleptic Gregorian), without the C library's time zones and
 * locale.
 */
#include "lib/base/clock.h"

#include <inttypes.h>

#define DAY_S ((int64_t)86400)
/* 0000-01-01T00:00:00Z and the last microsecond of 9999 */
#define FIRST_US (INT64_C(-62167219200) * CLOCK_SECOND_US)
#define LAST_US (INT64_C(253402300800) * CLOCK_SECOND_US - 1)

const struct clock clock_real = {.fixed = false};

struct parts {
	int64_t year;
	unsigned month, day, hour, minute, second, micros, weekday;
};

void
clock_fixed(struct clock *clock, int64_t now_us)
{
	*clock = (struct clock){.fixed = true, .now_us = now_us, .boot_ms = 1000000};
}

void
clock_advance(struct clock *clock, int64_t us)
{
	/* Boot time follows whole milliseconds of the wall, so that many small steps are not lost. */
	clock->boot_ms += (clock->now_us + us) / 1000 - clock->now_us / 1000;
	clock->now_us += us;
}

int64_t
clock_now_us(const struct clock *clock)
{
	struct timespec now;

	if (clock != NULL && clock->fixed)
		return clock->now_us;
	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		abort();
	return (int64_t)now.tv_sec * CLOCK_SECOND_US + now.tv_nsec / 1000;
}

int64_t
clock_now_s(const struct clock *clock)
{
	return clock_now_us(clock) / CLOCK_SECOND_US;
}

int64_t
clock_boot_ms(const struct clock *clock)
{
	struct timespec now;

	if (clock != NULL && clock->fixed)
		return clock->boot_ms;
	if (clock_gettime(CLOCK_BOOTTIME, &now) != 0)
		abort();
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Years begin in March here, so that the leap day is the last one; 719468 days lie between 0000-03-01 and 1970-01-01.
 */
static int64_t
days_of(int64_t year, unsigned month, unsigned day)
{
	year -= month <= 2;
	const int64_t era = (year >= 0 ? year : year - 399) / 400;
	const int64_t of_era = year - era * 400;
	const int64_t of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void
split(int64_t us, struct parts *parts)
{
	us = FW_MIN(FW_MAX(us, FIRST_US), LAST_US);
	/* From here on counted from 0000-03-01 of an era before FIRST_US: nothing is negative. */
	const int64_t shift = 719468 + 146097;
	const int64_t all = us + shift * DAY_S * CLOCK_SECOND_US;
	const int64_t days = all / (DAY_S * CLOCK_SECOND_US);
	const int64_t rest = all % (DAY_S * CLOCK_SECOND_US);
	const int64_t era = days / 146097;
	const int64_t doe = days % 146097;
	const int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	const int64_t mp = (5 * doy + 2) / 153;

	parts->day = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
	parts->month = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
	parts->year = yoe + (era - 1) * 400 + (parts->month <= 2);
	parts->weekday = (unsigned)((days + 3) % 7); /* 0000-03-01 was a Wednesday; an era is whole weeks */
	parts->micros = (unsigned)(rest % CLOCK_SECOND_US);
	parts->second = (unsigned)(rest / CLOCK_SECOND_US % 60);
	parts->minute = (unsigned)(rest / CLOCK_SECOND_US / 60 % 60);
	parts->hour = (unsigned)(rest / CLOCK_SECOND_US / 3600);
}

const char *
clock_format(int64_t us, char text[static CLOCK_TEXT_SIZE])
{
	struct parts p;
	char fraction[16] = "";

	split(us, &p);
	if (p.micros != 0)
		snprintf(fraction, sizeof(fraction), ".%06u", p.micros % 1000000);
	snprintf(text, CLOCK_TEXT_SIZE, "%04d-%02u-%02uT%02u:%02u:%02u%sZ", (int)p.year, p.month, p.day, p.hour,
	    p.minute, p.second, fraction);
	return text;
}

/* Exactly `digits` decimal digits; moves *text. */
static bool
number(const char **text, unsigned digits, unsigned min, unsigned max, unsigned *ret)
{
	unsigned value = 0;

	for (unsigned i = 0; i < digits; i++) {
		const char c = (*text)[i];
		if (c < '0' || c > '9')
			return false;
		value = value * 10 + (unsigned)(c - '0');
	}
	*text += digits;
	*ret = value;
	return value >= min && value <= max;
}

static bool
skip(const char **text, const char *any_of)
{
	if (**text == '\0' || strchr(any_of, **text) == NULL)
		return false;
	(*text)++;
	return true;
}

static bool
parse_fraction(const char **text, unsigned *ret_micros)
{
	unsigned value = 0, digits = 0;

	for (; **text >= '0' && **text <= '9'; (*text)++, digits++)
		if (digits < 6)
			value = value * 10 + (unsigned)(**text - '0');
	for (unsigned i = digits; i < 6; i++)
		value *= 10;
	*ret_micros = value;
	return digits >= 1 && digits <= 9;
}

/* "Z" or "+hh:mm": seconds east of UTC. */
static bool
parse_offset(const char **text, int64_t *ret_s)
{
	unsigned hours, minutes;
	const char sign = **text;

	*ret_s = 0;
	if (skip(text, "Zz"))
		return true;
	if (!skip(text, "+-") || !number(text, 2, 0, 23, &hours) || !skip(text, ":") ||
	    !number(text, 2, 0, 59, &minutes))
		return false;
	*ret_s = ((int64_t)hours * 3600 + (int64_t)minutes * 60) * (sign == '-' ? -1 : 1);
	return true;
}

static bool
parse(const char *text, int64_t *ret_us)
{
	static const unsigned char lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned year, month, day, hour, minute, second, micros = 0;
	int64_t offset;

	if (!number(&text, 4, 0, 9999, &year) || !skip(&text, "-") || !number(&text, 2, 1, 12, &month) ||
	    !skip(&text, "-") || !number(&text, 2, 1, 31, &day) || !skip(&text, "Tt ") ||
	    !number(&text, 2, 0, 23, &hour) || !skip(&text, ":") || !number(&text, 2, 0, 59, &minute) ||
	    !skip(&text, ":") || !number(&text, 2, 0, 60, &second))
		return false;
	const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (day > lengths[month - 1] + (month == 2 && leap ? 1u : 0u))
		return false;
	if (skip(&text, ".") && !parse_fraction(&text, &micros))
		return false;
	if (!parse_offset(&text, &offset) || *text != '\0')
		return false;
	const int64_t seconds =
	    days_of(year, month, day) * DAY_S + (int64_t)hour * 3600 + (int64_t)minute * 60 + second - offset;
	*ret_us = seconds * CLOCK_SECOND_US + micros;
	return true;
}

int
clock_parse(const char *text, int64_t *ret_us, struct error *err)
{
	int64_t us;

	if (text == NULL || !parse(text, &us))
		return error_set(err, ERR_INPUT, "not a time such as '2026-03-01T10:00:00Z'");
	*ret_us = us;
	return 0;
}
