#include "media/fonts.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fontconfig/fontconfig.h>
#include <sys/stat.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/path.h"
#include "lib/base/text.h"
#include "media/woff.h"

#define FONTS_DEPTH_MAX 6
#define FONTS_DIRS_MAX 32

struct fonts {
	struct arena *arena;
	FcConfig *config;
	const char *paths[FONTS_DIRS_MAX + 1];
};

/* ---- WOFF ---- */

static int
unpack_one(const char *path, const char *to_dir, struct error *err)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(WOFF_FONT_MAX + MIB);
	CLEANUP(buf_done) struct buf font = BUF_INIT(WOFF_FONT_MAX);
	const char *name = path_base(path);
	char *bytes;
	size_t len;

	if (path_read(arena, path, WOFF_FONT_MAX, &bytes, &len, err) < 0 || woff_unpack(bytes, len, &font, err) < 0)
		return error_wrap(err, "font '%s'", path);
	const char *to = arena_printf(arena, "%s/%.*s.ttf", to_dir, (int)(strlen(name) - strlen(".woff")), name);
	if (to == NULL)
		return arena_error(arena, err);
	return path_write(to, font.data, font.len, 0644, err);
}

/* A damaged font is skipped: what remains is still good for text, and a missing name is reported where it is used. */
static void
unpack_below(const char *dir, const char *to_dir, unsigned depth)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d != NULL && (entry = readdir(d)) != NULL) {
		CLEANUP(buf_done) struct buf path = BUF_INIT(4096);
		struct stat st;

		if (entry->d_name[0] == '.')
			continue;
		buf_printf(&path, "%s/%s", dir, entry->d_name);
		if (path.failed || stat(buf_str(&path), &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && depth < FONTS_DEPTH_MAX)
			unpack_below(buf_str(&path), to_dir, depth + 1);
		else if (S_ISREG(st.st_mode) && text_ends(entry->d_name, ".woff"))
			(void)!unpack_one(buf_str(&path), to_dir, NULL);
	}
	if (d != NULL)
		closedir(d);
}

/* ---- configuration ---- */

static void
put_dir(struct buf *xml, const char *dir)
{
	buf_puts(xml, "<dir>");
	buf_text(xml, dir);
	buf_puts(xml, "</dir>\n");
}

static int
write_config(const struct fonts *fonts, const char *runtime, const char *path, struct error *err)
{
	CLEANUP(buf_done) struct buf xml = BUF_INIT(64 * KIB);

	buf_puts(&xml, "<?xml version=\"1.0\"?>\n<!DOCTYPE fontconfig SYSTEM \"fonts.dtd\">\n<fontconfig>\n");
	for (size_t i = 0; fonts->paths[i] != NULL; i++)
		put_dir(&xml, fonts->paths[i]);
	/* web fonts are read unpacked */
	buf_puts(&xml, "<selectfont><rejectfont><glob>*.woff</glob></rejectfont><rejectfont><glob>*.woff2</glob></"
		       "rejectfont></selectfont>\n");
	buf_puts(&xml, "<cachedir>");
	buf_text(&xml, runtime);
	buf_puts(&xml, "/fontcache</cachedir>\n<config><rescan><int>0</int></rescan></config>\n</fontconfig>\n");
	if (buf_error(&xml, err) < 0)
		return -1;
	return path_write(path, xml.data, xml.len, 0644, err);
}

static int
add_path(struct fonts *fonts, const char *path, struct error *err)
{
	size_t n = 0;

	while (fonts->paths[n] != NULL)
		n++;
	if (n == FONTS_DIRS_MAX)
		return error_set(err, ERR_INPUT, "more than %d font folders", FONTS_DIRS_MAX);
	fonts->paths[n] = arena_strdup(fonts->arena, path);
	return fonts->paths[n] == NULL ? arena_error(fonts->arena, err) : 0;
}

static int
load_config(struct fonts *fonts, const char *file, struct error *err)
{
	fonts->config = FcConfigCreate();
	if (fonts->config == NULL || !FcConfigParseAndLoad(fonts->config, (const FcChar8 *)file, FcTrue))
		return error_set(err, ERR_INTERNAL, "fontconfig does not accept '%s'", file);
	if (!FcConfigBuildFonts(fonts->config) || !FcConfigSetCurrent(fonts->config) ||
	    !FcConfigSetRescanInterval(fonts->config, 0))
		return error_set(err, ERR_INTERNAL, "fontconfig found no fonts");
	const FcFontSet *set = FcConfigGetFonts(fonts->config, FcSetSystem);
	if (set == NULL || set->nfont == 0)
		return error_set(
		    err, ERR_INTERNAL, "no font in the folders of FONT_DIR; hint: install fonts-dejavu-core");
	return 0;
}

static int
fonts_fill(struct fonts *fonts, const char *const *dirs, const char *runtime, struct error *err)
{
	char *unpacked = arena_printf(fonts->arena, "%s/fonts", runtime);
	char *cache = arena_printf(fonts->arena, "%s/fontcache", runtime);
	char *file = arena_printf(fonts->arena, "%s/fonts.conf", runtime);

	if (unpacked == NULL || cache == NULL || file == NULL)
		return arena_error(fonts->arena, err);
	if (path_make(unpacked, 0755, err) < 0 || path_make(cache, 0755, err) < 0 || add_path(fonts, unpacked, err) < 0)
		return -1;
	for (size_t i = 0; dirs[i] != NULL; i++) {
		if (access(dirs[i], R_OK | X_OK) != 0)
			continue;
		unpack_below(dirs[i], unpacked, 0);
		if (add_path(fonts, dirs[i], err) < 0)
			return -1;
	}
	if (write_config(fonts, runtime, file, err) < 0)
		return -1;
	return load_config(fonts, file, err);
}

