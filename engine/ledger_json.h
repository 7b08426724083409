/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record of a ledger as JSON, for the command and for operators' questions.
 */
#ifndef MM_ENGINE_LEDGER_JSON_H
#define MM_ENGINE_LEDGER_JSON_H

#include "engine/json_writer.h"
#include "engine/ledger_format.h"

/* Append an object: where it stands, its kind and time, and what it says. */
void mm_ledger_record_json(struct mm_json_writer *writer, const char *name, struct mm_ledger_at at, uint64_t sequence,
    const struct mm_ledger_record *record);

#endif
