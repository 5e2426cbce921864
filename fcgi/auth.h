/*
 * Who asks. A Bearer token or key, an X-API-Key, or - for GET only - the cookie session_token.
 */
#ifndef FW_FCGI_AUTH_H
#define FW_FCGI_AUTH_H

#include "fcgi/req.h"

#define AUTH_COOKIE "session_token"
#define AUTH_KEY_PREFIX "fw_"

/*
 * Fills req->caller and makes it the caller of req->db, by the rules of req->route. ERR_UNAUTHORIZED when there is no
 * proof or a bad one, ERR_FORBIDDEN when the proof is good and not enough. A token's epoch travels with the first
 * statement of the handler, so an ended token shows there.
 */
int auth_check(struct req *req, struct error *err) MUST_CHECK;

/* The user behind the caller as the database has it now: role and all. ERR_UNAUTHORIZED when the token was ended. */
int auth_user(struct req *req, struct user **ret_user, struct error *err) MUST_CHECK;

/* For public routes that show more to administrators. A missing or bad proof is no error here, and keys are not enough.
 * Afterwards nobody is the caller of req->db. */
bool auth_is_admin(struct req *req);

#endif
