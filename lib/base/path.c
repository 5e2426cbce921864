/*
 * Names, folders, publishing and reading. Walking trees is in path_tree.c.
 */
#include "lib/base/path.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/id.h"
#include "lib/base/text.h"

#define PATH_SAFE_MAX 1023
#define PATH_NAME_MAX 120

void
fd_close(int *fd)
{
	const int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

static bool
part_is_safe(const char *part, size_t len)
{
	if (len == 0 || len > 255 || part[0] == '-')
		return false;
	if (part[0] == '.' && (len == 1 || (len == 2 && part[1] == '.')))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)part[i] < 0x20 || part[i] == 0x7f)
			return false;
	return true;
}

bool
path_is_safe(const char *relative)
{
	if (relative == NULL || strlen(relative) > PATH_SAFE_MAX)
		return false;
	for (;;) {
		const size_t len = strcspn(relative, "/");
		if (!part_is_safe(relative, len))
			return false;
		if (relative[len] == '\0')
			return true;
		relative += len + 1;
	}
}

char *
path_safe_name(struct arena *arena, const char *text, const char *fallback)
{
	struct buf name = BUF_INIT(PATH_NAME_MAX);
	size_t len = text == NULL ? 0 : strlen(text), step;

	for (size_t i = 0; i < len && !name.failed; i += step) {
		const int32_t point = text_utf8_next(text + i, len - i, &step);
		const bool letter = point >= 0xa0 && !(point >= 0x2000 && point <= 0x206f) && point != 0xfeff;
		const bool plain = point > 0 && point < 0x7f && (isalnum(point) || strchr(" -_.", point) != NULL);
		/* A leading dot hides a file, a leading dash looks like an option. */
		if (letter || (plain && (name.len > 0 || isalnum(point))))
			buf_put(&name, text + i, step);
		else if (name.len > 0)
			buf_putc(&name, '_');
	}
	while (name.len > 0 && strchr(" .", name.data[name.len - 1]) != NULL)
		buf_cut(&name, name.len - 1);
	char *copy = arena_strdup(arena, name.len > 0 ? buf_str(&name) : fallback);
	buf_done(&name);
	return copy;
}

const char *
path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

const char *
path_temp_name(char text[static PATH_TEMP_SIZE], const char *prefix)
{
	char digits[17];

	snprintf(text, PATH_TEMP_SIZE, ".%.20s.%s.tmp", prefix, id_hex(digits, 16));
	return text;
}

/* Makes every part of the mutable path below dir. */
static int
make_parts(int dir, char *path, mode_t mode, struct error *err)
{
	for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		struct stat st;

		if (slash != NULL)
			*slash = '\0';
		if (mkdirat(dir, path, mode) < 0 && errno != EEXIST)
			return error_errno(err, ERR_INTERNAL, "making folder '%s'", path);
		if (slash == NULL) {
			if (fstatat(dir, path, &st, 0) < 0)
				return error_errno(err, ERR_INTERNAL, "looking at folder '%s'", path);
			return S_ISDIR(st.st_mode) ? 0 : error_set(err, ERR_INTERNAL, "'%s' is not a folder", path);
		}
		*slash = '/';
	}
}

int
path_make(const char *path, mode_t mode, struct error *err)
{
	CLEANUP(buf_done) struct buf copy = BUF_INIT(4096);

	buf_puts(&copy, path);
	if (copy.failed || copy.len == 0)
		return error_set(err, ERR_INTERNAL, "a folder's path is empty or too long");
	while (copy.len > 1 && copy.data[copy.len - 1] == '/')
		buf_cut(&copy, copy.len - 1);
	return make_parts(AT_FDCWD, copy.data, mode, err);
}

int
path_make_at(int dir, const char *relative, mode_t mode, struct error *err)
{
	CLEANUP(buf_done) struct buf copy = BUF_INIT(PATH_SAFE_MAX);

	if (!path_is_safe(relative))
		return error_set(err, ERR_INPUT, "not an acceptable folder name");
	buf_puts(&copy, relative);
	return make_parts(dir, copy.data, mode, err);
}

int
path_open_dir(const char *path, struct error *err)
{
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_INTERNAL, "opening folder '%s'", path);
	return fd;
}

