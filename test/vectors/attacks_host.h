/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host of a world: mintmarkd with the real gate, compiler and desk, and where the world's realms are mints their
 * other processes played (test/player/), for attacks_gate.c.
 */
#ifndef TEST_VECTORS_ATTACKS_HOST_H
#define TEST_VECTORS_ATTACKS_HOST_H

#include "test/vectors/attacks.h"

#include <stdbool.h>

/* Start mintmarkd. It is stopped when the program ends, at the latest. */
void attack_host_start(const struct attack_world *world);
void attack_host_stop(void);

/* Whether it has ended by itself; it is stopped then. */
bool attack_host_ended(void);

/* Whether it has logged this since the last call of attack_host_forget_log(). */
bool attack_host_logged(const struct attack_world *world, const char *text);
void attack_host_forget_log(const struct attack_world *world);

/* Print the end of its log. */
void attack_host_print_log(const struct attack_world *world);

/* Tell the ledger (test/player/command.c); ends the program where it does not do it. */
void attack_host_tell(const struct attack_world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Let the ledger live again that was told to die. */
void attack_host_revive(const struct attack_world *world);

/* Sleep for a moment; ends the program, with what was waited for, when it was a long one. */
struct attack_patience {
	const char *what;
	long until_ms;
};

struct attack_patience attack_patience_for(const char *what);
void attack_patience_wait(const struct attack_patience *patience, const struct attack_world *world);

#endif
