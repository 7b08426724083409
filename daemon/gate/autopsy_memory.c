/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of autopsies: two tables without chains, in which the newer takes the place of the older.
 */
#include "daemon/gate/autopsy_memory.h"

#include "lib/crypto/digest.h"
#include "lib/crypto/keyed_digest.h"

#include <stdlib.h>
#include <sys/random.h>

/* Who has more tokens than these to show by turns is held by the account of his source. */
#define TOKENS 1024
#define SOURCES 1024

struct remembered_token {
	struct mm_keyed_digest token, service, source;
	uint64_t epoch;
	int64_t until_s;
};

struct account {
	struct mm_keyed_digest source;
	int64_t second;
	unsigned told;
};

struct gate_autopsy_memory {
	struct mm_keyed_digest_key key;
	struct remembered_token tokens[TOKENS];
	struct account of_proofs[SOURCES], of_leads[SOURCES];
};

struct gate_autopsy_memory *
gate_autopsy_memory_new(void)
{
	unsigned char seed[MM_KEYED_DIGEST_SEED_LEN];
	struct gate_autopsy_memory *memory = calloc(1, sizeof(*memory));

	if (memory == NULL)
		return NULL;
	if (getrandom(seed, sizeof(seed), 0) != (ssize_t)sizeof(seed) || !mm_keyed_digest_key_init(&memory->key, seed))
		gate_autopsy_memory_free(&memory);
	mm_secret_wipe(seed, sizeof(seed));
	return memory;
}

void
gate_autopsy_memory_free(struct gate_autopsy_memory **memory)
{
	if (*memory == NULL)
		return;
	mm_secret_wipe(&(*memory)->key, sizeof((*memory)->key));
	free(*memory);
	*memory = NULL;
}

/* False where a text is too long for a digest: what cannot be remembered is looked at and told. */
static bool
digest_showing(const struct gate_autopsy_memory *memory, const struct gate_autopsy_showing *showing,
    struct remembered_token *digested)
{
	digested->epoch = showing->epoch;
	return mm_keyed_digest_make(&memory->key, showing->token, &digested->token) &&
	    mm_keyed_digest_make(&memory->key, showing->service, &digested->service) &&
	    mm_keyed_digest_make(&memory->key, showing->source, &digested->source);
}

/* One token at several services or from several sources has several places. */
static size_t
place_of(const struct remembered_token *digested)
{
	return (digested->token.half[0] ^ digested->service.half[1] ^ digested->source.half[0]) % TOKENS;
}

static bool
is_same(const struct remembered_token *a, const struct remembered_token *b)
{
	return mm_keyed_digest_equal(&a->token, &b->token) && mm_keyed_digest_equal(&a->service, &b->service) &&
	    mm_keyed_digest_equal(&a->source, &b->source) && a->epoch == b->epoch;
}

bool
gate_autopsy_memory_has(const struct gate_autopsy_memory *memory, const struct gate_autopsy_showing *showing,
    int64_t now_s)
{
	struct remembered_token digested;
	const struct remembered_token *there;

	if (!digest_showing(memory, showing, &digested))
		return false;
	there = &memory->tokens[place_of(&digested)];
	return now_s < there->until_s && is_same(there, &digested);
}

static bool
book(struct account accounts[SOURCES], const struct mm_keyed_digest *source, int64_t now_s)
{
	struct account *account = &accounts[source->half[0] % SOURCES];

	if (account->second != now_s || !mm_keyed_digest_equal(&account->source, source))
		*account = (struct account){ *source, now_s, 0 };
	if (account->told == GATE_AUTOPSY_TOLD_PER_S)
		return false;
	account->told++;
	return true;
}

bool
gate_autopsy_memory_add(struct gate_autopsy_memory *memory, const struct gate_autopsy_showing *showing, bool is_proof,
    int64_t now_s)
{
	struct remembered_token digested;

	if (!digest_showing(memory, showing, &digested))
		return true;
	digested.until_s = now_s + GATE_AUTOPSY_REMEMBERED_S;
	memory->tokens[place_of(&digested)] = digested;
	return book(is_proof ? memory->of_proofs : memory->of_leads, &digested.source, now_s);
}
