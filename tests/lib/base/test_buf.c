/* lib/base/buf.c */
#include "tests/harness/test_main.h"

#include "lib/base/buf.h"

TEST(append_keeps_a_terminator)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(100);

	CHECK_STR(buf_str(&buf), "");
	buf_puts(&buf, "ab");
	buf_putc(&buf, 'c');
	buf_put(&buf, "d\0e", 3);
	buf_printf(&buf, "%03d", 7);
	CHECK_INT(buf.len, 9);
	CHECK(memcmp(buf_str(&buf), "abcd\0e007", 10) == 0);
}

TEST(append_stops_at_limit)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(4);
	struct error err;

	buf_puts(&buf, "abcd");
	CHECK_OK(buf_error(&buf, &err), &err);
	buf_putc(&buf, 'e');
	CHECK_STR(buf_str(&buf), "abcd");
	CHECK_FAILS(buf_error(&buf, &err), &err, ERR_TOO_LARGE);
	/* The failure stays: what follows a gap must not be appended. */
	buf_cut(&buf, 0);
	buf_putc(&buf, 'x');
	CHECK_INT(buf.len, 0);
	buf_reset(&buf);
	buf_putc(&buf, 'x');
	CHECK_STR(buf_str(&buf), "x");
}

TEST(printf_that_does_not_fit_appends_nothing)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(5);

	buf_puts(&buf, "ab");
	buf_printf(&buf, "%s", "long text");
	CHECK_STR(buf_str(&buf), "ab");
	CHECK(buf.failed);
}

TEST(maximum_of_zero_takes_nothing)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(0);

	buf_put(&buf, "", 0);
	CHECK(!buf.failed);
	buf_putc(&buf, 'a');
	CHECK(buf.failed);
	CHECK_STR(buf_str(&buf), "");
}

TEST(grows_to_its_maximum_exactly)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(5000);

	for (int i = 0; i < 5000; i++)
		buf_putc(&buf, 'a');
	CHECK(!buf.failed);
	CHECK_INT(buf.len, 5000);
	CHECK(buf.cap <= 5001);
}

TEST(escapes_by_function_name)
{
	static const struct {
		void (*put)(struct buf *, const char *);
		const char *in, *out;
	} rows[] = {
	    {buf_text, "<a href=\"x\">'&'</a>", "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;"},
	    {buf_urlarg, "a b/c?d=\xc3\xa9~-._", "a%20b%2Fc%3Fd%3D%C3%A9~-._"},
	    {buf_header, "a\r\nSet-Cookie: b\tc\x7f", "a  Set-Cookie: b c "},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(buf_done) struct buf buf = BUF_INIT(200);
		rows[i].put(&buf, rows[i].in);
		CHECK_STR(buf_str(&buf), rows[i].out);
	}
}

TEST(dup_copies_and_refuses_a_failed_buf)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(3);

	CHECK_STR(buf_dup(&buf, test_arena()), "");
	buf_puts(&buf, "abc");
	CHECK_STR(buf_dup(&buf, test_arena()), "abc");
	buf_puts(&buf, "d");
	CU_ASSERT_PTR_NULL(buf_dup(&buf, test_arena()));
}

TEST_MAIN(ROW(append_keeps_a_terminator), ROW(append_stops_at_limit), ROW(printf_that_does_not_fit_appends_nothing),
    ROW(maximum_of_zero_takes_nothing), ROW(grows_to_its_maximum_exactly), ROW(escapes_by_function_name),
    ROW(dup_copies_and_refuses_a_failed_buf))
