/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recovery. The newest segments are read whole, as far back as tokens live and counts need it; from there the rare
 * records lead back to the first one, so that keys and tenants are known without reading everything.
 */
#include "daemon/ledger/recover.h"

#include "daemon/ledger/mint.h"
#include "daemon/ledger/records.h"
#include "daemon/ledger/revoke.h"
#include "engine/ledger_anchor.h"
#include "engine/ledger_file.h"
#include "engine/ledger_search.h"
#include "lib/crypto/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No token lives longer than an hour; clocks may differ. */
#define LIVE_US ((int64_t)3900 * 1000000)
#define MINUTE_US ((int64_t)60 * 1000000)
_Static_assert((int64_t)MM_REVOKED_MATTERS_S * 1000000 < LIVE_US, "what is revoked of live tokens is read");

/* A token of the scan. */
struct seen {
	uint64_t sequence, serial;
	struct mm_token_place place;
	uint16_t known; /* its realm's place among the known ones */
	bool resolved;
};

struct scan {
	struct ledger *ledger;
	struct mm_ledger_anchor anchor; /* what stood before the first segment that is kept */
	uint64_t first_segment;
	bool has_head;
	bool end_is_unknown; /* it could not be read: keys may have been revoked there */
	struct seen *seen; /* in the order of their numbers */
	size_t count, size;
	bool used[MM_LEDGER_REALMS_MAX]; /* there is a token with signers' number … */
	uint16_t signer[MM_LEDGER_REALMS_MAX]; /* … this one, the newest */
	int64_t now_s;
	bool short_of_memory;
};

static void
found_damage(struct ledger *ledger, struct mm_ledger_at at, const char *fault)
{
	if (ledger->damage[0] == '\0')
		(void)snprintf(ledger->damage, sizeof(ledger->damage),
		    "the ledger is damaged in segment %" PRIu64 " at byte %" PRIu64 ": %s", at.segment, at.offset,
		    fault);
}

/* ---- secrets ---- */

static void
secrets_missing(struct ledger *ledger, const char *what, const char *fault)
{
	(void)snprintf(ledger->secrets_fault, sizeof(ledger->secrets_fault),
	    "%s: %s; 'mintmark init' makes what is missing", what, fault);
}

/* The certificate must be that of the key whose seed is sealed. */
static void
take_key_state(struct ledger *ledger, const uint8_t seed[MM_ED25519_SEED_LEN])
{
	uint8_t public_key[MM_ED25519_PUBLIC_LEN];

	if (!ledger->has_certificate) {
		secrets_missing(ledger, "the certificate of the key-state key", "it is not there");
		return;
	}
	ledger->key_state = mm_ed25519_new(seed);
	if (ledger->key_state == NULL) {
		secrets_missing(ledger, "the key-state key", "libcrypto cannot use it");
		return;
	}
	mm_ed25519_public(ledger->key_state, public_key);
	if (memcmp(public_key, mm_mint_certificate_key(ledger->certificate), sizeof(public_key)) != 0) {
		mm_ed25519_free(&ledger->key_state);
		secrets_missing(ledger, "the certificate of the key-state key", "it is another key's");
	}
}

static bool
load_secrets(struct ledger *ledger)
{
	static struct mm_ledger_secrets secrets;
	const char *fault = ledger->has_sealing_key ?
	    mm_ledger_secrets_load(ledger->folder_fd, ledger->sealing_key, &secrets) : "the sealing key is not there";
	bool made;

	if (fault != NULL)
		secrets_missing(ledger, "the ledger's secrets", fault);
	else
		take_key_state(ledger, secrets.key_state_seed);
	made = ledger_mints_make(ledger, &secrets);
	mm_secret_wipe(&secrets, sizeof(secrets));
	for (struct ledger_realm *realm = NULL; made && (realm = ledger_realm_next(ledger, realm)) != NULL;)
		if (!realm->mint->has_root && fault == NULL)
			ledger_alarm(ledger, "realm %s has no mark root, so no token of it is issued: 'mintmark init' "
			    "makes it", realm->name);
	return made;
}

/* ---- the scan of the newest segments ---- */

/* Drop what is resolved. */
static void
compact(struct scan *scan)
{
	size_t kept = 0;

	for (size_t i = 0; i < scan->count; i++)
		if (!scan->seen[i].resolved)
			scan->seen[kept++] = scan->seen[i];
	scan->count = kept;
}

