/*
 * Unpacking WOFF 1.0: an sfnt font whose tables are deflated one by one.
 */
#ifndef MEDIA_WOFF_H
#define MEDIA_WOFF_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"

#define WOFF_FONT_MAX (32 * MIB)
#define WOFF_TABLES_MAX 128

/* Appends the unpacked font to `font`, whose maximum should be WOFF_FONT_MAX. ERR_INPUT for anything that is not a
 * sound WOFF 1.0 file. */
int woff_unpack(const void *bytes, size_t len, struct buf *font, struct error *err) MUST_CHECK;

#endif
