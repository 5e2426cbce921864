/* The camera moves back until the product's bounds fill the wanted part of the frame. */
#include <stdbool.h>

#include "media/synth/scene.h"

#define DEGREE 0.01745329f

vec
camera_ray(const struct camera *camera, float sx, float sy)
{
	return norm(camera->ahead + camera->right * (sx * camera->tan_half) + camera->up * (sy * camera->tan_half));
}

static void
camera_look(struct camera *camera, vec at, vec from_dir, float distance)
{
	camera->eye = at + from_dir * distance;
	camera->ahead = -from_dir;
	camera->right = norm(cross(camera->ahead, fabsf(from_dir[1]) > 0.999f ? v3(0, 0, -1) : v3(0, 1, 0)));
	camera->up = cross(camera->right, camera->ahead);
}

/* Extremes of the projected bounds: lowest and highest x and y on the screen. */
static void
bounds_project(const struct scene *scene, float ret[4])
{
	const struct camera *camera = &scene->camera;
	ret[0] = ret[2] = 1e9f;
	ret[1] = ret[3] = -1e9f;
	for (int i = 0; i < 8; i++) {
		const vec corner = v3((i & 1) != 0 ? scene->shape.hi[0] : scene->shape.lo[0],
		    (i & 2) != 0 ? scene->shape.hi[1] : scene->shape.lo[1],
		    (i & 4) != 0 ? scene->shape.hi[2] : scene->shape.lo[2]);
		const vec to = corner - camera->eye;
		const float depth = fmax2(dot(to, camera->ahead), 0.05f) * camera->tan_half;
		const float x = dot(to, camera->right) / depth, y = dot(to, camera->up) / depth;
		ret[0] = fmin2(ret[0], x);
		ret[1] = fmax2(ret[1], x);
		ret[2] = fmin2(ret[2], y);
		ret[3] = fmax2(ret[3], y);
	}
}

static void
camera_fit(struct scene *scene, vec from_dir, float fill)
{
	struct camera *camera = &scene->camera;
	vec at = (scene->shape.lo + scene->shape.hi) * 0.5f;
	float distance = scene->radius * 6.0f, box[4];
	for (int i = 0; i < 8; i++) {
		camera_look(camera, at, from_dir, distance);
		bounds_project(scene, box);
		const float half = 0.5f * fmax2((box[1] - box[0]) / fmin2(scene->aspect, 1.2f), box[3] - box[2]);
		distance *= half / fill;
		at += (camera->right * (0.5f * (box[0] + box[1])) + camera->up * (0.5f * (box[2] + box[3]))) *
		      (0.8f * distance * camera->tan_half);
	}
	camera_look(camera, at, from_dir, distance);
	camera->focus = distance;
}

void
camera_place(struct scene *scene)
{
	struct camera *camera = &scene->camera;
	const enum shape_view view = scene->shape.view;
	const struct pose *pose = &scene->shape.class->pose[view];
	const float around = pose->around * DEGREE, above = pose->above * DEGREE;
	const vec from_dir = v3(sinf(around) * cosf(above), sinf(above), cosf(around) * cosf(above));
	const bool close = view == SHAPE_VIEW_DETAIL || view == SHAPE_VIEW_DETAIL_2;
	const bool life = view == SHAPE_VIEW_LIFESTYLE || view == SHAPE_VIEW_LIFESTYLE_2;
	camera->tan_half = life ? 0.30f : 0.21f;
	camera_fit(scene, from_dir, close ? 0.62f : pose->fill);
	if (close) {
		const float distance = camera->focus * 0.62f / pose->fill;
		camera_look(camera, v3(pose->focus_x, pose->focus_y, pose->focus_z), from_dir, distance);
		camera->focus = distance;
		camera->aperture = 70.0f;
		camera->slack = 0.03f;
		return;
	}
	/* a little air above the product: the eye wants it to stand, not to float in the middle */
	camera->eye += camera->up * (camera->focus * camera->tan_half * (life ? 0.16f : 0.05f));
	camera->aperture = life ? 60.0f : 0.0f;
	camera->slack = 0.9f * scene->radius / camera->focus;
}
