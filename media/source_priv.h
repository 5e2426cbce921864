/*
 * Between the files of sources.
 */
#ifndef MEDIA_SOURCE_PRIV_H
#define MEDIA_SOURCE_PRIV_H

#include "media/io.h"
#include "media/source.h"

/* io_close_input() for CLEANUP. */
void source_close_format(AVFormatContext **format);

/* ERR_INPUT "clip_unavailable" with name and reason. Always -1. */
int source_unavailable(struct error *err, const char *name, const char *why);

#endif
