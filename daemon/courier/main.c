/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark-courier: fetches the key documents of providers, and hands them to mintmarkd in the canonical form.
 *
 * A child of mintmarkd, the only process that goes out. It parses what strangers send and holds nothing: no key that
 * signs, no store, no credential. Exit status 0: it was told to end, or wants to be started anew.
 */
#include "daemon/courier/control.h"
#include "daemon/courier/courier.h"
#include "daemon/ipc/child.h"
#include "daemon/sandbox/sandbox.h"

#include <malloc.h>
#include <nss.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The thread of each name that is looked up would have one of its own else, and each keeps what it once had. */
#define ALLOCATOR_ARENAS_MAX 2

/*
 * Names are looked up in /etc/hosts and by the name servers alone, both of which are in the C library: other ways would
 * load programs, which the sandbox forbids.
 */
static bool
prepare(void)
{
	mallopt(M_ARENA_MAX, ALLOCATOR_ARENAS_MAX);
	if (__nss_configure_lookup("hosts", "files dns") != 0) {
		perror("mintmark-courier: how names are looked up");
		return false;
	}
	mm_sandbox_prepare();
	return courier_network_prepare();
}

static bool
start(struct courier *courier)
{
	if (!prepare() || !courier_control_set_up(courier))
		return false;
	courier->network = courier_network_new(mm_slice(courier->ca, courier->ca_len));
	if (courier->network == NULL) {
		fprintf(stderr, "mintmark-courier: memory is short\n");
		return false;
	}
	return mm_sandbox_enter(MM_PROCESS_COURIER, getuid(), getgid());
}

static void
clear(struct courier *courier)
{
	courier_network_free(&courier->network);
	for (size_t i = 0; i < courier->source_count; i++)
		courier_source_clear(&courier->sources[i]);
	mm_pool_clear(&courier->pool);
	free(courier->ca);
}

int
main(void)
{
	static struct courier courier;
	enum courier_end end = COURIER_END_BROKEN;

	if (!mm_child_begin("mintmark-courier"))
		return 2;
	if (start(&courier))
		end = courier_serve(&courier);
	if (end == COURIER_END_RENEW)
		fprintf(stderr, "mintmark-courier: the resolver's files were replaced: it ends, to be started anew\n");
	clear(&courier);
	return end == COURIER_END_BROKEN ? EXIT_FAILURE : EXIT_SUCCESS;
}
