/* The session object of GET /api/sessions/{session_id}: one function per part. */
#include "fcgi/api/api.h"

#define FINAL_MIB 1048576.0 /* file_size_mb counts 2^20 */

static void
write_image(struct js_writer *w, const struct req *req, const struct session_image *image)
{
	js_open_object(w, NULL);
	js_str(w, "id", image->id);
	write_media_url(w, req, "url", image->id);
	js_str(w, "view_type", image->view_type);
	if (image->seed >= 0)
		js_int(w, "seed", image->seed);
	else
		js_null(w, "seed");
	js_money(w, "cost", image->cost_micros);
	js_time(w, "created_at", image->created_us);
	js_str(w, "model", image->model);
	write_resolution(w, "resolution", image->width, image->height);
	js_fixed(w, "duration", (double)image->generation_ms / 1000, 3);
	js_bool(w, "cached", image->cached);
	js_bool(w, "simulated", image->simulated);
	js_bool(w, "uploaded", image->uploaded);
	js_bool(w, "approved", image->approved);
	js_close(w);
}

static void
write_clip(struct js_writer *w, const struct req *req, const struct session_clip *clip)
{
	js_open_object(w, NULL);
	js_str(w, "id", clip->id);
	write_media_url(w, req, "url", clip->id);
	write_media_url(w, req, "thumbnail_url", clip->thumbnail_id);
	write_media_url(w, req, "last_frame_url", clip->last_frame_id);
	js_str(w, "source_image_id", clip->source_image_id);
	write_seconds(w, "duration", clip->duration_us);
	write_resolution(w, "resolution", clip->width, clip->height);
	write_fps(w, "fps", clip->fps_num, clip->fps_den);
	js_money(w, "cost", clip->cost_micros);
	js_time(w, "created_at", clip->created_us);
	js_fixed(w, "generation_time", (double)clip->generation_ms / 1000, 3);
	js_str(w, "model", clip->model);
	js_str(w, "scene_prompt", clip->scene_prompt);
	js_str(w, "camera_movement", clip->camera_movement);
	js_fixed(w, "motion_intensity", clip->motion_intensity, 3);
	js_bool(w, "simulated", clip->simulated);
	js_bool(w, "approved", clip->approved);
	js_close(w);
}

static void
write_final(struct js_writer *w, const struct req *req, const struct session_final *final)
{
	if (final == NULL) {
		js_null(w, "final_video");
		return;
	}
	js_open_object(w, "final_video");
	js_str(w, "id", final->id);
	write_media_url(w, req, "url", final->id);
	write_media_url(w, req, "thumbnail_url", final->thumbnail_id);
	write_seconds(w, "duration", final->duration_us);
	write_resolution(w, "resolution", final->width, final->height);
	write_fps(w, "fps", final->fps_num, final->fps_den);
	js_fixed(w, "file_size_mb", (double) final->bytes / FINAL_MIB, 2);
	js_str(w, "format", "mp4");
	js_money(w, "cost", final->cost_micros);
	js_time(w, "created_at", final->created_us);
	js_raw(w, "measurements", final->measurements_json);
	js_raw(w, "request", final->request_json);
	js_close(w);
}

static void
write_error(struct js_writer *w, const struct session *session)
{
	if (session->error_code == NULL) {
		js_null(w, "error");
		return;
	}
	js_open_object(w, "error");
	js_str(w, "code", session->error_code);
	js_str(w, "message", session->error_message);
	js_close(w);
}

static void
write_lists(struct js_writer *w, const struct req *req, const struct session *session)
{
	js_open_array(w, "generated_images");
	for (size_t i = 0; i < session->image_count; i++)
		write_image(w, req, &session->images[i]);
	js_close(w);
	js_raw(w, "approved_images", session->approved_images_json);
	js_open_array(w, "generated_clips");
	for (size_t i = 0; i < session->clip_count; i++)
		write_clip(w, req, &session->clips[i]);
	js_close(w);
	js_raw(w, "approved_clips", session->approved_clips_json);
	js_raw(w, "clip_order", session->clip_order_json);
	write_final(w, req, session->final);
}

void
session_write(struct js_writer *w, const struct req *req, const struct session *session)
{
	const bool failed = session->failed_stage != SESSION_STAGE__COUNT;

	js_open_object(w, NULL);
	js_str(w, "id", session->id);
	js_int(w, "user_id", session->user_id);
	js_str(w, "role", project_role_name(session->role));
	js_str(w, "stage", session_stage_name(session->stage));
	js_str(w, "product_prompt", session->product_prompt);
	js_str(w, "video_prompt", session->video_prompt);
	if (session->consistency_seed >= 0)
		js_int(w, "consistency_seed", session->consistency_seed);
	else
		js_null(w, "consistency_seed");
	js_raw(w, "style_keywords", session->style_keywords_json);
	write_lists(w, req, session);
	js_money(w, "total_cost", session->total_micros);
	js_money(w, "cost_limit", session->limit_micros);
	js_time(w, "created_at", session->created_us);
	js_time(w, "updated_at", session->updated_us);
	js_str(w, "product_category", session->product_category);
	js_str(w, "failed_stage", failed ? session_stage_name(session->failed_stage) : NULL);
	write_error(w, session);
	js_raw(w, "warnings", session->warnings_json);
	js_raw(w, "progress", session->progress_json);
	js_str(w, "run_kind", session->run_kind);
	js_str(w, "job_id", session->run_job_id);
	js_int(w, "event_seq", session->seq);
	js_close(w);
}
