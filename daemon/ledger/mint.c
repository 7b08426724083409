/* SPDX-License-Identifier: Apache-2.0 */
/* A realm's secrets and derived keys. */
#include "daemon/ledger/mint.h"

#include "lib/crypto/digest.h"
#include "lib/token/issued.h"

#include <stdlib.h>
#include <string.h>

static struct ledger_mint *
make(const struct ledger_realm *realm, const struct mm_ledger_secrets *secrets)
{
	struct ledger_mint *mint = calloc(1, sizeof(*mint));
	const uint8_t *root = mm_ledger_secrets_find(secrets, mm_slice_str(realm->name));

	if (mint == NULL)
		return NULL;
	mint->first = 1;
	if (!ledger_revoked_init(&mint->revoked))
		ledger_mint_free(&mint);
	if (mint == NULL || root == NULL)
		return mint;
	memcpy(mint->mark_root, root, sizeof(mint->mark_root));
	mint->has_root = mm_mint_token_id_key(root, mm_slice_str(realm->name), mint->token_id_key) &&
	    (mint->cipher = mm_token_id_cipher_new(mint->token_id_key)) != NULL;
	if (!mint->has_root)
		ledger_mint_free(&mint);
	return mint;
}

bool
ledger_mints_make(struct ledger *ledger, const struct mm_ledger_secrets *secrets)
{
	for (struct ledger_realm *realm = NULL; (realm = ledger_realm_next(ledger, realm)) != NULL;) {
		realm->mint = make(realm, secrets);
		if (realm->mint == NULL)
			return false;
	}
	return true;
}

static void
free_jobs(struct ledger_mint *mint)
{
	for (size_t i = 0; i < LEDGER_JOBS_MAX; i++)
		free(mint->jobs[i]);
}

void
ledger_mint_free(struct ledger_mint **mint)
{
	if (*mint == NULL)
		return;
	mm_token_id_cipher_free(&(*mint)->cipher);
	for (size_t i = 0; i < LEDGER_MARKS_MAX; i++)
		mm_mark_key_free(&(*mint)->marks[i].key);
	free_jobs(*mint);
	ledger_live_clear(&(*mint)->live);
	ledger_revoked_clear(&(*mint)->revoked);
	free((*mint)->unresolved);
	free((*mint)->unknown);
	mm_secret_wipe(*mint, sizeof(**mint));
	free(*mint);
	*mint = NULL;
}

/* ---- marks ---- */

static struct ledger_mark *
find_mark(struct ledger_mint *mint, struct mm_slice audience, uint32_t day)
{
	for (size_t i = 0; i < LEDGER_MARKS_MAX; i++) {
		struct ledger_mark *mark = &mint->marks[i];

		if (mark->key != NULL && mark->day == day &&
		    mm_slice_equal(mm_slice(mark->audience, mark->audience_len), audience))
			return mark;
	}
	return NULL;
}

static struct ledger_mark *
make_mark(struct ledger_realm *realm, struct mm_slice audience, uint32_t day)
{
	struct ledger_mint *mint = realm->mint;
	struct ledger_mark *mark = &mint->marks[mint->mark_next++ % LEDGER_MARKS_MAX];
	uint8_t key[MM_MARK_KEY_LEN];

	mm_mark_key_free(&mark->key);
	if (audience.len > sizeof(mark->audience) ||
	    !mm_mint_mark_key(mint->mark_root, mm_slice_str(realm->name), audience, day, key))
		return NULL;
	mark->key = mm_mark_key_new(key);
	mm_secret_wipe(key, sizeof(key));
	mark->day = day;
	mark->audience_len = (uint16_t)audience.len;
	memcpy(mark->audience, audience.ptr, audience.len);
	return mark->key == NULL ? NULL : mark;
}

const struct mm_mark_key *
ledger_mint_mark_key(struct ledger_realm *realm, struct mm_slice audience, uint32_t day)
{
	struct ledger_mark *mark = find_mark(realm->mint, audience, day);

	if (mark == NULL)
		mark = make_mark(realm, audience, day);
	return mark == NULL ? NULL : mark->key;
}

/* ---- the index ---- */

static struct ledger_day *
find_day(struct ledger_mint *mint, uint32_t day)
{
	for (size_t i = 0; i < LEDGER_DAYS_MAX; i++)
		if (mint->days[i].ready && mint->days[i].day == day)
			return &mint->days[i];
	return NULL;
}

static struct ledger_day *
make_day(struct ledger_realm *realm, uint32_t number)
{
	struct ledger_mint *mint = realm->mint;
	struct ledger_day *day = &mint->days[mint->day_next++ % LEDGER_DAYS_MAX];

	day->day = number;
	day->ready = mint->has_root &&
	    mm_mint_index_key(mint->mark_root, mm_slice_str(realm->name), number, day->index_key);
	return day->ready ? day : NULL;
}

bool
ledger_mint_entry(struct ledger_realm *realm, uint32_t number, const uint8_t digest[MM_DIGEST_LEN], uint64_t *entry)
{
	struct ledger_day *day = find_day(realm->mint, number);

	if (day == NULL)
		day = make_day(realm, number);
	return day != NULL && mm_issued_entry(day->index_key, digest, entry);
}