int
fonts_new(const char *const *dirs, const char *runtime, struct fonts **ret_fonts, struct error *err)
{
	struct arena *arena = arena_new(MIB);
	struct fonts *fonts = ARENA_NEW(arena, struct fonts);

	if (fonts == NULL)
		abort();
	fonts->arena = arena;
	if (fonts_fill(fonts, dirs, runtime, err) < 0) {
		fonts_free(&fonts);
		return error_wrap(err, "preparing fonts in '%s'", runtime);
	}
	*ret_fonts = fonts;
	return 0;
}

void
fonts_free(struct fonts **fonts)
{
	struct arena *arena;

	if (*fonts == NULL)
		return;
	arena = (*fonts)->arena;
	if ((*fonts)->config != NULL)
		FcConfigDestroy((*fonts)->config);
	*fonts = NULL;
	arena_free(&arena);
}

const char *const *
fonts_paths(const struct fonts *fonts)
{
	return fonts->paths;
}

/* ---- finding ---- */

/* "Open Sans", "OpenSans" and "opensans" are one name. */
static bool
names_equal(const char *a, const char *b)
{
	for (;;) {
		while (*a == ' ')
			a++;
		while (*b == ' ')
			b++;
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
		if (*a == '\0')
			return true;
		a++;
		b++;
	}
}

static const char *
pattern_text(const FcPattern *pattern, const char *object)
{
	FcChar8 *text = NULL;

	return FcPatternGetString(pattern, object, 0, &text) == FcResultMatch ? (const char *)text : "";
}

static int
pattern_int(const FcPattern *pattern, const char *object, int fallback)
{
	double number;

	/* variable fonts have ranges here, plain ones integers or doubles */
	return FcPatternGetDouble(pattern, object, 0, &number) == FcResultMatch ? (int)number : fallback;
}

/* 0: not this font; more is better. */
static int
score(const FcPattern *pattern, const char *name)
{
	FcCharSet *chars = NULL;
	int points;

	if (names_equal(pattern_text(pattern, FC_POSTSCRIPT_NAME), name))
		points = 100;
	else if (names_equal(pattern_text(pattern, FC_FULLNAME), name))
		points = 90;
	else if (names_equal(pattern_text(pattern, FC_FAMILY), name))
		points = 50 + (pattern_int(pattern, FC_WEIGHT, 0) == FC_WEIGHT_REGULAR ? 5 : 0) +
			 (pattern_int(pattern, FC_SLANT, 1) == FC_SLANT_ROMAN ? 4 : 0);
	else
		return 0;
	if (FcPatternGetCharSet(pattern, FC_CHARSET, 0, &chars) == FcResultMatch && FcCharSetHasChar(chars, 'A'))
		points += 200;
	return points;
}

static const FcPattern *
find(const struct fonts *fonts, const char *name)
{
	const FcFontSet *set = FcConfigGetFonts(fonts->config, FcSetSystem);
	const FcPattern *best = NULL;
	int best_points = 0;

	for (int i = 0; i < set->nfont; i++) {
		const int points = score(set->fonts[i], name);
		/* equal files in two folders: the folder named first wins, whatever order fontconfig keeps */
		if (points > best_points) {
			best = set->fonts[i];
			best_points = points;
		}
	}
	return best;
}

static const FcPattern *
find_any(const struct fonts *fonts)
{
	const FcFontSet *set = FcConfigGetFonts(fonts->config, FcSetSystem);

	for (int i = 0; i < set->nfont; i++) {
		if (pattern_int(set->fonts[i], FC_WEIGHT, 0) >= FC_WEIGHT_BOLD &&
		    score(set->fonts[i], pattern_text(set->fonts[i], FC_FAMILY)) > 200)
			return set->fonts[i];
	}
	return set->fonts[0];
}

int
fonts_resolve(const struct fonts *fonts, const char *name, struct font *ret_font, struct error *err)
{
	struct font font = {0};
	unsigned char digest[HASH_SIZE];
	CLEANUP(fd_close) int fd = -1;
	const FcPattern *pattern = find(fonts, name);

	if (pattern == NULL) {
		font.fallback = true;
		pattern = find(fonts, FONTS_FALLBACK);
	}
	if (pattern == NULL)
		pattern = find_any(fonts);
	font.file = pattern_text(pattern, FC_FILE);
	font.index = pattern_int(pattern, FC_INDEX, 0);
	font.family = pattern_text(pattern, FC_FAMILY);
	font.style = pattern_text(pattern, FC_STYLE);
	font.weight = FcWeightToOpenType(pattern_int(pattern, FC_WEIGHT, FC_WEIGHT_REGULAR));
	font.italic = pattern_int(pattern, FC_SLANT, FC_SLANT_ROMAN) != FC_SLANT_ROMAN;
	fd = open(font.file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, ERR_INTERNAL, "opening font '%s'", font.file);
	if (hash_fd(fd, digest, NULL, err) < 0)
		return error_wrap(err, "reading font '%s'", font.file);
	hash_hex(digest, font.sha256);
	*ret_font = font;
	return 0;
}
