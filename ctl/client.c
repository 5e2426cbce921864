#include "ctl/client.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/path.h"
#include "lib/net/http.h"

#define CALL_TIMEOUT_MS 60000
#define TRANSFER_TIMEOUT_MS 1800000

int
client_init(struct client *client, struct ctl *ctl, const char *url, struct error *err)
{
	size_t len;

	if (url == NULL)
		url = getenv("FRAMEWRIGHT_URL");
	if (url == NULL || *url == '\0')
		url = conf_str(ctl->conf, CONF_PUBLIC_APP_URL);
	len = strlen(url);
	while (len > 0 && url[len - 1] == '/')
		len--;
	*client = (struct client){.ctl = ctl, .base = arena_strndup(ctl->arena, url, len)};
	return client->base == NULL ? arena_error(ctl->arena, err) : 0;
}

/* The server's own words; its hint as well. */
static int
refused(const struct http_result *result, struct arena *arena, struct error *err)
{
	const struct js_value *problem = NULL;
	struct error ignored;

	error_clear(&ignored);
	if (js_parse_free(arena, result->body, result->body_len, &problem, &ignored) < 0)
		return error_set(err, ERR_PROVIDER, "the server answered %d", result->status);
	error_code(err, ERR_PROVIDER, js_text(problem, "/code", "error"), "%s (%d %s)",
	    js_text(problem, "/detail", "the server refused"), result->status, js_text(problem, "/code", ""));
	if (js_text(problem, "/hint", NULL) != NULL)
		error_hint(err, "%s", js_text(problem, "/hint", ""));
	for (size_t i = 0; i < js_count(problem, "/errors"); i++) {
		const struct js_value *item = js_item(js_at(problem, "/errors"), i);

		fprintf(stderr, "  %s: %s\n", js_text(item, "/pointer", ""), js_text(item, "/detail", ""));
	}
	return -1;
}

static int
send_request(struct client *client, struct http_request *request, struct http_result *ret_result, struct error *err)
{
	struct arena *arena = client->ctl->arena;
	struct http_header headers[4];
	size_t count = 0;

	for (; count < request->header_count; count++)
		headers[count] = request->headers[count];
	if (client->authorization != NULL)
		headers[count++] = (struct http_header){"Authorization", client->authorization};
	request->headers = headers;
	request->header_count = count;
	/* whoever types the address on his own machine may mean any machine */
	request->rule = GUARD_ANY;
	if (http_call(request, arena, ret_result, err) < 0) {
		if (error_is(err, ERR_UNAVAILABLE))
			error_hint(err,
			    "is Framewright running at %s? './quickstart status' or 'systemctl status "
			    "framewright.target'",
			    client->base);
		return error_wrap(err, "calling %s", client->base);
	}
	return ret_result->status >= 400 ? refused(ret_result, arena, err) : 0;
}

static const char *
url_of(struct client *client, const char *path)
{
	if (strncmp(path, "http", 4) == 0)
		return path;
	return arena_printf(client->ctl->arena, "%s%s", client->base, path);
}

int
client_call(struct client *client, const char *method, const char *path, const char *body,
    const struct js_value **ret_answer, struct error *err)
{
	const struct http_header json = {"Content-Type", "application/json"};
	struct http_request request = {.method = method, .url = url_of(client, path), .timeout_ms = CALL_TIMEOUT_MS};
	struct http_result result;

	if (request.url == NULL)
		return arena_error(client->ctl->arena, err);
	if (body != NULL) {
		request.body = body;
		request.body_len = strlen(body);
		request.headers = &json;
		request.header_count = 1;
	}
	if (send_request(client, &request, &result, err) < 0)
		return error_wrap(err, "%s %s", method, path);
	if (ret_answer == NULL)
		return 0;
	return js_parse_free(client->ctl->arena, result.body, result.body_len, ret_answer, err);
}

int
client_login(struct client *client, const char *email, const char *password, struct error *err)
{
	struct buf buf = BUF_INIT(8 * KIB);
	const struct js_value *answer;
	struct js_writer w;
	int status;

	js_begin(&w, &buf);
	js_open_object(&w, NULL);
	js_str(&w, "email", email);
	js_str(&w, "password", password);
	js_close(&w);
	js_end(&w);
	status = client_call(client, "POST", "/api/auth/login", buf_str(&buf), &answer, err);
	explicit_bzero(buf.data, buf.len);
	buf_done(&buf);
	if (status < 0)
		return -1;
	client->authorization = arena_printf(client->ctl->arena, "Bearer %s", js_text(answer, "/session_token", ""));
	return client->authorization == NULL ? arena_error(client->ctl->arena, err) : 0;
}

int
client_upload(struct client *client, const char *path, const char **ret_id, struct error *err)
{
	const struct http_header type = {"Content-Type", "application/octet-stream"};
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct buf url = BUF_INIT(4 * KIB);
	const struct js_value *answer;
	struct http_result result;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(err, ERR_INPUT, "opening '%s'", path);
	buf_printf(&url, "%s/api/uploads?filename=", client->base);
	buf_urlarg(&url, path_base(path));
	struct http_request request = {.method = "POST",
	    .url = buf_dup(&url, client->ctl->arena),
	    .headers = &type,
	    .header_count = 1,
	    .body_fd = fd,
	    .body_size = st.st_size,
	    .timeout_ms = TRANSFER_TIMEOUT_MS};
	buf_done(&url);
	if (st.st_size == 0)
		return error_set(err, ERR_INPUT, "'%s' is empty", path);
	if (send_request(client, &request, &result, err) < 0)
		return error_wrap(err, "uploading '%s'", path);
	if (js_parse_free(client->ctl->arena, result.body, result.body_len, &answer, err) < 0)
		return -1;
	*ret_id = js_text(answer, "/id", "");
	while (strcmp(js_text(answer, "/state", ""), "checking") == 0) {
		char at[64];

		sleep(1);
		snprintf(at, sizeof(at), "/api/uploads/%s", *ret_id);
		if (client_call(client, "GET", at, NULL, &answer, err) < 0)
			return -1;
	}
	if (strcmp(js_text(answer, "/state", ""), "ready") != 0)
		return error_set(
		    err, ERR_INPUT, "'%s' was refused: %s", path, js_text(answer, "/reason", "no reason given"));
	return 0;
}

static int
write_part(void *ctx, const void *bytes, size_t len, struct error *err)
{
	return fd_write_all(*(int *)ctx, bytes, len, err);
}

int
client_download(struct client *client, const char *url, const char *path, struct error *err)
{
	char *part = arena_printf(client->ctl->arena, "%s.part", path);
	struct http_result result;
	int status;

	if (part == NULL)
		return arena_error(client->ctl->arena, err);
	CLEANUP(fd_close) int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_errno(err, ERR_INPUT, "creating '%s'", part);
	struct http_request request = {.method = "GET",
	    .url = url_of(client, url),
	    .timeout_ms = TRANSFER_TIMEOUT_MS,
	    .answer_limit = INT64_C(1) << 40,
	    .sink = write_part,
	    .ctx = &fd};
	status = send_request(client, &request, &result, err);
	if (status == 0 && (fsync(fd) < 0 || rename(part, path) < 0))
		status = error_errno(err, ERR_INTERNAL, "finishing '%s'", path);
	if (status < 0)
		unlink(part);
	return status < 0 ? error_wrap(err, "downloading the film") : 0;
}
