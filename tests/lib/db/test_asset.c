/*
 * Uploads and their check, rights, sharing, and the collection of what nobody refers to.
 */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/db/asset.h"
#include "lib/db/share.h"
#include "tests/lib/db/ad_play.h"

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct asset_uploaded
uploaded(const char *sha256, int64_t bytes, int64_t quota, struct error *err)
{
	struct asset_uploaded result = {.id = ""};
	const struct asset_upload upload = {.sha256 = sha256,
	    .bytes = bytes,
	    .media_type = "image/jpeg",
	    .file_name = "shoe.jpg",
	    .quota_bytes = quota};

	CHECK_OK(asset_upload(play_api(), test_arena(), &upload, &result, err), err);
	return result;
}

/* An upload that passed its check. */
static const char *
ready_upload(const char *sha256)
{
	struct error err = {0};
	const struct asset_uploaded made = uploaded(sha256, 100, 0, &err);

	CHECK(play_end(play_claim("asset.probe"), JOB_DONE,
	    "{\"type\": \"image\", \"media_type\": \"image/jpeg\", \"width\": 640, \"height\": 480}"));
	return made.id;
}

TEST(an_upload_is_checked_and_then_ready)
{
	struct error err = {0};
	struct asset *asset = NULL;
	const char *id = NULL;
	play_begin();
	const struct asset_uploaded made = uploaded(HASH_A, 12345, 0, &err);

	CHECK(id_is_prefixed(made.id, "up"));
	CHECK_OK(asset_load(play_api(), test_arena(), made.id, &asset, &err), &err);
	CHECK_INT(asset->state, ASSET_CHECKING);
	CHECK_INT(asset->kind, ASSET_UPLOAD);
	CHECK_STR(asset->file_name, "shoe.jpg");
	CHECK_INT(asset->role, PROJECT_OWNER);
	CHECK_OK(asset_of_job(play_api(), test_arena(), made.job_id, &id, &err), &err);
	CHECK_STR(id, made.id);
	const struct job_claimed *job = play_claim("asset.probe");
	CHECK_JSON_AT(job->payload, "/sha256", HASH_A);
	CHECK_JSON_AT(job->payload, "/asset_id", made.id);
	CHECK(play_end(job, JOB_DONE,
	    "{\"type\": \"image\", \"media_type\": \"image/png\", \"width\": 640, \"height\": 480, \"duration_us\": "
	    "0}"));
	CHECK_OK(asset_load(play_api(), test_arena(), made.id, &asset, &err), &err);
	CHECK_INT(asset->state, ASSET_READY);
	CHECK_STR(asset->media_type, "image/png");
	CHECK_INT(asset->width, 640);
	CHECK_INT(asset->duration_us, 0);
	play_begin();
	CHECK_FAILS(asset_load(play_api(), test_arena(), made.id, &asset, &err), &err, ERR_NOT_FOUND);
	CHECK_FAILS(asset_of_job(play_api(), test_arena(), made.job_id, &id, &err), &err, ERR_NOT_FOUND);
}

TEST(a_refused_upload_says_why_and_loses_its_file)
{
	struct error err = {0};
	struct asset *asset = NULL;
	play_begin();
	const struct asset_uploaded made = uploaded(HASH_B, 5, 0, &err);

	CHECK(play_end(play_claim("asset.probe"), JOB_FAILED,
	    "{\"code\": \"media_truncated\", \"detail\": \"The file ends too early\", \"kind\": \"input\", "
	    "\"retryable\": false}"));
	CHECK_OK(asset_load(play_api(), test_arena(), made.id, &asset, &err), &err);
	CHECK_INT(asset->state, ASSET_REFUSED);
	CHECK_STR(asset->reason, "The file ends too early");
	CHECK_STR(asset->reason_code, "media_truncated");
	CHECK(asset->sha256 == NULL);
	/* our own trouble is not the user's to read */
	const struct asset_uploaded other = uploaded(HASH_B, 5, 0, &err);
	CHECK(play_end(play_claim("asset.probe"), JOB_FAILED,
	    "{\"code\": \"internal\", \"detail\": \"probe.c:1\", \"kind\": \"internal\"}"));
	CHECK_OK(asset_load(play_api(), test_arena(), other.id, &asset, &err), &err);
	CHECK_STR(asset->reason_code, "check_failed");
	CHECK(strstr(asset->reason, "probe.c") == NULL);
}

