/* Reading the sound of every kind of file, as stereo at the film's rate and from any place; and what a sound looks
 * like. SCENE-90, SCENE-93. */
#include "tests/harness/test_main.h"

#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libavutil/log.h>

#include "lib/base/path.h"
#include "lib/js/read.h"
#include "media/sound_reader.h"
#include "media/task.h"

#define RATE 48000
#define FRAMES_MAX (RATE * 40)

extern char **environ;

static char folder[200];
static float *samples;

static const char *
path_of(const char *name)
{
	return arena_printf(test_arena(), "%s/%s", folder, name);
}

/* FFmpeg's program with the words of a line; 0 when it succeeded. */
static int
run(const char *line, const char *name)
{
	char *words[64], *rest, *text = arena_printf(test_arena(), "ffmpeg -v quiet -y %s %s", line, path_of(name));
	posix_spawn_file_actions_t actions;
	size_t n = 0;
	pid_t pid;
	int status = -1;

	for (char *word = strtok_r(text, " ", &rest); word != NULL && n < 63; word = strtok_r(NULL, " ", &rest))
		words[n++] = word;
	words[n] = NULL;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (posix_spawnp(&pid, words[0], &actions, NULL, words, environ) == 0)
		(void)waitpid(pid, &status, 0);
	posix_spawn_file_actions_destroy(&actions);
	return status;
}

static int
set_up(void)
{
	av_log_set_level(AV_LOG_QUIET);
	snprintf(folder, sizeof(folder), "%s", test_dir());
	samples = calloc(2 * (size_t)FRAMES_MAX, sizeof(*samples));
	return samples == NULL ? 1 : run("-f lavfi -i anullsrc -t 0.1", "probe.wav") == 0 ? 0 : 77;
}

static int
tear_down(void)
{
	free(samples);
	return 0;
}

/* Reads up to `frames` frames into `samples`; -1 when that fails, -2 when there is no sound. */
static int64_t
read_sound(const char *name, int64_t from, size_t frames, size_t portion, struct error *err)
{
	CLEANUP(fd_close) int fd = open(path_of(name), O_RDONLY);
	const struct sound_request request = {.name = name, .fd = fd, .rate = RATE, .from = from};
	CLEANUP(sound_reader_close) struct sound_reader *reader = NULL;
	size_t got = portion, done = 0;
	int ret = sound_reader_open(&request, &reader, err);

	if (ret != 0)
		return ret < 0 ? -1 : -2;
	while (done < frames && got == portion) {
		if (sound_reader_read(reader, samples + 2 * done, portion, &got, err) < 0)
			return -1;
		done += got;
	}
	return (int64_t)done;
}

static double
level(int side, size_t from, size_t to)
{
	double sum = 0;

	for (size_t i = from; i < to; i++)
		sum += (double)samples[2 * i + (size_t)side] * samples[2 * i + (size_t)side];
	return 10 * log10(sum / (double)(to - from) + 1e-12);
}

static bool
near(double value, double expected, double tolerance)
{
	if (fabs(value - expected) <= tolerance)
		return true;
	fprintf(stderr, "%.3f, expected %.3f\n", value, expected);
	return false;
}

/* Channels of tones at -20 dB of power (an amplitude of 0.1414): which sides they are heard on, and how loud. */
TEST(channels_are_mixed_as_they_should)
{
	static const struct {
		const char *source;
		double left, right;
	} rows[] = {
	    {"T:c=mono", -20, -20}, {"T|0:c=stereo", -20, -120}, {"T|T:c=stereo", -20, -20},
	    {"0|0|T|0|0|0:c=5.1", -23.01, -23.01},				   /* centre */
	    {"T|0|0|0|0|0:c=5.1", -20, -120}, {"0|0|0|0|0|T:c=5.1", -120, -23.01}, /* right surround */
	    {"0|0|0|T|0|0:c=5.1", -120, -120},					   /* low frequencies */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf line = BUF_INIT(4096);
		struct error err = {0};

		buf_puts(&line, "-f lavfi -i aevalsrc=");
		for (const char *c = rows[i].source; *c != '\0'; c++)
			if (*c == 'T')
				buf_puts(&line, "0.14142*sin(2*PI*440*t)");
			else
				buf_putc(&line, *c);
		buf_puts(&line, ":s=48000 -t 1 -c:a pcm_f32le");
		CHECK_INT(run(buf_str(&line), "channels.wav"), 0);
		buf_done(&line);
		if (!CHECK_INT(read_sound("channels.wav", 0, RATE, 1000, &err), RATE))
			continue;
		CHECK(near(level(0, 1000, RATE - 1000), rows[i].left, 0.05));
		CHECK(near(level(1, 1000, RATE - 1000), rows[i].right, 0.05));
	}
}

