/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any bytes hurt the reading of a JWK set? What passes the scan is an array of objects that lie within
 * the text, and each can be read as a JWK.
 */
#include "lib/base/limits.h"
#include "lib/jose/jwk.h"
#include "lib/jose/jwks.h"

#include <stdint.h>
#include <stdlib.h>

#define SCRATCH_LEN 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mm_json_names names;
static char room[SCRATCH_LEN];

static bool
lies_within(struct mm_slice part, struct mm_slice whole)
{
	return part.ptr >= whole.ptr && part.len <= whole.len &&
	    (size_t)(part.ptr - whole.ptr) <= whole.len - part.len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mm_slice text = mm_slice(data, size);
	struct mm_json_fault fault = { 0, NULL };
	struct mm_json_value object;
	struct mm_jwks set;
	size_t position = 0;

	if (mm_jwks_scan(text, &names, &set, &fault) != MM_OK) {
		if (fault.text == NULL || fault.offset > size)
			abort();
		return 0;
	}
	while (mm_json_next(set.keys, &position, &object)) {
		struct mm_scratch scratch;
		struct mm_jwk jwk;

		if (object.type != MM_JSON_OBJECT || !lies_within(object.text, text))
			abort();
		mm_scratch_init(&scratch, room, SCRATCH_LEN);
		if (mm_jwk_parse(object, &scratch, &jwk) >= MM_JWK_FAULT_COUNT)
			abort();
		if (mm_slice_present(jwk.kid) && (jwk.kid.len == 0 || jwk.kid.len > MM_KID_LEN_MAX))
			abort();
	}
	return 0;
}
