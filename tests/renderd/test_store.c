/* renderd/store.c against a real database: what is published, and whose leftovers go. */
#include "renderd/store.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/path.h"
#include "renderd/flow/flow.h"
#include "tests/harness/db.h"
#include "tests/harness/test_main.h"

#define NOBODYS_HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* A place of its own for each test. */
struct place {
	struct conf *conf;
	struct store store;
	const char *root;
};

static void
set(struct conf *conf, const char *name, const char *value)
{
	struct error err = {0};

	CHECK_OK(conf_set(conf, name, value, &err), &err);
}

static const char *
below(const struct place *place, const char *name)
{
	return arena_printf(test_arena(), "%s/%s", place->root, name);
}

static struct place
place_new(const char *name)
{
	struct place place = {
	    .conf = conf_new(CONF_RENDERD), .root = arena_printf(test_arena(), "%s/%s", test_dir(), name)};

	set(place.conf, "STORE_DIR", place.root);
	set(place.conf, "SCRATCH_DIR", below(&place, "tmp"));
	set(place.conf, "CACHE_DIR", below(&place, "cache"));
	set(place.conf, "DISK_RESERVE", "0");
	return place;
}

static struct place
place_open(const char *name)
{
	struct place place = place_new(name);
	struct error err = {0};

	CHECK_OK(store_open(&place.store, place.conf, 1, &err), &err);
	return place;
}

static void
place_close(struct place *place)
{
	store_close(&place->store);
	conf_free(&place->conf);
}

static bool
exists(const struct place *place, const char *name)
{
	struct stat st;

	return lstat(below(place, name), &st) == 0;
}

static void
put(int folder, const char *name, const char *text)
{
	CLEANUP(fd_close) int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct error err = {0};

	CHECK_OK(fd_write_all(fd, text, strlen(text), &err), &err);
}

/* Publishes a text as an attempt of its own would. */
static struct stored
publish(const struct place *place, int64_t lease, const char *text)
{
	struct stored stored = {.bytes = -1};
	struct error err = {0};
	CLEANUP(fd_close) int scratch = store_scratch(&place->store, lease, &err);

	if (!CHECK(scratch >= 0))
		return stored;
	put(scratch, "out.bin", text);
	CHECK_OK(store_publish(&place->store, test_db("framewright_renderd"), scratch, "out.bin",
		     "application/octet-stream", &stored, &err),
	    &err);
	CHECK(faccessat(scratch, "out.bin", F_OK, 0) < 0);
	store_scratch_remove(&place->store, lease);
	return stored;
}

static const char *
blob_path(const struct place *place, const struct stored *stored)
{
	return below(place, arena_printf(test_arena(), "blob/%.2s/%s", stored->sha256, stored->sha256));
}

TEST(published_bytes_are_stored_once_under_their_hash)
{
	struct place place = place_open("once");
	struct stored one = publish(&place, 1, "same bytes");
	struct stat before, after;

	CHECK_INT(stat(blob_path(&place, &one), &before), 0);
	CHECK_INT(before.st_mode & 07777, 0640);
	CHECK_INT(before.st_size, 10);
	struct stored two = publish(&place, 2, "same bytes"), other = publish(&place, 3, "other bytes");

	CHECK_STR(two.sha256, one.sha256);
	CHECK_INT(two.bytes, 10);
	CHECK(strcmp(other.sha256, one.sha256) != 0);
	CHECK_INT(stat(blob_path(&place, &one), &after), 0);
	CHECK_INT(after.st_ino, before.st_ino);
	CHECK_INT(test_sql_int("select count(*) from blob where sha256 = '%s'", one.sha256), 1);
	CHECK_INT(test_sql_int("select bytes from blob where sha256 = '%s'", other.sha256), 11);
	place_close(&place);
}

