/*
 * The picture and the numbers.
 */
#include <math.h>

#include "lib/js/write.h"
#include "media/io.h"
#include "media/waveform.h"

/* A grey that stands out from white and from black alike. */
#define GREY 0x80
#define ALPHA_PEAK 0.45F
#define ALPHA_RMS 0.90F
#define JSON_MAX ((size_t)1 * MIB)

/* How much of the row from y to y + 1 lies between two places. */
static float
covered(float y, float from, float to)
{
	return fmaxf(0, fminf(y + 1, to) - fmaxf(y, from));
}

static void
draw_column(const struct waveform_column *column, int x, AVFrame *frame)
{
	const float middle = (float)frame->height / 2;
	/* silence is a thin line */
	const float top = middle - fmaxf(fminf(column->high, 1) * middle, 0.5F);
	const float bottom = middle - fminf(fmaxf(column->low, -1) * middle, -0.5F);
	const float level = fminf(column->rms, 1) * middle;

	for (int y = 0; y < frame->height; y++) {
		uint8_t *const pixel = frame->data[0] + y * frame->linesize[0] + 2 * x;
		const float peak = covered((float)y, top, bottom) * ALPHA_PEAK;
		const float mean = covered((float)y, fmaxf(middle - level, top), fminf(middle + level, bottom)) *
				   (ALPHA_RMS - ALPHA_PEAK);

		pixel[1] = (uint8_t)lroundf(255 * fminf(peak + mean, 1));
	}
}

static int
draw(const struct waveform *waveform, int width, int height, AVFrame **ret_frame, struct error *err)
{
	CLEANUP(io_frame_free) AVFrame *frame = av_frame_alloc();
	int ret = frame == NULL ? AVERROR(ENOMEM) : 0;

	if (ret >= 0) {
		frame->format = AV_PIX_FMT_YA8;
		frame->width = width;
		frame->height = height;
		ret = av_frame_get_buffer(frame, 0);
	}
	if (ret < 0)
		return io_error_own(err, ret, "drawing a waveform");
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++) {
			frame->data[0][y * frame->linesize[0] + 2 * x] = GREY;
			frame->data[0][y * frame->linesize[0] + 2 * x + 1] = 0;
		}
	for (size_t i = 0; i < waveform->count && i < (size_t)width; i++)
		draw_column(&waveform->columns[i], (int)i, frame);
	*ret_frame = frame;
	frame = NULL;
	return 0;
}

static int
encode(AVFrame *frame, AVPacket *packet, struct error *err)
{
	const AVCodec *png = avcodec_find_encoder_by_name("png");
	CLEANUP(io_codec_free) AVCodecContext *encoder = png == NULL ? NULL : avcodec_alloc_context3(png);
	int ret;

	if (encoder == NULL)
		return error_set(err, ERR_UNAVAILABLE, "this FFmpeg has no PNG encoder");
	encoder->width = frame->width;
	encoder->height = frame->height;
	encoder->pix_fmt = (enum AVPixelFormat)frame->format;
	encoder->time_base = (AVRational){1, 1};
	encoder->thread_count = 1;
	encoder->flags |= AV_CODEC_FLAG_BITEXACT;
	ret = avcodec_open2(encoder, png, NULL);
	if (ret >= 0)
		ret = avcodec_send_frame(encoder, frame);
	if (ret >= 0)
		ret = avcodec_receive_packet(encoder, packet);
	return ret < 0 ? io_error_own(err, ret, "writing a waveform") : 0;
}

int
waveform_png(const struct waveform *waveform, int width, int height, int dir, const char *name, int64_t *ret_bytes,
    struct error *err)
{
	CLEANUP(io_frame_free) AVFrame *frame = NULL;
	CLEANUP(io_packet_free) AVPacket *packet = av_packet_alloc();

	if (packet == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a picture");
	if (draw(waveform, width, height, &frame, err) < 0 || encode(frame, packet, err) < 0 ||
	    io_write_file(dir, name, packet->data, (size_t)packet->size, err) < 0)
		return -1;
	*ret_bytes = packet->size;
	return 0;
}

static int64_t
byte_of(float sample)
{
	return FW_MIN(FW_MAX(lroundf(sample * 127), -128), 127);
}

int
waveform_json(const struct waveform *waveform, int dir, const char *name, int64_t *ret_bytes, struct error *err)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(JSON_MAX);
	struct js_writer w;

	js_begin(&w, &text);
	js_open_object(&w, NULL);
	js_int(&w, "version", 2);
	js_int(&w, "channels", 1);
	js_int(&w, "sample_rate", WAVEFORM_RATE);
	js_int(&w, "samples_per_pixel", waveform->per_column);
	js_int(&w, "bits", 8);
	js_int(&w, "length", (int64_t)waveform->count);
	js_open_array(&w, "data");
	for (size_t i = 0; i < waveform->count; i++) {
		js_int(&w, NULL, byte_of(waveform->columns[i].low));
		js_int(&w, NULL, byte_of(waveform->columns[i].high));
	}
	js_close(&w);
	js_open_array(&w, "rms");
	for (size_t i = 0; i < waveform->count; i++)
		js_int(&w, NULL, byte_of(waveform->columns[i].rms));
	js_close(&w);
	js_close(&w);
	js_end(&w);
	if (buf_error(&text, err) < 0 || io_write_file(dir, name, buf_str(&text), text.len, err) < 0)
		return -1;
	*ret_bytes = (int64_t)text.len;
	return 0;
}
