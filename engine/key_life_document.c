/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of keys as the realm's key document.
 */
#include "engine/key_life.h"

#include "engine/json_writer.h"
#include "engine/key_life_rule.h"

/*
 * Retired keys that the document names, the newest ones: some nine years of weekly rotations. Those before are in the
 * ledger alone. Revoked ones never leave.
 */
#define RETIRED_MAX 500

#define DOCUMENT_AGE_MAX_S 86400

bool
mm_life_document_is_old(const struct mm_key_life *life, int64_t signed_s, int64_t now_s)
{
	int64_t quarter_s = mm_life_age_max(&life->rule) / 4;

	return now_s + MM_CLOCK_SKEW_S < signed_s ||
	    now_s >= signed_s + (quarter_s < DOCUMENT_AGE_MAX_S ? quarter_s : DOCUMENT_AGE_MAX_S);
}

/*
 * The window of a prepared key begins when it may be used at the earliest, and ends when it would if it were used now:
 * a verifier that keeps the document for less than publish_before takes the key's first tokens by what it has. The end
 * may be wrong with the clock of this moment, the beginning not: a document outlives a jump of the clock.
 */
static void
find_window(const struct mm_key_life *life, const struct mm_life_key *key, int64_t now_s, int64_t *nbf_s,
    int64_t *exp_s)
{
	*nbf_s = key->nbf_s;
	*exp_s = key->exp_s;
	if (mm_life_was_promoted(key))
		return;
	*nbf_s = mm_life_published_s(life, key, now_s);
	if (mm_life_is_untold(key, now_s))
		*nbf_s = now_s + life->rule.publish_before_s;
	*exp_s = *nbf_s;
	if (*exp_s < now_s)
		*exp_s = now_s;
	if (*exp_s < life->high_s) /* a clock that is behind */
		*exp_s = life->high_s;
	*exp_s += mm_life_age_max(&life->rule);
}

/* What is retired is so on record: a wrong clock alone takes no key out of what is published. */
static const char *
state_word(const struct mm_life_key *key, int64_t now_s)
{
	enum mm_life_state state = mm_life_state_of(key, now_s);

	if (state == MM_LIFE_RETIRED && key->retired_s == 0)
		state = MM_LIFE_RETIRING;
	if (key->tainted_s != 0 && state != MM_LIFE_RETIRED && state != MM_LIFE_REVOKED)
		return "tainted";
	return mm_life_state_name(state);
}

static void
add_members(const struct mm_key_life *life, const struct mm_life_key *key, const char *issuer, const char *algorithm,
    int64_t now_s, struct mm_json_writer *writer)
{
	int64_t nbf_s, exp_s;

	find_window(life, key, now_s, &nbf_s, &exp_s);
	mm_json_add_str(writer, "kid", key->kid);
	mm_json_add_str(writer, "alg", algorithm);
	mm_json_add_str(writer, "use", "sig");
	mm_json_add_str(writer, "issuer", issuer);
	mm_json_add_int(writer, "iat", key->made_s);
	mm_json_add_int(writer, "nbf", nbf_s);
	mm_json_add_int(writer, "exp", exp_s);
	mm_json_add_str(writer, "state", state_word(key, now_s));
	if (mm_life_was_promoted(key))
		mm_json_add_int(writer, "verify_until", key->verify_until_s);
	if (key->retired_s != 0)
		mm_json_add_int(writer, "retired", key->retired_s);
	if (key->tainted_s != 0)
		mm_json_add_int(writer, "tainted", key->tainted_s);
	if (key->revoked_s != 0)
		mm_json_add_int(writer, "revoked", key->revoked_s);
}

/* The signer's public JWK with the members of its life behind its own. */
static void
add_key(const struct mm_key_life *life, const struct mm_life_key *key, const char *issuer, const char *algorithm,
    int64_t now_s, struct mm_buf *buf)
{
	struct mm_json_writer writer;

	mm_json_writer_init(&writer, buf);
	mm_buf_add(buf, key->jwk, key->jwk_len - 1); /* without its last brace */
	writer.need_comma = true;
	add_members(life, key, issuer, algorithm, now_s, &writer);
	mm_buf_add_str(buf, "}");
}

bool
mm_life_document(const struct mm_key_life *life, const char *issuer, const char *algorithm, int64_t now_s,
    struct mm_buf *buf)
{
	size_t retired = 0;
	bool first = true;

	mm_buf_add_str(buf, "{\"keys\":[");
	for (size_t i = life->count; i-- > 0;) {
		const struct mm_life_key *key = &life->keys[i];

		if (mm_life_state_of(key, now_s) == MM_LIFE_RETIRED && ++retired > RETIRED_MAX)
			continue;
		mm_buf_add_str(buf, first ? "" : ",");
		add_key(life, key, issuer, algorithm, now_s, buf);
		first = false;
	}
	mm_buf_add_str(buf, "]}");
	return mm_buf_ok(buf);
}
