/*
 * A film from a timeline without server or database: the timeline is checked here, its files are opened and handed to a
 * media process of our own, the film is moved to its place when it is complete.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/bar.h"
#include "ctl/render_priv.h"
#include "lib/base/clock.h"
#include "lib/base/path.h"
#include "lib/net/mediaclient.h"
#include "lib/timeline/merge.h"
#include "lib/timeline/timeline.h"

#define FILM "film.mp4"
#define PREVIEW_HEIGHT 360
#define REMOVE_TRIES 40

static volatile sig_atomic_t interrupted;

static void
on_signal(int number)
{
	interrupted = number;
}

static bool
is_interrupted(void *ctx)
{
	(void)ctx;
	return interrupted != 0;
}

static void
catch_signals(void)
{
	const struct sigaction action = {.sa_handler = on_signal};

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

/* ---- the timeline ---- */

/* "name=value" options as an object. */
static int
merge_values(struct render_command *c, const struct js_value **ret_values, struct error *err)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(256 * KIB);
	struct js_writer w;

	js_begin(&w, &buf);
	js_open_object(&w, NULL);
	for (size_t i = 0; i < c->set_count; i++) {
		const char *equals = strchr(c->sets[i], '=');
		char *name;

		if (equals == NULL || equals == c->sets[i])
			return error_set(err, ERR_INPUT, "--set wants NAME=VALUE, not '%s'", c->sets[i]);
		name = arena_strndup(c->ctl->arena, c->sets[i], (size_t)(equals - c->sets[i]));
		if (name == NULL)
			return arena_error(c->ctl->arena, err);
		js_str(&w, name, equals + 1);
	}
	js_close(&w);
	js_end(&w);
	return buf_error(&buf, err) < 0 ? -1 : js_parse_free(c->ctl->arena, buf_str(&buf), buf.len, ret_values, err);
}

static int
print_faults(const struct render_command *c, const struct js_problems *problems, struct error *err)
{
	for (size_t i = 0; i < problems->count; i++)
		render_print_fault(c, problems->items[i].pointer, problems->items[i].detail);
	return error_set(err, ERR_INPUT, "'%s' cannot be rendered as it is", c->path);
}

/* Fills in merge fields and checks everything that can be checked without its files. */
static int
check_timeline(struct render_command *c, const struct js_value *document, struct error *err)
{
	struct js_problems *problems = ARENA_NEW(c->ctl->arena, struct js_problems);
	struct arena *arena = c->ctl->arena;
	const struct js_value *values, *merged;
	struct timeline *timeline;
	const char *json;

	if (problems == NULL)
		return arena_error(arena, err);
	if (merge_values(c, &values, err) < 0)
		return -1;
	if (timeline_merge(arena, document, values, "", &json, problems, err) < 0)
		return problems->count > 0 ? print_faults(c, problems, err) : -1;
	if (js_parse_free(arena, json, strlen(json), &merged, err) < 0 ||
	    timeline_rename(arena, merged, c->names, c->file_count, c->profile, &c->timeline, err) < 0)
		return -1;
	if (timeline_parse(arena, c->timeline, strlen(c->timeline), &timeline, problems, err) < 0)
		return problems->count > 0 ? print_faults(c, problems, err) : -1;
	if (c->preview && timeline->output.height <= PREVIEW_HEIGHT)
		c->preview = false;
	return 0;
}

static int
open_file(struct render_command *c, const char *folder, const struct timeline_use *use, int *ret_fd)
{
	const char *path = use->name[0] == '/' ? use->name : arena_printf(c->ctl->arena, "%s/%s", folder, use->name);
	struct stat st;

	*ret_fd = open(path == NULL ? "" : path, O_RDONLY | O_CLOEXEC);
	if (*ret_fd >= 0 && fstat(*ret_fd, &st) == 0 && S_ISREG(st.st_mode))
		return 0;
	render_print_fault(c, use->pointer,
	    arena_printf(c->ctl->arena, "the file '%s' cannot be opened: %s", use->name,
		*ret_fd >= 0 ? "it is no file" : strerror(errno)));
	return -1;
}

/* Names in a timeline are relative to its folder. */
static int
open_files(struct render_command *c, const struct timeline_use *uses, size_t n_uses, struct error *err)
{
	const char *slash = strrchr(c->path, '/');
	const char *folder =
	    slash == NULL ? "." : arena_strndup(c->ctl->arena, c->path, (size_t)(slash - c->path) + (slash == c->path));
	int status = 0;

	if (c->file_count > RENDER_FILES_MAX)
		return error_set(err, ERR_INPUT, "a film is made of at most %d files", RENDER_FILES_MAX);
	for (size_t i = 0; i < c->file_count; i++)
		c->files[i] = -1;
	for (size_t i = 0; i < c->file_count; i++) {
		size_t first = 0;

		while (first + 1 < n_uses && strcmp(uses[first].name, c->names[i]) != 0)
			first++;
		if (open_file(c, folder, &uses[first], &c->files[i]) < 0)
			status = -1;
	}
	return status < 0 ? error_set(err, ERR_INPUT, "'%s' names files that are not there", c->path) : 0;
}

