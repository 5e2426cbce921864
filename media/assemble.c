/*
 * One row of samples out of many pieces. Decoding order is the order of the pieces; times are counted, never taken
 * over. Neighbouring IDR pictures get differing idr_pic_ids here, because each encoder starts with the same one.
 */
#include "media/assemble.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <errno.h>

#include "lib/base/path.h"
#include "media/h264.h"
#include "media/mp4.h"
#include "media/sound.h"

/* Walks the pieces' samples in order. */
struct cursor {
	uint32_t index; /* in the film */
	size_t piece;
	uint32_t sample; /* in the piece */
	uint64_t offset;
};

struct joint {
	const struct assembly *assembly;
	struct h264_info info;
	struct mp4_sample *picture;
	uint8_t *set_id; /* 0: as encoded; else idr_pic_id + 1 to be set */
	uint32_t n_picture;
	struct mp4_sample *sound;
	struct cursor cursor;
	uint32_t sound_index;
	uint64_t sound_offset;
	struct buf changed;
};

static void
joint_done(struct joint *joint)
{
	free(joint->picture);
	free(joint->set_id);
	free(joint->sound);
	buf_done(&joint->changed);
}

static int
check_pieces(const struct assembly *assembly, uint32_t *ret_count, struct error *err)
{
	const struct piece *first = &assembly->pictures[0];
	uint32_t count = 0;

	for (size_t i = 0; i < assembly->plan->n_spans; i++) {
		const struct piece *piece = &assembly->pictures[i];

		if (piece->kind != PIECE_PICTURE || piece->n_samples != (uint32_t)assembly->plan->spans[i].frames)
			return error_set(err, ERR_INTERNAL, "span %zu has %u pictures instead of %lld", i,
			    piece->n_samples, (long long)assembly->plan->spans[i].frames);
		if (piece->extra_len != first->extra_len || memcmp(piece->extra, first->extra, first->extra_len) != 0)
			return error_set(err, ERR_INTERNAL, "span %zu has other parameter sets than the first", i);
		count += piece->n_samples;
	}
	*ret_count = count;
	return 0;
}

/* How far showing lags behind decoding: the same for the whole film, the largest of all pieces. */
static int32_t
reorder_of(const struct assembly *assembly)
{
	int32_t most = 0;

	for (size_t i = 0; i < assembly->plan->n_spans; i++)
		for (uint32_t k = 0; k < assembly->pictures[i].n_samples; k++)
			most = FW_MAX(most, (int32_t)k - assembly->pictures[i].samples[k].at);
	return most;
}

/* Notes where idr_pic_id must change so that ids alternate, and the size that results. */
static int
settle_idr(struct joint *joint, uint32_t index, const uint8_t *bytes, uint32_t *last_id, struct error *err)
{
	struct mp4_sample *sample = &joint->picture[index];
	uint32_t id = 0;
	const int idr = h264_idr(&joint->info, bytes, sample->size, &id, err);

	if (idr < 0)
		return -1;
	if (idr == 0)
		return error_set(err, ERR_INTERNAL, "picture %u should be an IDR picture", index);
	if (id == *last_id) {
		id = id == 0 ? 1 : 0;
		joint->set_id[index] = (uint8_t)(id + 1);
		buf_reset(&joint->changed);
		if (h264_set_idr(&joint->info, bytes, sample->size, id, &joint->changed, err) < 0)
			return -1;
		sample->size = (uint32_t)joint->changed.len;
	}
	*last_id = id;
	return 0;
}

static int
join_pictures(struct joint *joint, int32_t reorder, struct error *err)
{
	const struct assembly *assembly = joint->assembly;
	uint32_t n = 0, last_id = UINT32_MAX;

	for (size_t i = 0; i < assembly->plan->n_spans; i++) {
		const struct piece *piece = &assembly->pictures[i];
		const uint8_t *bytes = piece->data;

		for (uint32_t k = 0; k < piece->n_samples; k++, n++) {
			const struct sample *sample = &piece->samples[k];

			joint->picture[n] = (struct mp4_sample){
			    .size = sample->size, .delay = sample->at - (int32_t)k + reorder, .key = sample->key != 0};
			if (k == 0 && !sample->key)
				return error_set(err, ERR_INTERNAL, "span %zu does not begin with a key picture", i);
			if (sample->key && settle_idr(joint, n, bytes, &last_id, err) < 0)
				return error_wrap(err, "span %zu", i);
			bytes += sample->size;
		}
	}
	return 0;
}

