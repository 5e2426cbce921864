#include "tests/fcgi/fake.h"

#include "lib/base/hash.h"
#include "lib/base/text.h"
#include "lib/db/apikey.h"
#include "lib/db/cost.h"
#include "lib/db/db.h"
#include "lib/db/idem.h"
#include "lib/db/job.h"
#include "lib/db/limit.h"
#include "lib/db/notify.h"
#include "lib/db/provider.h"
#include "lib/db/providercall.h"
#include "lib/db/share.h"
#include "lib/db/stats.h"
#include "lib/db/worker.h"

#define BLOB "aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899"

struct fake fake;

struct db {
	int caller;
};
static struct db the_db;

void
fake_reset(void)
{
	fake = (struct fake){.job_state = "running", .upload_state = "ready"};
}

bool
fake_called(const char *name)
{
	const char *at = strstr(fake.calls, name);

	return at != NULL && at[strlen(name)] == ' ';
}

int
fake_enter(const char *name, struct error *err)
{
	const size_t len = strlen(fake.calls);

	(void)snprintf(fake.calls + len, sizeof(fake.calls) - len, "%s ", name);
	if (fake.epoch_over && the_db.caller > 0)
		return error_set(err, ERR_UNAUTHORIZED, "The access token was ended");
	if (fake.fail == NULL || strcmp(fake.fail, name) != 0)
		return 0;
	*err = fake.error;
	return -1;
}
int
db_open(const struct db_options *options UNUSED, struct db **ret_db, struct error *err)
{
	ENTER(err);
	*ret_db = &the_db;
	return 0;
}

void
db_close(struct db **db)
{
	*db = NULL;
}

void
db_caller(struct db *db, int user_id)
{
	db->caller = user_id;
	fake.caller = user_id;
}

void
db_caller_token(struct db *db, int user_id, int epoch UNUSED)
{
	db_caller(db, user_id);
}

int
db_ping(struct db *db UNUSED, struct error *err)
{
	ENTER(err);
	return 0;
}

int
db_transaction(struct db *db, int (*run)(struct db *, void *, struct error *), void *arg, struct error *err)
{
	ENTER(err);
	return run(db, arg, err);
}

struct notifier *
notifier_new(const struct db_options *options UNUSED)
{
	static char place;

	return (struct notifier *)&place;
}

void
notifier_free(struct notifier **notifier)
{
	*notifier = NULL;
}

const char *
user_role_name(enum user_role role)
{
	return role == USER_ROLE_ADMIN ? "admin" : "user";
}

static struct user *
a_user(struct arena *arena)
{
	struct user *user = ARENA_NEW(arena, struct user);

	*user = (struct user){.id = 1, .email = "one@example.com", .role = fake.role, .created_us = NOW_US};
	return user;
}

int
user_find_by_email(
    struct db *db UNUSED, struct arena *arena, const char *email UNUSED, struct user **ret, struct error *err)
{
	ENTER(err);
	*ret = fake.unknown_user ? NULL : a_user(arena);
	return 0;
}

int
user_find(struct db *db UNUSED, struct arena *arena, int32_t id UNUSED, struct user **ret, struct error *err)
{
	ENTER(err);
	*ret = a_user(arena);
	return 0;
}

int
user_check_epoch(struct db *db UNUSED, struct arena *arena, int32_t id UNUSED, int32_t epoch UNUSED, struct user **ret,
    struct error *err)
{
	ENTER(err);
	*ret = a_user(arena);
	return 0;
}

#define SIMPLE(declaration) \
	int declaration \
	{ \
		ENTER(err); \
		return 0; \
	}
SIMPLE(user_login_allowed(struct db *db UNUSED, const char *address UNUSED, struct error *err))
SIMPLE(user_login_failed(struct db *db UNUSED, const char *address UNUSED, struct error *err))
SIMPLE(user_logout_all(struct db *db UNUSED, int32_t user UNUSED, struct error *err))
SIMPLE(user_set_password(struct db *db UNUSED, int32_t id UNUSED, const char *hash UNUSED, struct error *err))
SIMPLE(user_refresh_revoke(struct db *db UNUSED, const char *token UNUSED, struct error *err))
SIMPLE(user_refresh_issue(
    struct db *db UNUSED, int32_t user UNUSED, const char *token UNUSED, int64_t ttl UNUSED, struct error *err))
