/*
 * Watching a film while it is made: the segments are the finished film, told in pieces.
 */
#include "tests/media/film_rig.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/path.h"
#include "media/hls.h"
#include "media/io.h"
#include "media/live_span.h"
#include "media/profile.h"

#define FRAMES 340

static int number;

/* Colour, a long still body (divided), a clip, the same colour again (made once), with sound. 340 frames at 25. */
static const char *
sized_args(const char *profile, int width, int height, const char *sound)
{
	return arena_printf(test_arena(),
	    "{\"output\":\"film%d%s\",\"assets\":{\"a\":\"in0\",\"m\":\"in2\"},\"live\":true,"
	    "\"timeline\":{\"version\":1,\"output\":{\"width\":%d,\"height\":%d,\"fps\":[25,1],\"profile\":\"%s\"%s},"
	    "\"tracks\":[{\"items\":[{\"type\":\"colour\",\"color\":\"#205080\",\"duration\":0.4},"
	    "{\"type\":\"clip\",\"asset\":\"a\",\"duration\":2.8,\"hold\":9.6},"
	    "{\"type\":\"colour\",\"color\":\"#804020\",\"duration\":0.4},"
	    "{\"type\":\"colour\",\"color\":\"#205080\",\"duration\":0.4}]}]%s}}",
	    number++, profile_find(profile)->extension, width, height, profile, sound[0] == '\0' ? "" : ",\"audio\":{}",
	    sound);
}

static const char *
film_args(const char *profile, const char *sound)
{
	return sized_args(profile, 160, 96, sound);
}

#define MUSIC ",\"audio\":[{\"asset\":\"m\",\"loop\":true}]"

static struct buf
read_live(const struct rig_film *film, const char *name)
{
	struct buf bytes = BUF_INIT(8 * MIB);
	struct error err = {0};
	char path[64];
	char *text = NULL;
	size_t len = 0;
	int fd;

	snprintf(path, sizeof(path), HLS_FOLDER "/%s", name);
	fd = openat(film->dir, path, O_RDONLY);
	if (CHECK(fd >= 0) && CHECK_OK(fd_read_all(test_arena(), fd, 8 * MIB, &text, &len, &err), &err))
		buf_put(&bytes, text, len);
	fd_close(&fd);
	return bytes;
}

/* init and all segments one after the other, as dir/name. */
static void
concatenate(const struct rig_film *film, int64_t segments, const char *name)
{
	struct error err = {0};
	int fd = openat(film->dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	struct buf bytes = read_live(film, "init.mp4");

	for (int64_t i = 0; i <= segments; i++) {
		char segment[32];

		CHECK_OK(fd_write_all(fd, buf_str(&bytes), bytes.len, &err), &err);
		buf_done(&bytes);
		if (i == segments)
			break;
		snprintf(segment, sizeof(segment), "segment-%05lld.m4s", (long long)i);
		bytes = read_live(film, segment);
	}
	fd_close(&fd);
}

/* A digest of one stream's packets: times and bytes. */
static int64_t
packets(const struct rig_film *film, const char *name, int stream, char digest[static HASH_HEX_SIZE])
{
	AVFormatContext *format = NULL;
	AVPacket *packet = av_packet_alloc();
	struct error err = {0};
	struct hash hash;
	int64_t count = 0;
	int fd = openat(film->dir, name, O_RDONLY);

	hash_init(&hash);
	if (CHECK_OK(io_open_input(fd, "mov", NULL, &format, &err), &err)) {
		while (av_read_frame(format, packet) >= 0) {
			if (packet->stream_index == stream) {
				hash_add_int(&hash, packet->pts);
				hash_add_int(&hash, packet->dts);
				hash_add_int(&hash, (packet->flags & AV_PKT_FLAG_KEY) != 0);
				hash_add_int(&hash, packet->size);
				hash_add(&hash, packet->data, (size_t)packet->size);
				count++;
			}
			av_packet_unref(packet);
		}
		io_close_input(&format);
	}
	hash_end_hex(&hash, digest);
	hash_done(&hash);
	av_packet_free(&packet);
	fd_close(&fd);
	return count;
}

static void
compare(const char *args, const struct rig_film *film, int streams)
{
	const char *begin = strstr(args, "film");
	char name[64];
	char whole[HASH_HEX_SIZE], parts[HASH_HEX_SIZE];
	struct rig_pixels a, b;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(begin, "\""), begin);
	concatenate(film, film->segments, "film.parts.mp4");
	a = rig_decode(film, args);
	b = rig_decode(film, "film.parts.mp4\"");
	CHECK_INT(a.frames, FRAMES);
	CHECK_INT(b.frames, FRAMES);
	CHECK_STR(b.digest, a.digest);
	for (int i = 0; i < streams; i++) {
		CHECK_INT(packets(film, "film.parts.mp4", i, parts), packets(film, name, i, whole));
		CHECK_STR(parts, whole);
	}
}

