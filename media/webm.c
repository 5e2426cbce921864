/*
 * EBML: an element is its id, the length of its content, its content. Lengths in front of what is patched later take
 * eight bytes, so that the head's own length does not depend on what is in it.
 */
#include "media/webm.h"

#include "lib/base/path.h"

#define HEAD_MAX (256 * MIB)
#define WRITE_PORTION (1 * MIB)
/* A cluster begins with a key picture, and anew when it gets this long (times in it are 16 bits). */
#define CLUSTER_MS 10000
#define TIMESTAMP_SCALE 1000000
#define OPUS_PREROLL_NS 80000000

enum {
	ID_EBML = 0x1a45dfa3,
	ID_SEGMENT = 0x18538067,
	ID_SEEK_HEAD = 0x114d9b74,
	ID_INFO = 0x1549a966,
	ID_TRACKS = 0x1654ae6b,
	ID_CUES = 0x1c53bb6b,
	ID_CLUSTER = 0x1f43b675,
	ID_TIMESTAMP = 0xe7,
	ID_SIMPLE_BLOCK = 0xa3,
	ID_BLOCK_GROUP = 0xa0,
	ID_BLOCK = 0xa1,
	ID_DISCARD = 0x75a2
};

/* track number, 16 bits of time, flags */
#define BLOCK_HEAD 4

struct cluster {
	uint32_t picture, picture_end;
	uint32_t sound, sound_end;
	int64_t ms;
	uint64_t bytes; /* of the content */
	bool key;
};

struct webm {
	const struct mp4_film *film;
	const struct cluster *clusters;
	size_t n_clusters;
	uint64_t clusters_bytes; /* with their heads */
};

/* ---- elements ---- */

static void
put_number(struct buf *out, uint64_t value, int bytes)
{
	while (bytes-- > 0)
		buf_putc(out, (char)(value >> (8 * bytes) & 255));
}

static int
bytes_of(uint64_t value)
{
	int bytes = 1;

	while (bytes < 8 && value >> (8 * bytes) != 0)
		bytes++;
	return bytes;
}

/* A length takes 7 bits a byte; all ones mean "unknown". */
static int
length_of_length(uint64_t len)
{
	int bytes = 1;

	while (len >= (UINT64_C(1) << (7 * bytes)) - 1)
		bytes++;
	return bytes;
}

static void
put_length(struct buf *out, uint64_t len, int bytes)
{
	put_number(out, len | UINT64_C(1) << (7 * bytes), bytes);
}

static void
put_id(struct buf *out, uint32_t id)
{
	put_number(out, id, bytes_of(id));
}

static size_t
open_element(struct buf *out, uint32_t id)
{
	put_id(out, id);
	put_length(out, 0, 8);
	return out->len;
}

static void
close_element(struct buf *out, size_t at)
{
	const uint64_t len = out->len - at;

	for (size_t i = 0; i < 7 && !out->failed; i++)
		out->data[at - 1 - i] = (char)(len >> (8 * i) & 255);
}

static void
put_uint_wide(struct buf *out, uint32_t id, uint64_t value, int bytes)
{
	put_id(out, id);
	put_length(out, (uint64_t)bytes, 1);
	put_number(out, value, bytes);
}

static void
put_uint(struct buf *out, uint32_t id, uint64_t value)
{
	put_uint_wide(out, id, value, bytes_of(value));
}

static void
put_float(struct buf *out, uint32_t id, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	put_uint_wide(out, id, bits, 8);
}

static void
put_bytes(struct buf *out, uint32_t id, const void *bytes, size_t len)
{
	put_id(out, id);
	put_length(out, len, length_of_length(len));
	buf_put(out, bytes, len);
}

static void
put_text(struct buf *out, uint32_t id, const char *text)
{
	put_bytes(out, id, text, strlen(text));
}

/* ---- what lies where ---- */

int64_t
webm_ms(const struct mp4_film *film, int64_t frame)
{
	const __int128 twice = (__int128)frame * film->fps_den * 2000 + film->fps_num;

	return (int64_t)(twice / ((__int128)film->fps_num * 2));
}