TEST(a_blob_is_read_back_and_removed)
{
	struct place place = place_open("read");
	struct stored stored = publish(&place, 1, "to be read");
	struct error err = {0};
	char *text;
	CLEANUP(fd_close) int fd = store_open_blob(&place.store, stored.sha256, &err);

	CHECK_OK(fd_read_all(test_arena(), fd, 100, &text, NULL, &err), &err);
	CHECK_STR(text, "to be read");
	CHECK_OK(store_remove_blob(&place.store, stored.sha256, &err), &err);
	CHECK_OK(store_remove_blob(&place.store, stored.sha256, &err), &err);
	CHECK_FAILS_CODE(store_open_blob(&place.store, stored.sha256, &err), &err, ERR_NOT_FOUND, "blob_missing");
	place_close(&place);
}

TEST(a_blob_that_is_missing_or_misnamed_is_refused)
{
	struct place place = place_open("missing");
	struct error err = {0};

	CHECK_FAILS_CODE(store_open_blob(&place.store, NOBODYS_HASH, &err), &err, ERR_NOT_FOUND, "blob_missing");
	CHECK_FAILS(store_open_blob(&place.store, "../../etc/passwd", &err), &err, ERR_INTERNAL);
	CHECK_FAILS(store_open_blob(&place.store, "", &err), &err, ERR_INTERNAL);
	place_close(&place);
}

/* What media leaves under the name must be a file of its own. */
TEST(a_link_is_not_published)
{
	struct place place = place_open("link");
	struct stored stored;
	struct error err = {0};
	CLEANUP(fd_close) int scratch = store_scratch(&place.store, 1, &err);

	CHECK_INT(symlinkat("/etc/passwd", scratch, "out.bin"), 0);
	CHECK_FAILS(store_publish(
			&place.store, test_db("framewright_renderd"), scratch, "out.bin", "text/plain", &stored, &err),
	    &err, ERR_INTERNAL);
	CHECK_FAILS(
	    store_publish(&place.store, test_db("framewright_renderd"), scratch, "no.bin", "text/plain", &stored, &err),
	    &err, ERR_INTERNAL);
	place_close(&place);
}

TEST(scratch_is_refused_below_the_reserve)
{
	struct place place = place_open("full");
	struct error err = {0};

	place.store.reserve = INT64_MAX / 2;
	CHECK_FAILS(store_scratch(&place.store, 1, &err), &err, ERR_STORAGE_FULL);
	place_close(&place);
}

TEST(closing_removes_the_own_scratch_only)
{
	struct place place = place_open("close");
	struct stored stored = publish(&place, 1, "stays");
	struct error err = {0};
	int scratch = store_scratch(&place.store, 9, &err);

	put(scratch, "half.bin", "half");
	fd_close(&scratch);
	CHECK(exists(&place, "tmp/w1/9.tmp/half.bin"));
	place_close(&place);
	CHECK(!exists(&place, "tmp/w1"));
	CHECK_INT(access(blob_path(&place, &stored), R_OK), 0);
}