/* One second at any rate is one second, its tone stays in phase, and its stroke in place. */
TEST(rates_become_the_films_exactly)
{
	static const int rates[] = {8000, 11025, 22050, 32000, 44100, 48000, 96000, 192000};

	for (size_t r = 0; r < ARRAY_LEN(rates); r++) {
		struct error err = {0};
		double off = 0;

		CHECK_INT(run(arena_printf(test_arena(),
				  "-f lavfi -i aevalsrc=0.5*sin(2*PI*440*t):s=%d -t 2 -c:a pcm_f32le", rates[r]),
			      "rate.wav"),
		    0);
		if (!CHECK(llabs(read_sound("rate.wav", 0, 3 * RATE, 4096, &err) - 2 * RATE) <= 1))
			continue;
		for (size_t i = RATE / 2; i < 3 * RATE / 2; i++)
			off = fmax(off, fabs((double)samples[2 * i] - 0.5 * sin(2 * M_PI * 440 * (double)i / RATE)));
		/* a hundredth of a sample's time is 0.0003 */
		if (!CHECK(off < 0.001))
			fprintf(stderr, "%d Hz: off by %.5f\n", rates[r], off);
	}
}

/* Every container and codec: the length, and the stroke at 1.5 s within a millisecond; AC-3 has a delay of 256 samples
 * that no container tells. */
TEST(every_kind_of_file_begins_at_its_zero)
{
	static const struct {
		const char *name, *codec;
	} rows[] = {
	    {"z.wav", "-c:a pcm_s16le"},
	    {"z8.wav", "-c:a pcm_u8"},
	    {"z24.wav", "-c:a pcm_s24le"},
	    {"z.flac", "-c:a flac"},
	    {"z.mp3", "-c:a libmp3lame -b:a 192k"},
	    {"z.m4a", "-c:a aac -b:a 192k"},
	    {"z.ogg", "-c:a libvorbis -q:a 6"},
	    {"z.opus", "-c:a libopus -b:a 160k"},
	    {"z.mkv", "-c:a libopus -b:a 160k"},
	    {"z.mov", "-c:a pcm_s16be"},
	    {"z.ac3.mkv", "-c:a ac3 -b:a 256k"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error err = {0};
		int64_t frames, at = 0;

		CHECK_INT(
		    run(arena_printf(test_arena(),
			    "-f lavfi -i aevalsrc=if(gte(t\\,1.5)\\,0.7*exp(-(t-1.5)*250)*cos(2*PI*1800*(t-1.5))\\,0)"
			    ":s=48000:c=stereo -t 3 %s",
			    rows[i].codec),
			rows[i].name),
		    0);
		frames = read_sound(rows[i].name, 0, 4 * RATE, 5000, &err);
		if (!CHECK(frames >= 3 * RATE - 1 && frames < 3 * RATE + 2500)) {
			fprintf(stderr, "%s: %lld frames, %s\n", rows[i].name, (long long)frames, err.text);
			continue;
		}
		while (at < frames && fabsf(samples[2 * at]) < 0.2F)
			at++;
		if (!CHECK(llabs(at - RATE * 3 / 2) < RATE / 1000 + (strstr(rows[i].name, "ac3") != NULL ? 256 : 0)))
			fprintf(stderr, "%s: stroke at %.5f\n", rows[i].name, (double)at / RATE);
	}
}

/* From the middle the same comes as from the beginning, near (decoded from the beginning) and far (sought). */
TEST(reading_from_a_place_gives_what_is_there)
{
	static const char *const files[] = {"p.wav", "p.mkv", "p.m4a", "p.mp3", "p.mov"};
	static const char *const codecs[] = {"-c:a pcm_s16le", "-c:a flac", "-c:a aac -b:a 192k",
	    "-c:a libmp3lame -b:a 192k", "-ar 44100 -c:a pcm_s16le"};
	static const int64_t places[] = {1, 4800, 48001, 30 * RATE + 77};
	float *part = calloc(RATE, sizeof(*part));

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct error err = {0};

		CHECK_INT(run(arena_printf(test_arena(),
				  "-f lavfi -i aevalsrc=0.3*sin(2*PI*(200+20*t)*t):s=44100:c=mono -t 35 %s", codecs[i]),
			      files[i]),
		    0);
		for (size_t p = 0; p < ARRAY_LEN(places); p++) {
			double off = 0;

			if (!CHECK_INT(read_sound(files[i], places[p], RATE / 2, RATE / 2, &err), RATE / 2))
				continue;
			memcpy(part, samples, RATE * sizeof(*part));
			CHECK(
			    read_sound(files[i], 0, (size_t)places[p] + RATE / 2, 4096, &err) >= places[p] + RATE / 2);
			for (size_t k = 0; k < RATE; k++)
				off = fmax(off, fabs((double)part[k] - (double)samples[2 * (size_t)places[p] + k]));
			/* Matroska tells whole milliseconds, which are much of a wave of 1.4 kHz where it is sought */
			if (!CHECK(off < (i == 1 && p == 3 ? 0.6 : 0.002)))
				fprintf(stderr, "%s from %lld: off by %.5f\n", files[i], (long long)places[p], off);
		}
	}
	free(part);
}

