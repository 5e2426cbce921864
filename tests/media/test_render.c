/*
 * The render engine end to end, at small sizes: what is planned is what is in the file, what is reused changes nothing.
 */
#include "tests/media/film_rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>

#include "media/h264.h"
#include "media/source.h"

static int number;

#define OUTPUT "\"output\":{\"width\":160,\"height\":96,\"fps\":[25,1]%s}"

/* The film of most tests: card, two clips that dissolve, colour; with an overlay. */
static const char *
film_args(const char *transition, const char *text, const char *sound)
{
	return arena_printf(test_arena(),
	    "{\"output\":\"film%d.mp4\",\"poster\":\"poster.jpg\",\"assets\":{\"a\":\"in0\",\"b\":\"in1\",\"m\":"
	    "\"in2\"},"
	    "\"timeline\":{\"version\":1," OUTPUT ",\"tracks\":[{\"items\":["
	    "{\"type\":\"card\",\"duration\":0.4,\"text\":\"%s\",\"font\":\"DejaVuSans-Bold\"},"
	    "{\"type\":\"clip\",\"asset\":\"a\",\"duration\":1.6},{\"type\":\"clip\",\"asset\":\"b\",\"in\":0.4,"
	    "\"duration\":1.2,"
	    "\"speed\":1.5,\"hold\":0.4},"
	    "{\"type\":\"colour\",\"color\":\"#804020\",\"duration\":0.4}],"
	    "\"transitions\":[{\"after\":1,\"type\":\"%s\",\"duration\":0.4}]}],"
	    "\"overlays\":[{\"type\":\"text\",\"text\":\"%%{pts} \\\\ : ' 50%% \\u00e9\",\"start\":0.4,\"end\":1.0,"
	    "\"font\":\"DejaVuSans-Bold\"}]%s}}",
	    number++, sound[0] == '\0' ? "" : ",\"audio\":{}", text, transition, sound);
}

#define MUSIC ",\"audio\":[{\"asset\":\"m\",\"loop\":true,\"fade_in\":0.2,\"fade_out\":0.5}]"
#define FRAMES 90 /* 0.4 + 1.6 + 1.6 - 0.4 + 0.4 = 3.6 s at 25 */

/* idr_pic_ids of neighbouring IDR pictures differ: walks the samples of the picture track by stsz, stsc and stco. */
static int
equal_neighbours(const struct rig_bytes *file, int *ret_idrs)
{
	const uint8_t *stsz = rig_box(file, "stsz", 0), *stsc = rig_box(file, "stsc", 0),
		      *stco = rig_box(file, "stco", 0);
	const uint8_t *stsd = rig_box(file, "stsd", 0), *avcc = stsd + 8 + 8 + 78 + 8;
	const uint32_t chunks = rig_be32(stco + 4), runs = rig_be32(stsc + 4);
	struct h264_info info;
	struct error err = {0};
	uint32_t sample = 0, run = 0, last = UINT32_MAX;
	int equal = 0;

	*ret_idrs = 0;
	CHECK_OK(h264_info(avcc, rig_be32(avcc - 8) - 8, &info, &err), &err);
	for (uint32_t c = 0; c < chunks; c++) {
		const uint8_t *at = file->bytes + rig_be32(stco + 8 + 4 * c);

		while (run + 1 < runs && rig_be32(stsc + 8 + 12 * (run + 1)) <= c + 1)
			run++;
		for (uint32_t i = 0; i < rig_be32(stsc + 8 + 12 * run + 4); i++, sample++) {
			const uint32_t size = rig_be32(stsz + 12 + 4 * sample);
			uint32_t id;

			if (h264_idr(&info, at, size, &id, &err) == 1) {
				equal += id == last;
				last = id;
				(*ret_idrs)++;
			}
			at += size;
		}
	}
	CHECK_INT(sample, rig_be32(stsz + 8));
	return equal;
}

/* ---- tests ---- */

