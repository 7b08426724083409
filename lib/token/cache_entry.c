/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of the cache: written from a judgement, and read back into one.
 *
 * An entry is a head, the texts whose lengths stand there, and the members of the payload, each with a head of its own.
 * It never leaves the process, so numbers stand as they do in memory.
 */
#include "lib/token/cache_entry.h"

#include "lib/base/array.h"
#include "lib/token/cache.h"
#include "lib/token/judgement.h"

#include <assert.h>

/* The length of a text that is absent; no entry is so long. */
#define ABSENT UINT16_MAX

/*
 * 'cnf', of a mint's token where it is from and whether it is marked, and the claims that services find mailboxes in:
 * they are called email, upn and preferred_username.
 */
#define MEMBERS_MAX 16

#define TEXT_OF_CLAIM(name) &judgement->unverified.set.name,
#define COUNT_TEXT(name) + 1
#define TEXT_COUNT (3 MM_CLAIM_TEXTS(COUNT_TEXT))

struct entry_head {
	int64_t exp_s, iat_s, nbf_s;
	uint64_t audience_count;
	uint16_t text_len[TEXT_COUNT];
	uint16_t member_count;
	uint8_t algorithm;
	bool has_exp, has_iat, has_nbf, has_cnf;
	bool has_digest;
	uint8_t digest[MM_DIGEST_LEN]; /* of header.payload, of a mint's token */
};

struct member_head {
	uint16_t name_len, text_len;
	uint8_t type; /* MM_JSON_ABSENT too: that a member is not there is remembered like what it says */
	bool escaped;
};

/* What mm_claims_parse() finds is what an entry must give back. */
static_assert(sizeof(struct mm_claim_set) == 10 * sizeof(struct mm_slice) + sizeof(size_t) + 3 * sizeof(int64_t) + 8,
    "the claim set has another member now: MM_CLAIM_TEXTS or entry_head must have it too");

/* The texts of an entry, in their order. */
static void
list_texts(struct mm_judgement *judgement, struct mm_slice *texts[TEXT_COUNT])
{
	struct mm_slice *const all[TEXT_COUNT] = {
		&judgement->signed_by.thumbprint_text, &judgement->head.kid, &judgement->head.typ,
		MM_CLAIM_TEXTS(TEXT_OF_CLAIM)
	};

	memcpy(texts, all, sizeof(all));
}

/* ---- writing ---- */

static bool
put(struct mm_scratch *entry, const void *bytes, size_t len)
{
	char *out = mm_scratch_take(entry, len);

	if (out == NULL)
		return false;
	if (len > 0)
		memcpy(out, bytes, len);
	return true;
}

static bool
put_texts(struct mm_scratch *entry, struct mm_slice *const texts[TEXT_COUNT])
{
	for (size_t i = 0; i < TEXT_COUNT; i++) {
		if (!put(entry, texts[i]->ptr, texts[i]->len))
			return false;
	}
	return true;
}

static bool
put_member(struct mm_scratch *entry, const struct mm_json_index *payload, struct mm_slice name)
{
	struct mm_json_value value = mm_json_find_slice(payload, name);
	struct member_head head = { 0 };

	/* What does not fit here does not fit the entry. */
	if (name.len > MM_CACHE_ENTRY_LEN_MAX || value.text.len > MM_CACHE_ENTRY_LEN_MAX)
		return false;
	head.name_len = (uint16_t)name.len;
	head.text_len = (uint16_t)value.text.len;
	head.type = (uint8_t)value.type;
	head.escaped = value.escaped;
	return put(entry, &head, sizeof(head)) && put(entry, name.ptr, name.len) &&
	    put(entry, value.text.ptr, value.text.len);
}

static const struct mm_slice cnf = { "cnf", 3 };
static const struct mm_slice of_mints[] = { { "parent", 6 }, { "root", 4 }, { "mark", 4 } };

static bool
is_always_taken(struct mm_slice name)
{
	for (size_t i = 0; i < MM_COUNT_OF(of_mints); i++) {
		if (mm_slice_equal(name, of_mints[i]))
			return true;
	}
	return mm_slice_equal(name, cnf);
}

