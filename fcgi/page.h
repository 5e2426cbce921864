/*
 * Plain readable pages made by the responder: problem codes and the documentation of the API. No script, no outside
 * file; the few rules of style are in a file of the studio, because nginx forbids inline ones.
 */
#ifndef FW_FCGI_PAGE_H
#define FW_FCGI_PAGE_H

#include "fcgi/reply.h"

/* Whether the client prefers HTML to JSON: a browser says text/html, a program usually nothing. */
bool page_wanted(const struct req *req);
/* The document up to and with its heading; escapes the title. */
void page_open(struct reply *reply, const char *title);
void page_close(struct reply *reply);

#endif
