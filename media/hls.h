/*
 * Watching a film while it is made: a folder with an init segment, one segment for each span, and a playlist that grows
 * (HTTP Live Streaming, fragmented MP4).
 *
 * Spans come in order, each as soon as it and all before it are finished. Every file appears complete (temporary name,
 * rename), and the playlist only names what is there. The segments hold the very samples of the finished file.
 */
#ifndef MEDIA_HLS_H
#define MEDIA_HLS_H

#include "media/assemble.h"

#define HLS_FOLDER "live"
#define HLS_PLAYLIST "film.m3u8"

struct hls;

/* Makes the folder below `dir` (the task's scratch folder). The assembly's sound must be there already, its pictures
 * when they are added; only profiles that make MP4. The assembly must live as long. */
int hls_open(const struct assembly *assembly, int dir, struct hls **ret_hls, struct error *err) MUST_CHECK;
void hls_free(struct hls **hls);

/* Publishes the next span; after the last one the playlist says so. */
int hls_add(struct hls *hls, struct error *err) MUST_CHECK;

/* How many segments are published. */
size_t hls_segments(const struct hls *hls);

/* Appends the playlist after so many segments. Durations are exact: they add up to the film's without drifting. */
void hls_playlist(const struct plan *plan, size_t segments, struct buf *out);

#endif