static struct seen *
add_seen(struct scan *scan)
{
	if (scan->count == scan->size)
		compact(scan);
	if (scan->count * 2 >= scan->size) {
		size_t size = scan->size * 2 + 4096;
		struct seen *grown = reallocarray(scan->seen, size, sizeof(*grown));

		if (grown == NULL)
			return NULL;
		scan->seen = grown;
		scan->size = size;
	}
	return &scan->seen[scan->count++];
}

static struct seen *
find_seen(struct scan *scan, uint64_t sequence)
{
	size_t low = 0, high = scan->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (scan->seen[middle].sequence < sequence)
			low = middle + 1;
		else
			high = middle;
	}
	return low < scan->count && scan->seen[low].sequence == sequence ? &scan->seen[low] : NULL;
}

static void
scan_issued(struct scan *scan, const struct mm_ledger_item *item, const struct mm_ledger_issued *issued)
{
	struct ledger *ledger = scan->ledger;
	struct ledger_known_realm *known = ledger_known_realm(ledger, issued->facts[MM_LEDGER_REALM]);
	struct ledger_realm *realm = ledger_realm_by_name(ledger, issued->facts[MM_LEDGER_REALM]);
	struct seen *seen = add_seen(scan);
	uint64_t entry;
	size_t index;

	if (known == NULL || seen == NULL) {
		scan->short_of_memory = true;
		return;
	}
	index = (size_t)(known - ledger->known);
	*seen = (struct seen){ item->link.sequence, issued->serial, issued->place, (uint16_t)index, false };
	known->counts.recorded++;
	scan->used[index] = true;
	scan->signer[index] = issued->place.signer;
	if (issued->place.minute > ledger->last_minute)
		ledger->last_minute = issued->place.minute;
	if (realm != NULL && issued->iat_s > realm->mint->last_iat_s)
		realm->mint->last_iat_s = issued->iat_s;
	if (realm == NULL || !realm->mint->has_root || issued->exp_s + MM_CLOCK_SKEW_S < scan->now_s)
		return;
	if (!ledger_mint_entry(realm, mm_mint_day(issued->iat_s), issued->digest, &entry))
		scan->short_of_memory = true;
	else if (!ledger_live_add(&realm->mint->live, issued->place, entry, issued->exp_s))
		found_damage(ledger, item->at, "the token's place does not come behind the last one's");
}

static void
scan_void(struct scan *scan, const struct mm_ledger_void *voided)
{
	struct ledger_realm *realm = ledger_realm_by_name(scan->ledger, voided->realm);
	struct ledger_known_realm *known = ledger_known_realm(scan->ledger, voided->realm);
	struct seen *seen = find_seen(scan, voided->issued);

	if (known != NULL)
		known->counts.voided++;
	if (seen != NULL)
		seen->resolved = true;
	if (realm != NULL)
		ledger_live_void(&realm->mint->live, voided->place);
}

static void
scan_released(struct scan *scan, const struct mm_ledger_released *released)
{
	for (size_t i = 0; i < released->count; i++)
		for (uint32_t j = 0; j < released->ranges[i].count; j++) {
			struct seen *seen = find_seen(scan, released->ranges[i].first + j);

			if (seen == NULL || seen->resolved)
				continue;
			seen->resolved = true;
			scan->ledger->known[seen->known].counts.released++;
		}
}

static void
scan_head(struct scan *scan, const struct mm_ledger_head *head)
{
	for (size_t i = 0; i < head->realm_count; i++) {
		struct ledger_known_realm *known = ledger_known_realm(scan->ledger, head->realms[i].name);

		if (known != NULL)
			known->counts = head->realms[i].counts;
	}
	scan->has_head = true;
}

static void
scan_record(struct scan *scan, const struct mm_ledger_item *item)
{
	static struct mm_ledger_record record;

	if (!mm_ledger_decode(item->bytes, item->len, &record)) {
		found_damage(scan->ledger, item->at, "the record is not as this version writes it");
		return;
	}
	switch (record.kind) {
	case MM_LEDGER_ISSUED:
		scan_issued(scan, item, &record.issued);
		return;
	case MM_LEDGER_VOID:
		scan_void(scan, &record.voided);
		return;
	case MM_LEDGER_RELEASED:
		scan_released(scan, &record.released);
		return;
	case MM_LEDGER_HEAD:
		scan_head(scan, &record.head);
		return;
	case MM_LEDGER_REVOKE:
		ledger_revoke_again(scan->ledger, &record.revoke);
		return;
	default:
		return; /* rare ones come from their own chain */
	}
}

