#include "renderd/live.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/path.h"

#define PLAYLIST ".m3u8"

static void
close_dir(DIR **dir)
{
	if (*dir != NULL)
		(void)closedir(*dir);
}

/* Takes the descriptor over. */
static DIR *
list_folder(int fd)
{
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir == NULL)
		fd_close(&fd);
	return dir;
}

static bool
is_playlist(const char *name)
{
	const size_t len = strlen(name);

	return len > strlen(PLAYLIST) && strcmp(name + len - strlen(PLAYLIST), PLAYLIST) == 0;
}

/* A playlist is replaced by its maker as a whole, so its link has to follow; a segment is written once. */
static int
link_file(int from, int to, const char *name, struct error *err)
{
	struct stat there, here;

	if (fstatat(from, name, &there, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(there.st_mode))
		return 0;
	if (fstatat(to, name, &here, AT_SYMLINK_NOFOLLOW) == 0 && here.st_ino == there.st_ino)
		return 0;
	if (unlinkat(to, ".new", 0) < 0 && errno != ENOENT)
		return error_errno(err, ERR_INTERNAL, "clearing the live folder");
	if (linkat(from, name, to, ".new", 0) < 0)
		return errno == ENOENT ? 0 : error_errno(err, ERR_INTERNAL, "linking '%s'", name);
	if (renameat(to, ".new", to, name) < 0)
		return error_errno(err, ERR_INTERNAL, "naming '%s'", name);
	return 0;
}

static int
link_all(DIR *dir, int to, bool playlists, struct error *err)
{
	const struct dirent *entry;

	rewinddir(dir);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && is_playlist(entry->d_name) == playlists &&
		    link_file(dirfd(dir), to, entry->d_name, err) < 0)
			return -1;
	return 0;
}

int
live_publish(const struct store *store, int scratch, const char *render_id, struct error *err)
{
	CLEANUP(close_dir)
	DIR *dir = list_folder(openat(scratch, "live", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
	CLEANUP(fd_close) int to = -1;

	if (dir == NULL)
		return 0;
	if (path_make_at(store->live, render_id, 02770, err) < 0)
		return -1;
	to = openat(store->live, render_id, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (to < 0)
		return error_errno(err, ERR_INTERNAL, "opening the live folder");
	/* the playlist is read first but shown last: what it names must be there */
	return link_all(dir, to, false, err) < 0 || link_all(dir, to, true, err) < 0 ? -1 : 0;
}

int
live_remove(const struct store *store, const char *render_id, struct error *err)
{
	struct stat st;

	if (fstatat(store->live, render_id, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return path_remove_tree(store->live, render_id, err);
}

int
live_clear(const struct store *store, int64_t now_s, struct error *err)
{
	CLEANUP(close_dir) DIR *dir = list_folder(openat(store->live, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	const struct dirent *entry;
	struct stat st;

	if (dir == NULL)
		return error_errno(err, ERR_INTERNAL, "reading the live folder");
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && fstatat(store->live, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_mtim.tv_sec < now_s - LIVE_KEPT_S && path_remove_tree(store->live, entry->d_name, err) < 0)
			return -1;
	return 0;
}
