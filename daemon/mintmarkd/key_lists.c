/* SPDX-License-Identifier: Apache-2.0 */
/* Signed key lists, together. */
#include "daemon/mintmarkd/key_lists.h"

#include "daemon/ipc/sealed.h"
#include "daemon/mintmarkd/clock.h"
#include "daemon/mintmarkd/log.h"
#include "daemon/mintmarkd/mints.h"
#include "engine/config.h"
#include "engine/key_list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
mm_key_lists_clear(struct mm_key_lists *lists)
{
	for (size_t i = 0; i < lists->count; i++)
		close(lists->items[i].fd);
	free(lists->items);
	*lists = (struct mm_key_lists){ NULL, 0 };
}

static bool
add_list(struct mm_key_lists *lists, const struct mm_mint *mint)
{
	struct mm_key_list_fd *item = &lists->items[lists->count];

	item->number = mint->number;
	memcpy(item->realm, mint->realm, sizeof(item->realm));
	item->fd = fcntl(mint->keys.fd, F_DUPFD_CLOEXEC, 0);
	if (item->fd == -1)
		return false;
	lists->count++;
	return true;
}

/* A reload may have taken the mint away, which still runs until the new configuration is in use. */
static bool
is_mint_of(const struct mm_config *config, const char *realm)
{
	for (size_t i = 0; i < config->realm_count; i++)
		if (config->realms[i].keys_kind == MM_KEYS_MINT && strcmp(config->realms[i].name, realm) == 0)
			return true;
	return false;
}

bool
mm_key_lists_take(struct mm_key_lists *lists, const struct mm_mints *mints, const struct mm_config *config)
{
	bool taken;

	*lists = (struct mm_key_lists){ calloc(mints->count + 1, sizeof(*lists->items)), 0 };
	taken = lists->items != NULL;
	for (size_t i = 0; i < mints->count && taken; i++)
		if (mints->items[i]->wanted && mints->items[i]->keys.fd >= 0 &&
		    is_mint_of(config, mints->items[i]->realm))
			taken = add_list(lists, mints->items[i]);
	if (!taken) {
		mm_log(LOG_ERR, "the key lists of mints: %s", strerror(errno));
		mm_key_lists_clear(lists);
	}
	return taken;
}

static const struct mm_key_list_fd *
find_list(const struct mm_key_lists *lists, const char *realm)
{
	for (size_t i = 0; i < lists->count; i++)
		if (strcmp(lists->items[i].realm, realm) == 0)
			return &lists->items[i];
	return NULL;
}

static int
new_sealed(struct mm_slice bytes)
{
	int fd = mm_sealed_new("mintmark-keys");

	if (fd != -1 && mm_sealed_write(fd, bytes) == 0 && mm_sealed_seal(fd) == 0)
		return fd;
	mm_log(LOG_ERR, "memory for the keys of a mint: %s", strerror(errno));
	if (fd != -1)
		close(fd);
	return -1;
}

/* Our own ledger's word, but it is read as the gate reads it, so that what the gate would refuse is not compiled. */
static int
open_list(const struct mm_key_list_fd *item, const struct mm_mints *mints)
{
	struct mm_slice bytes = MM_SLICE_ABSENT;
	struct mm_key_list list;
	const char *fault;
	int fd;

	if (mm_sealed_map(item->fd, MM_KEY_LIST_LEN_MAX, &bytes) == -1)
		fault = "it is no sealed memory";
	else
		fault = mm_key_list_read(bytes, mm_slice_str(item->realm), mints->root, mm_clock_wall_s(), &list);
	if (fault != NULL) {
		mm_log(LOG_ALERT, "alarm: realm %s: the ledger's key list cannot be used, the realm is without keys: "
		    "%s", item->realm, fault);
		fd = new_sealed(mm_slice_str("{\"keys\":[]}\n"));
	} else {
		fd = new_sealed(list.keys);
	}
	mm_sealed_unmap(&bytes);
	return fd;
}

int
mm_key_lists_open_keys(const struct mm_key_lists *lists, const struct mm_mints *mints, const char *realm)
{
	const struct mm_key_list_fd *item = find_list(lists, realm);

	return item == NULL ? new_sealed(mm_slice_str("{\"keys\":[]}\n")) : open_list(item, mints);
}
