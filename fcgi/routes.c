/* The table. Rows of one chapter stand together; within it, in the order a newcomer would want to read them. */
#include "fcgi/route.h"

#include "fcgi/api/api.h"
#include "fcgi/openapi.h"
#include "fcgi/problem.h"

#define BODY(name) \
	.input = body_##name##_fields, .input_size = sizeof(struct body_##name), .body_limit = ROUTE_BODY_SETTING
#define QUERY(name) .query = query_##name##_fields, .query_size = sizeof(struct query_##name)
#define LIST(item) "{items:[" item "] next_cursor:str?}"
#define SUCCESS "{success:bool}"
#define GATE_CODES "session_not_found forbidden already_running invalid_stage"
#define START_CODES \
	GATE_CODES \
	" selection_required cost_limit_exceeded budget_exceeded provider_unavailable rate_limited too_many_jobs " \
	"idempotency_running idempotency_mismatch bad_json too_large unsupported_media_type"
#define FILE_CODES "not_found range_not_satisfiable"

const struct route routes[] = {
    {REQ_POST, "/auth/login", auth_login, ROUTE_PUBLIC, BODY(login), .status = 200, .shape = "@Tokens",
	.codes = "invalid_credentials too_many_attempts origin_not_allowed bad_json unsupported_media_type",
	.tag = "Account", .about = "Signs in; also sets the cookie session_token"},
    {REQ_POST, "/auth/refresh", auth_refresh, ROUTE_PUBLIC, BODY(refresh), .status = 200, .shape = "@Tokens",
	.codes = "invalid_refresh_token bad_json unsupported_media_type", .tag = "Account",
	.about = "Renews the access token; the refresh token is replaced by the one in the answer"},
    {REQ_POST, "/auth/logout", auth_logout, ROUTE_USER, .flags = ROUTE_NO_KEY, BODY(logout), .status = 200,
	.shape = SUCCESS, .codes = "bad_json", .tag = "Account",
	.about = "Ends the refresh token, or with `everywhere` all tokens"},
    {REQ_GET, "/auth/me", auth_me, ROUTE_USER, .status = 200,
	.shape = "{user_id:int email:str role:str is_demo:bool created_at:time storage:{bytes:int files:int "
		 "quota_bytes:int}}",
	.tag = "Account", .about = "The account and its storage"},
    {REQ_POST, "/auth/password", auth_password, ROUTE_USER, .flags = ROUTE_NO_KEY, BODY(password), .status = 200,
	.shape = "@Tokens", .codes = "bad_json", .tag = "Account",
	.about = "Changes the password; ends all tokens and answers with new ones"},
    {REQ_POST, "/auth/ticket", auth_ticket, ROUTE_USER, "read", BODY(ticket), .status = 200,
	.shape = "{ticket:str expires_in:int expires_at:time}", .codes = "session_not_found bad_json", .tag = "Account",
	.about = "A single-use ticket for an address that cannot carry a token"},
    {REQ_POST, "/keys", keys_create, ROUTE_USER, .flags = ROUTE_NO_KEY, BODY(key), .status = 201,
	.shape =
	    "{id:int name:str prefix:str scopes:[str] last_used_at:time? created_at:time revoked_at:time? key:str}",
	.codes = "bad_json", .tag = "Account", .about = "Makes an API key; its text is in this answer only"},
    {REQ_GET, "/keys", keys_list, ROUTE_USER, .flags = ROUTE_NO_KEY, .status = 200, .shape = LIST("@Key"),
	.tag = "Account", .about = "The caller's API keys"},
    {REQ_DELETE, "/keys/{key_id}", keys_delete, ROUTE_USER, .flags = ROUTE_NO_KEY, .status = 200, .shape = SUCCESS,
	.codes = "not_found", .tag = "Account", .about = "Ends an API key"},

    {REQ_POST, "/sessions/create", session_post, ROUTE_USER, "ads", .flags = ROUTE_IDEMPOTENT, BODY(session),
	.status = 201, .shape = "{session_id:uuid stage:str created_at:time}",
	.codes = "idempotency_running idempotency_mismatch bad_json unsupported_media_type", .tag = "Adverts",
	.about = "Begins an advert"},
    {REQ_GET, "/sessions", sessions_get, ROUTE_USER, "read", QUERY(page), .status = 200,
	.shape = "{items:[@SessionRow] sessions:[@SessionRow] total:int next_cursor:str?}", .tag = "Adverts",
	.about = "The caller's adverts, latest first"},
    {REQ_GET, "/sessions/{session_id}", session_get, ROUTE_USER, "read", .status = 200, .shape = "@Session",
	.codes = "session_not_found", .tag = "Adverts", .about = "One advert with its pictures, clips and film"},
    {REQ_DELETE, "/sessions/{session_id}", session_remove, ROUTE_USER, "ads", .status = 200, .shape = SUCCESS,
	.codes = "session_not_found forbidden already_running", .tag = "Adverts",
	.about = "Deletes an advert and its files"},
    {REQ_POST, "/sessions/{session_id}/cancel", session_stop, ROUTE_USER, "ads", .status = 200,
	.shape = "{success:bool stage:str}", .codes = "session_not_found forbidden nothing_running", .tag = "Adverts",
	.about = "Stops the running step"},
    {REQ_GET, "/sessions/{session_id}/costs", session_costs, ROUTE_USER, "read", .status = 200,
	.shape = "{session_id:uuid total_cost:money breakdown:[{agent:str model:str? cost:money duration:num}]}",
	.codes = "session_not_found", .tag = "Adverts", .about = "What an advert has cost so far"},
    {REQ_GET, "/sessions/{session_id}/download", session_download, ROUTE_USER, "read", .flags = ROUTE_MEDIA,
	QUERY(media), .status = 200, .codes = "session_not_found no_final_video " FILE_CODES, .tag = "Adverts",
	.about = "The film as an attachment, with Range"},
    {REQ_POST, "/sessions/{session_id}/images", ads_picture, ROUTE_USER, "ads", .flags = ROUTE_START | ROUTE_IDEMPOTENT,
	BODY(picture), QUERY(wait), .status = 202, .shape = "@Started", .codes = START_CODES " asset_not_ready",
	.tag = "Adverts", .about = "Uses an uploaded picture of one's own in place of a generated one"},

    {REQ_POST, "/generate-images", ads_images, ROUTE_USER, "ads", .flags = ROUTE_START | ROUTE_IDEMPOTENT, BODY(images),
	QUERY(start), .status = 202, .shape = "@Started", .codes = START_CODES, .tag = "Steps of an advert",
	.about = "Starts the pictures"},
    {REQ_POST, "/save-approved-images", ads_save_images, ROUTE_USER, "ads", .flags = ROUTE_IDEMPOTENT,
	BODY(save_images), .status = 200, .shape = "{success:bool approved_count:int message:str}",
	.codes = GATE_CODES " bad_json unsupported_media_type", .tag = "Steps of an advert",
	.about = "Saves which pictures continue"},
    {REQ_POST, "/generate-clips", ads_clips, ROUTE_USER, "ads", .flags = ROUTE_START | ROUTE_IDEMPOTENT, BODY(clips),
	QUERY(start), .status = 202, .shape = "@Started", .codes = START_CODES, .tag = "Steps of an advert",
	.about = "Starts the clips of the approved pictures"},
    {REQ_POST, "/save-approved-clips", ads_save_clips, ROUTE_USER, "ads", .flags = ROUTE_IDEMPOTENT, BODY(save_clips),
	.status = 200, .shape = "{success:bool approved_count:int estimated_duration:num message:str}",
	.codes = GATE_CODES " bad_json unsupported_media_type", .tag = "Steps of an advert",
	.about = "Saves which clips continue, and in which order"},
    {REQ_POST, "/compose-final-video", ads_compose, ROUTE_USER, "ads", .flags = ROUTE_START | ROUTE_IDEMPOTENT,
	BODY(compose), QUERY(start), .status = 202, .shape = "@Started", .codes = START_CODES,
	.tag = "Steps of an advert", .about = "Starts the film: cards, texts, music"},
    {REQ_POST, "/preview-composition", ads_preview, ROUTE_USER, "ads", .flags = ROUTE_START | ROUTE_IDEMPOTENT,
	BODY(compose), QUERY(wait), .status = 202, .shape = "@Started", .codes = START_CODES " asset_not_found",
	.tag = "Steps of an advert",
	.about = "Makes a 640 pixel wide film of the same composition, at no cost; with `wait` answers its address"},
    {REQ_GET, "/ads/options", ads_options, ROUTE_USER, "read", .status = 200,
	.shape =
	    "{fonts:[str] genres:[str] style_keywords:[str] transitions:[str] view_types:[str] aspect_ratios:[str] "
	    "clip_durations:[num] "
	    "models:{images:[str] clips:[str] default_image_model:str default_clip_model:str} "
	    "presets:[{name:str style_keywords:[str] font:str color:str genre:str}] limits:obj "
	    "uploads:{max_image_bytes:int max_video_bytes:int max_audio_bytes:int max_text_bytes:int} cost_limit:money "
	    "cost_alert:money "
	    "prices:obj}",
	.tag = "Steps of an advert", .about = "What can be chosen, with limits and prices"},

    {REQ_GET, "/costs/summary", costs_summary, ROUTE_USER, "read", QUERY(summary), .status = 200,
	.shape = "{total_cost:money total_usd:money simulated_usd:money session_count:int "
		 "by_agent:[{agent:str cost:money charged:money calls:int}] by_model:[{model:str? cost:money "
		 "charged:money calls:int}] "
		 "groups?:[obj] alerts:[uuid]}",
	.tag = "Costs", .about = "The caller's costs over everything"},

    {REQ_GET, "/jobs", jobs_list, ROUTE_USER, "read", QUERY(jobs), .status = 200, .shape = LIST("@Job"), .tag = "Jobs",
	.about = "The caller's jobs, newest first"},
    {REQ_GET, "/jobs/{job_id}", jobs_get, ROUTE_USER, "read", QUERY(wait), .status = 200, .shape = "@Job",
	.codes = "job_not_found provider_error provider_unavailable", .tag = "Jobs",
	.about = "One job; with `wait` the answer comes when it has ended"},
    {REQ_POST, "/jobs/{job_id}/cancel", jobs_cancel, ROUTE_USER, "jobs", .status = 200, .shape = "@Job",
	.codes = "job_not_found forbidden already_finished", .tag = "Jobs", .about = "Ends a job"},
    {REQ_POST, "/jobs/{job_id}/retry", jobs_retry, ROUTE_USER, "jobs", .flags = ROUTE_IDEMPOTENT, QUERY(wait),
	.status = 202, .shape = "@Job",
	.codes = "job_not_found forbidden not_retryable idempotency_running idempotency_mismatch", .tag = "Jobs",
	.about = "Starts a failed job again; for one that needs attention this may pay twice"},

    {REQ_POST, "/jobs/{job_id}/attention", jobs_attention, ROUTE_USER, "jobs", .flags = ROUTE_IDEMPOTENT,
	BODY(attention), .status = 200, .shape = "@Job",
	.codes =
	    "job_not_found forbidden needs_no_attention nothing_to_look_up cost_limit_exceeded idempotency_running "
	    "idempotency_mismatch bad_json unsupported_media_type",
	.tag = "Jobs", .about = "Decides about a job of which nobody knows whether it was paid for"},
    {REQ_POST, "/hooks/fal/{client_ref}", hook_fal, ROUTE_PUBLIC, .flags = ROUTE_RAW_BODY, .body_limit = HOOK_BODY_MAX,
	.status = 200, .shape = SUCCESS, .codes = "not_found bad_signature too_large", .tag = "Jobs",
	.about = "Where fal tells that a request has ended; signed by it"},

    {REQ_POST, "/uploads", upload_post, ROUTE_USER, "uploads", .flags = ROUTE_RAW_BODY | ROUTE_IDEMPOTENT,
	QUERY(upload), .status = 201, .shape = "@Asset",
	.codes = "too_large unsupported_media_type storage_full quota_exceeded media_unreadable media_truncated "
		 "media_type_mismatch media_too_large media_too_long media_bomb media_polyglot media_unsupported "
		 "media_refused check_failed idempotency_running idempotency_mismatch",
	.tag = "Files", .about = "Stores a picture, film or sound; waits until it was checked, else answers 202"},
    {REQ_GET, "/uploads", uploads_get, ROUTE_USER, "read", QUERY(page), .status = 200, .shape = LIST("@Asset"),
	.tag = "Files", .about = "The caller's uploads, newest first"},
    {REQ_GET, "/uploads/{upload_id}", upload_get, ROUTE_USER, "read", .status = 200, .shape = "@Asset",
	.codes = "not_found", .tag = "Files", .about = "One upload"},
    {REQ_DELETE, "/uploads/{upload_id}", upload_delete, ROUTE_USER, "uploads", .status = 200, .shape = SUCCESS,
	.codes = "not_found asset_in_use", .tag = "Files", .about = "Deletes an upload"},
    {REQ_GET, "/media/{asset_id}", media_get, ROUTE_USER, "read", .flags = ROUTE_ROOT | ROUTE_MEDIA, QUERY(media),
	.status = 200, .codes = FILE_CODES, .tag = "Files", .about = "The bytes of a file, with Range"},
    {REQ_POST, "/assets/{asset_id}/shares", share_post, ROUTE_USER, "shares", BODY(share), .status = 201,
	.shape = "@Share", .codes = "not_found forbidden review_required bad_json", .tag = "Files",
	.about = "Makes a public address for a file"},
    {REQ_GET, "/assets/{asset_id}/shares", shares_get, ROUTE_USER, "read", .status = 200, .shape = LIST("@Share"),
	.codes = "not_found", .tag = "Files", .about = "The public addresses of a file"},
    {REQ_DELETE, "/shares/{share_id}", share_delete, ROUTE_USER, "shares", .status = 200, .shape = SUCCESS,
	.codes = "not_found", .tag = "Files", .about = "Ends a public address"},
    {REQ_GET, "/share/{token}", share_get, ROUTE_PUBLIC, .flags = ROUTE_ROOT | ROUTE_MEDIA, QUERY(media), .status = 200,
	.codes = FILE_CODES, .tag = "Files", .about = "The bytes of a shared file"},

    {REQ_POST, "/webhooks", webhooks_post, ROUTE_USER, "webhooks", BODY(webhook), .status = 201, .shape = "@Webhook",
	.codes = "not_found forbidden too_many_webhooks url_refused bad_json unsupported_media_type", .tag = "Webhooks",
	.about = "An address that is told of events; the signing secret is in this answer only"},
    {REQ_GET, "/webhooks", webhooks_get, ROUTE_USER, "webhooks", .status = 200, .shape = LIST("@Webhook"),
	.tag = "Webhooks", .about = "The caller's webhooks"},
    {REQ_DELETE, "/webhooks/{webhook_id}", webhook_remove, ROUTE_USER, "webhooks", .status = 200, .shape = SUCCESS,
	.codes = "not_found", .tag = "Webhooks", .about = "Ends a webhook and forgets its log"},
    {REQ_POST, "/webhooks/{webhook_id}/rotate", webhook_post_rotate, ROUTE_USER, "webhooks", .status = 200,
	.shape = "@Webhook", .codes = "not_found", .tag = "Webhooks",
	.about = "A new signing secret; the one before signs as well for 24 hours"},
    {REQ_POST, "/webhooks/{webhook_id}/enable", webhook_post_enable, ROUTE_USER, "webhooks", BODY(webhook_enable),
	.status = 200, .shape = "@Webhook", .codes = "not_found bad_json unsupported_media_type", .tag = "Webhooks",
	.about = "Switches a webhook on or off"},
    {REQ_POST, "/webhooks/{webhook_id}/ping", webhook_post_ping, ROUTE_USER, "webhooks", .flags = ROUTE_IDEMPOTENT,
	.status = 202, .shape = "{delivery_id:int}", .codes = "not_found webhook_disabled", .tag = "Webhooks",
	.about = "Sends a message that says nothing, to try the way"},
    {REQ_GET, "/webhooks/{webhook_id}/deliveries", webhook_get_deliveries, ROUTE_USER, "webhooks", QUERY(page),
	.status = 200, .shape = LIST("@Delivery"), .codes = "not_found", .tag = "Webhooks",
	.about = "What was sent in the last eight days, newest first"},
    {REQ_POST, "/webhooks/{webhook_id}/deliveries/{delivery_id}/replay", webhook_post_replay, ROUTE_USER, "webhooks",
	.flags = ROUTE_IDEMPOTENT, .status = 202, .shape = "{delivery_id:int}", .codes = "not_found webhook_disabled",
	.tag = "Webhooks", .about = "Sends a message again, with the same id"},

    {REQ_GET, "/projects", projects_get, ROUTE_USER, "read", QUERY(page), .status = 200, .shape = LIST("@Project"),
	.tag = "Projects", .about = "All of the caller's work, whatever its kind"},
    {REQ_POST, "/projects", projects_post, ROUTE_USER, "renders", .flags = ROUTE_IDEMPOTENT, BODY(project),
	.status = 201, .shape = "@Project",
	.codes = "idempotency_running idempotency_mismatch bad_json unsupported_media_type", .tag = "Projects",
	.about = "Begins a project that is made of timelines; adverts have a call of their own"},

    {REQ_GET, "/projects/{project_id}/timeline", timeline_get, ROUTE_USER, "read", .status = 200, .shape = "@Timeline",
	.codes = "timeline_not_found", .tag = "Renders", .about = "The project's stored timeline"},
    {REQ_PUT, "/projects/{project_id}/timeline", timeline_put, ROUTE_USER, "renders", BODY(timeline), .status = 200,
	.shape = "@Timeline",
	.codes =
	    "project_not_found forbidden version_conflict asset_not_found bad_json too_large unsupported_media_type",
	.tag = "Renders", .about = "Stores it; with If-Match only over the version that was read"},
    {REQ_POST, "/projects/{project_id}/renders", renders_post, ROUTE_USER, "renders",
	.flags = ROUTE_START | ROUTE_IDEMPOTENT, BODY(render), QUERY(start), .status = 202,
	.shape = "{status:str render_id:uuid? job_id:uuid}",
	.codes = "project_not_found forbidden asset_not_found cost_limit_exceeded budget_exceeded rate_limited "
		 "too_many_jobs "
		 "idempotency_running idempotency_mismatch bad_json too_large unsupported_media_type clip_unavailable "
		 "degraded",
	.tag = "Renders",
	.about =
	    "Makes a film from a timeline; with `dry_run` only says what it would take, with `wait` answers the film"},
    {REQ_GET, "/projects/{project_id}/renders", renders_list, ROUTE_USER, "read", QUERY(page), .status = 200,
	.shape = LIST("@Render"), .codes = "project_not_found", .tag = "Renders",
	.about = "The project's renders, newest first"},
    {REQ_GET, "/renders/{render_id}", renders_get, ROUTE_USER, "read", .status = 200, .shape = "@Render",
	.codes = "render_not_found", .tag = "Renders", .about = "One render: how far it is, where its files are"},
    {REQ_DELETE, "/renders/{render_id}", renders_delete, ROUTE_USER, "renders", .status = 200, .shape = SUCCESS,
	.codes = "render_not_found forbidden already_running", .tag = "Renders",
	.about = "Deletes a render and its files"},
    {REQ_POST, "/renders/{render_id}/cancel", renders_cancel, ROUTE_USER, "renders", .status = 200, .shape = "@Render",
	.codes = "render_not_found forbidden already_finished", .tag = "Renders", .about = "Stops a render"},
    {REQ_GET, "/renders/{render_id}/plan", renders_plan, ROUTE_USER, "read", .status = 200, .shape = "obj",
	.codes = "render_not_found render_not_ready", .tag = "Renders",
	.about = "Its spans: which were taken from the cache, which were encoded"},
    {REQ_GET, "/renders/{render_id}/report", renders_report, ROUTE_USER, "read", .status = 200, .shape = "obj",
	.codes = "render_not_found render_not_ready", .tag = "Renders",
	.about = "What was measured, with pictures of it"},
    {REQ_GET, "/renders/{render_id}/preview", renders_preview, ROUTE_USER, "read", .flags = ROUTE_MEDIA, QUERY(media),
	.status = 200, .codes = "render_not_found no_preview " FILE_CODES, .tag = "Renders",
	.about = "The small film, with Range"},
    {REQ_GET, "/renders/{render_id}/live/{file}", renders_live, ROUTE_USER, "read", .flags = ROUTE_MEDIA, .status = 200,
	.codes = "render_not_found " FILE_CODES, .tag = "Renders",
	.about = "The playlist (film.m3u8) of a film that is being made, and its segments"},

    {REQ_GET, "/health", health_get, ROUTE_PUBLIC, .flags = ROUTE_ROOT | ROUTE_NO_DB | ROUTE_QUIET, .status = 200,
	.shape =
	    "{status:str database:str daemon:str renderd:str eventd:str version:str queue:{queued:int processing:int} "
	    "workers:int providers?:[{name:str state:str queued:int processing:int blocked_until:time?}]}",
	.codes = "unavailable", .tag = "Operation",
	.about = "Whether the parts are alive; 503 without database or renderd. Administrators see the providers too"},
    {REQ_GET, "/ready", ready_get, ROUTE_PUBLIC, .flags = ROUTE_ROOT | ROUTE_NO_DB | ROUTE_QUIET, .status = 200,
	.shape = "{ready:bool}", .codes = "unavailable", .tag = "Operation", .about = "Whether requests can be served"},
    {REQ_GET, "/metrics", metrics_get, ROUTE_PUBLIC, .flags = ROUTE_ROOT | ROUTE_NO_DB | ROUTE_QUIET, .status = 200,
	.tag = "Operation", .about = "Counters as Prometheus text; nginx lets only this machine ask"},
    {REQ_GET, "/openapi.json", openapi_get, ROUTE_PUBLIC, .flags = ROUTE_NO_DB, .status = 200, .shape = "obj",
	.tag = "Operation", .about = "This API as an OpenAPI 3.1 document"},
    {REQ_GET, "/docs", openapi_docs, ROUTE_PUBLIC, .flags = ROUTE_NO_DB, .status = 200, .tag = "Operation",
	.about = "This API as a page to read"},
    {REQ_GET, "/problems", problem_index, ROUTE_PUBLIC, .flags = ROUTE_ROOT | ROUTE_NO_DB, .status = 200,
	.shape = LIST("{type:str code:str title:str status:int detail:str hint:str retryable:bool}"),
	.tag = "Operation", .about = "All problem codes"},
    {REQ_GET, "/problems/{code}", problem_page, ROUTE_PUBLIC, .flags = ROUTE_ROOT | ROUTE_NO_DB, .status = 200,
	.shape = "{type:str code:str title:str status:int detail:str hint:str retryable:bool}", .codes = "not_found",
	.tag = "Operation", .about = "What a problem code means"},
    {0},
};
