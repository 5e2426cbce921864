/*
 * The cache of pieces and finished films: a folder of files named by their keys, spread over 256 folders, shared by all
 * tasks of a machine, and by all machines that have it on a common file system.
 *
 * There is no index and no lock: a file is complete when it has its name, two tasks that make the same piece write the
 * same bytes, and eviction removes what was used least recently. Without a cache folder pieces live in the scratch
 * folder of the task.
 */
#ifndef MEDIA_CACHE_H
#define MEDIA_CACHE_H

#include "media/piece.h"

/* The folder of prepared clips (prepared.h), which share the limit with the pieces. */
#define CACHE_PREPARED "prepared"

struct cache {
	int dir;       /* or -1 */
	int scratch;   /* used when dir is -1 */
	int64_t limit; /* bytes */
};

/* 0 and the piece, or 1 when it must be made. A damaged file is removed and counts as missing. */
int cache_find(const struct cache *cache, const char *key, struct piece *ret_piece, struct error *err) MUST_CHECK;

int cache_put(
    const struct cache *cache, const char *key, const struct piece_builder *builder, struct error *err) MUST_CHECK;

/* The folder a key's files lie in is made. Only with a cache folder. */
int cache_folder(const struct cache *cache, const char *key, struct error *err) MUST_CHECK;

/* Where the finished file of a key lies, below the cache's folder: "ab/<key>.film". */
#define CACHE_NAME_SIZE (9 + HASH_HEX_SIZE + 8) /* also of "prepared/<key>.mkv" */
void cache_film_name(const char *key, char name[static CACHE_NAME_SIZE]);

/* Removes the least recently used pieces until nine tenths of the limit are left, when it is exceeded, and what crashed
 * tasks left. Never fails the render: what cannot be removed now is tried next time. */
void cache_trim(const struct cache *cache);

#endif