TEST(live_segments_are_the_finished_film)
{
	static const char *const profiles[] = {"h264", "hevc", "av1"};

	for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
		const char *args = film_args(profiles[i], MUSIC);
		struct rig_film film;

		if (!CHECK_OK(rig_render(args, -1, &film), &film.err))
			continue;
		CHECK(rig_number(film.json, "/spans/total") >= 5);
		CHECK(film.segments >= rig_number(film.json, "/spans/total"));
		compare(args, &film, 2);
	}
}

/* Large enough that the publisher, who looks ten times a second, meets spans in the making. */
TEST(live_shows_a_render_while_it_encodes)
{
	const char *args = sized_args("h264", 1280, 720, MUSIC);
	struct rig_film film;

	if (!CHECK_OK(rig_render(args, -1, &film), &film.err))
		return;
	CHECK(film.segments > rig_number(film.json, "/spans/total"));
	compare(args, &film, 2);
}

TEST(live_works_without_sound_and_from_the_cache)
{
	const int cache = rig_open_dir(test_dir());
	const char *args = film_args("h264", "");
	struct rig_film film;

	if (CHECK_OK(rig_render(args, cache, &film), &film.err))
		compare(args, &film, 1);
	args = film_args("h264", "");
	if (CHECK_OK(rig_render(args, cache, &film), &film.err)) {
		CHECK_INT(rig_number(film.json, "/spans/encoded"), 0);
		CHECK_INT(film.segments, rig_number(film.json, "/spans/total"));
		compare(args, &film, 1);
	}
}

TEST(live_changes_nothing_of_the_film)
{
	const char *args = film_args("h264", MUSIC);
	char *quiet = arena_strdup(test_arena(), film_args("h264", MUSIC));
	struct rig_film live, plain;

	memcpy(strstr(quiet, "\"live\":true"), "\"lave\":true", 11);
	if (CHECK_OK(rig_render(args, -1, &live), &live.err) && CHECK_OK(rig_render(quiet, -1, &plain), &plain.err)) {
		CHECK_STR(rig_text(live.json, "/sha256"), rig_text(plain.json, "/sha256"));
		CHECK_INT(plain.segments, 0);
	}
}

/* The microseconds that the list's durations add up to. */
static int64_t
listed_us(const char *list)
{
	int64_t sum = 0;

	for (const char *at = list; (at = strstr(at, "#EXTINF:")) != NULL; at += 8) {
		const char *dot = strchr(at, '.');

		CHECK(dot != NULL && dot[7] == ',');
		sum += strtoll(at + 8, NULL, 10) * 1000000 + strtoll(dot + 1, NULL, 10);
	}
	return sum;
}

TEST(live_playlist_grows_and_ends)
{
	static const uint32_t ends[] = {100, 350, 351};
	struct plan_span spans[] = {
	    {.start = 0, .frames = 100}, {.start = 100, .frames = 250}, {.start = 350, .frames = 1}};
	const struct plan plan = {.fps_num = 30000, .fps_den = 1001, .frames = 351, .spans = spans, .n_spans = 3};
	struct buf list = BUF_INIT(64 * KIB);

	hls_playlist(&plan, ends, 2, &list);
	/* 250 frames last 8.34 s */
	CHECK_CONTAINS(buf_str(&list), "#EXT-X-TARGETDURATION:8\n");
	CHECK_CONTAINS(buf_str(&list), "#EXT-X-PLAYLIST-TYPE:EVENT\n");
	CHECK_CONTAINS(buf_str(&list), "#EXTINF:3.336667,\nsegment-00000.m4s\n#EXTINF:8.341666,\nsegment-00001.m4s\n");
	CHECK(strstr(buf_str(&list), "ENDLIST") == NULL);
	buf_reset(&list);
	hls_playlist(&plan, ends, 3, &list);
	/* 351 x 1001 / 30000 s */
	CHECK_INT(listed_us(buf_str(&list)), 11711700);
	CHECK_STR(buf_str(&list) + list.len - 15, "#EXT-X-ENDLIST\n");
	buf_done(&list);
}

static int
folder(const char *name, size_t index)
{
	const char *path = arena_printf(test_arena(), "%s/%s%zu", test_dir(), name, index);

	CHECK_INT(mkdir(path, 0700), 0);
	return rig_open_dir(path);
}

