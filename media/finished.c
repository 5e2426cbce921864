#include "media/finished.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/path.h"

/* copy_file_range() takes portions, so that a task that is to stop does not copy on for long. */
#define COPY_PORTION ((size_t)64 * MIB)
#define COPY_BUFFER ((size_t)256 * KIB)

/* The record's data: a head, for each picture its sizes and notes, the sound's notes. */
struct record_head {
	char sha256[HASH_HEX_SIZE];
	int64_t bytes;
	uint32_t n_pictures;
	uint32_t sound_notes_len;
};

struct record_picture {
	uint64_t data_len;
	uint32_t n_samples;
	uint32_t notes_len;
};

/* ---- the record ---- */

/* `len` bytes of the record at *at, which moves behind them; NULL when it ends before. */
static const void *
take(const struct piece *record, uint64_t *at, uint64_t len)
{
	const uint8_t *bytes = record->data + *at;

	if (len > record->data_len - *at)
		return NULL;
	*at += len;
	return bytes;
}

static bool
take_notes(const struct piece *record, uint64_t *at, uint32_t len, struct piece *piece)
{
	piece->notes = take(record, at, len);
	piece->notes_len = piece->notes == NULL ? 0 : len;
	piece->extra = record->extra;
	piece->extra_len = record->extra_len;
	return piece->notes != NULL;
}

static bool
take_apart(struct finished *finished)
{
	const struct piece *record = &finished->record;
	struct record_head head;
	const void *bytes;
	uint64_t at = 0;

	bytes = take(record, &at, sizeof(head));
	if (record->kind != PIECE_FILM || bytes == NULL)
		return false;
	memcpy(&head, bytes, sizeof(head));
	if (head.n_pictures != finished->n_pictures || head.sha256[HASH_HEX_SIZE - 1] != '\0')
		return false;
	memcpy(finished->sha256, head.sha256, sizeof(head.sha256));
	finished->bytes = head.bytes;
	for (size_t i = 0; i < finished->n_pictures; i++) {
		struct record_picture picture;

		bytes = take(record, &at, sizeof(picture));
		if (bytes == NULL)
			return false;
		memcpy(&picture, bytes, sizeof(picture));
		finished->pictures[i] =
		    (struct piece){.kind = PIECE_PICTURE, .n_samples = picture.n_samples, .data_len = picture.data_len};
		if (!take_notes(record, &at, picture.notes_len, &finished->pictures[i]))
			return false;
	}
	finished->sound = (struct piece){.kind = PIECE_SOUND};
	return take_notes(record, &at, head.sound_notes_len, &finished->sound);
}

int
finished_find(const struct cache *cache, const char *key, struct finished *ret, struct error *err)
{
	int found;

	if (cache->dir < 0)
		return 1;
	found = cache_find(cache, key, &ret->record, err);
	if (found != 0)
		return found;
	if (take_apart(ret))
		return 0;
	finished_done(ret);
	return 1;
}

void
finished_done(struct finished *finished)
{
	piece_unmap(&finished->record);
}

static void
put_record(const struct finished *finished, struct piece_builder *builder)
{
	struct record_head head = {.bytes = finished->bytes,
	    .n_pictures = (uint32_t)finished->n_pictures,
	    .sound_notes_len = finished->sound.notes_len};
	struct sample sample = {.key = 1};

	memcpy(head.sha256, finished->sha256, sizeof(head.sha256));
	buf_put(&builder->data, &head, sizeof(head));
	for (size_t i = 0; i < finished->n_pictures; i++) {
		const struct piece *piece = &finished->pictures[i];
		const struct record_picture picture = {piece->data_len, piece->n_samples, piece->notes_len};

		buf_put(&builder->data, &picture, sizeof(picture));
		buf_put(&builder->data, piece->notes, piece->notes_len);
	}
	buf_put(&builder->data, finished->sound.notes, finished->sound.notes_len);
	buf_put(&builder->extra, finished->pictures[0].extra, finished->pictures[0].extra_len);
	sample.size = (uint32_t)builder->data.len;
	buf_put(&builder->samples, &sample, sizeof(sample));
}

