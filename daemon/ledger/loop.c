/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's loop: one thread, nothing in it waits but poll(). */
#include "daemon/ledger/loop.h"

#include "daemon/ipc/limits.h"
#include "daemon/ledger/control.h"
#include "daemon/ledger/realm.h"
#include "lib/crypto/digest.h"

#include <poll.h>
#include <unistd.h>

enum ledger_end
ledger_serve(struct ledger *ledger)
{
	enum ledger_end end = LEDGER_END_NOT;

	if (!ledger_tell(ledger, MM_MESSAGE_LEDGER_READY, NULL, 0, MM_SLICE_ABSENT))
		return LEDGER_END_GONE;
	while (end == LEDGER_END_NOT) {
		struct pollfd control = { MM_CONTROL_FD, POLLIN, 0 };

		if (poll(&control, 1, -1) == 1)
			end = ledger_control_take(ledger);
	}
	return end;
}

void
ledger_clear(struct ledger *ledger)
{
	ledger_keys_free(&ledger->keys);
	ledger_tenants_free(&ledger->tenants);
	mm_ed25519_free(&ledger->key_state);
	for (size_t i = 0; i < MM_MINT_REALMS_MAX; i++)
		ledger_realm_free(&ledger->realms[i]);
	mm_secret_wipe(ledger->sealing_key, sizeof(ledger->sealing_key));
	if (ledger->folder_fd >= 0)
		close(ledger->folder_fd);
}
