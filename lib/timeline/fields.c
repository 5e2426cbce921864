/*
 * The declared fields of a timeline and the words they may hold. What they mean together is in check.c.
 */
#include "lib/timeline/timeline_priv.h"

const char *const timeline_type_names[] = {
    [TIMELINE_CARD] = "card",
    [TIMELINE_CLIP] = "clip",
    [TIMELINE_STILL] = "still",
    [TIMELINE_COLOUR] = "colour",
    [TIMELINE_GAP] = "gap",
    [TIMELINE_TYPE__COUNT] = NULL,
};

const char *const timeline_fit_names[] = {
    [FIT_CONTAIN] = "contain",
    [FIT_COVER] = "cover",
    [FIT_FILL] = "fill",
    [FIT_NONE] = "none",
    [FIT_BLUR] = "blur",
    [FIT__COUNT] = NULL,
};

const char *const timeline_transition_names[] = {
    [TRANSITION_CUT] = "cut",
    [TRANSITION_DISSOLVE] = "dissolve",
    [TRANSITION_FADE] = "fade",
    [TRANSITION_WIPE] = "wipe",
    [TRANSITION_SLIDE] = "slide",
    [TRANSITION_XFADE] = NULL, /* "xfade:" and one of timeline_xfade_names */
};

const char *const timeline_xfade_names[] = {
    "fade",
    "wipeleft",
    "wiperight",
    "wipeup",
    "wipedown",
    "slideleft",
    "slideright",
    "slideup",
    "slidedown",
    "circlecrop",
    "rectcrop",
    "distance",
    "fadeblack",
    "fadewhite",
    "radial",
    "smoothleft",
    "smoothright",
    "smoothup",
    "smoothdown",
    "circleopen",
    "circleclose",
    "vertopen",
    "vertclose",
    "horzopen",
    "horzclose",
    "dissolve",
    "pixelize",
    "diagtl",
    "diagtr",
    "diagbl",
    "diagbr",
    "hlslice",
    "hrslice",
    "vuslice",
    "vdslice",
    "hblur",
    "fadegrays",
    "wipetl",
    "wipetr",
    "wipebl",
    "wipebr",
    "squeezeh",
    "squeezev",
    "zoomin",
    "fadefast",
    "fadeslow",
    NULL,
};

const char *const timeline_direction_names[] = {
    [DIRECTION_LEFT] = "left",
    [DIRECTION_RIGHT] = "right",
    [DIRECTION_UP] = "up",
    [DIRECTION_DOWN] = "down",
    [DIRECTION__COUNT] = NULL,
};

const char *const timeline_easing_names[] = {
    [EASE_LINEAR] = "linear",
    [EASE_IN] = "ease-in",
    [EASE_OUT] = "ease-out",
    [EASE_IN_OUT] = "ease-in-out",
    [EASE__COUNT] = NULL,
};

const char *const timeline_anchor_names[] = {
    [ANCHOR_TOP_LEFT] = "top_left",
    [ANCHOR_TOP] = "top",
    [ANCHOR_TOP_RIGHT] = "top_right",
    [ANCHOR_LEFT] = "left",
    [ANCHOR_CENTER] = "center",
    [ANCHOR_RIGHT] = "right",
    [ANCHOR_BOTTOM_LEFT] = "bottom_left",
    [ANCHOR_BOTTOM] = "bottom",
    [ANCHOR_BOTTOM_RIGHT] = "bottom_right",
    [ANCHOR__COUNT] = NULL,
};

const char *const timeline_align_names[] = {
    [ALIGN_CENTER] = "center",
    [ALIGN_LEFT] = "left",
    [ALIGN_RIGHT] = "right",
    [ALIGN__COUNT] = NULL,
};

const char *const timeline_role_names[] = {
    [ROLE_MUSIC] = "music",
    [ROLE_DIALOGUE] = "dialogue",
    [ROLE_SFX] = "sfx",
    [ROLE__COUNT] = NULL,
};

const char *const timeline_grade_names[] = {
    [GRADE_NONE] = "none",
    [GRADE_NATURAL] = "natural",
    [GRADE_CINEMATIC] = "cinematic",
    [GRADE_WARM] = "warm",
    [GRADE_COOL] = "cool",
    [GRADE_HIGH_CONTRAST] = "high-contrast",
    [GRADE_CUSTOM] = "custom",
    [GRADE__COUNT] = NULL,
};

