/*
 * Light on surfaces: a wrapped key light with a soft shadow, fill and rim, ambient light by openness, and the mirror
 * image of the soft boxes weighted by Fresnel's law. Mirrors see the product once more and the ground, without further
 * bounces.
 */
#include "media/synth/shade.h"

#include "media/synth/trace.h"

static vec ground_colour(const struct scene *scene, vec from, vec dir, float t, float px, bool mirror);

static vec
ambient(const struct light *light, vec n)
{
	return mix3(light->bounce, light->sky, 0.5f + 0.5f * n[1]);
}

/* Large lights reach a little around the edge. */
static float
wrapped(float cosine, float wrap)
{
	const float x = clampf((cosine + wrap) / (1.0f + wrap), 0.0f, 1.0f);
	return x * (0.35f + 0.65f * x);
}

static vec
diffuse_light(const struct scene *scene, vec p, vec geo, vec n, float open)
{
	const struct light *light = &scene->light;
	const float facing = wrapped(dot(n, light->key_dir), 0.22f);
	float shadow = 0.0f;
	if (facing > 0.0f)
		shadow = trace_light(&scene->shape, p + geo * 0.012f, light->key_dir, light->key_size, 26);
	vec sum = light->key * (facing * shadow);
	sum += light->fill * (fmax2(wrapped(dot(n, light->fill_dir), 0.3f), 0.0f) * (0.35f + 0.65f * open));
	sum += light->rim * (fmax2(dot(n, light->rim_dir), 0.0f) * (0.2f + 0.8f * open));
	return sum + ambient(light, n) * open;
}

/* A rough idea of the product as seen in itself. */
static vec
mirror_part(const struct scene *scene, vec p, int part, float px)
{
	vec n = trace_normal(&scene->shape, p, 0.004f);
	const vec geo = n;
	struct material m;
	scene->shape.class->paint(&scene->shape, p, part, px * 6.0f, &n, &m);
	const struct light *light = &scene->light;
	const vec lit = light->key * fmax2(dot(geo, light->key_dir), 0.0f) + ambient(light, geo);
	return m.base * (lit * 0.9f);
}

static vec
mirror_light(const struct scene *scene, vec p, vec dir, float rough, float px)
{
	int part = 0;
	float t = TRACE_FAR;
	if (rough < 0.45f)
		t = trace_product(&scene->shape, p, dir, 0.02f, TRACE_FAR, 0.004f, 28, &part);
	if (t < TRACE_FAR)
		return mirror_part(scene, p + dir * t, part, px);
	if (dir[1] > -0.01f)
		return light_env(scene, dir, rough);
	/* just below eye level the set's walls show, not the far floor */
	const float floor_share = smooth01(0.0f, 0.32f, -dir[1]);
	const vec floor = ground_colour(scene, p, dir, -p[1] / dir[1], px * 8.0f + 0.1f * rough, false);
	return mix3(light_env(scene, norm(v3(dir[0], 0.01f, dir[2])), rough), floor, floor_share);
}

static float
fresnel(float cosine)
{
	const float m = clampf(1.0f - cosine, 0.0f, 1.0f), m2 = m * m;
	return m2 * m2 * m;
}

