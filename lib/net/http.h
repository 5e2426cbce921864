/*
 * One HTTP call. http.c is the only includer of libcurl.
 *
 * Made for calls that cost money: a fresh connection, no redirects, no retries, no "Expect", a callback after TLS and
 * before the first byte of the request (the last moment to say no), and an outcome that is honest about what is not
 * known.
 *
 *     HTTP_NOT_SENT  surely not one byte of the request left (no connection, callback refused, address refused)
 *     HTTP_ANSWERED  a status line arrived; `status` counts even when the body broke off (`complete` is false then)
 *     HTTP_UNKNOWN   bytes may have left and no status came back
 */
#ifndef FW_NET_HTTP_H
#define FW_NET_HTTP_H

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/conf.h"
#include "lib/base/error.h"
#include "lib/net/guard.h"

#define HTTP_HEADERS_MAX 64
#define HTTP_ANSWER_MAX (4 * MIB) /* when a request names no limit */

enum http_outcome { HTTP_NOT_SENT, HTTP_ANSWERED, HTTP_UNKNOWN };

struct http_header {
	const char *name;
	const char *value;
};

struct http_request {
	const char *method; /* NULL: GET, or POST when there is a body */
	const char *url;
	const struct http_header *headers;
	size_t header_count;

	const void *body; /* sent as it is; name the Content-Type in headers */
	size_t body_len;
	int body_fd; /* instead of body: body_size bytes from offset 0; used when body_size > 0 */
	int64_t body_size;

	int connect_timeout_ms; /* 0: 10 s */
	int timeout_ms;		/* the whole call; 0: 60 s */
	int64_t answer_limit;	/* bytes of the answer's body; 0: HTTP_ANSWER_MAX */
	unsigned redirects;	/* GET only: hops that may be followed, each checked like the first; 0: none */

	enum guard_rule rule;	    /* for every address connected to */
	const char *ca_file;	    /* NULL: the system's */
	const char *user_pwd_sigv4; /* "key:secret": sign with AWS SigV4; region and service in sigv4 */
	const char *sigv4;	    /* "aws:amz:us-east-1:s3" */

	/* After connect and TLS, before the first byte. -1 stops the call: HTTP_NOT_SENT with its error. Called at most
	 * once; a second attempt of the library is refused. */
	int (*before_send)(void *ctx, struct error *err);
	/* Where the answer's body of a 2xx goes instead of memory; -1 stops. */
	int (*sink)(void *ctx, const void *bytes, size_t len, struct error *err);
	/* Asked about once a second and whenever bytes move; true breaks off. */
	bool (*stop)(void *ctx);
	void *ctx; /* for all three */
};

struct http_result {
	enum http_outcome outcome;
	int status;	  /* 0: none */
	bool complete;	  /* the whole body arrived */
	const char *body; /* NUL-terminated, "" if none; in the arena. With a sink: only bodies of non-2xx answers */
	size_t body_len;
	const struct http_header *headers; /* of the last answer; names in lower case; in the arena */
	size_t header_count;
	int retry_after_s; /* 0: none given; at most a day */
	int curl_code;
	int64_t elapsed_ms;
	int64_t received; /* body bytes */
};

/* The process's libcurl; call once in main before threads start. */
int http_setup(struct error *err) MUST_CHECK;
void http_teardown(void);

/* 0 when a complete answer arrived, whatever its status. -1 otherwise; ret_result tells the outcome in both cases.
 * Kinds: ERR_INPUT (URL or address refused), ERR_TIMEOUT, ERR_UNAVAILABLE (not sent), ERR_UNKNOWN_OUTCOME,
 * ERR_TOO_LARGE, ERR_CANCELLED (stop), or that of a callback. Safe in threads. */
int http_call(const struct http_request *request, struct arena *arena, struct http_result *ret_result,
    struct error *err) MUST_CHECK;

/* First header of that name (any case), or NULL. */
const char *http_header(const struct http_result *result, const char *name);

/* What a paid call's result means; see docs/jobs.md. */
enum http_verdict {
	HTTP_VERDICT_VOID,	/* never sent: repeat freely */
	HTTP_VERDICT_ACCEPTED,	/* 2xx, complete */
	HTTP_VERDICT_REJECTED,	/* a clear 4xx, or a redirect, which is never followed */
	HTTP_VERDICT_LIMITED,	/* 429: not done, try later */
	HTTP_VERDICT_UNCERTAIN, /* anything else: it may have happened */
};
enum http_verdict http_verdict(const struct http_result *result);

#endif
