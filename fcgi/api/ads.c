/* The steps of an advert: three start calls, two selections, own pictures. */
#include "fcgi/api/api.h"

#include <math.h>

#include "lib/base/text.h"

/* Seconds that a step usually takes, as clients are told beforehand. */
#define ESTIMATE_IMAGES_S 45
#define ESTIMATE_CLIPS_S 180
#define ESTIMATE_COMPOSE_S 35

static struct session_start
start_of(const struct req *req, const char *session_id, int estimated_s)
{
	return (struct session_start){
	    .session_id = session_id,
	    .dry_run = ((const struct query_start *)req->query)->dry_run,
	    .estimated_s = estimated_s,
	    .request_id = req->id,
	};
}

/* What would happen: 200, and nothing has. */
static int
answer_dry(struct reply *reply, const struct session_started *started)
{
	struct js_writer *w = reply_object(reply, 200);

	js_bool(w, "dry_run", true);
	js_int(w, "jobs", started->jobs);
	js_int(w, "estimated_duration", started->estimated_s);
	js_money(w, "estimated_cost", started->estimated_micros);
	js_int(w, "cache_hits", started->cache_hits);
	js_raw(w, "warnings", started->warnings_json != NULL ? started->warnings_json : "[]");
	reply_object_end(reply);
	return 0;
}

static int
answer_started(
    struct req *req, struct reply *reply, const struct session_started *started, int estimated_s, const char *message)
{
	struct js_writer *w;

	if (((const struct query_start *)req->query)->dry_run)
		return answer_dry(reply, started);
	w = reply_object(reply, 202);
	js_str(w, "status", "processing");
	js_int(w, "estimated_duration", estimated_s);
	js_str(w, "message", message);
	js_str(w, "job_id", started->job_id);
	reply_object_end(reply);
	reply_location(reply, "/api/v1/jobs/%s", started->job_id);
	return 0;
}

int
ads_images(struct req *req, struct reply *reply, struct error *err)
{
	const struct body_images *in = req->input;
	const struct session_images_start start = {
	    .start = start_of(req, in->session_id, ESTIMATE_IMAGES_S),
	    .product_prompt = in->product_prompt,
	    .num_images = (int)in->num_images,
	    .style_keywords = in->style_keywords.items,
	    .keyword_count = in->style_keywords.count,
	    .model = in->model,
	    .fresh = in->fresh,
	    .provider = in->provider,
	};
	struct session_started started;

	if (session_start_images(req->db, req->arena, &start, &started, err) < 0)
		return -1;
	return answer_started(req, reply, &started, ESTIMATE_IMAGES_S,
	    "Image generation started. Connect to WebSocket for progress updates.");
}

int
ads_clips(struct req *req, struct reply *reply, struct error *err)
{
	const struct body_clips *in = req->input;
	const char *tier = ads_clip_models[conf_production(req->app->conf) ? 1 : 0];
	const struct session_clips_start start = {
	    .start = start_of(req, in->session_id, ESTIMATE_CLIPS_S),
	    .video_prompt = in->video_prompt,
	    .clip_duration_ms = (int)lround(in->clip_duration * 1000),
	    .model = in->model != NULL ? in->model : tier,
	    .provider = in->provider,
	};
	struct session_started started;

	if (session_start_clips(req->db, req->arena, &start, &started, err) < 0)
		return -1;
	return answer_started(req, reply, &started, ESTIMATE_CLIPS_S, "Video clip generation started");
}

/* The validated body with its defaults, as the session keeps it. */
static const char *
compose_json(struct req *req, const struct body_compose *in)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(16 * KIB);
	struct js_writer w;

	js_begin(&w, &buf);
	js_open_object(&w, NULL);
	js_open_object(&w, "text_overlay");
	js_str(&w, "product_name", in->text_overlay.product_name);
	js_str(&w, "cta", in->text_overlay.cta);
	js_str(&w, "font", in->text_overlay.font);
	js_str(&w, "color", in->text_overlay.color);
	js_double(&w, "cta_lead_in", in->text_overlay.cta_lead_in);
	js_double(&w, "name_start", in->text_overlay.name_start);
	js_double(&w, "name_duration", in->text_overlay.name_duration);
	js_close(&w);
	js_open_object(&w, "audio");
	js_bool(&w, "enabled", in->audio.enabled);
	js_str(&w, "genre", in->audio.genre);
	js_close(&w);
	js_double(&w, "intro_duration", in->intro_duration);
	js_double(&w, "outro_duration", in->outro_duration);
	js_str(&w, "transition", in->transition);
	js_bool(&w, "fit_duration", in->fit_duration);
	js_str(&w, "aspect_ratio", in->aspect_ratio);
	if (in->voiceover.enabled) {
		js_open_object(&w, "voiceover");
		js_bool(&w, "enabled", true);
		js_str(&w, "asset_id", in->voiceover.asset_id);
		js_close(&w);
	}
	js_close(&w);
	js_end(&w);
	return buf_dup(&buf, req->arena);
}

