/*
 * A piece: one encoded stretch of picture or one sound programme, ready to be joined, in one file that proves itself.
 *
 * A piece is built in memory, its data in a file if it is long, written under its key with a SHA-256 over everything at
 * its end, and read back by mapping the file after that digest was checked. A mapping outlives the removal of the file,
 * so a piece in use may be evicted by anybody.
 */
#ifndef MEDIA_PIECE_H
#define MEDIA_PIECE_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"

#define PIECE_DATA_MAX (2 * GIB)

enum piece_kind {
	PIECE_PICTURE = 1,
	PIECE_SOUND = 2,
	PIECE_FILM = 3 /* what is known of a finished file (finished.h) */
};

struct sample {
	uint32_t size;
	int32_t at;   /* place in order of showing, from 0 */
	uint32_t key; /* decoding may begin here */
};

struct piece {
	enum piece_kind kind;
	uint32_t n_samples;
	const struct sample *samples;
	const uint8_t *extra; /* avcC, or AudioSpecificConfig */
	uint32_t extra_len;
	const void *notes; /* measurements, as the maker defines them */
	uint32_t notes_len;
	const uint8_t *data; /* the samples, one after the other */
	uint64_t data_len;
	void *map; /* whole file */
	size_t map_len;
};

struct piece_builder {
	enum piece_kind kind;
	struct buf samples; /* struct sample */
	struct buf extra;
	struct buf notes;
	struct buf data;
	bool filed; /* the data lies in a file instead: */
	int data_fd;
	uint64_t data_len;
};

void piece_builder_init(struct piece_builder *builder, enum piece_kind kind);
void piece_builder_done(struct piece_builder *builder);

/* From now on the data goes into a nameless file below `dir`, for pieces that grow with the film. */
int piece_builder_file(struct piece_builder *builder, int dir, struct error *err) MUST_CHECK;
/* Appends to the data, wherever it lies. What does not fit into memory shows when the piece is written. */
int piece_builder_put(struct piece_builder *builder, const void *bytes, size_t len, struct error *err) MUST_CHECK;

/* What is built so far, without notes, as a piece that lies in the builder: good until it changes. Not for data in a
 * file. */
void piece_builder_view(const struct piece_builder *builder, struct piece *ret_piece);

/* Writes dir/name complete (temporary name, fsync, rename); an existing file is replaced. The name may have one short
 * folder, which exists: all goes through `dir` itself, because the sandbox lets us write below that descriptor and no
 * other. */
int piece_write(
    const struct piece_builder *builder, const char *key, int dir, const char *name, struct error *err) MUST_CHECK;

/* 0 and the piece; 1: there is no such file; 2: it is not what `key` says or damaged (the caller removes it); -1:
 * error. */
int piece_map(int dir, const char *name, const char *key, struct piece *ret_piece, struct error *err) MUST_CHECK;
void piece_unmap(struct piece *piece);

#endif
