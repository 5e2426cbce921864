/*
 * Lights stand relative to the camera, as in a studio with a turntable: turning the product keeps the look of the
 * light. Soft boxes exist twice, as a directional light for what is dull and as a bright rectangle for what is shiny.
 */
#include "media/synth/scene.h"

#define DEGREE 0.01745329f

/* A direction given in degrees relative to where the camera stands. */
static vec
direction(const struct scene *scene, float around, float above)
{
	const vec back = norm(v3(-scene->camera.ahead[0], 0.0f, -scene->camera.ahead[2]));
	const vec right = cross(v3(0, 1, 0), back);
	const float c = cosf(above * DEGREE);
	return norm(
	    back * (cosf(around * DEGREE) * c) + right * (sinf(around * DEGREE) * c) + v3(0, sinf(above * DEGREE), 0));
}

static void
box_add(struct light *light, vec dir, float half_u, float half_v, vec colour)
{
	const vec side = fabsf(dir[1]) > 0.95f ? v3(1, 0, 0) : v3(0, 1, 0);
	const vec u = norm(cross(side, dir));
	light->box[light->n_boxes++] = (struct softbox){
	    .dir = dir, .u = u, .v = cross(dir, u), .colour = colour, .half_u = half_u, .half_v = half_v};
}

void
light_studio(struct scene *scene)
{
	struct light *light = &scene->light;
	const bool dark = scene->design->dark;
	const vec warm = scene->design->warm ? v3(1.06f, 0.99f, 0.90f) : v3(1.02f, 1.0f, 0.97f);
	light->key_dir = direction(scene, -46.0f, 44.0f);
	light->key = warm * (dark ? 1.15f : 1.04f);
	light->key_size = 0.16f;
	light->fill_dir = direction(scene, 62.0f, 24.0f);
	light->fill = v3(0.94f, 0.98f, 1.05f) * (dark ? 0.16f : 0.19f);
	light->rim_dir = direction(scene, 152.0f, 34.0f);
	light->rim = v1(dark ? 0.75f : 0.34f);
	light->sky = v1(dark ? 0.10f : 0.27f);
	light->bounce = dark ? v1(0.02f) : scene->design->backdrop * 0.24f;
	box_add(light, light->key_dir, 0.52f, 0.78f, warm * 3.0f);
	box_add(light, direction(scene, 14.0f, 4.0f), 0.30f, 0.55f, v1(dark ? 0.18f : 0.42f));
	box_add(light, direction(scene, 82.0f, 16.0f), 0.16f, 1.0f, v1(dark ? 2.6f : 2.2f));
	box_add(light, direction(scene, -128.0f, 20.0f), 0.14f, 1.1f, v1(2.2f));
	box_add(light, direction(scene, 170.0f, 58.0f), 0.9f, 0.28f, v1(1.7f));
	box_add(light, direction(scene, 20.0f, 74.0f), 0.35f, 0.25f, v1(1.3f));
}

void
light_outdoor(struct scene *scene)
{
	struct light *light = &scene->light;
	const bool dusk = scene->setting == SETTING_CITY;
	const vec sun = dusk ? v3(1.15f, 0.80f, 0.55f) : v3(1.55f, 1.16f, 0.78f);
	light->key_dir = direction(scene, 66.0f, 36.0f);
	light->key = sun;
	light->key_size = 0.05f;
	light->fill_dir = direction(scene, -35.0f, 35.0f);
	light->fill = v3(0.20f, 0.23f, 0.29f);
	light->rim_dir = direction(scene, 150.0f, 22.0f);
	light->rim = sun * 0.55f;
	light->sky = dusk ? v3(0.22f, 0.24f, 0.36f) : v3(0.30f, 0.35f, 0.44f);
	light->bounce = v3(0.20f, 0.15f, 0.10f);
	box_add(light, light->key_dir, 0.16f, 0.16f, sun * 7.0f);
	box_add(light, direction(scene, -70.0f, 30.0f), 0.7f, 0.6f, v3(0.75f, 0.88f, 1.1f));
	box_add(light, light->rim_dir, 0.5f, 0.14f, sun * 1.6f);
}

static vec
env_base(const struct scene *scene, vec dir)
{
	const float up = clampf(dir[1], -0.2f, 1.0f);
	if (scene->setting == SETTING_STUDIO) {
		/* dark at eye level, as with black flags beside the set: shiny things need something to contrast with
		 */
		const float level = scene->design->dark ? 0.035f : mixf(0.10f, 0.36f, smooth01(0.05f, 0.7f, up));
		return mix3(v1(level), scene->design->backdrop * (level * 1.6f), 0.5f);
	}
	const vec low = scene->setting == SETTING_CITY ? v3(0.75f, 0.48f, 0.36f) : v3(1.0f, 0.80f, 0.56f);
	const vec high = scene->setting == SETTING_CITY ? v3(0.12f, 0.15f, 0.30f) : v3(0.28f, 0.42f, 0.66f);
	return mix3(low, high, smooth01(-0.05f, 0.6f, up)) * 0.75f;
}

vec
light_env(const struct scene *scene, vec dir, float rough)
{
	vec sum = env_base(scene, dir);
	const float soft = 0.03f + 0.9f * rough * rough + 0.12f * rough;
	for (int i = 0; i < scene->light.n_boxes; i++) {
		const struct softbox *box = &scene->light.box[i];
		const float facing = dot(dir, box->dir);
		if (facing < 0.05f)
			continue;
		const float u = fabsf(dot(dir, box->u)) / facing, v = fabsf(dot(dir, box->v)) / facing;
		const float wu = 1.0f - smooth01(box->half_u - soft * 0.5f, box->half_u + soft, u);
		const float wv = 1.0f - smooth01(box->half_v - soft * 0.5f, box->half_v + soft, v);
		/* what is spread wider is dimmer; a little falloff over the box looks like a real diffuser */
		const float spread =
		    (box->half_u / (box->half_u + soft * 0.6f)) * (box->half_v / (box->half_v + soft * 0.6f));
		const float falloff = 1.0f - 0.25f * clampf(v / box->half_v, 0.0f, 1.0f) * (1.0f - rough);
		sum += box->colour * (wu * wv * spread * falloff);
	}
	return sum;
}
