/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world of the attack table: its people, tenants, keys, key documents and configurations, in one folder.
 *
 *	keys/NAME.pem      private keys, and NAME.crt certificates of some of them
 *	NAME.jwks          key documents
 *	NAME.conf          configurations: mintmark.conf, and one a world that a row of the table needs
 *	state-NAME/keys/   of the worlds whose realms are mints, "minted" and "proven": what mintmarkd keeps of them
 *	state-NAME/mint/   and what their ledger and verifier tell, for who plays these: ledger/REALM.jwks, also
 *	                   REALM-before.jwks and other moments; enterprise/table/directory.json
 *	dovecot.secret     secret of the one who may introspect
 */
#ifndef MAKER_WORLD_H
#define MAKER_WORLD_H

#include <stdint.h>

struct maker_person {
	const char *name, *tenant_id, *issuer, *subject, *address, *key;
};

/* The person of this name; ends the program where there is none. */
const struct maker_person *maker_person_find(const char *name);

/* How its configurations are to run. */
struct maker_world_settings {
	int64_t now_s;
	const char *listen; /* "127.0.0.1:20600"; NULL: only a unix socket in the folder */
	const char *user;   /* whom the daemon's processes become */
};

/* Make the world in a folder, which must exist. Ends the program where something cannot be written. */
void maker_world_make(const char *dir, const struct maker_world_settings *settings);

/* The realm whose key this is, by its name: "KE1" is the enterprise's. */
const char *maker_realm_of_key(const char *key);

/* Remove a folder with all that is in it; what cannot be is told, so that it may be called at a program's end. */
void maker_world_remove(const char *dir);

#define MAKER_TENANT_A "aaaaaaaa-0000-4000-8000-00000000000a"
#define MAKER_TENANT_B "bbbbbbbb-0000-4000-8000-00000000000b"
#define MAKER_TENANT_C "9188040d-6c67-4c5b-b112-36a304b66dad"
#define MAKER_ISSUER(id) "https://login.example/" id "/v2.0"
#define MAKER_STS_ISSUER "https://sts.mail.example"
#define MAKER_PARTNER_ISSUER "https://partner.example"
#define MAKER_SECRET "a-secret-of-the-tests-alone"

#endif
