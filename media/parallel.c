#include "media/parallel.h"

#include <pthread.h>

struct piece {
	void (*work)(void *ctx, int from, int to);
	void *ctx;
	int from, to;
	pthread_t thread;
	bool started;
};

static void *
piece_run(void *arg)
{
	const struct piece *piece = arg;

	piece->work(piece->ctx, piece->from, piece->to);
	return NULL;
}

void
parallel_rows(unsigned threads, int rows, int step, void (*work)(void *ctx, int from, int to), void *ctx)
{
	struct piece pieces[PARALLEL_MAX];
	const int n = FW_MAX(1, (int)FW_MIN(threads, (unsigned)PARALLEL_MAX));
	const int steps = (rows + step - 1) / step;

	for (int i = 0; i < n; i++) {
		pieces[i] = (struct piece){.work = work, .ctx = ctx};
		pieces[i].from = (int)((int64_t)steps * i / n) * step;
		pieces[i].to = FW_MIN((int)((int64_t)steps * (i + 1) / n) * step, rows);
	}
	for (int i = 1; i < n; i++)
		pieces[i].started = pthread_create(&pieces[i].thread, NULL, piece_run, &pieces[i]) == 0;
	piece_run(&pieces[0]);
	for (int i = 1; i < n; i++) {
		if (pieces[i].started)
			(void)pthread_join(pieces[i].thread, NULL);
		else
			piece_run(&pieces[i]);
	}
}
