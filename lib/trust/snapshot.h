/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What compiling and loading a snapshot agree on; doc/PROTOCOL.snapshot says the rest.
 */
#ifndef MM_TRUST_SNAPSHOT_H
#define MM_TRUST_SNAPSHOT_H

#define MM_SNAPSHOT_MAGIC "MMTRUST3"
#define MM_SNAPSHOT_MAGIC_LEN 8

/* The length of a text that is absent. */
#define MM_SNAPSHOT_ABSENT UINT32_MAX

/* 100,000 tenants with their domains are about 10 MB. */
#define MM_SNAPSHOT_LEN_MAX ((size_t)64 * 1024 * 1024)

/* A realm may not let tokens live longer than a month: nothing that lives so long is an access token. */
#define MM_LIFETIME_MAX_S (31 * 24 * 3600)

/* How long a key that is gone from a fetched document is good: most on record came back within hours. */
#define MM_ABSENT_FOR_DEFAULT_S (24 * 3600)
#define MM_ABSENT_FOR_MAX_S (31 * 24 * 3600)

#endif
