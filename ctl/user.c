#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/db/user.h"
#include "lib/net/secret.h"

#define DEMO_EMAIL "demo@example.com"
#define DEMO_PASSWORD "demo123"
#define PASSWORD_MIN 10

static int
find_user(struct ctl *ctl, const char *email, struct user **ret_user, struct error *err)
{
	struct db *db = ctl_db(ctl, err);

	if (db == NULL || user_find_by_email(db, ctl->arena, email, ret_user, err) < 0)
		return -1;
	if (*ret_user == NULL)
		return error_set(err, ERR_NOT_FOUND, "there is no user '%s'", email);
	return 0;
}

static int
hash_of(struct ctl *ctl, const char *password, char hash[static SECRET_HASH_SIZE], struct error *err)
{
	struct secret_cost cost = secret_cost_conf(ctl->conf);

	return secret_password_hash(password, &cost, hash, err);
}

/* From standard input, so that it is neither in the arguments nor in the history. */
static int
new_password(struct ctl *ctl, bool from_stdin, const char **ret_password, struct error *err)
{
	struct termios before, hidden;
	bool terminal = !from_stdin && tcgetattr(STDIN_FILENO, &before) == 0;
	int status;

	if (terminal) {
		hidden = before;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
		fprintf(stderr, "Password (at least %d characters): ", PASSWORD_MIN);
		fflush(stderr);
	}
	status = ctl_read_line(ctl, ret_password, err);
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputc('\n', stderr);
	}
	if (status < 0)
		return -1;
	if (text_utf8_count(*ret_password, strlen(*ret_password)) < PASSWORD_MIN)
		return error_set(err, ERR_INPUT, "the password needs at least %d characters", PASSWORD_MIN);
	return 0;
}

static int
user_add(struct ctl *ctl, const char *email, const char *role_name, bool from_stdin, struct error *err)
{
	enum user_role role = user_role_of_name(role_name == NULL ? "user" : role_name);
	char hash[SECRET_HASH_SIZE];
	const char *password;
	struct db *db = ctl_db(ctl, err);
	int32_t id;

	if (role == USER_ROLE__COUNT)
		return error_set(err, ERR_INPUT, "'%s' is no role; it is user, reviewer or admin", role_name);
	if (db == NULL || new_password(ctl, from_stdin, &password, err) < 0 || hash_of(ctl, password, hash, err) < 0 ||
	    user_create(db, email, hash, role, false, &id, err) < 0)
		return -1;
	printf("user %" PRId32 " %s\n", id, email);
	return 0;
}

static int
user_passwd(struct ctl *ctl, const char *email, bool from_stdin, struct error *err)
{
	char hash[SECRET_HASH_SIZE];
	const char *password;
	struct user *user;

	if (find_user(ctl, email, &user, err) < 0 || new_password(ctl, from_stdin, &password, err) < 0 ||
	    hash_of(ctl, password, hash, err) < 0 || user_set_password(ctl->db, user->id, hash, err) < 0)
		return -1;
	printf("password of %s changed, all sessions signed out\n", email);
	return 0;
}

static int
user_print_all(struct ctl *ctl, struct error *err)
{
	struct db *db = ctl_db(ctl, err);
	struct user *users;
	size_t count;

	if (db == NULL || user_list(db, ctl->arena, &users, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		char created[CLOCK_TEXT_SIZE];

		printf("%" PRId32 "\t%s\t%s\t%s%s\t%s\n", users[i].id, users[i].email, user_role_name(users[i].role),
		    users[i].disabled ? "disabled" : "active", users[i].is_demo ? ",demo" : "",
		    clock_format(users[i].created_us, created));
	}
	return 0;
}

static int
user_change_role(struct ctl *ctl, const char *email, const char *role_name, struct error *err)
{
	enum user_role role = user_role_of_name(role_name);
	struct user *user;

	if (role == USER_ROLE__COUNT)
		return error_set(err, ERR_INPUT, "'%s' is no role; it is user, reviewer or admin", role_name);
	if (find_user(ctl, email, &user, err) < 0 || user_set_role(ctl->db, user->id, role, err) < 0)
		return -1;
	printf("%s is %s\n", email, user_role_name(role));
	return 0;
}

static int
user_enable(struct ctl *ctl, const char *email, bool enabled, struct error *err)
{
	struct user *user;

	if (find_user(ctl, email, &user, err) < 0 || user_set_disabled(ctl->db, user->id, !enabled, err) < 0)
		return -1;
	printf("%s is %s\n", email, enabled ? "enabled" : "disabled");
	return 0;
}

/* The account everybody knows the password of: only where the installation says so. */
static int
user_demo(struct ctl *ctl, const char *word, struct error *err)
{
	char hash[SECRET_HASH_SIZE];
	struct user *user;
	struct db *db = ctl_db(ctl, err);
	int32_t id;

	if (db == NULL || user_find_by_email(db, ctl->arena, DEMO_EMAIL, &user, err) < 0)
		return -1;
	if (strcmp(word, "off") == 0)
		return user == NULL ? 0 : user_set_disabled(db, user->id, true, err);
	if (!conf_bool(ctl->conf, CONF_DEMO_ACCOUNT)) {
		error_set(err, ERR_FORBIDDEN, "the demo account is switched off here");
		error_hint(err, "set DEMO_ACCOUNT=on, but never on a machine that others can reach");
		return -1;
	}
	if (user != NULL)
		return user->disabled ? user_set_disabled(db, user->id, false, err) : 0;
	if (hash_of(ctl, DEMO_PASSWORD, hash, err) < 0)
		return -1;
	return user_create(db, DEMO_EMAIL, hash, USER_ROLE_USER, true, &id, err);
}

int
cmd_user(struct ctl *ctl, int argc, char **argv, struct error *err)
{
	bool from_stdin = false;
	const char *role = NULL, *rest[3];
	const struct option_row rows[] = {
	    {.name = "password-stdin", .flag = &from_stdin}, {.name = "role", .value = &role}, {.name = NULL}};
	size_t count;
	int status = 2;

	if (ctl_options(argc, argv, rows, rest, ARRAY_LEN(rest), &count, err) < 0)
		return 2;
	if (count == 1 && strcmp(rest[0], "list") == 0)
		status = user_print_all(ctl, err);
	else if (count == 2 && strcmp(rest[0], "add") == 0)
		status = user_add(ctl, rest[1], role, from_stdin, err);
	else if (count == 2 && strcmp(rest[0], "passwd") == 0)
		status = user_passwd(ctl, rest[1], from_stdin, err);
	else if (count == 2 && strcmp(rest[0], "disable") == 0)
		status = user_enable(ctl, rest[1], false, err);
	else if (count == 2 && strcmp(rest[0], "enable") == 0)
		status = user_enable(ctl, rest[1], true, err);
	else if (count == 3 && strcmp(rest[0], "role") == 0)
		status = user_change_role(ctl, rest[1], rest[2], err);
	else if (count == 2 && strcmp(rest[0], "demo") == 0 &&
		 (strcmp(rest[1], "on") == 0 || strcmp(rest[1], "off") == 0))
		status = user_demo(ctl, rest[1], err);
	else
		return ctl_usage("user");
	return status < 0 ? 1 : status;
}