static void
found_damage_of(struct ledger *ledger, const struct mm_ledger_reader *reader)
{
	struct mm_ledger_at at;
	const char *fault = mm_ledger_reader_fault(reader, &at);

	found_damage(ledger, at, fault);
}

/* Read from a segment to the end. False where it cannot be read or memory is short. */
static bool
scan_from(struct scan *scan, uint64_t first_segment)
{
	struct mm_ledger_reader *reader = mm_ledger_reader_new(scan->ledger->folder_fd, first_segment);
	enum mm_ledger_read read = MM_LEDGER_READ_FAILED;
	struct mm_ledger_item item;

	scan->first_segment = first_segment;
	while (reader != NULL && !scan->short_of_memory) {
		read = mm_ledger_reader_next(reader, &item);
		if (read == MM_LEDGER_READ_RECORD)
			scan_record(scan, &item);
		else if (read == MM_LEDGER_READ_DAMAGE)
			found_damage_of(scan->ledger, reader);
		else
			break;
	}
	if (read == MM_LEDGER_READ_FAILED) {
		(void)snprintf(scan->ledger->damage, sizeof(scan->ledger->damage), "the ledger cannot be read: %s",
		    strerror(errno));
		scan->end_is_unknown = true;
	}
	if (reader != NULL)
		mm_ledger_reader_tail(reader, &scan->ledger->tail);
	mm_ledger_reader_free(&reader);
	return !scan->short_of_memory;
}

static void
forget_scan(struct scan *scan)
{
	struct ledger *ledger = scan->ledger;

	scan->count = 0;
	memset(scan->used, 0, sizeof(scan->used));
	memset(ledger->known, 0, sizeof(ledger->known));
	ledger->known_count = 0;
	ledger->damage[0] = '\0';
	for (struct ledger_realm *realm = NULL; (realm = ledger_realm_next(ledger, realm)) != NULL;) {
		ledger_live_clear(&realm->mint->live);
		ledger_revoked_forget(&realm->mint->revoked, INT64_MAX, INT64_MAX);
	}
}

/*
 * Whether no token that stands before a segment is alive. When it was begun does not say that: its clock may have been
 * behind. But places never go back, and no token was made by a later minute than its place has.
 */
static bool
begins_late(const struct ledger *ledger, uint64_t number)
{
	int64_t since_us = ledger_wall_us() - LIVE_US;
	struct mm_ledger_header header;
	uint32_t minute;
	int fd = mm_ledger_segment_open(ledger->folder_fd, number, O_RDONLY, &header);

	if (fd == -1)
		return false;
	close(fd);
	return header.created_us <= since_us && mm_ledger_minute_of(ledger->folder_fd, number, &minute) &&
	    ((int64_t)minute + 1) * MINUTE_US <= since_us;
}

/* The segment from which on every token may be alive; index of it. */
static size_t
first_alive(const struct ledger *ledger, const uint64_t *numbers, size_t count)
{
	size_t index = count - 1;

	while (index > 0 && !begins_late(ledger, numbers[index]))
		index--;
	return index;
}

/* What is damaged there is told, and nothing is issued. */
static void
take_anchor(struct scan *scan)
{
	struct mm_ledger_at at = { 0, 0 };
	const char *fault = mm_ledger_anchor_load(scan->ledger->folder_fd, NULL, ledger_signer(scan->ledger),
	    &scan->anchor);

	if (fault == NULL)
		fault = mm_ledger_anchor_check(&scan->anchor, scan->ledger->folder_fd, &at.segment);
	if (fault != NULL)
		found_damage(scan->ledger, at, fault);
}

