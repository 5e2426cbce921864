/*
 * Reading .cube files: keywords, then one line of three numbers for each node, red fastest.
 *
 * The whole file is read by words of a line; nothing is allocated before the size was checked, and then exactly once.
 */
#include <errno.h>
#include <math.h>

#include "lib/base/text.h"
#include "media/lut_priv.h"

#define WORDS_MAX 4
#define WORD_SIZE 40
/* Values beyond this are nonsense; film tables reach a little over 1. */
#define VALUE_MAX 16.0

struct cube {
	const char *at, *end;
	int line;
	char words[WORDS_MAX][WORD_SIZE];
	int n_words;
	struct lut *lut; /* NULL until the size is known */
	size_t filled;
	double low[3], high[3];
};

static int
invalid(const struct cube *cube, struct error *err, const char *what)
{
	return error_code(err, ERR_INPUT, "lut_invalid", "line %d of the colour table: %s", cube->line, what);
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The words of the next line; 1 at the end of the file. A title's words do not matter. */
static int
next_line(struct cube *cube, struct error *err)
{
	const char *line = cube->at, *stop;

	if (cube->at == cube->end)
		return 1;
	cube->line++;
	cube->n_words = 0;
	stop = memchr(line, '\n', (size_t)(cube->end - line));
	cube->at = stop == NULL ? cube->end : stop + 1;
	stop = stop == NULL ? cube->end : stop;
	while (line < stop) {
		size_t len = 0;

		while (line < stop && is_space(*line))
			line++;
		while (line + len < stop && !is_space(line[len]))
			len++;
		if (len == 0 || *line == '#')
			break;
		if (cube->n_words == WORDS_MAX || len >= WORD_SIZE)
			return text_equal(cube->words[0], "TITLE") ? 0 : invalid(cube, err, "it is too long");
		memcpy(cube->words[cube->n_words], line, len);
		cube->words[cube->n_words++][len] = '\0';
		line += len;
	}
	return 0;
}

static int
number(const struct cube *cube, const char *word, double *ret_value, struct error *err)
{
	char *end;

	if (strspn(word, "+-.0123456789eE") != strlen(word))
		return invalid(cube, err, "a number was expected");
	*ret_value = strtod(word, &end);
	if (*end != '\0' || end == word)
		return invalid(cube, err, "a number was expected");
	if (!isfinite(*ret_value) || fabs(*ret_value) > VALUE_MAX)
		return invalid(cube, err, "the number is too large");
	return 0;
}

static int
numbers(const struct cube *cube, int first, int count, double *values, struct error *err)
{
	if (cube->n_words != first + count)
		return invalid(cube, err, count == 3 ? "three numbers were expected" : "two numbers were expected");
	for (int i = 0; i < count; i++)
		if (number(cube, cube->words[first + i], &values[i], err) < 0)
			return -1;
	return 0;
}

static int
read_size(struct cube *cube, bool curves, struct error *err)
{
	const int most = curves ? LUT_LINE_MAX : LUT_SIDE_MAX;
	double side;
	char text[80];

	if (cube->lut != NULL)
		return invalid(cube, err, "the file holds a second table");
	if (cube->n_words != 2 || strspn(cube->words[1], "0123456789") != strlen(cube->words[1]) ||
	    strlen(cube->words[1]) > 6)
		return invalid(cube, err, "a size was expected");
	side = strtod(cube->words[1], NULL);
	if (side < 2 || side > most) {
		snprintf(text, sizeof(text), "the size %s does not lie between 2 and %d", cube->words[1], most);
		return invalid(cube, err, text);
	}
	cube->lut = lut_new((int)side, curves);
	return 0;
}

static int
read_range(struct cube *cube, struct error *err)
{
	double range[2];

	if (numbers(cube, 1, 2, range, err) < 0)
		return -1;
	for (int c = 0; c < 3; c++) {
		cube->low[c] = range[0];
		cube->high[c] = range[1];
	}
	return 0;
}

static int
read_node(struct cube *cube, struct error *err)
{
	double rgb[3];

	if (cube->lut == NULL)
		return invalid(cube, err, "the table begins before its size was given");
	if (numbers(cube, 0, 3, rgb, err) < 0)
		return -1;
	if (cube->filled == cube->lut->n_nodes)
		return invalid(cube, err, "the table has more lines than its size says");
	for (int c = 0; c < 3; c++)
		cube->lut->nodes[cube->filled][c] = (int32_t)lround(rgb[c] * LUT_ONE);
	cube->filled++;
	return 0;
}

static int
read_line(struct cube *cube, struct error *err)
{
	const char *word = cube->words[0];

	if (cube->n_words == 0 || text_equal(word, "TITLE"))
		return 0;
	if (text_equal(word, "LUT_3D_SIZE"))
		return read_size(cube, false, err);
	if (text_equal(word, "LUT_1D_SIZE"))
		return read_size(cube, true, err);
	if (text_equal(word, "DOMAIN_MIN"))
		return numbers(cube, 1, 3, cube->low, err);
	if (text_equal(word, "DOMAIN_MAX"))
		return numbers(cube, 1, 3, cube->high, err);
	if (text_equal(word, "LUT_1D_INPUT_RANGE") || text_equal(word, "LUT_3D_INPUT_RANGE"))
		return read_range(cube, err);
	if ((word[0] >= 'A' && word[0] <= 'Z') || (word[0] >= 'a' && word[0] <= 'z'))
		return invalid(cube, err, "the keyword is not known");
	return read_node(cube, err);
}

static int
finish(struct cube *cube, struct error *err)
{
	if (cube->lut == NULL)
		return invalid(cube, err, "there is no LUT_1D_SIZE or LUT_3D_SIZE");
	if (cube->filled < cube->lut->n_nodes)
		return error_code(err, ERR_INPUT, "lut_invalid", "the colour table has %zu lines of %zu", cube->filled,
		    cube->lut->n_nodes);
	for (int c = 0; c < 3; c++) {
		cube->lut->low[c] = (int32_t)lround(cube->low[c] * LUT_ONE);
		cube->lut->high[c] = (int32_t)lround(cube->high[c] * LUT_ONE);
		if (cube->lut->high[c] <= cube->lut->low[c])
			return error_code(err, ERR_INPUT, "lut_invalid", "the colour table's domain is empty");
	}
	return 0;
}

int
lut_parse(const char *text, size_t len, struct lut **ret_lut, struct error *err)
{
	struct cube cube = {.at = text, .end = text + len, .high = {1, 1, 1}};
	int ret;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		cube.at += 3;
	while ((ret = next_line(&cube, err)) == 0)
		if (read_line(&cube, err) < 0)
			break;
	if (ret != 1 || finish(&cube, err) < 0) {
		lut_free(&cube.lut);
		return -1;
	}
	*ret_lut = cube.lut;
	return 0;
}
