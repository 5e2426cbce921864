#include "media/camera_move.h"

#include <ctype.h>
#include <math.h>

#define TEXT_MAX 400
/* Share by which the speed swings around its mean: 0.6 begins at 0.4 of the mean and reaches 1.6 of it half way. */
#define EASE 0.6

struct words {
	char text[TEXT_MAX + 3]; /* lower case, single spaces, a space at both ends */
};

static void
words_init(struct words *words, const char *text)
{
	size_t n = 0;

	words->text[n++] = ' ';
	for (; *text != '\0' && n <= TEXT_MAX; text++) {
		const char c = isalnum((unsigned char)*text) ? (char)tolower((unsigned char)*text) : ' ';
		if (c != ' ' || words->text[n - 1] != ' ')
			words->text[n++] = c;
	}
	if (words->text[n - 1] != ' ')
		words->text[n++] = ' ';
	words->text[n] = '\0';
}

/* Whether any of the words or phrases occurs; each is a beginning of a word: "pan" finds "panning". */
static bool
has(const struct words *words, const char *const *list)
{
	for (; *list != NULL; list++) {
		char part[32];
		const int n = snprintf(part, sizeof(part), " %s", *list);
		if (n > 0 && (size_t)n < sizeof(part) && strstr(words->text, part) != NULL)
			return true;
	}
	return false;
}
#define HAS(words, ...) has((words), (const char *const[]){__VA_ARGS__, NULL})

static double
pace(const struct words *words)
{
	double factor = 1;

	if (HAS(words, "very slow", "barely"))
		factor *= 0.5;
	else if (HAS(words, "slow", "gentl", "subtl", "soft", "slight", "calm"))
		factor *= 0.75;
	if (HAS(words, "fast", "quick", "dynamic", "rapid", "dramatic", "energetic", "whip"))
		factor *= 1.35;
	return factor;
}

/* -1 left, +1 right, 0 not said. "from left to right" and "left to right" end on the right. */
static int
sideways(const struct words *words)
{
	const bool left = HAS(words, "left", "counterclockwise", "anticlockwise"),
		   right = HAS(words, "right", "clockwise");

	if (left && right)
		return HAS(words, "right to left", "from the right", "from right") ? -1 : 1;
	return left ? -1 : right ? 1 : 0;
}

static int
upwards(const struct words *words)
{
	if (HAS(words, "up ", "upward", "rise", "rising", "ascend", "lift", "top"))
		return -1;
	return HAS(words, "down", "lower", "descend", "drop", "fall") ? 1 : 0;
}

static void
add_zoom(const struct words *words, double amount, struct camera_move *move)
{
	const bool out = HAS(words, "zoom out", "zooming out", "zooms out", "pull", "dolly out", "dolly back",
	    "backward", "back away", "reveal", "widen", "move out", "out to", "retreat");
	const bool in = HAS(words, "zoom", "push", "dolly", "closer", "close in", "forward", "follow", "approach",
	    "move in", "moves in", "track in", "fly", "toward");

	if (out)
		move->end.zoom -= log1p(0.26 * amount);
	else if (in)
		move->end.zoom += log1p(0.36 * amount);
}

static void
add_shift(const struct words *words, double amount, uint64_t seed, struct camera_move *move)
{
	const bool across =
	    HAS(words, "pan", "truck", "slid", "track", "sweep", "lateral", "dolly", "move", "moving", "glid");
	const bool along = HAS(words, "tilt", "crane", "pedestal", "boom", "jib", "rise", "rising", "ascend", "descend",
	    "pan", "mov", "glid");
	const int side = sideways(words), height = upwards(words);

	if (across && side != 0)
		move->end.x += side * 0.10 * amount;
	else if (HAS(words, "pan", "truck", "slid", "sweep", "lateral") && height == 0)
		move->end.x += (seed & 1 ? 1 : -1) * 0.10 * amount;
	if (along && height != 0) {
		move->end.y += height * 0.10 * amount;
		if (HAS(words, "tilt"))
			move->end.pitch -= height * 0.10 * amount;
	} else if (HAS(words, "tilt", "crane", "jib", "boom")) {
		move->end.y += (seed & 2 ? 1 : -1) * 0.10 * amount;
		move->end.pitch -= (seed & 2 ? 1 : -1) * 0.08 * amount;
	}
}

