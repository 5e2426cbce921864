#include "lib/timeline/merge.h"

#include "lib/base/text.h"
#include "lib/timeline/timeline.h"

#define POINTER_MAX 512

/* A walk through the document; the pointer grows and shrinks with it. */
struct walk {
	struct arena *arena;
	struct buf pointer;
	struct js_writer *w; /* NULL: only look */
	/* looking for files */
	struct timeline_use *uses;
	size_t n_uses;
	bool too_many;
	/* filling in */
	const struct js_value *values;
	bool used[MERGE_FIELDS_MAX];
	struct js_problems *problems;
	/* renaming */
	const char *const *names;
	size_t n_names;
	const char *profile;
};

static void walk_value(struct walk *walk, const char *key, const struct js_value *value);

static void
walk_done(struct walk *walk)
{
	buf_done(&walk->pointer);
}

/* "~" and "/" have a meaning of their own in pointers. */
static size_t
enter(struct walk *walk, const char *name)
{
	const size_t before = walk->pointer.len;

	buf_putc(&walk->pointer, '/');
	for (; *name != '\0'; name++) {
		if (*name == '~' || *name == '/')
			buf_puts(&walk->pointer, *name == '~' ? "~0" : "~1");
		else
			buf_putc(&walk->pointer, *name);
	}
	return before;
}

static void
note_use(struct walk *walk, const char *name)
{
	if (walk->uses == NULL)
		return;
	if (walk->n_uses == TIMELINE_FILES_MAX) {
		walk->too_many = true;
		return;
	}
	walk->uses[walk->n_uses].name = name;
	walk->uses[walk->n_uses++].pointer = buf_dup(&walk->pointer, walk->arena);
}

