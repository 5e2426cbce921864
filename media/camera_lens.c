/* The maps between a picture's plane and the frame: 3 x 3, in homogeneous coordinates. */
#include "media/camera_lens.h"

#include <math.h>

/* Distance of the eye in frame widths: long enough that turning looks like a lens and not like a trick. */
#define EYE 1.7

void
lens_multiply(const double a[3][3], const double b[3][3], double out[3][3])
{
	for (int i = 0; i < 3; i++) {
		for (int j = 0; j < 3; j++)
			out[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j];
	}
}

void
lens_project(int width, int height, const struct camera_pose *pose, double out[3][3])
{
	const double eye = EYE * width, z = pose->zoom;
	const double cy = cos(pose->yaw), sy = sin(pose->yaw), cp = cos(pose->pitch), sp = sin(pose->pitch);
	const double cr = cos(pose->roll), sr = sin(pose->roll);
	/* the plane turns around its centre: yaw, then pitch */
	const double lens[3][3] = {{z * eye * cy, 0, 0}, {z * eye * sy * sp, z * eye * cp, 0}, {sy * cp, -sp, eye}};
	const double roll[3][3] = {{cr, -sr, 0}, {sr, cr, 0}, {0, 0, 1}};
	const double shift[3][3] = {{1, 0, -pose->x * width}, {0, 1, -pose->y * height}, {0, 0, 1}};
	double turned[3][3];

	lens_multiply(roll, lens, turned);
	lens_multiply(turned, shift, out);
}

void
lens_invert(const double a[3][3], double out[3][3])
{
	double det = 0;

	for (int i = 0; i < 3; i++) {
		for (int j = 0; j < 3; j++) {
			const int r0 = (j + 1) % 3, r1 = (j + 2) % 3, c0 = (i + 1) % 3, c1 = (i + 2) % 3;
			out[i][j] = a[r0][c0] * a[r1][c1] - a[r0][c1] * a[r1][c0];
		}
	}
	for (int i = 0; i < 3; i++)
		det += a[0][i] * out[i][0];
	for (int i = 0; i < 3; i++) {
		for (int j = 0; j < 3; j++)
			out[i][j] /= det;
	}
}

void
lens_apply(const double m[3][3], double x, double y, double *ret_x, double *ret_y)
{
	const double w = m[2][0] * x + m[2][1] * y + m[2][2];

	*ret_x = (m[0][0] * x + m[0][1] * y + m[0][2]) / w;
	*ret_y = (m[1][0] * x + m[1][1] * y + m[1][2]) / w;
}
