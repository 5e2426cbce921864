#include "media/joint.h"

#include "media/sound.h"

void
joint_done(struct joint *joint)
{
	free(joint->picture);
	free(joint->set_id);
	free(joint->sound);
	buf_done(&joint->changed);
}

/* Notes where idr_pic_id must change so that ids alternate, and the size that results. */
static int
settle_idr(struct joint *joint, uint32_t index, const uint8_t *bytes, struct error *err)
{
	struct mp4_sample *sample = &joint->picture[index];
	uint32_t id = 0;
	const int idr = h264_idr(&joint->info, bytes, sample->size, &id, err);

	if (idr < 0)
		return -1;
	if (idr == 0)
		return error_set(err, ERR_INTERNAL, "picture %u should be an IDR picture", index);
	if (id == joint->last_id) {
		id = id == 0 ? 1 : 0;
		joint->set_id[index] = (uint8_t)(id + 1);
		buf_reset(&joint->changed);
		if (h264_set_idr(&joint->info, bytes, sample->size, id, &joint->changed, err) < 0)
			return -1;
		sample->size = (uint32_t)joint->changed.len;
	}
	joint->last_id = id;
	return 0;
}

static int
check_piece(const struct joint *joint, const struct piece *piece, int64_t least, struct error *err)
{
	const struct assembly *assembly = joint->assembly;
	const struct piece *first = &assembly->pictures[0];
	const struct plan_span *span = &assembly->plan->spans[joint->n_pieces];
	const struct profile_pictures *pictures = assembly->profile->pictures;

	if (piece->kind != PIECE_PICTURE || piece->n_samples < least || piece->n_samples > span->frames)
		return error_set(
		    err, ERR_INTERNAL, "it has %u pictures instead of %lld", piece->n_samples, (long long)span->frames);
	if (joint->n_pieces > 0 &&
	    (piece->extra_len != first->extra_len || memcmp(piece->extra, first->extra, first->extra_len) != 0))
		return error_set(err, ERR_INTERNAL, "it has other parameter sets than the first");
	if (!piece->samples[0].key)
		return error_set(err, ERR_INTERNAL, "it does not begin with a key picture");
	return pictures->starts(piece->extra, piece->extra_len, piece->data, piece->samples[0].size, err);
}

static int
add_samples(struct joint *joint, const struct piece *piece, struct error *err)
{
	const struct profile *profile = joint->assembly->profile;
	const int64_t frames = joint->assembly->plan->spans[joint->n_pieces].frames;

	for (uint32_t k = joint->part_pictures; k < piece->n_samples; k++) {
		const struct sample *sample = &piece->samples[k];
		const uint32_t n = joint->n_pictures++;

		joint->picture[n] = (struct mp4_sample){
		    .size = sample->size, .delay = sample->at - (int32_t)k + profile->reorder, .key = sample->key != 0};
		if (joint->picture[n].delay < 0 || sample->at < 0 || sample->at >= frames)
			return error_set(err, ERR_INTERNAL, "its picture %u is shown at %d", k, sample->at);
		if (sample->key && profile->pictures->alternate_idr &&
		    settle_idr(joint, n, piece->data + joint->part_bytes, err) < 0)
			return -1;
		joint->part_bytes += sample->size;
	}
	joint->part_pictures = piece->n_samples;
	return 0;
}

/* What is new of the piece, which must have at least so many pictures. */
static int
add_piece(struct joint *joint, const struct piece *piece, int64_t least, struct error *err)
{
	struct mp4_film *film = &joint->film;

	if (joint->n_pieces == 0) {
		film->picture.setup = piece->extra;
		film->picture.setup_len = piece->extra_len;
		if (joint->part_pictures == 0 && joint->assembly->profile->pictures->alternate_idr &&
		    h264_info(piece->extra, piece->extra_len, &joint->info, err) < 0)
			return -1;
	}
	joint->part = piece;
	if (check_piece(joint, piece, least, err) < 0 || add_samples(joint, piece, err) < 0)
		return error_wrap(err, "span %zu", joint->n_pieces);
	return 0;
}

int
joint_add_part(struct joint *joint, const struct piece *piece, struct error *err)
{
	return add_piece(joint, piece, FW_MAX(joint->part_pictures, 1u), err);
}

int
joint_add(struct joint *joint, struct error *err)
{
	const size_t n = joint->n_pieces;

	if (add_piece(joint, &joint->assembly->pictures[n], joint->assembly->plan->spans[n].frames, err) < 0)
		return -1;
	joint->part = NULL;
	joint->part_pictures = 0;
	joint->part_bytes = 0;
	joint->n_pieces++;
	return 0;
}

static const struct piece *
piece_at(const struct joint *joint, size_t index)
{
	return index < joint->n_pieces ? &joint->assembly->pictures[index] : joint->part;
}

static int
load_picture(struct joint *joint, uint32_t index, const uint8_t **ret_bytes, struct error *err)
{
	const struct piece *piece = piece_at(joint, joint->load_piece);
	const uint8_t *bytes;
	uint32_t size;

	if (index != joint->load_picture || index >= joint->n_pictures)
		return error_set(err, ERR_INTERNAL, "pictures are asked for out of order");
	while (joint->load_sample == piece->n_samples) {
		piece = piece_at(joint, ++joint->load_piece);
		joint->load_sample = 0;
		joint->load_offset = 0;
	}
	bytes = piece->data + joint->load_offset;
	size = piece->samples[joint->load_sample].size;
	joint->load_offset += size;
	joint->load_sample++;
	joint->load_picture++;
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
	if (index != joint->load_sound)
		return error_set(err, ERR_INTERNAL, "sound is asked for out of order");
	*ret_bytes = piece->data + joint->sound_offset;
	joint->sound_offset += piece->samples[joint->load_sound++].size;
	return 0;
}

static int
describe_sound(struct joint *joint, struct error *err)
{
	const struct piece *piece = joint->assembly->sound;
	struct mp4_film *film = &joint->film;
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
	film->bit_rate = joint->assembly->profile->sound->bit_rate;
	return 0;
}

int
joint_init(struct joint *joint, const struct assembly *assembly, struct error *err)
{
	const uint32_t frames = (uint32_t)assembly->plan->frames;

	*joint = (struct joint){
	    .assembly = assembly,
	    .last_id = UINT32_MAX,
	    .changed = BUF_INIT(256 * MIB),
	    .film =
		{
		    .entry = assembly->profile->pictures->entry,
		    .box = assembly->profile->pictures->box,
		    .width = assembly->width,
		    .height = assembly->height,
		    .fps_num = assembly->plan->fps_num,
		    .fps_den = assembly->plan->fps_den,
		    .reorder = assembly->profile->reorder,
		    .load = load,
		    .ctx = joint,
		},
	};
	joint->picture = calloc(frames + 1u, sizeof(*joint->picture));
	joint->set_id = calloc(frames + 1u, 1);
	if (joint->picture == NULL || joint->set_id == NULL)
		return error_set(err, ERR_MEMORY, "no memory for %u pictures", frames);
	joint->film.picture = (struct mp4_track){.samples = joint->picture, .n_samples = frames};
	return assembly->sound == NULL ? 0 : describe_sound(joint, err);
}
