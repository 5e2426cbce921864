/* lib/js/write.c */
#include "tests/harness/test_main.h"

#include <math.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "lib/base/clock.h"
#include "lib/js/write.h"

TEST(nested_values_with_commas)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(1000);
	struct js_writer w;

	js_begin(&w, &buf);
	js_open_object(&w, NULL);
	js_str(&w, "a", "x");
	js_open_array(&w, "b");
	js_int(&w, NULL, -1);
	js_open_object(&w, NULL);
	js_close(&w);
	js_open_array(&w, NULL);
	js_close(&w);
	js_null(&w, NULL);
	js_close(&w);
	js_bool(&w, "c", false);
	js_strings(&w, "d", (const char *const[]){"p", NULL, "q"}, 3);
	js_close(&w);
	js_end(&w);
	CHECK_STR(buf_str(&buf), "{\"a\":\"x\",\"b\":[-1,{},[],null],\"c\":false,\"d\":[\"p\",null,\"q\"]}");
}

static const char *
one(void (*put)(struct js_writer *w, double number), double number)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(1000);
	struct js_writer w;

	js_begin(&w, &buf);
	put(&w, number);
	js_end(&w);
	return arena_strdup(test_arena(), buf_str(&buf));
}

static void
put_double(struct js_writer *w, double number)
{
	js_double(w, NULL, number);
}

static void
put_fixed(struct js_writer *w, double number)
{
	js_fixed(w, NULL, number, 3);
}

static void
put_money(struct js_writer *w, double number)
{
	js_money(w, NULL, (int64_t)number);
}

TEST(numbers)
{
	CHECK_STR(one(put_double, 0.1), "0.1");
	CHECK_STR(one(put_double, 1.0 / 3), "0.3333333333333333");
	CHECK_STR(one(put_double, 5e-324), "4.94065645841247e-324");
	CHECK_STR(one(put_double, NAN), "null");
	CHECK_STR(one(put_double, -INFINITY), "null");
	CHECK_STR(one(put_fixed, 2.9996), "3");
	CHECK_STR(one(put_fixed, 10.5004), "10.5");
	CHECK_STR(one(put_fixed, -0.0001), "0");
	CHECK_STR(one(put_fixed, 1e22), "10000000000000000000000");
	CHECK(strlen(one(put_fixed, 1.7e308)) == 309);
	CHECK_STR(one(put_fixed, NAN), "null");
	CHECK_STR(one(put_money, 12500000), "12.5");
	CHECK_STR(one(put_money, -1), "-0.000001");
}

TEST(strings_are_escaped)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"plain \xc3\xa9", "\"plain \xc3\xa9\""},
	    {"q\"b\\", "\"q\\\"b\\\\\""},
	    {"\n\t\r\x01\x7f", "\"\\n\\t\\u000d\\u0001\\u007f\""},
	    {"</script>", "\"\\u003c/script>\""},
	    {"\xe2\x80\xa8", "\"\\u2028\""},
	    {"a\xff"
	     "b",
		"\"a\\ufffdb\""},
	    {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},
	    {NULL, "null"},
	    {"", "\"\""},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(buf_done) struct buf buf = BUF_INIT(1000);
		struct js_writer w;
		js_begin(&w, &buf);
		js_str(&w, NULL, rows[i].in);
		js_end(&w);
		CHECK_STR(buf_str(&buf), rows[i].out);
	}
}

TEST(formatted_times_and_raw)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(1000);
	struct js_writer w;

	js_begin(&w, &buf);
	js_open_array(&w, NULL);
	js_strf(&w, NULL, "%d\"%s", 7, "x");
	js_time(&w, NULL, 0);
	js_time(&w, NULL, CLOCK_NONE);
	js_raw(&w, NULL, "{\"a\":1}");
	js_raw(&w, NULL, NULL);
	js_strn(&w, NULL, "a\0b", 3);
	js_close(&w);
	js_end(&w);
	CHECK_STR(buf_str(&buf), "[\"7\\\"x\",\"1970-01-01T00:00:00Z\",null,{\"a\":1},null,\"a\\u0000b\"]");
}

TEST(what_does_not_fit_is_the_bufs_failure)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(10);
	struct js_writer w;
	struct error err;

	js_begin(&w, &buf);
	js_open_array(&w, NULL);
	js_strf(&w, NULL, "%s", "longer than ten bytes");
	js_close(&w);
	js_end(&w);
	CHECK_FAILS(buf_error(&buf, &err), &err, ERR_TOO_LARGE);
}

static void
close_too_often(struct js_writer *w)
{
	js_close(w);
}

static void
name_in_array(struct js_writer *w)
{
	js_open_array(w, NULL);
	js_int(w, "a", 1);
}

static void
no_name_in_object(struct js_writer *w)
{
	js_open_object(w, NULL);
	js_int(w, NULL, 1);
}

static void
two_values(struct js_writer *w)
{
	js_int(w, NULL, 1);
	js_int(w, NULL, 1);
}

static void
left_open(struct js_writer *w)
{
	js_open_object(w, NULL);
	js_end(w);
}

TEST(wrong_nesting_aborts)
{
	static void (*const wrong[])(struct js_writer * w) = {
	    close_too_often, name_in_array, no_name_in_object, two_values, left_open};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		int status = 0;
		fflush(NULL);
		const pid_t child = fork();
		if (child == 0) {
			const struct rlimit none = {0};
			struct buf buf = BUF_INIT(100);
			struct js_writer w;
			setrlimit(RLIMIT_CORE, &none);
			fclose(stderr);
			js_begin(&w, &buf);
			wrong[i](&w);
			_exit(0);
		}
		CHECK_INT(waitpid(child, &status, 0), child);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
}

TEST_MAIN(ROW(nested_values_with_commas), ROW(numbers), ROW(strings_are_escaped), ROW(formatted_times_and_raw),
    ROW(what_does_not_fit_is_the_bufs_failure), ROW(wrong_nesting_aborts))
