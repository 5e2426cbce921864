#include "media/look.h"

#include <math.h>

#include "media/grade.h"
#include "media/sharpen.h"

struct look {
	struct grade *grade; /* NULL: colours stay */
	int sharpen;
};

struct look *
look_new(const struct timeline_look *what, struct lut **table)
{
	struct look *look = calloc(1, sizeof(*look));
	struct lut *luts[2];
	size_t n = 0;

	if (look == NULL)
		abort();
	luts[n] = grade_lut(what);
	n += luts[n] != NULL;
	luts[n] = *table;
	n += luts[n] != NULL;
	*table = NULL;
	if (n > 0)
		look->grade = grade_new(luts, n);
	look->sharpen = (int)lround(what->sharpen * SHARPEN_ONE);
	return look;
}

void
look_free(struct look **look)
{
	if (*look == NULL)
		return;
	grade_free(&(*look)->grade);
	free(*look);
	*look = NULL;
}

void
look_put(struct look *look, AVFrame *picture)
{
	if (look->grade != NULL)
		grade_put(look->grade, picture);
	sharpen_put(picture, look->sharpen);
}
