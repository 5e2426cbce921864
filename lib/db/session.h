/*
 * Advert sessions: a project of kind "ad" with its stage machine. The machine itself lives in sql/functions/ad.sql, so
 * that responders and renderd obey the same one; here are the doors to it.
 *
 * Functions need the caller on the connection except where said. A session that is not the caller's to see is
 * ERR_NOT_FOUND "session_not_found"; a member without the role gets ERR_FORBIDDEN. Everything returned lives in the
 * arena; fields named
 * ..._json are JSON text, ready to be put into an answer. Addresses of files are made by the caller from asset ids.
 *
 * A change gives the project a new event number; (seq, role) is the ETag of everything here.
 */
#ifndef FW_DB_SESSION_H
#define FW_DB_SESSION_H

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "lib/db/project.h"

struct db;

enum session_stage {
	SESSION_CREATED,
	SESSION_IMAGE_GENERATION,
	SESSION_IMAGE_SELECTION,
	SESSION_CLIP_GENERATION,
	SESSION_CLIP_SELECTION,
	SESSION_FINAL_COMPOSITION,
	SESSION_COMPLETE,
	SESSION_FAILED,
	SESSION_STAGE__COUNT
};

struct session_image {
	const char *id;
	const char *view_type;
	int64_t seed; /* -1: none (own picture) */
	int64_t cost_micros;
	int64_t created_us;
	const char *model; /* NULL for own pictures */
	int width, height;
	int64_t generation_ms;
	bool cached, simulated, uploaded, approved;
};

struct session_clip {
	const char *id;
	const char *thumbnail_id, *last_frame_id; /* NULL: the clip is not prepared yet */
	const char *source_image_id;
	int64_t duration_us; /* measured */
	int width, height;
	int fps_num, fps_den;
	int64_t cost_micros;
	int64_t created_us;
	int64_t generation_ms;
	const char *model;
	const char *scene_prompt;
	const char *camera_movement;
	double motion_intensity;
	bool simulated, approved;
};

struct session_final {
	const char *id;
	const char *thumbnail_id; /* or NULL */
	int64_t duration_us;
	int width, height;
	int fps_num, fps_den;
	int64_t bytes;
	int64_t cost_micros;
	int64_t created_us;
	const char *product_name;      /* as composed, for the download's file name */
	const char *request_json;      /* the compose request */
	const char *measurements_json; /* object or NULL */
};

struct session {
	const char *id;
	int32_t user_id;
	enum project_role role; /* the caller's */
	int64_t seq;
	enum session_stage stage;
	enum session_stage failed_stage;			      /* SESSION_STAGE__COUNT: none */
	const char *product_prompt, *video_prompt, *product_category; /* NULL: not yet known */
	int64_t consistency_seed;				      /* -1: not yet known */
	const char *style_keywords_json;
	struct session_image *images; /* the generated ones, in order of the plan */
	size_t image_count;
	struct session_clip *clips;
	size_t clip_count;
	const char *approved_images_json, *approved_clips_json, *clip_order_json; /* arrays of ids */
	struct session_final *final;						  /* or NULL */
	int64_t total_micros, limit_micros;
	const char *error_code, *error_message; /* NULL: no error */
	const char *warnings_json;		/* [{code, message}] */
	const char *progress_json;		/* the last event, or NULL */
	const char *run_kind;			/* "images", "clips", "compose" while running, else NULL */
	const char *run_job_id;			/* public id of the running step's job, or NULL */
	int64_t created_us, updated_us;
};

struct session_row {
	const char *id;
	enum session_stage stage;
	const char *product_prompt;
	const char *thumbnail_id; /* the final's thumbnail, else the first picture; or NULL */
	const char *final_video_id;
	int64_t total_micros;
	int64_t created_us, updated_us;
	enum project_role role;
	int64_t total; /* of all that match; the same in each row */
};

struct session_list {
	struct session_row *rows;
	size_t count;
	int64_t total;	  /* of all that match */
	const char *next; /* cursor, or NULL at the end */
};

struct session_new {
	const char *id;
	int64_t created_us;
};

/* What the three start calls have in common. */
struct session_start {
	const char *session_id;
	bool dry_run;		/* validate and count, insert nothing */
	int estimated_s;	/* from the settings; comes back with a dry run's cache hits taken into account */
	const char *request_id; /* or NULL */
};

struct session_images_start {
	struct session_start start;
	const char *product_prompt; /* trimmed, 3-200 code points */
	int num_images;		    /* 4-8 */
	const char *const *style_keywords;
	size_t keyword_count; /* 0-10 */
	const char *model;    /* flux-pro, sdxl */
	const char *provider; /* "auto" or NULL, "local", or a provider by its name: ERR_UNAVAILABLE without its key */
	bool fresh;
};

struct session_clips_start {
	struct session_start start;
	const char *video_prompt; /* trimmed, 10-300 code points */
	int clip_duration_ms;	  /* 2000-4000 */
	const char *model;	  /* stable-video-diffusion, runway-gen2 */
	const char *provider;	  /* as above */
};

struct session_compose_start {
	struct session_start start;
	const char
	    *request_json; /* the validated body with defaults filled in, without session_id: text_overlay{product_name,
			      cta, font, color, cta_lead_in, name_start, name_duration}, audio{enabled, genre},
			      intro_duration, outro_duration, transition, fit_duration */
};

