/*
 * Replays inputs through a fuzz target, so that what fuzzing found stays found under any compiler. Without arguments
 * the target's corpus in the source tree is read; arguments are files or folders.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <sys/stat.h>

#include "lib/base/path.h"

#define INPUT_MAX (4 * MIB)

static unsigned replayed, failed;

static void
replay_file(const char *path)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(2 * INPUT_MAX);
	struct error err;
	char *bytes;
	size_t len;

	if (path_read(arena, path, INPUT_MAX, &bytes, &len, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		failed++;
		return;
	}
	/* An exact copy on the heap, so that reading past the end shows. */
	unsigned char *exact = malloc(len == 0 ? 1 : len);
	if (exact == NULL)
		abort();
	memcpy(exact, bytes, len);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	replayed++;
}

static void
replay(const char *path)
{
	struct stat st;
	DIR *dir = stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? opendir(path) : NULL;

	if (dir == NULL) {
		replay_file(path);
		return;
	}
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		char file[2048];
		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		replay_file(file);
	}
	closedir(dir);
}

int
main(int argc, char **argv)
{
	const char *top = getenv("top_srcdir"), *name = path_base(argv[0]);
	char corpus[1024];

	snprintf(
	    corpus, sizeof(corpus), "%s/tests/fuzz/corpus/%s", top == NULL ? "." : top, name + strcspn(name, "_") + 1);
	if (argc < 2)
		replay(corpus);
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	printf("unit %s: tests=%u asserts=%u failed=%u skipped=0\n", name, replayed, replayed, failed);
	return failed == 0 && replayed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
