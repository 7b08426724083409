/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping logins for some seconds.
 */
#include "daemon/gate/logins.h"

#include "lib/base/limits.h"
#include "lib/codec/ascii.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Names of services and callers are the configuration's. */
#define OWNER_LEN_MAX 128

struct slot {
	bool used;
	char owner[OWNER_LEN_MAX]; /* service and caller, each ended by NUL */
	size_t owner_len;
	char name[MM_MAILBOX_LEN_MAX];
	size_t name_len;
	int64_t noted_s;
	struct gate_login login;
};

struct gate_logins {
	uint64_t seed; /* of the hash: names are strangers', and must not choose whose place they take */
	_Atomic bool used; /* so that a gate that nobody tells of logins takes no lock */
	pthread_mutex_t lock;
	struct slot slots[GATE_LOGIN_SETS][GATE_LOGINS_IN_SET];
};

struct gate_logins *
gate_logins_new(void)
{
	struct gate_logins *logins = calloc(1, sizeof(*logins));

	if (logins != NULL && getrandom(&logins->seed, sizeof(logins->seed), 0) == (ssize_t)sizeof(logins->seed) &&
	    pthread_mutex_init(&logins->lock, NULL) == 0)
		return logins;
	free(logins);
	return NULL;
}

void
gate_logins_free(struct gate_logins **logins)
{
	if (*logins == NULL)
		return;
	pthread_mutex_destroy(&(*logins)->lock);
	free(*logins);
	*logins = NULL;
}

/* The key as a slot has it. False where it is longer than one can have. */
static bool
set_key(struct slot *slot, const struct gate_login_key *key)
{
	if (key->service.len + key->caller.len + 2 > sizeof(slot->owner) || key->name.len == 0 ||
	    key->name.len > sizeof(slot->name))
		return false;
	memset(slot, 0, sizeof(*slot));
	memcpy(slot->owner, key->service.ptr, key->service.len);
	memcpy(slot->owner + key->service.len + 1, key->caller.ptr, key->caller.len);
	slot->owner_len = key->service.len + key->caller.len + 2;
	for (size_t i = 0; i < key->name.len; i++)
		slot->name[i] = mm_ascii_lower(key->name.ptr[i]);
	slot->name_len = key->name.len;
	return true;
}

/* FNV-1a, begun with the seed. */
static uint64_t
add_to_hash(uint64_t hash, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001B3);
	return hash ^ hash >> 32;
}

static struct slot *
set_of(struct gate_logins *logins, const struct slot *key)
{
	uint64_t hash = add_to_hash(logins->seed, key->owner, key->owner_len);

	hash = add_to_hash(hash, key->name, key->name_len) * UINT64_C(0x9E3779B97F4A7C15);
	return logins->slots[(hash >> 32) % GATE_LOGIN_SETS];
}

static bool
same_key(const struct slot *a, const struct slot *b)
{
	return a->used && a->owner_len == b->owner_len && a->name_len == b->name_len &&
	    memcmp(a->owner, b->owner, a->owner_len) == 0 && memcmp(a->name, b->name, a->name_len) == 0;
}

/* Where a login goes: to its own, to an empty one, to the oldest. */
static struct slot *
place_of(struct slot *set, const struct slot *key)
{
	struct slot *place = &set[0];

	for (size_t i = 0; i < GATE_LOGINS_IN_SET; i++)
		if (same_key(&set[i], key))
			return &set[i];
	for (size_t i = 1; i < GATE_LOGINS_IN_SET && place->used; i++)
		if (!set[i].used || set[i].noted_s < place->noted_s)
			place = &set[i];
	return place;
}

void
gate_logins_note(struct gate_logins *logins, const struct gate_login_key *key, const struct gate_login *login,
    int64_t now_s)
{
	struct slot slot;

	if (!set_key(&slot, key))
		return;
	slot.used = true;
	slot.noted_s = now_s;
	slot.login = *login;
	pthread_mutex_lock(&logins->lock);
	*place_of(set_of(logins, &slot), &slot) = slot;
	pthread_mutex_unlock(&logins->lock);
	atomic_store(&logins->used, true);
}

/* A clock that was set back makes what was noted before it too old, not too young. */
static bool
is_fresh(const struct slot *slot, int64_t now_s)
{
	return now_s >= slot->noted_s && now_s - slot->noted_s <= GATE_LOGIN_AGE_MAX_S;
}

bool
gate_logins_find(struct gate_logins *logins, const struct gate_login_key *key, int64_t now_s, struct gate_login *login)
{
	struct slot wanted;
	const struct slot *set;
	bool found = false;

	if (!atomic_load(&logins->used) || !set_key(&wanted, key))
		return false;
	set = set_of(logins, &wanted);
	pthread_mutex_lock(&logins->lock);
	for (size_t i = 0; i < GATE_LOGINS_IN_SET && !found; i++) {
		found = same_key(&set[i], &wanted) && is_fresh(&set[i], now_s);
		if (found)
			*login = set[i].login;
	}
	pthread_mutex_unlock(&logins->lock);
	return found;
}
