/*
 * Scaling, turning, placing.
 */
#include "media/fit_priv.h"

#include <math.h>

#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

#include "media/blur.h"
#include "media/colour.h"
#include "media/io.h"
#include "media/transition.h"

#define SCALE_FLAGS (SWS_BICUBIC | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP)
/* The blurred background is made at a sixteenth of the size. */
#define BACKDROP_SHARE 16
#define BACKDROP_RADIUS 3

struct fit {
	struct fit_request request;
	struct SwsContext *scaler;
	struct SwsContext *large_scaler;
	AVFrame *rgb;	 /* of the place's size, as coded; of pictures that need R'G'B' */
	AVFrame *scaled; /* the same as 4:2:0 */
	AVFrame *cover;	 /* of pictures with transparency */
	AVFrame *turned;
	AVFrame *turned_cover;
	AVFrame *small;
	struct fit *backdrop;
	uint32_t fade_rgb;
	int32_t fade;
};

struct fit *
fit_new(const struct fit_request *request)
{
	struct fit *fit = calloc(1, sizeof(*fit));

	if (fit == NULL)
		abort();
	fit->request = *request;
	fit->fade = TRANSITION_ONE;
	return fit;
}

void
fit_fade(struct fit *fit, uint32_t rgb, int32_t progress)
{
	fit->fade_rgb = rgb;
	fit->fade = progress;
}

void
fit_free(struct fit **fit)
{
	if (*fit == NULL)
		return;
	fit_free(&(*fit)->backdrop);
	sws_freeContext((*fit)->scaler);
	sws_freeContext((*fit)->large_scaler);
	av_frame_free(&(*fit)->rgb);
	av_frame_free(&(*fit)->scaled);
	av_frame_free(&(*fit)->cover);
	av_frame_free(&(*fit)->turned);
	av_frame_free(&(*fit)->turned_cover);
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
	const bool turned = request->turn.quarters % 2 == 1;
	double w = from_width * av_q2d(request->aspect), h = from_height, by;
	struct canvas_patch place = {0};

	if (turned) {
		const double swap = w;

		w = h;
		h = swap;
	}
	if (request->fit == FIT_NONE) {
		place.width = even(w * request->scale);
		place.height = even(h * request->scale);
	} else if (request->fit == FIT_FILL) {
		place.width = width;
		place.height = height;
	} else {
		by = request->fit == FIT_COVER ? FW_MAX(width / w, height / h) : FW_MIN(width / w, height / h);
		place.width = even(w * by);
		place.height = even(h * by);
		/* a rounding error must not leave a line of background */
		if (abs(place.width - width) <= 1)
			place.width = width;
		if (abs(place.height - height) <= 1)
			place.height = height;
	}
	place.to_x = even_floor((width - place.width) * ((int)request->anchor % 3) / 2);
	place.to_y = even_floor((height - place.height) * ((int)request->anchor / 3) / 2);
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

/* What a scaler is made for. The range must be known before it is made: between pictures of one size and format
 * swscale otherwise copies and never looks at ranges. */
struct scaler_option {
	const char *name;
	int64_t value;
};

static bool
scaler_fits(struct SwsContext *scaler, const struct scaler_option *options, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int64_t is;

		if (av_opt_get_int(scaler, options[i].name, 0, &is) < 0 || is != options[i].value)
			return false;
	}
	return true;
}

