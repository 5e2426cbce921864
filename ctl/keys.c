#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/net/secret.h"
#include "lib/net/token.h"

#define KEY_BYTES 32
#define FILE_MAX (64 * KIB)
#define KID_SIZE 24
#define KEYS_A_DAY_MAX 100

/* Whether a line of the file begins with "<kid>:". */
static bool
has_kid(const char *text, const char *kid)
{
	size_t len = strlen(kid);

	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, kid, len) == 0 && line[len] == ':')
			return true;
	}
	return false;
}

/* "k20260301", and "k20260301-2" for the second of a day. */
static int
new_kid(const char *text, char kid[static KID_SIZE], struct error *err)
{
	char day[CLOCK_TEXT_SIZE];

	clock_format(clock_now_us(NULL), day);
	snprintf(kid, KID_SIZE, "k%.4s%.2s%.2s", day, day + 5, day + 8);
	for (int number = 2; has_kid(text, kid); number++) {
		if (number > KEYS_A_DAY_MAX)
			return error_set(err, ERR_INPUT, "the file has too many keys of today");
		snprintf(kid, KID_SIZE, "k%.4s%.2s%.2s-%d", day, day + 5, day + 8, number);
	}
	return 0;
}

static void
append_key(struct buf *buf, const char *kid)
{
	unsigned char bytes[KEY_BYTES];
	char hex[KEY_BYTES * 2 + 1];

	id_bytes(bytes, sizeof(bytes));
	buf_printf(buf, "%s:%s\n", kid, text_hex(bytes, sizeof(bytes), hex));
	secret_wipe(bytes, sizeof(bytes));
	secret_wipe(hex, sizeof(hex));
}

/* Who could read the old file can read the new one; a new file is its maker's alone. */
static int
keep_rights(int fd, const char *path, struct error *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return 0;
	if (fchown(fd, st.st_uid, st.st_gid) < 0 || fchmod(fd, st.st_mode & 0770) < 0)
		return error_errno(err, ERR_INPUT, "giving the new file the old one's owner");
	return 0;
}

/* Under a temporary name, read as the daemons will read it, then renamed: no moment without keys. */
static int
replace(struct ctl *ctl, const char *path, const struct buf *text, struct error *err)
{
	const char *base = path_base(path);
	const char *dir_path = base == path ? "." : arena_strndup(ctl->arena, path, (size_t)(base - path));
	CLEANUP(fd_close) int dir = path_open_dir(dir_path, err);
	CLEANUP(token_keys_free) struct token_keys *keys = NULL;
	CLEANUP(fd_close) int fd = -1;
	char name[PATH_TEMP_SIZE];
	int status = -1;

	if (dir < 0)
		return -1;
	path_temp_name(name, "keys");
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(err, ERR_INPUT, "creating a file in '%s'", dir_path);
	if (fd_write_all(fd, buf_str(text), text->len, err) == 0 &&
	    token_keys_load(arena_printf(ctl->arena, "%s/%s", dir_path, name), &keys, err) == 0 &&
	    keep_rights(fd, path, err) == 0)
		status = path_publish(dir, name, dir, base, err);
	if (status < 0)
		unlinkat(dir, name, 0);
	return status;
}

static int
keys_new(struct ctl *ctl, const char *path, struct error *err)
{
	struct buf buf = BUF_INIT(FILE_MAX);
	char kid[KID_SIZE], *old = NULL;
	int status = path_read(ctl->arena, path, FILE_MAX / 2, &old, NULL, err);

	if (status < 0 && error_is(err, ERR_NOT_FOUND)) {
		error_clear(err);
		status = 0;
	}
	if (status == 0)
		status = new_kid(old == NULL ? "" : old, kid, err);
	if (status == 0) {
		append_key(&buf, kid);
		buf_puts(&buf, old == NULL ? "" : old);
		status = buf_error(&buf, err);
	}
	if (status == 0)
		status = replace(ctl, path, &buf, err);
	if (buf.data != NULL)
		secret_wipe(buf.data, buf.len);
	if (old != NULL)
		secret_wipe(old, strlen(old));
	buf_done(&buf);
	if (status < 0)
		return error_wrap(err, "adding a signing key");
	printf("%s %s\n", kid, path);
	return 0;
}

/* The first key signs, the others still verify: tokens stay good over a rotation. */
int
cmd_keys(struct ctl *ctl, int argc, char **argv, struct error *err)
{
	const struct option_row rows[] = {{.name = NULL}};
	const char *rest[2];
	size_t count;

	if (ctl_options(argc, argv, rows, rest, ARRAY_LEN(rest), &count, err) < 0)
		return 2;
	if (count != 2 || strcmp(rest[0], "new") != 0)
		return ctl_usage("keys");
	return keys_new(ctl, rest[1], err) < 0 ? 1 : 0;
}
