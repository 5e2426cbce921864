/*
 * Scaling, turning, placing.
 */
#include "media/fit.h"

#include <math.h>

#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

#include "media/blur.h"
#include "media/colour.h"
#include "media/io.h"

#define SCALE_FLAGS (SWS_BICUBIC | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP)
/* The blurred background is made at a sixteenth of the size. */
#define BACKDROP_SHARE 16
#define BACKDROP_RADIUS 3

struct fit {
	struct fit_request request;
	struct SwsContext *scaler;
	struct SwsContext *small_scaler;
	struct SwsContext *large_scaler;
	AVFrame *scaled; /* of the place's size, as coded */
	AVFrame *turned;
	AVFrame *small;
	struct fit *cover; /* for the backdrop */
};

struct fit *
fit_new(const struct fit_request *request)
{
	struct fit *fit = calloc(1, sizeof(*fit));

	if (fit == NULL)
		abort();
	fit->request = *request;
	return fit;
}

void
fit_free(struct fit **fit)
{
	if (*fit == NULL)
		return;
	fit_free(&(*fit)->cover);
	sws_freeContext((*fit)->scaler);
	sws_freeContext((*fit)->small_scaler);
	sws_freeContext((*fit)->large_scaler);
	av_frame_free(&(*fit)->scaled);
	av_frame_free(&(*fit)->turned);
	av_frame_free(&(*fit)->small);
	free(*fit);
	*fit = NULL;
}

static int
even(double length)
{
	return FW_MAX((int)lround(length / 2) * 2, 2);
}

static int
even_floor(int number)
{
	return number - (number & 1);
}

struct canvas_patch
fit_place(const struct fit_request *request, int from_width, int from_height, int width, int height)
{
	const bool turned = request->quarters % 2 == 1;
	double w = from_width * av_q2d(request->aspect), h = from_height, by;
	struct canvas_patch place = {0};

	if (turned) {
		const double swap = w;

		w = h;
		h = swap;
	}
	place.width = width;
	place.height = height;
	if (request->fit != FIT_FILL) {
		by = request->fit == FIT_COVER ? FW_MAX(width / w, height / h) : FW_MIN(width / w, height / h);
		place.width = even(w * by);
		place.height = even(h * by);
		/* a rounding error must not leave a line of black */
		if (abs(place.width - width) <= 1)
			place.width = width;
		if (abs(place.height - height) <= 1)
			place.height = height;
	}
	place.to_x = even_floor((width - place.width) / 2);
	place.to_y = even_floor((height - place.height) / 2);
	return place;
}

static const int *
sws_matrix(const AVFrame *frame)
{
	switch (colour_space(frame)) {
	case AVCOL_SPC_BT709:
		return sws_getCoefficients(SWS_CS_ITU709);
	case AVCOL_SPC_FCC:
		return sws_getCoefficients(SWS_CS_FCC);
	case AVCOL_SPC_SMPTE240M:
		return sws_getCoefficients(SWS_CS_SMPTE240M);
	case AVCOL_SPC_BT2020_NCL:
	case AVCOL_SPC_BT2020_CL:
		return sws_getCoefficients(SWS_CS_BT2020);
	default:
		return sws_getCoefficients(SWS_CS_ITU601);
	}
}

/* The deprecated "J" formats are the plain ones in full range; swscale is told about the range anyway. */
static enum AVPixelFormat
plain_format(int format)
{
	switch (format) {
	case AV_PIX_FMT_YUVJ420P:
		return AV_PIX_FMT_YUV420P;
	case AV_PIX_FMT_YUVJ422P:
		return AV_PIX_FMT_YUV422P;
	case AV_PIX_FMT_YUVJ444P:
		return AV_PIX_FMT_YUV444P;
	case AV_PIX_FMT_YUVJ440P:
		return AV_PIX_FMT_YUV440P;
	case AV_PIX_FMT_YUVJ411P:
		return AV_PIX_FMT_YUV411P;
	default:
		return (enum AVPixelFormat)format;
	}
}

static bool
is_yuv(enum AVPixelFormat format)
{
	const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(format);

	return desc != NULL && desc->nb_components >= 3 && !(desc->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL));
}

