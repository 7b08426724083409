/* SPDX-License-Identifier: Apache-2.0 */
/* Auditing a ledger. */
#include "engine/ledger_audit.h"

#include <stdlib.h>
#include <string.h>

/* Told each so many records. */
#define PROGRESS_RECORDS 65536

struct auditor {
	struct mm_ledger_audit *audit;
	const uint8_t *root;
	uint64_t until_segment; /* 0: to the end */
	mm_ledger_progress *progress;
	mm_ledger_visit *visit;
	void *ctx;
	bool has_key;
	struct mm_mint_certificate certificate; /* of the term */
	struct mm_ledger_at rare;
};

static bool
fault(struct auditor *auditor, struct mm_ledger_at at, const char *what)
{
	auditor->audit->fault = what;
	auditor->audit->at = at;
	return false;
}

static struct mm_ledger_realm_sum *
find_realm(struct mm_ledger_audit *audit, struct mm_slice name)
{
	struct mm_ledger_realm_sum *realm;

	for (size_t i = 0; i < audit->realm_count; i++)
		if (mm_slice_equal(mm_slice_str(audit->realms[i].name), name))
			return &audit->realms[i];
	if (audit->realm_count == MM_LEDGER_REALMS_MAX || name.len == 0 || name.len > MM_NAME_LEN_MAX)
		return NULL;
	realm = &audit->realms[audit->realm_count++];
	memcpy(realm->name, name.ptr, name.len);
	return realm;
}

/* ---- each kind ---- */

static bool
audit_issued(struct auditor *auditor, struct mm_ledger_at at, const struct mm_ledger_issued *issued)
{
	struct mm_ledger_realm_sum *realm = find_realm(auditor->audit, issued->facts[MM_LEDGER_REALM]);

	if (realm == NULL)
		return fault(auditor, at, "the token is of no realm, or there are too many realms");
	if (realm->has_last && !mm_ledger_place_behind(issued->place, realm->last))
		return fault(auditor, at, "the token's place does not come behind the last one's of its realm");
	realm->last = issued->place;
	if (issued->place.signer > realm->signer)
		realm->signer = issued->place.signer;
	realm->has_last = true;
	realm->counts.recorded++;
	return true;
}

static bool
audit_void(struct auditor *auditor, struct mm_ledger_at at, const struct mm_ledger_void *voided)
{
	struct mm_ledger_realm_sum *realm = find_realm(auditor->audit, voided->realm);

	if (realm == NULL)
		return fault(auditor, at, "the void record is of no realm");
	realm->counts.voided++;
	return true;
}

static bool
audit_revoke(struct auditor *auditor, struct mm_ledger_at at, const struct mm_ledger_revoke *revoke)
{
	if (find_realm(auditor->audit, revoke->realm) == NULL)
		return fault(auditor, at, "there are too many realms");
	if (revoke->matters_s < revoke->up_to_s)
		return fault(auditor, at, "the revocation is over before it begins");
	return true;
}

/* Realms that never had a token have their signers' numbers, too. */
static bool
note_signers(struct auditor *auditor, struct mm_ledger_at at, const struct mm_ledger_realm_signer *realms, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct mm_ledger_realm_sum *realm = find_realm(auditor->audit, realms[i].name);

		if (realm == NULL)
			return fault(auditor, at, "there are too many realms");
		if (realms[i].signer > realm->signer)
			realm->signer = realms[i].signer;
	}
	return true;
}

static bool
audit_term(struct auditor *auditor, struct mm_ledger_at at, const struct mm_ledger_term *term)
{
	static const uint8_t none[MM_MINT_CERTIFICATE_LEN];

	auditor->audit->term = term->number;
	if (!note_signers(auditor, at, term->realms, term->realm_count))
		return false;
	auditor->has_key = memcmp(term->certificate, none, sizeof(none)) != 0;
	if (auditor->root == NULL || !auditor->has_key)
		return true;
	if (mm_mint_certificate_read(mm_slice(term->certificate, sizeof(term->certificate)), auditor->root,
	        &auditor->certificate) != NULL)
		return fault(auditor, at, "the term's key-state key is not certified by the offline root");
	return true;
}

