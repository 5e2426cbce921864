/*
 * One scalar against one field: limits, choices, patterns, and the words for what is wrong.
 */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/base/text.h"
#include "lib/js/read_priv.h"

#define EMAIL_MAX 254

const char *
js_type_phrase(enum js_type type)
{
	static const char *const phrases[JS_TYPE__COUNT] = {
	    [JS_BOOL] = "true or false",
	    [JS_INT] = "a whole number",
	    [JS_DOUBLE] = "a number",
	    [JS_MONEY] = "an amount in dollars with at most six decimals",
	    [JS_STRING] = "a string",
	    [JS_TIME] = "a time such as \"2026-03-01T10:00:00Z\"",
	    [JS_STRINGS] = "an array of strings",
	    [JS_INTS] = "an array of whole numbers",
	    [JS_OBJECT] = "an object",
	    [JS_OBJECTS] = "an array of objects",
	    [JS_RAW] = "a JSON value",
	};

	return phrases[type];
}

/* ---- strings ---- */

static bool
all_of(const char *text, size_t len, const char *extra, bool upper)
{
	for (size_t i = 0; i < len; i++) {
		const unsigned char c = (unsigned char)text[i];
		if (!isdigit(c) && !islower(c) && !(upper && isupper(c)) && (c == '\0' || strchr(extra, c) == NULL))
			return false;
	}
	return len > 0;
}

static bool
is_email(const char *text, size_t len)
{
	const char *at = memchr(text, '@', len);

	if (at == NULL || at == text || at == text + len - 1 || len > EMAIL_MAX ||
	    memchr(at + 1, '@', len - (size_t)(at + 1 - text)))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f || strchr("<>()[],;:\\\"", text[i]) != NULL)
			return false;
	const char *domain = at + 1;
	return domain[0] != '.' && text[len - 1] != '.' && domain[0] != '-';
}

static bool
is_url(const char *text, size_t len)
{
	const size_t scheme = text_starts(text, "https://") ? 8 : text_starts(text, "http://") ? 7 : 0;

	if (scheme == 0 || len <= scheme || strchr("/?#", text[scheme]) != NULL)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f || text[i] == '\\' || text[i] == '"')
			return false;
	return true;
}

/* `text` is terminated. */
static const char *
pattern_wants(enum js_pattern pattern, const char *text, size_t len)
{
	switch (pattern) {
	case JS_UUID:
		return id_is_uuid(text) ? NULL : "a UUID";
	case JS_COLOR:
		return len == 7 && text[0] == '#' && strspn(text + 1, "0123456789abcdefABCDEF") == 6
			   ? NULL
			   : "a colour such as #1A2B3C";
	case JS_EMAIL:
		return is_email(text, len) ? NULL : "an e-mail address";
	case JS_TOKEN:
		return all_of(text, len, "-_.:", true) ? NULL : "made of letters, digits and - _ . : only";
	case JS_SLUG:
		return all_of(text, len, "-_", false) ? NULL : "made of lower-case letters, digits, - and _ only";
	case JS_URL:
		return is_url(text, len) ? NULL : "an http or https URL";
	default:
		return NULL;
	}
}

/* One spelling for what may be written in several. */
static void
normalise(enum js_pattern pattern, char *text)
{
	for (; *text != '\0'; text++) {
		if (pattern == JS_UUID || pattern == JS_EMAIL)
			*text = (char)tolower((unsigned char)*text);
		else if (pattern == JS_COLOR)
			*text = (char)toupper((unsigned char)*text);
	}
}

static bool
has_control(const char *text, size_t len, bool one_line)
{
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)text[i] < 0x20 && (one_line || strchr("\t\r\n", text[i]) == NULL)) ||
		    text[i] == 0x7f)
			return true;
	return false;
}

static bool
check_choice(struct js_reading *r, const struct js_field *field, const char *text)
{
	CLEANUP(buf_done) struct buf list = BUF_INIT(1024);

	if (field->choices == NULL)
		return true;
	for (const char *const *choice = field->choices; *choice != NULL; choice++) {
		if (strcmp(*choice, text) == 0)
			return true;
		buf_printf(&list, "%s%s", list.len == 0 ? "" : ", ", *choice);
	}
	js_reading_problem(r, field, "not_a_choice", "%s must be one of: %s", field->name, buf_str(&list));
	return false;
}

