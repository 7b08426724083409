/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ends before its time, and what gates have to know of it.
 *
 * What is revoked is written down as owed in the round that revokes it, goes to the ledger behind that round's sync, in
 * order, and again to each ledger that comes anew, until the ledger says that it is on record. So nothing is lost by
 * the end of either process, and who asked for it is told that it is done when it is.
 */
#ifndef MM_DAEMON_VERIFIER_REVOCATION_H
#define MM_DAEMON_VERIFIER_REVOCATION_H

#include "daemon/verifier/work.h"
#include "lib/token/revoked.h"

/* Tokens that were issued until now are not good any more; client stands beside a session alone, or is absent. */
void verifier_revoke(struct verifier *verifier, enum mm_revoked_kind kind, struct mm_slice value,
    struct mm_slice client);

/* End one, with what it was given here, and the access tokens of it. */
void verifier_end_session(struct verifier *verifier, struct mm_slice sid);
void verifier_end_family(struct verifier *verifier, const struct verifier_family *family);
void verifier_end_user(struct verifier *verifier, const struct verifier_user *user);
void verifier_end_client(struct verifier *verifier, struct mm_slice id);

/* End the work with OK, when nothing is owed that was revoked until now. */
void verifier_answer_told(struct verifier *verifier, struct verifier_work *work);

/* Whether what was revoked up to this number is owed; 0: nothing was. */
bool verifier_owes(const struct verifier *verifier, int64_t number);

/* REVOKED. */
void verifier_owed_done(struct verifier *verifier, const struct mm_revoke_done *done);

/* A ledger came, which was told nothing yet. */
void verifier_owed_anew(struct verifier *verifier);

/* The round was synced, or undone: whoever waits for what is not owed any more goes on. */
void verifier_owed_settle(struct verifier *verifier, bool kept);

/* Send what is owed and was not sent, as far as the ledger may have it under way. */
void verifier_owed_send(struct verifier *verifier);

/* How many are owed, and since when. */
int64_t verifier_owed_count(struct verifier *verifier, int64_t *since_s);

#endif