/* An upload of three seconds of film that passed its check. */
static const char *
ready_clip(void)
{
	struct error err = {0};
	const struct asset_uploaded made = uploaded(HASH_A, 100, 0, &err);

	CHECK(play_end(play_claim("asset.probe"), JOB_DONE,
	    "{\"type\": \"video\", \"media_type\": \"video/mp4\", \"width\": 640, \"height\": 480, \"duration_us\": "
	    "3000000, "
	    "\"fps_num\": 30, \"fps_den\": 1}"));
	return made.id;
}

#define PREPARED \
	"{\"thumbnail\": {\"sha256\": \"" HASH_B "\", \"bytes\": 9, \"media_type\": \"image/jpeg\", \"width\": 320}, " \
	"\"last_frame\": {\"sha256\": \"" HASH_B "\", \"bytes\": 9, \"media_type\": \"image/png\", \"width\": 640}}"

TEST(a_clip_that_has_arrived_gets_a_thumbnail_and_its_last_frame)
{
	struct error err = {0};
	struct asset *clip = NULL, *last = NULL;
	play_begin();
	const char *id = ready_clip();
	const struct job_claimed *job = play_claim("asset.prepare");

	CHECK_JSON_AT(job->payload, "/asset_id", id);
	CHECK_JSON_AT(job->payload, "/sha256", HASH_A);
	CHECK_OK(asset_load(play_api(), test_arena(), id, &clip, &err), &err);
	CHECK(clip->thumbnail_id == NULL);
	CHECK(clip->last_frame_id == NULL);
	CHECK(play_end(job, JOB_DONE, PREPARED));
	CHECK_OK(asset_load(play_api(), test_arena(), id, &clip, &err), &err);
	CHECK(id_is_prefixed(clip->thumbnail_id, "thumb"));
	CHECK(id_is_prefixed(clip->last_frame_id, "img"));
	CHECK_OK(asset_load(play_api(), test_arena(), clip->last_frame_id, &last, &err), &err);
	CHECK_INT(last->kind, ASSET_LAST_FRAME);
	CHECK_STR(last->media_type, "image/png");
	CHECK_STR(last->parent_id, id);
	CHECK_INT(last->price_micros, 0);
	/* they live as long as their clip */
	CHECK_FAILS_CODE(asset_delete(play_api(), last->id, &err), &err, ERR_CONFLICT, "asset_in_use");
	error_clear(&err);
	CHECK_OK(asset_delete(play_api(), id, &err), &err);
	CHECK_FAILS(asset_load(play_api(), test_arena(), clip->last_frame_id, &last, &err), &err, ERR_NOT_FOUND);
	error_clear(&err);
	CHECK_FAILS(asset_load(play_api(), test_arena(), clip->thumbnail_id, &last, &err), &err, ERR_NOT_FOUND);
}

TEST(a_clip_without_pictures_of_itself_is_still_a_clip)
{
	struct error err = {0};
	struct asset *clip = NULL;
	play_begin();
	const char *id = ready_clip();

	CHECK(play_end(play_claim("asset.prepare"), JOB_FAILED,
	    "{\"code\": \"media_truncated\", \"kind\": \"input\", \"retryable\": false}"));
	CHECK_OK(asset_load(play_api(), test_arena(), id, &clip, &err), &err);
	CHECK_INT(clip->state, ASSET_READY);
	CHECK(clip->last_frame_id == NULL);
	/* deleted while its frames were made: they go nowhere */
	const char *gone = ready_clip();
	const struct job_claimed *job = play_claim("asset.prepare");
	CHECK_OK(asset_delete(play_api(), gone, &err), &err);
	CHECK(play_end(job, JOB_DONE, PREPARED));
	CHECK_INT(test_sql_int("select count(*) from asset where parent_id = '%s'", gone), 0);
}

TEST(the_quota_counts_logical_bytes)
{
	struct error err = {0};
	struct asset_uploaded made;
	struct asset_usage usage = {0};
	play_begin();

	(void)uploaded(HASH_A, 60, 100, &err);
	const struct asset_upload more = {.sha256 = HASH_A, .bytes = 41, .media_type = "image/png", .quota_bytes = 100};
	CHECK_FAILS_CODE(
	    asset_upload(play_api(), test_arena(), &more, &made, &err), &err, ERR_STORAGE_FULL, "quota_exceeded");
	error_clear(&err);
	const struct asset_uploaded last = uploaded(HASH_A, 40, 100, &err);
	CHECK_OK(asset_usage(play_api(), &usage, &err), &err);
	CHECK_INT(usage.bytes, 100);
	CHECK_INT(usage.count, 2);
	CHECK_OK(asset_delete(play_api(), last.id, &err), &err);
	CHECK_OK(asset_usage(play_api(), &usage, &err), &err);
	CHECK_INT(usage.bytes, 60);
}

