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

/*
 * Whether the DER certificate holds exactly this key (type, curve, and every number of it), with nothing
 * after its end. False too where it cannot be read.
 * Not checked here: its signature, its dates, its names: a JWK's trust comes from where the set was found.
 */
MM_MUST_USE bool mm_certificate_holds(struct mm_slice der, const struct mm_key_material *material);

#endif
