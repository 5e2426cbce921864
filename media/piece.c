/*
 * The file: a header of fixed size, samples, extra, notes, data, digest. Numbers are in this machine's byte order; a
 * header from another one does not match and the piece is made anew.
 */
#include "media/piece.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lib/base/path.h"
#include "media/spill.h"

static const char magic[8] = {'F', 'W', 'P', 'I', 'E', 'C', 'E', '1'};

struct piece_header {
	char magic[8];
	char key[HASH_HEX_SIZE - 1];
	uint32_t kind;
	uint32_t n_samples;
	uint32_t extra_len;
	uint32_t notes_len;
	uint64_t data_len;
};

void
piece_builder_init(struct piece_builder *builder, enum piece_kind kind)
{
	builder->kind = kind;
	builder->filed = false;
	builder->data_len = 0;
	buf_init(&builder->samples, PIECE_DATA_MAX / 16);
	buf_init(&builder->extra, 64 * KIB);
	buf_init(&builder->notes, 64 * KIB);
	buf_init(&builder->data, PIECE_DATA_MAX);
}

void
piece_builder_done(struct piece_builder *builder)
{
	buf_done(&builder->samples);
	buf_done(&builder->extra);
	buf_done(&builder->notes);
	buf_done(&builder->data);
	if (builder->filed)
		fd_close(&builder->data_fd);
	builder->filed = false;
	builder->data_len = 0;
}

void
piece_builder_view(const struct piece_builder *builder, struct piece *ret_piece)
{
	*ret_piece = (struct piece){
	    .kind = builder->kind,
	    .n_samples = (uint32_t)(builder->samples.len / sizeof(struct sample)),
	    .samples = (const struct sample *)(const void *)builder->samples.data,
	    .extra = (const uint8_t *)builder->extra.data,
	    .extra_len = (uint32_t)builder->extra.len,
	    .data = (const uint8_t *)builder->data.data,
	    .data_len = builder->data.len,
	};
}

int
piece_builder_file(struct piece_builder *builder, int dir, struct error *err)
{
	builder->data_fd = spill_file(dir, err);
	builder->filed = builder->data_fd >= 0;
	return builder->filed ? 0 : -1;
}

int
piece_builder_put(struct piece_builder *builder, const void *bytes, size_t len, struct error *err)
{
	if (!builder->filed) {
		buf_put(&builder->data, bytes, len);
		return 0;
	}
	builder->data_len += len;
	if (builder->data_len > PIECE_DATA_MAX)
		return error_set(err, ERR_TOO_LARGE, "a piece is larger than %zu bytes", (size_t)PIECE_DATA_MAX);
	return fd_write_all(builder->data_fd, bytes, len, err);
}

static int
put(int fd, struct hash *hash, const void *bytes, size_t len, struct error *err)
{
	if (len == 0)
		return 0;
	hash_add(hash, bytes, len);
	return fd_write_all(fd, bytes, len, err);
}

