/*
 * From a request to its complete reply. Everything that the table of routes says is done here, in this order: path
 * (404), method (405), origin and sign-in (401, 403), start limits (429), Content-Type (415), size (413), JSON (400),
 * fields and parameters (422), Idempotency-Key, handler.
 */
#ifndef FW_FCGI_DISPATCH_H
#define FW_FCGI_DISPATCH_H

#include "fcgi/reply.h"
#include "fcgi/req.h"

/* Never fails: what goes wrong is in the reply. `err` is left as it was met, for the log. */
void dispatch(struct req *req, struct reply *reply, struct error *err);

#endif
