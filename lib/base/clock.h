/*
 * Time through a struct, so that tests hold it in their hand.
 *
 * Wall time is microseconds since 1970 UTC (int64_t ..._us); it may jump. Deadlines and leases count on boot time
 * (CLOCK_BOOTTIME, int64_t ..._ms), which goes on while the machine sleeps and never jumps.
 */
#ifndef FW_BASE_CLOCK_H
#define FW_BASE_CLOCK_H

#include "lib/base/attr.h"
#include "lib/base/error.h"

#define CLOCK_SECOND_US ((int64_t)1000000)
/* "no time": what a null timestamp of the database becomes; the JSON writer turns it into null. */
#define CLOCK_NONE INT64_MIN
#define CLOCK_TEXT_SIZE 40

struct clock {
	bool fixed;
	int64_t now_us;	 /* read only while fixed */
	int64_t boot_ms; /* read only while fixed */
};

/* The machine's clock. Every function takes clock == NULL for it as well. */
extern const struct clock clock_real;

/* A clock that stands still until it is advanced; both times advance together. */
void clock_fixed(struct clock *clock, int64_t now_us);
void clock_advance(struct clock *clock, int64_t us);

int64_t clock_now_us(const struct clock *clock);
/* Whole seconds since 1970. */
int64_t clock_now_s(const struct clock *clock);
int64_t clock_boot_ms(const struct clock *clock);

/* RFC 3339 UTC: "2026-03-01T10:00:00Z", with ".123456" when there is a fraction; years 0000 to 9999, beyond them the
 * nearest of these. Returns text. */
const char *clock_format(int64_t us, char text[static CLOCK_TEXT_SIZE]);
/* RFC 3339 with any offset; up to nine digits of fraction, cut to microseconds. ERR_INPUT otherwise. */
int clock_parse(const char *text, int64_t *ret_us, struct error *err) MUST_CHECK;

#endif