TEST(source_gives_the_asked_picture_in_any_order)
{
	static const size_t order[] = {0, 1, 2, 50, 51, 10, 74, 73, 0, 30, 30, 31};
	struct source *source = NULL;
	struct source_reader *reader = NULL;
	struct task task = {0};
	struct error err = {0};

	if (!CHECK_OK(source_index(test_arena(), &task, "a", rig_inputs[0].fd, &source, &err), &err))
		return;
	CHECK_INT(source->frames, RIG_CLIP_FRAMES);
	CHECK_OK(source_open(source, &task, &reader, &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		const AVFrame *frame;

		if (CHECK_OK(source_read(reader, order[i], &frame, &err), &err))
			CHECK(abs(rig_mean(frame, 0) - rig_luma((int)order[i])) <= 1);
	}
	source_close(&reader);
	/* 25 to 50 a second: each twice; at double speed every other one, from the start on */
	CHECK_INT(source_at(source, 9, 0, 1000000, (AVRational){50, 1}), 4);
	CHECK_INT(source_at(source, 10, 0, 2000000, (AVRational){25, 1}), 20);
	CHECK_INT(source_at(source, 10, 400000, 1000000, (AVRational){25, 1}), 20);
	CHECK_INT(source_at(source, 500, 0, 1000000, (AVRational){25, 1}), RIG_CLIP_FRAMES - 1);
}

TEST(render_file_is_what_was_planned)
{
	const char *args = film_args("dissolve", "Hello", MUSIC);
	struct rig_film film;
	struct rig_bytes file;
	int idrs;

	if (!CHECK_OK(rig_render(args, -1, &film), &film.err))
		return;
	file = rig_file(&film, args);
	CHECK_INT(rig_number(film.json, "/frames"), FRAMES);
	CHECK_INT(rig_number(film.json, "/duration_us"), 3600000);
	CHECK_INT(rig_number(film.json, "/bytes"), file.len);
	CHECK_INT(rig_number(film.json, "/spans/encoded"), rig_number(film.json, "/spans/total"));
	CHECK_INT(rig_number(film.json, "/poster/width"), RIG_WIDTH);
	/* moov before mdat */
	CHECK(memcmp(file.bytes + 4, "ftyp", 4) == 0);
	CHECK(memcmp(file.bytes + rig_be32(file.bytes) + 4, "moov", 4) == 0);
	/* one time step for all pictures; as many as planned */
	CHECK_INT(rig_be32(rig_box(&file, "stts", 0) + 4), 1);
	CHECK_INT(rig_be32(rig_box(&file, "stts", 0) + 8), FRAMES);
	CHECK_INT(rig_be32(rig_box(&file, "stsz", 0) + 8), FRAMES);
	CHECK_INT(
	    rig_be32(rig_box(&file, "stts", 0) + 12) * FRAMES * 1000 / rig_be32(rig_box(&file, "mdhd", 0) + 12), 3600);
	/* one edit a track, of the same length */
	for (int track = 0; track < 2; track++) {
		CHECK_INT(rig_be32(rig_box(&file, "elst", track) + 4), 1);
		CHECK_INT(rig_be32(rig_box(&file, "elst", track) + 8), rig_be32(rig_box(&file, "mvhd", 0) + 16));
	}
	CHECK_INT(rig_be32(rig_box(&file, "elst", 1) + 12), 1024);
	/* 3.6 s at 48 kHz after the priming */
	CHECK_INT(rig_be32(rig_box(&file, "mdhd", 1) + 16), 3600 * 48 + 1024);
	CHECK_INT(equal_neighbours(&file, &idrs), 0);
	CHECK(idrs >= rig_number(film.json, "/spans/total"));
	CHECK_INT(rig_be32(rig_box(&file, "stss", 0) + 4), idrs);
	CHECK(rig_box(&file, "elst", 2) == NULL);
}

TEST(render_shows_the_right_source_pictures)
{
	const char *args = film_args("cut", "Hello", "");
	struct rig_film film;
	struct rig_pixels pixels;

	if (!CHECK_OK(rig_render(args, -1, &film), &film.err))
		return;
	pixels = rig_decode(&film, args);
	/* cut: 10 card + 40 a + 30 b at 1.5 from 10 on + 10 held + 10 colour */
	CHECK_INT(pixels.frames, 100);
	for (int i = 16; i < 40; i++)
		CHECK(abs(pixels.luma[10 + i] - rig_luma(i)) <= 1);
	for (int i = 0; i < 30; i++)
		CHECK(abs(pixels.luma[50 + i] - rig_luma(10 + (int)lround(i * 1.5))) <= 3);
	for (int i = 0; i < 10; i++)
		CHECK(abs(pixels.luma[80 + i] - pixels.luma[79]) <= 1);
	CHECK(abs(pixels.chroma[60] - 150) <= 2);
	CHECK(abs(pixels.chroma[30] - 100) <= 2);
	CHECK(strstr(film.json, "\"audio\":null") != NULL);
}

TEST(render_dissolves_linearly)
{
	const char *args = film_args("dissolve", "Hello", "");
	struct rig_film film;
	struct rig_pixels pixels;

	if (!CHECK_OK(rig_render(args, -1, &film), &film.err))
		return;
	pixels = rig_decode(&film, args);
	CHECK_INT(pixels.frames, FRAMES);
	/* clip a ends at 50, b begins at 40: frame 40 + k shows k/10 of b */
	for (int k = 0; k < 10; k++)
		CHECK(abs(pixels.chroma[40 + k] - (100 + 5 * k)) <= 2);
}

TEST(render_again_reuses_everything_and_is_identical)
{
	const int cache = rig_open_dir(test_dir());
	const char *first_args = film_args("dissolve", "Hello", MUSIC),
		   *second_args = film_args("dissolve", "Hello", MUSIC);
	struct rig_film first, second, full;

	if (!CHECK_OK(rig_render(first_args, cache, &first), &first.err) ||
	    !CHECK_OK(rig_render(second_args, cache, &second), &second.err))
		return;
	CHECK_INT(rig_number(second.json, "/spans/encoded"), 0);
	CHECK_STR(rig_text(second.json, "/sha256"), rig_text(first.json, "/sha256"));
	if (CHECK_OK(rig_render(film_args("dissolve", "Hello", MUSIC), -1, &full), &full.err))
		CHECK_STR(rig_text(full.json, "/sha256"), rig_text(first.json, "/sha256"));
}

/* Whatever is edited: with a cache that knows the film before, the result is that of an empty cache, frame by frame. */
TEST(render_incremental_equals_full)
{
	static const struct {
		const char *transition, *text, *sound;
	} edits[] = {{"dissolve", "Other", ""}, {"fade", "Other", ""}, {"wipe", "Hello", MUSIC}, {"slide", "Hello", ""},
	    {"cut", "Third", MUSIC}};
	const int cache = rig_open_dir(test_dir());
	struct rig_film start;

	if (!CHECK_OK(rig_render(film_args("dissolve", "Hello", ""), cache, &start), &start.err))
		return;
	for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
		const char *args = film_args(edits[i].transition, edits[i].text, edits[i].sound);
		const char *full_args = film_args(edits[i].transition, edits[i].text, edits[i].sound);
		struct rig_film film, full;

		if (!CHECK_OK(rig_render(args, cache, &film), &film.err) ||
		    !CHECK_OK(rig_render(full_args, -1, &full), &full.err))
			continue;
		CHECK(rig_number(film.json, "/spans/reused") > 0);
		CHECK_INT(rig_number(full.json, "/spans/reused"), 0);
		CHECK_STR(rig_decode(&film, args).digest, rig_decode(&full, full_args).digest);
		CHECK_STR(rig_text(film.json, "/sha256"), rig_text(full.json, "/sha256"));
	}
}

