/*
 * Chill: a slow, swung beat under an electric piano that lays its ninth chords a little late, a soft sub bass, and a
 * marimba with few notes and a long echo.
 *
 * Eight slow bars: piano and bass with a light beat; the full beat; the tune answers; pad and shaker carry it home.
 */
#include "media/synth/music_genre.h"

static const signed char scale[] = {0, 2, 4, 7, 9};

static const struct chord progressions[][4] = {
    {{2, CHORD_MINOR9}, {7, CHORD_NINTH13}, {0, CHORD_MAJOR9}, {9, CHORD_MINOR9}},
    {{0, CHORD_MAJOR9}, {9, CHORD_MINOR9}, {2, CHORD_MINOR9}, {7, CHORD_NINTH13}},
    {{5, CHORD_MAJOR9}, {4, CHORD_MINOR9}, {2, CHORD_MINOR9}, {0, CHORD_MAJOR9}},
    {{5, CHORD_MAJOR9}, {7, CHORD_SUS}, {4, CHORD_MINOR9}, {9, CHORD_MINOR9}},
};

static const char *const rhythms[] = {
    "....x--x--x-----",
    "x--x--x-----....",
    "......x-x-x---x-",
    "..x-x---..x-x---",
    "x-----..x-------",
};

/* Where the piano strikes the chord, and how strongly. */
static const char *const comps[] = {
    "8.........6.....",
    "8......5..6.....",
    "8.....6.......4.",
};

static void
write_piano(struct score *score)
{
	struct track *const track = score_track(score, &(struct track){.instrument = INSTRUMENT_EPIANO,
							   .level = -15,
							   .reverb = 0.3F,
							   .echo = 0.05F,
							   .duck = 0.2F,
							   .loose = 7,
							   .chorus = true});
	const char *const usual = comps[chance_below(&score->chance, (int)ARRAY_LEN(comps))];
	for (int bar = 0; bar < score->bars; bar++) {
		const char *const comp = bar % 4 == 3 ? comps[1] : usual;
		int pitches[SCORE_VOICES_MAX];
		const int voices = score_voicing(score, bar, 53, pitches);
		for (int step = 0; step < SCORE_STEPS; step++) {
			if (comp[step] == '.')
				continue;
			/* the chord rolls upwards and rings until the next stroke */
			const double length = step == 0 ? 8 : 5;
			for (int v = 0; v < voices; v++)
				score_play(score, track, bar * SCORE_STEPS + step + 0.1 + 0.07 * v, length, pitches[v],
				    (comp[step] - '0') / 9.0 * (v == voices - 1 ? 0.9 : 0.75), (v - 2) * 0.12);
		}
	}
}

static void
write_bass(struct score *score)
{
	struct track *const track = score_track(
	    score, &(struct track){.instrument = INSTRUMENT_BASS_ROUND, .level = -11, .duck = 0.35F, .loose = 5});
	for (int bar = 0; bar < score->bars; bar++) {
		const int root = score_root(score, bar, 0, 29);
		const int next = score_root(score, (bar + 1) % score->bars, 0, 29);
		score_play(score, track, bar * SCORE_STEPS, 6, root, 0.9, 0);
		score_play(score, track, bar * SCORE_STEPS + 7, 2, root, 0.6, 0);
		score_play(score, track, bar * SCORE_STEPS + 10, 3.5, score_root(score, bar, 7, 29), 0.75, 0);
		if (bar % 2 == 1) /* steps into the next chord from above or below */
			score_play(score, track, bar * SCORE_STEPS + 14, 1.6, next + (next > root ? -2 : 2), 0.6, 0);
	}
}

