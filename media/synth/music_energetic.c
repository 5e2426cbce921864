/*
 * Energetic: a dance floor in a minor key. Four to the floor, a bass that fills the gaps between the kicks, wide
 * detuned chords that breathe with the beat, an arpeggio with echo, and a lead.
 *
 * Sixteen bars: groove with arpeggio; chords open up; a rise into the second half; everything with the lead, and a fill
 * that leads back to the beginning.
 */
#include "media/synth/music_genre.h"

static const signed char scale[] = {0, 3, 5, 7, 10};

static const struct chord progressions[][4] = {
    {{0, CHORD_MINOR}, {8, CHORD_MAJOR}, {3, CHORD_MAJOR}, {10, CHORD_MAJOR}},
    {{8, CHORD_MAJOR}, {10, CHORD_MAJOR}, {0, CHORD_MINOR}, {3, CHORD_MAJOR}},
    {{0, CHORD_MINOR_ADD9}, {5, CHORD_MINOR}, {8, CHORD_MAJOR}, {10, CHORD_MAJOR}},
    {{0, CHORD_MINOR}, {3, CHORD_MAJOR}, {10, CHORD_MAJOR}, {5, CHORD_MINOR}},
};

static const char *const rhythms[] = {
    "x--x--x-x--x--x-",
    "x-x-x--x--x-x---",
    "..x--x--x-x-x---",
    "x--x--x---x-x-x-",
    "x--x--x-x-------",
};

static void
write_arpeggio(struct score *score)
{
	/* places on the chord's tones over two octaves */
	static const signed char figures[][8] = {
	    {0, 2, 4, 5, 4, 2, 5, 3}, {0, 1, 2, 3, 4, 5, 3, 1}, {5, 3, 4, 2, 3, 1, 2, 0}};
	struct track *const track = score_track(score, &(struct track){.instrument = INSTRUMENT_SEQUENCE,
							   .level = -9,
							   .reverb = 0.15F,
							   .echo = 0.22F,
							   .duck = 0.45F,
							   .loose = 2});
	const signed char *const figure = figures[chance_below(&score->chance, (int)ARRAY_LEN(figures))];
	for (int step = 0; step < score->bars * SCORE_STEPS; step++) {
		int pitches[SCORE_VOICES_MAX];
		(void)score_voicing(score, step / SCORE_STEPS, 60, pitches);
		const int place = figure[step % 8];
		const double velocity = step % 4 == 0 ? 0.85 : step % 2 == 0 ? 0.65 : 0.5;
		/* opens over each half */
		const double opened = 0.65 + 0.35 * (step % (8 * SCORE_STEPS)) / (8.0 * SCORE_STEPS);
		score_play(score, track, step, 0.9, pitches[place % 3] + place / 3 * 12, velocity * opened,
		    step % 2 == 0 ? -0.35 : 0.35);
	}
}

static void
write_chords(struct score *score)
{
	static const char *const stabs[] = {"9..8..9...8..7..", "9..8..8..8..8.7."};
	struct track *const track = score_track(
	    score, &(struct track){
		       .instrument = INSTRUMENT_SUPERSAW, .level = -11, .reverb = 0.2F, .duck = 0.75F, .loose = 2});
	const char *const stab = stabs[chance_below(&score->chance, (int)ARRAY_LEN(stabs))];
	for (int bar = 0; bar < score->bars; bar++) {
		int pitches[SCORE_VOICES_MAX];
		const int voices = score_voicing(score, bar, bar < 8 ? 55 : 57, pitches);
		const bool held = bar >= 4 && bar < 8;
		for (int step = 0; step < SCORE_STEPS; step++) {
			if (held ? step != 0 : stab[step] == '.')
				continue;
			const double velocity =
			    held ? 0.55 + 0.1 * (bar - 4) : (bar < 4 ? 0.07 : 0.1) * (stab[step] - '0');
			for (int v = 0; v < voices; v++)
				score_play(
				    score, track, bar * SCORE_STEPS + step, held ? 15.5 : 1.7, pitches[v], velocity, 0);
		}
	}
}

