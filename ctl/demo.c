#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/walk.h"
#include "lib/base/path.h"

#define REPORT_NAME "cost-report.txt"

/* What is shown to somebody who has not made anything yet. */
static const struct demo_film {
	const char *file, *prompt, *scene, *name, *cta, *music;
} films[] = {
    {"headphones.mp4", "matte black wireless headphones with copper details, studio light",
	"slow orbit with soft reflections on a dark surface", "Aria One", "Hear the room", "energetic"},
    {"mug.mp4", "white ceramic coffee mug with a wooden lid, morning light",
	"steam rising while the camera moves closer", "Morning Mug", "Start slowly", "chill"},
};

/* The films' costs as the server keeps them, one line per step, and their sum. */
static int
report_film(FILE *out, struct walk *walk, double *total, struct error *err)
{
	const struct js_value *costs;
	char path[96];

	snprintf(path, sizeof(path), "/api/sessions/%s/costs", walk->session_id);
	if (client_call(&walk->client, "GET", path, NULL, &costs, err) < 0)
		return -1;
	fprintf(out, "%s  %s  (%s)\n  %.1f s, %s, %.2f MB\n\n", walk->output, walk->name, walk->session_id,
	    walk->duration_s, walk->resolution, walk->size_mb);
	fprintf(out, "  %-24s %-28s %10s %9s\n", "step", "model", "cost", "seconds");
	for (size_t i = 0; i < js_count(costs, "/breakdown"); i++) {
		const struct js_value *row = js_item(js_at(costs, "/breakdown"), i);

		fprintf(out, "  %-24s %-28s %10.4f %9.1f\n", js_text(row, "/agent", ""), js_text(row, "/model", "-"),
		    js_real(row, "/cost", 0), js_real(row, "/duration", 0));
	}
	fprintf(out, "  %-24s %-28s %10.4f\n\n", "together", "", js_real(costs, "/total_cost", 0));
	*total += js_real(costs, "/total_cost", 0);
	return 0;
}

static int
make_films(const struct client *client, const char *dir, bool quiet, FILE *report, struct error *err)
{
	double total = 0;

	fputs("Costs in US dollars. What the built-in provider did is priced like its model outside and was not "
	      "charged.\n\n",
	    report);
	for (size_t i = 0; i < ARRAY_LEN(films); i++) {
		struct walk walk = {.client = *client,
		    .quiet = quiet,
		    .prompt = films[i].prompt,
		    .scene = films[i].scene,
		    .name = films[i].name,
		    .cta = films[i].cta,
		    .music = films[i].music,
		    .output = arena_printf(client->ctl->arena, "%s/%s", dir, films[i].file)};

		if (walk_run(&walk, err) < 0 || report_film(report, &walk, &total, err) < 0)
			return error_wrap(err, "making '%s'", films[i].file);
		printf("%s\n", walk.output);
		/* the next film takes minutes */
		fflush(stdout);
		fflush(report);
	}
	fprintf(report, "%zu films  $%.4f\n", ARRAY_LEN(films), total);
	return 0;
}

static int
make_all(const struct client *client, const char *dir, bool quiet, struct error *err)
{
	const char *path = arena_printf(client->ctl->arena, "%s/" REPORT_NAME, dir);
	FILE *report;
	int status;

	if (path_make(dir, 0755, err) < 0)
		return -1;
	report = fopen(path, "we");
	if (report == NULL)
		return error_errno(err, ERR_INPUT, "creating '%s'", path);
	status = make_films(client, dir, quiet, report, err);
	if (fclose(report) != 0 && status == 0)
		status = error_errno(err, ERR_INTERNAL, "writing '%s'", path);
	if (status == 0)
		printf("%s\n", path);
	return status;
}

/* Two whole adverts for different products, and what they cost. They stay, to be looked at. */
int
cmd_demo(struct ctl *ctl, int argc, char **argv, struct error *err)
{
	const char *url = NULL, *dir = NULL, *email = "demo@example.com", *password = getenv("FRAMEWRIGHT_PASSWORD");
	bool quiet = false;
	const struct option_row rows[] = {{.name = "url", .value = &url}, {.name = "email", .value = &email},
	    {.name = "output", .value = &dir}, {.name = "quiet", .flag = &quiet}, {.name = NULL}};
	struct client client;

	if (ctl_options(argc, argv, rows, NULL, 0, NULL, err) < 0)
		return 2;
	if (dir == NULL)
		return ctl_usage("demo");
	if (client_init(&client, ctl, url, err) < 0 ||
	    client_login(&client, email, password == NULL ? "demo123" : password, err) < 0 ||
	    make_all(&client, dir, quiet, err) < 0)
		return 1;
	return 0;
}
