/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes hurt the reading of a JWK? What is taken must be read the same again, and be a key that
 * libcrypto takes or refuses without harm.
 */
#include "lib/jose/jwk.h"

#include <stdint.h>
#include <stdlib.h>

#define MEMBERS_MAX 64
#define SCRATCH_LEN 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mm_json_names names;
static char rooms[2][SCRATCH_LEN];

static enum mm_jwk_fault
parse(struct mm_slice text, unsigned room, struct mm_jwk *jwk)
{
	struct mm_scratch scratch;

	mm_scratch_init(&scratch, rooms[room], SCRATCH_LEN);
	return mm_jwk_parse((struct mm_json_value){ text, MM_JSON_OBJECT, false }, &scratch, jwk);
}

static void
make_key(const struct mm_jwk *jwk)
{
	struct mm_public_key *key = NULL;

	for (unsigned number = 1; number < 256; number++) {
		const struct mm_algorithm *algorithm = mm_algorithm_by_number((uint8_t)number);

		if (algorithm == NULL || !mm_algorithm_fits(algorithm, jwk->material.type, jwk->material.curve))
			continue;
		if ((mm_public_key_new(&jwk->material, algorithm->scheme, algorithm->hash, &key) == MM_KEY_GOOD) !=
		    (key != NULL))
			abort();
		mm_public_key_free(&key);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mm_json_member members[MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MEMBERS_MAX };
	struct mm_slice text = mm_slice(data, size);
	struct mm_jwk jwk, again;
	enum mm_jwk_fault fault;

	while (text.len > 0 && text.ptr[0] != '{')
		text = mm_slice(text.ptr + 1, text.len - 1);
	if (mm_json_scan(text, &names, &index, NULL) != MM_OK)
		return 0;
	fault = parse(text, 0, &jwk);
	if (parse(text, 1, &again) != fault)
		abort();
	if (fault != MM_JWK_GOOD)
		return 0;
	if (memcmp(jwk.thumbprint, again.thumbprint, sizeof(jwk.thumbprint)) != 0 ||
	    memcmp(jwk.material_id, again.material_id, sizeof(jwk.material_id)) != 0)
		abort();
	make_key(&jwk);
	return 0;
}
