/* Bodies of requests: names, limits and defaults, once. Validation, the OpenAPI document and GET /api/ads/options read
 * them. */
#include "fcgi/api/api.h"

#include "lib/net/secret.h"

#define UUID_FIELD(struct_type, member, ...) JS_FIELD(struct_type, member, JS_STRING, .pattern = JS_UUID, ##__VA_ARGS__)
#define ID_MAX 40

const struct js_field body_login_fields[] = {
    JS_FIELD(struct body_login, email, JS_STRING, .flags = JS_REQUIRED | JS_ONE_LINE, .min = 1, .max = 254),
    JS_FIELD(struct body_login, password, JS_STRING, .flags = JS_REQUIRED | JS_KEEP_SPACE, .min = 1,
	.max = SECRET_PASSWORD_MAX),
    JS_END,
};

const struct js_field body_refresh_fields[] = {
    JS_FIELD(struct body_refresh, refresh_token, JS_STRING, .flags = JS_REQUIRED | JS_ONE_LINE, .min = 1, .max = 200),
    JS_END,
};

const struct js_field body_logout_fields[] = {
    JS_FIELD(struct body_logout, refresh_token, JS_STRING, .flags = JS_ONE_LINE, .min = 1, .max = 200,
	.about = "ends what came from the same sign-in"),
    JS_FIELD(struct body_logout, everywhere, JS_BOOL, .fallback = "false", .about = "ends every token of the account"),
    JS_END,
};

const struct js_field body_password_fields[] = {
    JS_FIELD(struct body_password, current_password, JS_STRING, .flags = JS_REQUIRED | JS_KEEP_SPACE, .min = 1,
	.max = SECRET_PASSWORD_MAX),
    JS_FIELD(struct body_password, new_password, JS_STRING, .flags = JS_REQUIRED | JS_KEEP_SPACE, .min = 8, .max = 200),
    JS_END,
};

const struct js_field body_ticket_fields[] = {
    UUID_FIELD(struct body_ticket, session_id, .about = "good for this session only"),
    JS_END,
};

const char *const key_scopes[] = {"read", "ads", "uploads", "jobs", "shares", "renders", "webhooks", "*", NULL};
const struct js_field body_key_fields[] = {
    JS_FIELD(struct body_key, name, JS_STRING, .flags = JS_REQUIRED | JS_ONE_LINE, .min = 1, .max = 100),
    JS_FIELD(struct body_key, scopes, JS_STRINGS, .flags = JS_REQUIRED | JS_UNIQUE, .min = 1, .max = 16,
	.choices = key_scopes),
    JS_END,
};

const struct js_field body_webhook_fields[] = {
    JS_FIELD(struct body_webhook, url, JS_STRING, .flags = JS_REQUIRED | JS_ONE_LINE, .min = 8, .max = 2048,
	.pattern = JS_URL),
    JS_FIELD(struct body_webhook, project_id, JS_STRING, .pattern = JS_UUID,
	.about = "hears of this project only; without it of all that the caller owns"),
    JS_FIELD(struct body_webhook, types, JS_STRINGS, .flags = JS_UNIQUE, .max = 32, .item_min = 3, .item_max = 60,
	.pattern = JS_TOKEN, .about = "types of events, such as final.ready; without it all"),
    JS_END,
};

const struct js_field body_webhook_enable_fields[] = {
    JS_FIELD(struct body_webhook_enable, enabled, JS_BOOL, .flags = JS_REQUIRED),
    JS_END,
};

const struct js_field body_session_fields[] = {
    JS_FIELD(struct body_session, user_id, JS_INT, .min = 1, .max = INT32_MAX,
	.present = JS_PRESENT(struct body_session, has_user), .about = "the caller's own id"),
    JS_END,
};

const char *const ads_image_models[] = {"flux-pro", "sdxl", NULL};
static const char *const ads_providers[] = {"auto", "local", "fal", NULL};
#define PROVIDER_ABOUT "who makes it; auto: the first that is set up, else the built-in one"

const struct js_field body_images_fields[] = {
    UUID_FIELD(struct body_images, session_id, .flags = JS_REQUIRED),
    JS_FIELD(struct body_images, product_prompt, JS_STRING, .flags = JS_REQUIRED, .min = 3, .max = 200),
    JS_FIELD(struct body_images, num_images, JS_INT, .min = 4, .max = 8, .fallback = "6"),
    JS_FIELD(
	struct body_images, style_keywords, JS_STRINGS, .max = 10, .item_min = 1, .item_max = 30, .fallback = "[]"),
    JS_FIELD(struct body_images, model, JS_STRING, .choices = ads_image_models, .fallback = "\"flux-pro\""),
    JS_FIELD(struct body_images, provider, JS_STRING, .choices = ads_providers, .fallback = "\"auto\"",
	.about = PROVIDER_ABOUT),
    JS_FIELD(struct body_images, fresh, JS_BOOL, .fallback = "false", .about = "bypass the caches, pick a new seed"),
    JS_END,
};

