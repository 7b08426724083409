/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The issuer: what its threads share.
 *
 * It parses what the internet sends and decides nothing: the verifier checks, the ledger makes. The threads of the
 * HTTP library read requests and write answers; one more thread, the first, talks to mintmarkd, verifier and ledger,
 * while requests that wait for them are suspended and take no thread.
 *
 * What is set up before the first thread is made never changes afterwards, but for the published keys and the tenants.
 */
#ifndef MM_DAEMON_ISSUER_ISSUER_H
#define MM_DAEMON_ISSUER_ISSUER_H

#include "daemon/http/proxies.h"
#include "daemon/http/server.h"
#include "daemon/issuer/key_set.h"
#include "daemon/issuer/metrics.h"
#include "daemon/issuer/page.h"
#include "daemon/issuer/realm.h"
#include "daemon/issuer/tenants.h"
#include "daemon/issuer/waiting.h"
#include "lib/crypto/ed25519.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Of seals of forms; a new one with each start. */
#define ISSUER_SEAL_SECRET_LEN 32

struct issuer {
	struct issuer_realm realm;
	bool has_realm, has_root;
	uint8_t root[MM_ED25519_PUBLIC_LEN];
	uid_t uid;
	gid_t gid;
	struct mm_http_server server;
	struct mm_http_proxies proxies;
	struct issuer_key_set keys;
	struct issuer_tenants tenants; /* of a template; else none ever comes */
	struct issuer_page_style style;
	unsigned char seal_secret[ISSUER_SEAL_SECRET_LEN];
	struct issuer_waiting waiting; /* requests that verifier or ledger has to answer */
	struct issuer_metrics metrics;
	_Atomic bool stopping;         /* answers close their connection */
	_Atomic size_t in_flight;      /* requests whose head was read and whose answer is not yet sent */
	_Atomic size_t connections;    /* open now */
	_Atomic size_t connections_answered; /* those of them that had an answer */
};

#endif