/* Scan as far back as is needed: to a head too, from which counts go on. */
static bool
scan_newest(struct scan *scan)
{
	uint64_t *numbers;
	ssize_t count = mm_ledger_list(scan->ledger->folder_fd, &numbers);
	size_t index;
	bool ok;

	if (count == -1) {
		(void)snprintf(scan->ledger->damage, sizeof(scan->ledger->damage),
		    "the ledger's folder cannot be read: %s", strerror(errno));
		scan->end_is_unknown = true;
		return true;
	}
	/* Also where nothing is kept: an anchor tells of what must be. */
	take_anchor(scan);
	if (count == 0) {
		scan->end_is_unknown = scan->ledger->damage[0] != '\0';
		free(numbers);
		return true;
	}
	index = first_alive(scan->ledger, numbers, (size_t)count);
	while ((ok = scan_from(scan, numbers[index])) && !scan->has_head && index > 0 &&
	    scan->ledger->damage[0] == '\0') {
		forget_scan(scan);
		index--;
	}
	free(numbers);
	return ok;
}

/* ---- rare records ---- */

struct rare_chain {
	struct mm_ledger_at *at; /* newest first */
	size_t count, size;
};

static bool
push(struct rare_chain *chain, struct mm_ledger_at at)
{
	if (chain->count == chain->size) {
		size_t size = chain->size * 2 + 256;
		struct mm_ledger_at *grown = reallocarray(chain->at, size, sizeof(*grown));

		if (grown == NULL)
			return false;
		chain->at = grown;
		chain->size = size;
	}
	chain->at[chain->count++] = at;
	return true;
}

static bool
is_before(struct mm_ledger_at a, struct mm_ledger_at b)
{
	return a.segment < b.segment || (a.segment == b.segment && a.offset < b.offset);
}

/* Read a rare record. */
static bool
read_rare(struct ledger *ledger, struct mm_ledger_at at, uint8_t *bytes, struct mm_ledger_record *record)
{
	size_t len = mm_ledger_read_at(ledger->folder_fd, at, bytes);

	return len > 0 && mm_ledger_decode(bytes, len, record) && mm_ledger_kind_is_rare(record->kind) &&
	    (record->rare.segment == 0 || is_before(record->rare, at));
}

/* Back to the first one, or to those that the anchor has. */
static bool
follow_rare(struct scan *scan, struct rare_chain *chain)
{
	static uint8_t bytes[MM_LEDGER_RECORD_MAX];
	static struct mm_ledger_record record;
	struct ledger *ledger = scan->ledger;

	for (struct mm_ledger_at at = ledger->tail.rare; at.segment != 0; at = record.rare) {
		if (at.segment < scan->anchor.first_segment)
			break;
		if (!read_rare(ledger, at, bytes, &record)) {
			found_damage(ledger, at, "the record of a key, tenant or term that stood here cannot be read");
			return false;
		}
		if (!push(chain, at)) {
			found_damage(ledger, at, "memory is short");
			return false;
		}
	}
	return true;
}

static void
take_signers(struct ledger *ledger, const struct mm_ledger_realm_signer *realms, size_t count, bool used)
{
	for (size_t i = 0; i < count; i++) {
		struct ledger_known_realm *known = ledger_known_realm(ledger, realms[i].name);

		if (known == NULL)
			continue;
		known->signer = realms[i].signer;
		/* The last number is never given: a restoration says by it that there are no more. */
		known->used = used || realms[i].signer == UINT16_MAX;
	}
}

/* A restoration: what was between is not known. */
static void
take_gap(struct ledger *ledger, const struct mm_ledger_gap *gap)
{
	if (gap->term > ledger->term)
		ledger->term = gap->term;
	if (gap->last_minute > ledger->last_minute)
		ledger->last_minute = gap->last_minute;
	take_signers(ledger, gap->realms, gap->realm_count, false);
	for (size_t i = 0; i < gap->realm_count; i++) {
		struct ledger_realm *realm = ledger_realm_by_name(ledger, gap->realms[i].name);
		struct ledger_unknown *grown;

		if (realm == NULL)
			continue;
		grown = reallocarray(realm->mint->unknown, realm->mint->unknown_count + 1, sizeof(*grown));
		if (grown == NULL)
			continue;
		realm->mint->unknown = grown;
		grown[realm->mint->unknown_count++] =
		    (struct ledger_unknown){ gap->realms[i].from, gap->realms[i].signer, gap->last_minute };
	}
}