const char *const timeline_mode_names[] = {
    [CAPTION_BURN] = "burn",
    [CAPTION_SIDECAR] = "sidecar",
    [CAPTION_TRACK] = "track",
    [CAPTION__COUNT] = NULL,
};

const char *const timeline_caption_look_names[] = {
    [CAPTION_PLAIN] = "plain",
    [CAPTION_OUTLINE] = "outline",
    [CAPTION_BOX] = "box",
    [CAPTION_KARAOKE] = "karaoke",
    [CAPTION_LOOK__COUNT] = NULL,
};

static const char *const overlay_names[] = {"text", "image", NULL};
static const char *const profile_names[] = {"h264", "hevc", "av1", "webm", NULL};

#define SECONDS .low = 0.0, .high = TIMELINE_SECONDS_MAX
#define ASSET .min = 1, .max = 64, .pattern = JS_TOKEN
#define FONT .min = 1, .max = 100, .flags = JS_ONE_LINE, .fallback = "\"" TIMELINE_FONT_DEFAULT "\""
#define COLOUR(value) .pattern = JS_COLOR, .fallback = "\"" value "\""
#define WORD(words, value) .choices = (words), .fallback = "\"" value "\""

static const struct js_field look_fields[] = {
    JS_NAMED(struct timeline_look, grade_name, "grade", JS_STRING, WORD(timeline_grade_names, "none")),
    JS_FIELD(struct timeline_look, brightness, JS_DOUBLE, .low = -1, .high = 1, .fallback = "0",
	.about = "with grade custom, as the next four"),
    JS_FIELD(struct timeline_look, contrast, JS_DOUBLE, .low = 0, .high = 3, .fallback = "1"),
    JS_FIELD(struct timeline_look, saturation, JS_DOUBLE, .low = 0, .high = 3, .fallback = "1"),
    JS_FIELD(struct timeline_look, gamma, JS_DOUBLE, .low = 0.2, .high = 5, .fallback = "1"),
    JS_FIELD(struct timeline_look, temperature, JS_DOUBLE, .low = -1, .high = 1, .fallback = "0"),
    JS_FIELD(struct timeline_look, lut, JS_STRING, ASSET, .about = "name of the asset of a .cube file"),
    JS_FIELD(struct timeline_look, sharpen, JS_DOUBLE, .low = 0, .high = 1, .fallback = "0"),
    JS_END,
};

static const struct js_field keyframe_fields[] = {
    JS_NAMED(struct timeline_keyframe, at_s, "at", JS_DOUBLE, .flags = JS_REQUIRED, SECONDS,
	.about = "seconds after the item's start"),
    JS_FIELD(struct timeline_keyframe, x, JS_DOUBLE, .low = 0, .high = 1, .fallback = "0.5",
	.about = "centre of what is seen, as a share of the picture's width"),
    JS_FIELD(struct timeline_keyframe, y, JS_DOUBLE, .low = 0, .high = 1, .fallback = "0.5"),
    JS_FIELD(struct timeline_keyframe, zoom, JS_DOUBLE, .low = 1, .high = TIMELINE_ZOOM_MAX, .fallback = "1"),
    JS_NAMED(struct timeline_keyframe, easing_name, "easing", JS_STRING, WORD(timeline_easing_names, "ease-in-out"),
	.about = "of the way to the next keyframe"),
    JS_END,
};

