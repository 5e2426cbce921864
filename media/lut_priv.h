/*
 * Between the files of colour tables.
 */
#ifndef MEDIA_LUT_PRIV_H
#define MEDIA_LUT_PRIV_H

#include <stdbool.h>

#include "media/lut.h"

struct lut {
	int side;
	bool curves;	/* one line of nodes for each channel instead of a cube */
	int32_t low[3]; /* the domain; high is above low */
	int32_t high[3];
	size_t n_nodes;
	int32_t nodes[][3]; /* red runs fastest */
};

/* Nodes of zero, domain 0 to LUT_ONE. Aborts without memory. */
struct lut *lut_new(int side, bool curves);

#endif