struct session_started {
	const char *job_id; /* public id of the step's job; NULL in a dry run */
	int64_t job;	    /* its number */
	int jobs;	    /* rows of the graph */
	int estimated_s;
	int64_t estimated_micros; /* at most, by the price table; cache hits cost nothing */
	int cache_hits;
	const char *warnings_json; /* [{code, message}] known beforehand, such as clip_limit */
	int64_t seq;
};

struct session_saved {
	int approved_count;
	int64_t estimated_duration_us; /* clips only: of the final, with default cards, fitted to 8-12 s */
	enum session_stage stage;
	int64_t seq;
};

const char *session_stage_name(enum session_stage stage) RETURNS_NONNULL;
enum session_stage session_stage_of_name(const char *name);
/* image_generation, clip_generation, final_composition. */
bool session_stage_is_running(enum session_stage stage);

/* For the caller. limit_micros 0: the installation's (setting cost_limit_micros). */
int session_create(struct db *db, struct arena *arena, int64_t limit_micros, struct session_new *ret_session,
    struct error *err) MUST_CHECK;
/* Number and role only: one index look-up, for If-None-Match. */
int session_version(
    struct db *db, const char *id, int64_t *ret_seq, enum project_role *ret_role, struct error *err) MUST_CHECK;
int session_load(
    struct db *db, struct arena *arena, const char *id, struct session **ret_session, struct error *err) MUST_CHECK;
/* Latest first. limit 1-200; either a cursor or an offset (at most 10,000). */
int session_list(struct db *db, struct arena *arena, int limit, const char *cursor, int64_t offset,
    struct session_list *ret_list, struct error *err) MUST_CHECK;
/* Owner only. ERR_CONFLICT "already_running". Rows of the ledger stay, hidden with the project. */
int session_delete(struct db *db, const char *id, struct error *err) MUST_CHECK;
/* ERR_CONFLICT "nothing_running". *ret_stage is the resting stage before. */
int session_cancel(struct db *db, const char *id, enum session_stage *ret_stage, struct error *err) MUST_CHECK;
/* ERR_INPUT unless positive; owner only. */
int session_set_limit(struct db *db, const char *id, int64_t limit_micros, struct error *err) MUST_CHECK;

/* Refusals: ERR_CONFLICT "already_running", "invalid_stage" (with the stage in the text), "selection_required";
 * ERR_BUDGET "cost_limit_exceeded"; ERR_INPUT with a pointer. Nothing has changed after a refusal. */
int session_start_images(struct db *db, struct arena *arena, const struct session_images_start *start,
    struct session_started *ret_started, struct error *err) MUST_CHECK;
int session_start_clips(struct db *db, struct arena *arena, const struct session_clips_start *start,
    struct session_started *ret_started, struct error *err) MUST_CHECK;
int session_start_compose(struct db *db, struct arena *arena, const struct session_compose_start *start,
    struct session_started *ret_started, struct error *err) MUST_CHECK;

/* A small film of the same composition (job ad.preview), beside whatever runs and at no cost. ERR_CONFLICT
 * "selection_required". */
int session_start_preview(struct db *db, struct arena *arena, const char *id, const char *request_json,
    const char *request_id, struct session_started *ret_started, struct error *err) MUST_CHECK;

/* ERR_INPUT with pointer /approved_image_ids, /approved_clip_ids or /clip_order; ERR_CONFLICT "invalid_stage". */
int session_save_images(struct db *db, const char *id, const char *const *image_ids, size_t count,
    struct session_saved *ret_saved, struct error *err) MUST_CHECK;
/* order NULL: the order of clip_ids. */
int session_save_clips(struct db *db, const char *id, const char *const *clip_ids, size_t count,
    const char *const *order, size_t order_count, struct session_saved *ret_saved, struct error *err) MUST_CHECK;
/* Makes a picture of the session out of a ready upload of the caller (job ad.import). view_type may be NULL: the next
 * one that is free. ERR_INPUT "asset_not_ready" or for what is no picture. */
int session_add_image(struct db *db, struct arena *arena, const char *id, const char *asset_id, const char *view_type,
    const char *request_id, struct session_started *ret_started, struct error *err) MUST_CHECK;

/* For renderd, of a running job of the ad flow: phase "plan", "image", "clip", "text", "music", "render" and how much
 * of this job is done (0-1). Writes an event at most twice a second per session; *ret_seq is 0 when none was written.
 */
int session_progress(
    struct db *db, int64_t job, const char *phase, double fraction, int64_t *ret_seq, struct error *err) MUST_CHECK;

/* What the flow in the database needs to know of the configuration; renderd tells it when it starts. NULL: stays as it
 * is. */
struct session_settings {
	const char *public_app_url; /* in front of /media/... in events */
	const char *text_provider;  /* queues where jobs of a kind begin: provider_limit.name */
	const char *image_provider;
	const char *video_provider;
	const char *providers; /* all that are configured, separated by commas */
	const char *ahead;     /* on or off: whether pieces of films are encoded before they are asked for */
};
int session_configure(struct db *db, const struct session_settings *settings, struct error *err) MUST_CHECK;

#endif