/* Another daemon on the same store, with half a file in its scratch; it runs until it is killed. */
static pid_t
other_daemon(const struct place *place, int64_t worker)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (!CHECK(pipe2(ready, O_CLOEXEC) == 0))
		return -1;
	pid = fork();
	if (pid == 0) {
		struct store store;
		struct error err = {0};
		int scratch, file;

		if (store_open(&store, place->conf, worker, &err) < 0 || (scratch = store_scratch(&store, 5, &err)) < 0)
			_exit(1);
		file = openat(scratch, "half.bin", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (file < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	CHECK_INT(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void
end_daemon(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST(scratch_of_the_dead_goes_and_that_of_the_living_stays)
{
	struct place place = place_new("dead");
	pid_t living = other_daemon(&place, 2), dead = other_daemon(&place, 3);
	struct error err = {0};

	CHECK(exists(&place, "tmp/w2/5.tmp/half.bin"));
	CHECK(exists(&place, "tmp/w3/5.tmp/half.bin"));
	end_daemon(dead);
	CHECK_OK(store_open(&place.store, place.conf, 1, &err), &err);
	CHECK(exists(&place, "tmp/w2/5.tmp/half.bin"));
	CHECK(!exists(&place, "tmp/w3"));
	CHECK(exists(&place, "tmp/w1"));
	store_close(&place.store);

	end_daemon(living);
	CHECK_OK(store_open(&place.store, place.conf, 1, &err), &err);
	CHECK(!exists(&place, "tmp/w2"));
	place_close(&place);
}

/* A file of the inbox whose last byte came `age_s` ago. */
static void
arrived(const struct place *place, const char *name, int64_t now_s, int64_t age_s)
{
	const struct timespec times[2] = {{now_s - age_s, 0}, {now_s - age_s, 0}};
	struct error err = {0};

	CHECK_OK(path_make(below(place, "inbox"), 0770, &err), &err);
	CHECK_OK(path_write(below(place, name), "half", 4, 0640, &err), &err);
	CHECK_INT(utimensat(AT_FDCWD, below(place, name), times, 0), 0);
}

TEST(leftovers_of_killed_uploads_go_after_an_hour)
{
	struct place place = place_open("inbox");
	int64_t now_s = clock_now_s(NULL), removed = -1;
	struct error err = {0};

	CHECK_OK(store_clear_inbox(&place.store, now_s, &removed, &err), &err);
	CHECK_INT(removed, 0);
	arrived(&place, "inbox/.up.1.tmp", now_s, STORE_INBOX_KEPT_S + 1);
	arrived(&place, "inbox/.up.2.tmp", now_s, STORE_INBOX_KEPT_S - 1);
	arrived(&place, "inbox/.up.3.tmp", now_s, 0);
	arrived(&place, "kept", now_s, STORE_INBOX_KEPT_S * 10);
	CHECK_INT(symlink("../kept", below(&place, "inbox/link")), 0);
	CHECK_OK(path_make(below(&place, "inbox/folder"), 0700, &err), &err);
	CHECK_OK(store_clear_inbox(&place.store, now_s, &removed, &err), &err);
	CHECK_INT(removed, 1);
	CHECK(!exists(&place, "inbox/.up.1.tmp"));
	CHECK(exists(&place, "inbox/.up.2.tmp"));
	CHECK(exists(&place, "inbox/.up.3.tmp"));
	CHECK(exists(&place, "kept"));
	CHECK(exists(&place, "inbox/folder"));
	CHECK_OK(store_clear_inbox(&place.store, now_s + 2, &removed, &err), &err);
	CHECK_INT(removed, 1);
	place_close(&place);
}

/* The whole job: what nobody refers to, and the inbox. */
TEST(the_collection_job_removes_both)
{
	struct place place = place_open("collect");
	struct stored stored = publish(&place, 1, "nobody refers to this");
	struct renderd renderd = {.conf = place.conf, .clock = &clock_real, .store = place.store};
	const struct job_claimed job = {.id = 1, .lease = 77, .kind = "store.collect", .payload = "{}"};
	struct error err = {0};
	struct attempt *attempt;

	log_init(&renderd.log, "test");
	renderd.leases = leases_new(&clock_real, 1, 60000, 4);
	arrived(&place, "inbox/.up.1.tmp", clock_now_s(NULL), STORE_INBOX_KEPT_S + 60);
	test_sql("update blob set created_at = now() - interval '30 days'");
	attempt = attempt_new(&renderd, &job, clock_boot_ms(NULL));
	attempt->db = test_db("framewright_renderd");
	CHECK_OK(flow_run(attempt, &err), &err);
	CHECK_INT(attempt->end.outcome, JOB_DONE);
	CHECK_JSON_AT(attempt->end.body, "/leftovers", "1");
	CHECK(!exists(&place, "inbox/.up.1.tmp"));
	CHECK(access(blob_path(&place, &stored), F_OK) < 0);
	attempt_free(&attempt);
	leases_free(&renderd.leases);
	place_close(&place);
}

TEST_MAIN_WITH(test_db_set_up, test_db_tear_down, ROW(published_bytes_are_stored_once_under_their_hash),
    ROW(a_blob_is_read_back_and_removed), ROW(a_blob_that_is_missing_or_misnamed_is_refused),
    ROW(a_link_is_not_published), ROW(scratch_is_refused_below_the_reserve), ROW(closing_removes_the_own_scratch_only),
    ROW(scratch_of_the_dead_goes_and_that_of_the_living_stays), ROW(leftovers_of_killed_uploads_go_after_an_hour),
    ROW(the_collection_job_removes_both))
