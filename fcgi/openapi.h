#ifndef FW_FCGI_OPENAPI_H
#define FW_FCGI_OPENAPI_H

#include "fcgi/reply.h"

/* The whole document as one value. */
void openapi_write(struct js_writer *w, const char *server_url);

/* Handlers. */
int openapi_get(struct req *req, struct reply *reply, struct error *err);
int openapi_docs(struct req *req, struct reply *reply, struct error *err);

#endif
