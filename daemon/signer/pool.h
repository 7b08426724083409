/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The threads of a signer. One, which runs the loop, submits work and collects what is done; some sign; one does all
 * else with the store of keys, which may take long. Nothing that the store does, or fails to do, holds up the loop.
 */
#ifndef MM_DAEMON_SIGNER_POOL_H
#define MM_DAEMON_SIGNER_POOL_H

#include "daemon/keystore/keystore.h"

#include <pthread.h>

enum signer_queue {
	SIGNER_QUEUE_SIGN,
	SIGNER_QUEUE_ORDER, /* done by one thread, in their order */
	SIGNER_QUEUE_COUNT
};

/* A piece of work begins with it. */
struct signer_work {
	struct signer_work *next;
	enum signer_queue queue;
};

/* Do a piece of work; thread is the number of the thread among those that sign. */
typedef void signer_run(void *context, struct signer_work *work, unsigned thread);

struct signer_list {
	struct signer_work *first, *last;
	size_t count;
};

#define SIGNER_LIST_EMPTY ((struct signer_list){ NULL, NULL, 0 })

struct signer_pool;

struct signer_thread {
	struct signer_pool *pool;
	enum signer_queue queue;
	unsigned number;
	pthread_t id;
	int64_t since_ms; /* when it began what it does; 0: it waits */
	bool started;
};

struct signer_pool {
	signer_run *run;
	void *context;
	int event_fd; /* readable when something was done */
	struct signer_thread threads[KEYSTORE_THREADS_MAX + 1]; /* the last does orders */
	unsigned signing_threads;

	pthread_mutex_t lock;
	pthread_cond_t work[SIGNER_QUEUE_COUNT];
	struct signer_list queues[SIGNER_QUEUE_COUNT];
	unsigned waiting[SIGNER_QUEUE_COUNT];
	struct signer_list done;
	int64_t done_since_ms; /* the first of them */
	bool done_is_due;      /* to be answered, however few there are */
	bool loop_sleeps, stop;
};

/* Start the threads, after the sandbox was entered. False with errno. */
MM_MUST_USE bool signer_pool_start(struct signer_pool *pool, unsigned signing_threads, signer_run *run, void *context);

/* Submit a list of work of one queue, which is empty then. */
void signer_pool_submit(struct signer_pool *pool, enum signer_queue queue, struct signer_list *list);

/* All that was done since. */
struct signer_work *signer_pool_collect(struct signer_pool *pool);

/*
 * Before the loop sleeps: true where nothing is to be answered now; only then is the event raised for what will be.
 * Some of many that are being signed are left lying until more are done, or for two milliseconds.
 */
MM_MUST_USE bool signer_pool_may_sleep(struct signer_pool *pool);
void signer_pool_woke(struct signer_pool *pool, bool raised);

/* Whether every thread that signs has been at the same piece of work for this long. */
MM_MUST_USE bool signer_pool_hangs(struct signer_pool *pool, int64_t now_ms, int64_t limit_ms);

/* Take back all that is waiting to be signed. */
struct signer_work *signer_pool_take_back(struct signer_pool *pool);

/* End the threads; false where one did not end in time: it hangs in the store, and everything must be left as it is. */
MM_MUST_USE bool signer_pool_stop(struct signer_pool *pool);

void signer_list_add(struct signer_list *list, struct signer_work *work);

/* Its first, taken out of it; NULL where it is empty. */
struct signer_work *signer_list_take(struct signer_list *list);

/* CLOCK_BOOTTIME in milliseconds. */
int64_t signer_clock_ms(void);

#endif
