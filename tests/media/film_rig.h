/*
 * What the tests of the render engine share: inputs made on the spot, the render task without a process around it, and
 * readers of what comes out. A film's output is named "film..." in its arguments.
 *
 * Files are read with a box reader of this rig's own; pictures are decoded with the engine's source reader, whose
 * exactness test_render checks against clips that carry their frame number.
 */
#ifndef FW_TESTS_MEDIA_FILM_RIG_H
#define FW_TESTS_MEDIA_FILM_RIG_H

#include "tests/harness/test_main.h"

#include <libavutil/frame.h>

#include "lib/base/hash.h"
#include "media/piece.h"
#include "media/task.h"

#define RIG_WIDTH 160
#define RIG_HEIGHT 96
#define RIG_CLIP_FRAMES 75 /* at 25 a second */

/* "in0" and "in1": clips whose luma tells the frame's number, with a U of 100 and 150; "in2": a second of a tone, mono,
 * 44.1 kHz; "in3": like "in0", but black from frame 20 to 39, and frames 51 to 69 are the 50th again. */
extern struct task_input rig_inputs[4];

/* For TEST_MAIN_WITH. */
int rig_set_up(void);
int rig_tear_down(void);

/* A render and what it said. */
struct rig_film {
	int dir; /* scratch */
	char *json;
	struct error err;
	int64_t segments;
};

/* segments: how many were announced while it was made. */
int rig_render(const char *args, int cache, struct rig_film *out);
/* The same with another number of threads than two. */
int rig_render_threads(const char *args, int cache, unsigned threads, struct rig_film *out);
int rig_open_dir(const char *path);

/* Members of the result by JSON Pointer; "" and -1 for what is not there. */
const char *rig_text(const char *json, const char *pointer);
int64_t rig_number(const char *json, const char *pointer);

/* A stretch of film that was only encoded: each frame another grey, 96 lines, 25 a second. Another width means other
 * parameter sets. `piece` lies in `builder`, which the caller ends. */
struct rig_piece {
	struct piece_builder builder;
	struct piece piece;
};

bool rig_piece(const char *profile, int width, int frames, struct rig_piece *out);

struct rig_bytes {
	uint8_t *bytes;
	size_t len;
};

struct rig_bytes rig_file(const struct rig_film *film, const char *args);
uint32_t rig_be32(const uint8_t *at);
/* The content of the n-th box of a type, at any depth; NULL: there is none. */
const uint8_t *rig_box(const struct rig_bytes *file, const char *type, int n);

struct rig_pixels {
	size_t frames;
	uint8_t *luma;	 /* mean of each frame */
	uint8_t *chroma; /* mean of U */
	char digest[HASH_HEX_SIZE];
};

int rig_luma(int frame);
uint8_t rig_mean(const AVFrame *frame, int plane);
struct rig_pixels rig_decode(const struct rig_film *film, const char *args);

#endif