/* The field that begins at `p` with its braces: its name into `name`; its length, 0 for anything else. */
static size_t
field_at(const char *p, char name[static MERGE_NAME_MAX + 1])
{
	const char *begin = p;
	size_t len = 0;

	if (p[0] != '{' || p[1] != '{')
		return 0;
	p += 2 + strspn(p + 2, " ");
	while (len < MERGE_NAME_MAX &&
	       (*p == '_' || (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z')))
		name[len++] = *p++;
	name[len] = '\0';
	p += strspn(p, " ");
	return len > 0 && p[0] == '}' && p[1] == '}' ? (size_t)(p + 2 - begin) : 0;
}

static const char *
value_of(struct walk *walk, const char *name)
{
	const size_t count = FW_MIN(js_count(walk->values, ""), (size_t)MERGE_FIELDS_MAX);

	for (size_t i = 0; i < count; i++) {
		const char *given;
		const struct js_value *value = js_member_at(walk->values, i, &given);

		if (!text_equal(given, name))
			continue;
		walk->used[i] = true;
		return js_text(value, "", "");
	}
	js_problem_add(walk->problems, walk->arena, buf_str(&walk->pointer), "required",
	    "There is no value for the merge field '%s'.", name);
	return "";
}

static void
put_text(struct walk *walk, const char *key, const char *text)
{
	CLEANUP(buf_done) struct buf filled = BUF_INIT(64 * KIB);
	char name[MERGE_NAME_MAX + 1];

	for (const char *p = text; *p != '\0';) {
		const size_t len = field_at(p, name);

		if (len > 0)
			buf_puts(&filled, value_of(walk, name));
		else
			buf_putc(&filled, *p);
		p += len > 0 ? len : 1;
	}
	js_strn(walk->w, key, buf_str(&filled), filled.len);
}

static bool
names_file(const char *member)
{
	return text_equal(member, "asset") || text_equal(member, "lut");
}

static void
put_new_name(struct walk *walk, const char *key, const char *name)
{
	size_t i = 0;

	while (i < walk->n_names && !text_equal(walk->names[i], name))
		i++;
	js_strf(walk->w, key, "f%zu", i);
}

/* A member that is written another way than it came; false: it is not one of these. */
static bool
put_changed(struct walk *walk, const char *name, const struct js_value *value)
{
	if (walk->w == NULL || js_kind(value) != JS_KIND_STRING)
		return false;
	if (walk->problems != NULL && text_equal(name, "text"))
		put_text(walk, name, js_text(value, "", ""));
	else if (walk->names != NULL && names_file(name))
		put_new_name(walk, name, js_text(value, "", ""));
	else
		return false;
	return true;
}

static void
walk_object(struct walk *walk, const struct js_value *object)
{
	const struct js_value *value;
	const char *name;

	for (size_t i = 0; (value = js_member_at(object, i, &name)) != NULL; i++) {
		const size_t before = enter(walk, name);

		if (js_kind(value) == JS_KIND_STRING && names_file(name))
			note_use(walk, js_text(value, "", ""));
		if (walk->profile != NULL && text_equal(buf_str(&walk->pointer), "/output/profile"))
			js_str(walk->w, name, walk->profile);
		else if (!put_changed(walk, name, value))
			walk_value(walk, name, value);
		buf_cut(&walk->pointer, before);
	}
	if (walk->profile != NULL && text_equal(buf_str(&walk->pointer), "/output") &&
	    js_member(object, "profile") == NULL)
		js_str(walk->w, "profile", walk->profile);
}

static void
walk_array(struct walk *walk, const struct js_value *array)
{
	const size_t count = js_count(array, "");
	char index[24];

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(index, sizeof(index), "%zu", i);
		const size_t before = enter(walk, index);

		walk_value(walk, NULL, js_item(array, i));
		buf_cut(&walk->pointer, before);
	}
}

static void
walk_value(struct walk *walk, const char *key, const struct js_value *value)
{
	const enum js_kind kind = js_kind(value);

	if (kind != JS_KIND_OBJECT && kind != JS_KIND_ARRAY) {
		if (walk->w != NULL)
			js_raw(walk->w, key, js_json(value, walk->arena));
		return;
	}
	if (walk->w != NULL && kind == JS_KIND_OBJECT)
		js_open_object(walk->w, key);
	else if (walk->w != NULL)
		js_open_array(walk->w, key);
	if (kind == JS_KIND_OBJECT)
		walk_object(walk, value);
	else
		walk_array(walk, value);
	if (walk->w != NULL)
		js_close(walk->w);
}

int
timeline_uses(struct arena *arena, const struct js_value *timeline, const struct timeline_use **ret_uses,
    size_t *ret_count, struct error *err)
{
	CLEANUP(walk_done) struct walk walk = {.arena = arena, .pointer = BUF_INIT(POINTER_MAX)};

	walk.uses = ARENA_ARRAY(arena, TIMELINE_FILES_MAX, struct timeline_use);
	if (walk.uses == NULL)
		return arena_error(arena, err);
	walk_value(&walk, NULL, timeline);
	if (walk.too_many)
		return error_set(
		    err, ERR_TOO_LARGE, "A timeline names files in at most %d places.", TIMELINE_FILES_MAX);
	if (arena_exhausted(arena))
		return arena_error(arena, err);
	*ret_uses = walk.uses;
	*ret_count = walk.n_uses;
	return 0;
}

int
timeline_names(struct arena *arena, const struct timeline_use *uses, size_t count, const char *const **ret_names,
    size_t *ret_count, struct error *err)
{
	const char **names = ARENA_ARRAY(arena, count + 1, const char *);
	size_t n = 0;

	if (names == NULL)
		return arena_error(arena, err);
	for (size_t i = 0; i < count; i++) {
		bool known = false;

		for (size_t k = 0; k < n && !known; k++)
			known = text_equal(names[k], uses[i].name);
		if (!known)
			names[n++] = uses[i].name;
	}
	*ret_names = names;
	*ret_count = n;
	return 0;
}

/* Values that are wrong by themselves, or that nothing asked for. */
static void
check_values(struct walk *walk, bool after)
{
	const struct js_value *value;
	const char *name;

	if (!after && js_count(walk->values, "") > MERGE_FIELDS_MAX)
		js_problem_add(walk->problems, walk->arena, "/merge", "too_many", "There are at most %d merge fields.",
		    MERGE_FIELDS_MAX);
	for (size_t i = 0; i < MERGE_FIELDS_MAX && (value = js_member_at(walk->values, i, &name)) != NULL; i++) {
		const char *text = js_text(value, "", NULL);

		buf_reset(&walk->pointer);
		buf_puts(&walk->pointer, "/merge");
		(void)enter(walk, name);
		if (!after && text == NULL)
			js_problem_add(walk->problems, walk->arena, buf_str(&walk->pointer), "wrong_type",
			    "The value of a merge field is a string.");
		else if (!after && text_utf8_count(text, strlen(text)) > MERGE_VALUE_MAX)
			js_problem_add(walk->problems, walk->arena, buf_str(&walk->pointer), "too_long",
			    "The value of a merge field has at most %d characters.", MERGE_VALUE_MAX);
		else if (after && !walk->used[i])
			js_problem_add(walk->problems, walk->arena, buf_str(&walk->pointer), "unknown_field",
			    "No text has a merge field '%s'.", name);
	}
}

/* Writes the document as the walk changes it. */
static int
rewrite(struct walk *walk, const struct js_value *timeline, const char *at, const char **ret_json, struct error *err)
{
	CLEANUP(buf_done) struct buf json = BUF_INIT(TIMELINE_BYTES_MAX);
	struct js_writer w;
	const char *text;

	js_begin(&w, &json);
	walk->w = &w;
	buf_reset(&walk->pointer);
	buf_puts(&walk->pointer, at);
	walk_value(walk, NULL, timeline);
	js_end(&w);
	if (buf_error(&json, err) < 0)
		return -1;
	text = buf_dup(&json, walk->arena);
	if (text == NULL)
		return arena_error(walk->arena, err);
	*ret_json = text;
	return 0;
}

int
timeline_merge(struct arena *arena, const struct js_value *timeline, const struct js_value *values, const char *at,
    const char **ret_json, struct js_problems *problems, struct error *err)
{
	CLEANUP(walk_done)
	struct walk walk = {.arena = arena, .pointer = BUF_INIT(POINTER_MAX), .values = values, .problems = problems};

	check_values(&walk, false);
	if (rewrite(&walk, timeline, at, ret_json, err) < 0)
		return -1;
	check_values(&walk, true);
	return js_problems_error(problems, err);
}

int
timeline_rename(struct arena *arena, const struct js_value *timeline, const char *const *names, size_t count,
    const char *profile, const char **ret_json, struct error *err)
{
	CLEANUP(walk_done)
	struct walk walk = {
	    .arena = arena, .pointer = BUF_INIT(POINTER_MAX), .names = names, .n_names = count, .profile = profile};

	return rewrite(&walk, timeline, "", ret_json, err);
}
