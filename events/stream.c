/*
 * Plain HTTP: event streams, and requests that wait for a job.
 */
#include <stdlib.h>
#include <string.h>

#include "events/request.h"
#include "events/server_priv.h"
#include "lib/db/jobwait.h"
#include "lib/js/read.h"

#define REQUEST_ID_SIZE 65
#define WAIT_MAX_S 25
#define WAITERS_MAX 512

/* As nginx or the client gave it; a new one when there is none. */
static void
read_request_id(struct lws *wsi, char *text, int size)
{
	if (lws_hdr_custom_copy(wsi, text, size, "x-request-id:", 13) <= 0 || !id_is_token(text, (size_t)size - 1))
		(void)id_uuid(text);
}

static int
answer_problem(struct lws *wsi, const struct error *err)
{
	struct buf buf = BUF_INIT(4096);
	unsigned char head[LWS_PRE + 1024], *at = head + LWS_PRE, *end = head + sizeof(head);
	char path[256], request_id[REQUEST_ID_SIZE];
	int status = error_status(err);
	struct js_writer w;
	int written = -1;

	request_header(wsi, WSI_TOKEN_GET_URI, path, sizeof(path));
	read_request_id(wsi, request_id, sizeof(request_id));
	js_begin(&w, &buf);
	js_open_object(&w, NULL);
	js_strf(&w, "type", "/problems/%s", err->code);
	js_str(&w, "title", error_row(err->kind)->title);
	js_int(&w, "status", status);
	js_str(&w, "detail", error_public_text(err));
	js_str(&w, "instance", path);
	js_str(&w, "code", err->code);
	js_open_array(&w, "errors");
	js_close(&w);
	js_bool(&w, "retryable", error_retryable(err));
	js_str(&w, "hint", err->hint[0] != '\0' ? err->hint : NULL);
	js_str(&w, "request_id", request_id);
	js_close(&w);
	js_end(&w);
	if (lws_add_http_common_headers(wsi, (unsigned)status, "application/problem+json", buf.len, &at, end) == 0 &&
	    lws_add_http_header_by_name(wsi, (const unsigned char *)"x-request-id:", (const unsigned char *)request_id,
		(int)strlen(request_id), &at, end) == 0 &&
	    lws_finalize_write_http_header(wsi, head + LWS_PRE, &at, end) == 0)
		written = client_write_text(wsi, buf_str(&buf), buf.len, LWS_WRITE_HTTP_FINAL);
	buf_done(&buf);
	return written < 0 || lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int
open_stream(struct server *server, struct lws *wsi, struct client *client, const char *id, struct error *err)
{
	unsigned char head[LWS_PRE + 1024], *at = head + LWS_PRE, *end = head + sizeof(head);
	struct access_request request;

	request_read(wsi, &request);
	if (access_check(&server->checker, &request, &client->access, err) < 0)
		return -1;
	client_link(server, client, wsi, CLIENT_STREAM);
	if (client_subscribe(server, client, id, request_after(wsi), err) < 0) {
		client_unlink(server, client);
		return -1;
	}
	if (lws_add_http_common_headers(wsi, 200, "text/event-stream", LWS_ILLEGAL_HTTP_CONTENT_LEN, &at, end) != 0 ||
	    lws_add_http_header_by_name(
		wsi, (const unsigned char *)"cache-control:", (const unsigned char *)"no-store", 8, &at, end) != 0 ||
	    lws_add_http_header_by_name(
		wsi, (const unsigned char *)"x-accel-buffering:", (const unsigned char *)"no", 2, &at, end) != 0 ||
	    lws_finalize_write_http_header(wsi, head + LWS_PRE, &at, end) != 0)
		return error_set(err, ERR_INTERNAL, "writing the stream's head");
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	server_distribute(server);
	return 0;
}

/* The connection goes back to nginx, which asks a responder for the job as it is now: rights are checked there. */
int
stream_hand_back(struct lws *wsi, const char *job)
{
	unsigned char head[LWS_PRE + 1024], *at = head + LWS_PRE, *end = head + sizeof(head);
	char location[80];
	int len = snprintf(location, sizeof(location), "/api/v1/jobs/%s", job);

	if (lws_add_http_common_headers(wsi, 200, "text/plain", 0, &at, end) != 0 ||
	    lws_add_http_header_by_name(
		wsi, (const unsigned char *)"x-accel-redirect:", (const unsigned char *)location, len, &at, end) != 0 ||
	    lws_finalize_write_http_header(wsi, head + LWS_PRE, &at, end) != 0)
		return -1;
	return lws_http_transaction_completed(wsi) ? -1 : 0;
}

void
stream_check_waiting(struct server *server)
{
	const char *jobs[WAITERS_MAX];
	struct client *waiting[WAITERS_MAX];
	bool ended[WAITERS_MAX];
	size_t count = 0;
	int64_t now = clock_boot_ms(NULL);
	struct error err;

	error_clear(&err);
	for (struct client *client = server->clients; client != NULL && count < WAITERS_MAX; client = client->next)
		if (client->kind == CLIENT_WAIT && !client->done) {
			waiting[count] = client;
			jobs[count++] = client->job;
		}
	if (count == 0)
		return;
	if (jobwait_ended(server->db, jobs, count, ended, &err) < 0) {
		log_warn(server->setup->log, "waiters_wait", LOG_ERR(&err));
		memset(ended, 0, sizeof(ended));
	}
	for (size_t i = 0; i < count; i++)
		if (ended[i] || now >= waiting[i]->wait_until_ms) {
			waiting[i]->done = true;
			lws_callback_on_writable(waiting[i]->wsi);
		}
}

static void
begin_wait(struct server *server, struct lws *wsi, struct client *client, const char *job)
{
	char text[16];
	long seconds;

	request_argument(wsi, "n=", text, sizeof(text));
	seconds = strtol(text, NULL, 10);
	client_link(server, client, wsi, CLIENT_WAIT);
	memcpy(client->job, job, sizeof(client->job));
	client->wait_until_ms = clock_boot_ms(NULL) + FW_MIN(FW_MAX(seconds, 0), WAIT_MAX_S) * 1000;
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	stream_check_waiting(server);
}

int
stream_request(struct server *server, struct lws *wsi, struct client *client, const char *path)
{
	char id[ID_UUID_SIZE];
	struct error err;

	error_clear(&err);
	if (request_path_id(path, "/_wait/", "", id)) {
		begin_wait(server, wsi, client, id);
		return 0;
	}
	if (request_path_id(path, "/api/sessions/", "/events", id) ||
	    request_path_id(path, "/api/v1/sessions/", "/events", id)) {
		if (open_stream(server, wsi, client, id, &err) == 0)
			return 0;
	} else {
		error_code(&err, ERR_NOT_FOUND, "session_not_found", "There is no such session");
	}
	return answer_problem(wsi, &err);
}
