/*
 * Uploads: the body goes to the store's inbox while it is hashed, is published under its hash, and becomes an asset in
 * state checking with a job that looks inside. A responder looks at the first bytes only.
 */
#include "fcgi/api/api.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "fcgi/idempotent.h"
#include "fcgi/multipart.h"
#include "fcgi/problem.h"
#include "fcgi/sniff.h"
#include "lib/base/hash.h"
#include "lib/base/path.h"
#include "lib/base/text.h"

#define COPY_BYTES (256 * KIB)
#define FILE_NAME_MAX 255

/* One upload on its way; upload_done() removes what was not published. */
struct upload {
	struct req *req;
	struct multipart *multipart; /* NULL: a raw body */
	const char *file_name;
	const char *declared; /* Content-Type of the file, "" if none */
	char temp_name[PATH_TEMP_SIZE];
	int fd;
	bool published;
	struct sniff sniff;
	int64_t bytes;
	char sha256[HASH_HEX_SIZE];
};

static void
upload_done(struct upload *up)
{
	fd_close(&up->fd);
	if (up->temp_name[0] != '\0' && !up->published)
		(void)unlinkat(up->req->app->inbox_dir, up->temp_name, 0);
	if (up->multipart != NULL)
		multipart_close(up->multipart);
}

static int64_t
class_limit(const struct conf *conf, enum sniff_class class)
{
	switch (class) {
	case SNIFF_IMAGE:
		return conf_size(conf, CONF_UPLOAD_MAX_IMAGE);
	case SNIFF_AUDIO:
		return conf_size(conf, CONF_UPLOAD_MAX_AUDIO);
	case SNIFF_TEXT:
		return UPLOAD_TEXT_MAX;
	default:
		return conf_size(conf, CONF_UPLOAD_MAX_VIDEO);
	}
}

static int64_t
largest(const struct conf *conf)
{
	return FW_MAX(
	    class_limit(conf, SNIFF_VIDEO), FW_MAX(class_limit(conf, SNIFF_IMAGE), class_limit(conf, SNIFF_AUDIO)));
}

static bool
is_multipart(const struct req *req)
{
	return strncasecmp(req->content_type, "multipart/form-data", 19) == 0;
}

static int
check_type(const struct req *req, struct error *err)
{
	static const char *const accepted[] = {"image/", "video/", "audio/", "text/", "application/x-subrip",
	    "application/octet-stream", "multipart/form-data"};

	for (size_t i = 0; i < ARRAY_LEN(accepted); i++)
		if (strncasecmp(req->content_type, accepted[i], strlen(accepted[i])) == 0)
			return 0;
	return error_set(err, ERR_MEDIA_TYPE,
	    "The Content-Type must be that of a picture, film, sound or text, or multipart/form-data.");
}

/* Before the first byte: what is told to be too large or has no room need not be read. */
static int
check_room(struct req *req, struct error *err)
{
	const struct conf *conf = req->app->conf;
	const int64_t need = FW_MAX(req->content_length, 0);
	struct asset_usage usage;

	if (need > largest(conf) + (is_multipart(req) ? (int64_t)(64 * KIB) : 0))
		return error_set(err, ERR_TOO_LARGE, "Files may have %lld bytes at most.", (long long)largest(conf));
	if (path_check_space(conf_str(conf, CONF_STORE_DIR), need, conf_size(conf, CONF_DISK_RESERVE), err) < 0) {
		error_public(err, "There is no room for this file at the moment.");
		return -1;
	}
	if (asset_usage(req->db, &usage, err) < 0)
		return -1;
	if (usage.bytes + need > conf_size(conf, CONF_STORAGE_QUOTA))
		return error_code(err, ERR_STORAGE_FULL, "quota_exceeded", "There is no room left in your storage.");
	return 0;
}

/* Stands the multipart body at its one file. */
static int
find_file(struct upload *up, struct multipart *m, struct error *err)
{
	struct req *req = up->req;
	int got;

	if (multipart_open(m, req->channel, req->content_type, err) < 0)
		return -1;
	up->multipart = m;
	got = multipart_next(m, err);
	if (got < 0)
		return -1;
	if (got == 0 || !m->is_file) {
		js_problem_add(req->problems, req->arena, got == 0 ? "" : arena_printf(req->arena, "/%s", m->name),
		    got == 0 ? "required" : "unknown_field", "The form must hold one file and nothing else.");
		return js_problems_error(req->problems, err);
	}
	/* the form's own texts last until its next part only */
	if (m->file_name[0] != '\0')
		up->file_name = arena_strdup(req->arena, m->file_name);
	up->declared = arena_strdup(req->arena, m->type);
	if (up->declared == NULL || (m->file_name[0] != '\0' && up->file_name == NULL))
		return arena_error(req->arena, err);
	return 0;
}

