/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping the documents of mints.
 */
#include "daemon/mintmarkd/mint_kept.h"

#include "daemon/ipc/sealed.h"
#include "daemon/mintmarkd/log.h"
#include "engine/kept_keys.h"
#include "engine/tenants_document.h"
#include "lib/base/limits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A document that is longer than a key document is for the running system alone. */
static void
keep(struct mm_mint_document *document, int fd, const char *prefix, const char *realm, int folder_fd)
{
	char name[MM_NAME_LEN_MAX + 32];
	struct mm_slice bytes;

	document->kept = true;
	if (mm_sealed_map(fd, MM_DOCUMENT_LEN_MAX, &bytes) == -1)
		return;
	snprintf(name, sizeof(name), "%s%s", prefix, realm);
	if (!mm_kept_keys_store(folder_fd, name, bytes, document->came_s))
		mm_log(LOG_WARNING, "%s cannot be kept on the disk: %s: commands that decide offline go by older ones",
		    name, strerror(errno));
	mm_sealed_unmap(&bytes);
}

static void
keep_keys(const struct mm_mints *mints, struct mm_mint *mint, const struct mm_key_lists *lists, int folder_fd)
{
	int fd = mm_key_lists_open_keys(lists, mints, mint->realm);

	if (fd == -1)
		return;
	keep(&mint->keys, fd, "mint:", mint->realm, folder_fd);
	close(fd);
}

void
mm_mints_keep(struct mm_mints *mints, const struct mm_key_lists *lists, int folder_fd)
{
	for (size_t i = 0; folder_fd >= 0 && i < mints->count; i++) {
		struct mm_mint *mint = mints->items[i];

		if (mint->keys.fd >= 0 && !mint->keys.kept)
			keep_keys(mints, mint, lists, folder_fd);
		if (mint->directory.fd >= 0 && !mint->directory.kept)
			keep(&mint->directory, mint->directory.fd, MM_DIRECTORY_PREFIX, mint->realm, folder_fd);
		if (mint->tenants.fd >= 0 && !mint->tenants.kept)
			keep(&mint->tenants, mint->tenants.fd, MM_TENANTS_PREFIX, mint->realm, folder_fd);
	}
}
