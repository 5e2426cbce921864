/* lib/base/clock.c */
#include "tests/harness/test_main.h"

#include "lib/base/clock.h"

#define S CLOCK_SECOND_US

TEST(format_and_parse_agree)
{
	static const struct {
		int64_t us;
		const char *text;
	} rows[] = {
	    {0, "1970-01-01T00:00:00Z"},
	    {-1, "1969-12-31T23:59:59.999999Z"},
	    {951782400 * S, "2000-02-29T00:00:00Z"},
	    {1772359200 * S + 123456, "2026-03-01T10:00:00.123456Z"},
	    {4107542399 * S, "2100-02-28T23:59:59Z"},
	    {4107542400 * S, "2100-03-01T00:00:00Z"},
	    {INT64_C(-62167219200) * S, "0000-01-01T00:00:00Z"},
	    {INT64_C(253402300799) * S + 999999, "9999-12-31T23:59:59.999999Z"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[CLOCK_TEXT_SIZE];
		struct error err;
		int64_t us = 1;
		CHECK_STR(clock_format(rows[i].us, text), rows[i].text);
		CHECK_OK(clock_parse(rows[i].text, &us, &err), &err);
		CHECK_INT(us, rows[i].us);
	}
}

TEST(every_day_of_four_centuries_round_trips)
{
	for (int64_t day = -146097; day < 146097; day += 1) {
		char text[CLOCK_TEXT_SIZE];
		int64_t us;
		clock_format(day * 86400 * S, text);
		if (clock_parse(text, &us, NULL) < 0 || us != day * 86400 * S)
			CU_FAIL_FATAL("a day does not round trip");
	}
	CU_PASS("all days");
}

TEST(format_stays_within_four_digit_years)
{
	char text[CLOCK_TEXT_SIZE];

	CHECK_STR(clock_format(INT64_MAX, text), "9999-12-31T23:59:59.999999Z");
	CHECK_STR(clock_format(INT64_MIN, text), "0000-01-01T00:00:00Z");
}

TEST(parse_understands_offsets_and_fractions)
{
	static const struct {
		const char *text;
		int64_t us;
	} rows[] = {
	    {"2026-03-01T12:30:00+02:30", 1772359200 * S},
	    {"2026-03-01T05:00:00-05:00", 1772359200 * S},
	    {"2026-03-01t10:00:00.5z", 1772359200 * S + 500000},
	    {"2026-03-01 10:00:00.123456789Z", 1772359200 * S + 123456},
	    {"2026-03-01T09:59:60Z", 1772359200 * S},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error err;
		int64_t us = 0;
		CHECK_OK(clock_parse(rows[i].text, &us, &err), &err);
		CHECK_INT(us, rows[i].us);
	}
}

TEST(parse_refuses_what_is_no_time)
{
	static const char *const rows[] = {"", "now", "2026-03-01", "2026-03-01T10:00:00", "2026-02-29T10:00:00Z",
	    "2026-13-01T10:00:00Z", "2026-00-01T10:00:00Z", "2026-01-32T10:00:00Z", "2026-01-01T24:00:00Z",
	    "2026-01-01T10:60:00Z", "2026-01-01T10:00:61Z", "2026-01-01T10:00:00.Z", "2026-01-01T10:00:00.1234567890Z",
	    "2026-01-01T10:00:00+2:00", "2026-01-01T10:00:00Zx", "2100-02-29T00:00:00Z", " 2026-01-01T10:00:00Z",
	    "2026-1-01T10:00:00Z", "-026-01-01T10:00:00Z"};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error err;
		int64_t us = 77;
		CHECK_FAILS(clock_parse(rows[i], &us, &err), &err, ERR_INPUT);
		CHECK_INT(us, 77);
	}
}

TEST(fixed_clock_moves_when_told)
{
	struct clock clock;

	clock_fixed(&clock, 5 * S);
	CHECK_INT(clock_now_us(&clock), 5 * S);
	const int64_t boot = clock_boot_ms(&clock);
	for (int i = 0; i < 10; i++)
		clock_advance(&clock, 500);
	CHECK_INT(clock_now_us(&clock), 5 * S + 5000);
	CHECK_INT(clock_boot_ms(&clock), boot + 5);
	CHECK_INT(clock_now_s(&clock), 5);
}

TEST(real_clock_goes_forward)
{
	const int64_t wall = clock_now_us(&clock_real), boot = clock_boot_ms(NULL);

	CHECK(wall > INT64_C(1700000000) * S);
	CHECK(boot > 0);
	CHECK(clock_boot_ms(&clock_real) >= boot);
}

TEST_MAIN(ROW(format_and_parse_agree), ROW(every_day_of_four_centuries_round_trips),
    ROW(format_stays_within_four_digit_years), ROW(parse_understands_offsets_and_fractions),
    ROW(parse_refuses_what_is_no_time), ROW(fixed_clock_moves_when_told), ROW(real_clock_goes_forward))
