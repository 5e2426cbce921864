/* Sound and picture together, as a clapper board shows it: clips with a flash and a click in the same moment go through
 * every kind of join, and the finished file is measured by FFmpeg's own program. SCENE-64, SCENE-65, SCENE-68,
 * SCENE-74, SCENE-90 to SCENE-94, ADS-233, ADS-234, ADS-318. */
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
#include "media/task.h"

#define FILES_MAX 24
#define SIDE 64
#define RATE 48000

extern char **environ;

static struct task_input inputs[FILES_MAX];
static char input_names[FILES_MAX][16];
static size_t n_inputs;
static int number;
static char folder[200];

/* ---- FFmpeg's program ---- */

/* Runs the words of a line (no quoting; '~' stands for a space inside a word) in the test's folder; what it says goes
 * to `said`. */
static int PRINTF_LIKE(2, 3) run(const char *said, const char *format, ...)
{
	char *line, *words[64], *rest;
	posix_spawn_file_actions_t actions;
	size_t n = 0;
	va_list args;
	pid_t pid;
	int status = -1;

	va_start(args, format);
	line = arena_vprintf(test_arena(), format, args);
	va_end(args);
	for (char *word = strtok_r(line, " ", &rest); word != NULL && n < 63; word = strtok_r(NULL, " ", &rest)) {
		for (char *c = word; *c != '\0'; c++)
			*c = *c == '~' ? ' ' : *c;
		words[n++] = word;
	}
	words[n] = NULL;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(
	    &actions, 2, said == NULL ? "/dev/null" : said, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (posix_spawnp(&pid, words[0], &actions, NULL, words, environ) == 0)
		(void)waitpid(pid, &status, 0);
	posix_spawn_file_actions_destroy(&actions);
	if (status != 0 && said != NULL) {
		struct error err = {0};
		char *text = NULL;

		if (path_read(test_arena(), said, MIB, &text, NULL, &err) == 0)
			fprintf(stderr, "%s\n", text);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char *
path_of(const char *name)
{
	return arena_printf(test_arena(), "%s/%s", folder, name);
}

/* Makes an input and returns its number; the arguments come between the program's name and the file's. */
static size_t
make_input(const char *name, const char *arguments)
{
	const char *path = path_of(name);
	const size_t index = n_inputs++;

	if (run(path_of("said"), "ffmpeg -v error -y %s %s", arguments, path) != 0) {
		fprintf(stderr, "making %s: %s\n", name, arguments);
		exit(1);
	}
	snprintf(input_names[index], sizeof(input_names[index]), "in%zu", index);
	inputs[index] = (struct task_input){input_names[index], open(path, O_RDONLY)};
	return index;
}

/* A board of `frames` pictures that flashes from picture `flash` on, long enough that no change of rate leaves it out,
 * and clicks when that is shown. */
static size_t
make_board(const char *name, const char *fps, int frames, int flash, double flash_s, const char *sound)
{
	return make_input(name,
	    arena_printf(test_arena(),
		"-f lavfi -i color=black:s=%dx%d:r=%s,drawbox=c=white:t=fill:enable='between(n\\,%d\\,%d)' "
		"-f lavfi -i aevalsrc=if(gte(t\\,%.6f)\\,0.7*exp(-(t-%.6f)*250)*cos(2*PI*1800*(t-%.6f))\\,0):s=%s "
		"-c:v libx264 -crf 12 -pix_fmt yuv420p -t %.6f",
		SIDE, SIDE, fps, flash, flash + 2, flash_s, flash_s, flash_s, sound, (double)frames * flash_s / flash));
}

enum { BOARD_25, BOARD_30, BOARD_NTSC, BOARD_AAC, BOARD_LATE, TAKE, OTHER, MUTE, SPEECH, BED, SHORT_MUSIC };

static int
set_up(void)
{
	av_log_set_level(AV_LOG_QUIET);
	snprintf(folder, sizeof(folder), "%s", test_dir());
	if (run(NULL, "ffmpeg -v quiet -f lavfi -i color -t 0.1 -f null -") != 0)
		return 77;
	make_board("b25.mov", "25", 50, 20, 0.8, "48000:c=stereo -c:a pcm_s16le");
	make_board("b30.mov", "30", 60, 24, 0.8, "44100:c=mono -c:a pcm_s16le");
	make_board("bntsc.mkv", "30000/1001", 60, 24, 24 * 1001.0 / 30000, "22050:c=mono -c:a flac");
	make_board("baac.mp4", "25", 50, 20, 0.8, "44100:c=stereo -c:a aac -b:a 192k");
	make_board("blate.mov", "25", 600, 560, 22.4, "48000:c=stereo -c:a pcm_s16le");
	make_input("take.mov",
	    "-f lavfi -i testsrc=s=64x64:r=25 -f lavfi -i aevalsrc=0.3*sin(2*PI*440*t):s=48000:c=stereo "
	    "-t 6 -c:v libx264 -crf 20 -pix_fmt yuv420p -c:a pcm_f32le");
	make_input("other.mov",
	    "-f lavfi -i testsrc=s=64x64:r=25 -f lavfi -i aevalsrc=0.3*sin(2*PI*660*t+1):s=48000:c=stereo "
	    "-t 2 -c:v libx264 -crf 20 -pix_fmt yuv420p -c:a pcm_f32le");
	make_input("mute.mov", "-f lavfi -i testsrc=s=64x64:r=25 -t 2 -c:v libx264 -crf 20 -pix_fmt yuv420p");
	make_input("speech.wav", "-f lavfi -i aevalsrc=0.4*sin(2*PI*300*t)*lt(t\\,1):s=44100:c=mono -t 1.5");
	make_input("bed.wav", "-f lavfi -i aevalsrc=0.1*sin(2*PI*1000*t):s=48000:c=stereo -t 8");
	make_input("short.flac", "-f lavfi -i anoisesrc=a=0.3:r=44100:seed=7:d=1.5");
	return 0;
}

static int
tear_down(void)
{
	for (size_t i = 0; i < n_inputs; i++)
		(void)close(inputs[i].fd);
	return 0;
}

/* ---- films ---- */

struct film {
	char name[32];
	char *json;
	struct error err;
	int64_t frames;
	double fps;
	uint8_t *luma; /* of the middle of each frame */
	size_t n_luma;
	float *sound; /* stereo */
	size_t n_sound;
};

#define OUTPUT(num, den) "\"output\":{\"width\":64,\"height\":64,\"fps\":[" #num "," #den "],\"audio\":{}}"

/* The timeline's members after "version". Assets are a0, a1, ... as the inputs are numbered. */
static int
render(struct film *film, const char *timeline, unsigned threads)
{
	struct arena *arena = arena_new(256 * MIB);
	struct buf result = BUF_INIT(MIB);
	struct buf args = BUF_INIT(MIB);
	struct task task;
	int scratch, ret;

	*film = (struct film){0};
	snprintf(film->name, sizeof(film->name), "film%d.mp4", number++);
	buf_printf(&args,
	    "{\"output\":\"%s\",\"waveform\":\"%s.png\",\"peaks\":\"%s.json\",\"threads\":%u,\"assets\":{", film->name,
	    film->name, film->name, threads);
	for (size_t i = 0; i < n_inputs; i++)
		buf_printf(&args, "%s\"a%zu\":\"in%zu\"", i == 0 ? "" : ",", i, i);
	buf_printf(&args, "},\"timeline\":{\"version\":1,%s}}", timeline);
	scratch = open(folder, O_RDONLY | O_DIRECTORY);
	ret = task_test_init(&task, arena, buf_str(&args), scratch, inputs, n_inputs, &film->err);
	task.threads = threads;
	if (ret == 0)
		ret = render_run(&task, &result, &film->err);
	film->json = arena_strdup(test_arena(), buf_str(&result));
	buf_done(&result);
	buf_done(&args);
	arena_free(&arena);
	/* pieces of one film are no cache of the next */
	if (ret == 0)
		run(NULL, "find %s -name *.piece -delete", folder);
	(void)close(scratch);
	return ret;
}

static const struct js_value *
json_of(const struct film *film)
{
	const struct js_value *value = NULL;
	struct error err = {0};

	CHECK_OK(js_parse_free(test_arena(), film->json, strlen(film->json), &value, &err), &err);
	return value;
}

static char *
read_all(struct arena *arena, const char *name, size_t *ret_len)
{
	struct error err = {0};
	char *bytes = NULL;

	*ret_len = 0;
	CHECK_OK(path_read(arena, path_of(name), 64 * MIB, &bytes, ret_len, &err), &err);
	return bytes;
}

/* Decodes the finished file with FFmpeg's program. */
static bool
watch(struct film *film)
{
	static struct arena *arenas[2]; /* of this film and the one before */
	const struct js_value *json = json_of(film);
	struct arena *watched = arena_new(64 * MIB);
	size_t len;

	arena_free(&arenas[number % 2]);
	arenas[number % 2] = watched;

	film->frames = js_number(json, "/frames", -1);
	film->fps = (double)js_number(json, "/fps_num", 0) / (double)js_number(json, "/fps_den", 1);
	if (!CHECK_INT(run(path_of("said"),
			   "ffmpeg -v error -y -i %s -map 0:v -vf crop=4:4:30:30 -vsync 0 -f rawvideo -pix_fmt gray %s "
			   "-map 0:a -f f32le %s",
			   path_of(film->name), path_of("luma"), path_of("sound")),
		0))
		return false;
	film->luma = (uint8_t *)read_all(watched, "luma", &len);
	film->n_luma = len / 16;
	for (size_t i = 0; i < film->n_luma; i++)
		film->luma[i] = film->luma[16 * i];
	film->sound = (float *)(void *)read_all(watched, "sound", &len);
	film->n_sound = len / (2 * sizeof(float));
	/* what the decoder gives beyond the last frame is the rest of the last packet */
	CHECK_INT(film->n_luma, film->frames);
	CHECK_INT(js_number(json, "/audio/samples", 0), llround((double)film->frames / film->fps * RATE));
	CHECK(film->n_sound >= (size_t)js_number(json, "/audio/samples", 0));
	CHECK(film->n_sound < (size_t)js_number(json, "/audio/samples", 0) + 1024);
	return true;
}

static bool
make(struct film *film, const char *timeline)
{
	return CHECK_OK(render(film, timeline, 2), &film->err) && watch(film);
}

/* ---- flashes and clicks ---- */

/* Frames that are brighter than both neighbours and black. */
static size_t
flashes(const struct film *film, double times[static 64])
{
	size_t n = 0;

	for (size_t i = 1; i < film->n_luma && n < 64; i++)
		if (film->luma[i] > 50 && film->luma[i - 1] <= 50)
			times[n++] = (double)i / film->fps;
	return n;
}

/* Where the sound rises above a fifth of the loudest after 50 ms of less. */
static size_t
clicks(const struct film *film, double times[static 64])
{
	const size_t pause = RATE / 20;
	size_t n = 0, quiet = pause;
	float most = 0;

	for (size_t i = 0; i < film->n_sound; i++)
		most = fmaxf(most, fabsf(film->sound[2 * i]));
	for (size_t i = 0; i < film->n_sound && n < 64; i++, quiet++) {
		if (fabsf(film->sound[2 * i]) < most * 0.2F)
			continue;
		if (quiet >= pause)
			times[n++] = (double)i / RATE;
		quiet = 0;
	}
	return n;
}

/* Each flash has its click, at most `limit` frames away. */
static void
check_claps(const struct film *film, size_t expected, double limit)
{
	double seen[64], heard[64];
	const size_t n_seen = flashes(film, seen), n_heard = clicks(film, heard);
	double worst = 0;

	CHECK_INT(n_seen, expected);
	CHECK_INT(n_heard, expected);
	for (size_t i = 0; i < FW_MIN(n_seen, n_heard); i++)
		worst = fmax(worst, fabs(seen[i] - heard[i]) * film->fps);
	if (!CHECK(worst < limit))
		for (size_t i = 0; i < FW_MIN(n_seen, n_heard); i++)
			fprintf(stderr, "flash %.4f click %.4f\n", seen[i], heard[i]);
	fprintf(stderr, "%s: %zu claps, at most %.3f frames apart\n", film->name, n_heard, worst);
}

/* Items of boards, with a transition after each but the last. */
static const char *
boards(const char *output, size_t count, const char *item, const char *transition)
{
	struct buf text = BUF_INIT(64 * KIB);
	const char *copy;

	buf_printf(&text, "%s,\"tracks\":[{\"items\":[", output);
	for (size_t i = 0; i < count; i++)
		buf_printf(&text, "%s%s", i == 0 ? "" : ",", item);
	buf_puts(&text, "],\"transitions\":[");
	for (size_t i = 0; i + 1 < count; i++)
		buf_printf(&text, "%s{\"after\":%zu,%s}", i == 0 ? "" : ",", i, transition);
	buf_puts(&text, "]}]");
	copy = buf_dup(&text, test_arena());
	buf_done(&text);
	return copy;
}

TEST(claps_stay_together_over_ten_cuts)
{
	struct film film;

	if (make(&film, boards(OUTPUT(25, 1), 11, "{\"type\":\"clip\",\"asset\":\"a0\",\"in\":0.48,\"duration\":0.92}",
			    "\"type\":\"cut\"")))
		check_claps(&film, 11, 0.05);
}

TEST(claps_stay_together_in_dissolves_wipes_and_fades)
{
	static const char *const transitions[] = {"\"type\":\"dissolve\",\"duration\":0.4",
	    "\"type\":\"wipe\",\"duration\":0.4", "\"type\":\"slide\",\"duration\":0.4",
	    "\"type\":\"fade\",\"duration\":0.4"};

	for (size_t i = 0; i < ARRAY_LEN(transitions); i++) {
		struct film film;

		if (make(&film, boards(OUTPUT(25, 1), 11, "{\"type\":\"clip\",\"asset\":\"a0\",\"duration\":1.6}",
				    transitions[i])))
			check_claps(&film, 11, 0.05);
	}
}

TEST(claps_stay_together_at_other_speeds)
{
	static const char *const speeds[] = {"0.5", "2", "0.75", "1.5"};

	for (size_t i = 0; i < ARRAY_LEN(speeds); i++) {
		struct film film;
		const char *item = arena_printf(test_arena(),
		    "{\"type\":\"clip\",\"asset\":\"a0\",\"in\":0.2,\"out\":1.4,\"speed\":%s}", speeds[i]);

		/* a picture of the source is shown for more or less than a frame: at most half a frame off */
		if (make(&film, boards(OUTPUT(25, 1), 4, item, "\"type\":\"dissolve\",\"duration\":0.12")))
			check_claps(&film, 4, 0.8);
	}
}

TEST(claps_stay_together_from_every_rate_to_every_rate)
{
	static const struct {
		const char *output;
		const char *asset;
	} rows[] = {
	    {OUTPUT(30, 1), "a0"},				/* 25 to 30 */
	    {OUTPUT(25, 1), "a1"},				/* 30 to 25, mono at 44.1 kHz */
	    {OUTPUT(24, 1), "a2"},				/* 29.97 to 24, in milliseconds */
	    {OUTPUT(30000, 1001), "a0"}, {OUTPUT(25, 1), "a3"}, /* AAC with its priming */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct film film;
		const char *item = arena_printf(
		    test_arena(), "{\"type\":\"clip\",\"asset\":\"%s\",\"in\":0.3,\"duration\":1.13}", rows[i].asset);

		if (make(&film, boards(rows[i].output, 11, item, "\"type\":\"dissolve\",\"duration\":0.17")))
			check_claps(&film, 11, 0.8);
	}
}

/* Far into a file, where it is sought instead of decoded from its beginning. */
TEST(claps_stay_together_far_into_a_file)
{
	struct film film;

	if (make(&film, boards(OUTPUT(25, 1), 3, "{\"type\":\"clip\",\"asset\":\"a4\",\"in\":22.08,\"duration\":1}",
			    "\"type\":\"cut\"")))
		check_claps(&film, 3, 0.05);
}

/* ---- joins ---- */

static double
level(const struct film *film, double from, double to)
{
	double sum = 0;
	const size_t first = (size_t)(from * RATE), last = FW_MIN((size_t)(to * RATE), film->n_sound);

	for (size_t i = first; i < last; i++)
		sum += (double)film->sound[2 * i] * film->sound[2 * i];
	return 10 * log10(sum / (double)FW_MAX(last - first, 1) + 1e-20);
}

/* Level of one frequency, in dB of its amplitude. */
static double
tone_level(const struct film *film, double hz, double from, double to)
{
	double re = 0, im = 0;
	const size_t first = (size_t)(from * RATE), last = FW_MIN((size_t)(to * RATE), film->n_sound);

	for (size_t i = first; i < last; i++) {
		re += (double)film->sound[2 * i] * cos(2 * M_PI * hz * (double)i / RATE);
		im += (double)film->sound[2 * i] * sin(2 * M_PI * hz * (double)i / RATE);
	}
	return 20 * log10(2 * sqrt(re * re + im * im) / (double)(last - first) + 1e-12);
}

/* The largest step from sample to sample, as a share of what a tone of that frequency and the loudest level makes. */
static double
steepness(const struct film *film, double hz, double from, double to)
{
	double step = 0, most = 0;

	for (size_t i = (size_t)(from * RATE) + 1; i < FW_MIN((size_t)(to * RATE), film->n_sound); i++) {
		step = fmax(step, fabs((double)film->sound[2 * i] - (double)film->sound[2 * i - 2]));
		most = fmax(most, fabs((double)film->sound[2 * i]));
	}
	return step / (most * 2 * M_PI * hz / RATE);
}

TEST(a_take_in_ten_parts_sounds_like_the_whole)
{
	struct film whole, parts;
	struct buf text = BUF_INIT(16 * KIB);
	double off = 0;

	buf_puts(&text, OUTPUT(25, 1) ",\"tracks\":[{\"items\":[");
	for (int i = 0; i < 10; i++)
		buf_printf(&text, "%s{\"type\":\"clip\",\"asset\":\"a5\",\"in\":%.2f,\"duration\":0.48}",
		    i == 0 ? "" : ",", i * 0.48);
	buf_puts(&text, "]}]");
	if (!make(&parts, buf_str(&text)) ||
	    !make(&whole,
		OUTPUT(25, 1) ",\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a5\",\"duration\":4.8}]}]"))
		return;
	CHECK_INT(parts.n_sound, whole.n_sound);
	for (size_t i = 0; i < 2 * FW_MIN(parts.n_sound, whole.n_sound); i++)
		off = fmax(off, fabs((double)parts.sound[i] - (double)whole.sound[i]));
	/* -80 dB: what the encoder makes of the last bit */
	CHECK(off < 1e-4);
	buf_done(&text);
}

TEST(different_takes_meet_without_a_click)
{
	struct film film;

	if (!make(&film, boards(OUTPUT(25, 1), 4,
			     "{\"type\":\"clip\",\"asset\":\"a5\",\"in\":0.3,\"duration\":0.6},"
			     "{\"type\":\"clip\",\"asset\":\"a6\",\"duration\":0.6}",
			     "\"type\":\"cut\"")))
		return;
	for (int i = 1; i < 8; i++) {
		CHECK(steepness(&film, 660, i * 0.6 - 0.05, i * 0.6 + 0.05) < 1.15);
		CHECK(
		    level(&film, i * 0.6 - 0.005, i * 0.6 + 0.005) > level(&film, i * 0.6 - 0.1, i * 0.6 + 0.1) - 2.5);
	}
}

/* Two different tones that dissolve keep their power; what is heard beside the pictures does not notice joins. */
TEST(dissolves_keep_their_power_and_beds_run_through)
{
	struct film film;

	if (make(&film, OUTPUT(25, 1) ",\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a5\",\"duration\":2},"
				      "{\"type\":\"clip\",\"asset\":\"a6\",\"duration\":2}],"
				      "\"transitions\":[{\"after\":0,\"type\":\"dissolve\",\"duration\":1}]}]")) {
		const double before = level(&film, 0.2, 0.9);

		for (double at = 1.05; at < 1.95; at += 0.1)
			CHECK(fabs(level(&film, at, at + 0.1) - before) < 1);
		CHECK(fabs(level(&film, 2.1, 2.9) - before) < 0.3);
	}
	if (make(&film, OUTPUT(25, 1) ",\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a7\",\"duration\":0.8},"
				      "{\"type\":\"clip\",\"asset\":\"a7\",\"duration\":0.8},"
				      "{\"type\":\"colour\",\"duration\":0.8}]}],"
				      "\"audio\":[{\"asset\":\"a9\"}]")) {
		CHECK(steepness(&film, 1000, 0.1, 2.3) < 1.05);
		for (double at = 0.1; at < 2.2; at += 0.1)
			CHECK(fabs(level(&film, at, at + 0.1) - level(&film, 0.1, 2.3)) < 0.1);
	}
}

/* ---- programme ---- */

/* The peaks beside the film are those of what is heard in it: six seconds, loudest where somebody speaks. */
static void
check_peaks(const struct film *film)
{
	const char *name = arena_printf(test_arena(), "%s.json", film->name);
	const struct js_value *peaks = NULL;
	struct error err = {0};
	size_t len;
	const char *text = read_all(test_arena(), name, &len);
	int64_t columns;

	CHECK(js_number(json_of(film), "/waveform/bytes", 0) > 100);
	CHECK_INT(js_number(json_of(film), "/peaks/bytes", 0), len);
	if (!CHECK_OK(js_parse_free(test_arena(), text, len, &peaks, &err), &err))
		return;
	columns = js_number(peaks, "/length", 0);
	CHECK(llabs(columns * js_number(peaks, "/samples_per_pixel", 0) - 6 * RATE) <
	      js_number(peaks, "/samples_per_pixel", 0));
	CHECK(js_number(peaks, arena_printf(test_arena(), "/rms/%lld", (long long)(columns * 5 / 12)), 0) >
	      2 * js_number(peaks, arena_printf(test_arena(), "/rms/%lld", (long long)(columns * 9 / 12)), 0));
}

TEST(music_steps_back_under_speech)
{
	struct film film;

	if (!make(&film, OUTPUT(25, 1) ",\"tracks\":[{\"items\":[{\"type\":\"colour\",\"duration\":6}]}],\"audio\":["
				       "{\"asset\":\"a9\",\"role\":\"music\"},"
				       "{\"asset\":\"a8\",\"role\":\"dialogue\",\"start\":2}]"))
		return;
	{
		const double before = tone_level(&film, 1000, 0.5, 1.7);

		CHECK(fabs(tone_level(&film, 1000, 2.1, 2.9) - before + 10) < 0.5);
		CHECK(fabs(tone_level(&film, 1000, 3.5, 5.5) - before) < 0.2);
		/* speech begins with its frame */
		CHECK(tone_level(&film, 300, 1.9, 1.999) < tone_level(&film, 300, 2.02, 2.12) - 30);
		/* and is the loudest */
		CHECK(tone_level(&film, 300, 2.1, 2.9) > tone_level(&film, 1000, 2.1, 2.9) + 15);
	}
	CHECK(js_real(json_of(&film), "/audio/speech_s", 0) > 0.95);
	check_peaks(&film);
}

/* The number after the last occurrence of a word in what FFmpeg said. */
static double
said_number(const char *word)
{
	size_t len;
	const char *text = read_all(test_arena(), "said", &len), *last = NULL;

	for (const char *at = text; at != NULL && (at = strstr(at, word)) != NULL; at++)
		last = at;
	return last == NULL ? NAN : strtod(last + strlen(word), NULL);
}

static void
check_loudness(const struct film *film, double tolerance)
{
	double lufs, peak;

	CHECK_INT(
	    run(path_of("said"), "ffmpeg -v info -nostats -i %s -af ebur128=peak=true -f null -", path_of(film->name)),
	    0);
	lufs = said_number("I:");
	peak = said_number("Peak:");
	if (!CHECK(fabs(lufs + 16) <= tolerance) || !CHECK(peak <= -1.5 + 0.05))
		fprintf(stderr, "%s: %.2f LUFS, %.2f dBTP\n", film->name, lufs, peak);
	CHECK(fabs(lufs - js_real(json_of(film), "/audio/lufs", 0)) < 0.15);
	CHECK(js_real(json_of(film), "/audio/true_peak", 0) <= -1.5);
}

TEST(programmes_have_their_loudness)
{
	/* quiet, loud with peaks, and music repeated under speech */
	static const char *const audio[] = {
	    "{\"asset\":\"a9\",\"volume\":0.05}",
	    "{\"asset\":\"a10\",\"loop\":true,\"volume\":4,\"fade_in\":0.5,\"fade_out\":1}",
	    "{\"asset\":\"a10\",\"loop\":true,\"volume\":0.1},{\"asset\":\"a8\",\"role\":\"dialogue\",\"start\":1}",
	};

	for (size_t i = 0; i < ARRAY_LEN(audio); i++) {
		struct film film;

		if (make(&film,
			arena_printf(test_arena(),
			    OUTPUT(30,
				1) ",\"tracks\":[{\"items\":[{\"type\":\"colour\",\"duration\":5}]}],\"audio\":[%s]",
			    audio[i])))
			check_loudness(&film, 0.5);
	}
}

/* Strokes alone have next to no loudness: the ceiling wins. */
TEST(strokes_keep_below_the_ceiling)
{
	struct film film;

	if (make(&film, boards(OUTPUT(25, 1), 5, "{\"type\":\"clip\",\"asset\":\"a0\",\"duration\":1.6,\"volume\":3}",
			    "\"type\":\"cut\"")))
		check_loudness(&film, INFINITY);
}

TEST(silence_stays_silence)
{
	struct film film;
	float most = 0;

	if (!make(&film, OUTPUT(25, 1) ",\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a7\",\"duration\":1},"
				       "{\"type\":\"clip\",\"asset\":\"a5\",\"duration\":1,\"sound\":false}]}]"))
		return;
	for (size_t i = 0; i < 2 * film.n_sound; i++)
		most = fmaxf(most, fabsf(film.sound[i]));
	CHECK(most == 0);
	CHECK_CONTAINS(film.json, "\"silent_track\"");
}

/* A held picture is silent, a source that ends before its place too, and both without a click. */
TEST(sound_ends_with_the_movement)
{
	struct film film;

	if (!make(&film, OUTPUT(25, 1) ",\"tracks\":[{\"items\":["
				       "{\"type\":\"clip\",\"asset\":\"a6\",\"duration\":1,\"hold\":0.6},"
				       "{\"type\":\"clip\",\"asset\":\"a6\",\"in\":1.4,\"duration\":1.2}]}]"))
		return;
	CHECK(level(&film, 0.8, 0.99) > -30);
	CHECK(level(&film, 1.01, 1.59) < -70);
	CHECK(level(&film, 1.62, 2.18) > -30);
	CHECK(level(&film, 2.22, 2.7) < -70);
	CHECK(steepness(&film, 660, 0.9, 1.1) < 1.2);
	CHECK(steepness(&film, 660, 2.1, 2.3) < 1.2);
}

TEST(sounds_are_cut_at_the_end_with_a_word)
{
	struct film film;

	if (!make(&film, OUTPUT(25, 1) ",\"tracks\":[{\"items\":[{\"type\":\"colour\",\"duration\":2}]}],\"audio\":["
				       "{\"asset\":\"a9\"},{\"asset\":\"a8\",\"role\":\"dialogue\",\"start\":1.2}]"))
		return;
	CHECK_CONTAINS(film.json, "\"sound_cut\"");
	/* a digest may contain a name as it may anything, but no words */
	CHECK_CONTAINS(film.json, "sound a8 goes on");
	CHECK(strstr(film.json, "sound a9") == NULL);
	if (make(&film, OUTPUT(25, 1) ",\"tracks\":[{\"items\":[{\"type\":\"colour\",\"duration\":2}]}],\"audio\":["
				      "{\"asset\":\"a8\",\"role\":\"dialogue\",\"start\":0.2}]"))
		CHECK(strstr(film.json, "sound_cut") == NULL);
}

TEST(programmes_are_the_same_every_time)
{
	const char *timeline =
	    OUTPUT(30, 1) ",\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a5\",\"duration\":1,\"speed\":1.5},"
			  "{\"type\":\"clip\",\"asset\":\"a3\",\"duration\":1.4,\"speed\":0.7}],"
			  "\"transitions\":[{\"after\":0,\"type\":\"dissolve\",\"duration\":0.3}]}],"
			  "\"audio\":[{\"asset\":\"a10\",\"loop\":true,\"speed\":0.9},"
			  "{\"asset\":\"a8\",\"role\":\"dialogue\",\"start\":0.5}]";
	static const unsigned threads[] = {2, 1, 4};
	struct film films[3];

	for (size_t i = 0; i < 3; i++)
		if (!CHECK_OK(render(&films[i], timeline, threads[i]), &films[i].err))
			return;
	CHECK_STR(js_text(json_of(&films[1]), "/sha256", "a"), js_text(json_of(&films[0]), "/sha256", "b"));
	CHECK_STR(js_text(json_of(&films[2]), "/sha256", "a"), js_text(json_of(&films[0]), "/sha256", "b"));
}

TEST(sounds_that_are_not_there_are_refused)
{
	struct film film;

	CHECK_FAILS_CODE(render(&film,
			     OUTPUT(25, 1) ",\"tracks\":[{\"items\":[{\"type\":\"colour\",\"duration\":1}]}],"
					   "\"audio\":[{\"asset\":\"a7\"}]",
			     1),
	    &film.err, ERR_INPUT, "sound_unavailable");
	CHECK_FAILS_CODE(render(&film,
			     OUTPUT(25, 1) ",\"tracks\":[{\"items\":[{\"type\":\"colour\",\"duration\":1}]}],"
					   "\"audio\":[{\"asset\":\"zz\"}]",
			     1),
	    &film.err, ERR_INPUT, "sound_unavailable");
}

TEST_MAIN_WITH(set_up, tear_down, ROW(claps_stay_together_over_ten_cuts),
    ROW(claps_stay_together_in_dissolves_wipes_and_fades), ROW(claps_stay_together_at_other_speeds),
    ROW(claps_stay_together_from_every_rate_to_every_rate), ROW(claps_stay_together_far_into_a_file),
    ROW(a_take_in_ten_parts_sounds_like_the_whole), ROW(different_takes_meet_without_a_click),
    ROW(dissolves_keep_their_power_and_beds_run_through), ROW(music_steps_back_under_speech),
    ROW(programmes_have_their_loudness), ROW(strokes_keep_below_the_ceiling), ROW(silence_stays_silence),
    ROW(sound_ends_with_the_movement), ROW(sounds_are_cut_at_the_end_with_a_word),
    ROW(programmes_are_the_same_every_time), ROW(sounds_that_are_not_there_are_refused))
