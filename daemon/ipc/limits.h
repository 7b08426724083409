/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the processes agree on beside their messages.
 */
#ifndef MM_DAEMON_IPC_LIMITS_H
#define MM_DAEMON_IPC_LIMITS_H

/* The number of a child's end of its pair with mintmarkd. */
#define MM_CONTROL_FD 3

/* Key files of one configuration; each is a descriptor in the compiler. */
#define MM_DOCUMENTS_MAX 512

/* Bytes of a gate's name, as GATE_SETTINGS can carry it. */
#define MM_GATE_NAME_MAX 64

/* How long a signer's store may take to make one key: an RSA key of 4096 bits takes minutes in a small HSM. */
#define MM_KEY_MAKE_MS (15 * 60 * 1000)

/* A descriptor a connection: ten times the idle clients that a gate must bear. */
#define MM_GATE_DESCRIPTORS_MAX 65536

#endif
