/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger: taking its requests, checking them, and answering.
 */
#ifndef MM_DAEMON_SIGNER_PEER_H
#define MM_DAEMON_SIGNER_PEER_H

#include "daemon/signer/signer.h"

/* Let fd, which is taken over, be the ledger from now on. */
void signer_peer_replace(struct signer *signer, int fd);

/* The ledger is gone or sent what it must not: what it wanted is dropped; keys stay open. */
void signer_peer_end(struct signer *signer);

/* How many messages there is room for, of as many requests as one may have. */
size_t signer_peer_room(const struct signer *signer);

/* Take what came, as far as there is room. */
void signer_peer_take(struct signer *signer);

/* An answer is ready. What its asker does not wait for any more is dropped. */
void signer_peer_answer(struct signer *signer, struct signer_work *work);

/* Send what is ready; returns whether something waits for room in the socket. */
bool signer_peer_send(struct signer *signer);

#endif
