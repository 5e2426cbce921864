/*
 * Reading the finished file back with another reader than the writer's.
 */
#include "media/assemble.h"

#include "media/io.h"
#include "media/mp4.h"
#include "media/sound.h"
#include "media/webm.h"

struct seen {
	int64_t packets;
	int64_t next_dts; /* where the next packet must begin */
	int64_t first_pts, end_pts;
};

static void
close_format(AVFormatContext **format)
{
	if (*format != NULL)
		io_close_input(format);
}

/* WebM counts whole milliseconds, so there every time is compared with its own, not with the one before. */
static int
see_ms(struct seen *seen, const struct assembly *assembly, const AVPacket *packet, bool sound, struct error *err)
{
	const struct mp4_film film = {.fps_num = assembly->plan->fps_num, .fps_den = assembly->plan->fps_den};

	if (packet->pts == AV_NOPTS_VALUE)
		return error_set(err, ERR_INTERNAL, "packet %lld has no time", (long long)seen->packets);
	if (!sound && packet->pts != webm_ms(&film, seen->packets))
		return error_set(err, ERR_INTERNAL, "picture %lld is shown at %lld ms", (long long)seen->packets,
		    (long long)packet->pts);
	if (seen->packets == 0)
		seen->first_pts = packet->pts;
	seen->packets++;
	return 0;
}

static int
see(struct seen *seen, const AVPacket *packet, const char *what, struct error *err)
{
	if (packet->pts == AV_NOPTS_VALUE || packet->dts == AV_NOPTS_VALUE || packet->pts < packet->dts)
		return error_set(err, ERR_INTERNAL, "%s packet %lld has no time", what, (long long)seen->packets);
	if (seen->packets > 0 && packet->dts != seen->next_dts)
		return error_set(err, ERR_INTERNAL, "%s packet %lld is not where the one before ends", what,
		    (long long)seen->packets);
	if (seen->packets == 0 || packet->pts < seen->first_pts)
		seen->first_pts = packet->pts;
	seen->end_pts = FW_MAX(seen->packets == 0 ? INT64_MIN : seen->end_pts, packet->pts + packet->duration);
	seen->next_dts = packet->dts + packet->duration;
	seen->packets++;
	return 0;
}

/* The whole film in microseconds, and what is heard before it (rounded to a millisecond by the reader). */
static int
check_webm(
    const struct assembly *assembly, const AVFormatContext *format, const struct seen seen[static 2], struct error *err)
{
	const struct plan *plan = assembly->plan;
	const int64_t us = (int64_t)((__int128)plan->frames * plan->fps_den * 1000000 / plan->fps_num);
	struct sound_notes notes;

	if (seen[0].packets != plan->frames || llabs(format->duration - us) > 1000)
		return error_set(err, ERR_INTERNAL, "the file has %lld pictures in %lld us instead of %lld",
		    (long long)seen[0].packets, (long long)format->duration, (long long)plan->frames);
	if (assembly->sound == NULL)
		return 0;
	memcpy(&notes, assembly->sound->notes, sizeof(notes));
	if (seen[1].packets != assembly->sound->n_samples ||
	    llabs(seen[1].first_pts + (int64_t)notes.priming * 1000 / notes.rate) > 1)
		return error_set(err, ERR_INTERNAL, "the sound has %lld packets from %lld ms",
		    (long long)seen[1].packets, (long long)seen[1].first_pts);
	return 0;
}

static int
check_picture(const struct assembly *assembly, const AVStream *stream, const struct seen *seen, struct error *err)
{
	const struct plan *plan = assembly->plan;
	const int64_t step = plan->fps_den * (mp4_timescale(plan->fps_num) / plan->fps_num);

	if (seen->packets != plan->frames || seen->first_pts != 0 || seen->end_pts != plan->frames * step)
		return error_set(err, ERR_INTERNAL, "the file has %lld pictures from %lld to %lld instead of %lld",
		    (long long)seen->packets, (long long)seen->first_pts, (long long)seen->end_pts,
		    (long long)plan->frames);
	if (stream->time_base.num != 1 || stream->time_base.den != mp4_timescale(plan->fps_num) ||
	    stream->duration != plan->frames * step)
		return error_set(err, ERR_INTERNAL, "the file lasts %lld instead of %lld", (long long)stream->duration,
		    (long long)(plan->frames * step));
	if (stream->codecpar->width != assembly->width || stream->codecpar->height != assembly->height)
		return error_set(err, ERR_INTERNAL, "the file has another size");
	return 0;
}