SIMPLE(
    user_ticket_create(struct db *db UNUSED, const char *token UNUSED, const char *project UNUSED, struct error *err))
SIMPLE(
    limit_take(struct db *db UNUSED, const struct limit_rule *rule UNUSED, const char *key UNUSED, struct error *err))
SIMPLE(limit_open_jobs(struct db *db UNUSED, int max UNUSED, struct error *err))
SIMPLE(apikey_revoke(struct db *db UNUSED, int64_t id UNUSED, struct error *err))
SIMPLE(asset_delete(struct db *db UNUSED, const char *id UNUSED, struct error *err))
SIMPLE(asset_blob_reserve(
    struct db *db UNUSED, const char *sha256 UNUSED, int64_t bytes UNUSED, const char *type UNUSED, struct error *err))
SIMPLE(session_delete(struct db *db UNUSED, const char *id UNUSED, struct error *err))
SIMPLE(share_revoke(struct db *db UNUSED, const char *id UNUSED, struct error *err))
SIMPLE(job_cancel(struct db *db UNUSED, const char *id UNUSED, struct error *err))
SIMPLE(job_retry(struct db *db UNUSED, const char *id UNUSED, struct error *err))
SIMPLE(provider_keys_want(struct db *db UNUSED, struct error *err))
SIMPLE(job_attention(
    struct db *db UNUSED, const char *id UNUSED, const char *action UNUSED, int64_t wait_s UNUSED, struct error *err))

int
user_refresh_rotate(struct db *db UNUSED, struct arena *arena, const char *token UNUSED, const char *successor UNUSED,
    int64_t ttl UNUSED, struct user **ret, struct error *err)
{
	ENTER(err);
	*ret = a_user(arena);
	return 0;
}

int
user_ticket_use(struct db *db UNUSED, struct arena *arena, const char *token UNUSED, struct user **ret,
    const char **ret_project, struct error *err)
{
	ENTER(err);
	*ret = a_user(arena);
	*ret_project = NULL;
	return 0;
}

static struct apikey *
a_key(struct arena *arena)
{
	struct apikey *key = ARENA_NEW(arena, struct apikey);

	*key = (struct apikey){.id = 7,
	    .name = "robot",
	    .prefix = "fw_01234567",
	    .scopes = fake.scopes,
	    .last_used_us = CLOCK_NONE,
	    .created_us = NOW_US,
	    .revoked_us = CLOCK_NONE};
	while (key->scopes[key->scope_count] != NULL)
		key->scope_count++;
	return key;
}

int
apikey_check(struct db *db UNUSED, struct arena *arena, const char *key, struct user **ret, struct apikey **ret_key,
    struct error *err)
{
	ENTER(err);
	if (strcmp(key, FAKE_KEY) != 0)
		return error_set(err, ERR_UNAUTHORIZED, "unknown key");
	*ret = a_user(arena);
	*ret_key = a_key(arena);
	return 0;
}

bool
apikey_has_scope(const struct apikey *key, const char *scope)
{
	for (size_t i = 0; i < key->scope_count; i++)
		if (strcmp(key->scopes[i], scope) == 0 || strcmp(key->scopes[i], "*") == 0)
			return true;
	return false;
}

int
apikey_create(struct db *db UNUSED, struct arena *arena, const char *name UNUSED, const char *key UNUSED,
    const char *const *scopes UNUSED, size_t count UNUSED, struct apikey **ret, struct error *err)
{
	ENTER(err);
	*ret = a_key(arena);
	return 0;
}

int
apikey_list(struct db *db UNUSED, struct arena *arena, struct apikey **ret, size_t *ret_count, struct error *err)
{
	ENTER(err);
	*ret = a_key(arena);
	*ret_count = 1;
	return 0;
}

const char *
project_role_name(enum project_role role)
{
	return role == PROJECT_OWNER ? "owner" : "viewer";
}

const char *
session_stage_name(enum session_stage stage)
{
	return stage == SESSION_CREATED ? "created" : "complete";
}

int
session_create(
    struct db *db UNUSED, struct arena *arena UNUSED, int64_t limit UNUSED, struct session_new *ret, struct error *err)
{
	ENTER(err);
	*ret = (struct session_new){.id = FAKE_SESSION, .created_us = NOW_US};
	return 0;
}

