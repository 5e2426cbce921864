#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl/render_priv.h"
#include "ctl/where.h"
#include "lib/base/clock.h"

void
render_print_fault(const struct render_command *command, const char *pointer, const char *detail)
{
	/* a value given with --set has no line */
	if (strncmp(pointer, "/merge", 6) == 0)
		fprintf(stderr, "--set %s: %s\n", pointer[6] == '/' ? pointer + 7 : "", detail);
	else
		fprintf(stderr, "%s:%zu: %s: %s\n", command->path, where_line(command->text, pointer),
		    *pointer == '\0' ? "/" : pointer, detail);
}

void
render_print_warnings(const struct render_command *command, const struct js_value *result)
{
	const struct js_value *warnings = js_at(result, "/warnings");

	for (size_t i = 0; !command->quiet && i < js_count(warnings, ""); i++)
		fprintf(stderr, "warning: %s (%s)\n", js_text(js_item(warnings, i), "/message", ""),
		    js_text(js_item(warnings, i), "/code", ""));
}

static void
print_bytes(char text[16], int64_t bytes)
{
	if (bytes >= 1000000)
		snprintf(text, 16, "%.1f MB", (double)bytes / 1e6);
	else
		snprintf(text, 16, "%.0f kB", (double)bytes / 1e3);
}

void
render_print_plan(const struct js_value *result)
{
	const struct js_value *list = js_at(result, "/spans/list");
	const double fps = (double)js_number(result, "/fps_num", 30) / (double)js_number(result, "/fps_den", 1);
	char size[16];

	printf("%5s %9s %8s  %-8s %-7s %8s %9s\n", "span", "at", "length", "kind", "action", "seconds", "size");
	for (size_t i = 0; i < js_count(list, ""); i++) {
		const struct js_value *span = js_item(list, i);
		const int64_t bytes = js_number(span, "/bytes", 0);

		print_bytes(size, bytes);
		printf("%5zu %9.3f %8.3f  %-8s %-7s %8.1f %9s\n", i + 1, (double)js_number(span, "/start", 0) / fps,
		    (double)js_number(span, "/frames", 0) / fps, js_text(span, "/kind", ""),
		    js_text(span, "/action", ""), js_real(span, "/seconds", 0), bytes > 0 ? size : "-");
	}
	print_bytes(size, js_number(result, "/estimate/bytes", 0));
	printf("\n%.3f s, %" PRId64 " frames, %" PRId64 "x%" PRId64 "; %" PRId64 " of %" PRId64
	       " spans are there already\nabout %.1f s to make, %.0f MB of memory, %s on the disk\n",
	    (double)js_number(result, "/duration_us", 0) / 1e6, js_number(result, "/frames", 0),
	    js_number(result, "/width", 0), js_number(result, "/height", 0), js_number(result, "/spans/reused", 0),
	    js_number(result, "/spans/total", 0), js_real(result, "/estimate/seconds", 0),
	    (double)js_number(result, "/estimate/memory_bytes", 0) / 1e6, size);
}

void
render_print_film(const struct render_command *command, const struct js_value *result)
{
	char size[16];

	print_bytes(size, js_number(result, "/bytes", 0));
	printf("%s  %.3f s, %" PRId64 "x%" PRId64 ", %s, %" PRId64 " of %" PRId64 " spans reused, made in %.1f s\n",
	    command->output, (double)js_number(result, "/duration_us", 0) / 1e6, js_number(result, "/width", 0),
	    js_number(result, "/height", 0), size, js_number(result, "/spans/reused", 0),
	    js_number(result, "/spans/total", 0), (double)(clock_boot_ms(NULL) - command->began_ms) / 1000);
}
