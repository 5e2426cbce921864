/*
 * The FastCGI side: threads that accept, serve one request per connection and close. No connection is kept, because a
 * thread on a kept one is lost to everybody else.
 */
#ifndef FW_FCGI_SERVER_H
#define FW_FCGI_SERVER_H

#include "fcgi/app.h"
#include "lib/net/listen.h"

/* Serves `listener` (nonblocking) with `threads` responders until `stop` is wanted, then waits for what is being
 * served. */
int server_run(struct app *app, int listener, int threads, struct stop *stop, struct error *err) MUST_CHECK;

/* One request of plain CGI from the process's environment, descriptors 0 and 1. */
void server_cgi(struct app *app, char **environment);

#endif
