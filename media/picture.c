#include "media/picture.h"

#include <libavcodec/avcodec.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

#include "media/io.h"
#include "media/profile_icc.h"
#include "media/still.h"

/* Pictures with alpha up to here are premultiplied before they are scaled; that takes 8 bytes a pixel. */
#define ALPHA_EXACT_PIXELS (32 * 1000 * 1000)
#define SCALE_FLAGS (SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BITEXACT)

int
picture_new(int width, int height, struct picture *ret_picture, struct error *err)
{
	uint16_t *pixels = av_calloc((size_t)width * (size_t)height, 4 * sizeof(uint16_t));

	if (pixels == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a picture of %d x %d", width, height);
	*ret_picture = (struct picture){.width = width, .height = height, .pixels = pixels};
	return 0;
}

void
picture_done(struct picture *picture)
{
	av_freep(&picture->pixels);
}

void
picture_fit(int width, int height, int max_side, int *ret_width, int *ret_height)
{
	const int longer = FW_MAX(width, height);

	*ret_width = width;
	*ret_height = height;
	if (longer <= max_side)
		return;
	*ret_width = FW_MAX(1, (int)(((int64_t)width * max_side + longer / 2) / longer));
	*ret_height = FW_MAX(1, (int)(((int64_t)height * max_side + longer / 2) / longer));
}

/* ---- decoding ---- */

int
picture_decode(const struct still *still, AVFrame **ret_frame, struct error *err)
{
	const AVCodec *decoder = avcodec_find_decoder_by_name(still_decoder(still->format));
	CLEANUP(io_codec_free) AVCodecContext *codec = decoder == NULL ? NULL : avcodec_alloc_context3(decoder);
	CLEANUP(io_packet_free) AVPacket *packet = av_packet_alloc();
	CLEANUP(io_frame_free) AVFrame *frame = av_frame_alloc();
	int rc;

	if (decoder == NULL)
		return error_set(err, ERR_INTERNAL, "FFmpeg here has no decoder for %s", still_name(still->format));
	if (codec == NULL || packet == NULL || frame == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a decoder");
	codec->thread_count = 1;
	/* still_read() has checked the size; decoders count with sides rounded up to whole blocks */
	codec->max_pixels = STILL_PIXELS_MAX + 2 * 64 * (int64_t)STILL_SIDE_MAX;
	rc = avcodec_open2(codec, decoder, NULL);
	if (rc < 0)
		return io_error_own(err, rc, "opening a decoder");
	packet->data = still->bytes; /* every still decoder takes the file as it is */
	packet->size = (int)still->len;
	packet->flags = AV_PKT_FLAG_KEY;
	rc = avcodec_send_packet(codec, packet);
	if (rc >= 0)
		rc = avcodec_send_packet(codec, NULL);
	if (rc >= 0)
		rc = avcodec_receive_frame(codec, frame);
	if (rc < 0)
		return io_error(err, rc == AVERROR_EOF ? AVERROR_INVALIDDATA : rc, "decoding the picture");
	if ((frame->flags & AV_FRAME_FLAG_CORRUPT) != 0 || frame->decode_error_flags != 0)
		return io_error(err, AVERROR_INVALIDDATA, "decoding the picture");
	*ret_frame = frame;
	frame = NULL;
	return 0;
}

/* ---- scaling ---- */

static int
frame_colors(const AVFrame *frame, struct SwsContext *sws)
{
	const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(frame->format);
	const bool rgb = (desc->flags & AV_PIX_FMT_FLAG_RGB) != 0;
	const bool full = frame->color_range == AVCOL_RANGE_JPEG || rgb || strncmp(desc->name, "yuvj", 4) == 0 ||
			  (frame->color_range == AVCOL_RANGE_UNSPECIFIED && desc->nb_components <= 2 &&
			      desc->comp[0].depth <= 16 && !rgb);
	int space = SWS_CS_ITU601;

	/* Untagged film is BT.709 from 720 lines on, as players guess; still pictures say BT.601 by tradition. */
	if (frame->colorspace == AVCOL_SPC_BT709 ||
	    (frame->colorspace == AVCOL_SPC_UNSPECIFIED && !full && frame->height >= 720))
		space = SWS_CS_ITU709;
	else if (frame->colorspace == AVCOL_SPC_BT2020_NCL || frame->colorspace == AVCOL_SPC_BT2020_CL)
		space = SWS_CS_BT2020;
	else if (frame->colorspace == AVCOL_SPC_SMPTE240M)
		space = SWS_CS_SMPTE240M;
	return sws_setColorspaceDetails(
	    sws, sws_getCoefficients(space), full, sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
}

static int
scale_into(const AVFrame *frame, const struct picture *picture, struct error *err)
{
	struct SwsContext *sws = sws_getContext(frame->width, frame->height, frame->format, picture->width,
	    picture->height, AV_PIX_FMT_RGBA64LE, SCALE_FLAGS, NULL, NULL, NULL);
	uint8_t *const to[4] = {(uint8_t *)picture->pixels};
	const int stride[4] = {picture->width * 8};
	int rc;

	if (sws == NULL)
		return error_set(err, ERR_MEMORY, "no scaler for this picture");
	(void)frame_colors(frame, sws); /* RGB to RGB needs none and says so */
	rc = sws_scale(sws, (const uint8_t *const *)frame->data, frame->linesize, 0, frame->height, to, stride);
	sws_freeContext(sws);
	return rc < 0 ? io_error_own(err, rc, "scaling a picture") : 0;
}

static bool
frame_alpha(const AVFrame *frame)
{
	const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(frame->format);

	return (desc->flags & AV_PIX_FMT_FLAG_ALPHA) != 0 || frame->format == AV_PIX_FMT_PAL8;
}

int
picture_from_frame(const AVFrame *frame, int width, int height, struct picture *ret_picture, struct error *err)
{
	struct picture picture = {0};

	if (picture_new(width, height, &picture, err) < 0)
		return -1;
	if (scale_into(frame, &picture, err) < 0) {
		picture_done(&picture);
		return -1;
	}
	picture.opaque = !frame_alpha(frame);
	*ret_picture = picture;
	return 0;
}

static void
premultiply(struct picture *picture)
{
	const size_t n = (size_t)picture->width * (size_t)picture->height;
	uint16_t *p = picture->pixels;

	picture->opaque = true;
	for (size_t i = 0; i < n; i++, p += 4) {
		const uint32_t a = p[3];
		if (a == 65535)
			continue;
		picture->opaque = false;
		for (int c = 0; c < 3; c++)
			p[c] = (uint16_t)(((uint64_t)p[c] * a + 32767) / 65535);
	}
}

static void
to_srgb(const struct still *still, struct picture *picture)
{
	struct icc *icc = icc_new(still->profile, still->profile_len);

	if (icc != NULL)
		icc_to_srgb(icc, picture->pixels, (size_t)picture->width * (size_t)picture->height);
	icc_free(&icc);
}

/* Scales a premultiplied picture; the frame only borrows its pixels. */
static int
rescale(struct picture *picture, int width, int height, struct error *err)
{
	CLEANUP(io_frame_free) AVFrame *frame = av_frame_alloc();
	struct picture scaled = {0};

	if (frame == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a frame");
	frame->format = AV_PIX_FMT_RGBA64LE;
	frame->width = picture->width;
	frame->height = picture->height;
	frame->data[0] = (uint8_t *)picture->pixels;
	frame->linesize[0] = picture->width * 8;
	if (picture_from_frame(frame, width, height, &scaled, err) < 0)
		return -1;
	scaled.opaque = picture->opaque;
	picture_done(picture);
	*picture = scaled;
	return 0;
}

int
picture_load(const struct still *still, int max_side, struct picture *ret_picture, struct error *err)
{
	CLEANUP(io_frame_free) AVFrame *frame = NULL;
	CLEANUP(picture_done) struct picture picture = {0};
	int width, height;

	if (picture_decode(still, &frame, err) < 0)
		return -1;
	picture_fit(frame->width, frame->height, max_side, &width, &height);
	const bool first_full = frame_alpha(frame) && (int64_t)frame->width * frame->height <= ALPHA_EXACT_PIXELS;
	if (picture_from_frame(
		frame, first_full ? frame->width : width, first_full ? frame->height : height, &picture, err) < 0)
		return -1;
	av_frame_free(&frame);
	to_srgb(still, &picture);
	if (!picture.opaque)
		premultiply(&picture);
	if ((picture.width != width || picture.height != height) && rescale(&picture, width, height, err) < 0)
		return -1;
	if (picture_turn(&picture, still->orientation, err) < 0)
		return -1;
	*ret_picture = picture;
	picture.pixels = NULL;
	return 0;
}

/* ---- turning and flattening ---- */

int
picture_turn(struct picture *picture, int orientation, struct error *err)
{
	/* where the upright pixel (x, y) is taken from: transposed, then mirrored in x, in y of what is stored */
	static const struct {
		bool swap, flip_x, flip_y;
	} how[9] = {
	    [2] = {false, true, false},
	    [3] = {false, true, true},
	    [4] = {false, false, true},
	    [5] = {true, false, false},
	    [6] = {true, false, true},
	    [7] = {true, true, true},
	    [8] = {true, true, false},
	};
	struct picture turned = {0};

	if (orientation <= 1 || orientation > 8)
		return 0;
	const bool swap = how[orientation].swap;
	const int w = picture->width, h = picture->height;
	if (picture_new(swap ? h : w, swap ? w : h, &turned, err) < 0)
		return -1;
	turned.opaque = picture->opaque;
	for (int y = 0; y < turned.height; y++) {
		for (int x = 0; x < turned.width; x++) {
			int from_x = swap ? y : x, from_y = swap ? x : y;
			from_x = how[orientation].flip_x ? w - 1 - from_x : from_x;
			from_y = how[orientation].flip_y ? h - 1 - from_y : from_y;
			memcpy(
			    PICTURE_PIXEL(&turned, x, y), PICTURE_PIXEL(picture, from_x, from_y), 4 * sizeof(uint16_t));
		}
	}
	picture_done(picture);
	*picture = turned;
	return 0;
}

static int
hex_channel(const char *text)
{
	static const char digits[] = "0123456789abcdef";
	const char *high = strchr(digits, text[0] | 0x20), *low = strchr(digits, text[1] | 0x20);

	return high == NULL || low == NULL ? -1 : (int)((high - digits) * 16 + (low - digits));
}

/* Light from above: nearly white at the top, a little darker and cooler at the bottom. */
static void
soft_grey(double y, double rgb[3])
{
	static const double top[3] = {246, 247, 248}, bottom[3] = {221, 223, 227};

	for (int c = 0; c < 3; c++)
		rgb[c] = (top[c] + (bottom[c] - top[c]) * y * y * (3 - 2 * y)) * 257;
}

int
picture_flatten(struct picture *picture, const char *background, struct error *err)
{
	int flat[3] = {0};

	if (background != NULL) {
		if (strlen(background) != 7 || background[0] != '#')
			return error_code(
			    err, ERR_INPUT, "media_bad_request", "the background is not a colour such as #FFFFFF");
		for (int c = 0; c < 3; c++) {
			flat[c] = hex_channel(background + 1 + 2 * c);
			if (flat[c] < 0)
				return error_code(err, ERR_INPUT, "media_bad_request",
				    "the background is not a colour such as #FFFFFF");
		}
	}
	for (int y = 0; y < picture->height && !picture->opaque; y++) {
		double rgb[3] = {flat[0] * 257.0, flat[1] * 257.0, flat[2] * 257.0};
		uint16_t *p = PICTURE_PIXEL(picture, 0, y);

		if (background == NULL)
			soft_grey((y + 0.5) / picture->height, rgb);
		for (int x = 0; x < picture->width; x++, p += 4) {
			const double through = (65535 - p[3]) / 65535.0;
			for (int c = 0; c < 3; c++)
				p[c] = (uint16_t)FW_MIN(p[c] + rgb[c] * through + 0.5, 65535.0);
			p[3] = 65535;
		}
	}
	picture->opaque = true;
	return 0;
}
