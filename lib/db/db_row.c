/*
 * Reading rows column by column, in the order of the select list.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/db/db_conn.h"

void
db_result_done(struct db_result *res)
{
	PQclear(res->handle);
	res->handle = NULL;
	res->count = 0;
}

struct db_row
db_row(const struct db_result *res, int row)
{
	return (struct db_row){.res = res, .row = row};
}

static void
db_wrong(struct db_row *row, const char *what)
{
	if (row->wrong == NULL) {
		row->wrong = what;
		row->wrong_column = row->column;
	}
}

bool
db_is_null(const struct db_row *row)
{
	return row->column >= PQnfields(row->res->handle) || PQgetisnull(row->res->handle, row->row, row->column) != 0;
}

/* The next column's text, NULL for null; moves on. */
static const char *
db_next(struct db_row *row, bool null_is_wrong)
{
	if (row->column >= PQnfields(row->res->handle)) {
		db_wrong(row, "missing");
		return NULL;
	}
	const bool null = db_is_null(row);
	if (null && null_is_wrong)
		db_wrong(row, "null");
	const char *text = null ? NULL : PQgetvalue(row->res->handle, row->row, row->column);
	row->column++;
	return text;
}

static int64_t
db_parse_int(struct db_row *row, const char *text, int64_t fallback)
{
	int64_t number = fallback;
	if (text != NULL && text_int(text, INT64_MIN, INT64_MAX, &number) < 0)
		db_wrong(row, "no integer");
	return number;
}

int64_t
db_get_int(struct db_row *row)
{
	const char *text = db_next(row, true);
	return db_parse_int(row, text, 0);
}

int64_t
db_get_int_or(struct db_row *row, int64_t fallback)
{
	const char *text = db_next(row, false);
	return db_parse_int(row, text, fallback);
}

static double
db_parse_real(struct db_row *row, const char *text, double fallback)
{
	double number = fallback;
	if (text != NULL && text_double(text, &number) < 0)
		db_wrong(row, "no number");
	return number;
}

double
db_get_real(struct db_row *row)
{
	const char *text = db_next(row, true);
	return db_parse_real(row, text, 0);
}

double
db_get_real_or(struct db_row *row, double fallback)
{
	const char *text = db_next(row, false);
	return db_parse_real(row, text, fallback);
}

bool
db_get_bool(struct db_row *row)
{
	const char *text = db_next(row, true);
	return text != NULL && text[0] == 't';
}

static const char *
db_copy(struct db_row *row, struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text);
	if (copy == NULL)
		db_wrong(row, "too large for the arena");
	return copy;
}

const char *
db_get_text(struct db_row *row, struct arena *arena)
{
	const char *text = db_next(row, true);
	return text == NULL ? "" : db_copy(row, arena, text);
}

const char *
db_get_text_or(struct db_row *row, struct arena *arena, const char *fallback)
{
	const char *text = db_next(row, false);
	return text == NULL ? fallback : db_copy(row, arena, text);
}

void
db_get_chars(struct db_row *row, char *text, size_t size)
{
	const char *value = db_next(row, false);
	const size_t len = value == NULL ? 0 : strlen(value);
	text[0] = '\0';
	if (len >= size) {
		db_wrong(row, "too long");
		return;
	}
	if (value != NULL)
		memcpy(text, value, len + 1);
}

/* "2026-03-01 10:00:00.123456+00" is RFC 3339 but for the blank and the short offset. */
int64_t
db_get_time(struct db_row *row)
{
	const char *value = db_next(row, false);
	char text[64];
	int64_t us = CLOCK_NONE;
	if (value == NULL)
		return CLOCK_NONE;
	const size_t len = strlen(value);
	if (len < 13 || len > sizeof(text) - 8) {
		db_wrong(row, "no time");
		return CLOCK_NONE;
	}
	memcpy(text, value, len + 1);
	text[10] = 'T';
	if (text[len - 3] == '+' || text[len - 3] == '-')
		memcpy(text + len, ":00", 4);
	if (clock_parse(text, &us, NULL) < 0)
		db_wrong(row, "no time");
	return us;
}

static int
db_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

const void *
db_get_bytes(struct db_row *row, struct arena *arena, size_t *ret_len)
{
	const char *text = db_next(row, false);
	*ret_len = 0;
	if (text == NULL)
		return NULL;
	const size_t digits = strlen(text) - 2;
	unsigned char *bytes = strncmp(text, "\\x", 2) == 0 ? arena_alloc(arena, digits / 2 + 1) : NULL;
	if (bytes == NULL) {
		db_wrong(row, "no bytes");
		return NULL;
	}
	for (size_t i = 0; i < digits / 2; i++) {
		const int high = db_hex_digit(text[2 + i * 2]);
		const int low = db_hex_digit(text[3 + i * 2]);
		if (high < 0 || low < 0)
			db_wrong(row, "no bytes");
		bytes[i] = (unsigned char)((high & 15) << 4 | (low & 15));
	}
	*ret_len = digits / 2;
	return bytes;
}

/* One item of an array literal at *p, unquoted into `to`; moves *p to the ',' or '}' after it. NULL items and nested
 * arrays are refused. */
static int
db_array_item(const char **p, char *to)
{
	const char *s = *p;
	if (*s == '{')
		return -1;
	if (*s == '"') {
		for (s++; *s != '"' && *s != '\0'; s++) {
			if (*s == '\\')
				s++;
			*to++ = *s;
		}
		if (*s != '"')
			return -1;
		s++;
	} else {
		const size_t len = strcspn(s, ",}");
		if (len == 4 && strncmp(s, "NULL", 4) == 0)
			return -1;
		memcpy(to, s, len);
		to += len;
		s += len;
	}
	*to = '\0';
	*p = s;
	return *s == ',' || *s == '}' ? 0 : -1;
}

const char *const *
db_get_texts(struct db_row *row, struct arena *arena, size_t *ret_count)
{
	static const char *const none[] = {NULL};
	const char *text = db_next(row, false);
	*ret_count = 0;
	if (text == NULL || strcmp(text, "{}") == 0)
		return none;
	/* as many items as commas and one; quoted commas only make it too large */
	size_t most = 2;
	for (const char *p = text; *p != '\0'; p++)
		most += *p == ',';
	const char **items = ARENA_ARRAY(arena, most, const char *);
	char *room = arena_alloc(arena, strlen(text) + 1);
	if (items == NULL || room == NULL || text[0] != '{') {
		db_wrong(row, text[0] == '{' ? "too large for the arena" : "no array");
		return none;
	}
	size_t count = 0;
	for (const char *p = text; *p == '{' || *p == ',';) {
		p++;
		if (db_array_item(&p, room) < 0) {
			db_wrong(row, "no array of texts");
			return none;
		}
		items[count++] = room;
		room += strlen(room) + 1;
	}
	*ret_count = count;
	return items;
}

void
db_skip(struct db_row *row)
{
	(void)db_next(row, false);
}

int
db_row_end(const struct db_row *row, struct error *err)
{
	if (row->wrong != NULL)
		return error_set(
		    err, ERR_INTERNAL, "column %d of '%s' is %s", row->wrong_column, row->res->name, row->wrong);
	if (row->column != PQnfields(row->res->handle))
		return error_set(err, ERR_INTERNAL, "'%s' gave %d columns, %d were read", row->res->name,
		    PQnfields(row->res->handle), row->column);
	return 0;
}
