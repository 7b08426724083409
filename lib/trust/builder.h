/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was added to a builder, before it is compiled. The settings' text is copied into its pool.
 */
#ifndef MM_TRUST_BUILDER_H
#define MM_TRUST_BUILDER_H

#include "lib/base/pool.h"

#include <mintmark/trust.h>

struct mm_builder_document {
	struct mm_builder_document *next;
	const char *name;
	struct mm_slice jwks;
	enum mm_document_origin origin;
};

struct mm_builder_directory {
	struct mm_builder_directory *next;
	const char *realm;
	struct mm_slice json;
};

struct mm_builder_realm {
	struct mm_builder_realm *next;
	struct mm_realm_settings settings;
};

struct mm_builder_tenant {
	struct mm_builder_tenant *next;
	struct mm_tenant_settings settings;
};

struct mm_builder_service {
	struct mm_builder_service *next;
	struct mm_service_settings settings;
};

struct mm_builder_revocation {
	struct mm_builder_revocation *next;
	struct mm_revocation_settings settings;
};

/* Lists in the order of adding; last points to where the next goes. */
struct mm_trust_builder {
	struct mm_pool pool;
	struct mm_builder_document *documents, **last_document;
	struct mm_builder_directory *directories, **last_directory;
	struct mm_builder_realm *realms, **last_realm;
	struct mm_builder_tenant *tenants, **last_tenant;
	struct mm_builder_service *services, **last_service;
	struct mm_builder_revocation *revocations, **last_revocation;
};

#endif
