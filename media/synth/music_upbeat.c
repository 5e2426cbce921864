/*
 * Upbeat: a sunny pop tune. Two ukuleles strum left and right, claps on two and four, a round bass, and a glockenspiel
 * that has its theme from the first bar on, because most advertisements are over after ten seconds.
 *
 * Sixteen bars: theme; theme with pad and a fuller beat; a second idea; the theme again with everything.
 */
#include "media/synth/music_genre.h"

static const signed char scale[] = {0, 2, 4, 7, 9};

static const struct chord progressions[][4] = {
    {{0, CHORD_MAJOR}, {7, CHORD_MAJOR}, {9, CHORD_MINOR}, {5, CHORD_ADD9}},
    {{0, CHORD_ADD9}, {9, CHORD_MINOR}, {5, CHORD_MAJOR}, {7, CHORD_MAJOR}},
    {{5, CHORD_ADD9}, {0, CHORD_MAJOR}, {7, CHORD_MAJOR}, {9, CHORD_MINOR}},
    {{0, CHORD_MAJOR}, {5, CHORD_ADD9}, {9, CHORD_MINOR}, {7, CHORD_MAJOR}},
};

static const char *const rhythms[] = {
    "x-x-x---..x-x-..",
    "x---x-x-..x-x---",
    "..x-x-x-x---x-..",
    "x-..x-..x-x-x---",
    "x-x-x---x-------",
};

/* Digits are strokes down; letters a..i the same strengths upwards. */
static const char *const strums[] = {
    "9...7.e...e.7.e.",
    "9...7.ef..e.7.ef",
    "9.....e.7...7.e.",
};

static void
strum(struct score *score, struct track *track, int bar, const char *pattern, double pan)
{
	int pitches[SCORE_VOICES_MAX];
	const int voices = score_voicing(score, bar, 60, pitches);
	const int strings = FW_MIN(voices, 4);
	for (int step = 0; step < SCORE_STEPS; step++) {
		const char c = pattern[step];
		const bool up = c >= 'a' && c <= 'i';
		if (!up && !(c >= '1' && c <= '9'))
			continue;
		const double velocity = (up ? c - 'a' + 1 : c - '0') / 9.0;
		for (int s = 0; s < strings + 1; s++) {
			const int string = up ? strings - s : s;
			const int pitch = string < strings ? pitches[string] : pitches[0] + 12;
			/* the hand needs about 40 ms across the strings, less on the way up */
			score_play(score, track, bar * SCORE_STEPS + step + s * (up ? 0.06 : 0.08), 2.2, pitch,
			    velocity * (up ? 0.8 : 0.95), pan);
		}
	}
}

static void
write_strums(struct score *score)
{
	struct track *const track = score_track(score,
	    &(struct track){.instrument = INSTRUMENT_STRING, .level = -10, .reverb = 0.18F, .duck = 0.15F, .loose = 5});
	const char *const pattern = strums[chance_below(&score->chance, (int)ARRAY_LEN(strums))];
	for (int bar = 0; bar < score->bars; bar++) {
		strum(score, track, bar, pattern, -0.7);
		strum(score, track, bar, bar < 4 ? strums[2] : pattern, 0.7);
	}
}

static void
write_bass(struct score *score)
{
	static const char *const patterns[] = {"9.....7.9...7.6.", "9...7.7...8.7.6."};
	struct track *const track = score_track(
	    score, &(struct track){.instrument = INSTRUMENT_BASS_ROUND, .level = -10, .duck = 0.3F, .loose = 3});
	const char *const pattern = patterns[chance_below(&score->chance, (int)ARRAY_LEN(patterns))];
	for (int step = 0; step < score->bars * SCORE_STEPS; step++) {
		const int bar = step / SCORE_STEPS, at = step % SCORE_STEPS;
		if (pattern[at] == '.')
			continue;
		/* the last note of a bar leads on by the fifth */
		const int pitch = score_root(score, bar, at == 14 ? 7 : 0, 31) + (at == 10 ? 12 : 0);
		score_play(score, track, step, at == 0 ? 3.5 : 1.8, pitch, (pattern[at] - '0') / 9.0, 0);
	}
}

