#include "renderd/idle.h"

#include <stdio.h>
#include <string.h>

#include "renderd/slots.h"

/* MemAvailable in bytes; what cannot be read is no reason to do nothing. */
static int64_t
memory_available(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	int64_t kib = INT64_MAX / 1024;
	char line[128];

	if (file == NULL)
		return INT64_MAX;
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "MemAvailable: %ld kB", &kib) == 1)
			break;
	(void)fclose(file);
	return kib * 1024;
}

bool
idle_has_room(const struct renderd *renderd)
{
	return slots_free(renderd->slots, JOB_MEDIA) > 0 &&
	       memory_available() > conf_size(renderd->conf, CONF_AHEAD_MEMORY);
}

void
idle_look(const struct renderd *renderd)
{
	if (slots_running(renderd->slots, JOB_IDLE) > 0 && !idle_has_room(renderd))
		slots_give_way(renderd->slots, NULL);
}

void
idle_job_begins(const struct renderd *renderd, const struct job_claimed *job)
{
	if (job->step == JOB_MEDIA && job->project_id[0] != '\0')
		slots_give_way(renderd->slots, job->project_id);
}