/* The first `count` pictures, as their maker would have them by then. */
static struct piece_builder
begun(const struct rig_piece *whole, uint32_t count)
{
	struct piece_builder builder = whole->builder;

	builder.samples.len = count * sizeof(struct sample);
	builder.data.len = 0;
	for (uint32_t i = 0; i < count; i++)
		builder.data.len += whole->piece.samples[i].size;
	return builder;
}

/* Two spans in a folder of their own, the first as it is encoded when `parts` says how far it is each time. */
static int64_t
show(const struct assembly *assembly, const struct rig_piece *first, const uint32_t *parts, struct rig_film *film)
{
	CLEANUP(hls_free) struct hls *hls = NULL;
	struct live_span live;
	struct error err = {0};
	struct piece piece;
	uint32_t had = 0;

	live_span_init(&live);
	if (!CHECK_OK(hls_open(assembly, film->dir, &hls, &err), &err))
		return 0;
	for (; *parts != 0; parts++) {
		const struct piece_builder builder = begun(first, *parts);

		live_span_add(&live, 1, &builder); /* not its turn */
		live_span_lock(&live, 0, &piece);
		CHECK_INT(piece.n_samples, had);
		live_span_unlock(&live);
		live_span_add(&live, 0, &builder);
		had = *parts;
		live_span_lock(&live, 0, &piece);
		CHECK_INT(piece.n_samples, *parts);
		CHECK_OK(hls_add_part(hls, &piece, &err), &err);
		live_span_unlock(&live);
	}
	live_span_lock(&live, 1, &piece);
	CHECK_INT(piece.n_samples, 0);
	live_span_unlock(&live);
	CHECK_OK(hls_add(hls, &err), &err);
	/* what the maker had is gone by now */
	live_span_done(&live);
	CHECK_OK(hls_add(hls, &err), &err);
	CHECK_INT(hls_spans(hls), 2);
	return (int64_t)hls_segments(hls);
}

TEST(live_span_is_shown_while_it_is_encoded)
{
	static const char *const profiles[] = {"h264", "hevc", "av1"};
	/* half a second is enough in the beginning, then it has to be a second more */
	static const uint32_t at_once[] = {0}, in_parts[] = {11, 20, 25, 50, 59, 0};

	for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
		const struct plan_span spans[] = {{.start = 0, .frames = 60}, {.start = 60, .frames = 8}};
		const struct plan plan = {.fps_num = 25, .fps_den = 1, .frames = 68, .spans = spans, .n_spans = 2};
		struct rig_piece a = {0}, b = {0};
		struct rig_film whole = {.dir = folder("whole", i)}, parts = {.dir = folder("parts", i)};

		if (rig_piece(profiles[i], 160, 60, &a) && rig_piece(profiles[i], 160, 8, &b)) {
			const struct piece pictures[] = {a.piece, b.piece};
			const struct assembly assembly = {.plan = &plan,
			    .profile = profile_find(profiles[i]),
			    .width = 160,
			    .height = 96,
			    .pictures = pictures};
			char one[HASH_HEX_SIZE], other[HASH_HEX_SIZE];
			struct buf list;

			CHECK_INT(show(&assembly, &a, at_once, &whole), 2);
			CHECK_INT(show(&assembly, &a, in_parts, &parts), 4);
			concatenate(&whole, 2, "film.mp4");
			concatenate(&parts, 4, "film.mp4");
			CHECK_INT(packets(&whole, "film.mp4", 0, one), 68);
			CHECK_INT(packets(&parts, "film.mp4", 0, other), 68);
			CHECK_STR(other, one);
			list = read_live(&parts, HLS_PLAYLIST);
			CHECK_CONTAINS(buf_str(&list), "#EXTINF:0.800000,\nsegment-00000.m4s\n#EXTINF:1.200000,\n");
			CHECK_INT(listed_us(buf_str(&list)), 2720000);
			buf_done(&list);
		}
		piece_builder_done(&a.builder);
		piece_builder_done(&b.builder);
		fd_close(&whole.dir);
		fd_close(&parts.dir);
	}
}

TEST(live_of_webm_is_left_out_and_said)
{
	struct rig_film film;

	if (!CHECK_OK(rig_render(film_args("webm", ""), -1, &film), &film.err))
		return;
	CHECK_INT(film.segments, 0);
	CHECK_STR(rig_text(film.json, "/warnings/0/code"), "live_unavailable");
}

TEST_MAIN_WITH(rig_set_up, rig_tear_down, ROW(live_segments_are_the_finished_film),
    ROW(live_shows_a_render_while_it_encodes), ROW(live_works_without_sound_and_from_the_cache),
    ROW(live_changes_nothing_of_the_film), ROW(live_playlist_grows_and_ends),
    ROW(live_span_is_shown_while_it_is_encoded), ROW(live_of_webm_is_left_out_and_said))