int
session_version(
    struct db *db UNUSED, const char *id UNUSED, int64_t *ret_seq, enum project_role *ret_role, struct error *err)
{
	ENTER(err);
	*ret_seq = 5;
	*ret_role = PROJECT_OWNER;
	return 0;
}

int
session_load(struct db *db UNUSED, struct arena *arena, const char *id, struct session **ret, struct error *err)
{
	static struct session_image image = {.id = "img_0123456789abcdef",
	    .view_type = "front",
	    .seed = 123456,
	    .cost_micros = 50000,
	    .created_us = NOW_US,
	    .model = "flux-pro",
	    .width = 1024,
	    .height = 1024};
	static struct session_clip clip = {.id = "clip_0123456789abcdef",
	    .source_image_id = "img_0123456789abcdef",
	    .duration_us = 3200000,
	    .width = 1024,
	    .height = 576,
	    .fps_num = 30,
	    .fps_den = 1,
	    .cost_micros = 800000,
	    .created_us = NOW_US,
	    .model = "stable-video-diffusion"};
	static struct session_final final = {.id = "vid_0123456789abcdef",
	    .thumbnail_id = "thumb_0123456789abcdef",
	    .duration_us = 9800000,
	    .width = 1920,
	    .height = 1080,
	    .fps_num = 30,
	    .fps_den = 1,
	    .bytes = 13002342,
	    .cost_micros = 500000,
	    .created_us = NOW_US,
	    .product_name = "AirRun Pro: 100% \"Go\"",
	    .request_json = "{}"};
	struct session *s = ARENA_NEW(arena, struct session);

	ENTER(err);
	*s = (struct session){.id = id,
	    .user_id = 1,
	    .role = PROJECT_OWNER,
	    .seq = 5,
	    .stage = SESSION_COMPLETE,
	    .failed_stage = SESSION_STAGE__COUNT,
	    .consistency_seed = 123456,
	    .style_keywords_json = "[\"studio\"]",
	    .images = &image,
	    .image_count = 1,
	    .clips = &clip,
	    .clip_count = 1,
	    .approved_images_json = "[]",
	    .approved_clips_json = "[]",
	    .clip_order_json = "[]",
	    .final = fake.no_final ? NULL : &final,
	    .total_micros = 4002000,
	    .limit_micros = 200 * USD,
	    .warnings_json = "[]",
	    .created_us = NOW_US,
	    .updated_us = NOW_US};
	*ret = s;
	return 0;
}

int
session_list(struct db *db UNUSED, struct arena *arena, int limit UNUSED, const char *cursor UNUSED,
    int64_t offset UNUSED, struct session_list *ret, struct error *err)
{
	ENTER(err);
	*ret = (struct session_list){.rows = ARENA_NEW(arena, struct session_row), .count = 1, .total = 1};
	ret->rows[0] = (struct session_row){.id = FAKE_SESSION, .created_us = NOW_US, .updated_us = NOW_US};
	return 0;
}

int
session_cancel(struct db *db UNUSED, const char *id UNUSED, enum session_stage *ret, struct error *err)
{
	ENTER(err);
	*ret = SESSION_CREATED;
	return 0;
}

static const struct session_started started = {.job_id = FAKE_JOB,
    .job = 1,
    .jobs = 8,
    .estimated_s = 45,
    .estimated_micros = 301000,
    .warnings_json = "[]",
    .seq = 6};

int
session_start_images(struct db *db UNUSED, struct arena *arena UNUSED, const struct session_images_start *start,
    struct session_started *ret, struct error *err)
{
	ENTER(err);
	fake.images = *start;
	fake.images.product_prompt = arena_strdup(test_arena(), start->product_prompt);
	fake.images.model = arena_strdup(test_arena(), start->model);
	*ret = started;
	return 0;
}

int
session_start_clips(struct db *db UNUSED, struct arena *arena UNUSED, const struct session_clips_start *start,
    struct session_started *ret, struct error *err)
{
	ENTER(err);
	fake.clips = *start;
	fake.clips.model = arena_strdup(test_arena(), start->model);
	*ret = started;
	return 0;
}

