/*
 * One product as geometry: a distance function with parts, a painter that says what each part is made of, and where the
 * camera stands for each view. Every family of products is one shape_class in a file of its own.
 *
 * Axes: y is up and the ground is y = 0; the front of the product looks along +z. Sizes are about 1 to 3 units.
 */
#ifndef FW_SYNTH_SHAPE_H
#define FW_SYNTH_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "media/synth/design.h"
#include "media/synth/profile.h"
#include "media/synth/sdf.h"
#include "media/synth/vec.h"

enum shape_view {
	SHAPE_VIEW_FRONT,
	SHAPE_VIEW_SIDE,
	SHAPE_VIEW_BACK,
	SHAPE_VIEW_TOP,
	SHAPE_VIEW_DETAIL,
	SHAPE_VIEW_LIFESTYLE,
	SHAPE_VIEW_DETAIL_2,
	SHAPE_VIEW_LIFESTYLE_2,
	SHAPE_VIEW__COUNT
};

/* Where the camera stands: degrees around and above; `fill` is the part of the frame that the product takes up. For the
 * detail views `focus` is looked at and fill is relative to the whole product (2: half of the product fills the frame).
 */
struct pose {
	float around, above, fill;
	float focus_x, focus_y, focus_z;
	bool pair;
};

struct material {
	vec base;
	float rough;
	float metal;
	float coat;  /* strength of the mirror reflection of what is not metal; 1 is varnish */
	float sheen; /* soft light at grazing angles: cloth */
	float glow;  /* own light, as a share of base */
};

#define SHAPE_PROFILES 6
#define SHAPE_MASKS 3

struct mask; /* lettering, see label.h */

struct shape {
	const struct shape_class *class;
	const struct design *design;
	enum shape_view view;
	bool pair;
	vec lo, hi; /* bounds of what is drawn in this view */
	struct profile *profile[SHAPE_PROFILES];
	struct mask *mask[SHAPE_MASKS];
	float k[16]; /* proportions, meaning per class */
};

struct shape_class {
	const char *name;
	/* Sets bounds, proportions, profiles and masks; view, pair and design are set already. */
	void (*init)(struct shape *shape);
	struct surf (*map)(const struct shape *shape, vec p);
	/* A clear shell around the rest, or NULL. */
	float (*glass)(const struct shape *shape, vec p);
	/* `px` is the size of a pixel at p: finer structure than that is left out. May bend the normal. */
	void (*paint)(const struct shape *shape, vec p, int part, float px, vec *normal, struct material *ret);
	struct pose pose[SHAPE_VIEW__COUNT];
};

extern const struct shape_class shape_footwear;
extern const struct shape_class shape_watch;
extern const struct shape_class shape_vessel;
extern const struct shape_class shape_mug;
extern const struct shape_class shape_jar;
extern const struct shape_class shape_pack;
extern const struct shape_class shape_headphones;
extern const struct shape_class shape_phone;
extern const struct shape_class shape_speaker;
extern const struct shape_class shape_backpack;
extern const struct shape_class shape_handbag;
extern const struct shape_class shape_chair;
extern const struct shape_class shape_lamp;
extern const struct shape_class shape_box;

/* Never fails; pair is taken from the pose of the view. */
void shape_open(struct shape *shape, const struct design *design, enum shape_view view);
void shape_close(struct shape *shape);

/* Ready-made materials; `colour` is the base. */
struct material material_of(enum product_material kind, vec colour);
struct material material_plain(vec colour, float rough, float coat);
struct material material_metal(vec colour, float rough);
/* Bumps: bend the normal by the slope of noise of the given size, fading out below a pixel. */
vec bump_grain(vec normal, vec p, float size, float depth, float px);
vec bump_weave(vec normal, float u, float v, vec along_u, vec along_v, float size, float depth, float px);
/* The bump and the colour variation that go with a material. */
void material_texture(enum product_material kind, vec p, float px, vec *normal, struct material *material);

#endif
