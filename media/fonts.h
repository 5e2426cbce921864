/*
 * Fonts by name, for text in pictures.
 *
 * fontconfig works from a configuration of our own (one list of folders, nothing of the machine's), with its cache in
 * our runtime folder, filled once before tasks are forked. So a task never writes a font cache, and the same folders
 * give the same fonts everywhere. A name is resolved to one file and its digest, which belongs into the key of
 * everything drawn with it.
 *
 * WOFF files (web fonts; npm brings Montserrat so) are unpacked into the runtime folder, because pango refuses them
 * packed.
 *
 * The configuration is also made fontconfig's current one: pango in this process sees exactly these fonts. It lists by
 * language which families step in for what a font lacks, so that the choice does not depend on the machine's own
 * configuration.
 */
#ifndef MEDIA_FONTS_H
#define MEDIA_FONTS_H

#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"

/* Taken when a font is missing. */
#define FONTS_FALLBACK "DejaVuSans-Bold"
#define FONTS_FALLBACK_FAMILY "DejaVu Sans"

/* What emoji are drawn with. */
#define FONTS_EMOJI "Noto Color Emoji"

struct fonts;

struct font {
	const struct fonts *fonts; /* borrowed */
	const char *file;	   /* borrowed from fonts, as family and style */
	int index;		   /* face within the file */
	const char *family;	   /* "Open Sans" */
	const char *style;	   /* "Bold" */
	int weight;		   /* as pango counts: 400 regular, 700 bold */
	bool italic;
	char sha256[HASH_HEX_SIZE]; /* of the file */
	bool fallback;		    /* `file` is not what was asked for: warning font_fallback */
};

/* dirs: NULL-terminated, searched with everything below them; missing ones are skipped. runtime: a folder that exists
 * and that we may write. Fails when no font is found at all. */
int fonts_new(const char *const *dirs, const char *runtime, struct fonts **ret_fonts, struct error *err) MUST_CHECK;
void fonts_free(struct fonts **fonts);

/* By PostScript name ("Montserrat-Bold") or family ("Open Sans"), letter case and spaces aside. An unknown name gives
 * FONTS_FALLBACK or, without that, the first bold font there is. Where several files share a name, the one with basic
 * Latin. */
int fonts_resolve(const struct fonts *fonts, const char *name, struct font *ret_font, struct error *err) MUST_CHECK;

/* Digest of a font file as 64 hex digits, read once and kept; borrowed from fonts. Not in several threads at a time. */
int fonts_digest(const struct fonts *fonts, const char *file, const char **ret_sha256, struct error *err) MUST_CHECK;

/* Folders and files that drawing text reads, NULL-terminated, for the sandbox. */
const char *const *fonts_paths(const struct fonts *fonts) RETURNS_NONNULL;

#endif
