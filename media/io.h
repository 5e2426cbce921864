/*
 * FFmpeg's reading and writing over descriptors that we were given: no file names, no protocols.
 *
 * Demuxers are chosen from a white list, can open nothing by themselves (io_open refuses everything), and read with
 * pread(), so that a descriptor's position does not matter and one descriptor may serve several readers at once.
 * Everything here may be used from any thread, each object by one thread at a time.
 *
 * AVERROR codes become struct error (io_error): a file that cannot be read is ERR_INPUT "media_unreadable" or
 * "media_truncated", memory is ERR_MEMORY, a full disk ERR_STORAGE_FULL.
 */
#ifndef MEDIA_IO_H
#define MEDIA_IO_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/frame.h>

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/error.h"

struct task;

/* Demuxers and decoders that open inputs may use, as FFmpeg's comma separated lists. */
extern const char io_formats[];
extern const char io_codecs[];

/*
 * Opens the container behind fd (its own AVIOContext, kept in fmt->pb). `format`: name of the one demuxer to use, or
 * NULL to guess from the bytes within the white list. Stream information is not read yet (avformat_find_stream_info is
 * the caller's). io_close_input frees the context, its AVIOContext and leaves NULL; fd stays open. task may be NULL;
 * when it is cancelled reading stops with AVERROR_EXIT.
 */
int io_open_input(
    int fd, const char *format, const struct task *task, AVFormatContext **ret_fmt, struct error *err) MUST_CHECK;
void io_close_input(AVFormatContext **fmt);

/* io_open_input and avformat_find_stream_info with bounded effort (analyzeduration 5 s, probesize 16 MiB). */
int io_open_media(int fd, const struct task *task, AVFormatContext **ret_fmt, struct error *err) MUST_CHECK;

/*
 * Between these, what libraries open computes with what every processor of the architecture has (SSE2 on x86-64,
 * elsewhere plain C), so that its results do not depend on the processor: for sound, where other instructions round
 * differently. Decoders of pictures are exact either way; one that another thread happens to open meanwhile is only
 * slower. One thread at a time. begin returns the flags that end puts back.
 */
int io_baseline_begin(void);
void io_baseline_end(int flags);

/* A decoder for the stream, opened, with pkt_timebase set. threads as given (frame and slice); 1 for exact order of
 * work. The decoder must be on the white list. Free with avcodec_free_context. */
int io_open_decoder(const AVStream *stream, int threads, AVCodecContext **ret_codec, struct error *err) MUST_CHECK;

/*
 * A file below folder `dir` for writing (O_CREAT | O_EXCL, 0640), as an AVIOContext that can seek and read back.
 * io_close_output flushes, fsyncs, closes and leaves NULL; its -1 means that the file is not complete. io_drop_output
 * closes without any of that and removes the file (for CLEANUP-like paths after a failure).
 */
int io_open_output(int dir, const char *name, AVIOContext **ret_pb, struct error *err) MUST_CHECK;
int io_close_output(AVIOContext **pb, struct error *err) MUST_CHECK;
void io_drop_output(AVIOContext **pb);

/* Writes bytes as dir/name (O_EXCL, fsync). */
int io_write_file(int dir, const char *name, const void *bytes, size_t len, struct error *err) MUST_CHECK;

/* Size of a regular file; ERR_INPUT "media_empty" for length zero, ERR_INPUT for anything that is no regular file. */
int io_file_size(int fd, int64_t *ret_size, struct error *err) MUST_CHECK;
/* The whole file, whatever the descriptor's position, in the arena; of one with more bytes than the limit the first
 * limit + 1, so that *ret_len tells. */
int io_read_text(
    struct arena *arena, int fd, size_t limit, char **ret_bytes, size_t *ret_len, struct error *err) MUST_CHECK;

/* Sets err from an AVERROR code; `what` is what was being done. Always -1. */
int io_error(struct error *err, int averror, const char *what);
/* The same where only our own side can be at fault (encoder, filter graph, muxer): ERR_INTERNAL instead of ERR_INPUT.
 */
int io_error_own(struct error *err, int averror, const char *what);

/* For CLEANUP. */
void io_frame_free(AVFrame **frame);
void io_packet_free(AVPacket **packet);
void io_codec_free(AVCodecContext **codec);

#endif
