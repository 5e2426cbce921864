#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/path.h"
#include "lib/db/render.h"
#include "lib/db/session.h"
#include "renderd/renderd.h"

/* The media process or the database is being restarted: try again soon, at no attempt's cost. Attempts count what
 * providers and inputs do: a flow takes another model after two. */
#define AWAY_DELAY_MS 2000
/* Work waits for room: somebody has to make some, and that takes a while. */
#define STORAGE_FULL_DELAY_MS 10000
/* What gave way is not worth asking for again at once: what it gave way to has only begun. */
#define GAVE_WAY "gave_way"
#define GAVE_WAY_DELAY_MS 5000

struct attempt *
attempt_new(struct renderd *renderd, const struct job_claimed *job, int64_t sent_ms)
{
	struct attempt *attempt = calloc(1, sizeof(*attempt));

	if (attempt == NULL)
		abort();
	attempt->renderd = renderd;
	attempt->arena = arena_new(ATTEMPT_ARENA_LIMIT);
	attempt->job = *job;
	attempt->job.payload = arena_strdup(attempt->arena, job->payload);
	attempt->job.request_id = arena_strdup(attempt->arena, job->request_id);
	attempt->scratch = -1;
	attempt->started_ms = clock_boot_ms(renderd->clock);
	attempt->end = (struct job_end){.job = job->id, .lease = job->lease, .delay_ms = -1};
	log_child(&attempt->log, &renderd->log, LOG_STR("job_id", job->public_id), LOG_STR("kind", job->kind),
	    LOG_INT("attempt", job->attempt), LOG_STR("project", *job->project_id ? job->project_id : NULL),
	    LOG_STR("request_id", job->request_id));
	leases_add(renderd->leases, job->id, job->lease, sent_ms);
	return attempt;
}

void
attempt_free(struct attempt **attempt)
{
	struct attempt *a = *attempt;

	if (a == NULL)
		return;
	if (a->scratch >= 0) {
		fd_close(&a->scratch);
		store_scratch_remove(&a->renderd->store, a->job.lease);
	}
	leases_remove(a->renderd->leases, a->job.lease);
	arena_free(&a->arena);
	free(a);
	*attempt = NULL;
}

int
attempt_check(struct attempt *attempt, struct error *err)
{
	switch (leases_state(attempt->renderd->leases, attempt->job.lease)) {
	case LEASE_LOST:
		return error_code(err, ERR_CONFLICT, "stale_lease", "the lease of this attempt is over");
	case LEASE_CANCELLED:
		if (!attempt->keeps)
			return error_set(err, ERR_CANCELLED, "cancelled by request");
		break;
	case LEASE_HELD:
		break;
	}
	if (atomic_load(&attempt->give_way))
		return error_code(err, ERR_CANCELLED, GAVE_WAY, "given back, other work is to be done");
	if (atomic_load(&attempt->renderd->abandon))
		return error_set(err, ERR_CANCELLED, "given back, the daemon ends");
	return 0;
}

bool
attempt_stops(void *ctx)
{
	return attempt_check(ctx, NULL) < 0;
}

int
attempt_scratch(struct attempt *attempt, struct error *err)
{
	if (attempt->scratch < 0)
		attempt->scratch = store_scratch(&attempt->renderd->store, attempt->job.lease, err);
	return attempt->scratch;
}

void
attempt_progress(struct attempt *attempt, double fraction, const char *phase)
{
	struct error err;
	int64_t seq;

	leases_set_progress(attempt->renderd->leases, attempt->job.lease, fraction, phase);
	attempt->end.progress = fraction;
	attempt->end.phase = phase;
	/* an event that could not be written is no reason to give up work; the sweep repeats the last state anyway */
	error_clear(&err);
	if (strcmp(attempt->job.kind, "render.film") == 0 &&
	    render_progress(attempt->db, attempt->job.id, phase, fraction, &err) < 0)
		log_debug(&attempt->log, "progress_lost", LOG_ERR(&err));
	if (strncmp(attempt->job.kind, "ad.", 3) != 0 || attempt->job.step == JOB_IDLE)
		return;
	if (session_progress(attempt->db, attempt->job.id, phase, fraction, &seq, &err) < 0)
		log_debug(&attempt->log, "progress_lost", LOG_ERR(&err));
}

void
attempt_done(struct attempt *attempt, const char *result)
{
	attempt->end.outcome = JOB_DONE;
	attempt->end.body = result;
	attempt->end.progress = 1;
}

/* Who is at fault, in one word; the flows' functions decide by it what a person is told. */
static const char *
fault_of(enum error_kind kind)
{
	switch (kind) {
	case ERR_INPUT:
		return "input";
	case ERR_BUDGET:
		return "budget";
	case ERR_PROVIDER:
		return "provider";
	case ERR_LIMIT:
	case ERR_MEMORY:
	case ERR_TOO_LARGE:
	case ERR_STORAGE_FULL:
		return "limit";
	default:
		return "internal";
	}
}

static const char *
error_json(struct arena *arena, const struct error *error)
{
	struct buf buf = BUF_INIT(4 * KIB);
	struct js_writer w;
	const char *text;

	js_begin(&w, &buf);
	js_open_object(&w, NULL);
	js_str(&w, "code", error->code);
	js_str(&w, "detail", error_public_text(error));
	js_str(&w, "kind", fault_of(error->kind));
	js_bool(&w, "retryable", error_retryable(error));
	if (*error->hint != '\0')
		js_str(&w, "hint", error->hint);
	js_close(&w);
	js_end(&w);
	text = buf_dup(&buf, arena);
	buf_done(&buf);
	return text;
}

void
attempt_failed(struct attempt *attempt, const struct error *error)
{
	struct job_end *end = &attempt->end;

	end->body = error_json(attempt->arena, error);
	if (error->kind == ERR_CANCELLED) {
		bool cancelled = leases_state(attempt->renderd->leases, attempt->job.lease) == LEASE_CANCELLED;

		end->outcome = cancelled ? JOB_CANCELLED : JOB_RELEASE;
		end->body = NULL;
		if (!cancelled && error_has_code(error, GAVE_WAY)) {
			end->outcome = JOB_AGAIN;
			end->delay_ms = GAVE_WAY_DELAY_MS;
		}
	} else if (error_has_code(error, "stale_lease")) {
		/* as long as nobody has taken it over the database knows this lease: sleeping is no failure */
		end->outcome = JOB_RELEASE;
		end->body = NULL;
	} else if (error_has_code(error, "media_away") || error_has_code(error, "database_unavailable")) {
		end->outcome = JOB_AGAIN;
		end->delay_ms = AWAY_DELAY_MS;
	} else if (error_is(error, ERR_STORAGE_FULL)) {
		end->outcome = JOB_AGAIN;
		end->delay_ms = STORAGE_FULL_DELAY_MS;
	} else if (error_retryable(error)) {
		end->outcome = JOB_RETRY;
		if (error->retry_after_s > 0)
			end->delay_ms = error->retry_after_s * INT64_C(1000);
	} else {
		end->outcome = JOB_FAILED;
	}
}
