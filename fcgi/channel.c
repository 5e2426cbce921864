#include "fcgi/channel.h"

#include <errno.h>

#include "lib/base/path.h"
#include "lib/base/text.h"

#define ANSWER_MAX (64 * MIB)

const char *
channel_env(char *const *env, const char *name)
{
	const size_t len = strlen(name);

	for (; env != NULL && *env != NULL; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	return NULL;
}

static ssize_t
fd_read(struct channel *channel, void *bytes, size_t len)
{
	struct channel_fd *self = (struct channel_fd *)channel;
	const size_t want = FW_MIN((int64_t)len, self->left);

	if (want == 0)
		return 0;
	for (;;) {
		const ssize_t got = read(self->in, bytes, want);

		if (got < 0 && errno == EINTR)
			continue;
		if (got > 0)
			self->left -= got;
		return got;
	}
}

static int
fd_write(struct channel *channel, const void *bytes, size_t len)
{
	struct channel_fd *self = (struct channel_fd *)channel;

	return fd_write_all(self->out, bytes, len, NULL);
}

void
channel_fd_init(struct channel_fd *self, char **env, int in, int out)
{
	const char *length = channel_env(env, "CONTENT_LENGTH");
	int64_t left = 0;

	*self = (struct channel_fd){.channel = {.env = env, .read = fd_read, .write = fd_write}, .in = in, .out = out};
	if (length != NULL && *length != '\0' && text_int(length, 0, INT64_MAX, &left) == 0)
		self->left = left;
}

static ssize_t
memory_read(struct channel *channel, void *bytes, size_t len)
{
	struct channel_memory *self = (struct channel_memory *)channel;
	const size_t part = FW_MIN(len, self->body_len - self->read_at);

	if (part > 0)
		memcpy(bytes, self->body + self->read_at, part);
	self->read_at += part;
	return (ssize_t)part;
}

static int
memory_write(struct channel *channel, const void *bytes, size_t len)
{
	struct channel_memory *self = (struct channel_memory *)channel;

	buf_put(&self->answer, bytes, len);
	return self->answer.failed ? -1 : 0;
}

void
channel_memory_init(struct channel_memory *self, char **env, const void *body, size_t len)
{
	*self = (struct channel_memory){
	    .channel = {.env = env, .read = memory_read, .write = memory_write},
	    .body = body,
	    .body_len = len,
	    .answer = BUF_INIT(ANSWER_MAX),
	};
}
