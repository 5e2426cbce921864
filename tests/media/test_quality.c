/*
 * Judging marks and peaks: what the plan asks for is never a finding, what nobody asked for is.
 */
#include "tests/harness/test_main.h"

#include <math.h>

#include "media/quality.h"

#define FRAMES 120 /* 4 s at 30 */

static struct canvas_mark marks[FRAMES];
static uint8_t expected[FRAMES];
static struct quality_list list;
static struct quality_pictures sums;

/* A film of one clip that moves: evenly lit, each picture a little different. */
static void
good_film(void)
{
	for (int n = 0; n < FRAMES; n++) {
		marks[n] = (struct canvas_mark){
		    .mean = {(uint16_t)(100 * 256 + n % 7 * 20), 120 * 256, 130 * 256}, .change = 300, .lit = 60000};
		expected[n] = QUALITY_SEEN | (n > 0 ? QUALITY_MOVES : 0);
	}
}

static void
judge(void)
{
	list = (struct quality_list){0};
	quality_pictures(&(struct quality_film){30, 1, FRAMES, marks, expected}, &sums, &list);
}

/* The first one; code QUALITY_CODE__COUNT: there is none. */
static struct quality_finding
finding(enum quality_code code)
{
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].code == code)
			return list.items[i];
	return (struct quality_finding){.code = QUALITY_CODE__COUNT};
}

static bool
found(enum quality_code code)
{
	return finding(code).code == code;
}

TEST(a_good_film_has_no_findings)
{
	good_film();
	judge();
	CHECK_INT(list.count, 0);
	CHECK_INT(sums.black + sums.frozen + sums.duplicated + sums.flashes + sums.visible, 0);
	CHECK(fabs(sums.mean - 100.2) < 0.3);
}

TEST(black_counts_only_where_a_picture_is_shown)
{
	good_film();
	for (int n = 30; n < 60; n++) {
		marks[n].lit = 10;
		marks[n].mean[0] = 100 * 256;
		expected[n] = 0;
	}
	judge();
	CHECK_INT(list.count, 0);
	for (int n = 30; n < 60; n++)
		expected[n] = QUALITY_SEEN;
	judge();
	const struct quality_finding black = finding(QUALITY_BLACK);
	CHECK(found(QUALITY_BLACK) && black.severity == QUALITY_ERROR);
	CHECK_INT(black.frame, 30);
	CHECK_INT(black.frames, 30);
	CHECK(fabs(black.value - 1.0) < 1e-9);
	CHECK_INT(sums.black, 30);
}

TEST(two_black_frames_are_forgiven_three_are_not)
{
	good_film();
	marks[FRAMES - 1].lit = marks[FRAMES - 2].lit = 0;
	judge();
	CHECK(!found(QUALITY_BLACK));
	marks[FRAMES - 3].lit = 0;
	judge();
	CHECK(found(QUALITY_BLACK) && finding(QUALITY_BLACK).severity == QUALITY_WARNING);
}

TEST(a_title_on_black_is_not_black)
{
	good_film();
	for (int n = 0; n < FRAMES; n++)
		marks[n].lit = 400; /* 0.6 % */
	judge();
	CHECK_INT(list.count, 0);
}

TEST(a_held_picture_is_not_frozen_a_stuck_clip_is)
{
	good_film();
	for (int n = 40; n < 100; n++) {
		marks[n].flags = CANVAS_SAME;
		expected[n] = QUALITY_SEEN;
	}
	judge();
	CHECK_INT(list.count, 0);
	for (int n = 40; n < 60; n++)
		expected[n] |= QUALITY_MOVES;
	judge();
	CHECK(found(QUALITY_FROZEN) && finding(QUALITY_FROZEN).severity == QUALITY_WARNING);
	CHECK_INT(sums.frozen, 20);
	for (int n = 40; n < 100; n++)
		expected[n] |= QUALITY_MOVES;
	judge();
	CHECK(finding(QUALITY_FROZEN).severity == QUALITY_ERROR);
}

TEST(pictures_that_come_twice_are_told_once_when_they_are_many)
{
	good_film();
	for (int n = 5; n < 25; n += 5)
		marks[n].flags = CANVAS_SAME;
	judge();
	CHECK_INT(list.count, 0);
	CHECK_INT(sums.duplicated, 4);
	for (int n = 5; n < FRAMES; n += 5)
		marks[n].flags = CANVAS_SAME;
	judge();
	CHECK_INT(list.count, 1);
	CHECK(found(QUALITY_DUPLICATED) && finding(QUALITY_DUPLICATED).value > 0.15);
}

TEST(one_bright_picture_is_a_flash_a_cut_is_not)
{
	good_film();
	for (int n = 50; n < FRAMES; n++)
		marks[n].mean[0] = 200 * 256;
	expected[50] |= QUALITY_STARTS | QUALITY_CUT;
	judge();
	CHECK_INT(list.count, 0);
	marks[20].mean[0] = 200 * 256;
	judge();
	CHECK_INT(list.count, 1);
	CHECK(found(QUALITY_FLASH));
	CHECK_INT(finding(QUALITY_FLASH).frame, 20);
	expected[20] |= QUALITY_CUT;
	expected[21] |= QUALITY_CUT;
	judge();
	CHECK_INT(list.count, 0);
}

TEST(more_than_three_flashes_a_second_are_an_error)
{
	good_film();
	for (int n = 0; n < FRAMES; n++)
		marks[n].mean[0] = n / 6 % 2 == 0 ? 100 * 256 : 130 * 256; /* five turns a second */
	judge();
	CHECK(!found(QUALITY_FLASHING));
	for (int n = 60; n < 90; n++)
		marks[n].mean[0] = n / 3 % 2 == 0 ? 100 * 256 : 130 * 256; /* ten turns a second */
	judge();
	const struct quality_finding flashing = finding(QUALITY_FLASHING);
	CHECK(found(QUALITY_FLASHING) && flashing.severity == QUALITY_ERROR && flashing.value > 3);
	CHECK(flashing.frame >= 30 && flashing.frame + flashing.frames <= 100);
}

