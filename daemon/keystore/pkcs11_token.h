/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token that is reached by a PKCS #11 module: loading the module, finding the token by its label, a session for each
 * thread, logging in, and all of that anew where the token went away and came back.
 *
 * Who uses a session holds the token with pkcs11_token_hold(), so that none is closed under it.
 */
#ifndef MM_DAEMON_KEYSTORE_PKCS11_TOKEN_H
#define MM_DAEMON_KEYSTORE_PKCS11_TOKEN_H

#include "daemon/keystore/keystore.h"

#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdatomic.h>

/* One a thread that signs, and the last for the thread that makes and looks after keys. */
#define PKCS11_SESSIONS (KEYSTORE_THREADS_MAX + 1)
#define PKCS11_OWN_SESSION KEYSTORE_THREADS_MAX

/* As long as CK_TOKEN_INFO has it, padded with blanks there. */
#define PKCS11_LABEL_LEN 32

struct pkcs11_token {
	CK_FUNCTION_LIST *calls;
	char label[PKCS11_LABEL_LEN + 1];
	int pin_fd; /* the PIN is read when it is needed, and wiped then */

	pthread_rwlock_t lock; /* held for reading by who uses a session, for writing by who makes them anew */
	CK_SESSION_HANDLE sessions[PKCS11_SESSIONS];
	uint64_t generation; /* of the sessions: what was found by older ones is not valid any more */
	bool connected;
	bool pin_refused; /* never tried again: a few more tries lock a token for good */
	atomic_bool away; /* somebody met a failure that means so */
};

/*
 * Load a module, which stays loaded, and take over pin_fd. Before the sandbox closes: the module's code is mapped here.
 * The token is not looked for yet, and no code of the module's ran but its loading. Returns NULL or a sentence.
 */
MM_MUST_USE const char *pkcs11_token_load(struct pkcs11_token *token, const char *module, const char *label, int pin_fd,
    struct keystore_trouble *trouble);

/* Leave the module and close pin_fd. */
void pkcs11_token_clear(struct pkcs11_token *token);

/* Reach the token, where it is not reached: DONE or AWAY. By the thread that looks after the store alone. */
MM_MUST_USE enum keystore_result pkcs11_token_connect(struct pkcs11_token *token, struct keystore_trouble *trouble);

/*
 * Hold it: true while it is connected and nobody met that it is away; then it must be released. Short: nothing but the
 * calls of the module may wait inside.
 */
MM_MUST_USE bool pkcs11_token_hold(struct pkcs11_token *token, struct keystore_trouble *trouble);
void pkcs11_token_release(struct pkcs11_token *token);

/*
 * What a failure of a call means, in words: AWAY, after which the token counts as away until it is connected anew, or
 * FAILED.
 */
enum keystore_result pkcs11_token_failed(struct pkcs11_token *token, const char *doing, CK_RV failure,
    struct keystore_trouble *trouble);

#endif