const char *const ads_clip_models[] = {"stable-video-diffusion", "runway-gen2", NULL};
const struct js_field body_clips_fields[] = {
    UUID_FIELD(struct body_clips, session_id, .flags = JS_REQUIRED),
    JS_FIELD(struct body_clips, video_prompt, JS_STRING, .flags = JS_REQUIRED, .min = 10, .max = 300),
    JS_FIELD(
	struct body_clips, clip_duration, JS_DOUBLE, .low = 2.0, .high = 4.0, .fallback = "3.0", .about = "seconds"),
    JS_FIELD(struct body_clips, provider, JS_STRING, .choices = ads_providers, .fallback = "\"auto\"",
	.about = PROVIDER_ABOUT),
    JS_FIELD(
	struct body_clips, model, JS_STRING, .choices = ads_clip_models, .about = "default by the installation's tier"),
    JS_END,
};

const char *const ads_fonts[] = {"Montserrat-Bold", "DejaVuSans-Bold", "OpenSans-Bold", "Lato-Bold", NULL};
const char *const ads_transitions[] = {"crossfade", "cut", NULL};
const char *const ads_aspects[] = {"16:9", "9:16", "1:1", NULL};
/* Offsets of nested fields count from the nested struct. */
#define NESTED(struct_member, member, js_type, ...) \
	{ \
		.name = #member, .type = (js_type), \
		.offset = offsetof(struct body_compose, struct_member.member) - \
			  offsetof(struct body_compose, struct_member), \
		.size = sizeof(((struct body_compose *)0)->struct_member.member), ##__VA_ARGS__ \
	}

static const struct js_field overlay_fields[] = {
    NESTED(text_overlay, product_name, JS_STRING, .flags = JS_REQUIRED, .min = 1, .max = 50),
    NESTED(text_overlay, cta, JS_STRING, .flags = JS_REQUIRED, .min = 1, .max = 30),
    NESTED(text_overlay, font, JS_STRING, .choices = ads_fonts, .fallback = "\"Montserrat-Bold\""),
    NESTED(text_overlay, color, JS_STRING, .pattern = JS_COLOR, .fallback = "\"#FFFFFF\""),
    NESTED(text_overlay, cta_lead_in, JS_DOUBLE, .low = 0.0, .high = 2.0, .fallback = "0",
	.about = "seconds that the call to action starts before the outro card"),
    NESTED(text_overlay, name_start, JS_DOUBLE, .low = 0.0, .high = 60.0, .fallback = "0",
	.about = "seconds after the intro"),
    NESTED(text_overlay, name_duration, JS_DOUBLE, .low = 0.0, .high = 60.0, .fallback = "1.0", .about = "seconds"),
    JS_END,
};

static const struct js_field audio_fields[] = {
    NESTED(audio, enabled, JS_BOOL, .fallback = "false"),
    NESTED(audio, genre, JS_STRING, .flags = JS_ONE_LINE, .min = 1, .max = 40, .fallback = "\"upbeat\"",
	.about = "upbeat, chill or energetic; another one plays upbeat, with a warning"),
    JS_END,
};

static const struct js_field voiceover_fields[] = {
    NESTED(voiceover, enabled, JS_BOOL, .fallback = "false"),
    NESTED(voiceover, text, JS_STRING, .max = 300, .about = "what is spoken"),
    NESTED(voiceover, voice, JS_STRING, .flags = JS_ONE_LINE, .min = 1, .max = 60),
    NESTED(voiceover, asset_id, JS_STRING, .flags = JS_ONE_LINE, .min = 1, .max = ID_MAX,
	.about = "a recording of one's own (an upload) in place of a spoken text"),
    JS_END,
};

const struct js_field body_compose_fields[] = {
    UUID_FIELD(struct body_compose, session_id, .flags = JS_REQUIRED),
    JS_FIELD(struct body_compose, text_overlay, JS_OBJECT, .flags = JS_REQUIRED, .fields = overlay_fields),
    JS_FIELD(struct body_compose, audio, JS_OBJECT, .fields = audio_fields, .fallback = "{}"),
    JS_FIELD(struct body_compose, intro_duration, JS_DOUBLE, .low = 0.0, .high = 3.0, .fallback = "1.0",
	.about = "seconds; 0: no card"),
    JS_FIELD(struct body_compose, outro_duration, JS_DOUBLE, .low = 0.0, .high = 3.0, .fallback = "1.0",
	.about = "seconds; 0: no card"),
    JS_FIELD(struct body_compose, transition, JS_STRING, .choices = ads_transitions, .fallback = "\"crossfade\""),
    JS_FIELD(
	struct body_compose, fit_duration, JS_BOOL, .fallback = "true", .about = "make the film 8 to 12 seconds long"),
    JS_FIELD(struct body_compose, aspect_ratio, JS_STRING, .choices = ads_aspects, .fallback = "\"16:9\"",
	.about = "1920x1080, 1080x1920 or 1080x1080"),
    JS_FIELD(struct body_compose, voiceover, JS_OBJECT, .fields = voiceover_fields, .fallback = "{}"),
    JS_END,
};