int
fit_scale(struct SwsContext **scaler, const AVFrame *from, AVFrame *to, struct error *err)
{
	const enum AVPixelFormat format = plain_format(from->format);
	const bool yuv = is_yuv(format);
	/* For YUV the matrix stays as it is and is changed afterwards, exactly; for RGB it is made here. */
	const int *out = yuv ? sws_matrix(from) : sws_getCoefficients(SWS_CS_ITU709);
	int ret;

	*scaler = sws_getCachedContext(*scaler, from->width, from->height, format, to->width, to->height,
	    AV_PIX_FMT_YUV420P, SCALE_FLAGS, NULL, NULL, NULL);
	if (*scaler == NULL)
		return error_code(err, ERR_INPUT, "media_unreadable", "pictures of this format cannot be scaled");
	ret = sws_setColorspaceDetails(
	    *scaler, sws_matrix(from), yuv ? colour_full_range(from) : true, out, 0, 0, 1 << 16, 1 << 16);
	(void)ret; /* -1 only says that there is nothing to set for this pair of formats */
	ret = sws_scale(
	    *scaler, (const uint8_t *const *)from->data, from->linesize, 0, from->height, to->data, to->linesize);
	if (ret < 0)
		return io_error_own(err, ret, "scaling");
	if (yuv)
		colour_to_709(to, colour_space(from));
	return 0;
}

/* A picture of this size in *picture, made anew when the size has changed. */
static int
keep_picture(AVFrame **picture, int width, int height, struct error *err)
{
	if (*picture != NULL && (*picture)->width == width && (*picture)->height == height)
		return 0;
	av_frame_free(picture);
	return canvas_new(width, height, picture, err);
}

/* The frame behind a picture that does not fill it: the same picture, covering, strongly blurred. */
static int
put_backdrop(struct fit *fit, const AVFrame *from, AVFrame *to, struct error *err)
{
	const int width = even(to->width / (double)BACKDROP_SHARE), height = even(to->height / (double)BACKDROP_SHARE);

	if (fit->cover == NULL) {
		struct fit_request request = fit->request;

		request.fit = FIT_COVER;
		fit->cover = fit_new(&request);
	}
	if (keep_picture(&fit->small, width, height, err) < 0 || fit_put(fit->cover, from, fit->small, err) < 0)
		return -1;
	for (int pass = 0; pass < 3; pass++) {
		blur_plane(fit->small->data[0], fit->small->linesize[0], width, height, BACKDROP_RADIUS);
		for (int p = 1; p < 3; p++)
			blur_plane(
			    fit->small->data[p], fit->small->linesize[p], width / 2, height / 2, BACKDROP_RADIUS / 2);
	}
	return fit_scale(&fit->large_scaler, fit->small, to, err);
}

int
fit_put(struct fit *fit, const AVFrame *from, AVFrame *to, struct error *err)
{
	const struct fit_request *request = &fit->request;
	const struct canvas_patch place = fit_place(request, from->width, from->height, to->width, to->height);
	const bool sideways = request->quarters % 2 == 1;
	const bool whole = place.width == to->width && place.height == to->height;
	AVFrame *result = to;

	if (request->quarters == 0 && whole)
		return fit_scale(&fit->scaler, from, to, err);
	if (keep_picture(
		&fit->scaled, sideways ? place.height : place.width, sideways ? place.width : place.height, err) < 0 ||
	    fit_scale(&fit->scaler, from, fit->scaled, err) < 0)
		return -1;
	result = fit->scaled;
	if (request->quarters != 0) {
		if (keep_picture(&fit->turned, place.width, place.height, err) < 0)
			return -1;
		canvas_turn(fit->turned, fit->scaled, request->quarters);
		result = fit->turned;
	}
	if (request->pad && request->fit == FIT_BLUR && !whole && put_backdrop(fit, from, to, err) < 0)
		return -1;
	if (request->pad && request->fit == FIT_CONTAIN && !whole)
		canvas_fill(to, 0);
	canvas_paste(to, result, &place);
	return 0;
}
