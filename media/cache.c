/*
 * Names and eviction.
 */
#include "media/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define TRIM_ENTRIES_MAX 1000000
#define LEFTOVER_S 3600

/* The descriptor and the name below it. Everything goes through the folder's own descriptor: see piece_write(). */
static int
place_of(const struct cache *cache, const char *key, char name[static CACHE_NAME_SIZE])
{
	if (cache->dir < 0) {
		snprintf(name, CACHE_NAME_SIZE, "%s.piece", key);
		return cache->scratch;
	}
	snprintf(name, CACHE_NAME_SIZE, "%.2s/%s.piece", key, key);
	return cache->dir;
}

int
cache_find(const struct cache *cache, const char *key, struct piece *ret_piece, struct error *err)
{
	char name[CACHE_NAME_SIZE];
	const int dir = place_of(cache, key, name);
	const int ret = piece_map(dir, name, key, ret_piece, err);

	if (ret == 2 && unlinkat(dir, name, 0) < 0 && errno != ENOENT)
		return error_errno(err, ERR_INTERNAL, "removing a damaged piece");
	return ret == 2 ? 1 : ret;
}

int
cache_folder(const struct cache *cache, const char *key, struct error *err)
{
	const char folder[3] = {key[0], key[1], '\0'};

	if (mkdirat(cache->dir, folder, 0750) < 0 && errno != EEXIST)
		return error_errno(
		    err, errno == ENOSPC ? ERR_STORAGE_FULL : ERR_INTERNAL, "making a folder of the cache");
	return 0;
}

void
cache_film_name(const char *key, char name[static CACHE_NAME_SIZE])
{
	snprintf(name, CACHE_NAME_SIZE, "%.2s/%s.film", key, key);
}

int
cache_put(const struct cache *cache, const char *key, const struct piece_builder *builder, struct error *err)
{
	char name[CACHE_NAME_SIZE];
	const int dir = place_of(cache, key, name);
	const char folder[3] = {key[0], key[1], '\0'};

	if (cache->dir >= 0 && mkdirat(dir, folder, 0750) < 0 && errno != EEXIST)
		return error_errno(
		    err, errno == ENOSPC ? ERR_STORAGE_FULL : ERR_INTERNAL, "making a folder of the cache");
	return piece_write(builder, key, dir, name, err);
}

struct entry {
	int64_t used_ns;
	int64_t bytes;
	char name[CACHE_NAME_SIZE]; /* with the folder */
};

struct trim {
	struct entry *entries;
	size_t count, cap;
	int64_t bytes;
};

static void
trim_add(struct trim *trim, const char *name, const struct stat *st)
{
	struct entry entry = {
	    .used_ns = st->st_mtim.tv_sec * 1000000000LL + st->st_mtim.tv_nsec, .bytes = (int64_t)st->st_blocks * 512};

	if (strlen(name) >= sizeof(entry.name) || trim->count >= TRIM_ENTRIES_MAX)
		return;
	if (trim->count == trim->cap) {
		struct entry *more = realloc(trim->entries, (trim->cap * 2 + 64) * sizeof(*more));

		if (more == NULL)
			return;
		trim->entries = more;
		trim->cap = trim->cap * 2 + 64;
	}
	memcpy(entry.name, name, strlen(name) + 1);
	trim->bytes += entry.bytes;
	trim->entries[trim->count++] = entry;
}

static DIR *
open_folder(int cache_dir, const char *folder)
{
	const int fd = openat(cache_dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir == NULL && fd >= 0)
		(void)close(fd);
	return dir;
}

static void
trim_folder(struct trim *trim, int cache_dir, const char *folder)
{
	DIR *dir = open_folder(cache_dir, folder);
	const struct dirent *entry;
	char name[CACHE_NAME_SIZE + 64];
	struct stat st;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
			continue;
		if ((size_t)snprintf(name, sizeof(name), "%s/%s", folder, entry->d_name) >= sizeof(name))
			continue;
		if (entry->d_name[0] != '.')
			trim_add(trim, name, &st);
		else if (time(NULL) - st.st_mtim.tv_sec > LEFTOVER_S)
			(void)unlinkat(cache_dir, name, 0);
	}
	(void)closedir(dir);
}

/* Large files are written in the cache's own folder before they get their place. */
static void
remove_leftovers(int cache_dir)
{
	DIR *dir = open_folder(cache_dir, ".");
	const struct dirent *entry;
	struct stat st;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		const size_t len = strlen(entry->d_name);

		if (len > 4 && strcmp(entry->d_name + len - 4, ".tmp") == 0 &&
		    fstatat(cache_dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
		    time(NULL) - st.st_mtim.tv_sec > LEFTOVER_S)
			(void)unlinkat(cache_dir, entry->d_name, 0);
	}
	if (dir != NULL)
		(void)closedir(dir);
}

static int
used_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->used_ns > y->used_ns) - (x->used_ns < y->used_ns);
}

void
cache_trim(const struct cache *cache)
{
	struct trim trim = {0};

	if (cache->dir < 0)
		return;
	for (int i = 0; i < 256; i++) {
		char folder[3];

		snprintf(folder, sizeof(folder), "%02x", i);
		trim_folder(&trim, cache->dir, folder);
	}
	trim_folder(&trim, cache->dir, CACHE_PREPARED);
	remove_leftovers(cache->dir);
	if (trim.bytes > cache->limit) {
		qsort(trim.entries, trim.count, sizeof(*trim.entries), used_order);
		for (size_t i = 0; i < trim.count && trim.bytes > cache->limit / 10 * 9; i++) {
			if (unlinkat(cache->dir, trim.entries[i].name, 0) == 0)
				trim.bytes -= trim.entries[i].bytes;
		}
	}
	free(trim.entries);
}
