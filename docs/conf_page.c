/*
 * Prints framewright.conf(5) out of the table of settings, so that nothing about a setting is written twice. Folders
 * that depend on the installation appear as this build knows them.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/conf.h"

#define PAGE_MAX (256 * KIB)

static const struct {
	enum conf_program program;
	const char *name;
} programs[] = {
    {CONF_API, "framewright-api"},
    {CONF_RENDERD, "framewright-renderd"},
    {CONF_EVENTD, "framewright-eventd"},
    {CONF_MEDIA, "framewright-media"},
    {CONF_CTL, "framewright"},
};

static const char *const type_words[CONF_TYPE__COUNT] = {
    [CONF_TYPE_STR] = "text",
    [CONF_TYPE_INT] = "number",
    [CONF_TYPE_BOOL] = "on or off",
    [CONF_TYPE_PATH] = "path",
    [CONF_TYPE_SIZE] = "size",
    [CONF_TYPE_DURATION] = "duration",
    [CONF_TYPE_LIST] = "list",
    [CONF_TYPE_MONEY] = "dollars",
};

/* Text of ours as mdoc takes it: no request may begin a line, a backslash is written out, a dash stays one that can be
 * copied. */
static void
put_text(struct buf *page, const char *text)
{
	if (*text == '.' || *text == '\'')
		buf_puts(page, "\\&");
	for (; *text != '\0'; text++) {
		if (*text == '\\') {
			buf_puts(page, "\\e");
		} else if (*text == '-') {
			buf_puts(page, "\\-");
		} else if (text[0] == '.' && text[1] == ' ' && text[2] != '\0') {
			buf_puts(page, ".\n"); /* a sentence, a line */
			text++;
		} else {
			buf_putc(page, *text);
		}
	}
}

static void
put_readers(struct buf *page, unsigned readers)
{
	const char *between = "";

	if (readers == CONF_ALL) {
		buf_puts(page, "Read by all programs.\n");
		return;
	}
	buf_puts(page, "Read by ");
	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		if ((readers & programs[i].program) == 0)
			continue;
		buf_puts(page, between);
		put_text(page, programs[i].name);
		between = ", ";
	}
	buf_puts(page, ".\n");
}

/* A sentence of the table, which has neither a capital nor a stop. */
static void
put_help(struct buf *page, const char *help)
{
	const char first[2] = {help[0] >= 'a' && help[0] <= 'z' ? (char)(help[0] - 'a' + 'A') : help[0], '\0'};

	put_text(page, first);
	put_text(page, help + 1);
	buf_puts(page, ".\n");
}

static void
put_setting(struct buf *page, const struct conf_row *row)
{
	buf_printf(page, ".It Ev %s Pq %s\n", row->name, type_words[row->type]);
	put_help(page, row->help);
	if (row->fallback[0] != '\0') {
		buf_puts(page, "Default:\n.Ql ");
		put_text(page, row->fallback);
		buf_puts(page, " .\n");
	}
	if (row->aliases[0] != '\0') {
		buf_puts(page, "Also accepted as ");
		put_text(page, row->aliases);
		buf_puts(page, ".\n");
	}
	if ((row->flags & CONF_SECRET) != 0)
		buf_puts(page, "A secret.\n");
	put_readers(page, row->programs);
}

static const char head[] = ".Dd November 20, 2026\n"
			   ".Dt FRAMEWRIGHT.CONF 5\n"
			   ".Os\n"
			   ".Sh NAME\n"
			   ".Nm framewright.conf\n"
			   ".Nd settings of all Framewright programs\n"
			   ".Sh DESCRIPTION\n"
			   "One file holds the settings of all programs, one\n"
			   ".Ar NAME Ns = Ns Ar value\n"
			   "on a line.\n"
			   "The value may stand in double quotes.\n"
			   "Empty lines and lines that begin with\n"
			   ".Ql #\n"
			   "are left out.\n"
			   "A name that is not listed here is an error with its line number.\n"
			   ".Pp\n"
			   "A value comes from the last of these that has it: the default, the file, the environment, "
			   "and for a secret the file that\n"
			   ".Ar NAME Ns _FILE\n"
			   "names or the file of the same name in lower case in\n"
			   ".Ev CREDENTIALS_DIRECTORY ,\n"
			   "which\n"
			   ".Xr systemd.exec 5\n"
			   "fills from\n"
			   ".Cm LoadCredential .\n"
			   "A file\n"
			   ".Pa providers.conf\n"
			   "there is read after this one, in the same form: the unit of\n"
			   ".Xr framewright-renderd 8\n"
			   "gets the keys of providers by it, and no other program can read them.\n"
			   "Every program has the options\n"
			   ".Fl Fl check\\-config ,\n"
			   "which tells what is wrong, and\n"
			   ".Fl Fl dump\\-config ,\n"
			   "which shows each value and where it comes from, secrets masked.\n"
			   ".Pp\n"
			   "A size is a number with B, KB, MB, GB or KiB, MiB, GiB.\n"
			   "A duration is a number with s, m, h or d.\n"
			   "A list is separated by commas or white space.\n"
			   ".Sh SETTINGS\n"
			   ".Bl -tag -width Ds\n";

static const char tail[] = ".El\n"
			   ".Sh FILES\n"
			   ".Bl -tag -width Ds -compact\n"
			   ".It Pa " FW_SYSCONFDIR "/framewright.conf\n"
			   "read when neither\n"
			   ".Fl Fl config\n"
			   "nor\n"
			   ".Ev FRAMEWRIGHT_CONFIG\n"
			   "names another file\n"
			   ".It Pa " FW_SYSCONFDIR "/providers.conf\n"
			   "keys of providers, for\n"
			   ".Xr framewright-renderd 8\n"
			   "only\n"
			   ".It Pa " FW_SYSCONFDIR "/jwt.keys\n"
			   "signing keys, for\n"
			   ".Xr framewright-api 8\n"
			   "and\n"
			   ".Xr framewright-eventd 8\n"
			   ".El\n"
			   ".Sh EXAMPLES\n"
			   "A server of its own that others reach:\n"
			   ".Bd -literal -offset indent\n"
			   "PUBLIC_APP_URL=https://studio.example.org\n"
			   "DISK_RESERVE=20GiB\n"
			   "SESSION_COST_LIMIT=50.00\n"
			   ".Ed\n"
			   ".Sh SEE ALSO\n"
			   ".Xr framewright 1 ,\n"
			   ".Xr framewright-api 8 ,\n"
			   ".Xr framewright-eventd 8 ,\n"
			   ".Xr framewright-media 8 ,\n"
			   ".Xr framewright-renderd 8\n";

int
main(void)
{
	CLEANUP(buf_done) struct buf page = BUF_INIT(PAGE_MAX);

	buf_puts(&page, head);
	for (int key = 0; key < CONF__COUNT; key++)
		put_setting(&page, conf_row((enum conf_key)key));
	buf_puts(&page, tail);
	return page.failed || fputs(buf_str(&page), stdout) == EOF || fflush(stdout) == EOF;
}
