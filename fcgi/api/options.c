/* GET /api/ads/options: what the studio needs to draw its forms, from the tables that validate them. */
#include "fcgi/api/api.h"

#include "lib/db/cost.h"

static const char *const styles[] = {
    "professional", "studio", "lifestyle", "minimalist", "luxury", "vibrant", "outdoor", "modern", NULL};
static const char *const genres[] = {"upbeat", "chill", "energetic", NULL};

static const struct preset {
	const char *name;
	const char *keywords[4];
	const char *font, *color, *genre;
} presets[] = {
    {"luxury", {"luxury", "minimalist", "studio"}, "Montserrat-Bold", "#E8C872", "chill"},
    {"modern", {"modern", "professional", "minimalist"}, "OpenSans-Bold", "#FFFFFF", "upbeat"},
    {"energetic", {"vibrant", "outdoor", "lifestyle"}, "Lato-Bold", "#FFD400", "energetic"},
};

static void
write_list(struct js_writer *w, const char *key, const char *const *items)
{
	size_t count = 0;

	while (items[count] != NULL)
		count++;
	js_strings(w, key, items, count);
}

static void
write_presets(struct js_writer *w)
{
	js_open_array(w, "presets");
	for (size_t i = 0; i < ARRAY_LEN(presets); i++) {
		js_open_object(w, NULL);
		js_str(w, "name", presets[i].name);
		write_list(w, "style_keywords", presets[i].keywords);
		js_str(w, "font", presets[i].font);
		js_str(w, "color", presets[i].color);
		js_str(w, "genre", presets[i].genre);
		js_close(w);
	}
	js_close(w);
}

/* Limits of a table's fields: {"product_prompt": {"min": 3, "max": 200, "default": ...}}. */
static void
write_limits(struct js_writer *w, const char *key, const struct js_field *fields)
{
	js_open_object(w, key);
	for (const struct js_field *f = fields; f->name != NULL; f++) {
		if (f->fields != NULL) {
			write_limits(w, f->name, f->fields);
			continue;
		}
		js_open_object(w, f->name);
		js_bool(w, "required", (f->flags & JS_REQUIRED) != 0);
		if (f->type == JS_DOUBLE) {
			js_double(w, "min", f->low);
			js_double(w, "max", f->high);
		} else if (f->min != 0 || f->max != 0) {
			js_int(w, "min", f->min);
			js_int(w, "max", f->max);
		}
		js_raw(w, "default", f->fallback);
		js_close(w);
	}
	js_close(w);
}

static void
write_models(struct js_writer *w, const struct conf *conf)
{
	js_open_object(w, "models");
	write_list(w, "images", ads_image_models);
	write_list(w, "clips", ads_clip_models);
	js_str(w, "default_image_model", ads_image_models[0]);
	js_str(w, "default_clip_model", ads_clip_models[conf_production(conf) ? 1 : 0]);
	js_close(w);
}

static void
write_uploads(struct js_writer *w, const struct conf *conf)
{
	js_open_object(w, "uploads");
	js_int(w, "max_image_bytes", conf_size(conf, CONF_UPLOAD_MAX_IMAGE));
	js_int(w, "max_video_bytes", conf_size(conf, CONF_UPLOAD_MAX_VIDEO));
	js_int(w, "max_audio_bytes", conf_size(conf, CONF_UPLOAD_MAX_AUDIO));
	js_int(w, "max_text_bytes", UPLOAD_TEXT_MAX);
	js_close(w);
}

int
ads_options(struct req *req, struct reply *reply, struct error *err)
{
	static const double durations[] = {2.0, 3.0, 4.0};
	struct cost_price *prices;
	struct js_writer *w;
	size_t count;

	if (cost_prices(req->db, req->arena, &prices, &count, err) < 0)
		return -1;

	w = reply_object(reply, 200);
	write_list(w, "fonts", ads_fonts);
	write_list(w, "genres", genres);
	write_list(w, "style_keywords", styles);
	write_list(w, "transitions", ads_transitions);
	write_list(w, "view_types", ads_views);
	write_list(w, "aspect_ratios", ads_aspects);
	js_open_array(w, "clip_durations");
	for (size_t i = 0; i < ARRAY_LEN(durations); i++)
		js_double(w, NULL, durations[i]);
	js_close(w);
	write_models(w, req->app->conf);
	write_presets(w);
	js_open_object(w, "limits");
	write_limits(w, "generate_images", body_images_fields);
	write_limits(w, "generate_clips", body_clips_fields);
	write_limits(w, "compose", body_compose_fields);
	js_close(w);
	write_uploads(w, req->app->conf);
	js_money(w, "cost_limit", conf_money(req->app->conf, CONF_SESSION_COST_LIMIT));
	js_money(w, "cost_alert", conf_money(req->app->conf, CONF_SESSION_COST_ALERT));
	js_open_object(w, "prices");
	for (size_t i = 0; i < count; i++)
		js_money(w, prices[i].model, prices[i].micros);
	js_close(w);
	reply_object_end(reply);
	return 0;
}
