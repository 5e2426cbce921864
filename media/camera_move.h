/*
 * What a camera is told to do ("slow zoom in", "orbit left", "static") as numbers, and where it stands at any time.
 *
 * The move begins at the composed picture: zoom 1, nothing shifted or turned. Its speed rises and falls as a cosine and
 * is never zero, so that there is neither a jerk at the ends nor a frame that repeats its neighbour.
 */
#ifndef MEDIA_CAMERA_MOVE_H
#define MEDIA_CAMERA_MOVE_H

#include "lib/base/attr.h"

struct camera_pose {
	double zoom;	   /* 1.2: things look 1.2 times as large */
	double x, y;	   /* what the camera looks at, in frame widths and heights right of and below the centre */
	double roll;	   /* radians, the picture turns clockwise */
	double yaw, pitch; /* radians around the vertical and horizontal axis through the centre */
};

struct camera_move {
	struct camera_pose end; /* zoom as its logarithm */
	double sway;		/* amplitude of a walker's or hovering camera's sway, in frame widths */
	double sway_turns;	/* how often it sways */
};

/* text: free words in English; what is not understood is a slow zoom in. intensity 0..1 (clamped). Of what the words
 * leave open (left or right?) the seed decides. */
void camera_move_parse(
    const char *text, double intensity, double duration_s, uint64_t seed, struct camera_move *ret_move);

/* t 0..1 */
void camera_move_at(const struct camera_move *move, double t, struct camera_pose *ret_pose);

#endif
