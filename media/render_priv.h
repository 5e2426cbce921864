/*
 * Between the files of the render task.
 *
 * The way of a render: read the timeline, see what the inputs are, plan, draw texts, look what the cache has, make what
 * is missing (a crew of threads), join, read back, make the poster, report.
 */
#ifndef MEDIA_RENDER_PRIV_H
#define MEDIA_RENDER_PRIV_H

#include "lib/js/read.h"
#include "lib/js/write.h"
#include "lib/timeline/estimate.h"
#include "lib/timeline/plan.h"
#include "media/assemble.h"
#include "media/cache.h"
#include "media/caption_paint.h"
#include "media/finished.h"
#include "media/fonts.h"
#include "media/hls.h"
#include "media/live_span.h"
#include "media/quality.h"
#include "media/sheet.h"
#include "media/span.h"
#include "media/task.h"

#define RENDER_ASSETS_MAX 512
#define RENDER_FONTS_MAX 32
#define RENDER_WARNINGS_MAX 100
#define RENDER_CACHE_LIMIT ((int64_t)20 * GB)
#define RENDER_POSTER_WIDTH 640

struct render_args {
	const char *output;
	const char *poster; /* or NULL: none */
	double poster_at;   /* seconds; below 0: chosen */
	int64_t poster_width;
	const char *waveform; /* PNG, or NULL: none */
	const char *peaks;    /* JSON, or NULL: none */
	double scale;	      /* of the output's sides, for a smaller film out of the same timeline */
	int64_t threads;      /* 0: as the task says */
	int64_t cache_limit;
	bool dry_run; /* plan and look into the cache, make nothing */
	bool ahead;   /* only pieces of the picture without text, into the cache; no film */
	/* Only some pieces, into the cache; no film. NULL: all. The key of the whole film says that this is its plan.
	 */
	const char *part_key;
	size_t part_first, part_count; /* spans, from the first on */
	bool part_sound;
	bool live;	    /* whoever watches while it is made gets the spans in order, in the folder HLS_FOLDER */
	bool plain;	    /* without SIMD, as far as libraries can: for tests of identity */
	const char *report; /* or NULL: none; as the next */
	const char *sheet;
	int64_t thumbnails;
	int64_t sheet_frames, sheet_columns, sheet_width;
};

struct render_asset {
	const char *name;
	int fd;
	struct source *source; /* of clips, stills and images */
	double enlarged;       /* by how much its pictures are scaled up, at most */
};

struct render_font {
	const char *name; /* as the timeline has it */
	struct font font;
};

/* Captions as a file beside the film, in the scratch folder. */
struct render_sidecar {
	const char *name;
	const char *media_type;
	const char *language;
	size_t captions; /* index in the timeline */
	int64_t bytes;
	char sha256[HASH_HEX_SIZE];
};

/* What was measured, judged. */
struct render_quality {
	struct quality_pictures pictures;
	bool has_sound; /* the next two are set: only for a report */
	struct quality_sound sound;
	double silent_s;
	double enlarged; /* by how much pictures are scaled up, at most */
	struct quality_list findings;
	const char *thumbnails[QUALITY_FINDINGS_MAX]; /* as findings; file names or NULL */
	int64_t report_bytes;
	struct sheet_result sheet;
};

struct render_warning {
	const char *code;
	const char *message;
};

struct render {
	struct task *task;
	struct render_args args;
	struct timeline *timeline;
	struct plan_facts facts;
	struct plan_fact asset_facts[RENDER_ASSETS_MAX];
	struct plan_fact *font_facts; /* one for each text */
	struct render_asset assets[RENDER_ASSETS_MAX];
	struct render_font fonts[RENDER_FONTS_MAX];
	size_t n_fonts;
	struct drawtext_shelf *shelf; /* for the thread that prepares */
	struct render_sidecar *sidecars;
	size_t n_sidecars;
	struct plan *plan;
	struct stage stage;
	struct cache cache;
	struct piece *pictures; /* as plan->spans */
	struct piece sound;	/* map NULL: none */
	bool *reused;		/* as plan->spans */
	size_t n_reused;
	bool sound_reused;
	struct assembly assembly;
	struct hls *hls;		/* NULL: nobody watches */
	struct live_span live_span;	/* what the stage's `live` points to when somebody does */
	struct finished finished;	/* record.map NULL: the film was not there */
	struct render_quality *quality; /* once the film is finished */
	struct render_warning warnings[RENDER_WARNINGS_MAX];
	size_t n_warnings;
};

