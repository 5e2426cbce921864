#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"

static const struct option_row *
find(const struct option_row *rows, const char *name, size_t len)
{
	for (; rows->name != NULL; rows++)
		if (strlen(rows->name) == len && strncmp(rows->name, name, len) == 0)
			return rows;
	return NULL;
}

static int
add(const struct option_row *row, const char *value, struct error *err)
{
	if (*row->list_count == row->list_max)
		return error_set(err, ERR_INPUT, "'--%s' takes at most %zu values", row->name, row->list_max);
	row->list[(*row->list_count)++] = value;
	return 0;
}

/* Takes the value of an option from "=..." or the following arguments; the number of arguments used besides the option.
 */
static int
take(const struct option_row *row, const char *attached, int argc, char **argv, struct error *err)
{
	int used = 0;

	if (row->flag != NULL) {
		if (attached != NULL)
			return error_set(err, ERR_INPUT, "'--%s' takes no value", row->name);
		*row->flag = true;
		return 0;
	}
	if (row->list != NULL) {
		if (attached != NULL && add(row, attached, err) < 0)
			return -1;
		for (; used < argc && strncmp(argv[used], "--", 2) != 0; used++)
			if (add(row, argv[used], err) < 0)
				return -1;
		if (used == 0 && attached == NULL)
			return error_set(err, ERR_INPUT, "'--%s' wants a value", row->name);
		return used;
	}
	if (attached == NULL && argc == 0)
		return error_set(err, ERR_INPUT, "'--%s' wants a value", row->name);
	*row->value = attached != NULL ? attached : argv[0];
	return attached == NULL;
}

int
ctl_options(int argc, char **argv, const struct option_row *rows, const char **rest, size_t rest_max, size_t *ret_rest,
    struct error *err)
{
	size_t count = 0;

	for (int i = 0; i < argc; i++) {
		const struct option_row *row;
		const char *name = argv[i] + 2, *equals;
		int used;

		if (strncmp(argv[i], "--", 2) != 0) {
			if (count == rest_max)
				return error_set(err, ERR_INPUT, "unexpected argument '%s'", argv[i]);
			rest[count++] = argv[i];
			continue;
		}
		equals = strchr(name, '=');
		row = find(rows, name, equals == NULL ? strlen(name) : (size_t)(equals - name));
		if (row == NULL)
			return error_set(err, ERR_INPUT, "unknown option '%s'", argv[i]);
		used = take(row, equals == NULL ? NULL : equals + 1, argc - i - 1, argv + i + 1, err);
		if (used < 0)
			return -1;
		i += used;
	}
	if (ret_rest != NULL)
		*ret_rest = count;
	return 0;
}

int
ctl_read_line(struct ctl *ctl, const char **ret_line, struct error *err)
{
	char line[1100];

	if (fgets(line, sizeof(line), stdin) == NULL)
		return error_set(err, ERR_INPUT, "nothing to read on standard input");
	line[strcspn(line, "\r\n")] = '\0';
	*ret_line = arena_strdup(ctl->arena, line);
	explicit_bzero(line, sizeof(line));
	return *ret_line == NULL ? arena_error(ctl->arena, err) : 0;
}
