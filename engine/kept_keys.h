/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key documents that were fetched, kept in state_dir/keys in the canonical form (doc/PROTOCOL.keys): what a cold start
 * and the offline commands go by.
 */
#ifndef MM_ENGINE_KEPT_KEYS_H
#define MM_ENGINE_KEPT_KEYS_H

#include <mintmark/slice.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The folder of them in state_dir. */
#define MM_KEPT_KEYS_FOLDER "keys"

/* SHA-256 in hex, ".jwks" and NUL. */
#define MM_KEPT_KEYS_NAME_SIZE 70

/* The name of a document's file in the folder: SHA-256 of its name ("jwks:https://…"), in hex, and ".jwks". */
bool mm_kept_keys_file_name(const char *document, char name[static MM_KEPT_KEYS_NAME_SIZE]);

/*
 * Store what was fetched at fetched_s: written beside, synced and renamed, so that the file is always the old one or
 * the new one. folder_fd is the folder, open; fetched_s becomes the file's time. One process at a time.
 * Returns whether it was done; errno otherwise. Not checked here: the bytes.
 */
bool mm_kept_keys_store(int folder_fd, const char *document, struct mm_slice keys, int64_t fetched_s);

/* Say that what is kept was the source's answer at fetched_s too. As above. */
bool mm_kept_keys_confirm(int folder_fd, const char *document, int64_t fetched_s);

/*
 * Read what is kept of a document: a new buffer of *len bytes, the caller's, and when it was last fetched.
 * NULL with errno: ENOENT where nothing is kept, EFBIG beyond MM_DOCUMENT_LEN_MAX. Not checked here: the bytes.
 */
char *mm_kept_keys_load(int folder_fd, const char *document, size_t *len, int64_t *fetched_s);

#endif