/* ---- the file ---- */

static int
copy_plain(int from, int to, off_t at, struct error *err)
{
	char *bytes = malloc(COPY_BUFFER);
	ssize_t n = -1;
	int ret = 0;

	if (bytes == NULL)
		return error_set(err, ERR_MEMORY, "no memory for copying");
	while (ret == 0 && (n = pread(from, bytes, COPY_BUFFER, at)) > 0) {
		ret = fd_write_all(to, bytes, (size_t)n, err);
		at += n;
	}
	free(bytes);
	return ret == 0 && n < 0 ? error_errno(err, ERR_INTERNAL, "reading a film") : ret;
}

static int
copy(int from, int to, struct error *err)
{
	off_t at = 0;
	ssize_t n;

	while ((n = copy_file_range(from, &at, to, NULL, COPY_PORTION, 0)) > 0)
		continue;
	if (n == 0)
		return 0;
	if (errno == ENOSPC)
		return error_errno(err, ERR_STORAGE_FULL, "copying a film");
	/* not every file system can, or between two of them */
	return copy_plain(from, to, at, err);
}

static int
check(int fd, const struct finished *finished, struct error *err)
{
	unsigned char digest[HASH_SIZE];
	char hex[HASH_HEX_SIZE];
	int64_t bytes;

	if (hash_fd(fd, digest, &bytes, err) < 0)
		return -1;
	return bytes == finished->bytes && strcmp(hash_hex(digest, hex), finished->sha256) == 0 ? 0 : 1;
}

int
finished_copy(const struct cache *cache, const char *key, const struct finished *finished, int dir, const char *name,
    struct error *err)
{
	char kept[CACHE_NAME_SIZE];
	CLEANUP(fd_close) int from = -1;
	CLEANUP(fd_close) int to = -1;
	int ret;

	cache_film_name(key, kept);
	from = openat(cache->dir, kept, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (from < 0)
		return errno == ENOENT ? 1 : error_errno(err, ERR_INTERNAL, "opening a film of the cache");
	to = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (to < 0)
		return error_errno(err, ERR_INTERNAL, "creating the film's file");
	ret = copy(from, to, err);
	if (ret == 0)
		ret = check(to, finished, err);
	if (ret == 0 && fsync(to) < 0)
		return error_errno(err, ERR_INTERNAL, "writing the film's file");
	if (ret != 0)
		(void)unlinkat(dir, name, 0);
	if (ret == 1)
		(void)unlinkat(cache->dir, kept, 0);
	if (ret == 0)
		(void)utimensat(cache->dir, kept, NULL, AT_SYMLINK_NOFOLLOW);
	return ret;
}

static int
keep_file(const struct cache *cache, const char *key, int dir, const char *name, struct error *err)
{
	char kept[CACHE_NAME_SIZE], plain[PATH_TEMP_SIZE], temp[PATH_TEMP_SIZE + 4];
	CLEANUP(fd_close) int from = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	CLEANUP(fd_close) int to = -1;

	cache_film_name(key, kept);
	snprintf(temp, sizeof(temp), "%.3s%s", kept, path_temp_name(plain, "film"));
	to = openat(cache->dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (from < 0 || to < 0)
		return error_errno(err, ERR_INTERNAL, "keeping the film");
	if (copy(from, to, err) < 0 || path_publish(cache->dir, temp, cache->dir, kept, err) < 0) {
		(void)unlinkat(cache->dir, temp, 0);
		return -1;
	}
	return 0;
}

int
finished_keep(const struct cache *cache, const char *key, const struct finished *finished, int dir, const char *name,
    struct error *err)
{
	CLEANUP(piece_builder_done) struct piece_builder builder = {0};

	if (cache->dir < 0)
		return 0;
	if (cache_folder(cache, key, err) < 0 || keep_file(cache, key, dir, name, err) < 0)
		return error_wrap(err, "keeping the film");
	piece_builder_init(&builder, PIECE_FILM);
	put_record(finished, &builder);
	return cache_put(cache, key, &builder, err);
}
