/* Where in a JSON text a pointer leads. */
#ifndef FW_CTL_WHERE_H
#define FW_CTL_WHERE_H

#include <stddef.h>

/* Line, from 1, of the value at a JSON Pointer; of the nearest value around it when it is not there. `json` must have
 * been parsed without a fault before. */
size_t where_line(const char *json, const char *pointer);

#endif
