/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a configuration and its key files to a trust snapshot.
 */
#ifndef MM_ENGINE_TRUSTFILE_H
#define MM_ENGINE_TRUSTFILE_H

#include "engine/config.h"
#include "engine/problems.h"

#include <mintmark/trust.h>

/*
 * The bytes of one key document, under the name that the configuration's realms give it. Of origin MM_DOCUMENT_MINT
 * also "directory:REALM" and "tenants:REALM" (doc/PROTOCOL.directory).
 */
struct mm_trustfile_document {
	const char *path; /* the realms' 'keys', as struct mm_config_realm has it */
	struct mm_slice bytes;
	enum mm_document_origin origin;
};

/*
 * Compile a configuration and its key documents to a snapshot (malloc'ed, the caller frees it).
 * A document to be fetched that is not among them was not fetched yet, one of a ledger was not sent yet: its realms
 * have no keys.
 * Returns false with the reasons in problems. Not checked here: anything that compiling does not.
 */
bool mm_trustfile_compile(const struct mm_config *config, const struct mm_trustfile_document *documents,
    size_t document_count, uint64_t epoch, struct mm_problems *problems, void **snapshot, size_t *snapshot_len);

/*
 * Read the file of a configuration and parse it, as mm_config_parse() does. NULL with the reasons in problems.
 * Not checked here: the files that it names.
 */
struct mm_config *mm_trustfile_read_config(const char *path, struct mm_problems *problems);

/*
 * Compile from the files themselves, for commands that run as the operator: reads the configuration and
 * every key file (regular files of at most MM_DOCUMENT_LEN_MAX bytes), compiles and loads. *config and *trust are
 * set only on success. Nothing is fetched: of a document on the network, and of a mint, it reads what mintmarkd kept;
 * where that is not there, a remark says so, and the realm has no keys.
 */
bool mm_trustfile_load(const char *config_path, struct mm_problems *problems, struct mm_config **config,
    struct mm_trust **trust);

/* The same from a configuration that was read; *trust is set only on success. */
bool mm_trustfile_load_trust(const struct mm_config *config, struct mm_problems *problems, struct mm_trust **trust);

#endif