static const struct js_field item_fields[] = {
    JS_NAMED(struct timeline_item, type_name, "type", JS_STRING, .flags = JS_REQUIRED, .choices = timeline_type_names),
    JS_FIELD(struct timeline_item, asset, JS_STRING, ASSET, .about = "name of the asset of a clip or still"),
    JS_NAMED(struct timeline_item, duration_s, "duration", JS_DOUBLE, SECONDS,
	.present = JS_PRESENT(struct timeline_item, has_duration),
	.about = "seconds in the film, after speed, without hold; a clip may give out instead"),
    JS_NAMED(struct timeline_item, hold_s, "hold", JS_DOUBLE, SECONDS, .fallback = "0",
	.about = "seconds the last picture stays after that"),
    JS_NAMED(struct timeline_item, in_s, "in", JS_DOUBLE, SECONDS, .fallback = "0",
	.about = "second of the source to begin at"),
    JS_NAMED(struct timeline_item, out_s, "out", JS_DOUBLE, SECONDS, .fallback = "0",
	.about = "second of the source to end at"),
    JS_FIELD(
	struct timeline_item, speed, JS_DOUBLE, .low = TIMELINE_SPEED_MIN, .high = TIMELINE_SPEED_MAX, .fallback = "1"),
    JS_NAMED(struct timeline_item, fit_name, "fit", JS_STRING, WORD(timeline_fit_names, "contain")),
    JS_NAMED(struct timeline_item, anchor_name, "anchor", JS_STRING, WORD(timeline_anchor_names, "center"),
	.about = "what stays when the picture is cut, where it stands when it is not"),
    JS_FIELD(struct timeline_item, motion, JS_OBJECTS, .min = 1, .max = TIMELINE_KEYFRAMES_MAX,
	.fields = keyframe_fields, .item_size = sizeof(struct timeline_keyframe),
	.about = "a camera moving over the picture"),
    JS_FIELD(struct timeline_item, look, JS_OBJECT, .fields = look_fields,
	.present = JS_PRESENT(struct timeline_item, has_look)),
    JS_FIELD(struct timeline_item, stabilise, JS_BOOL, .fallback = "false"),
    JS_FIELD(struct timeline_item, denoise, JS_BOOL, .fallback = "false"),
    JS_FIELD(struct timeline_item, sound, JS_BOOL, .fallback = "true", .about = "whether a clip's own sound is heard"),
    JS_FIELD(struct timeline_item, volume, JS_DOUBLE, .low = 0, .high = 4, .fallback = "1"),
    JS_FIELD(struct timeline_item, text, JS_STRING, .max = TIMELINE_TEXT_MAX),
    JS_FIELD(struct timeline_item, font, JS_STRING, FONT),
    JS_FIELD(struct timeline_item, size, JS_DOUBLE, .low = 8, .high = 600, .fallback = "96"),
    JS_FIELD(struct timeline_item, color, JS_STRING, COLOUR("#FFFFFF")),
    JS_FIELD(struct timeline_item, background, JS_STRING, COLOUR("#000000")),
    JS_NAMED(struct timeline_item, align_name, "align", JS_STRING, WORD(timeline_align_names, "center")),
    JS_END,
};

static const struct js_field transition_fields[] = {
    JS_FIELD(struct timeline_transition, after, JS_INT, .flags = JS_REQUIRED, .min = 0, .max = TIMELINE_ITEMS_MAX),
    JS_NAMED(struct timeline_transition, type_name, "type", JS_STRING, .max = 40, .pattern = JS_TOKEN,
	.fallback = "\"dissolve\"", .about = "cut, fade, dissolve, wipe, slide, or xfade: with a name FFmpeg knows"),
    JS_NAMED(struct timeline_transition, duration_s, "duration", JS_DOUBLE, .low = 0, .high = 10,
	.present = JS_PRESENT(struct timeline_transition, has_duration),
	.about = "seconds; without it 0.5 for fade, 0.75 for wipe and slide, else 1"),
    JS_NAMED(struct timeline_transition, direction_name, "direction", JS_STRING, WORD(timeline_direction_names, "left"),
	.about = "of wipe and slide: where the edge or the pictures move"),
    JS_NAMED(struct timeline_transition, easing_name, "easing", JS_STRING, WORD(timeline_easing_names, "linear")),
    JS_FIELD(struct timeline_transition, color, JS_STRING, COLOUR("#000000"), .about = "of fade"),
    JS_END,
};

static const struct js_field track_fields[] = {
    JS_FIELD(struct timeline_track, items, JS_OBJECTS, .flags = JS_REQUIRED, .min = 1, .max = TIMELINE_ITEMS_MAX,
	.fields = item_fields, .item_size = sizeof(struct timeline_item)),
    JS_FIELD(struct timeline_track, transitions, JS_OBJECTS, .max = TIMELINE_ITEMS_MAX, .fields = transition_fields,
	.item_size = sizeof(struct timeline_transition)),
    JS_END,
};