static int64_t
sound_ms(const struct mp4_film *film, uint32_t packet)
{
	return ((int64_t)packet * film->packet * 2000 + film->rate) / (2 * (int64_t)film->rate);
}

/* Nanoseconds of the last packet that do not belong to the programme. */
static uint64_t
discard_ns(const struct mp4_film *film)
{
	return (uint64_t)(film->packet - film->last) * 1000000000u / (uint64_t)film->rate;
}

static bool
is_cut(const struct mp4_film *film, bool sound, uint32_t index)
{
	return sound && index + 1 == film->sound.n_samples && film->last != film->packet;
}

/* What stands between a block group's head and its end: the block, and the discarded time in eight bytes. */
static uint64_t
group_bytes(uint64_t block)
{
	return 1 + (uint64_t)length_of_length(block) + block + 2 + 1 + 8;
}

static uint64_t
block_bytes(const struct mp4_film *film, bool sound, uint32_t index)
{
	const struct mp4_track *track = sound ? &film->sound : &film->picture;
	const uint64_t block = BLOCK_HEAD + (uint64_t)track->samples[index].size;
	const uint64_t inner = is_cut(film, sound, index) ? group_bytes(block) : block;

	return 1 + (uint64_t)length_of_length(inner) + inner;
}

/* The cluster's next block in order of time, a picture before sound; false after the last. */
static bool
next_block(const struct mp4_film *film, struct cluster *left, bool *ret_sound, uint32_t *ret_index)
{
	if (left->picture == left->picture_end && left->sound == left->sound_end)
		return false;
	*ret_sound = left->picture == left->picture_end ||
		     (left->sound < left->sound_end && sound_ms(film, left->sound) < webm_ms(film, left->picture));
	*ret_index = *ret_sound ? left->sound++ : left->picture++;
	return true;
}

static void
end_cluster(struct webm *webm, struct cluster *cluster, struct buf *clusters)
{
	const struct mp4_film *film = webm->film;
	const bool last = cluster->picture_end == film->picture.n_samples;
	const int64_t end = webm_ms(film, cluster->picture_end);
	struct cluster left;
	bool sound;
	uint32_t index;

	while (cluster->sound_end < film->sound.n_samples && (last || sound_ms(film, cluster->sound_end) < end))
		cluster->sound_end++;
	cluster->bytes = 2 + (uint64_t)bytes_of((uint64_t)cluster->ms);
	left = *cluster;
	while (next_block(film, &left, &sound, &index))
		cluster->bytes += block_bytes(film, sound, index);
	webm->clusters_bytes += 4 + 8 + cluster->bytes;
	buf_put(clusters, cluster, sizeof(*cluster));
}

static void
lay_out(struct webm *webm, struct buf *clusters)
{
	const struct mp4_film *film = webm->film;
	struct cluster cluster = {.key = true};

	for (uint32_t i = 1; i <= film->picture.n_samples; i++) {
		const bool end = i == film->picture.n_samples;
		const bool key = !end && film->picture.samples[i].key;

		if (!end && !key && webm_ms(film, i) - cluster.ms < CLUSTER_MS)
			continue;
		cluster.picture_end = i;
		end_cluster(webm, &cluster, clusters);
		cluster = (struct cluster){.picture = i,
		    .picture_end = i,
		    .sound = cluster.sound_end,
		    .sound_end = cluster.sound_end,
		    .ms = webm_ms(film, i),
		    .key = key};
	}
	webm->clusters = (const struct cluster *)(const void *)buf_str(clusters);
	webm->n_clusters = clusters->len / sizeof(struct cluster);
}

/* ---- the head ---- */

static void
put_ebml(struct buf *out)
{
	const size_t at = open_element(out, ID_EBML);

	put_uint(out, 0x4286, 1); /* EBML version, read version, longest id, longest length */
	put_uint(out, 0x42f7, 1);
	put_uint(out, 0x42f2, 4);
	put_uint(out, 0x42f3, 8);
	put_text(out, 0x4282, "webm");
	put_uint(out, 0x4287, 4); /* version, and what a reader must know */
	put_uint(out, 0x4285, 2);
	close_element(out, at);
}