/* Turns one byte in the middle of the span's file over. */
static bool
damage(const char *cache, const char *key)
{
	char folder[600];
	const struct dirent *entry;
	bool done = false;
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s/%.2s", cache, key);
	dir = opendir(folder);
	while (dir != NULL && !done && (entry = readdir(dir)) != NULL) {
		int fd = strncmp(entry->d_name, key, strlen(key)) != 0 ? -1 : openat(dirfd(dir), entry->d_name, O_RDWR);
		struct stat st;
		uint8_t byte;

		if (fd < 0 || fstat(fd, &st) < 0)
			continue;
		done = pread(fd, &byte, 1, st.st_size / 2) == 1;
		byte ^= 0xff;
		done = done && pwrite(fd, &byte, 1, st.st_size / 2) == 1;
		(void)close(fd);
	}
	if (dir != NULL)
		(void)closedir(dir);
	return done;
}

TEST(render_rebuilds_damaged_pieces)
{
	const char *folder = test_dir();
	const int cache = rig_open_dir(folder);
	struct rig_film first, second;

	if (!CHECK_OK(rig_render(film_args("dissolve", "Hello", ""), cache, &first), &first.err))
		return;
	CHECK(damage(folder, rig_text(first.json, "/spans/list/1/key")));
	/* the finished film would hide it */
	CHECK(damage(folder, rig_text(first.json, "/key")));
	if (CHECK_OK(rig_render(film_args("dissolve", "Hello", ""), cache, &second), &second.err)) {
		CHECK_INT(rig_number(second.json, "/spans/encoded"), 1);
		CHECK_STR(rig_text(second.json, "/sha256"), rig_text(first.json, "/sha256"));
	}
}

TEST(render_refuses_with_a_reason)
{
	struct rig_film film;

	CHECK_FAILS_CODE(rig_render("{\"output\":\"film.mp4\",\"assets\":{},\"timeline\":{\"version\":1,\"output\":{"
				    "\"width\":64,\"height\":64},"
				    "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"x\",\"duration\":1}]}]}}",
			     -1, &film),
	    &film.err, ERR_INPUT, "clip_unavailable");
	CHECK_FAILS_CODE(
	    rig_render("{\"output\":\"film.mp4\",\"assets\":{\"x\":\"in2\"},\"timeline\":{\"version\":1,\"output\":{"
		       "\"width\":64,"
		       "\"height\":64},\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"x\",\"duration\":1}]}]}}",
		-1, &film),
	    &film.err, ERR_INPUT, "clip_unavailable");
	CHECK_FAILS(
	    rig_render("{\"output\":\"../film.mp4\",\"assets\":{},\"timeline\":{}}", -1, &film), &film.err, ERR_INPUT);
}