TEST(a_step_at_a_join_shows_unless_all_is_in_motion)
{
	good_film();
	expected[60] |= QUALITY_STARTS;
	judge();
	CHECK_INT(sums.joins, 1);
	CHECK_INT(sums.step_frame, 60);
	CHECK_INT(sums.visible, 0);
	for (int n = 60; n < FRAMES; n++)
		marks[n].mean[2] = 137 * 256;
	judge();
	CHECK_INT(sums.visible, 1);
	CHECK(found(QUALITY_JOIN) && fabs(finding(QUALITY_JOIN).value - 7) < 0.01);
	marks[59].mean[2] = 133 * 256; /* colour runs up anyway */
	judge();
	CHECK_INT(sums.visible, 0);
	marks[59].mean[2] = 130 * 256;
	expected[60] |= QUALITY_CUT;
	judge();
	CHECK_INT(sums.visible, 0);
	CHECK_INT(sums.cuts, 1);
}

TEST(levels_outside_the_range_must_last)
{
	good_film();
	for (int n = 10; n < 20; n++)
		marks[n].high = 6000;
	judge();
	CHECK_INT(list.count, 0);
	CHECK(sums.out_of_range > 0.09);
	for (int n = 10; n < 30; n++)
		marks[n].high = 3000;
	judge();
	CHECK(found(QUALITY_LEVELS));
}

/* ---- sound ---- */

static float peaks[80];

static struct quality_sound
good_sound(void)
{
	for (size_t i = 0; i < ARRAY_LEN(peaks); i++)
		peaks[i] = 0.5f;
	return (struct quality_sound){.fps_num = 30,
	    .fps_den = 1,
	    .lufs = -16.4,
	    .target = -16,
	    .true_peak = -1.5,
	    .peak_limit = -1.5,
	    .peaks = peaks,
	    .n_peaks = ARRAY_LEN(peaks)};
}

static double
judge_sound(const struct quality_sound *sound)
{
	double silent;

	list = (struct quality_list){0};
	quality_sound(sound, &silent, &list);
	return silent;
}

TEST(good_sound_has_no_findings)
{
	const struct quality_sound sound = good_sound();

	CHECK(judge_sound(&sound) < 1e-9);
	CHECK_INT(list.count, 0);
}

TEST(sound_beside_its_numbers_is_found)
{
	struct quality_sound sound = good_sound();

	sound.lufs = -18;
	sound.true_peak = -1.0;
	sound.clipped = 3;
	sound.offset_us = -21333;
	(void)judge_sound(&sound);
	CHECK_INT(list.count, 4);
	CHECK(found(QUALITY_LOUDNESS) && found(QUALITY_TRUE_PEAK));
	CHECK(finding(QUALITY_CLIPPED).severity == QUALITY_ERROR);
	CHECK(finding(QUALITY_SYNC).severity == QUALITY_ERROR);
}

TEST(long_silence_is_found_with_its_place)
{
	struct quality_sound sound = good_sound();

	for (size_t i = 20; i < 45; i++)
		peaks[i] = 0.0005f;
	peaks[60] = 0;
	CHECK(fabs(judge_sound(&sound) - 2.6) < 1e-9);
	CHECK_INT(list.count, 1);
	CHECK_INT(finding(QUALITY_SILENCE).frame, 60);
	CHECK_INT(finding(QUALITY_SILENCE).frames, 75);
	for (size_t i = 0; i < ARRAY_LEN(peaks); i++)
		peaks[i] = 0;
	sound.lufs = -INFINITY;
	(void)judge_sound(&sound);
	CHECK(!found(QUALITY_LOUDNESS));
	CHECK(finding(QUALITY_SILENCE).severity == QUALITY_ERROR);
}

TEST(findings_are_sorted_and_bounded)
{
	list = (struct quality_list){0};
	for (int i = 0; i < QUALITY_FINDINGS_MAX + 5; i++)
		quality_add(&list, &(struct quality_finding){.code = QUALITY_FLASH, .frame = 1000 - i, .frames = 1});
	quality_sort(&list);
	CHECK_INT(list.count, QUALITY_FINDINGS_MAX);
	CHECK_INT(list.left_out, 5);
	CHECK(list.items[0].frame < list.items[1].frame);
}

TEST(every_code_has_its_words)
{
	for (int i = 0; i < QUALITY_CODE__COUNT; i++)
		CHECK(quality_code_name(i)[0] != '\0' && quality_unit(i)[0] != '\0' && quality_sentence(i)[0] != '\0');
}

TEST_MAIN(ROW(a_good_film_has_no_findings), ROW(black_counts_only_where_a_picture_is_shown),
    ROW(two_black_frames_are_forgiven_three_are_not), ROW(a_title_on_black_is_not_black),
    ROW(a_held_picture_is_not_frozen_a_stuck_clip_is), ROW(pictures_that_come_twice_are_told_once_when_they_are_many),
    ROW(one_bright_picture_is_a_flash_a_cut_is_not), ROW(more_than_three_flashes_a_second_are_an_error),
    ROW(a_step_at_a_join_shows_unless_all_is_in_motion), ROW(levels_outside_the_range_must_last),
    ROW(good_sound_has_no_findings), ROW(sound_beside_its_numbers_is_found), ROW(long_silence_is_found_with_its_place),
    ROW(findings_are_sorted_and_bounded), ROW(every_code_has_its_words))
