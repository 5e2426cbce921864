/*
 * libcurl's only includer. One easy handle per hop, thrown away afterwards: a reused connection that died is the case
 * in which libcurl would send a request again without asking.
 */
#include "lib/net/http.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/base/text.h"
#include "lib/net/http_priv.h"

#define CONNECT_TIMEOUT_MS 10000
#define TIMEOUT_MS 60000

/* One hop under way. */
struct call {
	const struct http_request *request;
	const char *url;
	bool foreign_host; /* a redirect led away from the first host: credentials stay behind */
	struct arena *arena;
	struct http_result *result;
	CURL *curl;
	struct curl_slist *headers;
	struct buf body;
	int64_t body_sent;
	char message[CURL_ERROR_SIZE];
	/* Why we stopped, when it was us. */
	struct error stopped;
	bool refused_address;
	bool sending; /* before_send said yes: bytes may leave */
	struct http_header header[HTTP_HEADERS_MAX];
};

static void
call_done(struct call *call)
{
	curl_easy_cleanup(call->curl);
	curl_slist_free_all(call->headers);
	buf_done(&call->body);
}

int
http_setup(struct error *err)
{
	const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);

	if (code != CURLE_OK) {
		error_set(err, ERR_INTERNAL, "starting libcurl: %s", curl_easy_strerror(code));
		error_foreign(err, (int)code);
		return error_fail();
	}
	return 0;
}

void
http_teardown(void)
{
	curl_global_cleanup();
}

/* ---- callbacks of libcurl ---- */

