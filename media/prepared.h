/*
 * Prepared clips: the pictures of a clip after the filters that need all of it, kept without loss.
 *
 * They lie in the cache folder beside the pieces, as FFV1 in Matroska at the source's size and in its format, picture
 * for picture, named by source, filters and versions; a digest beside the file proves it. Whoever needs one first makes
 * it, in this task or in an earlier one; a damaged one is made again. Without a cache folder they live in the task's
 * scratch folder.
 */
#ifndef MEDIA_PREPARED_H
#define MEDIA_PREPARED_H

#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"
#include "media/cache.h"
#include "media/filter.h"
#include "media/source.h"

struct task;

/* Pictures of one prepared clip: ten minutes at 30 a second. */
#define PREPARED_FRAMES_MAX 18000

struct prepared;

/* Borrows all but the request; `digest` is of the source's file. Aborts without memory. */
struct prepared *prepared_new(
    const struct source *source, const char *digest, const struct filter_request *request, const struct cache *cache);
void prepared_free(struct prepared **prepared);

/* The filtered pictures as a source with the same indices as the original (its times mean nothing), made when they are
 * not there; lives as long as `prepared`. Any thread; others wait while one makes them. ERR_INPUT "clip_too_long". */
int prepared_open(
    struct prepared *prepared, const struct task *task, const struct source **ret_source, struct error *err) MUST_CHECK;

/* Whether the last prepared_open() had to make them, and how many bytes they take. */
bool prepared_made(const struct prepared *prepared, int64_t *ret_bytes);

/* The name they go by. */
const char *prepared_key(const struct prepared *prepared) RETURNS_NONNULL;

#endif
