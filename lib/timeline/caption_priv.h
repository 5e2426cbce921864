/*
 * Between the files of captions.
 */
#ifndef FW_TIMELINE_CAPTION_PRIV_H
#define FW_TIMELINE_CAPTION_PRIV_H

#include "lib/timeline/caption.h"

/* Word timings: [{"text" or "word", "start", "end"}], in seconds, alone, in "words" or in "words" of each of
 * "segments". */
int caption_words(
    struct arena *arena, const char *json, size_t len, struct js_objects *ret_words, struct error *err) MUST_CHECK;

#endif
