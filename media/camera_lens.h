/*
 * The camera's geometry: projective maps between the picture's plane and the frame, both in frame pixels from their
 * centres. Matrices are 3 x 3 and work on columns (x, y, 1).
 */
#ifndef MEDIA_CAMERA_LENS_H
#define MEDIA_CAMERA_LENS_H

#include "media/camera_move.h"

void lens_multiply(const double a[3][3], const double b[3][3], double out[3][3]);
/* The inverse; the map of a pose always has one. */
void lens_invert(const double a[3][3], double out[3][3]);
void lens_apply(const double m[3][3], double x, double y, double *ret_x, double *ret_y);

/* From the picture's plane to the frame, as a pose sees it: yaw, then pitch, then roll, then the shift. */
void lens_project(int width, int height, const struct camera_pose *pose, double out[3][3]);

#endif
