/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark-issuer: a mint realm's OAuth 2 and OpenID Connect endpoints. mintmarkd starts it, and hands it everything it
 * needs: no key that signs, no user's secret.
 */
#include "daemon/ipc/child.h"
#include "daemon/ipc/limits.h"
#include "daemon/ipc/message.h"
#include "daemon/issuer/connection.h"
#include "daemon/issuer/control.h"
#include "daemon/issuer/request.h"
#include "daemon/sandbox/sandbox.h"
#include "lib/crypto/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

/* How long the end waits for those who are told that there is no answer any more. */
#define TELL_MS 1000

static void
resume(struct issuer_question *question)
{
	MHD_resume_connection(question->connection);
}

static bool
begin(struct issuer *issuer)
{
	if (issuer_waiting_begin(&issuer->waiting, resume) && issuer_key_set_begin(&issuer->keys) &&
	    issuer_tenants_begin(&issuer->tenants) &&
	    issuer_page_style_init(&issuer->style) &&
	    getrandom(issuer->seal_secret, sizeof(issuer->seal_secret), 0) == (ssize_t)sizeof(issuer->seal_secret))
		return true;
	fprintf(stderr, "mintmark-issuer: no memory or randomness\n");
	return false;
}

static bool
start(struct issuer *issuer)
{
	const struct mm_http_calls calls = {
		.request_continues = issuer_request_continues,
		.request_ended = issuer_request_ended,
		.connection_changed = issuer_connection_changed,
		.ctx = issuer,
		.connection_bytes = ISSUER_CONNECTION_BYTES,
		.suspends = true,
	};

	if (!begin(issuer) || !issuer_control_set_up(issuer) || !mm_message_make_prompt(MM_CONTROL_FD))
		return false;
	mm_http_server_prepare(&issuer->server, false);
	mm_sandbox_prepare();
	return mm_sandbox_enter(MM_PROCESS_ISSUER, issuer->uid, issuer->gid) &&
	    mm_http_server_start(&issuer->server, &calls, "mintmark-issuer") && issuer_control_send_ready();
}

/*
 * In this order: no new connections, all that waits is answered, and only then do the threads end, for none of them
 * may have a suspended connection.
 */
static void
stop(struct issuer *issuer, enum issuer_end end)
{
	atomic_store(&issuer->stopping, true);
	if (end == ISSUER_END_STOP) {
		mm_http_server_quiesce(&issuer->server);
		issuer_control_drain(issuer);
	}
	issuer_waiting_close(&issuer->waiting);
	/* Who waited is told so; its connection must not be shut before. */
	if (end == ISSUER_END_STOP)
		mm_http_server_drain(&issuer->server, &issuer->in_flight, TELL_MS);
	mm_http_server_stop(&issuer->server);
}

static void
clear(struct issuer *issuer)
{
	issuer_waiting_end(&issuer->waiting);
	issuer_key_set_end(&issuer->keys);
	issuer_tenants_end(&issuer->tenants);
	mm_http_proxies_clear(&issuer->proxies);
	mm_secret_wipe(issuer->seal_secret, sizeof(issuer->seal_secret));
}

int
main(void)
{
	static struct issuer issuer;
	enum issuer_end end = ISSUER_END_GONE;

	if (!mm_child_begin("mintmark-issuer"))
		return 2;
	if (start(&issuer)) {
		end = issuer_control_serve(&issuer);
		stop(&issuer, end);
	} else {
		mm_http_server_stop(&issuer.server);
	}
	clear(&issuer);
	return end == ISSUER_END_STOP ? EXIT_SUCCESS : EXIT_FAILURE;
}
