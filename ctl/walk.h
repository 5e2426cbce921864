/*
 * The advert flow walked over HTTP: what `framewright ad` and `framewright smoke` share.
 */
#ifndef FW_CTL_WALK_H
#define FW_CTL_WALK_H

#include "ctl/client.h"

#define WALK_PICTURES_MAX 8

struct walk {
	struct client client;
	bool quiet;				 /* no progress line */
	const char *prompt;			 /* NULL: own pictures */
	const char *pictures[WALK_PICTURES_MAX]; /* files */
	size_t picture_count;
	const char *scene, *name, *cta;
	const char *music; /* genre; NULL: none */
	const char *font;  /* NULL: the default */
	int choose;	   /* pictures that are approved; 0: 4 */
	const char *output;

	/* what came out; in the arena */
	const char *session_id;
	const char *film_url;
	double duration_s;
	double size_mb;
	const char *cost; /* dollars as text */
	const char *resolution;
};

/* Signs in is the caller's. From a new session to the downloaded film. */
int walk_run(struct walk *walk, struct error *err) MUST_CHECK;

#endif
