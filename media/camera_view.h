/*
 * What the camera sees: the picture, composed for the frame's shape on a canvas larger than the frame, sampled anew for
 * every frame.
 *
 * The whole picture is in the composed frame. Where the frame is wider or taller, the picture goes on: close to its
 * edge as its reflection, further out as the edge's colours, the more blurred the farther away. So a studio backdrop
 * simply continues, nothing looks like a bar and nothing is seen twice. Each frame takes its pixels through one
 * projective map with a kernel as wide as the map needs; positions are real numbers, nothing snaps to pixels.
 */
#ifndef MEDIA_CAMERA_VIEW_H
#define MEDIA_CAMERA_VIEW_H

#include <libavutil/frame.h>

#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "media/camera_move.h"

struct picture;
struct camera_view;

/* The canvas is made large enough for all poses of the move. The picture is not needed afterwards. */
int camera_view_new(const struct picture *picture, int width, int height, const struct camera_move *move,
    unsigned threads, struct camera_view **ret_view, struct error *err) MUST_CHECK;
void camera_view_free(struct camera_view **view);

/* Fills frame: yuv420p, BT.709, video range, chroma sited left, of the view's size, writable. */
void camera_view_draw(const struct camera_view *view, const struct camera_pose *pose, AVFrame *frame);

/* Where a point of the composed frame (pixels from its top left corner) appears at a pose. */
void camera_view_project(
    int width, int height, const struct camera_pose *pose, double x, double y, double *ret_x, double *ret_y);

#endif
