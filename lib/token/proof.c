/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Day keys and indexes, by realm.
 */
#include "lib/token/proof.h"

#include "lib/crypto/digest.h"

#include <stdlib.h>
#include <string.h>

struct mm_proof *
mm_proof_new(size_t max_bytes)
{
	struct mm_proof *proof = calloc(1, sizeof(*proof));

	if (proof != NULL)
		proof->max_bytes = max_bytes;
	return proof;
}

static void
clear_day(struct mm_proof_day *day)
{
	mm_mark_key_free(&day->mark_key);
	mm_mac_key_free(&day->index_key);
	free(day->audience);
}

/* The table alone: what it held has moved, or is cleared. */
static void
free_days(struct mm_proof_realm *realm)
{
	if (realm->days != NULL)
		mm_secret_wipe(realm->days, realm->day_count * sizeof(*realm->days));
	free(realm->days);
}

static void
clear_realm(struct mm_proof_realm *realm)
{
	for (size_t i = 0; i < realm->day_count; i++)
		clear_day(&realm->days[i]);
	free_days(realm);
	mm_issued_free(&realm->issued);
	mm_secret_wipe(realm->token_id_key, sizeof(realm->token_id_key));
}

void
mm_proof_free(struct mm_proof **proof)
{
	struct mm_proof *old = *proof;

	*proof = NULL;
	if (old == NULL)
		return;
	for (size_t i = 0; i < old->realm_count; i++)
		clear_realm(&old->realms[i]);
	free(old);
}

const char *
mm_issuance_name(enum mm_issuance issuance)
{
	static const char *const names[MM_ISSUANCE_COUNT] = {
		[MM_ISSUANCE_NONE] = "none",
		[MM_ISSUANCE_UNPROVEN] = "unproven",
		[MM_ISSUANCE_MARKED] = "marked",
		[MM_ISSUANCE_LEDGER_AWAY] = "ledger away",
		[MM_ISSUANCE_ISSUED] = "issued",
	};

	return (unsigned)issuance < MM_ISSUANCE_COUNT ? names[issuance] : "none";
}

/* ---- finding ---- */

const struct mm_proof_realm *
mm_proof_find_realm(const struct mm_proof *proof, struct mm_slice realm)
{
	for (size_t i = 0; i < proof->realm_count; i++)
		if (mm_slice_equal(mm_slice_str(proof->realms[i].name), realm))
			return &proof->realms[i];
	return NULL;
}

const struct mm_proof_day *
mm_proof_find_day(const struct mm_proof_realm *realm, struct mm_slice audience, uint32_t day)
{
	for (size_t i = 0; i < realm->day_count; i++)
		if (realm->days[i].day == day && mm_slice_equal(mm_slice_str(realm->days[i].audience), audience))
			return &realm->days[i];
	return NULL;
}

/* ---- feeding ---- */

static struct mm_proof_realm *
need_realm(struct mm_proof *proof, struct mm_slice name)
{
	struct mm_proof_realm *realm = (struct mm_proof_realm *)(uintptr_t)mm_proof_find_realm(proof, name);

	if (realm != NULL)
		return realm;
	if (proof->realm_count == MM_PROOF_REALMS_MAX || name.len == 0 || name.len > MM_NAME_LEN_MAX)
		return NULL;
	realm = &proof->realms[proof->realm_count++];
	memcpy(realm->name, name.ptr, name.len);
	return realm;
}

struct mm_issued *
mm_proof_index(struct mm_proof *proof, struct mm_slice realm)
{
	struct mm_proof_realm *found = need_realm(proof, realm);

	if (found == NULL)
		return NULL;
	if (found->issued == NULL)
		found->issued = mm_issued_new(proof->max_bytes);
	return found->issued;
}

bool
mm_proof_set_revoked(struct mm_proof *proof, struct mm_slice realm, const struct mm_revoked *revoked)
{
	struct mm_proof_realm *found = need_realm(proof, realm);

	if (found == NULL)
		return false;
	found->revoked = revoked;
	return true;
}

/* Room for one more, or the one that is replaced, emptied. NULL where there is none. */
static struct mm_proof_day *
need_day(struct mm_proof_realm *realm, struct mm_slice audience, uint32_t day)
{
	const struct mm_proof_day *found = mm_proof_find_day(realm, audience, day);
	struct mm_proof_day *days;

	if (found != NULL) {
		struct mm_proof_day *place = &realm->days[found - realm->days];

		clear_day(place);
		return place;
	}
	if (realm->day_count == MM_PROOF_DAYS_MAX)
		return NULL;
	days = calloc(realm->day_count + 1, sizeof(*days));
	if (days == NULL)
		return NULL;
	if (realm->day_count > 0)
		memcpy(days, realm->days, realm->day_count * sizeof(*days));
	free_days(realm);
	realm->days = days;
	return &days[realm->day_count++];
}

static void
remove_day(struct mm_proof_realm *realm, struct mm_proof_day *day)
{
	clear_day(day);
	*day = realm->days[--realm->day_count];
	memset(&realm->days[realm->day_count], 0, sizeof(*day));
}

bool
mm_proof_set_day(struct mm_proof *proof, const struct mm_proof_secrets *secrets)
{
	struct mm_proof_realm *realm = need_realm(proof, secrets->realm);
	struct mm_proof_day *day = realm == NULL ? NULL : need_day(realm, secrets->audience, secrets->day);

	if (day == NULL)
		return false;
	*day = (struct mm_proof_day){
		.day = secrets->day,
		.audience = strndup(secrets->audience.ptr, secrets->audience.len),
		.mark_key = mm_mark_key_new(secrets->mark_key),
		.index_key = mm_mac_key_new(secrets->index_key, MM_INDEX_KEY_LEN),
	};
	if (day->audience == NULL || day->mark_key == NULL || day->index_key == NULL) {
		remove_day(realm, day);
		return false;
	}
	memcpy(realm->token_id_key, secrets->token_id_key, sizeof(realm->token_id_key));
	realm->has_token_id_key = true;
	return true;
}

void
mm_proof_forget_before(struct mm_proof *proof, uint32_t day)
{
	for (size_t i = 0; i < proof->realm_count; i++) {
		struct mm_proof_realm *realm = &proof->realms[i];

		for (size_t at = realm->day_count; at-- > 0;)
			if (realm->days[at].day < day)
				remove_day(realm, &realm->days[at]);
	}
}