static const char *
take_rare(struct scan *scan, struct mm_ledger_at at, const struct mm_ledger_record *record)
{
	struct ledger *ledger = scan->ledger;

	switch (record->kind) {
	case MM_LEDGER_TERM:
		ledger->term = record->term.number;
		if (record->term.last_minute > ledger->last_minute)
			ledger->last_minute = record->term.last_minute;
		/* A term of which not every token was read may have given its number to one. */
		take_signers(ledger, record->term.realms, record->term.realm_count, at.segment < scan->first_segment);
		return NULL;
	case MM_LEDGER_GAP:
		take_gap(ledger, &record->gap);
		return NULL;
	case MM_LEDGER_KEY:
		return ledger_keys_take_record(ledger->keys, record->event.realm, record->event.bytes);
	case MM_LEDGER_TENANT:
		return ledger_tenants_take_record(ledger->tenants, record->event.realm, record->event.bytes);
	default:
		return NULL;
	}
}

static bool
replay_anchored(struct scan *scan)
{
	static struct mm_ledger_record record;
	struct mm_slice bytes;
	struct mm_ledger_at at;
	const char *fault = NULL;
	size_t position = 0;

	while (fault == NULL && mm_ledger_anchor_next(&scan->anchor, &position, &at, &bytes))
		fault = mm_ledger_decode((const uint8_t *)bytes.ptr, bytes.len, &record) ?
		    take_rare(scan, at, &record) : "the record in the anchor is not as this version writes it";
	if (fault != NULL)
		found_damage(scan->ledger, at, fault);
	return fault == NULL;
}

/* Give every rare record to whom it belongs, oldest first. */
static bool
replay_rare(struct scan *scan)
{
	static uint8_t bytes[MM_LEDGER_RECORD_MAX];
	static struct mm_ledger_record record;
	struct rare_chain chain = { NULL, 0, 0 };
	bool ok = follow_rare(scan, &chain) && replay_anchored(scan);

	for (size_t i = chain.count; ok && i > 0; i--) {
		const char *fault = read_rare(scan->ledger, chain.at[i - 1], bytes, &record) ?
		    take_rare(scan, chain.at[i - 1], &record) : "the record cannot be read";

		ok = fault == NULL;
		if (!ok)
			found_damage(scan->ledger, chain.at[i - 1], fault);
	}
	free(chain.at);
	return ok;
}

/* ---- what follows from both ---- */

/* Signers' numbers that are used, also by tokens that the last term does not tell of. */
static void
settle_signers(struct scan *scan)
{
	struct ledger *ledger = scan->ledger;

	for (size_t i = 0; i < ledger->known_count; i++) {
		struct ledger_known_realm *known = &ledger->known[i];

		if (scan->used[i] && scan->signer[i] >= known->signer) {
			known->signer = scan->signer[i];
			known->used = true;
		}
	}
}

static bool
add_unresolved(struct ledger_mint *mint, const struct seen *seen)
{
	if (mint->unresolved_count == mint->unresolved_size) {
		size_t size = mint->unresolved_size * 2 + 64;
		struct ledger_unresolved *grown = reallocarray(mint->unresolved, size, sizeof(*grown));

		if (grown == NULL)
			return false;
		mint->unresolved = grown;
		mint->unresolved_size = size;
	}
	mint->unresolved[mint->unresolved_count++] =
	    (struct ledger_unresolved){ seen->sequence, seen->serial, seen->place };
	return true;
}

static bool
hand_unresolved(struct scan *scan)
{
	struct ledger *ledger = scan->ledger;

	for (size_t i = 0; i < scan->count; i++) {
		struct ledger_known_realm *known = &ledger->known[scan->seen[i].known];
		struct ledger_realm *realm = ledger_realm_by_name(ledger, mm_slice_str(known->name));

		if (scan->seen[i].resolved)
			continue;
		if (realm == NULL)
			known->counts.unknown++;
		else if (!add_unresolved(realm->mint, &scan->seen[i]))
			return false;
	}
	for (struct ledger_realm *realm = NULL; (realm = ledger_realm_next(ledger, realm)) != NULL;) {
		struct ledger_known_realm *known = ledger_known_realm(ledger, mm_slice_str(realm->name));

		if (known == NULL)
			return false;
		realm->mint->counts = known->counts;
	}
	return true;
}

