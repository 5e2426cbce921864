/*
 * What the installation does at this moment, again every second: daemons and their slots, queues, what is being worked
 * on, money. Plain ANSI: each picture is one write over the one before, as high as the window.
 */
#include "ctl/top.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "lib/base/buf.h"

#define PAGE_MAX (256 * KIB)
#define HOME "\033[H"
#define CLEAR_LINE "\033[K\n"
#define CLEAR_REST "\033[J"

/* The first rows of a page, each clearing what was there before it. */
static void
put_screen(const char *page, size_t rows, struct buf *screen)
{
	buf_puts(screen, HOME);
	for (size_t row = 1; *page != '\0' && row < rows; row++) {
		const size_t len = strcspn(page, "\n");

		buf_put(screen, page, len);
		buf_puts(screen, CLEAR_LINE);
		page += len + (page[len] == '\n');
	}
	buf_puts(screen, CLEAR_REST);
}

static size_t
window_rows(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

static int
show(struct db *db, bool live, struct error *err)
{
	CLEANUP(buf_done) struct buf page = BUF_INIT(PAGE_MAX), screen = BUF_INIT(PAGE_MAX);
	CLEANUP(arena_free) struct arena *arena = arena_new(PAGE_MAX * 4);
	struct top top;

	if (top_load(db, arena, &top, err) < 0)
		return -1;
	top_put(&top, &page);
	if (live)
		put_screen(buf_str(&page), window_rows(), &screen);
	else
		buf_puts(&screen, buf_str(&page));
	if (buf_error(&page, err) < 0 || buf_error(&screen, err) < 0)
		return -1;
	if (fputs(buf_str(&screen), stdout) == EOF || fflush(stdout) == EOF)
		return error_errno(err, ERR_UNAVAILABLE, "writing to standard output");
	return 0;
}

int
cmd_top(struct ctl *ctl, int argc, char **argv, struct error *err)
{
	const char *rest[1];
	bool once = false;
	const struct option_row rows[] = {{.name = "once", .flag = &once}, {.name = NULL}};
	struct db *db;
	size_t count;

	if (ctl_options(argc, argv, rows, rest, 1, &count, err) < 0)
		return 2;
	if (count > 0)
		return ctl_usage("top");
	db = ctl_db(ctl, err);
	if (db == NULL)
		return 1;
	/* what reads along is no terminal */
	once = once || !isatty(STDOUT_FILENO);
	for (;;) {
		const struct timespec pause = {1, 0};

		if (show(db, !once, err) < 0)
			return 1;
		if (once)
			return 0;
		(void)nanosleep(&pause, NULL);
	}
}