static void
put_seek(struct buf *out, uint32_t id, uint64_t position)
{
	const size_t at = open_element(out, 0x4dbb);

	put_uint(out, 0x53ab, id);
	put_uint_wide(out, 0x53ac, position, 8);
	close_element(out, at);
}

static void
put_info(const struct mp4_film *film, struct buf *out)
{
	const size_t at = open_element(out, ID_INFO);

	put_uint(out, 0x2ad7b1, TIMESTAMP_SCALE);
	put_float(out, 0x4489, (double)film->picture.n_samples * (double)film->fps_den * 1000 / (double)film->fps_num);
	put_text(out, 0x4d80, "framewright");
	put_text(out, 0x5741, "framewright");
	close_element(out, at);
}

static void
put_picture_track(const struct mp4_film *film, struct buf *out)
{
	const size_t at = open_element(out, 0xae);
	size_t video, colour;

	put_uint(out, 0xd7, 1); /* number, id, type, no lacing */
	put_uint(out, 0x73c5, 1);
	put_uint(out, 0x83, 1);
	put_uint(out, 0x9c, 0);
	put_text(out, 0x86, film->entry);
	put_bytes(out, 0x63a2, film->picture.setup, film->picture.setup_len);
	put_uint(out, 0x23e383,
	    (uint64_t)(((__int128)film->fps_den * 2000000000 + film->fps_num) / ((__int128)film->fps_num * 2)));
	video = open_element(out, 0xe0);
	put_uint(out, 0xb0, (uint64_t)film->width);
	put_uint(out, 0xba, (uint64_t)film->height);
	put_uint(out, 0x9a, 2); /* progressive */
	colour = open_element(out, 0x55b0);
	put_uint(out, 0x55b1, 1); /* BT.709 matrix, limited range, transfer, primaries */
	put_uint(out, 0x55b9, 1);
	put_uint(out, 0x55ba, 1);
	put_uint(out, 0x55bb, 1);
	close_element(out, colour);
	close_element(out, video);
	close_element(out, at);
}

static void
put_sound_track(const struct mp4_film *film, struct buf *out)
{
	const size_t at = open_element(out, 0xae);
	size_t audio;

	put_uint(out, 0xd7, 2);
	put_uint(out, 0x73c5, 2);
	put_uint(out, 0x83, 2);
	put_uint(out, 0x9c, 0);
	put_text(out, 0x86, "A_OPUS");
	put_bytes(out, 0x63a2, film->sound.setup, film->sound.setup_len);
	put_uint(out, 0x56aa, (uint64_t)film->priming * 1000000000u / (uint64_t)film->rate);
	put_uint(out, 0x56bb, OPUS_PREROLL_NS);
	audio = open_element(out, 0xe1);
	put_float(out, 0xb5, film->rate);
	put_uint(out, 0x9f, (uint64_t)film->channels);
	close_element(out, audio);
	close_element(out, at);
}

static void
put_cues(const struct webm *webm, uint64_t first, struct buf *out)
{
	const size_t at = open_element(out, ID_CUES);
	uint64_t position = first;

	for (size_t i = 0; i < webm->n_clusters; i++) {
		const struct cluster *cluster = &webm->clusters[i];

		if (cluster->key) {
			const size_t point = open_element(out, 0xbb);
			size_t track;

			put_uint(out, 0xb3, (uint64_t)cluster->ms);
			track = open_element(out, 0xb7);
			put_uint(out, 0xf7, 1);
			put_uint_wide(out, 0xf1, position, 8);
			close_element(out, track);
			close_element(out, point);
		}
		position += 4 + 8 + cluster->bytes;
	}
	close_element(out, at);
}

struct places {
	uint64_t info, tracks, cues, clusters; /* from the segment's content on */
};

