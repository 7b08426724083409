/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mutation: whoever has the signing key takes a genuine marked token, damages it, and signs it anew. Is every one
 * refused where a mark is demanded?
 *
 * Each bit of header and payload is flipped, each character removed, doubled and swapped with its neighbour, the mark
 * moved before each other member, and parts of two genuine tokens mixed. Where no mark is demanded some of them are
 * allowed: that shows that it is the mark that refuses them.
 */
#include "engine/config.h"
#include "engine/problems.h"
#include "engine/trustfile.h"
#include "lib/codec/base64url.h"
#include "lib/token/proof.h"
#include "test/maker/key.h"
#include "test/maker/mint.h"
#include "test/maker/token.h"
#include "test/maker/world.h"

#include <mintmark.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW_S INT64_C(1800000000)
#define PART_MAX 2048
#define TAIL 33 /* ,"mark":"…"} */

static char world_dir[] = "/tmp/mintmark-mark.XXXXXX";

/* The same realms, with marks demanded or not; both ask the ledger of nothing. */
static struct mm_trust *demanding, *careless;
static struct mm_proof *proof;
static struct mm_decision *decision;
static EVP_PKEY *stolen;
static unsigned tried, careless_allowed;

struct parts {
	char header[PART_MAX], payload[PART_MAX];
	size_t header_len, payload_len;
};

static struct parts first, second;

static struct mm_trust *
load(bool marks)
{
	struct mm_problems problems = { 0 };
	struct mm_trust *trust = NULL;
	struct mm_config *config;
	char path[256];

	snprintf(path, sizeof(path), "%s/minted.conf", world_dir);
	config = mm_trustfile_read_config(path, &problems);
	assert_non_null(config);
	for (size_t i = 0; i < config->service_count; i++)
		if (strcmp(config->services[i].name, "imap") == 0 && marks)
			config->services[i].mark = MM_PROOF_REQUIRED;
	assert_true(mm_trustfile_load_trust(config, &problems, &trust));
	mm_config_free(&config);
	mm_problems_clear(&problems);
	return trust;
}

static void
set_proof(void)
{
	const uint8_t *root = (const uint8_t *)MAKER_MARK_ROOT;
	struct mm_slice realm = mm_slice_str("enterprise"), audience = mm_slice_str("https://mail.example");
	uint8_t id[MM_TOKEN_ID_KEY_LEN], mark[MM_MARK_KEY_LEN], index[MM_INDEX_KEY_LEN];

	proof = mm_proof_new(1 << 20);
	assert_non_null(proof);
	for (int day = -40; day <= 40; day++) { /* a damaged iat may be of another day: its key is known too */
		uint32_t number = mm_mint_day(NOW_S) + (uint32_t)day;

		assert_true(mm_mint_token_id_key(root, realm, id));
		assert_true(mm_mint_mark_key(root, realm, audience, number, mark));
		assert_true(mm_mint_index_key(root, realm, number, index));
		assert_true(mm_proof_set_day(proof, &(struct mm_proof_secrets){ realm, audience, number, id, mark,
		    index }));
	}
}

static size_t
decode(const char *from, size_t len, char part[PART_MAX])
{
	size_t out_len = 0;

	assert_true(MM_BASE64URL_DECODED_MAX(len) <= PART_MAX);
	assert_int_equal(mm_base64url_decode(mm_slice(from, len), part, &out_len), MM_OK);
	return out_len;
}

static void
make_genuine(const char *number, struct parts *parts)
{
	const char *const recipe[] = { "--key", "KE2", "--marked", "right", "--number", number };
	char *token = maker_token_make(world_dir, NOW_S, 6, recipe);
	size_t header = strcspn(token, "."), payload = strcspn(token + header + 1, ".");

	parts->header_len = decode(token, header, parts->header);
	parts->payload_len = decode(token + header + 1, payload, parts->payload);
	free(token);
}

static int
make_world(void **state)
{
	struct maker_world_settings settings = { .now_s = NOW_S, .user = "nobody" };
	char path[256];

	(void)state;
	if (mkdtemp(world_dir) == NULL)
		return -1;
	maker_world_make(world_dir, &settings);
	demanding = load(true);
	careless = load(false);
	set_proof();
	decision = mm_decision_new();
	snprintf(path, sizeof(path), "%s/keys/KE2.pem", world_dir);
	stolen = maker_key_load(path);
	make_genuine("1", &first);
	make_genuine("2", &second);
	return decision == NULL ? -1 : 0;
}

static int
free_world(void **state)
{
	(void)state;
	mm_trust_free(&demanding);
	mm_trust_free(&careless);
	mm_proof_free(&proof);
	mm_decision_free(&decision);
	EVP_PKEY_free(stolen);
	maker_world_remove(world_dir);
	return 0;
}

/* ---- one token ---- */

static enum mm_reason
decide(const struct mm_trust *trust, const struct maker_text *token)
{
	const struct mm_request request = {
		.service = mm_trust_find_service(trust, mm_slice_str("imap")),
		.token = mm_slice(token->bytes, token->len), .now_s = NOW_S, .proof = proof,
	};
	bool allowed = mm_allowed(mm_decide(trust, &request, decision));

	assert_int_equal(allowed, mm_decision_reason(decision) == MM_OK);
	return mm_decision_reason(decision);
}

