/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The epoch: number of the trust state, kept in the file "epoch" of the state folder as a decimal line.
 */
#ifndef MM_DAEMON_MINTMARKD_EPOCH_H
#define MM_DAEMON_MINTMARKD_EPOCH_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The epoch that the next snapshot gets: one more than the last one kept. Returns false, and logs it, where the
 * file cannot be read or is not what mm_epoch_keep() writes: guessing could give one number to two states.
 */
bool mm_epoch_next(int state_dir_fd, uint64_t *epoch);

/*
 * Keep an epoch so that it survives power loss; only then may a snapshot with it be used. Returns false, and
 * logs it, where it could not be written: the old one stands.
 */
bool mm_epoch_keep(int state_dir_fd, uint64_t epoch);

#endif
