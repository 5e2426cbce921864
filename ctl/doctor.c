#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/client.h"
#include "lib/base/path.h"
#include "lib/db/migrate.h"
#include "lib/db/stats.h"
#include "lib/db/user.h"
#include "lib/net/listen.h"
#include "lib/net/mediaclient.h"
#include "lib/net/token.h"

/*
 * One thing a deployment needs. A check says what it found in `note`, or fails with an error whose hint says what to
 * do. It leaves nothing behind.
 */
struct check {
	const char *name;
	int (*run)(struct ctl *ctl, char note[static 160], struct error *err);
};

static int
check_settings(struct ctl *ctl, char note[static 160], struct error *err)
{
	const char *missing = NULL;

	if (!conf_is_set(ctl->conf, CONF_JWT_KEYS_FILE) && !conf_is_set(ctl->conf, CONF_JWT_SECRET_KEY))
		missing = "JWT_KEYS_FILE";
	if (missing != NULL) {
		error_set(err, ERR_INPUT, "%s is not set", missing);
		error_hint(err, "framewright keys new FILE makes a file of keys; only the daemons may read it");
		return -1;
	}
	snprintf(note, 160, "%s, public address %s", conf_str(ctl->conf, CONF_FW_ENV),
	    conf_str(ctl->conf, CONF_PUBLIC_APP_URL));
	return conf_check(ctl->conf, err);
}

static int
check_keys(struct ctl *ctl, char note[static 160], struct error *err)
{
	struct token_keys *keys = NULL;

	if (token_keys_conf(ctl->conf, &keys, err) < 0)
		return -1;
	token_keys_free(&keys);
	snprintf(note, 160, "signing keys can be read");
	return 0;
}

static int
check_database(struct ctl *ctl, char note[static 160], struct error *err)
{
	struct db *db = ctl_db(ctl, err);

	if (db == NULL)
		return -1;
	if (migrate_check(db, err) < 0) {
		error_hint(err, "run 'framewright migrate' as the database's administrator");
		return -1;
	}
	snprintf(note, 160, "schema %s", MIGRATE_SCHEMA);
	return 0;
}

static int
check_daemons(struct ctl *ctl, char note[static 160], struct error *err)
{
	struct db *db = ctl_db(ctl, err);
	struct stats stats;

	if (db == NULL || stats_load(db, ctl->arena, &stats, err) < 0)
		return -1;
	if (stats.renderd == 0 || stats.eventd == 0) {
		error_set(err, ERR_UNAVAILABLE, "%s gives no sign of life",
		    stats.renderd == 0 ? "framewright-renderd" : "framewright-eventd");
		error_hint(err, "systemctl start framewright.target, and look into journalctl -u 'framewright-*'");
		return -1;
	}
	snprintf(note, 160, "%d renderd, %d eventd", stats.renderd, stats.eventd);
	return 0;
}

static int
check_store(struct ctl *ctl, char note[static 160], struct error *err)
{
	const char *root = conf_str(ctl->conf, CONF_STORE_DIR);
	int64_t free_bytes;

	if (path_free_space(root, &free_bytes, err) < 0) {
		error_hint(
		    err, "make the folder STORE_DIR names; systemd-tmpfiles --create does it for an installed system");
		return -1;
	}
	if (path_check_space(root, 0, conf_size(ctl->conf, CONF_DISK_RESERVE), err) < 0) {
		error_hint(err, "below DISK_RESERVE uploads are refused and renders wait: free some space");
		return -1;
	}
	snprintf(note, 160, "%s, %.1f GB free", root, (double)free_bytes / 1e9);
	return 0;
}

/* Runs one task of the media process in a folder of its own. */
static int
media_task(struct ctl *ctl, const char *name, const char *args, const struct js_value **ret_result, struct error *err)
{
	char dir[] = "/tmp/framewright-doctor-XXXXXX";
	struct mediaclient_fd scratch = {"scratch", -1};
	const struct mediaclient_task task = {.socket_path = conf_str(ctl->conf, CONF_MEDIA_SOCKET),
	    .name = name,
	    .args_json = args,
	    .fds = &scratch,
	    .fd_count = 1,
	    .timeout_ms = 60000};
	int status;

	if (mkdtemp(dir) == NULL)
		return error_errno(err, ERR_INTERNAL, "making a temporary folder");
	/* media works under an account of its own */
	if (chmod(dir, 0777) < 0)
		return error_errno(err, ERR_INTERNAL, "opening the temporary folder");
	scratch.fd = path_open_dir(dir, err);
	status = scratch.fd < 0 ? -1 : mediaclient_run(&task, ctl->arena, ret_result, NULL, err);
	if (scratch.fd >= 0) {
		unlinkat(scratch.fd, "card.mp4", 0);
		close(scratch.fd);
	}
	rmdir(dir);
	return status;
}

