#include "renderd/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/hash.h"
#include "lib/base/path.h"
#include "lib/db/asset.h"

static int
open_folder(const char *path, struct error *err)
{
	if (path_make(path, 02770, err) < 0)
		return -1;
	return path_open_dir(path, err);
}

/* True when `fd` is still what the name stands for: a sweep may have taken the folder between making and locking it. */
static bool
same_folder(int root, const char *name, int fd)
{
	struct stat named, opened;

	return fstatat(root, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && fstat(fd, &opened) == 0 &&
	       named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;
}

static int
open_own_scratch(const struct store *store, struct error *err)
{
	for (;;) {
		int fd;

		if (path_make_at(store->scratch_root, store->worker, 02770, err) < 0)
			return -1;
		fd = openat(store->scratch_root, store->worker, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 && errno != ENOENT)
			return error_errno(err, ERR_INTERNAL, "opening the scratch folder");
		if (fd >= 0 && flock(fd, LOCK_EX) == 0 && same_folder(store->scratch_root, store->worker, fd))
			return fd;
		fd_close(&fd);
	}
}

/* Removes a folder whose owner holds no lock on it any more. */
static int
remove_if_dead(const struct store *store, const char *name, struct error *err)
{
	CLEANUP(fd_close) int fd = openat(store->scratch_root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return 0;
	return path_remove_tree(store->scratch_root, name, err);
}

static int
remove_dead(const struct store *store, struct error *err)
{
	int fd = openat(store->scratch_root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int status = 0;

	if (dir == NULL) {
		fd_close(&fd);
		return error_errno(err, ERR_INTERNAL, "reading the scratch folder");
	}
	while (status == 0 && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, store->worker) != 0)
			status = remove_if_dead(store, entry->d_name, err);
	closedir(dir);
	return status < 0 ? error_wrap(err, "removing old scratch") : 0;
}

/* Removes a regular file that nobody has written to since `before`; 1 when it did. What cannot be removed waits for the
 * next. */
static int
remove_if_older(int folder, const char *name, int64_t before_s)
{
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_mtim.tv_sec >= before_s)
		return 0;
	return unlinkat(folder, name, 0) == 0;
}

int
store_clear_inbox(const struct store *store, int64_t now_s, int64_t *ret_removed, struct error *err)
{
	char path[1024];
	struct dirent *entry;
	DIR *dir;

	*ret_removed = 0;
	snprintf(path, sizeof(path), "%s/inbox", store->root);
	dir = opendir(path);
	if (dir == NULL && errno == ENOENT)
		return 0;
	if (dir == NULL)
		return error_errno(err, ERR_INTERNAL, "reading the inbox");
	while ((entry = readdir(dir)) != NULL)
		*ret_removed += remove_if_older(dirfd(dir), entry->d_name, now_s - STORE_INBOX_KEPT_S);
	closedir(dir);
	return 0;
}

static int
open_folders(struct store *store, const struct conf *conf, struct error *err)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/blob", store->root);
	store->blobs = open_folder(path, err);
	if (store->blobs < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/live", store->root);
	store->live = open_folder(path, err);
	if (store->live < 0)
		return -1;
	store->scratch_root = open_folder(conf_str(conf, CONF_SCRATCH_DIR), err);
	if (store->scratch_root < 0)
		return -1;
	store->scratch = open_own_scratch(store, err);
	if (store->scratch < 0)
		return -1;
	store->cache = open_folder(conf_str(conf, CONF_CACHE_DIR), err);
	if (store->cache < 0)
		return -1;
	/* the span cache is written by media's account; the way to it is closed to others by the store's own folder. An
	 * installed system's folder belongs to another account and has its mode already. */
	if (fchmod(store->cache, 02777) < 0 && errno != EPERM)
		return error_errno(err, ERR_INTERNAL, "opening the span cache to media");
	return remove_dead(store, err);
}

int
store_open(struct store *store, const struct conf *conf, int64_t worker, struct error *err)
{
	*store = (struct store){.blobs = -1, .scratch_root = -1, .scratch = -1, .cache = -1, .live = -1};
	snprintf(store->worker, sizeof(store->worker), "w%" PRIx64, worker);
	store->root = conf_str(conf, CONF_STORE_DIR);
	store->reserve = conf_size(conf, CONF_DISK_RESERVE);
	if (open_folders(store, conf, err) == 0)
		return 0;
	store_close(store);
	return error_wrap(err, "opening the store");
}

void
store_close(struct store *store)
{
	if (store->scratch >= 0 && path_remove_tree(store->scratch_root, store->worker, NULL) < 0)
		/* whoever starts next removes it */
		store->worker[0] = '\0';
	fd_close(&store->blobs);
	fd_close(&store->scratch);
	fd_close(&store->scratch_root);
	fd_close(&store->cache);
	fd_close(&store->live);
	store->blobs = store->scratch = store->scratch_root = store->cache = store->live = -1;
}

static void
attempt_name(char name[32], int64_t lease)
{
	snprintf(name, 32, "%" PRIx64 ".tmp", lease);
}

int
store_scratch(const struct store *store, int64_t lease, struct error *err)
{
	char name[32];
	int fd;

	if (path_check_space(store->root, 0, store->reserve, err) < 0)
		return -1;
	attempt_name(name, lease);
	if (path_make_at(store->scratch, name, 02770, err) < 0)
		return error_wrap(err, "making scratch");
	fd = openat(store->scratch, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, ERR_INTERNAL, "opening scratch '%s'", name);
	/* media runs under an account of its own and is given the folder, not its path; setgid hands its files to our
	 * group */
	if (fchmod(fd, 02777) < 0) {
		close(fd);
		return error_errno(err, ERR_INTERNAL, "opening scratch '%s' to media", name);
	}
	return fd;
}

void
store_scratch_remove(const struct store *store, int64_t lease)
{
	char name[32];

	struct error ignored;

	attempt_name(name, lease);
	error_clear(&ignored);
	if (path_remove_tree(store->scratch, name, &ignored) < 0)
		return;
}

int
store_publish(const struct store *store, struct db *db, int scratch, const char *name, const char *media_type,
    struct stored *ret_stored, struct error *err)
{
	CLEANUP(fd_close) int fd = openat(scratch, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	CLEANUP(fd_close) int folder = -1;
	unsigned char digest[HASH_SIZE];
	struct stored stored;
	char prefix[3];

	if (fd < 0)
		return error_errno(err, ERR_INTERNAL, "opening the result '%s'", name);
	if (hash_fd(fd, digest, &stored.bytes, err) < 0)
		return error_wrap(err, "hashing '%s'", name);
	hash_hex(digest, stored.sha256);
	if (asset_blob_reserve(db, stored.sha256, stored.bytes, media_type, err) < 0)
		return -1;
	memcpy(prefix, stored.sha256, 2);
	prefix[2] = '\0';
	if (path_make_at(store->blobs, prefix, 02770, err) < 0)
		return -1;
	folder = openat(store->blobs, prefix, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return error_errno(err, ERR_INTERNAL, "opening blob folder '%s'", prefix);
	/* what media wrote belongs to media's account; nginx reads through the group */
	if (fchmod(fd, 0640) < 0 && errno != EPERM)
		return error_errno(err, ERR_INTERNAL, "setting the mode of '%s'", name);
	if (path_publish_new(scratch, name, folder, stored.sha256, NULL, err) < 0)
		return error_wrap(err, "publishing '%s'", name);
	*ret_stored = stored;
	return 0;
}

static void
blob_name(char name[80], const char *sha256)
{
	snprintf(name, 80, "%.2s/%s", sha256, sha256);
}

int
store_open_blob(const struct store *store, const char *sha256, struct error *err)
{
	char name[80];
	int fd;

	if (!hash_is_hex(sha256))
		return error_set(err, ERR_INTERNAL, "'%s' is no blob name", sha256);
	blob_name(name, sha256);
	fd = openat(store->blobs, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return error_code(err, ERR_NOT_FOUND, "blob_missing", "a stored file is missing");
	if (fd < 0)
		return error_errno(err, ERR_INTERNAL, "opening blob %s", sha256);
	return fd;
}

int
store_remove_blob(const struct store *store, const char *sha256, struct error *err)
{
	char name[80];

	blob_name(name, sha256);
	if (unlinkat(store->blobs, name, 0) < 0 && errno != ENOENT)
		return error_errno(err, ERR_INTERNAL, "removing blob %s", sha256);
	return 0;
}
