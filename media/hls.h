/*
 * Watching a film while it is made: a folder with an init segment, segments, and a playlist that grows (HTTP Live
 * Streaming, fragmented MP4).
 *
 * Spans come in order, each when all before it are finished: as one segment when it is finished as well, else as
 * several, as it is encoded. Every file appears complete (temporary name, rename), and the playlist only names what is
 * there. The segments hold the very samples of the finished file.
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

/* Publishes the next span, or what is left of it; after the last one the playlist says so. */
int hls_add(struct hls *hls, struct error *err) MUST_CHECK;

/* Publishes what of the next span is there already (joint_add_part()), when it is worth a segment: half a second of
 * the film's beginning, else a second. */
int hls_add_part(struct hls *hls, const struct piece *piece, struct error *err) MUST_CHECK;

/* How many spans are published whole, and how many segments. */
size_t hls_spans(const struct hls *hls);
size_t hls_segments(const struct hls *hls);

/* Appends the playlist of segments that end before the frames `ends`. Durations are exact: they add up to the film's
 * without drifting. */
void hls_playlist(const struct plan *plan, const uint32_t *ends, size_t n_ends, struct buf *out);

#endif
