/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mutation: of a genuine DPoP proof of each key type, is every damaged one refused? Each bit of the text is flipped,
 * each character removed, doubled, replaced and swapped with its neighbour, each end cut, and the parts of two proofs
 * mixed.
 */
#include "lib/base/array.h"
#include "lib/token/dpop.h"
#include "test/maker/key.h"
#include "test/maker/proof.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW_S INT64_C(1800000000)
#define TOKEN "header.payload.signature"
#define URL "https://mail.example/inbox"
#define PROOF_MAX 4096

static struct key_type {
	const char *name;
	enum maker_key_kind kind;
} key_types[] = {
	{ "RSA", MAKER_RSA }, { "P-256", MAKER_EC256 }, { "P-384", MAKER_EC384 }, { "P-521", MAKER_EC521 },
	{ "Ed25519", MAKER_ED25519 },
};

static struct {
	struct mm_verifier *verifier;
	struct mm_dpop_room room;
	uint8_t thumbprint[MM_DIGEST_LEN];
	const char *genuine;
	unsigned refused;
} bench;

static enum mm_dpop_fault
judge(const char *text, size_t len)
{
	const struct mm_dpop_expected expected = {
		.thumbprint = bench.thumbprint, .method = mm_slice_str("GET"), .url = mm_slice_str(URL),
		.token = mm_slice_str(TOKEN), .now_s = NOW_S,
	};
	struct mm_dpop_proof proof;
	enum mm_dpop_fault fault = mm_dpop_parse(mm_slice(text, len), &bench.room, &proof);

	if (fault == MM_DPOP_GOOD)
		fault = mm_dpop_check(&proof, &expected, &bench.room);
	return fault == MM_DPOP_GOOD ? mm_dpop_verify(&proof, bench.verifier) : fault;
}

static void
expect_refused(const char *text, size_t len, const char *how, size_t where)
{
	if (strlen(bench.genuine) == len && memcmp(bench.genuine, text, len) == 0)
		return;
	if (judge(text, len) == MM_DPOP_GOOD)
		fail_msg("%s at %zu is accepted", how, where);
	bench.refused++;
}

static void
flip_bits(const char *proof, size_t len)
{
	char text[PROOF_MAX];

	memcpy(text, proof, len);
	for (size_t i = 0; i < len * 8; i++) {
		text[i / 8] = (char)(text[i / 8] ^ 1 << i % 8);
		expect_refused(text, len, "bit flipped", i);
		text[i / 8] = proof[i / 8];
	}
}

static void
replace_characters(const char *proof, size_t len)
{
	static const char others[] = "Aa0_-=. ";
	char text[PROOF_MAX];

	memcpy(text, proof, len);
	for (size_t i = 0; i < len * (sizeof others - 1); i++) {
		text[i / (sizeof others - 1)] = others[i % (sizeof others - 1)];
		expect_refused(text, len, "character replaced", i / (sizeof others - 1));
		text[i / (sizeof others - 1)] = proof[i / (sizeof others - 1)];
	}
}

static void
swap_remove_and_double(const char *proof, size_t len)
{
	char text[PROOF_MAX];

	for (size_t i = 0; i < len; i++) {
		memcpy(text, proof, i);
		memcpy(text + i, proof + i + 1, len - i - 1);
		expect_refused(text, len - 1, "character removed", i);
		memcpy(text, proof, i + 1);
		memcpy(text + i + 1, proof + i, len - i);
		expect_refused(text, len + 1, "character doubled", i);
		memcpy(text, proof, len);
		text[i] = proof[i + 1 < len ? i + 1 : 0];
		text[i + 1 < len ? i + 1 : 0] = proof[i];
		expect_refused(text, len, "neighbours swapped", i);
	}
}

static void
cut_ends(const char *proof, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		expect_refused(proof, i, "cut behind", i);
		if (i > 0)
			expect_refused(proof + i, len - i, "cut before", i);
	}
}

struct parts {
	struct mm_slice part[3];
};

static struct parts
split(const char *proof)
{
	const char *first = strchr(proof, '.'), *second = strchr(first + 1, '.');

	return (struct parts){ {
		mm_slice(proof, (size_t)(first - proof)),
		mm_slice(first + 1, (size_t)(second - first - 1)),
		mm_slice_str(second + 1),
	} };
}

/* Every choice of each part from either proof, but the two whole ones. */
static void
mix_parts(const char *a, const char *b)
{
	const struct parts parts[2] = { split(a), split(b) };

	for (unsigned choice = 1; choice < 7; choice++) {
		struct maker_text text = { 0 };

		for (unsigned i = 0; i < 3; i++) {
			struct mm_slice part = parts[choice >> i & 1].part[i];

			maker_text_add_str(&text, i == 0 ? "" : ".");
			maker_text_add(&text, part.ptr, part.len);
		}
		expect_refused(text.bytes, text.len, "parts mixed", choice);
		maker_text_clear(&text);
	}
}

static void
every_damaged_proof_is_refused(void **state)
{
	const struct key_type *type = *state;
	EVP_PKEY *key = maker_key_new(type->kind, NULL), *other_key = maker_key_new(type->kind, NULL);
	const struct maker_proof_request request = { "GET", URL, TOKEN, "one", NOW_S };
	const struct maker_proof_request later = { "GET", URL, TOKEN, "two", NOW_S + 1 };
	struct maker_text proof = maker_proof_make(key, &request), others = maker_proof_make(other_key, &later);
	struct mm_dpop_proof read;

	bench.verifier = mm_verifier_new();
	bench.genuine = proof.bytes;
	bench.refused = 0;
	assert_non_null(bench.verifier);
	assert_true(proof.len < PROOF_MAX - 1);
	assert_int_equal(mm_dpop_parse(mm_slice(proof.bytes, proof.len), &bench.room, &read), MM_DPOP_GOOD);
	memcpy(bench.thumbprint, read.thumbprint, MM_DIGEST_LEN);
	assert_int_equal(judge(proof.bytes, proof.len), MM_DPOP_GOOD);
	flip_bits(proof.bytes, proof.len);
	replace_characters(proof.bytes, proof.len);
	swap_remove_and_double(proof.bytes, proof.len);
	cut_ends(proof.bytes, proof.len);
	mix_parts(proof.bytes, others.bytes);
	print_message("%s: %u damaged proofs refused\n", type->name, bench.refused);
	mm_verifier_free(&bench.verifier);
	maker_text_clear(&proof);
	maker_text_clear(&others);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other_key);
}

int
main(void)
{
	struct CMUnitTest tests[MM_COUNT_OF(key_types)];

	for (size_t i = 0; i < MM_COUNT_OF(key_types); i++)
		tests[i] = (struct CMUnitTest){
			.name = key_types[i].name,
			.test_func = every_damaged_proof_is_refused,
			.initial_state = &key_types[i],
		};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
