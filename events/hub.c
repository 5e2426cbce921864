#include "events/hub.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024
#define FETCH_MAX 1000
#define ARENA_LIMIT (64 * MIB)

struct hub_project {
	struct hub_project *next; /* in its bucket */
	char id[ID_UUID_SIZE];
	int64_t known; /* distributed up to here */
	bool noted;    /* there may be more */
	struct hub_subscription *subscriptions;
};

struct hub {
	struct db *db;
	const struct log *log;
	hub_wake_fn *wake;
	struct arena *arena;
	size_t projects;
	struct hub_project *buckets[BUCKETS];
};

struct hub *
hub_new(struct db *db, const struct log *log, hub_wake_fn *wake)
{
	struct hub *hub = calloc(1, sizeof(*hub));

	if (hub == NULL)
		abort();
	hub->db = db;
	hub->log = log;
	hub->wake = wake;
	hub->arena = arena_new(ARENA_LIMIT);
	return hub;
}

static size_t
bucket_of(const char *id)
{
	unsigned hash = 2166136261u;

	for (; *id != '\0'; id++)
		hash = (hash ^ (unsigned char)*id) * 16777619u;
	return hash % BUCKETS;
}

static struct hub_project *
find(const struct hub *hub, const char *id)
{
	struct hub_project *project = hub->buckets[bucket_of(id)];

	while (project != NULL && strcmp(project->id, id) != 0)
		project = project->next;
	return project;
}

static struct hub_project *
find_or_add(struct hub *hub, const char *id)
{
	struct hub_project *project = find(hub, id);
	size_t bucket = bucket_of(id);

	if (project != NULL)
		return project;
	project = calloc(1, sizeof(*project));
	if (project == NULL)
		abort();
	memcpy(project->id, id, sizeof(project->id));
	project->next = hub->buckets[bucket];
	hub->buckets[bucket] = project;
	hub->projects++;
	return project;
}

static void
remove_if_unused(struct hub *hub, struct hub_project *project)
{
	struct hub_project **at = &hub->buckets[bucket_of(project->id)];

	if (project->subscriptions != NULL)
		return;
	while (*at != project)
		at = &(*at)->next;
	*at = project->next;
	hub->projects--;
	free(project);
}

static struct hub_frame *
frame_new(const struct event *event)
{
	size_t len = strlen(event->payload);
	struct hub_frame *frame = malloc(sizeof(*frame) + len + 1);

	if (frame == NULL)
		abort();
	*frame = (struct hub_frame){.references = 1, .seq = event->seq, .len = len};
	memcpy(frame->text, event->payload, len + 1);
	return frame;
}

static void
frame_drop(struct hub_frame *frame)
{
	if (--frame->references == 0)
		free(frame);
}

static void
grow(struct hub_subscription *s)
{
	size_t capacity = s->capacity == 0 ? 8 : s->capacity * 2;
	struct hub_frame **queue = calloc(capacity, sizeof(queue[0]));

	if (queue == NULL)
		abort();
	for (size_t i = 0; i < s->count; i++)
		queue[i] = s->queue[(s->first + i) % s->capacity];
	free(s->queue);
	s->queue = queue;
	s->capacity = capacity;
	s->first = 0;
}

static void
push(struct hub_subscription *s, struct hub_frame *frame)
{
	if (frame->seq <= s->position || s->overrun)
		return;
	if (s->count >= HUB_QUEUE_MAX) {
		s->overrun = true;
		return;
	}
	if (s->count == s->capacity)
		grow(s);
	frame->references++;
	s->queue[(s->first + s->count++) % s->capacity] = frame;
	s->position = frame->seq;
}

const struct hub_frame *
hub_peek(const struct hub_subscription *subscription)
{
	return subscription->count == 0 ? NULL : subscription->queue[subscription->first];
}

void
hub_pop(struct hub_subscription *s)
{
	frame_drop(s->queue[s->first]);
	s->first = (s->first + 1) % s->capacity;
	s->count--;
}

/* Everything after a number, in as many statements as it takes. */
static int
replay(struct hub *hub, struct hub_subscription *s, int64_t after, struct error *err)
{
	const struct event *events;
	size_t count;

	s->position = after;
	do {
		arena_reset(hub->arena);
		if (event_after(hub->db, hub->arena, s->project->id, s->position, FETCH_MAX, &events, &count, err) < 0)
			return -1;
		for (size_t i = 0; i < count; i++) {
			struct hub_frame *frame = frame_new(&events[i]);

			push(s, frame);
			frame_drop(frame);
		}
	} while (count == FETCH_MAX && !s->overrun);
	return 0;
}

