/* The parts below the dispatcher: leading bytes, multipart bodies, uploads, channels, tokens kept. */
#include <dirent.h>
#include <fcntl.h>

#include "fcgi/multipart.h"
#include "fcgi/sniff.h"
#include "lib/base/path.h"
#include "tests/fcgi/fake.h"

#define PNG "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\10\6\0\0\0\x1f\x15\xc4\x89"
#define PNG_LEN (sizeof(PNG) - 1)
#define FORM "multipart/form-data; boundary=xyz"
#define PART \
	"--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: " \
	"image/png\r\n\r\n"

TEST(sniff_knows_leading_bytes)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *type;
	} cases[] = {
	    {PNG, PNG_LEN, "image/png"},
	    {"\xff\xd8\xff\xe0", 4, "image/jpeg"},
	    {"GIF89a..", 8, "image/gif"},
	    {"RIFF....WEBPVP8 ", 16, "image/webp"},
	    {"RIFF....WAVEfmt ", 16, "audio/wav"},
	    {"\0\0\0\x20"
	     "ftypisom",
		12, "video/mp4"},
	    {"\0\0\0\x20"
	     "ftypavif",
		12, "image/avif"},
	    {"\0\0\0\x20"
	     "ftypM4A ",
		12, "audio/mp4"},
	    {"\x1a\x45\xdf\xa3", 4, "video/x-matroska"},
	    {"OggS", 4, "audio/ogg"},
	    {"ID3\4", 4, "audio/mpeg"},
	    {"WEBVTT\n\n", 8, "text/vtt"},
	    {"\xef\xbb\xbfWEBVTT - x\n", 14, "text/vtt"},
	    {"1\r\n00:00:01,000 --> ", 20, "application/x-subrip"},
	    {"\n\n12\n0:00:01,5 -", 14, "application/x-subrip"},
	    {"LUT_3D_SIZE 2\n", 14, "text/x-cube"},
	    {"# made by\nTITLE", 15, "text/x-cube"},
	    {"#!/bin/sh\n", 10, NULL},
	    {"12 monkeys\n", 11, NULL},
	    {"12\nmonkeys\n", 11, NULL},
	    {"WEBVTT\0\n", 8, NULL},
	    {"1\n", 2, NULL},
	    {"<svg xmlns", 10, NULL},
	    {"RIFF....XXXX", 12, NULL},
	    {"\x89PNG", 4, NULL},
	    {"", 0, NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CHECK_STR(sniff_bytes(cases[i].bytes, cases[i].len).media_type, cases[i].type);
}

/* A channel that gives its bytes one at a time: boundaries fall everywhere. */
static ssize_t
read_one(struct channel *channel, void *bytes, size_t len UNUSED)
{
	struct channel_memory *self = (struct channel_memory *)channel;

	if (self->read_at == self->body_len)
		return 0;
	*(char *)bytes = self->body[self->read_at++];
	return 1;
}

/* "name=value;" of each part, or the error's text. */
static const char *
parse(const char *type, const char *body, bool slowly)
{
	struct channel_memory memory;
	struct multipart m;
	struct buf buf = BUF_INIT(64 * KIB);
	struct error err = {0};
	const char *text;
	int got;

	channel_memory_init(&memory, NULL, body, strlen(body));
	if (slowly)
		memory.channel.read = read_one;
	if (multipart_open(&m, &memory.channel, type, &err) < 0)
		return "bad type";
	while ((got = multipart_next(&m, &err)) == 1) {
		char bytes[7];
		ssize_t n;

		buf_printf(&buf, "%s%s%s=", m.name, m.is_file ? ":" : "", m.file_name);
		while ((n = multipart_read(&m, bytes, sizeof(bytes), &err)) > 0)
			buf_put(&buf, bytes, (size_t)n);
		buf_putc(&buf, ';');
		if (n < 0) {
			got = -1;
			break;
		}
	}
	if (got < 0)
		buf_puts(&buf, "!");
	text = arena_strdup(test_arena(), buf_str(&buf));
	multipart_close(&m);
	buf_done(&buf);
	return text;
}

TEST(multipart_gives_its_parts)
{
	static const struct {
		const char *body, *parts;
	} cases[] = {
	    {"--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nhello\r\n--xyz--\r\n", "a=hello;"},
	    {"preamble\r\n--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--xyz--", "a=;"},
	    {PART "one\r\n--xyz\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\ntwo\r\n--xyz--\r\n",
		"file:a.png=one;b=two;"},
	    {PART "\r\n--xy\r\n--xyzz\r\r\n--xyz--", "file:a.png=\r\n--xy;!"},
	    {PART "no end", "file:a.png=!"},
	    {"nothing", "!"},
	    {"", "!"},
	    {"--xyz\r\nContent-Disposition: form-data", "!"},
	    {"--xyz--\r\n", ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *fast = parse(FORM, cases[i].body, false);

		CHECK_STR(parse(FORM, cases[i].body, true), fast);
		if (strchr(cases[i].parts, '!') == NULL)
			CHECK_STR(fast, cases[i].parts);
		else
			CHECK(strchr(fast, '!') != NULL);
	}
	CHECK_STR(parse("multipart/form-data", "--xyz--", false), "bad type");
	CHECK_STR(parse("multipart/form-data; boundary=\"xyz\"", "--xyz--", false), "");
}

static struct answer
upload(const char *type, const char *body, size_t len)
{
	return fake_serve(
	    &(struct call){.method = "POST", .path = "/api/uploads", .type = type, .body = body, .body_len = len});
}

static size_t
inbox_files(void)
{
	DIR *dir = opendir(arena_printf(test_arena(), "%s/inbox", fake_store()));
	size_t count = 0;

	for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	if (dir != NULL)
		(void)closedir(dir);
	return count;
}

TEST(raw_uploads_are_taken)
{
	struct answer a;

	fake_reset();
	a = upload("image/png", PNG, PNG_LEN);
	CHECK_INT(a.status, 202);
	CHECK_JSON_AT(a.body, "/media_type", "image/png");
	CHECK_STR(fake_header(&a, "X-Accel-Redirect"), "/_wait/" FAKE_JOB "?n=25");
	CHECK_INT(inbox_files(), 0);
	CHECK_INT(upload("application/octet-stream", PNG, PNG_LEN).status, 202);
}

TEST(form_uploads_are_taken)
{
	struct buf buf = BUF_INIT(4 * KIB);

	fake_reset();
	buf_puts(&buf, PART);
	buf_put(&buf, PNG, PNG_LEN);
	buf_puts(&buf, "\r\n--xyz--\r\n");
	CHECK_INT(upload(FORM, buf.data, buf.len).status, 202);
	buf_cut(&buf, buf.len - 10);
	CHECK_PROBLEM(upload(FORM, buf.data, buf.len), 400, "bad_request");
	buf_done(&buf);
	CHECK_PROBLEM(upload(FORM, "--xyz\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n--xyz--", 58), 422,
	    "validation_error");
	CHECK_INT(inbox_files(), 0);
}

TEST(uploads_are_refused_by_their_bytes)
{
	char *large = arena_zalloc(test_arena(), 5000);

	fake_reset();
	CHECK_PROBLEM(upload("image/png", "<svg></svg>", 0), 415, "unsupported_media_type");
	CHECK_PROBLEM(upload("application/json", "{}", 0), 415, "unsupported_media_type");
	CHECK_PROBLEM(upload("video/mp4", PNG, PNG_LEN), 422, "media_type_mismatch");
	memcpy(large, PNG, PNG_LEN);
	CHECK_PROBLEM(upload("image/png", large, 5000), 413, "too_large");
	CHECK(!fake_called("asset_upload"));
	CHECK_INT(inbox_files(), 0);
}

TEST(uploads_respect_quota_and_disk)
{
	struct error err = {0};
	struct conf *conf = (struct conf *)fake_app()->conf;

	fake_reset();
	CHECK_OK(conf_set(conf, "STORAGE_QUOTA", "1000", &err), &err);
	CHECK_PROBLEM(upload("image/png", PNG, PNG_LEN), 507, "quota_exceeded");
	CHECK_OK(conf_set(conf, "STORAGE_QUOTA", "100GiB", &err), &err);
	CHECK_OK(conf_set(conf, "DISK_RESERVE", "1000000TB", &err), &err);
	CHECK_PROBLEM(upload("image/png", PNG, PNG_LEN), 507, "storage_full");
	CHECK_OK(conf_set(conf, "DISK_RESERVE", "0", &err), &err);
	CHECK_INT(upload("image/png", PNG, PNG_LEN).status, 202);
}

/* After the wait: 201, 202 or 422, by what the check found. */
TEST(a_waited_upload_answers_for_itself)
{
	struct call call = {.method = "GET", .path = "/api/v1/jobs/" FAKE_JOB, .asked = "/api/uploads"};
	struct answer a;

	fake_reset();
	a = fake_serve(&call);
	CHECK_INT(a.status, 201);
	CHECK_SHAPE(a.body, "@Asset");
	CHECK_STR(fake_header(&a, "Location"), "/api/v1/uploads/up_0123456789abcdef");
	fake.upload_state = "checking";
	CHECK_INT(fake_serve(&call).status, 202);
	fake.upload_state = "refused";
	a = fake_serve(&call);
	CHECK_PROBLEM(a, 422, "media_truncated");
	CHECK_JSON_AT(a.body, "/job_id", FAKE_JOB);
	fake_reset();
}

TEST(an_upload_with_a_key_makes_one_asset)
{
	struct call call = {.method = "POST",
	    .path = "/api/uploads",
	    .type = "image/png",
	    .body = PNG,
	    .body_len = PNG_LEN,
	    .headers = {{"HTTP_IDEMPOTENCY_KEY", "up-1"}}};
	struct answer a;

	fake_reset();
	CHECK_INT(fake_serve(&call).status, 202);
	a = fake_serve(&call);
	CHECK_STR(fake_header(&a, "Idempotent-Replayed"), "true");
	CHECK(!fake_called("asset_upload"));
}

/* ADS-108: the film's name is the product's, whatever is in it. */
TEST(downloads_have_a_safe_name)
{
	struct answer a;

	fake_reset();
	a = fake_get("/api/sessions/" FAKE_SESSION "/download");
	CHECK_INT(a.status, 200);
	CHECK_CONTAINS(fake_header(&a, "Content-Disposition"), "attachment; filename=\"AirRun Pro_ 100_ _Go_.mp4\"");
	a = fake_serve(&(struct call){.method = "GET", .path = "/media/up_0123456789abcdef", .query = "download=1"});
	CHECK_CONTAINS(fake_header(&a, "Content-Disposition"),
	    "attachment; filename=\"Gr__e.png\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.png");
	fake.no_final = true;
	CHECK_PROBLEM(fake_get("/api/sessions/" FAKE_SESSION "/download"), 404, "no_final_video");
	fake_reset();
}

/* Plain CGI: the same responder over two descriptors. */
TEST(cgi_answers_one_request)
{
	const char *dir = test_dir();
	const char *env[] = {"REQUEST_METHOD=POST", "PATH_INFO=/api/auth/login", "CONTENT_TYPE=application/json",
	    "CONTENT_LENGTH=14", NULL};
	const char *path = arena_printf(test_arena(), "%s/cgi", dir);
	CLEANUP(fd_close) int in = -1;
	CLEANUP(fd_close) int out = -1;
	struct channel_fd channel;
	struct responder responder;
	struct error err = {0};
	char *answer;

	fake_reset();
	CHECK_OK(path_write(path, "{\"email\":\"a@b\"} trailing", 24, 0600, &err), &err);
	in = open(path, O_RDONLY | O_CLOEXEC);
	out = open(arena_printf(test_arena(), "%s.out", path), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	responder_init(&responder, fake_app());
	channel_fd_init(&channel, (char **)env, in, out);
	responder_serve(&responder, &channel.channel);
	responder_done(&responder);
	CHECK_OK(path_read(test_arena(), arena_printf(test_arena(), "%s.out", path), MIB, &answer, NULL, &err), &err);
	CHECK_CONTAINS(answer, "Status: 400 Bad Request\r\n");
	CHECK_CONTAINS(answer, "\"code\":\"bad_json\"");
}

TEST(a_verified_token_is_kept_until_it_ends)
{
	static struct token_cache cache;
	const struct token_claims *claims;
	struct clock now;
	struct error err = {0};
	const char *token = fake_token(false);

	clock_fixed(&now, clock_now_us(NULL));
	CHECK_OK(token_cache_check(&cache, fake_app()->keys, &now, token, &claims, &err), &err);
	CHECK_INT(claims->sub, 1);
	/* Without keys only the kept one can answer. */
	CHECK_OK(token_cache_check(&cache, NULL, &now, token, &claims, &err), &err);
	clock_advance(&now, (int64_t)3601 * CLOCK_SECOND_US);
	CHECK_FAILS(token_cache_check(&cache, fake_app()->keys, &now, token, &claims, &err), &err, ERR_UNAUTHORIZED);
}

TEST(a_full_cache_gives_up_the_oldest)
{
	static struct token_cache cache;
	const struct token_claims *claims;
	struct error err = {0};
	const char *first = fake_token(false), *last = NULL;

	CHECK_OK(token_cache_check(&cache, fake_app()->keys, NULL, first, &claims, &err), &err);
	for (int i = 0; i < TOKEN_CACHE_SIZE; i++) {
		last = fake_token(false);
		CHECK_OK(token_cache_check(&cache, fake_app()->keys, NULL, last, &claims, &err), &err);
	}
	CHECK_OK(token_cache_check(&cache, NULL, NULL, last, &claims, &err), &err);
	CHECK_OK(token_cache_check(&cache, fake_app()->keys, NULL, first, &claims, &err), &err);
}

TEST_MAIN(ROW(sniff_knows_leading_bytes), ROW(multipart_gives_its_parts), ROW(raw_uploads_are_taken),
    ROW(form_uploads_are_taken), ROW(uploads_are_refused_by_their_bytes), ROW(uploads_respect_quota_and_disk),
    ROW(a_waited_upload_answers_for_itself), ROW(an_upload_with_a_key_makes_one_asset), ROW(downloads_have_a_safe_name),
    ROW(cgi_answers_one_request), ROW(a_verified_token_is_kept_until_it_ends), ROW(a_full_cache_gives_up_the_oldest))
