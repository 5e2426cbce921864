/*
 * A look: the grade, the colour table and the sharpening of one clip or of the whole film, in this order.
 */
#ifndef MEDIA_LOOK_H
#define MEDIA_LOOK_H

#include <libavutil/frame.h>

#include "lib/base/attr.h"
#include "lib/timeline/timeline.h"
#include "media/lut.h"

struct look;

/* Takes the table over (*table becomes NULL); it is what the look's `lut` names, or NULL. Aborts without memory. */
struct look *look_new(const struct timeline_look *what, struct lut **table);
void look_free(struct look **look);

/* In place, a picture like a canvas with even sides. Any number of threads at once. */
void look_put(struct look *look, AVFrame *picture);

#endif