int
session_start_compose(struct db *db UNUSED, struct arena *arena UNUSED, const struct session_compose_start *start,
    struct session_started *ret, struct error *err)
{
	ENTER(err);
	fake.compose = *start;
	fake.compose.request_json = arena_strdup(test_arena(), start->request_json);
	*ret = started;
	return 0;
}

int
session_save_images(struct db *db UNUSED, const char *id UNUSED, const char *const *ids UNUSED, size_t count,
    struct session_saved *ret, struct error *err)
{
	ENTER(err);
	fake.saved_count = count;
	*ret = (struct session_saved){.approved_count = (int)count};
	return 0;
}

int
session_save_clips(struct db *db UNUSED, const char *id UNUSED, const char *const *ids UNUSED, size_t count,
    const char *const *order, size_t order_count, struct session_saved *ret, struct error *err)
{
	ENTER(err);
	fake.saved_count = count;
	fake.has_order = order != NULL;
	fake.order_count = order_count;
	*ret = (struct session_saved){.approved_count = (int)count, .estimated_duration_us = 10500000};
	return 0;
}

int
session_add_image(struct db *db UNUSED, struct arena *arena UNUSED, const char *id UNUSED, const char *asset UNUSED,
    const char *view UNUSED, const char *request UNUSED, struct session_started *ret, struct error *err)
{
	ENTER(err);
	*ret = started;
	return 0;
}

const char *
asset_kind_name(enum asset_kind kind UNUSED)
{
	return "upload";
}

const char *
asset_state_name(enum asset_state state)
{
	return state == ASSET_READY ? "ready" : state == ASSET_REFUSED ? "refused" : "checking";
}

static struct asset *
an_asset(struct arena *arena, const char *id)
{
	struct asset *asset = ARENA_NEW(arena, struct asset);
	const bool refused = strcmp(fake.upload_state, "refused") == 0;

	*asset = (struct asset){.id = arena_strdup(arena, id),
	    .owner_id = 1,
	    .kind = ASSET_UPLOAD,
	    .state = refused				       ? ASSET_REFUSED
		     : strcmp(fake.upload_state, "ready") == 0 ? ASSET_READY
							       : ASSET_CHECKING,
	    .sha256 = BLOB,
	    .media_type = "image/png",
	    .bytes = 68,
	    .width = 1,
	    .height = 1,
	    .source = "uploaded",
	    .reason = refused ? "The file is incomplete" : NULL,
	    .reason_code = refused ? "media_truncated" : NULL,
	    .metadata = "{}",
	    .file_name = "Grüße.png",
	    .created_us = NOW_US};
	return asset;
}

int
asset_load(struct db *db UNUSED, struct arena *arena, const char *id, struct asset **ret, struct error *err)
{
	ENTER(err);
	*ret = an_asset(arena, id);
	return 0;
}

int
asset_of_job(
    struct db *db UNUSED, struct arena *arena UNUSED, const char *job UNUSED, const char **ret, struct error *err)
{
	ENTER(err);
	*ret = "up_0123456789abcdef";
	return 0;
}

int
asset_list_uploads(struct db *db UNUSED, struct arena *arena, int limit UNUSED, const char *cursor UNUSED,
    int64_t offset UNUSED, struct asset **ret, size_t *ret_count, const char **ret_next, struct error *err)
{
	ENTER(err);
	*ret = an_asset(arena, "up_0123456789abcdef");
	*ret_count = 1;
	*ret_next = "more";
	return 0;
}

int
asset_upload(struct db *db UNUSED, struct arena *arena UNUSED, const struct asset_upload *upload UNUSED,
    struct asset_uploaded *ret, struct error *err)
{
	ENTER(err);
	*ret = (struct asset_uploaded){.id = "up_0123456789abcdef", .job_id = FAKE_JOB, .job = 3};
	return 0;
}

int
asset_usage(struct db *db UNUSED, struct asset_usage *ret, struct error *err)
{
	ENTER(err);
	*ret = (struct asset_usage){.bytes = 1000, .count = 2};
	return 0;
}

static struct share *
a_share(struct arena *arena)
{
	struct share *share = ARENA_NEW(arena, struct share);

	*share = (struct share){
	    .id = FAKE_SESSION, .asset_id = "vid_0123456789abcdef", .expires_us = CLOCK_NONE, .created_us = NOW_US};
	return share;
}

