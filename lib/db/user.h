/*
 * Users, the tokens that stand for them, and the counting of failed logins.
 *
 * Tokens come in as text and are stored as SHA-256 only; making random text is the caller's affair. Nothing here needs
 * a caller on the connection except where said: before a login there is none.
 *
 * Everything returned lives in the arena.
 */
#ifndef FW_DB_USER_H
#define FW_DB_USER_H

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/error.h"

struct db;

enum user_role { USER_ROLE_USER, USER_ROLE_REVIEWER, USER_ROLE_ADMIN, USER_ROLE__COUNT };

struct user {
	int32_t id;
	const char *email;
	const char *password_hash; /* NULL unless it came from user_find_by_email() */
	enum user_role role;
	int32_t token_epoch; /* tokens that carry another number are void */
	bool is_demo;
	bool disabled;
	int64_t created_us;
};

/* "user", "reviewer", "admin". */
const char *user_role_name(enum user_role role) RETURNS_NONNULL;
/* USER_ROLE__COUNT for an unknown name. */
enum user_role user_role_of_name(const char *name);

/* Compares without case. *ret_user is NULL when there is no such address; disabled users are found. */
int user_find_by_email(
    struct db *db, struct arena *arena, const char *email, struct user **ret_user, struct error *err) MUST_CHECK;
/* *ret_user is NULL when absent. */
int user_find(struct db *db, struct arena *arena, int32_t id, struct user **ret_user, struct error *err) MUST_CHECK;
/* Whether a token of this epoch still stands for this user: ERR_UNAUTHORIZED when the user is gone, disabled or has
 * ended the tokens. On success the user as it is now. */
int user_check_epoch(struct db *db, struct arena *arena, int32_t id, int32_t token_epoch, struct user **ret_user,
    struct error *err) MUST_CHECK;

/* ERR_CONFLICT "email_taken"; ERR_INPUT for an address that is none. */
int user_create(struct db *db, const char *email, const char *password_hash, enum user_role role, bool is_demo,
    int32_t *ret_id, struct error *err) MUST_CHECK;
/* Raises the epoch and revokes the refresh tokens: all that was issued before is void. ERR_NOT_FOUND. */
int user_set_password(struct db *db, int32_t id, const char *password_hash, struct error *err) MUST_CHECK;
/* The operator's two; the caller's database role decides whether they are allowed. */
int user_set_role(struct db *db, int32_t id, enum user_role role, struct error *err) MUST_CHECK;
int user_set_disabled(struct db *db, int32_t id, bool disabled, struct error *err) MUST_CHECK;
/* All users by id. */
int user_list(
    struct db *db, struct arena *arena, struct user **ret_users, size_t *ret_count, struct error *err) MUST_CHECK;

/* Before a password is looked at. ERR_LIMIT "too_many_attempts" with retry_after_s when this address (text of an inet)
 * has failed 10 times within 5 minutes. */
int user_login_allowed(struct db *db, const char *address, struct error *err) MUST_CHECK;
int user_login_failed(struct db *db, const char *address, struct error *err) MUST_CHECK;

/* A new family. */
int user_refresh_issue(struct db *db, int32_t user_id, const char *token, int64_t ttl_s, struct error *err) MUST_CHECK;
/* Takes `token` out of use and puts `successor` in its place. ERR_UNAUTHORIZED "invalid_refresh_token" when it is
 * unknown, expired or revoked; a token that was used before revokes its whole family. On success the user as it is now.
 */
int user_refresh_rotate(struct db *db, struct arena *arena, const char *token, const char *successor, int64_t ttl_s,
    struct user **ret_user, struct error *err) MUST_CHECK;
/* Revokes the token's family; an unknown token is no error. */
int user_refresh_revoke(struct db *db, const char *token, struct error *err) MUST_CHECK;
/* Logs the user out everywhere: raises the epoch, revokes all refresh tokens. */
int user_logout_all(struct db *db, int32_t user_id, struct error *err) MUST_CHECK;

/* A ticket is good once, for 60 s, for opening a socket or a download by URL. project_id: for this project only, or
 * NULL. Needs the caller; ERR_NOT_FOUND "session_not_found" when the project is not the caller's to see. */
#define USER_TICKET_TTL_S 60
int user_ticket_create(struct db *db, const char *token, const char *project_id, struct error *err) MUST_CHECK;
/* ERR_UNAUTHORIZED "invalid_ticket". *ret_project_id may be NULL (any project). */
int user_ticket_use(struct db *db, struct arena *arena, const char *token, struct user **ret_user,
    const char **ret_project_id, struct error *err) MUST_CHECK;

#endif
