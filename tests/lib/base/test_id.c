/* lib/base/id.c */
#include "tests/harness/test_main.h"

#include "lib/base/id.h"
#include "lib/base/text.h"

TEST(uuid_has_version_and_variant)
{
	char text[ID_UUID_SIZE], again[ID_UUID_SIZE];

	for (int i = 0; i < 200; i++) {
		CHECK(id_is_uuid(id_uuid(text)));
		CHECK(text[14] == '4');
		CHECK(strchr("89ab", text[19]) != NULL);
		CHECK(strcmp(text, id_uuid(again)) != 0);
	}
}

TEST(uuid_shapes)
{
	static const struct {
		const char *text;
		bool is;
	} rows[] = {
	    {"6fa459ea-ee8a-3ca4-894e-db77e160355e", true},
	    {"6FA459EA-EE8A-3CA4-894E-DB77E160355E", true},
	    {"6fa459eaee8a3ca4894edb77e160355e", false},
	    {"6fa459ea-ee8a-3ca4-894e-db77e160355", false},
	    {"6fa459ea-ee8a-3ca4-894e-db77e160355ee", false},
	    {"6fa459eg-ee8a-3ca4-894e-db77e160355e", false},
	    {"6fa459ea-ee8a-3ca4-894e+db77e160355e", false},
	    {"", false},
	    {NULL, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(id_is_uuid(rows[i].text), rows[i].is);
}

TEST(prefixed_ids)
{
	CHECK(!id_is_prefixed("img_0123456789abcdef", "im"));
	CHECK(!id_is_prefixed("img_0123456789abcdef", "clip"));
	CHECK(id_is_prefixed("img_0123456789abcdef", "img"));
	CHECK(!id_is_prefixed("img_0123456789ABCDEF", "img"));
	CHECK(!id_is_prefixed("img_0123456789abcde", "img"));
	CHECK(!id_is_prefixed("img_0123456789abcdef0", "img"));
	CHECK(!id_is_prefixed(NULL, "img"));
}

TEST(hex_has_the_digits_asked_for)
{
	char text[200];

	CHECK_INT(strlen(id_hex(text, 0)), 0);
	CHECK_INT(strlen(id_hex(text, 1)), 1);
	CHECK_INT(strlen(id_hex(text, 199)), 199);
	CHECK_INT(strspn(text, "0123456789abcdef"), 199);
}

TEST(tokens_from_outside)
{
	CHECK(id_is_token("req-1_2.3:4", 20));
	CHECK(!id_is_token("", 20));
	CHECK(!id_is_token(NULL, 20));
	CHECK(!id_is_token("a b", 20));
	CHECK(!id_is_token("a\nb", 20));
	CHECK(!id_is_token("caf\xc3\xa9", 20));
	CHECK(id_is_token("12345", 5));
	CHECK(!id_is_token("123456", 5));
}

TEST_MAIN(ROW(uuid_has_version_and_variant), ROW(uuid_shapes), ROW(prefixed_ids), ROW(hex_has_the_digits_asked_for),
    ROW(tokens_from_outside))
