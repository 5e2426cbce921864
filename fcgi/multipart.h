/*
 * struct multipart: the parts of a multipart/form-data body, one after the other, without holding a file in memory.
 *
 *     multipart_open(&m, req->channel, req->content_type, err)
 *     while ((got = multipart_next(&m, err)) == 1)
 *             while ((n = multipart_read(&m, bytes, sizeof(bytes), err)) > 0)
 */
#ifndef FW_FCGI_MULTIPART_H
#define FW_FCGI_MULTIPART_H

#include "fcgi/channel.h"
#include "lib/base/error.h"

#define MULTIPART_BOUNDARY_MAX 70
#define MULTIPART_NAME_MAX 256
#define MULTIPART_BUFFER (64 * KIB)

struct multipart {
	struct channel *channel;
	char delimiter[MULTIPART_BOUNDARY_MAX + 5]; /* CR LF -- boundary */
	size_t delimiter_len;
	bool ended; /* the last delimiter was read */
	size_t begin, end;
	unsigned char *buffer;
	/* of the current part */
	char name[MULTIPART_NAME_MAX];
	char file_name[MULTIPART_NAME_MAX]; /* "" when it is no file */
	char type[MULTIPART_NAME_MAX];
	bool is_file;
};

/* ERR_BAD_REQUEST without a proper boundary in the Content-Type. */
int multipart_open(
    struct multipart *m, struct channel *channel, const char *content_type, struct error *err) MUST_CHECK;
void multipart_close(struct multipart *m);
/* Skips what is left of the current part. 1: a part begins; 0: there are no more; -1: ERR_BAD_REQUEST. */
int multipart_next(struct multipart *m, struct error *err) MUST_CHECK;
/* Bytes of the current part; 0 at its end. */
ssize_t multipart_read(struct multipart *m, void *bytes, size_t len, struct error *err) MUST_CHECK;

#endif
