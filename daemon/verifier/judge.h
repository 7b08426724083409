/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deciding on a token that somebody shows: by the same decision as a gate's, and the ledger's word.
 */
#ifndef MM_DAEMON_VERIFIER_JUDGE_H
#define MM_DAEMON_VERIFIER_JUDGE_H

#include "daemon/verifier/work.h"

#include <mintmark/proof.h>

/*
 * Decide on work->verify.token at a service of the trust in use. The facts are in verifier->decision until the next
 * one. evidence NULL: none. Returns MM_OK or the reason; MM_PROOF_UNAVAILABLE where the ledger has to be asked.
 */
MM_MUST_USE enum mm_reason verifier_judge(struct verifier *verifier, const struct verifier_work *work,
    struct mm_slice service, const struct mm_evidence *evidence, enum mm_ledger_answer answer);

/* The name of the service of this realm that the token says it is for; nobody verified that. Absent: none. */
struct mm_slice verifier_unverified_service(const struct verifier *verifier, struct mm_slice token);

/* When the token says that it expires; nobody verified that. False where it does not say. */
bool verifier_unverified_expiry(struct mm_slice token, int64_t *exp_s);

/* A time claim of a token that was verified. False where it has none. */
bool verifier_verified_time(struct mm_slice token, const char *claim, int64_t *time_s);

/*
 * Ask the ledger whether the token of the last decision is on record in a mint; go_on runs with work->record. The work
 * is answered where it cannot be asked.
 */
void verifier_ask_record(struct verifier *verifier, struct verifier_work *work, uint16_t realm, verifier_step *go_on);

/*
 * Whether the token of the last decision is genuine and was not revoked, although that decision denied it for what the
 * service or the caller lacks: a mailbox, a proof of its key, a scope. Not checked here: that it is on record.
 */
bool verifier_is_genuine(const struct verifier *verifier, enum mm_reason reason);

/* The key that a verified token is bound to, into the answer. */
void verifier_tell_binding(struct verifier_work *work);

/* What the ledger said, as the decision takes it. */
enum mm_ledger_answer verifier_ledger_answer(const struct verifier_work *work);

#endif
