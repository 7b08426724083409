/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limits that more than one part of Mintmark keeps to, each with its reason; others stand where they are kept.
 */
#ifndef MM_BASE_LIMITS_H
#define MM_BASE_LIMITS_H

#include <stdint.h>

/* A compact token. The largest genuine ones (hundreds of groups) stay below; proxies' headers end here too. */
#define MM_TOKEN_LEN_MAX 16384

/* Nesting of objects and arrays in any JSON text that is read here; a token needs 3, a JWK set 4. */
#define MM_JSON_DEPTH_MAX 8

/* Members of the objects that are open at one point of a text: bounds the search for duplicates. */
#define MM_JSON_NAMES_MAX 512

/* The name of a section of the configuration: a part of addresses, metric labels and file names. */
#define MM_NAME_LEN_MAX 64

/* A kid; those of the providers on record have at most 64 bytes. */
#define MM_KID_LEN_MAX 256

/* A claim that is compared or recorded: iss, sub, aud, jti and their like. */
#define MM_CLAIM_LEN_MAX 1024

/* A scope claim: a list of scopes, so longer. */
#define MM_SCOPE_LEN_MAX 4096

/* Members of a header and of a payload; genuine ones have at most a dozen and a hundred. */
#define MM_HEADER_MEMBERS_MAX 32
#define MM_PAYLOAD_MEMBERS_MAX 256

/* An address: RFC 5321 section 4.5.3.1.3 gives a path 256 with its angle brackets. */
#define MM_MAILBOX_LEN_MAX 254

/* Largest integer that every JSON reader keeps exact (RFC 7493 section 2.2). */
#define MM_TIME_MAX_S ((INT64_C(1) << 53) - 1)

/* Clocks of issuer and gate may differ by this much. */
#define MM_CLOCK_SKEW_S 60

/* Lifetime of a token unless its realm says otherwise. */
#define MM_LIFETIME_DEFAULT_S 3600

/* A JWK set as a document. */
#define MM_DOCUMENT_LEN_MAX (1024 * 1024)

/* The directory of a mint: some hundred thousand users with their mailboxes. */
#define MM_DIRECTORY_LEN_MAX (32 * 1024 * 1024)

/* RSA moduli in bits: below is weak (RFC 7518 section 3.3), above only costs time. */
#define MM_RSA_BITS_MIN 2048
#define MM_RSA_BITS_MAX 8192

/* Threads that sign with one store of keys at the same time: more than processors would do, for devices far away. */
#define MM_KEY_STORE_THREADS_MAX 4

/* The longest signature: RSA of MM_RSA_BITS_MAX. */
#define MM_SIGNATURE_LEN_MAX (MM_RSA_BITS_MAX / 8)

/* SHA-256. */
#define MM_DIGEST_LEN 32

#endif