static int
check_sound(const struct assembly *assembly, const struct seen *seen, struct error *err)
{
	struct sound_notes notes;

	memcpy(&notes, assembly->sound->notes, sizeof(notes));
	if (seen->packets != assembly->sound->n_samples || seen->first_pts != -notes.priming)
		return error_set(err, ERR_INTERNAL, "the sound has %lld packets from %lld", (long long)seen->packets,
		    (long long)seen->first_pts);
	return 0;
}

/* The streams behind the first `from`: as many samples as were made, without a hole from 0 to the film's end. */
static int
check_texts(const struct assembly *assembly, const struct assembly_texts *texts, const AVFormatContext *format,
    const struct seen *seen, unsigned from, struct error *err)
{
	const struct plan *plan = assembly->plan;
	const int64_t step = plan->fps_den * (mp4_timescale(plan->fps_num) / plan->fps_num);

	for (size_t i = 0; i < texts->count; i++)
		if (format->streams[from + i]->codecpar->codec_id != AV_CODEC_ID_MOV_TEXT ||
		    seen[i].packets != (int64_t)caption_track_count(&texts->tracks[i]) || seen[i].first_pts != 0 ||
		    seen[i].end_pts != plan->frames * step)
			return error_set(err, ERR_INTERNAL, "text track %zu has %lld samples from %lld to %lld", i,
			    (long long)seen[i].packets, (long long)seen[i].first_pts, (long long)seen[i].end_pts);
	return 0;
}

int
assemble_check(const struct assembly *assembly, const struct assembly_texts *texts, int fd, struct error *err)
{
	CLEANUP(close_format) AVFormatContext *format = NULL;
	CLEANUP(io_packet_free) AVPacket *packet = av_packet_alloc();
	const struct profile *profile = assembly->profile;
	const bool webm = profile->file == PROFILE_WEBM;
	const unsigned streams = assembly->sound != NULL ? 2 : 1;
	struct seen seen[2 + TIMELINE_CAPTIONS_MAX] = {{0}};
	int ret;

	if (packet == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a packet");
	if (io_open_input(fd, webm ? "matroska" : "mov", NULL, &format, err) < 0)
		return error_wrap(err, "reading the film back");
	if (format->nb_streams != streams + texts->count ||
	    (int)format->streams[0]->codecpar->codec_id != profile->pictures->id ||
	    (streams == 2 && (int)format->streams[1]->codecpar->codec_id != profile->sound->id))
		return error_set(err, ERR_INTERNAL, "the file has %u streams instead of %zu", format->nb_streams,
		    streams + texts->count);
	while ((ret = av_read_frame(format, packet)) >= 0) {
		const unsigned i = (unsigned)packet->stream_index;

		if (i >= streams + texts->count)
			ret = error_set(err, ERR_INTERNAL, "a stream begins in the middle of the file");
		else if (i >= streams)
			ret = see(&seen[2 + i - streams], packet, "text", err);
		else
			ret = webm ? see_ms(&seen[i], assembly, packet, i != 0, err)
				   : see(&seen[i], packet, i == 0 ? "picture" : "sound", err);
		av_packet_unref(packet);
		if (ret < 0)
			return -1;
	}
	if (ret != AVERROR_EOF)
		return io_error_own(err, ret, "reading the film back");
	if (webm)
		return check_webm(assembly, format, seen, err);
	if (check_picture(assembly, format->streams[0], &seen[0], err) < 0 ||
	    check_texts(assembly, texts, format, seen + 2, streams, err) < 0)
		return -1;
	return streams == 2 ? check_sound(assembly, &seen[1], err) : 0;
}
