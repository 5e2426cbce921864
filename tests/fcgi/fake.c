#include "tests/fcgi/fake.h"

#include "fcgi/shape.h"
#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/js/read.h"

#define KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

int32_t fake_user = 1;
struct db *fake_connection;

static struct app the_app;
static struct conf *the_conf;
static struct log the_log;

struct app *
fake_app(void)
{
	static struct error err;

	if (the_conf != NULL)
		return &the_app;
	fake_reset();
	the_conf = conf_new(CONF_API);
	log_init(&the_log, "test");
	the_log.fd = getenv("FW_TEST_LOG") != NULL ? STDERR_FILENO : -1;
	if (conf_set(the_conf, "JWT_SECRET_KEY", KEY, &err) < 0 ||
	    conf_set(the_conf, "STORE_DIR", test_dir(), &err) < 0 ||
	    conf_set(the_conf, "FRONTEND_URL", "https://studio.example", &err) < 0 ||
	    conf_set(the_conf, "PASSWORD_MEMORY", "8192", &err) < 0 ||
	    conf_set(the_conf, "PASSWORD_PASSES", "1", &err) < 0 || conf_set(the_conf, "DISK_RESERVE", "0", &err) < 0 ||
	    conf_set(the_conf, "UPLOAD_MAX_IMAGE", "4096", &err) < 0 ||
	    app_init(&the_app, the_conf, &the_log, &err) < 0) {
		(void)fprintf(stderr, "fake: %s\n", err.text);
		abort();
	}
	return &the_app;
}

const char *
fake_store(void)
{
	return conf_str(fake_app()->conf, CONF_STORE_DIR);
}

const char *
fake_token(bool expired)
{
	const int64_t now = clock_now_s(NULL);
	struct token_claims claims = {
	    .sub = fake_user, .email = "one@example.com", .iat = now - 7200, .exp = now + 3600};
	struct clock then;
	const char *text;
	struct error err = {0};

	clock_fixed(&then, (now - 7200) * CLOCK_SECOND_US);
	if (expired)
		claims.exp = now - 3600;
	if (token_sign(fake_app()->keys, &then, &claims, test_arena(), &text, &err) < 0)
		abort();
	return text;
}

static const char *
variable(const char *name, const char *value)
{
	return arena_printf(test_arena(), "%s=%s", name, value);
}

static struct answer
take_answer(const struct buf *raw)
{
	char *text = arena_memdup(test_arena(), buf_str(raw), raw->len);
	char *end = strstr(text, "\r\n\r\n");
	struct answer answer = {.status = -1, .head = "", .body = ""};
	char *to = text;

	if (end == NULL)
		return answer;
	*end = '\0';
	answer.body = end + 4;
	answer.body_len = raw->len - (size_t)(end + 4 - text);
	for (const char *p = text; *p != '\0'; p++)
		if (*p != '\r')
			*to++ = *p;
	*to = '\0';
	answer.head = text;
	if (strncmp(text, "Status: ", 8) == 0)
		answer.status = (int)strtol(text + 8, NULL, 10);
	return answer;
}

struct answer
fake_serve(const struct call *call)
{
	static struct responder responder;
	const char *env[32];
	size_t n = 0;
	const size_t len = call->body == NULL ? 0 : call->body_len != 0 ? call->body_len : strlen(call->body);
	struct channel_memory memory;
	struct answer answer;

	if (responder.app == NULL)
		responder_init(&responder, fake_app());
	if (call->no_database) {
		responder.db = NULL;
		responder.retry_at_ms = INT64_MAX;
	} else {
		responder.retry_at_ms = 0;
		if (fake_connection != NULL)
			responder.db = fake_connection;
	}
	env[n++] = variable("REQUEST_METHOD", call->method);
	env[n++] = variable("DOCUMENT_URI", call->path);
	env[n++] = call->asked != NULL ? variable("REQUEST_URI", call->asked)
				       : arena_printf(test_arena(), "REQUEST_URI=%s%s%s", call->path,
					     call->query != NULL ? "?" : "", call->query != NULL ? call->query : "");
	env[n++] = variable("QUERY_STRING", call->query != NULL ? call->query : "");
	env[n++] = variable("REMOTE_ADDR", "192.0.2.7");
	if (call->body != NULL) {
		env[n++] = variable("CONTENT_TYPE", call->type != NULL ? call->type : "application/json");
		env[n++] = arena_printf(test_arena(), "CONTENT_LENGTH=%zu", len);
	}
	if (!call->anonymous)
		env[n++] = arena_printf(test_arena(), "HTTP_AUTHORIZATION=Bearer %s", fake_token(false));
	for (size_t i = 0; i < ARRAY_LEN(call->headers) && call->headers[i][0] != NULL; i++)
		env[n++] = variable(call->headers[i][0], call->headers[i][1]);
	env[n] = NULL;
	fake.calls[0] = '\0';
	channel_memory_init(&memory, (char **)env, call->body, len);
	responder_serve(&responder, &memory.channel);
	answer = take_answer(&memory.answer);
	buf_done(&memory.answer);
	return answer;
}

struct answer
fake_get(const char *path)
{
	return fake_serve(&(struct call){.method = "GET", .path = path});
}

struct answer
fake_post(const char *path, const char *body)
{
	return fake_serve(&(struct call){.method = "POST", .path = path, .body = body});
}

