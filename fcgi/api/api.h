/*
 * The handlers, one file per resource, and what several of them share. A handler has four paragraphs: read the input,
 * check rights, call one function, fill the reply. No SQL, no FastCGI.
 */
#ifndef FW_FCGI_API_API_H
#define FW_FCGI_API_API_H

#include "fcgi/app.h"
#include "fcgi/reply.h"
#include "fcgi/req.h"
#include "fcgi/route.h"
#include "lib/db/asset.h"
#include "lib/db/job.h"
#include "lib/db/render.h"
#include "lib/db/session.h"

/* ---- parameters that several routes take; `wait` and `dry_run` stand where the dispatcher finds them ---- */

struct query_start {
	int64_t wait;
	bool dry_run;
};
struct query_wait {
	int64_t wait;
};
struct query_page {
	int64_t limit;
	int64_t offset;
	const char *cursor;
};
struct query_media {
	bool download;
	const char *ticket; /* looked at by auth */
};
struct query_upload {
	int64_t wait;
	const char *filename;
};
struct query_jobs {
	struct query_page page;
	const char *state, *kind, *session_id;
};
struct query_summary {
	int64_t from, to;
	const char *group_by, *area;
};
extern const struct js_field query_start_fields[], query_wait_fields[], query_page_fields[], query_media_fields[],
    query_upload_fields[], query_jobs_fields[], query_summary_fields[];

/* ---- bodies ---- */

struct body_login {
	const char *email, *password;
};
struct body_refresh {
	const char *refresh_token;
};
struct body_logout {
	const char *refresh_token;
	bool everywhere;
};
struct body_password {
	const char *current_password, *new_password;
};
struct body_ticket {
	const char *session_id;
};
struct body_key {
	const char *name;
	struct js_strings scopes;
};
struct body_session {
	int64_t user_id;
	bool has_user;
};
struct body_images {
	const char *session_id, *product_prompt, *model, *provider;
	int64_t num_images;
	struct js_strings style_keywords;
	bool fresh;
};
struct body_clips {
	const char *session_id, *video_prompt, *model, *provider;
	double clip_duration;
};
struct body_compose {
	const char *session_id, *transition;
	struct {
		const char *product_name, *cta, *font, *color;
		double cta_lead_in, name_start, name_duration;
	} text_overlay;
	struct {
		bool enabled;
		const char *genre;
	} audio;
	double intro_duration, outro_duration;
	bool fit_duration;
	const char *aspect_ratio;
	struct {
		bool enabled;
		const char *text, *voice, *asset_id;
	} voiceover;
};
struct body_save_images {
	const char *session_id;
	struct js_strings approved_image_ids;
};
struct body_save_clips {
	const char *session_id;
	struct js_strings approved_clip_ids, clip_order;
	bool has_order;
};
struct body_picture {
	const char *asset_id, *view_type;
};
/* What a provider sends when a request has ended; results of text are the largest. */
#define HOOK_BODY_MAX (4 * MIB)

struct body_attention {
	const char *action;
	int64_t wait;
};
struct body_project {
	const char *title, *kind;
};
struct body_timeline {
	const char *timeline; /* JSON */
};
struct body_render {
	const char *timeline, *merge; /* JSON */
	const char *timeline_id, *name, *on_degrade;
	struct {
		bool poster, preview, live;
	} outputs;
};
struct body_webhook {
	const char *url, *project_id;
	struct js_strings types;
};
struct body_webhook_enable {
	bool enabled;
};
struct body_share {
	int64_t expires_in;
};
extern const struct js_field body_login_fields[], body_refresh_fields[], body_logout_fields[], body_password_fields[],
    body_ticket_fields[], body_key_fields[], body_session_fields[], body_images_fields[], body_clips_fields[],
    body_compose_fields[], body_save_images_fields[], body_save_clips_fields[], body_picture_fields[],
    body_share_fields[], body_attention_fields[], body_project_fields[], body_timeline_fields[], body_render_fields[],
    body_webhook_fields[], body_webhook_enable_fields[];