bool
ledger_recover(struct ledger *ledger)
{
	static struct scan scan; /* large */
	bool ok, rare;

	scan = (struct scan){ .ledger = ledger, .now_s = ledger_wall_s() };

	if (ledger->tenants == NULL)
		ledger->tenants = ledger_tenants_new(ledger);
	ledger->keys = ledger_keys_new(ledger);
	ledger->waiters = calloc(LEDGER_WAITERS_MAX, sizeof(*ledger->waiters));
	ledger->voids_owed = calloc(LEDGER_VOIDS_MAX, sizeof(*ledger->voids_owed));
	if (ledger->tenants == NULL || ledger->keys == NULL || ledger->waiters == NULL || ledger->voids_owed == NULL ||
	    !ledger_tickets_init(&ledger->tickets) || !load_secrets(ledger))
		return false;
	ok = scan_newest(&scan);
	ledger->revoked_known = ledger->damage[0] == '\0';
	rare = ok && !scan.end_is_unknown && replay_rare(&scan);
	if (ok) {
		settle_signers(&scan);
		ok = hand_unresolved(&scan);
	}
	free(scan.seen);
	mm_ledger_anchor_clear(&scan.anchor);
	ledger->keys_may_begin = rare;
	if (ledger->damage[0] != '\0')
		ledger_alarm(ledger, "%s; no token is issued: see 'mintmark ledger audit'", ledger->damage);
	if (ledger->secrets_fault[0] != '\0')
		ledger_alarm(ledger, "%s; no token is issued", ledger->secrets_fault);
	return ok;
}

/* ---- a new term ---- */

/* Give every realm a signer's number that was never used. */
static void
number_realms(struct ledger *ledger, struct mm_ledger_term *term)
{
	term->realm_count = 0;
	for (size_t i = 0; i < ledger->known_count; i++) {
		struct ledger_known_realm *known = &ledger->known[i];
		struct ledger_realm *realm = ledger_realm_by_name(ledger, mm_slice_str(known->name));

		if (realm != NULL && known->used && known->signer == UINT16_MAX) {
			ledger_alarm(ledger, "realm %s has used up its signers' numbers: no token of it is issued; "
			    "give it another name: mintmark-mint(7), BACKUP AND RESTORE", realm->name);
			realm->mint->has_root = false;
		} else if (realm != NULL && known->used) {
			known->signer++;
		}
		known->used = realm == NULL && known->used;
		if (realm != NULL) {
			known->signer = known->signer == 0 ? 1 : known->signer;
			realm->mint->signer = known->signer;
		}
		term->realms[term->realm_count++] =
		    (struct mm_ledger_realm_signer){ mm_slice_str(known->name), known->signer, { 0 } };
	}
}

static void
term_is_durable(void *ctx, bool durable)
{
	struct ledger *ledger = ctx;

	ledger->term_recorded = durable;
}

bool
ledger_begin_term(struct ledger *ledger)
{
	static struct mm_ledger_record record;

	record = (struct mm_ledger_record){ .kind = MM_LEDGER_TERM, .time_us = ledger_wall_us() };
	record.term.number = ledger->term;
	record.term.last_minute = ledger->last_minute;
	record.term.why = mm_slice_str("started");
	if (ledger->key_state != NULL)
		memcpy(record.term.certificate, ledger->certificate, sizeof(record.term.certificate));
	number_realms(ledger, &record.term);
	if (ledger_record(ledger, &record, term_is_durable, ledger) == 0) {
		(void)snprintf(ledger->trouble, sizeof(ledger->trouble), "the beginning of a term cannot be recorded");
		return false;
	}
	if (ledger->key_state != NULL)
		ledger_record_head(ledger);
	ledger->head_minute = ledger_wall_s() / 60;
	return true;
}

void
ledger_begin_recording(struct ledger *ledger)
{
	if (!ledger->term_begun)
		ledger->term++;
	ledger->term_begun = true;
	if (ledger->damage[0] != '\0')
		return;
	ledger->retry_ms = ledger_boot_ms() + LEDGER_RETRY_MS;
	ledger->writer = mm_ledger_writer_open(ledger->folder_fd, MM_LEDGER_SEGMENT_BYTES, &ledger->tail);
	if (ledger->writer == NULL) {
		(void)snprintf(ledger->trouble, sizeof(ledger->trouble), "the ledger cannot be written: %s",
		    strerror(errno));
		ledger_alarm(ledger, "%s; no token is issued", ledger->trouble);
		return;
	}
	ledger->trouble[0] = '\0';
	if (!ledger_begin_term(ledger))
		(void)!mm_ledger_writer_close(&ledger->writer);
}
