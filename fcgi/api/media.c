/* Stored files and their share links. The responder checks the rights; nginx sends the bytes, with Range and
 * conditions. */
#include "fcgi/api/api.h"

#include "lib/base/hash.h"
#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/db/share.h"
#include "lib/net/secret.h"

void
asset_write(struct js_writer *w, const struct req *req, const struct asset *asset)
{
	const char *slash = asset->media_type != NULL ? strchr(asset->media_type, '/') : NULL;

	js_open_object(w, NULL);
	js_str(w, "id", asset->id);
	js_str(w, "kind", asset_kind_name(asset->kind));
	js_str(w, "state", asset_state_name(asset->state));
	write_media_url(w, req, "url", asset->state == ASSET_READY ? asset->id : NULL);
	js_strn(
	    w, "type", slash != NULL ? asset->media_type : "", slash != NULL ? (size_t)(slash - asset->media_type) : 0);
	js_str(w, "media_type", asset->media_type);
	js_int(w, "bytes", asset->bytes);
	if (asset->width > 0) {
		js_int(w, "width", asset->width);
		js_int(w, "height", asset->height);
	} else {
		js_null(w, "width");
		js_null(w, "height");
	}
	if (asset->duration_us > 0)
		write_seconds(w, "duration", asset->duration_us);
	else
		js_null(w, "duration");
	write_fps(w, "fps", asset->fps_num, asset->fps_den);
	js_str(w, "source", asset->source);
	js_str(w, "provider", asset->provider);
	js_str(w, "model", asset->model);
	js_bool(w, "simulated", asset->simulated);
	js_money(w, "cost", asset->price_micros);
	js_str(w, "file_name", asset->file_name);
	write_media_url(w, req, "thumbnail_url", asset->thumbnail_id);
	write_media_url(w, req, "last_frame_url", asset->last_frame_id);
	if (asset->reason != NULL) {
		js_open_object(w, "reason");
		js_str(w, "code", asset->reason_code != NULL ? asset->reason_code : "media_refused");
		js_str(w, "message", asset->reason);
		js_close(w);
	} else {
		js_null(w, "reason");
	}
	js_str(w, "session_id", asset->project_id);
	js_time(w, "created_at", asset->created_us);
	js_close(w);
}

static const char *
extension(const char *media_type)
{
	static const char *const known[][2] = {{"image/png", ".png"}, {"image/jpeg", ".jpg"}, {"image/webp", ".webp"},
	    {"image/gif", ".gif"}, {"video/mp4", ".mp4"}, {"video/quicktime", ".mov"}, {"audio/wav", ".wav"},
	    {"audio/mpeg", ".mp3"}, {"audio/ogg", ".ogg"}, {"audio/flac", ".flac"}, {"audio/mp4", ".m4a"},
	    {"text/vtt", ".vtt"}, {"application/x-subrip", ".srt"}, {"text/x-cube", ".cube"}};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (text_equal(known[i][0], media_type))
			return known[i][1];
	return "";
}

/* RFC 6266: a plain name for old clients, the real one percent-encoded beside it. */
static const char *
disposition(struct req *req, const char *kind, const char *name)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(4 * KIB);
	bool plain = true;

	buf_printf(&buf, "%s; filename=\"", kind);
	for (const char *p = name; *p != '\0'; p++) {
		const unsigned char c = (unsigned char)*p;
		const bool ascii = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';

		if ((c & 0xc0) != 0x80)
			buf_putc(&buf, ascii ? (char)c : '_');
		plain = plain && ascii;
	}
	buf_putc(&buf, '"');
	if (!plain) {
		buf_puts(&buf, "; filename*=UTF-8''");
		buf_urlarg(&buf, name);
	}
	return buf_dup(&buf, req->arena);
}

int
media_send(struct req *req, struct reply *reply, const struct asset *asset, const char *file_name, bool download,
    struct error *err)
{
	const char *name;

	if (asset->state != ASSET_READY || !hash_is_hex(asset->sha256))
		return error_set(err, ERR_NOT_FOUND, "The file is not available.");
	name = path_safe_name(req->arena, file_name != NULL ? file_name : asset->file_name, asset->id);
	if (name != NULL && strchr(name, '.') == NULL)
		name = arena_printf(req->arena, "%s%s", name, extension(asset->media_type));
	if (name == NULL)
		return arena_error(req->arena, err);
	reply_text(reply, 200, asset->media_type != NULL ? asset->media_type : "application/octet-stream");
	reply_header(reply, "Content-Disposition", disposition(req, download ? "attachment" : "inline", name));
	reply_headerf(reply, "X-Accel-Redirect", "/_store/%.2s/%s", asset->sha256, asset->sha256);
	return 0;
}

int
media_get(struct req *req, struct reply *reply, struct error *err)
{
	const struct query_media *in = req->query;
	struct asset *asset;

	if (asset_load(req->db, req->arena, req->params[0], &asset, err) < 0)
		return -1;
	if (req->caller.project_id != NULL && !text_equal(req->caller.project_id, asset->project_id))
		return error_set(err, ERR_NOT_FOUND, "There is no such file.");

	return media_send(req, reply, asset, NULL, in->download, err);
}

int
share_get(struct req *req, struct reply *reply, struct error *err)
{
	const struct query_media *in = req->query;
	struct asset *asset;

	if (share_open(req->db, req->arena, req->params[0], &asset, err) < 0)
		return -1;
	return media_send(req, reply, asset, NULL, in->download, err);
}

static void
write_share(struct js_writer *w, const struct share *share)
{
	js_str(w, "id", share->id);
	js_str(w, "asset_id", share->asset_id);
	js_time(w, "expires_at", share->expires_us);
	js_time(w, "created_at", share->created_us);
}

int
share_post(struct req *req, struct reply *reply, struct error *err)
{
	const struct body_share *in = req->input;
	char token[SECRET_TOKEN_SIZE];
	struct share *share;
	struct js_writer *w;

	secret_token(token);
	if (share_create(req->db, req->arena, req->params[0], token, in->expires_in, &share, err) < 0)
		return -1;

	w = reply_object(reply, 201);
	write_share(w, share);
	js_str(w, "url", req_url(req, "/share/%s", token));
	reply_object_end(reply);
	return 0;
}

int
shares_get(struct req *req, struct reply *reply, struct error *err)
{
	struct share *shares;
	struct asset *asset;
	struct js_writer *w;
	size_t count;

	if (asset_load(req->db, req->arena, req->params[0], &asset, err) < 0 ||
	    share_list(req->db, req->arena, req->params[0], &shares, &count, err) < 0)
		return -1;

	w = reply_object(reply, 200);
	js_open_array(w, "items");
	for (size_t i = 0; i < count; i++) {
		js_open_object(w, NULL);
		write_share(w, &shares[i]);
		js_close(w);
	}
	js_close(w);
	write_next(w, NULL);
	reply_object_end(reply);
	return 0;
}

int
share_delete(struct req *req, struct reply *reply, struct error *err)
{
	const char *id = param_uuid(req, 0, "not_found", "There is no such share link.", err);

	if (id == NULL || share_revoke(req->db, id, err) < 0)
		return -1;
	return reply_success(reply);
}
