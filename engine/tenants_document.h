/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tenants that were added at the ledger while it ran (doc/PROTOCOL.directory), for the compiler.
 */
#ifndef MM_ENGINE_TENANTS_DOCUMENT_H
#define MM_ENGINE_TENANTS_DOCUMENT_H

#include "engine/problems.h"

#include <mintmark/trust.h>

/* What the names of a mint's further documents begin with, before the realm's. */
#define MM_DIRECTORY_PREFIX "directory:"
#define MM_TENANTS_PREFIX "tenants:"

/*
 * Add the tenants of a document to a builder. An empty document has none. False where it is none, which is told, or
 * memory is short. Not checked here: the tenants; compiling checks them as it does those of the configuration.
 */
MM_MUST_USE bool mm_tenants_add(struct mm_trust_builder *builder, const char *realm, struct mm_slice bytes,
    struct mm_problems *problems);

#endif
