/*
 * The report of a render: what is planned is not found, what is wrong is, with its place and a picture.
 */
#include "tests/media/film_rig.h"

#include <sys/stat.h>

#include "lib/base/path.h"

#define OUTPUT "\"output\":{\"width\":160,\"height\":96,\"fps\":[25,1]%s}"
#define FRAMES 90 /* 0.4 + 1.6 + 1.6 - 0.4 + 0.4 = 3.6 s at 25 */

/* A card, two clips that dissolve, the second held, a colour; an overlay and music. */
static const char good_film[] =
    "{\"output\":\"film.mp4\",\"assets\":{\"a\":\"in0\",\"b\":\"in1\",\"m\":\"in2\"},\"timeline\":{\"version\":1,"
    "\"output\":{\"width\":160,\"height\":96,\"fps\":[25,1],\"audio\":{}},\"tracks\":[{\"items\":["
    "{\"type\":\"card\",\"duration\":0.4,\"text\":\"Hello\",\"font\":\"DejaVuSans-Bold\"},"
    "{\"type\":\"clip\",\"asset\":\"a\",\"duration\":1.6},"
    "{\"type\":\"clip\",\"asset\":\"b\",\"in\":0.4,\"duration\":1.2,\"speed\":1.5,\"hold\":0.4},"
    "{\"type\":\"colour\",\"color\":\"#804020\",\"duration\":0.4}],"
    "\"transitions\":[{\"after\":1,\"type\":\"dissolve\",\"duration\":0.4}]}],"
    "\"overlays\":[{\"type\":\"text\",\"text\":\"Over\",\"start\":0.4,\"end\":1.0,\"font\":\"DejaVuSans-Bold\"}],"
    "\"audio\":[{\"asset\":\"m\",\"loop\":true,\"fade_in\":0.2,\"fade_out\":0.5}]}}";

/* The report file of a film rendered with `args` and one more member. */
static char *
report_of(const char *args, const char *name, struct rig_film *film)
{
	char *text = NULL;

	args = arena_printf(test_arena(), "{\"report\":\"%s.json\",%s", name, args + 1);
	if (CHECK_OK(rig_render(args, -1, film), &film->err))
		(void)CHECK_OK(
		    path_read(test_arena(), arena_printf(test_arena(), "/proc/self/fd/%d/%s.json", film->dir, name),
			MIB, &text, NULL, &film->err),
		    &film->err);
	return text == NULL ? arena_strdup(test_arena(), "{}") : text;
}

/* Cards, holds and dissolves stand and change as planned: nothing is found. */
TEST(report_of_a_good_film_finds_nothing)
{
	struct rig_film film;
	const char *report = report_of(good_film, "good", &film);

	CHECK_INT(rig_number(report, "/version"), 1);
	CHECK_INT(rig_number(report, "/film/frames"), FRAMES);
	CHECK_STR(rig_text(report, "/film/sha256"), rig_text(film.json, "/sha256"));
	CHECK_STR(rig_text(report, "/findings/0/code"), "");
	CHECK_INT(rig_number(report, "/picture/frozen_frames"), 0);
	CHECK_INT(rig_number(report, "/picture/duplicated_frames"), 0);
	CHECK_INT(rig_number(report, "/joins/count"), rig_number(film.json, "/spans/total") - 1);
	CHECK(rig_number(report, "/joins/cuts") >= 2);
	CHECK(rig_number(report, "/joins/cuts") < rig_number(report, "/joins/count"));
	CHECK_INT(rig_number(report, "/joins/visible"), 0);
	CHECK_INT(rig_number(report, "/sound/offset_us"), 0);
	CHECK_INT(rig_number(report, "/sound/clipped_samples"), 0);
	CHECK_INT(rig_number(film.json, "/report/errors"), 0);
}

TEST(report_shows_what_is_wrong_with_a_clip)
{
	struct rig_film film;
	const char *args = arena_printf(test_arena(),
	    "{\"output\":\"wrong.mp4\",\"assets\":{\"c\":\"in3\"},\"contact_sheet\":{\"output\":\"sheet.jpg\","
	    "\"frames\":6,\"columns\":3,\"tile_width\":128},\"timeline\":{\"version\":1," OUTPUT
	    ",\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"c\",\"duration\":3}]}]}}",
	    "");
	const char *report = report_of(args, "wrong", &film);
	struct stat st;

	CHECK_STR(rig_text(report, "/findings/0/code"), "black");
	CHECK_STR(rig_text(report, "/findings/0/severity"), "error");
	CHECK_INT(rig_number(report, "/findings/0/frame"), 20);
	CHECK_INT(rig_number(report, "/findings/0/frames"), 20);
	CHECK_STR(rig_text(report, "/findings/0/thumbnail"), "wrong-1.jpg");
	CHECK_STR(rig_text(report, "/findings/1/code"), "frozen");
	CHECK_STR(rig_text(report, "/findings/2/code"), "frozen");
	CHECK_INT(rig_number(report, "/findings/2/frame"), 51);
	CHECK_INT(rig_number(report, "/findings/2/frames"), 19);
	CHECK_INT(rig_number(report, "/picture/black_frames"), 20);
	CHECK_INT(rig_number(film.json, "/measurements/black_frames"), 20);
	CHECK_STR(rig_text(film.json, "/report/thumbnails/0"), "wrong-1.jpg");
	CHECK(fstatat(film.dir, "wrong-1.jpg", &st, 0) == 0 && st.st_size > 100);
	CHECK_INT(rig_number(film.json, "/contact_sheet/width"), 4 + 3 * 132);
	CHECK_INT(rig_number(film.json, "/contact_sheet/height"), 4 + 2 * (76 + 4));
	CHECK(
	    fstatat(film.dir, "sheet.jpg", &st, 0) == 0 && st.st_size == rig_number(film.json, "/contact_sheet/bytes"));
}

TEST_MAIN_WITH(
    rig_set_up, rig_tear_down, ROW(report_of_a_good_film_finds_nothing), ROW(report_shows_what_is_wrong_with_a_clip))