static void
write_bass(struct score *score)
{
	static const char *const patterns[] = {"..9.8.9...9.8.97", ".787.787.787.787", "..9...9...9...97"};
	struct track *const track =
	    score_track(score, &(struct track){.instrument = INSTRUMENT_BASS, .level = -12, .duck = 0.85F, .loose = 1});
	const int choice = chance_below(&score->chance, (int)ARRAY_LEN(patterns));
	for (int step = 0; step < score->bars * SCORE_STEPS; step++) {
		const int bar = step / SCORE_STEPS, at = step % SCORE_STEPS;
		const char c = patterns[bar >= 8 && choice == 2 ? 0 : choice][at];
		if (c == '.')
			continue;
		const int pitch = score_root(score, bar, 0, 31) + (at == 14 ? 12 : 0);
		score_play(score, track, step, choice == 1 ? 0.85 : 1.4, pitch, (c - '0') / 9.0, 0);
	}
}

static void
write_drums(struct score *score)
{
	struct track *const kick =
	    score_track(score, &(struct track){.instrument = INSTRUMENT_KICK, .level = -8, .loose = 0, .pumps = true});
	score_beat(score, kick, "9...9...9...9...", 0, 6);
	score_beat(score, kick, "9...9...........", 7, 7);
	score_beat(score, kick, "9...9...9...9...", 8, 14);
	score_beat(score, kick, "9...9...9...9.7.", 15, 15);
	struct track *const clap =
	    score_track(score, &(struct track){.instrument = INSTRUMENT_CLAP, .level = -2, .reverb = 0.2F, .loose = 2});
	score_beat(score, clap, "....9.......9...", 0, 15);
	struct track *const snare = score_track(
	    score, &(struct track){.instrument = INSTRUMENT_SNARE, .level = -6, .reverb = 0.25F, .loose = 2});
	score_beat(score, snare, "4...5...5.6.6789", 7, 7);
	score_beat(score, snare, "....7.......7...", 8, 14);
	score_beat(score, snare, "....7..6..6.7899", 15, 15);
	struct track *const hat =
	    score_track(score, &(struct track){.instrument = INSTRUMENT_HAT, .level = -11, .pan = 0.25F, .loose = 2});
	score_beat(score, hat, "5.7.5.7.5.7.5.76", 0, 3);
	score_beat(score, hat, "5473547354735473", 4, 15);
	struct track *const open = score_track(score,
	    &(struct track){.instrument = INSTRUMENT_HAT_OPEN, .level = -12, .pan = -0.2F, .duck = 0.3F, .loose = 2});
	score_beat(score, open, "..8...8...8...8.", 0, 15);
	struct track *const crash = score_track(
	    score, &(struct track){.instrument = INSTRUMENT_CRASH, .level = -15, .reverb = 0.2F, .duck = 0.3F});
	score_beat(score, crash, "8...............", 0, 0);
	score_beat(score, crash, "9...............", 8, 8);
	struct track *const riser =
	    score_track(score, &(struct track){.instrument = INSTRUMENT_RISER, .level = -18, .reverb = 0.3F});
	score_play(score, riser, 6 * SCORE_STEPS, 2 * SCORE_STEPS, 60, 0.9, 0);
	score_play(score, riser, 15 * SCORE_STEPS, SCORE_STEPS, 60, 0.6, 0);
}

static void
write_lead(struct score *score)
{
	const struct melody tune = {.rhythms = rhythms,
	    .rhythms_count = (int)ARRAY_LEN(rhythms),
	    .scale = scale,
	    .low = 67,
	    .high = 86,
	    .length = 0.85,
	    .velocity = 0.8};
	struct track *const track = score_track(score,
	    &(struct track){
		.instrument = INSTRUMENT_LEAD, .level = -10, .reverb = 0.25F, .echo = 0.18F, .duck = 0.4F, .loose = 2});
	const uint64_t theme = chance_bits(&score->chance);
	/* the theme is hinted at before it is played out */
	struct melody hint = tune;
	hint.velocity = 0.5;
	score_melody(score, track, &hint, 4, 6, theme);
	score_melody(score, track, &tune, 8, 15, theme);
}

void
music_energetic(struct score *score, int64_t seed, int rate)
{
	static const int keys[] = {0, 2, 4, 5, 7, 9};
	static const double tempos[] = {126, 128, 130};
	struct chance chance = {.state = (uint64_t)seed ^ 0x656e};
	score_init(score, tempos[chance_below(&chance, (int)ARRAY_LEN(tempos))], 16, seed, rate);
	score->key = keys[chance_below(&chance, (int)ARRAY_LEN(keys))];
	score_chords(score, progressions[chance_below(&chance, (int)ARRAY_LEN(progressions))], 4);
	write_lead(score);
	write_arpeggio(score);
	write_chords(score);
	write_bass(score);
	write_drums(score);
}