static const struct js_field box_fields[] = {
    JS_FIELD(struct timeline_box, color, JS_STRING, COLOUR("#000000")),
    JS_FIELD(struct timeline_box, opacity, JS_DOUBLE, .low = 0, .high = 1, .fallback = "0.6"),
    JS_FIELD(struct timeline_box, padding, JS_DOUBLE, .low = 0, .high = 300, .fallback = "16"),
    JS_FIELD(struct timeline_box, radius, JS_DOUBLE, .low = 0, .high = 300, .fallback = "8"),
    JS_END,
};

static const struct js_field overlay_fields[] = {
    JS_NAMED(struct timeline_overlay, type_name, "type", JS_STRING, .flags = JS_REQUIRED, .choices = overlay_names),
    JS_FIELD(struct timeline_overlay, text, JS_STRING, .max = TIMELINE_TEXT_MAX),
    JS_FIELD(struct timeline_overlay, asset, JS_STRING, ASSET),
    JS_NAMED(struct timeline_overlay, start_s, "start", JS_DOUBLE, SECONDS, .fallback = "0"),
    JS_NAMED(struct timeline_overlay, end_s, "end", JS_DOUBLE, SECONDS, .fallback = "0",
	.about = "0: to the end of the film"),
    JS_NAMED(struct timeline_overlay, fade_in_s, "fade_in", JS_DOUBLE, .low = 0, .high = 60, .fallback = "0"),
    JS_NAMED(struct timeline_overlay, fade_out_s, "fade_out", JS_DOUBLE, .low = 0, .high = 60, .fallback = "0"),
    JS_FIELD(struct timeline_overlay, font, JS_STRING, FONT),
    JS_FIELD(struct timeline_overlay, size, JS_DOUBLE, .low = 8, .high = 600, .fallback = "72"),
    JS_FIELD(struct timeline_overlay, color, JS_STRING, COLOUR("#FFFFFF")),
    JS_NAMED(struct timeline_overlay, anchor_name, "anchor", JS_STRING, WORD(timeline_anchor_names, "top")),
    JS_NAMED(struct timeline_overlay, align_name, "align", JS_STRING, WORD(timeline_align_names, "center")),
    JS_FIELD(struct timeline_overlay, margin, JS_DOUBLE, .low = 0, .high = 500, .fallback = "50"),
    JS_FIELD(struct timeline_overlay, x, JS_DOUBLE, .low = -TIMELINE_SIDE_MAX, .high = TIMELINE_SIDE_MAX,
	.fallback = "0", .about = "moved to the right by so much"),
    JS_FIELD(struct timeline_overlay, y, JS_DOUBLE, .low = -TIMELINE_SIDE_MAX, .high = TIMELINE_SIDE_MAX,
	.fallback = "0", .about = "moved down by so much"),
    JS_FIELD(struct timeline_overlay, outline, JS_BOOL, .fallback = "true"),
    JS_FIELD(struct timeline_overlay, outline_width, JS_DOUBLE, .low = 0, .high = 40, .fallback = "0",
	.about = "0: a soft edge in proportion to the size"),
    JS_FIELD(struct timeline_overlay, outline_color, JS_STRING, COLOUR("#000000")),
    JS_FIELD(struct timeline_overlay, box, JS_OBJECT, .fields = box_fields, .about = "a surface behind the text"),
    JS_FIELD(struct timeline_overlay, width, JS_DOUBLE, .low = 0, .high = 1, .fallback = "0",
	.about = "share of the frame's width: of an image (0.2 unless given), at most of a text (0.9 unless given)"),
    JS_FIELD(struct timeline_overlay, opacity, JS_DOUBLE, .low = 0, .high = 1, .fallback = "1"),
    JS_END,
};

static const struct js_field word_fields[] = {
    JS_FIELD(struct timeline_word, text, JS_STRING, .flags = JS_REQUIRED, .min = 1, .max = 100),
    JS_NAMED(struct timeline_word, start_s, "start", JS_DOUBLE, .flags = JS_REQUIRED, SECONDS),
    JS_NAMED(struct timeline_word, end_s, "end", JS_DOUBLE, .flags = JS_REQUIRED, SECONDS),
    JS_END,
};