const char *
fake_header(const struct answer *answer, const char *name)
{
	const size_t len = strlen(name);

	for (const char *p = answer->head; p != NULL && *p != '\0';) {
		if (strncasecmp(p, name, len) == 0 && strncmp(p + len, ": ", 2) == 0)
			return arena_strndup(test_arena(), p + len + 2, strcspn(p + len + 2, "\n"));
		p = strchr(p, '\n');
		if (p != NULL)
			p++;
	}
	return NULL;
}

bool
fake_check_problem(struct answer answer, int status, const char *code, const char *file, int line)
{
	const char *type = fake_header(&answer, "Content-Type");
	char number[16];
	bool held;

	(void)snprintf(number, sizeof(number), "%d", status);
	held = test_int(answer.status, status, code, file, line);
	held = test_str(type, "application/problem+json", "Content-Type", file, line) && held;
	held = test_json_at(answer.body, "/code", code, file, line) && held;
	held = test_json_at(answer.body, "/status", number, file, line) && held;
	return fake_check_shape(answer.body, "@Problem", file, line) && held;
}

/* ---- holding JSON against a shape ---- */

struct place {
	const char *file;
	int line;
	char path[200];
	bool held;
};

static const char *check_at(const struct js_value *value, const char *p, struct place *place);

static void
fail(struct place *place, const char *what)
{
	char text[300];

	(void)snprintf(text, sizeof(text), "%s: %s", place->path, what);
	place->held = test_check(false, text, place->file, place->line);
}

static size_t
word(const char *p)
{
	return strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

/* Past a type without looking at a value. */
static const char *
pass(const char *p)
{
	if (*p == '{' || *p == '[') {
		int depth = 0;

		do {
			depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
			p++;
		} while (depth > 0);
	} else {
		p += *p == '@';
		p += word(p);
	}
	return p + (*p == '?');
}

static const char *
check_object(const struct js_value *value, const char *p, struct place *place)
{
	size_t known = 0;

	if (js_kind(value) != JS_KIND_OBJECT)
		fail(place, "no object");
	for (p++; *p != '}';) {
		char name[64];
		const size_t path_len = strlen(place->path);

		p += strspn(p, " ");
		const size_t len = word(p);

		if (*p == '}')
			break;
		(void)snprintf(name, sizeof(name), "%.*s", (int)len, p);
		const bool optional = p[len] == '?';
		const struct js_value *member = js_member(value, name);

		p += len + optional + 1;
		(void)snprintf(place->path + path_len, sizeof(place->path) - path_len, "/%s", name);
		if (member == NULL && !optional)
			fail(place, "missing");
		if (member != NULL) {
			known++;
			p = check_at(member, p, place);
		} else {
			p = pass(p);
		}
		place->path[path_len] = '\0';
	}
	if (js_kind(value) == JS_KIND_OBJECT && js_count(value, "") != known)
		fail(place, "has members that the shape does not name");
	return p + 1;
}

static const char *
check_array(const struct js_value *value, const char *p, struct place *place)
{
	const size_t path_len = strlen(place->path);

	if (js_kind(value) != JS_KIND_ARRAY)
		fail(place, "no array");
	for (size_t i = 0; i < js_count(value, ""); i++) {
		(void)snprintf(place->path + path_len, sizeof(place->path) - path_len, "/%zu", i);
		(void)check_at(js_item(value, i), p + 1, place);
		place->path[path_len] = '\0';
	}
	return pass(p);
}

static void
check_simple(const struct js_value *value, const char *p, size_t len, struct place *place)
{
	const enum js_kind kind = js_kind(value);
	const bool number = strncmp(p, "int", len) == 0 || strncmp(p, "num", len) == 0 || strncmp(p, "money", len) == 0;

	if (strncmp(p, "any", len) == 0)
		return;
	if (kind != (number			       ? JS_KIND_NUMBER
			: strncmp(p, "bool", len) == 0 ? JS_KIND_BOOL
			: strncmp(p, "obj", len) == 0  ? JS_KIND_OBJECT
						       : JS_KIND_STRING))
		fail(place, "wrong type");
	if (strncmp(p, "uuid", len) == 0 && !id_is_uuid(js_text(value, "", "")))
		fail(place, "no UUID");
	if (strncmp(p, "time", len) == 0) {
		int64_t us;

		if (clock_parse(js_text(value, "", ""), &us, NULL) < 0)
			fail(place, "no time");
	}
}

static const char *
check_at(const struct js_value *value, const char *p, struct place *place)
{
	const char *end = pass(p);

	if (end[-1] == '?' && js_kind(value) == JS_KIND_NULL)
		return end;
	if (*p == '{')
		(void)check_object(value, p, place);
	else if (*p == '[')
		(void)check_array(value, p, place);
	else if (*p == '@')
		(void)check_at(value, shape_named(p + 1, word(p + 1)), place);
	else
		check_simple(value, p, word(p), place);
	return end;
}

bool
fake_check_shape(const char *json, const char *shape, const char *file, int line)
{
	struct place place = {.file = file, .line = line, .held = true};
	const struct js_value *value;
	struct error err = {0};

	if (js_parse_free(test_arena(), json, strlen(json), &value, &err) < 0)
		return test_check(false, err.text, file, line);
	(void)check_at(value, shape, &place);
	return place.held;
}