int
share_create(struct db *db UNUSED, struct arena *arena, const char *asset UNUSED, const char *token UNUSED,
    int64_t expires UNUSED, struct share **ret, struct error *err)
{
	ENTER(err);
	*ret = a_share(arena);
	return 0;
}

int
share_list(struct db *db UNUSED, struct arena *arena, const char *asset UNUSED, struct share **ret, size_t *ret_count,
    struct error *err)
{
	ENTER(err);
	*ret = a_share(arena);
	*ret_count = 1;
	return 0;
}

int
share_open(struct db *db UNUSED, struct arena *arena, const char *token UNUSED, struct asset **ret, struct error *err)
{
	ENTER(err);
	*ret = an_asset(arena, "vid_0123456789abcdef");
	return 0;
}

int
project_list(struct db *db UNUSED, struct arena *arena, int limit UNUSED, const char *cursor UNUSED,
    int64_t offset UNUSED, struct project **ret, size_t *ret_count, const char **ret_next, struct error *err)
{
	ENTER(err);
	*ret = ARENA_NEW(arena, struct project);
	**ret = (struct project){
	    .id = FAKE_SESSION, .kind = "ad", .owner_id = 1, .created_us = NOW_US, .updated_us = NOW_US};
	*ret_count = 1;
	*ret_next = NULL;
	return 0;
}

int
cost_of_session(struct db *db UNUSED, struct arena *arena, const char *id, struct cost_session **ret, struct error *err)
{
	static struct cost_line line = {
	    .agent = "prompt_parser", .model = "llama-3.1-70b", .micros = 1000, .duration_ms = 2500};

	ENTER(err);
	*ret = ARENA_NEW(arena, struct cost_session);
	**ret =
	    (struct cost_session){.session_id = id, .total_micros = 1000, .lines = &line, .line_count = 1, .seq = 5};
	return 0;
}

int
cost_summary(struct db *db UNUSED, struct arena *arena, const struct cost_filter *filter UNUSED,
    struct cost_summary **ret, struct error *err)
{
	static struct cost_group group = {.key = "compositor", .micros = 500000, .calls = 1};

	ENTER(err);
	*ret = ARENA_NEW(arena, struct cost_summary);
	**ret = (struct cost_summary){.total_micros = 500000, .session_count = 1, .by_agent = &group, .agent_count = 1};
	return 0;
}

int
cost_prices(
    struct db *db UNUSED, struct arena *arena UNUSED, struct cost_price **ret, size_t *ret_count, struct error *err)
{
	static struct cost_price price = {.model = "flux-pro", .micros = 50000, .unit = "image"};

	ENTER(err);
	*ret = &price;
	*ret_count = 1;
	return 0;
}

int
job_load(struct db *db UNUSED, struct arena *arena UNUSED, const char *id, struct job_view *ret, struct error *err)
{
	const bool over = strcmp(fake.job_state, "running") != 0 && strcmp(fake.job_state, "queued") != 0;

	ENTER(err);
	*ret = (struct job_view){.id = 1,
	    .owner_id = 1,
	    .progress = 0.5,
	    .eta_s = 12,
	    .attempt = 1,
	    .max_attempts = 3,
	    .priority = 5,
	    .degraded = "[]",
	    .error = fake.job_error,
	    .created_at = NOW_US,
	    .started_at = NOW_US,
	    .finished_at = over ? NOW_US : CLOCK_NONE,
	    .version = 5};
	(void)text_copy(ret->public_id, sizeof(ret->public_id), id);
	(void)text_copy(ret->kind, sizeof(ret->kind), "ad.images_join");
	(void)text_copy(ret->project_id, sizeof(ret->project_id), FAKE_SESSION);
	(void)text_copy(ret->kind, sizeof(ret->kind), fake.job_kind != NULL ? fake.job_kind : ret->kind);
	ret->result = fake.job_result != NULL ? fake.job_result : ret->result;
	(void)text_copy(ret->state, sizeof(ret->state), fake.job_state);
	(void)text_copy(ret->raw_state, sizeof(ret->raw_state), "running");
	return 0;
}

int
job_list(struct db *db, struct arena *arena, const struct job_filter *filter UNUSED, struct job_view **ret,
    size_t *ret_count, struct error *err)
{
	ENTER(err);
	*ret = ARENA_NEW(arena, struct job_view);
	*ret_count = 1;
	return job_load(db, arena, FAKE_JOB, *ret, err);
}

