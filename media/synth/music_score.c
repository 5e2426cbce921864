#include "media/synth/music_score.h"

#define MELODY_SCALE 5
#define LADDER_MAX 32

static const struct {
	int count;
	signed char tones[SCORE_VOICES_MAX];
} chord_types[CHORD__COUNT] = {
    [CHORD_MAJOR] = {3, {0, 4, 7}},
    [CHORD_MINOR] = {3, {0, 3, 7}},
    [CHORD_ADD9] = {4, {0, 4, 7, 14}},
    [CHORD_MINOR_ADD9] = {4, {0, 3, 7, 14}},
    [CHORD_MAJOR9] = {5, {0, 4, 7, 11, 14}},
    [CHORD_MINOR9] = {5, {0, 3, 7, 10, 14}},
    [CHORD_NINTH13] = {5, {0, 4, 10, 14, 21}},
    [CHORD_SUS] = {4, {0, 5, 7, 10}},
};

void
score_init(struct score *score, double tempo, int bars, int64_t seed, int rate)
{
	*score = (struct score){
	    .rate = rate,
	    .bars = bars,
	    .step_frames = (size_t)(rate * 60.0 / tempo / 4 + 0.5),
	    .echo_steps = 3,
	    .chance = {.state = (uint64_t)seed},
	};
	/* neighbouring seeds must not begin alike */
	score->chance.state = chance_bits(&score->chance) ^ (uint64_t)bars;
}

void
score_done(struct score *score)
{
	for (int t = 0; t < score->tracks_used; t++)
		free(score->tracks[t].notes);
	score->tracks_used = 0;
}

size_t
score_frames(const struct score *score)
{
	return score->step_frames * SCORE_STEPS * (size_t)score->bars;
}

void
score_chords(struct score *score, const struct chord *chords, int count)
{
	for (int bar = 0; bar < score->bars; bar++)
		score->chords[bar] = chords[bar % count];
}

struct track *
score_track(struct score *score, const struct track *settings)
{
	if (score->tracks_used == SCORE_TRACKS_MAX)
		abort();
	struct track *const track = &score->tracks[score->tracks_used++];
	*track = *settings;
	return track;
}

static struct note *
track_note(struct track *track)
{
	if (track->used == track->size) {
		track->size = track->size == 0 ? 64 : track->size * 2;
		struct note *const notes = realloc(track->notes, track->size * sizeof(*notes));
		if (notes == NULL)
			abort();
		track->notes = notes;
	}
	return &track->notes[track->used++];
}

void
score_play(
    struct score *score, struct track *track, double step, double length, double pitch, double velocity, double pan)
{
	const bool off_beat = ((int)floor(step + 1e-6) & 1) != 0;
	const double swung = step + (off_beat ? score->swing : 0);
	const double late = chance_noise(&score->chance) * track->loose / 1000 * score->rate;
	const double played = velocity * (1 + 0.07 * chance_noise(&score->chance));
	*track_note(track) = (struct note){
	    .at = (int64_t)(swung * (double)score->step_frames + late),
	    .held = (size_t)fmax(1, length * (double)score->step_frames),
	    .pitch = (float)pitch,
	    .velocity = (float)fmin(1, played),
	    .pan = (float)fmax(-1, fmin(1, track->pan + pan)),
	    .seed = chance_bits(&score->chance),
	};
}

void
score_beat(struct score *score, struct track *track, const char *pattern, int first, int last)
{
	const int length = (int)strlen(pattern);
	for (int i = 0; i < (last - first + 1) * SCORE_STEPS; i++) {
		const char c = pattern[i % length];
		if (c >= '1' && c <= '9')
			score_play(score, track, first * SCORE_STEPS + i, 1, 60, (c - '0') / 9.0, 0);
	}
}

/* The first pitch at or above `lowest` with the name of `pitch`. */
static int
pitch_fold(int pitch, int lowest)
{
	const int above = (pitch - lowest) % 12;
	return lowest + (above < 0 ? above + 12 : above);
}

int
score_voicing(const struct score *score, int bar, int lowest, int pitches[SCORE_VOICES_MAX])
{
	const struct chord *const chord = &score->chords[bar];
	const int count = chord_types[chord->type].count;
	for (int i = 0; i < count; i++) {
		const int pitch = pitch_fold(score->key + chord->root + chord_types[chord->type].tones[i], lowest);
		int at = i;
		for (; at > 0 && pitches[at - 1] > pitch; at--)
			pitches[at] = pitches[at - 1];
		pitches[at] = pitch;
	}
	return count;
}

