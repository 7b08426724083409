/* SPDX-License-Identifier: Apache-2.0 */
/* The threads of a signer. */
#include "daemon/signer/pool.h"

#include "daemon/ipc/mint.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* Modules are called on it. */
#define STACK_LEN ((size_t)1024 * 1024)

/*
 * While more waits to be signed, the loop is woken for as many answers as one message takes, or after this long: each
 * wake costs the processor, and who signs, a tenth of a signature and more.
 */
#define DONE_AT_ONCE MM_SIGN_TOGETHER_MAX
#define DONE_WAIT_MS 2

#define STOP_WAIT_S 2

int64_t
signer_clock_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
signer_list_add(struct signer_list *list, struct signer_work *work)
{
	work->next = NULL;
	if (list->first == NULL)
		list->first = work;
	else
		list->last->next = work;
	list->last = work;
	list->count++;
}

struct signer_work *
signer_list_take(struct signer_list *list)
{
	struct signer_work *work = list->first;

	if (work == NULL)
		return NULL;
	list->first = work->next;
	list->count--;
	return work;
}

/* ---- the threads ---- */

static void
wake_loop(struct signer_pool *pool)
{
	static const uint64_t one = 1;

	(void)!write(pool->event_fd, &one, sizeof(one)); /* it is readable already, where it is full */
}

/* Whether the loop has to answer something now. With the lock held. */
static bool
is_worth_waking(const struct signer_pool *pool)
{
	return pool->done.first != NULL && (pool->done.count >= DONE_AT_ONCE || pool->done_is_due ||
	    pool->queues[SIGNER_QUEUE_SIGN].first == NULL);
}

/* Hand over what is done, and say whether the loop must be woken for it. With the lock held. */
static bool
hand_over(struct signer_thread *thread, struct signer_work *done, int64_t now_ms)
{
	struct signer_pool *pool = thread->pool;

	if (pool->done.first == NULL)
		pool->done_since_ms = now_ms;
	signer_list_add(&pool->done, done);
	if (thread->queue != SIGNER_QUEUE_SIGN || now_ms - pool->done_since_ms >= DONE_WAIT_MS)
		pool->done_is_due = true;
	if (!pool->loop_sleeps || !is_worth_waking(pool))
		return false;
	pool->loop_sleeps = false;
	return true;
}

/* The next piece of work; NULL at the end. */
static struct signer_work *
next_work(struct signer_thread *thread, struct signer_work *done)
{
	struct signer_pool *pool = thread->pool;
	int64_t now_ms = signer_clock_ms();
	struct signer_work *work;
	bool wake = false;

	pthread_mutex_lock(&pool->lock);
	if (done != NULL)
		wake = hand_over(thread, done, now_ms);
	while ((work = signer_list_take(&pool->queues[thread->queue])) == NULL && !pool->stop) {
		if (wake) {
			pthread_mutex_unlock(&pool->lock);
			wake_loop(pool);
			wake = false;
			pthread_mutex_lock(&pool->lock);
			continue;
		}
		thread->since_ms = 0;
		pool->waiting[thread->queue]++;
		pthread_cond_wait(&pool->work[thread->queue], &pool->lock);
		pool->waiting[thread->queue]--;
		now_ms = signer_clock_ms();
	}
	thread->since_ms = now_ms;
	pthread_mutex_unlock(&pool->lock);
	if (wake)
		wake_loop(pool);
	return work;
}

static void *
run_thread(void *argument)
{
	struct signer_thread *thread = argument;
	struct signer_work *work = NULL;

	while ((work = next_work(thread, work)) != NULL)
		thread->pool->run(thread->pool->context, work, thread->number);
	return NULL;
}

static bool
start_thread(struct signer_pool *pool, struct signer_thread *thread, enum signer_queue queue, unsigned number)
{
	pthread_attr_t attributes;

	thread->pool = pool;
	thread->queue = queue;
	thread->number = number;
	if ((errno = pthread_attr_init(&attributes)) != 0)
		return false;
	(void)pthread_attr_setstacksize(&attributes, STACK_LEN);
	errno = pthread_create(&thread->id, &attributes, run_thread, thread);
	thread->started = errno == 0;
	pthread_attr_destroy(&attributes);
	return thread->started;
}

