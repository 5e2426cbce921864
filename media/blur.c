/*
 * Running sums along rows, then along columns.
 */
#include "media/blur.h"

#include "lib/base/attr.h"

static int
inside(int at, int count)
{
	return at < 0 ? 0 : at >= count ? count - 1 : at;
}

/* `step` bytes lie between neighbours; `line` has room for count samples. */
static void
blur_line(uint8_t *data, ptrdiff_t step, int count, int radius, uint8_t *line)
{
	const uint32_t size = 2 * (uint32_t)radius + 1;
	uint32_t sum = 0;

	for (int i = 0; i < count; i++)
		line[i] = data[i * step];
	for (int i = -radius; i <= radius; i++)
		sum += line[inside(i, count)];
	for (int i = 0; i < count; i++) {
		data[i * step] = (uint8_t)((sum + size / 2) / size);
		sum += line[inside(i + radius + 1, count)];
		sum -= line[inside(i - radius, count)];
	}
}

void
blur_plane(uint8_t *plane, ptrdiff_t stride, int width, int height, int radius)
{
	uint8_t *line;

	if (radius <= 0 || width <= 0 || height <= 0)
		return;
	line = malloc((size_t)FW_MAX(width, height));
	if (line == NULL)
		abort();
	for (int y = 0; y < height; y++)
		blur_line(plane + y * stride, 1, width, radius, line);
	for (int x = 0; x < width; x++)
		blur_line(plane + x, stride, height, radius, line);
	free(line);
}
