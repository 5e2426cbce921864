#include "fcgi/multipart.h"

#include "lib/base/text.h"

#define HEADERS_MAX (4 * KIB)

static int
broken(struct error *err, const char *what)
{
	return error_set(err, ERR_BAD_REQUEST, "The multipart body is not well-formed: %s.", what);
}

/* The value of `name=` in a header, quoted or not, cut to size. False when it is not there. */
static bool
parameter(const char *header, size_t len, const char *name, char *value, size_t size)
{
	const size_t name_len = strlen(name);

	for (size_t i = 0; i + name_len < len; i++) {
		if (strncasecmp(header + i, name, name_len) != 0 || header[i + name_len] != '=')
			continue;
		if (i > 0 && strchr("; \t", header[i - 1]) == NULL)
			continue;
		const char *p = header + i + name_len + 1;
		const char *end = header + len;
		const bool quoted = p < end && *p == '"';
		size_t n = 0;

		for (p += quoted; p < end && (quoted ? *p != '"' : strchr("; \t\r\n", *p) == NULL); p++)
			if (n + 1 < size && (unsigned char)*p >= 0x20)
				value[n++] = *p;
		value[n] = '\0';
		return true;
	}
	return false;
}

int
multipart_open(struct multipart *m, struct channel *channel, const char *content_type, struct error *err)
{
	char boundary[MULTIPART_BOUNDARY_MAX + 2];

	*m = (struct multipart){.channel = channel};
	if (!parameter(content_type, strlen(content_type), "boundary", boundary, sizeof(boundary)) ||
	    boundary[0] == '\0' || strlen(boundary) > MULTIPART_BOUNDARY_MAX)
		return broken(err, "the boundary is missing or too long");
	m->buffer = malloc(MULTIPART_BUFFER);
	if (m->buffer == NULL)
		abort();
	m->delimiter_len = (size_t)snprintf(m->delimiter, sizeof(m->delimiter), "\r\n--%s", boundary);
	/* The first delimiter may stand at the very beginning, without the line end that all others have. */
	memcpy(m->buffer, "\r\n", 2);
	m->end = 2;
	return 0;
}

void
multipart_close(struct multipart *m)
{
	free(m->buffer);
	m->buffer = NULL;
}

/* At least `want` bytes in the buffer, if the body has them. -1 when the connection broke. */
static int
fill(struct multipart *m, size_t want)
{
	if (m->end - m->begin >= want)
		return 0;
	memmove(m->buffer, m->buffer + m->begin, m->end - m->begin);
	m->end -= m->begin;
	m->begin = 0;
	while (m->end < want) {
		const ssize_t got = m->channel->read(m->channel, m->buffer + m->end, MULTIPART_BUFFER - m->end);

		if (got < 0)
			return -1;
		if (got == 0)
			return 0;
		m->end += (size_t)got;
	}
	return 0;
}

ssize_t
multipart_read(struct multipart *m, void *bytes, size_t len, struct error *err)
{
	const unsigned char *at;
	size_t ready;

	if (fill(m, m->delimiter_len + 1) < 0)
		return broken(err, "it ended too early");
	at = memmem(m->buffer + m->begin, m->end - m->begin, m->delimiter, m->delimiter_len);
	ready = at != NULL ? (size_t)(at - (m->buffer + m->begin)) : m->end - m->begin;
	/* Without a delimiter in sight its beginning may still be the last bytes. */
	if (at == NULL) {
		if (ready < m->delimiter_len)
			return broken(err, "the closing boundary is missing");
		ready -= m->delimiter_len - 1;
	}
	ready = FW_MIN(ready, len);
	memcpy(bytes, m->buffer + m->begin, ready);
	m->begin += ready;
	return (ssize_t)ready;
}

static int
skip_part(struct multipart *m, struct error *err)
{
	char trash[4096];
	ssize_t got;

	while ((got = multipart_read(m, trash, sizeof(trash), err)) > 0)
		;
	if (got < 0)
		return -1;
	m->begin += m->delimiter_len;
	return 0;
}

static void
take_header(struct multipart *m, const char *line, size_t len)
{
	static const char disposition[] = "Content-Disposition:", type[] = "Content-Type:";

	if (len >= sizeof(disposition) - 1 && strncasecmp(line, disposition, sizeof(disposition) - 1) == 0) {
		(void)parameter(line, len, "name", m->name, sizeof(m->name));
		m->is_file = parameter(line, len, "filename", m->file_name, sizeof(m->file_name));
	} else if (len >= sizeof(type) - 1 && strncasecmp(line, type, sizeof(type) - 1) == 0) {
		const char *value = line + sizeof(type) - 1;
		size_t value_len = len - (sizeof(type) - 1);

		text_trim(&value, &value_len);
		(void)snprintf(m->type, sizeof(m->type), "%.*s", (int)FW_MIN(value_len, sizeof(m->type) - 1), value);
	}
}

/* Header lines up to the empty one. */
static int
read_headers(struct multipart *m, struct error *err)
{
	const unsigned char *end;
	const char *line;

	if (fill(m, HEADERS_MAX) < 0)
		return broken(err, "it ended too early");
	end = memmem(m->buffer + m->begin, FW_MIN(m->end - m->begin, (size_t)HEADERS_MAX), "\r\n\r\n", 4);
	if (end == NULL)
		return broken(err, "the headers of a part do not end");
	line = (const char *)m->buffer + m->begin;
	while (line < (const char *)end) {
		const char *eol = memmem(line, (size_t)((const char *)end + 2 - line), "\r\n", 2);

		take_header(m, line, (size_t)(eol - line));
		line = eol + 2;
	}
	m->begin = (size_t)(end - m->buffer) + 4;
	return 0;
}

int
multipart_next(struct multipart *m, struct error *err)
{
	if (m->ended)
		return 0;
	if (skip_part(m, err) < 0)
		return -1;
	m->name[0] = m->file_name[0] = m->type[0] = '\0';
	m->is_file = false;
	if (fill(m, 2) < 0 || m->end - m->begin < 2)
		return broken(err, "it ended too early");
	if (memcmp(m->buffer + m->begin, "--", 2) == 0) {
		m->ended = true;
		return 0;
	}
	if (memcmp(m->buffer + m->begin, "\r\n", 2) != 0)
		return broken(err, "a boundary is followed by something else");
	/* The line end stays where it is not: a part without headers has an empty line at once. */
	m->begin += 2;
	return read_headers(m, err) < 0 ? -1 : 1;
}
