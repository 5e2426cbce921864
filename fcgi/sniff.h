/*
 * What a file claims to be by its first bytes. That is all a responder may look at; whether the rest keeps the promise
 * is found out by the media process.
 */
#ifndef FW_FCGI_SNIFF_H
#define FW_FCGI_SNIFF_H

#include "lib/base/attr.h"

#define SNIFF_BYTES 64 /* enough for every signature here */

enum sniff_class { SNIFF_NONE, SNIFF_IMAGE, SNIFF_VIDEO, SNIFF_AUDIO, SNIFF_TEXT };

struct sniff {
	enum sniff_class class;
	const char *media_type; /* NULL for SNIFF_NONE */
};

struct sniff sniff_bytes(const void *bytes, size_t len);
/* "image", "video", "audio", "text" (captions and colour tables); "" for SNIFF_NONE. */
const char *sniff_class_name(enum sniff_class class) RETURNS_NONNULL;

#endif