/* Add a name to a list without doubles; false where it is full. */
static bool
list_name(struct mm_slice names[MEMBERS_MAX], uint16_t *count, struct mm_slice name)
{
	for (size_t i = 0; i < *count; i++) {
		if (mm_slice_equal(names[i], name))
			return true;
	}
	if (*count == MEMBERS_MAX)
		return false;
	names[(*count)++] = name;
	return true;
}

/* The members that any service of this trust may ask for: an entry serves them all. */
static bool
list_names(const struct mm_judgement *judgement, struct mm_slice names[MEMBERS_MAX], uint16_t *count)
{
	const struct mm_trust *trust = judgement->trust;

	*count = 0;
	if (!list_name(names, count, cnf))
		return false;
	for (size_t i = 0; judgement->facts.realm->is_mint && i < MM_COUNT_OF(of_mints); i++) {
		if (!list_name(names, count, of_mints[i]))
			return false;
	}
	for (size_t i = 0; i < trust->service_count; i++) {
		struct mm_slice name = trust->services[i].mailbox_claim;

		if (mm_slice_present(name) && !list_name(names, count, name))
			return false;
	}
	return true;
}

static bool
put_members(struct mm_scratch *entry, const struct mm_judgement *judgement, uint16_t *count)
{
	struct mm_slice names[MEMBERS_MAX];

	if (!list_names(judgement, names, count))
		return false;
	for (size_t i = 0; i < *count; i++) {
		if (!put_member(entry, &judgement->payload, names[i]))
			return false;
	}
	return true;
}

static void
fill_head(struct entry_head *head, const struct mm_judgement *judgement, struct mm_slice *const texts[TEXT_COUNT])
{
	const struct mm_claim_set *set = &judgement->unverified.set;

	head->exp_s = set->exp_s;
	head->iat_s = set->iat_s;
	head->nbf_s = set->nbf_s;
	head->audience_count = set->audience_count;
	head->algorithm = judgement->signed_by.algorithm->number;
	head->has_exp = set->has_exp;
	head->has_iat = set->has_iat;
	head->has_nbf = set->has_nbf;
	head->has_cnf = set->has_cnf;
	head->has_digest = judgement->has_digest;
	if (judgement->has_digest)
		memcpy(head->digest, judgement->digest, sizeof(head->digest));
	for (size_t i = 0; i < TEXT_COUNT; i++)
		head->text_len[i] = mm_slice_present(*texts[i]) ? (uint16_t)texts[i]->len : ABSENT;
}

static bool
write_entry(struct mm_judgement *judgement, struct mm_scratch *entry)
{
	struct mm_slice *texts[TEXT_COUNT];
	struct entry_head head;

	memset(&head, 0, sizeof(head));
	list_texts(judgement, texts);
	if (!put(entry, &head, sizeof(head)) || !put_texts(entry, texts) ||
	    !put_members(entry, judgement, &head.member_count))
		return false;
	fill_head(&head, judgement, texts);
	memcpy(entry->base, &head, sizeof(head));
	return true;
}

void
mm_judgement_remember(struct mm_judgement *judgement)
{
	const struct mm_key *key = judgement->facts.key;
	struct mm_scratch *scratch = &judgement->scratch, entry;
	size_t room = scratch->size - scratch->used;

	if (!judgement->named)
		return;
	if (judgement->facts.realm->is_mint && !mm_judgement_digest(judgement))
		return;
	judgement->signed_by = (struct mm_signed_by){ key->algorithm, key->thumbprint_text };
	mm_scratch_init(&entry, scratch->base + scratch->used,
	    room < MM_CACHE_ENTRY_LEN_MAX ? room : MM_CACHE_ENTRY_LEN_MAX);
	if (write_entry(judgement, &entry))
		mm_cache_store(judgement->request->cache, &judgement->name, mm_slice(entry.base, entry.used));
}

/* ---- reading ---- */

/* The rest of an entry. It was written here, but a length is looked at before it is followed. */
static bool
take(struct mm_slice *rest, size_t len, struct mm_slice *bytes)
{
	if (len > rest->len)
		return false;
	*bytes = mm_slice(rest->ptr, len);
	*rest = mm_slice(rest->ptr + len, rest->len - len);
	return true;
}