bool
signer_pool_start(struct signer_pool *pool, unsigned signing_threads, signer_run *run, void *context)
{
	memset(pool, 0, sizeof(*pool));
	pool->run = run;
	pool->context = context;
	pool->signing_threads = signing_threads;
	pthread_mutex_init(&pool->lock, NULL);
	for (unsigned i = 0; i < SIGNER_QUEUE_COUNT; i++)
		pthread_cond_init(&pool->work[i], NULL);
	pool->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pool->event_fd == -1)
		return false;
	for (unsigned i = 0; i < signing_threads; i++)
		if (!start_thread(pool, &pool->threads[i], SIGNER_QUEUE_SIGN, i))
			return false;
	return start_thread(pool, &pool->threads[KEYSTORE_THREADS_MAX], SIGNER_QUEUE_ORDER, KEYSTORE_THREADS_MAX);
}

/* ---- the loop's side ---- */

void
signer_pool_submit(struct signer_pool *pool, enum signer_queue queue, struct signer_list *list)
{
	struct signer_list *waiting = &pool->queues[queue];
	size_t wake;

	if (list->first == NULL)
		return;
	pthread_mutex_lock(&pool->lock);
	if (waiting->first == NULL)
		waiting->first = list->first;
	else
		waiting->last->next = list->first;
	waiting->last = list->last;
	waiting->count += list->count;
	wake = pool->waiting[queue] < list->count ? pool->waiting[queue] : list->count;
	pthread_mutex_unlock(&pool->lock);
	*list = SIGNER_LIST_EMPTY;
	for (; wake > 0; wake--)
		pthread_cond_signal(&pool->work[queue]);
}

/* With the lock held. */
static struct signer_work *
take_all(struct signer_list *list)
{
	struct signer_work *work = list->first;

	*list = SIGNER_LIST_EMPTY;
	return work;
}

struct signer_work *
signer_pool_collect(struct signer_pool *pool)
{
	struct signer_work *work;

	pthread_mutex_lock(&pool->lock);
	work = take_all(&pool->done);
	pool->done_is_due = false;
	pthread_mutex_unlock(&pool->lock);
	return work;
}

struct signer_work *
signer_pool_take_back(struct signer_pool *pool)
{
	struct signer_work *work;

	pthread_mutex_lock(&pool->lock);
	work = take_all(&pool->queues[SIGNER_QUEUE_SIGN]);
	pthread_mutex_unlock(&pool->lock);
	return work;
}

bool
signer_pool_may_sleep(struct signer_pool *pool)
{
	bool may;

	pthread_mutex_lock(&pool->lock);
	may = !is_worth_waking(pool);
	pool->loop_sleeps = may;
	pthread_mutex_unlock(&pool->lock);
	return may;
}

void
signer_pool_woke(struct signer_pool *pool, bool raised)
{
	uint64_t count;

	pthread_mutex_lock(&pool->lock);
	pool->loop_sleeps = false;
	pthread_mutex_unlock(&pool->lock);
	if (raised)
		(void)!read(pool->event_fd, &count, sizeof(count));
}

bool
signer_pool_hangs(struct signer_pool *pool, int64_t now_ms, int64_t limit_ms)
{
	bool hangs = true;

	pthread_mutex_lock(&pool->lock);
	for (unsigned i = 0; i < pool->signing_threads; i++)
		hangs = hangs && pool->threads[i].since_ms != 0 && now_ms - pool->threads[i].since_ms > limit_ms;
	pthread_mutex_unlock(&pool->lock);
	return hangs;
}

bool
signer_pool_stop(struct signer_pool *pool)
{
	struct timespec until;
	bool ended = true;

	pthread_mutex_lock(&pool->lock);
	pool->stop = true;
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < SIGNER_QUEUE_COUNT; i++)
		pthread_cond_broadcast(&pool->work[i]);
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += STOP_WAIT_S;
	for (unsigned i = 0; i <= KEYSTORE_THREADS_MAX; i++)
		if (pool->threads[i].started && pthread_timedjoin_np(pool->threads[i].id, NULL, &until) != 0)
			ended = false;
	return ended;
}
