/*
 * Everything one picture needs: the product, the camera, the lights and the place around it. A scene is set up once
 * (scene_open bakes the shadows on the ground) and then only read while its pixels are painted.
 */
#ifndef FW_SYNTH_SCENE_H
#define FW_SYNTH_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "media/synth/shape.h"

enum setting {
	SETTING_STUDIO,
	SETTING_TRACK,
	SETTING_BEACH,
	SETTING_MEADOW,
	SETTING_DECK,
	SETTING_LAKE,
	SETTING_CITY,
	SETTING__COUNT
};

enum ground {
	GROUND_PAPER,
	GROUND_GLOSS, /* black acrylic */
	GROUND_MARBLE,
	GROUND_WOOD,
	GROUND_STONE,
	GROUND_SAND,
	GROUND_TRACK,
};

/* A bright rectangle as mirrored by shiny parts. Half sizes are tangents. */
struct softbox {
	vec dir, u, v, colour;
	float half_u, half_v;
};

#define SOFTBOXES_MAX 6

struct light {
	vec key_dir, key, fill_dir, fill, rim_dir, rim;
	vec sky, bounce; /* ambient from above and from below */
	float key_size;	 /* tangent of half the angle the key light spans: softness of shadows */
	struct softbox box[SOFTBOXES_MAX];
	int n_boxes;
};

struct camera {
	vec eye, right, up, ahead;
	float tan_half; /* of the shorter side */
	float focus;	/* distance that is sharp */
	float slack;	/* relative defocus that still looks sharp */
	float aperture; /* blur in pixels of a 1024 picture per relative defocus; 0: all sharp */
};

struct shadow_map;

struct scene {
	const struct design *design;
	struct shape shape;
	struct camera camera;
	struct light light;
	enum setting setting;
	enum ground ground;
	float radius; /* of the product around its middle */
	float edge;   /* the ground ends this far behind the product, 0: endless */
	float aspect; /* width / height */
	float pixel;  /* angle of one pixel */
	struct shadow_map *shadows;
};

void scene_open(struct scene *scene, const struct design *design, enum shape_view view, int width, int height);
void scene_close(struct scene *scene);

/* Camera and lights, used by scene_open. */
void camera_place(struct scene *scene);
vec camera_ray(const struct camera *camera, float sx, float sy);
void light_studio(struct scene *scene);
void light_outdoor(struct scene *scene);
/* What a mirror sees in direction `dir` above the ground, blurred by `rough`. */
vec light_env(const struct scene *scene, vec dir, float rough);

/* The picture behind the product along a ray that meets nothing; sx, sy are -1..1 on the shorter side. */
vec backdrop_at(const struct scene *scene, vec dir, float sx, float sy);

struct ground_point {
	vec albedo, normal;
	float mirror; /* strength of the reflection */
	float rough;
};

/* The stuff of the ground at x, z. */
void ground_at(const struct scene *scene, float x, float z, float px, struct ground_point *ret);

/* Baked light on the ground: the share of the key light and of the sky that arrives at x, z. */
struct shadow_map *shadow_map_new(const struct scene *scene);
void shadow_map_free(struct shadow_map **map);
void shadow_map_at(const struct shadow_map *map, float x, float z, float *ret_key, float *ret_sky);

#endif
