/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions: of gates and verifiers whether a token is on record, of operators about anything.
 */
#ifndef MM_DAEMON_LEDGER_QUESTION_H
#define MM_DAEMON_LEDGER_QUESTION_H

#include "daemon/ledger/state.h"

/* GATE_ASK_ISSUED. */
void ledger_question_issued(struct ledger *ledger, struct ledger_peer *gate, const struct mm_ask_issued *ask);

/*
 * VERIFIER_ASK_ISSUED; a verifier may ask of every realm, for it exchanges others' tokens. False: it broke the rules.
 */
MM_MUST_USE bool ledger_question_standing(struct ledger *ledger, struct ledger_peer *verifier,
    const struct mm_ask_standing *ask);

/* What was found of a token that an operator asked about. */
void ledger_question_shown(struct ledger *ledger, const struct ledger_show_question *question,
    struct mm_ledger_finding *finding);

/* LEDGER_ASK: the head and the structure of its verb. False: mintmarkd broke the rules. */
MM_MUST_USE bool ledger_question_operator(struct ledger *ledger, struct mm_slice payload);

#endif