/* The data out of its file. */
static int
put_file(const struct piece_builder *builder, int fd, struct hash *hash, struct error *err)
{
	char portion[64 * KIB];
	uint64_t at = 0;

	while (builder->filed && at < builder->data_len) {
		const ssize_t got = pread(
		    builder->data_fd, portion, (size_t)FW_MIN(sizeof(portion), builder->data_len - at), (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return error_errno(err, ERR_INTERNAL, "reading a piece's data back");
		if (put(fd, hash, portion, (size_t)got, err) < 0)
			return -1;
		at += (uint64_t)got;
	}
	return 0;
}

static int
put_all(const struct piece_builder *builder, const char *key, int fd, struct error *err)
{
	struct piece_header header = {
	    .kind = builder->kind,
	    .n_samples = (uint32_t)(builder->samples.len / sizeof(struct sample)),
	    .extra_len = (uint32_t)builder->extra.len,
	    .notes_len = (uint32_t)builder->notes.len,
	    .data_len = builder->filed ? builder->data_len : builder->data.len,
	};
	unsigned char digest[HASH_SIZE];
	CLEANUP(hash_done) struct hash hash;

	memcpy(header.magic, magic, sizeof(magic));
	memcpy(header.key, key, sizeof(header.key));
	hash_init(&hash);
	if (put(fd, &hash, &header, sizeof(header), err) < 0 ||
	    put(fd, &hash, builder->samples.data, builder->samples.len, err) < 0 ||
	    put(fd, &hash, builder->extra.data, builder->extra.len, err) < 0 ||
	    put(fd, &hash, builder->notes.data, builder->notes.len, err) < 0 ||
	    put(fd, &hash, builder->data.data, builder->data.len, err) < 0 || put_file(builder, fd, &hash, err) < 0)
		return -1;
	hash_end(&hash, digest);
	return fd_write_all(fd, digest, sizeof(digest), err);
}

int
piece_write(const struct piece_builder *builder, const char *key, int dir, const char *name, struct error *err)
{
	CLEANUP(fd_close) int fd = -1;
	const int folder = (int)(path_base(name) - name);
	char plain[PATH_TEMP_SIZE], temp[PATH_TEMP_SIZE + 8];

	if (folder >= 8)
		return error_set(err, ERR_INTERNAL, "a piece's folder has a long name");
	if (buf_error(&builder->samples, err) < 0 || buf_error(&builder->extra, err) < 0 ||
	    buf_error(&builder->notes, err) < 0 || buf_error(&builder->data, err) < 0)
		return -1;
	snprintf(temp, sizeof(temp), "%.*s%s", folder, name, path_temp_name(plain, "piece"));
	fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return error_errno(err, ERR_INTERNAL, "creating a piece");
	if (put_all(builder, key, fd, err) < 0 || path_publish(dir, temp, dir, name, err) < 0) {
		(void)unlinkat(dir, temp, 0);
		return error_wrap(err, "writing piece %.12s", key);
	}
	return 0;
}

/* Points into the mapping; false when lengths or contents do not fit. */
static bool
take_apart(struct piece *piece, const char *key)
{
	const struct piece_header *header = piece->map;
	const uint8_t *at = piece->map;
	unsigned char digest[HASH_SIZE];
	uint64_t need, sum = 0;

	if (piece->map_len < sizeof(*header) + HASH_SIZE || memcmp(header->magic, magic, sizeof(magic)) != 0 ||
	    memcmp(header->key, key, sizeof(header->key)) != 0 || header->data_len > PIECE_DATA_MAX)
		return false;
	need = sizeof(*header) + (uint64_t)header->n_samples * sizeof(struct sample) + header->extra_len +
	       header->notes_len + header->data_len + HASH_SIZE;
	if (need != piece->map_len)
		return false;
	hash_bytes(piece->map, piece->map_len - HASH_SIZE, digest);
	if (memcmp(digest, at + piece->map_len - HASH_SIZE, HASH_SIZE) != 0)
		return false;
	piece->kind = (enum piece_kind)header->kind;
	piece->n_samples = header->n_samples;
	piece->samples = (const struct sample *)(const void *)(at += sizeof(*header));
	piece->extra = at += (size_t)header->n_samples * sizeof(struct sample);
	piece->extra_len = header->extra_len;
	piece->notes = at += header->extra_len;
	piece->notes_len = header->notes_len;
	piece->data = at + header->notes_len;
	piece->data_len = header->data_len;
	for (uint32_t i = 0; i < piece->n_samples; i++)
		sum += piece->samples[i].size;
	return sum == piece->data_len;
}

int
piece_map(int dir, const char *name, const char *key, struct piece *ret_piece, struct error *err)
{
	CLEANUP(fd_close) int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct piece piece = {0};
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return 1;
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(err, ERR_INTERNAL, "opening piece %.12s", key);
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(struct piece_header))
		return 2;
	piece.map_len = (size_t)st.st_size;
	piece.map = mmap(NULL, piece.map_len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (piece.map == MAP_FAILED)
		return error_errno(err, ERR_MEMORY, "mapping piece %.12s", key);
	if (!take_apart(&piece, key)) {
		piece_unmap(&piece);
		return 2;
	}
	/* proving it has read every page: without this a long film's pieces would all stay in memory while it is
	 * encoded */
	(void)madvise(piece.map, piece.map_len, MADV_DONTNEED);
	/* the least recently used pieces are evicted first; where the time cannot be set they only go earlier */
	(void)utimensat(dir, name, NULL, AT_SYMLINK_NOFOLLOW);
	*ret_piece = piece;
	return 0;
}

void
piece_unmap(struct piece *piece)
{
	if (piece->map != NULL)
		(void)munmap(piece->map, piece->map_len);
	*piece = (struct piece){0};
}
