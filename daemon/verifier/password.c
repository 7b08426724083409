/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded queue of checks, and the threads that make them.
 */
#include "daemon/verifier/password.h"

#include "lib/crypto/digest.h"

#include <crypt.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

_Static_assert(MM_SIGN_IN_PASSWORD_LEN_MAX < CRYPT_MAX_PASSPHRASE_SIZE, "crypt(3) takes no such password");

enum check_state {
	CHECK_FREE,
	CHECK_WAITS,
	CHECK_RUNS,
	CHECK_DONE,
};

struct check {
	enum check_state state;
	uint64_t number, order;
	bool right, nobody;
	char hash[VERIFIER_HASH_LEN_MAX + 1];
	char password[MM_SIGN_IN_PASSWORD_LEN_MAX + 1];
};

struct verifier_passwords {
	pthread_mutex_t lock;
	pthread_cond_t work;
	pthread_t threads[VERIFIER_PASSWORD_THREADS];
	size_t thread_count;
	int event_fd;
	bool ends;
	uint64_t order;
	char nobody[CRYPT_OUTPUT_SIZE]; /* the hash of a password that nobody has */
	struct check checks[VERIFIER_PASSWORD_QUEUE];
};

/* ---- hashes ---- */

#define YESCRYPT "$y$j"

bool
verifier_hash_check(struct mm_slice hash)
{
	static const char usual_cost[] = "9ABCD"; /* "$y$j9T$" is crypt_gensalt(3)'s; each letter doubles it */
	char text[VERIFIER_HASH_LEN_MAX + 1];

	if (hash.len > VERIFIER_HASH_LEN_MAX || hash.len < sizeof(YESCRYPT) + 3 ||
	    memcmp(hash.ptr, YESCRYPT, sizeof(YESCRYPT) - 1) != 0 ||
	    memchr(usual_cost, hash.ptr[4], sizeof(usual_cost) - 1) == NULL || hash.ptr[5] != 'T' || hash.ptr[6] != '$')
		return false;
	memcpy(text, hash.ptr, hash.len);
	text[hash.len] = '\0';
	/* The salt, a '$', and 43 characters of digest. */
	return strlen(text) == hash.len && hash.len > 44 && text[hash.len - 44] == '$' &&
	    crypt_checksalt(text) == CRYPT_SALT_OK;
}

static bool
make_nobody(struct verifier_passwords *passwords)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	char password[33] = { 0 };
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	const char *hash = NULL;

	if (data != NULL && getrandom(password, sizeof(password) - 1, 0) == (ssize_t)sizeof(password) - 1 &&
	    crypt_gensalt_rn("$y$", 0, NULL, 0, setting, sizeof(setting)) != NULL) {
		for (size_t i = 0; i < sizeof(password) - 1; i++)
			password[i] = (char)('a' + (unsigned char)password[i] % 26);
		hash = crypt_rn(password, setting, data, sizeof(*data));
	}
	if (hash != NULL)
		memcpy(passwords->nobody, hash, strlen(hash) + 1);
	free(data);
	return hash != NULL;
}

/* ---- the threads ---- */

static struct check *
oldest(struct verifier_passwords *passwords, enum check_state state)
{
	struct check *found = NULL;

	for (size_t i = 0; i < VERIFIER_PASSWORD_QUEUE; i++) {
		struct check *check = &passwords->checks[i];

		if (check->state == state && (found == NULL || check->order < found->order))
			found = check;
	}
	return found;
}

static bool
is_right(const struct check *check, struct crypt_data *data)
{
	const char *hash;
	bool same;

	memset(data, 0, sizeof(*data));
	hash = crypt_rn(check->password, check->hash, data, sizeof(*data));
	same = hash != NULL && strlen(hash) == strlen(check->hash) &&
	    mm_secret_equal(hash, check->hash, strlen(check->hash));
	mm_secret_wipe(data, sizeof(*data));
	return same && !check->nobody;
}

/* The lock is held before and behind; between, the check is this thread's alone. */
static void
run(struct verifier_passwords *passwords, struct check *check, struct crypt_data *data)
{
	static const uint64_t one = 1;
	bool right;

	check->state = CHECK_RUNS;
	pthread_mutex_unlock(&passwords->lock);
	right = is_right(check, data);
	mm_secret_wipe(check->password, sizeof(check->password));
	pthread_mutex_lock(&passwords->lock);
	check->right = right;
	check->state = CHECK_DONE;
	/* A counter that is full is readable already. */
	if (write(passwords->event_fd, &one, sizeof(one)) != (ssize_t)sizeof(one))
		return;
}