static void
add_turn(const struct words *words, double amount, uint64_t seed, struct camera_move *move)
{
	const int said = sideways(words);
	const int side = said != 0 ? said : seed & 4 ? 1 : -1;

	if (HAS(words, "orbit", "arc", "around", "circl", "360", "revolv", "turntable", "rotat")) {
		move->end.yaw += side * 0.24 * amount;
		move->end.x += side * 0.035 * amount;
		move->end.zoom += log1p(0.08 * amount);
		move->end.roll += side * 0.012 * amount;
	} else if (HAS(words, "roll", "spin", "dutch", "twist")) {
		move->end.roll += side * 0.11 * amount;
		move->end.zoom += log1p(0.06 * amount);
	}
}

static void
add_sway(const struct words *words, double amount, double duration_s, struct camera_move *move)
{
	if (HAS(words, "handheld", "hand held", "shak"))
		move->sway = 0.010 * amount;
	else if (HAS(words, "follow", "float", "drift", "hover", "walk"))
		move->sway = 0.007 * amount;
	move->sway_turns = fmax(1.0, round(duration_s / 2.5));
}

/* A held camera still lives: a breath of zoom and drift, about a pixel in ten frames. */
static void
breathe(uint64_t seed, double amount, struct camera_move *move)
{
	move->end.zoom = log1p(0.018 + 0.012 * amount);
	move->end.x = (seed & 8 ? 1 : -1) * 0.004;
	move->end.y = (seed & 16 ? 1 : -1) * 0.003;
}

static bool
stands(const struct camera_move *move)
{
	const struct camera_pose *end = &move->end;

	return fabs(end->zoom) + fabs(end->x) + fabs(end->y) + fabs(end->roll) + fabs(end->yaw) + fabs(end->pitch) <
	       1e-9;
}

void
camera_move_parse(const char *text, double intensity, double duration_s, uint64_t seed, struct camera_move *ret_move)
{
	struct camera_move move = {.sway_turns = 1};
	struct words words;

	words_init(&words, text == NULL ? "" : text);
	const double level = intensity >= 0 ? fmin(intensity, 1) : 0;
	/* a long shot may go a little further, a short one must not race */
	const double length = fmin(fmax(sqrt(duration_s / 4), 0.6), 1.3);
	const double amount = (0.25 + 0.75 * level) * pace(&words) * length;
	add_zoom(&words, amount, &move);
	add_shift(&words, amount, seed, &move);
	add_turn(&words, amount, seed, &move);
	add_sway(&words, amount, duration_s, &move);
	if (stands(&move) && HAS(&words, "static", "still", "lock", "fixed", "tripod", "none", "no camera",
				 "no movement", "hold", "float", "drift", "hover", "handheld", "shak"))
		breathe(seed, level, &move);
	else if (stands(&move))
		move.end.zoom = log1p(0.30 * amount);
	*ret_move = move;
}

void
camera_move_at(const struct camera_move *move, double t, struct camera_pose *ret_pose)
{
	const double p = t - EASE / (2 * M_PI) * sin(2 * M_PI * t);
	const double turn = 2 * M_PI * move->sway_turns * t;

	*ret_pose = (struct camera_pose){
	    .zoom = exp(move->end.zoom * p),
	    .x = move->end.x * p + move->sway * sin(turn),
	    .y = move->end.y * p + move->sway * 0.5 * (1 - cos(2 * turn)),
	    .roll = move->end.roll * p,
	    .yaw = move->end.yaw * p,
	    .pitch = move->end.pitch * p,
	};
}