/* A sound that begins later than its picture is late by as much; one that begins earlier loses its beginning. */
TEST(sound_keeps_its_distance_to_the_picture)
{
	static const struct {
		const char *shift;
		double at;
	} rows[] = {{"0", 1}, {"0.4", 1.4}, {"-0.3", 0.7}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error err = {0};
		int64_t frames, at = 0;

		CHECK_INT(run(arena_printf(test_arena(),
				  "-f lavfi -i color=s=32x32:r=25:d=3 -itsoffset %s -f lavfi -i "
				  "aevalsrc=if(gte(t\\,1)\\,0.7*exp(-(t-1)*250)*cos(2*PI*1800*(t-1))\\,0):s=48000 "
				  "-t 3 -c:v libx264 -c:a pcm_s16le -avoid_negative_ts disabled",
				  rows[i].shift),
			      "shift.mkv"),
		    0);
		frames = read_sound("shift.mkv", 0, 3 * RATE, 1024, &err);
		while (at < frames && fabsf(samples[2 * at]) < 0.2F)
			at++;
		if (!CHECK(llabs(at - (int64_t)(rows[i].at * RATE)) < RATE / 500))
			fprintf(stderr, "shifted by %s: stroke at %.4f\n", rows[i].shift, (double)at / RATE);
	}
}

/* Ogg without a head, half a WAV, a file cut in the middle: an error, or what there is; never a crash. */
TEST(broken_files_give_an_error_or_what_there_is)
{
	static const char *const files[] = {"p.wav", "p.mkv", "p.m4a", "p.mp3", "z.ogg", "z.flac"};

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct error err = {0};
		char *bytes;
		size_t len;
		int64_t frames;

		if (!CHECK_OK(path_read(test_arena(), path_of(files[i]), 8 * MIB, &bytes, &len, &err), &err))
			continue;
		for (size_t k = len / 2; k < len / 2 + 2000 && k < len; k += 3)
			bytes[k] = (char)(bytes[k] ^ 0x5a);
		CHECK_OK(path_write(path_of("broken"), bytes, len / 4 * 3, 0600, &err), &err);
		frames = read_sound("broken", 0, FRAMES_MAX, 4096, &err);
		CHECK(frames >= 0 || (frames == -1 && error_has_code(&err, "sound_unavailable")));
		CHECK_OK(path_write(path_of("broken"), bytes, 40, 0600, &err), &err);
		if (read_sound("broken", 0, RATE, 4096, &err) == -1)
			CHECK(error_has_code(&err, "sound_unavailable"));
	}
}

TEST(a_file_without_sound_says_so)
{
	struct error err = {0};

	CHECK_INT(run("-f lavfi -i color=s=32x32:d=1 -c:v libx264", "mute.mp4"), 0);
	CHECK_INT(read_sound("mute.mp4", 0, RATE, 4096, &err), -2);
	CHECK_OK(path_write(path_of("text"), "not a sound", 11, 0600, &err), &err);
	CHECK_INT(read_sound("text", 0, RATE, 4096, &err), -1);
	CHECK(error_has_code(&err, "sound_unavailable"));
}

/* ---- waveform ---- */

static int
look(const char *args, const char *name, const struct js_value **ret_result, struct error *err)
{
	CLEANUP(fd_close) int scratch = open(folder, O_RDONLY | O_DIRECTORY);
	CLEANUP(fd_close) int fd = open(path_of(name), O_RDONLY);
	const struct task_input input = {"in0", fd};
	struct arena *arena = arena_new(64 * MIB);
	struct buf result = BUF_INIT(MIB);
	struct task task;
	int ret = task_test_init(&task, arena, args, scratch, &input, 1, err);

	if (ret == 0)
		ret = waveform_run(&task, &result, err);
	if (ret == 0)
		CHECK_OK(js_parse_free(test_arena(), result.data, result.len, ret_result, err), err);
	buf_done(&result);
	arena_free(&arena);
	return ret;
}

