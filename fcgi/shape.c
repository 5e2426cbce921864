#include "fcgi/shape.h"

#include <assert.h>

const struct shape shapes[] = {
    {"Warning", "{code:str message:str}"},
    {"Image", "{id:str url:url view_type:str? seed:int? cost:money created_at:time model:str? resolution:str? "
	      "duration:num cached:bool simulated:bool uploaded:bool approved:bool}"},
    {"Clip",
	"{id:str url:url thumbnail_url:url? last_frame_url:url? source_image_id:str? duration:num resolution:str "
	"fps:num cost:money created_at:time "
	"generation_time:num model:str? scene_prompt:str? camera_movement:str? motion_intensity:num simulated:bool "
	"approved:bool}"},
    {"FinalVideo", "{id:str url:url thumbnail_url:url? duration:num resolution:str fps:num file_size_mb:num format:str "
		   "cost:money created_at:time measurements:obj? request:obj?}"},
    {"Session",
	"{id:uuid user_id:int role:str stage:str product_prompt:str? video_prompt:str? consistency_seed:int? "
	"style_keywords:[str] generated_images:[@Image] approved_images:[str] generated_clips:[@Clip] "
	"approved_clips:[str] clip_order:[str] final_video:@FinalVideo? total_cost:money cost_limit:money "
	"created_at:time "
	"updated_at:time product_category:str? failed_stage:str? error:@Warning? warnings:[@Warning] progress:obj? "
	"run_kind:str? job_id:uuid? event_seq:int}"},
    {"SessionRow",
	"{id:uuid stage:str product_prompt:str? thumbnail_url:url? final_video_url:url? total_cost:money role:str "
	"created_at:time updated_at:time}"},
    {"Started", "{status:str estimated_duration:int message:str job_id:uuid}"},
    {"Asset",
	"{id:str kind:str state:str url:url? type:str? media_type:str? bytes:int width:int? height:int? duration:num? "
	"fps:num? source:str provider:str? model:str? simulated:bool cost:money file_name:str? thumbnail_url:url? "
	"last_frame_url:url? reason:@Warning? session_id:uuid? created_at:time}"},
    {"Job",
	"{id:uuid kind:str session_id:uuid? state:str phase:str? progress:num eta_s:int? attempt:int max_attempts:int "
	"priority:int cost_usd:money degraded:[any] result:any error:any request_id:str? created_at:time "
	"started_at:time? "
	"finished_at:time?}"},
    {"Key", "{id:int name:str prefix:str scopes:[str] last_used_at:time? created_at:time revoked_at:time?}"},
    {"Share", "{id:uuid asset_id:str url?:url expires_at:time? created_at:time}"},
    {"Webhook",
	"{id:uuid project_id:uuid? url:str types:[str] enabled:bool disabled_reason:str? created_at:time secret?:str}"},
    {"Delivery",
	"{id:int message_id:str type:str state:str attempt:int status:int? error:str? replay_of:int? next_at:time? "
	"created_at:time ended_at:time?}"},
    {"Tokens", "{success:bool user_id:int email:str role:str session_token:str token_type:str expires_in:int "
	       "refresh_token:str}"},
    {"Project", "{id:uuid kind:str title:str? role:str owner_id:int total_cost:money created_at:time updated_at:time}"},
    {"Render",
	"{id:uuid project_id:uuid name:str state:str phase:str? progress:num job_id:uuid? timeline_id:uuid? "
	"timeline_version:int? spans:{total:int reused:int encoded:int}? estimated_s:num? resolution:str? fps:num? "
	"duration:num? bytes:int? warnings:[@Warning] error:@Warning? urls:{film:url? poster?:url preview?:url "
	"contact_sheet?:url waveform?:url captions_1?:url captions_2?:url plan:url report?:url live?:url} "
	"created_at:time started_at:time? finished_at:time?}"},
    {"Timeline", "{id:uuid version:int updated_at:time timeline:obj}"},
    {"Problem",
	"{type:str title:str status:int detail:str instance:str code:str errors:[{pointer:str code:str detail:str}] "
	"retryable:bool hint:str? request_id:str job_id?:uuid}"},
    {NULL, NULL},
};

const char *
shape_named(const char *name, size_t len)
{
	for (const struct shape *s = shapes; s->name != NULL; s++)
		if (strlen(s->name) == len && memcmp(s->name, name, len) == 0)
			return s->text;
	return NULL;
}

