/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that a running mintmarkd holds. One thread; each part is called by the loop or by another part, and none waits.
 */
#ifndef MM_DAEMON_MINTMARKD_MINTMARKD_H
#define MM_DAEMON_MINTMARKD_MINTMARKD_H

#include "daemon/mintmarkd/child.h"
#include "daemon/mintmarkd/courier.h"
#include "daemon/mintmarkd/desk.h"
#include "daemon/mintmarkd/followers.h"
#include "daemon/mintmarkd/gate.h"
#include "daemon/mintmarkd/listener.h"
#include "daemon/mintmarkd/mints.h"
#include "daemon/mintmarkd/reading.h"
#include "daemon/mintmarkd/renewal.h"
#include "daemon/mintmarkd/sources.h"
#include "daemon/mintmarkd/state.h"
#include "daemon/mintmarkd/trust_in_use.h"

#include <stdbool.h>
#include <stdint.h>

struct mm_mintmarkd {
	const char *config_path, *libexec;
	int64_t started_s;
	struct mm_user user;
	struct mm_state state;

	/* That of the start, whose addresses, journal, cache and TLS files count until the end; and that in use. */
	struct mm_reading *first, *reading;
	struct mm_trust_in_use trust;
	struct mm_sources sources;
	struct mm_listeners listeners;

	bool stopping;
	struct mm_gate gate;
	struct mm_courier courier;
	struct mm_desk desk;
	struct mm_mints mints;
	struct mm_followers followers;
	struct mm_renewal renewal;
};

#endif
