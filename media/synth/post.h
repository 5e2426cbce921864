/* What the camera does to light after the lens: depth of field, glow, tone curve, vignette. */
#ifndef FW_SYNTH_POST_H
#define FW_SYNTH_POST_H

#include <stdint.h>

#include "media/synth/scene.h"
#include "media/synth/shade.h"

struct frame {
	int width, height;
	struct sample *at; /* rows from the top */
};

/* Radius in pixels of the blur at a depth; `scale` is the shorter side / 1024. */
float post_blur(const struct camera *camera, float depth, float scale);
/* Blurs what is out of focus; `scratch` holds width * height vectors. Nothing happens when the lens is closed. */
void post_focus(const struct frame *frame, const struct camera *camera, vec *scratch);
/* Adds the soft light that bright places spill. */
void post_glow(const struct frame *frame, vec *scratch, float amount);
/* To 8-bit sRGB with a filmic curve, a vignette and a grain that hides banding. */
void post_develop(const struct frame *frame, const struct design *design, uint8_t *rgb);
/* The brightness an eye would see, for deciding where to sample more. */
float post_perceived(vec colour);

#endif