static ssize_t
upload_read(struct upload *up, void *bytes, size_t len, struct error *err)
{
	ssize_t got;

	if (up->multipart != NULL)
		return multipart_read(up->multipart, bytes, len, err);
	got = up->req->channel->read(up->req->channel, bytes, len);
	return got < 0 ? error_set(err, ERR_BAD_REQUEST, "The body ended too early.") : got;
}

/* Pictures are held to the exact type; films and sounds to their kind, since their containers go by many names. */
static bool
says_otherwise(const char *declared, const struct sniff *sniff)
{
	const char *class = sniff_class_name(sniff->class);
	const size_t len = strcspn(declared, "; ");

	if (strchr(declared, '/') == NULL || strncasecmp(declared, "application/", 12) == 0)
		return false;
	if (strncasecmp(declared, class, strlen(class)) != 0 || declared[strlen(class)] != '/')
		return true;
	if (sniff->class != SNIFF_IMAGE || strncasecmp(declared, "image/*", len) == 0)
		return false;
	if (strncasecmp(declared, "image/jpg", len) == 0)
		return !text_equal(sniff->media_type, "image/jpeg");
	return strlen(sniff->media_type) != len || strncasecmp(declared, sniff->media_type, len) != 0;
}

/* By the first bytes: what it is, and whether that is what the client said. */
static int
look(struct upload *up, const unsigned char *bytes, size_t len, struct error *err)
{
	up->sniff = sniff_bytes(bytes, len);
	if (len == 0)
		return error_code(err, ERR_INPUT, "media_unreadable", "The file is empty.");
	if (up->sniff.class == SNIFF_NONE)
		return error_set(err, ERR_MEDIA_TYPE,
		    "The file is no picture, film, sound, caption file or colour table that is known here.");
	if (says_otherwise(up->declared, &up->sniff))
		return error_code(err, ERR_INPUT, "media_type_mismatch",
		    "The file says it is %s, and its content is %s.", up->declared, up->sniff.media_type);
	return 0;
}

