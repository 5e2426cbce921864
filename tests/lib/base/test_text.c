/* lib/base/text.c and text_number.c */
#include "tests/harness/test_main.h"

#include "lib/base/text.h"

TEST(integers)
{
	static const char *const bad[] = {
	    "", "-", "+1", " 1", "1 ", "0x10", "1.0", "9223372036854775808", "-9223372036854775809"};
	int64_t value = 0;

	CHECK_INT(text_int("9223372036854775807", INT64_MIN, INT64_MAX, &value), 0);
	CHECK(value == INT64_MAX);
	CHECK_INT(text_int("-9223372036854775808", INT64_MIN, INT64_MAX, &value), 0);
	CHECK(value == INT64_MIN);
	CHECK_INT(text_int("7", 1, 7, &value), 0);
	CHECK_INT(text_int("8", 1, 7, &value), -1);
	CHECK_INT(value, 7);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK_INT(text_int(bad[i], INT64_MIN, INT64_MAX, &value), -1);
}

TEST(doubles_are_finite_decimals)
{
	static const char *const bad[] = {"", "nan", "inf", "0x1p3", "1e999", ".5", "1.", "1e", " 1", "1,5"};
	double value = 0;

	CHECK_INT(text_double("-1.25e2", &value), 0);
	CHECK(value == -125.0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK_INT(text_double(bad[i], &value), -1);
}

TEST(booleans)
{
	bool value = false;

	CHECK_INT(text_bool("On", &value), 0);
	CHECK(value);
	CHECK_INT(text_bool("no", &value), 0);
	CHECK(!value);
	CHECK_INT(text_bool("", &value), -1);
	CHECK_INT(text_bool("2", &value), -1);
}

TEST(sizes_and_durations)
{
	static const struct {
		const char *text;
		int64_t value;
	} sizes[] = {{"512", 512}, {"50MB", 50000000}, {"50 MB", 50000000}, {"1GiB", 1073741824}, {"1gib", -1},
	    {"2K", 2000}, {"2kB", 2000}, {"3TiB", 3298534883328}, {"", -1}, {"MB", -1}, {"-1", -1}, {"1XB", -1},
	    {"1MiBx", -1}, {"9223372036854775807K", -1}, {"1.5GB", -1}, {"7B", 7}},
	  durations[] = {{"30", 30}, {"30s", 30}, {"5m", 300}, {"5min", 300}, {"2h", 7200}, {"7d", 604800},
	      {"500ms", -1}, {"", -1}, {"s", -1}, {"1w", -1}, {"-5s", -1}};

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		int64_t value = -1;
		CHECK_INT(text_size(sizes[i].text, &value), sizes[i].value < 0 ? -1 : 0);
		CHECK_INT(value, sizes[i].value);
	}
	for (size_t i = 0; i < ARRAY_LEN(durations); i++) {
		int64_t value = -1;
		CHECK_INT(text_duration_s(durations[i].text, &value), durations[i].value < 0 ? -1 : 0);
		CHECK_INT(value, durations[i].value);
	}
}