static bool
check_length(struct js_reading *r, const struct js_field *field, const char *text, size_t len, bool item)
{
	const int64_t min = item ? field->item_min : field->min;
	const int64_t given = item ? field->item_max : field->max;
	const int64_t max = given > 0 ? given : JS_STRING_MAX;
	const int64_t points = (int64_t)text_utf8_count(text, len);
	const char *what = item ? "each item of " : "";

	if (points >= min && points <= max)
		return true;
	if (given > 0 && min > 0)
		js_reading_problem(r, field, points < min ? "too_short" : "too_long",
		    "%s%s must have %" PRId64 " to %" PRId64 " characters", what, field->name, min, max);
	else if (points < min)
		js_reading_problem(r, field, "too_short", "%s%s must have at least %" PRId64 " character%s", what,
		    field->name, min, min == 1 ? "" : "s");
	else
		js_reading_problem(
		    r, field, "too_long", "%s%s must have at most %" PRId64 " characters", what, field->name, max);
	return false;
}

void
js_check_string(
    struct js_reading *r, const struct js_field *field, const char *text, size_t len, bool item, const char **place)
{
	if ((field->flags & JS_KEEP_SPACE) == 0)
		text_trim(&text, &len);
	if (has_control(text, len, (field->flags & JS_ONE_LINE) != 0)) {
		js_reading_problem(r, field, "bad_format", "%s must not contain control characters", field->name);
		return;
	}
	if (!check_length(r, field, text, len, item))
		return;
	char *copy = arena_memdup(r->arena, text, len);
	if (copy == NULL)
		return;
	const char *wanted = pattern_wants(field->pattern, copy, len);
	if (wanted != NULL) {
		js_reading_problem(r, field, "bad_format", "%s must be %s", field->name, wanted);
		return;
	}
	normalise(field->pattern, copy);
	if (check_choice(r, field, copy))
		*place = copy;
}

/* ---- numbers ---- */

void
js_check_int(struct js_reading *r, const struct js_field *field, int64_t number, bool item, int64_t *place)
{
	const int64_t min = item ? field->item_min : field->min, max = item ? field->item_max : field->max;
	const char *what = item ? "each item of " : "";

	if ((min == 0 && max == 0) || (number >= min && (number <= max || max < min))) {
		*place = number;
		return;
	}
	const char *code = number < min ? "too_small" : "too_large";
	if (max < min)
		js_reading_problem(r, field, code, "%s%s must be at least %" PRId64, what, field->name, min);
	else
		js_reading_problem(
		    r, field, code, "%s%s must be from %" PRId64 " to %" PRId64, what, field->name, min, max);
}

void
js_check_double(struct js_reading *r, const struct js_field *field, double number, double *place)
{
	const double low = field->low, high = field->high;

	if (!isfinite(number)) {
		js_reading_problem(r, field, "too_large", "%s must be %s", field->name, js_type_phrase(JS_DOUBLE));
		return;
	}
	if ((low == 0 && high == 0) || (number >= low && (number <= high || high < low))) {
		*place = number;
		return;
	}
	const char *code = number < low ? "too_small" : "too_large";
	if (high < low)
		js_reading_problem(r, field, code, "%s must be at least %.10g", field->name, low);
	else
		js_reading_problem(r, field, code, "%s must be from %.10g to %.10g", field->name, low, high);
}

void
js_check_money(struct js_reading *r, const struct js_field *field, const char *text, int64_t *place)
{
	char low[TEXT_MONEY_SIZE], high[TEXT_MONEY_SIZE];
	const int64_t min = field->min, max = field->max;
	int64_t micros;

	if (text_money(text, &micros) < 0) {
		js_reading_problem(r, field, "bad_format", "%s must be %s", field->name, js_type_phrase(JS_MONEY));
		return;
	}
	if ((min == 0 && max == 0) || (micros >= min && (micros <= max || max < min))) {
		*place = micros;
		return;
	}
	text_from_money(min, low);
	text_from_money(max, high);
	if (max < min)
		js_reading_problem(r, field, "too_small", "%s must be at least %s dollars", field->name, low);
	else
		js_reading_problem(r, field, micros < min ? "too_small" : "too_large",
		    "%s must be from %s to %s dollars", field->name, low, high);
}

void
js_check_time(struct js_reading *r, const struct js_field *field, const char *text, int64_t *place)
{
	if (clock_parse(text, place, NULL) < 0)
		js_reading_problem(r, field, "bad_format", "%s must be %s", field->name, js_type_phrase(JS_TIME));
}

bool
js_check_count(struct js_reading *r, const struct js_field *field, size_t count)
{
	const int64_t max = field->max > 0 ? field->max : JS_ITEMS_MAX;
	const int64_t items = (int64_t)count;

	if (items >= field->min && items <= max)
		return true;
	if (items < field->min)
		js_reading_problem(r, field, "too_few", "%s must have at least %" PRId64 " item%s", field->name,
		    field->min, field->min == 1 ? "" : "s");
	else
		js_reading_problem(r, field, "too_many", "%s must have at most %" PRId64 " item%s", field->name, max,
		    max == 1 ? "" : "s");
	return false;
}
