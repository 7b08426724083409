/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decide tokens by the trust of a running mintmarkd:  follow TRUST-SOCKET SERVICE
 * Each line of standard input is a token; each line of output says whose it is, or why it is denied.
 *
 * One thread follows, another decides. They share the trust by counting who uses it: the newest one stands in a slot
 * under a lock, and who was the last to use an older one frees it.
 */
#include <mintmark.h>
#include <mintmark/follow.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How long this application goes on allowing without a word from mintmarkd. */
#define STALE_AFTER_S 60

/* How long it may take to notice that the program ends. */
#define TURN_MS 200

struct shared {
	struct mm_trust *trust;
	atomic_int users; /* the slot is one */
};

static atomic_bool ending;
static struct shared *newest; /* NULL: none came yet */
static time_t told_s;         /* when mintmarkd was last known to stand behind it */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t first_came = PTHREAD_COND_INITIALIZER;

static void
put_back(struct shared *shared)
{
	if (shared != NULL && atomic_fetch_sub(&shared->users, 1) == 1) {
		mm_trust_free(&shared->trust);
		free(shared);
	}
}

/* The newest trust, which stays good until it is put back; NULL where it is too old to allow by. */
static struct shared *
take_newest(void)
{
	struct shared *shared = NULL;

	pthread_mutex_lock(&lock);
	while (newest == NULL)
		pthread_cond_wait(&first_came, &lock);
	if (time(NULL) - told_s <= STALE_AFTER_S) {
		shared = newest;
		atomic_fetch_add(&shared->users, 1);
	}
	pthread_mutex_unlock(&lock);
	return shared;
}

static void
share(struct mm_trust *trust)
{
	struct shared *shared = malloc(sizeof(*shared)), *older;

	if (shared == NULL) {
		mm_trust_free(&trust);
		return;
	}
	shared->trust = trust;
	atomic_init(&shared->users, 1);
	pthread_mutex_lock(&lock);
	older = newest;
	newest = shared;
	told_s = time(NULL);
	pthread_cond_broadcast(&first_came);
	pthread_mutex_unlock(&lock);
	put_back(older);
}

static void *
follow(void *ctx)
{
	struct mm_follower *follower = ctx;
	const char *told = "";

	while (!atomic_load(&ending)) {
		const char *why = "";
		struct mm_trust *trust = mm_trust_follow(follower, TURN_MS, &why);

		if (trust != NULL) {
			fprintf(stderr, "epoch %llu\n", (unsigned long long)mm_trust_epoch(trust));
			share(trust);
		} else if (!mm_follower_connected(follower) && strcmp(why, told) != 0) {
			fprintf(stderr, "%s\n", why);
		}
		told = why;
		pthread_mutex_lock(&lock);
		if (mm_follower_connected(follower))
			told_s = time(NULL);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void
decide(const char *token, const char *service, struct mm_decision *decision)
{
	struct shared *shared = take_newest();

	if (shared == NULL) {
		puts("denied: mintmarkd was not heard for too long");
		return;
	}
	const struct mm_request request = { .service = mm_trust_find_service(shared->trust, mm_slice_str(service)),
		.token = mm_slice_str(token), .now_s = time(NULL) };
	bool allowed = mm_allowed(mm_decide(shared->trust, &request, decision));
	struct mm_slice subject = mm_decision_fact(decision, MM_FACT_SUBJECT);
	/* The subject may hold any byte but NUL: a program that shows it to people escapes it. */
	if (allowed)
		printf("%.*s\n", (int)subject.len, subject.ptr);
	else
		printf("denied: %s\n", mm_reason_text(mm_decision_reason(decision)));
	put_back(shared); /* the facts may be borrowed from it */
}

int
main(int argc, char **argv)
{
	struct mm_follower *follower = argc == 3 ? mm_follower_new(argv[1]) : NULL;
	struct mm_decision *decision = mm_decision_new();
	pthread_t follower_thread;
	static char line[20000];

	if (follower == NULL || decision == NULL || pthread_create(&follower_thread, NULL, follow, follower) != 0)
		return 2;
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		decide(line, argv[2], decision);
		fflush(stdout);
	}
	/* libcrypto is taken down when main() returns: no other thread may be in it then. */
	atomic_store(&ending, true);
	pthread_join(follower_thread, NULL);
	put_back(newest);
	mm_follower_free(&follower);
	mm_decision_free(&decision);
	return 0;
}
