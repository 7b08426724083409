/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a mint's ledger says of a key.
 */
#include "lib/jose/mint_marks.h"

#include "lib/base/array.h"

/* A key of a mint has some fifteen members. */
#define MEMBERS_MAX 64

static const struct {
	const char *name;
	bool tainted, retired, revoked;
} states[] = {
	{ .name = "prepared" },
	{ .name = "active" },
	{ .name = "retiring" },
	{ .name = "retired", .retired = true },
	{ .name = "tainted", .tainted = true },
	{ .name = "revoked", .revoked = true },
};

/* A time that may be absent: true where it is, or is one. */
static bool
read_time(const struct mm_json_index *members, const char *name, bool *there, int64_t *time_s)
{
	struct mm_json_value value = mm_json_find(members, name);

	*there = value.type != MM_JSON_ABSENT;
	return !*there || mm_json_integer(value, time_s);
}

static const char *
read_state(const struct mm_json_index *members, struct mm_jwk *jwk, struct mm_mint_marks *marks)
{
	struct mm_json_value state = mm_json_find(members, "state");

	for (size_t i = 0; i < MM_COUNT_OF(states); i++) {
		if (!mm_json_string_is(state, states[i].name))
			continue;
		marks->tainted = marks->tainted || states[i].tainted;
		marks->retired = states[i].retired;
		jwk->revoked = jwk->revoked || states[i].revoked;
		return NULL;
	}
	return "the key is in no known state";
}

static const char *
read_all(const struct mm_json_index *members, struct mm_jwk *jwk, struct mm_mint_marks *marks)
{
	bool there;

	if (!read_time(members, "verify_until", &there, &marks->verify_until_s))
		return "the key's 'verify_until' is no time";
	if (!mm_slice_present(jwk->issuer))
		return "the key does not state whose it is";
	if (jwk->nbf_s == INT64_MIN || jwk->exp_s == INT64_MAX)
		return "the key has no window";
	if (jwk->algorithm == NULL)
		return "the key does not state its algorithm";
	return read_state(members, jwk, marks);
}

const char *
mm_mint_marks_read(struct mm_json_value key, bool of_mint, struct mm_jwk *jwk, struct mm_mint_marks *marks)
{
	struct mm_json_member room[MEMBERS_MAX];
	struct mm_json_index members = { room, 0, MEMBERS_MAX };
	int64_t tainted_s;

	*marks = (struct mm_mint_marks){ .verify_until_s = INT64_MAX };
	if (!mm_json_view_object(key, &members))
		return "the key has too many members";
	if (!read_time(&members, "tainted", &marks->tainted, &tainted_s))
		return "the key's 'tainted' is no time";
	return of_mint ? read_all(&members, jwk, marks) : NULL;
}