static vec
shade_point(const struct scene *scene, vec p, vec dir, int part, float px)
{
	const struct shape *shape = &scene->shape;
	const vec geo = trace_normal(shape, p, fmax2(px * 0.7f, 0.0012f));
	vec n = geo;
	struct material m;
	shape->class->paint(shape, p, part, px, &n, &m);
	const float open = trace_open(shape, p, geo, 0.32f);
	const vec light = diffuse_light(scene, p, geo, n, open);
	const float facing = clampf(-dot(n, dir), 0.0f, 1.0f), f = fresnel(facing);
	vec colour = m.base * light * (1.0f - m.metal);
	colour += mix3(m.base, v1(luma3(m.base)), 0.4f) * light * (m.sheen * (1.0f - facing) * (1.0f - facing));
	const vec f0 = mix3(v1(0.045f * m.coat), m.base, m.metal);
	const vec reflectance =
	    f0 + (v1(1.0f) - f0) * (f * (1.0f - 0.75f * m.rough) * mixf(0.8f * m.coat, 1.0f, m.metal));
	if (luma3(reflectance) > 0.004f) {
		vec r = reflect3(dir, n);
		if (dot(r, geo) < 0.0f)
			r = norm(r - geo * (1.2f * dot(r, geo)));
		const float occluded = clampf(open * 1.25f - 0.1f + (m.metal > 0.5f ? 0.25f : 0.0f), 0.0f, 1.0f);
		colour += reflectance * mirror_light(scene, p + geo * 0.006f, r, m.rough, px) * occluded;
	}
	return colour + m.base * m.glow;
}

/* The product mirrored in the ground; fades with the height above it as on a polished, not perfect surface. */
static vec
ground_mirror(const struct scene *scene, vec p, vec dir, const struct ground_point *g, vec behind)
{
	const vec r = norm(reflect3(dir, norm(mix3(v3(0, 1, 0), g->normal, 0.15f))));
	int part = 0;
	const float t = trace_product(&scene->shape, p, r, 0.005f, TRACE_FAR, 0.003f, 40, &part);
	if (t >= TRACE_FAR)
		return behind;
	const float fade = expf(-t * (0.35f + 2.5f * g->rough));
	return mix3(behind, mirror_part(scene, p + r * t, part, 0.01f), fade);
}

static vec
ground_colour(const struct scene *scene, vec from, vec dir, float t, float px, bool mirror)
{
	const struct light *light = &scene->light;
	const vec p = from + dir * t;
	struct ground_point g;
	ground_at(scene, p[0], p[2], px, &g);
	float key, sky;
	shadow_map_at(scene->shadows, p[0], p[2], &key, &sky);
	vec lit = light->key * (fmax2(dot(g.normal, light->key_dir), 0.0f) * key);
	lit += light->fill * (fmax2(dot(g.normal, light->fill_dir), 0.0f) * (0.3f + 0.7f * sky)) + light->sky * sky;
	vec colour = g.albedo * lit;
	if (!mirror && scene->setting == SETTING_STUDIO)
		colour *= 0.22f + 0.78f * smooth01(0.02f, 0.75f, -dir[1]);
	const float f = 0.03f + 0.97f * fresnel(fmax2(-dir[1], 0.0f));
	const float strength = fmin2(f * g.mirror, 0.55f);
	if (mirror && strength > 0.003f) {
		const bool studio = scene->setting == SETTING_STUDIO;
		const vec up = v3(dir[0], fabsf(dir[1]), dir[2]);
		const vec behind =
		    studio ? colour * (scene->design->dark ? 0.6f : 1.0f) : light_env(scene, up, g.rough);
		colour = mix3(colour, ground_mirror(scene, p + v3(0, 0.002f, 0), dir, &g, behind), strength);
	}
	return colour;
}

/* The ground as the camera sees it: studio paper turns into the backdrop, outdoor ground ends at its edge or in haze.
 */
