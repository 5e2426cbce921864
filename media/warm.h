/*
 * Doing once, before any fork, what every task would do first: binding symbols, filling the codecs' static tables,
 * FFmpeg's log.
 */
#ifndef MEDIA_WARM_H
#define MEDIA_WARM_H

#include "lib/base/attr.h"
#include "lib/base/log.h"

/* Codecs run once on a picture of 64x64, without threads: a process that has threads cannot fork safely. A codec that
 * is missing is logged as a warning; the task that needs it will fail with a clear error. FFmpeg's messages go to log
 * (debug level) from now on. log must live as long as the process. */
void warm_up(const struct log *log);

#endif
