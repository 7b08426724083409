/* SPDX-License-Identifier: Apache-2.0 */
/*
 * X.509 certificates, only as far as a JWK's x5c, x5t and x5t#S256 need them.
 */
#ifndef MM_CRYPTO_CERTIFICATE_H
#define MM_CRYPTO_CERTIFICATE_H

#include "lib/crypto/public_key.h"

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether the DER certificate holds exactly this key (type, curve, and every number of it), with nothing
 * after its end. False too where it cannot be read.
 * Not checked here: its signature, its dates, its names: a JWK's trust comes from where the set was found.
 */
MM_MUST_USE bool mm_certificate_holds(struct mm_slice der, const struct mm_key_material *material);

/*
 * When the DER certificate ends (notAfter), in seconds since 1970, 0 for times before. Returns false where that cannot
 * be read; *not_after_s is set only on success. Not checked here: anything else of it.
 */
MM_MUST_USE bool mm_certificate_end(struct mm_slice der, int64_t *not_after_s);

#endif
