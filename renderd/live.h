/*
 * Films that are watched while they are made.
 *
 * The media process writes a playlist, a beginning and segments into live/ of its scratch folder. What is complete
 * becomes visible in STORE_DIR/live/<render id>/ by hard links, segments before the playlist that names them; only
 * regular files do, whatever a task may have made. nginx sends them after a responder said yes. They stay for a while
 * after the film is there, for players that are in the middle of it.
 */
#ifndef FW_RENDERD_LIVE_H
#define FW_RENDERD_LIVE_H

#include "renderd/store.h"

#define LIVE_KEPT_S 900

/* Links what is new. A scratch folder without live/ has nothing to show. render_id: a UUID. */
int live_publish(const struct store *store, int scratch, const char *render_id, struct error *err) MUST_CHECK;
/* A film that did not come about has nothing to watch. */
int live_remove(const struct store *store, const char *render_id, struct error *err) MUST_CHECK;
/* Removes what nobody has added to for LIVE_KEPT_S. now_s: seconds since 1970. */
int live_clear(const struct store *store, int64_t now_s, struct error *err) MUST_CHECK;

#endif