static const struct js_field cue_fields[] = {
    JS_NAMED(struct timeline_cue, start_s, "start", JS_DOUBLE, .flags = JS_REQUIRED, SECONDS),
    JS_NAMED(struct timeline_cue, end_s, "end", JS_DOUBLE, .flags = JS_REQUIRED, SECONDS),
    JS_FIELD(struct timeline_cue, text, JS_STRING, .flags = JS_REQUIRED, .min = 1, .max = TIMELINE_TEXT_MAX),
    JS_FIELD(struct timeline_cue, words, JS_OBJECTS, .max = TIMELINE_WORDS_MAX, .fields = word_fields,
	.item_size = sizeof(struct timeline_word), .about = "when each word is spoken"),
    JS_END,
};

static const struct js_field captions_fields[] = {
    JS_FIELD(struct timeline_captions, asset, JS_STRING, ASSET, .about = "SRT, WebVTT or word timings; or give cues"),
    JS_FIELD(struct timeline_captions, cues, JS_OBJECTS, .max = TIMELINE_CUES_MAX, .fields = cue_fields,
	.item_size = sizeof(struct timeline_cue)),
    JS_FIELD(
	struct timeline_captions, language, JS_STRING, .min = 2, .max = 35, .pattern = JS_TOKEN, .fallback = "\"und\""),
    JS_NAMED(struct timeline_captions, offset_s, "offset", JS_DOUBLE, .low = -TIMELINE_SECONDS_MAX,
	.high = TIMELINE_SECONDS_MAX, .fallback = "0", .about = "added to all times"),
    JS_NAMED(struct timeline_captions, mode_names, "modes", JS_STRINGS, .flags = JS_UNIQUE, .min = 1,
	.max = CAPTION__COUNT, .choices = timeline_mode_names, .fallback = "[\"burn\"]"),
    JS_NAMED(struct timeline_captions, look_name, "look", JS_STRING, WORD(timeline_caption_look_names, "outline")),
    JS_FIELD(struct timeline_captions, font, JS_STRING, FONT),
    JS_FIELD(struct timeline_captions, size, JS_DOUBLE, .low = 8, .high = 300, .fallback = "52"),
    JS_FIELD(struct timeline_captions, color, JS_STRING, COLOUR("#FFFFFF")),
    JS_FIELD(struct timeline_captions, highlight, JS_STRING, COLOUR("#FFD400"), .about = "of the word being spoken"),
    JS_NAMED(struct timeline_captions, anchor_name, "anchor", JS_STRING, WORD(timeline_anchor_names, "bottom")),
    JS_FIELD(struct timeline_captions, margin, JS_DOUBLE, .low = 0, .high = 500, .fallback = "64"),
    JS_FIELD(
	struct timeline_captions, box, JS_OBJECT, .fields = box_fields, .fallback = "{}", .about = "with look box"),
    JS_END,
};

static const struct js_field audio_fields[] = {
    JS_FIELD(struct timeline_audio, asset, JS_STRING, ASSET, .flags = JS_REQUIRED),
    JS_NAMED(struct timeline_audio, role_name, "role", JS_STRING, WORD(timeline_role_names, "music")),
    JS_NAMED(struct timeline_audio, start_s, "start", JS_DOUBLE, SECONDS, .fallback = "0"),
    JS_NAMED(struct timeline_audio, duration_s, "duration", JS_DOUBLE, SECONDS, .fallback = "0",
	.about = "seconds in the film; 0: to the end of the asset, of a looped one to the end of the film"),
    JS_NAMED(struct timeline_audio, in_s, "in", JS_DOUBLE, SECONDS, .fallback = "0"),
    JS_FIELD(struct timeline_audio, speed, JS_DOUBLE, .low = TIMELINE_SPEED_MIN, .high = TIMELINE_SPEED_MAX,
	.fallback = "1", .about = "the pitch stays"),
    JS_FIELD(struct timeline_audio, loop, JS_BOOL, .fallback = "false"),
    JS_NAMED(struct timeline_audio, fade_in_s, "fade_in", JS_DOUBLE, .low = 0, .high = 60, .fallback = "0"),
    JS_NAMED(struct timeline_audio, fade_out_s, "fade_out", JS_DOUBLE, .low = 0, .high = 60, .fallback = "0"),
    JS_FIELD(struct timeline_audio, volume, JS_DOUBLE, .low = 0, .high = 4, .fallback = "1"),
    JS_FIELD(struct timeline_audio, pan, JS_DOUBLE, .low = -1, .high = 1, .fallback = "0"),
    JS_FIELD(struct timeline_audio, duck, JS_BOOL, .fallback = "true",
	.about = "music and effects step back while dialogue is heard"),
    JS_END,
};