/* A second of tone, a second of half of it, two of silence. */
TEST(waveform_shows_what_is_heard)
{
	const struct js_value *result = NULL, *peaks = NULL;
	struct error err = {0};
	char *text;
	size_t len;

	CHECK_INT(
	    run("-f lavfi -i aevalsrc=0.8*sin(2*PI*440*t)*lt(t\\,2)*(1-0.5*gte(t\\,1)):s=44100 -t 4 -c:a pcm_s16le",
		"wave.wav"),
	    0);
	if (!CHECK_OK(look("{\"input\":\"in0\",\"output\":\"wave.png\",\"peaks\":\"wave.json\",\"width\":400}",
			  "wave.wav", &result, &err),
		&err) ||
	    !CHECK_OK(path_read(test_arena(), path_of("wave.json"), MIB, &text, &len, &err), &err) ||
	    !CHECK_OK(js_parse_free(test_arena(), text, len, &peaks, &err), &err))
		return;
	CHECK_INT(js_number(result, "/duration_us", 0), 4000000);
	CHECK_INT(js_number(result, "/output/bytes", 0) > 100, 1);
	CHECK_INT(js_number(peaks, "/version", 0), 2);
	CHECK_INT(js_number(peaks, "/length", 0), js_number(result, "/columns", 0));
	CHECK(js_number(result, "/columns", 0) <= 400 && js_number(result, "/columns", 0) > 360);
	CHECK_INT(js_count(peaks, "/data"), 2 * js_number(peaks, "/length", 0));
	CHECK_INT(js_count(peaks, "/rms"), js_number(peaks, "/length", 0));
	for (int i = 0; i < 3; i++) {
		const double second[] = {0.8, 0.4, 0};
		const int64_t column = (int64_t)((i + 0.5) * 48000) / js_number(peaks, "/samples_per_pixel", 1);
		const char *low = arena_printf(test_arena(), "/data/%lld", (long long)column * 2);
		const char *high = arena_printf(test_arena(), "/data/%lld", (long long)column * 2 + 1);
		const char *rms = arena_printf(test_arena(), "/rms/%lld", (long long)column);

		CHECK(llabs(js_number(peaks, high, 999) - llround(second[i] * 127)) <= 1);
		CHECK(llabs(js_number(peaks, low, 999) + llround(second[i] * 127)) <= 1);
		CHECK(llabs(js_number(peaks, rms, 999) - llround(second[i] * 127 / sqrt(2))) <= 1);
	}
}

TEST(waveform_of_a_few_samples_and_of_a_long_sound)
{
	const struct js_value *result = NULL;
	struct error err = {0};

	CHECK_INT(run("-f lavfi -i aevalsrc=0.5:s=48000 -af atrim=end_sample=100 -c:a pcm_s16le", "few.wav"), 0);
	if (CHECK_OK(look("{\"input\":\"in0\",\"output\":\"few.png\"}", "few.wav", &result, &err), &err))
		CHECK_INT(js_number(result, "/columns", 0), 100);
	CHECK_INT(run("-f lavfi -i anoisesrc=r=8000:a=0.1 -t 900 -c:a pcm_s16le", "long.wav"), 0);
	if (CHECK_OK(look("{\"input\":\"in0\",\"peaks\":\"long.json\"}", "long.wav", &result, &err), &err)) {
		CHECK(llabs(js_number(result, "/duration_us", 0) - 900000000) < 50);
		CHECK(js_number(result, "/columns", 0) <= 1200 && js_number(result, "/columns", 0) > 1100);
	}
}

TEST(waveform_refuses_what_it_cannot_do)
{
	const struct js_value *result = NULL;
	struct error err = {0};

	CHECK_FAILS(look("{\"input\":\"in0\"}", "wave.wav", &result, &err), &err, ERR_INPUT);
	CHECK_FAILS(
	    look("{\"input\":\"in0\",\"output\":\"x\",\"peaks\":\"x\"}", "wave.wav", &result, &err), &err, ERR_INPUT);
	CHECK_FAILS(look("{\"input\":\"in0\",\"output\":\"../x\"}", "wave.wav", &result, &err), &err, ERR_INPUT);
	CHECK_FAILS(
	    look("{\"input\":\"in0\",\"output\":\"x\",\"width\":9000}", "wave.wav", &result, &err), &err, ERR_INPUT);
	CHECK_FAILS_CODE(look("{\"input\":\"in0\",\"output\":\"x\"}", "mute.mp4", &result, &err), &err, ERR_INPUT,
	    "sound_unavailable");
}

TEST_MAIN_WITH(set_up, tear_down, ROW(channels_are_mixed_as_they_should), ROW(rates_become_the_films_exactly),
    ROW(every_kind_of_file_begins_at_its_zero), ROW(reading_from_a_place_gives_what_is_there),
    ROW(sound_keeps_its_distance_to_the_picture), ROW(broken_files_give_an_error_or_what_there_is),
    ROW(a_file_without_sound_says_so), ROW(waveform_shows_what_is_heard),
    ROW(waveform_of_a_few_samples_and_of_a_long_sound), ROW(waveform_refuses_what_it_cannot_do))
