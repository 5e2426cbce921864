#include "media/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/path.h"

int
spill_file(int dir, struct error *err)
{
	char name[PATH_TEMP_SIZE];
	CLEANUP(fd_close)
	int fd = openat(dir, path_temp_name(name, "spill"), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return error_errno(err, errno == ENOSPC ? ERR_STORAGE_FULL : ERR_INTERNAL, "creating a file for later");
	if (unlinkat(dir, name, 0) < 0)
		return error_errno(err, ERR_INTERNAL, "removing the name of a file for later");
	return fd_take(&fd);
}

int
spill_open(struct spill *spill, int dir, size_t channels, struct error *err)
{
	*spill = (struct spill){.fd = spill_file(dir, err), .channels = channels};
	return spill->fd < 0 ? -1 : 0;
}

void
spill_close(struct spill *spill)
{
	if (spill->channels > 0)
		fd_close(&spill->fd);
	*spill = (struct spill){0};
}

int
spill_write(struct spill *spill, const float *samples, size_t frames, struct error *err)
{
	if (fd_write_all(spill->fd, samples, frames * spill->channels * sizeof(*samples), err) < 0)
		return error_wrap(err, "keeping samples");
	spill->frames += frames;
	return 0;
}

int
spill_read(const struct spill *spill, size_t at, size_t frames, float *samples, struct error *err)
{
	const size_t frame = spill->channels * sizeof(*samples);
	char *into = (char *)samples;
	size_t left = frames * frame;
	off_t from = (off_t)(at * frame);

	while (left > 0) {
		const ssize_t got = pread(spill->fd, into, left, from);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return error_errno(err, ERR_INTERNAL, "reading kept samples back");
		into += got;
		from += got;
		left -= (size_t)got;
	}
	return 0;
}
