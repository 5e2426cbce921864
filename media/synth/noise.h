/* Repeatable noise for textures: integer hashes, no tables, no state. */
#ifndef FW_SYNTH_NOISE_H
#define FW_SYNTH_NOISE_H

#include <stdint.h>

#include "media/synth/vec.h"

uint32_t noise_hash(uint32_t x);
/* 0..1 per lattice point. */
float noise_cell2(int x, int y, uint32_t salt);
/* Value noise, about -1..1. */
float noise2(float x, float y);
float noise3(vec p);
/* Sums of 2 to 6 octaves, about -1..1. */
float noise_fbm2(float x, float y, int octaves);
float noise_fbm3(vec p, int octaves);
/* Distance to the nearest of jittered points; `ret_edge` gets the distance to the border between the two nearest. */
float noise_voronoi2(float x, float y, float *ret_edge);

#endif