/* Whether a head counts what was counted here. */
static bool
counts_agree(struct auditor *auditor, const struct mm_ledger_head *head)
{
	for (size_t i = 0; i < head->realm_count; i++) {
		struct mm_ledger_realm_sum *realm = find_realm(auditor->audit, head->realms[i].name);
		const struct mm_ledger_counts *counts = &head->realms[i].counts;

		if (realm == NULL)
			return false;
		if (realm->counts.recorded != counts->recorded || realm->counts.voided != counts->voided)
			return false;
		realm->counts = *counts;
	}
	return true;
}

static bool
audit_head(struct auditor *auditor, const struct mm_ledger_item *item, const struct mm_ledger_head *head)
{
	if (auditor->root != NULL) {
		if (!auditor->has_key)
			return fault(auditor, item->at, "the head is of a term without a key-state key");
		if (!mm_ledger_verify_head(item->bytes, item->len, auditor->certificate.public_key))
			return fault(auditor, item->at, "the head is not signed by the key-state key of its term");
		auditor->audit->heads_verified++;
	}
	if (!counts_agree(auditor, head))
		return fault(auditor, item->at, "the head counts other tokens than stand before it");
	return true;
}

/* The rare records lead to each other. */
static bool
audit_rare(struct auditor *auditor, const struct mm_ledger_item *item, const struct mm_ledger_record *record)
{
	bool same = record->rare.segment == auditor->rare.segment && record->rare.offset == auditor->rare.offset;

	if (!same)
		return fault(auditor, item->at, "the record does not lead to the one of its kind before");
	auditor->rare = item->at;
	return true;
}

static void
count_released(struct mm_ledger_audit *audit, const struct mm_ledger_released *released)
{
	for (size_t i = 0; i < released->count; i++)
		audit->released += released->ranges[i].count;
}

static bool
audit_record(struct auditor *auditor, const struct mm_ledger_item *item)
{
	static struct mm_ledger_record record;
	struct mm_ledger_audit *audit = auditor->audit;

	if (!mm_ledger_decode(item->bytes, item->len, &record))
		return fault(auditor, item->at, "the record is not as this version writes it");
	if (audit->records == 0) {
		audit->first_sequence = item->link.sequence;
		audit->first_us = record.time_us;
	}
	audit->records++;
	audit->bytes += item->len;
	audit->kinds[record.kind]++;
	audit->last_sequence = item->link.sequence;
	audit->last_us = record.time_us;
	if (record.time_us > audit->latest_us)
		audit->latest_us = record.time_us;
	if (mm_ledger_kind_is_rare(record.kind) && !audit_rare(auditor, item, &record))
		return false;
	switch (record.kind) {
	case MM_LEDGER_ISSUED:
		return audit_issued(auditor, item->at, &record.issued);
	case MM_LEDGER_VOID:
		return audit_void(auditor, item->at, &record.voided);
	case MM_LEDGER_RELEASED:
		count_released(audit, &record.released);
		return true;
	case MM_LEDGER_REVOKE:
		return audit_revoke(auditor, item->at, &record.revoke);
	case MM_LEDGER_TERM:
		return audit_term(auditor, item->at, &record.term);
	case MM_LEDGER_HEAD:
		return audit_head(auditor, item, &record.head);
	case MM_LEDGER_GAP:
		audit->term = record.gap.term > audit->term ? record.gap.term : audit->term;
		return note_signers(auditor, item->at, record.gap.realms, record.gap.realm_count);
	default:
		return true;
	}
}

/* ---- where it begins ---- */

/* What rare records before the first segment say that counts from there on. */
static bool
take_anchored(struct auditor *auditor, const struct mm_ledger_anchor *anchor)
{
	static struct mm_ledger_record record;
	struct mm_ledger_at at;
	struct mm_slice bytes;
	size_t position = 0;

	while (mm_ledger_anchor_next(anchor, &position, &at, &bytes)) {
		if (!mm_ledger_decode((const uint8_t *)bytes.ptr, bytes.len, &record))
			return fault(auditor, at, "the record in the anchor is not as this version writes it");
		if (record.kind == MM_LEDGER_TERM && !audit_term(auditor, at, &record.term))
			return false;
		if (record.kind == MM_LEDGER_GAP && record.gap.term > auditor->audit->term)
			auditor->audit->term = record.gap.term;
	}
	return true;
}