extern const char *const ads_fonts[], *const ads_transitions[], *const ads_aspects[], *const ads_views[],
											  *const ads_image_models[],
											      *const ads_clip_models[],
												  *const key_scopes[];

/* ---- helpers ---- */

/* A path parameter that must be a UUID; NULL with ERR_NOT_FOUND and this code otherwise: what cannot exist is not
 * found. */
const char *param_uuid(const struct req *req, size_t index, const char *code, const char *sentence, struct error *err);
const char *param_session(const struct req *req, size_t index, struct error *err);
/* {"success": true} */
int reply_success(struct reply *reply);
/* The end of a list's object: next_cursor. */
void write_next(struct js_writer *w, const char *next);
/* Members of the `url` kind; NULL ids give null. */
void write_media_url(struct js_writer *w, const struct req *req, const char *key, const char *asset_id);
void write_resolution(struct js_writer *w, const char *key, int width, int height);
/* Seconds with at most three decimals. */
void write_seconds(struct js_writer *w, const char *key, int64_t us);
void write_fps(struct js_writer *w, const char *key, int num, int den);

void session_write(struct js_writer *w, const struct req *req, const struct session *session);
void asset_write(struct js_writer *w, const struct req *req, const struct asset *asset);
void job_write(struct js_writer *w, const struct job_view *job);
void project_write(struct js_writer *w, const struct project *project);
void render_write(struct js_writer *w, const struct req *req, const struct render *render);
int render_report_write(
    struct js_writer *w, const struct req *req, const struct render *render, struct error *err) MUST_CHECK;
/* The end of a waited render or dry run as its own answer; *ret_done false: the job's own will do. */
int renders_waited(
    struct req *req, struct reply *reply, const struct job_view *job, bool *ret_done, struct error *err) MUST_CHECK;

/* A timeline out of a request. */
struct timeline_input {
	bool merged;		   /* in: fill in merge fields */
	const char *json;	   /* out: as it is stored */
	const char *const *assets; /* ids of the files it names, each once */
	size_t asset_count;
};
/* Checks it, and that the caller may use its files; what is wrong is in req->problems, with pointers below `at`.
 * merge_json may be NULL. */
int timeline_input_check(struct req *req, const char *json, const char *merge_json, const char *at,
    struct timeline_input *ret_input, struct error *err) MUST_CHECK;
/* The end of a waited preview as its own answer. */
int ads_preview_waited(struct req *req, struct reply *reply, const struct job_view *job, struct error *err) MUST_CHECK;
/* Bytes of captions (of which the media process takes 4 MiB) or of a colour table. */
#define UPLOAD_TEXT_MAX ((int64_t)(16 * MIB))

/* An upload as its own answer: 201 ready, 202 checking, 422 refused. */
int upload_answer(
    struct req *req, struct reply *reply, const struct asset *asset, const char *job_id, struct error *err);
/* Hands the file to nginx: type, disposition, internal address. */
int media_send(struct req *req, struct reply *reply, const struct asset *asset, const char *file_name, bool download,
    struct error *err);

/* ---- handlers ---- */

route_handler auth_login, auth_refresh, auth_logout, auth_me, auth_password, auth_ticket;
route_handler webhooks_post, webhooks_get, webhook_remove, webhook_post_rotate, webhook_post_enable, webhook_post_ping,
    webhook_get_deliveries, webhook_post_replay;
route_handler keys_create, keys_list, keys_delete;
route_handler session_post, session_get, sessions_get, session_remove, session_stop, session_costs, session_download;
route_handler ads_images, ads_clips, ads_compose, ads_preview, ads_save_images, ads_save_clips, ads_picture,
    ads_options;
route_handler costs_summary;
route_handler jobs_list, jobs_get, jobs_cancel, jobs_retry, jobs_attention;
route_handler hook_fal;
route_handler upload_post, upload_get, uploads_get, upload_delete;
route_handler share_post, shares_get, share_delete, share_get, media_get;
route_handler projects_get, projects_post;
route_handler timeline_get, timeline_put;
route_handler renders_post, renders_list, renders_get, renders_cancel, renders_delete, renders_plan, renders_report,
    renders_preview, renders_live;
route_handler health_get, ready_get, metrics_get;

#endif
