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

struct digest {
	const char *file;
	char sha256[HASH_HEX_SIZE];
	struct digest *next;
};

struct fonts {
	struct arena *arena;
	FcConfig *config;
	const char *paths[FONTS_DIRS_MAX + 1];
	struct digest **digests; /* of the files asked for so far */
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

/* Families that step in for what a chosen font lacks, best first; those that are not installed are passed over. A
 * language's own come before the general ones: the same Han character looks different in Chinese and in Japanese. */
static const struct {
	const char *lang; /* NULL: any */
	const char *const families[12];
} fallbacks[] = {
    {"ja", {"Noto Sans CJK JP"}},
    {"ko", {"Noto Sans CJK KR"}},
    {"zh-tw", {"Noto Sans CJK TC"}},
    {"zh-cn", {"Noto Sans CJK SC"}},
    {NULL, {FONTS_FALLBACK_FAMILY, "Noto Sans CJK SC", "WenQuanYi Micro Hei", "Noto Sans Devanagari",
	       "Lohit Devanagari", "Noto Sans Thai", "Loma", FONTS_EMOJI}},
};

/* What is better than DejaVu's own letters where it is installed. */
static const struct {
	const char *lang, *family;
} preferred[] = {
    {"ar", "Noto Sans Arabic"}, {"fa", "Noto Sans Arabic"}, {"ur", "Noto Sans Arabic"}, {"he", "Noto Sans Hebrew"}};

static void
put_families(struct buf *xml, const char *lang, const char *const *families)
{
	buf_puts(xml, "<match target=\"pattern\">");
	if (lang != NULL)
		buf_printf(xml, "<test name=\"lang\" compare=\"contains\"><string>%s</string></test>", lang);
	buf_puts(xml, "<edit name=\"family\" mode=\"append_last\" binding=\"strong\">");
	for (size_t i = 0; families[i] != NULL; i++)
		buf_printf(xml, "<string>%s</string>", families[i]);
	buf_puts(xml, "</edit></match>\n");
}

/* Pango asks for the family "emoji" for what is shown as one. */
static const char emoji_rule[] =
    "<match target=\"pattern\"><test name=\"family\"><string>emoji</string></test>"
    "<edit name=\"family\" mode=\"prepend_first\" binding=\"strong\"><string>" FONTS_EMOJI "</string></edit></match>\n";

/* A bold text stays bold where a fallback has only a regular face: its outlines are made broader. Emoji are pictures of
 * one size, 136 pixels high: they are scaled. */
static const char shape_rules[] =
    "<match target=\"font\">"
    "<test name=\"weight\" compare=\"less_eq\"><const>medium</const></test>"
    "<test target=\"pattern\" name=\"weight\" compare=\"more_eq\"><const>demibold</const></test>"
    "<test name=\"outline\"><bool>true</bool></test>"
    "<edit name=\"embolden\" mode=\"assign\"><bool>true</bool></edit></match>\n"
    "<match target=\"font\"><test name=\"outline\"><bool>false</bool></test>"
    "<edit name=\"pixelsizefixupfactor\" mode=\"assign\"><divide><name target=\"pattern\">pixelsize</name>"
    "<name target=\"font\">pixelsize</name></divide></edit>"
    "<edit name=\"matrix\" mode=\"assign\"><times><name>matrix</name><matrix>"
    "<name>pixelsizefixupfactor</name><double>0</double><double>0</double><name>pixelsizefixupfactor</name>"
    "</matrix></times></edit>"
    "<edit name=\"size\" mode=\"assign\"><divide><name>size</name><name>pixelsizefixupfactor</name></divide></edit>"
    "</match>\n";

static void
put_rules(struct buf *xml)
{
	buf_puts(xml, emoji_rule);
	for (size_t i = 0; i < ARRAY_LEN(preferred); i++)
		put_families(xml, preferred[i].lang, (const char *const[]){preferred[i].family, NULL});
	for (size_t i = 0; i < ARRAY_LEN(fallbacks); i++)
		put_families(xml, fallbacks[i].lang, fallbacks[i].families);
	buf_puts(xml, shape_rules);
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
	put_rules(&xml);
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
	fonts->digests = ARENA_NEW(arena, struct digest *);
	if (fonts->digests == NULL)
		abort();
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
fonts_digest(const struct fonts *fonts, const char *file, const char **ret_sha256, struct error *err)
{
	unsigned char digest[HASH_SIZE];
	CLEANUP(fd_close) int fd = -1;
	struct digest *made;

	for (const struct digest *known = *fonts->digests; known != NULL; known = known->next) {
		if (text_equal(known->file, file)) {
			*ret_sha256 = known->sha256;
			return 0;
		}
	}
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, ERR_INTERNAL, "opening font '%s'", file);
	if (hash_fd(fd, digest, NULL, err) < 0)
		return error_wrap(err, "reading font '%s'", file);
	made = ARENA_NEW(fonts->arena, struct digest);
	if (made == NULL || (made->file = arena_strdup(fonts->arena, file)) == NULL)
		return arena_error(fonts->arena, err);
	made->next = *fonts->digests;
	*fonts->digests = made;
	*ret_sha256 = hash_hex(digest, made->sha256);
	return 0;
}

int
fonts_resolve(const struct fonts *fonts, const char *name, struct font *ret_font, struct error *err)
{
	struct font font = {0};
	const char *sha256;
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
	font.fonts = fonts;
	if (fonts_digest(fonts, font.file, &sha256, err) < 0)
		return -1;
	(void)text_copy(font.sha256, sizeof(font.sha256), sha256);
	*ret_font = font;
	return 0;
}
