#include "ctl/bar.h"

#include <stdio.h>
#include <unistd.h>

#define WIDTH 28

void
bar_show(double fraction, const char *message)
{
	const int percent = (int)(fraction * 100), filled = percent * WIDTH / 100;

	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r\033[K%3d %% [%.*s%*s] %s", percent, filled, "############################", WIDTH - filled,
	    "", message);
	fflush(stderr);
}

void
bar_end(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}
