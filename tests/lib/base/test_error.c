/* lib/base/error.c */
#include "tests/harness/test_main.h"

#include <errno.h>

#include "lib/base/text.h"

TEST(set_is_minus_one_and_fills)
{
	struct error err;

	CHECK_INT(error_set(&err, ERR_INPUT, "job id %d is not positive", -3), -1);
	CHECK_INT(err.kind, ERR_INPUT);
	CHECK_STR(err.code, "validation_error");
	CHECK_STR(err.text, "job id -3 is not positive");
	CHECK_STR(error_public_text(&err), "job id -3 is not positive");
	CHECK(text_ends(err.file, "test_error.c"));
	CHECK(err.line > 0);
	CHECK_INT(error_status(&err), 422);
}

TEST(text_of_hidden_kinds_stays_inside)
{
	struct error err;

	error_set(&err, ERR_INTERNAL, "relation \"users\" does not exist");
	CHECK_STR(error_public_text(&err), "Internal error");
	error_public(&err, "Try again later.");
	CHECK_STR(error_public_text(&err), "Try again later.");
	CHECK_STR(err.text, "relation \"users\" does not exist");
}

TEST(wrap_reads_like_a_path_and_is_not_public)
{
	struct error err;

	error_set(&err, ERR_NOT_FOUND, "no such job");
	CHECK_INT(error_wrap(&err, "loading job %d", 7), -1);
	CHECK_INT(error_wrap(&err, "cancelling"), -1);
	CHECK_STR(err.text, "cancelling: loading job 7: no such job");
	CHECK_STR(error_public_text(&err), "no such job");
	CHECK_INT(err.kind, ERR_NOT_FOUND);
}

TEST(wrap_of_long_texts_keeps_the_cause)
{
	struct error err;
	char cause[400], doing[400];

	memset(cause, 'c', sizeof(cause) - 1);
	memset(doing, 'd', sizeof(doing) - 1);
	cause[sizeof(cause) - 1] = doing[sizeof(doing) - 1] = '\0';
	error_set(&err, ERR_INTERNAL, "%s", cause);
	error_wrap(&err, "%s", doing);
	CHECK(text_ends(err.text, cause));
	CHECK(text_starts(err.text, "dddd"));
	for (int i = 0; i < 20; i++)
		error_wrap(&err, "%s", doing);
	CHECK(strlen(err.text) < sizeof(err.text));
}

TEST(cut_texts_are_valid_utf8)
{
	struct error err;
	char text[1024];

	for (size_t lead = 0; lead < 4; lead++) {
		memset(text, 'a', lead);
		for (size_t i = lead; i + 3 < sizeof(text); i += 3)
			memcpy(text + i, "\xe2\x82\xac", 4);
		error_set(&err, ERR_INPUT, "%s", text);
		CHECK(text_utf8_valid(err.text, strlen(err.text)));
		CHECK(text_utf8_valid(err.public_text, strlen(err.public_text)));
		CHECK(strlen(err.text) > 500);
	}
}

TEST(code_is_public_with_its_own_code)
{
	struct error err;

	CHECK_INT(error_code(&err, ERR_CONFLICT, "invalid_stage", "The session is at stage '%s'.", "failed"), -1);
	CHECK_STR(err.code, "invalid_stage");
	CHECK_STR(error_public_text(&err), "The session is at stage 'failed'.");
	CHECK_INT(error_status(&err), 409);
	CHECK(error_has_code(&err, "invalid_stage"));
	CHECK(error_is(&err, ERR_CONFLICT));
	CHECK(!error_is(&err, ERR_INPUT));
}

TEST(errno_is_kept_and_not_public)
{
	struct error err;

	errno = ENOENT;
	CHECK_INT(error_errno(&err, ERR_NOT_FOUND, "opening '%s'", "/secret/path"), -1);
	CHECK_INT(err.foreign, ENOENT);
	CHECK_CONTAINS(err.text, "opening '/secret/path': No such file");
	CHECK_STR(error_public_text(&err), "Not found");
	CHECK_INT(errno, ENOENT);
}

TEST(details_are_kept)
{
	struct error err;

	error_set(&err, ERR_LIMIT, "slow down");
	error_hint(&err, "wait %d seconds", 5);
	error_pointer(&err, "/items/%d", 3);
	error_retry_after(&err, 5);
	error_foreign(&err, 11);
	CHECK_STR(err.hint, "wait 5 seconds");
	CHECK_STR(err.pointer, "/items/3");
	CHECK_INT(err.retry_after_s, 5);
	CHECK_INT(err.foreign, 11);
	CHECK(error_retryable(&err));
	error_clear(&err);
	CHECK_INT(err.kind, ERR_NONE);
	CHECK_STR(err.hint, "");
	error_set(&err, ERR_LIMIT, "again");
	CHECK_STR(err.pointer, "");
}

TEST(null_error_is_accepted_everywhere)
{
	CHECK_INT(error_set(NULL, ERR_INPUT, "x"), -1);
	CHECK_INT(error_code(NULL, ERR_INPUT, "c", "x"), -1);
	CHECK_INT(error_errno(NULL, ERR_INPUT, "x"), -1);
	CHECK_INT(error_wrap(NULL, "x"), -1);
	error_public(NULL, "x");
	error_hint(NULL, "x");
	error_pointer(NULL, "x");
	error_foreign(NULL, 1);
	error_retry_after(NULL, 1);
	error_clear(NULL);
	CHECK(!error_is(NULL, ERR_NONE));
	CHECK(!error_retryable(NULL));
	CHECK_INT(error_status(NULL), 500);
	CHECK_STR(error_public_text(NULL), "Internal error");
}

TEST(table_is_sound)
{
	for (int kind = 1; kind < ERR__COUNT; kind++) {
		const struct error_row *row = error_row((enum error_kind)kind);
		CHECK(row->status >= 400 && row->status < 600);
		CHECK(strspn(row->code, "abcdefghijklmnopqrstuvwxyz_") == strlen(row->code));
		CHECK(row->title[0] != '\0');
	}
	CHECK_STR(error_row((enum error_kind)9999)->name, "ERR_INTERNAL");
}

TEST_MAIN(ROW(set_is_minus_one_and_fills), ROW(text_of_hidden_kinds_stays_inside),
    ROW(wrap_reads_like_a_path_and_is_not_public), ROW(wrap_of_long_texts_keeps_the_cause),
    ROW(cut_texts_are_valid_utf8), ROW(code_is_public_with_its_own_code), ROW(errno_is_kept_and_not_public),
    ROW(details_are_kept), ROW(null_error_is_accepted_everywhere), ROW(table_is_sound))
