#include "fcgi/sniff.h"

#define SIGNATURE(text) (text), sizeof(text) - 1

/* `second` lies at second_at when there is one: RIFF and ISO files name their kind further in. The first match wins. */
static const struct signature {
	const char *first;
	size_t first_len;
	size_t first_at;
	const char *second;
	size_t second_len;
	size_t second_at;
	enum sniff_class class;
	const char *media_type;
} signatures[] = {
    {SIGNATURE("\x89PNG\r\n\x1a\n"), 0, NULL, 0, 0, SNIFF_IMAGE, "image/png"},
    {SIGNATURE("\xff\xd8\xff"), 0, NULL, 0, 0, SNIFF_IMAGE, "image/jpeg"},
    {SIGNATURE("GIF87a"), 0, NULL, 0, 0, SNIFF_IMAGE, "image/gif"},
    {SIGNATURE("GIF89a"), 0, NULL, 0, 0, SNIFF_IMAGE, "image/gif"},
    {SIGNATURE("RIFF"), 0, SIGNATURE("WEBP"), 8, SNIFF_IMAGE, "image/webp"},
    {SIGNATURE("RIFF"), 0, SIGNATURE("WAVE"), 8, SNIFF_AUDIO, "audio/wav"},
    {SIGNATURE("RIFF"), 0, SIGNATURE("AVI "), 8, SNIFF_VIDEO, "video/x-msvideo"},
    {SIGNATURE("II*\0"), 0, NULL, 0, 0, SNIFF_IMAGE, "image/tiff"},
    {SIGNATURE("MM\0*"), 0, NULL, 0, 0, SNIFF_IMAGE, "image/tiff"},
    {SIGNATURE("ftyp"), 4, SIGNATURE("avif"), 8, SNIFF_IMAGE, "image/avif"},
    {SIGNATURE("ftyp"), 4, SIGNATURE("heic"), 8, SNIFF_IMAGE, "image/heic"},
    {SIGNATURE("ftyp"), 4, SIGNATURE("mif1"), 8, SNIFF_IMAGE, "image/heif"},
    {SIGNATURE("ftyp"), 4, SIGNATURE("M4A "), 8, SNIFF_AUDIO, "audio/mp4"},
    {SIGNATURE("ftyp"), 4, SIGNATURE("qt  "), 8, SNIFF_VIDEO, "video/quicktime"},
    {SIGNATURE("ftyp"), 4, NULL, 0, 0, SNIFF_VIDEO, "video/mp4"},
    {SIGNATURE("\x1a\x45\xdf\xa3"), 0, NULL, 0, 0, SNIFF_VIDEO, "video/x-matroska"},
    {SIGNATURE("\0\0\x01\xba"), 0, NULL, 0, 0, SNIFF_VIDEO, "video/mpeg"},
    {SIGNATURE("OggS"), 0, NULL, 0, 0, SNIFF_AUDIO, "audio/ogg"},
    {SIGNATURE("fLaC"), 0, NULL, 0, 0, SNIFF_AUDIO, "audio/flac"},
    {SIGNATURE("ID3"), 0, NULL, 0, 0, SNIFF_AUDIO, "audio/mpeg"},
    {SIGNATURE("\xff\xfb"), 0, NULL, 0, 0, SNIFF_AUDIO, "audio/mpeg"},
    {SIGNATURE("\xff\xf3"), 0, NULL, 0, 0, SNIFF_AUDIO, "audio/mpeg"},
    {SIGNATURE("\xff\xf2"), 0, NULL, 0, 0, SNIFF_AUDIO, "audio/mpeg"},
    {SIGNATURE("\xff\xf1"), 0, NULL, 0, 0, SNIFF_AUDIO, "audio/aac"},
    {SIGNATURE("\xff\xf9"), 0, NULL, 0, 0, SNIFF_AUDIO, "audio/aac"},
};

static bool
has(const unsigned char *bytes, size_t len, const char *part, size_t part_len, size_t at)
{
	return part_len == 0 || (len >= at + part_len && memcmp(bytes + at, part, part_len) == 0);
}

/* After a byte order mark and empty lines. */
static const char *
text_begin(const char *bytes, const char *end)
{
	if (end - bytes >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		bytes += 3;
	while (bytes < end && strchr(" \t\r\n", *bytes) != NULL && *bytes != '\0')
		bytes++;
	return bytes;
}

static const char *
skip_digits(const char *at, const char *end)
{
	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return at;
}

/* A number alone on its line, then a time: the first cue of SubRip. */
static bool
is_subrip(const char *at, const char *end)
{
	const char *line = skip_digits(at, end);

	if (line == at)
		return false;
	at = line;
	while (at < end && (*at == ' ' || *at == '\r'))
		at++;
	if (at == end || *at != '\n')
		return false;
	line = skip_digits(at + 1, end);
	return line > at + 1 && line < end && *line == ':';
}

static bool
is_cube(const char *at, const char *end)
{
	static const char *const words[] = {"TITLE", "LUT_1D_", "LUT_3D_", "DOMAIN_", "# ", "#\n", "#\r"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if ((size_t)(end - at) > strlen(words[i]) && memcmp(at, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

static struct sniff
sniff_text(const char *bytes, size_t len)
{
	const char *end = bytes + len, *at = text_begin(bytes, end);

	if (memchr(bytes, '\0', len) != NULL)
		return (struct sniff){.class = SNIFF_NONE};
	if (end - at >= 6 && memcmp(at, "WEBVTT", 6) == 0)
		return (struct sniff){.class = SNIFF_TEXT, .media_type = "text/vtt"};
	if (is_subrip(at, end))
		return (struct sniff){.class = SNIFF_TEXT, .media_type = "application/x-subrip"};
	if (is_cube(at, end))
		return (struct sniff){.class = SNIFF_TEXT, .media_type = "text/x-cube"};
	return (struct sniff){.class = SNIFF_NONE};
}

struct sniff
sniff_bytes(const void *bytes, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(signatures); i++) {
		const struct signature *s = &signatures[i];

		if (has(bytes, len, s->first, s->first_len, s->first_at) &&
		    has(bytes, len, s->second, s->second_len, s->second_at))
			return (struct sniff){.class = s->class, .media_type = s->media_type};
	}
	return sniff_text(bytes, len);
}

const char *sniff_class_name(enum sniff_class class)
{
	static const char *const names[] = {[SNIFF_NONE] = "",
	    [SNIFF_IMAGE] = "image",
	    [SNIFF_VIDEO] = "video",
	    [SNIFF_AUDIO] = "audio",
	    [SNIFF_TEXT] = "text"};

	return names[class];
}
