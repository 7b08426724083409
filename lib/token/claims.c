/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registered claims that any step reads.
 */
#include "lib/token/claims.h"

#include "lib/base/array.h"
#include "lib/base/limits.h"
#include "lib/base/try.h"
#include "lib/token/confirmation.h"

#include <stddef.h>

/* Reads one claim that stands there; false where its type or range is wrong. */
typedef bool claim_reader(struct mm_json_value value, struct mm_scratch *scratch, struct mm_claim_set *set,
    size_t offset);

static bool
read_bounded(struct mm_json_value value, struct mm_scratch *scratch, size_t max, struct mm_slice *text)
{
	return mm_json_string(value, scratch, text) && text->len <= max;
}

static struct mm_slice *
text_at(struct mm_claim_set *set, size_t offset)
{
	return (struct mm_slice *)(void *)((char *)set + offset);
}

static bool
read_text(struct mm_json_value value, struct mm_scratch *scratch, struct mm_claim_set *set, size_t offset)
{
	return read_bounded(value, scratch, MM_CLAIM_LEN_MAX, text_at(set, offset));
}

static bool
read_scope(struct mm_json_value value, struct mm_scratch *scratch, struct mm_claim_set *set, size_t offset)
{
	return read_bounded(value, scratch, MM_SCOPE_LEN_MAX, text_at(set, offset));
}

/* RFC 7519 section 4.1.3: "an array of case-sensitive strings […] or […] a single case-sensitive string". */
static bool
read_audience(struct mm_json_value value, struct mm_scratch *scratch, struct mm_claim_set *set, size_t offset)
{
	struct mm_json_value element;
	struct mm_slice other;
	size_t position = 0;

	(void)offset;
	if (value.type == MM_JSON_STRING) {
		set->audience_count = 1;
		return read_bounded(value, scratch, MM_CLAIM_LEN_MAX, &set->audience);
	}
	while (mm_json_next(value, &position, &element)) {
		if (!read_bounded(element, scratch, MM_CLAIM_LEN_MAX, &other))
			return false;
		if (set->audience_count++ == 0)
			set->audience = other;
	}
	return set->audience_count > 0;
}

static bool
read_exp(struct mm_json_value value, struct mm_scratch *scratch, struct mm_claim_set *set, size_t offset)
{
	(void)scratch, (void)offset;
	return set->has_exp = mm_json_integer(value, &set->exp_s);
}

static bool
read_iat(struct mm_json_value value, struct mm_scratch *scratch, struct mm_claim_set *set, size_t offset)
{
	(void)scratch, (void)offset;
	return set->has_iat = mm_json_integer(value, &set->iat_s);
}

static bool
read_nbf(struct mm_json_value value, struct mm_scratch *scratch, struct mm_claim_set *set, size_t offset)
{
	(void)scratch, (void)offset;
	return set->has_nbf = mm_json_integer(value, &set->nbf_s);
}

/* Step 10 reads it again: what it says is of no use before. */
static bool
read_cnf(struct mm_json_value value, struct mm_scratch *scratch, struct mm_claim_set *set, size_t offset)
{
	struct mm_confirmation confirmation;

	(void)offset;
	return set->has_cnf = mm_confirmation_parse(value, scratch, &confirmation);
}

struct claim_row {
	struct mm_json_name name;
	bool required;
	claim_reader *read;
	size_t offset;
};

#define TEXT_CLAIM(name, required) { MM_JSON_NAME(#name), required, read_text, offsetof(struct mm_claim_set, name) }

static const struct claim_row claim_rows[] = {
	TEXT_CLAIM(iss, true),
	{ MM_JSON_NAME("aud"), true, read_audience, 0 },
	{ MM_JSON_NAME("exp"), true, read_exp, 0 },
	{ MM_JSON_NAME("iat"), true, read_iat, 0 },
	{ MM_JSON_NAME("nbf"), false, read_nbf, 0 },
	TEXT_CLAIM(sub, false),
	TEXT_CLAIM(tid, false),
	TEXT_CLAIM(jti, false),
	TEXT_CLAIM(sid, false),
	TEXT_CLAIM(azp, false),
	TEXT_CLAIM(client_id, false),
	{ MM_JSON_NAME("scope"), false, read_scope, offsetof(struct mm_claim_set, scope) },
	{ MM_JSON_NAME("cnf"), false, read_cnf, 0 },
};

void
mm_claims_choose_client(struct mm_claim_set *set)
{
	set->client = mm_slice_present(set->client_id) ? set->client_id : set->azp;
}

static enum mm_reason
check_relations(struct mm_claim_set *set, const char **what)
{
	*what = "exp";
	if (set->has_exp && set->has_iat && set->exp_s <= set->iat_s)
		return MM_CLAIM_MALFORMED;
	*what = "client_id";
	if (mm_slice_present(set->client_id) && mm_slice_present(set->azp) && !mm_slice_equal(set->client_id, set->azp))
		return MM_CLAIM_MALFORMED;
	mm_claims_choose_client(set);
	return MM_OK;
}

enum mm_reason
mm_claims_parse(const struct mm_json_index *payload, struct mm_scratch *scratch, struct mm_unverified_claims *claims,
    const char **what)
{
	struct mm_claim_set *set = &claims->set;
	const char *missing = NULL;
	bool malformed = false;

	*set = (struct mm_claim_set){ 0 };
	for (size_t i = 0; i < MM_COUNT_OF(claim_rows); i++) {
		const struct claim_row *row = &claim_rows[i];
		struct mm_json_value value = mm_json_find_name(payload, &row->name);

		if (value.type == MM_JSON_ABSENT) {
			if (row->required && missing == NULL)
				missing = row->name.text.ptr;
		} else if (!row->read(value, scratch, set, row->offset) && !malformed) {
			malformed = true;
			*what = row->name.text.ptr;
		}
	}
	if (malformed)
		return MM_CLAIM_MALFORMED;
	MM_TRY(check_relations(set, what));
	*what = missing;
	return missing == NULL ? MM_OK : MM_CLAIM_MISSING;
}