TEST(uploads_are_listed_in_pages)
{
	struct error err = {0};
	struct asset *assets = NULL;
	size_t count = 0;
	const char *next = NULL;
	const char *ids[3];
	play_begin();

	for (int i = 0; i < 3; i++)
		ids[i] = uploaded(HASH_A, 1, 0, &err).id;
	CHECK_OK(asset_list_uploads(play_api(), test_arena(), 2, NULL, 0, &assets, &count, &next, &err), &err);
	CHECK_INT(count, 2);
	CHECK_STR(assets[0].id, ids[2]);
	CHECK(next != NULL);
	CHECK_OK(asset_list_uploads(play_api(), test_arena(), 2, next, 0, &assets, &count, &next, &err), &err);
	CHECK_INT(count, 1);
	CHECK_STR(assets[0].id, ids[0]);
	CHECK(next == NULL);
	CHECK_OK(asset_list_uploads(play_api(), test_arena(), 1, NULL, 1, &assets, &count, &next, &err), &err);
	CHECK_INT(count, 1);
	CHECK_STR(assets[0].id, ids[1]);
	/* a cursor goes on from its row, whatever the offset */
	CHECK_OK(asset_list_uploads(play_api(), test_arena(), 2, next, 7, &assets, &count, &next, &err), &err);
	CHECK_INT(count, 1);
	CHECK_STR(assets[0].id, ids[0]);
}

TEST(what_a_session_shows_is_not_deleted)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = play_session();

	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	play_images(4, 0);
	CHECK_FAILS_CODE(
	    asset_delete(play_api(), play_load(id)->images[0].id, &err), &err, ERR_CONFLICT, "asset_in_use");
	const char *image = play_load(id)->images[0].id;
	play_begin();
	CHECK_FAILS(asset_delete(play_api(), image, &err), &err, ERR_NOT_FOUND);
}

/* ---- sharing ---- */

TEST(share_links_open_until_they_end)
{
	struct error err = {0};
	struct session_started started;
	struct share *share = NULL, *shares = NULL;
	struct asset *asset = NULL;
	size_t count = 0;
	const int owner = play_begin();
	const char *id = play_session();

	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	play_images(4, 0);
	const char *image = play_load(id)->images[0].id;
	CHECK_OK(share_create(play_api(), test_arena(), image, "s1", 3600, &share, &err), &err);
	CHECK_STR(share->asset_id, image);
	CHECK(share->expires_us != CLOCK_NONE);
	db_caller(play_api(), 0);
	CHECK_OK(share_open(play_api(), test_arena(), "s1", &asset, &err), &err);
	CHECK_STR(asset->id, image);
	CHECK_INT(asset->role, PROJECT_VIEWER);
	CHECK_FAILS(share_open(play_api(), test_arena(), "s2", &asset, &err), &err, ERR_NOT_FOUND);
	play_begin();
	CHECK_FAILS(share_revoke(play_api(), share->id, &err), &err, ERR_NOT_FOUND);
	CHECK_FAILS(share_create(play_api(), test_arena(), image, "s3", 0, &share, &err), &err, ERR_NOT_FOUND);
	db_caller(play_api(), owner);
	CHECK_OK(share_list(play_api(), test_arena(), image, &shares, &count, &err), &err);
	CHECK_INT(count, 1);
	CHECK_OK(share_revoke(play_api(), shares[0].id, &err), &err);
	CHECK_FAILS(share_open(play_api(), test_arena(), "s1", &asset, &err), &err, ERR_NOT_FOUND);
	CHECK_FAILS(share_revoke(play_api(), "nonsense", &err), &err, ERR_NOT_FOUND);
	error_clear(&err);
	CHECK_OK(share_create(play_api(), test_arena(), image, "s4", 0, &share, &err), &err);
	CHECK(share->expires_us == CLOCK_NONE);
	CHECK_OK(share_create(play_api(), test_arena(), image, "s5", 1, &share, &err), &err);
	test_sql("update share_link set expires_at = now() - interval '1 second' where expires_at is not null");
	CHECK_FAILS(share_open(play_api(), test_arena(), "s5", &asset, &err), &err, ERR_NOT_FOUND);
	CHECK_OK(session_delete(play_api(), id, &err), &err);
	CHECK_FAILS(share_open(play_api(), test_arena(), "s4", &asset, &err), &err, ERR_NOT_FOUND);
}

