/*
 * The one function of a fuzz target; libFuzzer or fuzz_main.c calls it.
 */
#ifndef FW_TESTS_FUZZ_FUZZ_H
#define FW_TESTS_FUZZ_FUZZ_H

#include "lib/base/attr.h"

/* Must not fail on any input; 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