static void *
work(void *argument)
{
	struct verifier_passwords *passwords = argument;
	struct crypt_data *data = malloc(sizeof(*data));
	struct check *check;

	pthread_setname_np(pthread_self(), "passwords");
	pthread_mutex_lock(&passwords->lock);
	while (!passwords->ends && data != NULL) {
		check = oldest(passwords, CHECK_WAITS);
		if (check == NULL)
			pthread_cond_wait(&passwords->work, &passwords->lock);
		else
			run(passwords, check, data);
	}
	pthread_mutex_unlock(&passwords->lock);
	free(data);
	return NULL;
}

struct verifier_passwords *
verifier_passwords_new(void)
{
	struct verifier_passwords *passwords = calloc(1, sizeof(*passwords));

	if (passwords == NULL)
		return NULL;
	pthread_mutex_init(&passwords->lock, NULL);
	pthread_cond_init(&passwords->work, NULL);
	passwords->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (passwords->event_fd != -1 && make_nobody(passwords))
		while (passwords->thread_count < VERIFIER_PASSWORD_THREADS &&
		    pthread_create(&passwords->threads[passwords->thread_count], NULL, work, passwords) == 0)
			passwords->thread_count++;
	if (passwords->thread_count < VERIFIER_PASSWORD_THREADS)
		verifier_passwords_free(&passwords);
	return passwords;
}

void
verifier_passwords_free(struct verifier_passwords **held)
{
	struct verifier_passwords *passwords = *held;

	if (passwords == NULL)
		return;
	pthread_mutex_lock(&passwords->lock);
	passwords->ends = true;
	pthread_cond_broadcast(&passwords->work);
	pthread_mutex_unlock(&passwords->lock);
	for (size_t i = 0; i < passwords->thread_count; i++)
		pthread_join(passwords->threads[i], NULL);
	if (passwords->event_fd != -1)
		close(passwords->event_fd);
	pthread_cond_destroy(&passwords->work);
	pthread_mutex_destroy(&passwords->lock);
	mm_secret_wipe(passwords, sizeof(*passwords));
	free(passwords);
	*held = NULL;
}

/* ---- for the loop ---- */

int
verifier_passwords_fd(const struct verifier_passwords *passwords)
{
	return passwords->event_fd;
}

static void
fill(struct verifier_passwords *passwords, struct check *check, uint64_t number, struct mm_slice hash,
    struct mm_slice password)
{
	memset(check, 0, sizeof(*check));
	check->number = number;
	check->order = passwords->order++;
	check->nobody = !mm_slice_present(hash);
	if (check->nobody)
		hash = mm_slice_str(passwords->nobody);
	memcpy(check->hash, hash.ptr, hash.len);
	memcpy(check->password, password.ptr, password.len);
	check->state = CHECK_WAITS;
}

/* What crypt(3) would cut is another password. */
static bool
is_whole(struct mm_slice password)
{
	return password.len <= MM_SIGN_IN_PASSWORD_LEN_MAX && memchr(password.ptr, '\0', password.len) == NULL;
}

bool
verifier_passwords_check(struct verifier_passwords *passwords, uint64_t number, struct mm_slice hash,
    struct mm_slice password)
{
	struct check *check;

	if (!is_whole(password) || hash.len > VERIFIER_HASH_LEN_MAX)
		return false;
	pthread_mutex_lock(&passwords->lock);
	check = oldest(passwords, CHECK_FREE);
	if (check != NULL) {
		fill(passwords, check, number, hash, password);
		pthread_cond_signal(&passwords->work);
	}
	pthread_mutex_unlock(&passwords->lock);
	return check != NULL;
}

bool
verifier_passwords_next(struct verifier_passwords *passwords, uint64_t *number, bool *right)
{
	struct check *check;
	uint64_t counted;

	if (read(passwords->event_fd, &counted, sizeof(counted)) == -1)
		counted = 0;
	pthread_mutex_lock(&passwords->lock);
	check = oldest(passwords, CHECK_DONE);
	if (check != NULL) {
		*number = check->number;
		*right = check->right;
		check->state = CHECK_FREE;
	}
	pthread_mutex_unlock(&passwords->lock);
	return check != NULL;
}