TEST(unreviewed_uploads_are_not_shared)
{
	struct error err = {0};
	struct session_started started;
	struct share *share = NULL;
	play_begin();
	const char *id = play_session();
	const char *upload = ready_upload(HASH_A);

	CHECK_FAILS_CODE(share_create(play_api(), test_arena(), upload, "u1", 0, &share, &err), &err, ERR_CONFLICT,
	    "review_required");
	error_clear(&err);
	for (int i = 0; i < 2; i++) {
		CHECK_OK(session_add_image(play_api(), test_arena(), id, upload, NULL, NULL, &started, &err), &err);
		CHECK(play_end(play_claim("ad.import"), JOB_DONE, play_picture()));
	}
	play_approve_images(id, 2);
	CHECK_OK(play_start_clips(id, false, &started, &err), &err);
	play_clips(2, 0);
	play_approve_clips(id, 2);
	CHECK_OK(play_start_compose(id, false, &started, &err), &err);
	play_compose(false);
	const char *film = play_load(id)->final->id;
	CHECK_FAILS_CODE(
	    share_create(play_api(), test_arena(), film, "u2", 0, &share, &err), &err, ERR_CONFLICT, "review_required");
	CHECK_FAILS(asset_review(play_api(), upload, &err), &err, ERR_FORBIDDEN);
	error_clear(&err);
	CHECK_OK(asset_review(test_db("framewright_ctl"), upload, &err), &err);
	CHECK_OK(share_create(play_api(), test_arena(), film, "u3", 0, &share, &err), &err);
}

/* ---- collection ---- */

struct bin {
	char removed[8][HASH_HEX_SIZE];
	int count;
	const char *keep;
};

static int
throw_away(void *arg, const char *sha256)
{
	struct bin *bin = arg;

	if (bin->keep != NULL && strcmp(bin->keep, sha256) == 0)
		return -1;
	memcpy(bin->removed[bin->count++], sha256, HASH_HEX_SIZE);
	return 0;
}

TEST(only_old_unreferenced_files_are_collected)
{
	struct error err = {0};
	struct bin bin = {.count = 0};
	int removed = 0;
	int64_t bytes = 0;
	play_begin();

	test_sql("update asset set state = 'deleted', sha256 = null; delete from cache_entry; delete from blob");
	CHECK_OK(asset_blob_reserve(play_renderd(), HASH_A, 10, "image/png", &err), &err);
	CHECK_OK(asset_blob_reserve(play_renderd(), HASH_B, 20, "image/png", &err), &err);
	const char *upload = ready_upload(HASH_B);
	CHECK_OK(asset_collect(play_renderd(), 3600, 8, throw_away, &bin, &removed, &bytes, &err), &err);
	CHECK_INT(removed, 0);
	test_sql("update blob set created_at = now() - interval '2 hours'");
	CHECK_OK(asset_collect(play_renderd(), 3600, 8, throw_away, &bin, &removed, &bytes, &err), &err);
	CHECK_INT(removed, 1);
	CHECK_INT(bytes, 10);
	CHECK_STR(bin.removed[0], HASH_A);
	CHECK_INT(test_sql_int("select count(*) from blob where sha256 = '" HASH_A "'"), 0);
	/* a reservation counts anew */
	CHECK_OK(asset_delete(play_api(), upload, &err), &err);
	CHECK_OK(asset_blob_reserve(play_api(), HASH_B, 20, "image/png", &err), &err);
	CHECK_OK(asset_collect(play_renderd(), 3600, 8, throw_away, &bin, &removed, &bytes, &err), &err);
	CHECK_INT(removed, 0);
	/* a file that could not be removed keeps its row */
	test_sql("update blob set created_at = now() - interval '2 hours'");
	bin.keep = HASH_B;
	CHECK_OK(asset_collect(play_renderd(), 3600, 8, throw_away, &bin, &removed, &bytes, &err), &err);
	CHECK_INT(removed, 0);
	CHECK_INT(test_sql_int("select count(*) from blob"), 1);
	CHECK(asset_blob_reserve(play_renderd(), "short", 1, "image/png", &err) < 0);
}

TEST_MAIN_WITH(test_db_set_up, test_db_tear_down, ROW(an_upload_is_checked_and_then_ready),
    ROW(a_refused_upload_says_why_and_loses_its_file), ROW(a_clip_that_has_arrived_gets_a_thumbnail_and_its_last_frame),
    ROW(a_clip_without_pictures_of_itself_is_still_a_clip), ROW(the_quota_counts_logical_bytes),
    ROW(uploads_are_listed_in_pages), ROW(what_a_session_shows_is_not_deleted), ROW(share_links_open_until_they_end),
    ROW(unreviewed_uploads_are_not_shared), ROW(only_old_unreferenced_files_are_collected))
