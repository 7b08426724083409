/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed memory: bytes too long for a message, passed as a memfd that nobody can change any more.
 */
#ifndef MM_DAEMON_IPC_SEALED_H
#define MM_DAEMON_IPC_SEALED_H

#include <mintmark/slice.h>
#include <mintmark/version.h>

#include <stdbool.h>
#include <stddef.h>

/* An empty memfd that still takes bytes; -1 with errno. name is for /proc alone. */
MM_MUST_USE int mm_sealed_new(const char *name);

/* Write all bytes behind what is there; -1 with errno. */
MM_MUST_USE int mm_sealed_write(int fd, struct mm_slice bytes);

/* Close it for every change, for ever and for everyone. -1 with errno (EBUSY: somebody maps it writable). */
MM_MUST_USE int mm_sealed_seal(int fd);

/*
 * Map a sealed memfd for reading; give it back with mm_sealed_unmap(). fd stays the caller's.
 * -1 with errno (EPERM: it is not sealed, so what is read could change; EFBIG: longer than max; ENODATA: empty).
 * Not checked here: the bytes.
 */
MM_MUST_USE int mm_sealed_map(int fd, size_t max, struct mm_slice *bytes);
void mm_sealed_unmap(struct mm_slice *bytes);

#endif