static const char card_task[] = "{\"timeline\":{\"version\":1,\"output\":{\"width\":320,\"height\":180,\"fps\":[30,1],"
				"\"profile\":\"h264\",\"audio\":null},"
				"\"tracks\":[{\"items\":[{\"type\":\"card\",\"duration\":0.5,\"text\":\"ok\"}]}]},"
				"\"assets\":{},\"output\":\"card.mp4\"}";

/* A card of half a second goes the whole way: socket, sandbox, fonts, encoder, muxer. Then the sandbox is asked for a
 * socket. */
static int
check_media(struct ctl *ctl, char note[static 160], struct error *err)
{
	const struct js_value *card, *tried;

	if (media_task(ctl, "render", card_task, &card, err) < 0 ||
	    media_task(ctl, "selftest", "{\"try\":\"socket\"}", &tried, err) < 0) {
		error_hint(err, "is framewright-media running, and may this account use its socket %s?",
		    conf_str(ctl->conf, CONF_MEDIA_SOCKET));
		return -1;
	}
	if (js_flag(tried, "/allowed", true)) {
		error_set(err, ERR_INTERNAL, "the sandbox of the media process does not hold");
		error_hint(err, "the kernel needs seccomp; do not run this on machines that take files from strangers");
		return -1;
	}
	snprintf(note, 160, "encoded %d frames behind a sandbox that holds", (int)js_number(card, "/frames", 0));
	return 0;
}

static int
check_sockets(struct ctl *ctl, char note[static 160], struct error *err)
{
	const enum conf_key sockets[] = {CONF_API_SOCKET, CONF_EVENTD_SOCKET};

	for (size_t i = 0; i < ARRAY_LEN(sockets); i++) {
		int fd = listen_connect(conf_str(ctl->conf, sockets[i]), err);

		if (fd < 0) {
			error_hint(err, "run this as the account nginx uses, or as root; else start the daemon");
			return -1;
		}
		close(fd);
	}
	snprintf(note, 160, "API and event sockets answer");
	return 0;
}

static int
check_http(struct ctl *ctl, char note[static 160], struct error *err)
{
	const struct js_value *health;
	struct client client;

	if (client_init(&client, ctl, NULL, err) < 0)
		return -1;
	if (client_call(&client, "GET", "/health", NULL, &health, err) < 0) {
		error_hint(err, "nginx -t, and is the site file of share/framewright/nginx included?");
		return -1;
	}
	snprintf(note, 160, "%s/health says %s", client.base, js_text(health, "/status", "?"));
	return 0;
}

static int
check_fonts(struct ctl *ctl, char note[static 160], struct error *err)
{
	const char *const *dirs = conf_list(ctl->conf, CONF_FONT_DIR, NULL);

	for (; *dirs != NULL; dirs++)
		if (access(*dirs, R_OK | X_OK) == 0) {
			snprintf(note, 160, "%s", *dirs);
			return 0;
		}
	error_set(err, ERR_NOT_FOUND, "none of the folders of FONT_DIR can be read");
	error_hint(err, "install fonts-dejavu-core, fonts-lato and fonts-open-sans");
	return -1;
}

static int
check_demo(struct ctl *ctl, char note[static 160], struct error *err)
{
	struct db *db = ctl_db(ctl, err);
	struct user *user;

	if (db == NULL || user_find_by_email(db, ctl->arena, "demo@example.com", &user, err) < 0)
		return -1;
	if (user != NULL && !user->disabled && conf_production(ctl->conf)) {
		error_set(err, ERR_FORBIDDEN, "the demo account can log in, and everybody knows its password");
		error_hint(err, "framewright user demo off");
		return -1;
	}
	snprintf(note, 160, user == NULL || user->disabled ? "switched off" : "switched on");
	return 0;
}

/* Errors go to standard error, which systemd and the private stack keep: can something be written there? */
static int
check_log(struct ctl *ctl, char note[static 160], struct error *err)
{
	(void)ctl;
	if (fcntl(STDERR_FILENO, F_GETFL) < 0)
		return error_errno(err, ERR_INTERNAL, "standard error is closed");
	snprintf(note, 160, "level %s", conf_str(ctl->conf, CONF_LOG_LEVEL));
	return 0;
}

static const struct check checks[] = {
    {"settings", check_settings},
    {"signing keys", check_keys},
    {"database", check_database},
    {"demo account", check_demo},
    {"store", check_store},
    {"fonts", check_fonts},
    {"media", check_media},
    {"daemons", check_daemons},
    {"sockets", check_sockets},
    {"nginx", check_http},
    {"log", check_log},
};

int
cmd_doctor(struct ctl *ctl, int argc, char **argv, struct error *err)
{
	int bad = 0;

	(void)argv;
	(void)err;
	if (argc > 0)
		return ctl_usage("doctor");
	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		char note[160] = "";
		struct error found;

		error_clear(&found);
		if (checks[i].run(ctl, note, &found) == 0) {
			printf("ok    %-13s %s\n", checks[i].name, note);
			continue;
		}
		bad++;
		printf("BAD   %-13s %s\n", checks[i].name, found.text);
		if (*found.hint != '\0')
			printf("      %-13s %s\n", "", found.hint);
	}
	return bad > 0;
}