/* Reads args, timeline, inputs; makes the plan and everything the stage needs. */
int render_prepare(struct render *render, struct error *err) MUST_CHECK;
void render_done(struct render *render);

/* Reads captions from their files and finds the fonts of all texts: facts for the plan. */
int render_texts(struct render *render, struct error *err) MUST_CHECK;
void render_texts_done(struct render *render);

/* *ret_stamp stays NULL for a text without ink. */
int render_draw_card(
    struct render *render, const struct timeline_item *item, struct stamp **ret_stamp, struct error *err) MUST_CHECK;
int render_draw_overlay(struct render *render, const struct timeline_overlay *overlay, struct stamp **ret_stamp,
    struct error *err) MUST_CHECK;
/* What painters need to draw the captions themselves. */
int render_draw_captions(struct render *render, const struct timeline_captions *captions,
    struct caption_request *ret_request, struct error *err) MUST_CHECK;
/* Writes captions-N.srt and captions-N.vtt for captions with mode sidecar. */
int render_write_sidecars(struct render *render, struct error *err) MUST_CHECK;

/* Once with the same code and message. */
void render_warn(struct render *render, const char *code, const char *format, ...) PRINTF_LIKE(3, 4);

/* By its name, or NULL. */
struct render_asset *render_find_asset(struct render *render, const char *name);

/* Fills in the stage's looks and prepared clips (which are made when somebody needs them), and frees them. */
int render_give_looks(struct render *render, struct error *err) MUST_CHECK;
void render_free_looks(struct render *render);

/* Finds what the cache has, makes nothing. */
int render_look(struct render *render, struct error *err) MUST_CHECK;

/* What the estimate needs to know; reused as it stands now. */
struct estimate_request render_estimate(const struct render *render);

/* Finds or makes all pieces; leaves them mapped. */
int render_crew(struct render *render, struct error *err) MUST_CHECK;

/* The assembly of what is there, or is to be there when it is joined. */
void render_assembly(struct render *render);

/* Publishes the first `leading` spans for those who watch, and what of the next one is there, as far as they are not
 * yet, when the sound is there too. */
int render_live(struct render *render, size_t leading, bool sound_ready, struct error *err) MUST_CHECK;

struct render_poster {
	int64_t bytes;
	int width, height;
	char sha256[HASH_HEX_SIZE];
};

/* Bytes; 0: not made, because nobody wants it or the film has no sound. */
struct render_waveform {
	int64_t picture_bytes, peaks_bytes;
};

/* What of it is wanted. */
int render_waveform(struct render *render, struct render_waveform *ret_waveform, struct error *err) MUST_CHECK;

struct render_output {
	int64_t bytes;
	char sha256[HASH_HEX_SIZE];
	bool reused; /* the whole file came from the cache */
	struct render_poster poster;
	struct render_waveform waveform;
};

/* Reads what `args` says of report and contact sheet. */
int render_quality_args(struct render *render, struct error *err) MUST_CHECK;

/* Judges all pieces together and writes the report and the contact sheet that were asked for. */
int render_quality(struct render *render, const struct render_output *output, struct error *err) MUST_CHECK;

/* Members `report` and `contact_sheet` of the result. */
void render_quality_result(struct js_writer *w, const struct render *render);

/* Writes the result object. output NULL: a dry run. */
int render_report(
    const struct render *render, const struct render_output *output, struct buf *result, struct error *err) MUST_CHECK;

#endif
