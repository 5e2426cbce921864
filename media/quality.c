/*
 * What is common to pictures and sound: the table of codes and the list of findings.
 */
#include "media/quality.h"

#include <stdlib.h>

static const struct {
	const char *name, *unit, *sentence;
} codes[QUALITY_CODE__COUNT] = {
    [QUALITY_BLACK] = {"black", "s", "The picture is black although a clip or still is shown."},
    [QUALITY_FROZEN] = {"frozen", "s", "The picture stands still although a clip runs."},
    [QUALITY_DUPLICATED] = {"duplicated", "share", "Many pictures of the clips come twice: movement is not even."},
    [QUALITY_FLASH] = {"flash", "levels", "One picture is much brighter or darker than its neighbours."},
    [QUALITY_FLASHING] = {"flashing", "flashes/s",
	"The picture flashes more than three times a second, which can harm people with photosensitive epilepsy."},
    [QUALITY_JOIN] = {"join", "levels", "Brightness or colour makes a step inside a scene."},
    [QUALITY_LEVELS] = {"levels", "share", "Brightness lies outside the video range and is cut off by players."},
    [QUALITY_LOUDNESS] = {"loudness", "LUFS", "The loudness is not the one asked for."},
    [QUALITY_TRUE_PEAK] = {"true_peak", "dBTP", "The sound has peaks above the limit asked for."},
    [QUALITY_CLIPPED] = {"clipped", "samples", "The sound reaches full scale and is distorted there."},
    [QUALITY_SILENCE] = {"silence", "s", "Nothing is heard for a long time."},
    [QUALITY_SYNC] = {"sync", "us", "Sound and picture do not begin together."},
    [QUALITY_ENLARGED] = {"enlarged", "x", "A picture is enlarged so far that it looks soft."},
};

static const char *const severities[QUALITY_SEVERITY__COUNT] = {
    [QUALITY_INFO] = "info", [QUALITY_WARNING] = "warning", [QUALITY_ERROR] = "error"};

const char *
quality_code_name(enum quality_code code)
{
	return codes[code].name;
}

const char *
quality_severity_name(enum quality_severity severity)
{
	return severities[severity];
}

const char *
quality_unit(enum quality_code code)
{
	return codes[code].unit;
}

const char *
quality_sentence(enum quality_code code)
{
	return codes[code].sentence;
}

void
quality_add(struct quality_list *list, const struct quality_finding *finding)
{
	if (list->count == QUALITY_FINDINGS_MAX)
		list->left_out++;
	else
		list->items[list->count++] = *finding;
}

static int
finding_order(const void *a, const void *b)
{
	const struct quality_finding *x = a, *y = b;

	if (x->frame != y->frame)
		return x->frame < y->frame ? -1 : 1;
	return (x->code > y->code) - (x->code < y->code);
}

void
quality_sort(struct quality_list *list)
{
	qsort(list->items, list->count, sizeof(*list->items), finding_order);
}
