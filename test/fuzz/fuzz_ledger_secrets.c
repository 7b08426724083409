/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as secrets.sealed, and any bytes that were sealed as one. */
#include "engine/ledger_secrets.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[MM_SEALING_KEY_LEN] = { 3 };
	static struct mm_ledger_secrets secrets, again;
	static uint8_t bytes[MM_LEDGER_SECRETS_LEN_MAX];
	size_t len;

	if (mm_ledger_secrets_decode(mm_slice(data, size), key, &secrets) == NULL)
		abort();
	memcpy(bytes, "MMLSEC1\n", 8);
	if (size > sizeof(bytes) - 8 - MM_SEAL_OVERHEAD ||
	    !mm_seal(key, "mintmark ledger secrets v1", mm_slice(bytes, 8), mm_slice(data, size), bytes + 8))
		return 0;
	if (mm_ledger_secrets_decode(mm_slice(bytes, 8 + MM_SEAL_OVERHEAD + size), key, &secrets) != NULL)
		return 0;
	len = mm_ledger_secrets_encode(&secrets, key, bytes);
	if (len == 0 || mm_ledger_secrets_decode(mm_slice(bytes, len), key, &again) != NULL ||
	    memcmp(&secrets, &again, sizeof(secrets)) != 0)
		abort();
	return 0;
}