TEST(money_is_exact)
{
	static const struct {
		const char *text;
		int64_t micros;
		const char *back;
	} rows[] = {
	    {"0", 0, "0"},
	    {"-0", 0, "0"},
	    {"200.00", 200000000, "200"},
	    {"0.1", 100000, "0.1"},
	    {"0.000001", 1, "0.000001"},
	    {"1.2345670000", 1234567, "1.234567"},
	    {"-3.5", -3500000, "-3.5"},
	    {"1e2", 100000000, "100"},
	    {"1.5E-3", 1500, "0.0015"},
	    {"12e-1", 1200000, "1.2"},
	    {"0.00100e3", 1000000, "1"},
	    {"0e999", 0, "0"},
	    {"9223372036854.775807", INT64_MAX, "9223372036854.775807"},
	    {"0.3", 300000, "0.3"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[TEXT_MONEY_SIZE];
		int64_t micros = 77;
		CHECK_INT(text_money(rows[i].text, &micros), 0);
		CHECK_INT(micros, rows[i].micros);
		CHECK_STR(text_from_money(rows[i].micros, text), rows[i].back);
	}
	char text[TEXT_MONEY_SIZE];
	CHECK_STR(text_from_money(INT64_MIN, text), "-9223372036854.775808");
}

TEST(money_refuses_what_is_not_exact)
{
	static const char *const bad[] = {"", "1.", ".5", "0.0000001", "1e-7", "9223372036854.775808", "1e20",
	    "1e99999999999", "$1", "1,5", "nan", "--1", "1 "};
	int64_t micros = 77;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK_INT(text_money(bad[i], &micros), -1);
	CHECK_INT(micros, 77);
}

TEST(money_of_providers_rounds_up)
{
	static const struct {
		const char *text;
		int64_t micros;
	} rows[] = {{"0.0000001", 1}, {"1.0000001", 1000001}, {"-0.0000001", -1}, {"2.5e-7", 1}, {"0.5", 500000},
	    {"1e-400", 1}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t micros = 77;
		CHECK_INT(text_money_up(rows[i].text, &micros), 0);
		CHECK_INT(micros, rows[i].micros);
	}
	int64_t micros;
	CHECK_INT(text_money_up("1e30", &micros), -1);
}

TEST(utf8_is_strict)
{
	static const struct {
		const char *text;
		bool valid;
	} rows[] = {
	    {"", true},
	    {"abc", true},
	    {"\xc3\xa9", true},
	    {"\xe2\x82\xac", true},
	    {"\xf0\x9f\x98\x80", true},
	    {"\xf4\x8f\xbf\xbf", true},
	    {"\xc0\x80", false},
	    {"\xe0\x80\x80", false},
	    {"\xf0\x80\x80\x80", false},
	    {"\xed\xa0\x80", false},
	    {"\xf4\x90\x80\x80", false},
	    {"\xf5\x80\x80\x80", false},
	    {"\x80", false},
	    {"\xc3", false},
	    {"\xe2\x82", false},
	    {"a\xff", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(text_utf8_valid(rows[i].text, strlen(rows[i].text)), rows[i].valid);
	CHECK(!text_utf8_valid("a\0b", 3));
	CHECK_INT(text_utf8_count("a\xc3\xa9\xf0\x9f\x98\x80", 7), 3);
	CHECK_INT(text_utf8_cut("a\xc3\xa9z", 4, 2), 3);
	CHECK_INT(text_utf8_cut("abc", 3, 9), 3);
}

TEST(trim_knows_unicode_spaces)
{
	static const struct {
		const char *in, *out;
	} rows[] = {{"  a b ", "a b"}, {"\t\n", ""}, {"\xc2\xa0x\xe3\x80\x80", "x"}, {"\xef\xbb\xbfx", "x"}, {"", ""},
	    {"\xe2\x80\x8b", ""}, {"\xc3\xa9", "\xc3\xa9"}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *text = rows[i].in;
		size_t len = strlen(text);
		text_trim(&text, &len);
		CHECK_STR(arena_strndup(test_arena(), text, len), rows[i].out);
	}
}

TEST(base64_both_ways)
{
	static const struct {
		const char *bytes, *plain, *url;
	} rows[] = {{"", "", ""}, {"f", "Zg==", "Zg"}, {"fo", "Zm8=", "Zm8"}, {"foo", "Zm9v", "Zm9v"},
	    {"\xff\xef\xbe", "/+++", "_---"}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(buf_done) struct buf plain = BUF_INIT(100), url = BUF_INIT(100);
		char back[8] = "";
		const size_t len = strlen(rows[i].bytes);
		text_base64(&plain, rows[i].bytes, len);
		text_base64url(&url, rows[i].bytes, len);
		CHECK_STR(buf_str(&plain), rows[i].plain);
		CHECK_STR(buf_str(&url), rows[i].url);
		CHECK_INT(text_from_base64(rows[i].plain, strlen(rows[i].plain), back, sizeof(back)), len);
		CHECK(memcmp(back, rows[i].bytes, len) == 0);
		CHECK_INT(text_from_base64(rows[i].url, strlen(rows[i].url), back, sizeof(back)), len);
		CHECK_INT(text_from_base64(rows[i].plain, strlen(rows[i].plain), back, len == 0 ? 0 : len - 1),
		    len == 0 ? 0 : -1);
	}
}

TEST(base64_refuses_other_texts)
{
	static const char *const bad[] = {"A", "Zg=", "Zh==", "Zg===", "Z g=", "Zm9v=", "====", "\xff\xff"};
	char bytes[16];

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK_INT(text_from_base64(bad[i], strlen(bad[i]), bytes, sizeof(bytes)), -1);
}

TEST(hex_both_ways)
{
	unsigned char bytes[3] = {0};
	char text[7];

	CHECK_STR(text_hex("\x00\xab\xff", 3, text), "00abff");
	CHECK_INT(text_from_hex("00aBFf", bytes, 3), 0);
	CHECK(memcmp(bytes, "\x00\xab\xff", 3) == 0);
	CHECK_INT(text_from_hex("00abf", bytes, 3), -1);
	CHECK_INT(text_from_hex("00abfg", bytes, 3), -1);
}

TEST(small_helpers)
{
	char text[4];

	CHECK(text_starts("abc", "ab") && !text_starts("abc", "b") && text_starts("a", ""));
	CHECK(text_ends("abc", "bc") && !text_ends("c", "bc") && text_ends("c", ""));
	CHECK(text_equal(NULL, NULL) && !text_equal(NULL, "") && text_equal("a", "a"));
	CHECK_INT(text_copy(text, sizeof(text), "abc"), 0);
	CHECK_INT(text_copy(text, sizeof(text), "abcd"), -1);
	CHECK_STR(text, "abc");
}

TEST_MAIN(ROW(integers), ROW(doubles_are_finite_decimals), ROW(booleans), ROW(sizes_and_durations), ROW(money_is_exact),
    ROW(money_refuses_what_is_not_exact), ROW(money_of_providers_rounds_up), ROW(utf8_is_strict),
    ROW(trim_knows_unicode_spaces), ROW(base64_both_ways), ROW(base64_refuses_other_texts), ROW(hex_both_ways),
    ROW(small_helpers))