static void
write_drums(struct score *score)
{
	static const char *const kicks[] = {"9......5..8.....", "9.....6...8....4", "9..5......8.6..."};
	struct track *const kick = score_track(
	    score, &(struct track){.instrument = INSTRUMENT_KICK_SOFT, .level = -9, .loose = 4, .pumps = true});
	score_beat(score, kick, kicks[chance_below(&score->chance, (int)ARRAY_LEN(kicks))], 0, 7);
	struct track *const rim = score_track(score,
	    &(struct track){.instrument = INSTRUMENT_RIM, .level = -8, .pan = 0.2F, .reverb = 0.25F, .loose = 6});
	score_beat(score, rim, "....7.......7..3", 0, 1);
	score_beat(score, rim, ".......3......2.", 2, 7);
	struct track *const snare = score_track(
	    score, &(struct track){.instrument = INSTRUMENT_SNARE, .level = -8, .reverb = 0.2F, .loose = 6});
	score_beat(score, snare, "....7.......7...", 2, 6);
	score_beat(score, snare, "....7..2....7.24", 7, 7);
	struct track *const hat = score_track(score,
	    &(struct track){.instrument = INSTRUMENT_HAT, .level = -10, .pan = 0.3F, .reverb = 0.06F, .loose = 6});
	score_beat(score, hat, "6.4.6.4.6.4.6.43", 0, 3);
	score_beat(score, hat, "6.426.416.4.6.43", 4, 7);
	struct track *const shaker = score_track(score,
	    &(struct track){.instrument = INSTRUMENT_SHAKER, .level = -14, .pan = -0.4F, .reverb = 0.1F, .loose = 6});
	score_beat(score, shaker, "4263426342634263", 4, 7);
}

static void
write_pad(struct score *score)
{
	struct track *const track = score_track(score,
	    &(struct track){.instrument = INSTRUMENT_PAD, .level = -22, .reverb = 0.4F, .duck = 0.3F, .chorus = true});
	for (int bar = 0; bar < score->bars; bar++) {
		int pitches[SCORE_VOICES_MAX];
		const int voices = score_voicing(score, bar, 60, pitches);
		for (int v = 0; v < voices; v++)
			score_play(score, track, bar * SCORE_STEPS - 1, 15, pitches[v], bar < 4 ? 0.5 : 0.8, 0);
	}
}

static void
write_theme(struct score *score)
{
	const struct melody tune = {.rhythms = rhythms,
	    .rhythms_count = (int)ARRAY_LEN(rhythms),
	    .scale = scale,
	    .low = 67,
	    .high = 84,
	    .length = 0.95,
	    .velocity = 0.7};
	struct track *const track = score_track(score, &(struct track){.instrument = INSTRUMENT_MALLET,
							   .level = -11,
							   .pan = -0.1F,
							   .reverb = 0.35F,
							   .echo = 0.3F,
							   .loose = 8});
	const uint64_t theme = chance_bits(&score->chance);
	score_melody(score, track, &tune, 0, 7, theme);
	/* the second time round bells double the end of the phrase from afar */
	struct melody far = tune;
	far.low = 79;
	far.high = 96;
	far.velocity = 0.5;
	struct track *const bell = score_track(score,
	    &(struct track){
		.instrument = INSTRUMENT_BELL, .level = -17, .pan = 0.35F, .reverb = 0.5F, .echo = 0.3F, .loose = 8});
	score_melody(score, bell, &far, 4, 7, theme);
}

void
music_chill(struct score *score, int64_t seed, int rate)
{
	static const int keys[] = {0, 3, 5, 8, 10};
	static const double tempos[] = {64, 66, 68};
	struct chance chance = {.state = (uint64_t)seed ^ 0x6368};
	score_init(score, tempos[chance_below(&chance, (int)ARRAY_LEN(tempos))], 8, seed, rate);
	score->key = keys[chance_below(&chance, (int)ARRAY_LEN(keys))];
	score->swing = 0.22;
	score_chords(score, progressions[chance_below(&chance, (int)ARRAY_LEN(progressions))], 4);
	write_theme(score);
	write_piano(score);
	write_bass(score);
	write_drums(score);
	write_pad(score);
}
