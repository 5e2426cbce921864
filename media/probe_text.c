/*
 * Texts that a film may be made with: captions and colour tables are read to their end, as the render will do.
 */
#include "lib/base/text.h"
#include "lib/js/write.h"
#include "lib/timeline/caption.h"
#include "media/io.h"
#include "media/lut.h"
#include "media/probe.h"
#include "media/task.h"

enum text_kind { TEXT_CAPTIONS, TEXT_LUT };

static const struct text_row {
	const char *media_type;
	const char *format;
	enum text_kind kind;
	enum caption_format captions;
} texts[] = {
    {"application/x-subrip", "srt", TEXT_CAPTIONS, CAPTION_SRT},
    {"text/vtt", "vtt", TEXT_CAPTIONS, CAPTION_VTT},
    {"text/x-cube", "cube", TEXT_LUT, CAPTION_FORMAT__COUNT},
};

static const struct text_row *
text_find(const char *media_type)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (text_equal(texts[i].media_type, media_type))
			return &texts[i];
	return NULL;
}

bool
probe_is_text(const char *media_type)
{
	return text_find(media_type) != NULL;
}

static int
read_captions(int fd, const struct text_row *row, struct task *task, int64_t *ret_cues, struct error *err)
{
	struct caption_file file;
	char *bytes;
	size_t len;

	if (io_read_text(task->arena, fd, CAPTION_BYTES_MAX, &bytes, &len, err) < 0)
		return -1;
	if (len > CAPTION_BYTES_MAX)
		return error_code(err, ERR_INPUT, "captions_unreadable", "captions have %d MiB at most",
		    (int)(CAPTION_BYTES_MAX / MIB));
	if (caption_parse(task->arena, bytes, len, &file, err) < 0)
		return -1;
	if (file.format != row->captions)
		return error_code(
		    err, ERR_INPUT, "media_type_mismatch", "the file says it is %s and is not", row->media_type);
	*ret_cues = (int64_t)file.cues.count;
	return 0;
}

static int
read_table(int fd, struct error *err)
{
	struct lut *lut;

	if (lut_read(fd, &lut, err) < 0)
		return -1;
	lut_free(&lut);
	return 0;
}

int
probe_text(int fd, const char *media_type, struct task *task, struct buf *result, struct error *err)
{
	const struct text_row *row = text_find(media_type);
	int64_t cues = 0;
	struct js_writer w;

	if (row == NULL)
		return error_set(err, ERR_INTERNAL, "'%s' is no text", media_type);
	if (row->kind == TEXT_LUT ? read_table(fd, err) < 0 : read_captions(fd, row, task, &cues, err) < 0)
		return -1;
	js_begin(&w, result);
	js_open_object(&w, NULL);
	js_str(&w, "type", row->kind == TEXT_LUT ? "lut" : "captions");
	js_str(&w, "format", row->format);
	js_str(&w, "media_type", row->media_type);
	if (row->kind == TEXT_CAPTIONS)
		js_int(&w, "cues", cues);
	js_close(&w);
	js_end(&w);
	return 0;
}