static struct sample
shade_ground(const struct scene *scene, vec dir, float sx, float sy)
{
	const struct camera *camera = &scene->camera;
	const vec behind = backdrop_at(scene, dir, sx, sy);
	struct sample far = {.colour = behind, .depth = 60.0f, .part = -1};
	if (dir[1] > -0.004f)
		return far;
	const float t = -camera->eye[1] / dir[1];
	const vec p = camera->eye + dir * t;
	const vec back = norm(v3(camera->ahead[0], 0.0f, camera->ahead[2]));
	const float away = dot(p, back);
	if (scene->edge > 0.0f && away > scene->edge + 0.05f)
		return far;
	const float px = scene->pixel * t / fmax2(-dir[1], 0.05f) * 0.7f;
	vec colour = ground_colour(scene, camera->eye, dir, t, px, true);
	if (scene->setting == SETTING_STUDIO) {
		const vec plain = scene->ground == GROUND_MARBLE ? v3(0.62f, 0.615f, 0.60f) : scene->design->backdrop;
		const struct light *light = &scene->light;
		const vec lit =
		    plain * (light->key * light->key_dir[1] + light->fill * light->fill_dir[1] + light->sky);
		const vec ratio = behind / (lit + (vec){1e-5f, 1e-5f, 1e-5f, 1.0f});
		const bool seamless = scene->ground == GROUND_PAPER || scene->ground == GROUND_GLOSS;
		/* a slab keeps its own pattern and ends softly behind the product */
		const float fade = seamless ? 0.0f : smooth01(2.2f, 5.5f, away / scene->radius);
		colour = mix3(colour * mix3(v1(1.0f), ratio, seamless ? 1.0f : 0.5f), behind, fade);
	} else if (scene->edge <= 0.0f) {
		colour = mix3(colour, behind, smooth01(6.0f, 40.0f, away / scene->radius));
	} else {
		colour *= 1.0f - 0.35f * smooth01(scene->edge * 0.93f, scene->edge, away);
	}
	return (struct sample){.colour = colour, .depth = t, .part = -1};
}

static struct sample
shade_opaque(const struct scene *scene, vec from, vec dir, float start, float sx, float sy)
{
	int part = 0;
	float t = TRACE_FAR;
	if (start < TRACE_FAR)
		t = trace_product(&scene->shape, from, dir, start, TRACE_FAR, scene->pixel, 110, &part);
	if (t >= TRACE_FAR)
		return shade_ground(scene, dir, sx, sy);
	return (struct sample){
	    .colour = shade_point(scene, from + dir * t, dir, part, scene->pixel * t), .depth = t, .part = part};
}

/* A clear shell: what is behind it, bent a little and darker towards the edge, under the reflection of the soft boxes.
 */
static struct sample
shade_glass(const struct scene *scene, vec dir, float t, float start, float sx, float sy)
{
	const vec p = scene->camera.eye + dir * t;
	const vec n = trace_glass_normal(&scene->shape, p, 0.002f);
	const float facing = clampf(-dot(n, dir), 0.0f, 1.0f), f = 0.04f + 0.96f * fresnel(facing);
	const vec bent = norm(dir - n * (0.10f * (1.0f - facing)));
	struct sample behind = shade_opaque(scene, p - bent * t, bent, start, sx - n[0] * 0.05f, sy);
	const vec r = reflect3(dir, n);
	const vec mirror =
	    r[1] < -0.01f ? ground_colour(scene, p, r, -p[1] / r[1], 0.05f, false) : light_env(scene, r, 0.02f);
	const float thick = (1.0f - facing) * (1.0f - facing);
	const vec tint = mix3(v3(0.97f, 0.98f, 0.975f), v3(0.55f, 0.60f, 0.58f), thick);
	behind.colour = behind.colour * tint * (1.0f - f) + mirror * (f + 0.015f);
	behind.depth = t;
	behind.part += 100;
	return behind;
}

struct sample
shade_ray(const struct scene *scene, float sx, float sy, float start)
{
	const vec dir = camera_ray(&scene->camera, sx, sy);
	const struct shape *shape = &scene->shape;
	if (start < TRACE_FAR && shape->class->glass != NULL) {
		int part = 0;
		const float t_glass = trace_glass(shape, scene->camera.eye, dir, start, 90);
		if (t_glass < TRACE_FAR &&
		    trace_product(shape, scene->camera.eye, dir, start, t_glass, scene->pixel, 110, &part) >= TRACE_FAR)
			return shade_glass(scene, dir, t_glass, start, sx, sy);
	}
	return shade_opaque(scene, scene->camera.eye, dir, start, sx, sy);
}
