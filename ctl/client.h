/*
 * The API as a program uses it: signed in once, JSON out and in. Refusals become errors with the server's code and
 * sentence.
 */
#ifndef FW_CTL_CLIENT_H
#define FW_CTL_CLIENT_H

#include "ctl/ctl.h"
#include "lib/js/read.h"

struct client {
	struct ctl *ctl;
	const char *base;	   /* "http://127.0.0.1:8080", no slash at the end */
	const char *authorization; /* "Bearer ..." once signed in */
};

/* url NULL: $FRAMEWRIGHT_URL, else PUBLIC_APP_URL. */
int client_init(struct client *client, struct ctl *ctl, const char *url, struct error *err) MUST_CHECK;
int client_login(struct client *client, const char *email, const char *password, struct error *err) MUST_CHECK;

/* body NULL: none. ret_answer may be NULL. A status of 400 and more is an error; the answer lives in ctl's arena. */
int client_call(struct client *client, const char *method, const char *path, const char *body,
    const struct js_value **ret_answer, struct error *err) MUST_CHECK;
/* Sends a file as an upload and waits until it was looked at; its asset id, in the arena. */
int client_upload(struct client *client, const char *path, const char **ret_id, struct error *err) MUST_CHECK;
/* Fetches an address of the server into a file, which appears only when it is complete. */
int client_download(struct client *client, const char *url, const char *path, struct error *err) MUST_CHECK;

#endif
