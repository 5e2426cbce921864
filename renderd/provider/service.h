/*
 * An outside provider as the paid-call protocol sees it: how its requests are written and its answers read. One file
 * per provider fills one of these; when a request may be sent, what an answer means for money and what is done about
 * doubt is the protocol's affair (renderd/step/paid.h), so that no provider can get it wrong.
 *
 * Functions return 0, or -1 with the error when nothing could be asked at all. Texts live in the attempt's arena.
 */
#ifndef FW_RENDERD_PROVIDER_SERVICE_H
#define FW_RENDERD_PROVIDER_SERVICE_H

#include "lib/db/providercall.h"
#include "lib/net/http.h"
#include "renderd/renderd.h"

struct paid_ask;

enum service_state {
	SERVICE_WORKING,
	SERVICE_READY,	 /* result and url are set */
	SERVICE_FAILED,	 /* `why` tells; whether it cost something, units */
	SERVICE_UNKNOWN, /* it says that it knows no such request */
	SERVICE_BUSY,	 /* 429 or 503: ask again after retry_after_s */
	SERVICE_AWAY,	 /* no answer, or one that cannot be read */
};

struct service_answer {
	enum service_state state;
	const struct js_value *result;
	const char *url;       /* where the file is */
	int64_t units_micros;  /* units billed, times a million; -1: not told */
	int64_t generation_ms; /* -1: not told */
	int retry_after_s;     /* 0: no advice */
	struct error why;      /* SERVICE_FAILED: for the user; SERVICE_AWAY: for the log */
};

struct provider_service {
	const char *name; /* as in provider_limit */

	bool (*configured)(const struct conf *conf);
	/* What the flows' models are called there; NULL when it has none like that. */
	const char *(*target)(const struct conf *conf, struct arena *arena, const char *model);

	/* A cheap call that needs the key: 0 when it was answered as by a provider that works for us, else -1 with why.
	 * NULL function: there is none like that, it counts as there. */
	int (*check)(struct attempt *attempt, const struct paid_ask *ask, struct error *err);

	/* Members of the request's own object, into the open one. */
	int (*write)(struct attempt *attempt, const struct paid_ask *ask, struct js_writer *w, struct error *err);
	/* The request that costs money. client_ref goes where the provider gives it back. */
	int (*submit)(struct attempt *attempt, const struct paid_ask *ask, const char *client_ref,
	    struct http_request *ret_request, struct error *err);
	/* Reads a 2xx answer to it: the id of the request, and a JSON object to keep (or NULL). */
	int (*accepted)(struct attempt *attempt, const struct http_result *result, const char **ret_id,
	    const char **ret_answer, struct error *err);
	/* What a clear refusal of it means, as the error to end with. Returns -1. */
	int (*refused)(struct attempt *attempt, const struct http_result *result, struct error *err);

	int (*poll)(struct attempt *attempt, const struct paid_ask *ask, const struct providercall *call,
	    struct service_answer *ret_answer, struct error *err);
	int (*cancel)(
	    struct attempt *attempt, const struct paid_ask *ask, const struct providercall *call, struct error *err);
	/* The id of a request of which no answer came; NULL when there is none like it (yet). NULL function: it cannot
	 * be asked. */
	int (*lookup)(struct attempt *attempt, const struct paid_ask *ask, const struct providercall *call,
	    const char **ret_id, struct error *err);
	/* The keys its webhooks are signed with, as hex; NULL function: they are not signed so. */
	int (*keys)(struct attempt *attempt, const char *const **ret_keys, size_t *ret_count, struct error *err);
};

/* All of them, in the order in which `auto` tries them; ends with NULL. */
extern const struct provider_service *const services[];
/* By its name; NULL when there is none (the built-in provider is none). */
const struct provider_service *service_find(const char *name);
/* The first that is configured and can make `model`; NULL when none is: the built-in provider does it. */
const struct provider_service *service_auto(const struct conf *conf, struct arena *arena, const char *model);

extern const struct provider_service service_fal;
/* fal_models.c: the words of its models, and where their results have the file's address. */
int fal_write(struct attempt *attempt, const struct paid_ask *ask, struct js_writer *w, struct error *err) MUST_CHECK;
const char *fal_pointer(const struct paid_ask *ask) RETURNS_NONNULL;

/* Before the first request of a job: whether its provider is there. All slots share the answer, a good one for a
 * minute, a bad one for five seconds. -1 with ERR_UNAVAILABLE and the code provider_unavailable: nothing was asked that
 * could cost money. */
int service_available(struct attempt *attempt, const struct paid_ask *ask, struct error *err) MUST_CHECK;

/* ---- what their files share ---- */

/* Fills in timeouts, certificates and the address rule of the installation. */
void service_request(const struct attempt *attempt, struct http_request *request);
/* A call that costs nothing: one answer, no retries, given up when the attempt's work is to stop. */
int service_call(struct attempt *attempt, struct http_request *request, struct http_result *ret_result,
    struct error *err) MUST_CHECK;
/* For `check`: such a call in AVAILABLE_TIMEOUT_MS. No answer, a failure of its own and a refused key are -1. */
int service_check(struct attempt *attempt, struct http_request *request, struct error *err) MUST_CHECK;
/* The JSON of a 2xx answer; -1 when it is none. */
int service_json(struct attempt *attempt, const struct http_result *result, const struct js_value **ret_doc,
    struct error *err) MUST_CHECK;
/* The state that an answer without a JSON of its own stands for: SERVICE_BUSY, SERVICE_UNKNOWN, SERVICE_AWAY. */
void service_no_answer(const struct http_result *result, struct service_answer *ret_answer);
/* Fetches a file into scratch/name. SERVICE_READY, SERVICE_BUSY or SERVICE_AWAY through ret_state. */
int service_download(struct attempt *attempt, const char *url, const char *name, enum service_state *ret_state,
    int64_t *ret_bytes, struct error *err) MUST_CHECK;

#endif
