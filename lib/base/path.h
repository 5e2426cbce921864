/*
 * Files, carefully: names from outside never leave their folder, and what becomes visible is complete.
 *
 * Publishing is fsync(file), rename, fsync(folder): after a crash a name either does not exist or holds all its bytes.
 */
#ifndef FW_BASE_PATH_H
#define FW_BASE_PATH_H

#include <sys/types.h>

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/error.h"

#define PATH_TEMP_SIZE 48

/* For CLEANUP(fd_close) int fd = -1; keeps errno. */
void fd_close(int *fd);
/* Takes a descriptor out of the hands of such a clean-up. */
static inline int
fd_take(int *fd)
{
	const int taken = *fd;

	*fd = -1;
	return taken;
}

/* A relative path of one or more parts; no "..", ".", empty part, control character or leading '-'; at most 1023 bytes.
 */
bool path_is_safe(const char *relative);
/* A file name for people made from any text: letters, digits, space, -_. kept, the rest '_'; at most 120 bytes, UTF-8
 * letters kept; `fallback` when nothing is left. */
char *path_safe_name(struct arena *arena, const char *text, const char *fallback) MUST_CHECK;
/* The part after the last '/'; borrowed. */
const char *path_base(const char *path);
/* ".<prefix>.<16 hex>.tmp"; prefix at most 20 characters. Returns text. */
const char *path_temp_name(char text[static PATH_TEMP_SIZE], const char *prefix);

/* mkdir -p; folders that exist keep their mode. */
int path_make(const char *path, mode_t mode, struct error *err) MUST_CHECK;
/* The same below an open folder, for a safe relative path. */
int path_make_at(int dir, const char *relative, mode_t mode, struct error *err) MUST_CHECK;
/* O_RDONLY | O_DIRECTORY | O_CLOEXEC; fd or -1. */
int path_open_dir(const char *path, struct error *err) MUST_CHECK;

/* fsync of from_dir/from_name, rename to to_dir/to_name (replacing it), fsync of both folders. */
int path_publish(int from_dir, const char *from_name, int to_dir, const char *to_name, struct error *err) MUST_CHECK;
/* The same, but an existing name stays and the new file is removed: for files named by their content. *ret_existed
 * tells; it may be NULL. */
int path_publish_new(int from_dir, const char *from_name, int to_dir, const char *to_name, bool *ret_existed,
    struct error *err) MUST_CHECK;
/* Writes bytes under a temporary name and publishes them as path. */
int path_write(const char *path, const void *bytes, size_t len, mode_t mode, struct error *err) MUST_CHECK;
/* All bytes, whatever write(2) says about portions. */
int fd_write_all(int fd, const void *bytes, size_t len, struct error *err) MUST_CHECK;

/* The whole file in the arena, NUL-terminated; more than `limit` bytes is ERR_TOO_LARGE, absence is ERR_NOT_FOUND.
 * ret_len may be NULL. */
int path_read(struct arena *arena, const char *path, size_t limit, char **ret_bytes, size_t *ret_len,
    struct error *err) MUST_CHECK;
int fd_read_all(
    struct arena *arena, int fd, size_t limit, char **ret_bytes, size_t *ret_len, struct error *err) MUST_CHECK;

/* Removes dir/name and everything below it without following symbolic links; absence is success. */
int path_remove_tree(int dir, const char *name, struct error *err) MUST_CHECK;
/* Bytes an unprivileged process may still write on the file system of `path`. */
int path_free_space(const char *path, int64_t *ret_bytes, struct error *err) MUST_CHECK;
/* 0 when need + reserve bytes are free, else ERR_STORAGE_FULL. */
int path_check_space(const char *path, int64_t need, int64_t reserve, struct error *err) MUST_CHECK;

#endif