static struct maker_text
sign(const struct parts *parts)
{
	struct maker_text token = { 0 }, signature = { 0 };

	maker_text_add_base64url(&token, parts->header, parts->header_len);
	maker_text_add_str(&token, ".");
	maker_text_add_base64url(&token, parts->payload, parts->payload_len);
	maker_key_sign(stolen, "ES256", &token, &signature);
	maker_text_add_str(&token, ".");
	maker_text_add_base64url(&token, signature.bytes, signature.len);
	maker_text_clear(&signature);
	return token;
}

/* What differs from both genuine ones is refused, whoever signed it. */
static void
try(const struct parts *parts)
{
	struct maker_text token = sign(parts);

	tried++;
	if (decide(demanding, &token) == MM_OK)
		fail_msg("allowed: %.*s %.*s", (int)parts->header_len, parts->header, (int)parts->payload_len,
		    parts->payload);
	careless_allowed += decide(careless, &token) == MM_OK;
	maker_text_clear(&token);
}

static void
begin(void)
{
	tried = careless_allowed = 0;
}

static void
end(unsigned tried_min, bool some_pass)
{
	print_message("%u tried, %u of them allowed where no mark is demanded\n", tried, careless_allowed);
	assert_true(tried >= tried_min);
	assert_true(careless_allowed > 0 || !some_pass);
}

/* ---- the tests ---- */

static void
genuine_ones_are_allowed(void **state)
{
	struct maker_text token = sign(&first);

	(void)state;
	assert_int_equal(decide(demanding, &token), MM_OK);
	maker_text_clear(&token);
	token = sign(&second);
	assert_int_equal(decide(demanding, &token), MM_OK);
	maker_text_clear(&token);
}

static void
bits_are_flipped(void **state)
{
	(void)state;
	begin();
	for (size_t i = 0; i < first.payload_len * 8; i++) {
		struct parts parts = first;

		parts.payload[i / 8] ^= (char)(1 << i % 8);
		try(&parts);
	}
	for (size_t i = 0; i < first.header_len * 8; i++) {
		struct parts parts = first;

		parts.header[i / 8] ^= (char)(1 << i % 8);
		try(&parts);
	}
	end(3000, true);
}

static void
characters_are_removed_doubled_and_swapped(void **state)
{
	(void)state;
	begin();
	for (size_t i = 0; i < first.payload_len; i++) {
		struct parts removed = first, doubled = first, swapped = first;

		memmove(removed.payload + i, removed.payload + i + 1, --removed.payload_len - i);
		try(&removed);
		memmove(doubled.payload + i + 1, doubled.payload + i, doubled.payload_len++ - i);
		try(&doubled);
		if (i == 0 || first.payload[i] == first.payload[i - 1])
			continue;
		swapped.payload[i] = first.payload[i - 1];
		swapped.payload[i - 1] = first.payload[i];
		try(&swapped);
	}
	end(1000, true);
}

/* A member between: white space before, behind and around the mark, and another member behind it. */
static void
the_mark_is_moved(void **state)
{
	static const struct {
		const char *before, *behind;
		int len; /* of the mark between them */
	} tails[] = {
		{ " ,\"mark\":\"", "\"}", 22 }, { ", \"mark\":\"", "\"}", 22 }, { ",\"mark\" :\"", "\"}", 22 },
		{ ",\"mark\": \"", "\"}", 22 }, { ",\"mark\":\"", "\" }", 22 }, { ",\"mark\":\"", "\"} ", 22 },
		{ ",\"mark\":\"", "\",\"x\":1}", 22 }, { ",\"m\\u0061rk\":\"", "\"}", 22 },
		{ ",\"x\":1,\"mark\":\"", "\"}", 22 }, { ",\"mark\":[\"", "\"]}", 22 },
		{ ",\"x\":{\"mark\":\"", "\"}}", 22 }, { ",\"Mark\":\"", "\"}", 22 }, { ",\"mark\":\"", "=\"}", 22 },
		{ ",\"mark\":\"", "\"}", 21 }, { ",\"mark\":null", "}", 0 }, { "", "}", 0 },
	};
	const char *mark = first.payload + first.payload_len - TAIL + 9;

	(void)state;
	begin();
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		struct parts parts = first;

		parts.payload_len -= TAIL;
		parts.payload_len += (size_t)snprintf(parts.payload + parts.payload_len, 80, "%s%.*s%s",
		    tails[i].before,
		    tails[i].len, mark, tails[i].behind);
		try(&parts);
	}
	end(16, true);
}

static void
parts_are_mixed(void **state)
{
	struct parts parts = first;

	(void)state;
	begin();
	assert_int_equal(first.payload_len, second.payload_len);
	memcpy(parts.payload + parts.payload_len - TAIL, second.payload + second.payload_len - TAIL, TAIL);
	try(&parts);
	parts = first;
	memcpy(parts.payload, second.payload, parts.payload_len - TAIL);
	try(&parts);
	end(2, true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(genuine_ones_are_allowed),
		cmocka_unit_test(bits_are_flipped),
		cmocka_unit_test(characters_are_removed_doubled_and_swapped),
		cmocka_unit_test(the_mark_is_moved),
		cmocka_unit_test(parts_are_mixed),
	};

	return cmocka_run_group_tests(tests, make_world, free_world);
}
