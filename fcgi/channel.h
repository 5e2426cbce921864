/*
 * struct channel: where a request comes from and where its answer goes, whatever carries both.
 *
 * FastCGI, plain CGI and the tests fill the same three members; everything above knows only them. `env` holds the
 * variables of RFC 3875 as "NAME=value", ended by NULL, and stays valid until the answer is written.
 */
#ifndef FW_FCGI_CHANNEL_H
#define FW_FCGI_CHANNEL_H

#include <sys/types.h>

#include "lib/base/attr.h"
#include "lib/base/buf.h"

struct channel {
	char **env;
	/* Up to `len` bytes of the body; 0 at its end, -1 when the connection broke. */
	ssize_t (*read)(struct channel *channel, void *bytes, size_t len);
	/* All bytes; -1 when nobody listens any more. */
	int (*write)(struct channel *channel, const void *bytes, size_t len);
};

/* Body from and answer to two descriptors (plain CGI: 0 and 1). The descriptors stay the caller's. */
struct channel_fd {
	struct channel channel;
	int in;
	int out;
	int64_t left; /* bytes of the body not read yet, from CONTENT_LENGTH */
};
void channel_fd_init(struct channel_fd *self, char **env, int in, int out);

/* A request built in memory: what the handler tests use. */
struct channel_memory {
	struct channel channel;
	const char *body;
	size_t body_len;
	size_t read_at;
	struct buf answer; /* header lines, empty line, body; buf_done() frees it */
};
void channel_memory_init(struct channel_memory *self, char **env, const void *body, size_t len);

/* The value of NAME in an environment; NULL when absent. Borrowed from env. */
const char *channel_env(char *const *env, const char *name);

#endif
