/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark-signer: the private keys of one realm. A child of mintmarkd; it signs what the ledger sends, after checking
 * it, and nothing else. Exit status 0: it was told to end.
 */
#include "daemon/ipc/child.h"
#include "daemon/keystore/locked_memory.h"
#include "daemon/keystore/pkcs11_store.h"
#include "daemon/keystore/sealed_store.h"
#include "daemon/sandbox/sandbox.h"
#include "daemon/signer/control.h"
#include "daemon/signer/peer.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* As many as there are processors; of a token as was configured, since what waits for it needs none. */
static unsigned
count_threads(const struct signer *signer)
{
	cpu_set_t set;
	int processors = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	if (signer->settings.module != NULL)
		return signer->settings.module_threads;
	if (processors > KEYSTORE_THREADS_MAX)
		return KEYSTORE_THREADS_MAX;
	return processors < 1 ? 1 : (unsigned)processors;
}

static bool
open_store(struct signer *signer)
{
	struct signer_settings *settings = &signer->settings;
	struct keystore_trouble trouble;

	if (settings->module != NULL) {
		signer->store = pkcs11_store_new(settings->module, settings->label, settings->pin_fd,
		    signer->realm.name, &trouble);
	} else {
		(void)snprintf(settings->seal->realm, sizeof(settings->seal->realm), "%s", signer->realm.name);
		mm_sandbox_let_write(settings->folder_fd);
		signer->store = sealed_store_new(settings->folder_fd, settings->seal, &trouble);
	}
	if (signer->store == NULL)
		fprintf(stderr, "mintmark-signer: %s\n", trouble.text);
	signer->keys.store = signer->store;
	locked_memory_give_back(settings->seal);
	settings->seal = NULL;
	return signer->store != NULL;
}

static bool
start(struct signer *signer)
{
	const char *why;

	if (!locked_memory_open(&why)) {
		fprintf(stderr, "mintmark-signer: %s\n", why);
		return false;
	}
	mm_sandbox_prepare();
	if (!signer_control_set_up(signer) || !open_store(signer) ||
	    !mm_sandbox_enter(MM_PROCESS_SIGNER, signer->settings.uid, signer->settings.gid))
		return false;
	if (!signer_pool_start(&signer->pool, count_threads(signer), signer_run_work, signer)) {
		perror("mintmark-signer: its threads");
		return false;
	}
	return signer_control_ready();
}

/* Everything that is open is wiped and given back, unless a thread hangs in the store: then the end does it. */
static void
clear(struct signer *signer)
{
	if (signer->store == NULL || !signer_pool_stop(&signer->pool))
		return;
	signer_peer_end(signer);
	signer_keys_clear(&signer->keys);
	signer->store->ops->free(&signer->store);
	signer_tenants_clear(&signer->realm.tenants);
	free(signer->settings.module);
	free(signer->settings.label);
}

int
main(void)
{
	static struct signer signer = { .settings = { .folder_fd = -1, .pin_fd = -1 }, .peer = { .fd = -1 } };
	enum signer_end end = SIGNER_END_GONE;

	if (!mm_child_begin("mintmark-signer"))
		return 2;
	if (start(&signer)) {
		end = signer_serve(&signer);
		clear(&signer);
	}
	return end == SIGNER_END_STOP ? EXIT_SUCCESS : EXIT_FAILURE;
}