const struct js_field body_save_images_fields[] = {
    UUID_FIELD(struct body_save_images, session_id, .flags = JS_REQUIRED),
    JS_FIELD(struct body_save_images, approved_image_ids, JS_STRINGS, .flags = JS_REQUIRED | JS_UNIQUE, .min = 2,
	.max = 8, .item_min = 1, .item_max = ID_MAX),
    JS_END,
};

const struct js_field body_save_clips_fields[] = {
    UUID_FIELD(struct body_save_clips, session_id, .flags = JS_REQUIRED),
    JS_FIELD(struct body_save_clips, approved_clip_ids, JS_STRINGS, .flags = JS_REQUIRED | JS_UNIQUE, .min = 1,
	.max = 64, .item_min = 1, .item_max = ID_MAX),
    JS_FIELD(struct body_save_clips, clip_order, JS_STRINGS, .flags = JS_UNIQUE, .min = 1, .max = 64, .item_min = 1,
	.item_max = ID_MAX, .present = JS_PRESENT(struct body_save_clips, has_order),
	.about = "the same ids in playing order; missing: as listed"),
    JS_END,
};

const char *const ads_views[] = {"front", "side", "back", "top", "detail", "lifestyle", NULL};
const struct js_field body_picture_fields[] = {
    JS_FIELD(struct body_picture, asset_id, JS_STRING, .flags = JS_REQUIRED | JS_ONE_LINE, .min = 1, .max = ID_MAX,
	.about = "a ready upload"),
    JS_FIELD(
	struct body_picture, view_type, JS_STRING, .choices = ads_views, .about = "default: the next one that is free"),
    JS_END,
};

static const char *const attention_actions[] = {"look_up", "wait", "resubmit", "give_up", NULL};
const struct js_field body_attention_fields[] = {
    JS_FIELD(struct body_attention, action, JS_STRING, .flags = JS_REQUIRED, .choices = attention_actions,
	.about = "resubmit may pay twice; give_up books the first call, since it may have been charged"),
    JS_FIELD(struct body_attention, wait, JS_INT, .min = 60, .max = 7 * 86400, .fallback = "3600",
	.about = "seconds that action wait goes on looking"),
    JS_END,
};

static const char *const project_kinds[] = {"film", "assembly", NULL};
const struct js_field body_project_fields[] = {
    JS_FIELD(struct body_project, title, JS_STRING, .flags = JS_REQUIRED | JS_ONE_LINE, .min = 1, .max = 200),
    JS_FIELD(struct body_project, kind, JS_STRING, .choices = project_kinds, .fallback = "\"film\""),
    JS_END,
};

const struct js_field body_timeline_fields[] = {
    JS_FIELD(struct body_timeline, timeline, JS_OBJECT, .flags = JS_REQUIRED,
	.about = "see docs/timeline.md; files by their asset ids"),
    JS_ECHO("id", JS_STRING),
    JS_ECHO("version", JS_INT),
    JS_ECHO("updated_at", JS_TIME),
    JS_END,
};

#define OUTPUT(member, ...) \
	{ \
		.name = #member, .type = JS_BOOL, \
		.offset = offsetof(struct body_render, outputs.member) - offsetof(struct body_render, outputs), \
		.size = sizeof(bool), ##__VA_ARGS__ \
	}
static const struct js_field outputs_fields[] = {
    OUTPUT(poster, .fallback = "true", .about = "a picture out of the film"),
    OUTPUT(preview, .fallback = "false", .about = "a small film besides, ready first"),
    OUTPUT(live, .fallback = "false", .about = "a playlist that can be watched while the film is made"),
    JS_END,
};
static const char *const degrade_policies[] = {"accept", "fail", NULL};
const struct js_field body_render_fields[] = {
    JS_FIELD(struct body_render, timeline, JS_OBJECT, .about = "see docs/timeline.md; files by their asset ids"),
    UUID_FIELD(struct body_render, timeline_id, .about = "the project's stored timeline in its place"),
    JS_FIELD(struct body_render, merge, JS_OBJECT, .about = "values of the fields {{name}} in texts"),
    JS_FIELD(struct body_render, outputs, JS_OBJECT, .fields = outputs_fields, .fallback = "{}"),
    JS_FIELD(struct body_render, name, JS_STRING, .flags = JS_ONE_LINE, .min = 1, .max = 200),
    JS_FIELD(struct body_render, on_degrade, JS_STRING, .choices = degrade_policies,
	.about = "default: a missing font is accepted, a smaller picture is not"),
    JS_END,
};

#define YEAR_S (366 * 86400)
const struct js_field body_share_fields[] = {
    JS_FIELD(
	struct body_share, expires_in, JS_INT, .min = 60, .max = YEAR_S, .about = "seconds; missing: until revoked"),
    JS_END,
};
