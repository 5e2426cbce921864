/*
 * Why these settings.
 *
 * All: one thread, because spans are the parallelism and the bits must not depend on the number of processors; no
 * remarks about versions; closed groups of pictures that are longer than any span.
 *
 * x264: stitchable and a fixed key interval make all parameter sets equal; cpu-independent makes the bits equal between
 * processors; force-cfr keeps clock fields out of the content's hands; rc-lookahead 10 takes 70 MB less for each
 * encoder at 1080 lines than 20, so that two fit into 512 MB. A short lookahead weighs references less and comes out
 * smaller and worse at the same crf (16 % in the reference advert against 40 pictures); crf 22.5 takes that back.
 *
 * How many encoders run at a time follows from what they hold (lib/timeline/estimate.c): at 1080 lines and 512 MB two
 * of H.264 or VP9, one of HEVC or AV1. x265 would need lookahead 5, three B-pictures and two references to get to 250
 * MB: half the bytes and an SSIM 0.005 lower at the same crf, and still too much for two.
 *
 * VP9: in one pass libvpx makes no alternative references, so lag-in-frames changes no byte and only costs memory.
 *
 * SVT-AV1: the sequence header it gives before the first picture is not the one it writes, so the record is made from
 * the first packet.
 */
#include "media/profile.h"

#include <libavcodec/codec_id.h>

#include "lib/base/text.h"
#include "media/av1.h"
#include "media/h264.h"
#include "media/hevc.h"
#include "media/vp9.h"

/* One temporal unit shows one picture: nothing is reordered between packets. */
#define IN_ORDER 0

static int
h264_starts(const uint8_t *record, size_t record_len, const uint8_t *sample, size_t len, struct error *err)
{
	struct h264_info info;

	if (h264_info(record, record_len, &info, err) < 0)
		return -1;
	switch (h264_idr(&info, sample, len, NULL, err)) {
	case 1:
		return 0;
	case 0:
		return error_set(err, ERR_INTERNAL, "the picture is no IDR picture");
	default:
		return -1;
	}
}

static int
hevc_start(const uint8_t *record, size_t record_len, const uint8_t *sample, size_t len, struct error *err)
{
	(void)record;
	(void)record_len;
	return hevc_starts(sample, len, err);
}

static int
vp9_start(const uint8_t *record, size_t record_len, const uint8_t *sample, size_t len, struct error *err)
{
	(void)record;
	(void)record_len;
	return vp9_starts(sample, len, err);
}

static const struct profile_pictures h264 = {
    .setup = h264_setup,
    .sample = h264_sample,
    .starts = h264_starts,
    .codec = h264_codec,
    .id = AV_CODEC_ID_H264,
    .entry = "avc1",
    .box = "avcC",
    .alternate_idr = true,
};

static const struct profile_pictures hevc = {
    .setup = hevc_setup,
    .sample = hevc_sample,
    .starts = hevc_start,
    .codec = hevc_codec,
    .id = AV_CODEC_ID_HEVC,
    .entry = "hvc1",
    .box = "hvcC",
};

static const struct profile_pictures av1 = {
    .setup = av1_setup,
    .sample = av1_sample,
    .starts = av1_starts,
    .codec = av1_codec,
    .id = AV_CODEC_ID_AV1,
    .entry = "av01",
    .box = "av1C",
    .setup_in_packet = true,
};

static const struct profile_pictures vp9 = {
    .setup = vp9_setup,
    .sample = vp9_sample,
    .starts = vp9_start,
    .codec = vp9_codec,
    .id = AV_CODEC_ID_VP9,
    .entry = "V_VP9",
    .setup_in_packet = true,
};

static const struct profile_sound aac = {
    .encoder = "aac",
    .decoder = "aac",
    .codec = "mp4a.40.2",
    .bit_rate = 192000,
    .id = AV_CODEC_ID_AAC,
};

static const struct profile_sound opus = {
    .encoder = "libopus",
    .decoder = "opus",
    .codec = "opus",
    .bit_rate = 160000,
    .id = AV_CODEC_ID_OPUS,
};

static const struct profile profiles[] = {
    {
	.name = "h264",
	.encoder = "libx264",
	.settings = "preset=medium crf=22.5 x264-params="
		    "stitchable=1:cpu-independent=1:force-cfr=1:open-gop=0:keyint=250:min-keyint=25:scenecut=40:"
		    "rc-lookahead=10:sliced-threads=0:sync-lookahead=0:lookahead-threads=1:aud=0",
	.plain = ":asm=0",
	.reorder = 2,
	.file = PROFILE_MP4,
	.extension = ".mp4",
	.media_type = "video/mp4",
	.pictures = &h264,
	.sound = &aac,
    },
    {
	.name = "hevc",
	.encoder = "libx265",
	.settings = "preset=medium crf=26 x265-params="
		    "pools=none:frame-threads=1:wpp=0:pmode=0:pme=0:lookahead-threads=0:lookahead-slices=1:info=0:"
		    "open-gop=0:keyint=250:min-keyint=25:scenecut=40:rc-lookahead=15:aud=0:hrd=0:log-level=none",
	.plain = ":asm=0",
	.reorder = 2,
	.file = PROFILE_MP4,
	.extension = ".mp4",
	.media_type = "video/mp4",
	.pictures = &hevc,
	.sound = &aac,
    },
    {
	.name = "av1",
	.encoder = "libsvtav1",
	.settings = "preset=8 crf=35 g=250 svtav1-params="
		    "lp=1:scd=0:enable-overlays=0:irefresh-type=2:color-primaries=1:transfer-characteristics=1:"
		    "matrix-coefficients=1:color-range=0",
	.plain = ":asm=c",
	.reorder = IN_ORDER,
	.file = PROFILE_MP4,
	.extension = ".mp4",
	.media_type = "video/mp4",
	.pictures = &av1,
	.sound = &aac,
    },
    {
	.name = "webm",
	.encoder = "libvpx-vp9",
	.settings = "crf=32 b=0 g=250 deadline=good cpu-used=4 row-mt=0 tile-columns=0 tile-rows=0 frame-parallel=0 "
		    "auto-alt-ref=1 lag-in-frames=0 error-resilient=0",
	.plain = "",
	.reorder = IN_ORDER,
	.file = PROFILE_WEBM,
	.extension = ".webm",
	.media_type = "video/webm",
	.pictures = &vp9,
	.sound = &opus,
    },
};

const struct profile *
profile_find(const char *name)
{
	if (name == NULL)
		return &profiles[0];
	for (size_t i = 0; i < ARRAY_LEN(profiles); i++)
		if (text_equal(profiles[i].name, name))
			return &profiles[i];
	return NULL;
}

const struct profile *
profile_nth(size_t n)
{
	return n < ARRAY_LEN(profiles) ? &profiles[n] : NULL;
}