/* The simple types and their keywords. */
static const struct {
	const char *word;
	const char *type;
	const char *format;
} simple[] = {
    {"int", "integer", NULL},
    {"num", "number", NULL},
    {"money", "number", "decimal-usd"},
    {"str", "string", NULL},
    {"bool", "boolean", NULL},
    {"time", "string", "date-time"},
    {"uuid", "string", "uuid"},
    {"url", "string", "uri"},
    {"obj", "object", NULL},
    {"any", NULL, NULL},
};

static const char *schema_at(struct js_writer *w, const char *key, const char *p);

static size_t
word_length(const char *p)
{
	size_t len = 0;

	while ((p[len] >= 'a' && p[len] <= 'z') || (p[len] >= 'A' && p[len] <= 'Z') ||
	       (p[len] >= '0' && p[len] <= '9') || p[len] == '_')
		len++;
	return len;
}

/* Past the type at p, suffix included: whether it is nullable must be known before its schema is begun. */
static const char *
skip(const char *p)
{
	if (*p == '{' || *p == '[') {
		for (int depth = 0; *p != '\0'; p++) {
			depth += *p == '{' || *p == '[' ? 1 : *p == '}' || *p == ']' ? -1 : 0;
			if (depth == 0)
				return p + 1;
		}
	}
	p += *p == '@';
	return p + word_length(p);
}

static void
write_type(struct js_writer *w, const char *type, bool nullable)
{
	if (type == NULL)
		return;
	if (!nullable) {
		js_str(w, "type", type);
		return;
	}
	js_strings(w, "type", (const char *const[]){type, "null"}, 2);
}

static void
write_simple(struct js_writer *w, const char *key, const char *word, size_t len, bool nullable)
{
	size_t i = 0;

	while (i < ARRAY_LEN(simple) && (strlen(simple[i].word) != len || memcmp(simple[i].word, word, len) != 0))
		i++;
	assert(i < ARRAY_LEN(simple));
	js_open_object(w, key);
	write_type(w, simple[i].type, nullable);
	if (simple[i].format != NULL)
		js_str(w, "format", simple[i].format);
	js_close(w);
}

static void
write_reference(struct js_writer *w, const char *key, const char *name, size_t len, bool nullable)
{
	assert(shape_named(name, len) != NULL);
	js_open_object(w, key);
	if (nullable) {
		js_open_array(w, "anyOf");
		js_open_object(w, NULL);
	}
	js_strf(w, "$ref", "#/components/schemas/%.*s", (int)len, name);
	if (nullable) {
		js_close(w);
		js_open_object(w, NULL);
		js_str(w, "type", "null");
		js_close(w);
		js_close(w);
	}
	js_close(w);
}

/* Members twice over the text: once for their schemas, once for the names that are always there. */
static void
write_members(struct js_writer *w, const char *begin)
{
	char name[64];

	js_open_object(w, "properties");
	for (const char *p = begin; *p != '}';) {
		p += strspn(p, " ,");
		const size_t len = word_length(p);

		if (*p == '}')
			break;
		assert(len > 0 && len < sizeof(name));
		memcpy(name, p, len);
		name[len] = '\0';
		p += len + (p[len] == '?');
		assert(*p == ':');
		p = schema_at(w, name, p + 1);
	}
	js_close(w);
	js_open_array(w, "required");
	for (const char *p = begin; *p != '}';) {
		p += strspn(p, " ,");
		const size_t len = word_length(p);

		if (*p == '}')
			break;
		if (p[len] == ':')
			js_strn(w, NULL, p, len);
		p = skip(p + len + (p[len] == '?') + 1);
		p += *p == '?';
	}
	js_close(w);
}

static const char *
schema_at(struct js_writer *w, const char *key, const char *p)
{
	const char *end = skip(p);
	const bool nullable = *end == '?';

	if (*p == '{' || *p == '[') {
		js_open_object(w, key);
		write_type(w, *p == '{' ? "object" : "array", nullable);
		if (*p == '{')
			write_members(w, p + 1);
		else
			(void)schema_at(w, "items", p + 1);
		js_close(w);
	} else if (*p == '@') {
		write_reference(w, key, p + 1, (size_t)(end - p - 1), nullable);
	} else {
		write_simple(w, key, p, (size_t)(end - p), nullable);
	}
	return end + nullable;
}

void
shape_schema(struct js_writer *w, const char *key, const char *text)
{
	const char *end = schema_at(w, key, text);

	assert(*end == '\0');
	(void)end;
}