static int
read_timeline(struct render_command *c, struct error *err)
{
	const struct js_value *document;
	const struct timeline_use *uses;
	char *text;
	size_t len, n_uses;

	if (path_read(c->ctl->arena, c->path, TIMELINE_BYTES_MAX, &text, &len, err) < 0) {
		err->kind = ERR_INPUT;
		return error_wrap(err, "reading '%s'", c->path);
	}
	c->text = text;
	if (js_parse_free(c->ctl->arena, text, len, &document, err) < 0)
		return error_wrap(err, "'%s'", c->path);
	if (timeline_uses(c->ctl->arena, document, &uses, &n_uses, err) < 0 ||
	    timeline_names(c->ctl->arena, uses, n_uses, &c->names, &c->file_count, err) < 0)
		return -1;
	return check_timeline(c, document, err) < 0 || open_files(c, uses, n_uses, err) < 0 ? -1 : 0;
}

/* ---- folders ---- */

/* The film grows beside its place, so that the last step is a rename. */
static int
open_scratch(struct render_command *c, struct error *err)
{
	const char *beside = c->plan || c->output == NULL ? c->media.dir : NULL;
	const char *slash = c->output == NULL ? NULL : strrchr(c->output, '/');
	char *path;

	if (beside == NULL)
		beside = slash == NULL ? "." : arena_strndup(c->ctl->arena, c->output, (size_t)(slash - c->output) + 1);
	path = beside == NULL ? NULL : arena_printf(c->ctl->arena, "%s/.framewright.XXXXXX", beside);
	if (path == NULL)
		return arena_error(c->ctl->arena, err);
	if (mkdtemp(path) == NULL) {
		(void)error_errno(err, ERR_INPUT, "making a folder in '%s'", beside);
		return -1;
	}
	c->scratch_path = path;
	c->scratch = path_open_dir(path, err);
	return c->scratch < 0 ? -1 : 0;
}

static int
open_cache(struct render_command *c, struct error *err)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	const char *path = c->cache;

	if (path == NULL && cache != NULL && cache[0] == '/')
		path = arena_printf(c->ctl->arena, "%s/framewright/spans", cache);
	else if (path == NULL && home != NULL && home[0] == '/')
		path = arena_printf(c->ctl->arena, "%s/.cache/framewright/spans", home);
	if (path == NULL) /* nowhere to keep anything */
		return 0;
	if (path_make(path, 0700, err) < 0)
		return error_wrap(err, "the cache");
	c->cache_dir = path_open_dir(path, err);
	return c->cache_dir < 0 ? -1 : 0;
}

static void
remove_scratch(struct render_command *c)
{
	fd_close(&c->scratch);
	/* a task that is being killed may still make a file; it is dead in a moment */
	for (int i = 0; c->scratch_path != NULL && i < REMOVE_TRIES; i++) {
		if (path_remove_tree(AT_FDCWD, c->scratch_path, NULL) == 0)
			break;
		usleep(25000);
	}
	c->scratch_path = NULL;
}

/* ---- the task ---- */

static void
on_progress(void *ctx, double fraction, const char *phase)
{
	const struct render_command *c = ctx;

	if (!c->quiet)
		bar_show(fraction, phase);
}

static const char *
write_args(struct render_command *c, double scale, struct error *err)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(4 * MIB);
	const char *text = NULL;
	char name[32], input[32];
	struct js_writer w;

	js_begin(&w, &buf);
	js_open_object(&w, NULL);
	js_raw(&w, "timeline", c->timeline);
	js_open_object(&w, "assets");
	for (size_t i = 0; i < c->file_count; i++) {
		snprintf(name, sizeof(name), "f%zu", i);
		snprintf(input, sizeof(input), "in%zu", i);
		js_str(&w, name, input);
	}
	js_close(&w);
	js_str(&w, "output", FILM);
	js_bool(&w, "dry_run", c->plan);
	js_int(&w, "cache_limit", conf_size(c->ctl->conf, CONF_CACHE_LIMIT));
	if (scale < 1)
		js_fixed(&w, "scale", scale, 6);
	js_close(&w);
	js_end(&w);
	if (buf_error(&buf, err) == 0)
		text = buf_dup(&buf, c->ctl->arena);
	return text;
}

