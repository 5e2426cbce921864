#include "events/access.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/db/user.h"

static int
by_token(const struct access_checker *checker, const char *token, struct access *ret_access, struct error *err)
{
	struct token_claims claims;
	struct user *user;

	if (token_check(checker->keys, NULL, token, &claims, err) < 0)
		return -1;
	if (user_check_epoch(checker->db, checker->arena, (int32_t)claims.sub, (int32_t)claims.epoch, &user, err) < 0)
		return -1;
	*ret_access = (struct access){.user_id = user->id, .until_s = claims.exp};
	return 0;
}

static int
by_ticket(const struct access_checker *checker, const char *ticket, struct access *ret_access, struct error *err)
{
	struct user *user;
	const char *project;

	if (user_ticket_use(checker->db, checker->arena, ticket, &user, &project, err) < 0)
		return -1;
	/* the ticket was a token's for a moment; the socket lasts as long as a fresh token would */
	*ret_access = (struct access){
	    .user_id = user->id, .until_s = clock_now_s(NULL) + conf_seconds(checker->conf, CONF_TOKEN_LIFETIME)};
	if (project != NULL)
		snprintf(ret_access->only_project, sizeof(ret_access->only_project), "%s", project);
	return 0;
}

/* "session_token=<value>" among the cookies; NULL when there is none. */
static const char *
cookie_token(const struct access_checker *checker, const char *cookies)
{
	static const char name[] = "session_token=";

	for (const char *at = cookies; at != NULL && *at != '\0'; at = strchr(at, ';')) {
		at += strspn(at, "; ");
		if (strncmp(at, name, sizeof(name) - 1) == 0) {
			at += sizeof(name) - 1;
			return arena_strndup(checker->arena, at, strcspn(at, "; "));
		}
	}
	return NULL;
}

/* A browser sends the cookie for pages of anybody: only our own may use it. */
static bool
origin_is_ours(const struct access_checker *checker, const char *origin)
{
	const char *own = conf_str(checker->conf, CONF_PUBLIC_APP_URL);
	const char *const *others = conf_list(checker->conf, CONF_FRONTEND_URL, NULL);
	size_t len = strlen(own);

	if (*origin == '\0')
		return true;
	len -= len > 0 && own[len - 1] == '/';
	if (strlen(origin) == len && strncasecmp(origin, own, len) == 0)
		return true;
	for (; *others != NULL; others++)
		if (strcasecmp(*others, origin) == 0)
			return true;
	return false;
}

/* What follows the word "bearer" and a separator, or NULL. */
static const char *
after_bearer(const char *text)
{
	if (strncasecmp(text, "bearer", 6) != 0 || text[6] == '\0')
		return NULL;
	text += 6;
	return text + strspn(text, ", ");
}

int
access_check(const struct access_checker *checker, const struct access_request *request, struct access *ret_access,
    struct error *err)
{
	const char *token = after_bearer(request->authorization);

	arena_reset(checker->arena);
	if (token == NULL)
		token = after_bearer(request->protocol);
	if (token == NULL && *request->token != '\0')
		token = request->token;
	if (token != NULL)
		return by_token(checker, token, ret_access, err);
	if (*request->ticket != '\0')
		return by_ticket(checker, request->ticket, ret_access, err);
	token = cookie_token(checker, request->cookie);
	if (token != NULL && origin_is_ours(checker, request->origin))
		return by_token(checker, token, ret_access, err);
	return error_set(err, ERR_UNAUTHORIZED, "a token is needed");
}

int
access_renew(const struct access_checker *checker, const char *token, struct access *access, struct error *err)
{
	struct access fresh;

	arena_reset(checker->arena);
	if (by_token(checker, token, &fresh, err) < 0)
		return -1;
	if (fresh.user_id != access->user_id)
		return error_set(err, ERR_UNAUTHORIZED, "the token is another user's");
	access->until_s = fresh.until_s;
	return 0;
}

int
access_project(
    const struct access_checker *checker, const struct access *access, const char *project_id, struct error *err)
{
	enum event_access rights = EVENT_NO_ACCESS;
	int64_t seq;

	if (!id_is_uuid(project_id) || (*access->only_project != '\0' && strcmp(access->only_project, project_id) != 0))
		return error_code(err, ERR_NOT_FOUND, "session_not_found", "There is no such session");
	if (event_access(checker->db, project_id, access->user_id, &rights, &seq, err) < 0)
		return -1;
	if (rights == EVENT_NO_ACCESS)
		return error_code(err, ERR_NOT_FOUND, "session_not_found", "There is no such session");
	return 0;
}