TEST(render_dry_run_says_what_it_would_do)
{
	const int cache = rig_open_dir(test_dir());
	const char *args = film_args("dissolve", "Hello", "");
	struct rig_film film, dry;

	if (!CHECK_OK(rig_render(args, cache, &film), &film.err))
		return;
	args = arena_printf(test_arena(), "{\"dry_run\":true,%s", film_args("dissolve", "Changed", "") + 1);
	if (CHECK_OK(rig_render(args, cache, &dry), &dry.err)) {
		CHECK_INT(rig_number(dry.json, "/spans/encoded"), 1);
		CHECK_INT(rig_number(dry.json, "/bytes"), -1);
	}
}

/* As when several machines make a film together: whatever order its parts are made in, the film is the same. */
TEST(render_joins_what_others_made_in_parts)
{
	static const char *const parts[] = {"\"first\":2,\"count\":2", "\"first\":0,\"count\":0,\"sound\":true",
	    "\"first\":4,\"count\":99", "\"first\":0,\"count\":2"};
	const int cache = rig_open_dir(test_dir());
	const char *args = film_args("dissolve", "Hello", MUSIC);
	struct rig_film dry, film, full;

	if (!CHECK_OK(rig_render(arena_printf(test_arena(), "{\"dry_run\":true,%s", args + 1), cache, &dry), &dry.err))
		return;
	const int spans = (int)rig_number(dry.json, "/spans/total");
	const char *key = rig_text(dry.json, "/key");
	CHECK(spans > 4);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		const char *part =
		    i == 2 ? arena_printf(test_arena(), "\"first\":4,\"count\":%d", spans - 4) : parts[i];
		struct rig_film made;

		CHECK_OK(rig_render(arena_printf(test_arena(), "{\"part\":{\"key\":\"%s\",%s},%s", key, part, args + 1),
			     cache, &made),
		    &made.err);
		CHECK_INT(rig_number(made.json, "/bytes"), -1);
	}
	if (!CHECK_OK(rig_render(args, cache, &film), &film.err) || !CHECK_OK(rig_render(args, -1, &full), &full.err))
		return;
	CHECK_INT(rig_number(film.json, "/spans/encoded"), 0);
	CHECK_CONTAINS(film.json, "\"reused\":true");
	CHECK_STR(rig_text(film.json, "/sha256"), rig_text(full.json, "/sha256"));
}

TEST(render_refuses_parts_of_another_plan)
{
	const char *args = film_args("dissolve", "Hello", "") + 1;
	struct rig_film dry, made;

	CHECK_FAILS_CODE(
	    rig_render(
		arena_printf(test_arena(), "{\"part\":{\"key\":\"00\",\"first\":0,\"count\":1},%s", args), -1, &made),
	    &made.err, ERR_INPUT, "plan_differs");
	if (!CHECK_OK(rig_render(arena_printf(test_arena(), "{\"dry_run\":true,%s", args), -1, &dry), &dry.err))
		return;
	CHECK_FAILS(rig_render(arena_printf(test_arena(), "{\"part\":{\"key\":\"%s\",\"first\":1,\"count\":99},%s",
				   rig_text(dry.json, "/key"), args),
			-1, &made),
	    &made.err, ERR_INPUT);
}

TEST(text_of_a_tall_frame_breaks_before_it_gets_small)
{
	const char *args = arena_printf(test_arena(),
	    "{\"output\":\"film%d.mp4\",\"assets\":{},\"timeline\":{\"version\":1,\"output\":{\"width\":108,\"height\":"
	    "192,"
	    "\"fps\":[25,1]},\"tracks\":[{\"items\":[{\"type\":\"card\",\"duration\":0.4,\"size\":96,\"text\":\"Two "
	    "days at the sea\",\"font\":\"DejaVuSans-Bold\"}]}]}}",
	    number++);
	struct rig_film film;

	if (!CHECK_OK(rig_render(args, -1, &film), &film.err))
		return;
	/* of black, 16: two lines of large letters make it 21 on average, one line of small ones 18 */
	CHECK(rig_decode(&film, args).luma[0] >= 20);
}

TEST_MAIN_WITH(rig_set_up, rig_tear_down, ROW(source_gives_the_asked_picture_in_any_order),
    ROW(render_file_is_what_was_planned), ROW(render_shows_the_right_source_pictures), ROW(render_dissolves_linearly),
    ROW(render_again_reuses_everything_and_is_identical), ROW(render_incremental_equals_full),
    ROW(render_rebuilds_damaged_pieces), ROW(render_refuses_with_a_reason), ROW(render_dry_run_says_what_it_would_do),
    ROW(render_joins_what_others_made_in_parts), ROW(render_refuses_parts_of_another_plan),
    ROW(text_of_a_tall_frame_breaks_before_it_gets_small))