/* Fills in where things came to lie; with the places of a first run the second one is right. */
static void
put_head(const struct webm *webm, struct places *places, struct buf *out)
{
	const struct places before = *places;
	size_t at, segment;

	put_ebml(out);
	put_id(out, ID_SEGMENT);
	put_length(out, before.clusters + webm->clusters_bytes, 8);
	segment = out->len;
	at = open_element(out, ID_SEEK_HEAD);
	put_seek(out, ID_INFO, before.info);
	put_seek(out, ID_TRACKS, before.tracks);
	put_seek(out, ID_CUES, before.cues);
	close_element(out, at);
	places->info = out->len - segment;
	put_info(webm->film, out);
	places->tracks = out->len - segment;
	at = open_element(out, ID_TRACKS);
	put_picture_track(webm->film, out);
	if (webm->film->sound.n_samples > 0)
		put_sound_track(webm->film, out);
	close_element(out, at);
	places->cues = out->len - segment;
	put_cues(webm, before.clusters, out);
	places->clusters = out->len - segment;
}

/* ---- the clusters ---- */

static int
put_block(const struct webm *webm, const struct cluster *cluster, bool sound, uint32_t index, struct buf *out,
    struct error *err)
{
	const struct mp4_film *film = webm->film;
	const struct mp4_track *track = sound ? &film->sound : &film->picture;
	const uint64_t block = BLOCK_HEAD + (uint64_t)track->samples[index].size;
	const int64_t ms = (sound ? sound_ms(film, index) : webm_ms(film, index)) - cluster->ms;
	const bool cut = is_cut(film, sound, index);
	const uint8_t *bytes;

	if (film->load(film->ctx, sound, index, &bytes, err) < 0)
		return -1;
	if (cut) {
		put_id(out, ID_BLOCK_GROUP);
		put_length(out, group_bytes(block), length_of_length(group_bytes(block)));
	}
	put_id(out, cut ? ID_BLOCK : ID_SIMPLE_BLOCK);
	put_length(out, block, length_of_length(block));
	put_length(out, sound ? 2 : 1, 1);
	put_number(out, (uint64_t)ms, 2);
	buf_putc(out, (char)(!cut && track->samples[index].key ? 0x80 : 0));
	buf_put(out, bytes, track->samples[index].size);
	if (cut)
		put_uint_wide(out, ID_DISCARD, discard_ns(film), 8);
	return 0;
}

static int
flush(int fd, struct buf *portion, int64_t *written, struct error *err)
{
	if (buf_error(portion, err) < 0 || fd_write_all(fd, buf_str(portion), portion->len, err) < 0)
		return -1;
	*written += (int64_t)portion->len;
	buf_reset(portion);
	return 0;
}

static int
write_clusters(const struct webm *webm, int fd, struct buf *portion, int64_t *written, struct error *err)
{
	for (size_t i = 0; i < webm->n_clusters; i++) {
		const struct cluster *cluster = &webm->clusters[i];
		struct cluster left = *cluster;
		uint32_t index;
		bool sound;

		put_id(portion, ID_CLUSTER);
		put_length(portion, cluster->bytes, 8);
		put_uint(portion, ID_TIMESTAMP, (uint64_t)cluster->ms);
		while (next_block(webm->film, &left, &sound, &index)) {
			if (put_block(webm, cluster, sound, index, portion, err) < 0)
				return -1;
			if (portion->len >= WRITE_PORTION && flush(fd, portion, written, err) < 0)
				return -1;
		}
	}
	return flush(fd, portion, written, err);
}

int
webm_write(const struct mp4_film *film, int fd, int64_t *ret_bytes, struct error *err)
{
	CLEANUP(buf_done) struct buf clusters = BUF_INIT(HEAD_MAX);
	CLEANUP(buf_done) struct buf out = BUF_INIT(HEAD_MAX);
	struct webm webm = {.film = film};
	struct places places = {0};
	int64_t written = 0;

	lay_out(&webm, &clusters);
	put_head(&webm, &places, &out);
	buf_reset(&out);
	put_head(&webm, &places, &out);
	if (buf_error(&clusters, err) < 0 || buf_error(&out, err) < 0)
		return error_wrap(err, "the film's index");
	if (write_clusters(&webm, fd, &out, &written, err) < 0)
		return error_wrap(err, "writing the film");
	if (ret_bytes != NULL)
		*ret_bytes = written;
	return 0;
}
