/*
 * A scripted database below the handlers (our own seam, lib/db) and requests built in memory. Every noun function that
 * fcgi calls is here, answers something sensible and notes what it was asked; `fake.fail` makes one of them refuse.
 */
#ifndef FW_TESTS_FCGI_FAKE_H
#define FW_TESTS_FCGI_FAKE_H

#include "fcgi/app.h"
#include "lib/base/hash.h"
#include "lib/db/render.h"
#include "lib/db/session.h"
#include "lib/db/user.h"
#include "tests/harness/test_main.h"

#define FAKE_SESSION "11111111-2222-4333-8444-555555555555"
#define FAKE_RENDER "77777777-2222-4333-8444-555555555555"
#define FAKE_DRAFT "66666666-2222-4333-8444-555555555555"
#define FAKE_JOB "99999999-8888-4777-8666-555555555555"
#define FAKE_KEY "fw_0123456789abcdefghijklmnop"

struct fake {
	/* the script */
	const char *fail; /* name of the function that refuses; NULL: none */
	struct error error;
	const char *job_state;		   /* of job_load() */
	const char *job_error;		   /* JSON or NULL */
	const char *job_kind, *job_result; /* NULL: as always */
	const char *media_type;		   /* of the files that a timeline names; NULL: video/mp4 */
	const char *plan, *report;	   /* of render_load(): JSON or NULL */
	bool no_draft, live;
	const char *upload_state; /* ready, checking, refused */
	bool no_final;
	bool epoch_over; /* the token was ended */
	const char *scopes[4];
	enum user_role role;
	bool unknown_user;
	/* what was asked */
	char calls[1024]; /* names, each followed by a space */
	int caller;
	struct session_images_start images;
	struct session_clips_start clips;
	struct session_compose_start compose;
	struct render_start render;
	char render_timeline[2048];
	int draft_version;
	size_t saved_count, order_count;
	bool has_order;
	/* idempotency */
	bool stored;
	char stored_key[80], stored_content[4096], stored_location[200];
	unsigned char stored_digest[HASH_SIZE];
	int stored_status;
};
extern struct fake fake;

/* What every noun function does first; -1: it is to refuse. */
int fake_enter(const char *name, struct error *err);
#define ENTER(err) \
	do { \
		if (fake_enter(__func__, (err)) < 0) \
			return -1; \
	} while (0)
#define NOW_US ((int64_t)1790000000 * 1000000)

struct call {
	const char *method, *path, *query, *body;
	const char *type;	   /* Content-Type; NULL: application/json when there is a body */
	const char *headers[8][2]; /* environment names and values; ended by NULL */
	size_t body_len;	   /* 0: strlen(body) */
	bool anonymous;		   /* no token */
	bool no_database;
	const char *asked; /* REQUEST_URI when nginx redirected inside; NULL: the path and query */
};

struct answer {
	int status;
	const char *head; /* header lines, CR removed */
	const char *body;
	size_t body_len;
};

/* Whom the requests come from, and over which connection; the program ring sets both. */
extern int32_t fake_user;
extern struct db *fake_connection; /* NULL: db_open() */

/* Empties the script. Called by every test that sets something. */
void fake_reset(void);
/* One request through responder_serve(). The answer lives until the program ends. */
struct answer fake_serve(const struct call *call);
/* Shorthands with a token of user 1. */
struct answer fake_get(const char *path);
struct answer fake_post(const char *path, const char *body);
/* The value of a header, or NULL; in test_arena(). */
const char *fake_header(const struct answer *answer, const char *name);
/* An access token of user 1, or one that ended an hour ago. */
const char *fake_token(bool expired);
bool fake_called(const char *name);
struct app *fake_app(void);
/* STORE_DIR of the app. */
const char *fake_store(void);
/* Checks status and code of a problem document, and that the document is complete. */
#define CHECK_PROBLEM(answer, status, code) fake_check_problem((answer), (status), (code), __FILE__, __LINE__)
bool fake_check_problem(struct answer answer, int status, const char *code, const char *file, int line);
/* Holds a JSON text against a shape; the first difference is a failure with its path. */
#define CHECK_SHAPE(json, shape) fake_check_shape((json), (shape), __FILE__, __LINE__)
bool fake_check_shape(const char *json, const char *shape, const char *file, int line);

#endif
