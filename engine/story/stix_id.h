/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identifiers of STIX 2.1 objects: UUIDs of version 5 (RFC 4122 section 4.3), made of what they name, so that the same
 * logs give the same ones.
 */
#ifndef MM_ENGINE_STORY_STIX_ID_H
#define MM_ENGINE_STORY_STIX_ID_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>

/* "extension-definition--" and a UUID, and a NUL. */
#define MM_STIX_ID_MAX 64

/*
 * STIX 2.1 section 2.9, of a cyber-observable object: its namespace, and as the name the canonical JSON (RFC 8785) of
 * the one property that contributes. False where memory is short or libcrypto fails.
 */
MM_MUST_USE bool mm_stix_observable_id(const char *type, const char *property, struct mm_slice value,
    char id[MM_STIX_ID_MAX]);

/* Of any other object: our own namespace, and as the name its type and whatever tells it from others of its kind. */
MM_MUST_USE bool mm_stix_object_id(const char *type, struct mm_slice what, char id[MM_STIX_ID_MAX]);

#endif
