/* The curve is a fit of the ACES film response; everything before it is linear light. */
#include "media/synth/post.h"

#include <string.h>

#include "media/synth/noise.h"

static float
film(float x)
{
	x = fmax2(x, 0.0f) * 1.04f;
	return clampf(x * (2.51f * x + 0.03f) / (x * (2.43f * x + 0.59f) + 0.14f), 0.0f, 1.0f);
}

static float
to_srgb(float x)
{
	return x <= 0.0031308f ? 12.92f * x : 1.055f * powf(x, 1.0f / 2.4f) - 0.055f;
}

float
post_perceived(vec colour)
{
	const float y = fmax2(luma3(colour), 0.0f);
	return sqrtf(y / (y + 0.6f) * 1.4f);
}

float
post_blur(const struct camera *camera, float depth, float scale)
{
	const float off = fabsf(1.0f - camera->focus / fmax2(depth, 0.01f)) - camera->slack;
	return clampf(off * camera->aperture, 0.0f, 13.0f) * scale;
}

/* Taps on a sunflower disc; a tap that is sharper than its distance does not spread over here. */
static vec
blur_at(const struct frame *frame, const struct camera *camera, int x, int y, float radius, float scale)
{
	const struct sample *centre = &frame->at[y * frame->width + x];
	vec sum = centre->colour;
	float weight = 1.0f;
	const int taps = radius > 4.0f ? 40 : 18;
	for (int i = 0; i < taps; i++) {
		const float r = radius * sqrtf(((float)i + 0.7f) / (float)taps), a = (float)i * 2.3999632f;
		const int px = (int)clampf((float)x + r * cosf(a) + 0.5f, 0.0f, (float)(frame->width - 1));
		const int py = (int)clampf((float)y + r * sinf(a) + 0.5f, 0.0f, (float)(frame->height - 1));
		const struct sample *tap = &frame->at[py * frame->width + px];
		const float reach = post_blur(camera, tap->depth, scale);
		const float w = clampf(reach - r + 1.5f, 0.02f, 1.0f);
		sum += tap->colour * w;
		weight += w;
	}
	return sum * (1.0f / weight);
}

void
post_focus(const struct frame *frame, const struct camera *camera, vec *scratch)
{
	if (camera->aperture <= 0.0f)
		return;
	const float scale = (float)(frame->width < frame->height ? frame->width : frame->height) / 1024.0f;
	for (int y = 0; y < frame->height; y++) {
		for (int x = 0; x < frame->width; x++) {
			const int i = y * frame->width + x;
			const float radius = post_blur(camera, frame->at[i].depth, scale);
			scratch[i] = radius < 0.7f ? frame->at[i].colour : blur_at(frame, camera, x, y, radius, scale);
		}
	}
	for (int i = 0; i < frame->width * frame->height; i++)
		frame->at[i].colour = scratch[i];
}

#define GLOW_CELL 8

static void
glow_blur(vec *grid, vec *other, int w, int h, int step_x, int step_y)
{
	for (int y = 0; y < h; y++) {
		for (int x = 0; x < w; x++) {
			vec sum = v1(0.0f);
			float weight = 0.0f;
			for (int k = -6; k <= 6; k++) {
				const int px = x + k * step_x, py = y + k * step_y;
				if (px < 0 || py < 0 || px >= w || py >= h)
					continue;
				const float g = expf(-(float)(k * k) / 14.0f);
				sum += grid[py * w + px] * g;
				weight += g;
			}
			other[y * w + x] = sum * (1.0f / weight);
		}
	}
	memcpy(grid, other, sizeof(*grid) * (size_t)w * (size_t)h);
}

void
post_glow(const struct frame *frame, vec *scratch, float amount)
{
	const int w = (frame->width + GLOW_CELL - 1) / GLOW_CELL, h = (frame->height + GLOW_CELL - 1) / GLOW_CELL;
	vec *grid = scratch, *other = scratch + w * h;
	memset(grid, 0, sizeof(*grid) * (size_t)w * (size_t)h);
	for (int y = 0; y < frame->height; y++) {
		for (int x = 0; x < frame->width; x++) {
			const vec c = frame->at[y * frame->width + x].colour;
			const float over = clampf(luma3(c) - 0.9f, 0.0f, 3.0f);
			grid[(y / GLOW_CELL) * w + x / GLOW_CELL] += c * (over / (float)(GLOW_CELL * GLOW_CELL));
		}
	}
	glow_blur(grid, other, w, h, 1, 0);
	glow_blur(grid, other, w, h, 0, 1);
	for (int y = 0; y < frame->height; y++) {
		for (int x = 0; x < frame->width; x++) {
			const float gx = clampf(((float)x + 0.5f) / GLOW_CELL - 0.5f, 0.0f, (float)(w - 1));
			const float gy = clampf(((float)y + 0.5f) / GLOW_CELL - 0.5f, 0.0f, (float)(h - 1));
			const int ix = (int)gx, iy = (int)gy, jx = ix + 1 < w ? ix + 1 : ix,
				  jy = iy + 1 < h ? iy + 1 : iy;
			const vec top = mix3(grid[iy * w + ix], grid[iy * w + jx], gx - (float)ix);
			const vec low = mix3(grid[jy * w + ix], grid[jy * w + jx], gx - (float)ix);
			frame->at[y * frame->width + x].colour += mix3(top, low, gy - (float)iy) * amount;
		}
	}
}

void
post_develop(const struct frame *frame, const struct design *design, uint8_t *rgb)
{
	const float saturation = design->vivid ? 1.22f : 1.04f;
	for (int y = 0; y < frame->height; y++) {
		for (int x = 0; x < frame->width; x++) {
			const float u = 2.0f * (float)x / (float)frame->width - 1.0f,
				    v = 2.0f * (float)y / (float)frame->height - 1.0f;
			const float corner = u * u + v * v, vignette = 1.0f - 0.085f * corner * corner;
			vec c = frame->at[y * frame->width + x].colour * vignette;
			c = mix3(v1(luma3(c)), c, saturation);
			/* the curve on brightness keeps hues, the curve per channel lets highlights turn white: half of
			 * each */
			const float bright = luma3(c), scaled = film(bright) / fmax2(bright, 1e-4f);
			const float grain = (noise_cell2(x, y, 7) - 0.5f) * 0.9f;
			for (int i = 0; i < 3; i++)
				rgb[3 * (y * frame->width + x) + i] = (uint8_t)clampf(
				    to_srgb(fmin2(0.5f * (film(c[i]) + c[i] * scaled), 1.0f)) * 255.0f + 0.5f + grain,
				    0.0f, 255.0f);
		}
	}
}
