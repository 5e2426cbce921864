/*
 * Task music: the built-in musician's loop as a float WAV file.
 *
 *     {"genre":"upbeat|chill|energetic", "seed":1, "output":"name"}
 *
 * An unknown genre plays upbeat and says so ("fallback": true).
 */
#include "media/synth/music.h"

#include <math.h>

#include "lib/base/path.h"
#include "lib/js/read.h"
#include "media/io.h"
#include "media/measure_audio.h"
#include "media/task.h"

#define RATE 48000
#define CHANNELS 2
#define FRAME_BYTES (CHANNELS * sizeof(float))
#define WAV_HEAD 58

static void
put_le(uint8_t **p, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		*(*p)++ = (uint8_t)(value >> (8 * i));
}

static void
put_name(uint8_t **p, const char *name)
{
	memcpy(*p, name, 4);
	*p += 4;
}

/* WAVE_FORMAT_IEEE_FLOAT with its fact chunk. */
static void
wav_head(uint8_t head[static WAV_HEAD], uint32_t frames)
{
	const uint32_t bytes = frames * (uint32_t)FRAME_BYTES;
	uint8_t *p = head;

	put_name(&p, "RIFF");
	put_le(&p, WAV_HEAD - 8 + bytes, 4);
	put_name(&p, "WAVE");
	put_name(&p, "fmt ");
	put_le(&p, 18, 4);
	put_le(&p, 3, 2);
	put_le(&p, CHANNELS, 2);
	put_le(&p, RATE, 4);
	put_le(&p, RATE * (uint32_t)FRAME_BYTES, 4);
	put_le(&p, FRAME_BYTES, 2);
	put_le(&p, 32, 2);
	put_le(&p, 0, 2);
	put_name(&p, "fact");
	put_le(&p, 4, 4);
	put_le(&p, frames, 4);
	put_name(&p, "data");
	put_le(&p, bytes, 4);
}

static int
wav_write(struct task *task, const char *name, const float *samples, size_t frames, struct error *err)
{
	uint8_t head[WAV_HEAD];
	AVIOContext *pb = NULL;

	if (frames > (UINT32_MAX - WAV_HEAD) / FRAME_BYTES)
		return error_set(err, ERR_TOO_LARGE, "the music is too long for a WAV file");
	if (io_open_output(task->scratch, name, &pb, err) < 0)
		return -1;
	wav_head(head, (uint32_t)frames);
	avio_write(pb, head, WAV_HEAD);
	/* samples are little-endian in memory on every machine we build for (checked below) */
	avio_write(pb, (const unsigned char *)samples, (int)(frames * FRAME_BYTES));
	return io_close_output(&pb, err);
}
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "WAV samples are written as they lie in memory");

static void
music_result(
    size_t frames, const struct loudness_result *loudness, const char *genre, bool fallback, struct buf *result)
{
	struct js_writer w;

	js_begin(&w, result);
	js_open_object(&w, NULL);
	js_int(&w, "frames", (int64_t)frames);
	js_int(&w, "sample_rate", RATE);
	js_int(&w, "channels", CHANNELS);
	js_int(&w, "duration_us", (int64_t)frames * 1000000 / RATE);
	js_fixed(&w, "lufs", loudness->integrated, 2);
	js_fixed(&w, "true_peak", loudness->true_peak, 2);
	js_str(&w, "genre", genre);
	js_bool(&w, "fallback", fallback);
	js_str(&w, "media_type", "audio/wav");
	js_close(&w);
	js_end(&w);
}

int
music_run(struct task *task, struct buf *result, struct error *err)
{
	const char *output = js_text(task->args, "/output", NULL);
	struct music_request request = {.seed = js_number(task->args, "/seed", 0), .rate = RATE};
	struct loudness_result loudness;
	float *samples = NULL;
	size_t frames;
	int rc;

	if (task_output_name(output, err) < 0)
		return -1;
	const bool found = music_genre_find(js_text(task->args, "/genre", ""), &request.genre);
	task_progress(task, 0, "play");
	if (music_render(&request, &samples, &frames, err) < 0)
		return -1;
	task_progress(task, 0.8, "measure");
	rc = loudness_measure(samples, frames, RATE, CHANNELS, &loudness, err);
	if (rc == 0)
		rc = wav_write(task, output, samples, frames, err);
	free(samples);
	if (rc == 0)
		music_result(frames, &loudness, music_genre_name(request.genre), !found, result);
	return rc;
}
