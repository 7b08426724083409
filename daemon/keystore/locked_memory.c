/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for private keys: a region that is cut into blocks of powers of two; a block that is given back waits in the
 * list of its size. Nothing is joined again: what a signer needs, it needs again and again. Each thread has short lists
 * of its own for small blocks, since libcrypto takes and gives back dozens for one signature.
 */
#include "daemon/keystore/locked_memory.h"

#include "lib/crypto/crypto_memory.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* libcrypto takes 700 KiB when it begins, a key 10; the usual limit of what a process may lock is 8 MiB. */
#define REGION_LEN ((size_t)4 * 1024 * 1024)

/* Blocks of 32 bytes to 1 MiB, each with its head. */
#define SMALLEST_SHIFT 5
#define SIZES 16
#define BLOCK_LEN(number) ((size_t)1 << (SMALLEST_SHIFT + (number)))

/* As large as what malloc(3) aligns for. */
struct head {
	union {
		struct head *next; /* in a list */
		size_t size;       /* as it was asked for */
	};
	uint64_t number; /* of its list */
};

/* Of a thread's own: up to 4 KiB, and some of each size. */
#define OWN_SIZES 8
#define OWN_MAX 32

static _Thread_local struct {
	struct head *first;
	unsigned count;
} own[OWN_SIZES];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned char *region;
static size_t cut; /* bytes of it that have been cut into blocks */
static struct head *lists[SIZES];

static bool
find_number(size_t size, unsigned *number)
{
	size_t len = size + sizeof(struct head);

	if (size > BLOCK_LEN(SIZES - 1) - sizeof(struct head))
		return false;
	*number = len <= BLOCK_LEN(0) ? 0 : (unsigned)(64 - SMALLEST_SHIFT - __builtin_clzll(len - 1));
	return true;
}

/* A block of a list, or a new one; with the lock held. */
static struct head *
find_block(unsigned number)
{
	struct head *head = lists[number];

	if (head != NULL) {
		lists[number] = head->next;
		return head;
	}
	if (region == NULL || BLOCK_LEN(number) > REGION_LEN - cut)
		return NULL;
	head = (struct head *)(void *)(region + cut);
	cut += BLOCK_LEN(number);
	head->number = number;
	return head;
}

static struct head *
take_own(unsigned number)
{
	struct head *head = number < OWN_SIZES ? own[number].first : NULL;

	if (head != NULL) {
		own[number].first = head->next;
		own[number].count--;
	}
	return head;
}

static bool
keep_own(struct head *head)
{
	unsigned number = (unsigned)head->number;

	if (number >= OWN_SIZES || own[number].count == OWN_MAX)
		return false;
	head->next = own[number].first;
	own[number].first = head;
	own[number].count++;
	return true;
}

void *
locked_memory_take(size_t size)
{
	struct head *head;
	unsigned number;

	if (size == 0 || !find_number(size, &number))
		return NULL;
	head = take_own(number);
	if (head == NULL) {
		pthread_mutex_lock(&lock);
		head = find_block(number);
		pthread_mutex_unlock(&lock);
	}
	if (head == NULL)
		return NULL;
	head->size = size;
	return head + 1;
}

void
locked_memory_give_back(void *block)
{
	struct head *head;

	if (block == NULL)
		return;
	head = (struct head *)block - 1;
	explicit_bzero(block, head->size); /* the next one begins with zeroes by it, too */
	if (keep_own(head))
		return;
	pthread_mutex_lock(&lock);
	head->next = lists[head->number];
	lists[head->number] = head;
	pthread_mutex_unlock(&lock);
}

/* ---- libcrypto's ---- */

static void *
crypto_alloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return locked_memory_take(size);
}

static void
crypto_free(void *block, const char *file, int line)
{
	(void)file;
	(void)line;
	locked_memory_give_back(block);
}

static void *
crypto_realloc(void *block, size_t size, const char *file, int line)
{
	struct head *head = block == NULL ? NULL : (struct head *)block - 1;
	void *larger;

	if (size == 0) {
		crypto_free(block, file, line);
		return NULL;
	}
	larger = locked_memory_take(size);
	if (larger == NULL || block == NULL)
		return larger;
	memcpy(larger, block, head->size < size ? head->size : size);
	locked_memory_give_back(block);
	return larger;
}

/* ---- the region ---- */

/* As much as this process may lock. */
static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_MEMLOCK, &limit); /* whether it was enough, mlock(2) says */
	}
}

static bool
lock_region(void)
{
	void *memory = mmap(NULL, REGION_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return false;
	if (mlock(memory, REGION_LEN) == -1 || madvise(memory, REGION_LEN, MADV_DONTDUMP) == -1 ||
	    madvise(memory, REGION_LEN, MADV_DONTFORK) == -1) {
		(void)munmap(memory, REGION_LEN);
		return false;
	}
	region = memory;
	return true;
}

/* Stacks and registers' copies too, where nothing bounds it: a smaller limit would fail each thread that starts. */
static void
lock_everything(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY)
		(void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

bool
locked_memory_open(const char **why)
{
	if (region != NULL || !mm_crypto_memory_set(crypto_alloc, crypto_realloc, crypto_free)) {
		*why = "libcrypto was used before its memory was locked";
		return false;
	}
	raise_limit();
	if (!lock_region()) {
		*why = "no memory can be locked for keys: let the process lock 4 MiB (RLIMIT_MEMLOCK, LimitMEMLOCK=)";
		return false;
	}
	lock_everything();
	return true;
}