static int
scaler_for(struct SwsContext **scaler, const AVFrame *from, const AVFrame *to, bool full, struct error *err)
{
	const struct scaler_option options[] = {
	    {"srcw", from->width},
	    {"srch", from->height},
	    {"src_format", plain_format(from->format)},
	    {"src_range", full},
	    {"dstw", to->width},
	    {"dsth", to->height},
	    {"dst_format", to->format},
	    {"dst_range", 0},
	    {"sws_flags", SCALE_FLAGS},
	};

	if (*scaler != NULL && scaler_fits(*scaler, options, ARRAY_LEN(options)))
		return 0;
	sws_freeContext(*scaler);
	*scaler = sws_alloc_context();
	if (*scaler == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a scaler");
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		(void)av_opt_set_int(*scaler, options[i].name, options[i].value, 0);
	if (sws_init_context(*scaler, NULL, NULL) < 0)
		return error_code(err, ERR_INPUT, "media_unreadable", "pictures of this format cannot be scaled");
	return 0;
}

/* `out` is the matrix of the result where it is YUV, in limited range. */
static int
scale(struct SwsContext **scaler, const AVFrame *from, AVFrame *to, const int *out, struct error *err)
{
	const bool full = !is_yuv(plain_format(from->format)) || colour_full_range(from);
	int ret;

	if (scaler_for(scaler, from, to, full, err) < 0)
		return -1;
	ret = sws_setColorspaceDetails(*scaler, sws_matrix(from), full, out, 0, 0, 1 << 16, 1 << 16);
	(void)ret; /* -1 only says that there is nothing to set for this pair of formats */
	ret = sws_scale(
	    *scaler, (const uint8_t *const *)from->data, from->linesize, 0, from->height, to->data, to->linesize);
	return ret < 0 ? io_error_own(err, ret, "scaling") : 0;
}

int
fit_scale(struct SwsContext **scaler, const AVFrame *from, AVFrame *to, struct error *err)
{
	const bool yuv = is_yuv(plain_format(from->format));

	/* For YUV the matrix stays as it is and is changed afterwards, exactly; for RGB it is made here. */
	if (scale(scaler, from, to, yuv ? sws_matrix(from) : sws_getCoefficients(SWS_CS_ITU709), err) < 0)
		return -1;
	if (yuv)
		colour_to_709(to, colour_space(from));
	return 0;
}

int
fit_scale_rgb(struct SwsContext **scaler, const AVFrame *from, AVFrame *to, struct error *err)
{
	return scale(scaler, from, to, sws_getCoefficients(SWS_CS_ITU709), err);
}

int
fit_keep(AVFrame **picture, enum AVPixelFormat format, int width, int height, struct error *err)
{
	if (*picture != NULL && (*picture)->width == width && (*picture)->height == height)
		return 0;
	av_frame_free(picture);
	if (format == AV_PIX_FMT_YUV420P)
		return canvas_new(width, height, picture, err);
	*picture = av_frame_alloc();
	if (*picture == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a frame");
	(*picture)->format = format;
	(*picture)->width = width;
	(*picture)->height = height;
	if (av_frame_get_buffer(*picture, 0) < 0) {
		av_frame_free(picture);
		return error_set(err, ERR_MEMORY, "no memory for a frame");
	}
	return 0;
}

/* The frame behind a picture that does not fill it: the same picture, covering, strongly blurred. */
static int
put_backdrop(struct fit *fit, const AVFrame *from, AVFrame *to, struct error *err)
{
	const int width = even(to->width / (double)BACKDROP_SHARE), height = even(to->height / (double)BACKDROP_SHARE);

	if (fit->backdrop == NULL) {
		struct fit_request request = fit->request;

		request.fit = FIT_COVER;
		fit->backdrop = fit_new(&request);
	}
	if (fit_keep(&fit->small, AV_PIX_FMT_YUV420P, width, height, err) < 0 ||
	    fit_put(fit->backdrop, from, fit->small, err) < 0)
		return -1;
	for (int pass = 0; pass < 3; pass++) {
		blur_plane(fit->small->data[0], fit->small->linesize[0], width, height, BACKDROP_RADIUS);
		for (int p = 1; p < 3; p++)
			blur_plane(
			    fit->small->data[p], fit->small->linesize[p], width / 2, height / 2, BACKDROP_RADIUS / 2);
	}
	return fit_scale(&fit->large_scaler, fit->small, to, err);
}

static bool
is_upright(const struct fit_request *request)
{
	return request->turn.quarters == 0 && !request->turn.mirrored;
}

/* Source pictures with transparency are all of this one format. */
static bool
is_transparent(const AVFrame *frame)
{
	return frame->format == AV_PIX_FMT_RGBA64LE;
}

/* The picture in 4:2:0, of the place's size before turning; *ret_cover only where it is transparent. */
static int
scale_picture(struct fit *fit, const AVFrame *from, AVFrame *scaled, const AVFrame **ret_cover, struct error *err)
{
	const bool transparent = is_transparent(from);

	*ret_cover = NULL;
	if (!transparent && fit->request.tone == NULL)
		return fit_scale(&fit->scaler, from, scaled, err);
	if (fit_keep(&fit->rgb, AV_PIX_FMT_RGBA64LE, scaled->width, scaled->height, err) < 0 ||
	    fit_scale_rgb(&fit->scaler, from, fit->rgb, err) < 0)
		return -1;
	if (transparent && fit_keep(&fit->cover, AV_PIX_FMT_YUV420P, scaled->width, scaled->height, err) < 0)
		return -1;
	if (fit->request.tone != NULL)
		fit_tone(fit->rgb, fit->request.tone);
	fit_split(fit->rgb, scaled, transparent ? fit->cover : NULL);
	*ret_cover = transparent ? fit->cover : NULL;
	return 0;
}

static int
turn_up(const struct fit_request *request, const AVFrame **picture, AVFrame **room, struct error *err)
{
	const bool sideways = request->turn.quarters % 2 == 1;
	const int width = (*picture)->width, height = (*picture)->height;

	if (fit_keep(room, AV_PIX_FMT_YUV420P, sideways ? height : width, sideways ? width : height, err) < 0)
		return -1;
	canvas_turn(*room, *picture, &request->turn);
	*picture = *room;
	return 0;
}

/* What is around the picture, or shines through it. */
static int
put_background(struct fit *fit, const AVFrame *from, AVFrame *to, struct error *err)
{
	if (fit->request.fit == FIT_BLUR)
		return put_backdrop(fit, from, to, err);
	canvas_fill(to, fit->request.background_rgb);
	return 0;
}

int
fit_put(struct fit *fit, const AVFrame *from, AVFrame *to, struct error *err)
{
	const struct fit_request *request = &fit->request;
	const struct canvas_patch place = fit_place(request, from->width, from->height, to->width, to->height);
	const bool sideways = request->turn.quarters % 2 == 1;
	const bool whole = place.width >= to->width && place.height >= to->height;
	const bool direct = is_upright(request) && place.width == to->width && place.height == to->height;
	const AVFrame *picture, *cover;
	AVFrame *scaled = to;

	if (!direct || is_transparent(from)) {
		if (fit_keep(&fit->scaled, AV_PIX_FMT_YUV420P, sideways ? place.height : place.width,
			sideways ? place.width : place.height, err) < 0)
			return -1;
		scaled = fit->scaled;
	}
	if (scale_picture(fit, from, scaled, &cover, err) < 0)
		return -1;
	if (request->look != NULL)
		look_put(request->look, scaled);
	if (fit->fade != TRANSITION_ONE)
		transition_fade(scaled, scaled, fit->fade_rgb, fit->fade);
	if (scaled == to)
		return 0;
	picture = scaled;
	if (!is_upright(request) && (turn_up(request, &picture, &fit->turned, err) < 0 ||
					(cover != NULL && turn_up(request, &cover, &fit->turned_cover, err) < 0)))
		return -1;
	if (request->pad && (!whole || cover != NULL) && put_background(fit, from, to, err) < 0)
		return -1;
	if (cover != NULL)
		fit_blend(to, picture, cover, &place);
	else
		canvas_paste(to, picture, &place);
	return 0;
}
