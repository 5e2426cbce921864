/*
 * Who opens a stream, and which projects are theirs. A token comes as Bearer header, as the second entry of
 * Sec-WebSocket-Protocol, as single-use ticket or token in the query, or as cookie of our own pages.
 */
#ifndef FW_EVENTS_ACCESS_H
#define FW_EVENTS_ACCESS_H

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/conf.h"
#include "lib/base/error.h"
#include "lib/base/id.h"
#include "lib/db/event.h"
#include "lib/net/token.h"

#define ACCESS_TEXT_MAX (TOKEN_TEXT_MAX + 1)

/* What a request brought along; "" where it did not. */
struct access_request {
	char authorization[ACCESS_TEXT_MAX]; /* header */
	char protocol[ACCESS_TEXT_MAX];	     /* Sec-WebSocket-Protocol: "bearer, <token>" */
	char token[ACCESS_TEXT_MAX];	     /* query */
	char ticket[256];		     /* query */
	char cookie[ACCESS_TEXT_MAX];	     /* header */
	char origin[256];		     /* header */
};

struct access {
	int32_t user_id;
	int64_t until_s;		 /* the token's end, seconds since 1970 */
	char only_project[ID_UUID_SIZE]; /* of a ticket; "": any of the user's */
};

struct access_checker {
	const struct conf *conf;
	const struct token_keys *keys;
	struct db *db;
	struct arena *arena; /* emptied by each check */
};

/* ERR_UNAUTHORIZED when nothing valid was brought, or when a page of a foreign origin used the cookie. */
int access_check(const struct access_checker *checker, const struct access_request *request, struct access *ret_access,
    struct error *err) MUST_CHECK;
/* A fresh token for an open socket; it must be of the same user. */
int access_renew(
    const struct access_checker *checker, const char *token, struct access *access, struct error *err) MUST_CHECK;
/* 0, or ERR_NOT_FOUND "session_not_found" for what does not exist or is not theirs. */
int access_project(const struct access_checker *checker, const struct access *access, const char *project_id,
    struct error *err) MUST_CHECK;

#endif
