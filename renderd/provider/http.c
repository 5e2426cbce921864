/*
 * Calls to providers that cost nothing: asking, fetching, cancelling. The one that costs money is made by
 * renderd/step/paid.c alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fault.h"
#include "lib/base/path.h"
#include "renderd/provider/service.h"

#define DOWNLOAD_REDIRECTS 3
/* A stuck download is noticed by its time; a film of DOWNLOAD_MAX at 2 MB/s takes this long. */
#define DOWNLOAD_TIME_MS (20 * 60 * 1000)

const struct provider_service *const services[] = {&service_fal, NULL};

const struct provider_service *
service_find(const char *name)
{
	for (size_t i = 0; services[i] != NULL; i++)
		if (strcmp(services[i]->name, name) == 0)
			return services[i];
	return NULL;
}

const struct provider_service *
service_auto(const struct conf *conf, struct arena *arena, const char *model)
{
	for (size_t i = 0; services[i] != NULL; i++)
		if (services[i]->configured(conf) && services[i]->target(conf, arena, model) != NULL)
			return services[i];
	return NULL;
}

/* What is being asked for free may stop at any time; but a job that is being cancelled is asked about all the same. */
static bool
stops(void *ctx)
{
	return attempt_stops(ctx);
}

void
service_request(const struct attempt *attempt, struct http_request *request)
{
	const struct conf *conf = attempt->renderd->conf;

	request->timeout_ms = (int)conf_seconds(conf, CONF_PROVIDER_TIMEOUT) * 1000;
	request->ca_file = conf_str(conf, CONF_CA_FILE);
	request->rule = conf_bool(conf, CONF_ALLOW_LOOPBACK_URLS) ? GUARD_LOOPBACK : GUARD_PUBLIC;
}

int
service_call(struct attempt *attempt, struct http_request *request, struct http_result *ret_result, struct error *err)
{
	service_request(attempt, request);
	request->stop = stops;
	request->ctx = attempt;
	return http_call(request, attempt->arena, ret_result, err);
}

int
service_json(
    struct attempt *attempt, const struct http_result *result, const struct js_value **ret_doc, struct error *err)
{
	if (js_parse_free(attempt->arena, result->body, result->body_len, ret_doc, err) < 0)
		return error_wrap(err, "reading the provider's answer");
	if (js_kind(*ret_doc) != JS_KIND_OBJECT)
		return error_set(err, ERR_PROVIDER, "the provider's answer is no object");
	return 0;
}

void
service_no_answer(const struct http_result *result, struct service_answer *ret_answer)
{
	ret_answer->retry_after_s = result->retry_after_s;
	ret_answer->state = result->status == 429 || result->status == 503 ? SERVICE_BUSY
			    : result->status == 404			   ? SERVICE_UNKNOWN
									   : SERVICE_AWAY;
	if (ret_answer->why.kind == ERR_NONE)
		(void)error_set(&ret_answer->why, ERR_PROVIDER, "the provider answered %d", result->status);
}

struct sink {
	struct attempt *attempt;
	int fd;
};

static int
write_sunk(void *ctx, const void *bytes, size_t len, struct error *err)
{
	const struct sink *sink = ctx;
	const char *at = bytes;

	while (len > 0) {
		ssize_t written = write(sink->fd, at, len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return error_errno(
			    err, errno == ENOSPC ? ERR_STORAGE_FULL : ERR_INTERNAL, "writing a download");
		at += written;
		len -= (size_t)written;
	}
	return 0;
}

static bool
sink_stops(void *ctx)
{
	const struct sink *sink = ctx;

	return attempt_stops(sink->attempt);
}

int
service_download(struct attempt *attempt, const char *url, const char *name, enum service_state *ret_state,
    int64_t *ret_bytes, struct error *err)
{
	struct http_request request = {.url = url,
	    .redirects = DOWNLOAD_REDIRECTS,
	    .answer_limit = conf_size(attempt->renderd->conf, CONF_DOWNLOAD_MAX),
	    .sink = write_sunk,
	    .stop = sink_stops};
	CLEANUP(fd_close) int fd = -1;
	struct sink sink = {.attempt = attempt};
	struct http_result result;
	int scratch = attempt_scratch(attempt, err);

	if (scratch < 0)
		return -1;
	fd = openat(scratch, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return error_errno(err, ERR_INTERNAL, "making '%s' for a download", name);
	sink.fd = fd;
	service_request(attempt, &request);
	request.timeout_ms = DOWNLOAD_TIME_MS;
	request.ctx = &sink;
	if (FAULT("before_fetch"))
		return error_set(err, ERR_UNAVAILABLE, "injected fault");
	*ret_state = SERVICE_AWAY;
	if (http_call(&request, attempt->arena, &result, err) < 0) {
		/* ours to tell: stopped, too large, no room; a connection that broke is the provider's */
		if (error_is(err, ERR_CANCELLED) || error_is(err, ERR_TOO_LARGE) || error_is(err, ERR_STORAGE_FULL) ||
		    error_is(err, ERR_INTERNAL) || error_is(err, ERR_INPUT))
			return error_wrap(err, "fetching a result");
		log_warn(&attempt->log, "fetch_failed", LOG_ERR(err));
		error_clear(err);
		return 0;
	}
	if (result.status == 200 && result.received > 0)
		*ret_state = SERVICE_READY;
	else if (result.status == 429 || result.status == 503)
		*ret_state = SERVICE_BUSY;
	*ret_bytes = result.received;
	if (FAULT("after_fetch"))
		return error_set(err, ERR_UNAVAILABLE, "injected fault");
	return 0;
}
