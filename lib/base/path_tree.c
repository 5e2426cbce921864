/*
 * Removing and measuring trees, free space. Every step goes through an open folder and never follows a symbolic link,
 * so a tree that changes while we walk cannot lead us out of it.
 */
#include "lib/base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/* Deeper trees are not ours. */
#define TREE_DEPTH_MAX 64

static void
dir_close(DIR **dir)
{
	if (*dir != NULL)
		closedir(*dir);
}

/* What happens to each entry; folders come after their contents. */
typedef int tree_visit(int dir, const char *name, const struct stat *st, void *ctx, struct error *err);

static int walk(int dir, const char *name, unsigned depth, tree_visit *visit, void *ctx, struct error *err);

static int
walk_folder(int dir, const char *name, unsigned depth, tree_visit *visit, void *ctx, struct error *err)
{
	const int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : error_errno(err, ERR_INTERNAL, "opening folder '%s'", name);
	CLEANUP(dir_close) DIR *stream = fdopendir(fd);
	if (stream == NULL) {
		close(fd);
		return error_errno(err, ERR_INTERNAL, "opening folder '%s'", name);
	}
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(stream);
		if (entry == NULL)
			return errno == 0 ? 0 : error_errno(err, ERR_INTERNAL, "reading folder '%s'", name);
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (walk(fd, entry->d_name, depth + 1, visit, ctx, err) < 0)
			return -1;
	}
}

static int
walk(int dir, const char *name, unsigned depth, tree_visit *visit, void *ctx, struct error *err)
{
	struct stat st;

	if (depth > TREE_DEPTH_MAX)
		return error_set(err, ERR_INTERNAL, "more than %d folders deep", TREE_DEPTH_MAX);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : error_errno(err, ERR_INTERNAL, "looking at '%s'", name);
	if (S_ISDIR(st.st_mode) && walk_folder(dir, name, depth, visit, ctx, err) < 0)
		return -1;
	return visit(dir, name, &st, ctx, err);
}

static int
remove_entry(int dir, const char *name, const struct stat *st, void *ctx UNUSED, struct error *err)
{
	if (unlinkat(dir, name, S_ISDIR(st->st_mode) ? AT_REMOVEDIR : 0) < 0 && errno != ENOENT)
		return error_errno(err, ERR_INTERNAL, "removing '%s'", name);
	return 0;
}

int
path_remove_tree(int dir, const char *name, struct error *err)
{
	return walk(dir, name, 0, remove_entry, NULL, err);
}

int
path_free_space(const char *path, int64_t *ret_bytes, struct error *err)
{
	struct statvfs fs;

	if (statvfs(path, &fs) < 0)
		return error_errno(err, ERR_INTERNAL, "asking for the free space of '%s'", path);
	*ret_bytes = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	return 0;
}

int
path_check_space(const char *path, int64_t need, int64_t reserve, struct error *err)
{
	int64_t bytes;

	if (path_free_space(path, &bytes, err) < 0)
		return -1;
	if (need < 0 || reserve < 0 || bytes < reserve || bytes - reserve < need) {
		error_set(err, ERR_STORAGE_FULL,
		    "%" PRId64 " bytes wanted, %" PRId64 " free, %" PRId64 " kept in reserve", need, bytes, reserve);
		error_public(err, "There is not enough space left for this.");
		return error_fail();
	}
	return 0;
}
