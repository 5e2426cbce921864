/*
 * What conf.c and conf_out.c share; for nobody else.
 */
#ifndef FW_BASE_CONF_PRIV_H
#define FW_BASE_CONF_PRIV_H

#include "lib/base/conf.h"

#define CONF_LIST_MAX 64
#define CONF_SOURCE_SIZE 96

struct conf_value {
	char *text; /* as given; freed (secrets wiped) by conf_free */
	int64_t number;
	char *list_text;		     /* the items' bytes */
	const char *list[CONF_LIST_MAX + 1]; /* into list_text */
	char source[CONF_SOURCE_SIZE];
	bool derived; /* made from another setting */
};

struct conf {
	enum conf_program program;
	struct conf_value values[CONF__COUNT];
};

/* Checks and keeps one value. */
int conf_assign(
    struct conf *conf, enum conf_key key, const char *text, const char *source, struct error *err) MUST_CHECK;

#endif