int
score_root(const struct score *score, int bar, int above, int lowest)
{
	return pitch_fold(score->key + score->chords[bar].root + above, lowest);
}

/* The theme: for each step of each motif, how many rungs of the scale the tune moves there. */
struct theme {
	int rhythm[3]; /* motif, answer, close */
	signed char moves[3][SCORE_STEPS];
	int start;
};

static void
theme_invent(struct theme *theme, const struct melody *melody, int rungs, uint64_t seed)
{
	static const signed char moves[] = {-2, -1, -1, -1, 0, 1, 1, 1, 2, 3};
	struct chance chance = {.state = seed};
	const int open = melody->rhythms_count - 1;
	theme->rhythm[0] = chance_below(&chance, open);
	theme->rhythm[1] = (theme->rhythm[0] + 1 + chance_below(&chance, open - 1)) % open;
	theme->rhythm[2] = open;
	for (int m = 0; m < 3; m++) {
		for (int s = 0; s < SCORE_STEPS; s++)
			theme->moves[m][s] = moves[chance_below(&chance, (int)ARRAY_LEN(moves))];
	}
	theme->start = rungs / 3 + chance_below(&chance, rungs / 3);
}

static int
ladder_build(const struct score *score, const struct melody *melody, int ladder[LADDER_MAX])
{
	int count = 0;
	for (int pitch = melody->low; pitch <= melody->high && count < LADDER_MAX; pitch++) {
		for (int i = 0; i < MELODY_SCALE; i++) {
			if (pitch_fold(score->key + melody->scale[i], pitch) == pitch)
				ladder[count++] = pitch;
		}
	}
	return count;
}

/* The tone of the bar's chord nearest to a pitch; sevenths and ninths are colour, a tune rests on the triad. */
static int
chord_nearest(const struct score *score, int bar, int pitch)
{
	const struct chord *const chord = &score->chords[bar];
	int best = pitch, distance = 12;
	for (int i = 0; i < 3; i++) {
		const int tone = score->key + chord->root + chord_types[chord->type].tones[i];
		const int near = pitch_fold(tone, pitch - 6);
		if (abs(near - pitch) < distance) {
			distance = abs(near - pitch);
			best = near;
		}
	}
	return best;
}

static int
note_steps(const char *rhythm, int step)
{
	int length = 1;
	while (step + length < SCORE_STEPS && rhythm[step + length] == '-')
		length++;
	return length;
}

/* Turns at the ends of the ladder instead of standing there. */
static int
rung_move(int rung, int move, int rungs)
{
	const int next = rung + move;
	return next < 0 || next >= rungs ? rung - move : next;
}

static void
melody_bar(
    struct score *score, struct track *track, const struct melody *melody, const struct theme *theme, int part, int bar)
{
	int ladder[LADDER_MAX];
	const int rungs = ladder_build(score, melody, ladder);
	const char *const rhythm = melody->rhythms[theme->rhythm[part]];
	int rung = theme->start;
	for (int step = 0; step < SCORE_STEPS; step++) {
		if (rhythm[step] != 'x')
			continue;
		rung = rung_move(rung, theme->moves[part][step], rungs);
		rung = FW_MAX(0, FW_MIN(rungs - 1, rung));
		const int length = note_steps(rhythm, step);
		/* on the beat and on long notes the tune agrees with the chord, between them it walks */
		const bool rests = step % 8 == 0 || length >= 4;
		const int pitch = rests ? chord_nearest(score, bar, ladder[rung]) : ladder[rung];
		const double accent = step % 4 == 0 ? 1 : 0.85;
		score_play(score, track, bar * SCORE_STEPS + step, length * melody->length, pitch,
		    melody->velocity * accent, 0);
	}
}

void
score_melody(struct score *score, struct track *track, const struct melody *melody, int first, int last, uint64_t theme)
{
	static const int parts[] = {0, 1, 0, 2};
	int ladder[LADDER_MAX];
	struct theme invented;
	theme_invent(&invented, melody, ladder_build(score, melody, ladder), theme);
	for (int bar = first; bar <= last; bar++)
		melody_bar(score, track, melody, &invented, parts[(bar - first) % 4], bar);
}
