#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/walk.h"

/* What a film of this command must be; everything else is the business of the tests. */
#define FILM_BYTES_MIN 20000

static int
check_film(const struct walk *walk, struct error *err)
{
	struct stat st;

	if (stat(walk->output, &st) < 0 || st.st_size < FILM_BYTES_MIN)
		return error_set(err, ERR_INTERNAL, "the downloaded film is no film");
	if (walk->duration_s < 8 || walk->duration_s > 12 || strcmp(walk->resolution, "1920x1080") != 0)
		return error_set(err, ERR_INTERNAL, "the film has %.1f s and %s", walk->duration_s, walk->resolution);
	return 0;
}

/* Log in, pictures, clips, film, download. Deletes what it made. */
int
cmd_smoke(struct ctl *ctl, int argc, char **argv, struct error *err)
{
	const char *url = NULL, *email = "demo@example.com", *password = getenv("FRAMEWRIGHT_PASSWORD");
	const struct option_row rows[] = {
	    {.name = "url", .value = &url}, {.name = "email", .value = &email}, {.name = NULL}};
	struct walk walk = {.prompt = "white ceramic coffee mug",
	    .scene = "steam rising in the morning light",
	    .name = "Smoke test",
	    .cta = "All well",
	    .music = "chill",
	    .choose = 2};
	char film[] = "/tmp/framewright-smoke-XXXXXX", path[80];
	int fd, status;

	if (ctl_options(argc, argv, rows, NULL, 0, NULL, err) < 0)
		return 2;
	fd = mkstemp(film);
	if (fd < 0) {
		error_errno(err, ERR_INTERNAL, "making a temporary file");
		return 1;
	}
	close(fd);
	walk.output = film;
	status = client_init(&walk.client, ctl, url, err);
	if (status == 0)
		status = client_login(&walk.client, email, password == NULL ? "demo123" : password, err);
	if (status == 0)
		status = walk_run(&walk, err);
	if (status == 0)
		status = check_film(&walk, err);
	if (walk.session_id != NULL && status == 0) {
		snprintf(path, sizeof(path), "/api/sessions/%s", walk.session_id);
		status = client_call(&walk.client, "DELETE", path, NULL, NULL, err);
	}
	unlink(film);
	if (status == 0)
		puts("all well");
	return status < 0 ? 1 : 0;
}
