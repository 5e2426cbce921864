#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/walk.h"
#include "lib/base/path.h"

struct ad_options {
	const char *url, *email, *password_file, *choose, *summary;
	bool quiet;
};

/* From the file, else $FRAMEWRIGHT_PASSWORD, else a line of standard input; never from an argument. */
static int
password(struct ctl *ctl, const char *file, const char **ret_password, struct error *err)
{
	const char *from_environment = getenv("FRAMEWRIGHT_PASSWORD");
	char *text;

	if (file == NULL && from_environment != NULL) {
		*ret_password = from_environment;
		return 0;
	}
	if (file == NULL)
		return ctl_read_line(ctl, ret_password, err);
	if (path_read(ctl->arena, file, 2048, &text, NULL, err) < 0)
		return error_wrap(err, "reading the password");
	text[strcspn(text, "\r\n")] = '\0';
	*ret_password = text;
	return 0;
}

static void
print_summary(const struct walk *walk, FILE *out)
{
	char real[4096];

	fprintf(out, "  film     %s\n", realpath(walk->output, real) != NULL ? real : walk->output);
	fprintf(out, "  url      %s\n", walk->film_url);
	fprintf(out, "  length   %.1f s, %s\n", walk->duration_s, walk->resolution);
	fprintf(out, "  size     %.2f MB\n", walk->size_mb);
	fprintf(out, "  cost     $%s (simulated where the built-in provider worked)\n", walk->cost);
}

static int
check_options(const struct walk *walk, struct error *err)
{
	if (walk->scene == NULL || walk->name == NULL || walk->cta == NULL || walk->output == NULL)
		return error_set(err, ERR_INPUT, "--scene, --name, --cta and --output are needed");
	if ((walk->prompt == NULL) == (walk->picture_count == 0))
		return error_set(err, ERR_INPUT, "either --prompt or --pictures is needed");
	if (walk->prompt == NULL && walk->picture_count < 2)
		return error_set(err, ERR_INPUT, "at least two pictures are needed");
	return 0;
}

static int
read_options(int argc, char **argv, struct walk *walk, struct ad_options *options, struct error *err)
{
	const struct option_row rows[] = {{.name = "prompt", .value = &walk->prompt},
	    {.name = "scene", .value = &walk->scene}, {.name = "name", .value = &walk->name},
	    {.name = "cta", .value = &walk->cta}, {.name = "music", .value = &walk->music},
	    {.name = "font", .value = &walk->font}, {.name = "output", .value = &walk->output},
	    {.name = "choose", .value = &options->choose},
	    {.name = "pictures",
		.list = walk->pictures,
		.list_max = WALK_PICTURES_MAX,
		.list_count = &walk->picture_count},
	    {.name = "url", .value = &options->url}, {.name = "email", .value = &options->email},
	    {.name = "password-file", .value = &options->password_file},
	    {.name = "summary", .value = &options->summary}, {.name = "quiet", .flag = &options->quiet},
	    {.name = NULL}};

	if (ctl_options(argc, argv, rows, NULL, 0, NULL, err) < 0)
		return -1;
	/* the API would take it for the name of a genre */
	if (walk->music != NULL && strcmp(walk->music, "none") == 0)
		walk->music = NULL;
	walk->quiet = options->quiet;
	if (options->choose != NULL)
		walk->choose = (int)strtol(options->choose, NULL, 10);
	return check_options(walk, err);
}

static int
write_summary(const struct walk *walk, const char *path, struct error *err)
{
	FILE *out = path == NULL ? stdout : fopen(path, "we");

	if (out == NULL)
		return error_errno(err, ERR_INPUT, "creating '%s'", path);
	print_summary(walk, out);
	if (path != NULL && fclose(out) != 0)
		return error_errno(err, ERR_INTERNAL, "writing '%s'", path);
	return 0;
}

int
cmd_ad(struct ctl *ctl, int argc, char **argv, struct error *err)
{
	struct ad_options options = {.email = "demo@example.com"};
	struct walk walk = {0};
	const char *secret;

	if (read_options(argc, argv, &walk, &options, err) < 0)
		return 2;
	if (client_init(&walk.client, ctl, options.url, err) < 0 ||
	    password(ctl, options.password_file, &secret, err) < 0 ||
	    client_login(&walk.client, options.email, secret, err) < 0 || walk_run(&walk, err) < 0 ||
	    write_summary(&walk, options.summary, err) < 0)
		return 1;
	return 0;
}