static const struct js_field ducking_fields[] = {
    JS_NAMED(struct timeline_ducking, music_db, "music", JS_DOUBLE, .low = 0, .high = 60, .fallback = "10",
	.about = "decibels by which music gets quieter"),
    JS_NAMED(struct timeline_ducking, sfx_db, "sfx", JS_DOUBLE, .low = 0, .high = 60, .fallback = "3"),
    JS_NAMED(struct timeline_ducking, attack_s, "attack", JS_DOUBLE, .low = 0.01, .high = 5, .fallback = "0.15"),
    JS_NAMED(struct timeline_ducking, release_s, "release", JS_DOUBLE, .low = 0.01, .high = 5, .fallback = "0.4"),
    JS_END,
};

static const struct js_field sound_fields[] = {
    JS_FIELD(struct timeline_sound, rate, JS_INT, .min = 44100, .max = 48000, .fallback = "48000"),
    JS_FIELD(struct timeline_sound, lufs, JS_DOUBLE, .low = -40, .high = -8, .fallback = "-16"),
    JS_FIELD(struct timeline_sound, true_peak, JS_DOUBLE, .low = -12, .high = -1, .fallback = "-1.5"),
    JS_FIELD(struct timeline_sound, ducking, JS_OBJECT, .fields = ducking_fields, .fallback = "{}"),
    JS_END,
};

static const struct js_field output_fields[] = {
    JS_FIELD(struct timeline_output, width, JS_INT, .flags = JS_REQUIRED, .min = 32, .max = TIMELINE_SIDE_MAX),
    JS_FIELD(struct timeline_output, height, JS_INT, .flags = JS_REQUIRED, .min = 32, .max = TIMELINE_SIDE_MAX),
    JS_FIELD(struct timeline_output, fps, JS_INTS, .min = 2, .max = 2, .item_min = 1, .item_max = 240000,
	.fallback = "[30,1]"),
    JS_FIELD(struct timeline_output, profile, JS_STRING, .choices = profile_names, .fallback = "\"h264\""),
    JS_FIELD(struct timeline_output, audio, JS_OBJECT, .flags = JS_NULLABLE, .fields = sound_fields),
    JS_END,
};

const struct js_field timeline_fields[] = {
    JS_FIELD(struct timeline, version, JS_INT, .flags = JS_REQUIRED, .min = TIMELINE_VERSION, .max = TIMELINE_VERSION),
    JS_FIELD(struct timeline, output, JS_OBJECT, .flags = JS_REQUIRED, .fields = output_fields),
    JS_FIELD(struct timeline, tracks, JS_OBJECTS, .flags = JS_REQUIRED, .min = 1, .max = TIMELINE_TRACKS_MAX,
	.fields = track_fields, .item_size = sizeof(struct timeline_track)),
    JS_FIELD(struct timeline, overlays, JS_OBJECTS, .max = TIMELINE_OVERLAYS_MAX, .fields = overlay_fields,
	.item_size = sizeof(struct timeline_overlay)),
    JS_FIELD(struct timeline, captions, JS_OBJECTS, .max = TIMELINE_CAPTIONS_MAX, .fields = captions_fields,
	.item_size = sizeof(struct timeline_captions)),
    JS_FIELD(struct timeline, audio, JS_OBJECTS, .max = TIMELINE_AUDIO_MAX, .fields = audio_fields,
	.item_size = sizeof(struct timeline_audio)),
    JS_FIELD(struct timeline, look, JS_OBJECT, .fields = look_fields, .present = JS_PRESENT(struct timeline, has_look),
	.about = "of the whole film, below overlays and captions"),
    JS_END,
};