static int
create_temp(struct upload *up, struct error *err)
{
	(void)path_temp_name(up->temp_name, "upload");
	up->fd =
	    openat(up->req->app->inbox_dir, up->temp_name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (up->fd < 0) {
		up->temp_name[0] = '\0';
		return error_errno(err, ERR_INTERNAL, "creating a file in the inbox");
	}
	return 0;
}

/* As many bytes as asked for unless the body ends: the signature needs them together. */
static ssize_t
read_full(struct upload *up, unsigned char *bytes, size_t len, struct error *err)
{
	size_t have = 0;

	while (have < len) {
		const ssize_t got = upload_read(up, bytes + have, len - have, err);

		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

static int
copy(struct upload *up, struct error *err)
{
	unsigned char *bytes = arena_alloc(up->req->arena, COPY_BYTES);
	CLEANUP(hash_done) struct hash hash;
	ssize_t got;

	hash_init(&hash);
	if (bytes == NULL)
		return arena_error(up->req->arena, err);
	got = read_full(up, bytes, SNIFF_BYTES, err);
	if (got < 0 || look(up, bytes, (size_t)got, err) < 0 || create_temp(up, err) < 0)
		return -1;
	for (; got > 0; got = upload_read(up, bytes, COPY_BYTES, err)) {
		up->bytes += got;
		if (up->bytes > class_limit(up->req->app->conf, up->sniff.class))
			return error_set(err, ERR_TOO_LARGE, "Files of this kind may have %lld bytes at most.",
			    (long long)class_limit(up->req->app->conf, up->sniff.class));
		hash_add(&hash, bytes, (size_t)got);
		if (fd_write_all(up->fd, bytes, (size_t)got, err) < 0)
			return error_wrap(err, "writing an upload");
	}
	hash_end_hex(&hash, up->sha256);
	return got < 0 ? -1 : 0;
}

/* A raw body that stops before its announced end is not the file; a form must end after its file. */
static int
check_end(struct upload *up, struct error *err)
{
	if (up->multipart == NULL) {
		if (up->req->content_length >= 0 && up->bytes != up->req->content_length)
			return error_set(err, ERR_BAD_REQUEST, "The body ended too early.");
		return 0;
	}
	const int more = multipart_next(up->multipart, err);

	if (more > 0)
		return error_set(err, ERR_INPUT, "The form must hold one file and nothing else.");
	return more;
}

/* The blob's row first: from then on collection leaves a file of this name alone. */
static int
publish(struct upload *up, struct error *err)
{
	const struct app *app = up->req->app;
	CLEANUP(fd_close) int folder = -1;
	char name[3] = {up->sha256[0], up->sha256[1], '\0'};

	if (asset_blob_reserve(up->req->db, up->sha256, up->bytes, up->sniff.media_type, err) < 0)
		return -1;
	if (path_make_at(app->blob_dir, name, 0770, err) < 0)
		return -1;
	folder = openat(app->blob_dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return error_errno(err, ERR_INTERNAL, "opening a folder of the store");
	if (path_publish_new(app->inbox_dir, up->temp_name, folder, up->sha256, NULL, err) < 0)
		return -1;
	up->published = true;
	return 0;
}

/* The part that an Idempotency-Key covers: the row and its job. */
static int
register_upload(struct req *req, struct reply *reply, struct error *err)
{
	const struct upload *up = req->work;
	const struct asset_upload asset = {
	    .sha256 = up->sha256,
	    .bytes = up->bytes,
	    .media_type = up->sniff.media_type,
	    .file_name = up->file_name,
	    .request_id = req->id,
	    .quota_bytes = conf_size(req->app->conf, CONF_STORAGE_QUOTA),
	};
	struct asset_uploaded done;
	struct js_writer *w;

	if (asset_upload(req->db, req->arena, &asset, &done, err) < 0)
		return -1;
	w = reply_object(reply, 202);
	js_str(w, "id", done.id);
	js_str(w, "state", asset_state_name(ASSET_CHECKING));
	js_str(w, "media_type", up->sniff.media_type);
	js_int(w, "bytes", up->bytes);
	js_str(w, "job_id", done.job_id);
	reply_object_end(reply);
	reply_location(reply, "/api/v1/jobs/%s", done.job_id);
	return 0;
}

int
upload_post(struct req *req, struct reply *reply, struct error *err)
{
	const struct query_upload *in = req->query;
	struct multipart multipart; /* before `up`, whose end closes it */
	CLEANUP(upload_done)
	struct upload up = {.req = req, .fd = -1, .file_name = in->filename, .declared = req->content_type};
	unsigned char digest[HASH_SIZE];

	if (check_type(req, err) < 0 || check_room(req, err) < 0)
		return -1;
	if (is_multipart(req) && find_file(&up, &multipart, err) < 0)
		return -1;

	if (copy(&up, err) < 0 || check_end(&up, err) < 0 || publish(&up, err) < 0)
		return -1;

	req->work = &up;
	hash_bytes(up.sha256, strlen(up.sha256), digest);
	return idempotent_call(req, reply, digest, register_upload, err);
}

int
upload_answer(struct req *req, struct reply *reply, const struct asset *asset, const char *job_id, struct error *err)
{
	struct error refused = {0};

	(void)err;
	if (asset->state == ASSET_REFUSED) {
		(void)error_code(&refused, ERR_INPUT, asset->reason_code != NULL ? asset->reason_code : "media_refused",
		    "%s", asset->reason != NULL ? asset->reason : "The file was refused.");
		problem_reply(reply, req, &refused, job_id);
		return 0;
	}
	asset_write(reply_json(reply, asset->state == ASSET_READY ? 201 : 202), req, asset);
	reply_json_end(reply);
	reply_location(reply, "/api/v1/uploads/%s", asset->id);
	return 0;
}

static const char *
param_upload(const struct req *req, struct error *err)
{
	if (id_is_prefixed(req->params[0], "up"))
		return req->params[0];
	(void)error_set(err, ERR_NOT_FOUND, "There is no such upload.");
	return NULL;
}

int
upload_get(struct req *req, struct reply *reply, struct error *err)
{
	const char *id = param_upload(req, err);
	struct asset *asset;

	if (id == NULL || asset_load(req->db, req->arena, id, &asset, err) < 0)
		return -1;
	if (reply_unchanged(reply, req, "u%s.%s", asset->id, asset_state_name(asset->state)))
		return 0;
	asset_write(reply_json(reply, 200), req, asset);
	reply_json_end(reply);
	return 0;
}

int
uploads_get(struct req *req, struct reply *reply, struct error *err)
{
	const struct query_page *page = req->query;
	struct asset *assets;
	struct js_writer *w;
	const char *next;
	size_t count;

	if (asset_list_uploads(
		req->db, req->arena, (int)page->limit, page->cursor, page->offset, &assets, &count, &next, err) < 0)
		return -1;

	w = reply_object(reply, 200);
	js_open_array(w, "items");
	for (size_t i = 0; i < count; i++)
		asset_write(w, req, &assets[i]);
	js_close(w);
	write_next(w, next);
	reply_object_end(reply);
	return 0;
}

int
upload_delete(struct req *req, struct reply *reply, struct error *err)
{
	const char *id = param_upload(req, err);

	if (id == NULL || asset_delete(req->db, id, err) < 0)
		return -1;
	return reply_success(reply);
}