int
stats_load(struct db *db UNUSED, struct arena *arena UNUSED, struct stats *ret, struct error *err)
{
	static struct stats_state state = {.name = "ready", .count = 3};
	static struct stats_provider provider = {.name = "local", .calls = 9, .failed = 1, .price_micros = 4002000};

	ENTER(err);
	*ret = (struct stats){.states = &state,
	    .state_count = 1,
	    .providers = &provider,
	    .provider_count = 1,
	    .renderd = 1,
	    .open_sockets = 12};
	return 0;
}

int
stats_now(struct db *db UNUSED, struct stats_now *ret, struct error *err)
{
	ENTER(err);
	*ret = (struct stats_now){
	    .oldest_ready_s = 12.5, .price_today = 4002000, .charged_today = 1, .reserved = -1, .attention = 2};
	return 0;
}

int
stats_work(
    struct db *db UNUSED, struct arena *arena UNUSED, struct stats_work **ret, size_t *ret_count, struct error *err)
{
	static struct stats_work work = {.kind = "ad.image", .state = "external", .count = 5};

	ENTER(err);
	*ret = &work;
	*ret_count = 1;
	return 0;
}

int
provider_queues(struct db *db UNUSED, struct arena *arena UNUSED, const struct provider_queue **ret, size_t *ret_count,
    struct error *err)
{
	static const struct provider_queue queue = {
	    .name = "fal", .step = "provider", .state = "half_open", .queued = 6, .inflight = 7, .max_inflight = 10};

	ENTER(err);
	*ret = &queue;
	*ret_count = 1;
	return 0;
}

int
stats_queues(
    struct db *db UNUSED, struct arena *arena UNUSED, struct stats_queue **ret, size_t *ret_count, struct error *err)
{
	static struct stats_queue queue = {.name = "local", .queued = 4, .blocked_until_us = CLOCK_NONE};

	ENTER(err);
	*ret = &queue;
	*ret_count = 1;
	return 0;
}

int
worker_health(struct db *db UNUSED, struct worker_health *ret, struct error *err)
{
	ENTER(err);
	*ret = (struct worker_health){.renderd = 1, .eventd = 1, .queued = 2, .processing = 1};
	return 0;
}

int
idem_begin(struct db *db UNUSED, struct arena *arena UNUSED, const char *key, const char *route UNUSED,
    const unsigned char request[static HASH_SIZE], struct idem *ret, struct error *err)
{
	ENTER(err);
	*ret = (struct idem){0};
	if (fake.stored && strcmp(fake.stored_key, key) == 0) {
		if (memcmp(fake.stored_digest, request, HASH_SIZE) != 0)
			return error_code(
			    err, ERR_INPUT, "idempotency_mismatch", "This key was used for another request");
		*ret = (struct idem){.replay = true,
		    .status = fake.stored_status,
		    .content = fake.stored_content,
		    .location = fake.stored_location[0] != '\0' ? fake.stored_location : NULL};
		return 0;
	}
	(void)text_copy(fake.stored_key, sizeof(fake.stored_key), key);
	memcpy(fake.stored_digest, request, HASH_SIZE);
	return 0;
}

int
idem_finish(struct db *db UNUSED, const char *key UNUSED, int status, const char *content, const char *location,
    struct error *err)
{
	ENTER(err);
	fake.stored = true;
	fake.stored_status = status;
	(void)text_copy(fake.stored_content, sizeof(fake.stored_content), content != NULL ? content : "");
	(void)text_copy(fake.stored_location, sizeof(fake.stored_location), location != NULL ? location : "");
	return 0;
}

int
provider_keys(struct db *db UNUSED, struct arena *arena UNUSED, const char *provider UNUSED,
    const char *const **ret_keys, size_t *ret_count, struct error *err)
{
	/* the key of the test vector in the provider's card */
	static const char *const keys[] = {"03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"};

	ENTER(err);
	*ret_keys = keys;
	*ret_count = 1;
	return 0;
}

int
providercall_webhook(
    struct db *db UNUSED, const char *client_ref, const char *request_id, bool *ret_found, struct error *err)
{
	ENTER(err);
	*ret_found = strcmp(client_ref, FAKE_JOB) == 0 && request_id != NULL;
	return 0;
}