/* The preview's share of the sides; the output's height is in the timeline, which was checked. */
static double
preview_scale(const struct render_command *c)
{
	const struct js_value *document;
	struct error ignored;

	error_clear(&ignored);
	if (!c->preview || js_parse_free(c->ctl->arena, c->timeline, strlen(c->timeline), &document, &ignored) < 0)
		return 1;
	return FW_MAX((double)PREVIEW_HEIGHT / (double)js_number(document, "/output/height", PREVIEW_HEIGHT), 0.1);
}

static int
run_task(struct render_command *c, const struct js_value **ret_result, struct error *err)
{
	struct mediaclient_fd fds[RENDER_FILES_MAX + 2] = {{"scratch", c->scratch}};
	struct mediaclient_task task = {.socket_path = c->media.socket,
	    .name = "render",
	    .args_json = write_args(c, preview_scale(c), err),
	    .fds = fds,
	    .progress = on_progress,
	    .stop = is_interrupted,
	    .ctx = c};
	size_t count = 1;
	int status;

	if (task.args_json == NULL)
		return -1;
	if (c->cache_dir >= 0)
		fds[count++] = (struct mediaclient_fd){"cache", c->cache_dir};
	for (size_t i = 0; i < c->file_count; i++)
		fds[count++] = (struct mediaclient_fd){arena_printf(c->ctl->arena, "in%zu", i), c->files[i]};
	task.fd_count = count;
	status = mediaclient_run(&task, c->ctl->arena, ret_result, NULL, err);
	bar_end();
	return status;
}

static int
publish(struct render_command *c, struct error *err)
{
	const char *slash = strrchr(c->output, '/');
	const char *folder =
	    slash == NULL ? "." : arena_strndup(c->ctl->arena, c->output, (size_t)(slash - c->output) + 1);
	CLEANUP(fd_close) int dir = folder == NULL ? -1 : path_open_dir(folder, err);
	const mode_t mask = umask(0);

	(void)umask(mask);
	if (dir < 0)
		return -1;
	if (fchmodat(c->scratch, FILM, 0666 & ~mask, 0) < 0)
		return error_errno(err, ERR_INTERNAL, "setting the mode of the film");
	return path_publish(c->scratch, FILM, dir, slash == NULL ? c->output : slash + 1, err);
}

static int
make(struct render_command *c, struct error *err)
{
	const struct js_value *result;

	if (mediaproc_start(&c->media, c->ctl, err) < 0 || open_scratch(c, err) < 0 || open_cache(c, err) < 0 ||
	    run_task(c, &result, err) < 0)
		return -1;
	if (interrupted != 0)
		return error_set(err, ERR_CANCELLED, "interrupted");
	if (!c->plan && publish(c, err) < 0)
		return -1;
	render_print_warnings(c, result);
	if (c->plan)
		render_print_plan(result);
	else
		render_print_film(c, result);
	return 0;
}

static int
exit_status(const struct error *err)
{
	if (interrupted != 0)
		return RENDER_EXIT_INTERRUPTED;
	return error_is(err, ERR_INPUT) || error_is(err, ERR_BAD_JSON) ? RENDER_EXIT_INPUT : 1;
}

static int
run(struct render_command *c, struct error *err)
{
	int status = 0;

	c->began_ms = clock_boot_ms(NULL);
	c->scratch = c->cache_dir = -1;
	catch_signals();
	if (read_timeline(c, err) < 0 || make(c, err) < 0)
		status = exit_status(err);
	if (interrupted != 0)
		(void)error_set(err, ERR_CANCELLED, "interrupted; nothing was written");
	mediaproc_stop(&c->media, status != 0);
	remove_scratch(c);
	fd_close(&c->cache_dir);
	for (size_t i = 0; i < FW_MIN(c->file_count, (size_t)RENDER_FILES_MAX); i++)
		fd_close(&c->files[i]);
	return status;
}

int
cmd_render(struct ctl *ctl, int argc, char **argv, struct error *err)
{
	struct render_command *c = ARENA_NEW(ctl->arena, struct render_command);
	static char long_output[] = "--output";
	size_t rest;

	if (c == NULL)
		return arena_error(ctl->arena, err);
	c->ctl = ctl;
	const struct option_row rows[] = {{.name = "output", .value = &c->output},
	    {.name = "cache", .value = &c->cache}, {.name = "profile", .value = &c->profile},
	    {.name = "plan", .flag = &c->plan}, {.name = "preview", .flag = &c->preview},
	    {.name = "quiet", .flag = &c->quiet},
	    {.name = "set", .list = c->sets, .list_max = ARRAY_LEN(c->sets), .list_count = &c->set_count},
	    {.name = NULL}};

	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], "-o") == 0)
			argv[i] = long_output;
	if (ctl_options(argc, argv, rows, &c->path, 1, &rest, err) < 0)
		return 2;
	if (rest != 1 || (c->output == NULL && !c->plan))
		return ctl_usage("render");
	return run(c, err);
}
