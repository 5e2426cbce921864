#include "media/fragment.h"

#include "media/mp4_box.h"
#include "media/mp4_priv.h"

/* Flags of a sample: others depend on nothing before it, or it depends on others and is no sync sample. */
#define FLAGS_KEY 0x02000000u
#define FLAGS_DEPENDS 0x01010000u

/* tfhd: default duration and flags are told, offsets count from the moof. */
#define TFHD_FLAGS 0x020028u
/* trun: offset of the data and size of each sample are told; and what else there is */
#define TRUN_BASE 0x000201u
#define TRUN_DURATIONS 0x000100u
#define TRUN_FLAGS 0x000400u
#define TRUN_DELAYS 0x000800u

struct run {
	const struct mp4_film *film;
	bool sound;
	uint32_t first, count;
	size_t offset_at; /* where the data's offset is to be written */
	uint64_t bytes;
};

void
fragment_init(const struct mp4_film *film, struct buf *out)
{
	mp4_init(film, out);
}

uint32_t
fragment_sound_until(const struct mp4_film *film, uint32_t frame)
{
	const __int128 samples = (__int128)frame * film->fps_den * film->rate;
	/* rounded up: what begins before the picture belongs to the fragment before */
	const __int128 end = (samples + film->fps_num - 1) / film->fps_num + film->priming;

	if (frame >= film->picture.n_samples)
		return film->sound.n_samples;
	return (uint32_t)FW_MIN((end + film->packet - 1) / film->packet, (__int128)film->sound.n_samples);
}

static void
put_trun(struct run *run, struct buf *out)
{
	const struct mp4_film *film = run->film;
	const struct mp4_track *track = run->sound ? &film->sound : &film->picture;
	const uint32_t end = run->first + run->count;
	const bool shorter = run->sound && end == track->n_samples && film->last != film->packet;
	const bool delays = !run->sound && film->reorder > 0;
	const size_t at = mp4_open_full(out, "trun", 0,
	    TRUN_BASE | (shorter ? TRUN_DURATIONS : 0) | (run->sound ? 0 : TRUN_FLAGS) | (delays ? TRUN_DELAYS : 0));

	mp4_u32(out, run->count);
	run->offset_at = out->len;
	mp4_u32(out, 0);
	for (uint32_t i = run->first; i < end; i++) {
		if (shorter)
			mp4_u32(out, (uint64_t)(i + 1 == end ? film->last : film->packet));
		mp4_u32(out, track->samples[i].size);
		if (!run->sound)
			mp4_u32(out, track->samples[i].key ? FLAGS_KEY : FLAGS_DEPENDS);
		if (delays)
			mp4_u32(out, (uint64_t)track->samples[i].delay * (uint64_t)mp4_step(film));
		run->bytes += track->samples[i].size;
	}
	mp4_close(out, at);
}

static void
put_traf(struct run *run, struct buf *out)
{
	const uint64_t step = run->sound ? (uint64_t)run->film->packet : (uint64_t)mp4_step(run->film);
	const size_t outer = mp4_open(out, "traf");
	size_t at = mp4_open_full(out, "tfhd", 0, TFHD_FLAGS);

	mp4_u32(out, run->sound ? 2 : 1);
	mp4_u32(out, step);
	mp4_u32(out, run->sound ? FLAGS_KEY : FLAGS_DEPENDS);
	mp4_close(out, at);
	at = mp4_open_full(out, "tfdt", 1, 0);
	mp4_u64(out, run->first * step);
	mp4_close(out, at);
	put_trun(run, out);
	mp4_close(out, outer);
}

static int
put_bytes(const struct run *run, struct buf *out, struct error *err)
{
	const struct mp4_track *track = run->sound ? &run->film->sound : &run->film->picture;
	const uint8_t *bytes;

	for (uint32_t i = run->first; i < run->first + run->count; i++) {
		if (run->film->load(run->film->ctx, run->sound, i, &bytes, err) < 0)
			return -1;
		buf_put(out, bytes, track->samples[i].size);
	}
	return 0;
}

static void
put_moof(const struct fragment *fragment, struct run runs[static 2], struct buf *out)
{
	const size_t outer = mp4_open(out, "moof");
	const size_t at = mp4_open_full(out, "mfhd", 0, 0);
	uint64_t offset;

	mp4_u32(out, fragment->number + 1u);
	mp4_close(out, at);
	for (int i = 0; i < 2; i++)
		if (runs[i].count > 0)
			put_traf(&runs[i], out);
	mp4_close(out, outer);
	/* behind the head of the mdat */
	offset = out->len - outer + 8;
	for (int i = 0; i < 2; i++) {
		if (runs[i].count > 0)
			mp4_patch(out, runs[i].offset_at, offset);
		offset += runs[i].bytes;
	}
}

int
fragment_put(const struct mp4_film *film, const struct fragment *fragment, struct buf *out, struct error *err)
{
	struct run runs[2] = {
	    {.film = film, .first = fragment->picture_first, .count = fragment->picture_count},
	    {.film = film, .sound = true, .first = fragment->sound_first, .count = fragment->sound_count},
	};
	size_t at = mp4_open(out, "styp");

	mp4_text(out, "msdh");
	mp4_zeros(out, 4);
	mp4_text(out, "msdh");
	mp4_text(out, "msix");
	mp4_close(out, at);
	put_moof(fragment, runs, out);
	if (runs[0].bytes + runs[1].bytes > UINT32_MAX - 8)
		return error_set(err, ERR_TOO_LARGE, "a fragment is larger than 4 GiB");
	at = mp4_open(out, "mdat");
	for (int i = 0; i < 2; i++)
		if (put_bytes(&runs[i], out, err) < 0)
			return -1;
	mp4_close(out, at);
	return buf_error(out, err);
}