static curl_socket_t
on_socket(void *ctx, curlsocktype purpose UNUSED, struct curl_sockaddr *address)
{
	struct call *call = ctx;

	if (!guard_address_ok(&address->addr, address->addrlen, call->request->rule)) {
		call->refused_address = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static int
on_connected(void *ctx, char *remote_ip UNUSED, char *local_ip UNUSED, int remote_port UNUSED, int local_port UNUSED)
{
	struct call *call = ctx;
	const struct http_request *request = call->request;

	if (call->sending) {
		error_set(&call->stopped, ERR_UNKNOWN_OUTCOME, "libcurl wanted to send a request twice");
		return CURL_PREREQFUNC_ABORT;
	}
	if (request->before_send != NULL && request->before_send(request->ctx, &call->stopped) < 0) {
		if (call->stopped.kind == ERR_NONE)
			error_set(&call->stopped, ERR_CANCELLED, "the call was stopped before it was sent");
		return CURL_PREREQFUNC_ABORT;
	}
	call->sending = true;
	return CURL_PREREQFUNC_OK;
}

static size_t
on_header(char *line, size_t size, size_t count, void *ctx)
{
	struct call *call = ctx;
	struct http_result *result = call->result;
	const size_t len = size * count;
	const int status = http_status_parse(line, len);

	if (status >= 200) {
		/* 1xx answers are not the answer; headers belong to the last one. */
		result->status = status;
		result->header_count = 0;
	} else if (status == 0 && result->status != 0 && result->header_count < HTTP_HEADERS_MAX &&
		   http_header_parse(call->arena, line, len, &call->header[result->header_count]))
		result->header_count++;
	return len;
}

static size_t
on_body(char *bytes, size_t size, size_t count, void *ctx)
{
	struct call *call = ctx;
	const struct http_request *request = call->request;
	const size_t len = size * count;
	const int64_t limit = request->answer_limit > 0 ? request->answer_limit : (int64_t)HTTP_ANSWER_MAX;
	const bool sunk = request->sink != NULL && call->result->status >= 200 && call->result->status < 300;

	call->result->received += (int64_t)len;
	if (call->result->received > limit) {
		error_set(&call->stopped, ERR_TOO_LARGE, "the answer has more than %lld bytes", (long long)limit);
		return 0;
	}
	if (!sunk) {
		buf_put(&call->body, bytes, len);
		if (!call->body.failed)
			return len;
		error_set(&call->stopped, ERR_TOO_LARGE, "the answer has more than %zu bytes", call->body.max);
		return 0;
	}
	if (request->sink(request->ctx, bytes, len, &call->stopped) == 0)
		return len;
	if (call->stopped.kind == ERR_NONE)
		error_set(&call->stopped, ERR_INTERNAL, "the answer could not be taken");
	return 0;
}

static size_t
on_read(char *to, size_t size, size_t count, void *ctx)
{
	struct call *call = ctx;
	const size_t room = (size_t)FW_MIN((int64_t)(size * count), call->request->body_size - call->body_sent);
	ssize_t got;

	do {
		got = pread(call->request->body_fd, to, room, call->body_sent);
	} while (got < 0 && errno == EINTR);
	if (got < 0) {
		error_errno(&call->stopped, ERR_INTERNAL, "reading what is to be sent");
		return CURL_READFUNC_ABORT;
	}
	call->body_sent += got;
	return (size_t)got;
}

static int
on_progress(
    void *ctx, curl_off_t down_total UNUSED, curl_off_t down UNUSED, curl_off_t up_total UNUSED, curl_off_t up UNUSED)
{
	struct call *call = ctx;
	const struct http_request *request = call->request;

	if (request->stop == NULL || !request->stop(request->ctx))
		return 0;
	error_set(&call->stopped, ERR_CANCELLED, "the call was stopped");
	return 1;
}

/* ---- setting up ---- */

/* Options that cannot fail but for memory or a mistake of ours. */
#define SET(call, option, value) \
	do { \
		if (curl_easy_setopt((call)->curl, (option), (value)) != CURLE_OK) \
			abort(); \
	} while (0)

static bool
is_credential(const char *name)
{
	static const char *const names[] = {"authorization", "cookie", "x-api-key", "api-key"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

static void
add_header(struct call *call, const char *line)
{
	struct curl_slist *longer = curl_slist_append(call->headers, line);

	if (longer == NULL)
		abort();
	call->headers = longer;
}

static int
add_headers(struct call *call, struct error *err)
{
	const struct http_request *request = call->request;

	/* A server's 417 would make libcurl send the request again. */
	add_header(call, "Expect:");
	for (size_t i = 0; i < request->header_count; i++) {
		const struct http_header *header = &request->headers[i];
		if (call->foreign_host && is_credential(header->name))
			continue;
		if (!id_is_token(header->name, 100) || strpbrk(header->name, ":.") != NULL ||
		    strpbrk(header->value, "\r\n") != NULL)
			return error_set(err, ERR_INPUT, "header '%.60s' is malformed", header->name);
		/* "Name;" is how libcurl wants a header without value. */
		const char *line = header->value[0] == '\0'
				       ? arena_printf(call->arena, "%s;", header->name)
				       : arena_printf(call->arena, "%s: %s", header->name, header->value);
		if (line == NULL)
			return arena_error(call->arena, err);
		add_header(call, line);
	}
	SET(call, CURLOPT_HTTPHEADER, call->headers);
	return 0;
}

static void
set_body(struct call *call)
{
	const struct http_request *request = call->request;
	const char *method = request->method;

	if (request->body_size > 0) {
		SET(call, CURLOPT_UPLOAD, 1L);
		SET(call, CURLOPT_READFUNCTION, on_read);
		SET(call, CURLOPT_READDATA, call);
		SET(call, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->body_size);
	} else if (request->body != NULL || text_equal(method, "POST")) {
		SET(call, CURLOPT_POST, 1L);
		SET(call, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
		SET(call, CURLOPT_POSTFIELDS, request->body == NULL ? "" : request->body);
	} else if (text_equal(method, "HEAD"))
		SET(call, CURLOPT_NOBODY, 1L);
	if (method != NULL && strcmp(method, "HEAD") != 0)
		SET(call, CURLOPT_CUSTOMREQUEST, method);
}

static void
set_connection(struct call *call)
{
	const struct http_request *request = call->request;

	SET(call, CURLOPT_PROTOCOLS_STR, "http,https");
	SET(call, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(call, CURLOPT_FRESH_CONNECT, 1L);
	SET(call, CURLOPT_FORBID_REUSE, 1L);
	SET(call, CURLOPT_FOLLOWLOCATION, 0L);
	SET(call, CURLOPT_NOSIGNAL, 1L);
	/* A proxy from the environment would be the address that is checked, instead of the one that is meant. */
	SET(call, CURLOPT_PROXY, "");
	SET(call, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	SET(call, CURLOPT_OPENSOCKETDATA, call);
	SET(call, CURLOPT_PREREQFUNCTION, on_connected);
	SET(call, CURLOPT_PREREQDATA, call);
	SET(call, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)(request->connect_timeout_ms > 0 ? request->connect_timeout_ms : CONNECT_TIMEOUT_MS));
	SET(call, CURLOPT_TIMEOUT_MS, (long)(request->timeout_ms > 0 ? request->timeout_ms : TIMEOUT_MS));
	if (request->ca_file != NULL && request->ca_file[0] != '\0')
		SET(call, CURLOPT_CAINFO, request->ca_file);
	if (request->sigv4 != NULL && !call->foreign_host) {
		SET(call, CURLOPT_AWS_SIGV4, request->sigv4);
		SET(call, CURLOPT_USERPWD, request->user_pwd_sigv4);
	}
}

static int
set_up(struct call *call, struct error *err)
{
	call->curl = curl_easy_init();
	if (call->curl == NULL)
		abort();
	SET(call, CURLOPT_URL, call->url);
	SET(call, CURLOPT_USERAGENT, "framewright/" PACKAGE_VERSION);
	SET(call, CURLOPT_ERRORBUFFER, call->message);
	SET(call, CURLOPT_HEADERFUNCTION, on_header);
	SET(call, CURLOPT_HEADERDATA, call);
	SET(call, CURLOPT_WRITEFUNCTION, on_body);
	SET(call, CURLOPT_WRITEDATA, call);
	SET(call, CURLOPT_NOPROGRESS, 0L);
	SET(call, CURLOPT_XFERINFOFUNCTION, on_progress);
	SET(call, CURLOPT_XFERINFODATA, call);
	set_connection(call);
	set_body(call);
	return add_headers(call, err);
}

/* ---- the outcome ---- */

static int64_t
parse_date(const char *text)
{
	return (int64_t)curl_getdate(text, NULL);
}

static bool
is_idempotent(const struct http_request *request)
{
	return request->body == NULL && request->body_size == 0 &&
	       (request->method == NULL || strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0);
}

static int
failure(const struct call *call, CURLcode code, struct error *err)
{
	const struct http_result *result = call->result;
	const char *why = call->message[0] != '\0' ? call->message : curl_easy_strerror(code);

	if (call->stopped.kind != ERR_NONE) {
		if (err != NULL)
			*err = call->stopped;
		return error_fail();
	}
	if (call->refused_address && result->outcome == HTTP_NOT_SENT)
		return error_code(
		    err, ERR_INPUT, "url_refused", "this URL cannot be used: its address is not a public one");
	if (result->outcome == HTTP_UNKNOWN && !is_idempotent(call->request)) {
		error_set(err, ERR_UNKNOWN_OUTCOME, "sent, but no answer: %s", why);
		error_public(err, "The outside service did not answer; it is not known whether it did the work.");
	} else
		error_set(err, code == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT : ERR_UNAVAILABLE, "%s", why);
	error_foreign(err, (int)code);
	return error_fail();
}

static int
finish(struct call *call, CURLcode code, struct error *err)
{
	struct http_result *result = call->result;

	result->outcome = result->status != 0 ? HTTP_ANSWERED : call->sending ? HTTP_UNKNOWN : HTTP_NOT_SENT;
	result->complete = code == CURLE_OK;
	result->curl_code = (int)code;
	result->body_len = call->body.len;
	result->body = buf_dup(&call->body, call->arena);
	result->headers = arena_memdup(call->arena, call->header, result->header_count * sizeof(call->header[0]));
	if (result->headers == NULL)
		result->header_count = 0;
	result->retry_after_s = http_retry_after(http_header(result, "retry-after"), clock_now_s(NULL), parse_date);
	if (result->body == NULL) {
		result->body = "";
		result->body_len = 0;
		result->complete = false;
		return call->stopped.kind != ERR_NONE ? failure(call, code, err) : arena_error(call->arena, err);
	}
	return code == CURLE_OK ? 0 : failure(call, code, err);
}

/* One request and its answer. *ret_next: where a redirect leads, in the arena, or NULL. */
static int
hop(const struct http_request *request, const char *url, bool foreign_host, struct arena *arena,
    struct http_result *result, const char **ret_next, struct error *err)
{
	CLEANUP(call_done)
	struct call call = {
	    .request = request,
	    .url = url,
	    .foreign_host = foreign_host,
	    .arena = arena,
	    .result = result,
	    .body = BUF_INIT((size_t)(request->answer_limit > 0 && request->sink == NULL ? request->answer_limit
											 : (int64_t)HTTP_ANSWER_MAX)),
	};
	char *next = NULL;

	*result = (struct http_result){.outcome = HTTP_NOT_SENT, .body = ""};
	*ret_next = NULL;
	if (set_up(&call, err) < 0)
		return -1;
	const CURLcode code = curl_easy_perform(call.curl);
	if (finish(&call, code, err) < 0)
		return -1;
	if (curl_easy_getinfo(call.curl, CURLINFO_REDIRECT_URL, &next) == CURLE_OK && next != NULL)
		*ret_next = arena_strdup(arena, next);
	return 0;
}

int
http_call(const struct http_request *request, struct arena *arena, struct http_result *ret_result, struct error *err)
{
	const int64_t began = clock_boot_ms(NULL);
	struct guard_url first = {0}, here;
	const char *url = request->url, *next = NULL;
	int result;

	/* A callback that commits "sending" must see exactly one request. */
	assert(request->redirects == 0 || (request->before_send == NULL && is_idempotent(request)));
	*ret_result = (struct http_result){.outcome = HTTP_NOT_SENT, .body = ""};
	for (unsigned left = request->redirects;; left--) {
		if (guard_url(url, request->rule, &here, err) < 0) {
			ret_result->complete = false;
			return -1;
		}
		if (url == request->url)
			first = here;
		const bool foreign = strcmp(first.host, here.host) != 0 || first.port != here.port ||
				     strcmp(first.scheme, here.scheme) != 0;
		result = hop(request, url, foreign, arena, ret_result, &next, err);
		if (result < 0 || next == NULL || left == 0)
			break;
		url = next;
	}
	ret_result->elapsed_ms = clock_boot_ms(NULL) - began;
	return result < 0 ? error_wrap(err, "calling '%s'", here.host) : 0;
}