static int
load_picture(struct joint *joint, uint32_t index, const uint8_t **ret_bytes, struct error *err)
{
	struct cursor *cursor = &joint->cursor;
	const struct piece *piece = &joint->assembly->pictures[cursor->piece];
	const uint8_t *bytes;
	uint32_t size;

	if (index != cursor->index)
		return error_set(err, ERR_INTERNAL, "pictures are asked for out of order");
	while (cursor->sample == piece->n_samples) {
		piece = &joint->assembly->pictures[++cursor->piece];
		cursor->sample = 0;
		cursor->offset = 0;
	}
	bytes = piece->data + cursor->offset;
	size = piece->samples[cursor->sample].size;
	cursor->offset += size;
	cursor->sample++;
	cursor->index++;
	if (joint->set_id[index] == 0) {
		*ret_bytes = bytes;
		return 0;
	}
	buf_reset(&joint->changed);
	if (h264_set_idr(&joint->info, bytes, size, joint->set_id[index] - 1u, &joint->changed, err) < 0)
		return -1;
	*ret_bytes = (const uint8_t *)buf_str(&joint->changed);
	return 0;
}

static int
load(void *ctx, bool sound, uint32_t index, const uint8_t **ret_bytes, struct error *err)
{
	struct joint *joint = ctx;
	const struct piece *piece = joint->assembly->sound;

	if (!sound)
		return load_picture(joint, index, ret_bytes, err);
	if (index != joint->sound_index)
		return error_set(err, ERR_INTERNAL, "sound is asked for out of order");
	*ret_bytes = piece->data + joint->sound_offset;
	joint->sound_offset += piece->samples[joint->sound_index++].size;
	return 0;
}

static int
describe_sound(struct joint *joint, struct mp4_film *film, struct error *err)
{
	const struct piece *piece = joint->assembly->sound;
	struct sound_notes notes;

	if (piece->kind != PIECE_SOUND || piece->notes_len != sizeof(notes))
		return error_set(err, ERR_INTERNAL, "the sound piece is of another kind");
	memcpy(&notes, piece->notes, sizeof(notes));
	joint->sound = calloc(piece->n_samples + 1u, sizeof(*joint->sound));
	if (joint->sound == NULL)
		return error_set(err, ERR_MEMORY, "no memory for %u packets", piece->n_samples);
	for (uint32_t i = 0; i < piece->n_samples; i++)
		joint->sound[i] = (struct mp4_sample){.size = piece->samples[i].size, .key = true};
	film->sound = (struct mp4_track){joint->sound, piece->n_samples, piece->extra, piece->extra_len};
	film->rate = notes.rate;
	film->channels = SOUND_CHANNELS;
	film->packet = notes.packet;
	film->priming = notes.priming;
	film->last = (int)(notes.samples + notes.priming - (int64_t)(piece->n_samples - 1) * notes.packet);
	if (film->last < 1 || film->last > notes.packet)
		return error_set(err, ERR_INTERNAL, "the sound has %u packets for %lld samples", piece->n_samples,
		    (long long)notes.samples);
	film->bit_rate = SOUND_BIT_RATE;
	return 0;
}

static int
joint_init(struct joint *joint, struct mp4_film *film, struct error *err)
{
	const struct assembly *assembly = joint->assembly;
	const struct piece *first = &assembly->pictures[0];

	if (check_pieces(assembly, &joint->n_picture, err) < 0 ||
	    h264_info(first->extra, first->extra_len, &joint->info, err) < 0)
		return -1;
	joint->picture = calloc(joint->n_picture + 1u, sizeof(*joint->picture));
	joint->set_id = calloc(joint->n_picture + 1u, 1);
	if (joint->picture == NULL || joint->set_id == NULL)
		return error_set(err, ERR_MEMORY, "no memory for %u pictures", joint->n_picture);
	film->reorder = reorder_of(assembly);
	if (join_pictures(joint, film->reorder, err) < 0)
		return -1;
	film->picture = (struct mp4_track){joint->picture, joint->n_picture, first->extra, first->extra_len};
	return assembly->sound == NULL ? 0 : describe_sound(joint, film, err);
}

int
assemble(const struct assembly *assembly, int dir, const char *name, int64_t *ret_bytes, struct error *err)
{
	CLEANUP(joint_done) struct joint joint = {.assembly = assembly, .changed = BUF_INIT(256 * MIB)};
	CLEANUP(fd_close) int fd = -1;
	struct mp4_film film = {
	    .width = assembly->width,
	    .height = assembly->height,
	    .fps_num = assembly->plan->fps_num,
	    .fps_den = assembly->plan->fps_den,
	    .load = load,
	    .ctx = &joint,
	};

	if (joint_init(&joint, &film, err) < 0)
		return error_wrap(err, "joining");
	fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return error_errno(err, ERR_INTERNAL, "creating the film's file");
	if (mp4_write(&film, fd, ret_bytes, err) < 0 || assemble_check(assembly, fd, err) < 0)
		return -1;
	if (fsync(fd) < 0)
		return error_errno(err, errno == ENOSPC ? ERR_STORAGE_FULL : ERR_INTERNAL, "writing the film's file");
	return 0;
}