static int
sync_file(int dir, const char *name, struct error *err)
{
	CLEANUP(fd_close) int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return error_errno(err, ERR_INTERNAL, "opening '%s' to publish it", name);
	if (fsync(fd) < 0)
		return error_errno(err, errno == ENOSPC ? ERR_STORAGE_FULL : ERR_INTERNAL, "syncing '%s'", name);
	return 0;
}

static int
sync_dirs(int from_dir, int to_dir, struct error *err)
{
	/* The target first: the new name is what must not be lost. */
	if (fsync(to_dir) < 0 || (from_dir != to_dir && fsync(from_dir) < 0))
		return error_errno(err, ERR_INTERNAL, "syncing a folder");
	return 0;
}

int
path_publish(int from_dir, const char *from_name, int to_dir, const char *to_name, struct error *err)
{
	if (sync_file(from_dir, from_name, err) < 0)
		return -1;
	if (renameat(from_dir, from_name, to_dir, to_name) < 0)
		return error_errno(err, ERR_INTERNAL, "publishing '%s'", to_name);
	return sync_dirs(from_dir, to_dir, err);
}

int
path_publish_new(
    int from_dir, const char *from_name, int to_dir, const char *to_name, bool *ret_existed, struct error *err)
{
	if (sync_file(from_dir, from_name, err) < 0)
		return -1;
	const bool existed = linkat(from_dir, from_name, to_dir, to_name, 0) < 0;
	if (existed && errno != EEXIST)
		return error_errno(err, errno == ENOSPC ? ERR_STORAGE_FULL : ERR_INTERNAL, "publishing '%s'", to_name);
	if (unlinkat(from_dir, from_name, 0) < 0)
		return error_errno(err, ERR_INTERNAL, "removing '%s' after publishing it", from_name);
	if (sync_dirs(from_dir, to_dir, err) < 0)
		return -1;
	if (ret_existed != NULL)
		*ret_existed = existed;
	return 0;
}

int
fd_write_all(int fd, const void *bytes, size_t len, struct error *err)
{
	const char *at = bytes;

	while (len > 0) {
		const ssize_t put = write(fd, at, len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return error_errno(
			    err, errno == ENOSPC || errno == EDQUOT ? ERR_STORAGE_FULL : ERR_INTERNAL, "writing");
		at += put;
		len -= (size_t)put;
	}
	return 0;
}

static int
write_temp(int dir, const char *temp, const void *bytes, size_t len, mode_t mode, struct error *err)
{
	CLEANUP(fd_close) int fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0)
		return error_errno(err, ERR_INTERNAL, "creating '%s'", temp);
	return fd_write_all(fd, bytes, len, err);
}

int
path_write(const char *path, const void *bytes, size_t len, mode_t mode, struct error *err)
{
	const char *name = path_base(path);
	char temp[PATH_TEMP_SIZE], folder[4096];

	snprintf(folder, sizeof(folder), "%.*s", name == path ? 1 : (int)(name - path), name == path ? "." : path);
	CLEANUP(fd_close) int dir = path_open_dir(folder, err);
	if (dir < 0)
		return error_wrap(err, "writing '%s'", name);
	path_temp_name(temp, "write");
	if (write_temp(dir, temp, bytes, len, mode, err) < 0 || path_publish(dir, temp, dir, name, err) < 0) {
		unlinkat(dir, temp, 0);
		return error_wrap(err, "writing '%s'", path);
	}
	return 0;
}

int
fd_read_all(struct arena *arena, int fd, size_t limit, char **ret_bytes, size_t *ret_len, struct error *err)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(limit);
	char chunk[16384];
	ssize_t got;

	while ((got = read(fd, chunk, sizeof(chunk))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(err, ERR_INTERNAL, "reading");
		buf_put(&buf, chunk, (size_t)got);
		if (buf_error(&buf, err) < 0)
			return -1;
	}
	char *bytes = buf_dup(&buf, arena);
	if (bytes == NULL)
		return arena_error(arena, err);
	*ret_bytes = bytes;
	if (ret_len != NULL)
		*ret_len = buf.len;
	return 0;
}

int
path_read(struct arena *arena, const char *path, size_t limit, char **ret_bytes, size_t *ret_len, struct error *err)
{
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_INTERNAL, "opening '%s'", path);
	if (fd_read_all(arena, fd, limit, ret_bytes, ret_len, err) < 0)
		return error_wrap(err, "file '%s'", path);
	return 0;
}
