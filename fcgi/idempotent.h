/*
 * Idempotency-Key: the key's row and the work are one transaction, so a request that is sent twice works once, whenever
 * the connection breaks.
 */
#ifndef FW_FCGI_IDEMPOTENT_H
#define FW_FCGI_IDEMPOTENT_H

#include "fcgi/reply.h"
#include "fcgi/route.h"
#include "lib/base/hash.h"

/* Whether this request carries a key that its route honours. A dry run starts nothing and is never stored. */
bool idempotent_wanted(const struct req *req);
/* The route's handler once, with the digest of method, path, query and body. */
int idempotent_run(struct req *req, struct reply *reply, struct error *err) MUST_CHECK;
/* `work` once, for a body that was digested elsewhere. Without a key in the request it simply runs. */
int idempotent_call(struct req *req, struct reply *reply, const unsigned char digest[static HASH_SIZE],
    route_handler *work, struct error *err) MUST_CHECK;

#endif
