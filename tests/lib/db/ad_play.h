/*
 * Plays the user and renderd of an advert session against a test database, step by step.
 *
 * play_begin() starts each test: a fresh user as the caller of framewright_api's connection, no open jobs, an empty
 * cache.
 */
#ifndef FW_TESTS_LIB_DB_AD_PLAY_H
#define FW_TESTS_LIB_DB_AD_PLAY_H

#include "lib/db/job.h"
#include "lib/db/session.h"
#include "tests/harness/db.h"
#include "tests/harness/test_main.h"

/* Connections of the two programs. */
struct db *play_api(void) RETURNS_NONNULL;
struct db *play_renderd(void) RETURNS_NONNULL;
/* A new user, who becomes the caller; the id. */
int play_begin(void);
/* A new session of the caller; the id lives in test_arena(). */
const char *play_session(void) RETURNS_NONNULL;
struct session *play_load(const char *session) RETURNS_NONNULL;

/* Start calls with usual values; the public id of the job, or NULL. */
int play_start_images(const char *session, int count, bool dry_run, struct session_started *started, struct error *err);
int play_start_clips(const char *session, bool dry_run, struct session_started *started, struct error *err);
int play_start_compose(const char *session, bool music, struct session_started *started, struct error *err);

/* The next ready job of a kind, claimed; NULL without one. */
const struct job_claimed *play_claim(const char *kind);
/* How many jobs of a kind are ready. */
int play_ready(const char *kind);
/* Ends it; false when it was stale. */
bool play_end(const struct job_claimed *job, enum job_outcome outcome, const char *body);
/* Opens the job's call like the built-in provider, up to being sent. 0, or -1 with the refusal. */
int play_pay(const struct job_claimed *job, const char *agent, const char *model, struct error *err);
/* A JSON result with a blob of its own: distinct for each call. */
const char *play_picture(void) RETURNS_NONNULL;
const char *play_clip(int64_t duration_us) RETURNS_NONNULL;
const char *play_film(int64_t bytes) RETURNS_NONNULL;
const char *play_plan(int count) RETURNS_NONNULL;

/* All of a step, with every piece but the first `failed` ones successful; ends in the step's gate or failure. */
void play_images(int count, int failed);
void play_clips(int count, int failed);
void play_compose(bool music);
/* Approves the first `count` pictures or clips. */
void play_approve_images(const char *session, size_t count);
void play_approve_clips(const char *session, size_t count);
/* From the start to stage clip_selection: `count` pictures and clips. */
void play_to_clips(const char *session, int count);

/* Payload of the session's last event. */
const char *play_last_event(const char *session) RETURNS_NONNULL;

#endif