static bool
take_texts(struct mm_slice *rest, const struct entry_head *head, struct mm_slice *const texts[TEXT_COUNT])
{
	for (size_t i = 0; i < TEXT_COUNT; i++) {
		if (head->text_len[i] == ABSENT)
			*texts[i] = MM_SLICE_ABSENT;
		else if (!take(rest, head->text_len[i], texts[i]))
			return false;
	}
	return true;
}

/* The members that this service may ask for go to the index; whether all of them are in the entry. */
static bool
take_members(struct mm_slice rest, unsigned count, struct mm_slice mailbox_claim, struct mm_json_index *payload)
{
	bool wants_mailbox = mm_slice_present(mailbox_claim);
	struct mm_slice head_bytes, name, text;
	struct member_head head;

	payload->count = 0;
	for (; count > 0; count--) {
		if (!take(&rest, sizeof(head), &head_bytes))
			return false;
		memcpy(&head, head_bytes.ptr, sizeof(head));
		if (!take(&rest, head.name_len, &name) || !take(&rest, head.text_len, &text))
			return false;
		if (mm_slice_equal(name, mailbox_claim))
			wants_mailbox = false;
		else if (!is_always_taken(name))
			continue;
		if (head.type != MM_JSON_ABSENT)
			mm_json_index_add(payload, name,
			    (struct mm_json_value){ text, (enum mm_json_type)head.type, head.escaped });
	}
	return !wants_mailbox;
}

static void
take_head(const struct entry_head *head, struct mm_judgement *judgement)
{
	struct mm_claim_set *set = &judgement->unverified.set;
	const struct mm_algorithm *algorithm = mm_algorithm_by_number(head->algorithm);

	set->exp_s = head->exp_s;
	set->iat_s = head->iat_s;
	set->nbf_s = head->nbf_s;
	set->audience_count = (size_t)head->audience_count;
	set->has_exp = head->has_exp;
	set->has_iat = head->has_iat;
	set->has_nbf = head->has_nbf;
	set->has_cnf = head->has_cnf;
	mm_claims_choose_client(set);
	judgement->has_digest = head->has_digest;
	memcpy(judgement->digest, head->digest, sizeof(judgement->digest));
	/* The token's 'alg' was the key's (step 4). */
	judgement->signed_by.algorithm = algorithm;
	judgement->head.algorithm = algorithm;
	judgement->head.alg = mm_slice(algorithm->name, algorithm->name_len);
	judgement->head.forbidden = NULL;
}

static bool
read_entry(struct mm_slice rest, struct mm_judgement *judgement)
{
	struct mm_slice *texts[TEXT_COUNT], head_bytes;
	struct entry_head head;

	if (!take(&rest, sizeof(head), &head_bytes))
		return false;
	memcpy(&head, head_bytes.ptr, sizeof(head));
	list_texts(judgement, texts);
	if (!take_texts(&rest, &head, texts) ||
	    !take_members(rest, head.member_count, judgement->service->mailbox_claim, &judgement->payload))
		return false;
	take_head(&head, judgement);
	return true;
}

static bool
find_entry(struct mm_judgement *judgement, struct mm_slice *entry)
{
	struct mm_cache *cache = judgement->request->cache;

	/* Who asks how a decision comes about is to see it made. */
	if (cache == NULL || judgement->trace != NULL)
		return false;
	judgement->named = mm_cache_name_token(cache, judgement->request->token, judgement->trust->epoch,
	    &judgement->name);
	return judgement->named && mm_cache_find(cache, &judgement->name, &judgement->scratch, entry);
}

bool
mm_judgement_recall(struct mm_judgement *judgement)
{
	struct mm_facts *facts = &judgement->facts;
	struct mm_slice entry;

	if (!find_entry(judgement, &entry))
		return false;
	if (!read_entry(entry, judgement)) {
		judgement->scratch.used = 0;
		return false;
	}
	facts->alg = judgement->head.alg;
	facts->kid = judgement->head.kid;
	facts->typ = judgement->head.typ;
	judgement->remembered = true;
	return true;
}
