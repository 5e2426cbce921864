/*
 * Judging the sound.
 */
#include "media/quality.h"

#include <math.h>
#include <stdlib.h>

#define LOUDNESS_OFF 1.0 /* LU */
#define PEAK_OVER 0.1	 /* dB: less is the measurement's own uncertainty */
#define SILENT 0.001f	 /* -60 dBFS */
#define SILENCE_S 2.0
#define SYNC_US 5000 /* a sixth of a frame; nobody notices less than 20 ms */

static int64_t
frame_of(const struct quality_sound *sound, size_t window)
{
	return (int64_t)window * sound->fps_num / (sound->fps_den * QUALITY_SOUND_WINDOWS);
}

static double
find_silence(const struct quality_sound *sound, struct quality_list *list)
{
	size_t all = 0;

	for (size_t i = 0, end; i < sound->n_peaks; i = end + 1) {
		for (end = i; end < sound->n_peaks && sound->peaks[end] < SILENT; end++)
			continue;
		all += end - i;
		const double length = (double)(end - i) / QUALITY_SOUND_WINDOWS;
		if (length < SILENCE_S)
			continue;
		quality_add(list, &(struct quality_finding){.code = QUALITY_SILENCE,
				      .severity = end - i == sound->n_peaks ? QUALITY_ERROR : QUALITY_WARNING,
				      .frame = frame_of(sound, i),
				      .frames = frame_of(sound, end) - frame_of(sound, i),
				      .value = length,
				      .limit = SILENCE_S});
	}
	return (double)all / QUALITY_SOUND_WINDOWS;
}

static void
whole(struct quality_list *list, enum quality_code code, enum quality_severity severity, double value, double limit)
{
	quality_add(
	    list, &(struct quality_finding){.code = code, .severity = severity, .value = value, .limit = limit});
}

void
quality_sound(const struct quality_sound *sound, double *ret_silent_s, struct quality_list *list)
{
	if (isfinite(sound->lufs) && fabs(sound->lufs - sound->target) > LOUDNESS_OFF)
		whole(list, QUALITY_LOUDNESS, QUALITY_WARNING, sound->lufs, sound->target);
	if (sound->true_peak > sound->peak_limit + PEAK_OVER)
		whole(list, QUALITY_TRUE_PEAK, QUALITY_WARNING, sound->true_peak, sound->peak_limit);
	if (sound->clipped > 0)
		whole(list, QUALITY_CLIPPED, QUALITY_ERROR, (double)sound->clipped, 0);
	*ret_silent_s = find_silence(sound, list);
	if (llabs(sound->offset_us) > SYNC_US)
		whole(list, QUALITY_SYNC, QUALITY_ERROR, (double)sound->offset_us, SYNC_US);
}
