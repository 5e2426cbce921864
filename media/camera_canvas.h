/*
 * The canvas of a camera move: the whole picture, larger than the frame where the camera goes near, and around it what
 * the camera would see beyond: close to the picture its reflection on a gradient that goes on, further out the colours
 * of its edge, the more blurred the farther away.
 */
#ifndef MEDIA_CAMERA_CANVAS_H
#define MEDIA_CAMERA_CANVAS_H

#include "media/camera_move.h"
#include "media/layer.h"

struct picture;

struct camera_canvas {
	struct layer layer;	   /* owned by whoever holds the canvas */
	double scale;		   /* canvas pixels per frame pixel, at least 1 */
	double center_x, center_y; /* the frame's centre on the canvas, in canvas pixels */
};

/* Large enough for all poses of the move in frames of width x height. Fails with ERR_MEMORY. The picture is not needed
 * afterwards. */
int camera_canvas_new(const struct picture *picture, int width, int height, const struct camera_move *move,
    unsigned threads, struct camera_canvas *ret_canvas, struct error *err) MUST_CHECK;

#endif
