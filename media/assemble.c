#include "media/assemble.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <errno.h>

#include "lib/base/path.h"
#include "media/joint.h"
#include "media/webm.h"

int
assemble(const struct assembly *assembly, int dir, const char *name, int64_t *ret_bytes, struct error *err)
{
	CLEANUP(joint_done) struct joint joint = {0};
	CLEANUP(fd_close) int fd = -1;
	int ret;

	if (joint_init(&joint, assembly, err) < 0)
		return error_wrap(err, "joining");
	while (joint.n_pieces < assembly->plan->n_spans)
		if (joint_add(&joint, err) < 0)
			return error_wrap(err, "joining");
	fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return error_errno(err, ERR_INTERNAL, "creating the film's file");
	ret = assembly->profile->file == PROFILE_WEBM ? webm_write(&joint.film, fd, ret_bytes, err)
						      : mp4_write(&joint.film, fd, ret_bytes, err);
	if (ret < 0 || assemble_check(assembly, fd, err) < 0)
		return -1;
	if (fsync(fd) < 0)
		return error_errno(err, errno == ENOSPC ? ERR_STORAGE_FULL : ERR_INTERNAL, "writing the film's file");
	return 0;
}