static void
write_drums(struct score *score)
{
	struct track *const kick =
	    score_track(score, &(struct track){.instrument = INSTRUMENT_KICK, .level = -10, .loose = 1, .pumps = true});
	score_beat(score, kick, "9.......8.6.....", 0, 3);
	score_beat(score, kick, "9...8...9...8...", 4, 15);
	struct track *const clap = score_track(
	    score, &(struct track){.instrument = INSTRUMENT_CLAP, .level = -3, .reverb = 0.22F, .loose = 4});
	score_beat(score, clap, "....8.......9...", 0, 15);
	struct track *const snare = score_track(
	    score, &(struct track){.instrument = INSTRUMENT_SNARE, .level = -8, .reverb = 0.2F, .loose = 3});
	score_beat(score, snare, "....8.......8...", 8, 14);
	score_beat(score, snare, "....8...4.5.6789", 7, 7);
	score_beat(score, snare, "....8...5.6.7889", 15, 15);
	struct track *const shaker = score_track(score,
	    &(struct track){.instrument = INSTRUMENT_SHAKER, .level = -11, .pan = -0.35F, .reverb = 0.08F, .loose = 5});
	score_beat(score, shaker, "4.7.4.8.4.7.4.8.", 0, 3);
	score_beat(score, shaker, "5384538453845384", 4, 15);
	struct track *const hat = score_track(
	    score, &(struct track){.instrument = INSTRUMENT_HAT_OPEN, .level = -15, .pan = 0.3F, .loose = 3});
	score_beat(score, hat, "..7...7...7...7.", 8, 15);
	struct track *const crash =
	    score_track(score, &(struct track){.instrument = INSTRUMENT_CRASH, .level = -19, .reverb = 0.2F});
	score_beat(score, crash, "7...............", 0, 0);
	score_beat(score, crash, "9...............", 8, 8);
}

static void
write_pad(struct score *score)
{
	struct track *const track = score_track(score,
	    &(struct track){.instrument = INSTRUMENT_PAD, .level = -17, .reverb = 0.35F, .duck = 0.4F, .chorus = true});
	for (int bar = 4; bar < score->bars; bar++) {
		int pitches[SCORE_VOICES_MAX];
		const int voices = score_voicing(score, bar, 55, pitches);
		for (int v = 0; v < voices; v++)
			score_play(score, track, bar * SCORE_STEPS - 2, 15, pitches[v], 0.75, 0);
	}
}

static void
write_theme(struct score *score)
{
	const struct melody bells = {.rhythms = rhythms,
	    .rhythms_count = (int)ARRAY_LEN(rhythms),
	    .scale = scale,
	    .low = 76,
	    .high = 93,
	    .length = 0.9,
	    .velocity = 0.85};
	struct melody mallets = bells;
	mallets.low = 64;
	mallets.high = 81;
	const uint64_t first = chance_bits(&score->chance), second = chance_bits(&score->chance);
	struct track *const bell = score_track(score,
	    &(struct track){
		.instrument = INSTRUMENT_BELL, .level = -13, .pan = 0.15F, .reverb = 0.3F, .echo = 0.14F, .loose = 5});
	struct track *const mallet = score_track(score, &(struct track){.instrument = INSTRUMENT_MALLET,
							    .level = -11,
							    .pan = -0.15F,
							    .reverb = 0.25F,
							    .echo = 0.08F,
							    .loose = 5});
	score_melody(score, bell, &bells, 0, 7, first);
	score_melody(score, mallet, &mallets, 4, 7, first);
	score_melody(score, mallet, &mallets, 8, 11, second);
	score_melody(score, bell, &bells, 12, 15, first);
	score_melody(score, mallet, &mallets, 12, 15, first);
}

void
music_upbeat(struct score *score, int64_t seed, int rate)
{
	static const int keys[] = {0, 2, 5, 7, 9};
	static const double tempos[] = {116, 120, 124};
	struct chance chance = {.state = (uint64_t)seed ^ 0x7570};
	score_init(score, tempos[chance_below(&chance, (int)ARRAY_LEN(tempos))], 16, seed, rate);
	score->key = keys[chance_below(&chance, (int)ARRAY_LEN(keys))];
	score_chords(score, progressions[chance_below(&chance, (int)ARRAY_LEN(progressions))], 4);
	write_theme(score);
	write_strums(score);
	write_bass(score);
	write_drums(score);
	write_pad(score);
}