/* A recording can be laid over the film; speaking a text needs a voice, and this installation has none. */
static int
check_voiceover(struct req *req, const struct body_compose *in, struct error *err)
{
	if (in->voiceover.enabled && in->voiceover.asset_id == NULL)
		js_problem_add(req->problems, req->arena, "/voiceover/text", "speech_unavailable",
		    "Nothing here can speak a text; name a recording of your own with asset_id.");
	return js_problems_error(req->problems, err);
}

int
ads_preview(struct req *req, struct reply *reply, struct error *err)
{
	const struct body_compose *in = req->input;
	const char *request = compose_json(req, in);
	struct session_started started;
	struct js_writer *w;

	if (check_voiceover(req, in, err) < 0)
		return -1;
	if (request == NULL)
		return arena_error(req->arena, err);
	if (session_start_preview(req->db, req->arena, in->session_id, request, req->id, &started, err) < 0)
		return -1;

	w = reply_object(reply, 202);
	js_str(w, "status", "processing");
	js_int(w, "estimated_duration", started.estimated_s);
	js_str(w, "message", "The preview is being made");
	js_str(w, "job_id", started.job_id);
	reply_object_end(reply);
	reply_location(reply, "/api/v1/jobs/%s", started.job_id);
	return 0;
}

int
ads_preview_waited(struct req *req, struct reply *reply, const struct job_view *job, struct error *err)
{
	const struct js_value *result;
	struct js_writer *w;

	if (js_parse_free(req->arena, job->result, strlen(job->result), &result, err) < 0)
		return -1;
	w = reply_object(reply, 200);
	js_str(w, "job_id", job->public_id);
	js_open_object(w, "preview");
	js_str(w, "id", js_text(result, "/asset_id", NULL));
	write_media_url(w, req, "url", js_text(result, "/asset_id", NULL));
	write_seconds(w, "duration", js_number(result, "/duration_us", 0));
	write_resolution(w, "resolution", (int)js_number(result, "/width", 0), (int)js_number(result, "/height", 0));
	js_close(w);
	reply_object_end(reply);
	return 0;
}

int
ads_compose(struct req *req, struct reply *reply, struct error *err)
{
	const struct body_compose *in = req->input;
	const struct session_compose_start start = {
	    .start = start_of(req, in->session_id, ESTIMATE_COMPOSE_S),
	    .request_json = compose_json(req, in),
	};
	struct session_started started;

	if (check_voiceover(req, in, err) < 0)
		return -1;
	if (start.request_json == NULL)
		return arena_error(req->arena, err);
	if (session_start_compose(req->db, req->arena, &start, &started, err) < 0)
		return -1;
	return answer_started(req, reply, &started, ESTIMATE_COMPOSE_S, "Final video composition started");
}

static int
answer_saved(struct reply *reply, const struct session_saved *saved, bool clips)
{
	struct js_writer *w = reply_object(reply, 200);

	js_bool(w, "success", true);
	js_int(w, "approved_count", saved->approved_count);
	if (clips)
		write_seconds(w, "estimated_duration", saved->estimated_duration_us);
	js_str(w, "message", clips ? "Clips saved to mood board" : "Images saved to mood board");
	reply_object_end(reply);
	return 0;
}

int
ads_save_images(struct req *req, struct reply *reply, struct error *err)
{
	const struct body_save_images *in = req->input;
	struct session_saved saved;

	if (session_save_images(
		req->db, in->session_id, in->approved_image_ids.items, in->approved_image_ids.count, &saved, err) < 0)
		return -1;
	return answer_saved(reply, &saved, false);
}

int
ads_save_clips(struct req *req, struct reply *reply, struct error *err)
{
	const struct body_save_clips *in = req->input;
	struct session_saved saved;

	if (session_save_clips(req->db, in->session_id, in->approved_clip_ids.items, in->approved_clip_ids.count,
		in->has_order ? in->clip_order.items : NULL, in->clip_order.count, &saved, err) < 0)
		return -1;
	return answer_saved(reply, &saved, true);
}

int
ads_picture(struct req *req, struct reply *reply, struct error *err)
{
	const struct body_picture *in = req->input;
	const char *id = param_session(req, 0, err);
	struct session_started started;
	struct js_writer *w;

	if (id == NULL ||
	    session_add_image(req->db, req->arena, id, in->asset_id, in->view_type, req->id, &started, err) < 0)
		return -1;

	w = reply_object(reply, 202);
	js_str(w, "status", "processing");
	js_int(w, "estimated_duration", started.estimated_s);
	js_str(w, "message", "The picture is being prepared");
	js_str(w, "job_id", started.job_id);
	reply_object_end(reply);
	reply_location(reply, "/api/v1/jobs/%s", started.job_id);
	return 0;
}
