/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can any payload hurt the reader of what issuer and verifier say to each other, or be read as another than was
 * written?
 */
#include "daemon/ipc/sign_in.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mm_verify verify;
	static struct mm_verify_room room;
	struct mm_verified verified;
	struct mm_slice payload = mm_slice(data, size);

	if (size <= MM_VERIFY_LEN_MAX && mm_verify_read(payload, &verify)) {
		if (verify.head.client_id.len > MM_MINT_CLIENT_LEN_MAX || verify.head.number == 0 ||
		    verify.assertion.len + verify.proof.len + verify.token.len > size)
			abort();
		if (!mm_verify_write(&verify, &room) || room.len != size || memcmp(room.bytes, data, size) != 0)
			abort();
	}
	if (mm_verified_read(payload, &verified) && verified.status >= MM_SIGN_IN_STATUS_COUNT)
		abort();
	return 0;
}