static bool
begin(struct auditor *auditor, int dir_fd)
{
	struct mm_ledger_audit *audit = auditor->audit;
	struct mm_ledger_anchor *anchor = calloc(1, sizeof(*anchor));
	struct mm_ledger_at at = { 0, 0 };
	const char *what = anchor == NULL ? "memory is short" :
	                                    mm_ledger_anchor_load(dir_fd, auditor->root, NULL, anchor);

	if (what == NULL)
		what = mm_ledger_anchor_check(anchor, dir_fd, &at.segment);
	if (what != NULL) {
		(void)fault(auditor, at, what);
	} else if (anchor->first_segment != 0) {
		memcpy(audit->realms, anchor->realms, sizeof(audit->realms));
		audit->realm_count = anchor->realm_count;
		audit->anchor_segment = anchor->end.segment;
		audit->anchor_sequence = audit->last_sequence = anchor->sequence;
		audit->anchor_first_us = anchor->first_us;
		audit->anchor_last_us = anchor->last_us;
		auditor->rare = anchor->rare;
		(void)take_anchored(auditor, anchor);
	}
	if (anchor != NULL)
		mm_ledger_anchor_clear(anchor);
	free(anchor);
	return audit->fault == NULL;
}

/* ---- the whole ---- */

/* Take one record that was read. */
static void
take(struct auditor *auditor, const struct mm_ledger_reader *reader, const struct mm_ledger_item *item)
{
	const struct mm_ledger_audit *audit = auditor->audit;

	if (!audit_record(auditor, item))
		return;
	if (auditor->visit != NULL && !auditor->visit(auditor->ctx, item, mm_ledger_get_kind(item->bytes)))
		(void)fault(auditor, item->at, "the audit was ended");
	if (auditor->progress != NULL && audit->records % PROGRESS_RECORDS == 0)
		auditor->progress(auditor->ctx, mm_ledger_reader_done(reader), mm_ledger_reader_total(reader),
		    audit->records);
}

static bool
audit_all(struct auditor *auditor, int dir_fd)
{
	struct mm_ledger_audit *audit = auditor->audit;
	struct mm_ledger_reader *reader = NULL;
	enum mm_ledger_read read = MM_LEDGER_READ_FAILED;
	struct mm_ledger_item item;
	struct mm_ledger_tail tail;

	memset(audit, 0, sizeof(*audit));
	if (!begin(auditor, dir_fd))
		return true;
	reader = mm_ledger_reader_new(dir_fd, 0);
	while (reader != NULL && audit->fault == NULL &&
	    (read = mm_ledger_reader_next(reader, &item)) != MM_LEDGER_READ_END && read != MM_LEDGER_READ_FAILED) {
		if (read == MM_LEDGER_READ_DAMAGE)
			audit->fault = mm_ledger_reader_fault(reader, &audit->at);
		else if (auditor->until_segment != 0 && item.at.segment >= auditor->until_segment)
			break;
		else
			take(auditor, reader, &item);
	}
	if (reader != NULL && audit->fault == NULL) {
		mm_ledger_reader_tail(reader, &tail);
		audit->at = tail.end;
	}
	mm_ledger_reader_free(&reader);
	return read != MM_LEDGER_READ_FAILED;
}

bool
mm_ledger_audit(int dir_fd, const uint8_t *root, mm_ledger_progress *progress, void *ctx,
    struct mm_ledger_audit *audit)
{
	struct auditor auditor = { .audit = audit, .root = root, .progress = progress, .ctx = ctx };

	return audit_all(&auditor, dir_fd);
}

bool
mm_ledger_audit_before(int dir_fd, uint64_t segment, mm_ledger_visit *visit, void *ctx, struct mm_ledger_audit *audit)
{
	struct auditor auditor = { .audit = audit, .until_segment = segment, .visit = visit, .ctx = ctx };

	return audit_all(&auditor, dir_fd);
}
