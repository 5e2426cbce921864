/*
 * Which cues and which word a frame shows, and how they look.
 */
#include "media/caption_paint.h"

#include "lib/base/text.h"
#include "lib/timeline/plan.h"
#include "media/drawtext.h"

#define TOGETHER_MAX 4 /* cues at once; further ones are not shown */
#define TEXT_MAX (TOGETHER_MAX * (TIMELINE_TEXT_MAX * 4 + 1) + 1)
#define NO_WORD SIZE_MAX
/* shares of the letter size */
#define OUTLINE 0.075
#define SMALLEST 0.6

/* What is seen: as long as it stays the same, nothing is drawn anew. */
struct scene {
	size_t count;
	size_t cues[TOGETHER_MAX];
	size_t words[TOGETHER_MAX]; /* the one that is spoken */
};

struct caption_painter {
	struct caption_request request;
	struct drawtext_shelf *shelf;
	size_t over;  /* cues before this one have ended ... */
	int64_t last; /* ... by this frame */
	struct scene scene;
	struct stamp *stamp;
};

int
caption_painter_new(const struct caption_request *request, struct caption_painter **ret_painter, struct error *err)
{
	struct caption_painter *painter = calloc(1, sizeof(*painter));

	if (painter == NULL)
		return error_set(err, ERR_MEMORY, "no memory for captions");
	painter->request = *request;
	painter->shelf = drawtext_shelf_new();
	*ret_painter = painter;
	return 0;
}

void
caption_painter_free(struct caption_painter **painter)
{
	if (*painter == NULL)
		return;
	stamp_free(&(*painter)->stamp);
	drawtext_shelf_free(&(*painter)->shelf);
	free(*painter);
	*painter = NULL;
}

/* ---- which ---- */

static int64_t
frame_of(const struct caption_painter *painter, int64_t us)
{
	const struct caption_request *request = &painter->request;

	return plan_frame(us + request->captions->offset_us, request->fps_num, request->fps_den);
}

/* A word is lit until the next one is spoken. */
static size_t
spoken_word(const struct caption_painter *painter, const struct timeline_cue *cue, int64_t frame)
{
	size_t word = NO_WORD;

	for (size_t i = 0; i < cue->words.count; i++) {
		if (frame_of(painter, timeline_word_at(cue, i)->start_us) > frame)
			break;
		word = i;
	}
	if (word != NO_WORD && word + 1 == cue->words.count &&
	    frame_of(painter, timeline_word_at(cue, word)->end_us) <= frame)
		return NO_WORD;
	return word;
}

static struct scene
scene_at(struct caption_painter *painter, int64_t frame)
{
	const struct timeline_captions *captions = painter->request.captions;
	struct scene scene = {0};

	if (frame < painter->last)
		painter->over = 0;
	painter->last = frame;
	while (painter->over < captions->cues.count &&
	       frame_of(painter, timeline_cue_at(captions, painter->over)->end_us) <= frame)
		painter->over++;
	for (size_t i = painter->over; i < captions->cues.count && scene.count < TOGETHER_MAX; i++) {
		const struct timeline_cue *cue = timeline_cue_at(captions, i);

		if (frame_of(painter, cue->start_us) > frame)
			break;
		if (frame_of(painter, cue->end_us) <= frame)
			continue;
		scene.cues[scene.count] = i;
		scene.words[scene.count++] =
		    captions->look == CAPTION_KARAOKE ? spoken_word(painter, cue, frame) : NO_WORD;
	}
	return scene;
}

/* ---- how ---- */

/* The word's place in its cue: words stand in their order, with anything in between. */
static bool
find_word(const struct timeline_cue *cue, size_t word, size_t *ret_begin, size_t *ret_end)
{
	const char *at = cue->text;

	for (size_t i = 0; i <= word; i++) {
		const char *text = timeline_word_at(cue, i)->text, *found = strstr(at, text);

		if (found == NULL) {
			if (i == word)
				return false;
			continue;
		}
		*ret_begin = (size_t)(found - cue->text);
		*ret_end = *ret_begin + strlen(text);
		at = found + strlen(text);
	}
	return true;
}

static struct drawtext
style_of(const struct caption_painter *painter)
{
	const struct caption_request *request = &painter->request;
	const struct timeline_captions *captions = request->captions;
	const double size = captions->size * request->scale, margin = captions->margin * request->scale;
	struct drawtext what = {
	    .font = request->font,
	    .shelf = painter->shelf,
	    .size = size,
	    .size_min = size * SMALLEST,
	    .rgb = captions->rgb,
	    .across = captions->anchor % 3 - 1,
	    .down = captions->anchor / 3 - 1,
	    .margin_x = margin,
	    .margin_y = margin,
	    .steady = true,
	    .width = request->width,
	    .height = request->height,
	    .opacity = 1,
	};

	what.align = what.across < 0 ? DRAWTEXT_LEFT : what.across > 0 ? DRAWTEXT_RIGHT : DRAWTEXT_CENTER;
	if (captions->look == CAPTION_OUTLINE || captions->look == CAPTION_KARAOKE)
		what.edge_width = size * OUTLINE;
	if (captions->look == CAPTION_BOX)
		what.box = (struct drawtext_box){.opacity = captions->box.opacity,
		    .rgb = captions->box.rgb,
		    .pad = captions->box.padding * request->scale,
		    .radius = captions->box.radius * request->scale};
	return what;
}

static int
draw(struct caption_painter *painter, struct error *err)
{
	const struct timeline_captions *captions = painter->request.captions;
	CLEANUP(buf_done) struct buf text = BUF_INIT(TEXT_MAX);
	struct drawtext_part parts[TOGETHER_MAX];
	struct drawtext what = style_of(painter);

	for (size_t i = 0; i < painter->scene.count; i++) {
		const struct timeline_cue *cue = timeline_cue_at(captions, painter->scene.cues[i]);
		size_t begin = 0, end = 0;

		buf_puts(&text, i > 0 ? "\n" : "");
		if (painter->scene.words[i] != NO_WORD && find_word(cue, painter->scene.words[i], &begin, &end))
			parts[what.n_parts++] =
			    (struct drawtext_part){text.len + begin, text.len + end, captions->highlight_rgb};
		buf_puts(&text, cue->text);
	}
	if (buf_error(&text, err) < 0)
		return -1;
	what.text = buf_str(&text);
	what.parts = parts;
	return drawtext_stamp(&what, &painter->stamp, NULL, err);
}

int
caption_painter_at(struct caption_painter *painter, int64_t frame, const struct stamp **ret_stamp, struct error *err)
{
	const struct scene scene = scene_at(painter, frame);

	if (memcmp(&scene, &painter->scene, sizeof(scene)) != 0) {
		stamp_free(&painter->stamp);
		painter->scene = scene;
		if (scene.count > 0 && draw(painter, err) < 0)
			return error_wrap(err, "captions of frame %lld", (long long)frame);
	}
	*ret_stamp = painter->stamp;
	return 0;
}