static int
last_only(struct hub *hub, struct hub_subscription *s, struct error *err)
{
	struct event last;
	bool found;

	arena_reset(hub->arena);
	if (event_last(hub->db, hub->arena, s->project->id, &last, &found, err) < 0)
		return -1;
	if (found) {
		struct hub_frame *frame = frame_new(&last);

		push(s, frame);
		frame_drop(frame);
	}
	return 0;
}

int
hub_subscribe(struct hub *hub, const char *project_id, int64_t after, void *owner,
    struct hub_subscription **ret_subscription, struct error *err)
{
	struct hub_subscription *s = calloc(1, sizeof(*s));
	bool first;
	int status;

	if (s == NULL)
		abort();
	s->owner = owner;
	s->position = -1;
	s->project = find_or_add(hub, project_id);
	first = s->project->subscriptions == NULL;
	s->next = s->project->subscriptions;
	s->project->subscriptions = s;
	status = after >= 0 ? replay(hub, s, after, err) : last_only(hub, s, err);
	if (status < 0) {
		hub_unsubscribe(hub, &s);
		return error_wrap(err, "reading events of %s", project_id);
	}
	/* the one furthest behind counts, an earlier one too that got nothing yet; what lies between comes with the
	 * next distribution */
	if (first || s->project->known > s->position)
		s->project->known = FW_MAX(s->position, 0);
	s->project->noted = true;
	*ret_subscription = s;
	return 0;
}

void
hub_unsubscribe(struct hub *hub, struct hub_subscription **subscription)
{
	struct hub_subscription *s = *subscription, **at;

	if (s == NULL)
		return;
	at = &s->project->subscriptions;
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	while (s->count > 0)
		hub_pop(s);
	remove_if_unused(hub, s->project);
	free(s->queue);
	free(s);
	*subscription = NULL;
}

const char *
hub_project_id(const struct hub_subscription *subscription)
{
	return subscription->project->id;
}

void
hub_note(struct hub *hub, const char *project_id, int64_t seq)
{
	struct hub_project *project = find(hub, project_id);

	if (project != NULL && seq > project->known)
		project->noted = true;
}

void
hub_note_all(struct hub *hub)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct hub_project *project = hub->buckets[i]; project != NULL; project = project->next)
			project->noted = true;
}

size_t
hub_projects(const struct hub *hub)
{
	return hub->projects;
}

static void
hand_out(struct hub *hub, const struct event *event)
{
	struct hub_project *project = find(hub, event->project_id);
	struct hub_frame *frame;

	if (project == NULL)
		return;
	frame = frame_new(event);

	for (struct hub_subscription *s = project->subscriptions; s != NULL; s = s->next) {
		size_t before = s->count;

		push(s, frame);
		if ((before == 0 && s->count > 0) || s->overrun)
			hub->wake(s->owner);
	}
	project->known = FW_MAX(project->known, event->seq);
	frame_drop(frame);
}

/* The noted projects, their ids and positions as arrays in the arena. */
static size_t
noted(struct hub *hub, const char ***ret_ids, int64_t **ret_afters)
{
	size_t count = 0;

	*ret_ids = ARENA_ARRAY(hub->arena, hub->projects + 1, const char *);
	*ret_afters = ARENA_ARRAY(hub->arena, hub->projects + 1, int64_t);
	if (*ret_ids == NULL || *ret_afters == NULL)
		return 0;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct hub_project *project = hub->buckets[i]; project != NULL; project = project->next)
			if (project->noted) {
				(*ret_ids)[count] = project->id;
				(*ret_afters)[count++] = project->known;
			}
	return count;
}

int
hub_distribute(struct hub *hub, struct error *err)
{
	const struct event *events;
	const char **ids;
	int64_t *afters;
	size_t count, found;

	do {
		arena_reset(hub->arena);
		count = noted(hub, &ids, &afters);
		if (count == 0)
			return 0;
		if (event_after_many(hub->db, hub->arena, ids, afters, count, FETCH_MAX, &events, &found, err) < 0)
			return error_wrap(err, "reading new events");
		for (size_t i = 0; i < found; i++)
			hand_out(hub, &events[i]);
	} while (found == FETCH_MAX);
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct hub_project *project = hub->buckets[i]; project != NULL; project = project->next)
			project->noted = false;
	return 0;
}

void
hub_free(struct hub **hub)
{
	if (*hub == NULL)
		return;
	arena_free(&(*hub)->arena);
	free(*hub);
	*hub = NULL;
}
